"""What a training run is told: one frozen object, checked when it is made."""

from __future__ import annotations

import os
from dataclasses import dataclass

from audiolessons.errors import AudioError, check_choice, check_count, check_positive

OPTIMISERS = ("sgd", "adam", "adamw")
SCHEDULERS = (None, "cosine", "one-cycle", "plateau")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of `fit`. Those that hold a count or a rate are checked at once.

    Parameters
    ----------
    epochs : int
        How often the training set is gone through, at most.
    learning_rate : float
        Of the optimiser; the highest one reached where a scheduler changes it.
    optimiser : str
        "sgd" (with momentum 0.9), "adam", or "adamw" (weight decay apart from the gradient).
    weight_decay : float
        Pull of every weight towards 0; 0 switches it off.
    scheduler : str or None
        None keeps the learning rate. "cosine" lowers it to 0 along half a cosine, batch by batch.
        "one-cycle" warms up over the first 30 % of the batches, then lowers it likewise.
        "plateau" halves it after three epochs without a better validation.
    patience : int or None
        Early stopping: epochs without a better validation before training ends. None: never.
    monitor : str
        What "better" means: "loss" (lower, on the validation set) or "metric" (higher). The
        weights of the best epoch are the ones kept.
    clip_norm : float or None
        Largest length of the gradient of all weights together; longer ones are scaled down to it.
    mixed_precision : bool
        On CUDA, compute in bfloat16 (float16 on GPUs without it) where that is safe. Elsewhere
        it changes nothing, so that one configuration runs everywhere.
    seed : int or None
        Given to `seed_everything` when training starts (shuffling, dropout). The model's first
        weights are drawn before that, by whoever makes the model. None leaves the state alone.
    device : str or None
        Such as "cpu"; None is `pick_device()`.
    checkpoint_folder : str, path or None
        Where to keep the state after each epoch. The same call again continues from there.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Raises
    ------
    AudioError
        If a value cannot work; the message says which.

    Examples
    --------
    >>> Config(epochs=5, learning_rate=1e-3, scheduler="cosine").optimiser
    'adamw'

    Chapter: learning/gradients
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    optimiser: str = "adamw"
    weight_decay: float = 0.0
    scheduler: str | None = None
    patience: int | None = None
    monitor: str = "loss"
    clip_norm: float | None = None
    mixed_precision: bool = False
    seed: int | None = 0
    device: str | None = None
    checkpoint_folder: str | os.PathLike | None = None
    show_progress: bool = True

    def __post_init__(self):
        check_count(self.epochs, name="epochs")
        check_positive(self.learning_rate, name="learning_rate")
        check_choice(self.optimiser, name="optimiser", choices=OPTIMISERS)
        if self.weight_decay != 0:
            check_positive(self.weight_decay, name="weight_decay")
        check_choice(self.scheduler, name="scheduler", choices=SCHEDULERS)
        if self.patience is not None:
            check_count(self.patience, name="patience")
        check_choice(self.monitor, name="monitor", choices=("loss", "metric"))
        if self.clip_norm is not None:
            check_positive(self.clip_norm, name="clip_norm")
        if self.seed is not None:
            check_count(self.seed, name="seed", minimum=0)
        if self.seed is not None and self.seed >= 2**32:
            raise AudioError(f"seed is {self.seed}: NumPy takes seeds below 2**32")
