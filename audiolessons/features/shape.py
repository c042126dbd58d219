"""The shape of a spectrum in one number a frame: where its weight lies, how wide it spreads."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.signals import frame
from audiolessons.spectral import fft_frequencies_hz, stft
from audiolessons.spectral.shorttime import check_frames_fit, pad_time


def spectral_centroid(
    audio, *, sample_rate: float, n_fft: int = 2048, hop_length: int = 512, **options
) -> np.ndarray:
    """Centre of gravity of the spectrum: low for a dull sound, high for a bright one.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_fft, hop_length, **options
        As for `spectral.stft`.

    Returns
    -------
    numpy.ndarray
        Shape (..., N), in Hz; 0 in frames of silence.

    Raises
    ------
    AudioError
        As `spectral.stft` does.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> float(spectral_centroid(tone, sample_rate=8000)[8].round())
    1000.0

    References
    ----------
    G. Peeters, "A large set of audio features for sound description", IRCAM, 2004.

    Chapter: sound/features
    """
    bins_hz, weight = _frequencies_and_weights(audio, sample_rate, n_fft, hop_length, options)
    return np.sum(bins_hz * weight, axis=-2)  # (F, 1) * (..., F, N) -> (..., N)


def spectral_bandwidth(
    audio, *, sample_rate: float, n_fft: int = 2048, hop_length: int = 512, **options
) -> np.ndarray:
    """Spread of the spectrum around its centroid: its standard deviation over frequency.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_fft, hop_length, **options
        As for `spectral.stft`.

    Returns
    -------
    numpy.ndarray
        Shape (..., N), in Hz; 0 in frames of silence.

    Raises
    ------
    AudioError
        As `spectral.stft` does.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> noise = np.random.default_rng(0).standard_normal(8000)
    >>> narrow, wide = (spectral_bandwidth(x, sample_rate=8000)[8] for x in (tone, noise))
    >>> bool(narrow < 50 < 1000 < wide)
    True

    References
    ----------
    G. Peeters, "A large set of audio features for sound description", IRCAM, 2004.

    Chapter: sound/features
    """
    bins_hz, weight = _frequencies_and_weights(audio, sample_rate, n_fft, hop_length, options)
    centroid = np.sum(bins_hz * weight, axis=-2, keepdims=True)  # (..., 1, N)
    return np.sqrt(np.sum(weight * (bins_hz - centroid) ** 2, axis=-2))


def spectral_rolloff(
    audio,
    *,
    sample_rate: float,
    n_fft: int = 2048,
    hop_length: int = 512,
    roll: float = 0.85,
    **options,
) -> np.ndarray:
    """Frequency below which the share `roll` of the spectrum's magnitude lies.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_fft, hop_length, **options
        As for `spectral.stft`.
    roll : float
        Between 0 and 1, usually 0.85 or 0.95.

    Returns
    -------
    numpy.ndarray
        Shape (..., N), in Hz, always the frequency of an FFT bin; 0 in frames of silence.

    Raises
    ------
    AudioError
        As `spectral.stft` does, and if `roll` is not between 0 and 1.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(80000)
    >>> rolloff_hz = spectral_rolloff(noise, sample_rate=8000).mean()
    >>> bool(abs(rolloff_hz - 0.85 * 4000) < 50)
    True

    References
    ----------
    G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", IEEE Transactions on
    Speech and Audio Processing 10(5), 2002: 0.85 of the magnitude.

    Chapter: sound/features
    """
    if not 0 < roll < 1:
        raise AudioError(f"roll is {roll!r}: it is a share, between 0 and 1")
    bins_hz, weight = _frequencies_and_weights(audio, sample_rate, n_fft, hop_length, options)
    below = np.cumsum(weight, axis=-2)  # (..., F, N)
    reached = below >= roll * below[..., -1:, :]
    return bins_hz[reached.argmax(axis=-2), 0]  # argmax finds the first True: (..., N)


def zero_crossing_rate(
    audio, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True
) -> np.ndarray:
    """Share of samples at which the sound changes sign: high for hiss, low for a hum.

    Parameters
    ----------
    audio : array
        Shape (..., T). Remove a constant offset first: it hides crossings.
    frame_length, hop_length : int
        Samples.
    center : bool
        True: frame n is centred on sample n * hop_length; the ends are held, not filled with
        zeros, which would cross.

    Returns
    -------
    numpy.ndarray
        Shape (..., N), from 0 to 1. A tone of f Hz crosses 2 f / sample_rate times a sample.

    Raises
    ------
    AudioError
        As `spectral.stft` does.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000 + 0.1)
    >>> float(zero_crossing_rate(tone)[8])
    0.25

    References
    ----------
    L. R. Rabiner and R. W. Schafer, "Digital Processing of Speech Signals", 1978, section 4.3.

    Chapter: sound/features
    """
    audio = check_frames_fit(audio, frame_length, hop_length, center)
    if center:
        audio = pad_time(audio, frame_length // 2, mode="edge")
    negative = audio < -1e-10  # what is nearer to 0 than that is rounding, and counts as 0
    crossed = np.zeros(audio.shape, dtype=audio.dtype)
    crossed[..., 1:] = negative[..., 1:] != negative[..., :-1]
    frames = frame(crossed, frame_length=frame_length, hop_length=hop_length)
    # A crossing on a frame's first sample came from outside the frame, so it does not count.
    return frames[..., 1:, :].sum(axis=-2) / frame_length  # (..., N)


def _frequencies_and_weights(audio, sample_rate, n_fft, hop_length, options):
    """Bin frequencies (F, 1) and magnitudes (..., F, N) whose sum over F is 1 (0 in silence)."""
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(n_fft, name="n_fft", minimum=2)
    magnitude = np.abs(stft(audio, n_fft=n_fft, hop_length=hop_length, **options))
    total = magnitude.sum(axis=-2, keepdims=True)
    bins_hz = fft_frequencies_hz(sample_rate=sample_rate, n_fft=n_fft).astype(magnitude.dtype)
    tiny = np.finfo(magnitude.dtype).tiny
    return bins_hz[:, np.newaxis], magnitude / np.maximum(total, tiny)
