"""Read sentences and their text: phones learned from a flat start, and where each word begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from audiolessons import datasets, features, matching, signals

RATE = 16000
HOP_S = 0.01
SILENCE = "silence"
N_STATES = 3  # of each phone, and of silence


@dataclass(frozen=True)
class Sentence:
    """What is read: words, and features (39, N), one frame every 10 ms.

    `number` is that of the sentence in its chapter, by which the set is split.
    """

    id: str
    number: int
    words: list
    frames: np.ndarray


@dataclass(frozen=True)
class Sentences:
    """Sentences, the phones of each of their words, and the source."""

    items: list
    lexicon: dict
    source: str

    def part(self, name: str) -> Sentences:
        """Return the sentences of a split."""
        split_of = datasets.read_speech.split_of
        return replace(self, items=[one for one in self.items if split_of(one.number) == name])


@dataclass(frozen=True)
class Aligner:
    """Phones that were learned, and the lexicon whose words they spell."""

    units: matching.Units
    lexicon: dict

    def network(self, words: list) -> matching.Network:
        """Return in what order phones, and silence between words, may follow one another."""
        return matching.chain(self.units.sizes, words, lexicon=self.lexicon, between=SILENCE)

    def __call__(self, words: list, frames) -> list:
        """Return (word's number, start, end) for each word of a text, in seconds.

        A border lies half-way between the middles of two frames.
        """
        network = self.network(words)
        spoken, at = np.unique(network.states, return_inverse=True)
        emissions = self.units.mixtures.of_states(spoken).log_densities(frames)[at]
        _, nodes = matching.viterbi(emissions, **network.chances(self.units.stay))
        found = matching.word_spans(network, nodes)
        return [
            (word, HOP_S * max(first - 0.5, 0), HOP_S * (end - 0.5)) for word, first, end in found
        ]


def phone_features(audio, *, sample_rate: float) -> np.ndarray:
    """Return MFCC, their slopes and the slopes of those, without the mean of the sound: (39, N)."""
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=RATE)
    cepstrum = features.mfcc(
        audio, sample_rate=RATE, n_mfcc=13, n_fft=512, hop_length=round(HOP_S * RATE), n_mels=26
    )
    slopes = features.deltas(cepstrum, width=5)
    frames = np.concatenate([cepstrum, slopes, features.deltas(slopes, width=5)]).astype(float)
    return frames - frames.mean(axis=1, keepdims=True)


def load_sentences(*, longest_s: float = np.inf) -> Sentences:
    """Return the read sentences whose words the dictionary knows, with the first way to say each.

    The stand-ins of the two sets share few words: there, letters take the place of phones.
    """
    recordings = datasets.load("read_speech")
    spoken = datasets.load("pronunciations").entries
    texts = [re.findall(r"[a-z']+", text.lower()) for text in recordings.texts]
    is_known = [all(word in spoken for word in words) for words in texts]
    lexicon = {word: spoken[word][0] for words in texts for word in words if word in spoken}
    if sum(is_known) < len(texts) / 2:
        lexicon = {word: tuple(word.replace("'", "")) for words in texts for word in words}
        is_known = [True] * len(texts)
    items = []
    for row, words in enumerate(texts):
        if is_known[row]:
            item = recordings[row]
            if len(item.audio) <= longest_s * item.sample_rate:
                frames = phone_features(item.audio, sample_rate=item.sample_rate)
                items.append(Sentence(item.id, item.sentence, words, frames))
    return Sentences(items, lexicon, recordings.source)


def train_aligner(sentences: Sentences, *, rounds=(8, 5)) -> Aligner:
    """Learn all phones from sentences whose text is known, and no border.

    It starts from sentences that are cut evenly. `rounds` of Baum-Welch follow; before each but
    the first, every Gaussian becomes two.
    """
    phones = sorted(
        {phone for one in sentences.items for w in one.words for phone in sentences.lexicon[w]}
    )
    sizes = dict.fromkeys([*phones, SILENCE], N_STATES)
    sequences = [
        (
            matching.chain(sizes, one.words, lexicon=sentences.lexicon, between=SILENCE),
            one.frames,
        )
        for one in sentences.items
    ]
    units = matching.even_start(sizes, sequences)
    for number, n_iter in enumerate(rounds):
        if number:
            units = replace(units, mixtures=units.mixtures.split())
        units, _ = matching.baum_welch(units, sequences, n_iter=n_iter)
    return Aligner(units, sentences.lexicon)
