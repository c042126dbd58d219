"""Exercises in the tests: the stubs and solutions as they stand in the chapters."""

import contextlib
import functools
import io
from pathlib import Path

import nbformat
import pytest

from audiolessons import editions

BOOK = Path(__file__).parents[2] / "book"


def chapter_path(name):
    """Return the notebook in which the exercises `name`.* stand."""
    [path] = [path for path in sorted(BOOK.rglob("*.ipynb")) if path.stem == name]
    return path


@functools.cache
def read_chapter(name):
    """Return the cells of a chapter, and the names that its set-up and exercise data define."""
    cells = nbformat.read(chapter_path(name), as_version=4).cells
    namespace = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if {"setup", "exercise-data"} & set(editions.tags(cell)):
                exec(cell.source, namespace)
    return cells, namespace


def answer_from(exercise, tag):
    """Run one tagged cell of a chapter after its set-up, and return what its check is given."""
    cells, namespace = read_chapter(exercise.partition(".")[0])
    call = f'check("{exercise}"'
    [check] = [i for i, c in enumerate(cells) if call in c.source and "check" in editions.tags(c)]
    if tag == "exercise":
        [cell] = [c for c in cells[check - 1 : check] if tag in editions.tags(c)]
    else:
        cell = next(c for c in cells[check:] if tag in editions.tags(c))
        assert call in cell.source, f"the solution after {call} checks another exercise"
    expression = cells[check].source.split(call, 1)[1].lstrip(", ").rstrip().rstrip(")")
    namespace = dict(namespace)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(cell.source, namespace)
    return eval(expression, namespace)


@pytest.fixture
def answers(embedded_only):
    """The set-up cells open data sets; with the recordings, the chapters themselves are run."""
    return answer_from
