"""Digits that are heard, seen and read, in one space: retrieval, and pairs that never met.

Three towers learn from mildly noisy pairs. "through text" is the question of zero-shot transfer:
sounds are paired with words, and images with other words, and then sounds look for images.
Settings were chosen on validation pairs.
"""

from __future__ import annotations

import functools
import time
from functools import partial
from itertools import permutations

import torch
from torch.utils.data import TensorDataset

from audiolessons import metrics, models, results, training
from audiolessons.errors import check_choice, check_count
from audiolessons.models import MODALITIES
from audiolessons.recipes.tasks.multimodal.digit_pairs import (
    CLEAN,
    MILD,
    DigitPairs,
    encoders,
    load,
    only,
)
from audiolessons.results import Row

# Which modalities meet in a row: each tuple is a set of rows.
PAIRINGS = {
    "all": [("audio", "image", "text")],
    "direct": [("audio", "image")],
    "through text": [("audio", "text"), ("image", "text")],
}
IMAGE_SOUND = ("audio", "image")
N_DIMENSIONS = 16
BATCH_SIZE = 128
EPOCHS = 10
LEARNING_RATE = 0.005


def paired(dataset: TensorDataset, pairing: str, *, seed: int = 0) -> TensorDataset:
    """Return rows in which only those modalities are there that are meant to meet, shuffled.

    With "through text" there are two rows for each pair, and in the second the words are dealt
    anew within the class: no word is seen with a sound and with its image.

    Parameters
    ----------
    dataset : TensorDataset
        From `Digits.pairs`.
    pairing : str
        "all", "direct" (sounds with images) or "through text".

    Examples
    --------
    >>> rows = paired(load().pairs("test"), "through text").tensors[5]
    >>> bool((rows[:, 0] & rows[:, 1]).any())  # a sound and an image in one row
    False

    Chapter: tasks/multimodal
    """
    check_choice(pairing, name="pairing", choices=tuple(PAIRINGS))
    check_count(seed, name="seed", minimum=0)
    generator = torch.Generator().manual_seed(seed)
    sets = []
    for number, names in enumerate(PAIRINGS[pairing]):
        tensors = list(only(dataset, *names).tensors)
        if number:
            order = _dealt_within_class(tensors[-1], generator)
            tensors[3], tensors[4] = tensors[3][order], tensors[4][order]
        sets.append(tensors)
    joined = [torch.cat(one) for one in zip(*sets, strict=True)]
    # batches must hold many classes: rows of one class alone have nothing to tell apart
    order = torch.randperm(len(joined[0]), generator=generator)
    return TensorDataset(*(one[order] for one in joined))


def _dealt_within_class(labels, generator):
    """Return an order of the rows in which each row gets one of its own class."""
    order = torch.arange(len(labels))
    for label in labels.unique():
        (rows,) = torch.where(labels == label)
        order[rows] = rows[torch.randperm(len(rows), generator=generator)]
    return order


def loss_by_pair(aligned: models.Aligned, labels: torch.Tensor) -> torch.Tensor:
    """Return `alignment_loss` in which each row has one right answer: its own partner.

    Chapter: tasks/multimodal
    """
    return models.alignment_loss(aligned)


def train(
    digits: DigitPairs,
    *,
    pairing: str = "all",
    by_class: bool = True,
    temperature: float = 0.07,
    learn_temperature: bool = True,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train three towers on mildly noisy pairs; keep the weights of the best validation.

    Parameters
    ----------
    digits : DigitPairs
        From `load`.
    pairing : str
        "all", "direct" (sounds with images) or "through text".
    by_class : bool
        Whether two rows of one digit are right answers to each other. If not, the loss of the
        original paper: a batch of 128 then holds a dozen "wrong" answers that are right.
    temperature : float
        Where it starts, or where it stays unless `learn_temperature`.
    batch_size : int
        Candidates that each row is told from.
    seed : int
        Of the first weights and the order of the rows.
    epochs : int, optional
        The recipe's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (models.Towers, training.History)

    Examples
    --------
    >>> towers, history = train(load(), pairing="direct", epochs=1, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: tasks/multimodal
    """
    n_copies = -(-4800 // len(digits.parts["train"].audio))
    learned = paired(digits.pairs("train", n_copies=n_copies, **MILD), pairing, seed=seed)
    n_copies = -(-600 // len(digits.parts["valid"].audio))
    validated = paired(digits.pairs("valid", n_copies=n_copies, **MILD), pairing, seed=seed)
    training.seed_everything(seed)
    towers = models.Towers(encoders(), n_dimensions=N_DIMENSIONS, temperature=temperature)
    towers.log_temperature.requires_grad_(learn_temperature)
    history = training.fit_one_cycle(
        towers,
        learned,
        validated,
        epochs=epochs or EPOCHS,
        learning_rate=LEARNING_RATE,
        batch_size=batch_size,
        seed=seed,
        show_progress=show_progress,
        loss=models.alignment_loss if by_class else loss_by_pair,
    )
    return towers, history


def embed(towers: models.Towers, dataset: TensorDataset) -> dict:
    """Return the embeddings of pairs, (B, D) arrays by the name of the modality.

    Examples
    --------
    >>> towers = models.Towers(encoders(), n_dimensions=16)
    >>> embed(towers, load().pairs("valid"))["image"].shape[1]
    16

    Chapter: tasks/multimodal
    """
    with training.evaluating(towers) as device:
        batches = training.loader(dataset, batch_size=256, time_axis=2)
        parts = [towers(*(x.to(device) for x in inputs)).embeddings.cpu() for *inputs, _ in batches]
    embeddings = torch.cat(parts)  # (B, M, D)
    return {name: embeddings[:, row].numpy() for row, name in enumerate(MODALITIES)}


def retrieval(towers: models.Towers, dataset: TensorDataset, *, names=MODALITIES) -> list:
    """Return how well each modality finds each other one: rows for a table.

    Each row is a dict of "query", "gallery", "recall@1", "recall@5", and what chance gives,
    "chance@1", "chance@5": shares from 0 to 1, counted by class. Where words are looked for, the
    first is all: words that are spelt alike lie in one place, so that the first five are one word.

    Parameters
    ----------
    towers : models.Towers
    dataset : TensorDataset
        Pairs, from `Digits.pairs`; the whole set is the gallery.
    names : sequence of str
        The modalities that search and are searched.

    Chapter: tasks/multimodal
    """
    embeddings, labels = embed(towers, dataset), dataset.tensors[-1].numpy()
    rows = []
    for query, gallery in permutations(names, 2):
        similarity = embeddings[query] @ embeddings[gallery].T  # (B, D) @ (D, B): cosines
        row = {"query": query, "gallery": gallery}
        for k in (1,) if gallery == "text" else (1, 5):
            row[f"recall@{k}"] = metrics.recall_at_k(similarity, labels, labels, k=k)
            row[f"chance@{k}"] = metrics.chance_recall_at_k(labels, labels, k=k)
        rows.append(row)
    return rows


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; the clean test pairs are met once by each model.

    `quick` trains for one epoch: it shows that all runs.

    Chapter: tasks/multimodal
    """
    digits, epochs = functools.cache(load), 1 if quick else None
    return {results.slug(one): partial(_rows, one, digits, epochs) for one in PAIRINGS}


def _rows(pairing, digits, epochs):
    digits = digits()
    dataset = digits.pairs("test", **CLEAN)
    started = time.perf_counter()
    towers, _ = train(digits, pairing=pairing, epochs=epochs, show_progress=False)
    seconds = time.perf_counter() - started
    how = f"{digits.source}, clean test pairs, seed 0"
    for row in retrieval(towers, dataset, names=MODALITIES if pairing == "all" else IMAGE_SOUND):
        for k in (k for k in (1, 5) if f"recall@{k}" in row):
            yield Row.share(
                f"{row['query']}_{row['gallery']}.recall_{k}",
                row[f"recall@{k}"],
                len(dataset),
                goal=">= 90" if k == 1 and pairing != "through text" else "",
                how=f"{how}, chance {100 * row[f'chance@{k}']:.1f}",
            )
    yield Row("training_s", seconds, "s", of_machine=True)
