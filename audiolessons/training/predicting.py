"""What a trained network answers: batch by batch, in evaluation mode, without gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from audiolessons.errors import AudioError
from audiolessons.training.loaders import loader


@contextmanager
def evaluating(network: torch.nn.Module) -> Iterator[torch.device]:
    """Put a network in evaluation mode, without gradients, and back again; give its device.

    Parameters
    ----------
    network : torch.nn.Module
        With at least one parameter, which tells the device.

    Examples
    --------
    >>> network = torch.nn.Linear(2, 1)
    >>> with evaluating(network) as device:
    ...     network(torch.zeros(1, 2, device=device)).requires_grad, network.training
    (False, False)
    >>> network.training
    True

    Chapter: learning/cnn
    """
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield next(network.parameters()).device
    finally:
        network.train(was_training)


def predict(
    network: torch.nn.Module, dataset, *, batch_size: int = 256, time_axis: int | None = None
) -> torch.Tensor:
    """Return what a network answers to every item of a set, on the CPU, in its order.

    Parameters
    ----------
    network : torch.nn.Module
        Called with the inputs of a batch; gives a tensor (B, ...).
    dataset : torch Dataset
        Whose items are tuples (inputs..., target). The targets are not looked at.
    batch_size : int
        Items that are predicted together.
    time_axis : int, optional
        As for `loader`: each batch is cut to its longest item.

    Returns
    -------
    Tensor
        Such as logits (B, K).

    Raises
    ------
    AudioError
        If the set has no items.

    Examples
    --------
    >>> dataset = torch.utils.data.TensorDataset(torch.zeros(5, 3), torch.zeros(5))
    >>> predict(torch.nn.Linear(3, 2), dataset).shape
    torch.Size([5, 2])

    Chapter: learning/cnn
    """
    if len(dataset) == 0:
        raise AudioError("dataset has no items: there is nothing to predict")
    with evaluating(network) as device:
        batches = loader(dataset, batch_size=batch_size, time_axis=time_axis)
        return torch.cat([network(*(x.to(device) for x in inputs)).cpu() for *inputs, _ in batches])


def share_right(network: torch.nn.Module, dataset, **options) -> float:
    """Return the share of items, from 0 to 1, whose label is the most likely answer.

    Parameters
    ----------
    network : torch.nn.Module
        Gives logits (B, K).
    dataset : TensorDataset
        Of (inputs..., labels (B,)).
    **options
        batch_size and time_axis, as for `predict`.

    Examples
    --------
    >>> dataset = torch.utils.data.TensorDataset(torch.eye(2), torch.tensor([0, 0]))
    >>> network = torch.nn.Linear(2, 2)
    >>> network.weight.data, network.bias.data = torch.eye(2), torch.zeros(2)
    >>> share_right(network, dataset)
    0.5

    Chapter: learning/cnn
    """
    predicted = predict(network, dataset, **options).argmax(dim=1)
    return float((predicted == dataset.tensors[-1]).float().mean())
