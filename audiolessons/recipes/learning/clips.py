"""Environmental sounds with a network: log-mel frames, augmentation, five folds.

A fold is the test set and the other four are for training; no source recording crosses folds.
Which setting trains is chosen for each test fold on the other four: networks that have heard
neither of two folds judge the settings for both. With 320 clips to learn from, the last weights
count.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations

import torch

from audiolessons import models, training, transforms
from audiolessons.errors import AudioError, check_choice
from audiolessons.recipes._clips import FRAMES, Clips, load
from audiolessons.recipes._nested import Setting, choose, inner_rows, measurements, outer_rows

__all__ = ["SETTINGS", "Clips", "load", "measure", "train"]

SAMPLE_RATE = 44_100  # of the recordings, and of what stands in for them
LONG = Setting(
    channels=(32, 64, 128, 128), epochs=150, is_mixed=True, is_warped=True, is_coloured=True
)
DEEP = replace(LONG, channels=(32, 64, 128, 256, 256))
SETTINGS = {
    "plain": Setting(),
    "long": LONG,
    "deep": DEEP,
    "unmixed": replace(DEEP, is_mixed=False),
}
SEEDS = (0, 1, 2)
GOAL = 90


def train(
    clips: Clips,
    *,
    test_fold: int,
    setting: str | None = None,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train on all folds but one. The network standardises and, in training, augments.

    Parameters
    ----------
    clips : Clips
        From `load`.
    test_fold : int
        The fold that nothing is learned from, not even its mean.
    setting : str, optional
        Of `SETTINGS`; the one that the other folds have chosen unless given.
    seed : int
        Of the first weights, the order of the batches, augmentation and dropout.
    epochs : int, optional
        The setting's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (torch.nn.Module, training.History)

    Raises
    ------
    AudioError
        If there is no such fold or setting, or no other fold.

    Examples
    --------
    >>> network, history = train(
    ...     load(), test_fold=1, setting="plain", epochs=1, show_progress=False
    ... )
    >>> history.n_epochs
    1

    Chapter: learning/evaluation
    """
    check_choice(test_fold, name="test_fold", choices=tuple(clips.folds))
    others = [fold for fold in clips.folds if fold != test_fold]
    if not others:
        raise AudioError(f"fold {test_fold} is the only one: nothing is left to learn from")
    chosen = _setting(test_fold, setting)
    train_set = clips.part(others)
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    network = transforms.Chain(
        *_other_sounds(chosen, generator),
        transforms.Standardise.measure(*train_set.tensors[:2]),
        transforms.TimeShift(max_shift_samples=40, generator=generator),  # frames are its samples
        transforms.SpecAugment(max_bands=12, max_frames=30, max_share=0.3, generator=generator),
        models.SpectrogramCNN(
            n_mels=FRAMES["n_mels"],
            n_classes=len(clips.names),
            channels=chosen.channels,
            dropout=0.5,
        ),
    )
    mix = partial(training.Mixed, n_classes=len(clips.names), generator=generator)
    history = training.fit_one_cycle(
        network,
        train_set,
        epochs=epochs or chosen.epochs,
        learning_rate=0.003,
        weight_decay=0.05,
        batch_size=chosen.batch_size,
        seed=seed,
        show_progress=show_progress,
        batches_become=mix if chosen.is_mixed else None,
        metric=training.accuracy,
    )
    return network, history


def _setting(test_fold, name):
    names = tuple(SETTINGS)
    name = choose("clips", names, test_fold) if name is None else name
    return SETTINGS[check_choice(name, name="setting", choices=names)]


def _other_sounds(setting, generator):
    """Return what makes other sounds of a sound, in decibels."""
    if setting.is_coloured:
        yield transforms.Colour(most=6.0, generator=generator)
    if setting.is_warped:
        yield transforms.Warp(
            most_pitch=1.25, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        )


def answers(clips: Clips, *, test_fold: int, also_unheard: int | None = None, **options) -> list:
    """Train without a fold, and another; return the chances of the classes, (B, K), for each.

    Parameters
    ----------
    clips : Clips
        From `load`.
    test_fold, also_unheard : int
        Folds that nothing is learned from.
    **options
        Of `train`.

    Chapter: learning/evaluation
    """
    unheard = [test_fold] if also_unheard is None else [test_fold, also_unheard]
    heard = clips.fold != also_unheard  # all, unless there is one
    left = replace(
        clips,
        tensors=tuple(tensor[torch.from_numpy(heard)] for tensor in clips.tensors),
        fold=clips.fold[heard],
    )
    network, _ = train(left, test_fold=test_fold, show_progress=False, **options)
    parts = (clips.part([fold]) for fold in unheard)
    return [training.predict(network, part, time_axis=2).softmax(dim=1) for part in parts]


def share_right(clips: Clips, fold: int, chances: torch.Tensor) -> float:
    """Return the share of a fold's clips whose likeliest class is theirs."""
    labels = clips.part([fold]).tensors[2]
    return float((chances.argmax(dim=1) == labels).float().mean())


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what each setting is worth on folds within the
    training folds, and what those that are chosen by it score on the fold that is left.

    All of it takes half an hour on a GPU, and many hours on a processor.
    `quick` trains the plain setting for one epoch, with one fold: it shows that all runs.

    Chapter: learning/evaluation
    """
    return measurements(SETTINGS, _inner_rows, _rows, quick=quick)


def _inner_rows(setting, quick):
    clips, epochs = load(), 1 if quick else None
    return inner_rows(
        lambda one, other: answers(
            clips, test_fold=one, also_unheard=other, setting=setting, epochs=epochs
        ),
        right=partial(share_right, clips),
        pairs=list(combinations(clips.folds, 2))[: 1 if quick else None],
        of="fold",
        source=clips.source,
    )


def _rows(quick):
    clips, n = load(), 1 if quick else None
    options = {"setting": "plain", "epochs": 1} if quick else {}
    return outer_rows(
        lambda fold, seed: answers(clips, test_fold=fold, seed=seed, **options)[0],
        right=partial(share_right, clips),
        parts=clips.folds[:n],
        seeds=SEEDS[:n],
        of="fold",
        source=clips.source,
        goal=f">= {GOAL}",
    )
