"""The state of a run on disk: written whole after each epoch, or not at all."""

from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path

import torch

from audiolessons.errors import AudioError
from audiolessons.training import processes
from audiolessons.writing import whole_file

FILE_NAME = "checkpoint.pt"
# What may differ between a run and its continuation: it does not change the weights.
FREE = ("checkpoint_folder", "show_progress", "device")


def settings(config, *, n_batches: int | None) -> dict:
    """Return what a continued run must share with the one that was interrupted."""
    shared = {key: value for key, value in asdict(config).items() if key not in FREE}
    if config.scheduler in (None, "plateau"):  # the others plan the learning rate by the epochs
        del shared["epochs"]
    return {**shared, "batches in train": n_batches}


def save(state: dict, folder) -> None:
    """Write the checkpoint of a run, atomically; only the first process does."""
    if processes.rank() > 0:
        return
    try:
        with whole_file(Path(folder) / FILE_NAME, make_folder=True) as file:
            torch.save(state, file)
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
        If the file cannot be read, or was written with other settings.
    """
    path = Path(folder) / FILE_NAME
    if not path.exists():
        return None
    try:  # weights_only: a checkpoint from somebody else can run no code
        state = torch.load(path, map_location="cpu", weights_only=True)
        before, n_processes = state["settings"], len(state["random"])
    except (
        OSError,
        RuntimeError,
        EOFError,
        LookupError,
        TypeError,
        pickle.PickleError,
    ) as problem:
        raise AudioError(
            f"{path} is no checkpoint that can be read: delete it to train from the start"
        ) from problem
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
