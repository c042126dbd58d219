"""The table that grows while a model trains: updated in place in a notebook, lines elsewhere.

Nothing goes to the error stream, and a stored notebook holds one display: the finished table.
"""

from __future__ import annotations

import sys
import time

WIDTH = 20  # of the bar, in characters
EVERY_S = 0.25


class Table:
    """Shows the finished epochs of a `History`, and in a notebook a bar for the present one."""

    def __init__(self, history, *, epochs: int, is_shown: bool):
        self._history = history
        self._epochs = epochs
        self._is_shown = is_shown
        self._in_notebook = _in_notebook()
        self._handle = None
        self._next_s = 0.0
        self._has_header = False

    def batch(self, number: int, n_batches: int | None) -> None:
        """Tell that a batch of the present epoch is done."""
        now = time.monotonic()
        if not self._is_shown or not self._in_notebook or now < self._next_s:
            return
        self._next_s = now + EVERY_S
        epoch = self._history.n_epochs + 1
        bar = f"[{'#' * (WIDTH * number // n_batches):<{WIDTH}}]" if n_batches else f"{number}"
        lines = [str(self._history)] if self._history.n_epochs else []
        self._display("\n".join([*lines, f"epoch {epoch} of {self._epochs}  {bar}"]))

    def epoch(self) -> None:
        """Tell that an epoch is done."""
        if not self._is_shown:
            return
        if self._in_notebook:
            self._display(str(self._history))
            return
        if not self._has_header:
            print(self._history.header())
            self._has_header = True
        print(self._history.line(self._history.n_epochs), flush=True)

    def end(self) -> None:
        """Tell that training is over."""
        if not self._is_shown:
            return
        text = str(self._history)
        if self._in_notebook:
            self._display(text)
        elif self._history.best_epoch:
            print(text.splitlines()[-1], flush=True)

    def say(self, line: str) -> None:
        """Print one line that is no row."""
        if self._is_shown:
            print(line, flush=True)

    def _display(self, text):
        from IPython.display import display

        if self._handle is None:
            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)


def _in_notebook() -> bool:
    # IPython is looked up, never imported: it is there already if this runs in a notebook.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
