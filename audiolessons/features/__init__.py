"""What a sound is like, in few numbers: mel spectrum, cepstrum, pitch, melody, brightness, chroma.

Features over time are (..., D, N): D numbers for each of N frames. Conventions are librosa's:
Slaney's mel scale, orthonormal DCT, centred frames.
"""

from audiolessons.features.cepstrum import dct, dct_matrix, deltas, mfcc, summary_statistics
from audiolessons.features.mel import (
    hz_to_mel,
    log_mel,
    mel_filterbank,
    mel_spectrogram,
    mel_to_hz,
)
from audiolessons.features.pitch import chroma, chroma_filterbank, pitch_yin
from audiolessons.features.prosody import contour_points, functionals, semitones
from audiolessons.features.quantizing import from_codes, learn_codebooks, to_codes
from audiolessons.features.shape import (
    spectral_bandwidth,
    spectral_centroid,
    spectral_rolloff,
    zero_crossing_rate,
)
from audiolessons.features.voice_quality import harmonics_to_noise_db, jitter, pulses, shimmer

__all__ = [
    "chroma",
    "chroma_filterbank",
    "contour_points",
    "dct",
    "dct_matrix",
    "deltas",
    "from_codes",
    "functionals",
    "harmonics_to_noise_db",
    "hz_to_mel",
    "jitter",
    "learn_codebooks",
    "log_mel",
    "mel_filterbank",
    "mel_spectrogram",
    "mel_to_hz",
    "mfcc",
    "pitch_yin",
    "pulses",
    "semitones",
    "shimmer",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_rolloff",
    "summary_statistics",
    "to_codes",
    "zero_crossing_rate",
]
