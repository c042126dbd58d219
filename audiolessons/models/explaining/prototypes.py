"""Examples instead of maps: sounds that stand for many, and sounds that none of them stands for."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count


def likeness(vectors, *, width: float | None = None) -> np.ndarray:
    """Return how alike all pairs of vectors are: 1 for equal ones, 0 far away.

    exp(-d**2 / (2 width**2)) with d their distance.

    Parameters
    ----------
    vectors : array
        Shape (M, D), one a sound.
    width : float, optional
        The median distance unless given.

    Returns
    -------
    array
        Shape (M, M).

    Examples
    --------
    >>> likeness([[0.0], [1.0]], width=1.0).round(3)
    array([[1.   , 0.607],
           [0.607, 1.   ]])

    Chapter: large/explaining
    """
    vectors = as_array(vectors, name="vectors")
    if vectors.ndim != 2 or len(vectors) < 2:
        raise AudioError(f"vectors has shape {vectors.shape}: give two sounds or more, (M, D)")
    if not np.isfinite(vectors).all():
        raise AudioError(f"vectors holds {vectors[~np.isfinite(vectors)][0]}: give finite numbers")
    squares = (vectors**2).sum(axis=1)
    distance2 = np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0)
    if width is None:
        width = float(np.sqrt(np.median(distance2[np.triu_indices(len(vectors), 1)])))
    if not width > 0:
        raise AudioError(f"width is {width}: half of the sounds are equal, so give one above 0")
    return np.exp(-distance2 / (2 * width**2))


def choose_prototypes(alike, n: int) -> list[int]:
    """Choose sounds one by one so that together they lie as all sounds do.

    With k the likeness, the set S of n sounds is wanted for which 2 / (M n) sum k(all, S) -
    1 / n**2 sum k(S, S) is largest: its members are like many, and unlike each other. There the
    squared maximum mean discrepancy between S and all sounds is least. Each step adds the sound
    that raises it most.

    Parameters
    ----------
    alike : array
        Shape (M, M), from `likeness`.
    n : int
        How many to choose.

    Returns
    -------
    list of int
        Their places, in the order of choice.

    Raises
    ------
    AudioError
        If there are fewer sounds than that.

    Examples
    --------
    >>> choose_prototypes(likeness([[0.0], [0.1], [0.2], [5.0]], width=1.0), 2)
    [1, 3]

    References
    ----------
    B. Kim, R. Khanna and O. Koyejo, "Examples are not enough, learn to criticize! Criticism for
    interpretability", NeurIPS 2016, algorithm 1.

    Chapter: large/explaining
    """
    alike = _check(alike, n)
    to_all = alike.mean(axis=0)
    chosen: list[int] = []
    for _ in range(n):
        size = len(chosen) + 1
        among = alike[np.ix_(chosen, chosen)].sum() + 2 * alike[chosen].sum(axis=0)
        worth = 2 * (to_all[chosen].sum() + to_all) / size - (among + np.diag(alike)) / size**2
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return chosen


def choose_criticisms(alike, prototypes, n: int) -> list[int]:
    """Choose the sounds for which the prototypes stand worst.

    The witness of a sound is its mean likeness to all sounds minus that to the prototypes: far
    from 0 where the prototypes are too few, or too many. The sounds with the largest absolute
    witness are chosen one by one, each as long as it is less like one that was chosen than half.

    Parameters
    ----------
    alike : array
        Shape (M, M), from `likeness`.
    prototypes : list of int
        From `choose_prototypes`.
    n : int
        How many to choose; fewer come back if the others are too alike.

    Returns
    -------
    list of int

    Raises
    ------
    AudioError
        If there is no prototype, or no such one.

    Examples
    --------
    >>> choose_criticisms(likeness([[0.0], [0.1], [5.0]], width=1.0), [0], 1)
    [2]

    References
    ----------
    B. Kim, R. Khanna and O. Koyejo, NeurIPS 2016, equation 4; in place of their regulariser a
    criticism must differ from those before it.

    Chapter: large/explaining
    """
    alike = _check(alike, n)
    prototypes = [int(one) for one in prototypes]
    if not prototypes or not all(0 <= one < len(alike) for one in prototypes):
        raise AudioError(
            f"prototypes is {prototypes}: give places, 0 to {len(alike) - 1}, one at least"
        )
    witness = np.abs(alike.mean(axis=0) - alike[prototypes].mean(axis=0))
    chosen: list[int] = []
    for place in np.argsort(-witness, kind="stable"):
        new = place not in prototypes and (alike[place, chosen] < 0.5).all()
        if new and len(chosen) < n:
            chosen.append(int(place))
    return chosen


def _check(alike, n):
    alike = as_array(alike, name="alike")
    if alike.ndim != 2 or alike.shape[0] != alike.shape[1]:
        raise AudioError(f"alike has shape {alike.shape}: give the likeness of all pairs, (M, M)")
    if check_count(n, name="n") > len(alike):
        raise AudioError(f"n is {n}, of {len(alike)} sounds: choose fewer")
    return alike
