"""A chorale by a network: drafts are drawn, and the one with the fewest faults is kept.

Where a piece ends a network is neither told nor asked. So each draft is drawn longer than needed,
and cut at the cadence that lies nearest to the length asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from audiolessons import music
from audiolessons.errors import AudioError, check_count, check_positive

BAR = 16  # sixteenths
MORE_BARS = 3  # that are drawn beyond what is asked for, to find a cadence there
FEWEST_BARS, MOST_BARS = 2, 64
N_DRAFTS = 4
LAST_CHORD = 12  # sixteenths that the last chord is held at least
COSTLY = 4.0  # faults a bar that an ending without a cadence counts as


class Piece(NamedTuple):
    """A composed piece: voices int16 (N, 4), its key, and how it ends ("" if without a cadence).

    Chapter: music/generation
    """

    voices: np.ndarray
    key: music.Key
    cadence: str

    @property
    def upbeat_quarters(self) -> int:
        """Quarters before the first bar line: so that most notes begin at bar lines."""
        begins = (self.voices[1:] != self.voices[:-1]).sum(axis=1)
        begins = np.append(0, begins)  # the first note says nothing
        at_bar_lines = [begins[4 * n :: BAR].sum() for n in range(BAR // 4)]
        return int(np.argmax(at_bar_lines))


def compose(
    network,
    *,
    n_bars: int = 18,
    temperature: float = 0.8,
    seed: int = 0,
    soprano: np.ndarray | None = None,
    n_drafts: int = N_DRAFTS,
) -> Piece:
    """Compose a chorale, or alto, tenor and bass to a melody.

    Parameters
    ----------
    network
        Of four voices, such as a `ChoraleTransformer`; to a melody best a `Harmoniser`.
    n_bars : int
        Bars of four quarters, from 2 to 64; a melody has its own length.
    temperature : float
        Below 1 likely notes become likelier.
    seed : int
        Another seed, another piece.
    soprano : array, optional
        MIDI pitches (N,), sixteenths, -1 for a rest: the melody that is to be harmonised.
    n_drafts : int
        How many pieces are drawn, of which the best is returned.

    Raises
    ------
    AudioError
        If an option cannot be, or the melody leaves what a soprano sings.

    Examples
    --------
    >>> from audiolessons.models import ChoraleRNN
    >>> compose(ChoraleRNN(width=8, hidden_size=8), n_bars=2, n_drafts=1).voices.shape[1]
    4

    Chapter: music/generation
    """
    check_positive(temperature, name="temperature")
    check_count(n_drafts, name="n_drafts")
    if soprano is not None:
        return _harmonised(network, soprano, temperature, seed, n_drafts)
    if not FEWEST_BARS <= check_count(n_bars, name="n_bars") <= MOST_BARS:
        raise AudioError(f"n_bars is {n_bars}: give {FEWEST_BARS} to {MOST_BARS}")
    given = torch.full((n_drafts, BAR * (n_bars + MORE_BARS), 4), -1)
    drawn = network.draw(given, temperature=temperature, seed=seed).cpu().numpy()
    return _best([_ended(music.from_tokens(one), BAR * n_bars) for one in drawn])


def _harmonised(network, soprano, temperature, seed, n_drafts):
    melody = np.asarray(soprano)
    lowest, highest = music.SUNG_RANGES[0]
    sung = melody[melody >= 0]
    if melody.ndim != 1 or sung.size == 0:
        raise AudioError(f"soprano has shape {melody.shape}: give pitches (N,), not all of them -1")
    if sung.min() < lowest or sung.max() > highest:
        raise AudioError(
            f"soprano reaches from {sung.min()} to {sung.max()}: transpose it into {lowest} to "
            f"{highest}, which sopranos sing"
        )
    if len(melody) > MOST_BARS * BAR:
        raise AudioError(f"soprano has {len(melody) / BAR:.0f} bars: give at most {MOST_BARS}")
    given = torch.full((n_drafts, len(melody), 4), -1)
    given[..., 0] = torch.from_numpy(music.to_tokens(melody.astype(np.int16)))
    drawn = network.draw(given, temperature=temperature, seed=seed).cpu().numpy()
    return _best([_named(music.from_tokens(one)) for one in drawn])


def _best(pieces):
    def faults(piece):
        return music.faults_a_bar(piece.voices) + COSTLY * (not piece.cadence)

    return min(pieces, key=faults)


def _named(voices) -> Piece:
    key = _key(voices)
    ends = [name for at, name in music.cadences(voices, key=key) if at >= len(voices) - BAR]
    return Piece(voices, key, ends[-1] if ends else "")


def _ended(voices, n_wanted) -> Piece:
    """Return a draft, cut at the cadence that is nearest to the length wanted."""
    key = _key(voices[:n_wanted])
    wanted = [
        (abs(at + LAST_CHORD - n_wanted), at, name)
        for at, name in music.cadences(voices, key=key)
        if name in ("authentic", "plagal") and at >= 3 * n_wanted // 4
    ]
    if not wanted:
        return Piece(voices[:n_wanted], key, "")
    _, at, name = min(wanted)
    last = np.repeat(voices[at : at + 1], LAST_CHORD + (-(at + LAST_CHORD)) % 8, axis=0)
    return Piece(np.concatenate([voices[:at], last]), key, name)


def _key(voices):
    return music.key_heard(voices) if (voices >= 0).any() else music.key_of("C")
