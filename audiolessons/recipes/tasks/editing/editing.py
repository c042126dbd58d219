"""Detectors of activity on the same scenes, and what an edit must keep to, measured."""

from __future__ import annotations

import functools
import itertools
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from audiolessons import editing, files, metrics, models, results
from audiolessons.bench.peers import silero_vad
from audiolessons.editing.activity import hop_power, level_of_hops_db
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
REACHES_S, SIDES_S = (0.1, 0.15, 0.2, 0.25, 0.3), (0.03, 0.05, 0.07, 0.1, 0.15)  # tried
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


def decide(
    name: str,
    values: np.ndarray,
    *,
    threshold: float | None = None,
    level_db: np.ndarray | None = None,
    **sharpening,
) -> np.ndarray:
    """Return where a voice is active (N,), from the scores of a method.

    Given the level of the frames, too, borders are moved to its steepest step nearby, by
    `editing.sharpen` with its settings.

    Chapter: tasks/editing
    """
    threshold = METHODS[name].threshold if threshold is None else threshold
    active = editing.decide(values, threshold=threshold, shortest_s=SHORTEST_S)
    if level_db is None:
        return active
    sharp = editing.sharpen(active, level_db, **sharpening)
    return editing.decide(sharp.astype(float), threshold=0.5, shortest_s=SHORTEST_S)


def voice_segments(sound: files.SoundReader) -> np.ndarray:
    """Return where a voice is active in an open recording of any length, (S, 2) in seconds.

    The network runs on it as on a stream: two numbers are kept for each 10 ms, what it answered
    and the power.

    Chapter: tasks/editing
    """
    stream = models.ActivityStream(_network())
    n_hops = -(-sound.n_samples * SAMPLE_RATE // (sound.sample_rate * HOP))
    # Not lists of parts: small tensors between large ones that go would hold the heap in pieces.
    values, power = np.zeros(n_hops, np.float32), np.zeros(n_hops, np.float32)
    n_known = n_read = 0
    for block in itertools.chain(editing.resampled_blocks(sound, sample_rate=SAMPLE_RATE), [None]):
        if block is None:
            ready = stream.flush()
        else:
            block = np.pad(block, (0, -len(block) % HOP))
            ready = stream.push(torch.from_numpy(block))
            power[n_read : n_read + len(block) // HOP] = hop_power(block, HOP)
            n_read += len(block) // HOP
        values[n_known : n_known + len(ready)] = ready.numpy()
        n_known += len(ready)
    return editing.to_segments(decide("gru", values, level_db=level_of_hops_db(power)))


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


class Measure(NamedTuple):
    """What is counted, on scenes of sentences or of loud pieces, borders sharpened or not."""

    counted: Callable
    is_spliced: bool = False
    is_sharpened: bool = False


MEASURES = {
    "f1": Measure(frame_f1),
    "cuts": Measure(cut_f1),
    "gaps": Measure(cut_f1, is_spliced=True),
    "sharp_cuts": Measure(cut_f1, is_sharpened=True),
    "sharp_gaps": Measure(cut_f1, is_spliced=True, is_sharpened=True),
}


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each detector on the test scenes, the network less
    silero-vad, how sharp the rule of the reference is, and loudness, peaks and memory
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
        "sharpening": partial(_sharpening_rows, quick),
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
        self.levels = functools.cache(self._levels)

    def _scores(self, name, snr_db, is_spliced):
        return [scores(name, one.noisy(snr_db)) for one in self.scenes(is_spliced)]

    def _levels(self, snr_db, is_spliced):
        return [
            editing.frame_level_db(one.noisy(snr_db), sample_rate=SAMPLE_RATE)
            for one in self.scenes(is_spliced)
        ]

    def by_reader(self, name, measure_name, snr_db, **how):
        """Return the mean of a measure for each reader, {reader: from 0 to 1}; `how` to decide."""
        counted, is_spliced, is_sharpened = MEASURES[measure_name]
        scenes = self.scenes(is_spliced)
        levels = self.levels(snr_db, is_spliced) if is_sharpened else [None] * len(scenes)
        every = zip(scenes, self.scores(name, snr_db, is_spliced), levels, strict=True)
        return _by_reader(
            (one.speaker, counted(one.active, decide(name, values, level_db=level_db, **how)))
            for one, values, level_db in every
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


def _sharpening_rows(quick):
    """Yield the settings of `editing.sharpen` that find most borders on the validation scenes."""
    valid, found = _Test("valid", quick), {}
    for reach_s, side_s in itertools.product(REACHES_S, SIDES_S):
        by_reader = [
            valid.by_reader("gru", measure_name, snr_db, reach_s=reach_s, side_s=side_s)
            for measure_name in ("sharp_cuts", "sharp_gaps")
            for snr_db in SNRS_DB
        ]
        found[reach_s, side_s] = np.mean([list(one.values()) for one in by_reader])
    best = max(found, key=found.get)
    low, high = 100 * min(found.values()), 100 * max(found.values())
    how = f"{valid.source}, validation scenes, cuts and gaps, F1 {high:.1f} %, at worst {low:.1f} %"
    for name, value in zip(("reach", "side"), best, strict=True):
        yield Row(name, value, "s", how=how, exact=True)


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
