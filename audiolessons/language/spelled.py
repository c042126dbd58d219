"""A model of words that is asked letter by letter: so a search knows early which words may come."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.language.ngrams import KneserNey

SPELLING_ORDER = 5  # letters in the longest n-gram by which an unknown word is spelled


class SpelledWords:
    """Chances of the next letter by an n-gram of words, words that were never seen among them.

    After "THE LA" the letter D is as likely as all words that begin with LAD together, given the
    words before, divided by all that begin with LA. So the chances of the letters of a word and
    of the space behind it multiply to the chance of the word, and nothing waits for its end.
    A word that the texts do not hold has a share of the chance that is fixed, and is spelled by a
    letter n-gram of the words that they hold.

    It is asked as `KneserNey` is: token i is letters[i], and the end mark comes last.

    Parameters
    ----------
    texts : list of str
        What the words are counted in, words separated by spaces.
    letters : str
        What a text may be written in, the space among it.
    order : int
        Words in the longest n-gram, 2 or more.
    unknown : float
        Chance of a word to be none of the texts'. At 0, no other word can be written.

    Raises
    ------
    AudioError
        If there is no text, or one holds a letter that is not among `letters`; if `letters` have no
        space, or `unknown` is no chance.

    Examples
    --------
    >>> letters = " ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
    >>> model = SpelledWords(["THE LADDER", "THE LAKE"], letters=letters, order=2, unknown=0.1)
    >>> state = model.start()
    >>> for letter in "THE LA":
    ...     state = model.next(state, letters.index(letter))
    >>> chances = model.probabilities(state)
    >>> [round(float(chances[letters.index(letter)]), 2) for letter in "DKS"]
    [0.5, 0.5, 0.0]

    References
    ----------
    S. Ortmanns, H. Ney and A. Eiden, "Language-model look-ahead for large vocabulary speech
    recognition", ICSLP 1996.

    Chapter: speech/language
    """

    def __init__(self, texts, *, letters: str, order: int = 2, unknown: float = 0.05):
        if " " not in letters:
            raise AudioError(f"letters are {letters!r}: words need a space between them")
        if not 0 <= unknown < 1:
            raise AudioError(f"unknown is {unknown}: a chance lies from 0 to below 1")
        self.letters, self.unknown = letters, unknown
        self.n_tokens = self.end = len(letters)
        self._space = letters.index(" ")
        sentences = [text.split() for text in texts]
        spelled = {word: self._spell(word) for words in sentences for word in words}
        if not spelled:
            raise AudioError("texts hold no word: give at least one")
        # In the order of tokens, words that begin alike are neighbours.
        self.words = sorted(spelled, key=spelled.__getitem__)
        self._spelled = [spelled[word] for word in self.words]
        number = {word: index for index, word in enumerate(self.words)}
        # The last word is the one that is not known.
        self._model = KneserNey(
            [[number[word] for word in words] for words in sentences],
            order=check_count(order, name="order", minimum=2),
            n_tokens=len(self.words) + 1,
        )
        self._spelling = KneserNey(self._spelled, order=SPELLING_ORDER, n_tokens=self.n_tokens)
        self._sums = lru_cache(maxsize=512)(
            self._find_sums
        )  # 512 histories: as wide as a search is
        self._borders = lru_cache(maxsize=2**16)(self._find_borders)
        self._spelling_of = lru_cache(maxsize=2**16)(self._find_spelling_of)

    def _spell(self, word):
        try:
            return tuple(self.letters.index(letter) for letter in word)
        except ValueError:
            raise AudioError(
                f"a text holds {word!r}, which {self.letters!r} cannot write: write it in those"
            ) from None

    def start(self) -> tuple:
        """Return the state before the first letter: words before, letters so far, their chance."""
        return self._model.start(), (), 1.0

    def next(self, state: tuple, token: int) -> tuple:
        """Return the state after one more letter; the space ends a word."""
        history, letters, chance = state
        if token == self._space:
            return self._after(history, letters), (), 1.0
        return history, (*letters, token), chance * self._spelling_of(letters)[token]

    def probabilities(self, state: tuple) -> np.ndarray:
        """Return the chance of each letter to come next, shape (n_tokens + 1,), the end last."""
        history, letters, chance = state
        sums, end = self._sums(history)
        begin, borders = self._borders(letters)
        unknown = self.unknown * chance
        mass = sums[borders[-1]] - sums[begin] + unknown  # of all that begins with these letters
        if not mass:
            return np.zeros(self.n_tokens + 1)
        chances = unknown * self._spelling_of(letters)
        chances[:-1] += np.diff(sums[borders])
        chances[-1] += sums[borders[0]] - sums[begin]  # the word that is spelled already
        chances /= mass
        if letters:  # a word that is complete is followed by a space or by the end
            _, end = self._sums(self._after(history, letters))
            chances[self._space], chances[-1] = (1 - end) * chances[-1], end * chances[-1]
        elif history == self._model.start():  # the text may be empty
            chances = (1 - end) * chances
            chances[-1] = end
        return chances

    def _after(self, history, letters):
        """Return the words before the next one, once the word of these letters is complete."""
        begin, borders = self._borders(letters)
        return self._model.next(history, begin if begin < borders[0] else len(self.words))

    def _find_sums(self, history):
        """Return the chances of all words, summed up in their order, and that of the end."""
        chances = self._model.probabilities(history)
        known, end = chances[:-2], chances[-1]
        known = known * (1 - self.unknown) / known.sum()
        return np.concatenate([[0], np.cumsum(known)]), end

    def _find_borders(self, letters):
        """Return where the words begin that start with these letters, and with each one more."""
        begin = bisect_left(self._spelled, letters)
        longer = [(*letters, token) for token in range(self.n_tokens + 1)]
        return begin, np.array([bisect_left(self._spelled, one, lo=begin) for one in longer])

    def _find_spelling_of(self, letters):
        """Return the chances of the letters of an unknown word and, last, of its end."""
        state = self._spelling.start()
        for token in letters[1 - SPELLING_ORDER :]:
            state = self._spelling.next(state, token)
        chances = self._spelling.probabilities(state)
        chances[self._space] = 0
        if not letters:
            chances[-1] = 0  # a word has letters
        return chances / chances.sum()
