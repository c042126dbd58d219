"""A mixture of Gaussians over two things together, which guesses the second from the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons.errors import AudioError, as_array
from audiolessons.matching.mixtures import log_sum


@dataclass(frozen=True, eq=False)
class JointMixture:
    """M Gaussians with full covariance over x, D features, and y, E features, one above the other.

    Attributes
    ----------
    log_weights : numpy.ndarray
        Shape (M,): natural logarithm of each component's share.
    means : numpy.ndarray
        Shape (M, D + E).
    covariances : numpy.ndarray
        Shape (M, D + E, D + E).
    n_given : int
        D: how many features x has.

    References
    ----------
    A. Kain and M. W. Macon, "Spectral voice conversion for text-to-speech synthesis", ICASSP 1998.

    Chapter: speech/conversion
    """

    log_weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    n_given: int

    def shares(self, x) -> np.ndarray:
        """Return how likely each component is, given x alone: (D, N) in, (M, N) out, sums 1."""
        x = as_array(x, name="x", dtype=float)
        d = self.n_given
        if x.ndim != 2 or len(x) != d:
            raise AudioError(f"x has shape {x.shape}: give ({d}, N)")
        away = x - self.means[:, :d, np.newaxis]  # (M, D, N)
        of_x = self.covariances[:, :d, :d]
        distance = np.sum(away * np.linalg.solve(of_x, away), axis=1)
        _, log_determinants = np.linalg.slogdet(2 * np.pi * of_x)
        log_chance = (self.log_weights - 0.5 * log_determinants)[:, np.newaxis] - 0.5 * distance
        return np.exp(log_chance - log_sum(log_chance, axis=0))

    def expected(self, x) -> np.ndarray:
        """Return the mean of y given x, (D, N) in, (E, N) out.

        Each component has a line, the mean of its y moved by what x is away from its own mean;
        the lines are weighed by the shares:
        sum_m p(m | x) (mean_y + cov_yx cov_xx^-1 (x - mean_x)).

        Raises
        ------
        AudioError
            If x has not D features.

        Examples
        --------
        >>> one = JointMixture(np.zeros(1), np.array([[1.0, 5.0]]),
        ...                    np.array([[[2.0, 1.0], [1.0, 2.0]]]), n_given=1)
        >>> one.expected([[1.0, 3.0]])
        array([[5., 6.]])
        """
        shares = self.shares(x)
        d = self.n_given
        slopes = np.linalg.solve(self.covariances[:, :d, :d], self.covariances[:, :d, d:])
        away = np.asarray(x, dtype=float) - self.means[:, :d, np.newaxis]
        lines = self.means[:, d:, np.newaxis] + slopes.transpose(0, 2, 1) @ away  # (M, E, N)
        return np.einsum("mn,men->en", shares, lines)
