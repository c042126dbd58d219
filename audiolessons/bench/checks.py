"""How sharp the checks of the exercises are: mutants of every solution, chapter by chapter.

The solutions stand in the chapters, so this runs in the folder of the book. What slips through,
and each message that is not true of its mutant, is printed to be judged by a person.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from functools import partial
from pathlib import Path

from audiolessons import editions, exercises
from audiolessons.errors import AudioError
from audiolessons.exercises.engine import Exercise, mutants
from audiolessons.results import Row


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of `bench checks`: one a chapter whose exercises state `valid`.

    Parameters
    ----------
    quick : bool
        The first exercise of each chapter.

    Chapter: reference/how-to-use
    """
    return {
        path.stem: partial(of_chapter, path, quick=quick)
        for path in sorted(Path("book").glob("*/*.ipynb"))
        if _judged(path.stem)
    }


def of_chapter(path, *, quick: bool = False) -> list[Row]:
    """Return how many mutants of a chapter's solutions change what they do, and fail.

    Parameters
    ----------
    path : path
        The chapter, with its solutions.

    Chapter: reference/how-to-use
    """
    verdicts = []
    for exercise in _judged(path.stem)[: 1 if quick else None]:
        found = mutants.judge(exercise, *_solution(path, exercise.name))
        verdicts += found
        for one in found:
            if one.changed and not one.failed:
                print(f"    {exercise.name}: passes with `{one.line}`")
            if not one.message_true:
                print(f"    {exercise.name}: `{one.line}` is told {one.message!r}")
    changed = [one for one in verdicts if one.changed]
    told = [one for one in verdicts if one.message]
    how = f"{len(verdicts)} mutants, compared with the solution on {mutants.N_INPUTS} inputs"
    return [
        Row("changed", len(changed), how=how, exact=True),
        Row(
            "stopped",
            100 * sum(one.failed for one in changed) / max(len(changed), 1),
            "%",
            ">= 99",
            f"of {len(changed)} that change what the solution does",
            exact=True,
        ),
        Row(
            "false_messages",
            sum(not one.message_true for one in told),
            goal="<= 0",
            how=f"of {len(told)} messages of known mistakes",
            exact=True,
        ),
    ]


def _judged(chapter) -> list[Exercise]:
    found = map(exercises.find, exercises.names(chapter))
    return [one for one in found if isinstance(one, Exercise) and one.valid is not None]


def _solution(path, name) -> tuple[str, str, dict]:
    """Return the solution's source, what of it is handed in, and the names of the set-up."""
    cells = editions.read(path).cells
    call = f'exercises.check("{name}"'
    places = [i for i, c in enumerate(cells) if call in c.source and "check" in editions.tags(c)]
    if len(places) != 1:
        raise AudioError(f"{path}: {len(places)} cells check {name}: there must be one")
    asked = cells[places[0]].source.split(call, 1)[1].lstrip(", ").rstrip().rstrip(")")
    solution = next(c for c in cells[places[0] :] if "solution" in editions.tags(c))
    lines = [line for line in solution.source.splitlines() if "exercises.check(" not in line]
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in cells[: places[0]]:
            if {"setup", "exercise-data"} & set(editions.tags(cell)):
                exec(cell.source, space)
    return "\n".join(lines), asked, space
