"""From samples to frequencies and back: windows, DFT, FFT, STFT, overlap-add, Griffin-Lim.

Spectrograms are (..., F, N): F = 1 + n_fft // 2 frequency bins, N frames. The conventions are
librosa's: periodic windows, and centred frames on zero-padded audio.
"""

from audiolessons.spectral.decibels import magnitude_to_db, power_to_db
from audiolessons.spectral.fourier import dft, fft_recursive, idft
from audiolessons.spectral.inverse import istft, overlap_add
from audiolessons.spectral.phase import griffin_lim, spectral_convergence_db
from audiolessons.spectral.shorttime import fft_frequencies_hz, frame_times_s, stft
from audiolessons.spectral.windows import window

__all__ = [
    "dft",
    "fft_frequencies_hz",
    "fft_recursive",
    "frame_times_s",
    "griffin_lim",
    "idft",
    "istft",
    "magnitude_to_db",
    "overlap_add",
    "power_to_db",
    "spectral_convergence_db",
    "stft",
    "window",
]
