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
import torch

from audiolessons import features, metrics, models, signals, spectral, training
from audiolessons.bench.peers import world
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.speech.synthesis import _vocoder_training as teaching
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    N_MELS,
    SAMPLE_RATE,
    Read,
    Reader,
    drawn,
    load,
    log_mel,
    test_sentences,
)
from audiolessons.recipes.speech.synthesis._judged import has_dnsmos
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
STORED = "vocoder"
N_TEST = 12
CHECKPOINTS = "_build/train/vocoder"
PLAN = teaching.Plan(epochs=13, alone=5)
SETTINGS = {
    "vocoder": Settings(models.Vocoder, epochs=PLAN.epochs, learning_rate=PLAN.learning_rate)
}
GOALS = {
    ("griffin_lim", "mcd"): "<= 0",
    ("griffin_lim", "stoi"): ">= 0",
    ("griffin_lim", "dnsmos"): ">= 0",
    ("world", "dnsmos"): ">= 0",
}
N_ITER = 60  # of Griffin and Lim


def scenes() -> dict:
    """Draw the test sentences: what `python -m audiolessons scenes vocoder` writes.

    Chapter: speech/synthesis
    """
    return drawn(N_TEST)


def model(*, seed: int = 0, **options) -> models.Vocoder:
    """Return a vocoder that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(n_channels=8, hidden_size=8, n_blocks=1)(torch.zeros(1, 80, 5)).shape
    torch.Size([1, 800])

    Chapter: speech/synthesis
    """
    return new_network(SETTINGS, "vocoder", seed=seed, **options)


def to_mel(audio, *, sample_rate: float = SAMPLE_RATE) -> np.ndarray:
    """Return what a vocoder is given of a sound (T,): log-mel bands (80, N), natural logarithms.

    Examples
    --------
    >>> to_mel(np.random.default_rng(0).normal(size=16000)).shape
    (80, 81)

    Chapter: speech/synthesis
    """
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)
    return log_mel(audio).numpy()


@torch.no_grad()
def to_audio(mel, network: models.Vocoder | None = None) -> np.ndarray:
    """Return the sound (200 * (N - 1),) at 16 kHz that a vocoder makes of log-mel bands (80, N).

    Without a network, the one with the stored weights speaks.

    Examples
    --------
    >>> silent = np.full((80, 11), -20.0)
    >>> to_audio(silent, model(n_channels=8, hidden_size=8, n_blocks=1)).shape
    (2000,)

    Chapter: speech/synthesis
    """
    network = _spoken_by() if network is None else network
    with training.evaluating(network) as device:
        bands = torch.as_tensor(np.asarray(mel, dtype=np.float32), device=device)
        return network(bands[None])[0].cpu().numpy()


@functools.cache
def _spoken_by():
    return trained()


def griffin_lim(mel, *, n_iter: int = N_ITER, seed: int = 0) -> np.ndarray:
    """Return the sound that log-mel bands (80, N) give without any network.

    Magnitudes are the least squares that put the right power into each band and are nowhere
    negative; phases come from the method of Griffin and Lim.

    Examples
    --------
    >>> tone = signals.sine(440, duration_s=0.5, sample_rate=16000)
    >>> griffin_lim(to_mel(tone), n_iter=4).shape
    (8000,)

    Chapter: speech/synthesis
    """
    filters = features.mel_filterbank(
        sample_rate=SAMPLE_RATE, n_fft=FRAMES["n_fft"], n_mels=N_MELS
    )  # (80, F)
    wanted = np.exp(np.asarray(mel, dtype=float))  # (80, N)
    power = np.maximum(np.linalg.pinv(filters) @ wanted, 1e-12)  # (F, N)
    # Multiplicative steps keep every number positive and bring the bands closer each time.
    for _ in range(n_iter):
        power *= (filters.T @ wanted) / np.maximum(filters.T @ (filters @ power), 1e-12)
    return spectral.griffin_lim(
        np.sqrt(power), hop_length=HOP_LENGTH, n_iter=n_iter, seed=seed
    ).astype(np.float32)


def lessons(sentences) -> list[teaching.Lesson]:
    """Return mel bands and sound of sentences, each with `audio`; what is too short is left out.

    Chapter: speech/synthesis
    """
    return [
        teaching.Lesson(log_mel(one.audio), torch.from_numpy(one.audio))
        for one in sentences
        if len(one.audio) > teaching.PIECE * HOP_LENGTH
    ]


def train(
    sentences: Reader,
    *,
    epochs: int | None = None,
    alone: int | None = None,
    steps: int = PLAN.steps,
    seed: int = 0,
    show_progress: bool = True,
    checkpoint_folder=None,
    **options,
):
    """Train a vocoder; return it and its history.

    First it learns by the distance of spectra alone, then a critic joins. The running average of
    its weights is kept.

    Parameters
    ----------
    sentences : Reader
    epochs, alone : int, optional
        In all, and before the critic joins; the recipe's own numbers unless given.
    steps : int
        Of an epoch.
    seed : int
        Of the first weights and the pieces.
    show_progress : bool
        Whether a table grows, one line an epoch.
    checkpoint_folder : path, optional
        Where the state is kept after each epoch; the same call again goes on from there.
    **options
        Of `models.Vocoder`, such as fewer `n_channels`.

    Returns
    -------
    (models.Vocoder, training.History)

    Examples
    --------
    >>> small = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1, "show_progress": False}
    >>> network, history = train(load(size=None), epochs=1, steps=2, **small)
    >>> history.n_epochs
    1

    Chapter: speech/synthesis
    """
    plan = teaching.Plan(
        epochs=PLAN.epochs if epochs is None else epochs,
        alone=PLAN.alone if alone is None else alone,
        steps=steps,
        seed=seed,
    )
    network = model(seed=seed, **options)
    history = teaching.run(
        network,
        lessons(sentences.train),
        lessons(sentences.valid)[:12],
        plan=plan,
        checkpoint_folder=checkpoint_folder,
        show_progress=show_progress,
    )
    return network, history


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
        model="Vocoder",
        source=sentences.source,
        data="one woman who read two chapters of LJ Speech (public domain): 34 minutes",
        not_for="passing off what it says as said by a person: it is synthetic speech, and sounds "
        "like one woman who gave her readings away, and never said this",
        seed=0,
        epochs=history.n_epochs,
        steps=PLAN.steps,
        alone=PLAN.alone,
        learning_rate=PLAN.learning_rate,
        batch_size=teaching.BATCH_SIZE,
        frames=FRAMES,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.Vocoder:
    """Return the network with its stored weights.

    Chapter: speech/synthesis
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each way to sound meets the test sentences once.

    `quick` takes one sentence and a network that has learned nothing: it shows that all runs.

    Chapter: speech/synthesis
    """
    if "stoi" in metrics.missing_scores() or not has_dnsmos():
        return {}
    tested = functools.cache(lambda: test_sentences(STORED)[: 1 if quick else None])
    network = functools.cache(partial(model, n_channels=8, hidden_size=8) if quick else trained)
    ways = {
        "griffin_lim": lambda audio: griffin_lim(to_mel(audio)),
        "network": lambda audio: to_audio(to_mel(audio), network()),
        "original": lambda audio: audio,
    }
    if world.is_installed():
        ways["world"] = partial(world.resynthesise, sample_rate=SAMPLE_RATE)
    scored = functools.cache(lambda name: _scores(ways[name], tested()))
    each = {name: partial(_rows, name, scored) for name in ways}
    others = [name for name in ways if name not in ("network", "original")]
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
    used = {"weights": (STORED,)} if name == "network" else {}
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
        goal = "<= 0.3" if name == "network" else ""
        how = "seconds for a second of speech, one core"
        yield Row("real_time", scores["real_time"], "", goal, how, of_machine=True)


def _paired_rows(scored, others) -> Iterator[Row]:
    """Yield by how much the network differs from each other way, sentence by sentence."""
    for name in others:
        for score, unit in (("mcd", "dB"), ("stoi", ""), ("dnsmos", "")):
            yield Row.average(
                f"{name}_{score}",
                (scored("network")[score] - scored(name)[score]).tolist(),
                unit,
                goal=GOALS.get((name, score), ""),
                how="the network's score less the other's",
                of="test sentences",
                weights=(STORED,),
                exact=True,
            )
