"""Recurrent cells written from their equations: one step each, and the loop that runs them.

With torch's weights they give torch's numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import check_count
from audiolessons.models.layers.blocks import check_batch
from audiolessons.padding import without_padding


class Cell(nn.Module):
    """What the cells share: weights for input and state, `n_gates` of them stacked in one matrix.

    Names and shapes are those of `torch.nn.LSTMCell` and its like, so weights can be copied either
    way with `load_state_dict`.
    """

    n_gates = 1

    def __init__(self, n_features: int, hidden_size: int):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        self.hidden_size = check_count(hidden_size, name="hidden_size")
        rows = self.n_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, n_features))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden_size**-0.5), hidden_size**-0.5)

    def start(self, x: Tensor):
        """Return the state before the first frame: zeros, (B, H)."""
        return x.new_zeros(x.shape[0], self.hidden_size)

    def _parts(self, x, h):
        """Return what input and state give to each gate: two lists of (B, H)."""
        from_x = x @ self.weight_ih.T + self.bias_ih  # (B, D) -> (B, n_gates H)
        from_h = h @ self.weight_hh.T + self.bias_hh  # (B, H) -> (B, n_gates H)
        return from_x.chunk(self.n_gates, dim=1), from_h.chunk(self.n_gates, dim=1)


class RNNCell(Cell):
    """One step of a plain recurrence: h' = tanh(W x + b + V h + c).

    It learns H (D + H + 2) numbers.

    Parameters
    ----------
    n_features : int
        D, numbers a frame.
    hidden_size : int
        H, numbers in the state.

    Examples
    --------
    >>> RNNCell(40, 8)(torch.zeros(2, 40), torch.zeros(2, 8)).shape
    torch.Size([2, 8])

    References
    ----------
    J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990 (with logistic units).

    Chapter: learning/rnn
    """

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the new state (B, H) from a frame (B, D) and the state (B, H)."""
        (from_x,), (from_h,) = self._parts(x, h)
        return torch.tanh(from_x + from_h)


class GRUCell(Cell):
    """One step of a gated recurrent unit: a gate mixes the old state with a candidate.

    With r (reset) and z (update), both sigmoids of frame and state,
    n = tanh(W x + b + r * (V h + c)) and h' = (1 - z) * n + z * h. It learns 3 H (D + H + 2)
    numbers.

    Parameters
    ----------
    n_features : int
        D, numbers a frame.
    hidden_size : int
        H, numbers in the state.

    Examples
    --------
    >>> GRUCell(40, 8)(torch.zeros(2, 40), torch.zeros(2, 8)).shape
    torch.Size([2, 8])

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation", EMNLP 2014 (with the reset after the product, as cuDNN and torch do).

    Chapter: learning/rnn
    """

    n_gates = 3

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the new state (B, H) from a frame (B, D) and the state (B, H)."""
        (reset_x, update_x, new_x), (reset_h, update_h, new_h) = self._parts(x, h)
        reset = torch.sigmoid(reset_x + reset_h)
        update = torch.sigmoid(update_x + update_h)
        candidate = torch.tanh(new_x + reset * new_h)
        return (1 - update) * candidate + update * h


class LSTMCell(Cell):
    """One step of long short-term memory: a memory that gates write, keep and read.

    With i (input), f (forget), o (output), sigmoids of frame and state, and g, a tanh of the same,
    c' = f * c + i * g and h' = o * tanh(c'). The memory c is added to, not multiplied by a matrix
    at each step: gradients come back through it undamped where f is 1. It learns 4 H (D + H + 2)
    numbers.

    Parameters
    ----------
    n_features : int
        D, numbers a frame.
    hidden_size : int
        H, numbers in the state and in the memory.

    Examples
    --------
    >>> state = (torch.zeros(2, 8), torch.zeros(2, 8))
    >>> [part.shape for part in LSTMCell(40, 8)(torch.zeros(2, 40), state)]
    [torch.Size([2, 8]), torch.Size([2, 8])]

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997;
    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12(10),
    2000.

    Chapter: learning/rnn
    """

    n_gates = 4

    def start(self, x: Tensor):
        """Return state and memory before the first frame: zeros, two of (B, H)."""
        return super().start(x), super().start(x)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return new state and memory, both (B, H), from a frame (B, D) and the old ones."""
        h, c = state
        from_x, from_h = self._parts(x, h)
        i, f, g, o = (part_x + part_h for part_x, part_h in zip(from_x, from_h, strict=True))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


def unroll(cell: nn.Module, x: Tensor, lengths=None) -> tuple:
    """Run a cell over the frames of a batch; a sound that has ended keeps its state.

    Parameters
    ----------
    cell : RNNCell, GRUCell or LSTMCell
        One step.
    x : Tensor
        Shape (B, N, D).
    lengths : sequence of int, optional
        Shape (B,), frames of each sound; N for all unless given.

    Returns
    -------
    states : Tensor
        Shape (B, N, H), 0 where the padding is.
    last : Tensor or tuple
        The state after each sound's own last frame: (B, H), and for the LSTM the memory, too.

    Raises
    ------
    AudioError
        If the batch has another shape, or lengths do not belong to it.

    Examples
    --------
    >>> states, last = unroll(GRUCell(40, 8), torch.randn(2, 5, 40), [5, 3])
    >>> states.shape, bool((last[1] == states[1, 2]).all())
    (torch.Size([2, 5, 8]), True)

    Chapter: learning/rnn
    """
    check_batch(x, letters="B N D", n_features=cell.n_features)
    frames, _, mask = without_padding(x.transpose(1, 2), lengths)  # (B, N, D) -> (B, D, N)
    state, states = cell.start(x), []
    for n in range(x.shape[1]):
        new = cell(frames[..., n], state)
        if mask is not None:
            here = mask[:, n, None]  # (B, 1): is this frame sound?
            if isinstance(new, tuple):
                new = tuple(torch.where(here, a, b) for a, b in zip(new, state, strict=True))
            else:
                new = torch.where(here, new, state)
        state = new
        states.append(state[0] if isinstance(state, tuple) else state)
    states = torch.stack(states, dim=1)  # N of (B, H) -> (B, N, H)
    return states if mask is None else states.masked_fill(~mask[..., None], 0), state
