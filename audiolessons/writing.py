"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from audiolessons.errors import AudioError

if sys.platform != "win32":
    import fcntl

__all__ = ["whole_file", "why_not_writable"]


@contextlib.contextmanager
def whole_file(
    path: str | os.PathLike, *, make_folder: bool = False, replace: bool = True
) -> Iterator[BinaryIO]:
    """Open a binary file that takes the name `path` when the block ends.

    It is written beside its target and renamed. A block that raises, a full disk or a power cut
    leaves what was there before; what a killed process left beside it is cleared away.

    Parameters
    ----------
    path : path
    make_folder : bool
        Make the folder if it is not there.
    replace : bool
        Write over a file of that name. False: what is there stays, also what came meanwhile.

    Raises
    ------
    AudioError
        If the file cannot be written: no such folder, no permission, no space; or if it is there
        and must not be replaced.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "scores.txt"
    >>> with whole_file(path) as file:
    ...     _ = file.write("0.9".encode())
    >>> path.read_text()
    '0.9'
    """
    path = Path(path)
    if not replace and path.exists():  # asked again at the end: it would be a pity of the work
        raise _is_there(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        _clear_left_overs(path)
        with partial.open("xb") as file:
            _try_lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name without the content
        if replace:
            os.replace(partial, path)
        else:
            _take_name(partial, path)
    except OSError as problem:
        if isinstance(problem, FileExistsError) and path.exists():  # not a file for a folder
            raise _is_there(path) from problem
        raise AudioError(
            f"{path} cannot be written ({problem.strerror or problem}): free some space, or choose "
            "a folder that you may write to"
        ) from problem
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _take_name(partial: Path, path: Path) -> None:
    """Rename a file, unless the name is taken: then FileExistsError."""
    if sys.platform == "win32":
        os.rename(partial, path)
        return
    try:
        os.link(partial, path)  # unlike a renaming, this never replaces
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name is taken first, and then replaced
        path.open("xb").close()
        os.replace(partial, path)


def _is_there(path):
    return AudioError(f"{path} is there already: choose another name, or say that it may go")


def why_not_writable(folder: str | os.PathLike, *, make_folder: bool = False) -> str:
    """Return what a file in a folder meets, tried with a small one; "" if all is well.

    Examples
    --------
    >>> why_not_writable(getfixture("tmp_path"))
    ''
    >>> why_not_writable("nowhere")
    'No such file or directory'
    """
    folder = Path(folder)
    try:
        if make_folder:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**16))  # a full disk lets an empty one pass
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def _clear_left_overs(path: Path) -> None:
    """Remove parts of `path` whose writers are gone: a writer holds a lock as long as it lives."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.part"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            if not _try_lock(file):
                continue
        with contextlib.suppress(OSError):
            part.unlink()


def _try_lock(file) -> bool:
    if sys.platform == "win32":  # where a file that is open cannot be removed anyway
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another holds it, or this file system knows no locks
        return False
    return True
