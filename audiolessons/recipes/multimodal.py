"""Digits from three noisy modalities: four ways to join them, and what that buys.

The pairs are those of `digit_pairs`. Networks learn from pairs at all levels of noise, and fusions
from pairs of which parts are missing. Settings and noise levels were chosen on validation pairs.
"""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import models, training
from audiolessons.errors import check_choice
from audiolessons.models import FUSIONS, MODALITIES
from audiolessons.recipes._fitting import fit_one_cycle
from audiolessons.recipes.digit_pairs import (
    CLEAN,
    FRAMES,
    LETTERS,
    WORDS,
    Digits,
    decode_text,
    encode_text,
    load,
    mistyped,
    noisy_image,
    only,
)
from audiolessons.recipes.digits import accuracy, predict

__all__ = [
    "CLEAN",
    "HARD",
    "LETTERS",
    "MODALITIES",
    "MODELS",
    "WORDS",
    "Digits",
    "accuracy",
    "decode_text",
    "encode_text",
    "encoders",
    "grid",
    "load",
    "measure",
    "missing",
    "mistyped",
    "model",
    "noisy_image",
    "only",
    "predict",
    "train",
]

MODELS = (*MODALITIES, *FUSIONS)  # one modality alone, or all three
# Where each modality alone is right in 60 to 80 of 100 validation pairs.
HARD = {
    "recordings": {"audio_snr_db": -7.5, "image_noise": 0.55, "text_errors": 0.75},
    "embedded": {"audio_snr_db": -11.0, "image_noise": 0.55, "text_errors": 0.75},
}
BEST = "late"  # the fusion that did best on validation pairs
N_TEST_COPIES = 4  # each test sound is met with that many images, words and noises
WIDTH = 32
BATCH_SIZE = 64
EPOCHS = 10
LEARNING_RATE = 0.005


def encoders() -> dict:
    """Return encoders that have learned nothing yet, for `models.Fusion` and `models.Towers`.

    Chapter: tasks/multimodal
    """
    return models.digit_encoders(n_mels=FRAMES["n_mels"], width=WIDTH, n_symbols=1 + len(LETTERS))


def model(name: str, *, seed: int = 0, modality_dropout: float = 0.3) -> models.Fusion:
    """Return a model that has learned nothing yet; `seed` draws its first weights.

    Parameters
    ----------
    name : str
        "audio", "image" or "text": that alone. "early", "late", "gated" or "attention": a fusion.
    modality_dropout : float
        Chance of each modality of a fusion to be taken away from a pair, in training.

    Chapter: tasks/multimodal
    """
    check_choice(name, name="model", choices=MODELS)
    training.seed_everything(seed)
    return models.Fusion(
        encoders(),
        n_classes=len(WORDS),
        fusion=name if name in FUSIONS else "late",
        modality_dropout=modality_dropout if name in FUSIONS else 0.0,
        dropout=0.1,
    )


def train(
    name: str,
    digits: Digits,
    *,
    seed: int = 0,
    modality_dropout: float = 0.3,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train one modality alone, or a fusion, on noisy pairs; keep the best validation's weights.

    Parameters
    ----------
    name : str
        "audio", "image", "text", "early", "late", "gated" or "attention".
    digits : Digits
        From `load`.
    seed : int
        Of the first weights, the order of the batches and dropout.
    modality_dropout : float
        0 trains a fusion that has never missed anything.
    epochs : int, optional
        The recipe's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (models.Fusion, training.History)

    Examples
    --------
    >>> network, history = train("image", load(), epochs=1, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: tasks/multimodal
    """
    network = model(name, seed=seed, modality_dropout=modality_dropout)
    names = MODALITIES if name in FUSIONS else (name,)
    history = fit_one_cycle(
        network,
        only(digits.train, *names),
        only(digits.valid, *names),
        epochs=epochs or EPOCHS,
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        seed=seed,
        show_progress=show_progress,
        metric=training.accuracy,
    )
    return network, history


# --- what fusion buys ----------------------------------------------------------------------------


def grid(
    networks: dict,
    digits: Digits,
    *,
    part: str,
    audio_snr_db,
    image_noise,
    text_errors,
    n_copies: int = 1,
) -> dict:
    """Return the accuracy of every network at every combination of noise levels.

    Parameters
    ----------
    networks : dict
        From a name to a trained network.
    digits : Digits
        From `load`.
    part : str
        "valid" or "test".
    audio_snr_db, image_noise, text_errors : sequences
        Levels of each modality, A, I and T of them.
    n_copies : int
        How often each sound is used.

    Returns
    -------
    dict
        From each name to an array (A, I, T) of shares from 0 to 1.

    Examples
    --------
    >>> levels = {"audio_snr_db": [None, 0.0], "image_noise": [0.0], "text_errors": [0.0]}
    >>> grid({"gated": model("gated")}, load(), part="valid", **levels)["gated"].shape
    (2, 1, 1)

    Chapter: tasks/multimodal
    """
    make = {"part": part, "n_copies": n_copies}
    # pairs do not depend on the levels: a level of one modality meets every level of the others
    heard = [digits.pairs(audio_snr_db=one, **make).tensors for one in audio_snr_db]
    seen = [digits.pairs(image_noise=one, **make).tensors for one in image_noise]
    read = [digits.pairs(text_errors=one, **make).tensors for one in text_errors]
    levels = {
        "audio": [(one[0], one[1]) for one in heard],
        "image": [(one[2], None) for one in seen],
        "text": [(one[3], one[4]) for one in read],
    }
    labels = heard[0][-1]
    return {
        name: _grid_of_one(network.eval(), levels, labels, _uses(name))
        for name, network in networks.items()
    }


@torch.no_grad()
def _grid_of_one(network, levels, labels, names):
    """Return the accuracies (A, I, T): everything is encoded once, and joined in every cell."""
    present = torch.tensor([name in names for name in MODALITIES]).expand(len(labels), -1)
    encoded = [
        [network.encoders.encoders[name](x, lengths) for x, lengths in levels[name]]
        for name in MODALITIES
    ]
    shares = np.zeros([len(one) for one in encoded])
    for cell in np.ndindex(shares.shape):
        logits, _ = network.fusion(
            [one[level] for one, level in zip(encoded, cell, strict=True)], present
        )
        shares[cell] = float((logits.argmax(dim=1) == labels).float().mean())
    return shares


def missing(networks: dict, dataset: TensorDataset) -> list:
    """Return how every network does when modalities are missing: rows for a table.

    Each row is a dict: "there", the names of what is there; "best_single", the accuracy of the best
    network for one of them; then each fusion's.

    Parameters
    ----------
    networks : dict
        From names to trained networks; the three modalities must be among them.
    dataset : TensorDataset
        From `Digits.pairs`.

    Chapter: tasks/multimodal
    """
    single = {name: accuracy(networks[name], only(dataset, name)) for name in MODALITIES}
    rows = []
    for n_there in range(len(MODALITIES), 0, -1):
        for there in combinations(MODALITIES, n_there):
            part = only(dataset, *there)
            shares = {
                name: accuracy(network, part)
                for name, network in networks.items()
                if name not in MODALITIES
            }
            best = max(single[name] for name in there)
            rows.append({"there": there, "best_single": best, **shares})
    return rows


def _uses(name):
    """Return the modalities that a model is given."""
    return (name,) if name in MODALITIES else MODALITIES


def measure(*, quick: bool = False):
    """Yield the figures that the bench prints; the test pairs are met once by every network.

    `quick` trains for one epoch, with one fusion: it shows that all runs.

    Chapter: tasks/multimodal
    """
    digits, networks, seconds = load(), {}, {}
    for name in (*MODALITIES, BEST) if quick else MODELS:
        started = time.perf_counter()
        epochs = 1 if quick else None
        networks[name], _ = train(name, digits, epochs=epochs, show_progress=False)
        seconds[name] = time.perf_counter() - started
    hard = HARD[digits.source]
    dataset = digits.pairs("test", n_copies=N_TEST_COPIES, **hard)
    table = missing(networks, dataset)
    levels = f"{hard['audio_snr_db']:g} dB, {hard['image_noise']:g}, {hard['text_errors']:.0%}"
    how = f"{digits.source}, {len(dataset)} test pairs at {levels}, seed 0"
    for row in table:
        if len(row["there"]) == 1:
            (name,) = row["there"]
            its = f"{how}, meant to be 60 to 80"
            yield _row(f"digits, {name} alone", row["best_single"], ">= 60", its, seconds[name])
    for name in (name for name in networks if name not in MODALITIES):
        yield _row(f"digits, {name} fusion", table[0][name], "", how, seconds[name])
    for row in table[:4]:
        gain = row[BEST] - row["best_single"]
        there = "all" if len(row["there"]) == 3 else " and ".join(row["there"])
        goal = ">= 5" if there == "all" else ">= -1"
        yield _row(f"digits, {BEST} fusion of {there} over the best of them", gain, goal, how)
    clean = digits.pairs("test", n_copies=N_TEST_COPIES, **CLEAN)
    how = f"{digits.source}, {len(clean)} clean test pairs, seed 0"
    for name, network in networks.items():
        yield _row(f"digits, {name}, clean", accuracy(network, only(clean, *_uses(name))), "", how)


def _row(name, share, goal, how, seconds=None):
    how = how if seconds is None else f"{how}, trained for {seconds:.0f} s"
    return {"name": name, "value": 100 * share, "unit": "%", "goal": goal, "how": how}
