"""Teachers, and all that is made smaller of them: which networks there are, and how each learns.

A cell is a voice that is held out, a seed, and for choosing a second voice that is not heard
either. In each cell a teacher is trained; every other network is made of it, or beside it, from
the same sounds.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.utils.data import TensorDataset

from audiolessons import models, training, transforms
from audiolessons.models.shrinking import distilling, folding, low_rank, pruning, quantizing
from audiolessons.recipes._held_out_voices import Voices, other_sounds
from audiolessons.recipes._nested import Setting
from audiolessons.recipes._spoken_digits import COARSE_FRAMES
from audiolessons.recipes.large.efficiency import _lessons

TEACHER = Setting(
    channels=(32, 64, 128, 128), epochs=24, batch_size=128, is_warped=True, is_coloured=True
)
STUDENT = Setting(
    channels=(8, 16, 32, 40), epochs=30, batch_size=128, is_warped=True, is_coloured=True
)
RATE, FINE_RATE = 0.005, 0.002
TEMPERATURES = (2, 4, 8)
SHARE = 0.7  # of the teacher in the loss of a student
WORD_FRAMES = 25  # of 20 ms: as long as a digit is, half a second; multiplications count on it
N_MELS = COARSE_FRAMES["n_mels"]


@dataclass(frozen=True)
class Cell:
    """Whose sounds nothing is learned of, and the seed of all that is drawn."""

    held_out: str
    seed: int = 0
    also_unheard: str | None = None

    @property
    def name(self) -> str:
        """Of the folder that holds what was trained: voice, second voice if any, seed."""
        unheard = [self.held_out] + ([self.also_unheard] if self.also_unheard else [])
        return "-".join([*unheard, str(self.seed)])

    @property
    def unheard(self) -> tuple:
        """The voices that nothing is learned of."""
        return tuple(filter(None, (self.held_out, self.also_unheard)))


def new(setting: Setting, *, seed: int) -> models.SpectrogramCNN:
    """Return a network that has learned nothing."""
    training.seed_everything(seed)
    return models.SpectrogramCNN(
        n_mels=N_MELS, n_classes=10, channels=setting.channels, dropout=0.3
    )


def word() -> torch.Tensor:
    """Return a sound, (1, 40, 25), that multiplications are counted on."""
    return torch.zeros(1, N_MELS, WORD_FRAMES)


def learn(
    network: nn.Module,
    voices: Voices,
    cell: Cell,
    *,
    epochs: int,
    learning_rate: float = RATE,
    teacher: nn.Module | None = None,
    temperature: float = 4,
    show_progress: bool = False,
) -> training.History:
    """Train a network, in place, on all voices but those of the cell; from a teacher, if given.

    What is hidden and varied of the sounds is what teachers learn with.
    """
    training.seed_everything(cell.seed)
    generator = torch.Generator().manual_seed(cell.seed)
    learner, options = network, {}
    if teacher is not None:
        learner = distilling.TaughtBy(network, copy.deepcopy(teacher))
        options["loss"] = lambda both, labels: distilling.distillation_loss(
            *both, labels, temperature=temperature, share=SHARE
        )
    chain = transforms.Chain(
        *other_sounds(TEACHER, generator),
        transforms.SpecAugment(max_bands=8, max_frames=10, max_share=0.3, generator=generator),
        learner,
    )
    heard = voices.without(cell.also_unheard)
    history = training.fit_one_cycle(
        chain,
        heard.learned(held_out=cell.held_out),
        epochs=epochs,
        learning_rate=learning_rate,
        warm_up=learning_rate == RATE,
        batch_size=TEACHER.batch_size,
        seed=cell.seed,
        show_progress=show_progress,
        **options,
    )
    network.eval()
    return history


# --- what is made of a teacher -------------------------------------------------------------------


def _teacher(voices, cell, _, epochs, __):
    network = new(TEACHER, seed=cell.seed)
    return network, learn(network, voices, cell, epochs=epochs or TEACHER.epochs)


def _alone(voices, cell, _, epochs, __):
    network = new(STUDENT, seed=cell.seed)
    return network, learn(network, voices, cell, epochs=epochs or STUDENT.epochs)


def _taught(voices, cell, teacher, epochs, temperature):
    network = new(STUDENT, seed=cell.seed)
    how = {"teacher": teacher, "temperature": temperature}
    return network, learn(network, voices, cell, epochs=epochs or STUDENT.epochs, **how)


def _fine_tuned(make, n_epochs):
    """Return a maker: `make(teacher)` is trained on, with the teacher beside it."""

    def made(voices, cell, teacher, epochs, temperature):
        network = make(copy.deepcopy(teacher))
        how = {"teacher": teacher, "temperature": temperature, "learning_rate": FINE_RATE}
        return network, learn(network, voices, cell, epochs=epochs or n_epochs, **how)

    return made


def _without_channels(share):
    return lambda teacher: pruning.prune_channels(teacher.cpu(), share, word())


def _masked(share):
    return lambda teacher: pruning.mask_weights(teacher, share)


def _on_grids(n_bits):
    return lambda teacher: quantizing.quantize_aware(folding.FoldedCNN(teacher), n_bits=n_bits)


MAKERS = {
    "teacher": _teacher,
    "taught": _taught,
    "alone": _alone,
    "channels_50": _fine_tuned(_without_channels(0.5), 6),
    "channels_80": _fine_tuned(_without_channels(0.8), 10),
    "channels_90": _fine_tuned(_without_channels(0.9), 10),
    "weights_90": _fine_tuned(_masked(0.9), 4),
    "low_rank": _fine_tuned(lambda teacher: low_rank.lower_rank(teacher, 0.6), 6),
    "aware_4": _fine_tuned(_on_grids(4), 3),
    "aware_2": _fine_tuned(_on_grids(2), 3),
}


# --- what learns from three teachers at once ------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How a network begins, and how it learns from answers that are kept: one that is tried."""

    begin: Callable  # (teacher, seed) -> network
    rounds: int  # through all versions of all sounds
    learning_rate: float = RATE
    temperature: int = 4
    share: float = SHARE


def _student(_, seed):
    return _without_dropout(new(STUDENT, seed=seed))


def _pruned_80(teacher, _):
    return _without_dropout(_without_channels(0.8)(copy.deepcopy(teacher)))


def _without_dropout(network):
    network.dropout.p = 0.0
    return network


WAYS = {
    "taught_by_3": {
        "calm": Way(_student, 5),
        "fast": Way(_student, 5, learning_rate=0.01),
        "fast_2": Way(_student, 5, learning_rate=0.01, temperature=2),
    },
    "channels_80_by_3": {
        "gently": Way(_pruned_80, 2, FINE_RATE),
        "anew": Way(_pruned_80, 2),
    },
}


def by_lesson(
    way: Way, teacher: nn.Module, lesson: tuple, seed: int, rounds: int | None = None
) -> tuple[nn.Module, training.History]:
    """Train a network on (x, lengths, labels, answers)."""
    network = way.begin(teacher, seed)
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    x, lengths, labels, answers = lesson
    both = torch.cat([labels[:, None].to(answers), answers], dim=1)  # (B, 1 + K)
    history = training.fit_one_cycle(
        network,
        TensorDataset(x, lengths, both),
        epochs=rounds or way.rounds,
        learning_rate=way.learning_rate,
        warm_up=way.learning_rate != FINE_RATE,
        batch_size=TEACHER.batch_size * _lessons.N_PARTS,
        batches_become=partial(_lessons.OfLikeLength, generator=generator),
        seed=seed,
        show_progress=False,
        loss=lambda student, both: distilling.distillation_loss(
            student, both[:, 1:], both[:, 0].long(), temperature=way.temperature, share=way.share
        ),
    )
    return network.eval(), history


def shell(name: str, way: str | None = None) -> nn.Module:
    """Return a network of the shape that a maker, or a way, gives, before it gets its weights."""
    teacher = new(TEACHER, seed=0).eval()
    if way:
        return WAYS[name][way].begin(teacher, 0).eval()
    if name in ("alone", "taught"):
        return new(STUDENT, seed=0).eval()
    if name.startswith("channels"):
        return _without_channels(int(name[-2:]) / 100)(teacher)
    if name == "low_rank":
        return low_rank.lower_rank(teacher, 0.6)
    return teacher


def finished(name: str, network: nn.Module) -> nn.Module:
    """Return a network as it is kept: without masks."""
    network = network.cpu().eval()
    if name.startswith("weights"):
        return pruning.unmask(network)
    return network
