"""Filters that learn from every sample: LMS and NLMS."""

from __future__ import annotations

import numpy as np

from audiolessons.adaptive.streams import Canceller
from audiolessons.errors import AudioError, check_audio, check_count, check_positive

QUIET = 1e-10  # power of a sample, -100 dB of full scale: less is nothing to learn from


class LMS(Canceller):
    """Least mean squares: after every sample, a step down the slope of its squared error.

    With the last K samples of the loudspeaker in x and the filter w, the error of a sample is
    e = d - w.x, and the step w + step * e * x. How far it reaches grows with the power of x: see
    `largest_lms_step`.

    Parameters
    ----------
    n_taps
        Length of the filter, K. What the room answers later stays.
    step
        Above 0.

    Attributes
    ----------
    taps : array (K,)
        What was learned: the impulse response from loudspeaker to microphone.

    Raises
    ------
    AudioError
        If a count or step is not above 0.

    References
    ----------
    B. Widrow and M. E. Hoff, "Adaptive switching circuits", IRE WESCON Convention Record, 1960.

    Chapter: tasks/echo
    """

    def __init__(self, *, n_taps: int, step: float):
        super().__init__(block_length=1)
        self.taps = np.zeros(check_count(n_taps, name="n_taps"))
        self.step = check_positive(step, name="step")
        self._past = np.zeros(n_taps)  # the newest sample first

    def _block(self, far, microphone):
        self._past = np.concatenate([far, self._past[:-1]])
        error = microphone - self.taps @ self._past
        self.taps += self._rate() * error * self._past
        return error

    def _rate(self):
        return self.step


class NLMS(LMS):
    """Normalised LMS: the step is divided by the energy of the samples that it is made from.

    A step of 1 makes the error of the sample just heard zero, whatever the level; from 2 on the
    filter diverges. In a pause next to nothing would be divided by next to nothing, and noise
    learned as if it were echo. A constant in the denominator helps at one level only. Here it is
    a share of the mean energy heard so far: what lies far below the usual level teaches little.

    Parameters
    ----------
    n_taps
        Length of the filter, K.
    step
        Above 0, below 2.
    regularisation
        Share of the mean energy that is added to the energy.

    Raises
    ------
    AudioError
        If a count is not above 0 or the step not between 0 and 2.

    References
    ----------
    S. Haykin, "Adaptive Filter Theory", 4th edition, 2002, chapter 6.

    Chapter: tasks/echo
    """

    def __init__(self, *, n_taps: int, step: float = 0.5, regularisation: float = 0.1):
        super().__init__(n_taps=n_taps, step=step)
        if step >= 2:
            raise AudioError(f"step is {step!r}: NLMS diverges from 2 on, so give less")
        self.regularisation = check_positive(regularisation, name="regularisation")
        self._n_heard, self._mean_power = 0, 0.0

    def _rate(self):
        self._n_heard += 1
        self._mean_power += (self._past[0] ** 2 - self._mean_power) / self._n_heard
        floor = len(self._past) * max(self._mean_power, QUIET)
        return self.step / (self._past @ self._past + self.regularisation * floor)


def largest_lms_step(far: np.ndarray, *, n_taps: int) -> float:
    """Return the step up to which LMS about stays bounded: 2 over the mean energy in the filter.

    Parameters
    ----------
    far
        What the loudspeaker is given, shape (T,).
    n_taps
        Length of the filter, K.

    Returns
    -------
    2 / (K * mean power): for small steps the mean squared error is bounded below it (S. Haykin,
    "Adaptive Filter Theory", 4th edition, 2002, section 5.4).

    Raises
    ------
    AudioError
        If it is no sound (T,), or silent.

    Examples
    --------
    >>> float(largest_lms_step(np.array([0.5, -0.5, 0.5, -0.5]), n_taps=4))
    2.0

    Chapter: tasks/echo
    """
    far = check_audio(far, name="far")
    power = float(np.mean(np.square(far, dtype=np.float64)))
    if far.ndim != 1 or power == 0:
        raise AudioError(
            f"far has shape {far.shape} and power {power:g}: give a sound (T,) that is not silent"
        )
    return 2 / (check_count(n_taps, name="n_taps") * power)
