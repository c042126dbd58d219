"""What both networks of synthesis share: how sound is cut into frames, and the reader's sentences.

The two must agree to the last floor: a vocoder that learned from other mel bands than the acoustic
model writes says nothing one could listen to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolessons import datasets, signals, transforms

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
        audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
        parts[one.split].append(Read(one.id, one.spoken_text, audio.astype(np.float32)))
    return Reader(**parts, source=recordings.source)


def log_mel(audio) -> Tensor:
    """Return natural logarithms of the power in mel bands (80, N) of a sound (T,)."""
    to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)
    return to_mel(torch.as_tensor(np.asarray(audio, dtype=np.float32)))
