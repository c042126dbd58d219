"""Exercises of the part book/tasks, one file a chapter."""
