"""Amplitudes and powers in decibels, for pictures and features: with a limited range."""

from __future__ import annotations

import numpy as np

from audiolessons import signals
from audiolessons.constants import TINY_POWER
from audiolessons.errors import AudioError, as_array, check_positive


def magnitude_to_db(magnitude, *, ref: float = 1.0, top_db: float | None = 80.0) -> np.ndarray:
    """Magnitudes in decibels: 20 log10(magnitude / ref), nothing lower than `top_db` below the top.

    `librosa.amplitude_to_db` with its limits, for pictures: a magnitude of 0 reads -100 dB or more.
    `signals.amplitude_to_db` has no limits: there an amplitude of 0 is minus infinity.

    Parameters
    ----------
    magnitude : array
        Any shape; amplitudes >= 0, such as np.abs(stft(...)).
    ref : float
        The amplitude that becomes 0 dB. Give magnitude.max() to put the loudest point at 0 dB.
    top_db : float or None
        Range kept below the largest value of each spectrogram (the last two axes; of a vector, the
        whole); None keeps everything above -100 dB (re 1), below which amplitudes count as 1e-5.

    Returns
    -------
    numpy.ndarray
        The same shape, in dB.

    Raises
    ------
    AudioError
        If values are complex, negative, NaN or infinite, or `ref` or `top_db` is not above 0.

    Examples
    --------
    >>> magnitude_to_db(np.array([1.0, 0.5, 0.1])).round(2)
    array([  0.  ,  -6.02, -20.  ])

    Chapter: sound/stft
    """
    magnitude = check_magnitude(magnitude)
    check_positive(ref, name="ref")
    floor = TINY_POWER**0.5
    level_db = signals.amplitude_to_db(np.maximum(magnitude, floor))
    return _keep_range(level_db - float(signals.amplitude_to_db(max(ref, floor))), top_db)


def power_to_db(power, *, ref: float = 1.0, top_db: float | None = 80.0) -> np.ndarray:
    """Powers in decibels: 10 log10(power / ref), nothing lower than `top_db` below the top.

    Parameters
    ----------
    power : array
        Any shape; powers >= 0, such as np.abs(stft(...))**2 or a mel spectrogram.
    ref : float
        The power that becomes 0 dB.
    top_db : float or None
        Range kept below the largest value of each spectrogram (the last two axes; of a vector, the
        whole); None keeps everything above -100 dB (re 1), where powers count as 1e-10.

    Returns
    -------
    numpy.ndarray
        The same shape, in dB.

    Raises
    ------
    AudioError
        If values are complex, negative, NaN or infinite, or `ref` or `top_db` is not above 0.

    Examples
    --------
    >>> power_to_db(np.array([1.0, 0.5, 0.1])).round(2)
    array([  0.  ,  -3.01, -10.  ])

    Chapter: sound/stft
    """
    power = check_magnitude(power, name="power")
    check_positive(ref, name="ref")
    level_db = 10 * np.log10(np.maximum(power, TINY_POWER))
    return _keep_range(level_db - 10 * float(np.log10(max(ref, TINY_POWER))), top_db)


def _keep_range(level_db, top_db):
    """Raise what lies more than `top_db` below the largest level of its spectrogram.

    As librosa does from 1.0 on; before, a batch shared the level of its loudest sound.
    """
    if top_db is None:
        return level_db
    check_positive(top_db, name="top_db", unit="dB")
    axes = tuple(range(-min(level_db.ndim, 2), 0))
    return np.maximum(level_db, level_db.max(axis=axes, keepdims=True) - top_db)


def check_magnitude(values, *, name: str = "magnitude", min_ndim: int = 0) -> np.ndarray:
    """Return real, finite values >= 0 as a floating-point array, or say what is wrong with them.

    Chapter: sound/stft
    """
    values = as_array(values, name=name)
    if values.dtype.kind == "c":
        raise AudioError(f"{name} is complex ({values.dtype}): take np.abs({name}) first")
    if values.dtype.kind != "f":
        raise AudioError(f"{name} holds {values.dtype} values: give float32 or float64")
    if values.ndim < min_ndim:
        raise AudioError(f"{name} has shape {values.shape}: give a spectrogram (..., F, N)")
    if values.size == 0:
        raise AudioError(f"{name} has shape {values.shape}, which is empty: give some values")
    lowest = values.min()  # NaN if there is one
    if not lowest >= 0 or not np.isfinite(values.max()):
        raise AudioError(
            f"{name} lies between {lowest} and {values.max()}: magnitudes and powers are finite "
            "and at least 0 (levels in dB must be turned back first)"
        )
    return values
