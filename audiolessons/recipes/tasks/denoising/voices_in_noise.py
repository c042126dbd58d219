"""Denoising for many voices: train, store, and measure beside other people's denoisers.

The networks of the recipe `denoising` heard one voice and five kinds of noise. This one hears the
adults of `many_voices` and the voice of `read_speech`, in recorded and computed noises and rooms.
What it is tested with, `noisy_voices`, was fixed before anything was trained.
"""

from __future__ import annotations

import functools
import platform
import time
from collections import defaultdict
from functools import partial
from statistics import mean

import numpy as np
import torch

from audiolessons import __version__, enhancement, metrics, models, results, training
from audiolessons.bench.peers import gtcrn, noisereduce, rnnoise
from audiolessons.errors import AudioError, check_choice
from audiolessons.recipes.tasks.denoising import _denoisers, _voice_changes
from audiolessons.recipes.tasks.denoising import _voice_training as training_of_voices
from audiolessons.recipes.tasks.denoising._voice_mixing import SNR_RANGE_DB
from audiolessons.recipes.tasks.denoising.noisy_voices import SAMPLE_RATE, SNRS_DB, load, scenes
from audiolessons.results import Row, weights

__all__ = [
    "available",
    "load",
    "measure",
    "model",
    "run",
    "scenes",
    "store",
    "train_and_store",
    "trained",
]

COMMAND = "python -m audiolessons train voices_in_noise"
NAME = "denoiser-voices"
MINUTES = 6.67  # on one H200; elsewhere more (`epochs` of `train`, in minutes)
LEARNING_RATE = 0.003
BATCH_SIZE = 32


def model(*, seed: int = 0) -> models.SpectralDenoiser:
    """Return a denoiser that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model()(torch.zeros(1, 1000)).shape
    torch.Size([1, 1000])

    Chapter: tasks/denoising
    """
    training.seed_everything(seed)
    return models.MaskDualPath(channels=64, hidden_size=128)


def trained(*, folder=None) -> models.SpectralDenoiser:
    """Return the denoiser with the weights that the project trained on the recordings.

    Raises
    ------
    AudioError
        If the file was damaged.

    Chapter: tasks/denoising
    """
    network = model()
    weights.load(network, NAME, folder=folder)
    return network


def store(*, epochs: int | None = None, folder=None):
    """Train on the recordings and store the network; `epochs` are minutes here. Yield its path.

    Chapter: tasks/denoising
    """
    yield train_and_store(minutes=epochs or MINUTES, folder=folder)


def train_and_store(*, minutes: float = MINUTES, seed: int = 1, folder=None, checkpoint=None):
    """Train from the recipe's settings; return the path of the weights and their record.

    Chapter: tasks/denoising
    """
    network, material = model(seed=seed), training_of_voices.material()
    how = {
        "minutes": minutes,
        "learning_rate": LEARNING_RATE,
        "seed": seed,
        "batch_size": BATCH_SIZE,
    }
    history = training_of_voices.train(network, material, checkpoint=checkpoint, **how)
    about = {
        "command": COMMAND,
        "model": "MaskDualPath",
        "parameters": models.count_parameters(network),
        "source": "recordings",
        **how,
        "spectral_weight": training_of_voices.SPECTRAL_WEIGHT,
        "snr_range_db": SNR_RANGE_DB,
        "speech_hours": round(len(material.speech) / SAMPLE_RATE / 3600, 2),  # at three speeds
        "noises": len(material.noise),
        "history": history,
        "versions": {
            "audiolessons": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
    return weights.save(network.cpu(), NAME, record=about, folder=folder)


@functools.cache
def _old(name):
    return _denoisers.trained(name)


@functools.cache
def _ours():
    return trained()


SYSTEMS = {
    "noisy": lambda audio: audio,
    "wiener": partial(
        enhancement.denoise,
        sample_rate=SAMPLE_RATE,
        gain_of=enhancement.decision_directed_gain,
    ),
    "noisereduce": partial(noisereduce.clean, sample_rate=SAMPLE_RATE),
    "rnnoise": partial(rnnoise.clean, sample_rate=SAMPLE_RATE),
    "gtcrn": partial(gtcrn.clean, sample_rate=SAMPLE_RATE),
    "gru": lambda audio: _denoisers.enhance(_old("gru"), audio),
    "crn": lambda audio: _denoisers.enhance(_old("crn"), audio),
    "voices": lambda audio: _denoisers.enhance(_ours(), audio),
}
PEERS = {"noisereduce": noisereduce, "rnnoise": rnnoise, "gtcrn": gtcrn}
WEIGHTS = {"gru": ("denoiser-gru",), "crn": ("denoiser-crn",), "voices": (NAME,)}
RIVALS = ("noisy", "rnnoise", "gtcrn", "crn")  # that the lead is told over
UNITS = {"SI-SDR": "dB", "PESQ": "", "STOI": "", "DNSMOS": ""}
FASTEST = "<= 0.05"  # seconds of computing for a second of sound, on one core
CHANGES_SNR_DB = 5
OPINION_SNR_DB, OPINION_EVERY = 5, 3  # DNSMOS takes seconds a sound


def available() -> list:
    """Return the names of the systems whose packages are installed.

    Chapter: tasks/denoising
    """
    return [name for name in SYSTEMS if name not in PEERS or PEERS[name].is_installed()]


def run(name: str, audio: np.ndarray) -> np.ndarray:
    """Return a sound (T,) cleaned by a system.

    Raises
    ------
    AudioError
        If there is no such system, or its package is not installed.

    Examples
    --------
    >>> run("wiener", 0.01 * np.ones(8000, np.float32)).shape
    (8000,)

    Chapter: tasks/denoising
    """
    return SYSTEMS[check_choice(name, name="system", choices=tuple(SYSTEMS))](audio)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each system on the test mixtures, the lead of ours, and
    what each change of the training bought a small network.

    `quick` takes a mixture at each ratio: it shows that all runs. Systems whose packages are not
    installed are left out.

    Raises
    ------
    AudioError
        If PESQ or STOI is not installed.

    Chapter: tasks/denoising
    """
    if not quick and (missing := metrics.missing_scores()):
        raise AudioError(
            f'{" and ".join(missing)} cannot be measured: pip install "audiolessons[scores]"'
        )
    test = _Test(quick)
    names = available()
    measurements = {name: partial(_rows, name, test) for name in names}
    return {
        **measurements,
        "lead": partial(_lead_rows, test),
        "changes": partial(_change_rows, test),
    }


class _Test:
    """The test mixtures, and the scores of each system on each, computed once."""

    def __init__(self, quick):
        self.quick = quick

    @functools.cached_property
    def mixtures(self):
        return load("test", every=200 if self.quick else 1)

    @functools.cache  # noqa: B019  one object a run of the bench
    def scores(self, name):
        """Return the scores of a system: {measure: array, one for each mixture, or NaN}."""
        rows = [self._of_mixture(name, *both) for both in enumerate(self.mixtures)]
        return {key: np.array([row.get(key, np.nan) for row in rows]) for key in UNITS}

    def _of_mixture(self, name, number, mixture):
        estimate, clean = run(name, mixture.noisy), mixture.clean
        found = {"SI-SDR": float(metrics.si_sdr_db(clean, estimate))}
        missing = metrics.missing_scores()
        for key, score in (("PESQ", metrics.pesq), ("STOI", metrics.stoi)):
            if key.lower() not in missing:
                found[key] = float(score(clean, estimate, sample_rate=SAMPLE_RATE))
        if mixture.snr_db == OPINION_SNR_DB and number % OPINION_EVERY == 0 and not self.quick:
            found["DNSMOS"] = float(metrics.dnsmos(estimate, sample_rate=SAMPLE_RATE))
        return found

    def by_reader(self, values, snr_db, place="all"):
        """Return the mean of each reader over the mixtures of a ratio that have a value."""
        of_reader = defaultdict(list)
        for mixture, value in zip(self.mixtures, values, strict=True):
            is_there = {"all": True, "dry": not mixture.room, "rooms": bool(mixture.room)}[place]
            if mixture.snr_db == snr_db and is_there and np.isfinite(value):
                of_reader[mixture.speaker].append(float(value))
        return [mean(one) for one in of_reader.values()]


def _rows(name, test):
    about = {"of": "readers", "exact": True, "weights": WEIGHTS.get(name, ())}
    for key, values in test.scores(name).items():
        for snr_db in SNRS_DB:
            for place in ("all", "dry", "rooms"):
                readers = test.by_reader(values, snr_db, place)
                if not readers or (key == "DNSMOS" and place != "all"):
                    continue
                which = "" if place == "all" else f"{place}."
                how = f"test scenes, {place}, {snr_db} dB"
                how += ", a third of them" if key == "DNSMOS" else ""
                title = f"{which}{results.slug(key)}_{snr_db}db"
                yield Row.average(title, readers, UNITS[key], how=how, **about)
    if name in WEIGHTS:
        network = _ours() if name == "voices" else _old(name)
        size = models.count_parameters(network) / 1e6
        goal = "<= 1" if name == "voices" else ""
        yield Row("parameters", size, "M", goal, "weights, millions", exact=True)
    factor = _real_time_factor(name, test.mixtures[: 2 if test.quick else 5])
    goal = FASTEST if name == "voices" else ""
    how = "seconds of computing for one of sound, one core, whole mixtures, median"
    yield Row("real_time_factor", factor, "s/s", goal, how, of_machine=True)


def _lead_rows(test):
    """Yield how far the denoiser of many voices is above others, reader by reader."""
    ours = test.scores("voices")
    for rival in RIVALS:
        if rival not in available():
            continue
        theirs = test.scores(rival)
        for key in ("SI-SDR", "PESQ", "STOI"):
            for snr_db in SNRS_DB:
                readers = test.by_reader(ours[key] - theirs[key], snr_db)
                asked = (rival, key) in GOALS
                yield Row.average(
                    f"{rival}.{results.slug(key)}_{snr_db}db",
                    readers or [float("nan")],
                    UNITS[key],
                    goal=">= 0" if asked else "",
                    how=f"test scenes, {snr_db} dB, voices less {rival}",
                    of="readers",
                    weights=(NAME,),
                    exact=True,
                )


def _change_rows(test):
    """Yield what a small network reaches at 5 dB, and what each change of its training bought."""
    before = None
    for change in _voice_changes.CHANGES:
        network = _voice_changes.taught(change, quick=test.quick)
        reached = np.array(
            [
                metrics.si_sdr_db(one.clean, _denoisers.enhance(network, one.noisy))
                if one.snr_db == CHANGES_SNR_DB
                else np.nan
                for one in test.mixtures
            ]
        )
        found = {"": reached} if before is None else {"": reached, "gain.": reached - before}
        for kind, values in found.items():
            for place in ("all", "dry", "rooms"):
                if readers := test.by_reader(values, CHANGES_SNR_DB, place):
                    how = (
                        f"test scenes, {place}, {CHANGES_SNR_DB} dB, {_voice_changes.N_STEPS} steps"
                    )
                    name = f"{change}.{kind}{place}"
                    yield Row.average(name, readers, "dB", how=how, of="readers", exact=True)
        before = reached


GOALS = {
    ("rnnoise", "SI-SDR"),
    ("rnnoise", "PESQ"),
    ("noisy", "STOI"),
    ("gtcrn", "SI-SDR"),
    ("gtcrn", "PESQ"),
}


def _real_time_factor(name, mixtures) -> float:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run(name, mixtures[0].noisy)  # what loads at the first call does not count
        factors = []
        for one in mixtures:
            started = time.process_time()
            run(name, one.noisy)
            factors.append((time.process_time() - started) * SAMPLE_RATE / len(one.noisy))
    finally:
        torch.set_num_threads(n_threads)
    return float(np.median(factors))
