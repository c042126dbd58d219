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

import numpy as np

from audiolessons import datasets, metrics
from audiolessons.recipes.large.safety._disguises import DISGUISES, disguise
from audiolessons.recipes.large.safety._listener import heard_digits
from audiolessons.recipes.speech.recognition import _digit_training as digits
from audiolessons.recipes.tasks.speaker import _voice_networks as verifier
from audiolessons.recipes.tasks.speaker._altered_voices import noises, voices
from audiolessons.recipes.tasks.speaker._voice_trials import Trials, held_out, load
from audiolessons.results import Row, weights

__all__ = ["DISGUISES", "attack_rate", "disguise", "load", "measure", "scores", "train"]

RECOGNISER = "digit-strings"
RATE = 8000  # of the digits
SEEDS = (0, 1, 2)
EPOCHS = 8
PAIRED = ("mcadams", "conversion")  # what an attacker is trained against
GOALS = {  # of the disguise that does best
    ("conversion", "ignorant"): ">= 30",
    ("conversion", "retrained"): ">= 20",
}
ENROLLED, ATTACKED, TAUGHT = 1, 2, 3  # what is drawn for the two sides, and for training voices


def sides(name: str, trials: Trials, *, side: int) -> list:
    """Return the sounds (T,) of some trials, each disguised with a draw of its own.

    Parameters
    ----------
    name : str
        As for `disguise`.
    trials : Trials
    side : int
        `ENROLLED` or `ATTACKED`.

    Chapter: large/safety
    """
    rate = verifier.SAMPLE_RATE
    return [
        disguise(name, one.audio, sample_rate=rate, seed=[side, *one.id.encode()])
        for one in trials.sides
    ]


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


def train(name: str, *, seed: int = 0, epochs: int | None = None, n_sounds: int | None = None):
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
    network = verifier.model(n_speakers=_lessons(name, n_sounds)[1], seed=seed)
    weights.load(network.encoder, verifier.NAME)
    dataset = _lessons(name, n_sounds)[0]
    verifier.train(network, dataset, epochs=epochs or EPOCHS, seed=seed, show_progress=False)
    return network.encoder


@functools.cache
def _lessons(name, n_sounds):
    """Return what an attacker learns from, and how many speakers that counts."""
    size = "full" if n_sounds is None else None
    sounds = voices("many_voices", size=size, split="train")
    sounds = [one for one in sounds if one.speaker not in held_out()][:n_sounds]
    rate = verifier.SAMPLE_RATE
    disguised = [
        replace(one, audio=disguise(name, one.audio, sample_rate=rate, seed=list(one.id.encode())))
        for one in sounds
    ]
    dataset = verifier.prepare(disguised, noises=noises("train"), altered=False)
    return dataset, int(dataset.tensors[2].max()) + 1


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what three attackers find out through each disguise.

    `quick` takes a few sounds and trains on a few: it shows that all runs.

    Chapter: large/safety
    """
    test = _Test(quick)
    found = {name: partial(_rows, name, test) for name in DISGUISES}
    retrained = {f"retrained_{name}": partial(_retrained_rows, name, test) for name in PAIRED}
    learned = {f"listener_{name}": partial(_learned_rows, name, quick) for name in PAIRED}
    told = {f"told_{name}": partial(_told_rows, name, test) for name in PAIRED}
    return {**found, **retrained, **learned, **told}


class _Test:
    """Trials, vectors, and what else is made once."""

    def __init__(self, quick):
        self.quick = quick
        self.sounds = functools.cache(lambda name, side: sides(name, self.trials, side=side))
        self.vectors = functools.cache(self._vectors)

    @functools.cached_property
    def trials(self):
        return load().trials("test", altered=False, n_ends=6 if self.quick else None)

    @functools.cached_property
    def encoder(self):
        return verifier.trained()

    def _vectors(self, name, side):
        return np.stack([verifier.embed(self.encoder, one) for one in self.sounds(name, side)])

    @functools.cached_property
    def learned(self):
        """Return training voices of the small form, for what is told of a stranger."""
        sounds = voices("many_voices", split="train")
        if self.quick:  # some of either sex
            sexes = sorted({one.sex for one in sounds})
            sounds = [one for sex in sexes for one in [s for s in sounds if s.sex == sex][:4]]
        return np.stack([verifier.embed(self.encoder, one.audio) for one in sounds]), sounds

    def how(self):
        source = datasets.load("many_voices").source
        return f"{source}, all ordered pairs of {len(self.trials.sides)} sounds"


def _rate_row(name, test, enrolled, attacked, **options):
    truth, cosines, speakers = scores(test.trials, enrolled, attacked)
    low, high = metrics.equal_error_rate_interval(truth, cosines, speakers)
    return Row(
        name,
        100 * metrics.equal_error_rate(truth, cosines),
        "%",
        how=f"{test.how()}, 95 % interval over {len(np.unique(speakers))} speakers",
        spread=(100 * low, 100 * high),
        weights=(verifier.NAME,),
        **options,
    )


def _rows(name, test):
    plain, attacked = test.vectors("none", ENROLLED), test.vectors(name, ATTACKED)
    yield _rate_row("ignorant", test, plain, attacked, goal=GOALS.get((name, "ignorant"), ""))
    if name != "none":
        yield _rate_row("knowing", test, test.vectors(name, ENROLLED), attacked)
    yield from _sex_rows(test, attacked)
    yield from _digit_rows(name, test.quick)


def _told_rows(name, test):
    """Yield how often the sex is told by who has learned from voices disguised likewise."""
    rate = verifier.SAMPLE_RATE
    learned = [
        verifier.embed(test.encoder, disguise(name, one.audio, sample_rate=rate, seed=[TAUGHT, n]))
        for n, one in enumerate(test.learned[1])
    ]
    yield from _sex_rows(test, test.vectors(name, ATTACKED), learned=np.stack(learned))


def _sex_rows(test, attacked, *, learned=None):
    """Yield how often the sex of a stranger is told from the vector of a sound."""
    from sklearn.linear_model import LogisticRegression

    vectors, sounds = test.learned
    vectors, kind = (vectors, "undisguised") if learned is None else (learned, "disguised")
    told = LogisticRegression(C=10.0, max_iter=1000).fit(vectors, [one.sex for one in sounds])
    right = told.predict(attacked) == np.array([one.sex for one in test.trials.sides])
    how = f"woman or man, by logistic regression on the vectors of {kind} training voices"
    yield Row.share("sex", float(right.mean()), len(right), how=how, weights=(verifier.NAME,))


def _digit_rows(name, quick):
    """Yield how many digits are recognised, and how many fewer than undisguised ones."""
    sounds = datasets.load("spoken_digits", split="test")
    sounds = [sounds[i] for i in range(0, len(sounds), 60 if quick else 1)]
    network = digits.model()
    weights.load(network, RECOGNISER)

    def right(how):
        heard = digits.recognise(
            network,
            [
                disguise(how, one.audio, sample_rate=RATE, seed=list(one.id.encode()))
                for one in sounds
            ],
        )
        return np.array([text == one.label_name for text, one in zip(heard, sounds, strict=True)])

    plain, disguised = right("none"), right(name)
    how = "single digits by the stored recogniser of strings, which knows the six voices"
    used = {"weights": (RECOGNISER,)}
    yield Row.share("digits", float(disguised.mean()), len(disguised), how=how, **used)
    if name != "none":
        yield Row.average(
            "digits_lost",
            (100.0 * plain - 100.0 * disguised).tolist(),
            "points",
            goal="<= 3" if name == "conversion" else "",
            how=how,
            of="digits",
            **used,
        )


def _retrained_rows(name, test):
    """Yield what an attacker finds who has trained on disguised voices, three seeds."""
    seeds = SEEDS[:1] if test.quick else SEEDS
    options = {"epochs": 1, "n_sounds": 6} if test.quick else {}
    rates = []
    for seed in seeds:
        encoder = train(name, seed=seed, **options)
        enrolled, attacked = (
            np.stack([verifier.embed(encoder, one) for one in test.sounds(name, side)])
            for side in (ENROLLED, ATTACKED)
        )
        rates.append(attack_rate(test.trials, enrolled, attacked))
        if seed == 0:
            yield replace(_rate_row("seed_0", test, enrolled, attacked), weights=())
    how = f"{test.how()}, {len(seeds)} trainings that start from the stored network"
    goal = GOALS.get((name, "retrained"), "")
    yield Row.several("rate", rates, "%", goal=goal, how=how)


def _learned_rows(name, quick):
    """Yield how many digits a recogniser knows that has learned from disguised ones."""
    every = 30 if quick else 1
    plain, disguised = (heard_digits(how, every=every) for how in ("none", name))
    how = "single digits by a support vector machine trained on digits disguised likewise"
    yield Row.share("digits", float(disguised.mean()), len(disguised), how=how)
    yield Row.average(
        "digits_lost",
        (100.0 * plain - 100.0 * disguised).tolist(),
        "points",
        goal="<= 3" if name == "conversion" else "",
        how=f"{how}, less than trained and tested on undisguised ones",
        of="digits",
    )
