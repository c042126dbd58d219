"""Where multiplications, numbers and bytes of a network are: layer by layer, on one input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from audiolessons.errors import AudioError

WITH_WEIGHTS = (nn.Conv1d, nn.Conv2d, nn.Linear)


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs on one input.

    `multiplications` counts products of a weight and a value, each with its addition, as the field
    counts them ("MAC"). `parameters` is how many numbers it learned, `weight_bytes` what they take
    as they are held, `output_bytes` what it hands on.

    Chapter: large/efficiency
    """

    name: str
    multiplications: int
    parameters: int
    weight_bytes: int
    output_bytes: int


def layer_costs(network: nn.Module, *inputs) -> list[LayerCost]:
    """Return what each convolution and each linear layer costs on an input.

    A convolution multiplies each value of its output with a kernel over the channels of its group,
    whatever the values are: a weight of 0 is multiplied like any other.

    Parameters
    ----------
    network : torch.nn.Module
        Its layers `Conv1d`, `Conv2d` and `Linear` are counted, each as often as it is called;
        normalisation, pooling and activations are left out, as they multiply far less.
    *inputs
        What the network is called with. Give one sound: a batch costs that many times as much.

    Returns
    -------
    list of LayerCost
        In the order in which they were called.

    Raises
    ------
    AudioError
        If it is no network, or has no such layer.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Flatten(), nn.Linear(800, 10))
    >>> [cost.multiplications for cost in layer_costs(network, torch.zeros(1, 1, 10, 10))]
    [7200, 8000]

    References
    ----------
    V. Sze et al., "Efficient processing of deep neural networks: a tutorial and survey",
    Proceedings of the IEEE 105(12), 2017, section III.

    Chapter: large/efficiency
    """
    found: list = []
    names = layers_with_weights(network)
    modes = {module: module.training for module in network.modules()}

    def look(layer, _, output):
        held = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
        found.append(
            LayerCost(
                names[layer],
                multiplications=_multiplications(layer, output),
                parameters=sum(one.numel() for one in held),
                weight_bytes=sum(one.numel() * one.element_size() for one in held),
                output_bytes=output.numel() * output.element_size(),
            )
        )

    hooks = [layer.register_forward_hook(look) for layer in names]
    try:
        with torch.no_grad():
            network.eval()(*inputs)
    finally:
        for module, was_training in modes.items():
            module.training = was_training
        for hook in hooks:
            hook.remove()
    return found


def multiplications(network: nn.Module, *inputs) -> int:
    """Return the products of all layers of a network on an input, as `layer_costs` counts them.

    Examples
    --------
    >>> multiplications(nn.Linear(40, 10), torch.zeros(1, 40))
    400

    Chapter: large/efficiency
    """
    return sum(cost.multiplications for cost in layer_costs(network, *inputs))


def held_bytes(network: nn.Module) -> int:
    """Return the bytes of all that a network holds: parameters and buffers, as they are stored.

    Examples
    --------
    >>> held_bytes(nn.Linear(40, 10)), held_bytes(nn.Linear(40, 10).half())
    (1640, 820)

    Chapter: large/efficiency
    """
    tensors = [*network.parameters(), *network.buffers()]
    return sum(one.numel() * one.element_size() for one in tensors)


def layers_with_weights(network: nn.Module) -> dict[nn.Module, str]:
    """Return the convolutions and linear layers of a network, each with its name.

    Raises
    ------
    AudioError
        If it is no network, or has no such layer.

    Chapter: large/efficiency
    """
    if not isinstance(network, nn.Module):
        raise AudioError(f"network is of type {type(network).__name__}: give a torch.nn.Module")
    layers = {one: name for name, one in network.named_modules() if isinstance(one, WITH_WEIGHTS)}
    if not layers:
        raise AudioError(f"{type(network).__name__} has no convolution and no linear layer")
    return layers


def _multiplications(layer, output):
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    # weight (C', C / groups, kernel...): so many products for each value of the output
    return output.numel() * layer.weight[0].numel()
