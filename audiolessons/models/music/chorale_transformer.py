"""A Transformer over sixteenths that looks back by distance, and writes four voices in each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.models.music.four_voices import VoiceNetwork
from audiolessons.models.music.relative_attention import RelativeAttention


class RelativeLayer(nn.Module):
    """Attention by distance, then a small network for each frame; both add to what comes in.

    Chapter: music/generation
    """

    def __init__(self, *, width: int, n_heads: int, farthest: int, dropout: float):
        super().__init__()
        self.look = nn.Sequential(
            nn.LayerNorm(width),
            RelativeAttention(width=width, n_heads=n_heads, farthest=farthest, dropout=dropout),
            nn.Dropout(dropout),
        )
        self.think = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.look(x)
        return x + self.think(x)


class ChoraleTransformer(VoiceNetwork):
    """Attention by distance reads the sixteenths; the next is written as `ChoraleRNN` writes it.

    Nothing tells it where in a piece it is, only how far apart two sixteenths are, and their place
    in a bar of four quarters.

    Parameters
    ----------
    width : int
        W, numbers of a sixteenth.
    n_layers : int
    n_heads : int
        They must divide the width.
    farthest : int
        Sixteenths that it tells apart by their distance.
    dropout : float

    Examples
    --------
    >>> network = ChoraleTransformer(width=32, n_layers=1, n_heads=2)
    >>> network(torch.zeros(2, 10, 4, dtype=torch.long)).shape
    torch.Size([2, 47, 10, 4])

    Chapter: music/generation
    """

    def __init__(
        self,
        *,
        width: int = 128,
        n_layers: int = 4,
        n_heads: int = 4,
        farthest: int = 256,
        dropout: float = 0.2,
    ):
        super().__init__(read_width=width, past_size=width, width=width, dropout=dropout)
        layer = {"width": width, "n_heads": n_heads, "farthest": farthest, "dropout": dropout}
        self.remember = nn.Sequential(
            *(RelativeLayer(**layer) for _ in range(n_layers)), nn.LayerNorm(width)
        )

    def remember_one(self, read: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return what one more sixteenth means, and all that was read: it is looked at anew."""
        read = read if state is None else torch.cat([state, read], dim=1)
        return self.remember(read)[:, -1:], read
