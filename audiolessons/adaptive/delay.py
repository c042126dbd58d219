"""How late the microphone hears what the loudspeaker was given."""

from __future__ import annotations

import numpy as np

from audiolessons.adaptive.streams import check_sides
from audiolessons.errors import AudioError, check_count


def estimate_delay(far: np.ndarray, microphone: np.ndarray, *, max_delay: int) -> int:
    """Return by how many samples the echo lies behind the loudspeaker.

    The largest value of the cross-correlation shows it, once every frequency counts alike (phase
    transform): otherwise the pitch of a voice makes a peak at each of its periods.

    Parameters
    ----------
    far
        What the loudspeaker was given, shape (T,).
    microphone
        What the microphone heard, same shape.
    max_delay
        Largest delay to look at, in samples, below T.

    Raises
    ------
    AudioError
        If the two are not sounds of one length, one is silent, or they are too short.

    References
    ----------
    C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time
    delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976.

    Examples
    --------
    >>> far = np.random.default_rng(0).standard_normal(1000)
    >>> estimate_delay(far, np.concatenate([np.zeros(70), far[:-70]]), max_delay=100)
    70

    Chapter: tasks/echo
    """
    far, microphone = check_sides(far, microphone)
    if not (far.any() and microphone.any()):
        raise AudioError("far or microphone is silent (every sample is 0): an echo needs both")
    if check_count(max_delay, name="max_delay", minimum=0) >= len(far):
        raise AudioError(f"max_delay is {max_delay} and there are {len(far)} samples: give more")
    n_fft = 2 * len(far)
    cross = np.fft.rfft(microphone, n_fft) * np.conj(np.fft.rfft(far, n_fft))
    correlation = np.fft.irfft(cross / np.maximum(np.abs(cross), 1e-12 * np.abs(cross).max()))
    return int(np.argmax(np.abs(correlation[: max_delay + 1])))
