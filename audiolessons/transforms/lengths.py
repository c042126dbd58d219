"""What a batch and its lengths must be."""

from __future__ import annotations

import torch

from audiolessons.errors import AudioError


def check_floats(x, *, name: str = "audio") -> None:
    """Refuse what is no tensor of floating-point numbers."""
    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = x.dtype if isinstance(x, torch.Tensor) else type(x).__name__
        raise AudioError(f"{name} is {kind}: give a float tensor, torch.from_numpy(...)")


def check_batch(x, *, name: str = "audio") -> None:
    """Refuse what is no batch of floating-point numbers (B, ..., T)."""
    check_floats(x, name=name)
    if x.ndim < 2:
        raise AudioError(f"{name} has shape {tuple(x.shape)}: give a batch, {name}[None]")


def check_lengths(lengths, x) -> None:
    """Refuse lengths that do not belong to the batch."""
    if not isinstance(lengths, torch.Tensor) or lengths.is_floating_point():
        raise AudioError("lengths are no tensor of whole numbers: give one for each item")
    if lengths.shape != x.shape[:1]:
        raise AudioError(
            f"lengths have shape {tuple(lengths.shape)} for a batch of shape {tuple(x.shape)}: "
            "give one for each item"
        )
