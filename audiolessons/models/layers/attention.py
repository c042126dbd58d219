"""Attention: every frame looks at all others and takes from each what it needs.

A query is compared with every key; the softmax of the comparisons says how much of each value is
taken.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_batch, check_share


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Look up values softly: weights = softmax(query key^T / sqrt(D)) over the keys.

    The products of D random numbers grow as sqrt(D); divided by it they keep the softmax where it
    still has a gradient.

    Parameters
    ----------
    query : Tensor
        Shape (..., N, D).
    key : Tensor
        Shape (..., M, D).
    value : Tensor
        Shape (..., M, E).
    mask : Tensor, optional
        bool, of a shape that broadcasts to (..., N, M): True where a query may look. A query that
        may look nowhere gets 0.

    Returns
    -------
    output : Tensor
        Shape (..., N, E).
    weights : Tensor
        Shape (..., N, M); each row sums to 1.

    Raises
    ------
    AudioError
        If the shapes do not fit together, or the mask is not bool.

    Examples
    --------
    >>> key = torch.tensor([[10.0, 0.0], [0.0, 10.0]])
    >>> value = torch.tensor([[1.0], [2.0]])
    >>> output, weights = scaled_dot_product_attention(key[:1], key, value)
    >>> output, weights
    (tensor([[1.]]), tensor([[1., 0.]]))

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1.

    Chapter: learning/attention
    """
    check_attention_shapes(query, key, value, mask)
    weights = attention_weights(query, key, mask)
    return weights @ value, weights  # (..., N, M) @ (..., M, E) -> (..., N, E)


def attention_weights(query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
    """Return how much each query looks at each key, (..., N, M), of shapes that fit.

    Examples
    --------
    >>> attention_weights(torch.zeros(1, 2), torch.zeros(4, 2), None)
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])

    Chapter: learning/attention
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., N, M)
    return masked_softmax(scores, mask)  # over M, the keys


def sinusoidal_positions(n_frames: int, n_features: int) -> Tensor:
    """Return a code for every position: sines and cosines, from fast to slow.

    Pairs of features turn like the hands of clocks, each slower than the one before. Attention by
    itself would not notice if the frames were shuffled.

    Parameters
    ----------
    n_frames : int
        N.
    n_features : int
        D, even.

    Returns
    -------
    Tensor
        Shape (N, D), in [-1, 1], float32; even features are sines, odd ones cosines.

    Raises
    ------
    AudioError
        If D is odd.

    Examples
    --------
    >>> sinusoidal_positions(2, 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.5.

    Chapter: learning/attention
    """
    check_count(n_frames, name="n_frames")
    if check_count(n_features, name="n_features") % 2:
        raise AudioError(f"n_features is {n_features}: give an even number, a sine and cosine each")
    position = torch.arange(n_frames, dtype=torch.float32)[:, None]  # (N, 1)
    pair = torch.arange(0, n_features, 2, dtype=torch.float32)  # (D / 2,)
    angle = position * 10000 ** (-pair / n_features)  # (N, D / 2), radians
    # (N, D / 2, 2) -> (N, D): sine and cosine take turns
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class MultiHeadAttention(nn.Module):
    """Several attentions beside each other, each in its own small projection of the frames.

    With the same weights it is `torch.nn.MultiheadAttention`. It learns 4 W (W + 1) numbers.

    Parameters
    ----------
    width : int
        W, numbers a frame, in and out.
    n_heads : int
        Heads; each has W / n_heads numbers, so it must divide the width.
    dropout : float
        Share of the attention weights that is set to 0 while training.

    Raises
    ------
    AudioError
        If the heads do not divide the width; calling it, if shapes do not fit.

    Examples
    --------
    >>> attention = MultiHeadAttention(width=64, n_heads=4)
    >>> x = torch.randn(2, 10, 64)
    >>> output, weights = attention(x, return_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([2, 10, 64]), torch.Size([2, 4, 10, 10]))
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(attention)
    16640

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.2.

    Chapter: learning/attention
    """

    def __init__(self, *, width: int, n_heads: int, dropout: float = 0.0):
        super().__init__()
        self.width = check_count(width, name="width")
        self.n_heads = check_count(n_heads, name="n_heads")
        if width % n_heads:
            raise AudioError(f"n_heads is {n_heads}, which does not divide the width of {width}")
        self.to_query = nn.Linear(width, width)
        self.to_key = nn.Linear(width, width)
        self.to_value = nn.Linear(width, width)
        self.to_output = nn.Linear(width, width)
        self.dropout = nn.Dropout(check_share(dropout, name="dropout"))

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        return_weights: bool = False,
    ):
        """Return (B, N, W): each frame of x, (B, N, W), looks at memory, (B, M, W), or at x itself.

        `mask`, bool, broadcasts to (B, heads, N, M): True where it may look. With `return_weights`
        the weights, (B, heads, N, M), come second; without them torch's fused kernel computes the
        same without ever holding the N x M weights of all heads.
        """
        memory = x if memory is None else memory
        check_batch(x, letters="B N D", n_features=self.width)
        check_batch(memory, letters="B N D", n_features=self.width, name="memory")
        check_mask(mask, (len(x), self.n_heads, x.shape[1], memory.shape[1]))
        return self.attend(x, memory, mask=mask, return_weights=return_weights)

    def attend(self, x, memory, *, mask, return_weights):
        """Do what `forward` does, for shapes that fit: a Transformer checks them once."""
        query = self._split(self.to_query(x))  # (B, heads, N, W / heads)
        key, value = self._split(self.to_key(memory)), self._split(self.to_value(memory))
        if return_weights:
            weights = attention_weights(query, key, mask)
            output = self.dropout(weights) @ value
        else:
            share = self.dropout.p if self.training else 0.0
            output = fused_attention(query, key, value, attn_mask=mask, dropout_p=share)
        # (B, heads, N, W / heads) -> (B, N, heads, W / heads) -> (B, N, W)
        output = self.to_output(output.transpose(1, 2).flatten(2))
        return (output, weights) if return_weights else output

    def _split(self, x):
        # (B, N, W) -> (B, N, heads, W / heads) -> (B, heads, N, W / heads)
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)


class AttentionPooling(nn.Module):
    """Average frames with learned weights: one query, learned, looks at all frames of a sound.

    Parameters
    ----------
    width : int
        W, numbers a frame. It learns W + 1 numbers.

    Examples
    --------
    >>> pooled, weights = AttentionPooling(width=64)(torch.randn(2, 10, 64))
    >>> pooled.shape, weights.shape
    (torch.Size([2, 64]), torch.Size([2, 10]))

    References
    ----------
    D. Bahdanau, K. Cho and Y. Bengio, "Neural machine translation by jointly learning to align and
    translate", ICLR 2015, section 3.1, with a query that is the same for all sounds.

    Chapter: learning/attention
    """

    def __init__(self, *, width: int):
        super().__init__()
        self.width = check_count(width, name="width")
        self.score = nn.Linear(width, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, W), and weights (B, N) that sum to 1 over the frames where mask is True."""
        check_batch(x, letters="B N D", n_features=self.width)
        weights = masked_softmax(self.score(x).squeeze(2), mask)  # (B, N, 1) -> (B, N)
        # (B, 1, N) @ (B, N, W) -> (B, 1, W) -> (B, W)
        return (weights[:, None] @ x).squeeze(1), weights


# --- what the parts share ----------------------------------------------------------------------


def fused_attention(query: Tensor, key: Tensor, value: Tensor, **options) -> Tensor:
    """Return what torch's fused kernel gives; on a processor it always computes in 32 bits.

    There the gradient of the kernel in 16 bits takes three times as long.
    """
    if query.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return functional.scaled_dot_product_attention(query, key, value, **options)
    with torch.autocast("cpu", enabled=False):
        query, key, value = query.float(), key.float(), value.float()
        return functional.scaled_dot_product_attention(query, key, value, **options)


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Return the softmax over the last axis, of the places where mask is True; the rest is 0.

    The lowest number stands for minus infinity, so that a row without any place gives 0, not NaN.

    Examples
    --------
    >>> masked_softmax(torch.zeros(4), torch.tensor([True, True, False, False]))
    tensor([0.5000, 0.5000, 0.0000, 0.0000])

    Chapter: learning/attention
    """
    if mask is None:
        return scores.softmax(dim=-1)
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~mask, lowest).softmax(dim=-1).masked_fill(~mask, 0)


def check_attention_shapes(query, key, value, mask):
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise AudioError(f"{shapes}: give at least two axes, frames and features")
    if query.shape[-1] != key.shape[-1]:
        raise AudioError(f"{shapes}: query and key must have equally many features (last axis)")
    if key.shape[-2] != value.shape[-2]:
        raise AudioError(f"{shapes}: key and value must have equally many frames (second to last)")
    leading = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    check_mask(mask, (*leading, query.shape[-2], key.shape[-2]))


def check_mask(mask, wanted):
    """Refuse a mask that does not broadcast to a shape such as (B, heads, N, M)."""
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise AudioError(f"mask holds {mask.dtype}: give bool, True where a query may look")
    try:
        fits = torch.broadcast_shapes(mask.shape, wanted) == wanted
    except RuntimeError:
        fits = False
    if not fits:
        raise AudioError(
            f"mask has shape {tuple(mask.shape)}: give one that broadcasts to {wanted}"
        )
