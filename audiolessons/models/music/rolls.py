"""Sequence models of piano rolls: how surprised they are, and what they continue with.

Both work for every model that gives logits for frame n + 1 at frame n, recurrent or convolutional;
`continue_roll` also for one that draws its frames itself.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.models.layers.blocks import check_batch
from audiolessons.padding import check_lengths, sequence_mask


def next_frame_nats(logits: Tensor, rolls: Tensor, lengths=None) -> Tensor:
    """Return how surprised a model is by each next frame: its negative log-likelihood, in nats.

    Each key is a coin whose chance the model gives, and the nats of the keys add up. The first
    frame is predicted from nothing and does not count: of a roll of N frames N - 1 count.

    Parameters
    ----------
    logits : Tensor
        Shape (B, N, D), what the model made of `rolls`.
    rolls : Tensor
        Shape (B, N, D), 1 where a key sounds, else 0.
    lengths : sequence of int, optional
        Shape (B,), frames of each roll; N for all unless given.

    Returns
    -------
    Tensor
        Shape (frames that count,), each at least 0, the rolls end to end. The mean is the
        published measure, nats a frame: all frames weigh the same, in whatever roll they are.

    Raises
    ------
    AudioError
        If logits and rolls differ in shape, or no roll has a second frame.

    Examples
    --------
    >>> rolls = torch.zeros(1, 3, 88)
    >>> next_frame_nats(torch.zeros(1, 3, 88), rolls)  # 88 keys at even chances: 88 log 2
    tensor([60.9970, 60.9970])

    References
    ----------
    N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, ICML 2012, section 6; S. Bai, J. Z. Kolter
    and V. Koltun, 2018, table 1 ("Music JSB Chorales, loss").

    Chapter: learning/rnn
    """
    check_batch(logits, letters="B N D", name="logits")
    check_batch(rolls, letters="B N D", n_features=logits.shape[2], name="rolls")
    if logits.shape != rolls.shape:
        raise AudioError(
            f"logits have shape {tuple(logits.shape)}, rolls {tuple(rolls.shape)}: give "
            "both whole, the shift by one frame is done here"
        )
    predicted, target = logits[:, :-1], rolls[:, 1:].to(logits.dtype)  # both (B, N - 1, D)
    # (B, N - 1, D) -> (B, N - 1)
    nats = binary_cross_entropy_with_logits(predicted, target, reduction="none").sum(dim=2)
    return nats[counted_frames(rolls, lengths)]  # (B, N - 1) -> (frames that count,)


def counted_frames(rolls: Tensor, lengths=None) -> Tensor:
    """Return which frames from the second on are to be predicted: (B, N - 1), True where sound."""
    n_frames = rolls.shape[1]
    lengths = [n_frames] * len(rolls) if lengths is None else lengths
    check_lengths(lengths, n_frames=n_frames, batch_size=len(rolls))
    # frame n is a target where it is sound, and the first is none
    mask = sequence_mask(lengths, n_frames=n_frames, device=rolls.device)[:, 1:]
    if not mask.any():
        raise AudioError(
            f"rolls have shape {tuple(rolls.shape)} and at most one frame each: there is no next "
            "frame to predict, so give longer ones"
        )
    return mask


@torch.no_grad()
def continue_roll(
    model: nn.Module, roll: Tensor, *, n_frames: int, temperature: float = 1.0, seed: int = 0
) -> Tensor:
    """Let a sequence model go on: draw the next frame, append it, ask again.

    Parameters
    ----------
    model : nn.Module
        Gives logits (B, N, D) of rolls (B, N, D), or has a method `draw_next` as `NoteByNoteModel`
        has; it is run in evaluation mode.
    roll : Tensor
        Shape (N, D), at least one frame: how the piece begins.
    n_frames : int
        Frames to add.
    temperature : float
        What logits are divided by: below 1 likely keys become likelier, above 1 all draw nearer
        to even chances.
    seed : int
        Another seed, another continuation.

    Returns
    -------
    Tensor
        Shape (N + n_frames, D), 0 and 1, the beginning included.

    Raises
    ------
    AudioError
        If the beginning is empty or an option cannot be.

    Examples
    --------
    >>> from audiolessons.models import TemporalConvolution
    >>> continue_roll(TemporalConvolution(), torch.zeros(4, 88), n_frames=8).shape
    torch.Size([12, 88])

    Chapter: learning/rnn
    """
    check_count(n_frames, name="n_frames")
    check_positive(temperature, name="temperature")
    roll = roll[None] if isinstance(roll, Tensor) and roll.ndim == 2 else roll
    roll = check_batch(roll, letters="B N D", name="roll")
    if len(roll) > 1:
        raise AudioError(
            f"roll has shape {tuple(roll.shape)}, so it holds {len(roll)} rolls: give one"
        )
    # on the CPU, so that a seed gives the same chances for drawing whatever the device
    generator = torch.Generator().manual_seed(seed)
    draw = getattr(model, "draw_next", None) or partial(_toss_coins, model)
    was_training = model.training
    model.eval()
    try:
        for _ in range(n_frames):
            frame = draw(roll, temperature=temperature, generator=generator)
            roll = torch.cat([roll, frame[:, None].to(roll.dtype)], dim=1)
    finally:
        model.train(was_training)
    return roll[0]


def _toss_coins(model, roll, *, temperature, generator):
    """Return the next frame (1, D): each key for itself."""
    chances = torch.sigmoid(model(roll)[:, -1] / temperature)  # (1, N, D) -> (1, D)
    return torch.rand(chances.shape, generator=generator).to(chances) < chances
