"""Text to mel bands with no durations given: how attention learns where in the text it is.

The texts are strings of digits, and the sounds are takes of one speaker, joined. So the borders are
known to the sample, and the network is told none of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from audiolessons import datasets, models, signals, training
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    SAMPLE_RATE,
    log_mel,
)
from audiolessons.recipes.speech.synthesis._taught import teach
from audiolessons.results import Row, weights

COMMAND = "python -m audiolessons train attending"
STORED = "attending"
CHECKPOINTS = "_build/train/attending"
N_TEST, N_VALID, N_TRAIN = 5, 5, 25  # takes of each digit
SHORTEST, LONGEST = 2, 6  # digits of a string that is learned from
BATCH_SIZE, STEPS = 12, 50
N_MEASURED = 40  # strings of each length
SETTINGS = {
    "attending": Settings(
        partial(models.AttentionWriter, 10, width=64, hidden_size=128, n_encoder=1),
        epochs=8,
        learning_rate=0.003,
    )
}


@dataclass(frozen=True, eq=False)
class String:
    """Digits that are said, (L,), log-mel bands of their takes, joined, (80, N), and where each
    take ends, (L,), in frames.
    """

    tokens: torch.Tensor
    log_mel: torch.Tensor
    ends: np.ndarray


@dataclass(frozen=True, eq=False)
class Takes:
    """Bands of one speaker's takes of each digit, ten lists, in three parts; and the source."""

    train: list
    valid: list
    test: list
    source: str

    def string(self, part: str, n_digits: int, random: np.random.Generator) -> String:
        """Draw a string of so many digits."""
        digits = random.integers(10, size=n_digits)
        takes = getattr(self, part)
        chosen = [takes[digit][random.integers(len(takes[digit]))] for digit in digits]
        ends = np.cumsum([one.shape[1] for one in chosen])
        return String(torch.from_numpy(digits), torch.cat(chosen, dim=1), ends)


def load(*, n_takes: int | None = None) -> Takes:
    """Return takes of one man, George in the recordings; of each part at most `n_takes`.

    Chapter: speech/synthesis
    """
    digits = datasets.load("spoken_digits")
    speaker = min(str(one) for one in digits.table["speaker"])
    parts: dict = {"test": [], "valid": [], "train": []}
    for label in range(10):
        said = digits.where(speaker=speaker, label=label)
        bands = [_bands(said[take]) for take in range(min(len(said), N_TEST + N_VALID + N_TRAIN))]
        cuts = [N_TEST, N_TEST + N_VALID] if len(bands) > N_TEST + N_VALID else [1, 2]
        for name, some in zip(
            parts, (bands[: cuts[0]], bands[cuts[0] : cuts[1]], bands[cuts[1] :]), strict=True
        ):
            parts[name].append((some or bands)[:n_takes])
    return Takes(**parts, source=digits.source)


def _bands(item):
    return log_mel(signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE))


def model(*, seed: int = 0, **options) -> models.AttentionWriter:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Chapter: speech/synthesis
    """
    return new_network(SETTINGS, "attending", seed=seed, **options)


class Batches:
    """Batches of strings, drawn anew in each epoch; those of `valid` are the same each time.

    Each is what an `AttentionWriter` is given, and the target of `models.attending_loss`.
    """

    def __init__(self, takes: Takes, part: str, *, n_together: int, seed: int, steps: int):
        self.takes, self.part, self.n_together, self.steps = takes, part, n_together, steps
        self.seed, self.random = seed, np.random.default_rng(seed)

    def __len__(self):
        return self.steps

    def __iter__(self):
        if self.part != "train":
            self.random = np.random.default_rng(self.seed)
        for _ in range(self.steps):
            lengths = self.random.integers(SHORTEST, LONGEST + 1, BATCH_SIZE)
            strings = [self.takes.string(self.part, int(n), self.random) for n in lengths]
            yield as_batch(strings, n_together=self.n_together)


def as_batch(strings: list[String], *, n_together: int) -> tuple:
    """Return tokens, how many of each count, bands and the target of strings."""
    tokens = pad_sequence([one.tokens for one in strings], batch_first=True)
    bands = pad_sequence([one.log_mel.T for one in strings], batch_first=True).transpose(1, 2)
    bands = functional.pad(bands, (0, -bands.shape[-1] % n_together))
    n_tokens = torch.tensor([len(one.tokens) for one in strings])
    n_frames = torch.tensor([one.log_mel.shape[1] for one in strings])
    return tokens, n_tokens, bands, (bands, n_frames, n_tokens)


def train(
    takes: Takes,
    *,
    epochs: int | None = None,
    steps: int = STEPS,
    seed: int = 0,
    show_progress: bool = True,
    checkpoint_folder=None,
    **options,
):
    """Train a network that attends; return it and its history.

    Parameters
    ----------
    takes : Takes
    epochs, steps, seed, show_progress, checkpoint_folder
        As for the acoustic network.
    **options
        Of `models.AttentionWriter`, such as a smaller `width`.

    Returns
    -------
    (models.AttentionWriter, training.History)

    Chapter: speech/synthesis
    """
    network = model(seed=seed, **options)
    settings = SETTINGS["attending"]
    config = training.Config(
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
        checkpoint_folder=checkpoint_folder,
    )
    drawn = {"n_together": network.n_together, "seed": seed}
    history = teach(
        network,
        Batches(takes, "train", steps=steps, **drawn),
        Batches(takes, "valid", steps=2, **drawn),
        config=config,
        loss=models.attending_loss,
    )
    return network, history


@torch.no_grad()
def looks(string: String, network: models.AttentionWriter | None = None) -> np.ndarray:
    """Return where a network looks while it is given the frames of a string, (N', L).

    Chapter: speech/synthesis
    """
    network = trained() if network is None else network
    tokens, n_tokens, bands, _ = as_batch([string], n_together=network.n_together)
    with training.evaluating(network) as device:
        _, looked = network(tokens.to(device), n_tokens.to(device), bands.to(device))
    return looked[0].cpu().numpy()


def ends(looked, *, n_together: int = 4) -> np.ndarray:
    """Return the frame at which each token is passed, (L,): the end of its last look not beyond.

    Examples
    --------
    >>> ends([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], n_together=4)
    array([ 4, 12, 16])

    Chapter: speech/synthesis
    """
    path = np.asarray(looked).argmax(axis=1)
    passed = path[:, None] <= np.arange(np.shape(looked)[1])  # (N', L)
    return n_together * np.where(passed.any(axis=0), len(path) - passed[::-1].argmax(axis=0), 0)


def lost_and_repeated(looked) -> tuple[int, int]:
    """Return how many tokens never held most of a look, and how often a look went back.

    Examples
    --------
    >>> lost_and_repeated([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    (1, 1)

    Chapter: speech/synthesis
    """
    path = np.asarray(looked).argmax(axis=1)
    return np.shape(looked)[1] - len(np.unique(path)), int((np.diff(path) < 0).sum())


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/synthesis
    """
    takes = load()
    network, history = train(takes, epochs=epochs, checkpoint_folder=CHECKPOINTS)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="AttentionWriter",
        source=takes.source,
        data="250 takes of digits by one man of the Free Spoken Digit Dataset (CC BY-SA 4.0), "
        "joined to strings",
        not_for="anything but looking at its attention",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["attending"].learning_rate,
        batch_size=BATCH_SIZE,
        frames=FRAMES,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


@functools.cache
def trained(*, folder=None) -> models.AttentionWriter:
    """Return the network with its stored weights.

    Chapter: speech/synthesis
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: strings as long as those learned from, and longer.

    `quick` takes few strings and no trained network.

    Chapter: speech/synthesis
    """
    takes = functools.cache(partial(load, n_takes=1 if quick else None))
    lengths = {"five": 5, "eight": 8, "twelve": 12}
    return {name: partial(_rows, takes, n_digits, quick) for name, n_digits in lengths.items()}


def _rows(takes, n_digits, quick) -> Iterator[Row]:
    network = model(width=8, hidden_size=8) if quick else trained()
    random = np.random.default_rng(n_digits)
    ms = 1000 * HOP_LENGTH / SAMPLE_RATE
    apart, lost, repeated = [], [], []
    for _ in range(2 if quick else N_MEASURED):
        string = takes().string("test", n_digits, random)
        found = ends(looks(string, network), n_together=network.n_together)
        apart.append(ms * np.abs(found - string.ends)[:-1].mean())
        with training.evaluating(network) as device:
            _, alone = network.write(string.tokens.to(device), n_frames=int(string.ends[-1]))
        missed, back = lost_and_repeated(alone.cpu())
        lost.append(missed)
        repeated.append(back)
    stored = () if quick else (STORED,)
    how, of = "frames of new takes given, true borders", f"strings of {n_digits} digits"
    yield Row.average("apart", apart, "ms", how=how, of=of, exact=True, weights=stored)
    how = "writing by itself, as many frames as were said"
    yield Row.average("lost", lost, "digits", how=how, of=of, exact=True, weights=stored)
    yield Row.average("repeated", repeated, "times", how=how, of=of, exact=True, weights=stored)
