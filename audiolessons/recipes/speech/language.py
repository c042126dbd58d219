"""Stories, character by character: n-grams, a recurrent network and a small Transformer.

A paragraph is a sequence of the 95 printable characters of ASCII, and its end is predicted as
well: so all models share one vocabulary, and bits a character compare. Settings were chosen on the
validation story; the test stories are met by the bench alone.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, language, metrics, models, training
from audiolessons.errors import AudioError
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.results import Row, weights

FIRST, N_TOKENS = 32, 95  # the space, and how many characters follow in ASCII
ORDER = 7  # characters in the longest n-gram
LONGEST = 192  # characters that networks look back on
BATCH_SIZE = 24
STORED = "stories-gru"
COMMAND = "python -m audiolessons train language"
SETTINGS = {
    "gru": Settings(
        lambda **options: models.TextModel(
            n_tokens=N_TOKENS,
            **{"kind": "gru", "width": 256, "longest": LONGEST, "dropout": 0.25, **options},
        ),
        epochs=10,
        learning_rate=0.004,
    ),
    "transformer": Settings(
        lambda **options: models.TextModel(
            n_tokens=N_TOKENS,
            **{
                "kind": "transformer",
                "width": 128,
                "n_layers": 2,
                "longest": LONGEST,
                "dropout": 0.1,
                **options,
            },
        ),
        epochs=6,
        learning_rate=0.003,
    ),
}


@dataclass(frozen=True)
class Texts:
    """Three parts, each a list of paragraphs as tokens, int64 (N,); and their source."""

    train: list
    valid: list
    test: list
    source: str


def to_tokens(text: str) -> np.ndarray:
    """Return characters as tokens, 0 to 94.

    Raises
    ------
    AudioError
        If one is no printable character of ASCII.

    Examples
    --------
    >>> to_tokens("A b")
    array([33,  0, 66])

    Chapter: speech/language
    """
    tokens = np.array([ord(letter) - FIRST for letter in text], dtype=np.int64)
    if tokens.size and not (tokens.min() >= 0 and tokens.max() < N_TOKENS):
        wrong = next(letter for letter in text if not 0 <= ord(letter) - FIRST < N_TOKENS)
        raise AudioError(f"the text holds {wrong!r}: give letters, digits and signs of ASCII")
    return tokens


def to_text(tokens) -> str:
    """Return tokens as characters.

    Examples
    --------
    >>> to_text([33, 0, 66])
    'A b'

    Chapter: speech/language
    """
    return "".join(chr(int(token) + FIRST) for token in tokens)


def load() -> Texts:
    """Return the paragraphs of the stories, split by story.

    Examples
    --------
    >>> texts = load()
    >>> len(texts.train) > len(texts.test) > 0
    True

    Chapter: speech/language
    """
    whole = datasets.load("stories")
    parts = {
        name: [to_tokens(line) for text in whole.split(name).texts for line in text.splitlines()]
        for name in ("train", "valid", "test")
    }
    return Texts(**parts, source=whole.source)


def ngram(paragraphs: list, *, order: int = ORDER) -> language.KneserNey:
    """Return a model that has counted the n-grams of paragraphs.

    Chapter: speech/language
    """
    return language.KneserNey(paragraphs, order=order, n_tokens=N_TOKENS)


def model(name: str, *, seed: int = 0, **options) -> models.TextModel:
    """Return a network that has learned nothing yet, "gru" or "transformer".

    Examples
    --------
    >>> model("gru", width=16)(torch.zeros(1, 5, dtype=torch.long)).shape
    torch.Size([1, 96, 5])

    Chapter: speech/language
    """
    return new_network(SETTINGS, name, seed=seed, **options)


def joined(paragraphs: list) -> torch.Tensor:
    """Return paragraphs in one line, an end mark before the first and after each: (N,).

    Examples
    --------
    >>> joined([to_tokens("a"), to_tokens("bc")])
    tensor([95, 65, 95, 66, 67, 95])

    Chapter: speech/language
    """
    end = np.array([N_TOKENS])
    return torch.from_numpy(np.concatenate([end, *(p for one in paragraphs for p in (one, end))]))


def _pieces(paragraphs):
    """Return a data set of (tokens, tokens that follow), each (LONGEST,)."""
    line = joined(paragraphs)
    n = (len(line) - 1) // LONGEST
    if n == 0:
        raise AudioError(f"{len(line)} characters are too few: give more than {LONGEST}")
    return TensorDataset(
        line[: n * LONGEST].reshape(n, LONGEST), line[1 : n * LONGEST + 1].reshape(n, LONGEST)
    )


def train(
    name: str,
    texts: Texts,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train a network on the training stories; keep the weights of the best validation.

    Parameters
    ----------
    name : str
        "gru" or "transformer".
    texts : Texts
        From `load`.
    seed : int
        Of the first weights, the order of the pieces and dropout.
    epochs : int, optional
        The recipe's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.TextModel`, such as a smaller `width`.

    Returns
    -------
    (models.TextModel, training.History)

    Examples
    --------
    >>> network, history = train("gru", load(), epochs=1, width=16, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: speech/language
    """
    network = model(name, seed=seed, **options)
    settings = SETTINGS[name]
    history = training.fit_one_cycle(
        network,
        _pieces(texts.train),
        _pieces(texts.valid),
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=BATCH_SIZE,
        time_axis=None,
        seed=seed,
        show_progress=show_progress,
    )
    return network, history


@torch.no_grad()
def bits(system, paragraphs: list) -> list:
    """Return how surprised a system is by each character and end mark, one array a paragraph.

    A network reads on from paragraph to paragraph, in windows that overlap by half; n-grams begin
    anew with each.

    Examples
    --------
    >>> lines = [to_tokens("It rains."), to_tokens("It rained.")]
    >>> [len(one) for one in bits(ngram(lines, order=2), lines)]
    [10, 11]

    Chapter: speech/language
    """
    if isinstance(system, language.KneserNey):
        return [system.bits(one) for one in paragraphs]
    line, half = joined(paragraphs), LONGEST // 2
    found = []
    with training.evaluating(system) as device:
        for start in range(0, len(line) - 1, half):
            first = max(start - half, 0)  # where the window begins that judges the next half
            last = min(start + half, len(line) - 1)
            logits = system(line[None, first:last].to(device))[0].double()
            nats = torch.nn.functional.cross_entropy(
                logits.T, line[first + 1 : last + 1].to(device), reduction="none"
            )
            found.append(nats[start - first :].cpu() / np.log(2))
    ends = np.cumsum([len(one) + 1 for one in paragraphs])
    return np.split(torch.cat(found).numpy(), ends[:-1])


def mixed(each: list, other: list) -> list:
    """Return the bits of two systems together: the mean of their chances.

    Examples
    --------
    >>> mixed([np.array([1.0])], [np.array([2.0])])[0].round(3)  # of 1/2 and 1/4
    array([1.415])

    Chapter: speech/language
    """
    return [-np.log2((2.0**-a + 2.0**-b) / 2) for a, b in zip(each, other, strict=True)]


def store(*, epochs: int | None = None, folder=None):
    """Train the recurrent network, seed 0, and store it; yield the path of its weights.

    Chapter: speech/language
    """
    texts = load()
    network, history = train("gru", texts, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="TextModel",
        source=texts.source,
        data="nine stories by A. Conan Doyle (public domain); no voices",
        not_for="passing off what it writes as Conan Doyle's",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["gru"].learning_rate,
        batch_size=BATCH_SIZE,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.TextModel:
    """Return the recurrent network with its stored weights, in evaluation mode.

    Examples
    --------
    >>> trained().training
    False

    Chapter: speech/language
    """
    network = model("gru")
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each system meets the test stories once.

    `quick` reads little: it shows that all runs.

    Chapter: speech/language
    """
    texts = functools.cache(partial(_texts, quick))
    counted = {"exact": True}
    stored = {"exact": True, "weights": (STORED,)}

    def by_ngram():
        return bits(ngram(texts().train), texts().test)

    def by_gru():
        return bits(trained(), texts().test)

    return {
        "ngram": partial(_rows, by_ngram, texts, counted),
        "gru": partial(_rows, by_gru, texts, stored),
        "mixed": partial(_rows, lambda: mixed(by_ngram(), by_gru()), texts, stored),
        "transformer": partial(_rows_of_transformer, texts, quick),
    }


def _texts(quick):
    texts = load()
    if quick:
        return Texts(texts.train[:40], texts.valid[:20], texts.test[:10], texts.source)
    return texts


def _rows(measured, texts, options):
    each, source = measured(), texts().source
    flat, paragraph = np.concatenate(each), np.repeat(np.arange(len(each)), [len(b) for b in each])
    how = f"{source}, two test stories, end marks counted, 95 % interval over paragraphs"
    spread = metrics.bootstrap_interval(flat, groups=paragraph)
    yield Row("bits", float(flat.mean()), "bits a character", how=how, spread=spread, **options)


def _rows_of_transformer(texts, quick):
    started = time.perf_counter()
    options = {"epochs": 1, "width": 16} if quick else {}
    network, _ = train("transformer", texts(), show_progress=False, **options)
    seconds = time.perf_counter() - started
    yield from _rows(lambda: bits(network, texts().test), texts, {})
    yield Row("training_s", seconds, "s", how="the same run", of_machine=True)
