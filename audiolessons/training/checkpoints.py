"""The state of a run on disk: written whole after each epoch, or not at all."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import torch

from audiolessons.errors import AudioError
from audiolessons.training import processes
from audiolessons.training.hashing import digest
from audiolessons.writing import whole_file, why_not_writable

FILE_NAME = "checkpoint.pt"
HASH = "sha256"  # the entry that holds the hash of all others
# What may differ between a run and its continuation: it does not change the weights.
FREE = ("checkpoint_folder", "show_progress", "device")


def settings(config, *, n_batches: int | None) -> dict:
    """Return what a continued run must share with the one that was interrupted."""
    shared = {key: value for key, value in asdict(config).items() if key not in FREE}
    if config.scheduler in (None, "plateau"):  # the others plan the learning rate by the epochs
        del shared["epochs"]
    return {**shared, "batches in train": n_batches}


def check_writable(folder) -> None:
    """Raise an `AudioError` now if a checkpoint could not be written there after an epoch."""
    if processes.rank() == 0 and (refused := why_not_writable(folder, make_folder=True)):
        raise AudioError(
            f"checkpoints cannot be written to {folder} ({refused}): give another checkpoint_folder"
        )


def save(state: dict, folder) -> None:
    """Write the checkpoint of a run and its hash, atomically; only the first process does."""
    if processes.rank() > 0:
        return
    try:
        with whole_file(Path(folder) / FILE_NAME, make_folder=True) as file:
            torch.save({**state, HASH: digest(state)}, file)
    except RuntimeError as problem:  # torch says so when a disk is full
        raise AudioError(
            f"the checkpoint cannot be written to {folder} ({problem}): free some space, or give "
            "another checkpoint_folder"
        ) from problem


def load(folder, *, settings: dict) -> dict | None:
    """Read the checkpoint of an interrupted run, or return None where there is none.

    Raises
    ------
    AudioError
        If the file cannot be read, is not what was written, or was written with other settings or
        by another version of this package.
    """
    path = Path(folder) / FILE_NAME
    if not os.path.lexists(path):
        return None
    try:  # weights_only: a checkpoint from somebody else can run no code
        state = torch.load(path, map_location="cpu", weights_only=True)
        written = state.pop(HASH, None)
        before, n_processes = dict(state["settings"]), len(state["random"])
    except Exception as problem:  # whatever bytes of any kind make torch and pickle stumble over
        raise AudioError(
            f"{path} is no checkpoint that can be read: delete it to train from the start"
        ) from problem
    if written is None:
        raise AudioError(
            f"{path} carries no hash, so an older version wrote it: delete it to train from the "
            "start"
        )
    if written != digest(state):
        raise AudioError(
            f"{path} is damaged, its hash is not that of its tensors: delete it to train from the "
            "start"
        )
    differing = [
        f"{key} was {before.get(key)!r} and is {value!r}"
        for key, value in settings.items()
        if before.get(key) != value
    ]
    if differing:
        raise AudioError(
            f"{path} belongs to a run with other settings ({'; '.join(differing)}): give another "
            "checkpoint_folder, or delete the file to train from the start"
        )
    if n_processes != processes.n_processes():
        raise AudioError(
            f"{path} was written by {n_processes} processes, and {processes.n_processes()}"
            " run now: start as many, or delete the file to train from the start"
        )
    return state
