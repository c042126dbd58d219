"""Every way of denoising that the book knows, on the same mixtures, with the same measures.

A method is handed the noisy sound and nothing else. An oracle is handed the clean speech and the
noise as well: it cannot be used, and shows how far methods of its kind could go.
"""

from __future__ import annotations

import functools
import time
from functools import partial
from statistics import mean

import numpy as np
import torch

from audiolessons import enhancement, filters, metrics, models, results, spectral
from audiolessons.bench.peers import noisereduce
from audiolessons.errors import AudioError, check_choice
from audiolessons.recipes.tasks.denoising._denoisers import (
    enhance,
    model,
    train,
    train_and_store,
    trained,
)
from audiolessons.recipes.tasks.denoising.noisy_speech import (
    SAMPLE_RATE,
    SNRS_DB,
    Mixture,
    draw_scenes,
    load,
)
from audiolessons.results import Row

__all__ = [
    "SAMPLE_RATE",
    "available",
    "compare",
    "enhance",
    "load",
    "measure",
    "model",
    "real_time_factor",
    "run",
    "scenes",
    "scores",
    "store",
    "train",
    "train_and_store",
    "trained",
]

PARTS = {"test": "test", "other": "other voices and noises"}
N_FFT, HOP_LENGTH = 512, 256
BAND_HZ = (80.0, 6000.0)  # speech has little outside
UNITS = {"SI-SDR": "dB", "PESQ": "", "STOI": ""}
GOALS = {("SI-SDR", 5): 12.0, ("PESQ", 5): 1.6}  # at 5 dB: 7 dB better than the noisy sound
FASTEST = "<= 0.05"  # seconds of computing for a second of sound, on one core


def _noisy(audio):
    return audio


def _band_pass(audio):
    low, high = BAND_HZ
    for design, cutoff_hz in ((filters.design_highpass, low), (filters.design_lowpass, high)):
        taps = design(cutoff_hz, sample_rate=SAMPLE_RATE, n_taps=513)
        audio = filters.apply_fir(audio, taps, compensate_delay=True)
    return audio


def _classical(gain_of):
    return lambda audio: enhancement.denoise(audio, sample_rate=SAMPLE_RATE, gain_of=gain_of)


@functools.cache
def _trained(name):
    return trained(name)


def _network(name):
    return lambda audio: enhance(_trained(name), audio)


METHODS = {
    "noisy": _noisy,
    "band-pass": _band_pass,
    "spectral subtraction": _classical(enhancement.spectral_subtraction_gain),
    "wiener": _classical(enhancement.decision_directed_gain),
    "noisereduce": partial(noisereduce.clean, sample_rate=SAMPLE_RATE),
    # The settings that served it best on the validation mixtures.
    "noisereduce, 80 %": partial(
        noisereduce.clean, sample_rate=SAMPLE_RATE, prop_decrease=0.8, n_fft=N_FFT
    ),
    "gru": _network("gru"),
    "crn": _network("crn"),
}


def _oracle_wiener(clean, noise):
    return enhancement.wiener_gain(abs(clean) ** 2, abs(noise) ** 2)


ORACLES = {
    "oracle wiener": _oracle_wiener,
    "oracle ratio mask": enhancement.ideal_ratio_mask,
    "oracle binary mask": enhancement.ideal_binary_mask,
}
LEARNED = ("gru", "crn")


def available() -> list:
    """Return the names of methods and oracles whose packages are installed.

    Chapter: tasks/denoising
    """
    is_here = noisereduce.is_installed()
    return [name for name in (*METHODS, *ORACLES) if is_here or "noisereduce" not in name]


def run(name: str, mixture: Mixture) -> np.ndarray:
    """Return the estimate (T,) of the clean speech that a method or an oracle gives.

    Raises
    ------
    AudioError
        If there is no such method.

    Examples
    --------
    >>> mixture = load().test[0]
    >>> run("wiener", mixture).shape == mixture.clean.shape
    True

    Chapter: tasks/denoising
    """
    check_choice(name, name="method", choices=(*METHODS, *ORACLES))
    if name in METHODS:
        return METHODS[name](mixture.noisy)
    frames = {"n_fft": N_FFT, "hop_length": HOP_LENGTH}
    gain = ORACLES[name](*(spectral.stft(x, **frames) for x in (mixture.clean, mixture.noise)))
    return enhancement.apply_gain(mixture.noisy, gain, **frames)


def scores(mixture: Mixture, estimate: np.ndarray) -> dict:
    """Return SI-SDR in dB, and PESQ and STOI where their packages are installed.

    Examples
    --------
    >>> mixture = load().test[0]
    >>> round(scores(mixture, mixture.noisy)["SI-SDR"])
    0

    Chapter: tasks/denoising
    """
    found = {"SI-SDR": float(metrics.si_sdr_db(mixture.clean, estimate))}
    missing = metrics.missing_scores()
    for name, score in (("pesq", metrics.pesq), ("stoi", metrics.stoi)):
        if name not in missing:
            value = score(mixture.clean, estimate, sample_rate=SAMPLE_RATE)
            found[name.upper()] = float(value)
    return found


def compare(mixtures, names=(*METHODS, *ORACLES)) -> dict:
    """Return the mean scores of methods on mixtures: {(method, SNR in dB): {measure: mean}}.

    Examples
    --------
    >>> table = compare(load().test[:1], names=["noisy"])
    >>> round(table["noisy", 0]["SI-SDR"])
    0

    Chapter: tasks/denoising
    """
    table = {}
    for snr_db in sorted({one.snr_db for one in mixtures}):
        part = [one for one in mixtures if one.snr_db == snr_db]
        for name in names:
            each = [scores(one, run(name, one)) for one in part]
            table[name, snr_db] = {key: mean(one[key] for one in each) for key in each[0]}
    return table


def real_time_factor(name: str, mixtures) -> float:
    """Return seconds of computing for a second of sound, on one core; the median over mixtures.

    Chapter: tasks/denoising
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run(name, mixtures[0])  # what loads at the first call does not count
        factors = []
        for one in mixtures:
            started = time.perf_counter()
            run(name, one)
            factors.append((time.perf_counter() - started) * SAMPLE_RATE / len(one.noisy))
    finally:
        torch.set_num_threads(n_threads)
    return float(np.median(factors))


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each method on the 120 test mixtures and on the other
    voices in other noises; and how far the networks lead.

    `quick` takes one mixture at each ratio: it shows that all runs. What needs a package that is
    not installed is left out.

    Raises
    ------
    AudioError
        If PESQ or STOI is not installed: rows without them would take the place of whole ones.

    Chapter: tasks/denoising
    """
    if not quick and (missing := metrics.missing_scores()):
        raise AudioError(
            f'{" and ".join(missing)} cannot be measured: pip install "audiolessons[scores]"'
        )
    test = _Test(load(), quick)
    names = available()
    measurements = {results.slug(name): partial(_rows, name, test) for name in names}
    rivals = [name for name in names if name in METHODS and name not in LEARNED]
    return {**measurements, "lead": partial(_lead_rows, rivals, test)}


class _Test:
    """The mixtures of both tests, and the scores of each method on each, computed once."""

    def __init__(self, sounds, quick):
        self.source, self.quick = sounds.source, quick
        self.sounds = sounds
        self.scores = functools.cache(self._scores)

    def mixtures(self, part):
        """Return the mixtures of "test" or "other"."""
        mixtures = getattr(self.sounds, part)
        return mixtures[:: len(mixtures) // len(SNRS_DB["test"])] if self.quick else mixtures

    def _scores(self, name, part):
        """Return the scores of a method: {(measure, SNR in dB): one for each mixture}."""
        found = {}
        for mixture in self.mixtures(part):
            for measure_name, value in scores(mixture, run(name, mixture)).items():
                found.setdefault((measure_name, mixture.snr_db), []).append(value)
        return found


def _rows(name, test):
    stored = {"weights": (f"denoiser-{name}",)} if name in LEARNED else {}
    for part, title in PARTS.items():
        for (measure_name, snr_db), values in test.scores(name, part).items():
            goal = GOALS.get((measure_name, snr_db)) if part == "test" and name in LEARNED else None
            yield Row.average(
                f"{'' if part == 'test' else 'other.'}{results.slug(measure_name)}_{snr_db}db",
                values,
                UNITS[measure_name],
                goal=f">= {goal:g}" if goal else "",
                how=f"{test.source}, {title}, mixtures of seed 0",
                of="mixtures",
                exact=True,
                **stored,
            )
    if name in LEARNED:
        size = models.count_parameters(model(name)) / 1e6
        yield Row("parameters", size, "M", how="weights, millions", exact=True)
    if name in METHODS:
        factor = real_time_factor(name, test.mixtures("test")[: 2 if test.quick else 15])
        goal = FASTEST if name in LEARNED else ""
        how = "seconds of computing for one of sound, one core, whole sentences, median"
        yield Row("real_time_factor", factor, "s/s", goal, how, of_machine=True)


def _lead_rows(rivals, test):
    """Yield how far each network is above the best of the others, mixture by mixture."""
    for name in LEARNED:
        for key, values in test.scores(name, "test").items():
            best = max(rivals, key=lambda rival: mean(test.scores(rival, "test")[key]))
            pairs = zip(values, test.scores(best, "test")[key], strict=True)
            measure_name, snr_db = key
            yield Row.average(
                f"{name}.{results.slug(measure_name)}_{snr_db}db",
                [ours - theirs for ours, theirs in pairs],
                UNITS[measure_name],
                goal=">= 0",
                how=f"{test.source}, test mixtures of seed 0, {name} less the best other, {best}",
                of="mixtures",
                weights=(f"denoiser-{name}",),
                exact=True,
            )


def scenes() -> dict:
    """Draw the test scenes: what `python -m audiolessons scenes denoising` writes.

    Chapter: tasks/denoising
    """
    return draw_scenes(seed=0)


def store(*, epochs: int | None = None, folder=None):
    """Train both networks on the recordings and store them; yield the path of each.

    Chapter: tasks/denoising
    """
    sounds = load()
    for name in LEARNED:
        yield train_and_store(name, sounds, epochs=epochs, folder=folder)
