"""Environmental sounds and descriptions in words: naming sounds that were never heard.

Two towers learn from clips and short descriptions of our own. A class that is left out has no
clip in training; what is known of it are its words, which other classes have given a meaning. This
is a small experiment with 256 clips and 40 words, learned from nothing: it shows the idea and its
limits, not what networks trained on hundreds of thousands of described clips can do.

The descriptions and the pairs that are left out were written down before anything was trained, and
settings are those of the digits' towers and of `clips`: no left-out clip decided anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import models, results, training, transforms
from audiolessons.errors import AudioError
from audiolessons.recipes import _clips
from audiolessons.results import Row

DESCRIPTIONS = {
    "Dog bark": ("an animal calls", "short loud bursts repeat", "loud bursts of a low voice"),
    "Rain": ("water falls outside", "steady quiet noise of water", "many drops in steady noise"),
    "Sea waves": ("water rolls outside", "slow noise of water", "noise of water swells and fades"),
    "Baby cry": ("a human cries", "long loud high voice", "high voice rises and fades"),
    "Clock tick": ("a machine clicks", "short quiet clicks repeat", "steady dry clicks"),
    "Person sneeze": ("a human bursts", "short loud noise of a voice", "one loud burst"),
    "Helicopter": (
        "an engine flies outside",
        "steady low machine",
        "low bursts of engine repeat",
    ),
    "Chainsaw": ("an engine cuts wood", "steady loud machine", "loud high engine rises and fades"),
    "Rooster": ("an animal calls outside", "long loud high voice", "high voice rises and falls"),
    "Fire crackling": ("wood burns", "dry clicks in quiet noise", "short dry bursts of wood"),
}
# Each class is left out once, together with one that still shares words with those that remain.
LEFT_OUT = (
    ("Dog bark", "Sea waves"),
    ("Rain", "Baby cry"),
    ("Clock tick", "Helicopter"),
    ("Person sneeze", "Chainsaw"),
    ("Rooster", "Fire crackling"),
)
WORDS = sorted({word for texts in DESCRIPTIONS.values() for one in texts for word in one.split()})
LONGEST_TEXT = max(len(one.split()) for texts in DESCRIPTIONS.values() for one in texts)
FRAMES_TO_ONE = 4  # neighbouring frames that are averaged: 93 ms, which saves three quarters
WIDTH = 32
N_DIMENSIONS = 16
N_COPIES = 3  # each clip meets each of its descriptions
BATCH_SIZE = 64
EPOCHS = 12
LEARNING_RATE = 0.003
CHANCES = {"among two": 50.0, "among all": 10.0, "heard": 12.5}  # percent


@dataclass(frozen=True)
class DescribedSounds:
    """Clips (log-mel (B, 64, N), lengths, labels) with their folds, and the names of the classes.

    Chapter: tasks/multimodal
    """

    x: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    fold: np.ndarray
    names: list
    source: str

    def rows(self, *, classes, folds) -> torch.Tensor:
        """Return which clips are of these classes and folds."""
        numbers = [self.names.index(name) for name in classes]
        is_class = np.isin(self.labels.numpy(), numbers)
        return torch.from_numpy(is_class & np.isin(self.fold, folds))


def load() -> DescribedSounds:
    """Return the environmental sounds, four frames averaged to one.

    Examples
    --------
    >>> sounds = load()
    >>> sorted(sounds.names) == sorted(DESCRIPTIONS)
    True

    Chapter: tasks/multimodal
    """
    clips = _clips.load()
    x, lengths, labels = clips.tensors
    x = torch.nn.functional.avg_pool1d(x, FRAMES_TO_ONE)  # (B, 64, N) -> (B, 64, N / 4)
    lengths = (lengths // FRAMES_TO_ONE).clamp(min=1)
    return DescribedSounds(x, lengths, labels, clips.fold, clips.names, clips.source)


def encode_description(texts) -> tuple[torch.Tensor, torch.Tensor]:
    """Return descriptions as numbers of words (B, L), 0 is padding, and their lengths (B,).

    Raises
    ------
    AudioError
        If a word is none that was learned: from nothing, its meaning cannot be guessed.

    Examples
    --------
    >>> encode_description(["an animal calls"])[1]
    tensor([3])

    Chapter: tasks/multimodal
    """
    numbers = torch.zeros(len(texts), LONGEST_TEXT, dtype=torch.long)
    words = [one.lower().split() for one in texts]
    for row, its_words in zip(numbers, words, strict=True):
        unknown = [word for word in its_words if word not in WORDS]
        if unknown or not 1 <= len(its_words) <= LONGEST_TEXT:
            raise AudioError(
                f"{' '.join(its_words)!r} is not 1 to {LONGEST_TEXT} known words"
                f"{', as ' + ', '.join(unknown) + ' is unknown' if unknown else ''}: "
                "described_sounds.WORDS lists them"
            )
        row[: len(its_words)] = torch.tensor([1 + WORDS.index(word) for word in its_words])
    return numbers, torch.tensor([len(one) for one in words])


class DescribedTowers(torch.nn.Module):
    """Standardise and, in training, vary the sounds; then two towers, for sounds and for words.

    Chapter: tasks/multimodal
    """

    def __init__(self, prepare, towers):
        super().__init__()
        self.prepare, self.towers = prepare, towers

    def forward(self, audio, audio_lengths, text, text_lengths):
        audio, audio_lengths = self.prepare(audio, audio_lengths)
        return self.towers(audio, audio_lengths, text=text, text_lengths=text_lengths)

    @torch.no_grad()
    def similarity(self, audio, audio_lengths, texts) -> torch.Tensor:
        """Return the cosine (B, len(texts)) of each sound with each description."""
        audio, audio_lengths = self.prepare(audio, audio_lengths)
        heard = self.towers.embed("audio", audio, audio_lengths)
        read = self.towers.embed("text", *encode_description(texts))
        return heard @ read.T


def train(
    sounds: DescribedSounds,
    *,
    left_out=(),
    test_fold: int = 5,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train two towers on all folds but one, and all classes but those left out.

    Returns
    -------
    (DescribedTowers, training.History)

    Examples
    --------
    >>> network, _ = train(load(), left_out=["Rain"], epochs=1, show_progress=False)

    Chapter: tasks/multimodal
    """
    classes = [name for name in sounds.names if name not in left_out]
    rows = sounds.rows(classes=classes, folds=[f for f in set(sounds.fold) if f != test_fold])
    x, lengths, labels = sounds.x[rows], sounds.lengths[rows], sounds.labels[rows]
    texts = [DESCRIPTIONS[sounds.names[label]][n] for n in range(N_COPIES) for label in labels]
    copied = (one.repeat(N_COPIES, *[1] * (one.ndim - 1)) for one in (x, lengths))
    dataset = TensorDataset(*copied, *encode_description(texts), labels.repeat(N_COPIES))
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    encoders = {
        "audio": models.AudioEncoder(n_mels=x.shape[1], width=WIDTH),
        "text": models.TextEncoder(n_symbols=1 + len(WORDS), width=WIDTH, ordered=False),
    }
    network = DescribedTowers(
        transforms.Chain(
            transforms.Standardise.measure(x, lengths),
            transforms.TimeShift(max_shift_samples=10, generator=generator),  # frames here
            transforms.SpecAugment(max_bands=12, max_frames=8, max_share=0.3, generator=generator),
        ),
        models.Towers(encoders, n_dimensions=N_DIMENSIONS),
    )
    history = training.fit_one_cycle(
        network,
        dataset,
        epochs=epochs or EPOCHS,
        learning_rate=LEARNING_RATE,
        weight_decay=0.05,
        batch_size=BATCH_SIZE,
        seed=seed,
        show_progress=show_progress,
        loss=models.alignment_loss,
    )
    return network, history


def named(network: DescribedTowers, sounds: DescribedSounds, rows, classes) -> np.ndarray:
    """Return which of these classes each clip is taken for: the one whose descriptions fit best.

    Of each class the similarities of its descriptions are averaged.

    Chapter: tasks/multimodal
    """
    texts = [text for name in classes for text in DESCRIPTIONS[name]]
    network.eval()
    similarity = network.similarity(sounds.x[rows], sounds.lengths[rows], texts)
    similarity = similarity.unflatten(1, (len(classes), N_COPIES)).mean(dim=2)  # (B, K)
    return np.array(classes)[similarity.argmax(dim=1).numpy()]


def left_out_accuracy(network, sounds, *, left_out, test_fold: int = 5) -> dict:
    """Return how often clips are named right: shares from 0 to 1.

    "among two": clips of the classes left out, all folds, told from each other. "among all": the
    same clips, but any class may be answered. "heard": test clips of the other classes, told from
    each other.

    Chapter: tasks/multimodal
    """
    truth = np.array(sounds.names)[sounds.labels.numpy()]
    heard = [name for name in sounds.names if name not in left_out]
    new = sounds.rows(classes=left_out, folds=sounds.fold)
    known = sounds.rows(classes=heard, folds=[test_fold])
    asked = {
        "among two": (new, list(left_out)),
        "among all": (new, sounds.names),
        "heard": (known, heard),
    }
    return {
        question: float(np.mean(named(network, sounds, rows, classes) == truth[rows.numpy()]))
        for question, (rows, classes) in asked.items()
    }


def measure(*, quick: bool = False) -> dict:
    """Return the measurement of the bench: each pair of classes is left out once.

    `quick` trains for one epoch, with one pair: it shows that all runs.

    Chapter: tasks/multimodal
    """
    return {"left_out": partial(_rows, quick)}


def _rows(quick):
    sounds, found, started = load(), [], time.perf_counter()
    for left_out in LEFT_OUT[: 1 if quick else None]:
        epochs = 1 if quick else None
        network, _ = train(sounds, left_out=left_out, epochs=epochs, show_progress=False)
        found.append(left_out_accuracy(network, sounds, left_out=left_out))
    each_s = (time.perf_counter() - started) / len(found)
    for question, chance in CHANCES.items():
        shares = [100 * one[question] for one in found]
        how = f"{sounds.source}, {len(shares)} pairs of classes left out in turn, seed 0, "
        how += f"chance {chance:g}"
        yield Row.several(results.slug(question), shares, "%", how=how)
    yield Row("training_s", each_s, "s", how="a pair, tested as well", of_machine=True)
