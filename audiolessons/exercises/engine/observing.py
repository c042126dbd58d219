"""What is observed when an answer is tried: a value, stated facts, or a crash.

Every call gets copies of its arguments and the same state of the random numbers, and what it
returns is copied at once. So an answer may work in place, reuse a buffer or draw numbers, and
what is observed of it depends on nothing else.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import random
import sys
import warnings
from dataclasses import dataclass

import numpy as np

from audiolessons.exercises.engine.declare import Exercise, Probe

MOST_ITEMS = 1000  # of a generator, which need not end
LEAST_SQUARES = np.linalg.lstsq


class NotAttempted(BaseException):
    """The stub's dots came back."""


@dataclass(frozen=True, eq=False)
class Crash:
    """An exception that an answer ended in."""

    error: BaseException

    def __str__(self):
        return f"{type(self.error).__name__}: {self.error}"


@dataclass(frozen=True, eq=False)
class Observation:
    """What one call gave: its value (or facts, or a crash), and which arguments it changed."""

    value: object
    changed: tuple[str, ...] = ()


def observe(exercise: Exercise, probe: Probe, answer) -> Observation:
    """Try an answer on a probe.

    Raises
    ------
    NotAttempted
        If the dots of the stub come back.

    Examples
    --------
    >>> from audiolessons.exercises.engine.declare import exercise, probe, EXERCISES
    >>> double = probe("3 becomes 6", 3)
    >>> stated = exercise(
    ...     "doctest.double", level="easy", hints=("a", "b"), probes=[double], wrong=[]
    ... )(lambda x: 2 * x)
    >>> observe(EXERCISES.pop("doctest.double"), double, lambda x: x * x).value
    9
    """
    args, kwargs = copy.deepcopy((probe.args, dict(probe.kwargs)))
    look = probe.observe or exercise.observe or _call
    if exercise.asks_for_value:
        look = probe.observe or exercise.observe or _itself
    _seed()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), _least_squares_that_end():
            warnings.simplefilter("ignore", RuntimeWarning)  # the report says NaN: none above it
            value = frozen(look(_watched(answer), *args, **kwargs))
    except NotImplementedError:
        raise NotAttempted from None
    except (Exception, SystemExit) as error:
        if "ellipsis" in str(error).lower():  # the dots were computed with
            raise NotAttempted from None
        value = Crash(error)
    changed = ()
    if exercise.keeps_arguments:
        before = {**dict(enumerate(probe.args)), **probe.kwargs}
        after = {**dict(enumerate(args)), **kwargs}
        names = _argument_names(exercise, len(args))
        changed = tuple(
            names.get(key, str(key))
            for key in before
            if not same(after[key], before[key], rtol=1e-6, atol=1e-9)  # put back, but for rounding
        )
    return Observation(value, changed)


def agree(got: Observation, expected: Observation, probe: Probe) -> bool:
    """Whether two observations are the same within the probe's tolerance."""
    if got.changed != expected.changed:
        return False
    return same(got.value, expected.value, rtol=probe.rtol, atol=probe.atol)


def same(got, expected, *, rtol: float, atol: float) -> bool:
    """Compare values of any kind: numbers within a tolerance, whatever holds them.

    Lists, arrays and tensors of one shape and the same numbers are the same; so are True and 1. An
    error is what was expected if it is of that kind.

    Examples
    --------
    >>> same([1, 2.0], np.array([1.0, 2.0000001]), rtol=1e-5, atol=0)
    True
    >>> same(np.zeros((1, 2)), np.zeros(2), rtol=0, atol=0)
    False
    """
    if isinstance(expected, Crash) or isinstance(got, Crash):
        both = isinstance(expected, Crash) and isinstance(got, Crash)
        return both and isinstance(got.error, type(expected.error))
    if isinstance(expected, dict) or isinstance(got, dict):
        both = isinstance(expected, dict) and isinstance(got, dict)
        return (
            both
            and got.keys() == expected.keys()
            and all(same(got[k], expected[k], rtol=rtol, atol=atol) for k in expected)
        )
    ours, theirs = numbers(expected), numbers(got)
    if ours is not None and theirs is not None:
        if ours.shape != theirs.shape:
            return False
        return bool(np.allclose(theirs, ours, rtol=rtol, atol=atol, equal_nan=True))
    if ours is not None or theirs is not None:
        return False
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        return len(got) == len(expected) and all(
            same(a, b, rtol=rtol, atol=atol) for a, b in zip(got, expected, strict=True)
        )
    with contextlib.suppress(Exception):
        return bool(got == expected)
    return False


def numbers(value) -> np.ndarray | None:
    """Return numbers as an array, or None if the value is of another kind."""
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().resolve_conj().numpy()
    if value is None or isinstance(value, str | bytes | dict | Crash):
        return None
    try:
        array = np.asarray(value)
    except Exception:  # ragged lists, lists of tensors on a device
        return None
    return array if array.dtype.kind in "biufc" else None


def frozen(value):
    """Return a copy that later calls cannot change; generators are consumed, up to a cap."""
    if value is ...:
        raise NotAttempted
    if inspect.isgenerator(value) or isinstance(value, map | zip | filter):
        return [frozen(item) for item in itertools.islice(value, MOST_ITEMS)]
    if isinstance(value, tuple | list):
        return type(value)(map(frozen, value)) if type(value) in (tuple, list) else list(value)
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    if hasattr(value, "detach"):
        return value.detach().clone()
    return value.copy() if isinstance(value, np.ndarray) else value


@contextlib.contextmanager
def random_numbers_kept():
    """Leave the random numbers of Python, numpy and torch as they were."""
    torch = sys.modules.get("torch")
    states = (
        random.getstate(),
        np.random.get_state(),  # noqa: NPY002 - the one that answers may draw from
        torch and torch.random.get_rng_state(),
    )
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        if torch:
            torch.random.set_rng_state(states[2])


@contextlib.contextmanager
def _least_squares_that_end():
    """Refuse a table with an infinity, as numpy does most of the time.

    For some of them (`[[inf, 1, 1]] * 3`) it never returns, and nothing can stop it: a division by
    0 would freeze the kernel.
    """

    def lstsq(a, b, rcond=None):
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise np.linalg.LinAlgError("SVD did not converge in Linear Least Squares")
        return LEAST_SQUARES(a, b, rcond)

    np.linalg.lstsq = lstsq
    try:
        yield
    finally:
        np.linalg.lstsq = LEAST_SQUARES


def _seed():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        torch.random.default_generator.manual_seed(0)


def _call(answer, *args, **kwargs):
    return answer(*args, **kwargs)


def _itself(answer):
    return answer


def _watched(answer):
    """Notice the stub's dots where they come back, before a probe computes with them."""
    if not inspect.isroutine(answer):
        return answer

    def watched(*args, **kwargs):
        got = answer(*args, **kwargs)
        if got is ... or (isinstance(got, tuple) and any(part is ... for part in got)):
            raise NotAttempted
        return got

    watched.__wrapped__ = answer
    return watched


def _argument_names(exercise, n_args) -> dict:
    names = list(inspect.signature(exercise.reference).parameters)
    return dict(enumerate(names[:n_args]))
