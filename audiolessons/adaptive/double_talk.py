"""Whether the near end speaks over the echo."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from audiolessons.adaptive.streams import check_sides
from audiolessons.errors import check_count, check_positive


def is_double_talk(
    far: np.ndarray,
    microphone: np.ndarray,
    *,
    n_past: int,
    n_hold: int = 0,
    largest_gain: float = 0.5,
) -> np.ndarray:
    """Tell at which samples the microphone is louder than the echo can be (Geigel's rule).

    An echo is at most `largest_gain` times the loudest sample of the last `n_past`. Whatever lies
    above comes from the near end. The rule needs a path known to be that weak: it is wrong with a
    loudspeaker that is turned up, and misses a near end that speaks softly.

    Parameters
    ----------
    far
        What the loudspeaker was given, shape (T,).
    microphone
        What the microphone heard, same shape.
    n_past
        Samples that the path remembers.
    n_hold
        Samples for which it stays true after the last one that was too loud.
    largest_gain
        0.5 is the 6 dB of a telephone's hybrid.

    Returns
    -------
    Booleans, shape (T,).

    Raises
    ------
    AudioError
        If the two are not sounds of one length, or a number is out of range.

    References
    ----------
    D. L. Duttweiler, "A twelve-channel digital echo canceler", IEEE Transactions on
    Communications 26(5), 1978.

    Examples
    --------
    >>> far, microphone = np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.4, 0.4, 0.4, 0.7])
    >>> is_double_talk(far, microphone, n_past=3)
    array([False, False, False,  True])

    Chapter: tasks/echo
    """
    far, microphone = check_sides(far, microphone)
    check_positive(largest_gain, name="largest_gain")
    loudest = _largest_of_last(np.abs(far), check_count(n_past, name="n_past"))
    is_louder = np.abs(microphone) > largest_gain * loudest
    return _largest_of_last(is_louder, 1 + check_count(n_hold, name="n_hold", minimum=0))


def _largest_of_last(values, n):
    padded = np.concatenate([np.zeros(n - 1, dtype=values.dtype), values])
    return ndimage.maximum_filter1d(padded, n, origin=(n - 1) // 2)[n - 1 :] if n > 1 else values
