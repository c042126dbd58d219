"""What the networks share: averages and normalisation that skip the padding, checks.

Sounds of a batch have different lengths and are padded to the longest. Every network takes
`lengths` beside the batch and answers as if the padding were not there, whatever it holds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.padding import over_frames

EPSILON = 1e-5  # keeps the division by a standard deviation of 0 finite; torch's default


def masked_mean(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Average over the last axis, over the frames where `mask` is True.

    Parameters
    ----------
    x : Tensor
        Shape (B, ..., N).
    mask : Tensor, optional
        Shape (B, N), bool, at least one True in each row; all frames count unless given.

    Returns
    -------
    Tensor
        Shape (B, ...).

    Raises
    ------
    AudioError
        If the mask has another shape than (B, N).

    Examples
    --------
    >>> x = torch.tensor([[1.0, 3.0, 99.0]])
    >>> from audiolessons.padding import sequence_mask
    >>> masked_mean(x, sequence_mask([2], n_frames=3))
    tensor([2.])

    Chapter: learning/cnn
    """
    if mask is None:
        return x.mean(dim=-1)
    if mask.shape != (x.shape[0], x.shape[-1]):
        raise AudioError(
            f"mask has shape {tuple(mask.shape)} for x of shape {tuple(x.shape)}: give (B, N), "
            f"here {(x.shape[0], x.shape[-1])}"
        )
    mask = over_frames(mask, x)
    # (B, ..., N) -> (B, ...)
    return x.masked_fill(~mask, 0).sum(dim=-1) / mask.sum(dim=-1).to(x.dtype)


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers a network learns.

    Examples
    --------
    >>> count_parameters(nn.Linear(10, 3))
    33

    Chapter: learning/cnn
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


class BatchNorm(nn.Module):
    """Shift and scale each channel to mean 0 and deviation 1, then by two learned numbers.

    While training, mean and variance are those of the batch, over all but the channel axis and
    over the frames that are sound; a running average of them is kept. For evaluation the kept ones
    are used, so that an answer does not depend on what else is in the batch. Without a mask it is
    `torch.nn.BatchNorm1d` and `BatchNorm2d`, and takes their weights.

    Parameters
    ----------
    n_channels : int
        Channels, C: it learns 2 C numbers and keeps 2 C more.
    momentum : float
        Share of the newest batch in the running average.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 3.0, 50.0]]])
    >>> from audiolessons.padding import sequence_mask
    >>> BatchNorm(1)(x, sequence_mask([2], n_frames=3)).detach()
    tensor([[[-1.,  1.,  0.]]])

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015, algorithm 1.

    Chapter: learning/cnn
    """

    def __init__(self, n_channels: int, *, momentum: float = 0.1):
        super().__init__()
        check_count(n_channels, name="n_channels")
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(n_channels))
        self.bias = nn.Parameter(torch.zeros(n_channels))
        self.register_buffer("running_mean", torch.zeros(n_channels))
        self.register_buffer("running_var", torch.ones(n_channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise x, (B, C, ..., N); frames where mask, (B, N), is False become 0."""
        by_channel = (1, -1, *[1] * (x.ndim - 2))  # (C,) -> (1, C, 1, ...), to meet x
        x = x.to(self.weight.dtype)  # under mixed precision: sums of squares overflow in 16 bits
        others = [axis for axis in range(x.ndim) if axis != 1]  # all axes but C
        is_sound = x.new_ones(())
        if mask is not None:
            x = x.masked_fill(~over_frames(mask, x), 0)
            is_sound = over_frames(mask, x).to(x.dtype)  # 1 or 0, (B, 1, ..., N)

        n_values = self._n_values(x, mask) if self.training else None  # a channel
        mean = x.sum(dim=others) / n_values if self.training else self.running_mean
        x = x - mean.view(by_channel) * is_sound  # padding stays 0
        variance = x.square().sum(dim=others) / n_values if self.training else self.running_var
        if self.training:
            self._remember(mean.detach(), variance.detach(), n_values)
        scale = self.weight / torch.sqrt(variance + EPSILON)  # (C,)
        return x * scale.view(by_channel) + self.bias.view(by_channel) * is_sound

    def _n_values(self, x: Tensor, mask: Tensor | None):
        n_bins = x[0, 0, ..., 0].numel()
        n = (x.shape[0] * x.shape[-1] if mask is None else mask.sum()) * n_bins
        if x.shape[0] * n_bins < 2 and n < 2:  # (with more sounds or bins there is no need to look)
            raise AudioError(
                f"batch normalisation got {int(n)} value a channel: a deviation needs two, so give "
                "a larger batch or longer sounds, or call model.eval()"
            )
        return n

    def _remember(self, mean, variance, n):
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        # the batch is a sample: n / (n - 1) makes its variance an unbiased estimate
        self.running_var.lerp_(variance * (n / (n - 1)), self.momentum)


# --- what the networks check -------------------------------------------------------


def check_batch(x, *, letters: str, n_features: int | None = None, name: str = "x") -> Tensor:
    """Return a batch of floating-point numbers of as many axes as `letters`, such as "B F N".

    `n_features` is what the second of three axes, or the last where it is called D, must hold.
    """
    axes = letters.split()
    shape = f"({', '.join(axes)})"
    if not isinstance(x, Tensor):
        raise AudioError(
            f"{name} is a {type(x).__name__}: give a torch.Tensor of shape {shape}, for example "
            f"torch.from_numpy({name})"
        )
    if not x.is_floating_point():
        raise AudioError(f"{name} holds {x.dtype}: give floating point, for example {name}.float()")
    if x.ndim != len(axes):
        hint = f"; one example becomes a batch of one by {name}[None]"
        raise AudioError(
            f"{name} has shape {tuple(x.shape)}: give {shape}"
            f"{hint if x.ndim == len(axes) - 1 else ''}"
        )
    if 0 in x.shape:
        raise AudioError(f"{name} has shape {tuple(x.shape)}, which is empty: give at least one")
    if n_features is not None:
        axis = axes.index("D") if "D" in axes else axes.index("F")
        other = axis - 1 if axis == len(axes) - 1 else axis + 1
        if x.shape[axis] != n_features:
            hint = ""
            if x.shape[other] == n_features:
                hint = f"; the axes are swapped, so try {name}.transpose({axis}, {other})"
            raise AudioError(
                f"{name} has shape {tuple(x.shape)}, so {axes[axis]} is {x.shape[axis]}: this "
                f"network was made for {n_features}{hint}"
            )
    return x


def check_share(value, *, name: str) -> float:
    """Return a share from 0 up to, but not including, 1, such as that of dropout."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise AudioError(f"{name} is {value!r}: it must be at least 0 and below 1")
    return float(value)
