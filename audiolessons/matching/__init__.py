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
from audiolessons.matching.joint import JointMixture
from audiolessons.matching.learning import baum_welch, even_start
from audiolessons.matching.markov import arcs_into, backward, forward, log_likelihood, viterbi
from audiolessons.matching.mixtures import Mixtures, log_sum
from audiolessons.matching.units import Network, Units, chain, loop, spans, word_spans

__all__ = [
    "BeamSearch",
    "Hypothesis",
    "JointMixture",
    "Mixtures",
    "Network",
    "Units",
    "accumulate",
    "arcs_into",
    "backward",
    "baum_welch",
    "beam_search",
    "best_path",
    "chain",
    "check_log_probs",
    "collapse",
    "ctc_align",
    "ctc_chain",
    "ctc_gradient",
    "ctc_loss",
    "distances",
    "dtw",
    "even_start",
    "forward",
    "in_band",
    "log_likelihood",
    "log_sum",
    "loop",
    "spans",
    "viterbi",
    "word_spans",
]
