"""A voice made another's by moving its resonances: the McAdams coefficient."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_positive, check_rate
from audiolessons.signals import rms
from audiolessons.voice.linear_prediction import lpc_analyse, lpc_synthesize

FRAME_S, HOP_S = 0.025, 0.005
LARGEST_RADIUS = 0.995  # of a pole: nearer to 1 it would ring


def bend_poles(filters, *, coefficient: float) -> np.ndarray:
    """Move the poles of predictors: the angle w of each becomes w ** coefficient.

    Angles below 1 radian, a sixth of the sample rate, rise if the coefficient is below 1, and those
    above it fall. Poles on the real axis stay, and so does each pole's radius.

    Parameters
    ----------
    filters : array
        Shape (order + 1, N), from `lpc_analyse`.
    coefficient : float
        The McAdams coefficient: 1 changes nothing.

    Returns
    -------
    numpy.ndarray
        Shape (order + 1, N), float64.

    Raises
    ------
    AudioError
        If the shape does not fit, the first row is not 1, a value is not finite, or the coefficient
        is not above 0.

    Examples
    --------
    >>> pole = 0.98 * np.exp(0.25j)
    >>> bent = bend_poles(np.poly([pole, np.conj(pole)])[:, np.newaxis], coefficient=0.5)
    >>> float(np.angle(np.roots(bent[:, 0])).max().round(3))  # the root of 0.25
    0.5

    Chapter: large/safety
    """
    check_positive(coefficient, name="coefficient")
    filters = as_array(filters, name="filters", dtype=float)
    if filters.ndim != 2 or len(filters) < 2 or not (filters[0] == 1).all():
        raise AudioError(f"filters has shape {filters.shape}: give (order + 1, N), first row 1")
    if not np.isfinite(filters).all():
        raise AudioError("filters holds NaN or infinite values: give what `lpc_analyse` returned")
    order, n_frames = len(filters) - 1, filters.shape[1]
    companion = np.tile(np.eye(order, k=-1), (n_frames, 1, 1))
    companion[:, 0] = -filters[1:].T
    poles = np.linalg.eigvals(companion).astype(complex)  # (N, order): the roots of each predictor
    radius = np.minimum(np.abs(poles), LARGEST_RADIUS)
    angle = np.angle(poles)
    on_axis = np.abs(poles.imag) < 1e-9
    bent = np.sign(angle) * np.minimum(np.abs(angle) ** coefficient, np.pi)
    poles = radius * np.exp(1j * np.where(on_axis, angle, bent))
    new = np.zeros((n_frames, order + 1), dtype=complex)
    new[:, 0] = 1
    for k in range(order):  # multiply (1 - pole / z) together
        new[:, 1 : k + 2] -= poles[:, k, np.newaxis] * new[:, : k + 1].copy()
    return new.real.T


def mcadams(audio, *, sample_rate: float, coefficient: float) -> np.ndarray:
    """Make a voice another's: linear prediction, bent poles, and the same residual sent through.

    What is said, its melody and its timing stay. So does the residual, and all that it tells.

    Parameters
    ----------
    audio : array
        Shape (T,).
    sample_rate : float
        Hz.
    coefficient : float
        As for `bend_poles`: between 0.5 and 0.9 it is another voice that can be understood.

    Returns
    -------
    numpy.ndarray
        Shape and precision of `audio`, as loud.

    Raises
    ------
    AudioError
        If there is not exactly one sound, or the coefficient is not above 0.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=16000)
    >>> same = mcadams(noise, sample_rate=16000, coefficient=1.0)
    >>> bool(np.allclose(same, noise, atol=0.01))
    True

    References
    ----------
    J. Patino, N. Tomashenko, M. Todisco, A. Nautsch and N. Evans, "Speaker anonymisation using the
    McAdams coefficient", Interspeech 2021. S. McAdams, "Spectral fusion, spectral parsing and the
    formation of auditory images", thesis, Stanford 1984.

    Chapter: large/safety
    """
    audio = check_audio(audio)
    rate = check_rate(sample_rate)
    hop_length = round(HOP_S * rate)
    residual, filters = lpc_analyse(
        audio, order=2 + rate // 1000, frame_length=round(FRAME_S * rate), hop_length=hop_length
    )
    made = lpc_synthesize(
        residual, bend_poles(filters, coefficient=coefficient), hop_length=hop_length
    )
    level = rms(made)
    return (made * (rms(audio) / level if level > 0 else 1)).astype(audio.dtype)
