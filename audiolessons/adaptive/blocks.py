"""Long filters that learn fast: blocks in the frequency domain, the filter cut into partitions."""

from __future__ import annotations

import numpy as np

from audiolessons.adaptive.samples import QUIET
from audiolessons.adaptive.streams import Canceller
from audiolessons.errors import AudioError, check_count, check_positive


class PartitionedFilter(Canceller):
    """What block filters share: the spectra of the past, the echo they predict, and the error.

    The filter of P * L taps is cut into P partitions of L. Each has a spectrum of 2 L points, that
    multiplies the spectrum of the loudspeaker p * L samples ago; the second half of the sum is the
    echo of the last L samples (overlap-save). All of it is done again every hop.

    Attributes
    ----------
    weights : array (P, L + 1)
        The spectra of the partitions.

    References
    ----------
    J.-S. Soo and K. K. Pang, "Multidelay block frequency domain adaptive filter", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 38(2), 1990.

    Chapter: tasks/echo
    """

    def __init__(self, *, n_partitions: int, partition_length: int, hop_length: int):
        super().__init__(block_length=check_count(hop_length, name="hop_length"))
        check_count(n_partitions, name="n_partitions")
        if check_count(partition_length, name="partition_length") % hop_length:
            raise AudioError(
                f"partition_length is {partition_length} and hop_length {hop_length}: give a "
                "multiple of the hop"
            )
        self.partition_length = partition_length
        self.weights = np.zeros((n_partitions, partition_length + 1), dtype=complex)
        self._stride = partition_length // hop_length  # hops between two partitions
        self._spectra = np.zeros((n_partitions * self._stride, partition_length + 1), dtype=complex)
        self._far = np.zeros(2 * partition_length)
        self._microphone = np.zeros(partition_length)

    @property
    def taps(self) -> np.ndarray:
        """The impulse response (P * L,) that was learned."""
        return np.fft.irfft(self.weights, axis=1)[:, : self.partition_length].ravel()

    def _block(self, far, microphone):
        hop, length = self.block_length, self.partition_length
        self._far = np.concatenate([self._far[hop:], far])
        self._microphone = np.concatenate([self._microphone[hop:], microphone])
        self._spectra = np.concatenate([[np.fft.rfft(self._far)], self._spectra[:-1]])
        past = self._spectra[:: self._stride]  # (P, F)
        echo = np.fft.irfft(np.sum(past * self.weights, axis=0))[length:]
        error = self._microphone - echo
        spectrum = np.fft.rfft(np.concatenate([np.zeros(length), error]))
        # A correction may only touch taps 0 to L - 1: the rest would wrap around.
        correction = np.fft.irfft(self._correction(past, spectrum), axis=1)
        correction[:, length:] = 0
        self.weights += np.fft.rfft(correction, axis=1)
        return error[length - hop :]

    def _correction(self, past, error):
        """Return by how much the weights (P, F) change, from spectra (P, F) and error (F,)."""
        raise NotImplementedError


class BlockNLMS(PartitionedFilter):
    """NLMS in blocks: every frequency has its own step, so that weak ones learn as fast as strong.

    The energy that a step is divided by is that of all partitions at this frequency, and a share
    of its mean so far, as with `NLMS`.

    Parameters
    ----------
    n_partitions, partition_length
        The filter has n_partitions * partition_length taps.
    hop_length
        Samples between two corrections, which divide the partitions; the delay of the output.
    step
        Above 0, at most 1.
    regularisation
        Share of the mean energy that is added to the energy.

    Raises
    ------
    AudioError
        If a number is not above 0, the step above 1, or partitions are no multiple of the hop.

    References
    ----------
    J. J. Shynk, "Frequency-domain and multirate adaptive filtering", IEEE Signal Processing
    Magazine 9(1), 1992.

    Chapter: tasks/echo
    """

    def __init__(
        self,
        *,
        n_partitions: int = 12,
        partition_length: int = 512,
        hop_length: int = 256,
        step: float = 0.2,
        regularisation: float = 0.1,
    ):
        super().__init__(
            n_partitions=n_partitions, partition_length=partition_length, hop_length=hop_length
        )
        if check_positive(step, name="step") > 1:
            raise AudioError(f"step is {step!r}: give at most 1")
        self.step = step
        self.regularisation = check_positive(regularisation, name="regularisation")
        self._n_heard, self._mean_energy = 0, np.zeros(partition_length + 1)

    def _correction(self, past, error):
        energy = np.sum(np.abs(past) ** 2, axis=0) / 2  # half of what the spectra hold is error
        self._n_heard += 1
        self._mean_energy += (energy - self._mean_energy) / self._n_heard
        floor = np.maximum(self._mean_energy, QUIET * past.size)
        return self.step * np.conj(past) * error / (energy + self.regularisation * floor)
