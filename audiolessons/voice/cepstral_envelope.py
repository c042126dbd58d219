"""The mel-cepstrum: the outline of a spectrum in a few numbers, finer where the ear hears finer."""

from __future__ import annotations

import functools

import numpy as np
from scipy import fft

from audiolessons.errors import AudioError, as_array, check_count
from audiolessons.spectral import stft

QUIETEST = 1e-10  # power of a bin that counts as silence, where full scale is near 1


def cepstrum_settings(sample_rate: float) -> dict:
    """Return the settings of mel-cepstra that the book compares: for 16 kHz, and for 8 kHz.

    Frames of 32 ms every 5 ms. At 16 kHz order 24 and warping 0.42, at 8 kHz order 16 and 0.31:
    with these warpings the axis is near to the mel scale.

    Parameters
    ----------
    sample_rate : float
        16000 or 8000 Hz.

    Raises
    ------
    AudioError
        If it is another rate.

    Examples
    --------
    >>> cepstrum_settings(8000)
    {'order': 16, 'warping': 0.31, 'n_fft': 256, 'hop_length': 40}

    Chapter: speech/conversion
    """
    if sample_rate not in (8000, 16000):
        raise AudioError(f"sample_rate is {sample_rate} Hz: resample to 16000 Hz, or to 8000 Hz")
    if sample_rate == 16000:
        return {"order": 24, "warping": 0.42, "n_fft": 512, "hop_length": 80}
    return {"order": 16, "warping": 0.31, "n_fft": 256, "hop_length": 40}


def mel_cepstrum(audio, *, order: int, warping: float, n_fft: int, hop_length: int) -> np.ndarray:
    """Cepstrum of each frame on a warped frequency axis: the outline of its spectrum.

    The inverse DFT of the log-magnitude is the cepstrum. `warp_cepstrum` bends its frequency axis
    and keeps the first coefficients, the slow ripples: the harmonics, which ripple fast, are left
    out.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    order : int
        Of the last coefficient: order + 1 are kept.
    warping : float
        From -1 to 1, both left out; 0 is the plain cepstrum. `cepstrum_settings` knows usual ones.
    n_fft, hop_length : int
        As for `spectral.stft`.

    Returns
    -------
    numpy.ndarray
        Shape (..., order + 1, N), float64: ln|H| is c[0] + c[1] cos(w') + c[2] cos(2 w') + ...,
        where w' is the warped frequency. c[0] is the level.

    Raises
    ------
    AudioError
        If the order does not fit the frames, the warping is out of range, or as `stft` does.

    Examples
    --------
    >>> click = np.zeros(256)
    >>> click[128] = np.e
    >>> c = mel_cepstrum(click, order=2, warping=0.31, n_fft=256, hop_length=128)
    >>> c[:, 1].round(3) + 0.0
    array([1., 0., 0.])

    References
    ----------
    K. Tokuda, T. Kobayashi, T. Masuko and S. Imai, "Mel-generalized cepstral analysis: a unified
    approach to speech spectral estimation", ICSLP 1994. Theirs fits the outline to the harmonics;
    this one smooths the log-magnitude, as J. O. Smith's cepstral envelope does.

    Chapter: speech/conversion
    """
    check_count(order, name="order")
    if order > n_fft // 2:
        raise AudioError(f"order is {order}, and n_fft = {n_fft} gives {n_fft // 2}: use less")
    spectrum = stft(audio, n_fft=n_fft, hop_length=hop_length).astype(np.complex128)
    log_magnitude = 0.5 * np.log(np.abs(spectrum) ** 2 + QUIETEST)
    cepstrum = fft.irfft(log_magnitude, n_fft, axis=-2)[..., : n_fft // 2 + 1, :]
    cepstrum[..., 1 : (n_fft + 1) // 2, :] *= 2  # both halves of an even sequence in one
    return warp_cepstrum(cepstrum, order=order, warping=warping)


def warp_cepstrum(cepstrum, *, order: int, warping: float) -> np.ndarray:
    """Bend the frequency axis of a cepstrum by an all-pass.

    Frequency w goes to w' = w + 2 atan(a sin w / (1 - a cos w)), in radians a sample: with a above
    0 low frequencies take more room. The warping -a bends back.

    Parameters
    ----------
    cepstrum : array
        Shape (..., M, N), c[0] first.
    order : int
        Of the last coefficient to return. What is cut off is lost.
    warping : float
        The number a.

    Returns
    -------
    numpy.ndarray
        Shape (..., order + 1, N), float64.

    Raises
    ------
    AudioError
        If the warping does not lie between -1 and 1.

    Examples
    --------
    >>> warp_cepstrum([[0.0], [1.0]], order=3, warping=0.5).ravel()
    array([ 0.5   ,  0.75  , -0.375 ,  0.1875])

    References
    ----------
    A. V. Oppenheim and D. H. Johnson, "Discrete representation of signals", Proceedings of the
    IEEE 60(6), 1972. SPTK calls it freqt.

    Chapter: speech/conversion
    """
    check_count(order, name="order", minimum=0)
    _check_warping(warping)
    cepstrum = as_array(cepstrum, name="cepstrum", dtype=float)
    if cepstrum.ndim < 2:
        raise AudioError(f"cepstrum has shape {cepstrum.shape}: give (..., M, N), time last")
    return _warping_matrix(order, cepstrum.shape[-2], float(warping)) @ cepstrum


@functools.lru_cache(maxsize=16)
def _warping_matrix(order, n_in, a):
    """Column m holds the cepstrum of the all-pass to the power m.

    In z^-1 of the warped axis the all-pass is (a + z^-1) / (1 + a z^-1): from one power to
    the next its cepstrum goes through that filter.
    """
    matrix = np.zeros((order + 1, n_in))
    matrix[0, 0] = 1
    for m in range(1, n_in):
        before = matrix[:, m - 1]
        last = 0.0
        for i in range(order + 1):
            earlier = before[i - 1] if i else 0.0
            last = matrix[i, m] = a * before[i] + earlier - a * last
    return matrix


def log_envelope(cepstrum, *, n_fft: int, warping: float) -> np.ndarray:
    """Return the outline that a mel-cepstrum describes, at the frequencies of an STFT.

    Parameters
    ----------
    cepstrum : array
        Shape (..., order + 1, N), from `mel_cepstrum`.
    n_fft : int
        Of the STFT.
    warping : float
        The one that the cepstrum was made with.

    Returns
    -------
    numpy.ndarray
        Shape (..., F, N), float64: natural logarithm of the magnitude; `np.exp` makes it a gain.

    Raises
    ------
    AudioError
        If the warping does not lie between -1 and 1, or the cepstrum has not two axes.

    Examples
    --------
    >>> log_envelope([[1.0], [0.5]], n_fft=4, warping=0.0).ravel()
    array([1.5, 1. , 0.5])

    Chapter: speech/conversion
    """
    check_count(n_fft, name="n_fft", minimum=2)
    _check_warping(warping)
    cepstrum = as_array(cepstrum, name="cepstrum", dtype=float)
    if cepstrum.ndim < 2:
        raise AudioError(f"cepstrum has shape {cepstrum.shape}: give (..., order + 1, N)")
    w = np.pi * np.arange(n_fft // 2 + 1) / (n_fft / 2)
    warped = w + 2 * np.arctan2(warping * np.sin(w), 1 - warping * np.cos(w))
    return np.cos(np.outer(warped, np.arange(cepstrum.shape[-2]))) @ cepstrum


def _check_warping(warping):
    if not -1 < warping < 1:
        raise AudioError(f"warping is {warping}: it must lie between -1 and 1")
