"""Numbers that several modules share."""

# Smallest amplitude that is told apart from silence when a level is turned into decibels: the
# spacing of 24-bit samples is 1.2e-7, so this lies below what any recording resolves (-200 dB).
TINY_AMPLITUDE = 1e-10
