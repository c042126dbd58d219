"""How much memory a computation takes at its widest."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def largest_tensor_bytes(compute) -> int:
    """Run `compute()` and return the size of the largest tensor that any step of it gave.

    Every operation of torch is watched, on any device. Scratch memory inside an operation, which
    no tensor holds, is not seen.

    Parameters
    ----------
    compute : callable
        Takes no argument; its result is thrown away.

    Returns
    -------
    int
        Bytes; 0 if torch did nothing.

    Examples
    --------
    >>> column = torch.ones(100, 1)
    >>> largest_tensor_bytes(lambda: (column @ column.T).sum())
    40000

    Chapter: learning/attention
    """
    with _Largest() as seen:
        compute()
    return seen.n_bytes


class _Largest(TorchDispatchMode):
    """Looks at what every operation of torch returns."""

    n_bytes = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for part in tree_leaves(result):
            if isinstance(part, torch.Tensor):
                self.n_bytes = max(self.n_bytes, part.untyped_storage().nbytes())
        return result
