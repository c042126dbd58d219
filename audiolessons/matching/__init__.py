"""Matching sequences in time: dynamic time warping and hidden Markov models."""

from audiolessons.matching.dtw import accumulate, distances, dtw, in_band
from audiolessons.matching.markov import arcs_into, backward, forward, log_likelihood, viterbi

__all__ = [
    "accumulate",
    "arcs_into",
    "backward",
    "distances",
    "dtw",
    "forward",
    "in_band",
    "log_likelihood",
    "viterbi",
]
