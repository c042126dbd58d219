"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a binary file that takes the name `path` when the block ends.

    It is written beside its target and renamed. A block that raises, a full disk or a power cut
    leaves what was there before. The folder must exist.

    Raises
    ------
    OSError
        If the file cannot be written; whoever calls knows what to say about it.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "scores.txt"
    >>> with whole_file(path) as file:
    ...     _ = file.write("0.9".encode())
    >>> path.read_text()
    '0.9'
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name without the content
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
