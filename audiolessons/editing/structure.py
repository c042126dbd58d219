"""Where a sound changes, and where it comes again: read off a picture of its likeness to itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_finite


class Repeat(NamedTuple):
    """A stretch of `n_frames` from `start` on that comes again `lag` frames later.

    Chapter: tasks/editing
    """

    start: int
    lag: int
    n_frames: int


def self_similarity(features: np.ndarray) -> np.ndarray:
    """Compare every frame with every other: the cosine of the angle between their features.

    Parameters
    ----------
    features
        Shape (D, N), such as `features.chroma` for notes or `features.mfcc` for timbre.

    Returns
    -------
    Shape (N, N), symmetric, from -1 to 1 (0 beside a frame of zeros), 1 on the diagonal.

    Raises
    ------
    AudioError
        If the features are not (D, N), finite.

    References
    ----------
    J. Foote, "Visualizing music and audio using self-similarity", ACM Multimedia 1999.

    Examples
    --------
    >>> self_similarity(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]))
    array([[1., 0., 1.],
           [0., 1., 0.],
           [1., 0., 1.]])

    Chapter: tasks/editing
    """
    features = as_array(features, name="features", dtype=np.float64)
    if features.ndim != 2 or not np.isfinite(features).all():
        raise AudioError(f"features has shape {features.shape}: give finite numbers (D, N)")
    length = np.sqrt(np.sum(features**2, axis=0, keepdims=True))
    unit = np.divide(features, length, out=np.zeros_like(features), where=length > 0)
    return unit.T @ unit


def novelty(similarity: np.ndarray, *, half_width: int) -> np.ndarray:
    """Return how much the sound changes at each frame: a checkerboard slid along the diagonal.

    At a change, the frames before are like each other, those behind are too, and the two groups
    are not: squares of likeness before and behind, of unlikeness beside. The board counts the
    first two and subtracts the others; towards its rim a Gaussian lets it count less.

    Parameters
    ----------
    similarity
        Shape (N, N), from `self_similarity`.
    half_width
        Frames on either side that are compared.

    Returns
    -------
    Shape (N,): the change from frame n - 1 to frame n; about 0 where all is alike.

    Raises
    ------
    AudioError
        If the similarity is not square.

    References
    ----------
    J. Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.

    Examples
    --------
    >>> parts = np.repeat(np.eye(2), 5, axis=1)  # five frames of one kind, five of another
    >>> novelty(self_similarity(parts), half_width=2).round(2)
    array([0.  , 0.  , 0.  , 0.  , 0.04, 0.5 , 0.04, 0.  , 0.  , 0.  ])

    Chapter: tasks/editing
    """
    similarity = _square(similarity)
    half = check_count(half_width, name="half_width")
    place = (np.arange(2 * half) + 0.5 - half) / half  # from -1 to 1
    weight = np.exp(-2 * place**2) * np.sign(place)
    board = np.outer(weight, weight)
    board /= np.abs(board).sum()
    padded = np.pad(similarity, half, mode="edge")
    windows = (padded[n : n + 2 * half, n : n + 2 * half] for n in range(len(similarity)))
    return np.array([np.sum(board * window) for window in windows])


def peaks(values: np.ndarray, *, threshold: float, distance: int) -> np.ndarray:
    """Return where a row of values has its peaks, the highest first to claim its surroundings.

    Parameters
    ----------
    values
        Shape (N,).
    threshold
        Lower peaks do not count.
    distance
        Two peaks lie at least so many frames apart.

    Returns
    -------
    Shape (P,), frames in order.

    Raises
    ------
    AudioError
        If `values` is no row of numbers.

    Examples
    --------
    >>> peaks(np.array([0.0, 2.0, 1.0, 0.0, 0.0, 3.0, 0.0]), threshold=1.5, distance=2)
    array([1, 5])

    Chapter: tasks/editing
    """
    values = as_array(values, name="values", dtype=np.float64)
    if values.ndim != 1:
        raise AudioError(f"values has shape {values.shape}: give one row of numbers")
    check_finite(threshold, name="threshold")
    check_count(distance, name="distance")
    left, right = np.concatenate([[-np.inf], values[:-1]]), np.concatenate([values[1:], [-np.inf]])
    candidates = np.flatnonzero((values > left) & (values >= right) & (values >= threshold))
    chosen: list[int] = []
    for candidate in candidates[np.argsort(-values[candidates], kind="stable")]:
        if all(abs(candidate - other) >= distance for other in chosen):
            chosen.append(int(candidate))
    return np.array(sorted(chosen), dtype=int)


def longest_repeat(similarity: np.ndarray, *, threshold: float, shortest: int) -> Repeat | None:
    """Return the longest stretch that comes again: the longest run along a side diagonal.

    If frames from i on are like those from i + lag on, a stripe stands `lag` beside the main
    diagonal of the similarity.

    Parameters
    ----------
    similarity
        Shape (N, N), from `self_similarity`.
    threshold
        Two frames are alike from here on.
    shortest
        Frames that a repeat has at least, and the smallest lag: a held note is no repeat.

    Returns
    -------
    The longest one, of equal ones the first; None if there is none.

    Raises
    ------
    AudioError
        If the similarity is not square.

    Examples
    --------
    >>> notes = np.eye(4)[:, [0, 1, 2, 3, 3, 0, 1, 2]]
    >>> longest_repeat(self_similarity(notes), threshold=0.9, shortest=2)
    Repeat(start=0, lag=5, n_frames=3)

    Chapter: tasks/editing
    """
    similarity = _square(similarity)
    check_finite(threshold, name="threshold")
    check_count(shortest, name="shortest")
    best = None
    for lag in range(shortest, len(similarity) - shortest + 1):
        alike = np.concatenate([[0], np.diagonal(similarity, lag) >= threshold, [0]]).astype(int)
        edges = np.flatnonzero(np.diff(alike)).reshape(-1, 2)
        for start, end in edges.tolist():
            if end - start >= max(shortest, best.n_frames + 1 if best else 0):
                best = Repeat(start, lag, end - start)
    return best


def _square(similarity):
    similarity = as_array(similarity, name="similarity", dtype=np.float64)
    if similarity.ndim != 2 or similarity.shape[0] != similarity.shape[1]:
        raise AudioError(
            f"similarity has shape {similarity.shape}: give (N, N), from self_similarity(features)"
        )
    return similarity
