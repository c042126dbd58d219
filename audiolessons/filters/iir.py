"""IIR filters: the difference equation, biquads, and where a filter would blow up."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from audiolessons.errors import (
    AudioError,
    check_audio,
    check_choice,
    check_finite,
    check_positive,
)
from audiolessons.filters.convolution import check_taps
from audiolessons.filters.fir import check_cutoff


def design_biquad(
    kind: str, *, frequency_hz: float, sample_rate: int, q: float = 2**-0.5, gain_db: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Design a recursive filter of second order, the building block of equalisers.

    Parameters
    ----------
    kind
        `"lowpass"`, `"highpass"`, `"bandpass"` (gain 1 at its middle), `"notch"` (removes one
        frequency) or `"peak"` (raises or lowers the surroundings of one frequency).
    frequency_hz
        Corner of a low-pass or high-pass, middle of the others; below half the sample rate.
    sample_rate
        In Hz.
    q
        Steepness. At a corner, `2**-0.5` is as flat as possible without a hump (Butterworth) and
        -3 dB there. For the others the band is about frequency_hz / q wide: hum wants 10 to 50.
    gain_db
        Of `"peak"` at its middle; the other kinds do not use it.

    Returns
    -------
    b, a : float64 arrays of shape (3,), with a[0] = 1

    Raises
    ------
    AudioError
        If the frequency does not lie between 0 and half the sample rate, or `kind` is unknown.

    References
    ----------
    R. Bristow-Johnson, "Audio EQ Cookbook", W3C Working Group Note, 2021.

    Examples
    --------
    >>> b, a = design_biquad("notch", frequency_hz=50, sample_rate=8000, q=30)
    >>> float(b.sum() / a.sum())  # the gain at 0 Hz
    1.0

    Chapter: sound/filters
    """
    kinds = ("lowpass", "highpass", "bandpass", "notch", "peak")
    check_choice(kind, name="kind", choices=kinds)
    check_cutoff(frequency_hz, sample_rate, name="frequency_hz")
    check_positive(q, name="q")
    check_finite(gain_db, name="gain_db", unit="dB")

    angle = 2 * np.pi * frequency_hz / sample_rate
    cos, alpha = np.cos(angle), np.sin(angle) / (2 * q)
    denominator = [1 + alpha, -2 * cos, 1 - alpha]
    if kind == "lowpass":
        numerator = [(1 - cos) / 2, 1 - cos, (1 - cos) / 2]
    elif kind == "highpass":
        numerator = [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2]
    elif kind == "bandpass":
        numerator = [alpha, 0.0, -alpha]
    elif kind == "notch":
        numerator = [1.0, -2 * cos, 1.0]
    else:
        root_gain = 10 ** (gain_db / 40)
        numerator = [1 + alpha * root_gain, -2 * cos, 1 - alpha * root_gain]
        denominator = [1 + alpha / root_gain, -2 * cos, 1 - alpha / root_gain]
    b, a = np.array(numerator), np.array(denominator)
    return b / a[0], a / a[0]


def poles(a: np.ndarray) -> np.ndarray:
    """Return the poles of a recursive filter; it is stable where all lie inside the unit circle.

    A pole p makes the output ring like p ** n: for ever louder once abs(p) exceeds 1.

    Parameters
    ----------
    a
        Shape (n + 1,), a[0] not 0.

    Returns
    -------
    complex128 array of shape (n,): the zeros of a[0] z^n + a[1] z^(n-1) + ... + a[n].

    Raises
    ------
    AudioError
        If `a` is not one-dimensional, or a[0] is 0.

    Examples
    --------
    >>> np.abs(poles(np.array([1.0, -0.9])))
    array([0.9])

    Chapter: sound/filters
    """
    a = check_taps(a, name="a")
    if a[0] == 0:
        raise AudioError("a[0] is 0: it is the weight of the output itself, usually 1")
    return np.roots(a).astype(np.complex128)


def difference_equation(audio: np.ndarray, b: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Filter sample by sample, as the difference equation says. For reading; `apply_iir` is quick.

    a[0] y[n] = b[0] x[n] + b[1] x[n-1] + ... - a[1] y[n-1] - a[2] y[n-2] - ...

    Parameters
    ----------
    audio
        Shape (..., T). Before it there is silence.
    b, a
        Shapes (n_b,) and (n_a,): weights of the past inputs and of the past outputs.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If the filter is unstable, or `audio` is not sound.

    Examples
    --------
    >>> difference_equation(np.array([1.0, 0.0, 0.0]), np.array([1.0]), np.array([1.0, -0.5]))
    array([1.  , 0.5 , 0.25])

    Chapter: sound/filters
    """
    audio, b, a = _check_filter(audio, b, a)
    x, y = audio.astype(np.float64), np.zeros(audio.shape)
    for n in range(audio.shape[-1]):
        for k in range(min(b.size, n + 1)):
            y[..., n] += b[k] * x[..., n - k]
        for k in range(1, min(a.size, n + 1)):
            y[..., n] -= a[k] * y[..., n - k]
        y[..., n] /= a[0]
    return y.astype(audio.dtype)


def apply_iir(audio: np.ndarray, b: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Filter a sound with a recursive filter.

    The same as `difference_equation`, run by `scipy.signal.lfilter`. It is computed in double
    precision, because what is fed back keeps its rounding errors for a long time.

    Parameters
    ----------
    audio
        Shape (..., T). Before it there is silence.
    b, a
        As from `design_biquad`.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If the filter is unstable, or `audio` is not sound.

    Examples
    --------
    >>> apply_iir(np.array([1.0, 0.0, 0.0]), np.array([1.0]), np.array([1.0, -0.5]))
    array([1.  , 0.5 , 0.25])

    Chapter: sound/filters
    """
    audio, b, a = _check_filter(audio, b, a)
    return lfilter(b, a, audio.astype(np.float64), axis=-1).astype(audio.dtype)


def _check_filter(audio, b, a):
    audio, b = check_audio(audio), check_taps(b, name="b").astype(np.float64)
    largest = np.abs(poles(a)).max(initial=0.0)
    if largest >= 1:
        raise AudioError(
            f"a has a pole at distance {largest:.6g} from 0, so its output grows or rings without "
            "end: all poles must lie inside the unit circle (see al.filters.poles)"
        )
    return audio, b, check_taps(a, name="a").astype(np.float64)
