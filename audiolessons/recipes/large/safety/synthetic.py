"""Recorded or made: small detectors of synthetic speech, on makers that they know and do not.

Each detector is trained on three of the four makers and meets the fourth in the test, with new
speakers. A rule that hears nothing but how a clip begins stands beside it, before and after the
silence is cut off.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from audiolessons import datasets, features, metrics, signals
from audiolessons.recipes.large.safety import _generators
from audiolessons.recipes.large.safety._generators import GENERATORS, SAMPLE_RATE, clips, scenes
from audiolessons.results import Row

__all__ = ["GENERATORS", "beginning_db", "describe", "load", "measure", "scenes", "train"]

FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 64, "top_db": 80.0}
BEGINNING_S = 0.05


def load(part: str = "train", *, cut: bool = True, first: int | None = None) -> dict:
    """Return clips by maker, {"recorded": (B, T), "griffin_lim": (B, T), ...}, at 16 kHz.

    Parameters
    ----------
    part : str
        "train" or "test": other speakers.
    cut : bool
        Whether recordings lose the silence at their ends.
    first : int, optional
        So many sentences alone.

    Examples
    --------
    >>> found = load("test", first=1)
    >>> sorted(found), found["recorded"].shape
    (['conversion', 'griffin_lim', 'mcadams', 'recorded', 'vocoder'], (1, 24000))

    Chapter: large/safety
    """
    return {name: clips(name, part, cut=cut, first=first) for name in ("recorded", *GENERATORS)}


def beginning_db(audio) -> np.ndarray:
    """Return the level of the first 50 ms of clips (B, T), in dB: all that the shortcut hears.

    Examples
    --------
    >>> beginning_db(np.ones((1, 16000))).round()
    array([0.])

    Chapter: large/safety
    """
    n_samples = round(BEGINNING_S * SAMPLE_RATE)
    power = np.mean(np.square(np.asarray(audio)[:, :n_samples], dtype=float), axis=1)
    return signals.amplitude_to_db(np.sqrt(power) + 1e-6)


def describe(audio) -> np.ndarray:
    """Return what a detector hears of clips (B, T): (B, 192).

    Mean and deviation of each of 64 log-mel bands over the clip, and the deviation of its steps
    from frame to frame.

    Examples
    --------
    >>> describe(np.random.default_rng(0).normal(size=(2, 24000)).astype(np.float32)).shape
    (2, 192)

    Chapter: large/safety
    """
    found = []
    for one in np.asarray(audio):
        level = features.log_mel(one, sample_rate=SAMPLE_RATE, **FRAMES)
        steps = np.diff(level, axis=1)
        found.append(np.concatenate([level.mean(axis=1), level.std(axis=1), steps.std(axis=1)]))
    return np.stack(found)


def train(sounds: dict, *, known):
    """Return a detector that was trained on recordings and on what some makers made of them.

    It is a logistic regression on what `describe` hears, each number scaled to deviation 1.

    Parameters
    ----------
    sounds : dict
        Clips by maker, from `load`.
    known : list of str
        The makers that it hears. Recordings count as much as all of them together.

    Chapter: large/safety
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    tables = [describe(sounds[name]) for name in ("recorded", *known)]
    is_made = np.repeat([0, 1], [len(tables[0]), sum(map(len, tables[1:]))])
    line = LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
    return make_pipeline(StandardScaler(), line).fit(np.concatenate(tables), is_made)


def suspicion(detector, audio) -> np.ndarray:
    """Return how much rather clips (B, T) are made than recorded: the log odds, (B,).

    Chapter: large/safety
    """
    return detector.decision_function(describe(audio))


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: the shortcut, then a detector for each unseen maker,
    trained and tested before and after silence was cut.

    `quick` takes a few sentences: it shows that all runs.

    Chapter: large/safety
    """
    test = _Test(quick)
    found = {"beginning": partial(_beginning_rows, test)}
    for name in GENERATORS:
        found[f"without_{name}"] = partial(_rows, test, name)
    return found


class _Test:
    """Clips of both parts, made once."""

    def __init__(self, quick):
        self.quick = quick
        self.made = functools.cache(self._made)

    def _made(self, name, part, cut):
        cut = cut or name != "recorded"  # what is made begins at once, either way
        return clips(name, part, cut=cut, first=6 if self.quick else None)

    def sounds(self, part, cut):
        return {name: self.made(name, part, cut) for name in ("recorded", *GENERATORS)}

    @functools.cached_property
    def speakers(self):
        sounds = _generators.sentences("test", first=6 if self.quick else None)
        return np.array([one.speaker for one in sounds])

    def rate(self, score, names, cut):
        """Return the error rate in percent of telling what `names` made, and its interval."""
        sounds = self.sounds("test", cut)
        parts = [score(sounds[name]) for name in ("recorded", *names)]
        scores = np.concatenate(parts)
        truth = np.repeat([0] + [1] * len(names), len(parts[0]))
        speakers = np.tile(self.speakers, len(parts))

        def error(rows):
            return 100 * metrics.equal_error_rate(truth[rows], scores[rows])

        rows = np.arange(len(scores))
        spread = metrics.bootstrap_interval(rows, statistic=error, groups=speakers, n_draws=500)
        return error(rows), spread

    def how(self, cut):
        source = datasets.load("many_voices").source
        ends = "after silence was cut" if cut else "as published, with silence before recordings"
        n_speakers = len(set(self.speakers))
        return f"{source}, {len(self.speakers)} sentences of {n_speakers} speakers, {ends}"


def _beginning_rows(test):
    for cut, name in ((False, "published"), (True, "cut")):
        value, spread = test.rate(beginning_db, GENERATORS, cut)
        how = f"{test.how(cut)}, level of the first {1000 * BEGINNING_S:.0f} ms alone"
        how = f"{how}, 95 % interval over speakers"
        yield Row(name, value, "%", how=how, spread=spread, exact=True)


def _rows(test, unseen):
    """Yield error rates on the makers that the detector knows, and on the one it does not."""
    known = [name for name in GENERATORS if name != unseen]
    for learned_cut, start in ((False, "published"), (True, "cut")):
        detector = train(test.sounds("train", learned_cut), known=known)
        # A detector that learned with the silence is asked without it too.
        for cut in sorted({learned_cut, True}):
            name = start if cut == learned_cut else f"{start}_then_cut"
            for kind, names in (("seen", known), ("unseen", [unseen])):
                value, spread = test.rate(partial(suspicion, detector), names, cut)
                how = f"{test.how(cut)}, trained on {', '.join(known)}, 95 % interval over speakers"
                yield Row(f"{name}.{kind}", value, "%", how=how, spread=spread)
