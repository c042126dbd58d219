"""How the recipes train: AdamW, one cycle of the learning rate, clipped gradients."""

from __future__ import annotations

from audiolessons import training


def fit_one_cycle(
    network,
    train_set,
    valid_set=None,
    *,
    epochs,
    learning_rate,
    batch_size,
    weight_decay=0.01,
    time_axis=2,
    seed,
    show_progress,
    **measures,
):
    """Train on batches that are cut to their longest item; return the history.

    With a validation set the weights of its best epoch are kept, without one the last.
    `measures` are the loss and the metric of `training.fit`.
    """
    config = training.Config(
        epochs=epochs,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    batches = {"batch_size": batch_size, "time_axis": time_axis}
    return training.fit(
        network,
        training.loader(train_set, shuffle=True, seed=seed, **batches),
        None if valid_set is None else training.loader(valid_set, **batches),
        config=config,
        **measures,
    )
