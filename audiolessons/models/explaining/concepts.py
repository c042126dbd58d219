"""Does a class depend on something that has a name? Directions inside a network (TCAV)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.models.explaining.saliency import evaluated, logit_of
from audiolessons.padding import check_lengths, is_sound

MOST_STEPS = 50


def layer_output(model: nn.Module, layer: nn.Module, x: Tensor, lengths=None) -> Tensor:
    """Return what a part of a network gives, averaged over the last axis, time.

    Parameters
    ----------
    model : torch.nn.Module
        Called with x, or (x, lengths); in evaluation mode, and left as it was.
    layer : torch.nn.Module
        A part of it, whose output is (B, ..., N').
    x : Tensor
        Shape (B, ..., N).
    lengths : Tensor, optional
        Shape (B,), of frames. The part of the output that belongs to padding does not count.

    Returns
    -------
    Tensor
        Shape (B, D), all other axes as one.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv1d(2, 5, 3), nn.ReLU(), nn.AdaptiveMaxPool1d(1))
    >>> layer_output(model, model[0], torch.randn(4, 2, 9)).shape
    torch.Size([4, 5])

    Chapter: large/explaining
    """
    with torch.no_grad(), evaluated(model):
        kept, _ = _heard(model, layer, x, lengths)
    if kept.ndim == 2:  # a layer without a time axis
        kept = kept[..., None]
    inside = _inside(kept, x, lengths)
    return ((kept * inside).sum(dim=-1) / inside.sum(dim=-1)).flatten(1)


def concept_vector(inside, outside, *, penalty: float = 1.0) -> np.ndarray:
    """Return the direction in which examples of a concept lie from others, of length 1.

    It stands upright on the border of a logistic regression between the two: the least of the
    summed losses plus half the penalty times the squared length, found by Newton's steps.

    Parameters
    ----------
    inside, outside : array
        Shape (M, D) and (M', D), such as from `layer_output`: with the concept, and without.
    penalty : float
        Above 0, or the direction would be undetermined where a plane separates the two.

    Returns
    -------
    array
        Shape (D,).

    Raises
    ------
    AudioError
        If one side is empty, both have another number of columns, a value is not finite, or
        nothing tells the two apart.

    Examples
    --------
    >>> vector = concept_vector([[1.0, 0.0], [1.2, 0.1]], [[-1.0, 0.0], [-1.2, 0.1]])
    >>> vector.round(2) + 0.0
    array([1., 0.])

    References
    ----------
    B. Kim et al., "Interpretability beyond feature attribution: quantitative testing with concept
    activation vectors (TCAV)", ICML 2018, section 3.2.

    Chapter: large/explaining
    """
    check_positive(penalty, name="penalty")
    inside, outside = np.asarray(inside, dtype=float), np.asarray(outside, dtype=float)
    if inside.ndim != 2 or outside.ndim != 2 or inside.shape[1] != outside.shape[1]:
        raise AudioError(
            f"inside has shape {inside.shape} and outside {outside.shape}: give (M, D) and (M', D)"
        )
    if not len(inside) or not len(outside):
        raise AudioError("one side is empty: give examples with the concept, and without")
    rows = np.vstack([inside, outside])
    if not np.isfinite(rows).all():
        raise AudioError(f"an example holds {rows[~np.isfinite(rows)][0]}: give finite numbers")
    table = np.hstack([rows, np.ones((len(rows), 1))])  # the last column is the offset
    wanted = np.repeat([1.0, 0.0], [len(inside), len(outside)])
    cost = np.append(np.full(rows.shape[1], penalty), 1e-9)  # the offset costs nothing
    weights = np.zeros(table.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (chance - wanted) + cost * weights
        bend = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(cost)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-10:
            break
    length = np.linalg.norm(weights[:-1])
    if length < 1e-8:
        raise AudioError("inside and outside are alike: no direction leads from one to the other")
    return weights[:-1] / length


def concept_sensitivity(
    model: nn.Module,
    layer: nn.Module,
    x: Tensor,
    target: int,
    vector,
    *,
    lengths: Tensor | None = None,
) -> np.ndarray:
    """Return how much the logit of a class grows when a layer moves in a direction.

    Every frame of the layer's output is moved alike. The share of the sounds of a class for which
    this is positive is the TCAV score of the concept. It says nothing by itself: directions that
    mean nothing have scores, too, and those are what to compare it with.

    Parameters
    ----------
    model, layer, x, lengths
        As for `layer_output`.
    target : int
        The class.
    vector : array
        Shape (D,), such as from `concept_vector`.

    Returns
    -------
    array
        Shape (B,).

    Raises
    ------
    AudioError
        If the vector does not meet the layer.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> concept_sensitivity(model, model[0], torch.randn(1, 2), 0, [1.0])
    Traceback (most recent call last):
    audiolessons.errors.AudioError: vector has 1 numbers, the layer gives 2 a sound and frame

    References
    ----------
    B. Kim et al., ICML 2018, equations 1 and 2.

    Chapter: large/explaining
    """
    check_count(target, name="target", minimum=0)
    with torch.enable_grad(), evaluated(model):
        # from x on, so that the gradient goes through a network whose weights are frozen
        kept, logits = _heard(model, layer, x.detach().requires_grad_(), lengths)
        given = logit_of(logits, torch.full((len(x),), target)).sum()
        (gradient,) = torch.autograd.grad(given, kept)  # (B, ..., N')
    if gradient.ndim == 2:  # a layer without a time axis
        gradient = gradient[..., None]
    upward = (gradient * _inside(gradient, x, lengths)).sum(dim=-1).flatten(1)  # (B, D)
    vector = torch.as_tensor(np.asarray(vector), dtype=upward.dtype, device=upward.device)
    if vector.shape != upward.shape[1:]:
        raise AudioError(
            f"vector has {vector.numel()} numbers, the layer gives {upward.shape[1]} a sound and "
            "frame"
        )
    return (upward @ vector).cpu().numpy()


def _heard(model, layer, x, lengths):
    """Return what the layer gave while the model answered, and the logits."""
    kept = []
    hook = layer.register_forward_hook(lambda module, given, result: kept.append(result))
    try:
        logits = model(x) if lengths is None else model(x, lengths)
    finally:
        hook.remove()
    if len(kept) != 1:
        raise AudioError(f"the layer was used {len(kept)} times: give a part that is used once")
    return kept[0], logits


def _inside(output, x, lengths):
    """Return where the output, coarser than x or not, belongs to the sounds: (B, 1, ..., N')."""
    if lengths is None:
        return torch.ones_like(output[:1, ..., :]).expand_as(output)
    lengths = check_lengths(lengths, n_frames=x.shape[-1], batch_size=len(x))
    coarse = -(-lengths * output.shape[-1] // x.shape[-1])  # rounded up, as pooling does
    return is_sound(coarse.clamp(max=output.shape[-1]), output).to(output).expand_as(output)
