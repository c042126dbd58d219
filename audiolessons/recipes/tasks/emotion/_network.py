"""A small network for acted emotions: that of the chapter on speakers, with emotions to tell."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, training, transforms
from audiolessons.recipes.tasks.emotion._descriptions import spoken
from audiolessons.recipes.tasks.speaker import _voice_networks as speaker

EPOCHS, LEARNING_RATE, BATCH_SIZE = 12, 0.003, 32
STEP = 2  # every second frame is enough: 20 ms
N_FRAMES = 101  # of two seconds


def prepare(*, stand_ins: bool = False) -> TensorDataset:
    """Return log-mel (B, 40, N) in dB, lengths (B,) in frames, and emotions (B,).

    Chapter: tasks/emotion
    """
    sounds = datasets.load("emotional_speech", stand_ins=stand_ins)
    found = [speaker.log_mel(spoken(one))[:, ::STEP] for one in sounds]
    x = torch.stack([torch.nn.functional.pad(one, (0, N_FRAMES - one.shape[1])) for one in found])
    lengths = torch.tensor([one.shape[1] for one in found])
    return TensorDataset(x, lengths, torch.from_numpy(sounds.label_ids))


def train(
    rows: TensorDataset, train, *, epochs: int = EPOCHS, seed: int = 0, n_channels: int = 24
) -> tuple[models.SpeakerClassifier, training.History]:
    """Train a network on some rows, given by numbers; return it with what its losses were.

    Chapter: tasks/emotion
    """
    training.seed_everything(seed)
    encoder = models.SpeakerEncoder(n_channels=n_channels, embedding_size=32, pooling="statistics")
    n_emotions = int(rows.tensors[2].max()) + 1
    network = models.SpeakerClassifier(encoder, n_speakers=n_emotions)
    hide = transforms.SpecAugment(
        max_bands=6, max_frames=20, max_share=0.3, generator=torch.Generator().manual_seed(seed)
    )
    history = training.fit_one_cycle(
        transforms.Chain(hide, network),
        TensorDataset(*rows[list(map(int, train))]),
        epochs=epochs,
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        weight_decay=0.05,
        seed=seed,
        show_progress=False,
        loss=lambda cosines, target: models.margin_loss(cosines, target, margin=0.0),
        metric=training.accuracy,
    )
    return network, history


@torch.no_grad()
def answers(network: models.SpeakerClassifier, rows: TensorDataset, test) -> np.ndarray:
    """Return the emotions that a network hears in some rows, given by numbers.

    Chapter: tasks/emotion
    """
    x, lengths, _ = rows[list(map(int, test))]
    device = next(network.parameters()).device
    return network.eval()(x.to(device), lengths.to(device)).argmax(dim=1).cpu().numpy()
