"""What the vocoder is taught with: pieces of sentences, their bands and magnitudes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from audiolessons.models.speech.vocoder import CENTRE, SPREAD, magnitudes_of
from audiolessons.recipes.speech.synthesis._frames import FRAMES, HOP_LENGTH, Read, log_mel

BATCH_SIZE = 32
PIECE = 64  # frames
STEPS = 200  # of an epoch


def lesson(sentence: Read) -> tuple[Tensor, Tensor]:
    """Return log-mel bands (80, N) and the logarithms of the magnitudes (F, N) of a sentence."""
    audio = torch.from_numpy(sentence.audio)[None]
    true = magnitudes_of(audio, n_fft=FRAMES["n_fft"], hop_length=HOP_LENGTH)[0]
    return log_mel(sentence.audio), true.log().half()


class Batches:
    """Batches of pieces, drawn at random with a seed; without, each lesson once and in whole.

    Any second of speech is as likely to be drawn as any other.
    """

    def __init__(self, lessons: Sequence, *, seed: int | None = None, steps: int = STEPS):
        self.lessons = [one for one in lessons if one[0].shape[-1] > PIECE]
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
            firsts = self.random.integers(lengths[chosen] - PIECE)
            pairs = [
                [part[:, first : first + PIECE] for part in self.lessons[number]]
                for number, first in zip(chosen, firsts, strict=True)
            ]
            yield tuple(torch.stack(parts).float() for parts in zip(*pairs, strict=True))


def pictures(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a critic is shown of log magnitudes, (B, F, N): numbers about 0."""
    return tuple((2 * one.float() - CENTRE) / SPREAD for one in (output, target))
