"""Filters that learn a path while they hear it, and take its echo out of a microphone."""

from audiolessons.adaptive.blocks import BlockNLMS
from audiolessons.adaptive.delay import estimate_delay
from audiolessons.adaptive.double_talk import is_double_talk
from audiolessons.adaptive.kalman import BlockKalman, scalar_kalman
from audiolessons.adaptive.samples import LMS, NLMS, largest_lms_step
from audiolessons.adaptive.streams import Canceller, cancel

__all__ = [
    "LMS",
    "NLMS",
    "BlockKalman",
    "BlockNLMS",
    "Canceller",
    "cancel",
    "estimate_delay",
    "is_double_talk",
    "largest_lms_step",
    "scalar_kalman",
]
