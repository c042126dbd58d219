"""Attention that knows how far back it looks: a learned vector for every distance.

With sines added to the frames, a network has to learn what a distance is; here it is told.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.attention import masked_softmax
from audiolessons.models.layers.blocks import check_batch, check_share


def by_distance(scores: Tensor) -> Tensor:
    """Move scores of distances to the frames that lie so far back.

    Row n of the input says what each distance is worth to frame n: 0, itself, in the last column,
    then leftwards 1, 2 and so on. The output has frames in its columns. Instead of picking N x N
    numbers one by one, a column is added and the rows are read off in another length: each row
    slides by one ("skewing"), and no vector is kept for each pair of frames.

    Parameters
    ----------
    scores : Tensor
        Shape (..., N, N); column N - 1 - d holds distance d.

    Returns
    -------
    Tensor
        Shape (..., N, N): at (n, m) what distance n - m is worth to frame n, for m up to n. Above
        the diagonal stand numbers without a meaning: mask them.

    Examples
    --------
    >>> by_distance(torch.tensor([[3, 2, 10], [3, 21, 20], [32, 31, 30]])).tril()
    tensor([[10,  0,  0],
            [21, 20,  0],
            [32, 31, 30]])

    References
    ----------
    C.-Z. A. Huang et al., "Music Transformer", ICLR 2019, section 3.4.1.

    Chapter: music/generation
    """
    n = scores.shape[-1]
    if scores.shape[-2:] != (n, n):
        raise AudioError(f"scores have shape {tuple(scores.shape)}: give (..., N, N)")
    longer = pad(scores, (1, 0)).flatten(-2)  # (..., N, N + 1) -> (..., N (N + 1))
    return longer.unflatten(-1, (n + 1, n))[..., 1:, :]  # -> (..., N + 1, N) -> (..., N, N)


class RelativeAttention(nn.Module):
    """Look back at all frames so far; where to, by what is there and by how far back it is.

    The score of frame m for frame n is q_n (k_m + e_{n - m}) / sqrt(D): beside the key of what is
    there a vector for the distance, learned, for each head.

    Parameters
    ----------
    width : int
        W, numbers a frame.
    n_heads : int
        Heads; they must divide the width.
    farthest : int
        Distances that have a vector of their own; what lies farther back shares the last.
    dropout : float

    Raises
    ------
    AudioError
        If the heads do not divide the width.

    Examples
    --------
    >>> attention = RelativeAttention(width=64, n_heads=4, farthest=128)
    >>> attention(torch.randn(2, 10, 64)).shape
    torch.Size([2, 10, 64])

    References
    ----------
    P. Shaw, J. Uszkoreit and A. Vaswani, "Self-attention with relative position representations",
    NAACL 2018; C.-Z. A. Huang et al., "Music Transformer", ICLR 2019.

    Chapter: music/generation
    """

    def __init__(self, *, width: int, n_heads: int, farthest: int, dropout: float = 0.0):
        super().__init__()
        if check_count(width, name="width") % check_count(n_heads, name="n_heads"):
            raise AudioError(f"n_heads is {n_heads}, which does not divide the width of {width}")
        self.width, self.n_heads = width, n_heads
        self.farthest = check_count(farthest, name="farthest")
        self.to_all = nn.Linear(width, 3 * width)
        self.to_output = nn.Linear(width, width)
        self.distances = nn.Parameter(torch.randn(n_heads, farthest, width // n_heads) * 0.02)
        self.dropout = nn.Dropout(check_share(dropout, name="dropout"))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, N, W) of frames (B, N, W): frame n has looked at 0 ... n."""
        check_batch(x, letters="B N D", n_features=self.width)
        weights, value = self.weights(x)
        output = self.dropout(weights) @ value  # (B, heads, N, W / heads)
        return self.to_output(output.transpose(1, 2).flatten(2))

    def weights(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return where each frame looks, (B, heads, N, N), and the values there."""
        query, key, value = (
            part.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
            for part in self.to_all(x).chunk(3, dim=2)
        )
        n = x.shape[1]
        distance = torch.arange(n - 1, -1, -1, device=x.device).clamp(max=self.farthest - 1)
        # (B, heads, N, D) @ (heads, D, N)
        far = by_distance(query @ self.distances[:, distance].transpose(1, 2))
        scores = (query @ key.transpose(2, 3) + far) / math.sqrt(query.shape[3])
        past = torch.ones(n, n, dtype=torch.bool, device=x.device).tril()
        return masked_softmax(scores, past), value
