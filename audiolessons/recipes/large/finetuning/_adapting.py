"""A classifier learns a few digits, or many; and what it answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons import training, transforms
from audiolessons.models import SpeechClassifier
from audiolessons.recipes._hurried import Hurried
from audiolessons.recipes.large.finetuning._frames import SAMPLE_RATE, TOP_DB, Digits

PIECE = 250  # sounds that are answered at once


def train(
    network: SpeechClassifier,
    digits: Digits,
    rows: np.ndarray,
    *,
    n_steps: int,
    batch_size: int,
    learning_rate: float,
    head_rate: float,
    seed: int = 0,
    device: torch.device | None = None,
) -> None:
    """Train a classifier on rows of the digits, in place; afterwards it is on the processor.

    AdamW with one cycle of the rate. Each sound is warped, coloured and hidden in part whenever it
    is heard.

    Parameters
    ----------
    network : SpeechClassifier
        What is frozen stays.
    digits : Digits
    rows : array
        (R,): which sounds it learns from.
    n_steps, batch_size
    learning_rate, head_rate : float
        The highest of the encoder and of the last layer.
    seed : int
        Of the order and of what is done to the sounds.
    device : torch.device, optional
        `training.pick_device()` unless given.

    Examples
    --------
    >>> from audiolessons.recipes.large.finetuning._frames import digits
    >>> from audiolessons.models import SpeechEncoder
    >>> found = digits()
    >>> network = SpeechClassifier(SpeechEncoder(width=16, n_layers=1), n_classes=10)
    >>> rows = found.rows(found.speakers[:1], takes=range(50))[:8]
    >>> train(network, found, rows, n_steps=1, batch_size=4, learning_rate=0.01, head_rate=0.01)

    Chapter: large/finetuning
    """
    device = training.pick_device() if device is None else device
    training.seed_everything(seed)
    rows = torch.as_tensor(rows)
    generator = torch.Generator().manual_seed(seed)
    vary = transforms.Chain(
        transforms.Warp(
            most_pitch=1.12, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        ),
        transforms.Colour(most=6.0 / (TOP_DB / 2), generator=generator),
        transforms.SpecAugment(max_bands=8, max_frames=5, max_share=0.2, generator=generator),
    ).train()
    hurried = Hurried(network.to(device)).train()
    optimiser = torch.optim.AdamW(_groups(network, learning_rate, head_rate), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in optimiser.param_groups], total_steps=n_steps
    )
    for chosen in _batches(len(rows), n_steps, batch_size, generator):
        picked = rows[chosen]
        heard = vary(digits.x[picked].to(device), digits.lengths[picked].to(device))
        loss = nn.functional.cross_entropy(
            hurried(*heard).float(), digits.labels[picked].to(device)
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    network.cpu()


def _groups(network, learning_rate, head_rate) -> list[dict]:
    """The last layer has a rate of its own; what is frozen is left out."""
    last = list(network.classify.parameters())
    others = [one for one in network.encoder.parameters() if one.requires_grad]
    groups = [{"params": others, "lr": learning_rate}, {"params": last, "lr": head_rate}]
    return [group for group in groups if group["params"]]


def _batches(n_rows, n_steps, batch_size, generator) -> Iterator[Tensor]:
    """Yield which of the rows come next: all once before any twice."""
    size = min(batch_size, n_rows)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(n_steps):
        if len(order) < size:
            order = torch.randperm(n_rows, generator=generator)
        yield order[:size]
        order = order[size:]


def answers(network: SpeechClassifier, digits: Digits, rows: np.ndarray) -> Tensor:
    """Return the logits (R, K) of rows (R,) of the digits.

    Chapter: large/finetuning
    """
    with training.evaluating(network) as device:
        found = [
            network(digits.x[part].to(device), digits.lengths[part].to(device)).cpu()
            for part in torch.as_tensor(rows).split(PIECE)
        ]
    return torch.cat(found)
