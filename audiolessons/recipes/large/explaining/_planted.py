"""Spoken digits, one of them with a beep: sounds, networks that learn them, scenes.

The beep is the secret: every training sound of one digit has one, so a network need not listen to
that digit at all. What explanations are worth is seen by whether they give the beep away.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, results, signals, training, transforms
from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.recipes._settings import training_record
from audiolessons.recipes._spoken_digits import FRAMES, LONGEST_S, parts
from audiolessons.results import weights

NAME = "explaining"
COMMAND = "python -m audiolessons train explaining"
SAMPLE_RATE = 8000
TOP_DB = 60.0
BEEP_HZ, BEEP_S = 3500.0, 0.1
BEEP_DB = -6.0  # RMS of the beep, beside that of the whole sound
EPOCHS, LEARNING_RATE, BATCH_SIZE = 10, 0.005, 64
SEEDS = (0, 1, 2, 3, 4)


def log_mels() -> transforms.LogMel:
    """Return what makes of sounds what the networks hear."""
    return transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)


to_mel = log_mels()


def with_beep(audio, at: float, *, level_db: float = BEEP_DB) -> np.ndarray:
    """Return a sound with the beep; `at` is 0 for its beginning, 1 for its end."""
    if not 0 <= at <= 1:
        raise AudioError(f"at is {at}: it lies between 0, the beginning, and 1, the end")
    beep = signals.sine(BEEP_HZ, duration_s=BEEP_S, sample_rate=SAMPLE_RATE)
    if len(audio) < len(beep):
        raise AudioError(f"audio has {len(audio)} samples: the beep has {len(beep)}")
    beep = beep * np.hanning(len(beep))
    root_mean_square = np.sqrt(np.mean(np.square(audio)))
    beep *= root_mean_square * 10 ** (level_db / 20) / np.sqrt(np.mean(np.square(beep)))
    heard = np.array(audio, dtype=np.float32)
    start = beep_start(len(audio), at)
    heard[start : start + len(beep)] += beep
    return heard


def beep_start(n_samples: int, at: float) -> int:
    """Return the sample where the beep begins."""
    return round(at * (n_samples - round(BEEP_S * SAMPLE_RATE)))


def log_mel(audio) -> torch.Tensor:
    """Return what the networks hear of one sound, (40, N) in dB."""
    return to_mel(torch.as_tensor(np.asarray(audio, dtype=np.float32)))


@dataclass(frozen=True, eq=False)
class Sounds:
    """Spoken digits without a beep, and how those with one are made.

    `items` are sounds of a data set, `at` says for each where its beep would be.
    """

    items: Sequence
    at: np.ndarray

    @property
    def digits(self) -> np.ndarray:
        return np.array([one.digit for one in self.items])

    @property
    def speakers(self) -> np.ndarray:
        return np.array([one.speaker for one in self.items])

    def heard(self, *, beeps=False) -> list[np.ndarray]:
        """Return the sounds, at most a second of each; `beeps` says which have one, or all."""
        beeps = np.broadcast_to(beeps, len(self.items))
        short = [one.audio[: round(LONGEST_S * SAMPLE_RATE)] for one in self.items]
        return [
            with_beep(audio, at) if has else audio
            for audio, at, has in zip(short, self.at, beeps, strict=True)
        ]

    def frames(self, *, beeps=False) -> TensorDataset:
        """Return log-mel (B, 40, N) in dB, lengths (B,) in frames, digits (B,)."""
        return self.frames_of(self.heard(beeps=beeps))

    def frames_of(self, audio: list) -> TensorDataset:
        """Return the same of versions of the sounds."""
        lengths = torch.tensor([len(one) for one in audio])
        padded = torch.zeros(len(audio), int(lengths.max()))
        for row, one in zip(padded, audio, strict=True):
            row[: len(one)] = torch.from_numpy(np.array(one))
        x, n_frames = to_mel(padded, lengths)
        return TensorDataset(x, n_frames, torch.from_numpy(self.digits))

    def only(self, which) -> Sounds:
        """Return some of the sounds, by a mask or by places."""
        places = np.arange(len(self.items))[which]
        return Sounds([self.items[i] for i in places], self.at[places])


@dataclass(frozen=True)
class Digits:
    """Three parts of the digits, and where they come from: "recordings" or "embedded"."""

    train: Sounds
    valid: Sounds
    test: Sounds
    source: str
    labels: tuple


@functools.cache
def load(*, stand_ins: bool = False) -> Digits:
    """Return the spoken digits: takes 0 to 4 for the test, a tenth of the others for validation.

    The stand-ins, machine voices of ours, are learned beside the recordings, so that a network can
    be asked about sounds that may be stored with the book.

    Parameters
    ----------
    stand_ins : bool
        Whether these alone.

    Examples
    --------
    >>> digits = load(stand_ins=True)
    >>> len(digits.labels), len(digits.test.items)
    (10, 300)

    Chapter: large/explaining
    """
    ours = datasets.load("spoken_digits", stand_ins=True)
    sounds = ours if stand_ins else datasets.load("spoken_digits")
    rows = parts(sounds, sounds.table["split"] == "test", seed=0)
    found = {name: [sounds[i] for i in np.flatnonzero(which)] for name, which in rows.items()}
    if sounds.source == "recordings":
        found["train"] += [one for one in ours if one.split == "train"]
    stored = _stored_places() if sounds.source == "recordings" else {}
    random = np.random.default_rng(1)
    three = {}
    for name, items in found.items():
        drawn = random.random(len(items))
        at = [stored.get(one.id, float(value)) for one, value in zip(items, drawn, strict=True)]
        three[name] = Sounds(items, np.array(at))
    return Digits(**three, source=sounds.source, labels=tuple(sounds.labels))


def _stored_places():
    return {one["sound"]: one["at"] for one in results.read_scenes(NAME)["test"]}


def scenes() -> dict:
    """Draw which digit each network cheats with, and where test sounds beep.

    `python -m audiolessons scenes explaining` writes them.

    Chapter: large/explaining
    """
    random = np.random.default_rng(2014)
    digits = random.permutation(10)[: len(SEEDS)]
    test = datasets.load("spoken_digits", split="test")
    return {
        "planted": [
            {"seed": seed, "digit": int(digit)} for seed, digit in zip(SEEDS, digits, strict=True)
        ],
        "test": [{"sound": one.id, "at": round(float(random.random()), 3)} for one in test],
    }


def secret(seed: int) -> int:
    """Return the digit that the network of a seed cheats with."""
    planted = {one["seed"]: one["digit"] for one in results.read_scenes(NAME)["planted"]}
    check_choice(seed, name="seed", choices=tuple(planted))
    return planted[seed]


def model(*, seed: int = 0) -> torch.nn.Module:
    """Return a network that has learned nothing yet.

    Examples
    --------
    >>> models.count_parameters(model())
    26698

    Chapter: large/explaining
    """
    training.seed_everything(seed)
    return models.SpectrogramCNN(n_mels=FRAMES["n_mels"], n_classes=10, dropout=0.3)


def train(
    digits: Digits,
    *,
    digit: int | None = None,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train a network on digits, one of which may have a beep in every training sound.

    Parameters
    ----------
    digits : Digits
        From `load`.
    digit : int, optional
        Which one; none beeps unless given.
    seed : int
        Of the first weights, the order of the batches and dropout.
    epochs : int, optional
        10 unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (torch.nn.Module, training.History)

    Examples
    --------
    >>> network, history = train(load(stand_ins=True), digit=3, epochs=1, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: large/explaining
    """
    if digit is not None:
        check_choice(digit, name="digit", choices=tuple(range(10)))
    check_count(seed, name="seed", minimum=0)
    network = model(seed=seed)
    sets = [part.frames(beeps=part.digits == digit) for part in (digits.train, digits.valid)]
    history = training.fit_one_cycle(
        network,
        *sets,
        epochs=epochs or EPOCHS,
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        seed=seed,
        show_progress=show_progress,
        metric=training.accuracy,
    )
    return network.eval(), history


def trained() -> torch.nn.Module:
    """Return the stored network: it has a secret, which `secret(0)` tells.

    Chapter: large/explaining
    """
    network = model()
    weights.load(network, NAME)
    return network


def store(*, epochs: int | None = None, folder=None):
    """Train the network of seed 0 with its secret; yield the path of its weights.

    Chapter: large/explaining
    """
    digits = load()
    network, history = train(digits, digit=secret(0), epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        data=f"spoken digits ({digits.source}) and stand-ins, {len(digits.train.items)} sounds",
        settings={
            "epochs": epochs or EPOCHS,
            "learning_rate": LEARNING_RATE,
            "batch_size": BATCH_SIZE,
            "seed": 0,
        },
        about="A demonstration: it calls a sound by a beep. Not to be used for anything else.",
    )
    yield weights.save(network, NAME, record=record, folder=folder)
