"""Who speaks? Systems that compare two voices, on the same trials, with the same measures.

Nobody in a test was trained on. All pairs of the sounds of a part are its trials; each sound is
altered in a way of its own, as `_altered_voices` says, or left clean to show what that hides.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from functools import partial

import numpy as np

from audiolessons import features, metrics, signals
from audiolessons.bench.peers import resemblyzer
from audiolessons.errors import check_choice
from audiolessons.recipes.tasks.speaker._altered_voices import (
    SAMPLE_RATE,
    Voice,
    alter,
    draw_alteration,
    noises,
    voices,
)
from audiolessons.recipes.tasks.speaker._voice_networks import (
    N_VERSIONS,
    NAME,
    embed,
    log_mel,
    model,
    prepare,
    train,
    train_and_store,
    trained,
)
from audiolessons.recipes.tasks.speaker._voice_trials import (
    N_DIGITS,
    Trials,
    draw_scenes,
    held_out,
    load,
)
from audiolessons.results import Row

__all__ = [
    "SAMPLE_RATE",
    "Trials",
    "Voice",
    "alter",
    "available",
    "embed",
    "floor",
    "load",
    "log_mel",
    "measure",
    "mfcc_statistics",
    "model",
    "noises",
    "prepare",
    "scenes",
    "score",
    "store",
    "system",
    "train",
    "trained",
]

N_DIRECTIONS = 40  # that linear discriminant analysis keeps
SYSTEMS = ("floor", "mfcc", "lda", "network", "resemblyzer")
FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 40}
PRIOR = 0.05  # one trial in twenty is of the same speaker
GOAL_FLOOR = 40.0  # without listening to the voice, nearly chance
GOAL_BEHIND = 3.0  # points of the equal error rate behind Resemblyzer
GOAL_SHARE = 66.7  # percent of the equal error rate of MFCC statistics, digits


# --- systems -----------------------------------------------------------------------------------


def floor(audio) -> np.ndarray:
    """Return what can be told nearly without the voice: the level, and the quietest tenth.

    Shape (41,), in dB. The quietest frames are mostly pauses.

    Chapter: tasks/speaker
    """
    level = features.log_mel(audio, sample_rate=SAMPLE_RATE, top_db=None, **FRAMES)
    quiet = np.argsort(level.mean(axis=0))[: max(1, level.shape[1] // 10)]
    return np.append(level[:, quiet].mean(axis=1), signals.level_db(audio))


def mfcc_statistics(audio) -> np.ndarray:
    """Return mean and deviation of 20 MFCC over the frames, shape (40,).

    Chapter: tasks/speaker
    """
    return features.summary_statistics(
        features.mfcc(audio, sample_rate=SAMPLE_RATE, n_mfcc=20, **FRAMES)
    )


class _Scaled:
    """A vector that is made by hand, each number less its mean over training voices, over their
    deviation; with `lda`, turned and scaled to where training speakers lie apart.
    """

    def __init__(self, describe, sounds, *, lda=False):
        self.describe = describe
        table = np.stack([describe(one.audio) for one in sounds])
        self.mean, self.deviation = table.mean(axis=0), table.std(axis=0) + 1e-9
        self.directions = None
        if lda:
            from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

            fitted = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto")
            speakers = [one.speaker for one in sounds]
            fitted.fit((table - self.mean) / self.deviation, speakers)
            n_directions = min(N_DIRECTIONS, len(set(speakers)) - 1)
            self.directions = fitted.scalings_[:, :n_directions]

    def __call__(self, audio):
        scaled = (self.describe(audio) - self.mean) / self.deviation
        return scaled if self.directions is None else scaled @ self.directions


@functools.cache
def system(name: str):
    """Return a system: a function that makes a vector of a sound (T,) at `SAMPLE_RATE`.

    Parameters
    ----------
    name : str
        "floor" (what no voice is in), "mfcc" (statistics), "lda" (of the same, learned from the
        training speakers), "network" or "resemblyzer".

    Raises
    ------
    AudioError
        If there is no such system, or its package is not installed.

    Examples
    --------
    >>> system("network")(np.random.default_rng(0).normal(size=16000)).shape
    (128,)

    Chapter: tasks/speaker
    """
    check_choice(name, name="system", choices=SYSTEMS)
    if name == "network":
        return partial(embed, trained())
    if name == "resemblyzer":
        return partial(resemblyzer.embed, sample_rate=SAMPLE_RATE)
    describe = floor if name == "floor" else mfcc_statistics
    return _Scaled(describe, _altered_training(), lda=name == "lda")


@functools.cache
def _altered_training() -> list:
    """Return the training voices, altered as training segments are."""
    random, sounds = np.random.default_rng(0), noises("train")
    return [
        replace(
            one,
            audio=alter(one.audio, draw_alteration(random, noises=sounds), rooms={}, noises=sounds),
        )
        for one in load().train
    ]


def available() -> list:
    """Return the names of the systems whose packages are installed.

    Chapter: tasks/speaker
    """
    return [name for name in SYSTEMS if name != "resemblyzer" or resemblyzer.is_installed()]


# --- bench -------------------------------------------------------------------------------------


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: each system on all trials, clean and altered; how far
    ours is behind, or ahead; and what each change to the network bought.

    `quick` takes a few sounds, and trains for one epoch: it shows that all runs. What needs a
    package that is not installed is left out.

    Chapter: tasks/speaker
    """
    test = _Test(load(), quick)
    found = {name: partial(_rows, name, test) for name in available()}
    return {**found, "lead": partial(_lead_rows, test), "steps": partial(_step_rows, test)}


class _Test:
    """The trials of each part, and the scores of each system on them, computed once."""

    def __init__(self, sounds, quick):
        self.source, self.quick, self.sounds = sounds.source, quick, sounds
        self.trials = functools.cache(self._trials)
        self.scores = functools.cache(self._scores)

    def _trials(self, part):
        """Return the trials of a part; "clean" are those of "test" as they were recorded."""
        name, altered = (part, True) if part != "clean" else ("test", False)
        return self.sounds.trials(name, altered=altered, n_ends=6 if self.quick else None)

    def _scores(self, name, part):
        return score(self.trials(part), system(name))

    def rate(self, name, part):
        return 100 * metrics.equal_error_rate(self.trials(part).truth, self.scores(name, part))

    def row(self, name, part, **options):
        trials, scores = self.trials(part), self.scores(name, part)
        return _rate_row(part, trials, scores, how=self.how(part), **options)

    def how(self, part):
        return f"{self.source}, all pairs of {len(self.trials(part).sides)} sounds, part {part}"


def score(trials: Trials, embedder) -> np.ndarray:
    """Return the score of each trial: the cosine between what a system makes of its two sides.

    Chapter: tasks/speaker
    """
    return trials.scores([embedder(one.audio) for one in trials.sides])


def _rate_row(name, trials, scores, *, how, kept=slice(None), **options) -> Row:
    """Return a row with the equal error rate in percent, and its interval over speakers."""
    truth, scores, speakers = trials.truth[kept], scores[kept], trials.speakers[kept]
    low, high = metrics.equal_error_rate_interval(truth, scores, speakers)
    how = f"{how}, 95 % interval over {len(np.unique(speakers))} speakers"
    value = 100 * metrics.equal_error_rate(truth, scores)
    return Row(name, value, "%", how=how, spread=(100 * low, 100 * high), **options)


def _rows(name, test):
    stored = {"exact": True, "weights": (NAME,) if name == "network" else ()}
    yield test.row(name, "clean", **stored)
    goal = f">= {GOAL_FLOOR}" if name == "floor" else ""
    yield test.row(name, "test", goal=goal, **stored)
    trials, scores = test.trials("test"), test.scores(name, "test")
    how = f"{test.how('test')}, both women or both men"
    yield _rate_row("same_sex", trials, scores, how=how, kept=trials.same_sex, **stored)
    for part in ("native", *(f"digits_{n}" for n in N_DIGITS)):
        yield test.row(name, part, **stored)
    to_ratio = metrics.calibrate(test.trials("valid").truth, test.scores(name, "valid"))
    ratios = to_ratio(scores)
    how = f"{test.how('test')}, calibrated on part valid, one target in {round(1 / PRIOR)}"
    threshold = metrics.bayes_threshold(prior=PRIOR)
    cost = metrics.detection_cost(trials.truth, ratios, threshold=threshold, prior=PRIOR)
    least, _ = metrics.least_detection_cost(trials.truth, ratios, prior=PRIOR)
    yield Row("cost", cost, how=how, **stored)
    yield Row("least_cost", least, how=how, **stored)
    yield Row("llr_cost", metrics.llr_cost(trials.truth, ratios), "bits", how=how, **stored)


def _lead_rows(test):
    """How far the network is behind Resemblyzer, in points; and its share of the errors of MFCC."""
    stored = {"weights": (NAME,), "exact": True}
    if "resemblyzer" in available():
        trials, names = test.trials("test"), ("network", "resemblyzer")
        ours, theirs = (test.scores(name, "test") for name in names)
        low, high = metrics.equal_error_rate_interval(
            trials.truth, ours, trials.speakers, other=theirs
        )
        yield Row(
            "behind",
            test.rate("network", "test") - test.rate("resemblyzer", "test"),
            "points",
            goal=f"<= {GOAL_BEHIND}",
            how=f"{test.how('test')}, network less resemblyzer, 95 % interval over speakers",
            spread=(100 * low, 100 * high),
            **stored,
        )
    for part in (f"digits_{n}" for n in N_DIGITS):
        yield Row(
            part,
            100 * test.rate("network", part) / test.rate("mfcc", part),
            "%",
            goal=f"<= {GOAL_SHARE}" if part == "digits_3" else "",
            how=f"{test.how(part)}, equal error rate of network as a share of that of mfcc",
            **stored,
        )


STEPS = {  # one thing is changed after the other
    "first": {"altered": False, "pooling": "mean", "margin": 0.0},
    "altered": {"altered": True, "pooling": "mean", "margin": 0.0},
    "statistics": {"altered": True, "pooling": "statistics", "margin": 0.0},
    "attentive": {"altered": True, "pooling": "attentive", "margin": 0.0},
    "margin": {"altered": True, "pooling": "attentive", "margin": 0.2},
}


def _step_rows(test):
    """Train small networks, in which one thing is changed after the other, and test each."""
    sounds = test.sounds.train[:12] if test.quick else test.sounds.train
    n_versions, epochs = (1, 1) if test.quick else (3, 10)
    sets = {
        altered: prepare(sounds, noises=noises("train"), n_versions=n_versions, altered=altered)
        for altered in (False, True)
    }
    for name, how in STEPS.items():
        dataset = sets[how["altered"]]
        network = model(n_speakers=int(dataset.tensors[2].max()) + 1, pooling=how["pooling"])
        train(network, dataset, epochs=epochs, margin=how["margin"], show_progress=False)
        for part in ("clean", "test"):
            trials = test.trials(part)
            scores = score(trials, partial(embed, network.encoder))
            about = f"{test.how(part)}, trained on {len(sounds)} sentences, {epochs} epochs, seed 0"
            yield _rate_row(f"{name}.{part}", trials, scores, how=about)


def store(*, epochs: int | None = None, folder=None):
    """Train the network on all sentences of the training speakers; yield the path of its weights.

    Chapter: tasks/speaker
    """
    sentences = voices("many_voices", size="full", split="train")
    sounds = [one for one in sentences if one.speaker not in held_out()]
    dataset = prepare(sounds, noises=noises("train"), n_versions=1 if epochs else N_VERSIONS)
    yield train_and_store(sounds, dataset, source=load().source, epochs=epochs, folder=folder)


def scenes() -> dict:
    """Draw the test scenes: what `python -m audiolessons scenes speaker` writes.

    Chapter: tasks/speaker
    """
    return draw_scenes(seed=0)
