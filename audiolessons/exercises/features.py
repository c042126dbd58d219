"""Exercises of features."""
