"""Exercises of the part on music."""
