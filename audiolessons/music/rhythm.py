"""How a tune moves: the rhythm of its onsets, what repeats in it, and its steps up and down.

Nothing here looks at a metre or a bar line: only at when notes begin and how high they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.music.tunes import Note, melody

STEPS_A_WHOLE = 48  # a grid on which eighths (6 steps), sixteenths (3) and triplets (4) lie
# Bars by their metre, in whole notes: of two that repeat alike, the commoner stands first.
BARS = {
    "4/4": Fraction(1),
    "6/8": Fraction(3, 4),
    "3/4": Fraction(3, 4),
    "2/4": Fraction(1, 2),
    "9/8": Fraction(9, 8),
}
NEAR = 0.05  # correlations that differ by less are taken for the same


def onset_steps(notes: Iterable[Note], *, steps_a_whole: int = STEPS_A_WHOLE) -> np.ndarray:
    """Return how strongly each step of time is struck, float64 (N,): how long its note lasts.

    A long note draws more attention to where it begins than a short one. Durations are in whole
    notes; steps are counted from the first note.

    Raises
    ------
    AudioError
        If there are no notes.

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> struck = onset_steps([Note(quarter * n, quarter, 60 + n) for n in range(3)])
    >>> np.flatnonzero(struck)
    array([ 0, 12, 24])

    Chapter: music/style
    """
    tune = melody(notes)
    if not tune:
        raise AudioError("notes is empty: rhythm needs some")
    check_count(steps_a_whole, name="steps_a_whole")
    first = tune[0].onset
    places = [round((note.onset - first) * steps_a_whole) for note in tune]
    end = round((tune[-1].onset + tune[-1].duration - first) * steps_a_whole)
    struck = np.zeros(max(end, places[-1] + 1))
    for place, note in zip(places, tune, strict=True):
        struck[place] = max(struck[place], float(note.duration))
    return struck


def autocorrelation(values: np.ndarray, *, n_lags: int) -> np.ndarray:
    """Return how much values resemble themselves some steps later, float64 (n_lags,), from lag 1.

    The mean is taken off, each lag is divided by the values that overlap, and the whole by the
    variance: 1 is the same again, 0 is no likeness.

    Raises
    ------
    AudioError
        If there are no more values than lags.

    Examples
    --------
    >>> autocorrelation(np.tile([1.0, 0.0], 50), n_lags=4)
    array([-1.,  1., -1.,  1.])

    Chapter: music/style
    """
    values = np.asarray(values, dtype=np.float64)
    check_count(n_lags, name="n_lags")
    if values.ndim != 1 or len(values) <= n_lags:
        raise AudioError(
            f"values has shape {values.shape}: {n_lags} lags need more than {n_lags} values"
        )
    values = values - values.mean()
    variance = np.mean(values**2)
    if variance == 0:
        return np.zeros(n_lags)
    overlaps = [values[lag:] @ values[:-lag] / len(values[lag:]) for lag in range(1, n_lags + 1)]
    return np.array(overlaps) / variance


def unit_duration(notes: Iterable[Note]) -> Fraction:
    """Return the commonest duration, in whole notes; of equals, the shortest.

    Measured in it, a tune is the same whether it is written in eighths or in sixteenths: how it is
    written is the choice of whoever wrote it down.

    Raises
    ------
    AudioError
        If there are no notes.

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> unit_duration([Note(n * eighth, eighth, 60) for n in range(3)])
    Fraction(1, 8)

    Chapter: music/style
    """
    counts = Counter(note.duration for note in notes)
    if not counts:
        raise AudioError("notes is empty: it has no commonest duration")
    return min(counts, key=lambda duration: (-counts[duration], duration))


def intervals(notes: Iterable[Note]) -> list[int]:
    """Return the steps of the melody in semitones, up being positive.

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> intervals([Note(n * quarter, quarter, pitch) for n, pitch in enumerate((60, 64, 62))])
    [4, -2]

    Chapter: music/style
    """
    return [after.pitch - before.pitch for before, after in pairwise(melody(notes))]


def contour(notes: Iterable[Note]) -> str:
    """Return the ups and downs of the melody: "u", "d", and "r" for a repeated note.

    This is the code by D. Parsons (The Directory of Tunes and Musical Themes, 1975).

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> contour([Note(n * quarter, quarter, pitch) for n, pitch in enumerate((60, 60, 64, 62))])
    'rud'

    Chapter: music/style
    """
    return "".join("u" if step > 0 else "d" if step < 0 else "r" for step in intervals(notes))


def duration_ratios(notes: Iterable[Note]) -> list[Fraction]:
    """Return from each onset of the melody to the next, over the one before: 1 is "as long".

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> dotted = [Note(onset * eighth / 2, eighth, 60) for onset in (0, 3, 4, 7, 8)]
    >>> [str(ratio) for ratio in duration_ratios(dotted)]
    ['1/3', '3', '1/3']

    Chapter: music/style
    """
    gaps = [after.onset - before.onset for before, after in pairwise(melody(notes))]
    return [after / before for before, after in pairwise(gaps)]


def find_bar(notes: Iterable[Note]) -> str:
    """Return the metre whose bar the onsets repeat best: a guess from autocorrelation alone.

    What repeats after a bar repeats after two as well, so a metre is judged by both; of several
    that do nearly as well, the first of `BARS` is taken. The bars of 3/4 and 6/8 last equally long:
    half of it repeats in 6/8, and a third in 3/4.

    Raises
    ------
    AudioError
        If the notes last less than two bars of 9/8.

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> long = [Note(3 * n * eighth, 2 * eighth, 60) for n in range(20)]
    >>> short = [Note((3 * n + 2) * eighth, eighth, 62) for n in range(20)]
    >>> find_bar(sorted(long + short))
    '6/8'

    Chapter: music/style
    """
    lags = {name: round(length * STEPS_A_WHOLE) for name, length in BARS.items()}
    likeness = autocorrelation(onset_steps(notes), n_lags=2 * max(lags.values()))
    worth = {name: (likeness[lag - 1] + likeness[2 * lag - 1]) / 2 for name, lag in lags.items()}
    found = next(name for name in worth if worth[name] >= max(worth.values()) - NEAR)
    if found in ("6/8", "3/4"):
        lag = lags[found]
        return "6/8" if likeness[lag // 2 - 1] > likeness[lag // 3 - 1] else "3/4"
    return found
