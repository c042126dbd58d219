"""A hash of tensors and what holds them: tells whether data and checkpoints are what they were."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

PLAIN = (bool, int, float, complex, str, bytes, type(None))


def digest(value) -> str:
    """Return the SHA-256 of nested dicts, lists, tuples, tensors, arrays, numbers and strings.

    Of anything else the type counts, and no more.

    Examples
    --------
    >>> digest({"weight": torch.zeros(2)}) == digest({"weight": torch.zeros(2)})
    True
    >>> digest({"weight": torch.zeros(2)}) == digest({"weight": torch.zeros(2, 1)})
    False
    """
    sha = hashlib.sha256()
    _feed(sha, value)
    return sha.hexdigest()


def _feed(sha, value) -> None:
    if isinstance(value, torch.Tensor) and value.layout is torch.strided:
        sha.update(f"{value.dtype} {tuple(value.shape)};".encode())
        value = value.detach().cpu().resolve_conj().contiguous()
        sha.update(value.reshape(-1).view(torch.uint8).numpy())
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        sha.update(f"{value.dtype} {value.shape};".encode())
        sha.update(value.tobytes())
    elif isinstance(value, dict):
        sha.update(f"dict {len(value)};".encode())
        for key, one in value.items():
            _feed(sha, key)
            _feed(sha, one)
    elif isinstance(value, list | tuple):
        sha.update(f"list {len(value)};".encode())
        for one in value:
            _feed(sha, one)
    else:
        shown = repr(value) if isinstance(value, PLAIN) else ""
        sha.update(f"{type(value).__name__} {shown};".encode())
