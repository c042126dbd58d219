"""Exercises of the part book/learning, one file a chapter."""
