"""Checks of the chapter learning/gradients."""
