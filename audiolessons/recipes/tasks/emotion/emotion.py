"""How is it said? Acted emotions under four protocols, and Mandarin tones.

The same system looks better or worse by who stands on both sides: random folds share speakers and
sentences. What is reported as ours is chosen inside the training speakers, for each test speaker.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from audiolessons import metrics
from audiolessons.recipes._choice import answers_of, chosen, judged
from audiolessons.recipes.tasks.emotion import _folds, _tones
from audiolessons.recipes.tasks.emotion._descriptions import (
    FRAME_LENGTH,
    HOP_LENGTH,
    MAX_HZ,
    MIN_HZ,
    SAMPLE_RATE,
    Acted,
    contours,
    load,
    prosody,
    spoken,
    timbre,
)
from audiolessons.recipes.tasks.emotion._network import answers as network_answers
from audiolessons.recipes.tasks.emotion._network import prepare, train
from audiolessons.recipes.tasks.emotion._protocols import (
    PROTOCOLS,
    SYSTEMS,
    centred,
    classifier,
    predict,
    splits,
    tested,
)
from audiolessons.recipes.tasks.emotion._tones import load as load_tones
from audiolessons.recipes.tasks.emotion._tones import predict as predict_tones
from audiolessons.results import Row, slug

__all__ = [
    "FRAME_LENGTH",
    "HOP_LENGTH",
    "MAX_HZ",
    "MIN_HZ",
    "PROTOCOLS",
    "SAMPLE_RATE",
    "SYSTEMS",
    "Acted",
    "answers_of",
    "centred",
    "chosen",
    "classifier",
    "contours",
    "judged",
    "load",
    "load_tones",
    "measure",
    "network_answers",
    "predict",
    "predict_tones",
    "prepare",
    "prosody",
    "recall",
    "scenes",
    "splits",
    "spoken",
    "tested",
    "timbre",
    "train",
]

SHOWN = ("timbre.svm", "both.svm", "both.lda_0.3", "embedding.lda_0.3")
SEEDS = (0, 1, 2)
GOAL, GOAL_TONES = 72.0, 98.0
HARD_PERCENT = 90.0  # a sentence that fewer listeners recognised is a hard one
SAID = {
    "random": "ten random folds",
    "speaker": "each speaker left out",
    "speaker_and_sentence": "speaker and sentence unheard",
    "own_mean": "each speaker left out, less the mean of the speaker's own sentences",
}


def recall(truth, found, groups) -> tuple[float, float, float]:
    """Return the UAR in percent, and its interval of 95 % when groups are drawn anew.

    Chapter: tasks/emotion
    """
    pairs = np.stack([truth, found], axis=1)
    low, high = metrics.bootstrap_interval(
        pairs, statistic=lambda rows: metrics.unweighted_average_recall(*rows.T), groups=groups
    )
    return 100 * metrics.unweighted_average_recall(truth, found), 100 * low, 100 * high


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; `quick` has the stand-ins and few systems.

    Chapter: tasks/emotion
    """
    sounds = functools.cache(partial(load, stand_ins=quick))
    syllables = functools.cache(partial(load_tones, stand_ins=quick))
    return {
        "protocols": partial(_protocol_rows, sounds),
        "chosen": partial(_chosen_rows, sounds, quick),
        "network": partial(_network_rows, sounds, quick),
        "tones": partial(_tone_rows, syllables, quick),
    }


def scenes() -> dict:
    """Draw the folds: what `python -m audiolessons scenes emotion` writes.

    Chapter: tasks/emotion
    """
    return _folds.draw(seed=0)


def _row(name, truth, found, groups, *, how, **options):
    value, low, high = recall(truth, found, groups)
    return Row(name, value, "%", how=how, spread=(low, high), **options)


def _protocol_rows(sounds):
    """The same systems under four protocols: nothing is chosen."""
    acted = sounds()
    n_speakers = len(np.unique(acted.speaker))
    for system in SHOWN:
        for protocol in PROTOCOLS:
            found = tested(acted, system, protocol)
            how = f"{acted.source}, {SAID[protocol]}, 95 % interval over {n_speakers} speakers"
            weights = ("speaker",) if system.startswith("embedding") else ()
            name = f"{slug(system)}.{protocol}"
            yield _row(name, acted.emotion, found, acted.speaker, how=how, weights=weights)


def _chosen_rows(sounds, quick):
    """For each speaker the system that did best on the others; what that was, and what it hears."""
    acted = sounds()
    answer = partial(predict, acted)
    systems = SHOWN[:2] if quick else SYSTEMS
    worth = judged(acted.emotion, acted.speaker, systems, answer)
    choice = chosen(worth)
    found = answers_of(choice, acted.emotion, acted.speaker, answer)
    how = (
        f"{acted.source}, each of {len(choice)} speakers left out, one of {len(systems)} systems "
        "chosen by the other speakers, 95 % interval over speakers"
    )
    stored = {"weights": ("speaker",)}
    rows = (acted.emotion, found, acted.speaker)
    yield _row("uar", *rows, how=how, goal=f">= {GOAL}", **stored)
    is_right = found == acted.emotion
    for number, label in enumerate(acted.labels):
        share = 100 * is_right[acted.emotion == number].mean()
        yield Row(
            f"recall.{slug(label)}", share, "%", how=f"{acted.source}, as chosen.uar", **stored
        )
    for speaker in choice:
        mine = acted.speaker == speaker
        share = 100 * metrics.unweighted_average_recall(acted.emotion[mine], found[mine])
        how = f"{acted.source}, speaker {speaker}, by {choice[speaker]}"
        yield Row(f"speaker_{speaker}", share, "%", how=how, **stored)
    is_hard = acted.recognized_percent < HARD_PERCENT
    for name, kept in (("hard", is_hard), ("easy", ~is_hard)):
        how = (
            f"{acted.source}, sentences that {'fewer than' if name == 'hard' else 'at least'} "
            f"{HARD_PERCENT:g} % of the listeners recognised"
        )
        yield Row(name, 100 * is_right[kept].mean(), "%", how=how, **stored)
        yield Row(f"listeners_{name}", acted.recognized_percent[kept].mean(), "%", how=how)
    for system in systems:
        values = [100 * one for one in worth[system].values()]
        how = f"{acted.source}, by speakers of whom neither was heard, over the test speakers"
        yield Row.several(f"inner.{slug(system)}", values, "%", how=how, **stored)


def _network_rows(sounds, quick):
    """A network on log-mel, nothing of it chosen: its settings were fixed beforehand."""
    acted, rows = sounds(), prepare(stand_ins=quick)
    for seed in SEEDS[:1] if quick else SEEDS:
        found = np.empty_like(acted.emotion)
        for heard, unheard in splits(acted, "speaker"):
            options = {"epochs": 1} if quick else {}
            network, _ = train(rows, np.flatnonzero(heard), seed=seed, **options)
            found[unheard] = network_answers(network, rows, np.flatnonzero(unheard))
        how = f"{acted.source}, each speaker left out, seed {seed}, 95 % interval over speakers"
        yield _row(f"seed_{seed}", acted.emotion, found, acted.speaker, how=how)


def _tone_rows(syllables, quick):
    """Tones of syllables that were not heard: eight points, and what the other folds chose."""
    tones = syllables()
    answer = partial(predict_tones, tones)
    systems = _tones.SYSTEMS[:2] if quick else _tones.SYSTEMS
    folds = np.unique(tones.fold)
    n_syllables = len(np.unique(tones.syllable))
    about = f"{tones.source}, each of {len(folds)} folds of whole syllables left out"
    interval = f"95 % interval over {n_syllables} syllables"
    found = answers_of(dict.fromkeys(folds, _tones.BASELINE), tones.tone, tones.fold, answer)
    yield _row("eight_points", tones.tone, found, tones.syllable, how=f"{about}, {interval}")
    choice = chosen(judged(tones.tone, tones.fold, systems, answer))
    found = answers_of(choice, tones.tone, tones.fold, answer)
    how = f"{about}, one of {len(systems)} systems chosen by the other folds, {interval}"
    goal = f">= {GOAL_TONES}"
    yield _row("chosen", tones.tone, found, tones.syllable, how=how, goal=goal)
    for number, label in enumerate(tones.labels):
        share = 100 * (found == number)[tones.tone == number].mean()
        yield Row(
            f"recall_{number + 1}", share, "%", how=f"{tones.source}, {label}, as tones.chosen"
        )
