"""Pre-training: units, a network that guesses them where they are hidden, and its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import features, models, training, transforms
from audiolessons.recipes._hurried import Hurried
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.large.finetuning._frames import (
    SAMPLE_RATE,
    TOP_DB,
    cepstra,
    padded,
    pieces,
    unlabelled,
)
from audiolessons.results import weights

NAME = "masked-prediction"
COMMAND = "python -m audiolessons train finetuning"
SETTINGS = {"width": 128, "n_layers": 5, "n_heads": 4, "dropout": 0.0}
N_UNITS = 100
UNIT_LAYER = 3  # whose states make the units of the second round
N_UNIT_FRAMES = 30000  # that k-means sees
EPOCHS = (20,)  # of each round that is kept
SECOND_EPOCHS = 80  # of one more round, which the bench measures: it does not help
LONG_EPOCHS, LONG_BATCH = (60,), 64  # for a GPU
BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 32, 0.001, 0.02
SHARE, SPAN_FRAMES = 0.4, 6  # what is hidden: of the frames, and frames of a stretch
VALID_EVERY = 20  # one sentence in this many


def encoder(*, seed: int = 0, **settings) -> models.SpeechEncoder:
    """Return a `models.SpeechEncoder` that has learned nothing; `seed` draws its weights.

    Examples
    --------
    >>> models.count_parameters(encoder())
    1007400

    Chapter: large/finetuning
    """
    training.seed_everything(seed)
    return models.SpeechEncoder(**{**SETTINGS, **settings})


def trained(*, folder=None) -> models.SpeechEncoder:
    """Return the encoder with the weights that the project trained on speech without labels.

    Chapter: large/finetuning
    """
    network = encoder()
    weights.load(network, NAME, folder=folder)
    return network


def learn_units(described: Sequence[np.ndarray], *, seed: int = 0, n_units: int = N_UNITS):
    """Return the codebook (K, D) of frames (D, N) each, learned from some of them by k-means.

    Chapter: large/finetuning
    """
    all_frames = np.concatenate(described, axis=1)
    n = min(N_UNIT_FRAMES, all_frames.shape[1])
    random = np.random.default_rng(seed)
    drawn = all_frames[:, random.choice(all_frames.shape[1], n, replace=False)]
    [book] = features.learn_codebooks(drawn, n_codes=min(n_units, n), seed=seed)
    return book


def units_of(described: Sequence[np.ndarray], book: np.ndarray) -> list[np.ndarray]:
    """Return the unit of each frame, (N,) for each of the sounds (D, N).

    Chapter: large/finetuning
    """
    return [features.to_codes(one, [book])[0] for one in described]


def described_by(network: models.SpeechEncoder, log_mels: Sequence, *, layer: int) -> list:
    """Return the states (W, N) of a layer for frames (40, N) each.

    Chapter: large/finetuning
    """
    found: list = []
    with training.evaluating(network) as device:
        for start in range(0, len(log_mels), 64):
            x, lengths = padded(log_mels[start : start + 64])
            states = network.states(x.to(device), lengths)[layer].cpu()
            found += [one[:n].T.numpy() for one, n in zip(states, lengths.tolist(), strict=True)]
    return found


def dataset_of(log_mels: Sequence, units: Sequence) -> TensorDataset:
    """Return (frames (B, 40, N), lengths (B,), units (B, N)) for training.

    Chapter: large/finetuning
    """
    x, lengths = padded(list(log_mels))
    target = torch.zeros(len(x), x.shape[2], dtype=torch.long)
    for row, one in zip(target, units, strict=True):
        row[: len(one)] = torch.from_numpy(one)
    return TensorDataset(x, lengths, target)


def train_round(
    network: models.SpeechEncoder,
    train_set: TensorDataset,
    valid_set: TensorDataset | None = None,
    *,
    epochs: int,
    n_units: int = N_UNITS,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    show_progress: bool = True,
):
    """Teach an encoder to guess units where they are hidden; return the predictor and its history.

    What it hears is coloured as if by other microphones and moved as if from other throats; the
    units are those of what was said.

    Chapter: large/finetuning
    """
    generator = torch.Generator().manual_seed(seed)
    predictor = models.MaskedPredictor(
        network, n_units=n_units, generator=generator, share=SHARE, span_frames=SPAN_FRAMES
    )
    heard = transforms.Chain(
        transforms.Colour(most=6.0 / (TOP_DB / 2), generator=generator),
        transforms.Warp(
            most_pitch=1.15, most_tempo=1.0, sample_rate=SAMPLE_RATE, generator=generator
        ),
        Hurried(predictor),
    )
    history = training.fit_one_cycle(
        heard,
        train_set,
        valid_set,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=batch_size,
        weight_decay=WEIGHT_DECAY,
        seed=seed,
        show_progress=show_progress,
        loss=_loss,
        metric=models.masked_accuracy,
    )
    return predictor, history


def _loss(guess, units):
    return models.masked_loss(guess._replace(logits=guess.logits.float()), units)


def pretrain(
    sentences: Sequence[np.ndarray],
    *,
    epochs: Sequence[int] = EPOCHS,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    show_progress: bool = True,
):
    """Pre-train on frames of sentences, (40, N) each, in one round or more.

    The units of the first are clusters of cepstra; a new network then learns those of the states
    of the one before.

    Returns
    -------
    (MaskedPredictor, list of History)

    Chapter: large/finetuning
    """
    parts = {
        "train": pieces([one for n, one in enumerate(sentences) if n % VALID_EVERY]),
        "valid": pieces(sentences[::VALID_EVERY]),
    }
    described = {part: [cepstra(one) for one in some] for part, some in parts.items()}
    predictor, histories = None, []
    for number, n_epochs in enumerate(epochs):
        if predictor is not None:
            described = {
                part: described_by(predictor.encoder, some, layer=UNIT_LAYER)
                for part, some in parts.items()
            }
        book = learn_units(described["train"], seed=seed)
        sets = {
            part: dataset_of(parts[part], units_of(some, book)) for part, some in described.items()
        }
        predictor, history = train_round(
            encoder(seed=seed + number),
            sets["train"],
            sets["valid"],
            epochs=n_epochs,
            n_units=len(book),
            batch_size=batch_size,
            seed=seed,
            show_progress=show_progress,
        )
        histories.append(history)
    return predictor, histories


def store(*, epochs: int | None = None, folder=None):
    """Pre-train, and store the encoder's weights; yield their path.

    Chapter: large/finetuning
    """
    sentences, source = unlabelled()
    rounds = EPOCHS if epochs is None else (epochs,)
    predictor, histories = pretrain(sentences, epochs=rounds)
    yield keep(predictor, histories, sentences, source=source, epochs=rounds, folder=folder)


def keep(predictor, histories, sentences, *, source, epochs, folder=None):
    """Store the weights of an encoder and the record of its training; return their path.

    Chapter: large/finetuning
    """
    first, last = histories[0], histories[-1]
    record = training_record(
        predictor.encoder,
        last,
        command=COMMAND,
        source=source,
        sentences=len(sentences),
        minutes=round(sum(one.shape[1] for one in sentences) / 50 / 60, 1),
        epochs=list(epochs),
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        share_hidden=SHARE,
        span_frames=SPAN_FRAMES,
        units=N_UNITS,
        seed=0,
        share_right_of_first_units=round(float(first.valid_metric[-1]), 4),
    )
    return weights.save(predictor.encoder, NAME, record=record, folder=folder)
