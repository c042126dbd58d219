"""A network that says how a word is spoken: its settings, its stored weights, and its answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from audiolessons import models, training
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.results import weights

LETTERS = "'abcdefghijklmnopqrstuvwxyz"
STORED = "letters"
SETTINGS = {
    "reader": Settings(
        lambda n_pairs, **options: models.LetterReader(
            n_letters=len(LETTERS), n_pairs=n_pairs, **{"dropout": 0.25, **options}
        ),
        epochs=10,
        learning_rate=0.003,
    )
}


def model(n_pairs: int, *, seed: int = 0, **options) -> models.LetterReader:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(300)(torch.zeros(1, 4, dtype=torch.long)).shape
    torch.Size([1, 300, 4])

    Chapter: speech/language
    """
    return new_network(SETTINGS, "reader", seed=seed, n_pairs=n_pairs, **options)


@torch.no_grad()
def log_chances(network: models.LetterReader, word: str) -> np.ndarray:
    """Return the log chance of each pair at each letter of a word, (letters, K).

    Examples
    --------
    >>> log_chances(model(300), "mat").shape
    (3, 300)

    Chapter: speech/language
    """
    letters = torch.tensor([[LETTERS.index(letter) for letter in word]])
    with training.evaluating(network) as device:
        logits = network(letters.to(device))[0].T
    return torch.log_softmax(logits.double(), dim=1).cpu().numpy()


def read_alone(network: models.LetterReader, pairs: list) -> Callable[[str], tuple]:
    """Return a function from a word to its sounds: each letter's likeliest pair, by itself.

    Examples
    --------
    >>> network, pairs = trained()
    >>> read_alone(network, pairs)("sad")
    ('S', 'AE', 'D')

    Chapter: speech/language
    """

    def say(word):
        scores = log_chances(network, word)
        for i, letter in enumerate(word):
            scores[i, [pair[0] != letter for pair in pairs]] = -np.inf
        return tuple(sound for token in scores.argmax(axis=1) for sound in pairs[token][1])

    return say


def trained(*, folder=None) -> tuple:
    """Return the network with its stored weights, and the pairs that its answers name.

    Examples
    --------
    >>> network, pairs = trained()
    >>> network.training, pairs[0]
    (False, ("'", ()))

    Chapter: speech/language
    """
    record = weights.read_record(STORED, folder=folder)
    split = [one.split() for one in record["pairs"]]
    pairs = [(letter, tuple(sounds)) for letter, *sounds in split]
    network = model(len(pairs))
    weights.load(network, STORED, folder=folder)
    return network, pairs
