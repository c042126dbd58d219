"""Exercises of stft."""
