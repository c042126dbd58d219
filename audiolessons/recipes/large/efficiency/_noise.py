"""Noise of the shape of words, for measurements in which it does not matter what is said."""

from __future__ import annotations

import torch

from audiolessons.recipes.large.efficiency._networks import N_MELS

N_FRAMES = 50  # a second


def load(n_words: int, *, device=None, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return noise of the shape of log-mel bands, (B, 40, 50), and labels (B,)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_words, N_MELS, N_FRAMES, generator=generator)
    labels = torch.randint(10, (n_words,), generator=generator)
    return x.to(device), labels.to(device)
