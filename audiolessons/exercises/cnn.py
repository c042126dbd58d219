"""Checks of the chapter learning/cnn."""
