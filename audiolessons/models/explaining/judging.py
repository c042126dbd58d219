"""Is an explanation true of the network? Take away what it names, and draw the weights anew."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.models.explaining.pieces import ask
from audiolessons.models.explaining.saliency import evaluated


def removal_curve(answers: Callable, order, *, kind: str = "deletion") -> np.ndarray:
    """Return the answers while pieces are taken away, or put in, in the order of their importance.

    Parameters
    ----------
    answers : callable
        From kept pieces (M, P) to M numbers; chances, usually.
    order : array of int
        Shape (P,): all pieces, the most important one first.
    kind : str
        "deletion" begins with the whole sound and takes pieces away; "insertion" begins with none
        of it and puts them in.

    Returns
    -------
    array
        Shape (P + 1,): before the first, after the first, ..., after the last. Its mean is close
        to the area under the curve: a good order has a small one under deletion, a large one under
        insertion.

    Raises
    ------
    AudioError
        If the order does not hold every piece once, or there is no such kind.

    Examples
    --------
    >>> removal_curve(lambda kept: kept @ [0.2, 0.8], [1, 0])
    array([1. , 0.2, 0. ])
    >>> removal_curve(lambda kept: kept @ [0.2, 0.8], [1, 0], kind="insertion")
    array([0. , 0.8, 1. ])

    References
    ----------
    V. Petsiuk, A. Das and K. Saenko, "RISE: randomized input sampling for explanation of black-box
    models", BMVC 2018, section 4.

    Chapter: large/explaining
    """
    check_choice(kind, name="kind", choices=("deletion", "insertion"))
    order = np.asarray(order)
    n_pieces = len(order)
    if sorted(order.tolist()) != list(range(n_pieces)):
        raise AudioError(f"order is {order}: it holds every piece, 0 to {n_pieces - 1}, once")
    place = np.argsort(order)  # of each piece in the order
    n_done = np.arange(n_pieces + 1)[:, None]
    kept = place >= n_done if kind == "deletion" else place < n_done
    return ask(answers, kept)


def layers_of(model: nn.Module, *inputs) -> list[str]:
    """Return the names of the parts of a network that hold weights, as a sound meets them.

    Parameters
    ----------
    model : torch.nn.Module
    *inputs : Tensor
        What the model is called with. Without them the names come in the order of making: that of
        use in a chain, but not in a network that makes all convolutions first, then all norms.

    Raises
    ------
    AudioError
        If the model does not meet one of them on its way through these inputs.

    Examples
    --------
    >>> layers_of(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)))
    ['0', '2']
    >>> net = nn.ModuleDict({"last": nn.Linear(3, 1), "first": nn.Linear(2, 3)})
    >>> net.forward = lambda x: net["last"](net["first"](x))
    >>> layers_of(net), layers_of(net, torch.zeros(1, 2))
    (['last', 'first'], ['first', 'last'])

    Chapter: large/explaining
    """
    parts = {
        name: part
        for name, part in model.named_modules()
        if any(True for _ in part.parameters(recurse=False))
    }
    if not inputs:
        return list(parts)
    met: dict = {}  # in order, each once
    hooks = [
        part.register_forward_pre_hook(lambda *_, name=name: met.setdefault(name))
        for name, part in parts.items()
    ]
    try:
        with torch.no_grad(), evaluated(model):
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    unmet = [name for name in parts if name not in met]
    if unmet:
        raise AudioError(
            f"the model never calls its part {unmet[0]}: it has no place in the order. Give other "
            "inputs, or none for the order of making"
        )
    return list(met)


def redrawn(model: nn.Module, layers, *, seed: int = 0) -> nn.Module:
    """Return a copy of a network in which some layers have learned nothing.

    Their weights are mixed: each tensor keeps its numbers and loses their order, so that their
    size and spread stay as they were and only what was learned is gone. Running averages are no
    weights, and stay.

    Parameters
    ----------
    model : torch.nn.Module
    layers : list of str
        Of `layers_of`: one alone (independent randomisation), or all from the output down to one
        (cascading).
    seed : int
        Of the order.

    Raises
    ------
    AudioError
        If there is no such layer.

    Examples
    --------
    >>> net = nn.Linear(2, 3)
    >>> mixed = redrawn(nn.Sequential(net), ["0"])
    >>> sorted(mixed[0].weight.flatten().tolist()) == sorted(net.weight.flatten().tolist())
    True

    References
    ----------
    J. Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018, section 3.

    Chapter: large/explaining
    """
    check_count(seed, name="seed", minimum=0)
    known = layers_of(model)
    for name in layers:
        check_choice(name, name="layer", choices=tuple(known))
    copy = deepcopy(model)
    parts = dict(copy.named_modules())
    generator = torch.Generator().manual_seed(seed)
    for name in known:
        # drawn for every layer, so that a layer is mixed alike alone and among others
        state = int(torch.randint(2**31, (1,), generator=generator))
        if name in layers:
            _mix(parts[name], torch.Generator().manual_seed(state))
    return copy


@torch.no_grad()
def _mix(part, generator):
    for tensor in part.parameters(recurse=False):
        order = torch.randperm(tensor.numel(), generator=generator)
        tensor.copy_(tensor.flatten()[order.to(tensor.device)].reshape(tensor.shape))
