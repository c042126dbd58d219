"""Detectors of activity on the same scenes, and what an edit must keep to, measured."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch

from audiolessons import editing, files, metrics, models, results, signals
from audiolessons.bench.peers import silero_vad
from audiolessons.errors import check_choice
from audiolessons.recipes.tasks.editing import _detectors, spoken_scenes
from audiolessons.recipes.tasks.editing._detectors import (
    probabilities,
    train,
    trained,
    training_set,
)
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
BEHIND = ">= -1"  # points of F1 that the network may lie behind silero-vad
DELIVERY_RATE = 44100
BITRATES_KBPS = (64, 128)
CEILINGS_DBTP = {"at_1": -1.0, "at_2": -2.0}  # the second one is that of the command `edit`
MINUTES = (6, 60)  # of the recordings that memory is compared on

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
    stream, found = models.ActivityStream(_network()), []
    for block in editing.resampled_blocks(sound, sample_rate=SAMPLE_RATE):
        block = np.pad(block, (0, -len(block) % HOP))
        found.append(stream.push(torch.from_numpy(block)).numpy())
    found.append(stream.flush().numpy())
    return editing.to_segments(decide("gru", np.concatenate(found)))


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


MEASURES = {"f1": frame_f1, "cuts": cut_f1}


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each detector on the test scenes, how far the network
    lies before silero-vad, and loudness, peaks and memory of edits.

    `quick` takes four scenes: it shows that all runs.

    Chapter: tasks/editing
    """
    test = _Test(load("test", first=4 if quick else None))
    names = available()
    measurements = {results.slug(name): partial(_rows, name, test) for name in names}
    if "silero-vad" in names:
        measurements["lead"] = partial(_lead_rows, test)
    return {
        **measurements,
        "thresholds": partial(_threshold_rows, names, quick),
        "loudness": _loudness_rows,
        "delivery": partial(_delivery_rows, quick),
        **({"memory": partial(_memory_rows, quick)} if sys.platform == "linux" else {}),
    }


class _Test:
    """The test scenes, and the scores of each method on each, computed once."""

    def __init__(self, scenes):
        self.scenes = scenes
        self.source = spoken_scenes.source()
        self.scores = functools.cache(self._scores)

    def _scores(self, name, snr_db):
        return [scores(name, one.noisy(snr_db)) for one in self.scenes]

    def by_reader(self, name, measure_name, snr_db, *, threshold=None):
        """Return the mean of a measure for each reader, {reader: from 0 to 1}."""
        found = {}
        for scene, values in zip(self.scenes, self.scores(name, snr_db), strict=True):
            active = decide(name, values, threshold=threshold)
            found.setdefault(scene.speaker, []).append(MEASURES[measure_name](scene.active, active))
        return {speaker: float(np.mean(values)) for speaker, values in found.items()}


def _rows(name, test):
    stored = {"weights": (_detectors.NAME,)} if name == "gru" else {}
    how = f"{test.source}, test scenes of seed 0, threshold chosen on validation scenes"
    for measure_name in MEASURES:
        for snr_db in SNRS_DB:
            goals = CUTS_GOAL if measure_name == "cuts" and name == "gru" else {}
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
    audio = test.scenes[0].noisy(10)
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


def _threshold_rows(names, quick):
    """Yield the thresholds that give the highest frame F1 on the validation scenes."""
    valid = _Test(load("valid", first=4 if quick else None))
    for name in names:
        every = np.concatenate([one for snr_db in SNRS_DB for one in valid.scores(name, snr_db)])
        found = {}
        for threshold in np.unique(np.quantile(every, np.linspace(0.05, 0.95, 37)).round(2)):
            by_snr = (valid.by_reader(name, "f1", snr, threshold=threshold) for snr in SNRS_DB)
            found[float(threshold)] = np.mean([list(one.values()) for one in by_snr])
        best = max(found, key=found.get)
        how = f"{valid.source}, validation scenes, F1 {100 * found[best]:.1f} %"
        yield Row(results.slug(name), best, how=how, exact=True)


def _loudness_rows():
    """Yield how far the reference signals of EBU Tech 3341, cases 1 to 5, are read wrongly."""
    cases = [
        (-23, [(-23, 20)]),
        (-33, [(-33, 20)]),
        (-23, [(-36, 10), (-23, 60), (-36, 10)]),
        (-23, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]),
        (-23, [(-26, 20), (-20, 20.1), (-26, 20)]),
    ]
    off = []
    for expected, parts in cases:
        amplitude = np.concatenate([np.full(round(s * 48000), 10 ** (db / 20)) for db, s in parts])
        wave = amplitude * np.sin(2 * np.pi * 1000 * np.arange(len(amplitude)) / 48000)
        read = editing.integrated_lufs(np.stack([wave, wave]), sample_rate=48000)
        off.append(abs(read - expected))
    how = "EBU Tech 3341, cases 1 to 5, the largest error"
    yield Row("error", max(off), "LU", "<= 0.1", how, exact=True)


def _delivery_rows(quick):
    """Yield the highest true peak after MP3 of readers brought to -16 LUFS and limited."""
    scenes_ = load("test", first=2 if quick else None)
    for name, ceiling_dbtp in CEILINGS_DBTP.items():
        highest = {bitrate: [] for bitrate in BITRATES_KBPS}
        for scene in scenes_:
            audio = signals.resample(scene.noisy(20), from_rate=SAMPLE_RATE, to_rate=DELIVERY_RATE)
            audio = editing.bring_to_loudness(audio, sample_rate=DELIVERY_RATE, lufs=-16.0)
            audio = editing.limit(audio, sample_rate=DELIVERY_RATE, ceiling_dbtp=ceiling_dbtp)
            for bitrate in BITRATES_KBPS:
                highest[bitrate].append(peak_after_mp3(audio, bitrate))
        for bitrate, values in highest.items():
            yield Row(
                f"{name}.peak_{bitrate}k",
                max(values),
                "dBTP",
                goal="<= -1" if name == "at_2" else "",
                how=f"limited to {ceiling_dbtp:g} dBTP, -16 LUFS, MP3, highest of {len(values)}",
                exact=True,
            )


def peak_after_mp3(audio, bitrate_kbps):
    """Return the true peak in dBTP of a sound (T,) that was written as MP3 and read again."""
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        audio,
        DELIVERY_RATE,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=(320 - bitrate_kbps) / (320 - 32),  # libsndfile's scale of the bit rate
    )
    decoded, _ = files.load(buffer.getvalue())
    return float(signals.amplitude_to_db(editing.true_peak(decoded)))


def _memory_rows(quick):
    """Yield by how much more memory an hour's edit takes than that of six minutes."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = [_peak_mb(Path(folder), minutes / (60 if quick else 1)) for minutes in MINUTES]
    how = f"edit --trim --level -16, one channel at 16 kHz, {MINUTES[1]} minutes less {MINUTES[0]}"
    yield Row("growth", peaks[1] - peaks[0], "MB", "<= 20", how)
    yield Row("hour", peaks[1], "MB", "", "peak of resident memory, the same edit")


def _peak_mb(folder, minutes):
    """Edit a recording of so many minutes in a process of its own; return its peak memory in MB."""
    scene = load("test", first=1)[0].noisy(20)
    source = folder / f"{minutes:g}.flac"
    with files.writing(source, sample_rate=SAMPLE_RATE, n_channels=1) as sound:
        for _ in range(int(minutes * 60 * SAMPLE_RATE / len(scene)) + 1):
            sound.write(scene)
    # Not getrusage: what it calls the peak is at least that of the process which started this one.
    code = (
        "import sys; from audiolessons.cli import main; code = main(sys.argv[1:]);"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]); sys.exit(code)"
    )
    command = ["edit", str(source), str(folder / f"{minutes:g}.wav"), "--trim", "--level", "-16"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1024


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
