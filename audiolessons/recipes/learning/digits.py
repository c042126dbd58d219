"""Spoken digits with networks: log-mel frames, one of four models, the book's training loop.

Settings are fixed here. What was chosen was chosen on validation sounds, which are a tenth of the
training part. With `held_out`, a voice is the test set and none of its sounds is trained on.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from functools import partial
from statistics import mean

import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, training, transforms
from audiolessons.errors import check_choice, check_count
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.recipes._spoken_digits import FRAMES, LONGEST_S, parts
from audiolessons.results import Row

BATCH_SIZE = 64
SEEDS = (0, 1, 2)
GOALS = {"gru": 97.5, "lstm": 97.5, "transformer": 98}  # percent, beside the CNN's 99


def _recurrent(cell):
    return lambda n_classes: models.RecurrentClassifier(
        n_features=FRAMES["n_mels"], n_classes=n_classes, cell=cell, hidden_size=64
    )


SETTINGS = {
    "cnn": Settings(
        lambda n_classes: models.SpectrogramCNN(
            n_mels=FRAMES["n_mels"], n_classes=n_classes, dropout=0.3
        ),
        epochs=10,
        learning_rate=0.005,
    ),
    "gru": Settings(_recurrent("gru"), epochs=12, learning_rate=0.005),
    "lstm": Settings(_recurrent("lstm"), epochs=12, learning_rate=0.005),
    "transformer": Settings(
        lambda n_classes: models.TransformerClassifier(
            n_features=FRAMES["n_mels"], n_classes=n_classes, width=64, n_layers=3, dropout=0.1
        ),
        epochs=12,
        learning_rate=0.002,
    ),
}


@dataclass(frozen=True)
class DigitFrames:
    """Three parts, each a TensorDataset of (log-mel (B, 40, N), lengths (B,), label (B,)).

    `labels` names the classes, `source` is "recordings" or "embedded". The log-mel frames are
    standardised with mean and deviation of the training part.
    """

    train: TensorDataset
    valid: TensorDataset
    test: TensorDataset
    labels: list
    source: str


def load(*, held_out: str | None = None, seed: int = 0) -> DigitFrames:
    """Return the spoken digits as log-mel frames, split into training, validation and test.

    Parameters
    ----------
    held_out : str, optional
        A speaker, all of whose sounds are the test set: new voices. Unless given, the split is the
        official one, takes 0 to 4 of every voice: new takes of voices that were heard.
    seed : int
        Which tenth of the training part, the same share of every digit, is for validation.

    Raises
    ------
    AudioError
        If there is no such speaker.

    Examples
    --------
    >>> digits = load()
    >>> digits.train[0][0].shape[0], len(digits.labels)
    (40, 10)

    Chapter: learning/cnn
    """
    check_count(seed, name="seed", minimum=0)
    sounds = datasets.load("spoken_digits")
    if held_out is None:
        is_test = sounds.table["split"] == "test"
    else:
        check_choice(held_out, name="held_out", choices=tuple(sounds.speakers))
        is_test = sounds.table["speaker"] == held_out
    rows = parts(sounds, is_test, seed=seed)
    to_mel = transforms.LogMel(sample_rate=sounds[0].sample_rate, **FRAMES)
    n_samples = round(LONGEST_S * sounds[0].sample_rate)
    x, lengths, labels = transforms.cache_dataset(sounds, to_mel, n_samples=n_samples).tensors
    is_train = torch.from_numpy(rows["train"])
    standardise = transforms.Standardise.measure(x[is_train], lengths[is_train])
    x, _ = standardise(x, lengths)

    tensors = (x, lengths, labels)
    three = {
        name: TensorDataset(*(one[torch.from_numpy(which)] for one in tensors))
        for name, which in rows.items()
    }
    return DigitFrames(**three, labels=sounds.labels, source=sounds.source)


def model(name: str, *, seed: int = 0, n_classes: int = 10) -> torch.nn.Module:
    """Return a model that has learned nothing yet; `seed` draws its first weights.

    Parameters
    ----------
    name : str
        "cnn", "gru", "lstm" or "transformer".

    Raises
    ------
    AudioError
        If there is no such model.

    Examples
    --------
    >>> models.count_parameters(model("gru"))
    42074

    Chapter: learning/cnn
    """
    return new_network(SETTINGS, name, seed=seed, n_classes=n_classes)


def train(
    name: str,
    digits: DigitFrames,
    *,
    seed: int = 0,
    epochs: int | None = None,
    batch_size: int = BATCH_SIZE,
    show_progress: bool = True,
):
    """Train one of the models on the training part; keep the weights of the best validation.

    Parameters
    ----------
    name : str
        "cnn", "gru", "lstm" or "transformer".
    digits : DigitFrames
        From `load`.
    seed : int
        Of the first weights, the order of the batches and dropout.
    epochs : int, optional
        The recipe's own number unless given.
    batch_size : int
        Sounds in a batch.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (torch.nn.Module, training.History)

    Examples
    --------
    >>> network, history = train("gru", load(), epochs=1, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: learning/cnn
    """
    network = model(name, seed=seed, n_classes=len(digits.labels))
    settings = SETTINGS[name]
    history = training.fit_one_cycle(
        network,
        digits.train,
        digits.valid,
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=batch_size,
        seed=seed,
        show_progress=show_progress,
        metric=training.accuracy,
    )
    return network, history


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; every test sound is predicted once for each.

    `quick` trains for one epoch, with one seed and one voice held out: it shows that all runs.

    Chapter: learning/evaluation
    """
    digits = functools.cache(load)
    epochs, seeds = (1, SEEDS[:1]) if quick else (None, SEEDS)
    return {
        "cnn": partial(_rows_over_seeds, digits, seeds, epochs),
        **{name: partial(_rows_of, name, digits, epochs) for name in GOALS},
        "cnn_held_out": partial(_rows_held_out, 1 if quick else None, epochs),
    }


def _rows_over_seeds(digits, seeds, epochs):
    digits = digits()
    runs = [_one_run("cnn", digits, seed, epochs) for seed in seeds]
    shares, taken_s = zip(*runs, strict=True)
    how = f"{digits.source}, official split, {len(digits.test)} test sounds, seeds {seeds}"
    yield Row.several("accuracy", shares, "%", goal=">= 99", how=how)
    yield Row("training_s", mean(taken_s), "s", "<= 60", "mean of the same runs", of_machine=True)


def _rows_of(name, digits, epochs):
    digits = digits()
    share, seconds = _one_run(name, digits, 0, epochs)
    how = f"{digits.source}, official split, seed 0"
    goal = f">= {GOALS[name]}"
    yield Row.share("accuracy", share / 100, len(digits.test), goal=goal, how=how)
    yield Row("training_s", seconds, "s", "<= 90", "the same run", of_machine=True)


def _rows_held_out(n_voices, epochs):
    speakers = datasets.load("spoken_digits").speakers[:n_voices]
    by_voice = {}
    for speaker in speakers:
        digits = load(held_out=speaker)
        share, _ = _one_run("cnn", digits, 0, epochs)
        by_voice[speaker] = Row.share(
            speaker, share / 100, len(digits.test), how=f"{digits.source}, held out, seed 0"
        )
    how = f"{digits.source}, each of {len(speakers)} voices held out in turn, seed 0"
    yield Row.several("accuracy", [row.value for row in by_voice.values()], "%", how=how)
    yield from by_voice.values()


def _one_run(name, digits, seed, epochs):
    """Return the accuracy on the test part in percent, and the seconds of training."""
    started = time.perf_counter()
    network, _ = train(name, digits, seed=seed, epochs=epochs, show_progress=False)
    seconds = time.perf_counter() - started
    return 100 * training.share_right(network, digits.test, time_axis=2), seconds
