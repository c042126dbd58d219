"""Exercises in the tests: the stubs and solutions as they stand in the chapters."""

import contextlib
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


def answer_from(exercise, tag):
    """Run a chapter's set-up and one tagged cell, and return what its check is given."""
    chapter = exercise.partition(".")[0]
    notebook = nbformat.read(chapter_path(chapter), as_version=4)
    call = f'check("{exercise}"'
    cells = notebook.cells
    [check] = [i for i, c in enumerate(cells) if call in c.source and "check" in editions.tags(c)]
    if tag == "exercise":
        [cell] = [c for c in cells[check - 1 : check] if tag in editions.tags(c)]
    else:
        cell = next(c for c in cells[check:] if tag in editions.tags(c))
        assert call in cell.source, f"the solution after {call} checks another exercise"
    expression = cells[check].source.split(call, 1)[1].lstrip(", ").rstrip().rstrip(")")
    namespace = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for earlier in cells[:check]:
            if {"setup", "exercise-data"} & set(editions.tags(earlier)):
                exec(earlier.source, namespace)
        exec(cell.source, namespace)
    return eval(expression, namespace)


@pytest.fixture
def answers():
    return answer_from
