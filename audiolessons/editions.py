"""The editions of a chapter: executed in place, for students, and as a source of sounds.

A chapter is one notebook with its solutions in it, stored executed. From it come the student
edition (no solutions) and, where the recordings are present, the sounds made from them.

Cells are told apart by tags: `exercise` (a stub), `check`, `hints`, `solution`.
"""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

from .errors import AudioError
from .writing import whole_file

SOLUTION_TAG = "solution"
FOLDED_TAG = "hide-input"
_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_CELL_TIME_LIMIT_S = 300


def tags(cell) -> list[str]:
    """Return the tags of a notebook cell.

    Examples
    --------
    >>> tags({"metadata": {"tags": ["exercise"]}})
    ['exercise']

    Chapter: reference/how-to-use
    """
    return list(cell.get("metadata", {}).get("tags", []))


def student(notebook):
    """Return a copy of a notebook without its solutions and their outputs.

    Everything else is kept as it is. The cell ids stay, so that two editions can be compared.

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> cells = [v4.new_code_cell("x = ..."), v4.new_code_cell("x = 1")]
    >>> cells[1].metadata.tags = ["solution"]
    >>> [cell.source for cell in student(v4.new_notebook(cells=cells)).cells]
    ['x = ...']

    Chapter: reference/how-to-use
    """
    edition = copy.deepcopy(notebook)
    edition.cells = [cell for cell in edition.cells if SOLUTION_TAG not in tags(cell)]
    edition.metadata["audiolessons"] = {"edition": "student"}
    return edition


def student_file(path, output_folder) -> Path:
    """Write the student edition of a notebook file into a folder and return its path.

    Raises
    ------
    AudioError
        If the file is no notebook, or the folder is the notebook's own: the chapter with its
        solutions would be overwritten.

    Examples
    --------
    >>> student_file("stft.ipynb", ".")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: stft.ipynb is no file: ...

    Chapter: reference/how-to-use
    """

    notebook = read(path)
    target = Path(output_folder) / Path(path).name
    if target.exists() and target.samefile(path):
        raise AudioError(f"{target} is the chapter itself: choose another output folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, student(notebook))
    return target


def rerun(path) -> None:
    """Run a chapter from top to bottom and store its outputs in place.

    What would differ between two runs for no reason is left out (times, widget state, versions in
    the metadata), so that a diff shows what changed. The file is replaced only if every cell ran
    without an error and printed nothing to stderr.

    Raises
    ------
    AudioError
        If a cell fails or prints a warning; the message names the cell and shows its code.

    Examples
    --------
    >>> rerun("nowhere.ipynb")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: nowhere.ipynb is no file: ...

    Chapter: reference/how-to-use
    """

    notebook = execute(read(path), folder=Path(path).resolve().parent)
    _write(Path(path), normalize(notebook))


def make_sounds(path) -> None:
    """Run a chapter without storing its outputs: its sounds made from recordings are written.

    Examples
    --------
    >>> make_sounds("nowhere.ipynb")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: nowhere.ipynb is no file: ...

    Chapter: reference/how-to-use
    """
    execute(read(path), folder=Path(path).resolve().parent)


def execute(notebook, *, folder):
    """Return a copy of a notebook with the outputs of a fresh run in `folder`.

    Raises
    ------
    AudioError
        If a cell fails or prints to stderr.

    Chapter: reference/how-to-use

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> notebook = v4.new_notebook(cells=[v4.new_code_cell("print(6 * 7)")])
    >>> execute(notebook, folder=".").cells[0].outputs[0].text
    '42\\n'
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    fresh = copy.deepcopy(notebook)
    client = NotebookClient(
        fresh,
        timeout=_CELL_TIME_LIMIT_S,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=_kernel_environment())
    except CellExecutionError as error:
        told = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # colours, which a log shows as codes
        raise AudioError(f"a cell failed:\n{told}") from None
    for number, cell in enumerate(fresh.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise AudioError(
                    f"cell {number} printed to stderr, which readers would see as a fault:\n"
                    f"{cell.source}\n--- it printed:\n{output.text}"
                )
    return fresh


def _kernel_environment() -> dict[str, str]:
    """Return the environment with the data folder made absolute: kernels run elsewhere."""
    environment = dict(os.environ)
    if environment.get("AUDIOLESSONS_DATA"):
        environment["AUDIOLESSONS_DATA"] = str(Path(environment["AUDIOLESSONS_DATA"]).resolve())
    return environment


def normalize(notebook):
    """Return a copy of an executed notebook that holds only what a reader or a test needs.

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> notebook = v4.new_notebook(metadata={"widgets": {"state": "..."}})
    >>> "widgets" in normalize(notebook).metadata
    False

    Chapter: reference/how-to-use
    """
    tidy = copy.deepcopy(notebook)
    tidy.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in tidy.cells:
        cell.metadata = {"tags": tags(cell)} if tags(cell) else {}
        if FOLDED_TAG in tags(cell):  # JupyterLab folds what the page folds
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            if "data" in output:
                output.data.pop(_WIDGET_MIME, None)
                for mime, text in output.data.items():
                    output.data[mime] = _without_addresses(text)
            if "text" in output:
                output.text = _without_addresses(output.text)
    return tidy


def _without_addresses(text):
    """Blank memory addresses, which differ in every run."""
    return re.sub(r"\b0x[0-9a-f]{8,16}\b", "0x0", text) if isinstance(text, str) else text


def read(path):
    """Read a notebook file.

    Raises
    ------
    AudioError
        If there is no such file, or it holds no notebook.

    Examples
    --------
    >>> read("stft.ipynb")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: stft.ipynb is no file: give the path of a chapter's .ipynb

    Chapter: reference/how-to-use
    """
    import nbformat

    if not Path(path).is_file():
        raise AudioError(f"{path} is no file: give the path of a chapter's .ipynb")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, KeyError, AttributeError) as error:
        raise AudioError(f"{path} is no notebook ({error}): give a .ipynb file") from None


def _write(path: Path, notebook) -> None:
    import nbformat

    with whole_file(path) as file:
        file.write((nbformat.writes(notebook) + "\n").encode())
