"""Numbers that several modules share."""

__all__ = ["TINY_POWER"]

# Smallest power that is told apart from silence when a spectrogram is turned into decibels, -100 dB
# (an amplitude of 1e-5): librosa's choice, so that its pictures and features are ours, too.
TINY_POWER = 1e-10
