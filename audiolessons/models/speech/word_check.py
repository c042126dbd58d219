"""Was it that word? A second look at one stretch of sound, through a network that knows letters."""

from __future__ import annotations

from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_batch, check_share


class WordCheck(nn.Module):
    """Say whether a stretch of sound is one word, from what another network made of it.

    From a few dozen takes nobody learns what speech is. A recogniser of letters knows: its states
    are read, frame by frame, by one small recurrent layer, whose last state gives the answer.

    Parameters
    ----------
    n_states : int
        D, numbers in a frame of the other network.
    hidden_size : int
        Numbers in the state of the recurrent layer.
    dropout : float
        Share of what is read that is set to 0 while training.

    Shapes
    ------
    states (B, N, D) -> logits (B,): above 0 where the word is likelier.

    Raises
    ------
    AudioError
        If an option cannot be, or the batch has another shape than (B, N, D).

    Examples
    --------
    >>> import torch
    >>> WordCheck(n_states=8, hidden_size=4)(torch.zeros(2, 28, 8)).shape
    torch.Size([2])

    Chapter: large/assistant
    """

    def __init__(self, *, n_states: int = 384, hidden_size: int = 48, dropout: float = 0.3):
        super().__init__()
        self.n_states = check_count(n_states, name="n_states")
        check_count(hidden_size, name="hidden_size")
        self.dropout = nn.Dropout(check_share(dropout, name="dropout"))
        self.enter = nn.Linear(n_states, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.predict = nn.Linear(hidden_size, 1)

    def forward(self, states: Tensor) -> Tensor:
        check_batch(states, letters="B N D", name="states")
        if states.shape[2] != self.n_states:
            raise AudioError(
                f"states has {states.shape[2]} numbers a frame, the network was made for "
                f"{self.n_states}"
            )
        x = self.enter(self.dropout(states)).relu()
        x, _ = self.gru(x)
        return self.predict(self.dropout(x[:, -1])).squeeze(-1)
