"""Trained networks as a service: what `python -m audiolessons serve` runs.

A request passes, in this order: `edge` (host, log, measures), `keys`, `limits` (rate, size, time),
`decoding` (sound out of bytes, bounded), `batching` (a queue, several sounds together), `networks`.
"""

from audiolessons.serving.service.app import make_app
from audiolessons.serving.service.batching import Batcher
from audiolessons.serving.service.limits import TokenBucket
from audiolessons.serving.service.networks import Networks
from audiolessons.serving.service.refusals import RefusalError
from audiolessons.serving.service.running import run
from audiolessons.serving.service.settings import Settings

__all__ = ["Batcher", "Networks", "RefusalError", "Settings", "TokenBucket", "make_app", "run"]
