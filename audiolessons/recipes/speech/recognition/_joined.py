"""Strings of digits joined from single takes, so that the joins do not give the words away.

Between two takes lies a gap, or they overlap; each take is faded at its ends and has a level of its
own; a noise runs through the whole string, as nobody speaks in digital silence.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from audiolessons import datasets, signals
from audiolessons.errors import AudioError

SAMPLE_RATE = 8000
TOP_DB = 40.0  # what lies further below the loudest point is the noise of the room
TEST_TAKES = range(5)  # the official split
VALID_TAKES = range(5, 8)
N_DIGITS = (2, 7)
GAPS_MS = (-60, 300)  # below 0 two takes overlap
LEVELS_DB = (-4, 4)
SNRS_DB = (15, 45)
FADE_S = 0.005
N_STRINGS = {"valid": 25, "test": 50, "unheard": 100}  # of each voice


@dataclass(frozen=True, eq=False)
class Takes:
    """Single digits: sounds (T,) at `SAMPLE_RATE`, and for each its name, digit, speaker and take.

    `source` is "recordings" or "embedded".
    """

    audio: list
    id: np.ndarray
    digit: np.ndarray
    speaker: np.ndarray
    take: np.ndarray
    words: list
    source: str

    @property
    def speakers(self) -> list[str]:
        """The voices there are."""
        return sorted(set(self.speaker.tolist()))

    def part(self, name: str) -> np.ndarray:
        """Return which takes serve a part, (B,): "train", "valid", "test", or "unheard", all."""
        is_test, is_valid = np.isin(self.take, TEST_TAKES), np.isin(self.take, VALID_TAKES)
        return {
            "train": ~is_test & ~is_valid,
            "valid": is_valid,
            "test": is_test,
            "unheard": np.ones(len(self.take), dtype=bool),
        }[name]


@functools.cache
def load() -> Takes:
    """Return the spoken digits, one by one.

    Examples
    --------
    >>> takes = load()
    >>> len(takes.speakers), takes.words[:2]
    (6, ['zero', 'one'])

    Chapter: speech/recognition
    """
    sounds = datasets.load("spoken_digits")
    audio = [
        signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
        for one in sounds
    ]
    table = sounds.table
    columns = {name: table[name] for name in ("id", "digit", "speaker", "take")}
    return Takes(audio, **columns, words=list(sounds.labels), source=sounds.source)


def even(sound: np.ndarray) -> np.ndarray:
    """Return a take (T,) that is faded at its ends, at the level that all takes have in a join.

    Chapter: speech/recognition
    """
    faded = signals.fade(sound, sample_rate=SAMPLE_RATE, in_s=FADE_S, out_s=FADE_S)
    return np.float32(0.1 / (np.sqrt(np.mean(np.square(faded))) + 1e-9)) * faded


def join(
    sounds: Sequence[np.ndarray],
    *,
    gaps_ms: Sequence[float],
    levels_db: Sequence[float],
    snr_db: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return takes one after another, with noise, (T,).

    Parameters
    ----------
    sounds : list of array
        One (T,) for each digit, at `SAMPLE_RATE`, from `even`.
    gaps_ms : list of float
        Before the first, between two, and behind the last; below 0 two takes overlap.
    levels_db : list of float
        Of each take, above or below the others.
    snr_db : float
        Of the noise, whose spectrum falls as steeply as is drawn.
    rng : numpy.random.Generator
        Draws the noise.

    Examples
    --------
    >>> tone = even(signals.sine(400, duration_s=0.5, sample_rate=8000))
    >>> both = join(
    ...     [tone, tone],
    ...     gaps_ms=[100, -50, 100],
    ...     levels_db=[0, 0],
    ...     snr_db=30,
    ...     rng=np.random.default_rng(0),
    ... )
    >>> both.size / SAMPLE_RATE
    1.15

    Chapter: speech/recognition
    """
    gaps = [round(gap * SAMPLE_RATE / 1000) for gap in gaps_ms]
    starts, end = [], 0
    for sound, gap in zip(sounds, gaps, strict=False):
        starts.append(max(0, end + gap))
        end = starts[-1] + sound.size
    string = np.zeros(end + max(0, gaps[-1]), dtype=np.float32)
    for sound, start, level_db in zip(sounds, starts, levels_db, strict=True):
        gain = np.float32(signals.db_to_amplitude(level_db))
        string[start : start + sound.size] += gain * sound
    return signals.mix_at_snr(string, _noise(string.size, rng), snr_db=snr_db)


def _noise(n_samples, rng):
    """Return noise whose power falls with frequency: not at all, as fast, or in between."""
    bank = noises()
    start = rng.integers(bank.shape[1])
    return np.take(bank[rng.integers(len(bank))], np.arange(start, start + n_samples), mode="wrap")


@functools.cache
def noises(*, n_samples: int = 2**18) -> np.ndarray:
    """Return noises whose power falls with frequency, each more steeply than the last, (8, T)."""
    steepness = np.linspace(0, 1, 8)[:, None]
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal((len(steepness), n_samples)))
    hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum * (1 + hz / 100) ** -steepness).astype(np.float32)


def shelves(takes: Takes, rows: np.ndarray) -> dict:
    """Return takes by voice and digit: {speaker: {digit: numbers of its takes}}.

    Chapter: speech/recognition
    """
    return {
        speaker: {
            digit: own[takes.digit[own] == digit].tolist()
            for digit in np.unique(takes.digit[own]).tolist()
        }
        for speaker in np.unique(takes.speaker[rows]).tolist()
        for own in [rows[takes.speaker[rows] == speaker]]
    }


def draw(shelves: dict, *, rng: np.random.Generator, n_digits: int | None = None) -> dict:
    """Return what a string is made of: takes of one voice, gaps, levels, the ratio to the noise.

    Parameters
    ----------
    shelves : dict
        From `shelves`.
    rng : numpy.random.Generator
    n_digits : int, optional
        2 to 7, drawn unless given.

    Chapter: speech/recognition
    """
    of_digit = _one(list(shelves.values()), rng)
    n_digits = n_digits or int(rng.integers(N_DIGITS[0], N_DIGITS[1] + 1))
    digits = rng.choice(list(of_digit), n_digits)
    gaps = rng.integers(*GAPS_MS, size=n_digits + 1)
    gaps[[0, -1]] = np.abs(gaps[[0, -1]])
    return {
        "rows": [_one(of_digit[digit], rng) for digit in digits.tolist()],
        "gaps_ms": gaps.tolist(),
        "levels_db": rng.uniform(*LEVELS_DB, n_digits).round(1).tolist(),
        "snr_db": round(float(rng.uniform(*SNRS_DB)), 1),
    }


def _one(values, rng):
    return values[rng.integers(len(values))]


def scenes(takes: Takes, *, seed: int = 0) -> dict:
    """Return the strings of validation, of the test, and of voices unheard, each of one voice.

    Chapter: speech/recognition
    """
    rng = np.random.default_rng(seed)
    found: dict = {}
    for part, n_strings in N_STRINGS.items():
        for shelf in shelves(takes, np.flatnonzero(takes.part(part))).items():
            drawn = [draw(dict([shelf]), rng=rng) for _ in range(n_strings)]
            named = [{"takes": takes.id[one.pop("rows")].tolist(), **one} for one in drawn]
            found.setdefault(part, []).extend(named)
    return found


@dataclass(frozen=True, eq=False)
class Strings:
    """Sounds (T,) at `SAMPLE_RATE`, what is said in each, such as "four two", and by whom."""

    audio: list
    texts: list
    speaker: np.ndarray
    source: str

    def of(self, speakers: Sequence[str]) -> Strings:
        """Return the strings of some speakers."""
        return self.some(np.flatnonzero(np.isin(self.speaker, speakers)))

    def some(self, rows: np.ndarray) -> Strings:
        """Return some strings, by their numbers."""
        return Strings(
            [self.audio[row] for row in rows],
            [self.texts[row] for row in rows],
            self.speaker[rows],
            self.source,
        )


def make(takes: Takes, drawn: Sequence[dict]) -> Strings:
    """Return strings as they were drawn; the noise of each is drawn by its number.

    Raises
    ------
    AudioError
        If a take is not there.

    Chapter: speech/recognition
    """
    row_of = {name: row for row, name in enumerate(takes.id.tolist())}
    missing = {name for one in drawn for name in one["takes"]} - set(row_of)
    if missing:
        raise AudioError(f"no take is called {sorted(missing)[0]!r}: use the strings of these data")
    audio, texts, speakers = [], [], []
    for number, one in enumerate(drawn):
        rows = [row_of[name] for name in one["takes"]]
        how = {key: value for key, value in one.items() if key != "takes"}
        rng = np.random.default_rng(number)
        audio.append(join([even(takes.audio[row]) for row in rows], rng=rng, **how))
        texts.append(" ".join(takes.words[takes.digit[row]] for row in rows))
        speakers.append(takes.speaker[rows[0]])
    return Strings(audio, texts, np.array(speakers), takes.source)


def children() -> Strings:
    """Return strings that children speak, never joined: from the test sets, and for tests alone.

    Chapter: speech/recognition
    """
    spoken = datasets.load("many_voices", split="children")
    audio = [
        signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
        for one in spoken
    ]
    texts = [one.text.lower() for one in spoken]
    return Strings(audio, texts, spoken.table["speaker"], spoken.source)


def padded(values, *, dtype=torch.float32) -> tuple:
    """Return sequences side by side, (B, L), filled up with 0, and their lengths (B,).

    Examples
    --------
    >>> padded([[1, 2], [3]], dtype=torch.long)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))

    Chapter: speech/recognition
    """
    lengths = torch.tensor([len(one) for one in values])
    table = torch.zeros(len(values), int(lengths.max()), dtype=dtype)
    for row, one in zip(table, values, strict=True):
        row[: len(one)] = torch.as_tensor(one, dtype=dtype)
    return table, lengths
