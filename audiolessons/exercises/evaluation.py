"""Checks of the chapter learning/evaluation."""
