"""The training that the book's recipes share: AdamW, one cycle of the rate, clipped gradients."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from audiolessons.training.config import Config
from audiolessons.training.history import History
from audiolessons.training.loaders import loader
from audiolessons.training.loop import fit


def fit_one_cycle(
    network: nn.Module,
    train_set,
    valid_set=None,
    *,
    epochs: int,
    learning_rate: float,
    batch_size: int,
    weight_decay: float = 0.01,
    warm_up: bool = True,
    time_axis: int | None = 2,
    seed: int = 0,
    show_progress: bool = True,
    batches_become: Callable | None = None,
    **measures,
) -> History:
    """Train on batches that are cut to their longest item.

    Parameters
    ----------
    network : torch.nn.Module
        Is left with the weights of its best epoch; without a validation set, of the last one.
    train_set, valid_set : TensorDataset
        Of (inputs..., target).
    epochs, learning_rate, weight_decay, seed, show_progress
        As for `Config`.
    batch_size : int
        Items in a batch.
    warm_up : bool
        Whether the rate rises over the first 30 % of the batches; else it falls from the start.
    time_axis : int, optional
        As for `loader`.
    batches_become : callable, optional
        What is made of the loader of the training set, such as a `Mixed`.
    **measures
        The loss and the metric of `fit`.

    Examples
    --------
    >>> import torch
    >>> dataset = torch.utils.data.TensorDataset(torch.randn(8, 3), torch.arange(8) % 2)
    >>> options = {"epochs": 2, "learning_rate": 0.01, "batch_size": 4, "time_axis": None}
    >>> fit_one_cycle(nn.Linear(3, 2), dataset, show_progress=False, **options).n_epochs
    2

    References
    ----------
    L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large
    learning rates", 2019.

    Chapter: learning/cnn
    """
    config = Config(
        epochs=epochs,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        scheduler="one-cycle" if warm_up else "cosine",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    batches = {"batch_size": batch_size, "time_axis": time_axis}
    train = loader(train_set, shuffle=True, seed=seed, **batches)
    return fit(
        network,
        train if batches_become is None else batches_become(train),
        None if valid_set is None else loader(valid_set, **batches),
        config=config,
        **measures,
    )
