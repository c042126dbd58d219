"""Checks for the exercises: `check` an answer, ask for a `hint`.

Each chapter has a module here, in the folder of its part, that states its exercises. The names are
"chapter.exercise".
"""

from audiolessons.exercises.catalogue import check, find, hint, names
from audiolessons.exercises.engine import Report

__all__ = ["Report", "check", "find", "hint", "names"]
