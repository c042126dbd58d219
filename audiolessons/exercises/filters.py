"""Exercises of filters."""
