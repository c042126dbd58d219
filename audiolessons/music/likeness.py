"""The same tune under two names: fingerprints that no transposition changes, and what they find.

Tunes that share many short runs of steps are compared in full, by the fewest notes that would have
to be changed; those that are near enough are one group.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from audiolessons.errors import check_count
from audiolessons.metrics import edit_distance
from audiolessons.music.rhythm import intervals
from audiolessons.music.tunes import Note

N_STEPS = 6  # of a run: seven notes
COMPARED_RUNS = 0.1  # share of the runs of the shorter tune: with fewer, no further look
SAME_RUNS = 0.35
SAME_STEPS = 0.5


def fingerprint(notes: Iterable[Note], *, n_steps: int = N_STEPS) -> frozenset[tuple[int, ...]]:
    """Return all runs of `n_steps` steps of the melody; where a tune is sung does not matter.

    Examples
    --------
    >>> from audiolessons.music import read_abc, transposed
    >>> tune = read_abc("L:1/8\\nK:G\\nGABc d2B2|AGFE D4|")[0]
    >>> fingerprint(tune.notes) == fingerprint(transposed(tune, 5).notes)
    True

    Chapter: music/style
    """
    check_count(n_steps, name="n_steps")
    steps = intervals(notes)
    return frozenset(tuple(steps[at : at + n_steps]) for at in range(len(steps) - n_steps + 1))


def same_tunes(tunes: Sequence[Sequence[Note]], *, titles: Sequence[str] = ()) -> np.ndarray:
    """Return the group of each tune, int64 (B,): one number for all that are nearly the same.

    Two tunes are the same if they share more than a third of the runs of the one that has fewer, as
    where one has a part of the other; or if they share a tenth, and at most half of the steps would
    have to be changed. Tunes of one title are taken for the same as well, whatever their notes: so
    little may be left of a common origin. What is the same as one tune of a group belongs to it.

    Parameters
    ----------
    tunes
        The notes of each.
    titles
        One for each tune, or none. Capitals, marks and a leading "the" do not matter.

    Examples
    --------
    >>> from audiolessons.music import read_abc, transposed
    >>> first, second = "GABc d2B2|AGFE D4|", "gfed cBAG|DGDG B2d2|"
    >>> tunes = read_abc(f"X:1\\nK:G\\n{first}\\nX:2\\nK:G\\n{second}")
    >>> tunes += [transposed(tunes[0], 3)]
    >>> same_tunes([tune.notes for tune in tunes])
    array([0, 1, 0])

    Chapter: music/style
    """
    steps = [intervals(notes) for notes in tunes]
    prints = [fingerprint(notes) for notes in tunes]
    holders: dict[tuple, list[int]] = defaultdict(list)
    group = list(range(len(tunes)))

    def leader(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    def unite(one: int, another: int) -> None:
        first, second = sorted((leader(one), leader(another)))
        group[second] = first

    for number, runs in enumerate(prints):
        shared: Counter = Counter()
        for run in runs:
            shared.update(holders[run])
            holders[run].append(number)
        for other, n_shared in shared.items():
            share = n_shared / min(len(runs), len(prints[other]))
            if share >= SAME_RUNS or (
                share >= COMPARED_RUNS and _changed(steps[number], steps[other]) <= SAME_STEPS
            ):
                unite(number, other)
    named: dict[str, int] = {}
    for number, title in enumerate(titles):
        plain = re.sub(r"[^a-z0-9]", "", re.sub(r"^the ", "", title.lower()))
        unite(number, named.setdefault(plain, number))
    _, numbers = np.unique([leader(number) for number in range(len(tunes))], return_inverse=True)
    return numbers


def _changed(first: list[int], second: list[int]) -> float:
    """Return the fewest changes from one row of steps to another, over the longer."""
    return edit_distance(first, second) / max(len(first), len(second))
