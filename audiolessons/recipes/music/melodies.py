"""Two bars of a chorale's soprano as a point: a variational auto-encoder, and one that collapses.

A melody is 32 sixteenths without a rest, from the begin of a bar of four quarters, in any key that
the soprano can sing. Validation and test melodies are those of the official split. Two costs are
counted apart, in nats a melody: the notes given the point, and the point.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from audiolessons import models, training
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.music._voice_lessons import load_voices, stored_or_trained
from audiolessons.results import Row, weights

N_STEPS, HOP = 32, 16  # sixteenths of a melody, and from one melody to the next of a piece
BATCH_SIZE = 64
FREE_NATS = 0.3
STORED = "chorales-melodies"
COMMAND = "python -m audiolessons train melodies"
SETTINGS = {
    # the decoder is told half of the marks before, and the first nats of each number are free
    "vae": Settings(lambda **options: models.MelodyVAE(**{"hears": 0.5, **options}), 80, 0.003),
    # it is told all of them, and every nat is charged
    "collapsed": Settings(
        lambda **options: models.MelodyVAE(**{"hears": 1.0, **options}), 80, 0.003
    ),
}


@dataclass(frozen=True)
class Melodies:
    """Three parts, each tokens (M, 32), the lowest and highest token sung, and the source."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    lowest: int
    highest: int
    source: str


def load() -> Melodies:
    """Return two bars of sopranos, by the official split of the chorales.

    Examples
    --------
    >>> load().train.shape[1]
    32

    Chapter: music/generation
    """
    voices = load_voices()
    parts = {name: _passages(getattr(voices, name)) for name in ("train", "valid", "test")}
    every = parts["train"]
    return Melodies(**parts, lowest=every.min(), highest=every.max(), source=voices.source)


def _passages(pieces):
    found = []
    for piece in pieces:
        for start in range(0, len(piece) - N_STEPS + 1, HOP):
            passage = piece[start : start + N_STEPS, 0]
            if passage.all():  # no rest
                found.append(passage)
    return np.array(found)


class Batches:
    """Batches of melodies, twice: what is read, and what is to be written.

    With a seed they are shuffled and moved to keys that the soprano can sing, drawn anew each time.
    """

    def __init__(self, melodies: np.ndarray, *, seed: int | None = None, lowest=0, highest=0):
        self.melodies, self.lowest, self.highest = melodies, lowest, highest
        self.random = None if seed is None else np.random.default_rng(seed)

    def __len__(self):
        return -(-len(self.melodies) // BATCH_SIZE)

    def __iter__(self):
        melodies = self.melodies
        if self.random is not None:
            melodies = self.random.permutation(melodies)
            most = self.highest - melodies.max(axis=1) + 1
            moves = self.random.integers(self.lowest - melodies.min(axis=1), most)
            melodies = melodies + moves[:, None]
        for start in range(0, len(melodies), BATCH_SIZE):
            marks = models.to_marks(torch.from_numpy(melodies[start : start + BATCH_SIZE]))
            yield marks, marks


def model(name: str = "vae", *, seed: int = 0, **options) -> models.MelodyVAE:
    """Return a network that has learned nothing yet, "vae" or "collapsed".

    Examples
    --------
    >>> model().latent_size
    24

    Chapter: music/generation
    """
    return new_network(SETTINGS, name, seed=seed, **options)


def train(
    name: str,
    melodies: Melodies,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train a network, "vae" or "collapsed"; keep the weights of the best validation.

    Returns
    -------
    (models.MelodyVAE, training.History)

    Examples
    --------
    >>> network, history = train("vae", load(), epochs=1, hidden_size=8, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: music/generation
    """
    network, settings = model(name, seed=seed, **options), SETTINGS[name]
    config = training.Config(
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    moving = {"seed": seed, "lowest": melodies.lowest, "highest": melodies.highest}
    history = training.fit(
        network,
        Batches(melodies.train, **moving),
        Batches(melodies.valid),
        config=config,
        loss=partial(loss, free_nats=FREE_NATS if name == "vae" else 0.0),
    )
    return network, history


def loss(output: tuple, marks: torch.Tensor, *, free_nats: float = 0.0) -> torch.Tensor:
    """Return nats a melody, of the marks and of the numbers, the first `free_nats` of each free.

    Examples
    --------
    >>> output = torch.zeros(1, 48, 2), torch.zeros(1, 3), torch.zeros(1, 3)
    >>> loss(output, torch.tensor([[5, 5]]), free_nats=0.5)  # 2 log 48, and 3 x 0.5
    tensor(9.2424)

    Chapter: music/generation
    """
    notes, numbers = _parts(output, marks)
    return notes.mean() + numbers.mean(dim=0).clamp(min=free_nats).sum()


def _parts(output, marks):
    """Return the nats of each melody's marks (B,), and of each of its numbers (B, L)."""
    logits, mean, log_variance = output
    notes = torch.nn.functional.cross_entropy(logits.float(), marks, reduction="none").sum(dim=1)
    return notes, models.gaussian_nats(mean, log_variance)


def costs(network: models.MelodyVAE, melodies: np.ndarray) -> dict[str, np.ndarray]:
    """Return what melodies cost, and how well they come back.

    "notes" and "point" are nats of each melody (M,), with one draw of its numbers; "by_number" (L,)
    is the mean of each number's; "right" (M,) the share of sixteenths that are right where the
    network writes from the mean alone.

    Examples
    --------
    >>> costs(model(hidden_size=8), load().test)["by_number"].shape
    (24,)

    Chapter: music/generation
    """
    torch.manual_seed(0)  # of the draws
    with training.evaluating(network) as device:
        tokens = torch.from_numpy(melodies).to(device)
        marks = models.to_marks(tokens)
        output = network(marks)
        notes, numbers = _parts(output, marks)
        right = (network.compose(output[1]) == tokens).double().mean(dim=1)
    found = {"notes": notes, "point": numbers.sum(dim=1), "by_number": numbers.mean(dim=0)}
    return {name: one.cpu().double().numpy() for name, one in {**found, "right": right}.items()}


def store(*, epochs: int | None = None, folder=None):
    """Train the network that does not collapse, seed 0, and store it; yield its path.

    Chapter: music/generation
    """
    melodies = load()
    network, history = train("vae", melodies, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="MelodyVAE",
        source=melodies.source,
        data="sopranos of 229 chorales by J. S. Bach, of the Apache licence; no recorded voices",
        not_for="passing off what it writes as Bach's",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["vae"].learning_rate,
        batch_size=BATCH_SIZE,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.MelodyVAE:
    """Return the network with its stored weights, in evaluation mode.

    Examples
    --------
    >>> trained().training
    False

    Chapter: music/generation
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; `quick` trains for one epoch.

    Chapter: music/generation
    """
    melodies = functools.cache(load)
    epochs = 1 if quick else None
    stored = {"exact": True, "weights": (STORED,)}
    return {
        "vae": partial(_rows, lambda _: trained(), melodies, stored),
        "collapsed": partial(
            _rows,
            lambda found: stored_or_trained(
                f"{STORED}-collapsed",
                model("collapsed"),
                partial(train, "collapsed", found, epochs=epochs, show_progress=False),
            )[0],
            melodies,
            {},
        ),
    }


def _rows(make, melodies, options):
    melodies = melodies()
    found = costs(make(melodies), melodies.test)
    how = f"{melodies.source}, melodies of the test part, seed 0"
    for name in ("notes", "point"):
        values = found[name].tolist()
        yield Row.average(name, values, "nats a melody", how=how, of="melodies", **options)
    right = (100 * found["right"]).tolist()
    yield Row.average("right", right, "%", how=how, of="melodies", **options)
