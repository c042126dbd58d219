"""Recurrent networks: a state that each frame changes, so that the order of things matters.

The cells stand in `cells`. The networks here use torch's own layers, which run the same equations
over whole sequences, faster.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from audiolessons.errors import check_choice, check_count
from audiolessons.models.layers.blocks import BatchNorm, check_batch, check_share, masked_mean
from audiolessons.padding import without_padding

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentClassifier(nn.Module):
    """Classify sounds by reading their frames in order, forwards and, if wanted, backwards.

    Parameters
    ----------
    n_features : int
        D, numbers a frame, such as mel bands.
    n_classes : int
        K.
    cell : str
        "gru", "lstm" or "rnn".
    hidden_size : int
        H, numbers in the state of each layer and direction.
    n_layers : int
        Layers on top of each other.
    bidirectional : bool
        Whether a second reading starts at the end; the summary then has 2 H numbers.
    summary : str
        "last": the state after each sound's own last frame, and of the backward reading the one
        after the first frame. "mean": the states averaged over the sound.
    dropout : float
        Share of the states that is set to 0 between the layers, and of the summary before the
        linear layer, while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, D, N), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> model = RecurrentClassifier(n_features=40, n_classes=10, hidden_size=64)
    >>> model(torch.randn(2, 40, 50), [50, 31]).shape
    torch.Size([2, 10])
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)  # 2 directions x 3 H (D + H + 2), twice D, and (2 H + 1) K
    42074

    References
    ----------
    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on
    Signal Processing 45(11), 1997.

    Chapter: learning/rnn
    """

    def __init__(
        self,
        *,
        n_features: int,
        n_classes: int,
        cell: str = "gru",
        hidden_size: int = 128,
        n_layers: int = 1,
        bidirectional: bool = True,
        summary: str = "last",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        check_count(n_classes, name="n_classes")
        self.summary = check_choice(summary, name="summary", choices=("last", "mean"))
        self.n_directions = 2 if bidirectional else 1
        self.normalize = BatchNorm(n_features)
        self.layers = recurrent_layers(
            cell,
            n_features=n_features,
            hidden_size=hidden_size,
            n_layers=n_layers,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(self.n_directions * hidden_size, n_classes)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, K) of spectrograms (B, D, N) of `lengths` (B,) frames."""
        check_batch(x, letters="B F N", n_features=self.n_features)
        x, lengths, mask = without_padding(x, lengths)
        x = self.normalize(x, mask).transpose(1, 2)  # (B, D, N) -> (B, N, D)
        states, last = run_layers(self.layers, x, lengths)  # (B, N, H or 2 H), (layers, B, H)
        if self.summary == "mean":
            summary = masked_mean(states.transpose(1, 2), mask)  # (B, H, N) -> (B, H)
        else:
            # the last layer's directions, side by side: 1 or 2 of (B, H) -> (B, H or 2 H)
            summary = torch.cat(list(last[-self.n_directions :]), dim=1)
        return self.classify(self.dropout(summary))


class RecurrentSequenceModel(nn.Module):
    """Predict each frame of a sequence from those before it: logits for frame n + 1 at frame n.

    Parameters
    ----------
    n_features : int
        D, keys of a piano roll.
    cell : str
        "lstm", "gru" or "rnn".
    hidden_size : int
        H.
    n_layers : int
        Layers on top of each other.
    dropout : float
        Share of the states that is set to 0 between the layers and before the last, while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, N, D), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> model = RecurrentSequenceModel(n_features=88, hidden_size=64)
    >>> model(torch.zeros(2, 20, 88), [20, 12]).shape
    torch.Size([2, 20, 88])
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)  # 4 H (D + H + 2) and (H + 1) D
    45144

    References
    ----------
    N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, "Modeling temporal dependencies in
    high-dimensional sequences", ICML 2012.

    Chapter: learning/rnn
    """

    def __init__(
        self,
        *,
        n_features: int = 88,
        cell: str = "lstm",
        hidden_size: int = 128,
        n_layers: int = 1,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        self.layers = recurrent_layers(
            cell,
            n_features=n_features,
            hidden_size=hidden_size,
            n_layers=n_layers,
            bidirectional=False,  # it would read the answer
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.predict = nn.Linear(hidden_size, n_features)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, N, D) of sequences (B, N, D); they are 0 where the padding is."""
        check_batch(x, letters="B N D", n_features=self.n_features)
        frames, lengths, mask = without_padding(x.transpose(1, 2), lengths)  # (B, D, N)
        states, _ = run_layers(self.layers, frames.transpose(1, 2), lengths)  # (B, N, H)
        logits = self.predict(self.dropout(states))  # (B, N, H) -> (B, N, D)
        return logits if mask is None else logits.masked_fill(~mask[..., None], 0)


def recurrent_layers(cell, *, n_features, hidden_size, n_layers, bidirectional, dropout):
    """Return torch's layers for a kind of cell."""
    check_choice(cell, name="cell", choices=tuple(LAYERS))
    check_count(hidden_size, name="hidden_size")
    check_count(n_layers, name="n_layers")
    check_share(dropout, name="dropout")
    return LAYERS[cell](
        n_features,
        hidden_size,
        n_layers,
        batch_first=True,
        bidirectional=bidirectional,
        dropout=dropout if n_layers > 1 else 0.0,  # torch's acts between layers only
    )


def run_layers(layers: nn.Module, x: Tensor, lengths: Tensor | None) -> tuple:
    """Return the states (B, N, H), 0 at the padding, and the last ones (layers, B, H).

    Packing lays the valid frames of all sounds end to end: the reading of each sound stops at its
    own last frame, and the backward reading starts there.

    Examples
    --------
    >>> states, last = run_layers(nn.GRU(2, 3, batch_first=True), torch.ones(1, 4, 2), None)
    >>> states.shape, last.shape
    (torch.Size([1, 4, 3]), torch.Size([1, 1, 3]))

    Chapter: learning/rnn
    """
    if lengths is None:
        states, last = layers(x)
    else:
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = layers(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    return states, last[0] if isinstance(last, tuple) else last  # an LSTM gives its memory, too
