"""Folds of tunes that are drawn once, before anything is trained: they are kept in data/scenes."""

from __future__ import annotations

import numpy as np

from audiolessons.recipes.music.style._dances import DANCES, Tunes, load
from audiolessons.results import read_scenes

N_FOLDS = 10


def draw(*, seed: int) -> dict:
    """Draw ten folds of whole groups of near-duplicates, and ten that do not look at groups.

    In both, each dance is spread evenly.

    Chapter: music/style
    """
    tunes = load()
    return {
        kind: [sorted(map(str, tunes.ids[fold == number])) for number in range(N_FOLDS)]
        for kind, fold in (
            ("folds", spread(tunes.dance, tunes.group, seed=seed)),
            ("leaking", spread(tunes.dance, np.arange(len(tunes)), seed=seed)),
        )
    }


def spread(dance, group, *, seed: int, n_folds: int = N_FOLDS) -> np.ndarray:
    """Return a fold for each tune, (B,): a group has one fold, and folds have alike dances.

    Groups come in a drawn order, the largest first; each goes where its dance is rarest.

    Examples
    --------
    >>> spread([0, 0, 1, 1], [5, 5, 6, 7], seed=0, n_folds=2).tolist()
    [0, 0, 0, 1]

    Chapter: music/style
    """
    dance, group = np.asarray(dance), np.asarray(group)
    names, sizes = np.unique(group, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    counts = np.zeros((n_folds, len(DANCES)), dtype=int)
    fold = np.empty(len(dance), dtype=int)
    for name in names[order]:
        members = group == name
        has = np.bincount(dance[members], minlength=len(DANCES))
        load_of = [(int((row * has).sum()), int(row.sum()), n) for n, row in enumerate(counts)]
        fold[members] = min(load_of)[2]
        counts[fold[members][0]] += has
    return fold


def folds_of(tunes: Tunes, kind: str = "folds") -> np.ndarray:
    """Return the fold of each tune, (B,): as drawn, or drawn anew for stand-ins.

    Chapter: music/style
    """
    if tunes.source != "recordings":
        group = tunes.group if kind == "folds" else np.arange(len(tunes))
        return spread(tunes.dance, group, seed=0, n_folds=N_FOLDS // 2)
    fold_of = {one: n for n, fold in enumerate(read_scenes("style")[kind]) for one in fold}
    return np.array([fold_of[one] for one in tunes.ids])
