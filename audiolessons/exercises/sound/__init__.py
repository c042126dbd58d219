"""Exercises of the part book/sound, one file a chapter."""
