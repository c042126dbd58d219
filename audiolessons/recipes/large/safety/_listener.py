"""A recogniser of single digits that has learned from disguised voices."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import zoom

from audiolessons import datasets, features
from audiolessons.recipes._spoken_digits import FRAMES
from audiolessons.recipes.large.safety._disguises import disguise

RATE = 8000
N_PARTS = 12  # in which a digit is described, however long it lasts


def heard_digits(name: str, *, every: int = 1) -> np.ndarray:
    """Return which test digits are recognised, (B,), by a machine trained on disguised ones.

    It is a support vector machine on MFCC, read at twelve places along each digit.

    Parameters
    ----------
    name : str
        The disguise, of what trains and of what tests.
    every : int
        Only each so-manieth sound.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    (learned, digits), (tested, truth) = (_lessons(name, part, every) for part in ("train", "test"))
    machine = make_pipeline(StandardScaler(), SVC(C=10.0)).fit(learned, digits)
    return machine.predict(tested) == truth


def _lessons(name, part, every):
    sounds = datasets.load("spoken_digits", split=part)
    sounds = [sounds[i] for i in range(0, len(sounds), every)]
    table = []
    for one in sounds:
        made = disguise(name, one.audio, sample_rate=RATE, seed=list(one.id.encode()))
        cepstra = features.mfcc(made, sample_rate=RATE, n_mfcc=13, **FRAMES)
        table.append(zoom(cepstra, (1, N_PARTS / cepstra.shape[1]), order=1).ravel())
    return np.stack(table), np.array([one.digit for one in sounds])
