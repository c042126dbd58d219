"""Checks of the chapter learning/attention."""
