"""Which part of a sound made the network say so: by gradients, and by hiding parts of it.

A map has the shape of the network's input: one number for each sample, or each band and frame. It
says what moves the answer of this network for this sound, not what a listener would need.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from itertools import product

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.padding import check_lengths, is_sound


def input_gradient(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    lengths: Tensor | None = None,
    score: Callable | None = None,
) -> Tensor:
    """Return how much the logit of a class grows when a value of the input grows a little.

    Parameters
    ----------
    model : torch.nn.Module
        From x, or (x, lengths), to logits (B, K). It is used in evaluation mode and left as it was.
    x : Tensor
        Shape (B, ..., N), floating point: waveforms, spectrograms, whatever the model takes.
    target : Tensor
        Shape (B,), the class to explain for each sound: the one predicted, or the right one.
    lengths : Tensor, optional
        Shape (B,). The model is called with them, and padding gets 0.
    score : callable, optional
        `score(logits, target)`, a single number, to take the gradient of something else.

    Returns
    -------
    Tensor
        As x: logits for each unit of x.

    Raises
    ------
    AudioError
        If x is not a batch of floating-point numbers, there is not one class a sound, or the
        model's answer does not depend on x.

    References
    ----------
    K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks: visualising
    image classification models and saliency maps", ICLR workshop 2014, section 3.

    Examples
    --------
    >>> model = nn.Linear(3, 2, bias=False)
    >>> _ = model.weight.data.copy_(torch.tensor([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]]))
    >>> input_gradient(model, torch.tensor([[5.0, 5.0, 5.0]]), torch.tensor([0]))
    tensor([[ 1.,  0., -2.]])

    Chapter: learning/cnn
    """
    target = _check(x, target)
    with evaluated(model), torch.enable_grad(), _recurrence_with_gradients(model):
        x = x.detach().clone().requires_grad_()
        logits = model(x) if lengths is None else model(x, lengths)
        # no sound has a say in the logits of another: the sum keeps their gradients apart
        given = logit_of(logits, target).sum() if score is None else score(logits, target)
        gradient = None
        if given.requires_grad:
            (gradient,) = torch.autograd.grad(given, x, allow_unused=True)
    if gradient is None:
        raise AudioError(
            "the model's answer does not depend on x by any gradient: is something in it detached, "
            "or computed with NumPy?"
        )
    return without_change_in_padding(gradient, lengths)


def gradient_times_input(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    lengths: Tensor | None = None,
    baseline: float | Tensor = 0.0,
) -> Tensor:
    """Return what each value adds to the logit of a class, as far as a straight line tells.

    The gradient says what a change would do; times how far the value lies from a baseline it says
    what its presence did. For a linear model the map adds up to the logit minus that of the
    baseline; elsewhere it is a first approximation.

    Parameters
    ----------
    model, x, target, lengths
        As for `input_gradient`.
    baseline : float or Tensor
        What "not there" is, in the unit of x: 0 for samples; the mean for a standardised
        spectrogram is also 0, silence is its smallest value.

    Returns
    -------
    Tensor
        As x: logits.

    References
    ----------
    A. Shrikumar, P. Greenside and A. Kundaje, "Learning important features through propagating
    activation differences", ICML 2017, section 2.

    Examples
    --------
    >>> model = nn.Linear(3, 2, bias=False)
    >>> _ = model.weight.data.copy_(torch.tensor([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]]))
    >>> gradient_times_input(model, torch.tensor([[5.0, 5.0, 5.0]]), torch.tensor([0]))
    tensor([[  5.,   0., -10.]])

    Chapter: learning/cnn
    """
    gradient = input_gradient(model, x, target, lengths=lengths)
    return without_change_in_padding(gradient * (x.detach() - baseline), lengths)


@torch.no_grad()
def occlusion(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    size: int | tuple,
    step: int | tuple | None = None,
    lengths: Tensor | None = None,
    fill: float = 0.0,
) -> Tensor:
    """Return how much the logit of a class falls when a patch of the input is hidden.

    The patch is moved over the input; a value gets the mean of the falls of all patches that hid
    it. No gradient is needed, and the changes are large ones, as a listener would make them: but
    the model answers once for every place of the patch.

    Parameters
    ----------
    model, x, target, lengths
        As for `input_gradient`.
    size : int or tuple of int
        Of the patch, along the last axis or axes of x: samples, or (bands, frames).
    step : int or tuple of int, optional
        How far the patch moves, at most its size; half its size unless given. One number serves
        all axes.
    fill : float
        What stands in the patch, in the unit of x.

    Returns
    -------
    Tensor
        As x: logits. Positive where hiding lowers the logit.

    Raises
    ------
    AudioError
        If the patch is larger than the input, or steps leave parts of it out.

    References
    ----------
    M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
    section 4.2.

    Examples
    --------
    >>> model = nn.Linear(3, 2, bias=False)
    >>> _ = model.weight.data.copy_(torch.tensor([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]]))
    >>> occlusion(model, torch.tensor([[5.0, 5.0, 5.0]]), torch.tensor([0]), size=1)
    tensor([[  5.,   0., -10.]])

    Chapter: learning/cnn
    """
    target = _check(x, target)
    x = x.detach()
    patches = _patches(x, size, step)
    with evaluated(model):
        whole = logit_of(model(x) if lengths is None else model(x, lengths), target)  # (B,)
        falls, times = torch.zeros_like(x), torch.zeros_like(x)
        for patch in patches:
            hidden = x.clone()
            hidden[(..., *patch)] = fill
            rest = logit_of(model(hidden) if lengths is None else model(hidden, lengths), target)
            falls[(..., *patch)] += (whole - rest).reshape(-1, *[1] * (x.ndim - 1))
            times[(..., *patch)] += 1
    return without_change_in_padding(falls / times, lengths)


def without_change_in_padding(change: Tensor, lengths) -> Tensor:
    """Return a map or a change, (B, ..., N), with 0 in the padding."""
    if lengths is None:
        return change
    lengths = check_lengths(lengths, n_frames=change.shape[-1], batch_size=len(change))
    return change.masked_fill(~is_sound(lengths, change), 0)


def logit_of(logits, target):
    """Return the logit of one class a sound, (B,), of logits (B, K)."""
    if logits.ndim != 2 or len(logits) != len(target):
        raise AudioError(
            f"the model gives {tuple(logits.shape)} for {len(target)} sounds: logits have shape "
            "(B, K)"
        )
    if target.min() < 0 or target.max() >= logits.shape[1]:
        raise AudioError(
            f"target holds {int(target.max())}: the model knows classes 0 to {logits.shape[1] - 1}"
        )
    return logits.gather(1, target[:, None].to(logits.device))[:, 0]


@contextmanager
def evaluated(model: nn.Module):
    """Put a model, and every part of it, in evaluation mode, and back again as it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, was_training in modes:
            module.training = was_training


def _recurrence_with_gradients(model):
    """On a GPU, cuDNN's recurrent layers have no gradients in evaluation mode: do without them."""
    if any(isinstance(module, nn.RNNBase) for module in model.modules()):
        return torch.backends.cudnn.flags(enabled=False)
    return nullcontext()


def _patches(x, size, step):
    """Return slices of the last axes, which together cover them to the end."""
    sizes = size if isinstance(size, tuple) else (size,)
    if len(sizes) > x.ndim - 1:
        raise AudioError(f"size is {size} for x of shape {tuple(x.shape)}: more axes than a sound")
    for n in sizes:
        check_count(n, name="size")
    steps = tuple(max(1, n // 2) for n in sizes) if step is None else step
    steps = steps if isinstance(steps, tuple) else (steps,) * len(sizes)
    if len(steps) != len(sizes):
        raise AudioError(f"step is {step} for a size of {size}: give one number for each")
    axes = []
    for n, by, n_all in zip(sizes, steps, x.shape[-len(sizes) :], strict=True):
        if check_count(by, name="step") > n:
            raise AudioError(f"step is {by} and size {n}: parts between would never be hidden")
        if n > n_all:
            raise AudioError(f"size is {n}, but x has {n_all} along this axis: give less")
        starts = [*range(0, n_all - n, by), n_all - n]
        axes.append([slice(start, start + n) for start in starts])
    return list(product(*axes))


def _check(x, target):
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise AudioError(f"x is {getattr(x, 'dtype', type(x).__name__)}: give a float tensor")
    if x.ndim < 2:
        raise AudioError(f"x has shape {tuple(x.shape)}: give a batch, x[None]")
    target = torch.as_tensor(target)
    if target.is_floating_point() or target.shape != x.shape[:1]:
        raise AudioError(
            f"target is {target.dtype} of shape {tuple(target.shape)}: give one class number a "
            f"sound, shape ({len(x)},)"
        )
    return target.long()
