"""What makes a network of a recipe, and how it is trained."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import nn

from audiolessons import __version__, models, training
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


def training_record(network: nn.Module, history: training.History, **how) -> dict:
    """Return what is stored beside weights: how they were made, losses, versions."""
    return {
        **how,
        "parameters": models.count_parameters(network),
        "history": {key: _rounded(value) for key, value in asdict(history).items()},
        "versions": {
            "audiolessons": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def _rounded(value):
    """Return losses in four decimals: more would differ from machine to machine."""
    return [round(float(one), 4) for one in value] if isinstance(value, list) else value
