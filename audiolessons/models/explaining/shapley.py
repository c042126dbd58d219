"""Shapley values: the answer shared out among the pieces, over all orders in which they come."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.models.explaining.pieces import ask

MOST_EXACT = 14  # pieces: 16384 versions of a sound


def shapley_values(answers: Callable, n_pieces: int) -> np.ndarray:
    """Return the exact Shapley value of each piece: what it adds, over all orders of arrival.

    Of P pieces, s others are there when a piece arrives in a share s! (P - 1 - s)! / P! of the
    orders, for each set of s others. All sets are tried, 2**P versions of the sound.

    Parameters
    ----------
    answers : callable
        From kept pieces (M, P) to M numbers, such as `PieceAnswers`.
    n_pieces : int
        P, at most 14.

    Returns
    -------
    array
        Shape (P,). It adds up to the answer with all pieces minus that with none.

    Raises
    ------
    AudioError
        If there are too many pieces.

    Examples
    --------
    >>> shapley_values(lambda kept: kept[:, 0] * kept[:, 1] + 2.0 * kept[:, 2], 3)
    array([0.5, 0.5, 2. ])

    References
    ----------
    L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.

    Chapter: large/explaining
    """
    if check_count(n_pieces, name="n_pieces") > MOST_EXACT:
        raise AudioError(
            f"n_pieces is {n_pieces}: exact values take 2**{n_pieces} answers. Give at most "
            f"{MOST_EXACT} pieces, or use kernel_shap"
        )
    kept = _all_sets(n_pieces)
    found, size = ask(answers, kept), kept.sum(axis=1)
    share = np.array([1 / (n_pieces * comb(n_pieces - 1, s)) for s in range(n_pieces)])
    values = np.empty(n_pieces)
    for piece in range(n_pieces):
        without = ~kept[:, piece]
        joined = np.flatnonzero(without) + (1 << piece)  # the same set, and the piece
        values[piece] = np.sum(share[size[without]] * (found[joined] - found[without]))
    return values


def shapley_kernel(n_kept, n_pieces: int) -> np.ndarray:
    """Return how much a version with `n_kept` of P pieces counts for Kernel SHAP.

    (P - 1) / (C(P, s) s (P - s)), for s between 1 and P - 1: versions with nearly nothing or
    nearly everything tell most about a single piece.

    Parameters
    ----------
    n_kept : array of int
        s.
    n_pieces : int
        P.

    Examples
    --------
    >>> shapley_kernel([1, 2, 3], 4)
    array([0.25 , 0.125, 0.25 ])

    References
    ----------
    S. M. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions", NeurIPS
    2017, theorem 2.

    Chapter: large/explaining
    """
    n_kept = np.asarray(n_kept)
    if n_kept.size and not ((n_kept > 0) & (n_kept < n_pieces)).all():
        raise AudioError(f"n_kept lies between 1 and {n_pieces - 1}: the ends count infinitely")
    ways = np.array([comb(n_pieces, int(s)) for s in n_kept.ravel()], dtype=float)
    return (n_pieces - 1) / (ways.reshape(n_kept.shape) * n_kept * (n_pieces - n_kept))


def kernel_shap(
    answers: Callable, n_pieces: int, *, n_samples: int = 1000, seed: int = 0
) -> np.ndarray:
    """Return Shapley values as the slopes of a weighted line, from some of the versions.

    A line through the answers of all versions, weighed by `shapley_kernel` and held at both ends
    (nothing, everything), has the Shapley values as its slopes. So a sample of the versions gives
    an estimate. Sizes are drawn as often as all versions of a size count together, and each
    version comes with its opposite: then all of them count alike. Where `n_samples` allows all
    versions they are all taken, and the values are exact.

    Parameters
    ----------
    answers : callable
        From kept pieces (M, P) to M numbers, such as `PieceAnswers`.
    n_pieces : int
        P, at least 2.
    n_samples : int
        Versions, beside the two ends.
    seed : int
        Of the draws.

    Returns
    -------
    array
        Shape (P,). It adds up exactly, however few versions there are.

    Raises
    ------
    AudioError
        If there is one piece alone, or fewer versions than pieces.

    Examples
    --------
    >>> kernel_shap(lambda kept: kept[:, 0] * kept[:, 1] + 2.0 * kept[:, 2], 3).round(6)
    array([0.5, 0.5, 2. ])

    References
    ----------
    S. M. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions", NeurIPS
    2017; opposites after I. Covert and S.-I. Lee, "Improving KernelSHAP", AISTATS 2021.

    Chapter: large/explaining
    """
    if check_count(n_pieces, name="n_pieces") < 2:
        raise AudioError("n_pieces is 1: one piece has all of the answer")
    if check_count(n_samples, name="n_samples") < n_pieces:
        raise AudioError(
            f"n_samples is {n_samples} for {n_pieces} pieces: give several times as many"
        )
    if n_pieces <= MOST_EXACT and 2**n_pieces - 2 <= n_samples:
        kept = _all_sets(n_pieces)[1:-1]
        weights = shapley_kernel(kept.sum(axis=1), n_pieces)
    else:
        kept = _drawn_sets(n_pieces, n_samples, np.random.default_rng(seed))
        weights = np.ones(len(kept))
    ends = np.repeat([[False], [True]], n_pieces, axis=1)
    nothing, everything, *found = ask(answers, np.vstack([ends, kept]))
    return _line_between(kept, np.array(found) - nothing, weights, everything - nothing)


def _line_between(kept, rise, weights, total):
    """Return the slopes that fit the rises best among those that add up to the total.

    The last slope is the total minus the others: put in, it leaves a line in the others alone.
    """
    table = kept[:, :-1].astype(float) - kept[:, -1:]
    root = np.sqrt(weights)[:, None]
    wanted = rise - kept[:, -1] * total
    slopes = np.linalg.lstsq(root * table, root[:, 0] * wanted, rcond=None)[0]
    return np.append(slopes, total - slopes.sum())


def _all_sets(n_pieces):
    """Return all sets, (2**P, P): bit p of its number says whether a set holds piece p."""
    return (np.arange(2**n_pieces)[:, None] >> np.arange(n_pieces)) % 2 == 1


def _drawn_sets(n_pieces, n_samples, random):
    """Return sets and their opposites, sizes drawn as the kernel weighs all sets of a size."""
    sizes = np.arange(1, n_pieces)
    chances = 1 / (sizes * (n_pieces - sizes))
    drawn = random.choice(sizes, size=-(-n_samples // 2), p=chances / chances.sum())
    places = random.random((len(drawn), n_pieces)).argsort(axis=1)  # a random order each
    kept = places < drawn[:, None]
    return np.stack([kept, ~kept], axis=1).reshape(-1, n_pieces)[:n_samples]
