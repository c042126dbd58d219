"""What a wake word network learns from and is tested with: the word, and hours without it.

The word: takes of `wake_words`, its invented voices, and the voice by rule. Speech without it is
cut by speakers: those of training, of validation and of the test are not the same people.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, signals
from audiolessons.errors import check_choice
from audiolessons.recipes.speech.synthesis import rules

SAMPLE_RATE = 16000
WORD = "COMPUTER"
QUIET_DB = -28.0  # what lies further below the loudest point of a take is not the word
# Of the training speakers of many_voices, counted in the order of their names: the rest trains.
EVERY_TEST, EVERY_VALID = (2, 7, 9, 11), 5  # of each thirteen; of each thirteen
FOLDS = {"train": (1, 2, 3), "valid": (4,), "test": (5,)}  # of the environmental sounds
# Words that end or begin alike, spoken by rule: what must not wake it.
ALIKE = (
    "commuter", "compute", "computing", "compare", "company", "complete", "completer", "tutor",
    "come here", "pewter", "calculator", "can you tell her", "combiner", "confuse her", "scooter",
    "compost", "corrupter", "conductor", "contributor", "the future", "put her", "suitor",
)  # fmt: skip
RULE_VOICES = tuple(
    {"base_hz": base_hz, "speed": speed, "formant_scale": scale}
    for base_hz, scale in ((90, 0.95), (110, 1.0), (130, 1.03), (180, 1.12), (220, 1.17))
    for speed in (0.85, 1.0, 1.2)
)


@dataclass(frozen=True, eq=False)
class Take:
    """A sound (T,) at `SAMPLE_RATE` and its name; `recording` is None for what we made."""

    id: str
    audio: np.ndarray
    recording: str | None = None


@functools.cache
def is_recorded() -> bool:
    """Say whether the recordings that scenes are drawn from are all here.

    Chapter: large/assistant
    """
    sets = (("wake_words", None), ("many_voices", "full"), ("read_speech", "full"))
    return all(datasets.load(name, size=size).source == "recordings" for name, size in sets)


@functools.cache
def takes(part: str) -> list[Take]:
    """Return the takes of the word that a part has, cut to the word: "train", "valid", "test".

    Chapter: large/assistant
    """
    check_choice(part, name="part", choices=tuple(FOLDS))
    return [_cut(one) for one in datasets.load("wake_words", split=part)]


@functools.cache
def made_takes() -> list[Take]:
    """Return the word as machines say it, to train with: invented voices and the voice by rule.

    Chapter: large/assistant
    """
    invented = datasets.load("wake_words", split="train", stand_ins=True)
    return [_cut(one) for one in invented] + [
        Take(f"rule-{number}", _trimmed(rules.speak("Computer.", **options)))
        for number, options in enumerate(RULE_VOICES)
    ]


@functools.cache
def alike(first: int | None = None) -> list[np.ndarray]:
    """Return words that sound a little like it, `first` of them, by rule in two voices.

    Chapter: large/assistant
    """
    voices = RULE_VOICES[4], RULE_VOICES[10]
    return [_trimmed(rules.speak(text, **one)) for text in ALIKE[:first] for one in voices]


def _cut(item):
    return Take(item.id, _trimmed(_sound(item)), item.recording)


def _sound(item):
    return signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)


def _trimmed(audio):
    return signals.trim_silence(
        audio, sample_rate=SAMPLE_RATE, threshold_db=QUIET_DB, margin_s=0.0
    ).astype(np.float32)


def _chapter(is_first):
    """Return the first chapter of the reader, or what there is beside it."""
    chapters = datasets.load("read_speech", size="full")
    names = chapters.table["id"].tolist()
    kept = [one for one in names if one.startswith("LJ001") == is_first]
    return chapters.where(id=kept) if kept else []


OTHERS = {
    "train": (lambda: datasets.load("spoken_digits", split="train"),),
    "valid": (lambda: _chapter(True),),
    "test": (
        lambda: datasets.load("many_voices", size="full", split="test"),
        lambda: _chapter(False),
        lambda: datasets.load("native_voices"),
        lambda: datasets.load("emotional_speech"),
        lambda: datasets.load("parallel_voices"),
    ),
}


def speech_without(part: str, *, first: int | None = None, size: str | None = "full") -> list[Take]:
    """Return sentences in which nobody says the word, of a part's own speakers; `first`: so many.

    `size` is that of the many voices: "full", or None for the small form, which a chapter has
    anyway.

    Chapter: large/assistant
    """
    check_choice(part, name="part", choices=tuple(FOLDS))
    voices = datasets.load("many_voices", size=size, split="train")
    turn = {speaker: number % 13 for number, speaker in enumerate(voices.speakers)}
    kept = {
        "train": lambda n: n not in EVERY_TEST and n != EVERY_VALID,
        "valid": lambda n: n == EVERY_VALID,
        "test": lambda n: n in EVERY_TEST,
    }[part]
    speakers = [speaker for speaker, number in turn.items() if kept(number)]
    sets = [lambda: voices.where(speaker=speakers), *OTHERS[part]]
    found = []
    for load in sets:
        for item in load():
            if WORD[:5] not in str(getattr(item, "text", "")).upper():
                found.append(Take(item.id, _sound(item), item.recording))
            if first is not None and len(found) == first:
                return found
    return found


def noises(part: str) -> list[Take]:
    """Return environmental sounds of a part's folds.

    Chapter: large/assistant
    """
    sounds = datasets.load("environmental_sounds").where(fold=FOLDS[part])
    return [Take(one.id, _sound(one), one.recording) for one in sounds]
