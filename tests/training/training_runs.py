"""Small training runs for processes of their own: one is killed, two share the work.

python training_runs.py whole|killed|shared FOLDER
"""

import os
import signal
import sys
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from audiolessons import training


class Shake(nn.Module):
    """Adds noise in training, from a generator of its own."""

    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(3)

    def forward(self, x):
        noise = torch.randn(x.shape, generator=self.generator) if self.training else 0.0
        return x + 0.1 * noise


class KillAfter(nn.Module):
    """Ends the process without a word in the middle of an epoch."""

    def __init__(self, n_batches):
        super().__init__()
        self.left = n_batches

    def forward(self, x):
        self.left -= self.training
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return x


def data(n_items=96):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(n_items, 12, generator=generator)
    target = (features @ torch.randn(12, 3, generator=generator)).argmax(dim=1)
    return TensorDataset(features, target)


def network(*, n_batches=-1):
    torch.manual_seed(1)
    return nn.Sequential(
        KillAfter(n_batches),
        Shake(),
        nn.Linear(12, 16),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(16, 3),
    )


def train_one(folder, *, n_batches=-1, **options):
    """Six epochs with everything random in them: shuffling, noise, dropout."""
    training_set, valid = data(), data(40)
    model = network(n_batches=n_batches)
    order = torch.Generator().manual_seed(5)
    settings = {"scheduler": "one-cycle", "clip_norm": 1.0, "learning_rate": 0.01} | options
    history = training.fit(
        model,
        DataLoader(training_set, batch_size=16, shuffle=True, generator=order),
        DataLoader(valid, batch_size=16),
        config=training.Config(
            epochs=6, device="cpu", checkpoint_folder=folder, show_progress=False, **settings
        ),
        metric=training.accuracy,
    )
    return model, history


def by_item(output, target):
    """One value for each item of two of the classes: the processes have unequal numbers of them."""
    return nn.functional.cross_entropy(output, target, reduction="none")[target > 0]


def train_shared(folder, *, make_loader=training.loader, n_items=96, **options):
    """Three epochs that one process or several may do, without anything random within a batch."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 3))
    history = training.fit(
        model,
        make_loader(data(n_items), batch_size=16, shuffle=True),
        make_loader(data(41), batch_size=16),
        config=training.Config(
            epochs=3, learning_rate=0.02, device="cpu", checkpoint_folder=folder, **options
        ),
        loss=by_item,
        metric=training.accuracy,
    )
    return model, history


def main(what, folder):
    torch.set_num_threads(1)
    if what == "killed":
        train_one(folder, n_batches=21)  # six batches an epoch: in the fourth
    elif what == "whole":
        model, history = train_one(folder)
        torch.save((model.state_dict(), vars(history)), Path(folder) / "result.pt")
    else:
        model, history = train_shared(folder)
        own = training.processes.rank()
        torch.save((model.state_dict(), vars(history)), Path(folder) / f"result_{own}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
