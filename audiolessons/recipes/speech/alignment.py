"""Spoken digits without a network: templates that are warped, and hidden Markov models.

Two questions, as for other recognisers of these digits: new takes of known voices (the official
split), and new voices (each held out in turn). States, Gaussians and that no mean is taken away
were chosen on takes 5 to 9 of the official training takes; the last was seen to be best for new
voices, too. The rounds of the phones were chosen on the validation sentences.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from audiolessons import datasets, features, matching, metrics, results
from audiolessons.bench.peers import pocketsphinx
from audiolessons.recipes.speech._spoken_text import load_sentences, train_aligner
from audiolessons.results import Row

FRAMES = {"n_fft": 256, "hop_length": 80, "n_mels": 24, "min_hz": 100.0, "max_hz": 3800.0}
N_MFCC = 13
N_STATES = 8
N_ITER = 4
N_TEMPLATES = 1  # of each voice and digit: five of a digit, where a voice is held out
TOLERANCE_S = 0.04
GOALS = {"takes": ">= 98.5", "voices": ">= 84"}


@dataclass(frozen=True)
class Takes:
    """Spoken digits: features (39, N), which digit, who speaks, which take; an array each.

    `names` are those of the digits, `source` is "recordings" or "embedded".
    """

    frames: list
    digit: np.ndarray
    speaker: np.ndarray
    take: np.ndarray
    names: list
    source: str

    def of(self, is_chosen) -> Takes:
        """Return some of them."""
        rows = np.flatnonzero(is_chosen)
        return replace(
            self,
            frames=[self.frames[row] for row in rows],
            digit=self.digit[rows],
            speaker=self.speaker[rows],
            take=self.take[rows],
        )

    def centred(self) -> Takes:
        """Return them without the mean of each take."""
        return replace(self, frames=[one - one.mean(axis=1, keepdims=True) for one in self.frames])


def digit_features(audio, *, sample_rate: float = 8000) -> np.ndarray:
    """Return MFCC, their slopes and the slopes of those, a frame every 10 ms: (39, N).

    Examples
    --------
    >>> digit_features(np.random.default_rng(0).normal(size=8000)).shape
    (39, 101)

    Chapter: speech/alignment
    """
    cepstrum = features.mfcc(audio, sample_rate=sample_rate, n_mfcc=N_MFCC, **FRAMES)
    lacking = max(0, 2 * N_STATES - cepstrum.shape[1])  # every state needs a frame or two
    cepstrum = np.pad(cepstrum, ((0, 0), (0, lacking)), mode="edge")
    slopes = features.deltas(cepstrum, width=5)
    return np.concatenate([cepstrum, slopes, features.deltas(slopes, width=5)]).astype(float)


def load() -> Takes:
    """Return all takes of all voices.

    Examples
    --------
    >>> takes = load()
    >>> len(takes.frames) == len(takes.digit)
    True

    Chapter: speech/alignment
    """
    sounds = datasets.load("spoken_digits")
    items = [sounds[row] for row in range(len(sounds))]
    return Takes(
        [digit_features(item.audio, sample_rate=item.sample_rate) for item in items],
        np.array([item.digit for item in items]),
        np.array([item.speaker for item in items]),
        np.array([item.take for item in items]),
        list(sounds.labels),
        sounds.source,
    )


# --- templates ------------------------------------------------------------------------------------


def template_costs(templates: Takes, frames, *, batch_size: int = 64) -> np.ndarray:
    """Return what it costs a step to warp a take (39, N) onto each template: (T,).

    Examples
    --------
    >>> takes = load()
    >>> some = takes.of(takes.take == 5)
    >>> int(template_costs(some, some.frames[3]).argmin())
    3

    Chapter: speech/alignment
    """
    found = []
    for first in range(0, len(templates.frames), batch_size):
        some = templates.frames[first : first + batch_size]
        lengths = np.array([one.shape[1] for one in some])
        padded = np.concatenate(some, axis=1)
        costs = matching.distances(frames, padded)
        table = np.full((len(some), frames.shape[1], lengths.max()), np.inf)
        for one, start, length in zip(table, np.cumsum(lengths) - lengths, lengths, strict=True):
            one[:, :length] = costs[:, start : start + length]
        total = matching.accumulate(table, diagonal=2.0)
        ends = total[np.arange(len(some)), -1, lengths - 1]
        found.append(ends / (frames.shape[1] + lengths))  # with 2 for a diagonal, all ways count so
    return np.concatenate(found)


def chosen_templates(takes: Takes, n: int = N_TEMPLATES) -> Takes:
    """Return the first `n` takes of each voice and digit.

    Chapter: speech/alignment
    """
    is_chosen = np.zeros(len(takes.digit), dtype=bool)
    for speaker in np.unique(takes.speaker):
        for digit in np.unique(takes.digit):
            rows = np.flatnonzero((takes.speaker == speaker) & (takes.digit == digit))
            is_chosen[rows[np.argsort(takes.take[rows])][:n]] = True
    return takes.of(is_chosen)


def nearest(templates: Takes, takes: Takes) -> np.ndarray:
    """Return the digit of the template that each take is warped onto most cheaply.

    Chapter: speech/alignment
    """
    templates, takes = templates.centred(), takes.centred()
    found = [template_costs(templates, frames).argmin() for frames in takes.frames]
    return templates.digit[found]


# --- hidden Markov models -------------------------------------------------------------------------


def train(
    takes: Takes, *, n_components: int = 8, n_states: int = N_STATES, n_iter: int = N_ITER
) -> matching.Units:
    """Learn a chain of states for each digit; Gaussians split in two until there are enough.

    Parameters
    ----------
    takes : Takes
        From `load`.
    n_components : int
        Gaussians a state: 1, 2, 4, 8 ...
    n_states : int
        Of each digit.
    n_iter : int
        Rounds of Baum-Welch before and after each split.

    Returns
    -------
    matching.Units

    Examples
    --------
    >>> takes = load()
    >>> train(takes.of(takes.take > 8), n_components=1, n_iter=1).mixtures.means.shape
    (80, 1, 39)

    Chapter: speech/alignment
    """
    sizes = dict.fromkeys(takes.names, n_states)
    words = {name: [name] for name in takes.names}
    networks = [matching.chain(sizes, [name], lexicon=words) for name in takes.names]
    sequences = [
        (networks[digit], frames) for digit, frames in zip(takes.digit, takes.frames, strict=True)
    ]
    units = matching.even_start(sizes, sequences)
    units, _ = matching.baum_welch(units, sequences, n_iter=n_iter)
    while units.mixtures.log_weights.shape[1] < n_components:
        units = replace(units, mixtures=units.mixtures.split())
        units, _ = matching.baum_welch(units, sequences, n_iter=n_iter)
    return units


def log_likelihoods(units: matching.Units, takes: Takes, *, batch_size: int = 64) -> np.ndarray:
    """Return how likely each digit explains each take, over all ways through its states: (B, 10).

    Examples
    --------
    >>> takes = load()
    >>> units = train(takes.of(takes.take > 8), n_components=1, n_iter=1)
    >>> log_likelihoods(units, takes.of(takes.take == 0)).shape
    (60, 10)

    Chapter: speech/alignment
    """
    words = {name: [name] for name in units.sizes}
    found = np.empty((len(takes.frames), len(words)))
    order = np.argsort([one.shape[1] for one in takes.frames], kind="stable")
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        lengths = np.array([takes.frames[row].shape[1] for row in rows])
        padded = np.zeros((len(rows), len(takes.frames[0]), lengths.max()))
        for one, row in zip(padded, rows, strict=True):
            one[:, : takes.frames[row].shape[1]] = takes.frames[row]
        for number, name in enumerate(words):
            network = matching.chain(units.sizes, [name], lexicon=words)
            chances = network.chances(units.stay)
            end = chances.pop("log_end")
            emissions = units.mixtures.of_states(network.states).log_densities(padded)
            alpha = matching.forward(emissions, **chances)
            found[rows, number] = matching.log_likelihood(alpha, log_end=end, lengths=lengths)
    return found


# --- figures --------------------------------------------------------------------------------------


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench.

    `borders` trains phones on sentences, and compares where words begin with another aligner and
    with the borders that were marked by eye.
    `quick` takes few takes of two voices.

    Chapter: speech/alignment
    """
    takes = functools.cache(partial(_takes, quick))
    one = partial(_by_models, n_components=1)
    several = partial(_by_models, n_components=2 if quick else 8)
    found = {
        "dtw": partial(_rows, _by_templates, takes),
        "hmm": partial(_rows, one, takes),
        "mixtures": partial(_rows, several, takes, GOALS),
    }
    if pocketsphinx.is_installed():
        found["pocketsphinx"] = partial(_by_pocketsphinx, quick)
    found["borders"] = partial(_borders, quick)
    return found


def _takes(quick):
    takes = load()
    if quick:
        takes = takes.of((takes.take < 8) & np.isin(takes.speaker, np.unique(takes.speaker)[:3]))
    return takes


def _by_templates(train_takes, test_takes):
    return nearest(chosen_templates(train_takes), test_takes), {}


def _by_models(train_takes, test_takes, *, n_components):
    started = time.process_time()
    units = train(train_takes, n_components=n_components)
    seconds = time.process_time() - started
    return log_likelihoods(units, test_takes).argmax(axis=1), {"training_s": seconds}


def _rows(answers, takes, goals=None):
    """Yield the share of new takes that is right, and of each voice that was not heard before."""
    takes, goals = takes(), goals or {"takes": "", "voices": ""}
    is_test = takes.take < datasets.spoken_digits.N_TEST_TAKES
    given, more = answers(takes.of(~is_test), takes.of(is_test))
    right = metrics.accuracy(takes.digit[is_test], given)
    how = f"{takes.source}, takes 0-4 of known voices"
    options = {"exact": True}
    yield Row.share("takes", right, int(is_test.sum()), how=how, goal=goals["takes"], **options)
    voices = []
    for voice in np.unique(takes.speaker):
        is_voice = takes.speaker == voice
        given, _ = answers(takes.of(~is_voice & ~is_test), takes.of(is_voice))
        voices.append(100 * metrics.accuracy(takes.digit[is_voice], given))
        how = f"{takes.source}, all takes of a voice that was not heard"
        yield Row(results.slug(str(voice)), voices[-1], "%", how=how, **options)
    how = f"{takes.source}, each of {len(voices)} voices held out"
    yield Row.several("voices", voices, "%", how=how, goal=goals["voices"], **options)
    for name, value in more.items():
        yield Row(name, value, "s", "<= 120", how="official takes, processor time", of_machine=True)


def _by_pocketsphinx(quick):
    sounds = datasets.load("spoken_digits")
    names = list(sounds.labels)

    @functools.cache
    def heard(*key):
        return pocketsphinx.recognise(audio[key], sample_rate=rate, grammar=pocketsphinx.DIGIT)

    def answers(_, test_takes):
        asked = zip(test_takes.digit, test_takes.speaker, test_takes.take, strict=True)
        found = [heard(*key) for key in asked]
        return np.array([names.index(one) if one in names else -1 for one in found]), {}

    items = [sounds[row] for row in range(len(sounds))]
    rate = items[0].sample_rate
    audio = {(item.digit, item.speaker, item.take): item.audio for item in items}
    yield from _rows(answers, partial(_takes, quick))


def _borders(quick):
    sentences = load_sentences(longest_s=4.0 if quick else np.inf)
    started = time.process_time()
    aligner = train_aligner(sentences.part("train"), rounds=(2,) if quick else (8, 5))
    yield Row(
        "training_s", time.process_time() - started, "s", how="processor time", of_machine=True
    )
    test = sentences.part("test")
    ours = {one.id: [start for _, start, _ in aligner(one.words, one.frames)] for one in test.items}
    by_hand = [
        one for one in results.read_scenes("alignment")["borders"] if one["sentence"] in ours
    ]
    marked = np.array([one["start_s"] for one in by_hand])

    def at(borders):
        return np.array([borders[one["sentence"]][one["word"]] for one in by_hand])

    how = f"{sentences.source}, borders within {1000 * TOLERANCE_S:.0f} ms"
    if len(marked):
        yield _near("by_eye", at(ours), marked, f"{how} of those marked by eye")
    if pocketsphinx.is_installed():
        theirs = _their_borders(test)
        pairs = [(ours[name], borders) for name, borders in theirs.items()]
        mine, other = (np.concatenate(one) for one in zip(*pairs, strict=True))
        yield _near("pocketsphinx", mine, other, f"{how} of pocketsphinx's, test sentences")
        if len(marked):
            how = f"{how} of those marked by eye, pocketsphinx's"
            yield _near("pocketsphinx_by_eye", at(theirs), marked, how, goal="")


def _near(name, ours, theirs, how, goal=">= 80"):
    share = np.mean(np.abs(ours - theirs) <= TOLERANCE_S + 1e-9)
    return Row.share(name, float(share), len(ours), how=how, goal=goal, exact=True)


def _their_borders(test):
    recordings = datasets.load("read_speech")
    wanted = {one.id: one for one in test.items}
    return {
        item.id: [
            start
            for _, start, _ in pocketsphinx.align(
                " ".join(wanted[item.id].words), item.audio, sample_rate=item.sample_rate
            )
        ]
        for item in map(recordings.__getitem__, range(len(recordings)))
        if item.id in wanted
    }
