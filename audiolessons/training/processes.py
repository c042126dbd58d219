"""One process, or the several that `torchrun` started: the loop is told the same things of both."""

from __future__ import annotations

import atexit
import os

import torch
from torch import distributed

from audiolessons.errors import AudioError


def n_processes() -> int:
    """Return how many processes train together: 1, or what torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return the number of this process, from 0."""
    return int(os.environ.get("RANK", "0")) if n_processes() > 1 else 0


def join(device: torch.device) -> None:
    """Meet the other processes, where there are some. They part when the program ends."""
    if n_processes() > 1 and not distributed.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(distributed.destroy_process_group)


def wrap(model, device: torch.device):
    """Return the model, or torch's DistributedDataParallel of it, which averages gradients."""
    if n_processes() == 1:
        return model
    ids = [device.index] if device.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(model, device_ids=ids)


def total(values, device: torch.device) -> list[float]:
    """Return the sums of some numbers over all processes."""
    if n_processes() == 1:
        return [float(value) for value in values]
    summed = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(summed)
    return summed.tolist()


def gather(value) -> list:
    """Return the value of every process, in the order of their numbers."""
    if n_processes() == 1:
        return [value]
    values = [None] * n_processes()
    distributed.all_gather_object(values, value)
    return values


def agree_on_buffers(model) -> None:
    """Give every process the buffers (batch normalisation's means) of the first."""
    if n_processes() > 1:
        for buffer in model.buffers():
            distributed.broadcast(buffer, 0)


def check_same_length(loader, name: str) -> None:
    """Refuse training sets of unequal length: one process would wait for the other for ever."""
    lengths = gather(len(loader))
    if len(set(lengths)) > 1:
        raise AudioError(
            f"the processes have {lengths} batches in {name}: make it with training.loader(..., "
            "shuffle=True), which gives each the same number"
        )
