"""Low rank: a convolution as two, of which the first has few filters and the second mixes them."""

from __future__ import annotations

import copy

import torch
from torch import nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_share


def factorised(convolution: nn.Conv2d, rank: int) -> nn.Sequential:
    """Return two convolutions that do nearly what one does: R filters, then 1 x 1 mixtures.

    The kernels, as rows of a matrix (C', C k k), are split by singular values, U S V. The first R
    rows of V are R filters, U S says how each old filter is mixed of them. No other R filters come
    nearer, in the sum of squares. Multiplications fall where R (C k k + C') is below C' C k k.

    Parameters
    ----------
    convolution : Conv2d
        Without groups.
    rank : int
        R, at most min(C', C k k); at that rank nothing is lost.

    Returns
    -------
    Sequential
        Of two `Conv2d`.

    Raises
    ------
    AudioError
        If the rank cannot be, the convolution has groups, or its kernels hold NaN.

    Examples
    --------
    >>> layer = nn.Conv2d(64, 128, 3, padding=1, bias=False)
    >>> [tuple(one.weight.shape) for one in factorised(layer, 32)]
    [(32, 64, 3, 3), (128, 32, 1, 1)]

    References
    ----------
    C. Eckart and G. Young, "The approximation of one matrix by another of lower rank",
    Psychometrika 1, 1936; E. Denton et al., "Exploiting linear structure within convolutional
    networks for efficient evaluation", NeurIPS 2014.

    Chapter: large/efficiency
    """
    if not isinstance(convolution, nn.Conv2d):
        raise AudioError(f"convolution is {type(convolution).__name__}: give a Conv2d")
    if convolution.groups != 1:
        raise AudioError(f"the convolution has {convolution.groups} groups: give one without")
    kernels = convolution.weight.detach().flatten(1)  # (C', C k k)
    if check_count(rank, name="rank") > min(kernels.shape):
        raise AudioError(f"rank is {rank}: kernels of shape {tuple(kernels.shape)} have no more")
    if not kernels.isfinite().all():
        raise AudioError("the kernels hold NaN or infinity: the training before failed")
    u, s, v = torch.linalg.svd(kernels, full_matrices=False)
    options = {"device": kernels.device, "dtype": kernels.dtype}
    few = nn.Conv2d(
        convolution.in_channels,
        rank,
        convolution.kernel_size,
        stride=convolution.stride,
        padding=convolution.padding,
        dilation=convolution.dilation,
        padding_mode=convolution.padding_mode,
        bias=False,
        **options,
    )
    mixed = nn.Conv2d(
        rank, convolution.out_channels, 1, bias=convolution.bias is not None, **options
    )
    with torch.no_grad():
        few.weight.copy_(v[:rank].view_as(few.weight))
        mixed.weight.copy_((u[:, :rank] * s[:rank])[..., None, None])
        if convolution.bias is not None:
            mixed.bias.copy_(convolution.bias)
    return nn.Sequential(few, mixed)


def lower_rank(network: nn.Module, share: float) -> nn.Module:
    """Return a copy of a network whose convolutions have lost a share of their multiplications.

    Only convolutions in its list `convolutions` are split; the first, which hears one channel, has
    nothing to give and stays.

    Parameters
    ----------
    network : torch.nn.Module
        Such as a `models.SpectrogramCNN`. Is left as it is.
    share : float
        Of a convolution's multiplications that go, at least.

    Raises
    ------
    AudioError
        If there is no such list, a convolution is split already, or not even rank 1 is so small.

    Examples
    --------
    >>> from audiolessons.models import SpectrogramCNN
    >>> smaller = lower_rank(SpectrogramCNN(n_mels=40, n_classes=10), 0.5)
    >>> [type(one).__name__ for one in smaller.convolutions]
    ['Conv2d', 'Sequential', 'Sequential']

    Chapter: large/efficiency
    """
    check_share(share, name="share")
    convolutions = getattr(network, "convolutions", ())
    if not convolutions or not all(isinstance(one, nn.Conv2d) for one in convolutions):
        raise AudioError(
            f"network is {type(network).__name__}: give one with a list `convolutions` of Conv2d, "
            "none of them split already"
        )
    smaller = copy.deepcopy(network)
    for number, convolution in enumerate(smaller.convolutions):
        n_out, n_in = convolution.weight.flatten(1).shape
        rank = int((1 - share) * n_out * n_in / (n_in + n_out))
        if convolution.in_channels == 1:
            continue
        if rank < 1:
            raise AudioError(f"share is {share}: rank 1 alone takes more of convolution {number}")
        smaller.convolutions[number] = factorised(convolution, rank)
    return smaller
