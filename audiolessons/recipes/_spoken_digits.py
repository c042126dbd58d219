"""What recipes on spoken digits share: frames, the longest sound, what is for validation."""

from __future__ import annotations

import numpy as np

from audiolessons import datasets

# Frames of 32 ms every 10 ms at 8 kHz, as the first classifier has them.
FRAMES = {"n_fft": 256, "hop_length": 80, "n_mels": 40}
COARSE_FRAMES = {**FRAMES, "hop_length": 160}
LONGEST_S = 1.0  # 99 in 100 sounds are shorter; what is longer is cut


def parts(sounds: datasets.DataSet, is_test: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Return which sounds train, validate and test: a tenth of every digit, drawn, validates."""
    is_valid = np.zeros(len(sounds), dtype=bool)
    generator = np.random.default_rng(seed)
    for label in np.unique(sounds.label_ids):
        rows = np.flatnonzero(~is_test & (sounds.label_ids == label))
        is_valid[generator.permutation(rows)[: max(1, len(rows) // 10)]] = True
    return {"train": ~is_test & ~is_valid, "valid": is_valid, "test": is_test}
