"""The one exception that readers meet, and the checks at the package's public edge.

Every public function validates what it is given once, where it comes in. A mistake ends in an
`AudioError` whose message names the value received and what to do about it.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection
from typing import TypeVar

import numpy as np

__all__ = [
    "AudioError",
    "as_array",
    "check_audio",
    "check_choice",
    "check_count",
    "check_finite",
    "check_positive",
    "check_rate",
]

T = TypeVar("T")


class AudioError(ValueError):
    """Something about the sound or a setting cannot work; the message says what, and the fix."""


def check_audio(audio, *, name: str = "audio", min_samples: int = 1) -> np.ndarray:
    """Return `audio` as a floating-point array of shape (..., T), or say what is wrong with it.

    float32 and float64 are kept as they are; anything else is refused, because a silent conversion
    of 16-bit integers would leave samples of +-32768 where the book means +-1.

    Raises
    ------
    AudioError
        If `audio` is no array, is not floating point, has fewer than `min_samples` samples along
        the last axis, or holds NaN or infinity.

    Examples
    --------
    >>> check_audio(np.zeros(3, dtype=np.float32)).dtype
    dtype('float32')
    >>> check_audio(np.zeros(3, dtype=np.int16))
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: audio holds int16 values: divide integer samples by ...
    """
    array = as_array(audio, name=name)
    if array.dtype.kind in "iu":
        raise AudioError(f"{name} holds {array.dtype} values: {_to_full_scale(array.dtype, name)}")
    if array.dtype.kind != "f":
        raise AudioError(
            f"{name} is {type(audio).__name__} of {array.dtype}: give a NumPy array of float32 or "
            "float64 samples"
        )
    if array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    if array.ndim == 0:
        raise AudioError(f"{name} is the single number {array}: give an array of shape (..., T)")
    if array.shape[-1] < min_samples:
        hint = ""
        if array.ndim == 2 and array.shape[0] >= min_samples:
            hint = f"; time is the last axis, so try {name}.T"
        raise AudioError(
            f"{name} has shape {array.shape}, which is {array.shape[-1]} samples along the last "
            f"axis: give at least {min_samples}{hint}"
        )
    if not np.isfinite(array).all():
        bad = int(np.size(array) - np.isfinite(array).sum())
        raise AudioError(
            f"{name} holds {bad} values that are NaN or infinite: find where they arise, or "
            f"replace them with np.nan_to_num({name})"
        )
    return array


def _to_full_scale(dtype, name) -> str:
    """Return how integer samples become samples in [-1, 1]."""
    if dtype.itemsize == 8 or dtype == np.uint32:  # no sound file has them: where are they from?
        return (
            "divide integer samples by the full scale of the file that they came from, "
            f"{name}.astype(np.float32) / 32768 for 16 bits, so that they lie in [-1, 1]"
        )
    half = 2 ** (8 * dtype.itemsize - 1)
    if dtype.kind == "u":  # silence lies in the middle
        return (
            "move integer samples without a sign to 0 and divide them by their full scale, "
            f"({name}.astype(np.float32) - {half}) / {half}, so that they lie in [-1, 1]"
        )
    return (
        "divide integer samples by their full scale, "
        f"{name}.astype(np.float32) / {half}, so that they lie in [-1, 1]"
    )


def as_array(value, *, name: str, dtype: type | None = None) -> np.ndarray:
    """Return `value` as a NumPy array, or say what it would lose or why it cannot become one.

    Raises
    ------
    AudioError
        If it is a tensor with a gradient or on another device, rows of unequal length, an array
        some of whose values are masked, or no numbers where `dtype` asks for them.

    Examples
    --------
    >>> as_array([[0.0, 0.5], [0.5]], name="audio")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: audio has rows of unequal length, row 0 of 2 and row 1 of 1: ...
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise AudioError(
            f"{name} has {np.ma.count_masked(value)} masked values, which would count: fill them, "
            f"{name}.filled(0), or leave them out, {name}.compressed()"
        )
    try:
        return np.asarray(value, dtype=dtype)
    except (RuntimeError, TypeError, ValueError) as problem:
        if "sequence" in str(problem):  # numpy's word for rows of unequal length
            raise AudioError(
                f"{name} has {_unequal(value)}: pad them with zeros or cut them to one length"
            ) from problem
        if not hasattr(value, "detach"):
            raise AudioError(f"{name} holds something else than numbers ({problem})") from problem
        raise AudioError(
            f"{name} is a tensor with a gradient, or on another device: give "
            f"{name}.detach().cpu().numpy()"
        ) from problem


def _unequal(rows) -> str:
    """Say which rows of a list differ in length, as far as lists go."""
    try:
        lengths = [len(row) for row in rows]
        other = next(row for row, length in enumerate(lengths) if length != lengths[0])
    except (TypeError, StopIteration):
        return "parts of unequal shape"
    return f"rows of unequal length, row 0 of {lengths[0]} and row {other} of {lengths[other]}"


def check_positive(value, *, name: str, unit: str = "") -> float:
    """Return a positive, finite real number, or say which value was received instead.

    Examples
    --------
    >>> check_positive(8000, name="sample_rate", unit="Hz")
    8000
    >>> check_positive(-1, name="sample_rate", unit="Hz")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: sample_rate is -1 Hz: it must be a finite number above 0
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value) or value <= 0:
        shown = f"{value!r} {unit}".rstrip()
        raise AudioError(f"{name} is {shown}: it must be a finite number above 0")
    return value


def check_finite(value, *, name: str, unit: str = "") -> float:
    """Return a finite real number of any sign, or say which value was received instead.

    Examples
    --------
    >>> check_finite(-6.0, name="snr_db", unit="dB")
    -6.0
    >>> check_finite(float("nan"), name="snr_db", unit="dB")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: snr_db is nan dB: it must be a finite number
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value):
        shown = f"{value!r} {unit}".rstrip()
        raise AudioError(f"{name} is {shown}: it must be a finite number")
    return value


def check_rate(value, *, name: str = "sample_rate") -> int:
    """Return a whole number of samples a second, or say which value was received instead.

    Examples
    --------
    >>> check_rate(8000.0)
    8000
    >>> check_rate(0.5)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: sample_rate is 0.5 Hz: it must be a whole number of samples ...
    """
    check_positive(value, name=name, unit="Hz")
    if value != int(value):
        raise AudioError(f"{name} is {value!r} Hz: it must be a whole number of samples a second")
    return int(value)


def check_count(value, *, name: str, minimum: int = 1) -> int:
    """Return a whole number of at least `minimum`, or say which value was received instead.

    Examples
    --------
    >>> check_count(256, name="hop_length")
    256
    >>> check_count(0, name="hop_length")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: hop_length is 0: it must be a whole number, at least 1
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_whole or value < minimum:
        raise AudioError(f"{name} is {value!r}: it must be a whole number, at least {minimum}")
    return int(value)


def check_choice(value: T, *, name: str, choices: Collection) -> T:
    """Return `value` if it is one of `choices`, or name the choices.

    Examples
    --------
    >>> check_choice("bark", name="scale", choices=("slaney", "htk"))
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: scale is 'bark': choose one of 'slaney', 'htk'
    """
    try:
        is_known = value in choices
    except (ValueError, RuntimeError, TypeError):  # an array, a tensor, a list
        is_known = False
    if not is_known:
        raise AudioError(f"{name} is {value!r}: choose one of {', '.join(map(repr, choices))}")
    return value
