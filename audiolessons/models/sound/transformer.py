"""The Transformer: layers of attention, and what makes many of them trainable.

Each layer adds to what is there: first what other frames say, then what a small network makes of
each frame by itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from audiolessons.errors import check_choice, check_count
from audiolessons.models.layers.attention import (
    AttentionPooling,
    MultiHeadAttention,
    masked_softmax,
    sinusoidal_positions,
)
from audiolessons.models.layers.blocks import BatchNorm, check_batch, check_share, masked_mean
from audiolessons.padding import mask_or_none, shortened, without_padding


class TransformerLayer(nn.Module):
    """One layer of an encoder: attend, then think over each frame; each adds to what is there.

    Normalisation stands before each part ("pre-norm"), so that the shortcut runs through
    undisturbed and training needs no slow start.

    Chapter: learning/attention
    """

    def __init__(self, *, width: int, n_heads: int, dropout: float):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = MultiHeadAttention(width=width, n_heads=n_heads, dropout=dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, *, return_weights: bool = False):
        normal = self.attention_norm(x)
        attended = self.attention.attend(normal, normal, mask=mask, return_weights=return_weights)
        attended, weights = attended if return_weights else (attended, None)
        x = x + self.dropout(attended)  # (B, N, W)
        return x + self.dropout(self.feedforward(self.feedforward_norm(x))), weights


class TransformerEncoder(nn.Module):
    """Layers of self-attention over a sequence whose frames know their position.

    Parameters
    ----------
    width : int
        W, numbers a frame, even.
    n_heads : int
        Heads of each layer.
    n_layers : int
        Layers; 0 leaves positions and normalisation only. Each learns 12 W^2 + 13 W numbers, and
        the normalisation at the end 2 W.
    causal : bool
        Whether frames may look at earlier ones and themselves only.
    dropout : float
        Share of the values that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, N, W), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> encoder = TransformerEncoder(width=64, n_heads=4, n_layers=2)
    >>> encoder(torch.randn(2, 10, 64), [10, 7]).shape
    torch.Size([2, 10, 64])
    >>> _, weights = encoder(torch.randn(2, 10, 64), [10, 7], return_weights=True)
    >>> weights.shape
    torch.Size([2, 2, 4, 10, 10])
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(encoder)
    100096

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017; R. Xiong et al., "On layer
    normalization in the Transformer architecture", ICML 2020 (pre-norm).

    Chapter: learning/attention
    """

    def __init__(
        self,
        *,
        width: int,
        n_heads: int,
        n_layers: int,
        causal: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.width, self.n_heads, self.causal = width, n_heads, causal
        check_count(n_layers, name="n_layers", minimum=0)
        sinusoidal_positions(1, width)  # says so if the width is odd
        check_share(dropout, name="dropout")
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            TransformerLayer(width=width, n_heads=n_heads, dropout=dropout) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, lengths=None, *, return_weights: bool = False):
        """Return (B, N, W), 0 at the padding.

        With `return_weights` the weights, (layers, B, heads, N, N), come second.
        """
        check_batch(x, letters="B N D", n_features=self.width)
        frames, _, mask = without_padding(x.transpose(1, 2), lengths)  # (B, N, W) -> (B, W, N)
        return self.encode(frames.transpose(1, 2), mask, return_weights=return_weights)

    def encode(self, x: Tensor, mask: Tensor | None, *, return_weights: bool):
        """Do what `forward` does, for frames (B, N, W) and a mask (B, N) that were checked."""
        n_frames = x.shape[1]
        # who may look where: everyone at every frame that is sound, (B, 1, 1, N) ...
        may_look = None if mask is None else mask[:, None, None]
        if self.causal:  # ... and not at later ones, (N, N)
            earlier = torch.ones(n_frames, n_frames, dtype=torch.bool, device=x.device).tril()
            may_look = earlier if may_look is None else may_look & earlier
        x = self.dropout(x + sinusoidal_positions(n_frames, self.width).to(x))
        all_weights = []
        for layer in self.layers:
            x, weights = layer(x, may_look, return_weights=return_weights)
            all_weights.append(weights)
        x = self.norm(x)
        x = x if mask is None else x.masked_fill(~mask[..., None], 0)
        if not return_weights:
            return x
        if not all_weights:
            return x, x.new_zeros(0, len(x), self.n_heads, n_frames, n_frames)
        return x, torch.stack(all_weights)


class AttentionMaps(NamedTuple):
    """Where a `TransformerClassifier` looked, for sounds of N / stride steps.

    `layers`, (layers, B, heads, N', N'), from each step to each; `pooling`, (B, N'), which steps
    the answer was taken from. Both sum to 1 along their last axis and are 0 at the padding.

    Chapter: learning/attention
    """

    layers: Tensor
    pooling: Tensor


class TransformerClassifier(nn.Module):
    """Classify sounds by self-attention over their frames.

    Batch normalisation of every feature, a convolution over three frames that makes each step from
    a little context, a `TransformerEncoder`, a pooling over time and a linear layer.

    Parameters
    ----------
    n_features : int
        D, numbers a frame, such as mel bands.
    n_classes : int
        K.
    width : int
        W, numbers a step inside, even.
    n_heads, n_layers : int
        Of the encoder. With 0 layers attention pooling is all that is left.
    stride : int
        Frames from one step to the next; attention costs the square of the number of steps.
    pooling : str
        "attention": learned weights. "mean": all steps alike.
    dropout : float
        Share of the values that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, D, N), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> model = TransformerClassifier(n_features=40, n_classes=10, width=64, n_layers=2)
    >>> model(torch.randn(2, 40, 50), [50, 31]).shape
    torch.Size([2, 10])
    >>> logits, maps = model(torch.randn(2, 40, 50), [50, 31], return_weights=True)
    >>> maps.layers.shape, maps.pooling.shape
    (torch.Size([2, 2, 4, 25, 25]), torch.Size([2, 25]))
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)
    108635

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017; A. Radford et al., "Robust speech
    recognition via large-scale weak supervision", ICML 2023, section 2.2 (a strided convolution
    before the encoder).

    Chapter: learning/attention
    """

    def __init__(
        self,
        *,
        n_features: int,
        n_classes: int,
        width: int = 128,
        n_heads: int = 4,
        n_layers: int = 4,
        stride: int = 2,
        pooling: str = "attention",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        check_count(n_classes, name="n_classes")
        self.stride = check_count(stride, name="stride")
        check_choice(pooling, name="pooling", choices=("attention", "mean"))
        self.normalize = BatchNorm(n_features)
        self.encoder = TransformerEncoder(
            width=width, n_heads=n_heads, n_layers=n_layers, dropout=dropout
        )
        self.embed = nn.Conv1d(n_features, width, kernel_size=3, stride=stride, padding=1)
        self.pool = AttentionPooling(width=width) if pooling == "attention" else None
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, n_classes)

    def forward(self, x: Tensor, lengths=None, *, return_weights: bool = False):
        """Return logits (B, K) of spectrograms (B, D, N) of `lengths` (B,) frames.

        With `return_weights` an `AttentionMaps` comes second.
        """
        check_batch(x, letters="B F N", n_features=self.n_features)
        x, lengths, mask = without_padding(x, lengths)
        x = self.embed(self.normalize(x, mask)).transpose(1, 2)  # (B, D, N) -> (B, N / stride, W)
        x = nn.functional.gelu(x)
        lengths = shortened(lengths, stride=self.stride)
        mask = mask_or_none(lengths, x.transpose(1, 2))
        encoded = self.encoder.encode(x, mask, return_weights=return_weights)
        x, layers = encoded if return_weights else (encoded, None)
        if self.pool is not None:
            summary, weights = self.pool(x, mask)  # (B, N', W) -> (B, W), (B, N')
        else:
            summary = masked_mean(x.transpose(1, 2), mask)  # (B, W, N') -> (B, W)
            weights = masked_softmax(x.new_zeros(x.shape[:2]), mask)  # all alike
        logits = self.classify(self.dropout(summary))
        return (logits, AttentionMaps(layers, weights)) if return_weights else logits
