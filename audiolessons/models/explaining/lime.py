"""LIME: a straight line that answers as the network does, near one sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.models.explaining.pieces import ask


class Surrogate(NamedTuple):
    """A linear model of the network near one sound.

    `weights` (P,) says what each piece adds to the answer, `intercept` what it is without any, and
    `fit` the share of the weighted variance of the answers that the line explains: 1 where the
    network is a line itself, but also where so few versions count that any line meets them. A line
    that fits badly explains something else.

    Chapter: large/explaining
    """

    weights: np.ndarray
    intercept: float
    fit: float


def nearness(kept, *, width: float = 0.25) -> np.ndarray:
    """Return how much each version of a sound counts: by how much of the sound is left in it.

    With d the cosine distance between the kept pieces, as ones and zeros, and the whole sound (all
    ones), a version counts exp(-d**2 / width**2).

    Parameters
    ----------
    kept : array of bool
        Shape (M, P).
    width : float
        The smaller, the more only versions count that miss hardly anything.

    Returns
    -------
    array
        Shape (M,), 0 to 1.

    Raises
    ------
    AudioError
        If the width is not above 0.

    Examples
    --------
    >>> nearness([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], width=0.5).round(3)
    array([1.   , 0.368, 0.018])

    References
    ----------
    M. T. Ribeiro, S. Singh and C. Guestrin, "'Why should I trust you?' Explaining the predictions
    of any classifier", KDD 2016, section 3.4.

    Chapter: large/explaining
    """
    check_positive(width, name="width")
    share = np.asarray(kept, dtype=float).mean(axis=-1)
    distance = 1 - np.sqrt(share)  # the cosine to all ones is sqrt(kept / all)
    return np.exp(-(distance**2) / width**2)


def weighted_ridge(table, answers, weights, *, penalty: float) -> Surrogate:
    """Fit a line to answers that do not count alike; large coefficients cost something.

    The least of sum w (y - b - x a)**2 + penalty sum a**2: the intercept b costs nothing.

    Parameters
    ----------
    table : array
        Shape (M, P), x.
    answers, weights : array
        Shape (M,), y and w.
    penalty : float
        At least 0.

    Returns
    -------
    Surrogate

    Raises
    ------
    AudioError
        If the penalty is below 0: it would reward large coefficients.

    Examples
    --------
    >>> line = weighted_ridge([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], [1, 1, 1], penalty=0.0)
    >>> line.weights.round(6), round(line.intercept, 6), round(line.fit, 6)
    (array([2.]), 1.0, 1.0)

    Chapter: large/explaining
    """
    if not penalty >= 0:
        raise AudioError(f"penalty is {penalty}: it must be 0 or more")
    table, answers = np.asarray(table, dtype=float), np.asarray(answers, dtype=float)
    weights = np.asarray(weights, dtype=float) / np.sum(weights)
    penalty = penalty / len(answers)  # as if the weights were 1 on average
    middle, level = weights @ table, weights @ answers
    centred = table - middle
    squares = (centred * weights[:, None]).T @ centred + penalty * np.eye(table.shape[1])
    slopes = np.linalg.lstsq(squares, centred.T @ (weights * (answers - level)), rcond=None)[0]
    spread = weights @ (answers - level) ** 2
    missed = weights @ (answers - level - centred @ slopes) ** 2
    fit = 1 - missed / spread if spread > 0 else 1.0
    return Surrogate(slopes, float(level - middle @ slopes), float(fit))


def lime(
    answers: Callable,
    n_pieces: int,
    *,
    n_samples: int = 1000,
    width: float = 0.25,
    penalty: float = 1e-3,
    seed: int = 0,
) -> Surrogate:
    """Ask the network about versions of a sound with pieces missing, and fit a line.

    Each piece is kept by the toss of a coin. The line sees ones and zeros, and answers near the
    whole sound count most (`nearness`).

    Parameters
    ----------
    answers : callable
        From kept pieces (M, P) to M numbers, such as `PieceAnswers`.
    n_pieces : int
        P.
    n_samples : int
        Versions, the whole sound among them.
    width : float
        Of `nearness`.
    penalty : float
        Of `weighted_ridge`, beside weights that are 1 on average.
    seed : int
        Of the coin.

    Returns
    -------
    Surrogate

    Raises
    ------
    AudioError
        If there are fewer versions than pieces: the line would be free to be anything.

    Examples
    --------
    >>> line = lime(lambda kept: kept @ [1.0, -2.0, 0.0], 3, n_samples=200, penalty=0.0)
    >>> (line.weights.round(6) + 0.0).tolist()
    [1.0, -2.0, 0.0]

    References
    ----------
    M. T. Ribeiro, S. Singh and C. Guestrin, "'Why should I trust you?' Explaining the predictions
    of any classifier", KDD 2016, algorithm 1; for sound S. Mishra, B. L. Sturm and S. Dixon,
    "Local interpretable model-agnostic explanations for music content analysis", ISMIR 2017.

    Chapter: large/explaining
    """
    check_count(n_pieces, name="n_pieces")
    if check_count(n_samples, name="n_samples") <= n_pieces:
        raise AudioError(
            f"n_samples is {n_samples} for {n_pieces} pieces: give several times as many"
        )
    kept = np.random.default_rng(seed).random((n_samples, n_pieces)) < 0.5
    kept[0] = True
    return weighted_ridge(kept, ask(answers, kept), nearness(kept, width=width), penalty=penalty)
