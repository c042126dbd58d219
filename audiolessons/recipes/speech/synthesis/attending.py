"""Text to mel bands with no durations given: how attention learns where in the text it is.

It learns from the texts and sounds of `acoustic` alone. How far its borders of sounds are from
those that hidden Markov models find, and how often it skips or repeats a word when it writes by
itself, is counted on validation sentences: by a third of these its weights were chosen.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from audiolessons import models, training
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    SAMPLE_RATE,
    Reader,
    load,
)
from audiolessons.recipes.speech.synthesis._read_aloud import BEGIN, TOKENS, Lesson, lessons
from audiolessons.recipes.speech.synthesis._taught import teach
from audiolessons.results import Row, weights

COMMAND = "python -m audiolessons train attending"
STORED = "attending"
CHECKPOINTS = "_build/train/attending"
BATCH_SIZE = 32
STEPS = 150  # of an epoch
EVERY = 4  # validation sentences by which an epoch is chosen: a network that writes is slow
SETTINGS = {
    "attending": Settings(
        lambda **options: models.AttentionWriter(len(TOKENS), **options),
        epochs=40,
        learning_rate=0.002,
    )
}


def model(*, seed: int = 0, **options) -> models.AttentionWriter:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Chapter: speech/synthesis
    """
    return new_network(SETTINGS, "attending", seed=seed, **options)


class Batches:
    """Batches of whole sentences of like length, drawn at random with a seed; without, one by one.

    Each is what an `AttentionWriter` is given, and the target of `models.attending_loss`.
    """

    def __init__(
        self, sentences: Sequence[Lesson], n_together: int, *, seed=None, steps: int = STEPS
    ):
        self.sentences = sorted(sentences, key=lambda one: one.log_mel.shape[-1])
        self.n_together = n_together
        self.random = None if seed is None else np.random.default_rng(seed)
        self.steps = steps

    def __len__(self):
        return self.steps if self.random else len(self.sentences)

    def __iter__(self):
        for number in range(len(self)):
            first, n_items = number, 1
            if self.random is not None:
                n_items = min(BATCH_SIZE, len(self.sentences))
                first = int(self.random.integers(len(self.sentences) - n_items + 1))
            yield self._batch(self.sentences[first : first + n_items])

    def _batch(self, chosen):
        tokens = pad_sequence([one.tokens for one in chosen], batch_first=True)
        n_tokens = torch.tensor([len(one.tokens) for one in chosen])
        log_mel = pad_sequence([one.log_mel.T for one in chosen], batch_first=True).transpose(1, 2)
        n_frames = torch.tensor([one.log_mel.shape[-1] for one in chosen])
        log_mel = functional.pad(log_mel, (0, -log_mel.shape[-1] % self.n_together))
        return tokens, n_tokens, log_mel, (log_mel, n_frames, n_tokens)


def train(
    sentences: Reader,
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
    sentences : Reader
    epochs, steps, seed, show_progress, checkpoint_folder
        As for the acoustic network.
    **options
        Of `models.AttentionWriter`, such as a smaller `width`.

    Returns
    -------
    (models.AttentionWriter, training.History)

    Chapter: speech/synthesis
    """
    learned, tested = lessons(sentences.train, sentences.valid)
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
    history = teach(
        network,
        Batches(learned, network.n_together, seed=seed, steps=steps),
        Batches(tested[::EVERY], network.n_together),
        config=config,
        loss=models.attending_loss,
    )
    return network, history


@torch.no_grad()
def looks(lesson: Lesson, network: models.AttentionWriter | None = None) -> np.ndarray:
    """Return where a network looks while it is given each frame that was read, (N', L).

    Chapter: speech/synthesis
    """
    network = trained() if network is None else network
    tokens, n_tokens, log_mel, _ = next(iter(Batches([lesson], network.n_together)))
    with training.evaluating(network) as device:
        _, looked = network(tokens.to(device), n_tokens.to(device), log_mel.to(device))
    return looked[0].cpu().numpy()


def ends(looked, *, n_together: int = 4) -> np.ndarray:
    """Return the frame at which each token is passed, (L,): where its look is for the last time
    not beyond it.

    Examples
    --------
    >>> ends([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], n_together=4)
    array([ 4, 12, 16])

    Chapter: speech/synthesis
    """
    path = np.asarray(looked).argmax(axis=1)
    passed = path[:, None] <= np.arange(np.shape(looked)[1])  # (N', L)
    return n_together * np.where(passed.any(axis=0), len(path) - passed[::-1].argmax(axis=0), 0)


def lost_and_repeated(looked, tokens: Sequence[str]) -> tuple[int, int]:
    """Return how many words were never looked at, and how often a look went back to a word before.

    A word counts as looked at if once at least half of a look lies on its sounds.

    Examples
    --------
    >>> lost_and_repeated([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]], ["OW1", " ", "OW1", "."])
    (1, 0)

    Chapter: speech/synthesis
    """
    is_sound = np.array([one[0].isalpha() for one in tokens])
    word = np.cumsum(~is_sound) - int(tokens[0] == BEGIN)
    looked = np.asarray(looked, dtype=float)
    each = np.stack(
        [looked[:, is_sound & (word == one)].sum(axis=1) for one in np.unique(word[is_sound])],
        axis=1,
    )  # (N', words)
    path = each.argmax(axis=1)[each.max(axis=1) >= 0.5]
    return int((each.max(axis=0) < 0.5).sum()), int((np.diff(path) < 0).sum())


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/synthesis
    """
    sentences = load()
    network, history = train(sentences, epochs=epochs, checkpoint_folder=CHECKPOINTS)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="AttentionWriter",
        source=sentences.source,
        data="one woman who read two chapters of LJ Speech (public domain): 34 minutes; sounds of "
        "CMUdict (BSD)",
        not_for="anything but looking at its attention: it skips and repeats, and sounds like one "
        "woman who gave her readings away, and never said this",
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
    """Return the measurements of the bench. `quick` takes few sentences and no trained network.

    Chapter: speech/synthesis
    """
    return {"attending": partial(_rows, quick)}


def _rows(quick) -> Iterator[Row]:
    sentences = load(size=None if quick else "full")
    network = model(width=8, hidden_size=8) if quick else trained()
    shortest = sorted(sentences.train, key=lambda one: len(one.audio))[:4]
    learned = shortest if quick else sentences.train
    _, tested = lessons(learned, shortest[:1] if quick else sentences.valid)
    ms = 1000 * HOP_LENGTH / SAMPLE_RATE
    apart, even, lost, again = [], [], [], []
    for one in tested:
        tokens = [TOKENS[number] for number in one.tokens]
        sounds = np.array([token[0].isalpha() for token in tokens])
        true = one.durations.numpy().cumsum()
        found = ends(looks(one, network), n_together=network.n_together)
        apart.append(ms * np.abs(found - true)[sounds].mean())
        steady = true[-1] * np.arange(1, len(true) + 1) / len(true)
        even.append(ms * np.abs(steady - true)[sounds].mean())
        with training.evaluating(network) as device:
            _, looked = network.write(one.tokens.to(device), n_frames=int(true[-1]))
        missed, back = lost_and_repeated(looked.cpu(), tokens)
        lost.append(missed)
        again.append(back)
    used = {"of": "validation sentences", "exact": True, "weights": () if quick else (STORED,)}
    how = "distance of the ends of sounds from forced alignment"
    yield Row.average("apart", apart, "ms", how=f"{how}, frames given", **used)
    yield Row.average("even", even, "ms", how=f"{how}, if all sounds lasted alike", **used)
    how = "writing by itself, as many frames as were read"
    yield Row.average("lost", lost, "words", how=f"words never looked at, {how}", **used)
    yield Row.average("repeated", again, "times", how=f"looks back to a word, {how}", **used)
