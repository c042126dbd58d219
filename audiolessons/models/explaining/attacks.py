"""Sounds made to fool a network: a small change in the direction in which the loss grows.

Nothing of the model changes: the gradient is taken with respect to the sound.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.explaining.saliency import input_gradient, without_change_in_padding


def fgsm(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    epsilon: float | Tensor,
    lengths: Tensor | None = None,
    limit: float | None = 1.0,
    loss: Callable = functional.cross_entropy,
) -> Tensor:
    """Move every sample by `epsilon`, up or down, whichever makes the loss larger.

    For a change of at most `epsilon` a sample, a loss that were linear in the sound could not be
    raised further (the fast gradient sign method). Every sample but those at the limit, and those
    that the loss does not depend on, moves by the same amount: so the signal-to-noise ratio of the
    change is that of the sound's RMS to `epsilon`.

    Parameters
    ----------
    model : torch.nn.Module
        From x, or (x, lengths), to logits. It is used in evaluation mode and left as it was.
    x : Tensor
        Shape (B, ..., T), floating point: waveforms, or anything else the model takes.
    target : Tensor
        Shape (B,), the classes to move away from: the right ones.
    epsilon : float or Tensor
        Largest change of a sample; a tensor (B,) gives each sound its own.
    lengths : Tensor, optional
        Shape (B,). Padding is not touched, and the model is called with them.
    limit : float or None
        Samples stay within plus and minus this: full scale. None for what has none.
    loss : callable
        `loss(logits, target)`, a single number.

    Returns
    -------
    Tensor
        As x, without a gradient.

    Raises
    ------
    AudioError
        If `epsilon` is negative, x is not floating point, or the model's answer does not depend
        on x.

    References
    ----------
    I. J. Goodfellow, J. Shlens and C. Szegedy, "Explaining and harnessing adversarial examples",
    ICLR 2015, section 4.

    Examples
    --------
    >>> model = nn.Linear(2, 2, bias=False)
    >>> _ = model.weight.data.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    >>> fgsm(model, torch.tensor([[0.5, 0.4]]), torch.tensor([0]), epsilon=0.1)
    tensor([[0.4000, 0.5000]])

    Chapter: learning/evaluation
    """
    epsilon = _check(x, epsilon)
    gradient = input_gradient(model, x, target, lengths=lengths, score=loss)
    return _within(x + epsilon * gradient.sign(), x, epsilon, limit)


def pgd(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    epsilon: float | Tensor,
    n_steps: int = 10,
    step: float | Tensor | None = None,
    generator: torch.Generator | None = None,
    lengths: Tensor | None = None,
    limit: float | None = 1.0,
    loss: Callable = functional.cross_entropy,
) -> Tensor:
    """Take several smaller steps of `fgsm`, never further than `epsilon` from where it began.

    The loss is not linear: looking again after every step finds worse places (projected gradient
    descent). It is the usual measure of how robust a model is: what it withstands, it withstands
    only this.

    Parameters
    ----------
    model, x, target, epsilon, lengths, limit, loss
        As for `fgsm`.
    n_steps : int
        How often to look.
    step : float or Tensor, optional
        Of each step; 2.5 epsilon / n_steps unless given, enough to cross from side to side.
    generator : torch.Generator, optional
        Then it begins at a random place within `epsilon`, drawn from this.

    Returns
    -------
    Tensor
        As x, without a gradient.

    Raises
    ------
    AudioError
        As `fgsm`, and if there are no steps.

    References
    ----------
    A. Madry, A. Makelov, L. Schmidt, D. Tsipras and A. Vladu, "Towards deep learning models
    resistant to adversarial attacks", ICLR 2018, section 2.1.

    Examples
    --------
    >>> model = nn.Linear(2, 2, bias=False)
    >>> _ = model.weight.data.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    >>> pgd(model, torch.tensor([[0.5, 0.4]]), torch.tensor([0]), epsilon=0.1)
    tensor([[0.4000, 0.5000]])

    Chapter: learning/evaluation
    """
    check_count(n_steps, name="n_steps")
    epsilon = _check(x, epsilon)
    step = 2.5 * epsilon / n_steps if step is None else _check(x, step, name="step")
    moved = x.detach()
    if generator is not None:
        numbers = torch.rand(x.shape, generator=generator, device=generator.device).to(x)
        start = epsilon * (2 * numbers - 1)  # uniform within plus and minus epsilon
        moved = _within(moved + without_change_in_padding(start, lengths), x, epsilon, limit)
    for _ in range(n_steps):
        gradient = input_gradient(model, moved, target, lengths=lengths, score=loss)
        moved = _within(moved + step * gradient.sign(), x, epsilon, limit)
    return moved


def _within(moved, x, epsilon, limit):
    """Bring back what lies further than epsilon from x, or beyond full scale."""
    x = x.detach()
    moved = torch.minimum(torch.maximum(moved, x - epsilon), x + epsilon)
    if limit is None:
        return moved
    # a sample that was beyond the limit before is left where it was
    return torch.minimum(torch.maximum(moved, x.clamp(max=-limit)), x.clamp(min=limit))


def _check(x, epsilon, *, name="epsilon"):
    """Return epsilon in a shape that meets x, (B, ..., T)."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise AudioError(f"x is {getattr(x, 'dtype', type(x).__name__)}: give a float tensor")
    if x.ndim < 2:
        raise AudioError(f"x has shape {tuple(x.shape)}: give a batch, x[None]")
    epsilon = torch.as_tensor(epsilon, dtype=x.dtype, device=x.device)
    if epsilon.ndim and epsilon.shape != x.shape[:1]:
        raise AudioError(
            f"{name} has shape {tuple(epsilon.shape)} for x of shape {tuple(x.shape)}: give one "
            "number, or (B,), one for each sound"
        )
    if not (epsilon >= 0).all():
        raise AudioError(f"{name} holds {float(epsilon.min())}: it is a size, at least 0")
    return epsilon.reshape(-1, *[1] * (x.ndim - 1))
