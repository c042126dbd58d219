"""Window functions: how a frame fades in and out."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_choice, check_count

# Every window here is a sum of cosines, c0 - c1 cos(2 pi n / L) + c2 cos(4 pi n / L).
WINDOW_COSINES = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "boxcar": (1.0,),
}


def window(name: str, length: int) -> np.ndarray:
    """Return a periodic window: one period of a sum of cosines, `length` samples long.

    Periodic means that the sample after the last one would equal the first one, which is what
    makes shifted copies add up to a constant. (A symmetric window, for filter design, would end
    on the value it starts with.)

    Parameters
    ----------
    name : str
        "hann", "hamming", "blackman", or "boxcar" (all ones: no window at all).
    length : int
        Samples, at least 2.

    Returns
    -------
    numpy.ndarray
        Shape (length,), float64, largest value 1 when `length` is even.

    Raises
    ------
    AudioError
        If the name is unknown or the length is not a whole number of at least 2.

    Examples
    --------
    >>> window("hann", 4)
    array([0. , 0.5, 1. , 0.5])

    References
    ----------
    F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
    transform", Proceedings of the IEEE 66(1), 1978, section V.

    Chapter: sound/stft
    """
    check_choice(name, name="window", choices=tuple(WINDOW_COSINES))
    check_count(length, name="length", minimum=2)
    phase = 2 * np.pi * np.arange(length) / length  # (length,)
    terms = [(-1) ** k * c * np.cos(k * phase) for k, c in enumerate(WINDOW_COSINES[name])]
    return np.sum(terms, axis=0)


def taps_for(choice, n_fft, dtype):
    """The window as an array of n_fft samples: made by name, or the caller's own."""
    if isinstance(choice, str):
        return window(choice, n_fft).astype(dtype)
    taps = check_audio(choice, name="window")
    if taps.shape != (n_fft,):
        raise AudioError(f"window has shape {taps.shape}: give n_fft = {n_fft} values, or a name")
    return taps.astype(dtype)
