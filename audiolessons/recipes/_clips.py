"""Environmental sounds as log-mel frames with their folds, as more than one recipe has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, transforms

# Frames of 46 ms every 23 ms at 44.1 kHz.
FRAMES = {"n_fft": 2048, "hop_length": 1024, "n_mels": 64}
LONGEST_S = 5.0


@dataclass(frozen=True)
class Clips:
    """All clips: log-mel (B, 64, N), lengths (B,), labels (B,) and the fold of each, an array.

    `names` are those of the classes, `source` is "recordings" or "embedded".
    """

    tensors: tuple
    fold: np.ndarray
    names: list
    source: str

    @property
    def folds(self) -> list:
        """The folds there are."""
        return sorted(set(self.fold.tolist()))

    def part(self, folds) -> TensorDataset:
        """Return the clips of some folds, as batches want them."""
        rows = torch.from_numpy(np.isin(self.fold, folds))
        return TensorDataset(*(tensor[rows] for tensor in self.tensors))


def load() -> Clips:
    """Return the environmental sounds as log-mel frames, in decibels.

    Examples
    --------
    >>> clips = load()
    >>> clips.tensors[0].shape[1], len(clips.names)
    (64, 10)

    Chapter: learning/evaluation
    """
    sounds = datasets.load("environmental_sounds")
    rate = sounds[0].sample_rate
    to_mel = transforms.LogMel(sample_rate=rate, **FRAMES)
    cached = transforms.cache_dataset(sounds, to_mel, n_samples=round(LONGEST_S * rate))
    return Clips(cached.tensors, sounds.table["fold"], sounds.labels, sounds.source)
