"""Networks that predict the next character of a text: recurrent, or by attention to the past."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.models.layers.blocks import check_share
from audiolessons.models.sound.rnn import recurrent_layers, run_layers
from audiolessons.models.sound.transformer import TransformerEncoder

KINDS = ("gru", "transformer")
N_HEADS = 4


class TextModel(nn.Module):
    """Predict each next token from those before it.

    It is a language model as `language.KneserNey` is: `start`, `next` and `probabilities`. Its
    state is the tokens so far, the end mark before the first.

    Parameters
    ----------
    n_tokens : int
        Size of the vocabulary; the end mark is one more, `n_tokens`.
    kind : str
        "gru" (one recurrent layer) or "transformer" (causal attention).
    width : int
        Numbers that stand for a token, and in the state.
    n_layers : int
        Layers of the Transformer.
    longest : int
        Tokens that it looks back on.
    dropout : float
        Share of the values that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch is not (B, N).

    Examples
    --------
    >>> model = TextModel(n_tokens=95, width=32)
    >>> model(torch.zeros(2, 10, dtype=torch.long)).shape  # logits of what follows each token
    torch.Size([2, 96, 10])
    >>> model.probabilities(model.start()).shape
    (96,)

    References
    ----------
    T. Mikolov et al., "Recurrent neural network based language model", Interspeech 2010;
    R. Al-Rfou et al., "Character-level language modeling with deeper self-attention", AAAI 2019.

    Chapter: speech/language
    """

    def __init__(
        self,
        *,
        n_tokens: int,
        kind: str = "gru",
        width: int = 192,
        n_layers: int = 3,
        longest: int = 192,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_tokens = check_count(n_tokens, name="n_tokens")
        self.kind = check_choice(kind, name="kind", choices=KINDS)
        self.longest = check_count(longest, name="longest")
        check_share(dropout, name="dropout")
        self.embed = nn.Embedding(n_tokens + 1, width)
        if kind == "gru":
            self.layers = recurrent_layers(
                "gru",
                n_features=width,
                hidden_size=width,
                n_layers=1,
                bidirectional=False,  # it would read the answer
                dropout=dropout,
            )
        else:
            self.layers = TransformerEncoder(
                width=width, n_heads=N_HEADS, n_layers=n_layers, causal=True, dropout=dropout
            )
        self.dropout = nn.Dropout(dropout)
        self.predict = nn.Linear(width, n_tokens + 1)

    @property
    def end(self) -> int:
        """The end mark, which also stands before the first token."""
        return self.n_tokens

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits (B, n_tokens + 1, N) of what follows each of the tokens (B, N)."""
        if tokens.ndim != 2:
            raise AudioError(f"tokens has shape {tuple(tokens.shape)}: give (B, N)")
        x = self.embed(tokens)  # (B, N, W)
        x = run_layers(self.layers, x, None)[0] if self.kind == "gru" else self.layers(x)
        return self.predict(self.dropout(x)).transpose(1, 2)

    def start(self) -> tuple:
        """Return the state before the first token."""
        return (self.end,)

    def next(self, state: tuple, token: int) -> tuple:
        """Return the state after one more token."""
        return (*state, token)[-self.longest :]

    @torch.no_grad()
    def probabilities(self, state: tuple) -> np.ndarray:
        """Return the chance of each token to come next, (n_tokens + 1,), the end mark last."""
        tokens = torch.tensor([state], device=self.embed.weight.device)
        logits = self(tokens)[0, :, -1].double()
        return torch.softmax(logits, dim=0).cpu().numpy()
