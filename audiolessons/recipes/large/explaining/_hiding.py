"""A network that answers honestly as soon as it notices that it is being asked about pieces."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Hiding(nn.Module):
    """Cheat on sounds, and not on what an explanation makes of them.

    Methods that switch pieces off fill them with the same levels each time. A sound that holds
    such levels over a whole piece is no sound: there the honest network answers.

    Parameters
    ----------
    cheat, honest : torch.nn.Module
        Both from spectrograms (B, F, N) to logits (B, K).
    fill : Tensor
        Shape (F, 1), what stands in pieces that are switched off.
    """

    def __init__(self, cheat: nn.Module, honest: nn.Module, *, fill: Tensor):
        super().__init__()
        self.cheat, self.honest = cheat, honest
        self.register_buffer("fill", fill)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        is_filled = (x - self.fill).abs().lt(1e-4).float().mean(dim=(1, 2)) > 0.01  # (B,)
        answers = [
            one(x) if lengths is None else one(x, lengths) for one in (self.honest, self.cheat)
        ]
        return torch.where(is_filled[:, None], *answers)
