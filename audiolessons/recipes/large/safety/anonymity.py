"""Who spoke, though the voice was disguised: what a voice gives away, and to whom.

Sounds of the test speakers are disguised; an attacker who has an undisguised sound of a speaker
asks which of them are of the same one. He knows nothing of the disguise, or disguises his sound in
the same way, or has trained his network on disguised voices as well. What is enrolled is drawn
apart from what is attacked: no pair shares a draw.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from audiolessons import metrics
from audiolessons.recipes.large.safety._disguises import (
    DISGUISES,
    WAYS,
    disguise,
    disguise_all,
    manner,
)
from audiolessons.recipes.large.safety._gives_away import age_rows, child_rows, sex_row
from audiolessons.recipes.large.safety._listener import RECOGNISER, heard_digits, known_digits
from audiolessons.recipes.large.safety._sides import ATTACKED, ENROLLED, N_QUICK, Sides
from audiolessons.recipes.tasks.speaker import _voice_networks as verifier
from audiolessons.recipes.tasks.speaker._altered_voices import noises, voices
from audiolessons.recipes.tasks.speaker._voice_trials import Trials, held_out, load
from audiolessons.results import Row, weights

__all__ = [
    "DISGUISES",
    "attack_rate",
    "attacker",
    "disguise",
    "learn",
    "load",
    "manner",
    "measure",
    "scores",
    "train",
]

SEEDS = {"conversion": (0, 1, 2), "mcadams": (0,), "steady": (0,)}  # what time allowed
EPOCHS = 8
KEPT = "_build/train/anonymity"  # attackers who were trained, with the bench or before it
CANDIDATES = tuple(name for name in DISGUISES if name not in ("none", "mcadams_fixed"))
CHOSEN = "steady"  # of the candidates, by voices held out and validation takes
DRAWN = ("mcadams", "conversion", CHOSEN)  # what an attacker is trained against
TESTED = ("none", "mcadams_fixed", *DRAWN)
GOALS = {
    (name, what): goal
    for name in ("conversion", CHOSEN)
    for what, goal in (("ignorant", ">= 30"), ("retrained", ">= 20"), ("digits_lost", "<= 3"))
}


def scores(trials: Trials, enrolled, attacked) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, cosines and speakers of all ordered pairs: each sound enrolled, each attacked.

    Parameters
    ----------
    trials : Trials
    enrolled, attacked : array
        Shape (S, E): vectors of the S sides, for the attacker's sound and for the disguised one.

    Chapter: large/safety
    """
    cosines = np.asarray(enrolled) @ np.asarray(attacked).T
    first, second = trials.first, trials.second
    both = np.concatenate([cosines[first, second], cosines[second, first]])
    speakers = np.concatenate([trials.speakers, trials.speakers[:, ::-1]])
    return np.tile(trials.truth, 2), both, speakers


def attack_rate(trials: Trials, enrolled, attacked) -> float:
    """Return the attacker's equal error rate in percent: 0 if he finds all, 50 if he guesses.

    Chapter: large/safety
    """
    truth, cosines, _ = scores(trials, enrolled, attacked)
    return 100 * metrics.equal_error_rate(truth, cosines)


def train(
    name: str,
    *,
    seed: int = 0,
    epochs: int | None = None,
    n_sounds: int | None = None,
):
    """Return the encoder of an attacker who has trained on voices that are disguised so.

    He starts from the network that the book stores, and hears the full training part.

    Parameters
    ----------
    name : str
        As for `disguise`.
    seed : int
    epochs : int, optional
    n_sounds : int, optional
        So many training sounds; all unless given.

    Chapter: large/safety
    """
    return learn(*_lessons(name, n_sounds), seed=seed, epochs=epochs)


def learn(dataset, n_speakers: int, *, seed: int, epochs: int | None = None):
    """Return the encoder of an attacker who has learned from these segments of disguised voices.

    Chapter: large/safety
    """
    network = verifier.model(n_speakers=n_speakers, seed=seed)
    weights.load(network.encoder, verifier.NAME)
    verifier.train(network, dataset, epochs=epochs or EPOCHS, seed=seed, show_progress=False)
    return network.encoder


def attacker(name: str, *, seed: int, folder=KEPT):
    """Return the encoder of a retrained attacker: the one that is kept there, or trained now.

    Chapter: large/safety
    """
    kept = _kept(name, seed)
    if not (Path(folder) / f"{kept}.npz").exists():
        encoder = train(name, seed=seed)
        weights.save(encoder, kept, record={"disguise": name, "seed": seed}, folder=folder)
        return encoder
    encoder = verifier.model().encoder
    weights.load(encoder, kept, folder=folder)
    return encoder


def _kept(name, seed):
    return f"{name}-{seed}"


@functools.cache
def _lessons(name, n_sounds):
    """Return what an attacker learns from, and how many speakers that counts."""
    size = "full" if n_sounds is None else None
    sounds = voices("many_voices", size=size, split="train")
    sounds = [one for one in sounds if one.speaker not in held_out()][:n_sounds]
    seeds = [list(one.id.encode()) for one in sounds]
    made = disguise_all(name, sounds, sample_rate=verifier.SAMPLE_RATE, seeds=seeds)
    disguised = [replace(one, audio=audio) for one, audio in zip(sounds, made, strict=True)]
    dataset = verifier.prepare(disguised, noises=noises("train"), altered=False)
    return dataset, int(dataset.tensors[2].max()) + 1


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what three attackers find out through each disguise.

    `quick` takes a few sounds and trains on a few: it shows that all runs.

    Chapter: large/safety
    """
    test, native, valid = (Sides(part, quick=quick) for part in ("test", "native", "valid"))
    chosen = {f"choice_{name}": partial(_choice_rows, name, valid) for name in CANDIDATES}
    chosen["choice_attacked"] = partial(_choice_attacked_rows, valid)
    found = {name: partial(_rows, name, test) for name in TESTED}
    readers = {f"native_{name}": partial(_attack_rows, name, native) for name in TESTED}
    retrained = {f"retrained_{one}": partial(_retrained_rows, one, test, native) for one in DRAWN}
    learned = {f"listener_{name}": partial(_learned_rows, name, quick) for name in DRAWN}
    told = {f"told_{name}": partial(_told_rows, name, test) for name in DRAWN}
    age = {f"age_{name}": partial(age_rows, name, test) for name in ("none", *DRAWN)}
    child = {f"child_{name}": partial(child_rows, name, quick) for name in ("none", *DRAWN)}
    return {**chosen, **found, **readers, **retrained, **learned, **told, **age, **child}


def _choice_rows(name, valid):
    """Yield what attackers find and a listener understands, of voices and takes to choose with."""
    yield from _attack_rows(name, valid)
    right = heard_digits(name, part="valid", every=30 if valid.quick else 1)
    how = "validation digits by a support vector machine trained on digits disguised likewise"
    yield Row.share("digits", float(right.mean()), len(right), how=how)


def _choice_attacked_rows(valid):
    """Yield what attackers find who have trained on the disguise of which a candidate is a part."""
    for name in CANDIDATES[: 1 if valid.quick else None]:
        learned = "mcadams" if WAYS[name].bent else CHOSEN
        encoder = _attacker(learned, seed=0, quick=valid.quick)
        both = [valid.embedded(encoder, name, side) for side in (ENROLLED, ATTACKED)]
        row = _rate_row(name, valid, *both)
        yield replace(row, weights=(), how=f"{row.how}, a network trained on {learned}, seed 0")


def _attacker(name, *, seed, quick):
    return train(name, epochs=1, n_sounds=N_QUICK) if quick else attacker(name, seed=seed)


def _attack_rows(name, some, *, goal=""):
    """Yield the error rates of the ignorant and of the knowing attacker."""
    plain, attacked = some.vectors("none", ENROLLED), some.vectors(name, ATTACKED)
    yield _rate_row("ignorant", some, plain, attacked, goal=goal)
    if name != "none":
        yield _rate_row("knowing", some, some.vectors(name, ENROLLED), attacked)


def _rate_row(name, some, enrolled, attacked, **options):
    truth, cosines, speakers = scores(some.trials, enrolled, attacked)
    low, high = metrics.equal_error_rate_interval(truth, cosines, speakers)
    return Row(
        name,
        100 * metrics.equal_error_rate(truth, cosines),
        "%",
        how=f"{some.how()}, 95 % interval over {len(np.unique(speakers))} speakers",
        spread=(100 * low, 100 * high),
        weights=(verifier.NAME,),
        **options,
    )


def _rows(name, test):
    yield from _attack_rows(name, test, goal=GOALS.get((name, "ignorant"), ""))
    yield sex_row(test, name)
    yield from _digit_rows(name, test.quick)


def _told_rows(name, test):
    """Yield how often the sex is told by who has learned from voices disguised likewise."""
    yield sex_row(test, name, learned=name)


def _digit_rows(name, quick):
    """Yield how many digits are recognised, and how many fewer than undisguised ones."""
    every = 60 if quick else 1
    plain, disguised = (known_digits(how, every=every) for how in ("none", name))
    how = "single digits by the stored recogniser of strings, which knows the six voices"
    used = {"weights": (RECOGNISER,)}
    yield Row.share("digits", float(disguised.mean()), len(disguised), how=how, **used)
    if name != "none":
        yield _lost_row(name, plain, disguised, how=how, **used)


def _lost_row(name, plain, disguised, **options):
    lost = (100.0 * plain - 100.0 * disguised).tolist()
    goal = GOALS.get((name, "digits_lost"), "")
    return Row.average("digits_lost", lost, "points", goal=goal, of="digits", **options)


def _retrained_rows(name, test, native):
    """Yield what an attacker finds who has trained on disguised voices."""
    seeds = SEEDS[name][: 1 if test.quick else None]
    rates, of_readers = [], []
    for seed in seeds:
        encoder = _attacker(name, seed=seed, quick=test.quick)
        for some, found in ((test, rates), (native, of_readers)):
            both = [some.embedded(encoder, name, side) for side in (ENROLLED, ATTACKED)]
            found.append(attack_rate(some.trials, *both))
            if seed == 0:
                kind = "" if some is test else "native_"
                yield replace(_rate_row(f"{kind}seed_0", some, *both), weights=())
    plural = "s" if len(seeds) > 1 else ""
    trained = f"{len(seeds)} training{plural} from the stored network"
    if not test.quick:
        records = [weights.read_record(_kept(name, seed), folder=KEPT) for seed in seeds]
        trained = ", ".join([trained, *sorted({one["from"] for one in records if "from" in one})])
    goal = GOALS.get((name, "retrained"), "")
    yield Row.several("rate", rates, "%", goal=goal, how=f"{test.how()}, {trained}")
    yield Row.several("native", of_readers, "%", how=f"{native.how()}, {trained}")


def _learned_rows(name, quick):
    """Yield how many digits a recogniser knows that has learned from disguised ones."""
    every = 30 if quick else 1
    plain, disguised = (heard_digits(how, every=every) for how in ("none", name))
    how = "single digits by a support vector machine trained on digits disguised likewise"
    yield Row.share("digits", float(disguised.mean()), len(disguised), how=how)
    how = f"{how}, less than trained and tested on undisguised ones"
    yield _lost_row(name, plain, disguised, how=how)
