"""Dynamic time warping: how one sequence is stretched so that it fits another best."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive


def distances(first, second) -> np.ndarray:
    """Euclidean distance of every frame of one sequence to every frame of another.

    Parameters
    ----------
    first, second : array
        Features, shape (D, N) and (D, M).

    Returns
    -------
    numpy.ndarray
        Shape (N, M), float64.

    Raises
    ------
    AudioError
        If one has another shape, no frames, another number of features, or NaN or infinity.

    Examples
    --------
    >>> distances([[0.0, 3.0]], [[0.0, 1.0, 2.0]])
    array([[0., 1., 2.],
           [3., 2., 1.]])

    Chapter: speech/alignment
    """
    first, second = _features(first, "first"), _features(second, "second")
    if len(first) != len(second):
        raise AudioError(f"first has {len(first)} features and second {len(second)}: give as many")
    squares = np.sum(first**2, axis=0)[:, None] + np.sum(second**2, axis=0)
    return np.sqrt(np.maximum(squares - 2 * first.T @ second, 0))


def in_band(n_first: int, n_second: int, *, band: int) -> np.ndarray:
    """Which pairs of frames lie near the straight line from the first pair to the last.

    Parameters
    ----------
    n_first, n_second : int
        Frames N and M of the two sequences.
    band : int
        How far from the line, in frames of the longer sequence.

    Returns
    -------
    numpy.ndarray
        Shape (N, M), bool.

    Raises
    ------
    AudioError
        If a size or the band is not a whole number above 0.

    Examples
    --------
    >>> in_band(3, 4, band=1).astype(int)
    array([[1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1]])

    References
    ----------
    H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word
    recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.

    Chapter: speech/alignment
    """
    check_count(n_first, name="n_first")
    check_count(n_second, name="n_second")
    check_count(band, name="band")
    i, j = np.arange(n_first)[:, None], np.arange(n_second)
    from_line = np.abs(i * (n_second - 1) - j * (n_first - 1))
    return from_line <= band * max(min(n_first, n_second) - 1, 1)


def accumulate(costs, *, diagonal: float = 1.0) -> np.ndarray:
    """Cheapest way to each pair of frames: dynamic time warping, one diagonal after the other.

    A way begins at (0, 0) and goes on by one frame in the first sequence, in the second, or in
    both. All pairs with the same i + j follow from the two diagonals before, and are found at once.

    Parameters
    ----------
    costs : array
        Shape (..., N, M): what it costs to lay frame i of one sequence over frame j of another.
        Infinite where that is forbidden. Many pairs of sequences may be padded to one shape: what
        lies beyond (N, M) of one pair does not change what lies before.
    diagonal : float
        How much a step in both sequences counts. With 1 long diagonals are cheap; with 2 every way
        counts N + M - 1 costs, and totals of other lengths compare after division by that.

    Returns
    -------
    numpy.ndarray
        Shape (..., N, M), float64: sum of costs on the cheapest way from (0, 0) to (i, j).

    Raises
    ------
    AudioError
        If `costs` has no (N, M) axes, holds NaN, or `diagonal` is not above 0.

    Examples
    --------
    >>> accumulate([[0.0, 1.0, 2.0], [3.0, 2.0, 1.0]])
    array([[0., 1., 3.],
           [3., 2., 2.]])

    References
    ----------
    H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word
    recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.

    Chapter: speech/alignment
    """
    costs = _costs(costs)
    check_positive(diagonal, name="diagonal")
    n, m = costs.shape[-2:]
    total = np.full((*costs.shape[:-2], n + 1, m + 1), np.inf)  # a border that nothing comes from
    total[..., 1, 1] = costs[..., 0, 0]
    for both in range(1, n + m - 1):
        i = np.arange(max(0, both - m + 1), min(both, n - 1) + 1)
        j = both - i
        cost = costs[..., i, j]
        before = np.minimum(total[..., i, j + 1], total[..., i + 1, j]) + cost
        total[..., i + 1, j + 1] = np.minimum(before, total[..., i, j] + diagonal * cost)
    return total[..., 1:, 1:]


def dtw(costs, *, band: int | None = None, diagonal: float = 1.0) -> tuple[float, np.ndarray]:
    """Cheapest way through a table of costs, from its first corner to its last.

    Parameters
    ----------
    costs : array
        Shape (N, M), such as `distances` gives.
    band : int, optional
        Stay this near to the straight line, in frames of the longer sequence.
    diagonal : float
        How much a step in both sequences counts, as for `accumulate`.

    Returns
    -------
    total : float
        Sum of costs on the way.
    path : numpy.ndarray
        Shape (L, 2), int: the pairs (i, j) on it, from (0, 0) to (N - 1, M - 1).

    Raises
    ------
    AudioError
        As `accumulate` does, and if no way leads to the end.

    Examples
    --------
    >>> total, path = dtw(distances([[0.0, 5.0, 6.0]], [[0.0, 0.0, 5.0, 6.0]]))
    >>> total, path.tolist()
    (0.0, [[0, 0], [0, 1], [1, 2], [2, 3]])

    References
    ----------
    H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word
    recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.

    Chapter: speech/alignment
    """
    costs = _costs(costs)
    if costs.ndim != 2:
        raise AudioError(f"costs has shape {costs.shape}: give one table (N, M)")
    n, m = costs.shape
    if band is not None:
        costs = np.where(in_band(n, m, band=band), costs, np.inf)
    total = accumulate(costs, diagonal=diagonal)
    if not np.isfinite(total[-1, -1]):
        allow = "allow more pairs" if band is None else f"widen the band, {band}"
        raise AudioError(f"no way leads through {n} x {m} costs: {allow}")
    i, j = n - 1, m - 1
    path = [(i, j)]
    while i or j:
        ways = []  # (sum with this step, whence)
        if i and j:
            ways.append((total[i - 1, j - 1] + diagonal * costs[i, j], (i - 1, j - 1)))
        if i:
            ways.append((total[i - 1, j] + costs[i, j], (i - 1, j)))
        if j:
            ways.append((total[i, j - 1] + costs[i, j], (i, j - 1)))
        i, j = min(ways)[1]
        path.append((i, j))
    return float(total[-1, -1]), np.array(path[::-1])


def _features(features, name):
    features = as_array(features, name=name, dtype=float)
    if features.ndim != 2 or not features.size:
        raise AudioError(f"{name} has shape {features.shape}: give features (D, N), time last")
    if not np.isfinite(features).all():
        raise AudioError(f"{name} holds NaN or infinity: find where they arise")
    return features


def _costs(costs):
    costs = as_array(costs, name="costs", dtype=float)
    if costs.ndim < 2 or not costs.size:
        raise AudioError(f"costs has shape {costs.shape}: give (..., N, M)")
    if np.isnan(costs).any():
        raise AudioError("costs holds NaN: find where it arises, or forbid the pair with infinity")
    return costs
