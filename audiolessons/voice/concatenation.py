"""Speech put together from pieces of recordings: which pieces, and how they are joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count
from audiolessons.matching import viterbi


def cheapest_pieces(targets: Sequence, joins: Sequence, *, join_weight: float = 1.0) -> np.ndarray:
    """Return which candidate to take at each place, so that all costs together are least.

    Viterbi's search does it: candidates are its states, each allowed at its own place alone, and
    minus a cost is a log-probability.

    Parameters
    ----------
    targets : list of N arrays
        Shape (K_n,): how badly each candidate at place n suits what is wanted there.
    joins : list of N - 1 arrays
        Shape (K_n, K_{n+1}): how badly a candidate (row) goes on into one of the next place.
    join_weight : float
        What a join counts beside a target.

    Returns
    -------
    numpy.ndarray
        Shape (N,), int.

    Raises
    ------
    AudioError
        If shapes do not fit, or a place has no candidate.

    Examples
    --------
    >>> targets = [[0.0, 1.0], [0.0, 1.0]]
    >>> joins = [[[5.0, 5.0], [5.0, 0.0]]]  # the second ones follow each other in a recording
    >>> cheapest_pieces(targets, joins), cheapest_pieces(targets, joins, join_weight=0.1)
    (array([1, 1]), array([0, 0]))

    References
    ----------
    A. J. Hunt and A. W. Black, "Unit selection in a concatenative speech synthesis system using a
    large speech database", ICASSP 1996.

    Chapter: speech/synthesis
    """
    costs = [as_array(one, name="targets", dtype=float) for one in targets]
    ways = [as_array(one, name="joins", dtype=float) for one in joins]
    counts = [len(one) for one in costs]
    shapes = [one.shape for one in ways]
    if not counts or min(counts) == 0 or shapes != list(pairwise(counts)):
        raise AudioError(
            f"there are {counts} candidates, and joins of shapes {shapes}: give at least one "
            "candidate at each place, and joins (K_n, K_{n+1}) between neighbours"
        )
    ends = np.cumsum(counts)
    log_emissions = np.full((ends[-1], len(counts)), -np.inf)
    log_transitions = np.full((ends[-1], ends[-1]), -np.inf)
    for place, (cost, end) in enumerate(zip(costs, ends, strict=True)):
        rows = slice(end - len(cost), end)
        log_emissions[rows, place] = -cost
        if place + 1 < len(counts):
            log_transitions[rows, end : ends[place + 1]] = -join_weight * ways[place]
    log_start = np.where(np.arange(ends[-1]) < counts[0], 0.0, -np.inf)
    _, states = viterbi(log_emissions, log_start=log_start, log_transitions=log_transitions)
    return states - (ends - counts)


def join_pieces(pieces: Sequence, *, overlap: int, search: int = 0) -> np.ndarray:
    """Lay pieces of sound one after another, each faded into the next.

    Where two voices meet out of step, the fade cancels what it should join. So each cut may move
    by up to `search` samples, to where the two sounds are most alike.

    Parameters
    ----------
    pieces : list of arrays
        Shape (T,). All but the first begin with `overlap + 2 * search` samples that come before
        the piece itself: what is faded in, and room for the cut.
    overlap : int
        Samples of a fade.
    search : int
        Samples that a cut may move to either side.

    Returns
    -------
    numpy.ndarray
        Shape (T,), float32.

    Raises
    ------
    AudioError
        If there are no pieces, or one is too short.

    Examples
    --------
    >>> tone = np.sin(0.1 * np.arange(2000))
    >>> left, right = tone[:1000], tone[937:]  # out of step by a period
    >>> joined = join_pieces([left, right], overlap=20, search=40)
    >>> bool(np.abs(np.diff(joined)).max() < 0.11)
    True

    References
    ----------
    W. Verhelst and M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for
    high quality time-scale modification of speech", ICASSP 1993.

    Chapter: speech/synthesis
    """
    check_count(overlap, name="overlap")
    check_count(search, name="search", minimum=0)
    if not pieces:
        raise AudioError("pieces is empty: give one at least")
    lead = overlap + 2 * search
    shortest = min(len(one) for one in pieces)
    if shortest < lead:
        raise AudioError(
            f"a piece has {shortest} samples: each needs overlap + 2 * search, {lead}, at least"
        )
    fade = 0.5 - 0.5 * np.cos(np.pi * (np.arange(overlap) + 0.5) / overlap)
    found = [np.asarray(pieces[0], dtype=float)]
    for piece in pieces[1:]:
        piece = np.asarray(piece, dtype=float)
        tail = found[-1][-overlap:]
        places = np.lib.stride_tricks.sliding_window_view(piece[:lead], overlap)
        size = np.sqrt((places**2).sum(axis=1)) + 1e-9
        at = int((places @ tail / size).argmax())
        found[-1] = found[-1][:-overlap]
        mixed = (1 - fade) * tail + fade * piece[at : at + overlap]
        found.append(np.concatenate([mixed, piece[at + overlap :]]))
    return np.concatenate(found).astype(np.float32)
