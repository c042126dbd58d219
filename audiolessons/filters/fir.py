"""FIR filters by the windowed sinc, and the frequency response of any filter."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.signal import get_window

from audiolessons.errors import AudioError, check_choice, check_count, check_positive
from audiolessons.filters.convolution import check_taps

_WINDOWS = ("hamming", "hann", "blackman", "boxcar")


def design_lowpass(
    cutoff_hz: float, *, sample_rate: int, n_taps: int = 101, window: str = "hamming"
) -> np.ndarray:
    """Design a low-pass filter by the windowed sinc.

    The ideal low-pass has the impulse response 2 f_c sinc(2 f_c n), f_c being the cutoff as a part
    of the sample rate, without end in both directions. Its middle `n_taps` values are kept and
    weighted by a window, because cutting hard makes ripples. The gain at 0 Hz is then set to 1.

    Parameters
    ----------
    cutoff_hz
        Where the gain has fallen to one half (-6 dB), between 0 and half the sample rate.
    sample_rate
        In Hz.
    n_taps
        More taps make a steeper filter: with the Hamming window it falls from passing to stopping
        within about 3.3 * sample_rate / n_taps Hz.
    window
        `"hamming"` stops by 53 dB, `"hann"` by 44 dB, `"blackman"` by 74 dB with a slope two thirds
        wider, `"boxcar"` (no window) by 21 dB with the narrowest.

    Returns
    -------
    float64 array of shape (n_taps,), symmetric: delay of (n_taps - 1) / 2 samples.

    Raises
    ------
    AudioError
        If the cutoff does not lie between 0 and half the sample rate, or a setting is unknown.

    References
    ----------
    A. V. Oppenheim, R. W. Schafer, *Discrete-Time Signal Processing*, 3rd ed., section 7.5.

    Examples
    --------
    >>> taps = design_lowpass(1000, sample_rate=8000, n_taps=5)
    >>> taps.round(3)
    array([0.025, 0.234, 0.482, 0.234, 0.025])

    Chapter: sound/filters
    """
    cutoff_hz = check_cutoff(cutoff_hz, sample_rate, name="cutoff_hz")
    n_taps = check_count(n_taps, name="n_taps", minimum=3)  # shorter windows are all zero
    check_choice(window, name="window", choices=_WINDOWS)
    time = np.arange(n_taps) - (n_taps - 1) / 2  # 0 in the middle
    ideal = np.sinc(2 * cutoff_hz / sample_rate * time)
    taps = ideal * get_window(window, n_taps, fftbins=False)
    return taps / taps.sum()


def design_highpass(
    cutoff_hz: float, *, sample_rate: int, n_taps: int = 101, window: str = "hamming"
) -> np.ndarray:
    """Design a high-pass filter by spectral inversion: everything, minus a low-pass.

    "Everything" is an impulse, a single 1 in the middle. It must meet the middle of the low-pass,
    therefore `n_taps` is odd.

    Parameters
    ----------
    cutoff_hz, sample_rate, window
        As for `design_lowpass`.
    n_taps
        Odd.

    Returns
    -------
    float64 array of shape (n_taps,), symmetric. Its gain at 0 Hz is 0.

    Raises
    ------
    AudioError
        If `n_taps` is even, or as for `design_lowpass`.

    Examples
    --------
    >>> taps = design_highpass(1000, sample_rate=8000, n_taps=5)
    >>> taps.round(3)
    array([-0.025, -0.234,  0.518, -0.234, -0.025])

    Chapter: sound/filters
    """
    lowpass = design_lowpass(cutoff_hz, sample_rate=sample_rate, n_taps=n_taps, window=window)
    return _invert(lowpass)


def design_bandpass(
    low_hz: float, high_hz: float, *, sample_rate: int, n_taps: int = 101, window: str = "hamming"
) -> np.ndarray:
    """Design a band-pass filter: one low-pass minus another with a lower cutoff.

    Parameters
    ----------
    low_hz, high_hz
        Edges of the band, where the gain is about one half. A band narrower than the slopes of the
        filter (see `design_lowpass`) does not reach a gain of 1: take more taps.
    sample_rate, n_taps, window
        As for `design_lowpass`.

    Returns
    -------
    float64 array of shape (n_taps,), symmetric.

    Raises
    ------
    AudioError
        If `low_hz` is not below `high_hz`, or as for `design_lowpass`.

    Examples
    --------
    >>> taps = design_bandpass(300, 3400, sample_rate=16000, n_taps=201)
    >>> float(abs(np.sum(taps))) < 1e-12  # nothing of 0 Hz
    True

    Chapter: sound/filters
    """
    check_cutoff(low_hz, sample_rate, name="low_hz")
    check_cutoff(high_hz, sample_rate, name="high_hz")
    if low_hz >= high_hz:
        raise AudioError(f"low_hz is {low_hz!r} and high_hz {high_hz!r}: low_hz must be below")
    below = partial(design_lowpass, sample_rate=sample_rate, n_taps=n_taps, window=window)
    return below(high_hz) - below(low_hz)


def design_bandstop(
    low_hz: float, high_hz: float, *, sample_rate: int, n_taps: int = 101, window: str = "hamming"
) -> np.ndarray:
    """Design a band-stop filter by spectral inversion: everything, minus a band-pass.

    Parameters
    ----------
    low_hz, high_hz, sample_rate, window
        As for `design_bandpass`.
    n_taps
        Odd.

    Returns
    -------
    float64 array of shape (n_taps,), symmetric.

    Raises
    ------
    AudioError
        If `n_taps` is even, or as for `design_bandpass`.

    Examples
    --------
    >>> taps = design_bandstop(300, 3400, sample_rate=16000, n_taps=201)
    >>> float(np.sum(taps))  # 0 Hz passes
    1.0

    Chapter: sound/filters
    """
    return _invert(
        design_bandpass(low_hz, high_hz, sample_rate=sample_rate, n_taps=n_taps, window=window)
    )


def frequency_response(
    taps: np.ndarray, a: np.ndarray | None = None, *, sample_rate: int, n_points: int = 512
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a filter does to each frequency, as one complex number.

    Its absolute value is the gain, its angle the phase shift. It is the filter's polynomial
    taps[0] + taps[1] z^-1 + taps[2] z^-2 + ... at z = exp(2 pi i f / sample_rate); a recursive
    filter divides by the polynomial of `a`.

    Parameters
    ----------
    taps
        Shape (n_taps,): an FIR filter, or the `b` of an IIR filter.
    a
        The recursive part of an IIR filter; leave it out for an FIR filter.
    sample_rate
        In Hz.
    n_points
        Number of frequencies, evenly spaced from 0 to half the sample rate, both included.

    Returns
    -------
    frequency_hz : float64 array of shape (n_points,)
    response : complex128 array of shape (n_points,)

    Raises
    ------
    AudioError
        If `taps` or `a` is not a filter, or `n_points` is below 2.

    Examples
    --------
    >>> frequency_hz, response = frequency_response(
    ...     np.array([0.5, 0.5]), sample_rate=8000, n_points=3
    ... )
    >>> frequency_hz, np.abs(response).round(3)
    (array([   0., 2000., 4000.]), array([1.   , 0.707, 0.   ]))

    Chapter: sound/filters
    """
    taps = check_taps(taps, name="taps").astype(np.float64)
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    n_points = check_count(n_points, name="n_points", minimum=2)
    frequency_hz = np.linspace(0, sample_rate / 2, n_points)
    z_inverse = np.exp(-2j * np.pi * frequency_hz / sample_rate)
    response = polyval(z_inverse, taps)
    if a is not None:
        response = response / polyval(z_inverse, check_taps(a, name="a").astype(np.float64))
    return frequency_hz, response


def check_cutoff(value, sample_rate, *, name):
    """Return a frequency strictly between 0 and half the sample rate, or say why it cannot be."""
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(value, name=name, unit="Hz")
    if value >= sample_rate / 2:
        raise AudioError(
            f"{name} is {value!r} Hz: it must lie below half the sample rate, "
            f"{sample_rate / 2:g} Hz"
        )
    return value


def _invert(taps):
    """Return an impulse at the middle tap, minus the taps."""
    if taps.size % 2 == 0:
        raise AudioError(
            f"n_taps is {taps.size}: spectral inversion needs a middle tap, so give an odd number"
        )
    impulse = np.zeros(taps.size)
    impulse[taps.size // 2] = 1.0
    return impulse - taps
