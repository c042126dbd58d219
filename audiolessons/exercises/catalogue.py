"""The exercises by name: find one, check an answer to it, show its hints."""

from __future__ import annotations

import importlib
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.exercises.engine import EXERCISES, Exercise, Report, check_answer, showing

# The chapters that have a module here, in the folder of their part.
CHAPTERS = {
    path.stem: f"{__package__}.{path.parent.name}.{path.stem}"
    for path in sorted(Path(__file__).parent.glob("*/[!_]*.py"))
    if path.parent.name != "engine"
}


def names(chapter: str | None = None) -> list[str]:
    """Return the names of all exercises, or of one chapter's ("stft"), in the order of the text.

    Examples
    --------
    >>> names("signals")[0].startswith("signals.")
    True

    Chapter: sound/signals
    """
    for name, module in CHAPTERS.items():
        if chapter in (None, name):
            importlib.import_module(module)
    return [name for name in EXERCISES if chapter is None or name.startswith(f"{chapter}.")]


def find(name: str) -> Exercise:
    """Return the exercise of that name, or say which names there are.

    Examples
    --------
    >>> find("no.such")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: there is no exercise 'no.such': ...

    Chapter: sound/signals
    """
    chapter = str(name).partition(".")[0]
    known = names(chapter) if chapter in CHAPTERS else names()
    if name not in known:
        raise AudioError(f"there is no exercise {name!r}: choose one of {', '.join(known)}")
    return EXERCISES[name]


def check(name: str, answer) -> Report:
    """Check an answer and report every property that was tried.

    Parameters
    ----------
    name : str
        The exercise, such as "stft.inverse".
    answer : object
        What the exercise asks for: a function, a number, an array.

    Returns
    -------
    Report
        Shown by the notebook. It never raises for a wrong answer.

    Examples
    --------
    >>> check("signals.rms", ...)
    signals.rms: not attempted yet
      Replace the dots in the cell above, run it, then run this check again.

    Chapter: sound/signals
    """
    return check_answer(find(name), answer)


class hint:  # noqa: N801 - reads as a function in chapters: hint("stft.inverse")
    """Show the hints of an exercise, folded, from gentle to nearly there.

    Examples
    --------
    >>> print(hint("signals.rms"))  # doctest: +ELLIPSIS
    Hints for signals.rms
      1. ...

    Chapter: sound/signals
    """

    def __init__(self, name: str):
        self._exercise = find(name)

    def __str__(self):
        lines = [f"  {i}. {text}" for i, text in enumerate(self._exercise.hints, start=1)]
        return "\n".join([f"Hints for {self._exercise.name}", *lines])

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": showing.hints_html(self._exercise.hints), "text/plain": str(self)}
