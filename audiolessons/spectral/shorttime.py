"""The short-time Fourier transform, and what its rows and columns stand for."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import fft

from audiolessons.errors import AudioError, check_audio, check_count, check_positive
from audiolessons.signals import frame
from audiolessons.spectral.fourier import complex_dtype
from audiolessons.spectral.windows import taps_for

# Frames are transformed in blocks that fit the processor's cache: 2**17 float32 are 0.5 MB.
BLOCK_SAMPLES = 2**17


def stft(
    audio,
    *,
    n_fft: int,
    hop_length: int,
    window: str | np.ndarray = "hann",
    center: bool = True,
) -> np.ndarray:
    """Short-time Fourier transform: the spectrum of one windowed frame after another.

    Parameters
    ----------
    audio : array
        Shape (..., T), float32 or float64.
    n_fft : int
        Samples in a frame. More samples tell closer frequencies apart, but blur when they sound.
    hop_length : int
        Samples from one frame to the next.
    window : str or array
        A name for `window`, or n_fft values of your own.
    center : bool
        True: frame n is centred on sample n * hop_length, and the audio is padded with zeros for
        that. False: frame n begins there, and samples that fill no whole frame are left out.

    Returns
    -------
    numpy.ndarray
        Shape (..., F, N), F = 1 + n_fft // 2; complex64 for float32 audio, complex128 for float64.
        N = 1 + T // hop_length (centred, n_fft even).

    Raises
    ------
    AudioError
        If the audio is empty, not floating point or not finite, a size is not a whole number
        above 0, the window does not fit, or a frame is longer than audio that is not centred.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> spectrum = stft(tone, n_fft=256, hop_length=64)
    >>> spectrum.shape
    (129, 126)
    >>> int(np.abs(spectrum[:, 60]).argmax()) * 8000 / 256
    1000.0

    References
    ----------
    J. B. Allen and L. R. Rabiner, "A unified approach to short-time Fourier analysis and
    synthesis", Proceedings of the IEEE 65(11), 1977.

    Chapter: sound/stft
    """
    audio = check_frames_fit(audio, n_fft, hop_length, center)
    taps = taps_for(window, n_fft, audio.dtype)
    if center:
        audio = pad_time(audio, n_fft // 2)
    frames = frame(audio, frame_length=n_fft, hop_length=hop_length)  # (..., n_fft, N), a view
    frames = frames.swapaxes(-1, -2)  # (..., N, n_fft)
    spectrum = np.empty((*frames.shape[:-1], 1 + n_fft // 2), complex_dtype(audio))
    for block in blocks(frames.shape):
        spectrum[..., block, :] = fft.rfft(frames[..., block, :] * taps)  # (..., n, F)
    return spectrum.swapaxes(-1, -2)  # (..., F, N)


def fft_frequencies_hz(*, sample_rate: float, n_fft: int) -> np.ndarray:
    """Frequency of each row of an STFT: bin k stands for k * sample_rate / n_fft.

    Parameters
    ----------
    sample_rate : float
        Hz.
    n_fft : int
        Samples in a frame.

    Returns
    -------
    numpy.ndarray
        Shape (F,), F = 1 + n_fft // 2, in Hz.

    Raises
    ------
    AudioError
        If the rate is not above 0 or n_fft is not a whole number above 0.

    Examples
    --------
    >>> fft_frequencies_hz(sample_rate=8000, n_fft=8)
    array([   0., 1000., 2000., 3000., 4000.])

    Chapter: sound/stft
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(n_fft, name="n_fft")
    return np.arange(1 + n_fft // 2) * (sample_rate / n_fft)


def frame_times_s(n_frames: int, *, sample_rate: float, hop_length: int) -> np.ndarray:
    """Time of each column of a centred STFT: frame n stands for n * hop_length / sample_rate.

    Parameters
    ----------
    n_frames : int
        Columns.
    sample_rate : float
        Hz.
    hop_length : int
        Samples from one frame to the next.

    Returns
    -------
    numpy.ndarray
        Shape (N,), in seconds. Without centring add n_fft / 2 / sample_rate.

    Raises
    ------
    AudioError
        If a size is not a whole number above 0 or the rate is not above 0.

    Examples
    --------
    >>> frame_times_s(3, sample_rate=8000, hop_length=80)
    array([0.  , 0.01, 0.02])

    Chapter: sound/stft
    """
    check_count(n_frames, name="n_frames")
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(hop_length, name="hop_length")
    return np.arange(n_frames) * hop_length / sample_rate


def pad_time(audio, n_samples: int, mode: Literal["constant", "edge"] = "constant") -> np.ndarray:
    """Pad the last axis by `n_samples` on both sides (zeros, or mode="edge").

    Chapter: sound/stft
    """
    return np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(n_samples, n_samples)], mode=mode)


def blocks(shape):
    """Cut the N frames of an array (..., N, samples) into slices of about BLOCK_SAMPLES samples.

    Chapter: sound/stft
    """
    *batch, n_frames, n_samples = shape
    size = max(1, BLOCK_SAMPLES // max(1, int(np.prod(batch)) * n_samples))
    return [slice(start, min(start + size, n_frames)) for start in range(0, n_frames, size)]


def check_frames_fit(audio, n_fft, hop_length, center):
    check_count(n_fft, name="n_fft", minimum=2)
    check_count(hop_length, name="hop_length")
    audio = check_audio(audio)
    length = audio.shape[-1]
    # A handful of samples in many channels is a sound lying on its side, read as (T, C).
    if audio.ndim > 1 and length <= 8 and audio.shape[-2] > max(16, length):
        raise AudioError(
            f"audio has shape {audio.shape}, which is {length} samples along the last axis: time "
            "is the last axis, so try audio.T"
        )
    if not center and length < n_fft:
        raise AudioError(
            f"n_fft is {n_fft}, but audio has only {length} samples: use n_fft <= {length}, or "
            "center=True, which pads with zeros"
        )
    return audio
