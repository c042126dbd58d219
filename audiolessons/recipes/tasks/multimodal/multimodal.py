"""Digits from three noisy modalities: four ways to join them, and what that buys.

The pairs are those of `digit_pairs`. Networks learn from pairs at all levels of noise, and fusions
from pairs of which parts are missing. Settings and noise levels were chosen on validation pairs.
"""

from __future__ import annotations

import functools
import time
from functools import partial
from itertools import combinations

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import models, training
from audiolessons.errors import check_choice
from audiolessons.models import FUSIONS, MODALITIES
from audiolessons.recipes.tasks.multimodal.digit_pairs import (
    CLEAN,
    LETTERS,
    WIDTH,
    WORDS,
    DigitPairs,
    decode_text,
    encode_text,
    encoders,
    load,
    mistyped,
    noisy_image,
    only,
)
from audiolessons.results import Row

__all__ = [
    "CLEAN",
    "HARD",
    "LETTERS",
    "MODALITIES",
    "MODELS",
    "WIDTH",
    "WORDS",
    "DigitPairs",
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
    "train",
]

# What may be there: all, two, one.
PARTS = [there for n in (3, 2, 1) for there in combinations(MODALITIES, n)]
MODELS = (*MODALITIES, *FUSIONS)  # one modality alone, or all three
# Where each modality alone is right in 60 to 80 of 100 validation pairs.
HARD = {
    "recordings": {"audio_snr_db": -7.5, "image_noise": 0.55, "text_errors": 0.75},
    "embedded": {"audio_snr_db": -11.0, "image_noise": 0.55, "text_errors": 0.75},
}
BEST = "late"  # the fusion that did best on validation pairs
N_TEST_COPIES = 4  # each test sound is met with that many images, words and noises
BATCH_SIZE = 64
EPOCHS = 10
LEARNING_RATE = 0.005


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
    digits: DigitPairs,
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
    digits : DigitPairs
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
    history = training.fit_one_cycle(
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
    digits: DigitPairs,
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
    digits : DigitPairs
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
    single = {name: _share_right(networks[name], dataset, (name,)) for name in MODALITIES}
    rows = []
    for there in PARTS:
        shares = {
            name: _share_right(network, dataset, there)
            for name, network in networks.items()
            if name not in MODALITIES
        }
        best = max(single[name] for name in there)
        rows.append({"there": there, "best_single": best, **shares})
    return rows


def _share_right(network, dataset, there):
    """Return how often a network is right when nothing but these modalities is there."""
    return training.share_right(network, only(dataset, *there), time_axis=2)


def _uses(name):
    """Return the modalities that a model is given."""
    return (name,) if name in MODALITIES else MODALITIES


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; the test pairs are met once by every network.

    `quick` trains for one epoch, with one fusion: it shows that all runs.

    Chapter: tasks/multimodal
    """
    test = _Test(1 if quick else None)
    names = (*MODALITIES, BEST) if quick else MODELS
    measurements = {name: partial(_rows, name, test) for name in names}
    return {**measurements, "gain": partial(_gain_rows, test)}


class _Test:
    """Networks, each trained once, and the test pairs: at the hard levels, and clean."""

    def __init__(self, epochs):
        self.epochs = epochs
        self.trained = functools.cache(self._trained)

    @functools.cached_property
    def digits(self):
        return load()

    @functools.cached_property
    def hard(self):
        return self.digits.pairs("test", n_copies=N_TEST_COPIES, **HARD[self.digits.source])

    @functools.cached_property
    def clean(self):
        return self.digits.pairs("test", n_copies=N_TEST_COPIES, **CLEAN)

    @property
    def how(self):
        """Name the source and the hard levels."""
        hard = HARD[self.digits.source]
        levels = f"{hard['audio_snr_db']:g} dB, {hard['image_noise']:g}, {hard['text_errors']:.0%}"
        return f"{self.digits.source}, test pairs at {levels}, seed 0"

    def _trained(self, name):
        """Return a trained network, and how many seconds it took."""
        started = time.perf_counter()
        network, _ = train(name, self.digits, epochs=self.epochs, show_progress=False)
        return network, time.perf_counter() - started

    def right(self, name, there):
        """Return for each hard pair whether a network is right about what is there."""
        dataset = only(self.hard, *there)
        predicted = training.predict(self.trained(name)[0], dataset, time_axis=2).argmax(dim=1)
        return (predicted == dataset.tensors[-1]).numpy().astype(float)


def _rows(name, test):
    network, seconds = test.trained(name)
    uses, n_test = _uses(name), len(test.hard)
    goal, meant = (">= 60", ", meant to be 60 to 80") if name in MODALITIES else ("", "")
    right = test.right(name, uses).mean()
    yield Row.share("hard", right, n_test, goal=goal, how=test.how + meant)
    for there in (there for there in PARTS if set(there) < set(uses)):
        how = f"{test.how}, {' and '.join(there)} alone there"
        yield Row.share("_".join(there), test.right(name, there).mean(), n_test, how=how)
    how = f"{test.digits.source}, clean test pairs, seed 0"
    yield Row.share("clean", _share_right(network, test.clean, uses), len(test.clean), how=how)
    yield Row("training_s", seconds, "s", of_machine=True)


def _gain_rows(test):
    """Yield what the best fusion adds to the best of what is there, pair by pair."""
    for there in (one for one in PARTS if len(one) > 1):
        single = {name: test.right(name, (name,)) for name in there}
        best = max(single, key=lambda name: single[name].mean())
        gain = 100 * (test.right(BEST, there) - single[best])
        is_all = len(there) == len(MODALITIES)
        yield Row.average(
            "all" if is_all else "_".join(there),
            gain.tolist(),
            "points",
            goal=">= 5" if is_all else ">= -1",
            how=f"{test.how}, {BEST} fusion less {best} alone",
            of="pairs",
        )
