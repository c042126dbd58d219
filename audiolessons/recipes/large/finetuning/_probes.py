"""What the states of each layer know: a linear classifier is asked for digits, voices and more.

The encoder stays as it is. Each sound is described by mean and deviation of its states over time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch

from audiolessons import datasets, features, signals, training
from audiolessons.recipes.large.finetuning import _pretraining
from audiolessons.recipes.large.finetuning._frames import (
    SAMPLE_RATE,
    THRESHOLD_DB,
    frames,
    padded,
)
from audiolessons.recipes.tasks.emotion._protocols import classifier

TASKS = ("digit", "voice", "syllable", "emotion")
CLASSIFIER = "lda_0.3"
N_MFCC = 20
PIECE = 64
RIDGE = 10.0  # fixed before anything was measured


@dataclass(frozen=True, eq=False)
class Asked:
    """Sounds of one task: their frames (40, N), labels (B,), groups (B,), and which rows test.

    `splits` are pairs (training, test) of booleans (B,); every row that is tested is tested once.
    """

    log_mels: list
    labels: np.ndarray
    groups: np.ndarray
    splits: list
    source: str

    @property
    def is_tested(self) -> np.ndarray:
        """(B,), whether a row is ever tested."""
        return np.any([test for _, test in self.splits], axis=0)


def _heard(one):
    audio = np.trim_zeros(one.audio)
    audio = signals.resample(audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
    return frames(signals.trim_silence(audio, sample_rate=SAMPLE_RATE, threshold_db=THRESHOLD_DB))


@functools.cache
def asked(task: str) -> Asked:
    """Return the sounds of one of `TASKS`.

    "digit": spoken digits of a voice that the classifier has not heard. "voice": which of the six.
    "syllable": which Mandarin syllable, in a tone in which it has not heard any. "emotion": of an
    actor it has not heard.

    Chapter: large/finetuning
    """
    name = {"syllable": "mandarin_syllables", "emotion": "emotional_speech"}.get(
        task, "spoken_digits"
    )
    sounds = datasets.load(name)
    log_mels, table = [_heard(one) for one in sounds], sounds.table
    labels, is_test = sounds.label_ids, table.get("split") == "test"
    if task == "syllable":
        groups, apart = table["syllable"], table["tone"]
        labels = np.unique(groups, return_inverse=True)[1]
    else:
        groups = apart = table["speaker"]
    if task == "voice":
        labels = np.unique(groups, return_inverse=True)[1]
        splits = [(~is_test, is_test)]
    elif task == "digit":
        splits = [(~is_test & (apart != one), is_test & (apart == one)) for one in np.unique(apart)]
    else:
        splits = [(apart != one, apart == one) for one in np.unique(apart)]
    return Asked(log_mels, labels, groups, splits, sounds.source)


def states_of(network, log_mels) -> np.ndarray:
    """Return mean and deviation of the states of each layer, (B, layers, 2 W).

    Chapter: large/finetuning
    """
    found = []
    order = np.argsort([one.shape[1] for one in log_mels], kind="stable")
    with training.evaluating(network) as device:
        for start in range(0, len(order), PIECE):
            x, lengths = padded([log_mels[i] for i in order[start : start + PIECE]])
            states = torch.stack(network.states(x.to(device), lengths), dim=1).cpu()
            for one, n in zip(states, lengths.tolist(), strict=True):
                kept = one[:, :n]  # (layers, N, W)
                found.append(torch.cat([kept.mean(dim=1), kept.std(dim=1, correction=0)], dim=1))
    described = torch.stack(found).numpy()
    return described[np.argsort(order)]


def cepstra_of(log_mels) -> np.ndarray:
    """Return mean and deviation of 20 cepstral numbers and of their changes, (B, 80).

    Chapter: large/finetuning
    """
    found = []
    for one in log_mels:
        cepstrum = features.dct(one, n_out=N_MFCC)
        both = np.concatenate([cepstrum, features.deltas(cepstrum, width=5)])
        found.append(np.concatenate([both.mean(axis=1), both.std(axis=1)]))
    return np.stack(found)


@functools.cache
def tables(task: str, *, is_trained: bool = True) -> dict:
    """Return what describes the sounds of a task: {"layer_0": (B, 256), ..., "cepstra": (B, 80)}.

    Chapter: large/finetuning
    """
    network = _pretraining.trained() if is_trained else _pretraining.encoder()
    states = states_of(network, asked(task).log_mels)
    found = {f"layer_{n}": states[:, n] for n in range(states.shape[1])}
    return {**found, "cepstra": cepstra_of(asked(task).log_mels)}


def answers(task: str, table: np.ndarray) -> np.ndarray:
    """Return what a linear classifier says of each row when it is its turn to be tested, (B,).

    Chapter: large/finetuning
    """
    one = asked(task)
    found = np.zeros_like(one.labels)
    for train, test in one.splits:
        found[test] = (
            classifier(CLASSIFIER).fit(table[train], one.labels[train]).predict(table[test])
        )
    return found


def few_takes(table: np.ndarray, takes: dict, n: int, *, others: bool) -> np.ndarray:
    """Return what is right of each voice's takes 0 to 4 after n takes of it, (S, V, 50) booleans.

    A ridge classifier learns on descriptions that stay as they are; with `others` also from the
    takes 5 to 49 of all other voices, which together weigh as much as the new ones.

    Parameters
    ----------
    table : array
        (B, D), what describes the digits.
    takes : dict
        {(seed, speaker): takes}, of which the first n are learned.
    n : int
    others : bool

    Chapter: large/finetuning
    """
    digits = datasets.load("spoken_digits").table
    speaker, take, label = (digits[key] for key in ("speaker", "take", "digit"))
    found: dict = {}
    for (seed, voice), order in takes.items():
        new = (speaker == voice) & np.isin(take, order[:n])
        old = (speaker != voice) & (take >= 5) & others
        weight = np.where(new, 1 / max(new.sum(), 1), 1 / max(old.sum(), 1))
        learned, tested = new | old, (speaker == voice) & (take < 5)
        probe = _ridge(table[learned], label[learned], weight[learned] * learned.sum())
        found.setdefault(seed, []).append(probe.predict(table[tested]) == label[tested])
    return np.array([found[seed] for seed in sorted(found)])


def own_labels(table: np.ndarray, takes: dict) -> dict:
    """Return what is right after one take, and after the surer half of 19 more labelled by itself.

    {"before", "after": (S, V, 50), "sure": (S, V, 1) the share of its labels that are right}.

    Chapter: large/finetuning
    """
    digits = datasets.load("spoken_digits").table
    speaker, take, label = (digits[key] for key in ("speaker", "take", "digit"))
    found: dict = {"before": {}, "after": {}, "sure": {}}
    for (seed, voice), order in takes.items():
        own = speaker == voice
        known = np.flatnonzero(own & (take == order[0]))
        pool = np.flatnonzero(own & np.isin(take, order[1:]))
        tested = own & (take < 5)
        teacher = _ridge(table[known], label[known])
        scores = teacher.decision_function(table[pool])
        surest = np.argsort(-scores.max(axis=1), kind="stable")[: len(pool) // 2]
        said = scores.argmax(axis=1)[surest]
        rows = np.concatenate([known, pool[surest]])
        pupil = _ridge(table[rows], np.concatenate([label[known], said]))
        for key, right in (
            ("before", teacher.predict(table[tested]) == label[tested]),
            ("after", pupil.predict(table[tested]) == label[tested]),
            ("sure", [np.mean(said == label[pool[surest]])]),
        ):
            found[key].setdefault(seed, []).append(right)
    return {key: np.array([rows[seed] for seed in sorted(rows)]) for key, rows in found.items()}


def _ridge(table, labels, weight=None):
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), RidgeClassifier(alpha=RIDGE))
    return probe.fit(table, labels, ridgeclassifier__sample_weight=weight)
