"""A spectrogram cut into pieces that can be switched off, one by one or many at once.

Methods that know nothing of a network ask it about the sound with pieces missing. What they need
is one function: from the pieces that are kept to an answer. `PieceAnswers` is that function.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.models.explaining.saliency import evaluated, logit_of

BATCH = 256  # versions of a sound that the network hears at a time


def grid_pieces(n_bins: int, n_frames: int, *, n_rows: int, n_columns: int) -> Tensor:
    """Cut a spectrogram into rectangles of nearly equal size.

    Parameters
    ----------
    n_bins, n_frames : int
        Size of the spectrogram, F and N.
    n_rows, n_columns : int
        How many pieces along frequency, and along time.

    Returns
    -------
    Tensor
        Shape (F, N), whole numbers: to which of the pieces, 0 to n_rows n_columns - 1, each place
        belongs. They are counted along time first, from the lowest row.

    Raises
    ------
    AudioError
        If there are more rows than bins, or more columns than frames.

    Examples
    --------
    >>> grid_pieces(3, 4, n_rows=2, n_columns=2)
    tensor([[0, 0, 1, 1],
            [0, 0, 1, 1],
            [2, 2, 3, 3]])

    Chapter: large/explaining
    """
    for n, n_parts, name in ((n_bins, n_rows, "n_rows"), (n_frames, n_columns, "n_columns")):
        check_count(n, name={"n_rows": "n_bins", "n_columns": "n_frames"}[name])
        if check_count(n_parts, name=name) > n:
            raise AudioError(f"{name} is {n_parts} for {n} values: a piece would be empty")
    row = torch.arange(n_bins) * n_rows // n_bins
    column = torch.arange(n_frames) * n_columns // n_frames
    return row[:, None] * n_columns + column


def keep_pieces(x: Tensor, pieces: Tensor, kept, *, fill: float | Tensor) -> Tensor:
    """Return versions of a spectrogram in which only some pieces are left.

    Parameters
    ----------
    x : Tensor
        Shape (F, N).
    pieces : Tensor
        Shape (F, N), from `grid_pieces` or any other numbering from 0 on.
    kept : array of bool
        Shape (M, P): for each of M versions, which of the P pieces stay.
    fill : float or Tensor
        What stands where a piece is missing, in the unit of x; a tensor meets (F, N).

    Returns
    -------
    Tensor
        Shape (M, F, N).

    Raises
    ------
    AudioError
        If the shapes do not belong together.

    Examples
    --------
    >>> x, pieces = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0, 0, 1]])
    >>> keep_pieces(x, pieces, [[True, False], [False, True]], fill=-9.0)
    tensor([[[ 1.,  2., -9.]],
    <BLANKLINE>
            [[-9., -9.,  3.]]])

    Chapter: large/explaining
    """
    n_pieces = _check_pieces(x, pieces)
    kept = torch.as_tensor(np.asarray(kept, dtype=bool), device=x.device)
    if kept.ndim != 2 or kept.shape[1] != n_pieces:
        raise AudioError(
            f"kept has shape {tuple(kept.shape)} for {n_pieces} pieces: give (M, {n_pieces})"
        )
    fill = torch.as_tensor(fill, dtype=x.dtype, device=x.device)
    try:
        fill = fill.expand_as(x)
    except RuntimeError as problem:
        raise AudioError(
            f"fill has shape {tuple(fill.shape)}: give one number, or what meets {tuple(x.shape)}"
        ) from problem
    return torch.where(kept[:, pieces], x, fill)  # (M, P) -> (M, F, N)


def piece_sums(values: Tensor, pieces: Tensor) -> np.ndarray:
    """Return the sum of a map over each piece: what a map of points says about pieces.

    Parameters
    ----------
    values, pieces : Tensor
        Shape (F, N) each.

    Returns
    -------
    array
        Shape (P,), float64.

    Examples
    --------
    >>> piece_sums(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0, 0, 1]]))
    array([3., 3.])

    Chapter: large/explaining
    """
    n_pieces = _check_pieces(values, pieces)
    flat = values.detach().cpu().double().flatten().numpy()
    return np.bincount(pieces.flatten().cpu().numpy(), weights=flat, minlength=n_pieces)


class PieceAnswers:
    """What a network says about one sound when only some of its pieces are kept.

    Called with kept pieces, (M, P) of bool, it gives M numbers: the logit of a class, or its
    chance. `n_asked` counts how often the network was asked.

    Parameters
    ----------
    model : torch.nn.Module
        From spectrograms (B, F, N) to logits (B, K). Used in evaluation mode and left as it was.
    x : Tensor
        Shape (F, N): one sound, without padding.
    pieces : Tensor
        Shape (F, N), the number of the piece of each place.
    target : int
        The class to explain.
    fill : float or Tensor
        As for `keep_pieces`: what "missing" is. It decides a good deal of what is found.
    kind : str
        "logit", or "chance" (after the softmax, 0 to 1).

    Raises
    ------
    AudioError
        If there is no such class or kind, or the shapes do not belong together.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]]))
    >>> x, pieces = torch.tensor([[5.0, 5.0, 5.0]]), torch.tensor([[0, 0, 1]])
    >>> answers = PieceAnswers(model, x, pieces, 0, fill=0.0)
    >>> answers([[True, True], [True, False], [False, False]])
    array([-5.,  5.,  0.])
    >>> answers.n_asked
    3

    Chapter: large/explaining
    """

    def __init__(
        self, model, x, pieces, target, *, fill: float | Tensor = 0.0, kind: str = "logit"
    ):
        self.n_pieces = _check_pieces(x, pieces)
        self.model, self.x, self.pieces, self.fill = model, x.detach(), pieces, fill
        self.target = check_count(target, name="target", minimum=0)
        self.kind = check_choice(kind, name="kind", choices=("logit", "chance"))
        self.n_asked = 0

    def __call__(self, kept) -> np.ndarray:
        kept = np.asarray(kept, dtype=bool)
        if not len(kept):
            return np.zeros(0)
        found = []
        with torch.no_grad(), evaluated(self.model):
            for start in range(0, len(kept), BATCH):
                versions = keep_pieces(
                    self.x, self.pieces, kept[start : start + BATCH], fill=self.fill
                )
                logits = self.model(versions)
                if self.kind == "chance":
                    logits = logits.softmax(dim=1)
                target = torch.full((len(versions),), self.target)
                found.append(logit_of(logits, target).double().cpu().numpy())
        self.n_asked += len(kept)
        return np.concatenate(found)


def leave_one_out(answers: Callable, n_pieces: int) -> np.ndarray:
    """Return how far the answer falls when one piece is switched off: occlusion by pieces.

    Parameters
    ----------
    answers : callable
        From kept pieces (M, P) to M numbers, such as `PieceAnswers`.
    n_pieces : int
        P.

    Returns
    -------
    array
        Shape (P,).

    Examples
    --------
    >>> leave_one_out(lambda kept: kept @ [1.0, 2.0] + 5, 2)
    array([1., 2.])

    References
    ----------
    M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
    section 4.2.

    Chapter: large/explaining
    """
    check_count(n_pieces, name="n_pieces")
    kept = np.vstack([np.ones(n_pieces, bool), ~np.eye(n_pieces, dtype=bool)])
    whole, *rest = ask(answers, kept)
    return whole - np.array(rest)


def ask(answers: Callable, kept) -> np.ndarray:
    """Return the answers to versions of a sound, (M,), each of them a finite number."""
    found = np.asarray(answers(kept), dtype=float)
    if found.shape != (len(kept),):
        raise AudioError(
            f"answers gives shape {found.shape} for {len(kept)} versions: it gives one number each"
        )
    if not np.isfinite(found).all():
        raise AudioError(
            f"answers gives {found[~np.isfinite(found)][0]}: is there such a value in the sound?"
        )
    return found


def _check_pieces(x, pieces):
    if not isinstance(x, Tensor) or not isinstance(pieces, Tensor) or x.ndim != 2:
        raise AudioError(
            f"x has shape {tuple(getattr(x, 'shape', ()))}: give one spectrogram, a tensor (F, N)"
        )
    if pieces.shape != x.shape:
        raise AudioError(
            f"pieces has shape {tuple(pieces.shape)} for x of shape {tuple(x.shape)}: give each "
            "place the number of its piece"
        )
    if not x.numel():
        raise AudioError(f"x has shape {tuple(x.shape)}: it holds nothing")
    if pieces.is_floating_point() or pieces.dtype == torch.bool or pieces.min() < 0:
        raise AudioError(
            f"pieces is {pieces.dtype}, from {pieces.min()}: number them with whole numbers from "
            "0 on"
        )
    return int(pieces.max()) + 1
