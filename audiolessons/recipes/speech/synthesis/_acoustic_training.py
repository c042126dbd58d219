"""How the acoustic model is taught: batches of sentences, of each a piece that is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from audiolessons import models
from audiolessons.recipes.speech.synthesis._read_aloud import Lesson

BATCH_SIZE = 32
PIECE = 160  # frames of each sentence that are written in a step: two seconds
STEPS = 200  # of an epoch


class Batches:
    """Batches of sentences; each is read in whole, and a piece of it is written.

    With a seed they are drawn at random, `steps` an epoch; without, all come once and in whole. A
    batch is what a `TextToMel` is given, and the target of `models.writing_loss`.
    """

    def __init__(self, lessons: Sequence[Lesson], *, seed: int | None = None, steps: int = STEPS):
        self.lessons = [_Cut.of(one) for one in lessons]
        self.random = None if seed is None else np.random.default_rng(seed)
        self.steps = steps

    def __len__(self):
        return self.steps if self.random else len(self.lessons)

    def __iter__(self):
        for number in range(len(self)):
            if self.random is None:
                yield _batch([self.lessons[number]], [0], None)
                continue
            chosen = self.random.choice(len(self.lessons), BATCH_SIZE)
            lessons = [self.lessons[one] for one in chosen]
            most = [max(len(one.places) - PIECE, 0) for one in lessons]
            yield _batch(lessons, self.random.integers(np.array(most) + 1).tolist(), PIECE)


@dataclass(frozen=True, eq=False)
class _Cut:
    """A lesson, and of each frame, (N, ...), what is known: all that a piece may be cut from."""

    lesson: Lesson
    places: Tensor
    within: Tensor
    melody: Tensor
    log_mel: Tensor

    @classmethod
    def of(cls, lesson):
        by_frame = (*models.places_of(lesson.durations), lesson.melody.T, lesson.log_mel.T)
        return cls(lesson, *by_frame)

    def piece(self, first, n_frames):
        end = None if n_frames is None else first + n_frames
        return [one[first:end] for one in (self.places, self.within, self.melody, self.log_mel)]


def _batch(cuts, firsts, n_frames):
    lessons = [one.lesson for one in cuts]
    tokens = pad_sequence([one.tokens for one in lessons], batch_first=True)
    n_tokens = torch.tensor([len(one.tokens) for one in lessons])
    traits = _padded([one.traits.T for one in lessons])
    pieces = [one.piece(first, n_frames) for one, first in zip(cuts, firsts, strict=True)]
    places, within, melody, log_mel = zip(*pieces, strict=True)
    lengths = torch.tensor([len(one) for one in places])
    melody = _padded(melody)
    inputs = (
        tokens,
        n_tokens,
        traits[:, 1:],
        pad_sequence(places, batch_first=True),
        pad_sequence(within, batch_first=True),
        lengths,
        melody,
    )
    return *inputs, (_padded(log_mel), traits, melody, lengths, n_tokens)


def _padded(sequences):
    """Return sequences (N, D) as a batch (B, D, N)."""
    return pad_sequence(sequences, batch_first=True).transpose(1, 2)


def closeness(output: tuple, target: tuple) -> Tensor:
    """Return minus the mean difference of log-mel values, (B,): higher is better."""
    (log_mel, *_), (true_mel, _, _, n_frames, _) = output, target
    apart = (log_mel.float() - true_mel).abs().mean(dim=1)
    return -torch.stack([one[:n].mean() for one, n in zip(apart, n_frames, strict=True)])
