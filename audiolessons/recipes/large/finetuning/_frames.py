"""Log-mel frames, 20 ms each: of speech without labels, and of the digits."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch

from audiolessons import datasets, features, signals, transforms
from audiolessons.recipes._spoken_digits import COARSE_FRAMES

SAMPLE_RATE = 8000  # Hz: that of the digits
TOP_DB = 50.0
N_MELS = COARSE_FRAMES["n_mels"]
LONGEST_DIGIT_S = 0.72  # 99 in 100 are shorter without their quiet ends; what is longer is cut
THRESHOLD_DB = -30.0  # what is quieter at both ends of a digit is cut off
LONGEST_PIECE = 100  # frames: 2 s
SHORTEST_PIECE = 25
N_MFCC = 13
DIGIT_WORDS = frozenset(
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
)


def to_log_mel() -> transforms.LogMel:
    """Return the module from sounds at 8 kHz to levels in dB, 40 bands every 20 ms.

    Chapter: large/finetuning
    """
    return transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **COARSE_FRAMES)


def frames(audio: np.ndarray) -> np.ndarray:
    """Return the log-mel frames (40, N) of a sound (T,) at 8 kHz, from -1 (quiet) to 1 (loudest).

    Examples
    --------
    >>> frames(np.ones(8000)).shape
    (40, 51)

    Chapter: large/finetuning
    """
    audio = torch.from_numpy(np.asarray(audio, dtype=np.float32))[None]
    level_db, lengths = to_log_mel()(audio, torch.tensor([audio.shape[1]]))
    return transforms.from_loudest(level_db, lengths, top_db=TOP_DB)[0].numpy()


def says_no_digit(text: str) -> bool:
    """Return whether none of the words is a digit.

    Examples
    --------
    >>> says_no_digit("WE HAVE CLIMBED ONE STEP"), says_no_digit("A stone, someone's")
    (False, True)

    Chapter: large/finetuning
    """
    return not DIGIT_WORDS & set(re.findall(r"[a-z]+", text.lower()))


def unlabelled() -> tuple[list[np.ndarray], str]:
    """Return frames of sentences in which no digit is said, (40, N) each, and their source.

    They come from the training speakers of `many_voices`, adults, and the training part of
    `read_speech`. What each says is only looked at for digits.

    Chapter: large/finetuning
    """
    found = []
    for name in ("many_voices", "read_speech"):
        sounds = datasets.load(name, split="train", size="full")
        for one, text in zip(sounds, sounds.texts, strict=True):
            if says_no_digit(text):
                audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
                found.append(frames(audio))
    return found, sounds.source


def pieces(sentences: list[np.ndarray]) -> list[np.ndarray]:
    """Cut frames (40, N) of sentences into equal pieces of at most 2 s.

    Examples
    --------
    >>> [one.shape for one in pieces([np.zeros((40, 200)), np.zeros((40, 10))])]
    [(40, 100), (40, 100)]

    Chapter: large/finetuning
    """
    found = []
    for one in sentences:
        n_pieces = -(-one.shape[1] // LONGEST_PIECE)
        found += np.array_split(one, n_pieces, axis=1)
    return [one for one in found if one.shape[1] >= SHORTEST_PIECE]


def cepstra(log_mel: np.ndarray) -> np.ndarray:
    """Return 13 cepstral numbers of each frame, their changes and the changes of these, (39, N).

    Each is scaled to mean 0 and deviation 1 within the sound, so that voice and microphone say
    less. The first units are made of these.

    Chapter: large/finetuning
    """
    cepstrum = features.dct(log_mel, n_out=N_MFCC)
    change = features.deltas(cepstrum, width=5)
    found = np.concatenate([cepstrum, change, features.deltas(change, width=5)])
    found -= found.mean(axis=1, keepdims=True)
    return found / (found.std(axis=1, keepdims=True) + 1e-3)


@dataclass(frozen=True)
class Digits:
    """All spoken digits: log-mel (B, 40, 37), lengths (B,), labels (B,), who speaks, which take.

    `names` are those of the digits, `source` is "recordings" or "embedded".
    """

    x: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    speaker: np.ndarray
    take: np.ndarray
    names: list
    source: str

    @property
    def speakers(self) -> list:
        """The voices there are."""
        return sorted(set(self.speaker.tolist()))

    def rows(self, speakers, *, takes) -> np.ndarray:
        """Return the numbers of the rows of some speakers and some takes."""
        return np.flatnonzero(np.isin(self.speaker, speakers) & np.isin(self.take, list(takes)))


def digits() -> Digits:
    """Return the spoken digits as frames; their quiet ends are cut off.

    Examples
    --------
    >>> digits().x.shape[1:]
    torch.Size([40, 37])

    Chapter: large/finetuning
    """
    sounds = datasets.load("spoken_digits")
    longest = round(LONGEST_DIGIT_S * SAMPLE_RATE)
    found = [
        frames(
            signals.trim_silence(one.audio, sample_rate=one.sample_rate, threshold_db=THRESHOLD_DB)[
                :longest
            ]
        )
        for one in sounds
    ]
    x, lengths = padded(found)
    table = sounds.table
    return Digits(
        x,
        lengths,
        torch.from_numpy(sounds.label_ids),
        table["speaker"],
        table["take"],
        sounds.labels,
        sounds.source,
    )


def padded(found: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return frames (40, N) each as a batch (B, 40, N), zeros behind them, and lengths (B,).

    Chapter: large/finetuning
    """
    lengths = torch.tensor([one.shape[1] for one in found])
    x = np.zeros((len(found), N_MELS, int(lengths.max())), dtype=np.float32)
    for row, one in zip(x, found, strict=True):
        row[:, : one.shape[1]] = one
    return torch.from_numpy(x), lengths
