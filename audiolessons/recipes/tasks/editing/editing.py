"""Detectors of activity on the same scenes, and what an edit must keep to, measured."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from audiolessons import editing, files, metrics, models, results
from audiolessons.bench.peers import silero_vad
from audiolessons.errors import check_choice
from audiolessons.recipes.tasks.editing import _detectors, _edits, spoken_scenes
from audiolessons.recipes.tasks.editing._detectors import (
    probabilities,
    train,
    trained,
    training_set,
)
from audiolessons.recipes.tasks.editing._edits import peak_after_mp3
from audiolessons.recipes.tasks.editing.spoken_scenes import HOP, SAMPLE_RATE, SNRS_DB
from audiolessons.results import Row

__all__ = [
    "SAMPLE_RATE",
    "available",
    "decide",
    "load",
    "measure",
    "model",
    "peak_after_mp3",
    "probabilities",
    "scenes",
    "scores",
    "store",
    "train",
    "trained",
    "training_set",
    "voice_segments",
]

SHORTEST_S = 0.1  # what is active for less is a click
TOLERANCE_S = 0.05  # of a cut
CUTS_GOAL = {10: ">= 93"}
RANGES_DB = (39, 38, 35, 30)  # of the rule, held against itself at 40
BEHIND = ">= -1"  # points of F1 that the network may lie behind silero-vad

model = _detectors.model
load = spoken_scenes.load


class Method(NamedTuple):
    """A score for each hop of a sound, and from which one on it counts as a voice.

    The thresholds served best on the validation scenes: `python -m audiolessons bench editing --row
    thresholds` finds them again.
    """

    score: Callable
    threshold: float


@functools.cache
def _network():
    return trained()


METHODS = {
    "level": Method(partial(editing.relative_level_db, sample_rate=SAMPLE_RATE), -9.2),
    "likelihood": Method(partial(editing.speech_likelihood, sample_rate=SAMPLE_RATE), 2.5),
    "gru": Method(lambda audio: probabilities(_network(), audio), 0.5),
    "silero-vad": Method(partial(silero_vad.probabilities, hop_length=HOP), 0.09),
}


def available() -> list:
    """Return the names of the methods whose packages are installed.

    Chapter: tasks/editing
    """
    return [name for name in METHODS if name != "silero-vad" or silero_vad.is_installed()]


def scores(name: str, audio: np.ndarray) -> np.ndarray:
    """Return what a method gives each hop (N,) of a sound (T,) at `SAMPLE_RATE`.

    Raises
    ------
    AudioError
        If there is no such method.

    Examples
    --------
    >>> scores("level", np.ones(16000)).shape
    (100,)

    Chapter: tasks/editing
    """
    return METHODS[check_choice(name, name="method", choices=tuple(METHODS))].score(audio)


def decide(name: str, values: np.ndarray, *, threshold: float | None = None) -> np.ndarray:
    """Return where a voice is active (N,), from the scores of a method.

    Chapter: tasks/editing
    """
    threshold = METHODS[name].threshold if threshold is None else threshold
    return editing.decide(values, threshold=threshold, shortest_s=SHORTEST_S)


def voice_segments(sound: files.SoundReader) -> np.ndarray:
    """Return where a voice is active in an open recording of any length, (S, 2) in seconds.

    The network runs on it as on a stream: a number is kept for each 10 ms.

    Chapter: tasks/editing
    """
    stream = models.ActivityStream(_network())
    values = np.zeros(-(-sound.n_samples * SAMPLE_RATE // (sound.sample_rate * HOP)), np.float32)
    n_known = 0

    def keep(ready):
        # Copied: small tensors that stay alive between large ones that go hold the heap in pieces.
        nonlocal n_known
        values[n_known : n_known + len(ready)] = ready.numpy()
        n_known += len(ready)

    for block in editing.resampled_blocks(sound, sample_rate=SAMPLE_RATE):
        keep(stream.push(torch.from_numpy(np.pad(block, (0, -len(block) % HOP)))))
    keep(stream.flush())
    return editing.to_segments(decide("gru", values))


def frame_f1(truth: np.ndarray, active: np.ndarray) -> float:
    """Return F1 of the active frames, from 0 to 1.

    Chapter: tasks/editing
    """
    return float(metrics.precision_recall_f1(truth, active, classes=[False, True])[2][1])


def cut_f1(truth: np.ndarray, active: np.ndarray) -> float:
    """Return F1 of beginnings and ends within 50 ms, from 0 to 1.

    Chapter: tasks/editing
    """
    edges = (editing.to_segments(one).ravel() for one in (truth, active))
    return metrics.boundary_f1(*edges, tolerance_s=TOLERANCE_S)


# Each with whether the scenes are spliced from loud pieces.
MEASURES = {"f1": (frame_f1, False), "cuts": (cut_f1, False), "gaps": (cut_f1, True)}


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each detector on the test scenes, how far the network
    lies before silero-vad, how sharp the rule of the reference is, and loudness, peaks and memory
    of edits.

    `quick` takes four scenes: it shows that all runs.

    Chapter: tasks/editing
    """
    test = _Test("test", quick)
    names = available()
    measurements = {results.slug(name): partial(_rows, name, test) for name in names}
    if "silero-vad" in names:
        measurements["lead"] = partial(_lead_rows, test)
    return {
        **measurements,
        "rule": partial(_rule_rows, quick),
        "thresholds": partial(_threshold_rows, names, quick),
        "loudness": _edits.loudness_rows,
        "delivery": partial(_edits.delivery_rows, quick),
        **({"memory": partial(_edits.memory_rows, quick)} if sys.platform == "linux" else {}),
    }


class _Test:
    """The scenes of a part, and the scores of each method on each, computed once."""

    def __init__(self, part, quick):
        first = 4 if quick else None
        self.source = spoken_scenes.source()
        self.scenes = functools.cache(lambda spliced: load(part, first=first, is_spliced=spliced))
        self.scores = functools.cache(self._scores)

    def _scores(self, name, snr_db, is_spliced):
        return [scores(name, one.noisy(snr_db)) for one in self.scenes(is_spliced)]

    def by_reader(self, name, measure_name, snr_db, *, threshold=None):
        """Return the mean of a measure for each reader, {reader: from 0 to 1}."""
        measured, is_spliced = MEASURES[measure_name]
        pairs = zip(self.scenes(is_spliced), self.scores(name, snr_db, is_spliced), strict=True)
        return _by_reader(
            (scene.speaker, measured(scene.active, decide(name, values, threshold=threshold)))
            for scene, values in pairs
        )


def _by_reader(pairs):
    """Return the mean of the values of each reader."""
    found = {}
    for speaker, value in pairs:
        found.setdefault(speaker, []).append(value)
    return {speaker: float(np.mean(values)) for speaker, values in found.items()}


def _rows(name, test):
    stored = {"weights": (_detectors.NAME,)} if name == "gru" else {}
    how = f"{test.source}, test scenes of seed 0, threshold chosen on validation scenes"
    for measure_name in MEASURES:
        for snr_db in SNRS_DB:
            goals = CUTS_GOAL if measure_name != "f1" and name == "gru" else {}
            yield Row.average(
                f"{measure_name}_{snr_db}db",
                [100 * one for one in test.by_reader(name, measure_name, snr_db).values()],
                "%",
                goal=goals.get(snr_db, ""),
                how=how,
                of="readers",
                exact=True,
                **stored,
            )
    if name == "gru":
        yield Row("parameters", models.count_parameters(model()) / 1e3, "k", exact=True)
    audio = test.scenes(False)[0].noisy(10)
    scores(name, audio)  # what loads at the first call does not count
    started = time.perf_counter()
    scores(name, audio)
    factor = (time.perf_counter() - started) * SAMPLE_RATE / len(audio)
    yield Row("real_time_factor", factor, "s/s", how="one scene", of_machine=True)


def _lead_rows(test):
    for measure_name in MEASURES:
        for snr_db in SNRS_DB:
            ours, theirs = (
                test.by_reader(name, measure_name, snr_db) for name in ("gru", "silero-vad")
            )
            yield Row.average(
                f"{measure_name}_{snr_db}db",
                [100 * (ours[reader] - theirs[reader]) for reader in ours],
                "points",
                goal=BEHIND if measure_name == "f1" else "",
                how=f"{test.source}, gru less silero-vad, reader by reader",
                of="readers",
                exact=True,
                weights=(_detectors.NAME,),
            )


def _rule_rows(quick):
    """Yield how well the rule agrees with itself on clean voices if its 40 dB become fewer."""
    spoken = spoken_scenes.sentences("test", first=60 if quick else None)
    for range_db in RANGES_DB:
        found = _by_reader(
            (one.speaker, cut_f1(one.active, _active(one, range_db))) for one in spoken
        )
        yield Row.average(
            f"cuts_{range_db}",
            [100 * one for one in found.values()],
            "%",
            how=f"{spoken_scenes.source()}, clean sentences of the test, {range_db} dB for 40",
            of="readers",
            exact=True,
        )


def _active(sentence, range_db):
    """Return where a clean sentence is active by the rule with another range."""
    level = editing.relative_level_db(sentence.audio, sample_rate=SAMPLE_RATE)
    return editing.decide(level, threshold=-range_db)


def _threshold_rows(names, quick):
    """Yield the thresholds that give the highest frame F1 on the validation scenes."""
    valid = _Test("valid", quick)
    for name in names:
        every = np.concatenate(
            [one for snr_db in SNRS_DB for one in valid.scores(name, snr_db, False)]
        )
        found = {}
        for threshold in np.unique(np.quantile(every, np.linspace(0.05, 0.95, 37)).round(2)):
            by_snr = (valid.by_reader(name, "f1", snr, threshold=threshold) for snr in SNRS_DB)
            found[float(threshold)] = np.mean([list(one.values()) for one in by_snr])
        best = max(found, key=found.get)
        how = f"{valid.source}, validation scenes, F1 {100 * found[best]:.1f} %"
        yield Row(results.slug(name), best, how=how, exact=True)


def scenes() -> dict:
    """Draw the test scenes: what `python -m audiolessons scenes editing` writes.

    Chapter: tasks/editing
    """
    return spoken_scenes.draw_scenes(seed=0)


def store(*, epochs: int | None = None, folder=None):
    """Train the network on the recordings and store it; yield the path.

    Chapter: tasks/editing
    """
    yield _detectors.train_and_store(epochs=epochs, folder=folder)
