"""What makes a network of a recipe, and how it is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from audiolessons import training
from audiolessons.errors import check_choice


@dataclass(frozen=True)
class Settings:
    """How to make a network, and its epochs and highest learning rate."""

    make: Callable
    epochs: int
    learning_rate: float


def new_network(settings: dict[str, Settings], name: str, *, seed: int, **options) -> nn.Module:
    """Return a network of this name that has learned nothing yet; `seed` draws its weights."""
    check_choice(name, name="model", choices=tuple(settings))
    training.seed_everything(seed)
    return settings[name].make(**options)
