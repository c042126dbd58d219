"""Who listens to disguised digits: the stored recogniser, and one that learned from such voices."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import zoom

from audiolessons import datasets, features
from audiolessons.recipes._spoken_digits import FRAMES
from audiolessons.recipes.large.safety._disguises import disguise_all
from audiolessons.recipes.speech.recognition import _digit_training as strings
from audiolessons.recipes.speech.recognition._joined import VALID_TAKES
from audiolessons.results import weights

RATE = 8000
RECOGNISER = "digit-strings"
N_PARTS = 12  # in which a digit is described, however long it lasts


def digits(part: str, *, every: int = 1) -> list:
    """Return spoken digits: "train", its parts "learn" and "valid" to choose with, or "test".

    Only each so-manieth with `every`.

    Chapter: large/safety
    """
    sounds = datasets.load("spoken_digits", split="test" if part == "test" else "train")
    sounds = [sounds[i] for i in range(0, len(sounds), every)]
    if part in ("learn", "valid"):
        sounds = [one for one in sounds if (one.take in VALID_TAKES) == (part == "valid")]
    return sounds


def known_digits(name: str, *, part: str = "test", every: int = 1) -> np.ndarray:
    """Return which digits the stored recogniser of strings knows in a disguise, (B,).

    Chapter: large/safety
    """
    network = strings.model()
    weights.load(network, RECOGNISER)
    sounds = digits(part, every=every)
    heard = strings.recognise(network, _disguised(name, sounds))
    return np.array([text == one.label_name for text, one in zip(heard, sounds, strict=True)])


def heard_digits(name: str, *, part: str = "test", every: int = 1) -> np.ndarray:
    """Return which digits are recognised, (B,), by a machine trained on disguised ones.

    It is a support vector machine on MFCC, read at twelve places along each digit.

    Parameters
    ----------
    name : str
        The disguise, of what trains and of what tests.
    part : str
        "test", or "valid", for which those takes are left out of the training.
    every : int
        Only each so-manieth sound.

    Chapter: large/safety
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    parts = ("learn", "valid") if part == "valid" else ("train", "test")
    (learned, taught), (tested, truth) = (_table(name, digits(one, every=every)) for one in parts)
    machine = make_pipeline(StandardScaler(), SVC(C=10.0)).fit(learned, taught)
    return machine.predict(tested) == truth


def _disguised(name, sounds):
    seeds = [list(one.id.encode()) for one in sounds]
    return disguise_all(name, sounds, sample_rate=RATE, seeds=seeds)


def _table(name, sounds):
    table = []
    for made in _disguised(name, sounds):
        cepstra = features.mfcc(made, sample_rate=RATE, n_mfcc=13, **FRAMES)
        table.append(zoom(cepstra, (1, N_PARTS / cepstra.shape[1]), order=1).ravel())
    return np.stack(table), np.array([one.digit for one in sounds])
