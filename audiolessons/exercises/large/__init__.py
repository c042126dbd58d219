"""Exercises of the part on large models."""
