"""Chorales in four voices as lessons: tokens, batches of pieces of like length, transpositions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from audiolessons import datasets, metrics, models, music, training
from audiolessons.recipes._settings import Settings
from audiolessons.results import Row, weights

ABOUT = {  # what records of weights say
    "data": "229 chorales by J. S. Bach in four voices, of the Apache licence; no recorded voices",
    "not_for": "passing off what it writes as Bach's",
}
PADDING = -100  # what `models.note_nats` leaves out
N_POOLED = 8  # batches whose pieces are sorted by length: little is padded, and yet all is shuffled


@dataclass(frozen=True)
class Voices:
    """Three parts, each a list of pieces as tokens, int64 (N, 4); and their source.

    `ranges` (4, 2) are the lowest and the highest pitch of each voice in the training part.
    """

    train: list
    valid: list
    test: list
    ranges: np.ndarray
    source: str


def load_voices() -> Voices:
    """Return the chorales in four voices as tokens, by the official split."""
    whole = datasets.load("chorales", form="four_voices")
    pieces = {name: whole.split(name).voices for name in ("train", "valid", "test")}
    joined = np.concatenate(pieces["train"])
    ranges = [[voice[voice >= 0].min(), voice.max()] for voice in joined.T]
    tokens = {name: [music.to_tokens(one) for one in some] for name, some in pieces.items()}
    return Voices(**tokens, ranges=np.array(ranges), source=whole.source)


class Batches:
    """Batches (tokens, target) of pieces, each (B, N, 4), padded with -100.

    With a seed the pieces are shuffled, and each is moved to a key that all its voices can sing,
    drawn anew each time; without, all come once, as they are. Voices that are `given` are no
    target.
    """

    def __init__(
        self,
        pieces: Sequence,
        *,
        batch_size: int,
        given: Sequence[int] = (),
        seed: int | None = None,
        ranges: np.ndarray | None = None,
    ):
        self.pieces, self.batch_size, self.given = list(pieces), batch_size, list(given)
        self.random = None if seed is None else np.random.default_rng(seed)
        self.moves = None
        if ranges is not None:
            pitches = [music.from_tokens(piece) for piece in self.pieces]
            self.moves = [music.transpositions(one, ranges) for one in pitches]

    def __len__(self):
        return -(-len(self.pieces) // self.batch_size)

    def __iter__(self):
        order = np.arange(len(self.pieces)) if self.random is None else self._shuffled()
        for start in range(0, len(order), self.batch_size):
            batch = [self._piece(one) for one in order[start : start + self.batch_size]]
            tokens = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True, padding_value=PADDING)
            target = tokens.clone()
            target[..., self.given] = PADDING
            yield tokens, target

    def _shuffled(self):
        """Return an order in which pieces of like length stand together."""
        order, size = self.random.permutation(len(self.pieces)), self.batch_size
        parts = np.split(order, range(N_POOLED * size, len(order), N_POOLED * size))
        by_length = [sorted(part, key=lambda one: len(self.pieces[one])) for part in parts]
        whole = [one for part in by_length for one in part]
        batches = [whole[start : start + size] for start in range(0, len(whole), size)]
        full, rest = batches[: len(whole) // size], batches[len(whole) // size :]
        self.random.shuffle(full)
        return [one for batch in full + rest for one in batch]

    def _piece(self, index):
        piece = self.pieces[index]
        by = 0 if self.moves is None else self.random.choice(self.moves[index])
        return torch.from_numpy(np.where(piece > 0, piece + by, 0))


def fit_voices(
    network,
    voices: Voices,
    settings: Settings,
    *,
    batch_size: int,
    given: Sequence[int] = (),
    epochs: int | None = None,
    seed: int = 0,
    show_progress: bool = True,
) -> training.History:
    """Train a network of four voices; keep the weights of the best validation."""
    lessons = {"batch_size": batch_size, "given": given}
    config = training.Config(
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    return training.fit(
        network,
        Batches(voices.train, seed=seed, ranges=voices.ranges, **lessons),
        Batches(voices.valid, **lessons),
        config=config,
        loss=models.note_nats,
    )


def stored_or_trained(name: str, network, train):
    """Return a network and its best validation: with weights that lie there, or trained.

    Of several seeds the book carries one at most. Whoever has the weights of the others puts them
    beside it before measuring; else they are trained again.

    Parameters
    ----------
    name : str
        Of the weights, such as "chorales-transformer".
    network : torch.nn.Module
        What the weights belong to.
    train : callable
        Gives a network and its `training.History`.
    """
    if not (datasets.data_folder() / "weights" / f"{name}.npz").exists():
        network, history = train()
        return network, min(history.valid_loss)
    return network, min(weights.load(network, name)["history"]["valid_loss"])


def nats_of(system, pieces: Sequence) -> list:
    """Return how surprised a system is by each note of each piece, arrays (N, 4) in nats.

    A system is a `music.VoiceCounts`, or a network of four voices.

    Examples
    --------
    >>> from audiolessons import models
    >>> network = models.ChoraleRNN(hidden_size=8, width=8)
    >>> nats_of(network, [np.zeros((5, 4), dtype=np.int64)])[0].shape
    (5, 4)
    """
    if isinstance(system, music.VoiceCounts):
        return [system.nats(piece) for piece in pieces]
    found = []
    with training.evaluating(system) as device:
        for piece in pieces:
            tokens = torch.from_numpy(piece)[None].to(device)
            nats = models.note_nats(system(tokens), tokens)
            found.append(nats.cpu().double().numpy().reshape(piece.shape))
    return found


def nats_row(name: str, nats: Sequence, *, how: str, **options) -> Row:
    """Return the mean over all notes, with its interval over pieces.

    `nats` has an array for each piece; with several runs, the arrays are their means.
    """
    flat = np.concatenate([one.ravel() for one in nats])
    piece = np.repeat(np.arange(len(nats)), [one.size for one in nats])
    how = f"{how}, 95 % interval over {len(nats)} pieces"
    spread = metrics.bootstrap_interval(flat, groups=piece, n_draws=1000)
    return Row(name, float(flat.mean()), "nats a note", how=how, spread=spread, **options)
