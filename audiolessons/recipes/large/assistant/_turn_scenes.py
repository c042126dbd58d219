"""What the assistant is tested with: commands, numbers, and words over its own voice.

Commands are sentences that 61 speakers of the test set of `many_voices` read, whom no network of
the project has heard: nobody has recorded those of the assistant's own grammar. In each scene 22
sentences are known, as many as the grammar has, and one of them, or another one, is said.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, filters, signals
from audiolessons.assistant import car_noise
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE

N_KNOWN = 22
N_COMMANDS, N_OTHERS, N_NUMBERS, N_BARGES = 120, 60, 60, 30
N_WORDS = range(3, 8)  # of a command
GAP_S = (0.1, 0.6)  # between the word and the command
BEFORE_S, AFTER_S = 1.5, 1.5
QUIET_DB = -28.0  # of the loudest point: what comes behind is no longer voiced
CAR_DB = 10


def scenes() -> dict:
    """Draw who says which command among which, which numbers, and when the voice is interrupted."""
    rng = np.random.default_rng(77)
    sentences = [
        (one, text) for one, text in _texts() if len(text.split()) in N_WORDS and "COMP" not in text
    ]
    sentences = [sentences[at] for at in rng.permutation(len(sentences))]
    texts = sorted({text for _, text in sentences})
    words = [one.id for one in material.takes("test")]
    commands = []
    for number in range(N_COMMANDS + N_OTHERS):
        name, text = sentences[number % len(sentences)]
        others = [one for one in texts if one != text]
        known = rng.choice(others, min(N_KNOWN, len(others)), replace=False).tolist()
        if number < N_COMMANDS:
            known[0] = text
        commands.append(
            {
                "word": words[number % len(words)],
                "speech": name,
                "known": known,
                "gap_s": round(float(rng.uniform(*GAP_S)), 2),
                "speed_kmh": int(rng.integers(3, 14)) * 10,
            }
        )
    digits = datasets.load("spoken_digits", split="test").table
    numbers = []
    for number in range(N_NUMBERS):
        speakers = sorted(set(digits["speaker"].tolist()))
        own = np.flatnonzero(digits["speaker"] == speakers[number % len(speakers)])
        takes = rng.choice(own, 1 + number % 4)
        gaps = rng.integers(30, 280, size=len(takes)).tolist()
        numbers.append({"takes": digits["id"][takes].tolist(), "gaps_ms": gaps})
    barges = [
        {
            "word": words[number % len(words)],
            "at_s": round(float(rng.uniform(3, 6)), 2),
            "echo_db": int(rng.choice((0, 5, 10))),
            "rt60_s": round(float(rng.uniform(0.15, 0.4)), 2),
        }
        for number in range(N_BARGES)
    ]
    return {"commands": commands, "numbers": numbers, "barges": barges}


def _texts():
    voices = datasets.load("many_voices", size="full", split="test")
    return list(zip(voices.table["id"].tolist(), voices.table["text"].tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Turn:
    """A microphone's sound (T,), the sample after the last voiced one, and what was said."""

    audio: np.ndarray
    end: int
    text: str


@functools.cache
def _voices():
    return datasets.load("many_voices", size="full", split="test")


def command_of(one: dict) -> tuple[np.ndarray, str]:
    """Return the sound (T,) of a scene's command and its text."""
    item = _voices()[one["speech"]]
    audio = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
    return signals.normalize(audio, to_rms=0.05), item.text


def in_car(audio: np.ndarray, one: dict) -> np.ndarray:
    """Return a sound in the noise of a car, 10 dB below it."""
    noise = car_noise(
        len(audio) / SAMPLE_RATE,
        sample_rate=SAMPLE_RATE,
        speed_kmh=one["speed_kmh"],
        seed=one["speed_kmh"],
    )
    return signals.mix_at_snr(audio, noise[: len(audio)], snr_db=CAR_DB)


def command_turn(one: dict) -> Turn:
    """Return the word, a gap, and the command, in a quiet room."""
    word = next(take for take in material.takes("test") if take.id == one["word"])
    command, text = command_of(one)
    command = cut(command)
    parts = [
        np.zeros(round(BEFORE_S * SAMPLE_RATE)),
        signals.normalize(word.audio, to_rms=0.05),
        np.zeros(round(one["gap_s"] * SAMPLE_RATE)),
        command,
    ]
    return joined(parts, text)


def number_turn(one: dict) -> Turn:
    """Return digits by one man, in a quiet room, after a second of silence."""
    digits = datasets.load("spoken_digits", split="test")
    parts: list[np.ndarray] = [np.zeros(SAMPLE_RATE)]
    figures = ""
    for name, gap_ms in zip(one["takes"], one["gaps_ms"], strict=True):
        item = digits[name]
        take = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
        parts += [
            np.zeros(gap_ms * SAMPLE_RATE // 1000),
            signals.normalize(cut(take), to_rms=0.05),
        ]
        figures += str(item.digit)
    return joined(parts, figures)


def joined(parts: list, text: str) -> Turn:
    """Return sounds one after another, and behind them a quiet room: a turn that says `text`."""
    end = sum(map(len, parts))
    audio = np.concatenate([*parts, np.zeros(round(AFTER_S * SAMPLE_RATE))])
    noise = 2e-4 * np.random.default_rng(len(audio)).standard_normal(len(audio))
    return Turn((audio + noise).astype(np.float32), end, text)


def cut(audio: np.ndarray) -> np.ndarray:
    """Return a sound (T,) without what is no longer voiced at its ends."""
    return signals.trim_silence(audio, sample_rate=SAMPLE_RATE, threshold_db=QUIET_DB, margin_s=0.0)


def room(one: dict, number: int) -> np.ndarray:
    """Return the way from the loudspeaker to the microphone: 3 ms, then a computed room."""
    response = filters.synthetic_room(
        sample_rate=SAMPLE_RATE, rt60_s=one["rt60_s"], seed=number, reverberation_db=-6.0
    )
    return np.concatenate([np.zeros(48), response]).astype(np.float32)
