"""Exercises of the part on speech."""
