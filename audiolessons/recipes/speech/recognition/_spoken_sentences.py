"""Who says what: sentences to learn from, to choose with, and to test with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, results, signals
from audiolessons.recipes.speech.recognition._sentence_training import (
    READER,
    SAMPLE_RATE,
    to_text,
    to_tokens,
)

N_TEST, MOST_EACH = 120, 2  # sentences to test with, and of one speaker at most


@dataclass(frozen=True, eq=False)
class Sentence:
    """Somebody who says something: audio (T,) at `SAMPLE_RATE`, text in capitals."""

    id: str
    audio: np.ndarray
    text: str
    speaker: str


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences to learn from and to choose with, no speaker in both; and their source."""

    train: list
    valid: list
    source: str


def load(*, size: str | None = "full") -> Sentences:
    """Return the sentences to learn from.

    Parameters
    ----------
    size : "full" or None
        All sentences of the training adults, or about four of each: the form that tests use.

    Examples
    --------
    >>> some = load(size=None)
    >>> {one.speaker for one in some.train} & {one.speaker for one in some.valid}
    set()

    Chapter: speech/recognition
    """
    voices = datasets.load("many_voices", split="train", size=size)
    held_back = held_back_of(voices.speakers)
    reader = datasets.load("read_speech", split="train")
    parts: dict = {"train": [], "valid": []}
    for item in voices:
        part = "valid" if item.speaker in held_back else "train"
        parts[part].append(_sentence(item, item.text, item.speaker))
    parts["train"] += [_sentence(item, item.spoken_text, READER) for item in reader]
    return Sentences(**parts, source=voices.source)


def held_back_of(speakers) -> list[str]:
    """Return the training speakers by whom everything is chosen: every tenth."""
    return sorted(speakers)[4::10]


def texts() -> list[str]:
    """Return what is read in training, in capitals: all texts, though the small form lacks sounds.

    Held-back speakers are left out, or a model of words would be chosen by sentences it knows.
    """
    read = datasets.load("many_voices", split="train").texts_by_speaker
    kept = [
        text for speaker in sorted(set(read) - set(held_back_of(read))) for text in read[speaker]
    ]
    kept += datasets.load("read_speech", split="train").texts
    return [to_text(to_tokens(text)) for text in kept]


def _sentence(item, text, speaker) -> Sentence:
    audio = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
    return Sentence(item.id, audio, to_text(to_tokens(text)), speaker)


def scenes() -> dict:
    """Draw the test sentences: what `python -m audiolessons scenes sentences` writes.

    Examples
    --------
    >>> sorted(scenes()["test"][0])
    ['speaker', 'speech']

    Chapter: speech/recognition
    """
    random = np.random.default_rng(15)
    voices = datasets.load("many_voices", split="test")
    each: dict = {}
    for number in random.permutation(len(voices)):
        each.setdefault(voices[number].speaker, []).append(voices[number].id)
    chosen = [
        {"speech": name, "speaker": speaker}
        for speaker, names in sorted(each.items())
        for name in sorted(names[:MOST_EACH])
    ]
    kept = sorted(random.permutation(len(chosen))[:N_TEST])
    return {"test": [chosen[number] for number in kept]}


def test_sentences() -> list[Sentence]:
    """Return the sentences to test with; stand-ins where there are no recordings.

    Examples
    --------
    >>> len({one.speaker for one in test_sentences()}) > 1
    True

    Chapter: speech/recognition
    """
    voices = datasets.load("many_voices", split="test")
    wanted = {one["speech"] for one in results.read_scenes("sentences")["test"]}
    chosen = [item for item in voices if item.id in wanted or voices.source == "embedded"]
    return [_sentence(item, item.text, item.speaker) for item in chosen]
