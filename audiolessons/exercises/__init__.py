"""Checks for the exercises: `check` an answer, ask for a `hint`.

Each chapter has a module here, in the folder of its part, that states its exercises. The names are
"chapter.exercise".
"""

from ._engine import EXERCISES, Exercise, Report, check, find, hint, names

__all__ = ["EXERCISES", "Exercise", "Report", "check", "find", "hint", "names"]
