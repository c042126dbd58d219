"""Many small networks trained at once: each has its own voice, seed and sounds, all take one step.

Thirty networks of one form are one batch more for a GPU, where one after the other they would wait
for it. None sees another: the answers are those of networks that were trained alone.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.nn.attention import SDPBackend, sdpa_kernel

from audiolessons import training, transforms
from audiolessons.models import SpeechClassifier, sequence_mask
from audiolessons.recipes.large.finetuning._frames import SAMPLE_RATE, TOP_DB, Digits


class _Answers(nn.Module):
    """A classifier that is called with a mask: lengths cannot be checked for many at once."""

    def __init__(self, network: SpeechClassifier):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.network.answer(x, mask)


def train_together(
    networks: Sequence[SpeechClassifier],
    digits: Digits,
    rows: np.ndarray,
    *,
    labels: np.ndarray | None = None,
    n_steps: int,
    batch_size: int,
    learning_rate: float,
    head_rate: float,
    seed: int = 0,
    device: torch.device | None = None,
) -> None:
    """Train networks of one form, each on its own rows of the digits; they are changed in place.

    AdamW with one cycle of the rate. Each sound is warped, coloured and hidden in part whenever it
    is heard.

    Parameters
    ----------
    networks : list of SpeechClassifier
        M of one form; what is frozen in the first is frozen in all.
    digits : Digits
    rows : array
        (M, R): which sounds each network learns from.
    labels : array, optional
        (M, R), in place of the labels of the digits.
    n_steps, batch_size
    learning_rate, head_rate : float
        The highest of the encoder and of the last layer.
    seed : int
        Of the order and of what is done to the sounds.
    device : torch.device, optional
        `training.pick_device()` unless given.

    Chapter: large/finetuning
    """
    device = training.pick_device() if device is None else device
    training.seed_everything(seed)
    rows = torch.as_tensor(rows)
    target = digits.labels[rows] if labels is None else torch.as_tensor(labels)
    stacked = _Stacked(networks, device)
    generator = torch.Generator().manual_seed(seed)
    vary = transforms.Chain(
        transforms.Warp(
            most_pitch=1.12, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        ),
        transforms.Colour(most=6.0 / (TOP_DB / 2), generator=generator),
        transforms.SpecAugment(max_bands=8, max_frames=5, max_share=0.2, generator=generator),
    ).train()
    optimiser = torch.optim.AdamW(stacked.groups(learning_rate, head_rate), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in optimiser.param_groups], total_steps=n_steps
    )
    x, lengths, target = digits.x.to(device), digits.lengths.to(device), target.to(device)
    stacked.base.train()
    for chosen in _batches(rows, n_steps, batch_size, generator):
        picked = torch.gather(rows, 1, chosen).to(device)  # (M, B)
        heard, n_frames = vary(x[picked.flatten()], lengths[picked.flatten()])
        logits = stacked.answers(heard.unflatten(0, picked.shape), n_frames.view(picked.shape))
        wanted = target.gather(1, chosen.to(device))
        losses = nn.functional.cross_entropy(
            logits.flatten(0, 1), wanted.flatten(), reduction="none"
        )
        optimiser.zero_grad(set_to_none=True)
        losses.view(picked.shape).mean(dim=1).sum().backward()
        optimiser.step()
        schedule.step()
    stacked.give_back(networks)


def _batches(rows, n_steps, batch_size, generator):
    """Yield which of its rows each network hears next, (M, B): all once before any twice."""
    n_networks, n_rows = rows.shape
    size = min(batch_size, n_rows)
    order = torch.empty(n_networks, 0, dtype=torch.long)
    for _ in range(n_steps):
        if order.shape[1] < size:
            order = torch.rand(n_networks, n_rows, generator=generator).argsort(dim=1)
        yield order[:, :size]
        order = order[:, size:]


@torch.no_grad()
def answers_together(
    networks: Sequence[SpeechClassifier],
    digits: Digits,
    rows: np.ndarray,
    *,
    device: torch.device | None = None,
) -> Tensor:
    """Return the logits (M, R, K) of networks of one form, each for its own rows (M, R).

    Chapter: large/finetuning
    """
    device = training.pick_device() if device is None else device
    stacked = _Stacked(networks, device)
    stacked.base.eval()
    x, lengths = digits.x.to(device), digits.lengths.to(device)
    parts = torch.as_tensor(rows).to(device).split(50, dim=1)
    return torch.cat([stacked.answers(x[part], lengths[part]) for part in parts], dim=1).cpu()


class _Stacked:
    """The parameters of networks of one form, (M, ...) each, and what computes all answers."""

    def __init__(self, networks, device):
        wrapped = [_Answers(one).to(device) for one in networks]
        self.base = copy.deepcopy(wrapped[0]).to("meta")
        self.parameters, self.buffers = stack_module_state(wrapped)

    def groups(self, learning_rate, head_rate):
        learned = {name: one for name, one in self.parameters.items() if one.requires_grad}
        is_head = {name: name.startswith("network.classify.") for name in learned}
        groups = [
            {"params": [one for name, one in learned.items() if is_head[name] == head], "lr": rate}
            for head, rate in ((False, learning_rate), (True, head_rate))
        ]
        return [group for group in groups if group["params"]]

    def answers(self, x, lengths):
        """Return logits (M, B, K) of x (M, B, F, N) and lengths (M, B)."""
        n_frames = int(lengths.max())
        mask = sequence_mask(lengths.flatten(), n_frames=n_frames).view(*lengths.shape, -1)
        x = x[..., :n_frames] * mask[:, :, None]
        each = torch.vmap(self._answer, randomness="different")
        with sdpa_kernel(SDPBackend.MATH):  # the fused one would take them one by one
            return each(self.parameters, self.buffers, x, mask)

    def _answer(self, parameters, buffers, x, mask):
        return functional_call(self.base, (parameters, buffers), (x, mask))

    @torch.no_grad()
    def give_back(self, networks):
        for number, network in enumerate(networks):
            for name, one in network.named_parameters():
                one.copy_(self.parameters[f"network.{name}"][number])
