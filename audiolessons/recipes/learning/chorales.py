"""Bach chorales with sequence models: which keys sound in the next quarter note?

The measure is the published one, nats a frame on the official test split. Settings were chosen on
the validation split. Three models take each key for a coin of its own; "notes" writes the keys of
a frame one after another.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset

from audiolessons import datasets, metrics, models, training, transforms
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.results import Row, weights

BATCH_SIZE = 4  # 229 pieces: with larger batches there are few steps an epoch
PUBLISHED = {"lstm": 8.45, "gru": 8.43, "tcn": 8.10}  # nats a frame: Bai et al. 2018, table 1
FORGOTTEN = {"gru": 0.1, "tcn": 0.1}  # share of the keys that are not heard in training
GOALS = {"lstm": 8.40, "gru": 8.43, "tcn": 8.10, "notes": 4.85}
SEEDS = (0, 1, 2)  # of the notes
COMMAND = "python -m audiolessons train chorales"
STORED = "chorales-notes"


def _recurrent(cell, hidden_size):
    return lambda: models.RecurrentSequenceModel(cell=cell, hidden_size=hidden_size, dropout=0.5)


SETTINGS = {
    "lstm": Settings(_recurrent("lstm", 300), epochs=30, learning_rate=0.005),
    "gru": Settings(_recurrent("gru", 200), epochs=50, learning_rate=0.008),
    "tcn": Settings(
        lambda: models.TemporalConvolution(n_channels=400, n_levels=2, kernel_size=3, dropout=0.6),
        epochs=50,
        learning_rate=0.004,
    ),
    "notes": Settings(
        lambda: models.NoteByNoteModel(hidden_size=200, note_size=96, dropout=0.3, forgotten=0.1),
        epochs=32,
        learning_rate=0.004,
    ),
}


@dataclass(frozen=True)
class Chorales:
    """Three splits, each a TensorDataset of (rolls (B, N, 88), lengths (B,), target).

    The target is the rolls once more, with -1 in the padding: a loss sees no lengths, and the
    padding is no music to be predicted. `source` is "recordings" or "embedded".
    """

    train: TensorDataset
    valid: TensorDataset
    test: TensorDataset
    source: str


def load() -> Chorales:
    """Return the chorales in quarter notes, ready for `training.loader` and `loss`.

    Nothing is transposed: this edition has brought all pieces to one key already.

    Examples
    --------
    >>> load().train[0][0].shape[1]
    88

    Chapter: learning/rnn
    """
    sets = {name: datasets.load("chorales", split=name) for name in ("train", "valid", "test")}
    parts = {name: _part(one.rolls) for name, one in sets.items()}
    return Chorales(**parts, source=sets["train"].source)


def _part(rolls):
    """Pad rolls to one length."""
    lengths = torch.tensor([len(roll) for roll in rolls])
    rolls = [torch.from_numpy(roll).float() for roll in rolls]
    pad = torch.nn.utils.rnn.pad_sequence
    x, target = (pad(rolls, batch_first=True, padding_value=value) for value in (0.0, -1.0))
    return TensorDataset(x, lengths, target)


class _ForgetKeys(nn.Module):
    """Silence some of the sounding keys in training, so that no single one is relied on."""

    def __init__(self, share, *, seed):
        super().__init__()
        self.share, self.generator = share, torch.Generator().manual_seed(seed)

    def forward(self, x, lengths):
        if self.training:
            kept = torch.rand(x.shape, generator=self.generator) >= self.share
            x = x * kept.to(x.device)
        return x, lengths


class _Transpose(nn.Module):
    """Move every other piece, drawn, by up to six semitones either way in training."""

    def __init__(self, *, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, x, lengths):
        if self.training:
            moves = torch.randint(-6, 7, (len(x),), generator=self.generator)
            moves *= torch.randint(2, (len(x),), generator=self.generator)
            x = torch.stack([roll.roll(int(by), dims=1) for roll, by in zip(x, moves, strict=True)])
        return x, lengths


def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return nats for every frame that is predicted, from logits and rolls with -1 as padding.

    What has one axis is nats already: a model that writes notes counts them itself.

    Examples
    --------
    >>> target = torch.tensor([[[0.0], [1.0], [-1.0]]])  # one key, two frames of music
    >>> loss(torch.zeros(1, 3, 1), target)
    tensor([0.6931])

    Chapter: learning/rnn
    """
    if logits.ndim == 1:
        return logits
    target = target[:, : logits.shape[1]]
    lengths = (target[:, :, 0] >= 0).sum(dim=1)
    return models.next_frame_nats(logits, target.clamp(min=0), lengths)


def model(name: str, *, seed: int = 0) -> torch.nn.Module:
    """Return a sequence model that has learned nothing yet; `seed` draws its first weights.

    Parameters
    ----------
    name : str
        "lstm", "gru", "tcn" (temporal convolution) or "notes" (note by note).

    Raises
    ------
    AudioError
        If there is no such model.

    Examples
    --------
    >>> model("tcn")(torch.zeros(1, 5, 88)).shape
    torch.Size([1, 5, 88])

    Chapter: learning/rnn
    """
    return new_network(SETTINGS, name, seed=seed)


def train(
    name: str,
    chorales: Chorales,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train one of the models on the training part; keep the weights of the best validation.

    Parameters
    ----------
    name : str
        "lstm", "gru", "tcn" or "notes".
    chorales : Chorales
        From `load`.
    seed : int
        Of the first weights, the order of the batches and dropout.
    epochs : int, optional
        The recipe's own number unless given.
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

    Chapter: learning/rnn
    """
    network = model(name, seed=seed)
    settings = SETTINGS[name]
    hearing = network
    if share := FORGOTTEN.get(name):
        hearing = transforms.Chain(_ForgetKeys(share, seed=seed), network)
    elif name == "notes":
        hearing = transforms.Chain(_Transpose(seed=seed), network)
    history = training.fit_one_cycle(
        hearing,
        chorales.train,
        chorales.valid,
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=BATCH_SIZE,
        warm_up=name != "notes",
        time_axis=1,
        seed=seed,
        show_progress=show_progress,
        loss=loss,
    )
    return network, history


def nats_per_frame(network: torch.nn.Module, dataset: TensorDataset) -> float:
    """Return the published measure of a part: the mean over all its predicted frames.

    Examples
    --------
    >>> round(nats_per_frame(model("tcn"), load().test), -1)  # untrained: near 88 log 2 = 61
    60.0

    Chapter: learning/rnn
    """
    return float(torch.cat(_nats(network, dataset)).mean())


def _nats(network, dataset):
    """Return the nats of every predicted frame, in parts."""
    with training.evaluating(network) as device:
        batches = training.loader(dataset, batch_size=BATCH_SIZE, time_axis=1)
        return [
            loss(network(x.to(device), lengths.to(device)), target.to(device)).cpu()
            for x, lengths, target in batches
        ]


def store(*, epochs: int | None = None, folder=None):
    """Train the model that writes notes, seed 0, and store it; yield the path of its weights.

    Chapter: learning/rnn
    """
    chorales = load()
    network, history = train("notes", chorales, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="notes",
        source=chorales.source,
        data="229 chorales by J. S. Bach as piano rolls of the MIT licence; no voices",
        not_for="passing off what it writes as Bach's",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["notes"].learning_rate,
        batch_size=BATCH_SIZE,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> torch.nn.Module:
    """Return the model that writes notes with its stored weights, in evaluation mode.

    Parameters
    ----------
    folder : path, optional
        Where `store` put other weights.

    Examples
    --------
    >>> trained().training
    False

    Chapter: learning/rnn
    """
    network = model("notes")
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each network meets the test split once.

    `quick` trains for one epoch, with one seed: it shows that all runs.

    Chapter: learning/rnn
    """
    chorales = functools.cache(load)
    epochs, seeds = (1, SEEDS[:1]) if quick else (None, SEEDS)
    return {
        **{name: partial(_rows, name, chorales, epochs) for name in PUBLISHED},
        "notes": partial(_rows_of_notes, chorales, epochs, seeds),
        "notes_stored": partial(_rows_of_stored, chorales),
    }


def _rows(name, chorales, epochs):
    chorales = chorales()
    network, seconds = _one_run(name, chorales, epochs=epochs)
    how = f"{chorales.source}, official test split, seed 0, published {PUBLISHED[name]:.2f}"
    yield _over_pieces(network, chorales.test, goal=f"<= {GOALS[name]:.2f}", how=how)
    yield Row("training_s", seconds, "s", how="the same run", of_machine=True)


def _rows_of_stored(chorales):
    chorales = chorales()
    how = f"{chorales.source}, official test split, stored weights"
    yield _over_pieces(trained(), chorales.test, how=how, weights=(STORED,), exact=True)


def _over_pieces(network, part, *, how, **options):
    """Return the measure, with its interval over whole pieces: frames of one are alike."""
    nats = torch.cat(_nats(network, part)).numpy()
    piece = np.repeat(np.arange(len(part)), part.tensors[1] - 1)
    how = f"{how}, 95 % interval over {len(part)} pieces"
    spread = metrics.bootstrap_interval(nats, groups=piece)
    return Row("nats", float(nats.mean()), "nats", how=how, spread=spread, **options)


def _rows_of_notes(chorales, epochs, seeds):
    chorales = chorales()
    nats, taken_s = [], []
    for seed in seeds:
        network, seconds = _one_run("notes", chorales, seed=seed, epochs=epochs)
        nats.append(nats_per_frame(network, chorales.test))
        taken_s.append(seconds)
    how = f"{chorales.source}, official test split, seeds {seeds}"
    yield Row.several("nats", nats, "nats", goal=f"<= {GOALS['notes']:.2f}", how=how)
    how = "the slowest of the same runs"
    yield Row("training_s", max(taken_s), "s", "<= 180", how, of_machine=True)


def _one_run(name, chorales, **how):
    """Return a network that has been trained, and the seconds that took."""
    started = time.perf_counter()
    network, _ = train(name, chorales, show_progress=False, **how)
    return network, time.perf_counter() - started
