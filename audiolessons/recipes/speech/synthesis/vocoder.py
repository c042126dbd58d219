"""Mel bands to sound: a small network that was taught by 34 minutes of one reader.

It hears the training sentences of both chapters of `read_speech`. By the validation sentences
everything was chosen; the test is twelve sentences, fixed before anything was trained.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from functools import partial

import numpy as np

from audiolessons import metrics, models, training
from audiolessons.bench.peers import world
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.speech.synthesis import _pieces as pieces
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    N_MELS,
    SAMPLE_RATE,
    Read,
    Reader,
    drawn,
    load,
    test_sentences,
)
from audiolessons.recipes.speech.synthesis._judged import has_dnsmos
from audiolessons.recipes.speech.synthesis._pieces import BATCH_SIZE, STEPS, Batches
from audiolessons.recipes.speech.synthesis._sounding import (
    SETTINGS,
    STORED,
    griffin_lim,
    model,
    to_audio,
    to_mel,
    trained,
)
from audiolessons.recipes.speech.synthesis._taught import teach
from audiolessons.results import Row, weights

__all__ = [
    "FRAMES",
    "HOP_LENGTH",
    "N_MELS",
    "SAMPLE_RATE",
    "Read",
    "Reader",
    "griffin_lim",
    "load",
    "measure",
    "model",
    "scenes",
    "store",
    "test_sentences",
    "to_audio",
    "to_mel",
    "train",
    "trained",
]

COMMAND = "python -m audiolessons train vocoder"
N_TEST = 12
JUDGED = 7  # epochs with a critic
CHECKPOINTS = "_build/train/vocoder"
GOALS = {
    ("griffin_lim", "mcd"): "<= 0",
    ("griffin_lim", "stoi"): ">= 0",
    ("griffin_lim", "dnsmos"): ">= 0",
    ("world", "dnsmos"): ">= 0",
}


def scenes() -> dict:
    """Draw the test sentences: what `python -m audiolessons scenes vocoder` writes.

    Chapter: speech/synthesis
    """
    return drawn(N_TEST)


def train(
    sentences: Reader,
    *,
    epochs: int | None = None,
    judged: int | None = None,
    steps: int = STEPS,
    seed: int = 0,
    show_progress: bool = True,
    checkpoint_folder=None,
    **options,
):
    """Train the vocoder; return it and its history.

    It learns by distance, and the epoch that is closest on the validation sentences is kept; then
    it goes on with a critic.

    Parameters
    ----------
    sentences : Reader
    epochs, judged : int, optional
        By distance alone, and with a critic; the recipe's own numbers unless given.
    steps : int
        Of an epoch.
    seed : int
        Of the first weights and the pieces.
    show_progress : bool
        Whether a table grows, one line an epoch.
    checkpoint_folder : path, optional
        Where the state is kept after each epoch before the critic joins; the same call again goes
        on from there.
    **options
        Of the network, such as fewer `n_channels`.

    Returns
    -------
    (models.MelToMagnitudes, training.History)

    Examples
    --------
    >>> small = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1, "show_progress": False}
    >>> network, history = train(load(size=None), epochs=1, judged=1, steps=2, **small)
    >>> history.n_epochs
    2

    Chapter: speech/synthesis
    """
    network = model(seed=seed, **options)
    settings = SETTINGS[STORED]
    config = training.Config(
        epochs=settings.epochs if epochs is None else epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
        checkpoint_folder=checkpoint_folder,
    )
    learned, tested = (
        [pieces.lesson(one) for one in part] for part in (sentences.train, sentences.valid[:12])
    )
    history = teach(
        network,
        Batches(learned, seed=seed, steps=steps),
        Batches(tested),
        config=config,
        loss=models.magnitude_loss,
        shown=pieces.pictures,
        judged=JUDGED if judged is None else judged,
    )
    return network, history


def store(*, epochs: int | None = None, folder=None):
    """Train the vocoder, seed 0, and store it; yield the path of its weights.

    Chapter: speech/synthesis
    """
    sentences = load()
    network, history = train(sentences, epochs=epochs, judged=epochs, checkpoint_folder=CHECKPOINTS)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="MelToMagnitudes",
        source=sentences.source,
        data="one woman who read two chapters of LJ Speech (public domain): 34 minutes",
        not_for="passing off what it says as said by a person: it is synthetic speech, and "
        "sounds like one woman who gave her readings away, and never said this",
        seed=0,
        epochs=history.n_epochs,
        judged=JUDGED if epochs is None else epochs,
        learning_rate=SETTINGS[STORED].learning_rate,
        batch_size=BATCH_SIZE,
        frames=FRAMES,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each way to sound meets the test sentences once.

    `quick` takes one sentence and a network that has learned nothing: it shows that all runs.

    Chapter: speech/synthesis
    """
    if "stoi" in metrics.missing_scores() or not has_dnsmos():
        return {}
    tested = functools.cache(lambda: test_sentences("vocoder")[: 1 if quick else None])
    small = {"n_channels": 8, "hidden_size": 8}
    network = functools.cache(partial(model, **small) if quick else trained)
    ways = {
        "griffin_lim": lambda audio: griffin_lim(to_mel(audio)),
        "magnitudes": lambda audio: to_audio(to_mel(audio), network()),
        "original": lambda audio: audio,
    }
    if world.is_installed():
        ways["world"] = partial(world.resynthesise, sample_rate=SAMPLE_RATE)
    scored = functools.cache(lambda name: _scores(ways[name], tested()))
    each = {name: partial(_rows, name, scored) for name in ways}
    others = [name for name in ways if name in ("griffin_lim", "world")]
    return {**each, "paired": partial(_paired_rows, scored, others)}


def _scores(make, sentences) -> dict:
    """Return MCD, STOI and DNSMOS of each sentence, (sentences,) each, and seconds a second."""
    make(sentences[0].audio)  # what is loaded once does not count
    started = time.process_time()
    made = [make(one.audio) for one in sentences]
    seconds = time.process_time() - started
    found: dict = {"mcd": [], "stoi": [], "dnsmos": []}
    for one, audio in zip(sentences, made, strict=True):
        audio = audio[: len(one.audio)]
        pair = one.audio[: len(audio)], audio
        found["mcd"].append(metrics.mel_cepstral_distortion(*pair, sample_rate=SAMPLE_RATE))
        found["stoi"].append(metrics.stoi(*pair, sample_rate=SAMPLE_RATE))
        inside = audio / max(1.0, float(np.abs(audio).max()))
        found["dnsmos"].append(metrics.dnsmos(inside, sample_rate=SAMPLE_RATE))
    scores = {name: np.array(values, dtype=float) for name, values in found.items()}
    return {**scores, "real_time": seconds * SAMPLE_RATE / sum(len(one.audio) for one in sentences)}


def _rows(name, scored) -> Iterator[Row]:
    scores = scored(name)
    used = {"weights": (STORED,)} if name == "magnitudes" else {}
    for score, unit in (("mcd", "dB"), ("stoi", ""), ("dnsmos", "")):
        yield Row.average(
            score,
            scores[score].tolist(),
            unit,
            how="the sound made of each sentence, beside the sentence",
            of="test sentences",
            exact=True,
            **used,
        )
    if name != "original":
        goal = "<= 0.3" if name == "magnitudes" else ""
        how = "seconds for a second of speech, one core"
        yield Row("real_time", scores["real_time"], "", goal, how, of_machine=True)


def _paired_rows(scored, others) -> Iterator[Row]:
    """Yield by how much `magnitudes` differs from each other way, sentence by sentence."""
    for name in others:
        for score, unit in (("mcd", "dB"), ("stoi", ""), ("dnsmos", "")):
            yield Row.average(
                f"{name}_{score}",
                (scored("magnitudes")[score] - scored(name)[score]).tolist(),
                unit,
                goal=GOALS.get((name, score), ""),
                how="the score of `magnitudes` less the other's",
                of="test sentences",
                weights=(STORED,),
                exact=True,
            )
