"""Sentences, letter by letter: a small network taught by less than two hours of speech.

It hears the training adults of `many_voices`, less every tenth, and the training sentences of
`read_speech`. By those held back everything was chosen. The test is 120 sentences of the published
test speakers, fixed before anything was trained; a few of them are said in training as well, by
others.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from audiolessons import datasets, language, matching, metrics, models, signals, training
from audiolessons.bench.peers import pocketsphinx, whisper
from audiolessons.recipes._settings import new_network, training_record
from audiolessons.recipes.speech.recognition import _sentence_training as teaching
from audiolessons.recipes.speech.recognition._sentence_training import (
    LETTERS,
    SAMPLE_RATE,
    SETTINGS,
    spectrogram,
    to_text,
    to_tokens,
)
from audiolessons.recipes.speech.recognition._spoken_sentences import (
    Sentence,
    Sentences,
    load,
    scenes,
    test_sentences,
    texts,
)
from audiolessons.results import Row, weights

__all__ = [
    "LETTERS",
    "Sentence",
    "Sentences",
    "language_model",
    "load",
    "log_probs",
    "measure",
    "model",
    "reader",
    "recognise",
    "scenes",
    "spectrogram",
    "store",
    "test_sentences",
    "to_text",
    "to_tokens",
    "train",
    "trained",
]

COMMAND = "python -m audiolessons train sentences"
STORED = "sentences"
ROUNDS = 2  # in which the learning rate falls
PATIENCE = 8  # epochs without a better validation that end a round
SHARES = {"quarter": 0.25, "half": 0.5, "all": 1.0}  # of the training sentences
CHECKPOINTS = "_build/train/sentences"
SEARCH = {"width": 24, "weight": 1.0, "bonus": 1.0}  # chosen on the validation speakers
WORDS = {"order": 3, "unknown": 0.05}  # of the model of words, likewise
GOALS = {"wer": 60, "cer": 30}


def model(*, seed: int = 0, **options) -> models.Recogniser:
    """Return a recogniser that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(hidden_size=8)(torch.zeros(1, 80, 100)).shape
    torch.Size([1, 25, 29])

    Chapter: speech/recognition
    """
    return new_network(SETTINGS, "recogniser", seed=seed, **options)


def train(
    sentences: Sentences,
    *,
    share: float = 1.0,
    rounds: int = ROUNDS,
    epochs: int | None = None,
    seed: int = 0,
    show_progress: bool = True,
    checkpoint_folder=None,
    **options,
):
    """Train a recogniser; return it and its history.

    The learning rate falls in each round, and starts anew in the next; a round ends before its time
    where the validation speakers gain nothing more. The weights of
    the epoch with the fewest wrong letters on the validation speakers are kept.

    Parameters
    ----------
    sentences : Sentences
    share : float
        Of the training sentences that is used, drawn at random.
    rounds : int
        How often the learning rate falls.
    epochs : int, optional
        Of a round; the recipe's own number unless given.
    seed : int
        Of the first weights, and in each round of the order, the alterations and dropout.
    show_progress : bool
        Whether a table grows, one line an epoch.
    checkpoint_folder : path, optional
        Where the state is kept after each epoch; the same call again goes on from there.
    **options
        Of `models.Recogniser`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.Recogniser, training.History)
        The history is that of all rounds.

    Examples
    --------
    >>> network, history = train(
    ...     load(size=None), rounds=1, epochs=1, show_progress=False, hidden_size=8
    ... )
    >>> history.n_epochs
    1

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    Chapter: speech/recognition
    """
    chosen = np.random.default_rng(0).permutation(len(sentences.train))
    chosen = chosen[: round(share * len(chosen))] if share < 1 else range(len(chosen))
    # What is said is known of both, so the models that align phones hear both.
    lessons = teaching.lessons([*(sentences.train[number] for number in chosen), *sentences.valid])
    learned, valid = lessons[: len(chosen)], lessons[len(chosen) :]
    network = model(seed=seed, **options)
    student = teaching.WithPhones(network)
    batches = partial(teaching.Batches, device=training.pick_device())
    settings = SETTINGS["recogniser"]
    history = training.History()
    for number in range(rounds):
        last = training.fit(
            student,
            batches([one for one in learned if one.fits], seed=seed + number),
            batches(valid),
            config=training.Config(
                epochs=epochs or settings.epochs,
                learning_rate=settings.learning_rate,
                weight_decay=0.01,
                scheduler="cosine",
                patience=PATIENCE,
                clip_norm=1.0,
                monitor="metric",
                seed=seed + number,
                show_progress=show_progress,
                checkpoint_folder=checkpoint_folder and Path(checkpoint_folder) / f"round{number}",
            ),
            loss=teaching.both_losses,
            metric=teaching.share_of_letters,
        )
        history = history.followed_by(last)
    return network, history


@torch.no_grad()
def log_probs(network: models.Recogniser, audio, *, sample_rate: float = SAMPLE_RATE) -> np.ndarray:
    """Return how likely each letter is in each 40 ms of a sound (T,): natural logarithms (N, K).

    Examples
    --------
    >>> log_probs(model(hidden_size=8), np.random.default_rng(0).normal(size=16000)).shape
    (26, 29)

    Chapter: speech/recognition
    """
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)
    with training.evaluating(network) as device:
        logits = network(spectrogram(audio)[None].to(device))
    return logits[0].double().log_softmax(dim=-1).cpu().numpy()


@functools.cache
def language_model() -> language.SpelledWords:
    """Return the model of words that the search asks: training texts, and twelve stories.

    Chapter: speech/recognition
    """
    stories = " ".join(datasets.load("stories", split="train").texts)
    kept = texts() + [to_text(to_tokens(part)) for part in re.split("[.!?;]", stories)]
    return language.SpelledWords([text for text in kept if text], letters=LETTERS[1:], **WORDS)


def recognise(log_probs: np.ndarray, *, words: language.SpelledWords | None = None) -> str:
    """Return the text of one sound: the likeliest path, or with `words` the best of a search.

    Examples
    --------
    >>> chances = np.full((4, 29), 0.001)
    >>> for frame, token in enumerate(to_tokens("so") + [0, 0]):
    ...     chances[frame, token] = 0.972
    >>> recognise(np.log(chances))
    'SO'

    Chapter: speech/recognition
    """
    if words is None:
        return to_text(matching.best_path(log_probs))
    return to_text(matching.beam_search(log_probs, language_model=words, **SEARCH)[0].tokens)


def reader(network: models.Recogniser, *, words=None) -> Callable[[Sentence], str]:
    """Return a function from a sentence to the text that the network hears in it.

    Chapter: speech/recognition
    """
    return lambda one: recognise(log_probs(network, one.audio), words=words)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each recogniser meets the test sentences once.

    `quick` takes few sentences and a tiny network: it shows that all runs.

    Chapter: speech/recognition
    """
    tested = functools.cache(lambda: test_sentences()[: 4 if quick else None])
    return {
        "letters": partial(_rows_of_network, tested, with_words=False),
        "words": partial(_rows_of_network, tested, with_words=True),
        "hours": partial(_rows_over_hours, tested, quick),
        "pocketsphinx": partial(_rows_of_peer, tested, pocketsphinx),
        "whisper": partial(_rows_of_peer, tested, whisper),
    }


def _rows_of_network(tested, *, with_words):
    words = language_model() if with_words else None
    how = "stored weights, " + ("search with a model of words" if with_words else "likeliest path")
    options = {"weights": (STORED,), **({"goals": GOALS} if with_words else {})}
    yield from _error_rows(reader(trained(), words=words), tested(), how=how, **options)


def _rows_of_peer(tested, peer):
    if peer.is_installed():
        read = partial(_peer_reads, peer)
        yield from _error_rows(read, tested(), how="numbers as it writes them, letters alone kept")


def _peer_reads(peer, sentence):
    return peer.recognise(sentence.audio, sample_rate=SAMPLE_RATE)


def _rows_over_hours(tested, quick):
    """Train the same network on a part of the speech, one round, and test it."""
    sentences = load(size=None if quick else "full")
    for name, share in SHARES.items():
        options = {"epochs": 1, "hidden_size": 8} if quick else {}
        folder = None if quick else f"{CHECKPOINTS}-{name}"
        network, _ = train(
            sentences,
            share=share,
            rounds=1,
            show_progress=False,
            checkpoint_folder=folder,
            **options,
        )
        how = f"{100 * share:.0f} % of the training sentences, one round, likeliest path, seed 0"
        for row in _error_rows(reader(network), tested(), how=how, exact=False):
            yield replace(row, name=f"{name}.{row.name}")


def _error_rows(read, sentences, *, how, goals=None, **options):
    """Yield the word and the character error rate of a recogniser, in percent."""
    said = [one.text for one in sentences]
    heard = [to_text(to_tokens(read(one))) for one in sentences]
    groups = [one.speaker for one in sentences]
    how = f"{how}; {len(said)} test sentences, 95 % interval over {len(set(groups))} speakers"
    options = {"exact": True, **options}
    for name, unit, rate in (
        ("wer", "words", metrics.word_error_rate),
        ("cer", "characters", metrics.character_error_rate),
    ):
        spread = metrics.error_rate_interval(said, heard, groups=groups, unit=unit)
        yield Row(
            name,
            100 * rate(said, heard),
            "%",
            f"<= {goals[name]}" if goals else "",
            how,
            tuple(100 * end for end in spread),
            **options,
        )


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/recognition
    """
    sentences = load()
    network, history = train(sentences, epochs=epochs, checkpoint_folder=CHECKPOINTS)
    settings = SETTINGS["recogniser"]
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="Recogniser",
        source=sentences.source,
        data="60 adults of speechocean762 (CC BY 4.0), who grew up with Mandarin, and one reader "
        "of LJ Speech (public domain): 1.8 hours; phones of CMUdict (BSD)",
        not_for="writing down what matters, or what people did not agree to: it errs in most "
        "sentences, and more for voices, accents and microphones that it never heard",
        seed=0,
        rounds=ROUNDS,
        epochs=history.n_epochs,
        learning_rate=settings.learning_rate,
        batch_size=teaching.BATCH_SIZE,
        letters=LETTERS,
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
