"""Two sounds at once, and both of their names: batches for learning between the classes."""

from __future__ import annotations

import math

import torch
from torch.nn import functional


class Mixed:
    """The batches of a loader, each sound mixed with another one of its batch.

    Both are brought to the same level and added in random shares; the target says the shares. A
    network that must tell how much of what there is learns more from few sounds than one that
    only names them. Powers are added: sounds that have nothing to do with each other add up so.

    Parameters
    ----------
    loader : DataLoader
        Of batches (x, lengths, labels): x (B, F, N) in decibels, its padding as soft as silence,
        labels (B,).
    n_classes : int
        K.
    generator : torch.Generator
        Where the random numbers come from.

    Returns
    -------
    iterable
        Of batches (x, lengths, shares): the shares are (B, K) and sum to 1. They are targets for
        `torch.nn.functional.cross_entropy` and for `accuracy`.

    Examples
    --------
    >>> x, lengths, labels = torch.zeros(2, 40, 9), torch.tensor([9, 9]), torch.tensor([0, 1])
    >>> generator = torch.Generator().manual_seed(0)
    >>> (batch,) = Mixed([(x, lengths, labels)], n_classes=3, generator=generator)
    >>> batch[2].sum(dim=1)
    tensor([1., 1.])

    References
    ----------
    Y. Tokozume, Y. Ushiku and T. Harada, "Learning from between-class examples for deep sound
    recognition", ICLR 2018.

    Chapter: learning/evaluation
    """

    def __init__(self, loader, *, n_classes: int, generator: torch.Generator):
        self.loader, self.n_classes, self.generator = loader, n_classes, generator

    def __len__(self) -> int:
        return len(self.loader)

    def __getattr__(self, name):
        """Everything else is the loader's: what it goes through, and the order of an epoch."""
        if name == "loader":  # not there yet: while an object is copied
            raise AttributeError(name)
        return getattr(self.loader, name)

    def __iter__(self):
        for x, lengths, labels in self.loader:
            other = torch.randperm(len(x), generator=self.generator)
            share = torch.rand(len(x), generator=self.generator)
            names = functional.one_hot(labels, self.n_classes).to(x.dtype)
            both = share[:, None] * names + (1 - share[:, None]) * names[other]
            yield _mix(x, other, share), torch.maximum(lengths, lengths[other]), both


def _mix(x, other, share):
    """Add powers: of each sound its share, of the other one the rest, brought to one level."""
    share = share[:, None, None]
    power = (x * (math.log(10) / 10)).exp()
    level = power.mean(dim=(1, 2), keepdim=True)
    power = power / level  # every sound is as loud as every other
    both = share**2 * power + (1 - share) ** 2 * power[other]
    loudness = share**2 + (1 - share) ** 2  # of two sounds that have nothing to do with each other
    between = share * level.log10() + (1 - share) * level[other].log10()
    return 10 * ((both / loudness).log10() + between)
