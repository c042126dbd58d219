"""Notes: piano rolls, four voices and their rules, what is written down and what comes next."""

from audiolessons.music.pianoroll import render_roll, roll_notes

__all__ = ["render_roll", "roll_notes"]
