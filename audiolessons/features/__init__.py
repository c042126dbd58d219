"""What a sound is like, in few numbers: mel spectrum, cepstrum, pitch, brightness, chroma.

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
from audiolessons.features.shape import (
    spectral_bandwidth,
    spectral_centroid,
    spectral_rolloff,
    zero_crossing_rate,
)

__all__ = [
    "chroma",
    "chroma_filterbank",
    "dct",
    "dct_matrix",
    "deltas",
    "hz_to_mel",
    "log_mel",
    "mel_filterbank",
    "mel_spectrogram",
    "mel_to_hz",
    "mfcc",
    "pitch_yin",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_rolloff",
    "summary_statistics",
    "zero_crossing_rate",
]
