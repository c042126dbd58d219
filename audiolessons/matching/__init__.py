"""Matching sequences in time: dynamic time warping, hidden Markov models, CTC and its search."""

from audiolessons.matching.beam import BeamSearch, Hypothesis, beam_search
from audiolessons.matching.ctc import (
    best_path,
    check_log_probs,
    collapse,
    ctc_align,
    ctc_chain,
    ctc_gradient,
    ctc_loss,
)
from audiolessons.matching.dtw import accumulate, distances, dtw, in_band
from audiolessons.matching.markov import arcs_into, backward, forward, log_likelihood, viterbi

__all__ = [
    "BeamSearch",
    "Hypothesis",
    "accumulate",
    "arcs_into",
    "backward",
    "beam_search",
    "best_path",
    "check_log_probs",
    "collapse",
    "ctc_align",
    "ctc_chain",
    "ctc_gradient",
    "ctc_loss",
    "distances",
    "dtw",
    "forward",
    "in_band",
    "log_likelihood",
    "viterbi",
]
