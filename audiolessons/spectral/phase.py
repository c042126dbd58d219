"""Phases for a spectrogram that has lost them."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.spectral.decibels import check_magnitude
from audiolessons.spectral.fourier import complex_dtype
from audiolessons.spectral.inverse import istft
from audiolessons.spectral.shorttime import stft


def griffin_lim(
    magnitude,
    *,
    hop_length: int,
    n_iter: int = 32,
    seed: int = 0,
    momentum: float = 0.99,
    window: str | np.ndarray = "hann",
    center: bool = True,
    length: int | None = None,
    n_fft: int | None = None,
    phase: np.ndarray | None = None,
) -> np.ndarray:
    """Find a sound whose STFT has these magnitudes: guess phases, then make them consistent.

    Each round goes to a sound and back. The spectrum that returns belongs to a real sound; its
    phases are kept, its magnitudes are replaced by the ones that were asked for.

    Parameters
    ----------
    magnitude : array
        Shape (..., F, N), real, >= 0.
    hop_length, window, center, length, n_fft
        As for `istft`.
    n_iter : int
        Rounds.
    seed : int
        Chooses the random phases at the start.
    momentum : float
        0 is the algorithm of 1984, whose error never grows. Above 0 each round overshoots in the
        direction of the last change, which usually ends nearer; it must be below 1.
    phase : array, optional
        Phases to start from, in radians, shape (..., F, N), in place of random ones.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), of the magnitude's precision. Score it with `spectral_convergence_db`.

    Raises
    ------
    AudioError
        If the magnitudes are complex, negative or not finite, a setting is out of range, or the
        sizes do not fit one another.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    >>> magnitude = np.abs(stft(tone, n_fft=256, hop_length=64))
    >>> guess = griffin_lim(magnitude, hop_length=64, n_iter=16, length=4000)
    >>> estimate = np.abs(stft(guess, n_fft=256, hop_length=64))
    >>> bool(spectral_convergence_db(magnitude, estimate) < -20)
    True

    References
    ----------
    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier transform",
    IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984.
    N. Perraudin, P. Balazs and P. L. Sondergaard, "A fast Griffin-Lim algorithm", IEEE WASPAA,
    2013 (momentum).

    Chapter: sound/stft
    """
    magnitude = check_magnitude(magnitude, name="magnitude", min_ndim=2)
    check_count(n_iter, name="n_iter", minimum=0)
    if not 0 <= momentum < 1:
        raise AudioError(f"momentum is {momentum!r}: it must be at least 0 and below 1")
    n_fft = 2 * (magnitude.shape[-2] - 1) if n_fft is None else n_fft
    back: dict = {"hop_length": hop_length, "window": window, "center": center}
    if phase is None:
        phase = np.random.default_rng(seed).uniform(-np.pi, np.pi, magnitude.shape)
    elif np.shape(phase) != magnitude.shape:
        raise AudioError(f"phase has shape {np.shape(phase)}: give one for each magnitude")
    spectrum = magnitude * np.exp(1j * np.asarray(phase)).astype(complex_dtype(magnitude))
    previous = np.zeros_like(spectrum)
    for _ in range(n_iter):
        audio = istft(spectrum, length=length, n_fft=n_fft, **back)  # (..., T)
        consistent = stft(audio, n_fft=n_fft, **back)  # (..., F, N)
        if consistent.shape != magnitude.shape:
            raise AudioError(
                f"length is {length} samples, which makes {consistent.shape[-1]} frames, but "
                f"magnitude has {magnitude.shape[-1]}: give the length of the sound it came from"
            )
        ahead = consistent - momentum / (1 + momentum) * previous
        previous = consistent
        spectrum = magnitude * (ahead / np.maximum(np.abs(ahead), np.finfo(ahead.dtype).tiny))
    return istft(spectrum, length=length, n_fft=n_fft, **back)


def spectral_convergence_db(magnitude, estimate) -> float:
    """How far `estimate` is from `magnitude`: 20 log10(norm of the difference / norm), in dB.

    Parameters
    ----------
    magnitude, estimate : array
        Magnitude spectrograms of one shape, such as the target and np.abs(stft(guess)).

    Returns
    -------
    float
        Decibels: -20 dB means that a tenth of the amplitude is wrong; lower is better.

    Raises
    ------
    AudioError
        If the shapes differ, values are complex, negative or not finite, or `magnitude` is silent.

    Examples
    --------
    >>> round(spectral_convergence_db(np.ones((3, 4)), 0.9 * np.ones((3, 4))), 3)
    -20.0

    References
    ----------
    N. Sturmel and L. Daudet, "Signal reconstruction from STFT magnitude: a state of the art",
    DAFx, 2011.

    Chapter: sound/stft
    """
    magnitude = check_magnitude(magnitude)
    estimate = check_magnitude(estimate, name="estimate")
    if magnitude.shape != estimate.shape:
        raise AudioError(
            f"magnitude has shape {magnitude.shape} and estimate {estimate.shape}: compare two "
            "spectrograms made with the same n_fft, hop_length and length"
        )
    if not magnitude.any():
        raise AudioError("magnitude is 0 everywhere: there is nothing to come near to")
    difference = float(np.linalg.norm((magnitude - estimate).ravel().astype(float)))
    size = np.linalg.norm(magnitude.ravel().astype(float))  # float32 would round 1e-300 to 0
    return float(20 * np.log10(max(difference, 1e-300) / size))
