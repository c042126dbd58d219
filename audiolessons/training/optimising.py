"""The optimiser, the plan of the learning rate and the precision that a `Config` asks for."""

from __future__ import annotations

import torch

from audiolessons.errors import AudioError
from audiolessons.training import loaders

PLATEAU_EPOCHS = 3
PLATEAU_FACTOR = 0.5
MOMENTUM = 0.9


def make_optimiser(parameters, config):
    """Return torch's optimiser of that name."""
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.optimiser == "sgd":
        return torch.optim.SGD(parameters, momentum=MOMENTUM, **settings)
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[config.optimiser](parameters, **settings)


def make_scheduler(optimiser, train, config):
    """Return torch's scheduler, or None for a learning rate that stays."""
    if config.scheduler is None:
        return None
    schedulers = torch.optim.lr_scheduler
    if config.scheduler == "plateau":
        return schedulers.ReduceLROnPlateau(
            optimiser, factor=PLATEAU_FACTOR, patience=PLATEAU_EPOCHS - 1
        )
    n_batches = loaders.length(train)
    if n_batches is None:
        raise AudioError(
            f"scheduler is {config.scheduler!r}, which needs the number of batches, and train has "
            "no len: use scheduler=None or 'plateau'"
        )
    n_steps = config.epochs * n_batches
    if config.scheduler == "cosine":
        return schedulers.CosineAnnealingLR(optimiser, T_max=n_steps)
    return schedulers.OneCycleLR(optimiser, max_lr=config.learning_rate, total_steps=n_steps)


def pick_precision(config, device):
    """Return the type to compute in, or None for float32."""
    if not config.mixed_precision or device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
