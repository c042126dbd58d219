"""Numbers of few bits: a scale and a zero point turn floats into small whole numbers and back.

`Grid` is the arithmetic. `quantize_aware` puts a grid at every weight and at the input of every
layer of a network, which then answers as its whole-number form will, and can learn to live with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from audiolessons.errors import AudioError, check_count
from audiolessons.models.shrinking.counting import layers_with_weights

LEAST = 1e-12  # a range without width still gets a step


@dataclass(frozen=True)
class Grid:
    """The values that whole numbers from `lowest` to `highest` can say: scale (q - zero_point).

    `scale` and `zero_point` are tensors that broadcast to what is quantised: one number each, or
    one for each channel.

    Examples
    --------
    >>> grid = Grid.between(-1.0, 3.0, n_bits=8)
    >>> grid.to_integers(torch.tensor([-1.0, 0.0, 3.0, 9.0]))
    tensor([  0,  64, 255, 255], dtype=torch.int32)
    >>> float(grid.from_integers(grid.to_integers(torch.tensor(0.0))))
    0.0

    References
    ----------
    B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-
    only inference", CVPR 2018, section 2.1.

    Chapter: large/efficiency
    """

    scale: Tensor
    zero_point: Tensor
    lowest: int
    highest: int

    @classmethod
    def between(cls, low, high, *, n_bits: int = 8) -> Grid:
        """Return the grid from low to high, both widened to hold 0, which is on it exactly.

        For activations: they are rarely symmetric, and padding is 0.
        """
        _check_bits(n_bits)
        low, high = (torch.as_tensor(end, dtype=torch.float32) for end in (low, high))
        if not bool(((low <= high) & (high - low).isfinite()).all()):
            raise AudioError(f"low is {low}, high is {high}: give finite ends, low the lower one")
        low, high = low.clamp(max=0), high.clamp(min=0)
        highest = 2**n_bits - 1
        scale = ((high - low) / highest).clamp(min=LEAST)
        return cls(scale, (-low / scale).round().clamp(0, highest), 0, highest)

    @classmethod
    def of_weight(cls, weight: Tensor, *, n_bits: int = 8, by_channel: bool = True) -> Grid:
        """Return a grid that is symmetric around 0, for each output channel (axis 0) or for all.

        One whole number is given up, so that both signs reach equally far; the zero point is 0, and
        products need no correction.
        """
        _check_bits(n_bits)
        if not isinstance(weight, Tensor) or not weight.is_floating_point() or not weight.numel():
            raise AudioError("weight is no tensor of floats, or empty: give a layer's weight")
        highest = 2 ** (n_bits - 1) - 1
        axes = tuple(range(1 if by_channel else 0, weight.ndim))
        largest = weight.detach().abs().amax(dim=axes, keepdim=True)
        scale = (largest / highest).clamp(min=LEAST)
        return cls(scale, torch.zeros_like(scale), -highest, highest)

    def to_integers(self, x: Tensor) -> Tensor:
        """Return the nearest whole numbers, int32; what lies beyond the grid becomes its end."""
        return self._rounded(x).to(torch.int32)

    def from_integers(self, integers: Tensor) -> Tensor:
        """Return the values that whole numbers stand for, float32."""
        return self.scale * (integers.to(torch.float32) - self.zero_point)

    def nearest(self, x: Tensor) -> Tensor:
        """Return the nearest values of the grid; a gradient goes through as if nothing were done.

        Rounding is flat, so its true gradient is 0 nearly everywhere. The straight-through
        estimator passes on what comes: 1 within the grid, 0 where x was clipped.
        """
        within = (x / self.scale + self.zero_point).clamp(self.lowest, self.highest)
        integers = within + (within.round() - within).detach()
        return self.scale * (integers - self.zero_point)

    def _rounded(self, x):
        return (x / self.scale + self.zero_point).round().clamp(self.lowest, self.highest)


class OnGrid(nn.Module):
    """Put a weight on its grid each time it is used; the float below it goes on learning.

    Chapter: large/efficiency
    """

    def __init__(self, n_bits: int, *, by_channel: bool = True):
        super().__init__()
        self.n_bits, self.by_channel = n_bits, by_channel

    def forward(self, weight: Tensor) -> Tensor:
        grid = Grid.of_weight(weight, n_bits=self.n_bits, by_channel=self.by_channel)
        return grid.nearest(weight)


class InputGrid(nn.Module):
    """Put the input of a layer on a grid whose ends it remembers: the lowest and highest it saw.

    While `is_watching` the ends widen with what comes: that is calibration. Otherwise they stay,
    and what lies beyond them is clipped. A grid that has seen nothing has no ends, and says so.

    Chapter: large/efficiency
    """

    def __init__(self, n_bits: int):
        super().__init__()
        self.n_bits, self.is_watching = n_bits, True
        self.register_buffer("low", torch.tensor(torch.inf))
        self.register_buffer("high", torch.tensor(-torch.inf))

    def forward(self, x: Tensor) -> Tensor:
        if self.is_watching:
            if not x.numel() or not x.isfinite().all():
                raise AudioError("the input of a layer is empty, or holds NaN or infinity")
            self.low.copy_(torch.minimum(self.low, x.detach().min()))
            self.high.copy_(torch.maximum(self.high, x.detach().max()))
        if self.low > self.high:
            raise AudioError(
                "the grid of an input has no ends yet: call the network on sounds of the training "
                "part before watch(network, False)"
            )
        return Grid.between(self.low, self.high, n_bits=self.n_bits).nearest(x)


def quantize_aware(
    network: nn.Module, *, n_bits: int = 8, activation_bits: int = 8, by_channel: bool = True
) -> nn.Module:
    """Put grids at the weights and inputs of all layers of a network; in place.

    It then computes, in floats, what whole numbers of so many bits would. Call it on sounds of the
    training part to calibrate, then `watch(network, False)`. Trained further, it is
    "quantisation-aware".

    Parameters
    ----------
    network : torch.nn.Module
        Convolutions and linear layers are quantised. Fold normalisations first, as they would be
        when it is used.
    n_bits, activation_bits : int
        Of the weights, and of the inputs of the layers; 2 to 16.
    by_channel : bool
        Whether each output channel of a weight has a scale of its own.

    Returns
    -------
    torch.nn.Module
        The same network.

    Raises
    ------
    AudioError
        If there is no layer to quantise, grids are there already, or bits cannot be.

    Examples
    --------
    >>> layer = quantize_aware(nn.Linear(3, 2), n_bits=2)
    >>> len(torch.unique(layer.weight[0].detach())) <= 3
    True

    References
    ----------
    Y. Bengio, N. Leonard and A. Courville, "Estimating or propagating gradients through stochastic
    neurons for conditional computation", 2013 (straight-through estimator).

    Chapter: large/efficiency
    """
    _check_bits(n_bits)
    _check_bits(activation_bits)
    layers = layers_with_weights(network)
    if any(hasattr(layer, "input_grid") for layer in layers):
        raise AudioError("the network is on grids already: call settle first")
    for layer in layers:
        device = layer.weight.device
        parametrize.register_parametrization(layer, "weight", OnGrid(n_bits, by_channel=by_channel))
        layer.input_grid = InputGrid(activation_bits).to(device)
        layer.register_forward_pre_hook(_through_grid)
    return network


def settle(network: nn.Module) -> nn.Module:
    """Leave the weights on their grids, as floats, and take all grids away; in place.

    Examples
    --------
    >>> layer = settle(quantize_aware(nn.Linear(3, 2), n_bits=2))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']

    Chapter: large/efficiency
    """
    for layer in network.modules():
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight")
        for key, hook in list(layer._forward_pre_hooks.items()):
            if hook is _through_grid:
                del layer._forward_pre_hooks[key], layer.input_grid
    return network


def watch(network: nn.Module, is_watching: bool) -> nn.Module:
    """Let the grids of the inputs widen with what comes, or hold them; in place.

    Examples
    --------
    >>> layer = quantize_aware(nn.Linear(2, 1), n_bits=8)
    >>> _ = layer(torch.tensor([[0.0, 3.0]]))
    >>> _ = watch(layer, False)(torch.tensor([[-9.0, 9.0]]))
    >>> float(layer.input_grid.low), float(layer.input_grid.high)
    (0.0, 3.0)

    Chapter: large/efficiency
    """
    for layer in network.modules():
        if isinstance(layer, InputGrid):
            layer.is_watching = is_watching
    return network


def _through_grid(layer, inputs):
    return (layer.input_grid(inputs[0]), *inputs[1:])


def _check_bits(n_bits):
    if check_count(n_bits, name="n_bits", minimum=2) > 16:
        raise AudioError(f"n_bits is {n_bits}: give 2 to 16")
