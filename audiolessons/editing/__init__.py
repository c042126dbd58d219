"""Cut, level, mix: where somebody speaks, what may go, how loud a sound is and should be."""

from audiolessons.editing.activity import (
    decide,
    frame_level_db,
    reference_activity,
    relative_level_db,
    sharpen,
    speech_likelihood,
)
from audiolessons.editing.cuts import (
    Cut,
    CutStream,
    apply_cuts,
    cuts_between,
    read_cuts,
    write_cuts,
)
from audiolessons.editing.dynamics import (
    compress,
    compression_gain_db,
    duck,
    follow,
    limit,
    limiter_context,
)
from audiolessons.editing.loudness import (
    LoudnessMeter,
    TruePeakMeter,
    bring_to_loudness,
    integrated_lufs,
    k_weighting,
    true_peak,
)
from audiolessons.editing.mixing import mix_tracks
from audiolessons.editing.recordings import Edit, Levels, edit_file, resampled_blocks
from audiolessons.editing.segments import to_activity, to_segments
from audiolessons.editing.streams import ContextStream
from audiolessons.editing.structure import Repeat, longest_repeat, novelty, peaks, self_similarity

__all__ = [
    "ContextStream",
    "Cut",
    "CutStream",
    "Edit",
    "Levels",
    "LoudnessMeter",
    "Repeat",
    "TruePeakMeter",
    "apply_cuts",
    "bring_to_loudness",
    "compress",
    "compression_gain_db",
    "cuts_between",
    "decide",
    "duck",
    "edit_file",
    "follow",
    "frame_level_db",
    "integrated_lufs",
    "k_weighting",
    "limit",
    "limiter_context",
    "longest_repeat",
    "mix_tracks",
    "novelty",
    "peaks",
    "read_cuts",
    "reference_activity",
    "relative_level_db",
    "resampled_blocks",
    "self_similarity",
    "sharpen",
    "speech_likelihood",
    "to_activity",
    "to_segments",
    "true_peak",
    "write_cuts",
]
