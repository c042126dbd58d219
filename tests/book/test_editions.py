"""The student edition of each chapter runs from top to bottom, with nothing attempted yet."""

from pathlib import Path

import nbformat
import pytest

from audiolessons import editions

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(
    path
    for path in BOOK.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts and path.name != "intro.ipynb"  # has no exercises
)


@pytest.mark.slow("runs a whole chapter")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_student_edition_runs_alone(path, tmp_path, embedded_only):
    copy = editions.student_file(path, tmp_path)
    notebook = nbformat.read(copy, as_version=4)
    assert not any("solution" in editions.tags(cell) for cell in notebook.cells)
    run = editions.execute(notebook, folder=tmp_path)
    checks = [cell for cell in run.cells if "check" in editions.tags(cell)]
    assert checks
    for cell in checks:
        assert "not attempted yet" in cell.outputs[-1].data["text/plain"], cell.source


def test_no_solution_is_left_in_the_student_edition():
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        left = {cell.id for cell in editions.student(notebook).cells}
        solutions = {c.id for c in notebook.cells if "solution" in editions.tags(c)}
        assert solutions, f"{path.stem} has no solutions to leave out"
        assert left == {cell.id for cell in notebook.cells} - solutions
