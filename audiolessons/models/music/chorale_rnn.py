"""A recurrent network over sixteenths, and one that harmonises a melody that it has read first."""

from __future__ import annotations

from torch import Tensor, nn

from audiolessons.models.music.four_voices import VoiceNetwork


class ChoraleRNN(VoiceNetwork):
    """A GRU reads the sixteenths; the next is written from the soprano down to the bass.

    Parameters
    ----------
    hidden_size : int
        H, numbers of the state.
    width : int
        W, numbers of a sixteenth that is read, and of the layers that write.
    dropout : float
        Share of both that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if tokens have another shape than (B, N, 4).

    Examples
    --------
    >>> import torch
    >>> network = ChoraleRNN(hidden_size=32, width=32)
    >>> network(torch.zeros(2, 10, 4, dtype=torch.long)).shape
    torch.Size([2, 47, 10, 4])
    >>> network.draw(torch.full((1, 8, 4), -1)).shape
    torch.Size([1, 8, 4])

    Chapter: music/generation
    """

    def __init__(self, *, hidden_size: int = 192, width: int = 128, dropout: float = 0.3):
        super().__init__(read_width=width, past_size=hidden_size, width=width, dropout=dropout)
        self.layer = nn.GRU(width, hidden_size, batch_first=True)

    def remember(self, read: Tensor) -> Tensor:
        """Return (B, N, H), the state after each sixteenth (B, N, W)."""
        return self.layer(read)[0]

    def remember_one(self, read: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the state after one more sixteenth (B, 1, W), twice: to be read, and handed on."""
        return self.layer(read, state)
