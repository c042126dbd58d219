"""LoRA: a frozen linear layer learns a correction of low rank beside its weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count, check_positive


class LowRank(nn.Module):
    """A linear layer whose weights stay, and a product of two thin matrices that is added to them.

    What comes out is `W x + b + (scale / rank) B A x`. A, (rank, inputs), is drawn, and B,
    (outputs, rank), begins with 0: at first nothing changes, and the first step can move B. Were
    both 0, the gradient of each would be 0 as well, for ever.

    Parameters
    ----------
    linear : nn.Linear
        It is kept as `base`, frozen. Load its weights *before*: its names change.
    rank : int
        At most the smaller side of the layer.
    scale : float
        Divided by the rank it weighs the correction (alpha of the paper).

    Raises
    ------
    AudioError
        If it is no linear layer, or the rank is larger than its smaller side.

    Examples
    --------
    >>> layer = LowRank(nn.Linear(100, 50), rank=4)
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(layer), count_parameters(nn.Linear(100, 50))
    (600, 5050)
    >>> x = torch.randn(2, 100)
    >>> torch.equal(layer(x), layer.base(x))
    True

    References
    ----------
    E. J. Hu et al., "LoRA: low-rank adaptation of large language models", ICLR 2022, section 4.1.

    Chapter: large/finetuning
    """

    def __init__(self, linear: nn.Linear, *, rank: int, scale: float = 8.0):
        super().__init__()
        if not isinstance(linear, nn.Linear):
            raise AudioError(f"linear is {type(linear).__name__}: give an nn.Linear")
        most = min(linear.in_features, linear.out_features)
        if check_count(rank, name="rank") > most:
            raise AudioError(f"rank is {rank}: the layer's smaller side is {most}")
        self.base = linear.requires_grad_(False)
        self.factor = check_positive(scale, name="scale") / rank
        like = {"device": linear.weight.device, "dtype": linear.weight.dtype}
        self.a = nn.Parameter(torch.empty(rank, linear.in_features, **like))
        self.b = nn.Parameter(torch.zeros(linear.out_features, rank, **like))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))  # as nn.Linear draws its weights

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.factor * (x @ self.a.T @ self.b.T)

    def merged(self) -> nn.Linear:
        """Return one linear layer that computes the same: after training, LoRA costs nothing."""
        linear = nn.utils.skip_init(
            nn.Linear,
            self.base.in_features,
            self.base.out_features,
            bias=self.base.bias is not None,
            device=self.a.device,
            dtype=self.a.dtype,
        )
        with torch.no_grad():
            linear.weight.copy_(self.base.weight + self.factor * self.b @ self.a)
            if self.base.bias is not None:
                linear.bias.copy_(self.base.bias)
        return linear


def add_low_rank(
    network: nn.Module, endings: tuple[str, ...], *, rank: int, scale: float = 8.0
) -> nn.Module:
    """Freeze a network and put a `LowRank` in place of each linear layer of these names.

    Parameters
    ----------
    network : nn.Module
        Changed in place, and returned. Load its weights first.
    endings : tuple of str
        How the names end, such as ("to_query", "to_value").
    rank, scale
        As for `LowRank`.

    Raises
    ------
    AudioError
        If no linear layer has such a name, one of them is smaller than the rank, or the network
        has low ranks already. Then nothing was changed.

    Examples
    --------
    >>> network = nn.ModuleDict({"to_query": nn.Linear(8, 8), "classify": nn.Linear(8, 3)})
    >>> network = add_low_rank(network, ("to_query",), rank=2)
    >>> [name for name, one in network.named_parameters() if one.requires_grad]
    ['to_query.a', 'to_query.b']

    Chapter: large/finetuning
    """
    if any(isinstance(one, LowRank) for one in network.modules()):
        raise AudioError("the network has low ranks already: merge them first (merge_low_rank)")
    if isinstance(endings, str):  # each of its letters would be an ending
        raise AudioError(f"endings is {endings!r}: give a tuple of names, ({endings!r},)")
    linears = {
        name: one
        for name, one in network.named_modules()
        if name and isinstance(one, nn.Linear) and name.endswith(tuple(endings))
    }
    if not linears:
        raise AudioError(
            f"no linear layer has a name that ends in {' or '.join(endings) or 'nothing at all'}"
        )
    check_count(rank, name="rank")
    check_positive(scale, name="scale")
    for name, one in linears.items():
        if rank > min(one.in_features, one.out_features):
            most = min(one.in_features, one.out_features)
            raise AudioError(f"rank is {rank}: the smaller side of {name} is {most}")
    network.requires_grad_(False)
    for name, one in linears.items():
        _put(network, name, LowRank(one, rank=rank, scale=scale))
    return network


def merge_low_rank(network: nn.Module) -> nn.Module:
    """Put one linear layer in place of each `LowRank`, in place: names are as they were before.

    Raises
    ------
    AudioError
        If the network is itself a `LowRank`, which cannot be replaced in place.

    Examples
    --------
    >>> network = nn.Sequential(nn.Linear(8, 8))
    >>> merge_low_rank(add_low_rank(network, ("0",), rank=2))
    Sequential(
      (0): Linear(in_features=8, out_features=8, bias=True)
    )

    Chapter: large/finetuning
    """
    if isinstance(network, LowRank):
        raise AudioError("network is a LowRank itself: take network.merged()")
    for name, one in list(network.named_modules()):
        if isinstance(one, LowRank):
            _put(network, name, one.merged())
    return network


def _put(network: nn.Module, name: str, module: nn.Module) -> None:
    """Put a module in the place that has this name."""
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent), last, module)
