"""What vocoders are taught with: pieces of sentences, their bands, and what belongs to these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from audiolessons import transforms
from audiolessons.models.speech.vocoder import CENTRE, SPREAD, magnitudes_of, spectral_losses
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    SAMPLE_RATE,
    Read,
    log_mel,
)

BATCH_SIZE = 32
PIECE = 64  # frames
STEPS = 200  # of an epoch


def magnitudes(sentence: Read) -> tuple[Tensor, Tensor]:
    """Return log-mel bands (80, N) and the logarithms of the magnitudes (F, N) of a sentence."""
    audio = torch.from_numpy(sentence.audio)[None]
    true = magnitudes_of(audio, FRAMES["n_fft"], hop_length=HOP_LENGTH)[0]
    return log_mel(sentence.audio), true.log().half()


def sounds(sentence: Read) -> tuple[Tensor, Tensor]:
    """Return log-mel bands (80, N) and the sound that a `Vocoder` makes of them if it is perfect.

    It has shape (200 * (N - 1),).
    """
    bands = log_mel(sentence.audio)
    return bands, torch.from_numpy(sentence.audio)[: HOP_LENGTH * (bands.shape[-1] - 1)]


class Batches:
    """Batches of pieces, drawn at random with a seed; without, each lesson once and in whole.

    A lesson is bands (80, N) and what belongs to them: (F, N), or samples from the middle of the
    first frame to that of the last, which a piece is cut from likewise. Any second of speech is as
    likely to be drawn as any other.
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
            pairs = [_cut(*self.lessons[one], at) for one, at in zip(chosen, firsts, strict=True)]
            yield tuple(torch.stack(parts).float() for parts in zip(*pairs, strict=True))


def _cut(bands, other, first):
    """Return a piece of `PIECE` frames, one more where samples between frames belong to them."""
    if other.ndim > 1:
        return bands[:, first : first + PIECE], other[:, first : first + PIECE]
    samples = slice(HOP_LENGTH * first, HOP_LENGTH * (first + PIECE))
    return bands[:, first : first + PIECE + 1], other[samples]


def pictures(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a critic is shown of log magnitudes, (B, F, N): numbers about 0."""
    return tuple((2 * one.float() - CENTRE) / SPREAD for one in (output, target))


class SoundLoss:
    """How far sounds (B, T) are apart: spectra at three resolutions, and mel bands."""

    def __init__(self):
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)

    def __call__(self, made: Tensor, true: Tensor) -> Tensor:
        bands, others = (self.to_mel.to(true.device)(one) for one in (made, true))
        return spectral_losses(made, true) + (bands - others).abs().mean(dim=(1, 2))
