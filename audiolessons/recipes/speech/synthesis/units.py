"""A text put together from pieces of read sentences: half sounds, chosen by what they cost.

The pieces come from the training sentences of `read_speech`, which the aligner of the chapter on
alignment cuts into sounds. A half reaches from a border to the middle, or from there to the next
border, so that a join lies within a sound or between two, whichever is cheaper.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from audiolessons import datasets, features, matching, signals, voice
from audiolessons.recipes.speech._spoken_text import (
    HOP_S,
    RATE,
    SILENCE,
    Aligner,
    Sentence,
    Sentences,
    phone_features,
    train_aligner,
)
from audiolessons.recipes.speech.synthesis.front_end import front_end, plain
from audiolessons.recipes.speech.synthesis.rules import spoken_words

HOP = round(HOP_S * RATE)
N_LESSONS, ROUNDS = 40, (5,)  # sentences that the aligner learns from, and how often
N_CANDIDATES = 25  # at each place
OVERLAP, SEARCH = 80, 64  # samples: 5 ms faded, 4 ms to either side
# What a trait of a half costs where it is not the one that is wanted.
TRAITS = {"before": 1.0, "after": 1.0, "stress": 0.6, "final": 0.8}
DURATION_COST = 0.5  # per octave
PITCH_COST, VOICING_COST = 3.0, 1.0  # at a join: per octave; a voice that stops or begins


@dataclass(frozen=True, eq=False)
class Inventory:
    """All halves of all sounds in the recordings.

    `audio` and `ids` are those of the recordings. Of each of U halves: `name` ("AE<" is the first
    half of AE, "AE>" the second), `recording`, `start` and `end` in samples, `traits` (U, 4) as in
    `TRAITS`, `seconds` of its whole sound, and `edges` (U, 2, D + 1): cepstrum and octave of the
    pitch (NaN without one) at its beginning and at its end.
    """

    audio: list
    ids: list
    name: np.ndarray
    recording: np.ndarray
    start: np.ndarray
    end: np.ndarray
    traits: np.ndarray
    seconds: np.ndarray
    edges: np.ndarray
    source: str


@dataclass(frozen=True, eq=False)
class Spoken:
    """What was put together: audio at 16 kHz, and the pieces it consists of.

    `pieces` are (sounds, recording, start, end), times in seconds: what follows one another in a
    recording is one piece.
    """

    audio: np.ndarray
    pieces: list


def speak(text: str, *, join_weight: float = 1.0, halves: Inventory | None = None) -> Spoken:
    """Return a text, put together from pieces of recordings.

    Parameters
    ----------
    text : str
        English.
    join_weight : float
        What joins count beside how well a piece suits its place. 0 takes whatever suits best,
        with about as many joins as sounds; high ones keep long pieces together.
    halves : Inventory, optional
        From `inventory`; that of all training sentences unless given.

    Raises
    ------
    AudioError
        If the text holds no word.

    Examples
    --------
    >>> said = speak("A row of numbers.")
    >>> len(said.pieces) >= 1, said.audio.dtype
    (True, dtype('float32'))

    Chapter: speech/synthesis
    """
    halves = halves or inventory()
    audio, pieces = [], []
    phrase: list = []
    for sound, seconds, traits in _wanted(spoken_words(text)):
        if sound in voice.prosody.PAUSES_S:
            if phrase:
                joined, taken = _phrase(phrase, halves, join_weight)
                audio += [joined]
                pieces += taken
            audio.append(np.zeros(round(seconds * RATE), dtype=np.float32))
            phrase = []
        else:
            phrase.append((sound, seconds, traits))
    return Spoken(np.concatenate(audio), pieces)


def _wanted(words):
    """Return (sound, seconds, traits) for each sound and pause of a text."""
    times = voice.rule_durations(words)
    plainly = plain([sound for sound, _ in times])
    marks = voice.prosody.PAUSES_S
    n_left = [0] * len(times)  # vowels until the next pause
    for at in reversed(range(len(times) - 1)):
        ahead = 0 if plainly[at + 1] in marks else n_left[at + 1]
        n_left[at] = ahead + voice.is_vowel(times[at][0])
    found = []
    for at, (sound, seconds) in enumerate(times):
        beside = [plainly[k] if 0 <= k < len(times) else "." for k in (at - 1, at + 1)]
        before, after = (SILENCE if one in marks else one for one in beside)
        traits = (before, after, str(_is_stressed(sound)), str(n_left[at] <= 1))
        found.append((plainly[at], seconds, traits))
    return found


def _is_stressed(sound):
    return sound[-1] in "12"


def _phrase(phrase, halves, join_weight):
    """Return the sound of a phrase, and its pieces."""
    candidates, targets = [], []
    for sound, seconds, traits in phrase:
        for side in "<>":
            rows, costs = _candidates(halves, f"{sound}{side}", seconds, traits)
            candidates.append(rows)
            targets.append(costs)
    joins = [join_costs(halves, a, b) for a, b in pairwise(candidates)]
    taken = voice.cheapest_pieces(targets, joins, join_weight=join_weight)
    rows = np.array([rows[k] for rows, k in zip(candidates, taken, strict=True)])
    begins = np.flatnonzero([True, *~_follows(halves, rows[:-1], rows[1:])])
    lead = OVERLAP + 2 * SEARCH
    cut, pieces = [], []
    for first, end in zip(begins, [*begins[1:], len(rows)], strict=True):
        one, last = rows[first], rows[end - 1]
        recording = int(halves.recording[one])
        start, stop = int(halves.start[one]), int(halves.end[last])
        heard = halves.audio[recording]
        begin = start - (OVERLAP + SEARCH if first else 0)
        stop += SEARCH if end < len(rows) else 0
        cut.append(np.pad(heard, (lead, lead))[lead + begin : lead + stop])
        names = [name[:-1] for name in halves.name[rows[first:end]]]
        sounds = [
            a for k, a in enumerate(names) if k == 0 or halves.name[rows[first + k]][-1] == "<"
        ]
        pieces.append((sounds, halves.ids[recording], start / RATE, int(halves.end[last]) / RATE))
    return voice.join_pieces(cut, overlap=OVERLAP, search=SEARCH), pieces


def _candidates(halves, name, seconds, traits):
    """Return the rows of the halves that suit a place best, and what each costs."""
    rows = np.flatnonzero(halves.name == name)
    if not len(rows):
        rows = np.flatnonzero(halves.name == _nearest(halves, name))
    sides = np.array(list(TRAITS.values()))
    sides[1 if name.endswith("<") else 0] *= 0.5  # the neighbour that is farther away
    costs = (halves.traits[rows] != np.array(traits)) @ sides
    costs = costs + DURATION_COST * np.abs(np.log2(halves.seconds[rows] / seconds))
    best = np.argsort(costs, kind="stable")[:N_CANDIDATES]
    best = np.sort(rows[best])
    return best, costs[np.searchsorted(rows, best)]


def _nearest(halves, name):
    """Return the sound that comes nearest to one that no recording holds, by its formants."""
    table = voice.rules.CONSONANT_TARGETS
    if voice.is_vowel(name[:-1]):
        table = {sound: ends[0] for sound, ends in voice.rules.VOWEL_TARGETS.items()}
    wanted = np.log(table.get(name[:-1], voice.rules.SCHWA))
    there = [one for one in table if (halves.name == one + name[-1]).any()]
    return min(there, key=lambda one: np.abs(np.log(table[one]) - wanted).sum()) + name[-1]


def join_costs(halves: Inventory, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return what each join of a half (row) with another (column) costs, (K, L).

    0 where the two follow one another in a recording; else how far cepstrum and pitch jump.

    Chapter: speech/synthesis
    """
    end, start = halves.edges[left, 1][:, np.newaxis], halves.edges[right, 0][np.newaxis]
    jump = np.sqrt(np.mean((end[..., :-1] - start[..., :-1]) ** 2, axis=-1))
    octaves = np.abs(end[..., -1] - start[..., -1])
    changes = np.isnan(end[..., -1]) != np.isnan(start[..., -1])
    costs = jump + PITCH_COST * np.nan_to_num(octaves) + VOICING_COST * changes
    return np.where(_follows(halves, left[:, np.newaxis], right), 0.0, costs)


def _follows(halves, left, right):
    """Say whether one half begins where another ends, in the same recording."""
    is_same = halves.recording[left] == halves.recording[right]
    return is_same & (halves.end[left] == halves.start[right])


# --- cutting --------------------------------------------------------------------------------------


@functools.cache
def inventory(n_sentences: int | None = None, *, stand_ins: bool = False) -> Inventory:
    """Return the halves of all sounds of the training sentences, or of the first few.

    Parameters
    ----------
    n_sentences : int, optional
        All unless given.
    stand_ins : bool
        Of the machine voice that stands in for the recordings, whether they are there or not.

    Examples
    --------
    >>> halves = inventory(12)
    >>> halves.edges.shape[1:], len(halves.name) == len(halves.start)
    ((2, 14), True)

    Chapter: speech/synthesis
    """
    recordings = datasets.load("read_speech", split="train", stand_ins=stand_ins)
    items = [recordings[row] for row in range(len(recordings))][:n_sentences]
    audio = [signals.resample(one.audio, from_rate=one.sample_rate, to_rate=RATE) for one in items]
    spoken = [front_end(one.spoken_text) for one in items]
    lexicon = {" ".join(plain(w.phones)): plain(w.phones) for words in spoken for w in words}
    sentences = Sentences(
        [
            Sentence(
                one.id,
                one.sentence,
                [" ".join(plain(word.phones)) for word in words],
                phone_features(heard, sample_rate=RATE),
            )
            for one, words, heard in zip(items, spoken, audio, strict=True)
        ],
        lexicon,
        recordings.source,
    )
    aligner = _learned(sentences)
    each = [
        _halves(number, one, words, heard, aligner)
        for number, (one, words, heard) in enumerate(
            zip(sentences.items, spoken, audio, strict=True)
        )
    ]
    columns = [np.concatenate(column) for column in zip(*each, strict=True)]
    name, recording, start, end, traits, seconds, edges = columns
    scale = np.nanstd(edges, axis=(0, 1))
    scale[-1] = 1.0
    return Inventory(
        audio, [one.id for one in items], name, recording, start, end, traits, seconds,
        edges / scale, recordings.source,
    )  # fmt: skip


def _learned(sentences):
    """Learn from the shortest sentences, and from as many more as name the other sounds."""
    order = sorted(sentences.items, key=lambda one: one.frames.shape[1])
    lessons = order[:N_LESSONS]
    known = {phone for one in lessons for word in one.words for phone in word.split()}
    for one in order[N_LESSONS:]:
        phones = {phone for word in one.words for phone in word.split()}
        if phones - known:
            lessons.append(one)
            known |= phones
    return train_aligner(Sentences(lessons, sentences.lexicon, sentences.source), rounds=ROUNDS)


def _halves(number, sentence, words, audio, aligner: Aligner):
    """Return the columns of a recording's halves: name, recording, start, end, and so on."""
    network = aligner.network(sentence.words)
    spoken, at = np.unique(network.states, return_inverse=True)
    emissions = aligner.units.mixtures.of_states(spoken).log_densities(sentence.frames)[at]
    _, nodes = matching.viterbi(emissions, **network.chances(aligner.units.stay))
    pitch_hz = features.pitch_yin(
        audio, sample_rate=RATE, min_hz=80, max_hz=400, frame_length=RATE // 25, hop_length=HOP,
        threshold=0.25,
    )  # fmt: skip
    octave = np.log2(pitch_hz)
    traits = [one for one in _wanted(_with_pauses(network, nodes, words)) if one[0] not in "."]
    found = []
    places = [one for one in matching.spans(network, nodes) if network.names[one[0]] != SILENCE]
    for (place, first, end), (_, _, trait) in zip(places, traits, strict=True):
        middle = (first + end) // 2
        borders = [max(0, round((first - 0.5) * HOP)), middle * HOP, round((end - 0.5) * HOP)]
        edges = [
            np.append(
                sentence.frames[:13, min(k, len(octave) - 1)], octave[min(k, len(octave) - 1)]
            )
            for k in (first, middle, end)
        ]
        for half, side in enumerate("<>"):
            found.append(
                (
                    f"{network.names[place]}{side}",
                    number,
                    borders[half],
                    borders[half + 1],
                    trait,
                    (end - first) * HOP_S,
                    edges[half : half + 2],
                )
            )
    return [np.array(column) for column in zip(*found, strict=True)]


def _with_pauses(network, nodes, words):
    """Return the words as spoken, with a pause where the recording is silent."""
    found: list = []
    before = -1
    for place, first, end in matching.spans(network, nodes):
        word = int(network.words[place])
        if word < 0 and found and end - first > 8:
            found.append((".",))
        elif word >= 0 and word != before:
            found.append(words[word].phones)
            before = word
    return [*found, (".",)]
