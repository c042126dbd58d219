"""Linear prediction: each sample guessed from those before it, and what is left over.

The filter that guesses describes the mouth; what it cannot guess is the pulses of the vocal folds
and breath. Both together give the sound back exactly.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter, lfiltic

from audiolessons.errors import AudioError, as_array, check_audio, check_count, check_positive
from audiolessons.signals import frame
from audiolessons.spectral import window
from audiolessons.spectral.shorttime import check_frames_fit, pad_time


def levinson_durbin(autocorrelation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve for the best predictor of each order in turn: p^2 steps in place of p^3.

    From the predictor of order m - 1 follows the one of order m: one reflection coefficient k says
    how much of the predictor, reversed in time, is added to it, and the error shrinks by 1 - k^2.

    Parameters
    ----------
    autocorrelation : array
        Shape (..., p + 1): sum over t of x[t] x[t + lag] at lags 0 to p.

    Returns
    -------
    coefficients : numpy.ndarray
        Shape (..., p + 1), float64: a[0] = 1, and x[t] + a[1] x[t-1] + ... + a[p] x[t-p] is the
        error of the prediction. In silence all but a[0] are 0.
    reflections : numpy.ndarray
        Shape (..., p), between -1 and 1: then 1 / A is stable.
    error : numpy.ndarray
        Shape (...), energy of the error.

    Raises
    ------
    AudioError
        If there are fewer than two lags, or lag 0 is not the largest.

    Examples
    --------
    >>> a, k, error = levinson_durbin([1.0, 0.9, 0.81])  # each sample 0.9 of the one before
    >>> a.round(6) + 0.0, float(error.round(2))
    (array([ 1. , -0.9,  0. ]), 0.19)

    References
    ----------
    J. Durbin, "The fitting of time-series models", Review of the International Statistical
    Institute 28, 1960.

    Chapter: speech/conversion
    """
    r = as_array(autocorrelation, name="autocorrelation", dtype=float)
    if r.ndim == 0 or r.shape[-1] < 2:
        raise AudioError(f"autocorrelation has shape {r.shape}: give (..., p + 1), p at least 1")
    if not np.isfinite(r).all() or (np.abs(r) > r[..., :1] * (1 + 1e-9)).any():
        raise AudioError("autocorrelation is largest at lag 0, and finite: this one is not")
    order = r.shape[-1] - 1
    a = np.zeros(r.shape)
    a[..., 0] = 1
    reflections = np.zeros((*r.shape[:-1], order))
    error = r[..., 0].copy()
    for m in range(1, order + 1):
        ahead = np.sum(a[..., :m] * r[..., m:0:-1], axis=-1)
        k = np.zeros_like(error)
        np.divide(-ahead, error, out=k, where=error > 1e-12 * r[..., 0])
        reflections[..., m - 1] = k
        a[..., : m + 1] += k[..., np.newaxis] * a[..., m::-1]
        error *= 1 - k**2
    return a, reflections, error


def lpc(frames, *, order: int) -> np.ndarray:
    """Return the predictor of each frame by the autocorrelation method.

    The frames should be windowed, so that the sound does not start and stop at their borders.

    Parameters
    ----------
    frames : array
        Shape (..., frame_length).
    order : int
        Coefficients p: about two for each formant that fits below half the sample rate, one a
        kilohertz of the sample rate, and two more for the slope of the voice.

    Returns
    -------
    numpy.ndarray
        Shape (..., order + 1), float64, as from `levinson_durbin`.

    Raises
    ------
    AudioError
        If the frames are no sound, or not longer than the order.

    Examples
    --------
    >>> decay = 0.9 ** np.arange(200.0)
    >>> lpc(decay, order=2).round(3) + 0.0
    array([ 1. , -0.9,  0. ])

    References
    ----------
    J. Makhoul, "Linear prediction: a tutorial review", Proceedings of the IEEE 63(4), 1975.

    Chapter: speech/conversion
    """
    frames = check_audio(frames, name="frames").astype(np.float64)
    check_count(order, name="order")
    length = frames.shape[-1]
    if length <= order:
        raise AudioError(f"order is {order} and a frame has {length} samples: give longer frames")
    r = np.stack(
        [
            np.sum(frames[..., : length - lag] * frames[..., lag:], axis=-1)
            for lag in range(order + 1)
        ],
        axis=-1,
    )
    return levinson_durbin(r)[0]


def lpc_analyse(
    audio, *, order: int, frame_length: int, hop_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take a sound apart: the filter of each frame, and the residual that the filters leave.

    Parameters
    ----------
    audio : array
        Shape (T,).
    order : int
        As for `lpc`.
    frame_length, hop_length : int
        Samples. A Hann window of `frame_length` stands around every `hop_length`-th sample.

    Returns
    -------
    residual : numpy.ndarray
        Shape (T,), float64: what each sample holds beyond the prediction from those before it.
    filters : numpy.ndarray
        Shape (order + 1, N), N = 1 + T // hop_length. Column n is in force from sample
        n * hop_length on, for `hop_length` samples.

    Raises
    ------
    AudioError
        If the sound has not one axis, or as `lpc` does.

    Examples
    --------
    >>> sound = np.sin(2 * np.pi * 300 * np.arange(800) / 8000)
    >>> residual, filters = lpc_analyse(sound, order=8, frame_length=240, hop_length=80)
    >>> bool(np.allclose(lpc_synthesize(residual, filters, hop_length=80), sound))
    True

    References
    ----------
    B. S. Atal and S. L. Hanauer, "Speech analysis and synthesis by linear prediction of the speech
    wave", JASA 50(2), 1971.

    Chapter: speech/conversion
    """
    audio = _one_sound(check_frames_fit(audio, frame_length, hop_length, True)).astype(np.float64)
    padded = pad_time(audio, frame_length // 2)
    frames = frame(padded, frame_length=frame_length, hop_length=hop_length).T
    filters = lpc(frames * window("hann", frame_length), order=order).T
    residual = np.zeros_like(audio)
    before = np.concatenate([np.zeros(order), audio])  # sample t stands at t + order
    for n, start in enumerate(range(0, len(audio), hop_length)):
        stretch = before[start : start + order + hop_length]
        block = np.convolve(stretch, filters[:, n], mode="valid")
        residual[start : start + len(block)] = block
    return residual, filters


def lpc_synthesize(residual, filters, *, hop_length: int) -> np.ndarray:
    """Send a source through a filter that changes from frame to frame: the way back.

    Parameters
    ----------
    residual : array
        Shape (T,): the residual of `lpc_analyse`, or another source.
    filters : array
        Shape (order + 1, N), first row 1; the last column stays in force to the end.
    hop_length : int
        Samples for which a column is in force.

    Returns
    -------
    numpy.ndarray
        Shape (T,), float64.

    Raises
    ------
    AudioError
        If the shapes do not fit, or the first row is not 1.

    Examples
    --------
    >>> lpc_synthesize(np.array([1.0, 0.0, 0.0, 0.0]), [[1.0, 1.0], [-0.5, -1.0]], hop_length=2)
    array([1. , 0.5, 0.5, 0.5])

    Chapter: speech/conversion
    """
    residual = _one_sound(check_audio(residual, name="residual")).astype(np.float64)
    check_count(hop_length, name="hop_length")
    filters = as_array(filters, name="filters", dtype=float)
    if filters.ndim != 2 or len(filters) < 2 or not (filters[0] == 1).all():
        raise AudioError(f"filters has shape {filters.shape}: give (order + 1, N), first row 1")
    order = len(filters) - 1
    audio = np.zeros(order + len(residual))  # sample t stands at t + order
    for n, start in enumerate(range(0, len(residual), hop_length)):
        a = filters[:, min(n, filters.shape[1] - 1)]
        block = residual[start : start + hop_length]
        state = lfiltic([1.0], a, audio[start : start + order][::-1])
        done, _ = lfilter([1.0], a, block, zi=state)
        audio[start + order : start + order + len(block)] = done
    return audio[order:]


def formant_frequencies_hz(coefficients, *, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the resonances of one predictor: the poles of 1 / A that are no mere slope.

    A pole of angle w and radius r is a resonance at w sample_rate / 2 pi Hz, which is
    -ln(r) sample_rate / pi Hz wide.

    Parameters
    ----------
    coefficients : array
        Shape (order + 1,), from `lpc`.
    sample_rate : float
        Hz.

    Returns
    -------
    frequencies_hz, bandwidths_hz : numpy.ndarray
        Shape (K,), in rising order. Poles wider than 400 Hz, or within 90 Hz of either end, are
        left out.

    Raises
    ------
    AudioError
        If there is more than one predictor.

    Examples
    --------
    >>> pole = 0.98 * np.exp(2j * np.pi * 500 / 8000)
    >>> a = np.poly([pole, np.conj(pole)])
    >>> frequencies_hz, bandwidths_hz = formant_frequencies_hz(a, sample_rate=8000)
    >>> frequencies_hz.round(), bandwidths_hz.round()
    (array([500.]), array([51.]))

    References
    ----------
    R. C. Snell and F. Milinazzo, "Formant location from LPC analysis data", IEEE Transactions on
    Speech and Audio Processing 1(2), 1993.

    Chapter: speech/conversion
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    a = as_array(coefficients, name="coefficients", dtype=float)
    if a.ndim != 1 or len(a) < 2:
        raise AudioError(f"coefficients has shape {a.shape}: give one predictor, (order + 1,)")
    poles = np.roots(a)
    poles = poles[(poles.imag > 0) & (np.abs(poles) > 0)]
    frequencies = np.angle(poles) * sample_rate / (2 * np.pi)
    bandwidths = -np.log(np.abs(poles)) * sample_rate / np.pi
    is_formant = (bandwidths < 400) & (frequencies > 90) & (frequencies < sample_rate / 2 - 90)
    order = np.argsort(frequencies[is_formant])
    return frequencies[is_formant][order], bandwidths[is_formant][order]


def _one_sound(audio):
    if audio.ndim != 1:
        raise AudioError(f"the sound has shape {audio.shape}: give one channel, (T,)")
    return audio
