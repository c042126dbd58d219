"""An encoder and a decoder: a melody is read from both ends, and three voices written to it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from audiolessons.models.music.four_voices import VoiceNetwork
from audiolessons.models.music.voice_writer import (
    N_BEATS,
    OLDEST,
    SummedEmbeddings,
    ages,
    intervals,
)
from audiolessons.models.sound.rnn import run_layers
from audiolessons.music import N_TOKENS
from audiolessons.music.tokens import N_INTERVALS


class Harmoniser(VoiceNetwork):
    """Write alto, tenor and bass to a soprano that is known to its end.

    The encoder, a GRU in each direction, reads the soprano; its states at a sixteenth say where
    the melody comes from and where it goes. The decoder is a network of four voices whose context
    they join, at every sixteenth: what was written before, it reads itself.

    Parameters
    ----------
    hidden_size : int
        H, numbers of the decoder's state.
    melody_size : int
        Numbers of the encoder's state, for each direction.
    width : int
        W, numbers of a sixteenth that is read, and of the layers that write.
    dropout : float
        Share of them that is set to 0 while training.

    Examples
    --------
    >>> network = Harmoniser(hidden_size=32, melody_size=16, width=32)
    >>> given = torch.full((1, 8, 4), -1)
    >>> given[..., 0] = 37  # the soprano holds a C
    >>> network.draw(given)[0, :, 0]
    tensor([37, 37, 37, 37, 37, 37, 37, 37])

    References
    ----------
    I. Sutskever, O. Vinyals and Q. V. Le, "Sequence to sequence learning with neural networks",
    NeurIPS 2014; G. Hadjeres, F. Pachet and F. Nielsen, "DeepBach: a steerable model for Bach
    chorales generation", ICML 2017 (states of both directions at each place).

    Chapter: music/generation
    """

    def __init__(
        self,
        *,
        hidden_size: int = 160,
        melody_size: int = 96,
        width: int = 128,
        dropout: float = 0.3,
    ):
        super().__init__(
            read_width=width,
            past_size=hidden_size,
            ahead_size=2 * melody_size,
            width=width,
            dropout=dropout,
        )
        self.layer = nn.GRU(width, hidden_size, batch_first=True)
        sizes = [N_TOKENS, OLDEST, N_INTERVALS + 1, N_BEATS]
        self.read_melody = SummedEmbeddings(sizes, width=width)
        self.melody = nn.GRU(width, melody_size, batch_first=True, bidirectional=True)

    def look_ahead(self, tokens: Tensor) -> Tensor:
        """Return what the encoder makes of the soprano, (B, N, 2 x melody_size)."""
        lengths = (tokens[..., 0] >= 0).sum(dim=1)  # the backward reading starts at the end
        soprano = tokens[..., :1].clamp(min=0)
        beat = torch.arange(soprano.shape[1], device=soprano.device) % N_BEATS
        step = intervals(soprano, pad(soprano[:, :-1], (0, 0, 1, 0)))
        numbers = [soprano, ages(soprano), step, beat[:, None].expand_as(soprano)]
        read = self.dropout(self.read_melody(torch.cat(numbers, dim=2)))
        return run_layers(self.melody, read, lengths)[0]

    def remember(self, read: Tensor) -> Tensor:
        """Return (B, N, H), the decoder's state after each sixteenth (B, N, W)."""
        return self.layer(read)[0]

    def remember_one(self, read: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the state after one more sixteenth (B, 1, W), twice: to be read, and handed on."""
        return self.layer(read, state)
