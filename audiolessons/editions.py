"""The editions of a chapter: executed in place, for students, and as a source of sounds.

A chapter is one notebook with its solutions in it, stored executed. From it come the student
edition (no solutions) and, where the recordings are present, the sounds made from them.

Cells are told apart by tags: `exercise` (a stub), `check`, `hints`, `solution`.
"""

from __future__ import annotations

import copy
import hashlib
import json
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


def student_file(path, output_folder, *, force: bool = False) -> Path:
    """Write the student edition of a notebook file into a folder and return its path.

    The edition carries a hash of itself and of where its chapter lies. So it is written anew as
    long as nobody touched it; what a student filled in, and what something else wrote, is kept.

    Parameters
    ----------
    path : path
        The chapter's notebook.
    output_folder : path
        Is made if it is not there.
    force : bool
        Write over a file that would be kept.

    Raises
    ------
    AudioError
        If the file is no notebook, the edition that is there would be lost, or the folder is the
        notebook's own: the chapter with its solutions would be overwritten.

    Examples
    --------
    >>> student_file("stft.ipynb", ".")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: stft.ipynb is no file: ...

    Chapter: reference/how-to-use
    """
    path, target = Path(path), Path(output_folder) / Path(path).name
    edition = student(read(path))
    edition.metadata["audiolessons"]["sha256"] = _fingerprint(edition, path, target)
    if target.exists():
        if target.samefile(path):
            raise AudioError(f"{target} is the chapter itself: choose another output folder")
        if not force and (reason := _reason_to_keep(target, path)):
            raise AudioError(
                f"{target} is kept: {reason}. Move it, choose another output folder, or give "
                "--force to write over it"
            )
    _write(target, edition)
    return target


def _reason_to_keep(target: Path, path: Path) -> str:
    """Return why the file at `target` is not what `student_file(path)` left there; "" if it is."""
    try:
        there = read(target)
        written = there.metadata["audiolessons"]["sha256"]
    except (AudioError, KeyError, TypeError):
        return "it was written by something else"
    if written != _fingerprint(there, path, target):
        return "it was changed since it was written, or is the edition of another chapter"
    return ""


def _fingerprint(edition, path: Path, target: Path) -> str:
    """Return the SHA-256 of an edition and of the way to its chapter, but for this hash itself."""
    import nbformat

    bare = copy.deepcopy(edition)
    bare.metadata["audiolessons"].pop("sha256", None)
    try:
        way = os.path.relpath(path.resolve(), target.parent.resolve())
    except ValueError:  # on Windows, between two drives
        way = str(path.resolve())
    return hashlib.sha256(f"{Path(way).as_posix()}\n{nbformat.writes(bare)}".encode()).hexdigest()


def rerun(path) -> None:
    """Run a chapter from top to bottom and store its outputs in place.

    What would differ between two runs for no reason is left out (times, widget state, versions in
    the metadata), so that a diff shows what changed. The file is replaced only if every cell ran
    without an error and printed nothing to stderr, and nobody saved it meanwhile.

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
    path, notebook = Path(path), read(path)
    before = path.read_bytes()
    notebook = execute(notebook, folder=path.resolve().parent)
    if path.read_bytes() != before:
        raise AudioError(f"{path} was changed while it ran, and is left so: run it again")
    _write(path, normalize(notebook))


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
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    fresh = copy.deepcopy(notebook)
    client = NotebookClient(
        fresh,
        timeout=_CELL_TIME_LIMIT_S,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    number = None
    try:
        # Not `client.execute`, which takes Ctrl-C for itself and stumbles over it.
        client.reset_execution_trackers()
        with client.setup_kernel(env=_kernel_environment()):
            try:
                for number, cell in enumerate(fresh.cells):
                    count = client.code_cells_executed + 1
                    client.execute_cell(cell, number, execution_count=count)
            except KeyboardInterrupt:
                client.shutdown_kernel = "immediate"  # it may be busy for long
                raise
    except CellExecutionError as error:
        told = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # colours, which a log shows as codes
        raise AudioError(f"a cell failed:\n{told}") from None
    except CellTimeoutError:
        raise AudioError(
            f"cell {number} ran for more than {_CELL_TIME_LIMIT_S} s: let it do less\n"
            f"{fresh.cells[number].source}"
        ) from None
    except DeadKernelError:
        raise AudioError(
            f"the kernel died in cell {number}: it left Python, or the system ended it, most often "
            f"for want of memory\n{fresh.cells[number].source}"
        ) from None
    except (NoSuchKernel, RuntimeError, OSError) as error:
        raise AudioError(
            f"the kernel does not run ({error}): python -m audiolessons doctor may say why"
        ) from error
    for number, cell in enumerate(fresh.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise AudioError(
                    f"cell {number} printed to stderr, which readers would see as a fault:\n"
                    f"{cell.source}\n--- it printed:\n{output.text}"
                )
    return fresh


def _kernel_environment() -> dict[str, str]:
    """Return the environment with the data folders made absolute: kernels run elsewhere."""
    environment = dict(os.environ)
    for name in ("AUDIOLESSONS_DATA", "AUDIOLESSONS_CACHE"):
        if environment.get(name):
            environment[name] = os.path.abspath(os.path.expanduser(environment[name]))
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

    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path} is no file: give the path of a chapter's .ipynb")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AudioError(
            f"{path} is not in UTF-8 ({error}): open it in JupyterLab or an editor, and save it in "
            "UTF-8"
        ) from None
    try:
        notebook = nbformat.convert(nbformat.reader.reads(text), to_version=4)
        nbformat.validate(notebook)
        json.dumps(notebook, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except Exception as error:  # whatever a file of any content makes it stumble over
        told = str(error).strip().split("\n")[0] or type(error).__name__
        raise AudioError(f"{path} is no notebook ({told}): give a .ipynb file") from None
    return notebook


def _write(path: Path, notebook) -> None:
    import nbformat

    text = (nbformat.writes(notebook) + "\n").encode(errors="replace")  # half a surrogate pair
    with whole_file(path, make_folder=True) as file:
        file.write(text)
