"""Checks of the chapter learning/rnn."""
