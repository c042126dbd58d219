"""Run an answer within a limit of time, and stop it if it does not end.

The answer runs in a thread, because alarms exist neither on Windows nor outside the main thread.
What stops it is an exception that is delivered between two Python instructions.
"""

from __future__ import annotations

import ctypes
import linecache
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

STOPPING_S = 1.0  # how long a thread is asked to stop before it is left alone


class Stop(BaseException):
    """Time is up; thrown into the thread that runs the answer."""


@dataclass(frozen=True)
class Stopped:
    """The answer was stopped: at which line, and whether it still runs because it could not be."""

    line: str
    still_runs: bool


def run_limited(work: Callable, limit_s: float):
    """Run `work` and return what it raised, None if nothing, or `Stopped`.

    Nothing can be thrown into one long call of a library: it is left alone, and said to run on.

    Examples
    --------
    >>> run_limited(lambda: 1 / 0, 1.0)
    ZeroDivisionError('division by zero')
    """
    ended: list[BaseException] = []
    thread = threading.Thread(target=_keep_result, args=(work, ended), daemon=True)
    thread.start()
    line = ""
    try:
        thread.join(limit_s)
        if not thread.is_alive():
            return ended[0] if ended else None
        line = _line_of(thread)
    finally:  # also where the learner interrupts the kernel
        if thread.is_alive():
            _stop(thread)
    return Stopped(line, thread.is_alive())


def _stop(thread):
    """Throw again and again: a loop that catches it (a bare `except:`) ends between two throws."""
    until = time.monotonic() + STOPPING_S
    while thread.is_alive() and time.monotonic() < until:
        _throw_into(thread.ident)
        thread.join(0.005)


def _keep_result(work, ended):
    try:
        try:
            work()
        except BaseException as error:
            ended.append(error)
    except Stop:  # thrown again on the way up
        pass


def _throw_into(thread_id):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(Stop))


def _line_of(thread) -> str:
    """Return the learner's line that runs now, or nothing if it cannot be told."""
    frame = sys._current_frames().get(thread.ident)
    found = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if "audiolessons" not in name and "site-packages" not in name and "/lib/python" not in name:
            source = linecache.getline(name, frame.f_lineno).strip()
            if source:
                return f"line {frame.f_lineno} of your cell, `{source}`"
            found = found or f"line {frame.f_lineno} of your cell"
        frame = frame.f_back
    return found
