"""One word among all others: a number for each 10 ms, and when that number means "now"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from audiolessons.errors import AudioError, check_count
from audiolessons.models import ActivityGRU, ActivityStream

HOP_LENGTH = 160  # 10 ms at 16 kHz
N_SMOOTHED = 10  # hops that are averaged: a single high one is no word
HOLD = 100  # hops after a word in which it is not heard again
CHECKED = 110  # hops that are looked at again when the word seems to be there
RELEASED = 20  # hops after something that was no word


class WordStream:
    """Hear one word in a sound that arrives, with memory that does not grow.

    A network says for each hop of 10 ms how likely it is that the word has just ended. The mean of
    the last ten hops is compared with a threshold; after a word one second is let go by, so that a
    word is heard once.

    Parameters
    ----------
    model : ActivityGRU
        One that was taught the word, with `delay=0`; it is used in evaluation mode.
    threshold : float
        Between 0 and 1. Higher: fewer false alarms, more words missed.
    check : callable, optional
        Is given the last 1.1 s (T,) whenever the word seems to be there, and says whether it is: a
        larger network that need not run all the time.

    Attributes
    ----------
    scores : list of float
        The means of the hops that the last part brought, for looking at.

    Raises
    ------
    AudioError
        If the threshold cannot be, or a part is no whole number of hops.

    Examples
    --------
    >>> network = ActivityGRU(hidden_size=8, delay=0)
    >>> stream = WordStream(network, threshold=1.0)
    >>> stream.push(np.zeros(1600, np.float32)), len(stream.scores)
    ([], 10)

    References
    ----------
    G. Chen, C. Parada and G. Heigold, "Small-footprint keyword spotting using deep neural
    networks", ICASSP 2014.

    Chapter: large/assistant
    """

    def __init__(
        self,
        model: ActivityGRU,
        *,
        threshold: float,
        check: Callable[[np.ndarray], bool] | None = None,
    ):
        self._spotter, self._check = Spotter(threshold=threshold), check
        self._heard, self._n_hops = np.zeros(CHECKED * HOP_LENGTH, np.float32), 0
        self._stream = ActivityStream(model)
        self.scores: list[float] = []

    def push(self, part: np.ndarray) -> list[int]:
        """Take samples (k * 160,) at 16 kHz; return the hops, counted from the first of all, at
        which the word was heard.
        """
        samples = np.asarray(part, dtype=np.float32)
        likely = self._stream.push(torch.from_numpy(samples)).numpy()
        found, self.scores = self._spotter.push(likely)
        heard = np.concatenate([self._heard, samples])
        if self._check is not None:
            # The last sample of hop h stands so far from the front of what is remembered.
            ends = [CHECKED + hop + 1 - self._n_hops for hop in found]
            kept = [
                self._check(heard[(end - CHECKED) * HOP_LENGTH : end * HOP_LENGTH]) for end in ends
            ]
            if found and not any(kept):
                self._spotter.release()
            found = [hop for hop, is_kept in zip(found, kept, strict=True) if is_kept]
        self._n_hops += len(likely)
        self._heard = heard[len(samples) :]
        return found


class Spotter:
    """Turn probabilities into moments: a mean, a threshold, and a while in which nothing counts.

    Examples
    --------
    >>> spotter = Spotter(threshold=0.5)
    >>> heard, scores = spotter.push(np.r_[np.zeros(20), np.ones(15), np.zeros(20)])
    >>> heard  # the sixth of ten brings the mean above one half
    [25]

    Chapter: large/assistant
    """

    def __init__(self, *, threshold: float, n_smoothed: int = N_SMOOTHED, hold: int = HOLD):
        if not 0 < threshold <= 1:
            raise AudioError(f"threshold is {threshold}: give a probability, such as 0.5")
        self.threshold = threshold
        self.hold = check_count(hold, name="hold", minimum=0)
        self._last = np.zeros(check_count(n_smoothed, name="n_smoothed") - 1)
        self._n_heard, self._free_at = 0, 0

    def release(self) -> None:
        """Let the word be heard again after a fifth of a second: what was heard was none."""
        self._free_at = min(self._free_at, self._n_heard + RELEASED)

    def push(self, probabilities: np.ndarray) -> tuple[list[int], list[float]]:
        """Take the next probabilities (N,); return hops that are moments, and all means."""
        values = np.concatenate([self._last, probabilities])
        n_smoothed = len(self._last) + 1
        sums = np.cumsum(np.concatenate([[0.0], values]))
        scores = (sums[n_smoothed:] - sums[:-n_smoothed]) / n_smoothed
        found = []
        for hop in np.flatnonzero(scores > self.threshold) + self._n_heard:
            if hop >= self._free_at:
                found.append(int(hop))
                self._free_at = hop + self.hold
        self._n_heard += len(probabilities)
        self._last = values[len(values) - len(self._last) :]
        return found, scores.tolist()
