"""What both networks of synthesis share: how sound is cut into frames, and the reader's sentences.

The two must agree to the last floor: a vocoder that learned from other mel bands than the acoustic
model writes says nothing one could listen to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolessons import datasets, results, signals, transforms

SAMPLE_RATE = 16000
HOP_LENGTH = 200  # 12.5 ms
N_MELS = 80
FRAMES = {"n_fft": 800, "hop_length": HOP_LENGTH, "n_mels": N_MELS, "top_db": None, "unit": "log"}


@dataclass(frozen=True, eq=False)
class Read:
    """A sentence that was read: sound (T,) at `SAMPLE_RATE`, and what is said, as it is spoken."""

    id: str
    text: str
    audio: np.ndarray


@dataclass(frozen=True)
class Reader:
    """Sentences of one reader in the parts of the split, and the source."""

    train: list
    valid: list
    test: list
    source: str


def load(*, size: str | None = "full") -> Reader:
    """Return the sentences of the reader; without `size`, those of one chapter."""
    recordings = datasets.load("read_speech", size=size)
    parts: dict = {"train": [], "valid": [], "test": []}
    for one in recordings:
        parts[one.split].append(read(one))
    return Reader(**parts, source=recordings.source)


def read(item) -> Read:
    """Return a sentence of the set at `SAMPLE_RATE`."""
    audio = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
    return Read(item.id, item.spoken_text, audio.astype(np.float32))


def log_mel(audio) -> Tensor:
    """Return natural logarithms of the power in mel bands (80, N) of a sound (T,)."""
    to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)
    return to_mel(torch.as_tensor(np.asarray(audio, dtype=np.float32)))


def drawn(n_test: int) -> dict:
    """Draw test sentences: some of those that the split keeps for it, of two to ten seconds."""
    kept = datasets.load("read_speech", split="test", size="full")
    names = [one.id for one in kept if 2 < len(one.audio) / one.sample_rate < 10]
    chosen = np.random.default_rng(16).permutation(sorted(names))[:n_test]
    return {"test": [{"sentence": str(name)} for name in sorted(chosen)]}


def test_sentences(recipe: str) -> list[Read]:
    """Return the sentences that a recipe tests with; stand-ins where there are no recordings."""
    kept = datasets.load("read_speech", split="test", size="full")
    names = [one["sentence"] for one in results.read_scenes(recipe)["test"]]
    return [read(kept[name]) for name in (kept.table["id"] if kept.source == "embedded" else names)]
