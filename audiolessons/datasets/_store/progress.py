"""A progress line for downloads: in a terminal, in a notebook, and silent anywhere else."""

from __future__ import annotations

import sys
import time


class Progress:
    """Shows how much of a download has come; leaves one finished line behind."""

    def __init__(self, name: str, *, stream=None, every_s: float = 0.2):
        self._name = name
        self._stream = stream or sys.stderr
        self._every_s = every_s
        self._next_s = 0.0
        self._total = 0  # of the files before the present one
        self._present = 0
        self._expected = None
        self._handle = None
        self._in_notebook = _in_notebook()
        self._in_terminal = not self._in_notebook and self._stream.isatty()

    def __enter__(self) -> Progress:
        return self

    def start(self, expected: int | None) -> None:
        """Begin a file of `expected` bytes (None if the server does not say)."""
        self._expected = expected
        self._present = 0

    def update(self, n_bytes: int) -> None:
        """Tell that `n_bytes` of the present file have come."""
        self._present = n_bytes
        now = time.monotonic()
        if now >= self._next_s:
            self._next_s = now + self._every_s
            self._show(self.text())

    def end(self) -> None:
        """Tell that the present file is complete."""
        self._total += self._present
        self._present = 0

    def text(self) -> str:
        """Return the line, such as "spoken_digits: 3.1 of 14.9 MB"."""
        come = (self._total + self._present) / 1e6
        if self._expected and self._present:
            bar = "#" * (20 * self._present // self._expected)
            whole = (self._total + self._expected) / 1e6
            return f"{self._name}: [{bar:<20}] {come:.1f} of {whole:.1f} MB"
        return f"{self._name}: {come:.1f} MB"

    def __exit__(self, kind, problem, trace) -> None:
        come = (self._total + self._present) / 1e6
        outcome = "downloaded" if kind is None else "not downloaded"
        self._show(f"{self._name}: {outcome} ({come:.1f} MB)", last=True)

    def _show(self, line: str, *, last: bool = False) -> None:
        if self._in_notebook:
            from IPython.display import HTML, display

            shown = HTML(f"<code>{line}</code>")
            if self._handle is None:
                self._handle = display(shown, display_id=True)
            else:
                self._handle.update(shown)
        elif self._in_terminal:
            self._stream.write(f"\r{line:<70}" + ("\n" if last else ""))
            self._stream.flush()


def _in_notebook() -> bool:
    # IPython is looked up, never imported: it is there already if this runs in a notebook.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
