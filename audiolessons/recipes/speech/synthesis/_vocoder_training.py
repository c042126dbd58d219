"""How the vocoder is taught: pieces of sentences, distances of spectra, and a critic.

A network that is asked for the right magnitudes alone answers with an average of what might be,
and that buzzes. So after a while a critic joins, who learns to tell made from recorded, and the
vocoder learns to be taken for recorded.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons import models, training, transforms
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    SAMPLE_RATE,
    log_mel,
)
from audiolessons.training import checkpoints

BATCH_SIZE = 16
PIECE = 40  # hops of a piece: half a second
N_JUDGED = 6  # pieces of a batch that the critic hears: it takes most of the time
KEPT = 0.998  # of the average of the weights, after each step
MEL, MATCH = 1.0, 2.0  # weights of mel bands and of the critic's features, beside 1


@dataclass(frozen=True)
class Plan:
    """How long, and how: `epochs` of `steps` each, the first `alone` of them without the critic."""

    epochs: int
    alone: int
    steps: int = 250
    learning_rate: float = 8e-4
    last_rate: float = 1e-4
    critic_rate: float = 4e-4
    seed: int = 0


PLAN = Plan(epochs=13, alone=5)


@dataclass(frozen=True, eq=False)
class Lesson:
    """Mel bands (D, N), and the sound that belongs to them, (hop * (N - 1),) or longer."""

    log_mel: Tensor
    audio: Tensor


def lessons(sentences) -> list[Lesson]:
    """Return mel bands and sound of sentences; what is too short is left out."""
    return [
        Lesson(log_mel(one.audio), torch.from_numpy(one.audio))
        for one in sentences
        if len(one.audio) > PIECE * HOP_LENGTH
    ]


class Teacher:
    """The networks, optimisers and random numbers of a training, as one state that can be kept."""

    def __init__(self, network: nn.Module, plan: Plan):
        self.network, self.plan = network, plan
        self.critic = models.SpectrogramCritic().to(memory_format=torch.channels_last)
        self.average = torch.optim.swa_utils.AveragedModel(
            network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(KEPT)
        )
        options = {"betas": (0.8, 0.99), "weight_decay": 0.01}
        self.optimiser = torch.optim.AdamW(network.parameters(), plan.learning_rate, **options)
        self.critics = torch.optim.AdamW(self.critic.parameters(), plan.critic_rate, **options)
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)
        self.history = training.History(metric_name="mel distance")
        self.step = 0

    @property
    def _parts(self) -> dict:
        return {
            name: getattr(self, name)
            for name in ("network", "critic", "average", "optimiser", "critics")
        }

    def state(self, settings: dict) -> dict:
        """Return all that a later run needs to go on."""
        return {
            "settings": settings,
            "random": [self.generator.get_state()],
            "step": self.step,
            "history": asdict(self.history),
            **{name: part.state_dict() for name, part in self._parts.items()},
        }

    def restore(self, state: dict) -> None:
        """Go on from a state."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.generator.set_state(state["random"][0])
        self.step = state["step"]
        self.history = training.History(**state["history"])

    def learn(self, lessons: Sequence[Lesson]) -> float:
        """Take one step; return the loss of the spectra."""
        self._set_rate()
        log_mel, audio = self._pieces(lessons)
        made = self.network(log_mel)
        loss = models.spectral_losses(made, audio).mean() + MEL * self.distance(made, audio)
        total = loss
        if self.step >= self.plan.alone * self.plan.steps:
            total = loss + self._to_please(made[:N_JUDGED], audio[:N_JUDGED])
        self.optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())

    def distance(self, made: Tensor, audio: Tensor) -> Tensor:
        """Return the mean difference of log-mel bands."""
        return (self.to_mel(made) - self.to_mel(audio)).abs().mean()

    def _to_please(self, made, audio):
        """Let the critic learn; return what the network loses where the critic sees through it."""
        verdicts, features = self._judged(audio)
        seen_through, _ = self._judged(made.detach())
        loss = sum((1 - one).relu().mean() for one in verdicts)
        loss = loss + sum((1 + one).relu().mean() for one in seen_through)
        self.critics.zero_grad()
        loss.backward()
        self.critics.step()
        verdicts, seen = self._judged(made)
        pleased = sum((1 - one).relu().mean() for one in verdicts) / len(verdicts)
        pairs = zip(seen, features, strict=True)
        match = sum(functional.l1_loss(one, other.detach()) for one, other in pairs) / len(seen)
        return pleased + MATCH * match

    def _judged(self, audio):
        device = audio.device
        with torch.autocast(
            device.type, dtype=torch.bfloat16, enabled=training.has_bfloat16(device)
        ):
            verdicts, features = self.critic(audio)
        return [one.float() for one in verdicts], [one.float() for one in features]

    def _set_rate(self):
        """Lower the learning rate along half a cosine."""
        plan = self.plan
        share = 0.5 * (1 + np.cos(np.pi * self.step / (plan.epochs * plan.steps)))
        rate = plan.last_rate + share * (plan.learning_rate - plan.last_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = float(rate)  # numpy's own would not be read from a checkpoint

    def _pieces(self, lessons):
        """Return a batch of pieces, drawn where any second of speech is as likely as any other."""
        lengths = torch.tensor([float(one.log_mel.shape[-1]) for one in lessons])
        chosen = torch.multinomial(lengths, BATCH_SIZE, replacement=True, generator=self.generator)
        bands, sounds = [], []
        for number in chosen.tolist():
            one = lessons[number]
            most = one.log_mel.shape[-1] - PIECE - 1
            first = int(torch.randint(max(most, 0) + 1, (), generator=self.generator))
            bands.append(one.log_mel[:, first : first + PIECE + 1].float())
            sounds.append(one.audio[first * HOP_LENGTH : (first + PIECE) * HOP_LENGTH])
        return torch.stack(bands), torch.stack(sounds)


@torch.no_grad()
def mel_distance(teacher: Teacher, lessons: Sequence[Lesson]) -> float:
    """Return the mean difference of log-mel bands over whole sentences, by the average weights."""
    teacher.average.eval()
    found = []
    for one in lessons:
        made = teacher.average(one.log_mel[None].float())
        found.append(float(teacher.distance(made, one.audio[None, : made.shape[-1]])))
    return float(np.mean(found))


def run(network, train, valid, *, plan, checkpoint_folder=None, show_progress=True):
    """Train the network by the plan; leave it with the average weights and return the history."""
    teacher = Teacher(network, plan)
    settings = {**asdict(plan), "lessons": len(train)}
    if checkpoint_folder is not None:
        checkpoints.check_writable(checkpoint_folder)
        if state := checkpoints.load(checkpoint_folder, settings=settings):
            teacher.restore(state)
    if show_progress:
        print(teacher.history)
    network.train()
    while teacher.history.n_epochs < plan.epochs:
        started, rate = time.perf_counter(), teacher.optimiser.param_groups[0]["lr"]
        losses = [teacher.learn(train) for _ in range(plan.steps)]
        history = teacher.history
        history.train_loss.append(float(np.mean(losses)))
        history.valid_metric.append(mel_distance(teacher, valid))
        history.learning_rate.append(rate)
        history.epoch_s.append(time.perf_counter() - started)
        history.best_epoch = history.n_epochs  # the last: the critic asks for more than distance
        if show_progress:
            print(history.line(history.n_epochs), flush=True)
        if checkpoint_folder is not None:
            checkpoints.save(teacher.state(settings), checkpoint_folder)
    network.load_state_dict(teacher.average.module.state_dict())
    network.eval()
    return teacher.history
