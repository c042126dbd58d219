"""Cancellers of echo on the same calls, with one setting each for all of them.

Settings were chosen by hand on some of the validation calls, the last ones on eight of eighteen.
Figures of echo are taken where the far end speaks alone; of the near end, where it does alone and
where both do.
"""

from __future__ import annotations

import functools
import time
from functools import partial
from importlib.util import find_spec

import numpy as np

from audiolessons import adaptive, metrics, models, results
from audiolessons.bench.peers import speex, webrtc_aec3
from audiolessons.errors import check_choice
from audiolessons.recipes.tasks.echo import _residual
from audiolessons.recipes.tasks.echo._echo_scenes import (
    ALONE_S,
    BOTH_S,
    DURATION_S,
    PARTS_S,
    SAMPLE_RATE,
    Call,
    load,
    scenes,
)
from audiolessons.recipes.tasks.echo._residual import model, train, trained, training_set
from audiolessons.results import Row

__all__ = [
    "SAMPLE_RATE",
    "available",
    "load",
    "measure",
    "model",
    "real_time_factor",
    "run",
    "scenes",
    "scores",
    "store",
    "train",
    "trained",
    "training_set",
]


@functools.cache
def _network():
    return trained()


def _ours(make):
    return lambda call: adaptive.cancel(make(), call.far, call.microphone)


def _peer(cancel, **settings):
    return lambda call: cancel(call.far, call.microphone, sample_rate=SAMPLE_RATE, **settings)


METHODS = {
    "microphone": lambda call: call.microphone,
    "block nlms": _ours(adaptive.BlockNLMS),
    "kalman": _ours(adaptive.BlockKalman),
    "kalman and network": _ours(lambda: models.SuppressingCanceller(_network())),
    "speex, filter alone": _peer(speex.cancel, suppress=False),
    "speex": _peer(speex.cancel),
    "webrtc aec3": _peer(webrtc_aec3.cancel),
}
WITH_NETWORK = "kalman and network"
OURS = ("block nlms", "kalman", WITH_NETWORK)
PEERS = {"speex, filter alone": speex, "speex": speex, "webrtc aec3": webrtc_aec3}
GOALS = {
    "erle_first_5s": ">= 18",
    "erle_converged": ">= 28",
    "si_sdr_near_alone": ">= 20",
    "si_sdr_both": ">= 12",
    "aecmos_echo": ">= 4.4",
    "aecmos_other": ">= 3.8",
    "erle_after_move": ">= 16",
}
WHERE = {
    "erle_first_5s": "far end alone, first 5 s",
    "erle_converged": "far end alone, 8 to 12 s",
    "erle_after_move": "far end alone, 4 s after the path moved",
    "erle_after_both": "far end alone, 4 s after both spoke, the path as before",
    "si_sdr_near_alone": "near end alone",
    "si_sdr_both": "near end while both speak",
    "aecmos_echo": "while both speak",
    "aecmos_other": "while both speak",
}
FASTEST = "<= 0.05"  # seconds of computing for a second of sound, on one core


def available() -> list:
    """Return the names of methods whose packages are installed.

    Chapter: tasks/echo
    """
    return [name for name in METHODS if name not in PEERS or PEERS[name].is_installed()]


def run(name: str, call: Call) -> np.ndarray:
    """Return the microphone (T,) of a call as a method leaves it.

    Raises
    ------
    AudioError
        If there is no such method, or its package is not installed.

    Examples
    --------
    >>> call = load("valid", n_calls=1)[0]
    >>> run("kalman", call).shape == call.microphone.shape
    True

    Chapter: tasks/echo
    """
    return METHODS[check_choice(name, name="method", choices=tuple(METHODS))](call)


def scores(call: Call, output: np.ndarray) -> dict:
    """Return what a canceller made of a call: {measure: value}, in dB but for the opinions.

    Measures of echo are ERLE, where nobody speaks at the near end; those of the near end SI-SDR
    against its voice in its room. AECMOS is left out where its package is not installed.

    Examples
    --------
    >>> call = load("valid", n_calls=1)[0]
    >>> scores(call, call.microphone)["erle_first_5s"]
    0.0

    Chapter: tasks/echo
    """
    after = "erle_after_move" if call.scene["moved"] else "erle_after_both"
    names = {"first": "erle_first_5s", "converged": "erle_converged", "after": after}
    found = {}
    for part in PARTS_S:
        alone = call.is_echo_alone(part)
        found[names[part]] = float(metrics.erle_db(call.microphone[alone], output[alone]))
    for name, (begin_s, end_s) in {"near_alone": ALONE_S, "both": BOTH_S}.items():
        part = slice(round(begin_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE))
        found[f"si_sdr_{name}"] = float(metrics.si_sdr_db(call.near[part], output[part]))
    if find_spec("speechmos"):
        sounds = (one[part] for one in (call.far, call.microphone, output))
        opinions = metrics.aecmos(*sounds, sample_rate=SAMPLE_RATE)
        found["aecmos_echo"], found["aecmos_other"] = opinions
    return found


def real_time_factor(name: str, calls) -> float:
    """Return seconds of computing for a second of sound, on one core; the median over calls.

    Chapter: tasks/echo
    """
    factors = []
    for call in calls:
        started = time.process_time()
        run(name, call)
        factors.append((time.process_time() - started) / DURATION_S)
    return float(np.median(factors))


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each method on the test calls.

    `quick` takes two calls. What needs a package that is not installed is left out.

    Chapter: tasks/echo
    """
    calls = functools.cache(lambda: load("test", n_calls=2 if quick else None))
    return {results.slug(name): partial(_rows, name, calls) for name in available()}


def _rows(name, calls):
    stored = {"weights": (_residual.NAME,)} if name == WITH_NETWORK else {}
    found = {}
    for call in calls():
        for measure_name, value in scores(call, run(name, call)).items():
            found.setdefault(measure_name, []).append(value)
    for measure_name, values in found.items():
        yield Row.average(
            measure_name,
            values,
            "" if measure_name.startswith("aecmos") else "dB",
            goal=GOALS.get(measure_name, "") if name in OURS else "",
            how=f"test calls, {WHERE[measure_name]}",
            of="calls",
            exact=True,
            **stored,
        )
    if name == WITH_NETWORK:
        yield Row("parameters", models.count_parameters(model()) / 1e3, "k", exact=True)
    if name != "microphone":
        factor = real_time_factor(name, calls()[:5])
        goal = FASTEST if name in OURS else ""
        how = "seconds of computing for one of sound, one core, median of five calls"
        yield Row("real_time_factor", factor, "s/s", goal, how, of_machine=True)


def store(*, epochs: int | None = None, folder=None):
    """Train the network on calls of training voices and store it; yield the path.

    Chapter: tasks/echo
    """
    yield _residual.train_and_store(epochs=epochs, folder=folder)
