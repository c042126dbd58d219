"""Whose turn is it? A speaker has finished if it is quiet for long enough, and what is enough
depends on what was said.
"""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive

HOP_S = 0.01
WHOLE = ("surely", "maybe", "no")  # can what was said so far be all?
BACK_HOPS = 300  # in which the quietest hops are the noise
SMOOTHED = 3  # hops


class TurnTaker:
    """Say when a turn has begun, when it pauses, and when it is over, hop by hop of 10 ms.

    A hop is loud if its level lies above a line between the noise and the voice. The noise is the
    tenth part of the last three seconds that is quietest, the voice the loudest hop of the turn.
    After `think_s` of quiet the turn pauses: what was said so far may be looked at. If that is
    `whole` surely, the turn is over after `short_s` of quiet, if maybe, after `middle_s`, and if
    not, after `long_s`. A machine that waits the same time always must be either slow or rude.

    Parameters
    ----------
    think_s, short_s, middle_s, long_s
        Seconds of quiet, none shorter than the one before.
    patience_s
        Seconds without a voice after which nobody has come.
    longest_s
        Seconds after which a turn is over in any case.
    share
        Where the line lies between the noise (0) and the voice (1), in decibels.

    Attributes
    ----------
    whole : str
        "surely", "maybe" or "no", to be set by whoever looks at a pause; "no" after a new voice.

    Raises
    ------
    AudioError
        If the times are in another order.

    Examples
    --------
    >>> taker = TurnTaker()
    >>> levels = np.r_[np.full(50, -60.0), np.full(80, -20.0), np.full(130, -60.0)]
    >>> [(hop, event) for hop, level in enumerate(levels) if (event := taker.push(level))]
    [(53, 'begun'), (140, 'pause'), (250, 'over')]

    References
    ----------
    M. Shannon, G. Simko, S. Chang and C. Parada, "Improved end-of-query detection for streaming
    speech recognition", Interspeech 2017.

    Chapter: large/assistant
    """

    def __init__(
        self,
        *,
        think_s: float = 0.1,
        short_s: float = 0.25,
        middle_s: float = 0.4,
        long_s: float = 1.2,
        patience_s: float = 4.0,
        longest_s: float = 10.0,
        share: float = 0.4,
    ):
        if not 0 < think_s < short_s <= middle_s <= long_s:
            raise AudioError(
                f"think_s, short_s, middle_s, long_s are {think_s}, {short_s}, {middle_s}, "
                f"{long_s}: none is shorter than the one before"
            )
        waits_s = dict(zip(WHOLE, (short_s, middle_s, long_s), strict=True))
        self.think = round(think_s / HOP_S)
        self.waits = {whole: round(wait_s / HOP_S) for whole, wait_s in waits_s.items()}
        self.patience = round(check_positive(patience_s, name="patience_s") / HOP_S)
        self.longest = round(check_positive(longest_s, name="longest_s") / HOP_S)
        if not 0 < share < 1:
            raise AudioError(f"share is {share}: give a number between 0 and 1")
        self.share, self.whole = share, "no"
        self._before: list[float] = []
        self.start()

    def start(self) -> None:
        """Begin to listen for a turn; what the noise is like is kept."""
        self.whole, self._begun = "no", False
        self._quiet = self._loud = self._n = 0
        self._voice_db = -np.inf

    def push(self, level_db: float, *, listening: bool = True) -> str | None:
        """Take the level of the next hop; return "begun", "pause", "over", "nobody" or None.

        What comes while nobody is `listening` only teaches what the noise is like.
        """
        self._before = [*self._before, float(level_db)][-BACK_HOPS:]
        if not listening:
            return None
        self._n += 1
        noise_db = float(np.percentile(self._before, 10))
        level_db = float(np.mean(self._before[-SMOOTHED:]))
        self._voice_db = max(self._voice_db, level_db, noise_db + 12.0)
        if level_db > noise_db + self.share * (self._voice_db - noise_db):
            self._loud, self._quiet = self._loud + 1, 0
            if self._loud >= 4:
                self.whole = "no"
            if self._loud == 4 and not self._begun:
                self._begun = True
                return "begun"
        else:
            self._loud, self._quiet = 0, self._quiet + 1
        event = "pause" if self._begun and self._quiet == self.think else None
        if not self._begun:
            event = "nobody" if self._n >= self.patience else None
        elif self._quiet >= self.waits[self.whole] or self._n >= self.longest:
            event = "over"
        if event in ("nobody", "over"):
            self.start()
        return event


def hop_levels_db(audio: np.ndarray, *, hop_length: int) -> np.ndarray:
    """Return the level of each hop of a sound (T,), in dB, (N,); a rest of a hop is left out.

    Examples
    --------
    >>> hop_levels_db(np.r_[np.ones(160), np.zeros(160)], hop_length=160)
    array([   0., -100.])

    Chapter: large/assistant
    """
    check_count(hop_length, name="hop_length")
    hops = np.asarray(audio, dtype=np.float64)
    hops = hops[: len(hops) // hop_length * hop_length].reshape(-1, hop_length)
    return 10 * np.log10(np.mean(hops**2, axis=1) + 1e-10).round(10)
