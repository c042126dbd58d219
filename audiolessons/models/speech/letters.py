"""Letters to sounds by a network that reads the whole word before it says the first letter."""

from __future__ import annotations

from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_share
from audiolessons.models.sound.rnn import recurrent_layers, run_layers


class LetterReader(nn.Module):
    """Say for each letter of a word what it stands for, from all letters before and after.

    Parameters
    ----------
    n_letters : int
        Letters that there are.
    n_pairs : int
        K, pairs of a letter and its sounds to choose from.
    letter_size : int
        Numbers that stand for a letter.
    hidden_size : int
        H, numbers in the state of each layer and direction.
    n_layers : int
        Layers on top of each other, each read forwards and backwards.
    dropout : float
        Share of the states that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch is not (B, N).

    Examples
    --------
    >>> model = LetterReader(n_letters=27, n_pairs=300, hidden_size=32)
    >>> model(Tensor([[0] * 5] * 2).long()).shape  # 2 words of 5 letters
    torch.Size([2, 300, 5])

    References
    ----------
    K. Yao and G. Zweig, "Sequence-to-sequence neural net models for grapheme-to-phoneme
    conversion", Interspeech 2015 (bidirectional, on aligned letters).

    Chapter: speech/language
    """

    def __init__(
        self,
        *,
        n_letters: int,
        n_pairs: int,
        letter_size: int = 48,
        hidden_size: int = 160,
        n_layers: int = 2,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_count(n_letters, name="n_letters")
        check_count(n_pairs, name="n_pairs")
        check_count(letter_size, name="letter_size")
        check_share(dropout, name="dropout")
        self.embed = nn.Embedding(n_letters, letter_size)
        self.layers = recurrent_layers(
            "gru",
            n_features=letter_size,
            hidden_size=hidden_size,
            n_layers=n_layers,
            bidirectional=True,
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.choose = nn.Linear(2 * hidden_size, n_pairs)

    def forward(self, letters: Tensor) -> Tensor:
        """Return logits (B, K, N) for words of equal length, (B, N), whole numbers."""
        if letters.ndim != 2:
            raise AudioError(f"letters has shape {tuple(letters.shape)}: give words of one length")
        states, _ = run_layers(self.layers, self.embed(letters), None)  # (B, N, 2 H)
        return self.choose(self.dropout(states)).transpose(1, 2)
