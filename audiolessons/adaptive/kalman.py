"""The Kalman filter: a step as large as what is not yet known allows."""

from __future__ import annotations

import numpy as np

from audiolessons.adaptive.blocks import PartitionedFilter
from audiolessons.adaptive.samples import QUIET
from audiolessons.errors import AudioError, check_audio, check_finite, check_positive


def scalar_kalman(
    observations: np.ndarray,
    *,
    process_variance: float,
    noise_variance: float,
    start: float = 0.0,
    start_variance: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow one number that wanders, from observations in noise.

    Each time the number has moved by a random step, so that its variance grows by
    `process_variance`. Of the difference to what is observed a share is believed, the gain
    P / (P + R): all if nothing was known, nothing if it was known exactly.

    Parameters
    ----------
    observations
        Shape (N,).
    process_variance, noise_variance
        Of a step of the number, and of the noise that it is observed in.
    start, start_variance
        What is believed before the first step, and how uncertain that is.

    Returns
    -------
    The estimates and their variances, both (N,).

    Raises
    ------
    AudioError
        If the observations are none, or a variance is not above 0.

    References
    ----------
    R. E. Kalman, "A new approach to linear filtering and prediction problems", Journal of Basic
    Engineering 82(1), 1960.

    Examples
    --------
    >>> estimates, variances = scalar_kalman(
    ...     np.array([1.0, 1.0]), process_variance=1.0, noise_variance=2.0
    ... )
    >>> estimates, variances
    (array([0.5 , 0.75]), array([1., 1.]))

    Chapter: tasks/echo
    """
    observations = check_audio(observations, name="observations")
    if observations.ndim != 1:
        raise AudioError(f"observations have shape {observations.shape}: give (N,)")
    check_positive(process_variance, name="process_variance")
    check_positive(noise_variance, name="noise_variance")
    estimate = check_finite(start, name="start")
    variance = check_positive(start_variance, name="start_variance")
    estimates, variances = np.zeros((2, len(observations)))
    for n, observed in enumerate(observations):
        variance = variance + process_variance
        gain = variance / (variance + noise_variance)
        estimate = estimate + gain * (observed - estimate)
        variance = (1 - gain) * variance
        estimates[n], variances[n] = estimate, variance
    return estimates, variances


class BlockKalman(PartitionedFilter):
    """A Kalman filter for every frequency of every partition: its step regulates itself.

    It keeps how uncertain each weight is. What that uncertainty can explain of an error is learned
    from; what it cannot must be the near end or noise, and makes the step small. So it holds still
    while both ends speak, and in pauses, with no detector and no threshold. A path that moves is
    expected: the weights are believed to wander, and the uncertainty never reaches 0.

    Parameters
    ----------
    n_partitions, partition_length
        The filter has n_partitions * partition_length taps.
    hop_length
        Samples between two corrections, which divide the partitions; the delay of the output.
    memory
        Share of a weight that lasts from hop to hop, below 1: the rest is drawn anew.
    start_gain
        Expected power of the path's first partition, before anything was heard.
    fall
        By which share of its power the expected path falls from partition to partition.
    smoothing
        Share of the old estimate that stays when the power of the near end is estimated anew.

    Raises
    ------
    AudioError
        If a number is not above 0, a share is not below 1, or partitions are no multiple of the
        hop.

    References
    ----------
    G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in
    hands-free telephones", Signal Processing 86(6), 2006; F. Kuech, E. Mabande, G. Enzner,
    "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP
    2014.

    Chapter: tasks/echo
    """

    def __init__(
        self,
        *,
        n_partitions: int = 12,
        partition_length: int = 512,
        hop_length: int = 256,
        memory: float = 0.99975,
        start_gain: float = 0.1,
        fall: float = 0.4,
        smoothing: float = 0.9,
    ):
        super().__init__(
            n_partitions=n_partitions, partition_length=partition_length, hop_length=hop_length
        )
        shares = {"memory": memory, "fall": fall, "smoothing": smoothing}
        for name, share in shares.items():
            if check_positive(share, name=name) >= 1:
                raise AudioError(f"{name} is {share!r}: it must lie below 1")
        self.memory, self.smoothing = memory, smoothing
        check_positive(start_gain, name="start_gain")
        expected = start_gain * fall ** np.arange(n_partitions)
        self.uncertainty = np.repeat(expected[:, None], partition_length + 1, axis=1)
        self._least = QUIET * partition_length  # no microphone is quieter
        self._near_power = np.full(partition_length + 1, self._least)
        # Of the 2 L samples in a spectrum half are error, and one hop of them is new.
        self._new = hop_length / (2 * partition_length)

    def _correction(self, past, error):
        kept = self.memory**2
        wandering = np.abs(self.weights) ** 2 + self.uncertainty
        self.uncertainty = kept * self.uncertainty + (1 - kept) * wandering
        heard, error_power = np.abs(past) ** 2, np.abs(error) ** 2
        explained = np.sum(heard * self.uncertainty, axis=0) / 2
        unexplained = np.maximum(error_power - explained, 0)
        near_power = self._smooth(unexplained)
        total = explained + near_power + self._least
        gain = self.uncertainty / total
        self.uncertainty = self.uncertainty * (1 - self._new * gain * heard)
        # What is left of the error after the correction, and how sure that is.
        left = (1 - explained / total) ** 2 * error_power
        self._near_power = self._smooth(left + np.sum(heard * self.uncertainty, axis=0) / 2)
        return gain * np.conj(past) * error

    def _smooth(self, power):
        return self.smoothing * self._near_power + (1 - self.smoothing) * power
