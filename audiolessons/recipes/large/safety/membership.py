"""Was this sentence learned from? What a model of few voices tells about its lessons.

A model learns who of ten speakers speaks, from ten sentences of each, or who of forty, from two. An
attacker who may ask it, and knows who speaks, guesses that sentences on which it errs less were
among its lessons. He is the weakest there is: stronger ones train models of their own first.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from audiolessons import datasets, features, metrics
from audiolessons.recipes.tasks.speaker._altered_voices import SAMPLE_RATE, at_rate
from audiolessons.results import Row

__all__ = ["STRENGTHS", "Halves", "load", "losses", "measure", "train"]

FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 40}
N_VOICES = 10
N_DRAWS = 20
# How much the weights cost, beside the errors: the more, the less is learned by heart.
STRENGTHS = {"hardly": 1e-4, "some": 1.0, "much": 100.0}
N_FEW = 40  # voices of which only two sentences each are learned from


class Halves(NamedTuple):
    """Sentences in two halves: what is learned from, and what is not. Speakers are numbers.

    `lessons` and `others` are (B, 80), `taught` and `unheard` the speakers (B,).
    """

    lessons: np.ndarray
    taught: np.ndarray
    others: np.ndarray
    unheard: np.ndarray


def load(*, n_voices: int = N_VOICES, size: str | None = "full") -> tuple[np.ndarray, np.ndarray]:
    """Return all sentences of some speakers: mean and deviation of log-mel (B, 80), and who speaks.

    Without `size` those of the small form of the set.

    Examples
    --------
    >>> table, speakers = load(n_voices=2)
    >>> table.shape[1], sorted(set(speakers.tolist()))
    (80, [0, 1])

    Chapter: large/safety
    """
    sounds = datasets.load("many_voices", size=size, split="train")
    speakers = sorted(set(sounds.speakers))[:n_voices]
    table, who = [], []
    for number, speaker in enumerate(speakers):
        for one in sounds.where(speaker=speaker):
            audio = at_rate(one.audio, one.sample_rate)
            level = features.log_mel(audio, sample_rate=SAMPLE_RATE, **FRAMES)
            table.append(np.concatenate([level.mean(axis=1), level.std(axis=1)]))
            who.append(number)
    return np.stack(table), np.array(who)


def halves(table, speakers, *, seed: int = 0) -> Halves:
    """Draw half of the sentences of each speaker to learn from.

    Chapter: large/safety
    """
    random = np.random.default_rng(seed)
    is_lesson = np.zeros(len(speakers), dtype=bool)
    for number in np.unique(speakers):
        rows = random.permutation(np.flatnonzero(speakers == number))
        is_lesson[rows[: (len(rows) + 1) // 2]] = True
    return Halves(table[is_lesson], speakers[is_lesson], table[~is_lesson], speakers[~is_lesson])


def train(sentences: Halves, *, strength: float):
    """Return a logistic regression that tells who speaks, weights kept small by `strength`.

    Chapter: large/safety
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    line = LogisticRegression(C=1 / strength, max_iter=3000)
    return make_pipeline(StandardScaler(), line).fit(sentences.lessons, sentences.taught)


def losses(model, table, speakers) -> np.ndarray:
    """Return the cross-entropy of each sentence, (B,): what the attacker goes by.

    Chapter: large/safety
    """
    chances = model.predict_proba(table)
    return -np.log(np.maximum(chances[np.arange(len(speakers)), speakers], 1e-300))


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: how well lessons are told from other sentences.

    `quick` takes two voices and one draw: it shows that all runs.

    Chapter: large/safety
    """
    found = {name: partial(_rows, name, quick) for name in STRENGTHS}
    return {**found, "few": partial(_rows, "some", quick, n_voices=N_FEW, size=None)}


def _rows(name, quick, *, n_voices=N_VOICES, size="full"):
    n_voices, n_draws = (2, 1) if quick else (n_voices, N_DRAWS)
    table, speakers = load(n_voices=n_voices, size=size)
    right, attacks = [], []
    for seed in range(n_draws):
        drawn = halves(table, speakers, seed=seed)
        model = train(drawn, strength=STRENGTHS[name])
        known = losses(model, drawn.lessons, drawn.taught)
        new = losses(model, drawn.others, drawn.unheard)
        truth = np.repeat([1, 0], [len(known), len(new)])
        attacks.append(100 * metrics.roc_auc(truth, -np.concatenate([known, new])))
        right.append(100 * float(np.mean(model.predict(drawn.others) == drawn.unheard)))
    how = f"{len(speakers)} sentences of {n_voices} speakers, half of them learned, {n_draws} draws"
    yield Row.several("accuracy", right, "%", how=f"{how}, sentences not learned from")
    yield Row.several("attack", attacks, "%", how=f"{how}, area under the ROC curve, 50 is chance")
