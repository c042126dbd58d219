"""Small matrices by hand: determinant, adjugate, inverse, eigenvector, principal components.

These are the definitions, written out. `numpy.linalg` does the same faster and with less rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count

__all__ = [
    "PrincipalComponents",
    "adjugate",
    "determinant",
    "inverse",
    "power_iteration",
    "principal_components",
]

LARGEST = 8  # a determinant by minors takes n! steps: 40 thousand for 8, 87 billion for 14


def determinant(matrix) -> float:
    """Factor by which a matrix changes areas (2x2) or volumes (3x3), by minors of the first row.

    Parameters
    ----------
    matrix : array
        Shape (D, D), D at most 8.

    Raises
    ------
    AudioError
        If the matrix is not square, too large, or holds NaN or infinity.

    Examples
    --------
    >>> determinant([[2, 1], [1, 3]])
    5.0

    Chapter: learning/gradients
    """
    return _by_minors(_square(matrix))


def _by_minors(matrix):
    if len(matrix) == 1:
        return float(matrix[0, 0])
    signs = (-1.0) ** np.arange(len(matrix))
    minors = [_by_minors(_without(matrix, 0, column)) for column in range(len(matrix))]
    return float(np.sum(signs * matrix[0] * minors))


def adjugate(matrix) -> np.ndarray:
    """Matrix of signed minors, turned over at its diagonal: `matrix @ adjugate` is det times 1.

    Parameters
    ----------
    matrix : array
        Shape (D, D), D at most 8.

    Returns
    -------
    numpy.ndarray
        Shape (D, D).

    Raises
    ------
    AudioError
        As `determinant` does.

    Examples
    --------
    >>> adjugate([[2, 1], [4, 3]])
    array([[ 3., -1.],
           [-4.,  2.]])

    Chapter: learning/gradients
    """
    matrix = _square(matrix)
    size = len(matrix)
    if size == 1:
        return np.ones((1, 1))
    cofactors = np.empty((size, size))
    for row in range(size):
        for column in range(size):
            minor = _by_minors(_without(matrix, row, column))
            cofactors[row, column] = (-1) ** (row + column) * minor
    return cofactors.T


def inverse(matrix) -> np.ndarray:
    """Matrix that undoes another one: the adjugate divided by the determinant.

    Parameters
    ----------
    matrix : array
        Shape (D, D), D at most 8.

    Returns
    -------
    numpy.ndarray
        Shape (D, D).

    Raises
    ------
    AudioError
        As `determinant` does, and if the determinant is 0 but for rounding.

    Examples
    --------
    >>> inverse([[2, 1], [1, 1]])
    array([[ 1., -1.],
           [-1.,  2.]])

    Chapter: learning/gradients
    """
    matrix = _square(matrix)
    volume = determinant(matrix)
    largest_possible = np.prod(np.linalg.norm(matrix, axis=1))  # Hadamard: rows at right angles
    if abs(volume) <= 1e-12 * largest_possible:
        raise AudioError(
            f"the determinant is {volume:.3g}: nothing undoes this matrix, because its rows "
            "depend on each other; measure something else, or fewer unknowns"
        )
    return adjugate(matrix) / volume


def power_iteration(matrix, *, n_steps: int = 100, seed: int = 0) -> tuple[float, np.ndarray]:
    """Find the direction that a symmetric matrix stretches most: multiply, and multiply again.

    Parameters
    ----------
    matrix : array
        Shape (D, D), symmetric.
    n_steps : int
        How often it is multiplied.
    seed : int
        Of the random direction it starts from.

    Returns
    -------
    (float, numpy.ndarray)
        Eigenvalue of the largest magnitude, and its eigenvector: shape (D,), length 1, largest
        entry positive.

    Raises
    ------
    AudioError
        If the matrix is not square and symmetric, or n_steps is no whole number above 0.

    Examples
    --------
    >>> value, vector = power_iteration([[3, 1], [1, 3]])
    >>> round(value, 6), vector.round(3)
    (4.0, array([0.707, 0.707]))

    Chapter: learning/gradients
    """
    matrix = _square(matrix, largest=None)
    check_count(n_steps, name="n_steps")
    if not np.allclose(matrix, matrix.T):
        raise AudioError("the matrix is not symmetric: give a covariance, such as np.cov(rows.T)")
    vector = np.random.default_rng(seed).standard_normal(len(matrix))
    for _ in range(n_steps):
        vector = matrix @ vector
        length = np.linalg.norm(vector)
        if length == 0:
            raise AudioError("the matrix maps everything to 0: no direction stands out")
        vector = vector / length
    return float(vector @ matrix @ vector), _pointing_up(vector[np.newaxis])[0]


@dataclass(frozen=True)
class PrincipalComponents:
    """A cloud of points described by its middle and the directions in which it is widest.

    Attributes
    ----------
    mean : numpy.ndarray
        Shape (D,).
    directions : numpy.ndarray
        Shape (Q, D): each of length 1, at right angles to the others, the widest first.
    variances : numpy.ndarray
        Shape (Q,): the variance of the cloud along each direction.
    total_variance : float
        That of all D directions together.

    Examples
    --------
    >>> on_a_line = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> found = principal_components(on_a_line, n_components=1)
    >>> found.directions.round(6)
    array([[0.6, 0.8]])

    Chapter: learning/gradients
    """

    mean: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    total_variance: float

    @property
    def shares(self) -> np.ndarray:
        """The share of the whole variance that each direction holds: shape (Q,)."""
        return self.variances / self.total_variance

    def to_weights(self, rows) -> np.ndarray:
        """Describe rows (..., D) by how far they lie along each direction: shape (..., Q)."""
        return (np.asarray(rows) - self.mean) @ self.directions.T

    def to_rows(self, weights) -> np.ndarray:
        """Go back from weights (..., Q) to rows (..., D), without what was left out."""
        return self.mean + np.asarray(weights) @ self.directions


def principal_components(rows, *, n_components: int | None = None) -> PrincipalComponents:
    """Find the directions in which rows vary most: eigenvectors of their covariance.

    The sign of an eigenvector means nothing; here its largest entry is positive.

    Parameters
    ----------
    rows : array
        Shape (N, D): N observations, such as frames; a spectrogram (D, N) goes in transposed.
    n_components : int, optional
        How many directions to keep, at most D; all unless given.

    Returns
    -------
    PrincipalComponents

    Raises
    ------
    AudioError
        If there are fewer than two rows, more components than columns, all rows are the same, or
        some value is NaN or infinite.

    Examples
    --------
    >>> rows = np.array([[0, 0], [1, 1], [2, 2], [3, 3.0]])
    >>> found = principal_components(rows, n_components=1)
    >>> found.directions.round(3), round(float(found.shares[0]), 6)
    (array([[0.707, 0.707]]), 1.0)

    Chapter: learning/gradients
    """
    rows = as_array(rows, name="rows", dtype=float)
    if rows.ndim != 2 or len(rows) < 2:
        raise AudioError(f"rows have shape {rows.shape}: give (N, D) with at least two rows")
    if not np.isfinite(rows).all():
        raise AudioError("rows hold NaN or infinity: limit levels in dB from below, with top_db")
    n_columns = rows.shape[1]
    n_components = n_columns if n_components is None else n_components
    if check_count(n_components, name="n_components") > n_columns:
        raise AudioError(f"n_components is {n_components}: rows have only {n_columns} columns")
    mean = rows.mean(axis=0)
    centred = rows - mean
    covariance = centred.T @ centred / (len(rows) - 1)  # (D, D)
    total = float(np.trace(covariance))
    if total == 0:
        raise AudioError("all rows are the same: there is no direction in which they vary")
    variances, vectors = np.linalg.eigh(covariance)  # columns, the narrowest direction first
    widest = np.argsort(variances)[::-1][:n_components]
    directions = _pointing_up(vectors[:, widest].T)
    return PrincipalComponents(mean, directions, np.maximum(variances[widest], 0), total)


def _pointing_up(directions):
    """Turn each row so that its entry of the largest magnitude is positive."""
    largest = np.argmax(np.abs(directions), axis=1)
    return directions * np.sign(directions[np.arange(len(directions)), largest])[:, np.newaxis]


def _without(matrix, row, column):
    return np.delete(np.delete(matrix, row, axis=0), column, axis=1)


def _square(matrix, largest=LARGEST):
    matrix = as_array(matrix, name="the matrix", dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise AudioError(f"the matrix has shape {matrix.shape}: it must be square, (D, D)")
    if largest and len(matrix) > largest:
        raise AudioError(
            f"the matrix is {len(matrix)} x {len(matrix)}: minors are for at most {largest}; "
            "use numpy.linalg"
        )
    if not np.isfinite(matrix).all():
        raise AudioError("the matrix holds NaN or infinity")
    return matrix
