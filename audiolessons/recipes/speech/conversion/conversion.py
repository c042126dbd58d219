"""One voice's words in another's: how near, how lively, still understood, taken for whom.

Digits by four pairs of men, and sentences by four pairs of readers, within a sex and across;
methods and what they learn from are told in `_converters`. Settings were chosen on the validation
takes of the digits; the test takes are met by the bench alone, and nothing was chosen on sentences.
Nothing is stored: what was learned of a voice stays with whoever has the recordings.

Goals: `BEST` is nearer than ridge regression, and nearer than mean and variance, at a variance
within a tenth of the target's; its digits are understood, and taken for the target's.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from dataclasses import replace
from functools import partial

import numpy as np

from audiolessons import datasets, features, language, metrics, signals
from audiolessons.bench.peers import whisper, world
from audiolessons.recipes.speech.conversion._converters import METHODS, Converter, make
from audiolessons.recipes.speech.conversion._pairs import (
    RATE,
    READERS,
    SPEAKERS,
    TRAIN_TAKES,
    Pair,
    Take,
    aligned,
    describe,
    draw_scenes,
    load_pair,
    load_reader_pair,
)
from audiolessons.recipes.tasks.speaker import _voice_networks as verifier
from audiolessons.results import Row

__all__ = [
    "METHODS",
    "Pair",
    "Take",
    "aligned",
    "describe",
    "load",
    "load_sentences",
    "measure",
    "scenes",
    "train",
]

N_PARTS = 5  # of a word, whose mean spectra the recogniser of the bench is given
FRAMES = {"n_fft": 256, "hop_length": 80, "n_mels": 40}
IN_A_SIDE = 5  # digits that the verifier hears at once
BEST = "mixture_lively"  # the nearest, on validation takes, of those as lively as the target
# In dB, %, %; the first is what ridge regression had when the goals were set.
GOALS = {"mcd": "<= 5.72", "recognised": ">= 93", "verified": ">= 30"}
OF_SENTENCES = ("mean_variance", "mixture", "mixture_lively", "neighbours_lively")


def scenes() -> dict:
    """Return what tests, for `python -m audiolessons scenes conversion`.

    Chapter: speech/conversion
    """
    return draw_scenes()


def load(number: int = 0, *, n_takes: int | None = None) -> Pair:
    """Return one of the four pairs of voices, with `n_takes` training takes of each digit.

    Examples
    --------
    >>> pair = load(n_takes=1)
    >>> len(pair.said["train"]), len(pair.wanted["train"])
    (10, 10)

    Chapter: speech/conversion
    """
    return load_pair(number, n_takes=n_takes)[0]


def load_sentences(number: int = 0, *, n_sentences: int | None = None) -> Pair:
    """Return two readers of the same sentences: man to man, woman to woman, woman to man, man to
    woman. With `n_sentences` that many train, and one tests.

    Chapter: speech/conversion
    """
    return load_reader_pair(number, n_sentences=n_sentences)[0]


def train(name: str, pair: Pair, *, seed: int = 0, **options) -> Converter:
    """Learn to turn the first voice of a pair into the second.

    Parameters
    ----------
    name : str
        "mean_variance", "ridge", "mixture", "network" or "neighbours".
    pair : Pair
        From `load`.
    seed : int
        Of mixtures and networks.
    **options
        `n_components` of a mixture, sixteen unless given.

    Examples
    --------
    >>> pair = load(n_takes=1)
    >>> converter = train("mean_variance", pair)
    >>> take = pair.said["test"][0]
    >>> len(converter.convert(take)) == len(take.audio)
    True

    Chapter: speech/conversion
    """
    return make(name, pair, seed=seed, **options)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: nothing done, another take of the target, each method.

    `quick` takes a pair or two and one training take: it shows that all runs.

    Chapter: speech/conversion
    """
    test = _Test(quick)
    endings = ("", "_lively")
    found = {
        "none": partial(_rows, test, lambda pair, _: pair.said["test"], {}),
        "pitch_alone": partial(_rows, test, _pitch_alone, {}),
        "other_take": partial(_rows, test, lambda pair, _: pair.other, {}),
        **{
            f"{name}{ending}": partial(
                _rows, test, _conversion(name + ending), GOALS if name + ending == BEST else {}
            )
            for name in METHODS
            for ending in endings
        },
        "sentences_none": partial(_sentence_rows, test, lambda pair, _: pair.said["test"]),
        **{
            f"sentences_{name}": partial(_sentence_rows, test, _conversion(name))
            for name in OF_SENTENCES
        },
    }
    if world.is_installed():
        found["world_alone"] = partial(_rows, test, _through_world, {})
        found["world"] = partial(_rows, test, _conversion(BEST, by_world), {})
        found["sentences_world"] = partial(_sentence_rows, test, _conversion(BEST, by_world))
    return found


def _pitch_alone(pair, learned):
    """Return test takes with the target's melody and the source's own outline."""
    converter = replace(learned("mean_variance"), change=lambda cepstra: cepstra)
    return [
        describe(converter.convert(one, lively=0.0), sample_rate=one.sample_rate)
        for one in pair.said["test"]
    ]


def _conversion(row, convert=Converter.convert):
    name = row.removesuffix("_lively")
    options = {} if row.endswith("_lively") else {"lively": 0.0}

    def of_pair(pair, learned):
        converter = learned(name)
        return [
            describe(convert(converter, one, **options), sample_rate=one.sample_rate)
            for one in pair.said["test"]
        ]

    return of_pair


def by_world(converter: Converter, take: Take, **options) -> np.ndarray:
    """Return what `Converter.convert` does, with WORLD in place of filter and PSOLA: the outline
    that it found is changed by as much, the pitch likewise, and the sound is made anew.

    Raises
    ------
    AudioError
        If pyworld is not installed.

    Chapter: speech/conversion
    """
    rate = world.LOWEST_RATE
    audio = signals.resample(take.audio, from_rate=take.sample_rate, to_rate=rate)
    parts = world.analyse(audio, sample_rate=rate)
    n_bins, n_frames = parts.power.shape
    gain = converter.log_gain(take, n_fft=parts.n_fft * take.sample_rate // rate, **options)
    gain = np.pad(gain, [(0, n_bins - len(gain)), (0, n_frames)], mode="edge")[:, :n_frames]
    pitch_hz = np.where(parts.pitch_hz > 0, parts.pitch_hz, np.nan)
    new = parts._replace(
        pitch_hz=parts.pitch_hz * converter.pitch_ratio(pitch_hz),
        power=parts.power * np.exp(2 * gain),
    )
    made = world.synthesize(new, sample_rate=rate)
    made = signals.resample(made, from_rate=rate, to_rate=take.sample_rate)
    return np.pad(made, (0, max(0, len(take.audio) - len(made))))[: len(take.audio)]


def _through_world(pair, _):
    rate = world.LOWEST_RATE
    again = [
        world.resynthesise(
            signals.resample(one.audio, from_rate=RATE, to_rate=rate), sample_rate=rate
        )
        for one in pair.wanted["test"]
    ]
    return [describe(signals.resample(x, from_rate=rate, to_rate=RATE)) for x in again]


class _Test:
    """Pairs of voices, what was learned of them, a recogniser and a verifier, each made once."""

    def __init__(self, quick):
        self.quick = quick
        self.learned = functools.cache(lambda name, number: make(name, self.pairs[number][0]))
        self.learned_of_readers = functools.cache(
            lambda name, number: make(name, self.readers[number][0])
        )

    @functools.cached_property
    def pairs(self):
        n_takes = 1 if self.quick else None
        return {n: load_pair(n, n_takes=n_takes) for n in range(1 if self.quick else len(SPEAKERS))}

    @functools.cached_property
    def readers(self):
        n_sentences = 1 if self.quick else None
        return {
            n: load_reader_pair(n, n_sentences=n_sentences)
            for n in range(2 if self.quick else len(READERS))
        }

    @property
    def source(self):
        return self.pairs[0][1]

    @functools.cached_property
    def recogniser(self):
        """Return an SVM on the course of the spectrum, trained on all voices of the set."""
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        takes = range(5, 7) if self.quick else TRAIN_TAKES
        sounds = datasets.load("spoken_digits").where(take=list(takes))
        table = [
            course(signals.resample(one.audio, from_rate=one.sample_rate, to_rate=RATE))
            for one in sounds
        ]
        return make_pipeline(StandardScaler(), SVC(C=10.0)).fit(table, sounds.label_ids)

    @functools.cached_property
    def embed(self):
        return partial(verifier.embed, verifier.trained())

    @functools.cached_property
    def threshold(self):
        """Return the score at which the verifier errs alike on both kinds of natural trials."""
        by_speaker = defaultdict(list)
        for pair, _ in self.pairs.values():
            for who, takes in ((pair.source, pair.said), (pair.target, pair.wanted)):
                by_speaker[who] = self.vectors(takes["train"][:: len(takes["train"]) // 10])
                by_speaker[who] = np.concatenate([by_speaker[who], self.vectors(takes["valid"])])
        vectors = np.concatenate(list(by_speaker.values()))
        names = np.repeat(list(by_speaker), [len(one) for one in by_speaker.values()])
        first, second = np.triu_indices(len(names), 1)
        scores = np.sum(vectors[first] * vectors[second], axis=1)
        curve = metrics.det_curve(names[first] == names[second], scores)
        return curve.thresholds[np.argmin(np.abs(curve.false_alarms - curve.misses))]

    def vectors(self, takes):
        """Return the verifier's vectors of five digits joined, one for every five takes."""
        n_sides = max(1, len(takes) // IN_A_SIDE)
        pause = np.zeros(RATE // 10)
        sides = [
            np.concatenate([x for one in takes[i::n_sides] for x in (one.audio, pause)])
            for i in range(n_sides)
        ]
        heard = (signals.resample(x, from_rate=RATE, to_rate=verifier.SAMPLE_RATE) for x in sides)
        return np.stack([self.embed(x) for x in heard])


def course(audio) -> np.ndarray:
    """Return how a word goes: mean log-mel cepstra of five equal stretches, (65,).

    Examples
    --------
    >>> course(np.random.default_rng(0).normal(size=4000)).shape
    (65,)

    Chapter: speech/conversion
    """
    cepstra = features.mfcc(audio, sample_rate=RATE, n_mfcc=13, **FRAMES)
    places = np.linspace(0, cepstra.shape[1], N_PARTS + 1).astype(int)
    parts = [cepstra[:, i : max(j, i + 1)] for i, j in itertools.pairwise(places)]
    return np.concatenate([part.mean(axis=1) for part in parts])


def _rows(test, convert, goals):
    distortion, variances, right, accepted = [], [], [], []
    for number, (pair, _) in test.pairs.items():
        found = convert(pair, partial(test.learned, number=number))
        wanted = pair.wanted["test"]
        distortion += map(_distortion, wanted, found, pair.said["test"])
        variances.append(_variance(found) / _variance(wanted))
        table = [course(one.audio) for one in found]
        right += list(test.recogniser.predict(table) == [one.label for one in pair.said["test"]])
        enrolled = test.vectors(pair.wanted["valid"])
        accepted += list((test.vectors(found) @ enrolled.T > test.threshold).ravel())
    how = f"{test.source}, {len(test.pairs)} pairs of voices"
    yield Row.average(
        "mcd",
        distortion,
        "dB",
        how=f"{how}, setting of 8 kHz",
        of="takes",
        goal=goals.get("mcd", ""),
    )
    yield _share_of_variance(variances, how)
    yield Row.share(
        "recognised",
        np.mean(right),
        len(right),
        how=f"{how}, digits by a support vector machine trained on all voices",
        goal=goals.get("recognised", ""),
    )
    yield Row.share(
        "verified",
        np.mean(accepted),
        len(accepted),
        how=f"{how}, trials of five digits against five of the target's, threshold at equal error",
        goal=goals.get("verified", ""),
    )


def _sentence_rows(test, convert):
    distortion, variances, texts, heard, readers = [], [], [], [], []
    for number, (pair, _) in test.readers.items():
        found = convert(pair, partial(test.learned_of_readers, number=number))
        said, wanted = pair.said["test"], pair.wanted["test"]
        distortion += map(_distortion, wanted, found, said)
        variances.append(_variance(found) / _variance(wanted))
        if whisper.is_installed():
            texts += [_words(one.label) for one in said]
            heard += [
                _words(whisper.recognise(one.audio, sample_rate=one.sample_rate)) for one in found
            ]
            readers += [number] * len(said)
    how = f"{test.readers[0][1]}, {len(test.readers)} pairs of readers"
    yield Row.average("mcd", distortion, "dB", how=f"{how}, setting of 16 kHz", of="sentences")
    yield _share_of_variance(variances, how)
    if heard:
        low, high = metrics.error_rate_interval(texts, heard, groups=readers)
        yield Row(
            "word_errors",
            100 * metrics.word_error_rate(texts, heard),
            "%",
            how=f"{how}, Whisper tiny.en, 95 % interval over pairs",
            spread=(100 * low, 100 * high),
        )


def _words(text):
    return " ".join(re.findall(r"[a-z']+", language.read_out(text).lower()))


def _share_of_variance(variances, how):
    share = 100 * np.exp(np.mean(np.log(variances)))
    how = f"{how}, global variance, geometric mean, of the target's"
    return Row("variance", float(share), "%", how=how)


def _distortion(wanted, found, said):
    """Return the distortion in dB. A take that lost its pitch, so that there is nothing to compare,
    counts as if nothing had been done.
    """
    heard = found if found.is_voiced.any() else said
    return metrics.mel_cepstral_distortion(
        wanted.audio, heard.audio, sample_rate=wanted.sample_rate
    )


def _variance(takes):
    """Return the mean global variance of takes that have a voiced stretch, (order,)."""
    frames = [one.cepstra[1:, one.is_voiced] for one in takes if one.is_voiced.sum() >= 5]
    return np.mean([metrics.global_variance(one) for one in frames], axis=0)
