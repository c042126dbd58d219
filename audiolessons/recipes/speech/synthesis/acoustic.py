"""Text to mel bands, and from them to speech: a small network, one reader, 34 minutes.

It learns from the training sentences of both chapters of `read_speech`, aligned by hidden Markov
models. By the validation sentences everything was chosen; the test is thirty sentences, fixed
before anything was trained.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from audiolessons import models, training
from audiolessons.errors import AudioError, check_positive
from audiolessons.models.speech.text_to_mel import STEPS
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.speech.synthesis import _acoustic_training as teaching
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    SAMPLE_RATE,
    Read,
    Reader,
    drawn,
    load,
    test_sentences,
)
from audiolessons.recipes.speech.synthesis._judged import judged
from audiolessons.recipes.speech.synthesis._read_aloud import (
    TOKENS,
    lessons,
    numbers_of,
    tokens_of,
)
from audiolessons.recipes.speech.synthesis._sounding import to_audio as vocoded
from audiolessons.recipes.speech.synthesis._taught import teach
from audiolessons.results import Row, rows, weights

__all__ = [
    "SAMPLE_RATE",
    "TOKENS",
    "Read",
    "Reader",
    "Spoken",
    "lessons",
    "load",
    "measure",
    "model",
    "scenes",
    "speak",
    "store",
    "test_sentences",
    "tokens_of",
    "train",
    "trained",
]

COMMAND = "python -m audiolessons train acoustic"
STORED = "acoustic"
N_TEST = 30
CHECKPOINTS = "_build/train/acoustic"
GOALS = {"dnsmos": ">= 2.7"}
MORE_ERRORS = 1.5  # times those on the recordings, at most
MOST_TOKENS = 2000  # of one text: two minutes of speech
SETTINGS = {
    "acoustic": Settings(
        lambda **options: models.TextToMel(len(TOKENS), **options), epochs=15, learning_rate=0.002
    )
}


@dataclass(frozen=True, eq=False)
class Spoken:
    """What was made of a text: sound (T,) at 16 kHz, and how the network came to it.

    `mel` (80, N) are log-mel bands, `tokens` sounds and signs, `durations` (L,) how many frames of
    12.5 ms each lasts, `pitch_hz` (L,) how high it was meant to be.
    """

    audio: np.ndarray
    mel: np.ndarray
    tokens: list
    durations: np.ndarray
    pitch_hz: np.ndarray


def scenes() -> dict:
    """Draw the test sentences: what `python -m audiolessons scenes acoustic` writes.

    Chapter: speech/synthesis
    """
    return drawn(N_TEST)


def model(*, seed: int = 0, **options) -> models.TextToMel:
    """Return an acoustic model that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> network = model(width=8, hidden_size=8)
    >>> network.traits(numbers_of(["^", "OW1", "."])[None]).shape
    torch.Size([1, 3, 3])

    Chapter: speech/synthesis
    """
    return new_network(SETTINGS, "acoustic", seed=seed, **options)


def train(
    sentences: Reader,
    *,
    epochs: int | None = None,
    steps: int = teaching.STEPS,
    seed: int = 0,
    show_progress: bool = True,
    checkpoint_folder=None,
    **options,
):
    """Train an acoustic model; return it and its history.

    The weights of the epoch whose mel bands are closest on the validation sentences are kept.

    Parameters
    ----------
    sentences : Reader
    epochs : int, optional
        The recipe's own number unless given.
    steps : int
        Of an epoch.
    seed : int
        Of the first weights, the batches and dropout.
    show_progress : bool
        Whether a table grows, one line an epoch.
    checkpoint_folder : path, optional
        Where the state is kept after each epoch; the same call again goes on from there.
    **options
        Of `models.TextToMel`, such as a smaller `width`.

    Returns
    -------
    (models.TextToMel, training.History)

    Chapter: speech/synthesis
    """
    learned, tested = lessons(sentences.train, sentences.valid)
    network = model(seed=seed, **options)
    settings = SETTINGS["acoustic"]
    config = training.Config(
        epochs=settings.epochs if epochs is None else epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        monitor="metric",
        seed=seed,
        show_progress=show_progress,
        checkpoint_folder=checkpoint_folder,
    )
    history = teach(
        network,
        teaching.Batches(learned, seed=seed, steps=steps),
        teaching.Batches(tested),
        config=config,
        loss=models.writing_loss,
        metric=teaching.closeness,
    )
    return network, history


@torch.no_grad()
def speak(
    text: str,
    *,
    speed: float = 1.0,
    pitch_steps: float = 0.0,
    network: models.TextToMel | None = None,
    to_audio=None,
) -> Spoken:
    """Say a text.

    Parameters
    ----------
    text : str
        English.
    speed : float
        2 is twice as fast: every sound lasts half as long.
    pitch_steps : float
        Semitones that the melody is moved up.
    network : models.TextToMel, optional
        The one with the stored weights unless given.
    to_audio : callable, optional
        From log-mel bands (80, N) to sound; the vocoder with the stored weights unless given.

    Raises
    ------
    AudioError
        If the text holds no word or too many, or the speed is not above 0.

    Examples
    --------
    >>> spoken = speak("No.", network=model(width=8, hidden_size=8), to_audio=lambda mel: mel[0])
    >>> spoken.tokens
    ['^', 'N', 'OW1', '.']

    Chapter: speech/synthesis
    """
    check_positive(speed, name="speed")
    tokens = tokens_of(text)
    if len(tokens) > MOST_TOKENS:
        raise AudioError(
            f"text has {len(tokens)} sounds and signs, at most {MOST_TOKENS} are said at once: "
            "give it sentence by sentence"
        )
    network = _spoken_by() if network is None else network
    with training.evaluating(network) as device:
        numbers = numbers_of(tokens).to(device)
        lasting, pitch, energy = network.traits(numbers[None])[0]
        durations = (lasting.expm1() / speed).round().clamp(min=0).long()
        durations[0] += int(durations.sum() == 0)  # a network that knows nothing says nothing
        pitch = pitch + pitch_steps / STEPS
        mel = network.write(numbers, durations, torch.stack([pitch, energy])).cpu().numpy()
    durations = durations.cpu().numpy()
    pitch_hz = models.in_hz(pitch.cpu().numpy().astype(float))
    return Spoken((to_audio or vocoded)(mel), mel, tokens, durations, pitch_hz)


@functools.cache
def _spoken_by():
    return trained()


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
        model="TextToMel",
        source=sentences.source,
        data="one woman who read two chapters of LJ Speech (public domain): 34 minutes; sounds of "
        "CMUdict (BSD)",
        not_for="passing off what it says as said by a person: it is synthetic speech, and sounds "
        "like one woman who gave her readings away, and never said this",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["acoustic"].learning_rate,
        batch_size=teaching.BATCH_SIZE,
        frames=FRAMES,
        tokens=TOKENS,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.TextToMel:
    """Return the network with its stored weights.

    Chapter: speech/synthesis
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; the network meets the test sentences once.

    `original` are the recordings, `network` the text alone. `quick` takes two sentences and a
    network that has learned nothing: it shows that all runs.

    Chapter: speech/synthesis
    """
    tested = functools.cache(lambda: test_sentences(STORED)[: 2 if quick else None])
    return {
        "original": partial(_heard_rows, tested),
        "network": partial(_network_rows, tested, quick),
    }


def _heard_rows(tested) -> Iterator[Row]:
    yield from judged(lambda one: one.audio, tested(), how="the recordings")


def _network_rows(tested, quick) -> Iterator[Row]:
    """A goal of errors is so many times those on the recordings, as they are stored."""
    goals = dict(GOALS)
    for name in ("pocketsphinx", "whisper"):
        heard = rows(STORED).get(f"original.{name}")
        if heard and not quick:
            goals[name] = f"<= {MORE_ERRORS * heard['value']:.3g}"
    network = model(width=8, hidden_size=8) if quick else trained()
    yield from judged(
        lambda one: speak(one.text, network=network).audio,
        tested(),
        how="text alone, stored weights of both networks",
        goals=goals,
        weights=() if quick else (STORED, "vocoder"),
    )
