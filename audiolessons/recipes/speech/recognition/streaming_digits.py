"""Strings of digits heard while they are spoken: a network that knows nothing of what comes.

It learns as that of `digit_strings` does, from strings of single takes joined anew in each batch.
Levels are absolute, as the loudest point of a sound is not known before its end: so each string is
made louder or softer by chance. It is tested with the strings of new takes, in whole and in parts.
"""

from __future__ import annotations

import functools
import time
from functools import partial

import numpy as np
import torch

from audiolessons import matching, metrics, models, results, training, transforms
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._causal_lessons import (
    DIGITS_IN_BATCH,
    FRAMES,
    Lessons,
    Levels,
    batch_of,
    levels,
    said_at_the_end,
)
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE, Strings, load
from audiolessons.results import Row, weights

__all__ = [
    "SAMPLE_RATE",
    "Levels",
    "load",
    "measure",
    "model",
    "recognise",
    "said_at_the_end",
    "store",
    "stream",
    "strings",
    "train",
    "trained",
]

N_TOLD = 2  # epochs of single digits, told when they are said
N_VALID = 25  # strings in a batch
STEPS_IN_EPOCH = 100
PART_S = 0.1  # brought at once when the computing time is measured
STORED = "digit-strings-causal"
COMMAND = "python -m audiolessons train streaming_digits"
SETTINGS = {
    "recogniser": Settings(
        lambda **options: models.Recogniser(
            11,
            n_mels=FRAMES["n_mels"],
            causal=True,
            **{"n_channels": 16, "hidden_size": 96, "n_layers": 2, "dropout": 0.1, **options},
        ),
        epochs=68,
        learning_rate=0.003,
    )
}


@functools.cache
def strings(takes: _joined.Takes, part: str) -> Strings:
    """Return the strings of a part of the recipe `digit_strings`, such as "valid" or "test".

    Examples
    --------
    >>> len(strings(load(), "valid").texts)
    150

    Chapter: speech/recognition
    """
    is_stored = takes.source == "recordings"
    drawn = results.read_scenes("digit_strings") if is_stored else _joined.scenes(takes)
    return _joined.make(takes, drawn[part])


def model(*, seed: int = 0, **options) -> models.Recogniser:
    """Return a recogniser that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(hidden_size=8).causal
    True

    Chapter: speech/recognition
    """
    return new_network(SETTINGS, "recogniser", seed=seed, **options)


def train(
    takes: _joined.Takes,
    *,
    epochs: int | None = None,
    n_batches: int = STEPS_IN_EPOCH,
    seed: int = 0,
    show_progress: bool = True,
    **options,
):
    """Train a causal recogniser; return it and its history.

    Parameters
    ----------
    takes : Takes
        From `load`.
    epochs : int, optional
        The recipe's own number unless given.
    n_batches : int
        In an epoch.
    seed : int
        Of the first weights, what is joined, augmentation and dropout.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.Recogniser`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.Recogniser, training.History)

    Examples
    --------
    >>> network, history = train(load(), epochs=1, n_batches=1, hidden_size=8, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: speech/recognition
    """
    settings = SETTINGS["recogniser"]
    network = model(seed=seed, **options)
    lessons = partial(Lessons, takes, seed=seed, device=training.pick_device())
    generator = torch.Generator().manual_seed(seed)
    altered = transforms.Chain(
        transforms.Warp(
            most_pitch=1.12, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        ),
        transforms.SpecAugment(max_bands=8, max_frames=12, generator=generator),
        network,
    )
    valid = strings(takes, "valid")
    number = {word: token for token, word in enumerate(takes.words, start=1)}
    tokens = [[number[word] for word in text.split()] for text in valid.texts]
    rows, apart = (np.flatnonzero(takes.part(part)) for part in ("train", "valid"))
    training.fit(
        altered,
        lessons(rows, n_batches=n_batches, longest=1),
        list(lessons(apart, n_batches=2, longest=1)),
        config=training.Config(
            epochs=min(N_TOLD, epochs or N_TOLD),
            learning_rate=settings.learning_rate,
            weight_decay=0.01,
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=said_at_the_end,
    )
    history = training.fit(
        altered,
        lessons(rows, n_batches=n_batches),
        [
            batch_of(valid.audio[first : first + N_VALID], tokens[first : first + N_VALID])
            for first in range(0, len(tokens), N_VALID)
        ],
        config=training.Config(
            epochs=epochs or settings.epochs,
            learning_rate=settings.learning_rate,
            weight_decay=0.01,
            scheduler="one-cycle",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=models.ctc_loss,
    )
    return network, history


def stream(network: models.Recogniser) -> models.RecognitionStream:
    """Return a stream of a network: give it samples at `SAMPLE_RATE`, look at its tokens.

    Examples
    --------
    >>> listening = stream(model(hidden_size=8))
    >>> answers = listening.push(torch.zeros(800))  # a tenth of a second
    >>> answers.shape, 1000 * listening.latency_samples / SAMPLE_RATE  # ms
    (torch.Size([2, 11]), 80.0)

    Chapter: speech/recognition
    """
    return models.RecognitionStream(
        network, levels(), n_fft=FRAMES["n_fft"], hop_length=FRAMES["hop_length"]
    )


@torch.no_grad()
def recognise(network: models.Recogniser, sounds, *, words) -> list[str]:
    """Return what is heard in sounds (T,) at `SAMPLE_RATE`, each as a whole.

    Examples
    --------
    >>> heard = recognise(model(hidden_size=8), [np.zeros(8000, np.float32)], words=load().words)
    >>> len(heard)
    1

    Chapter: speech/recognition
    """
    heard = []
    with training.evaluating(network) as device:
        for sound in sounds:
            logits = network(levels()(torch.from_numpy(sound))[None].to(device))[0]
            tokens = matching.best_path(logits.cpu().numpy())
            heard.append(" ".join(words[token - 1] for token in tokens))
    return heard


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what is heard, and how much later.

    `quick` takes a few strings and a network that has learned nothing: it shows that all runs.

    Chapter: speech/recognition
    """
    network = functools.cache(lambda: model(hidden_size=8) if quick else trained())
    return {
        "new_takes": partial(_rows_of_errors, network, quick),
        "latency": partial(_rows_of_latency, network, quick),
    }


def _rows_of_errors(network, quick):
    takes = load()
    tested, some = strings(takes, "test"), slice(None, None, 25 if quick else 1)
    said, speakers = tested.texts[some], tested.speaker[some]
    heard = recognise(network(), tested.audio[some], words=takes.words)
    spread = metrics.error_rate_interval(said, heard, groups=speakers)
    yield Row(
        "wer",
        100 * metrics.word_error_rate(said, heard),
        "%",
        "",
        f"stored weights, causal, {len(heard)} strings of new takes, 95 % interval over speakers",
        tuple(100 * end for end in spread),
        exact=True,
        weights=(STORED,),
    )


def _rows_of_latency(network, quick):
    takes, n_strings = load(), 2 if quick else 60
    stored = takes.source == "recordings"
    drawn = (results.read_scenes("digit_strings") if stored else _joined.scenes(takes))["test"]
    step = max(1, len(drawn) // n_strings)
    chosen = drawn[::step][:n_strings]
    made = _joined.make(takes, chosen)
    late_ms, parts_ms = [], []
    for audio, text, one in zip(made.audio, made.texts, chosen, strict=True):
        said_s, words = _said_s(network(), audio, parts_ms)
        if " ".join(takes.words[token - 1] for token in words) == text:
            late_ms += list(1000 * (np.array(said_s) - _ends_s(takes, one)))
    how = f"{len(chosen)} strings of new takes, parts of {1000 * PART_S:.0f} ms"
    latency = stream(network()).latency_samples / SAMPLE_RATE
    yield Row("algorithm", 1000 * latency, "ms", "", "four hops and half a frame", exact=True)
    for name, share in (("computing", 50), ("computing_p99", 99)):
        value = float(np.percentile(parts_ms, share))
        yield Row(name, value, "ms", "", f"percentile {share} of a part, {how}", exact=False)
    for name, share in (("behind", 50), ("behind_p90", 90)):
        value = float(np.percentile(late_ms or [np.nan], share))
        about = f"percentile {share}, from the end of a take to its word, strings that are right"
        yield Row(name, value, "ms", "", about, exact=True, weights=(STORED,))


def _said_s(network, audio, parts_ms):
    """Return when each word of a sound came out of a stream, in seconds, and its token."""
    sound = torch.from_numpy(audio)
    timed = stream(network)
    for part in sound.split(round(PART_S * SAMPLE_RATE)):
        began = time.perf_counter()
        timed.push(part)
        parts_ms.append(1000 * (time.perf_counter() - began))
    listening, said_s, n_heard = stream(network), [], 0
    for part in sound.split(FRAMES["hop_length"]):
        listening.push(part)
        n_heard += len(part)
        said_s += [n_heard / SAMPLE_RATE] * (len(listening.tokens) - len(said_s))
    listening.flush()
    said_s += [n_heard / SAMPLE_RATE] * (len(listening.tokens) - len(said_s))
    return said_s, listening.tokens


def _ends_s(takes, drawn):
    """Return when each take of a string ends, in seconds."""
    row_of = {name: row for row, name in enumerate(takes.id.tolist())}
    ends, end = [], 0
    for name, gap_ms in zip(drawn["takes"], drawn["gaps_ms"], strict=False):
        start = max(0, end + round(gap_ms * SAMPLE_RATE / 1000))
        end = start + len(takes.audio[row_of[name]])
        ends.append(end / SAMPLE_RATE)
    return np.array(ends)


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/recognition
    """
    takes = load()
    network, history = train(takes, epochs=epochs)
    settings = SETTINGS["recogniser"]
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="Recogniser(causal=True)",
        source=takes.source,
        data="strings joined from takes 8 to 49 of FSDD (CC BY-SA 4.0): six men",
        not_for="voices unlike those six, other words, or numbers that matter",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=settings.learning_rate,
        digits_in_batch=DIGITS_IN_BATCH,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.Recogniser:
    """Return the network with its stored weights.

    Examples
    --------
    >>> trained().training
    False

    Chapter: speech/recognition
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network
