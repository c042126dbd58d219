"""Concepts of sound: the same sounds with something added, and without."""

from __future__ import annotations

import numpy as np
from scipy.stats import ttest_ind

from audiolessons import filters, models, signals
from audiolessons.recipes.large.explaining._planted import SAMPLE_RATE, Sounds, with_beep
from audiolessons.recipes.large.explaining._runs import said
from audiolessons.results import Row

CONCEPTS = ("beep", "hiss", "hum")
N_VECTORS, N_EACH = 20, 40  # vectors of each concept; sounds on each side of one
LONG_S, HUM_HZ = 0.15, 120.0
PENALTY = 1.0
LAYER = 1  # the second block, before it is pooled


def added(concept: str, audio, at: float, *, seed: int) -> np.ndarray:
    """Return a sound with a beep, with 150 ms of hiss above 2.5 kHz, or with 150 ms of a hum."""
    if concept == "beep":
        return with_beep(audio, at)
    if concept == "hiss":
        noise = signals.white_noise(duration_s=LONG_S, sample_rate=SAMPLE_RATE, seed=seed)
        part = filters.apply_fir(
            noise, filters.design_highpass(2500, sample_rate=SAMPLE_RATE, n_taps=101)
        )
    else:
        part = sum(
            signals.sine(HUM_HZ * k, duration_s=LONG_S, sample_rate=SAMPLE_RATE) / k
            for k in (1, 2, 3)
        )
    part = part * np.hanning(len(part))
    heard = np.array(audio, dtype=np.float32)
    part = part[: len(heard)]
    start = round(at * (len(heard) - len(part)))
    level = np.sqrt(np.mean(np.square(heard))) / np.sqrt(np.mean(np.square(part)))
    heard[start : start + len(part)] += level * part
    return heard


def examples(concept: str, sounds: Sounds, *, seed: int):
    """Return two sets of frames: drawn sounds with the concept, and others without it.

    "nothing" adds nothing: two random sets, whose direction means nothing.
    """
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(sounds.items))[: 2 * N_EACH]
    half = len(drawn) // 2
    inside, outside = sounds.only(drawn[:half]), sounds.only(drawn[half:])
    if concept == "nothing":
        return inside.frames(), outside.frames()
    heard = [
        added(concept, one, at, seed=seed + i)
        for i, (one, at) in enumerate(zip(inside.heard(), random.random(half), strict=True))
    ]
    return inside.frames_of(heard), outside.frames()


def score(network, layer, examples_, tested, digit) -> float:
    """Return the TCAV score: the share of sounds whose logit grows in the direction."""
    inside, outside = (
        models.layer_output(network, layer, *one.tensors[:2]).numpy() for one in examples_
    )
    vector = models.concept_vector(inside, outside, penalty=PENALTY)
    x, lengths, _ = tested.tensors
    found = models.concept_sensitivity(network, layer, x, digit, vector, lengths=lengths)
    return float(np.mean(found > 0))


def measured(run) -> dict:
    """Return the scores of each direction, for the digit that beeps and for six, with its hiss."""
    learned, test = run.digits.train, run.digits.test
    n_vectors = 3 if run.quick else N_VECTORS
    found = {}
    for concept in (*CONCEPTS, "nothing"):
        for seed in range(n_vectors):
            two = examples(concept, learned, seed=1000 * run.seed + seed)
            for name in ("cheat", "honest"):
                network = getattr(run, name)
                for kind, digit in (("secret", run.digit), ("six", 6)):
                    tested = test.only(test.digits == digit).frames()
                    value = score(network, network.norms[LAYER], two, tested, digit)
                    found.setdefault(f"{name}.{kind}.{concept}", []).append(value)
    return found


def rows(runs, parts):
    """The mean scores, and in how many runs they differ from those of random directions."""
    n_vectors = len(next(iter(parts[0].values())))
    how = said(runs, f"{n_vectors} directions a run, second block")
    for name in parts[0]:
        means = [100 * float(np.mean(part[name])) for part in parts]
        yield Row.several(name, means, "%", how=how)
        *about, concept = name.split(".")
        if concept != "nothing":
            nothing = ".".join([*about, "nothing"])
            chances = [ttest_ind(part[name], part[nothing], equal_var=False)[1] for part in parts]
            n_clear = sum(p < 0.05 / len(CONCEPTS) for p in chances)
            what = f"{how}, runs that differ from random directions, p < 0.05 / {len(CONCEPTS)}"
            yield Row(f"{name}_clear", int(n_clear), how=what)
