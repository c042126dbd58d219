"""Mandarin tones: one syllable, four melodies. Whole syllables are held out, in all their tones."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, features
from audiolessons.recipes.tasks.emotion._descriptions import (
    HOP_LENGTH,
    SAMPLE_RATE,
    contours,
    spoken,
)
from audiolessons.recipes.tasks.emotion._folds import N_SYLLABLE_FOLDS
from audiolessons.results import read_scenes

REFERENCE_HZ = 200.0  # of semitones: one speaker, one reference
# {name: how many points of the melody, and whether the rest is told as well}
DESCRIPTIONS = {
    "points_8": (8, False),
    "points_16": (16, False),
    "points_8_more": (8, True),
    "points_16_more": (16, True),
}
CLASSIFIERS = ("svm_1", "svm_10", "lda")
SYSTEMS = tuple(f"{what}.{how}" for what in DESCRIPTIONS for how in CLASSIFIERS)
BASELINE = "points_8.svm_10"


@dataclass(frozen=True, eq=False)
class Tones:
    """All syllables: `tables` holds (B, D) for each of `DESCRIPTIONS`, `tone` (B,) is 0 to 3."""

    ids: np.ndarray
    tables: dict
    contours: list
    tone: np.ndarray
    syllable: np.ndarray
    fold: np.ndarray
    labels: list
    source: str


@functools.cache
def load(*, stand_ins: bool = False) -> Tones:
    """Return the syllables, described, and kept in memory.

    Chapter: tasks/emotion
    """
    sounds = datasets.load("mandarin_syllables", stand_ins=stand_ins)
    found = [contours(spoken(one)) for one in sounds]
    columns = sounds.table
    return Tones(
        ids=columns["id"],
        tables={
            what: np.stack([describe(one, *options) for one in found])
            for what, options in DESCRIPTIONS.items()
        },
        contours=found,
        tone=sounds.label_ids,
        syllable=columns["syllable"],
        fold=folds(columns["syllable"], sounds.source),
        labels=sounds.labels,
        source=sounds.source,
    )


def folds(syllables, source: str) -> np.ndarray:
    """Return the fold of each row, (B,): a syllable is in one fold with all its tones."""
    if source != "recordings":
        return np.unique(syllables, return_inverse=True)[1] % N_SYLLABLE_FOLDS
    drawn = enumerate(read_scenes("emotion")["syllables"])
    fold_of = {one: n for n, fold in drawn for one in fold}
    return np.array([fold_of[one] for one in syllables])


def predict(tones: Tones, system: str, train, test) -> np.ndarray:
    """Return the tones (0 to 3) that a system hears in the rows `test`, after learning `train`.

    Chapter: tasks/emotion
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    what, how = system.split(".")
    learner = (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        if how == "lda"
        else SVC(C=float(how.removeprefix("svm_")))
    )
    rows = tones.tables[what]
    fitted = make_pipeline(StandardScaler(), learner).fit(rows[train], tones.tone[train])
    return fitted.predict(rows[test])


def describe(found: dict, n_points: int, more: bool) -> np.ndarray:
    """Return the melody of a syllable at some points, in semitones above `REFERENCE_HZ`.

    `more` appends as many points of the level and of harmonics to noise, where the melody is, and
    how long it is and the gaps in it are, in seconds.

    Chapter: tasks/emotion
    """
    melody = features.semitones(found["pitch"], reference_hz=REFERENCE_HZ)
    points = features.contour_points(melody, n_points=n_points)
    if not more:
        return points
    is_voiced = np.isfinite(melody)
    sung = np.flatnonzero(is_voiced)
    length = sung[-1] - sung[0] + 1 if len(sung) else 0
    seconds = np.array([length, length - len(sung)]) * HOP_LENGTH / SAMPLE_RATE
    beside = [
        features.contour_points(_where(is_voiced, found[name]), n_points=n_points)
        for name in ("level", "harmonics")
    ]
    return np.concatenate([points, *beside, seconds])


def _where(is_voiced, contour):
    return np.where(is_voiced, contour, np.nan)
