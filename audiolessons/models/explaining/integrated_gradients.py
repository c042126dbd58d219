"""Gradients added up along the way from a baseline to the sound: what each value contributed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.explaining.saliency import input_gradient, without_change_in_padding


def integrated_gradients(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    baseline: float | Tensor = 0.0,
    n_steps: int = 32,
    lengths: Tensor | None = None,
) -> Tensor:
    """Return what each value added to the logit of a class on the straight way from a baseline.

    The gradient at the sound tells what a small change would do *there*, where the network may
    have long been sure. So the mean gradient is taken over the way from the baseline to the sound,
    at the middle of each of `n_steps` equal steps, times how far the value moved. All of it adds
    up to the logit of the sound minus that of the baseline (completeness), up to what the steps
    miss.

    Parameters
    ----------
    model, x, target, lengths
        As for `input_gradient`.
    baseline : float or Tensor
        Where the way begins, in the unit of x; a tensor meets x. It must be nothing to the
        network: what it says there is taken for granted.
    n_steps : int
        Gradients that are computed; one is `gradient_times_input` taken half-way.

    Returns
    -------
    Tensor
        As x: logits.

    Raises
    ------
    AudioError
        As `input_gradient`, if there are no steps, or the baseline does not meet x.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU())
    >>> _ = model[0].weight.data.copy_(torch.tensor([[1.0, 1.0]]))
    >>> integrated_gradients(model, torch.tensor([[3.0, -1.0]]), torch.tensor([0]))
    tensor([[ 3., -1.]])

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML 2017,
    equations 1 and 3.

    Chapter: large/explaining
    """
    check_count(n_steps, name="n_steps")
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise AudioError(f"x is {getattr(x, 'dtype', type(x).__name__)}: give a float tensor")
    x = x.detach()
    baseline = torch.as_tensor(baseline, dtype=x.dtype, device=x.device)
    try:
        way = x - baseline.expand_as(x)
    except RuntimeError as problem:
        raise AudioError(
            f"baseline has shape {tuple(baseline.shape)} for x of shape {tuple(x.shape)}: give one "
            "number, or what meets x"
        ) from problem
    total = torch.zeros_like(x)
    for step in range(n_steps):
        here = baseline + (step + 0.5) / n_steps * way
        total += input_gradient(model, here, target, lengths=lengths)
    return without_change_in_padding(way * total / n_steps, lengths)
