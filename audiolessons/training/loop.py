"""The loop: batches forward, losses backward, a validation after each epoch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from audiolessons.errors import AudioError
from audiolessons.training import loaders
from audiolessons.training.config import Config
from audiolessons.training.history import History
from audiolessons.training.run import Run


def accuracy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Which of the answers are right: True where the largest logit is the target's.

    The answer comes first, as in torch's losses: it is a metric for `fit`. `metrics.accuracy` has
    the truth first, as all of `metrics`.

    Parameters
    ----------
    logits : Tensor
        Shape (B, K, ...), as for cross-entropy.
    target : Tensor
        Shape (B, ...), whole numbers below K; or shares (B, K, ...), whose largest counts.

    Returns
    -------
    Tensor
        Shape (B, ...), boolean; `fit` takes the mean of it.

    Examples
    --------
    >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
    tensor([ True, False])

    Chapter: learning/cnn
    """
    if target.is_floating_point():
        target = target.argmax(dim=1)
    return logits.argmax(dim=1) == target


def fit(
    model,
    train,
    valid,
    *,
    config: Config,
    loss: Callable = functional.cross_entropy,
    metric: Callable | None = None,
) -> History:
    """Train a model, and leave it with the weights that did best on the validation set.

    The loop knows no model and no data: a batch is a tuple `(inputs..., target)`; the model is
    called with the inputs, then `loss(output, target)`. Under `torchrun` the same call trains on
    several processes with torch's DistributedDataParallel.

    Parameters
    ----------
    model : torch.nn.Module
        Is moved to the device and trained in place; left in evaluation mode.
    train, valid : DataLoader, or list of batches
        `valid` may be None: then no weights are better than the last.
    config : Config
        All settings.
    loss : callable
        `loss(output, target)` gives a single number, the batch's mean, or one value for each item
        (each frame, ...): then every value of the epoch counts the same. The target is handed
        over as the batch has it, and may be a tuple (notes and lengths, say).
    metric : callable, optional
        Likewise, higher is better: `training.accuracy`. Its name heads the column.

    Returns
    -------
    History

    Raises
    ------
    AudioError
        If a loader is empty or is a generator (which gives its batches once), a batch is no
        tuple, shapes do not fit, no parameter can be trained, memory runs out, the loss or a weight
        becomes NaN or infinite, or a checkpoint is damaged or belongs to another run: other
        settings, another model, other data.

    Notes
    -----
    With `config.checkpoint_folder`, the state is kept after every epoch: weights, optimiser,
    scheduler, history, and random numbers (those of Python, NumPy and torch, and of every
    torch.Generator that a module or a loader holds). The same call again, on a model made in the
    same way, repeats the interrupted epoch and ends with the same weights as a run that was never
    interrupted: exactly, on a processor. Random numbers that a data set draws elsewhere, or in
    background workers that outlive an epoch, are not among them.

    Batch normalisation under torchrun takes its means within each process, as is usual: with
    small batches, results then differ from those of one process.

    Examples
    --------
    >>> features = torch.eye(4).repeat(8, 1)
    >>> batches = [(features, torch.arange(4).repeat(8))]
    >>> config = Config(epochs=20, learning_rate=0.1, device="cpu", show_progress=False)
    >>> history = fit(torch.nn.Linear(4, 4), batches, batches, config=config, metric=accuracy)
    >>> history.best_epoch, history.valid_metric[-1]
    (20, 1.0)

    References
    ----------
    S. Li et al., "PyTorch Distributed: experiences on accelerating data parallel training", VLDB
    2020. P. Micikevicius et al., "Mixed precision training", ICLR 2018. L. N. Smith and N. Topin,
    "Super-convergence: very fast training of neural networks using large learning rates", 2019.

    Chapter: learning/gradients
    """
    _check(model, train, valid, config, metric)
    run = Run(model, train, valid, config, loss, metric)
    run.train_epochs()
    return run.history


def _check(model, train, valid, config, metric):
    if not isinstance(model, torch.nn.Module):
        raise AudioError(f"model is {type(model).__name__}: give a torch.nn.Module")
    if not isinstance(config, Config):
        raise AudioError(f"config is {type(config).__name__}: give training.Config(...)")
    if config.monitor == "metric" and (metric is None or valid is None):
        raise AudioError(
            "config.monitor is 'metric', and there is no metric on a validation set: give fit "
            "both valid and metric=, such as training.accuracy"
        )
    if config.patience is not None and valid is None:
        raise AudioError(f"patience is {config.patience}, and valid is None: give a validation set")
    for name, loader in (("train", train), ("valid", valid)):
        if loader is None and name == "valid":
            continue
        if not hasattr(loader, "__iter__"):
            raise AudioError(f"{name} is {type(loader).__name__}: give a DataLoader or a list")
        if hasattr(loader, "__next__"):
            raise AudioError(
                f"{name} is {type(loader).__name__}, which gives its batches once: give a "
                "DataLoader, or list(...) of it"
            )
        if loaders.length(loader) == 0:
            raise AudioError(loaders.empty(name))
    parameters = list(model.parameters())
    if any(isinstance(p, torch.nn.parameter.UninitializedParameter) for p in parameters):
        raise AudioError(
            "the model has lazy layers that know no size yet: call it once on a batch first"
        )
    if not any(parameter.requires_grad for parameter in parameters):
        raise AudioError(
            f"none of the model's {len(parameters)} parameters can be trained: set "
            "requires_grad_(True) on those that should be"
        )
