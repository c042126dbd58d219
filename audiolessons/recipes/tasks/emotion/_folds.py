"""Parts that are drawn, once, before anything is trained: they are kept in data/scenes."""

from __future__ import annotations

import numpy as np

from audiolessons import datasets

N_FOLDS = 10  # of sentences
N_SYLLABLE_FOLDS = 6


def draw(*, seed: int) -> dict:
    """Draw ten folds of sentences, each emotion spread evenly over them, and six of syllables.

    Chapter: tasks/emotion
    """
    random = np.random.default_rng(seed)
    acted = datasets.load("emotional_speech")
    folds = [[] for _ in range(N_FOLDS)]
    for emotion in range(len(acted.labels)):
        ids = acted.table["id"][acted.label_ids == emotion]
        for n, one in enumerate(random.permutation(ids)):
            folds[(n + emotion) % N_FOLDS].append(str(one))
    syllables = random.permutation(datasets.load("mandarin_syllables").syllables)
    return {
        "folds": [sorted(fold) for fold in folds],
        "syllables": [
            sorted(map(str, syllables[n::N_SYLLABLE_FOLDS])) for n in range(N_SYLLABLE_FOLDS)
        ],
    }
