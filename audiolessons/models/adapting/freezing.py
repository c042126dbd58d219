"""Freezing parts of a network, batch statistics included, and a learning rate for each layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import nn

from audiolessons.errors import AudioError, check_positive


class Still:
    """What a frozen module is as well: `train()` leaves it in evaluation mode.

    Chapter: large/finetuning
    """

    def train(self, mode: bool = True):
        return super().train(False)  # type: ignore[misc]


def freeze(module: nn.Module) -> nn.Module:
    """Keep all numbers of a module as they are, whatever `train()` says later; return it.

    `requires_grad_(False)` stops the optimiser alone. Batch normalisation also keeps running means
    and variances, which no optimiser moves: in training mode every batch does. And dropout goes on.
    So a frozen module stays in evaluation mode.

    Parameters
    ----------
    module : nn.Module
        Changed in place. Its names, and so its stored weights, stay.

    Raises
    ------
    AudioError
        If it is no module.

    Examples
    --------
    >>> network = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    >>> network[0] = freeze(network[0])
    >>> network = network.train()
    >>> network[0].training, network[1].training
    (False, True)

    Chapter: large/finetuning
    """
    if not isinstance(module, nn.Module):
        raise AudioError(f"module is a {type(module).__name__}: give an nn.Module")
    module.requires_grad_(False)
    if not isinstance(module, Still):
        kind = type(module)
        module.__class__ = type(kind.__name__, (Still, kind), {})
    return module.eval()


def layer_rates(
    groups: Sequence, *, learning_rate: float, factor: float, weight_decay: float = 0.0
) -> list[dict]:
    """Return parameter groups for an optimiser: the last with the full rate, each before it slower.

    Parameters
    ----------
    groups : sequence of nn.Module
        From the sound to the answer. What is frozen in them is left out.
    learning_rate : float
        Of the last group.
    factor : float
        Above 0, at most 1: the rate of a group over that of the one behind it.
    weight_decay : float
        The same for all.

    Raises
    ------
    AudioError
        If a number cannot be, or nothing is left to learn.

    Examples
    --------
    >>> groups = layer_rates(
    ...     [nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)], learning_rate=0.01, factor=0.5
    ... )
    >>> [group["lr"] for group in groups]
    [0.0025, 0.005, 0.01]

    References
    ----------
    J. Howard and S. Ruder, "Universal language model fine-tuning for text classification", ACL
    2018, section 3.2.

    Chapter: large/finetuning
    """
    check_positive(learning_rate, name="learning_rate")
    if check_positive(factor, name="factor") > 1:
        raise AudioError(f"factor is {factor}: give one above 0 and at most 1")
    if weight_decay:
        check_positive(weight_decay, name="weight_decay")
    if not isinstance(groups, Iterable) or not all(isinstance(one, nn.Module) for one in groups):
        raise AudioError("groups must be a list of nn.Module, from the sound to the answer")
    found = []
    for number, module in enumerate(groups):
        learned = [one for one in module.parameters() if one.requires_grad]
        rate = learning_rate * factor ** (len(groups) - 1 - number)
        if learned:
            found.append({"params": learned, "lr": rate, "weight_decay": weight_decay})
    if not found:
        raise AudioError("everything is frozen: nothing is left to learn")
    return found
