"""Exercises of mathematics."""
