"""Try an answer on every probe, and report what was seen."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass, field

import numpy as np

from audiolessons.exercises.engine import showing
from audiolessons.exercises.engine.declare import Exercise, Probe
from audiolessons.exercises.engine.diagnosing import diagnose, expected
from audiolessons.exercises.engine.forbidding import used
from audiolessons.exercises.engine.observing import (
    Crash,
    NotAttempted,
    Observation,
    agree,
    numbers,
    observe,
    random_numbers_kept,
)
from audiolessons.exercises.engine.reading import first_difference, place, read
from audiolessons.exercises.engine.running import Stopped, run_limited

DIAGNOSIS_S = 4.0  # where an exercise trains: its own limit


@dataclass(frozen=True)
class Row:
    """One property that was tried."""

    what: str
    passed: bool
    expected: str = ""
    got: str = ""
    differs: str = ""
    where: str = ""


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
    means : str
        The one diagnosis, or nothing.
    note : str
        What ended the check early, or nothing.
    """

    name: str
    attempted: bool = True
    rows: list[Row] = field(default_factory=list)
    means: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.attempted and bool(self.rows) and all(row.passed for row in self.rows)

    def __str__(self):
        return showing.report_text(self)

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": showing.report_html(self), "text/plain": showing.report_text(self)}


def check_answer(exercise: Exercise, answer) -> Report:
    """Return the report on an answer. It never raises for a wrong one."""
    report = Report(exercise.name)
    if answer is ...:
        report.attempted = False
        return report
    seen: dict[Probe, Observation] = {}
    with random_numbers_kept():
        tries = _Tries(exercise, answer, seen)
        ended = run_limited(tries.run, exercise.time_limit_s)
        if isinstance(ended, NotAttempted):
            report.attempted = False
            return report
        _add_rows(report, exercise, answer, seen)
        if isinstance(ended, Stopped):
            report.rows.append(Row(tries.current, False))
            report.note = _of_stop(ended, exercise.time_limit_s)
        elif ended is not None:  # not the learner's fault: say so rather than hide it
            report.rows.append(Row(tries.current, False))
            report.note = (
                f"The check itself failed ({type(ended).__name__}: {ended}); please report this."
            )
        elif not report.passed:
            _explain(report, exercise, answer, seen)
    return report


class _Tries:
    """The answer on one probe after the other, until one crashes that should not."""

    def __init__(self, exercise, answer, seen):
        self.exercise, self.answer, self.seen = exercise, answer, seen
        self.current = "the answer ends"

    def run(self):
        for probe in self.exercise.probes:
            self.current = probe.what
            wanted = expected(self.exercise, probe)
            got = observe(self.exercise, probe, self.answer)
            self.seen[probe] = got
            if isinstance(got.value, Crash) and not agree(got, wanted, probe):
                return


def _add_rows(report, exercise, answer, seen):
    for probe, got in seen.items():
        wanted = expected(exercise, probe)
        if agree(got, wanted, probe):
            report.rows.append(Row(probe.what, True))
        else:
            report.rows.append(_failed(exercise, probe, got, wanted))
    if report.rows and exercise.forbidden:
        stand_there = used(answer)
        for what, names in exercise.forbidden.items():
            found = ", ".join(f"`{name}`" for name in names if name in stand_there)
            got = f"{found} in your code" if found else ""
            report.rows.append(Row(f"it uses {what}", not found, got=got))


def _failed(exercise, probe, got, wanted) -> Row:
    if exercise.asks_for_value:  # what is expected is what was asked
        return Row(probe.what, False, got=showing.pair(got.value, wanted.value, rtol=0, atol=0)[1])
    if got.changed != wanted.changed:
        return Row(
            probe.what,
            False,
            expected="the arguments are left as they were",
            got=f"{' and '.join(got.changed)} changed",
        )
    tolerance = {"rtol": probe.rtol, "atol": probe.atol}
    shown = showing.pair(got.value, wanted.value, **tolerance)
    if isinstance(got.value, Crash):
        return Row(probe.what, False, *shown, where=place(got.value.error))
    return Row(probe.what, False, *shown, first_difference(got.value, wanted.value, **tolerance))


def _explain(report, exercise, answer, seen):
    """Fill in the one diagnosis: a known mistake, else what can be read off the data."""

    def work():
        failed = [p for p in seen if not agree(seen[p], expected(exercise, p), p)]
        if not failed:  # nothing but a forbidden name
            return
        with contextlib.redirect_stdout(io.StringIO()):  # what the answer prints was seen once
            tried = dict(seen)
            report.means = diagnose(
                exercise, failed[0], tried, lambda probe: observe(exercise, probe, answer)
            )
        report.means = report.means or _read(exercise, failed, seen)

    ended = run_limited(work, max(DIAGNOSIS_S, exercise.time_limit_s))
    if isinstance(ended, Exception):
        report.note = f"No word on the cause ({type(ended).__name__}: {ended}); please report this."


def _read(exercise, failed, seen) -> str:
    got, wanted = seen[failed[0]], expected(exercise, failed[0])
    if got.changed != wanted.changed:
        return f"your function writes into {' and '.join(got.changed)}: work on a copy"
    if got.value is None and exercise.asks_for_value:
        return (
            "this is None: does what you wrote give a value back? `print` shows one, and gives none"
        )
    tolerance = {"rtol": failed[0].rtol, "atol": failed[0].atol}
    if together := _read_together(exercise, seen, tolerance):
        return together
    told, *others = (
        read(seen[p].value, expected(exercise, p).value, rtol=p.rtol, atol=p.atol) for p in failed
    )
    same_everywhere = {_without_shapes(text) for text in others} <= {_without_shapes(told)}
    return told if not told or same_everywhere else f"in the first that failed, {told}"


def _without_shapes(text) -> str:
    return re.sub(r"\([\d, ]*\)", "", text)


def _read_together(exercise, seen, tolerance) -> str:
    """Read single numbers of several probes as one list: a factor needs more than one number."""
    pairs = [(numbers(seen[p].value), numbers(expected(exercise, p).value)) for p in seen]
    if len(pairs) < 2 or any(a is None or b is None or a.shape or b.shape for a, b in pairs):
        return ""
    got, wanted = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    told = read(got, wanted, **tolerance) if np.isfinite(got).all() else ""
    known = (
        "every value",
        "the sign",
        "the values are",
        "true and false",
        "only whole numbers",
    )
    return told if told.startswith(known) else ""


def _of_stop(stopped, limit_s) -> str:
    text = f"Stopped after {limit_s:g} s: your answer did not end"
    text += f"; it was at {stopped.line}. " if stopped.line else ". "
    if not stopped.still_runs:
        return text + "Look at the condition of your loops: does it ever become false?"
    return text + (
        "It still runs and takes a core: either it catches every exception (a bare `except:`; "
        "write `except ValueError:` or what you expect), or it is inside one long call of a "
        "library. Interrupt or restart the kernel."
    )
