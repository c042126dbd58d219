"""Sounds as arrays of samples: making them, measuring them, sampling, levels, cutting.

Every function works along the last axis, time: mono (T,), stereo (C, T) and batches (B, C, T)
are treated alike.
"""

from audiolessons.signals.cutting import fade, frame, trim_silence
from audiolessons.signals.generate import chirp, impulse, sawtooth, sine, square, white_noise
from audiolessons.signals.levels import (
    amplitude_to_db,
    clip,
    db_to_amplitude,
    level_db,
    mix_at_snr,
    normalize,
    peak,
    rms,
    to_mono,
)
from audiolessons.signals.sampling import quantize, resample, take_every

__all__ = [
    "amplitude_to_db",
    "chirp",
    "clip",
    "db_to_amplitude",
    "fade",
    "frame",
    "impulse",
    "level_db",
    "mix_at_snr",
    "normalize",
    "peak",
    "quantize",
    "resample",
    "rms",
    "sawtooth",
    "sine",
    "square",
    "take_every",
    "to_mono",
    "trim_silence",
    "white_noise",
]
