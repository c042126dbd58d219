"""Where the sounds of a padded batch end, for networks and transforms alike.

Sounds of a batch have different lengths and are padded to the longest: beside the batch go
`lengths`, and what is made of them here.
"""

from __future__ import annotations

import torch
from torch import Tensor

from audiolessons.errors import AudioError, check_count

__all__ = [
    "check_lengths",
    "is_sound",
    "mask_or_none",
    "over_frames",
    "sequence_mask",
    "shortened",
    "without_padding",
]


def sequence_mask(lengths, *, n_frames: int, device: torch.device | None = None) -> Tensor:
    """Return which frames of a padded batch are sound (True) and which are padding (False).

    Parameters
    ----------
    lengths : sequence of int or Tensor
        Shape (B,), frames of each sound, 1 to `n_frames`. Where the batch lies on a GPU, lengths
        are best kept on the CPU, as data loaders give them: checking them there costs no waiting.
    n_frames : int
        Frames of the padded batch, N.
    device : torch.device, optional
        Where the mask is wanted; where the lengths are, unless given.

    Returns
    -------
    Tensor
        Shape (B, N), bool.

    Raises
    ------
    AudioError
        If there are no lengths, or one is below 1, above `n_frames` or not whole.

    Examples
    --------
    >>> sequence_mask([1, 3], n_frames=3)
    tensor([[ True, False, False],
            [ True,  True,  True]])

    Chapter: learning/rnn
    """
    check_count(n_frames, name="n_frames")
    lengths = check_lengths(lengths, n_frames=n_frames)
    return _mask(lengths, n_frames, lengths.device if device is None else device)


def _mask(lengths, n_frames, device):
    return torch.arange(n_frames, device=device) < lengths.to(device)[:, None]  # (N,), (B, 1)


def without_padding(x: Tensor, lengths) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Return x, (B, ..., N), with its padding set to 0, the checked lengths, and their mask.

    Zero, and not times zero: the padding of a batch may hold anything, NaN included.
    """
    if lengths is None:
        return x, None, None
    lengths = check_lengths(lengths, n_frames=x.shape[-1], batch_size=x.shape[0])
    mask = mask_or_none(lengths, x)
    return x.masked_fill(~over_frames(mask, x), 0), lengths, mask


def mask_or_none(lengths: Tensor | None, x: Tensor) -> Tensor | None:
    """Return the mask (B, N) of checked lengths for x of shape (B, ..., N)."""
    return None if lengths is None else _mask(lengths, x.shape[-1], x.device)


def is_sound(lengths: Tensor, x: Tensor) -> Tensor:
    """Return True where x, (B, ..., N), holds sound and False in its padding: (B, 1, ..., N)."""
    return over_frames(mask_or_none(lengths, x), x)


def over_frames(mask: Tensor, x: Tensor) -> Tensor:
    """Return a mask of shape (B, N) as (B, 1, ..., 1, N), to meet x of shape (B, ..., N)."""
    return mask.view(mask.shape[0], *[1] * (x.ndim - 2), mask.shape[1])


def shortened(lengths: Tensor | None, *, stride: int) -> Tensor | None:
    """Return how many frames are left when each `stride` of them become one, a last part too."""
    return (
        None if lengths is None else torch.div(lengths + stride - 1, stride, rounding_mode="floor")
    )


def check_lengths(lengths, *, n_frames: int, batch_size: int | None = None) -> Tensor:
    """Return lengths as an integer tensor (B,), each 1 to `n_frames`, or say which one is not."""
    lengths = torch.as_tensor(lengths)
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise AudioError(f"lengths hold {lengths.dtype}: give whole numbers of frames")
    if lengths.ndim != 1 or (batch_size is not None and len(lengths) != batch_size):
        wanted = "(B,)" if batch_size is None else f"({batch_size},), one length a sound"
        raise AudioError(f"lengths have shape {tuple(lengths.shape)}: give {wanted}")
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return lengths.long()  # a recorded graph has no values to look at
    if len(lengths) == 0:
        raise AudioError("lengths are empty: give one length a sound")
    values = lengths.tolist()  # once: from a GPU each look costs waiting
    for where, value in enumerate(values):
        if value < 1:
            raise AudioError(
                f"lengths[{where}] is {value}: a sound has at least 1 frame, so leave empty sounds "
                "out of the batch"
            )
        if value > n_frames:
            raise AudioError(
                f"lengths[{where}] is {value}, but the batch has {n_frames} along time: give "
                "lengths in the batch's own unit (samples of waveforms, frames of spectrograms)"
            )
    return lengths.long()
