"""Where to compute, and where random numbers begin."""

from __future__ import annotations

import os
import random

import numpy as np
import torch

from audiolessons.errors import AudioError, check_choice, check_count


def pick_device() -> torch.device:
    """Return the fastest device here: a CUDA GPU, else Apple's GPU ("mps"), else the processor.

    The environment variable AUDIOLESSONS_DEVICE ("cpu", "cuda", "cuda:1", "mps") decides instead,
    where it is set. A process that `torchrun` started gets the GPU of its own number.

    Raises
    ------
    AudioError
        If AUDIOLESSONS_DEVICE names a device that is not here.

    Examples
    --------
    >>> pick_device().type in ("cuda", "mps", "cpu")
    True

    Chapter: learning/gradients
    """
    wanted = os.environ.get("AUDIOLESSONS_DEVICE")
    if wanted:
        return check_device(wanted, name="AUDIOLESSONS_DEVICE")
    if torch.cuda.is_available():
        return _own_gpu()
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def check_device(wanted: str, *, name: str = "device") -> torch.device:
    """Return the device of that name, or say that it is not here."""
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise AudioError(f"{name} is {wanted!r}: give 'cpu', 'cuda', 'cuda:0' or 'mps'") from None
    check_choice(device.type, name=name, choices=("cpu", "cuda", "mps"))
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= n_gpus:
        raise AudioError(
            f"{name} is {wanted!r}, and torch sees {n_gpus} CUDA GPUs here: use 'cpu', or see "
            "python -m audiolessons doctor"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise AudioError(f"{name} is 'mps', and torch sees no Apple GPU here: use 'cpu'")
    return _own_gpu() if wanted == "cuda" else device


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether products of 16 bits save time: on a GPU, and on processors made for them.

    Examples
    --------
    >>> has_bfloat16(torch.device("cpu")) in (True, False)
    True

    Chapter: speech/recognition
    """
    # torch has no public name for it yet; where even the private one is gone, 32 bits do as well
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cuda" or (device.type == "cpu" and supported())


def _own_gpu() -> torch.device:
    """Return the GPU of this process: the first, or under torchrun the one of its number."""
    number = int(os.environ.get("LOCAL_RANK", "0"))
    n_gpus = torch.cuda.device_count()
    if number >= n_gpus:
        raise AudioError(
            f"torchrun started process {number} on a machine with {n_gpus} GPUs: start one "
            f"process a GPU, torchrun --nproc-per-node={n_gpus}"
        )
    return torch.device("cuda", number)


def seed_everything(seed: int) -> None:
    """Start the random numbers of Python, NumPy and torch (on every device) at `seed`.

    The same seed gives the same numbers on the same machine and versions. On a GPU, sums are
    added up in an order that changes from run to run, so that results agree closely, not exactly.

    Raises
    ------
    AudioError
        If `seed` is not a whole number from 0 to 2**32 - 1.

    Examples
    --------
    >>> seed_everything(7); first = torch.rand(3)
    >>> seed_everything(7); torch.equal(first, torch.rand(3))
    True

    Chapter: learning/gradients
    """
    seed = check_count(seed, name="seed", minimum=0)
    if seed >= 2**32:
        raise AudioError(f"seed is {seed}: NumPy takes seeds below 2**32")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  libraries that use the old global state are seeded too
    torch.manual_seed(seed)


def random_states(device: torch.device, generators: dict) -> dict:
    """Return where every source of random numbers stands, in types that torch.load can trust."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    states = {
        "python": random.getstate(),
        "numpy": (kind, keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
        "generators": {name: one.get_state() for name, one in generators.items()},
    }
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random_states(states: dict, device: torch.device, generators: dict) -> None:
    """Put every source of random numbers back to where `random_states` found it."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
    for name, generator in generators.items():
        if name in states["generators"]:
            generator.set_state(states["generators"][name])


def find_generators(model, loaders: dict) -> dict:
    """Return every torch.Generator that the modules of a model, or the loaders, draw from."""
    found = {}
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            if isinstance(value, torch.Generator):
                found[f"model.{name}.{key}"] = value
    for name, loader in loaders.items():
        sampler = getattr(loader, "sampler", None)
        batches = getattr(loader, "batch_sampler", None)
        inner = [getattr(one, "sampler", None) for one in (sampler, batches)]
        parts = (loader, getattr(loader, "dataset", None), sampler, batches, *inner)
        for number, part in enumerate(parts):
            if isinstance(getattr(part, "generator", None), torch.Generator):
                found[f"{name}.{number}"] = part.generator
    return found
