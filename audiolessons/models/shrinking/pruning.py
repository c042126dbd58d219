"""Pruning: single weights set to 0, or whole channels taken out.

A weight of 0 is stored and multiplied like any other. What is taken out is neither.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_share
from audiolessons.models.shrinking.counting import layers_with_weights, multiplications
from audiolessons.models.shrinking.folding import folded
from audiolessons.models.sound.cnn import SpectrogramCNN

# --- single weights ------------------------------------------------------------------------------


def smallest_weights(weight: Tensor, share: float) -> Tensor:
    """Return which weights stay when the smallest are set to 0: True for those that stay.

    Parameters
    ----------
    weight : Tensor
        Of any shape.
    share : float
        Of its numbers that go, at least 0 and below 1, rounded to a whole number of them.

    Raises
    ------
    AudioError
        If the share is no such number.

    Examples
    --------
    >>> smallest_weights(torch.tensor([0.1, -3.0, -0.2, 1.0]), 0.5)
    tensor([False,  True, False,  True])

    References
    ----------
    S. Han et al., "Learning both weights and connections for efficient neural networks", NeurIPS
    2015.

    Chapter: large/efficiency
    """
    check_share(share, name="share")
    stays = torch.ones(weight.numel(), dtype=torch.bool, device=weight.device)
    stays[weight.abs().flatten().argsort()[: round(share * weight.numel())]] = False
    return stays.view(weight.shape)


class Masked(nn.Module):
    """Multiply a weight with a mask: where it is 0 the weight is 0, and learns nothing.

    Chapter: large/efficiency
    """

    def __init__(self, stays: Tensor):
        super().__init__()
        self.register_buffer("stays", stays.float())

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.stays


def mask_weights(network: nn.Module, share: float) -> nn.Module:
    """Set the smallest weights of each layer to 0 and hold them there while it trains; in place.

    The mask lies beside the weights, as torch's own `nn.utils.prune` puts it there: until
    `unmask`, the network is larger than it was.

    Parameters
    ----------
    network : torch.nn.Module
        Its convolutions and linear layers are pruned.
    share : float
        Of each layer's weights.

    Returns
    -------
    torch.nn.Module
        The same network.

    Raises
    ------
    AudioError
        If there is no layer to prune, its weights are masked or on grids already, or the share
        cannot be.

    Examples
    --------
    >>> network = mask_weights(nn.Linear(10, 10), 0.8)
    >>> int((network.weight == 0).sum())
    80

    Chapter: large/efficiency
    """
    layers = layers_with_weights(network)
    if any(_is_masked(layer) for layer in layers):
        raise AudioError("the network is masked already: call unmask first")
    for layer in layers:
        mask = Masked(smallest_weights(layer.weight.detach(), share))
        parametrize.register_parametrization(layer, "weight", mask)
    return network


def unmask(network: nn.Module) -> nn.Module:
    """Leave the zeros in the weights, and drop the masks; in place.

    Examples
    --------
    >>> network = unmask(mask_weights(nn.Linear(10, 10), 0.8))
    >>> int((network.weight == 0).sum()), list(network.state_dict())
    (80, ['bias', 'weight'])

    Chapter: large/efficiency
    """
    for layer in filter(_is_masked, layers_with_weights(network)):
        parametrize.remove_parametrizations(layer, "weight")
    return network


def sparse_bytes(weight: Tensor, *, bytes_each: int = 4) -> int:
    """Return what a weight takes when zeros are left out: a bit for each place, then the others.

    Examples
    --------
    >>> sparse_bytes(torch.tensor([0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0]))  # 1 + 2 x 4
    9

    Chapter: large/efficiency
    """
    check_count(bytes_each, name="bytes_each")
    return -(-weight.numel() // 8) + bytes_each * int(weight.count_nonzero())


# --- channels ------------------------------------------------------------------------------------


def channel_strengths(network: SpectrogramCNN) -> list[Tensor]:
    """Return for each block how strong its filters are: the length of each, normalisation included.

    The normalisation multiplies each channel, so a filter counts as it is after folding.

    Returns
    -------
    list of Tensor
        (C,) for each block.

    Raises
    ------
    AudioError
        If it is another network, or its convolutions are split.

    Examples
    --------
    >>> [len(one) for one in channel_strengths(SpectrogramCNN(n_mels=40, n_classes=10))]
    [16, 32, 64]

    References
    ----------
    H. Li et al., "Pruning filters for efficient ConvNets", ICLR 2017 (sum of magnitudes); Z. Liu et
    al., "Learning efficient convolutional networks through network slimming", ICCV 2017 (factor of
    the normalisation).

    Chapter: large/efficiency
    """
    _check_network(network)
    pairs = zip(network.convolutions, network.norms, strict=True)
    return [folded(*pair).weight.detach().flatten(1).norm(dim=1) for pair in pairs]


def keep_channels(network: SpectrogramCNN, keep: Sequence) -> SpectrogramCNN:
    """Return a smaller network that has only some channels of another, with their weights.

    A channel that goes takes with it its filter, its normalisation, and the slice of every kernel
    of the next layer that listened to it.

    Parameters
    ----------
    network : SpectrogramCNN
        Is left as it is.
    keep : sequence
        For each block the numbers of the channels that stay, at least one.

    Returns
    -------
    SpectrogramCNN
        With len(keep[0]), len(keep[1]), ... channels.

    Raises
    ------
    AudioError
        If it is another network; a block is missing, keeps none, has no such channel, or is given
        one twice.

    Examples
    --------
    >>> network = SpectrogramCNN(n_mels=40, n_classes=10)
    >>> smaller = keep_channels(network, [[0, 3], [1, 2, 5], [0]])
    >>> [one.out_channels for one in smaller.convolutions]
    [2, 3, 1]

    Chapter: large/efficiency
    """
    rows = _checked(network, keep)
    smaller = SpectrogramCNN(
        n_mels=network.n_mels,
        n_classes=network.classify.out_features,
        channels=[len(row) for row in rows],
        keep_frequency=network.keep_frequency,
        dropout=network.dropout.p,
    ).to(network.classify.weight.device)
    smaller.normalize.load_state_dict(network.normalize.state_dict())
    heard = torch.tensor([0], device=rows[0].device)  # of the layer below: at first the only one
    with torch.no_grad():
        for number, row in enumerate(rows):
            old, new = network.norms[number], smaller.norms[number]
            kernels = network.convolutions[number].weight  # (C', C, 3, 3)
            smaller.convolutions[number].weight.copy_(kernels[row][:, heard])
            for name in ("weight", "bias", "running_mean", "running_var"):
                getattr(new, name).copy_(getattr(old, name)[row])
            heard = row
        # the linear layer reads (C F): all bands of each channel that stays
        by_channel = network.classify.weight.unflatten(1, (len(network.norms[-1].weight), -1))
        smaller.classify.weight.copy_(by_channel[:, heard].flatten(1))
        smaller.classify.bias.copy_(network.classify.bias)
    return smaller.train(network.training)


def prune_channels(network: SpectrogramCNN, share: float, *inputs) -> SpectrogramCNN:
    """Take the weakest channels out of every block, until a share of all multiplications is gone.

    Every block keeps the same share of its channels, so that none becomes a bottleneck.

    Parameters
    ----------
    network : SpectrogramCNN
        Is left as it is.
    share : float
        Of the multiplications that go, at least.
    *inputs
        What the multiplications are counted on: one sound.

    Returns
    -------
    SpectrogramCNN

    Raises
    ------
    AudioError
        If it is another network, or one channel a block is still too many.

    Examples
    --------
    >>> network = SpectrogramCNN(n_mels=40, n_classes=10)
    >>> smaller = prune_channels(network, 0.75, torch.zeros(1, 40, 50))
    >>> [one.out_channels for one in smaller.convolutions]
    [8, 15, 30]

    Chapter: large/efficiency
    """
    check_share(share, name="share")
    allowed = (1 - share) * multiplications(network, *inputs)
    strengths = channel_strengths(network)
    widest = max(len(one) for one in strengths)
    for n_kept in range(widest, 0, -1):
        counts = [max(1, round(len(one) * n_kept / widest)) for one in strengths]
        pairs = zip(strengths, counts, strict=True)
        keep = [one.topk(count).indices.sort().values for one, count in pairs]
        smaller = keep_channels(network, keep)
        if multiplications(smaller, *inputs) <= allowed:
            return smaller
    raise AudioError(f"share is {share}: one channel a block multiplies more than is left")


# --- what both need ------------------------------------------------------------------------------


def _is_masked(layer):
    """Return whether a layer's weights are masked, or say that something else holds them."""
    if not parametrize.is_parametrized(layer, "weight"):
        return False
    if not all(isinstance(one, Masked) for one in layer.parametrizations.weight):
        raise AudioError("the weights are on grids: call settle first")
    return True


def _check_network(network):
    if not isinstance(network, SpectrogramCNN):
        raise AudioError(f"network is {type(network).__name__}: give a SpectrogramCNN")
    if not all(isinstance(one, nn.Conv2d) for one in network.convolutions):
        raise AudioError("a convolution is split in two: take channels out before, not after")


def _checked(network, keep):
    """Return which channels stay, as tensors, or say what cannot be."""
    _check_network(network)
    if len(keep) != len(network.convolutions):
        raise AudioError(f"keep has {len(keep)} lists for {len(network.convolutions)} blocks")
    rows = []
    for number, (row, norm) in enumerate(zip(keep, network.norms, strict=True)):
        row = row.tolist() if hasattr(row, "tolist") else list(row)
        there, given = set(range(len(norm.weight))), set(row)
        is_whole = all(type(one) is not bool and isinstance(one, numbers.Integral) for one in row)
        if not row or not is_whole or not given <= there or len(given) < len(row):
            raise AudioError(
                f"keep[{number}] is {row}: give at least one number from 0 to {len(there) - 1}, "
                "each once"
            )
        rows.append(torch.tensor(row, device=norm.weight.device))
    return rows
