"""Mixtures of Gaussians with diagonal covariance: how well each state explains a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons.errors import AudioError, as_array, check_positive


@dataclass(frozen=True, eq=False)
class Mixtures:
    """One mixture of M Gaussians for each of S states, over D features.

    Attributes
    ----------
    log_weights : numpy.ndarray
        Shape (S, M): natural logarithm of each component's share; a row sums to 1 after exp.
    means, variances : numpy.ndarray
        Shape (S, M, D).

    References
    ----------
    L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech
    recognition", Proceedings of the IEEE 77(2), 1989, section IV.

    Chapter: speech/alignment
    """

    log_weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray

    def of_states(self, states) -> Mixtures:
        """Return the mixtures of some states, in their order."""
        return Mixtures(self.log_weights[states], self.means[states], self.variances[states])

    def log_components(self, features) -> np.ndarray:
        """Return log of weight times density: (..., D, N) in, (..., S, M, N) out."""
        features = as_array(features, name="features", dtype=float)
        n_states, n_components, n_features = self.means.shape
        if features.ndim < 2 or features.shape[-2] != n_features:
            raise AudioError(f"features has shape {features.shape}: give (..., {n_features}, N)")
        means, sharpness = self.means.reshape(-1, n_features), 1 / self.variances
        sharpness = sharpness.reshape(-1, n_features)
        # -1/2 sum((x - mean)^2 / variance), multiplied out so that matrix products do the work
        square = sharpness @ features**2 - 2 * (means * sharpness) @ features
        alone = np.sum(means**2 * sharpness - np.log(sharpness / (2 * np.pi)), axis=-1)
        log_densities = -0.5 * (square + alone[:, None])
        shape = (*features.shape[:-2], n_states, n_components, features.shape[-1])
        return log_densities.reshape(shape) + self.log_weights[..., None]

    def log_densities(self, features) -> np.ndarray:
        """Return how well each state explains each frame: (..., D, N) in, (..., S, N) out."""
        return log_sum(self.log_components(features), axis=-2)

    def split(self, *, by: float = 0.2) -> Mixtures:
        """Return twice as many components: each becomes two, `by` deviations to either side."""
        check_positive(by, name="by")
        step = by * np.sqrt(self.variances)
        return Mixtures(
            np.concatenate([self.log_weights] * 2, axis=1) - np.log(2),
            np.concatenate([self.means - step, self.means + step], axis=1),
            np.concatenate([self.variances] * 2, axis=1),
        )


def log_sum(log_values, *, axis: int) -> np.ndarray:
    """Sum numbers that are given as logarithms, without leaving log space.

    The largest is taken out first: exp of what is left is at most 1, and cannot overflow.

    Parameters
    ----------
    log_values : array
        Natural logarithms; -inf stands for 0.
    axis : int
        The axis to sum over.

    Returns
    -------
    numpy.ndarray
        Logarithms of the sums: the shape of `log_values` without that axis.

    Examples
    --------
    >>> log_sum(np.log([0.2, 0.3]) - 1000, axis=0).round(3)  # exp(-1000) is 0 among floats
    np.float64(-1000.693)

    Chapter: speech/alignment
    """
    log_values = np.asarray(log_values, dtype=float)
    largest = log_values.max(axis=axis, keepdims=True)
    largest = np.where(np.isneginf(largest), 0, largest)
    with np.errstate(divide="ignore"):
        sums = np.log(np.sum(np.exp(log_values - largest), axis=axis))
    return sums + np.squeeze(largest, axis=axis)
