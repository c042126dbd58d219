"""Student editions: what is left out (`make test-student` runs them from top to bottom)."""

from pathlib import Path

import nbformat

from audiolessons import editions

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(
    path
    for path in BOOK.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts and path.name != "intro.ipynb"  # has no exercises
)


def test_no_solution_is_left_in_the_student_edition():
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        left = {cell.id for cell in editions.student(notebook).cells}
        solutions = {c.id for c in notebook.cells if "solution" in editions.tags(c)}
        assert solutions, f"{path.stem} has no solutions to leave out"
        assert left == {cell.id for cell in notebook.cells} - solutions


def test_an_edition_that_nobody_touched_is_known_again(tmp_path):
    for path in NOTEBOOKS:
        editions.student_file(path, tmp_path)
        editions.student_file(path, tmp_path)
