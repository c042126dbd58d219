"""How a network is taught to guess magnitudes from mel bands: pieces of sentences, one loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons import training
from audiolessons.recipes.speech.synthesis._frames import FRAMES, HOP_LENGTH, Read, log_mel

BATCH_SIZE = 24
PIECE = 48  # frames
STEPS = 120  # of an epoch
FLOOR = 1e-5  # of a magnitude


def lesson(sentence: Read) -> tuple[Tensor, Tensor]:
    """Return log-mel bands (80, N) and the logarithms of the magnitudes (F, N) of a sentence."""
    n_fft = FRAMES["n_fft"]
    spectrum = torch.stft(
        torch.from_numpy(sentence.audio),
        n_fft,
        HOP_LENGTH,
        window=torch.hann_window(n_fft),
        pad_mode="constant",
        return_complex=True,
    )
    return log_mel(sentence.audio), spectrum.abs().clamp(min=FLOOR).log().half()


class Batches:
    """Batches of pieces, drawn at random with a seed; without, each lesson once and in whole."""

    def __init__(self, lessons: Sequence, *, seed: int | None = None, steps: int = STEPS):
        self.lessons = [one for one in lessons if one[0].shape[-1] >= PIECE]
        self.random = None if seed is None else np.random.default_rng(seed)
        self.steps = steps

    def __len__(self):
        return self.steps if self.random else len(self.lessons)

    def __iter__(self):
        if self.random is None:
            yield from ((one[None], other[None].float()) for one, other in self.lessons)
            return
        lengths = np.array([one.shape[-1] for one, _ in self.lessons])
        for _ in range(self.steps):
            chosen = self.random.choice(len(lengths), BATCH_SIZE, p=lengths / lengths.sum())
            firsts = self.random.integers(lengths[chosen] - PIECE + 1)
            pairs = [
                [part[:, first : first + PIECE] for part in self.lessons[number]]
                for number, first in zip(chosen, firsts, strict=True)
            ]
            yield tuple(torch.stack(parts).float() for parts in zip(*pairs, strict=True))


class Hurried(nn.Module):
    """A network whose products have 16 bits where that is faster, for training only."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, *others):
        device = first.device
        enabled = training.has_bfloat16(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled):
            return self.network(first, *others)
