"""Loaders whose batches do not depend on how many processes share them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
)

from audiolessons.errors import AudioError, check_count
from audiolessons.training import hashing, processes


def loader(
    dataset,
    *,
    batch_size: int,
    shuffle: bool = False,
    seed: int = 0,
    time_axis: int | None = None,
    collate: Callable | None = None,
    n_workers: int = 0,
) -> DataLoader:
    """Make batches of a data set, the same ones for any number of processes.

    With `shuffle`, the order of epoch e depends on `seed` and e alone (torch's
    DistributedSampler). Under torchrun each of W processes gets every W-th item of each batch, so
    that together they train on the batches that one process alone would have. For that, the
    shuffled set is filled up with some of its items again where W does not divide its length.
    A `TensorDataset` is indexed once a batch instead of once an item, which is many times faster.

    Parameters
    ----------
    dataset : torch Dataset or anything with len and indexing
        Whose items are tuples (inputs..., target).
    batch_size : int
        Items in a batch, all processes together.
    shuffle : bool
        True for training, False for validation.
    seed : int
        Of the order.
    time_axis : int, optional
        Of the inputs x of a `TensorDataset` of (x, lengths, ...): each batch is cut along it to
        its longest item, so that nobody computes padding that the batch does not need.
    collate : callable, optional
        Turns a list of items into a batch, for items of unequal length; torch's unless given.
    n_workers : int
        Processes that load in the background. 0 loads in this one.

    Returns
    -------
    torch.utils.data.DataLoader

    Raises
    ------
    AudioError
        If the set is empty, the number of processes does not divide `batch_size`, or `time_axis`
        is given for a set without lengths.

    Examples
    --------
    >>> import torch
    >>> digits = TensorDataset(torch.zeros(5, 40, 63), torch.arange(5))
    >>> [len(target) for features, target in loader(digits, batch_size=2)]
    [2, 2, 1]
    >>> with_lengths = TensorDataset(torch.zeros(2, 40, 63), torch.tensor([12, 30]))
    >>> next(iter(loader(with_lengths, batch_size=2, time_axis=2)))[0].shape
    torch.Size([2, 40, 30])

    Chapter: learning/cnn
    """
    check_count(batch_size, name="batch_size")
    check_count(seed, name="seed", minimum=0)
    check_count(n_workers, name="n_workers", minimum=0)
    if len(dataset) == 0:
        raise AudioError("dataset has no items: there is nothing to make batches of")
    n_processes = processes.n_processes()
    if batch_size % n_processes:
        raise AudioError(
            f"batch_size is {batch_size}, which {n_processes} processes cannot share evenly: use "
            f"{batch_size + -batch_size % n_processes}"
        )
    share = {"num_replicas": n_processes, "rank": processes.rank()}
    if shuffle:
        sampler = DistributedSampler(dataset, shuffle=True, seed=seed, **share)
    else:  # nothing twice: a validation counts every item once
        sampler = range(processes.rank(), len(dataset), n_processes)
    batch_size //= n_processes
    if time_axis is not None:
        _check_lengths(dataset, time_axis)
    if collate is None and n_workers == 0 and type(dataset) is TensorDataset:
        batches = _Batches(sampler, batch_size, drop_last=False)
        trim = None if time_axis is None else functools.partial(_trim, time_axis=time_axis)
        return DataLoader(dataset, sampler=batches, batch_size=None, collate_fn=trim)
    return DataLoader(
        dataset, batch_size=batch_size, sampler=sampler, collate_fn=collate, num_workers=n_workers
    )


def _check_lengths(dataset, time_axis):
    tensors = dataset.tensors if type(dataset) is TensorDataset else ()
    if len(tensors) < 2 or tensors[1].ndim != 1 or tensors[1].is_floating_point():
        raise AudioError(
            f"time_axis is {time_axis}, but the set does not give (x, lengths, ...): give a "
            "TensorDataset whose second tensor holds lengths, as cache_dataset makes it"
        )


def _trim(batch, *, time_axis):
    """Cut the inputs of a batch to its longest item."""
    x, lengths, *rest = batch
    return [x.narrow(time_axis, 0, int(lengths.max())), lengths, *rest]


class _Batches(BatchSampler):
    """torch's, which passes the epoch on to the sampler inside."""

    def set_epoch(self, epoch):
        if hasattr(self.sampler, "set_epoch"):
            self.sampler.set_epoch(epoch)


def share(given, *, name: str, seed: int):
    """Return the part of a loader that belongs to this process: all of it, if it is alone."""
    if processes.n_processes() == 1 or _is_shared(given):
        return given
    sampler = getattr(given, "sampler", None)
    is_plain = isinstance(given, DataLoader) and given.batch_size is not None
    if not is_plain or not isinstance(sampler, RandomSampler | SequentialSampler):
        raise AudioError(
            f"{name} is {type(given).__name__} with {type(sampler).__name__}, which "
            f"{processes.n_processes()} processes cannot share: make it with training.loader"
        )
    return loader(
        given.dataset,
        batch_size=given.batch_size,
        shuffle=isinstance(sampler, RandomSampler),
        seed=seed,
        collate=given.collate_fn,
        n_workers=given.num_workers,
    )


def _is_shared(given):
    sampler = getattr(given, "sampler", None)
    sampler = sampler.sampler if isinstance(sampler, _Batches) else sampler
    return isinstance(sampler, DistributedSampler | range)


def set_epoch(given, epoch: int) -> None:
    """Tell the sampler which epoch begins, where it wants to know: it draws another order."""
    for part in (getattr(given, "sampler", None), getattr(given, "batch_sampler", None)):
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)


def length(given) -> int | None:
    """Return the number of batches, or None for a stream that does not know."""
    try:
        return len(given)
    except TypeError:
        return None


def digest(given) -> str:
    """Return a hash of what a loader goes through, found without drawing a batch.

    All of a `TensorDataset`, or of a list of batches; of another data set its length and the
    tensors and arrays that it holds itself.
    """
    return hashing.digest(_held(getattr(given, "dataset", given)))


def _held(dataset):
    if isinstance(dataset, Subset):
        return [*dataset.indices], _held(dataset.dataset)
    if isinstance(dataset, list | tuple):
        return dataset
    arrays = (torch.Tensor, np.ndarray)
    held = {"tensors": getattr(dataset, "tensors", ())}
    held |= {
        key: one for key, one in getattr(dataset, "__dict__", {}).items() if isinstance(one, arrays)
    }
    return type(dataset).__name__, length(dataset), held


def empty(name: str) -> str:
    """Return what to say of a loader without batches."""
    return (
        f"{name} gives no batches: the set is empty, or drop_last=True and batch_size is larger "
        "than the set"
    )
