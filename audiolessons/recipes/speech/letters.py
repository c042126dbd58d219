"""Letters to sounds: how is a word spoken that no dictionary holds?

An n-gram of pairs of letter and sounds, a network that reads the whole word, and both together.
All settings were chosen on the validation words; the test words are met by the bench alone.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from audiolessons import datasets, language, training
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.speech._letter_reader import (
    LETTERS,
    SETTINGS,
    STORED,
    log_chances,
    model,
    read_alone,
    trained,
)
from audiolessons.results import Row, weights

ORDER = 7  # pairs in the longest n-gram
RAREST = 3  # pairs that came less often are slips of the alignment
BATCH_SIZE = 256
WEIGHT = 1.0  # of the network beside the n-gram
COMMAND = "python -m audiolessons train letters"
PUBLISHED = {"ngram": 24.53, "network": 22.1}  # Bisani and Ney 2008; Yolchuyeva et al. 2019
GOALS = {"ngram": 27, "both": 24}


@dataclass(frozen=True)
class Dictionary:
    """Words and how they are spoken, in three parts: {word: (sounds, ...)}; and their source."""

    train: dict
    valid: dict
    test: dict
    source: str


@dataclass(frozen=True)
class Aligned:
    """What training words look like, letter by letter.

    `pairs` are all pairs (letter, sounds) that there are; `tokens`, one list a word, are numbers
    of pairs; `n_left_out` words could not be aligned or hold a pair that hardly ever comes.
    """

    pairs: list
    tokens: list
    n_left_out: int


def load() -> Dictionary:
    """Return the dictionary, split by word.

    Examples
    --------
    >>> words = load()
    >>> set(words.train) & set(words.test)
    set()

    Chapter: speech/language
    """
    whole = datasets.load("pronunciations")
    parts = {name: whole.split(name).entries for name in ("train", "valid", "test")}
    return Dictionary(**parts, source=whole.source)


def aligned(words: dict, *, pairs: list | None = None) -> Aligned:
    """Align words with each of their pronunciations.

    Parameters
    ----------
    words : dict
        A part of the dictionary.
    pairs : list, optional
        The pairs to be used, such as those of a network, and no others.

    Examples
    --------
    >>> one = aligned(load().train)
    >>> [one.pairs[token] for token in one.tokens[0]][0][0] in LETTERS
    True

    Chapter: speech/language
    """
    each = [(word, sounds) for word, spoken in words.items() for sounds in spoken]
    found = language.align([word for word, _ in each], [sounds for _, sounds in each])
    if pairs is None:
        counts = Counter(pair for one in found if one for pair in one)
        pairs = sorted(pair for pair, count in counts.items() if count >= RAREST)
    at = {pair: token for token, pair in enumerate(pairs)}
    tokens = [[at[pair] for pair in one] for one in found if one and all(p in at for p in one)]
    return Aligned(pairs, tokens, len(each) - len(tokens))


def ngram(lessons: Aligned, *, order: int = ORDER) -> language.Pronouncer:
    """Return a pronouncer that has counted n-grams of pairs.

    Examples
    --------
    >>> pronounce = ngram(aligned(load().train), order=3)
    >>> pronounce("bad")[0][1]
    ('B', 'AE', 'D')

    Chapter: speech/language
    """
    model = language.KneserNey(lessons.tokens, order=order, n_tokens=len(lessons.pairs))
    return language.Pronouncer(model, lessons.pairs)


class _SameLength:
    """Batches of words with as many letters each, in a new order each epoch: nothing is padded."""

    def __init__(self, tokens, letter_of, *, seed=None):
        groups: dict = {}
        for one in tokens:
            groups.setdefault(len(one), []).append(one)
        self.groups = [torch.tensor(groups[length]) for length in sorted(groups)]
        self.letter_of = torch.tensor(letter_of)
        self.generator = None if seed is None else torch.Generator().manual_seed(seed)

    def __len__(self):
        return sum(-(-len(group) // BATCH_SIZE) for group in self.groups)

    def __iter__(self):
        batches = []
        for group in self.groups:
            order = torch.arange(len(group))
            if self.generator is not None:
                order = torch.randperm(len(group), generator=self.generator)
            batches += group[order].split(BATCH_SIZE)
        order = range(len(batches))
        if self.generator is not None:
            order = torch.randperm(len(batches), generator=self.generator).tolist()
        for number in order:
            yield self.letter_of[batches[number]], batches[number]


def train(
    lessons: Aligned,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train the network; return it and its history.

    Every twentieth word is kept apart, and the weights of the epoch that does best on it are kept.

    Parameters
    ----------
    lessons : Aligned
    seed : int
        Of the first weights, the order of the batches and dropout.
    epochs : int, optional
        The recipe's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.LetterReader`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.LetterReader, training.History)

    Examples
    --------
    >>> lessons = aligned(load().train)
    >>> network, history = train(lessons, epochs=1, show_progress=False, hidden_size=8)
    >>> history.n_epochs
    1

    Chapter: speech/language
    """
    network = model(len(lessons.pairs), seed=seed, **options)
    settings = SETTINGS["reader"]
    letter_of = [LETTERS.index(letter) for letter, _ in lessons.pairs]
    apart = lessons.tokens[::20]
    rest = [one for number, one in enumerate(lessons.tokens) if number % 20]
    config = training.Config(
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    history = training.fit(
        network,
        _SameLength(rest, letter_of, seed=seed),
        _SameLength(apart, letter_of),
        config=config,
        metric=training.accuracy,
    )
    return network, history


def read_both(pronounce: language.Pronouncer, network, *, weight: float = WEIGHT) -> Callable:
    """Return a function from a word to its sounds: n-gram and network asked together.

    Chapter: speech/language
    """

    def say(word):
        scores = log_chances(network, word)
        return pronounce(word, log_scores=scores, weight=weight)[0][1]

    return say


def word_errors(say: Callable[[str], tuple], words: dict) -> np.ndarray:
    """Return for each word whether it is said wrong: as none of its pronunciations, (words,).

    Examples
    --------
    >>> word_errors(lambda word: ("AH",), {"a": (("EY",), ("AH",)), "oh": (("OW",),)})
    array([False,  True])

    Chapter: speech/language
    """
    return np.array([tuple(say(word)) not in spoken for word, spoken in words.items()])


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/language
    """
    words = load()
    lessons = aligned(words.train)
    network, history = train(lessons, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="LetterReader",
        source=words.source,
        data="words of CMUdict (BSD) in the training part of the book's split; no voices",
        not_for="how a name is spoken, where its owner can be asked",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["reader"].learning_rate,
        batch_size=BATCH_SIZE,
        pairs=[" ".join([letter, *sounds]) for letter, sounds in lessons.pairs],
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each system meets the test words once.

    `quick` takes few words: it shows that all runs.

    Chapter: speech/language
    """
    prepared = functools.cache(partial(_prepared, quick))
    return {
        "ngram": partial(_rows_of_ngram, prepared),
        "network": partial(_rows_of_network, prepared),
        "both": partial(_rows_of_both, prepared),
    }


def _prepared(quick):
    words = load()
    _, pairs = trained()
    started = time.perf_counter()
    some = dict(list(words.train.items())[:500]) if quick else words.train
    lessons = aligned(some, pairs=pairs)  # found in the same way
    pronounce = ngram(lessons)
    test = dict(list(words.test.items())[:20]) if quick else words.test
    return words.source, test, pronounce, time.perf_counter() - started


def _rows_of_ngram(prepared):
    source, test, pronounce, seconds = prepared()
    how = f"{source}, test words of the book's split, order {ORDER}"
    wrong = word_errors(lambda word: pronounce(word)[0][1], test)
    yield _share("word_error", wrong, how, goal=f"<= {GOALS['ngram']}", exact=True)
    yield Row("training_s", seconds, "s", "<= 600", "alignment and counts", of_machine=True)


def _rows_of_network(prepared):
    source, test, *_ = prepared()
    wrong = word_errors(read_alone(*trained()), test)
    how = f"{source}, test words of the book's split, stored weights, no n-gram"
    yield _share("word_error", wrong, how, weights=(STORED,), exact=True)


def _rows_of_both(prepared):
    source, test, pronounce, _ = prepared()
    network, _ = trained()
    how = f"{source}, test words of the book's split, stored weights, weight {WEIGHT}"
    wrong = word_errors(read_both(pronounce, network), test)
    goal = f"<= {GOALS['both']}"
    yield _share("word_error", wrong, how, goal=goal, weights=(STORED,), exact=True)


def _share(name, wrong, how, **options):
    return Row.share(name, float(wrong.mean()), len(wrong), how=how, **options)
