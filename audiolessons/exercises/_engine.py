"""How an answer is checked: properties are tried one by one, and each says what it saw.

A chapter's module declares an exercise as a function that receives the answer and a `Trial`:

    @exercise("signals.rms", level="easy", hints=("Square first.", "Then the mean, then the root."))
    def rms(answer, trial):
        trial.close(
            "a constant of 0.5 has an RMS of 0.5",
            lambda: answer(np.full(100, 0.5)),
            0.5,
            mistakes=[(0.25, "the root is missing: this is the mean of the squares")],
        )

`check` never raises. It tells an untouched stub from a wrong answer, shows where an answer
crashes, and stops one that does not end.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import linecache
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..errors import AudioError
from ._show import describe, report_html, report_text
from .engine.declare import EXERCISES

# An answer takes milliseconds; five seconds leave room for a slow one on a busy laptop.
TIME_LIMIT_S = 5.0
LEVELS = ("easy", "core", "stretch")
_failures: dict[str, int] = {}


@dataclass(frozen=True)
class Exercise:
    """What a chapter's module states about one exercise."""

    name: str
    level: str
    hints: tuple[str, ...]
    properties: Callable
    time_limit_s: float = TIME_LIMIT_S


@dataclass(frozen=True)
class Row:
    """One property that was tried."""

    what: str
    passed: bool
    expected: str = ""
    got: str = ""
    means: str = ""


@dataclass
class Report:
    """The outcome of `check`: shown as a table in a notebook, as text elsewhere.

    Attributes
    ----------
    passed : bool
        Every property held.
    attempted : bool
        False while the stub still holds its dots.
    rows : list of Row
        The properties in the order in which they were tried.
    """

    name: str
    attempted: bool = True
    rows: list[Row] = field(default_factory=list)
    note: str = ""
    hint: str = ""

    @property
    def passed(self) -> bool:
        return self.attempted and bool(self.rows) and all(row.passed for row in self.rows)

    def __str__(self):
        return report_text(self)

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": report_html(self), "text/plain": report_text(self)}


def exercise(name: str, *, level: str, hints: tuple[str, ...], time_limit_s: float = TIME_LIMIT_S):
    """Register the decorated function as the check of the exercise `name`."""
    if level not in LEVELS or len(hints) < 2 or name in EXERCISES:
        raise AudioError(f"{name}: needs a level of {LEVELS}, two hints or more, and a new name")

    def register(properties):
        EXERCISES[name] = Exercise(name, level, tuple(hints), properties, time_limit_s)
        return properties

    return register


def check_stated(stated: Exercise, answer) -> Report:
    """Check an answer and report every property that was tried."""
    name = stated.name
    report = Report(name)
    trial = Trial(report)
    if answer is ...:
        report.attempted = False
        return report
    tried = _watched(answer) if inspect.isroutine(answer) else answer
    outcome = _run_limited(lambda: stated.properties(tried, trial), stated.time_limit_s)
    if isinstance(outcome, _NotAttempted):
        report.attempted = False
        report.rows.clear()
    elif isinstance(outcome, _Stopped):
        report.note = (
            f"Stopped after {stated.time_limit_s:g} s: your answer did not end. Look at the "
            "condition of your loops: does it ever become false?"
        )
        report.rows.append(Row(trial.current or "the answer ends", False))
    elif isinstance(outcome, BaseException) and not isinstance(outcome, _Enough):
        # Not the learner's fault: a check must not fail on its own. Say so rather than hide it.
        report.note = (
            f"The check itself failed ({type(outcome).__name__}: {outcome}); please report this."
        )
        report.rows.append(Row(trial.current or "the check runs", False))
    if not report.passed and report.attempted:
        attempt = _failures.get(name, 0)
        _failures[name] = attempt + 1
        which = min(attempt, len(stated.hints) - 1)
        report.hint = f"Hint {which + 1} of {len(stated.hints)}: {stated.hints[which]}"
    elif report.passed:
        _failures.pop(name, None)
    return report


def _watched(function):
    """Notice the stub's dots where they come back, before a check computes with them."""

    @functools.wraps(function)
    def watched(*args, **kwargs):
        got = function(*args, **kwargs)
        if got is ... or (isinstance(got, tuple) and any(part is ... for part in got)):
            raise _NotAttempted
        return got

    return watched


class _NotAttempted(BaseException):
    """The stub's dots came back."""


class _Stopped(BaseException):
    """Time is up; thrown into the thread that runs the answer."""


class _Enough(BaseException):
    """The answer crashed: trying more properties would only repeat it."""


class Trial:
    """What a check uses to try an answer; each call adds one row to the report.

    `attempt` arguments are callables without arguments, so that a crash inside the answer is
    caught and shown with its line.
    """

    def __init__(self, report: Report):
        self._report = report
        self.current = ""

    def value(self, what: str, attempt: Callable):
        """Run `attempt` and return its value; a crash ends the check with a row that says where."""
        self.current = what
        try:
            got = attempt()
        except NotImplementedError:
            raise _NotAttempted from None
        except Exception as error:
            crash = f"{type(error).__name__}: {error}"
            self._add(what, False, got=crash, means=_where(error))
            raise _Enough from None
        if got is ...:
            raise _NotAttempted
        return got

    def close(self, what, attempt, expected, *, rtol=1e-5, atol=1e-7, mistakes=(), means=""):
        """Compare numbers or arrays within a tolerance.

        `mistakes` is a sequence of (wrong value or predicate, message): the first that fits what
        came back explains it. `means` is said when none fits. Returns whether it passed.
        """
        got = self.value(what, attempt)
        problem = _unfit(got, expected)
        if not problem and np.allclose(_numbers(got), _numbers(expected), rtol=rtol, atol=atol):
            return self._add(what, True)
        # A known mistake is worth naming even where the shape differs.
        told = _diagnose(got, mistakes, rtol, atol) or problem or means
        return self._add(what, False, describe(expected), describe(got), told)

    def that(self, what, attempt, holds, *, expected="", mistakes=(), means=""):
        """Require that the predicate `holds` is true of what `attempt` returns."""
        got = self.value(what, attempt)
        try:
            passed = bool(holds(got))
        except Exception as error:  # the predicate met a value of another kind than it expects
            means = means or f"the value cannot be used as expected ({error})"
            passed = False
        if passed:
            return self._add(what, True)
        told = _diagnose(got, mistakes, 1e-5, 1e-7) or means
        return self._add(what, False, expected, describe(got), told)

    def raises(self, what, attempt, error_type=ValueError, *, means=""):
        """Require that `attempt` ends in an error of that type (AudioError is a ValueError)."""
        self.current = what
        try:
            got = attempt()
        except error_type:
            return self._add(what, True)
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
            return self._add(what, False, error_type.__name__, shown, means)
        if got is ...:
            raise _NotAttempted
        return self._add(what, False, error_type.__name__, describe(got), means)

    def _add(self, what, passed, expected="", got="", means=""):
        self._report.rows.append(Row(what, passed, expected, got, means))
        return passed


def _numbers(value):
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _unfit(got, expected) -> str:
    """Say why `got` cannot be compared with `expected` at all, or return nothing."""
    if got is None:
        return "your function returned None: does it end with `return`?"
    try:
        array = _numbers(got)
    except ValueError:
        return "what came back is not one array: its rows differ in length"
    except (RuntimeError, TypeError):  # tensors inside a list or tuple that still hold a graph
        return f"what came back is a {type(got).__name__} of tensors: return one tensor"
    if array.dtype.kind not in "biufc":
        return f"what came back is {type(got).__name__}, not numbers"
    wanted = _numbers(expected)
    if array.shape != wanted.shape:
        return f"the shape is {array.shape} and should be {wanted.shape}"
    if not np.isfinite(array).all() and np.isfinite(wanted).all():
        return (
            "there is NaN or infinity in it: look for a division by zero, or a root or logarithm "
            "of something that is not positive"
        )
    return ""


def _diagnose(got, mistakes, rtol, atol) -> str:
    for wrong, message in mistakes:
        try:
            if callable(wrong):
                fits = bool(wrong(got))
            else:
                given, pattern = _numbers(got), _numbers(wrong)
                fits = given.shape == pattern.shape and np.allclose(
                    given, pattern, rtol=max(rtol, 1e-5), atol=atol
                )
        except Exception:  # the answer is of another kind than this mistake
            fits = False
        if fits:
            return message
    return ""


def _where(error: Exception) -> str:
    """Name the learner's own line in which an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "audiolessons" not in frame.filename]
    if not own:
        if "object is not callable" in str(error):
            return "a function is asked for: hand in its name alone, without brackets behind it"
        if frames[-1].name == "watched":
            return "it was raised by the call itself: does your function take these arguments?"
        if "None" in str(error):
            return "your function came back without a value: does it end with `return`?"
        return "your function ended, but its result could not be used"
    outside_libraries = [frame for frame in own if "site-packages" not in frame.filename]
    frame = (outside_libraries or own)[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    shown = f": `{line}`" if line else ""
    return f"in line {frame.lineno} of your cell{shown}"


def _run_limited(work: Callable, limit_s: float):
    """Run `work` in a thread and return what ended it: None, an exception, or `_Stopped`.

    A thread, because alarms exist neither on Windows nor outside the main thread. The exception
    that stops it is delivered between two Python instructions.
    """
    ended: list[BaseException] = []

    def run():
        try:
            work()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_Stopped)
        )
        thread.join(0.5)
        return _Stopped()
    return ended[0] if ended else None
