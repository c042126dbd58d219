"""Adapters: small networks with a narrow middle, put behind the parts of a frozen network."""

from __future__ import annotations

from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.sound.transformer import TransformerEncoder


class Adapter(nn.Module):
    """Add to x what a narrow network makes of it; at first nothing.

    Parameters
    ----------
    width : int
        W, numbers a frame. It learns 2 W M + W + M numbers.
    middle : int
        M, numbers in the middle.

    Examples
    --------
    >>> import torch
    >>> x = torch.randn(2, 10, 128)
    >>> torch.equal(Adapter(128, middle=8)(x), x)
    True

    References
    ----------
    N. Houlsby et al., "Parameter-efficient transfer learning for NLP", ICML 2019, section 2.

    Chapter: large/finetuning
    """

    def __init__(self, width: int, *, middle: int):
        super().__init__()
        check_count(middle, name="middle")
        self.down = nn.Linear(check_count(width, name="width"), middle)
        self.up = nn.Linear(middle, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(nn.functional.gelu(self.down(x)))


def add_adapters(network: nn.Module, *, middle: int) -> nn.Module:
    """Freeze a network, and put an `Adapter` behind the feed-forward part of each of its layers.

    Houlsby et al. put a second one behind the attention of each layer.

    Parameters
    ----------
    network : nn.Module
        Holds a `TransformerEncoder`. Changed in place, and returned.
    middle : int
        As for `Adapter`.

    Raises
    ------
    AudioError
        If there is no such encoder in it, `middle` cannot be, or there are adapters already. Then
        nothing was changed.

    Examples
    --------
    >>> from audiolessons.models import count_parameters
    >>> network = add_adapters(TransformerEncoder(width=64, n_heads=4, n_layers=2), middle=4)
    >>> count_parameters(network)
    1160

    Chapter: large/finetuning
    """
    encoders = [one for one in network.modules() if isinstance(one, TransformerEncoder)]
    if not encoders:
        raise AudioError("there is no TransformerEncoder in the network")
    if any(isinstance(one, Adapter) for one in network.modules()):
        raise AudioError("the network has adapters already")
    check_count(middle, name="middle")
    network.requires_grad_(False)
    for encoder in encoders:
        for layer in encoder.layers:
            layer.feedforward.append(Adapter(encoder.width, middle=middle))
    return network
