"""Lessons: sounds varied once, with what several teachers answer to them, for many students.

A teacher that answers beside a student takes most of the student's time, and five take five times
as much. Here each version of a sound is heard by every teacher once, and their mean answer is kept:
all who learn without that voice, of whatever size and seed, learn from the same answers.
"""

from __future__ import annotations

import torch
from torch.utils.data import TensorDataset

from audiolessons import training, transforms
from audiolessons.recipes._held_out_voices import Voices, other_sounds

N_VERSIONS = 8  # of each sound at each speed
N_PARTS = 10  # batches of like length that are made of one large one


def varied(voices: Voices, cell, setting) -> TensorDataset:
    """Return the sounds that may be heard in a cell, varied N_VERSIONS times."""
    generator = torch.Generator().manual_seed(0)  # the same for all seeds of students
    vary = transforms.Chain(
        *other_sounds(setting, generator),
        transforms.SpecAugment(max_bands=8, max_frames=10, max_share=0.3, generator=generator),
    ).train()
    heard = voices.without(cell.also_unheard).learned(held_out=cell.held_out)
    x, lengths, labels = heard.tensors
    versions = [vary(x, lengths) for _ in range(N_VERSIONS)]
    x, lengths = (torch.cat(parts) for parts in zip(*versions, strict=True))
    return TensorDataset(x, lengths, labels.repeat(N_VERSIONS))


def answers(sounds: TensorDataset, teachers: list) -> torch.Tensor:
    """Return the mean of the teachers' logits, (B, K)."""
    order = sounds.tensors[1].argsort()  # batches of like length are quickly heard
    sorted_sounds = TensorDataset(*(one[order] for one in sounds.tensors))
    by_length = sum(training.predict(one, sorted_sounds, time_axis=2) for one in teachers)
    mean = torch.empty_like(by_length)
    mean[order] = by_length / len(teachers)
    return mean


class OfLikeLength:
    """The batches of a loader, each sorted by length and dealt into N_PARTS small ones.

    A batch is as long as its longest sound. Where words of like length meet, little is computed
    that is not sound. The parts come in random order.
    """

    def __init__(self, loader, *, generator: torch.Generator):
        self.loader, self.generator = loader, generator

    def __len__(self) -> int:
        return N_PARTS * len(self.loader)

    def __getattr__(self, name):
        """Everything else is the loader's."""
        if name == "loader":  # not there yet: while an object is copied
            raise AttributeError(name)
        return getattr(self.loader, name)

    def __iter__(self):
        for x, lengths, *targets in self.loader:
            parts = lengths.argsort().tensor_split(N_PARTS)
            for number in torch.randperm(N_PARTS, generator=self.generator).tolist():
                rows = parts[number]
                longest = int(lengths[rows].max())
                yield x[rows, ..., :longest], lengths[rows], *(one[rows] for one in targets)
