"""What can be read off a difference: true of the two values by themselves, whatever the cause.

Where no known mistake fits, a report says what is sure: another shape, NaN, a constant factor, a
reversed order, the first place that differs.
"""

from __future__ import annotations

import linecache
import traceback

import numpy as np

from audiolessons.exercises.engine.observing import Crash, numbers, same

CLOSE = {"rtol": 1e-6, "atol": 1e-9}


def read(got, expected, *, rtol: float, atol: float) -> str:
    """Say in one sentence what tells `got` from `expected`, or nothing if nothing simple does.

    Examples
    --------
    >>> read(np.array([2.0, 4.0]), np.array([1.0, 2.0]), rtol=1e-5, atol=0)
    'every value is 2 times what it should be'
    >>> read(None, 3, rtol=0, atol=0)
    'your function returned None: does it end with `return`?'
    """
    if isinstance(got, Crash):
        return _of_crash(got.error)
    if isinstance(expected, Crash):
        kind = type(expected.error).__name__
        return f"an error is asked for here (`raise {kind}(...)`), and none was raised"
    if got is None:
        return "your function returned None: does it end with `return`?"
    if isinstance(expected, dict):
        return ""
    ours, theirs = numbers(expected), numbers(got)
    if ours is not None and theirs is None:
        return _how_many(got, expected) or _no_numbers(got)
    if ours is None:
        return _of_parts(got, expected, rtol, atol)
    if theirs.shape != ours.shape:
        return _shape(theirs, ours, rtol, atol)
    if not np.isfinite(theirs).all() and np.isfinite(ours).all():
        n_bad = int((~np.isfinite(theirs)).sum())
        return (
            f"{n_bad} of {theirs.size} values are NaN or infinite: look for a division by zero, or "
            "a root or logarithm of something that is not positive"
        )
    return _values(theirs, ours, rtol, atol)


def first_difference(got, expected, *, rtol: float, atol: float) -> str:
    """Name the first place at which two values of one shape differ, with both and the difference.

    Examples
    --------
    >>> first_difference([1.0, 2.5], [1.0, 2.0], rtol=1e-5, atol=0)
    'first at [1]: 2.5 instead of 2, a difference of 0.5'
    """
    if isinstance(got, dict) and isinstance(expected, dict):
        return ""
    theirs, ours = numbers(got), numbers(expected)
    if theirs is None or ours is None:
        if isinstance(got, list | tuple) and isinstance(expected, list | tuple):
            for i, (a, b) in enumerate(zip(got, expected, strict=False)):
                if not same(a, b, rtol=rtol, atol=atol):
                    inner = first_difference(a, b, rtol=rtol, atol=atol)
                    return f"in part {i}: {inner}" if inner else f"in part {i}"
        return ""
    if theirs.shape != ours.shape or not ours.shape:
        return ""
    differs = ~np.isclose(theirs, ours, rtol=rtol, atol=atol, equal_nan=True)
    if not differs.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(differs)[0])
    mine, right = theirs[place], ours[place]
    shown = f"[{', '.join(map(str, place))}]"
    text = f"first at {shown}: {shortest(mine, right)} instead of {shortest(right, mine)}"
    if ours.dtype.kind != "b" and theirs.dtype.kind != "b" and np.isfinite(mine):
        difference = np.subtract(mine, right, dtype=np.result_type(mine, right, np.float64))
        text += f", a difference of {shortest(difference)}"
    if differs.sum() > 1 and differs.sum() < differs.size:
        text += f" ({int(differs.sum())} of {differs.size} values differ)"
    return text


def shortest(value, other=None) -> str:
    """Return a number in four digits, or in as many as tell it from `other`.

    Examples
    --------
    >>> shortest(0.99999992, 1.0)
    '0.9999999'
    """
    value = value.item() if hasattr(value, "item") else value
    other = other.item() if hasattr(other, "item") else other
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        return str(value)
    if isinstance(value, int):
        return str(value)
    for digits in range(4, 18):
        text = _digits(value, digits)
        if other is None or isinstance(other, bool) or text != _digits(other, digits):
            return text
    return text


def place(error: BaseException) -> str:
    """Name the learner's own line in which an error arose, or nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_library(frame.filename)]
    if not own:
        return ""
    frame = own[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f"line {frame.lineno} of your cell" + (f": `{line}`" if line else "")


def _of_crash(error) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SystemExit):
        return "your answer ends the program (`exit`): return a value instead"
    if place(error):
        return ""
    if "object is not callable" in str(error):
        return "a function is asked for: hand in its name alone, without brackets behind it"
    if frames and frames[-1].name in ("watched", "_call"):
        return "it was raised by the call itself: does your function take these arguments?"
    if "None" in str(error):
        return "your function came back without a value: does it end with `return`?"
    return "your function ended, but its result could not be used"


def _is_library(filename) -> bool:
    return "site-packages" in filename or "audiolessons" in filename or "/lib/python" in filename


def _digits(value, digits) -> str:
    if isinstance(value, complex):
        real, imag = (part if abs(part) > 1e-12 * abs(value) else 0.0 for part in _parts(value))
        return f"{real:.{digits}g}{imag:+.{digits}g}j"
    if 0 < abs(value) < 1e-9 and digits == 4:
        return "about 0"  # rounding errors, which differ from machine to machine
    if 1e4 <= abs(value) < 1e9 and digits < 9:
        return f"{value:.{max(digits - 4, 0)}f}"  # 16044, not 1.604e+04
    return f"{value:.{digits}g}"


def _parts(value) -> tuple[float, float]:
    return value.real, value.imag


def _no_numbers(got) -> str:
    kind = type(got).__name__
    if isinstance(got, list | tuple):
        if got and all(hasattr(part, "detach") for part in got):
            return f"what came back is a {kind} of tensors: return one tensor"
        try:
            np.asarray(got)
        except ValueError:
            return "what came back is not one array: its rows differ in length"
        except Exception:
            pass
    return f"what came back is {kind}, not numbers"


def _of_parts(got, expected, rtol, atol) -> str:
    """Texts, and lists that hold more than numbers."""
    if isinstance(expected, str):
        if not isinstance(got, str):
            return f"what came back is {type(got).__name__}, not a text"
        if got.lower() == expected.lower():
            return "only capitals and small letters differ"
        if got == expected[::-1]:
            return "this is the right text backwards"
        if len(got) != len(expected):
            return f"the text has {len(got)} characters and should have {len(expected)}"
        wrong = [str(i) for i, (a, b) in enumerate(zip(got, expected, strict=True), 1) if a != b]
        if len(wrong) == len(got) > 1:
            return f"none of the {len(got)} characters stands where it should"
        return f"look again at character {', '.join(wrong)}" if len(wrong) < len(got) else ""
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple):
            return f"{len(expected)} values are asked for, and one {type(got).__name__} came back"
        if told := _how_many(got, expected):
            return told
        if same(list(got)[::-1], list(expected), rtol=rtol, atol=atol):
            return "these are the right values in reversed order"
        for i, (a, b) in enumerate(zip(got, expected, strict=True)):
            if not same(a, b, rtol=rtol, atol=atol):
                told = read(a, b, rtol=rtol, atol=atol)
                return f"in part {i} of what came back: {told}" if told else ""
    return ""


def _how_many(got, expected) -> str:
    """Two tuples of another length: several values were asked for."""
    several = isinstance(got, list | tuple) and isinstance(expected, list | tuple)
    if several and len(got) != len(expected):
        return f"{len(expected)} values are asked for, and {len(got)} came back"
    return ""


def _shape(got, expected, rtol, atol) -> str:
    told = f"the shape is {got.shape} and should be {expected.shape}"

    def fits(value):
        return value.shape == expected.shape and np.allclose(
            value, expected, rtol=rtol, atol=atol, equal_nan=True
        )

    if got.size == expected.size and fits(got.reshape(expected.shape)):
        return f"the values are right, but {told}"
    if got.ndim == expected.ndim == 2 and fits(got.T):
        return f"rows and columns are exchanged: {told}"
    axes = (
        np.flatnonzero(np.array(got.shape) != expected.shape) if got.ndim == expected.ndim else ()
    )
    if len(axes) == 1:
        axis = axes[0]
        n = min(got.shape[axis], expected.shape[axis])
        extra = got.shape[axis] - expected.shape[axis]
        many = f"{abs(extra)} {'too many' if extra > 0 else 'missing'}"
        head, tail = slice(None, n), slice(-n, None)
        for part, place in ((head, "at the end"), (tail, "at the beginning")):
            both = (np.take(a, np.arange(a.shape[axis])[part], axis) for a in (got, expected))
            if n and np.allclose(*both, rtol=rtol, atol=atol, equal_nan=True):
                return f"{told}: the values agree, with {many} {place}"
    return told


def _values(got, expected, rtol, atol) -> str:
    def fits(value):
        return value.shape == expected.shape and np.allclose(
            value, expected, rtol=rtol, atol=atol, equal_nan=True
        )

    def fits_sorted(value, other):
        return np.allclose(np.sort(value, axis=None), np.sort(other, axis=None), rtol, atol)

    if got.dtype.kind == "b" or expected.dtype.kind == "b":
        if expected.dtype.kind == "b" and expected.size > 1 and fits(~got.astype(bool)):
            return "true and false are exchanged"  # of one alone nobody could tell
        return ""
    got, expected = (a.astype(np.result_type(a, np.float64)) for a in (got, expected))
    varied = expected.size > 1 and np.ptp(np.abs(expected)) > 0
    if fits(-got):
        return "the sign is wrong"
    if np.iscomplexobj(expected):
        if fits(np.conj(got)):
            return "the sign of the imaginary part is wrong"
        if np.allclose(got, np.abs(expected), rtol=rtol, atol=atol):
            return "this is the absolute value: the phase is lost"
        if np.allclose(got, expected.real, rtol=rtol, atol=atol):
            return "this is the real part alone"
    elif expected.min() < 0 and np.allclose(got, np.abs(expected), rtol=rtol, atol=atol):
        return "the values are right but for their signs, which are lost"
    for axis in range(got.ndim):
        if varied and fits(np.flip(got, axis)):
            return "the order is reversed" + (f" along axis {axis}" if got.ndim > 1 else "")
    if got.ndim == 2 and varied and fits(got.T):
        return "rows and columns are exchanged"
    if told := _factor_or_offset(got, expected, rtol, atol):
        return told
    if (
        np.isrealobj(expected)
        and np.isrealobj(got)
        and varied
        and np.any(expected != np.trunc(expected))
        and got.any()
    ):
        if np.array_equal(got, np.trunc(expected)):
            return "only whole numbers came back: the right values without what follows the point"
        if np.array_equal(got, np.round(expected)):
            return "only whole numbers came back, the nearest to the right values"
        if np.array_equal(got, np.floor(np.round(expected, 12))):  # 0 may stand there as -1e-17
            return "only whole numbers came back, the next below the right values"
        for digits in range(1, 6):
            if np.array_equal(got, np.round(expected, digits)):
                return f"the values are right, but rounded to 1e-{digits}"
    if np.isrealobj(expected) and not np.allclose(got.imag, 0, atol=max(atol, 1e-9)):
        part = "real part" if fits(got.real) else "absolute value" if fits(np.abs(got)) else ""
        told = "complex numbers came back, and real ones are asked for"
        return f"{told}: their {part} is right" if part else told
    for axis in range(got.ndim):
        for step in (1, -1):
            if _is_shifted(got, expected, axis, step, rtol, atol):
                way = "late" if step > 0 else "early"
                along = f" along axis {axis}" if got.ndim > 1 else ""
                return f"everything stands one place too {way}{along}"
    if got.ndim and varied and not np.iscomplexobj(got) and fits_sorted(got, expected):
        return "these are the right values in another order"
    return _which(got, expected, rtol, atol)


def _factor_or_offset(got, expected, rtol, atol) -> str:
    """A constant factor or offset, which one number alone cannot show: two at least are needed."""
    if not np.isfinite(expected).all():  # no factor leads from one infinity to another
        return ""
    loud = np.abs(expected) > 1e-3 * np.abs(expected).max()
    if loud.sum() > 1 and np.ptp(np.abs(expected[loud])) > 1e-6 * np.abs(expected).max():
        ratio = np.vdot(expected, got) / np.vdot(expected, expected)
        ratio = ratio.real if abs(ratio.imag) < 1e-12 * abs(ratio) else ratio
        if abs(ratio) > 1e-9 and np.allclose(got, ratio * expected, **CLOSE):
            return f"every value is {shortest(ratio)} times what it should be"
    if expected.size > 1 and np.ptp(np.abs(expected)) > 0:
        offset = np.mean(got - expected)
        if np.allclose(got - offset, expected, rtol=rtol, atol=max(atol, 1e-9)):
            if np.iscomplexobj(offset):
                return f"every value is off by {shortest(offset)}"
            return (
                f"every value is {shortest(abs(offset))} too {'large' if offset > 0 else 'small'}"
            )
    return ""


def _is_shifted(got, expected, axis, step, rtol, atol) -> bool:
    n = got.shape[axis]
    if n < 4:
        return False
    inner = np.take(got, np.arange(max(step, 0), n + min(step, 0)), axis)
    source = np.take(expected, np.arange(max(-step, 0), n + min(-step, 0)), axis)
    return bool(np.ptp(np.abs(source)) > 0 and np.allclose(inner, source, rtol=rtol, atol=atol))


def _which(got, expected, rtol, atol) -> str:
    if got.size < 4:
        return ""
    differs = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True).ravel()
    if differs.sum() == 1:
        place = {0: "first", differs.size - 1: "last"}.get(int(np.argmax(differs)))
        return f"only the {place} value differs" if place else "only one value differs"
    return ""
