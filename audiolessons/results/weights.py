"""Weights that the project trained: small files with a hash, and a record of how they were made.

`data/weights/NAME.npz` holds the tensors in half precision, `NAME.json` the SHA-256 and the
record: the command, the settings, the losses of each epoch, the versions.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import torch

from audiolessons.datasets._store import registry
from audiolessons.errors import AudioError
from audiolessons.writing import whole_file


def save(network: torch.nn.Module, name: str, *, record: dict, folder=None) -> Path:
    """Store a network's weights and the record of its training; return the path of the weights.

    Numbers are rounded to half precision, about three digits. The network gets the rounded ones
    as well, so that what is measured next is what was stored.

    Parameters
    ----------
    network : torch.nn.Module
    name : str
        Such as "denoiser-gru".
    record : dict
        What JSON can hold: how the weights were made.
    folder : path, optional
        The project's `data/weights` unless given.

    Chapter: tasks/denoising
    """
    weights = {key: _stored(value) for key, value in network.state_dict().items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **weights)
    content = buffer.getvalue()
    path = _path(name, folder)
    record = {"sha256": registry.sha256(content), "bytes": len(content), **record}
    for one, written in (
        (path, content),
        (path.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode()),
    ):
        with whole_file(one, make_folder=True) as file:
            file.write(written)
    _fill(network, weights)
    return path


def load(network: torch.nn.Module, name: str, *, folder=None) -> dict:
    """Fill a network with stored weights, in evaluation mode; return the record.

    Raises
    ------
    AudioError
        If there are none of that name, the file is not the one that was stored, or the network is
        another one.

    Chapter: tasks/denoising
    """
    path = _path(name, folder)
    record = read_record(name, folder=folder)
    content = path.read_bytes()
    if registry.sha256(content) != record["sha256"]:
        raise AudioError(
            f"{path.name} is not the file that was stored (SHA-256 {registry.sha256(content)[:12]} "
            f"instead of {record['sha256'][:12]}): get it again, or train it again with "
            f"{record.get('command', 'its recipe')}"
        )
    with np.load(io.BytesIO(content)) as weights:
        _fill(network, dict(weights))
    network.eval()
    return record


def read_record(name: str, *, folder=None) -> dict:
    """Return how stored weights were made: command, settings, losses, versions.

    Raises
    ------
    AudioError
        If there are none of that name, or their record was damaged.

    Chapter: tasks/denoising
    """
    path = _path(name, folder)
    if not path.exists() or not path.with_suffix(".json").exists():
        both = [one.stem for one in path.parent.glob("*.npz") if one.with_suffix(".json").exists()]
        there = ", ".join(sorted(both)) or "none"
        raise AudioError(f"there are no stored weights {name!r}: there are {there}")
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        record["sha256"]
    except (ValueError, KeyError, TypeError) as problem:
        raise AudioError(
            f"{name}.json is no record of stored weights (no SHA-256 in it): get it again"
        ) from problem
    return record


def _path(name, folder):
    folder = registry.data_folder() / "weights" if folder is None else Path(folder)
    return folder / f"{name}.npz"


def _stored(value):
    value = value.detach().cpu()
    return (value.half() if value.is_floating_point() else value).numpy()


def _fill(network, weights):
    state = {key: torch.from_numpy(value) for key, value in weights.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as problem:
        raise AudioError(
            f"the stored weights belong to another network: {str(problem).splitlines()[1].strip()}"
        ) from problem
