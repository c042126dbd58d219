"""A lock file between processes, which the system lets go when its holder ends or is killed."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from audiolessons.datasets._store.registry import NoCacheError

LONGEST_WAIT_S = 900.0
POLL_S = 0.2


@contextlib.contextmanager
def locked(path: Path, *, longest_wait_s: float = LONGEST_WAIT_S):
    """Hold the lock file `path`, waiting for a process that holds it.

    Raises
    ------
    NoCacheError
        If the other process holds it for longer than `longest_wait_s`.
    """
    give_up = time.monotonic() + longest_wait_s
    # The file itself stays: removing it would let a third process lock a new one of that name.
    with path.open("a+b") as file:
        while not _try_lock(file):
            if time.monotonic() > give_up:
                raise NoCacheError(
                    f"another process has held {path} for {longest_wait_s:.0f} s: wait for its "
                    "download, or end it and try again"
                )
            time.sleep(POLL_S)
        try:
            yield
        finally:
            _unlock(file)


try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _try_lock(file) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:

    def _try_lock(file) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
