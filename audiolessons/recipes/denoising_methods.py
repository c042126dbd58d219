"""Every way of denoising that the book knows, on the same mixtures, with the same measures.

A method is handed the noisy sound and nothing else. An oracle is handed the clean speech and the
noise as well: it cannot be used, and shows how far methods of its kind could go.
"""

from __future__ import annotations

import functools
import time
from importlib.util import find_spec
from statistics import mean

import numpy as np
import torch

from audiolessons import enhancement, filters, metrics, models, spectral
from audiolessons.errors import AudioError, check_choice
from audiolessons.recipes import denoising
from audiolessons.recipes.noisy_speech import SAMPLE_RATE, SNRS_DB, Mixture

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


def _noisereduce(audio, **settings):
    """The PyPI package of that name: spectral gating."""
    try:
        import noisereduce
    except ModuleNotFoundError as missing:
        raise AudioError(
            'noisereduce is not installed: pip install "audiolessons[bench]"'
        ) from missing
    return noisereduce.reduce_noise(y=audio, sr=SAMPLE_RATE, **settings).astype(np.float32)


@functools.cache
def _trained(name):
    return denoising.trained(name)


def _network(name):
    return lambda audio: denoising.enhance(_trained(name), audio)


METHODS = {
    "noisy": _noisy,
    "band-pass": _band_pass,
    "spectral subtraction": _classical(enhancement.spectral_subtraction_gain),
    "wiener": _classical(enhancement.decision_directed_gain),
    "noisereduce": _noisereduce,
    # The settings that served it best on the validation mixtures.
    "noisereduce, 80 %": functools.partial(_noisereduce, prop_decrease=0.8, n_fft=N_FFT),
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
    is_here = find_spec("noisereduce") is not None
    return [name for name in (*METHODS, *ORACLES) if is_here or "noisereduce" not in name]


def run(name: str, mixture: Mixture) -> np.ndarray:
    """Return the estimate (T,) of the clean speech that a method or an oracle gives.

    Raises
    ------
    AudioError
        If there is no such method.

    Examples
    --------
    >>> mixture = denoising.load().test[0]
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
    >>> mixture = denoising.load().test[0]
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
    >>> table = compare(denoising.load().test[:1], names=["noisy"])
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


def measure(*, quick: bool = False):
    """Yield the figures that the bench prints: all methods on the 120 test mixtures, then on the
    other voices in other noises.

    `quick` takes one mixture at each ratio: it shows that all runs. What needs a package that is
    not installed is left out.

    Chapter: tasks/denoising
    """
    sounds, names = denoising.load(), available()
    tests = {"test": sounds.test, "other voices and noises": sounds.other}
    for part, mixtures in tests.items():
        if quick:
            mixtures = mixtures[:: len(mixtures) // len(SNRS_DB["test"])]
        table = compare(mixtures, names)
        how = f"{sounds.source}, {part}, seed 0, {len(mixtures)} mixtures in all"
        for (name, snr_db), found in table.items():
            for measure_name, value in found.items():
                goal = ""
                if part == "test" and name in LEARNED:
                    goal = _goal(table, measure_name, snr_db)
                yield {
                    "name": f"{part}: {name}, {snr_db} dB, {measure_name}",
                    "value": value,
                    "unit": UNITS[measure_name],
                    "goal": goal,
                    "how": how,
                }
    for name in (name for name in names if name in METHODS):
        yield {
            "name": f"real-time factor, {name}",
            "value": real_time_factor(name, sounds.test[: 2 if quick else 15]),
            "unit": "s/s",
            "goal": FASTEST if name in LEARNED else "",
            "how": "one core, whole sentences, median",
        }
    for name in LEARNED:
        yield {
            "name": f"size, {name}",
            "value": models.count_parameters(denoising.model(name)) / 1e6,
            "unit": "M",
            "goal": "",
            "how": "weights, millions",
        }


def _goal(table, measure_name, snr_db):
    """Return what a learned method must reach: the goal, and what the best of the others has."""
    rivals = [
        found[measure_name]
        for (name, its_snr_db), found in table.items()
        if its_snr_db == snr_db and name in METHODS and name not in LEARNED
    ]
    return f">= {max(*rivals, GOALS.get((measure_name, snr_db), -np.inf)):.4g}"
