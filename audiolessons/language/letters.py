"""Letters to sounds: which letter is spoken how, learned from a dictionary.

Each letter becomes no sound, one or two ("x" is K S). Which became which no dictionary says: it is
found by expectation and maximisation, all alignments of a word being weighed at once.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from audiolessons.errors import AudioError, check_count

MOST = 2  # sounds of one letter


def align(spellings, sounds, *, n_iter: int = 8) -> list:
    """Return which sounds each letter of each word stands for.

    Parameters
    ----------
    spellings : list of str
        W words.
    sounds : list of tuples of str
        How each is spoken.
    n_iter : int
        Times that all alignments are weighed and counted.

    Returns
    -------
    list of (list of (letter, sounds) or None)
        One pair a letter, `sounds` a tuple of 0, 1 or 2; None where a word has more sounds than
        its letters can stand for.

    Raises
    ------
    AudioError
        If there are not as many words as pronunciations.

    Examples
    --------
    >>> words = ["box", "ox", "bob", "sock"]
    >>> spoken = ["B AA K S", "AA K S", "B AA B", "S AA K"]
    >>> align(words, [tuple(one.split()) for one in spoken])[0]
    [('b', ('B',)), ('o', ('AA',)), ('x', ('K', 'S'))]

    References
    ----------
    M. Bisani and H. Ney, "Joint-sequence models for grapheme-to-phoneme conversion", Speech
    Communication 50(5), 2008, section 3.

    Chapter: speech/language
    """
    if len(spellings) != len(sounds):
        raise AudioError(f"{len(spellings)} words and {len(sounds)} pronunciations: give one each")
    check_count(n_iter, name="n_iter")
    letters = sorted(set("".join(spellings)))
    phones = sorted({phone for one in sounds for phone in one})
    groups = _groups(spellings, sounds, letters, phones)
    chances = np.ones(len(letters) * (len(phones) + 1) ** MOST)
    for _ in range(n_iter):
        counts = np.zeros_like(chances)
        for _, codes in groups:
            weights = _posteriors(codes, chances)
            counts += np.bincount(codes.ravel(), weights.ravel(), minlength=len(counts))
        chances = counts / counts.sum()
    pairs: list = [None] * len(spellings)
    for words, codes in groups:
        for word, taken in zip(words, _best(codes, chances), strict=True):
            if taken is not None:
                ends = np.cumsum(taken)
                pairs[word] = [
                    (letter, tuple(sounds[word][end - n : end]))
                    for letter, n, end in zip(spellings[word], taken, ends, strict=True)
                ]
    return pairs


def _groups(spellings, sounds, letters, phones):
    """Return words with as many letters L and sounds P together: their numbers, and codes.

    `codes` (3, W, L, P + 1) names what letter i says if k sounds from the j-th on are its own.
    Beyond the last sound it is code 0, which `_posteriors` never reaches.
    """
    letter_at = {letter: at for at, letter in enumerate(letters)}
    phone_at = {phone: at for at, phone in enumerate(phones, start=1)}  # 0: no sound
    n = len(phones) + 1
    together = defaultdict(list)
    for word, (spelling, spoken) in enumerate(zip(spellings, sounds, strict=True)):
        if spelling:
            together[len(spelling), len(spoken)].append(word)
    groups = []
    for words in together.values():
        i = np.array([[letter_at[letter] for letter in spellings[word]] for word in words])
        j = np.array([[phone_at[phone] for phone in sounds[word]] + [0, 0] for word in words])
        first, second = j[:, :-1], np.pad(j[:, 1:], ((0, 0), (0, 0)))
        said = np.stack([0 * first, first * n, first * n + second])  # (3, W, P + 1)
        groups.append((words, i[None, :, :, None] * n**MOST + said[:, :, None]))
    return groups


def _posteriors(codes, chances):
    """Return how sure each choice of `codes` is, given whole words: the same shape."""
    _, n_words, n_letters, n_ends = codes.shape
    each = chances[codes]
    before = np.zeros((n_words, n_letters + 1, n_ends))
    after = np.zeros_like(before)
    before[:, 0, 0] = after[:, -1, -1] = 1
    for i in range(n_letters):
        for k in range(min(MOST + 1, n_ends)):
            before[:, i + 1, k:] += before[:, i, : n_ends - k] * each[k, :, i, : n_ends - k]
    for i in reversed(range(n_letters)):
        for k in range(min(MOST + 1, n_ends)):
            after[:, i, : n_ends - k] += after[:, i + 1, k:] * each[k, :, i, : n_ends - k]
    whole = before[:, -1, -1]
    weights = np.zeros(codes.shape)
    for k in range(min(MOST + 1, n_ends)):
        through = before[:, :-1, : n_ends - k] * each[k][:, :, : n_ends - k] * after[:, 1:, k:]
        weights[k][:, :, : n_ends - k] = through / np.where(whole, whole, 1)[:, None, None]
    return weights


def _best(codes, chances):
    """Return how many sounds each letter takes on the likeliest way; None where there is none."""
    _, n_words, n_letters, n_ends = codes.shape
    with np.errstate(divide="ignore"):
        each = np.log(chances)[codes]
    best = np.full((n_words, n_ends), -np.inf)
    best[:, 0] = 0
    choices = []
    for i in range(n_letters):
        ways = np.full((MOST + 1, n_words, n_ends), -np.inf)
        for k in range(min(MOST + 1, n_ends)):
            ways[k][:, k:] = best[:, : n_ends - k] + each[k, :, i, : n_ends - k]
        choices.append(ways.argmax(axis=0))
        best = ways.max(axis=0)
    at = np.full(n_words, n_ends - 1)
    taken = np.zeros((n_words, n_letters), dtype=int)
    for i in reversed(range(n_letters)):
        taken[:, i] = choices[i][np.arange(n_words), at]
        at = np.maximum(at - taken[:, i], 0)
    reached = np.isfinite(best[:, -1])
    return [one if fine else None for one, fine in zip(taken, reached, strict=True)]


class Pronouncer:
    """Say how a word that no dictionary holds is spoken, by a language model over pairs.

    The likeliest sequence of pairs that spells the word is searched letter by letter; the few best
    ways to each letter are kept (a beam).

    Parameters
    ----------
    model
        A language model over the pairs (`KneserNey`, or whatever has its methods).
    pairs : list of (letter, sounds)
        What the model's tokens mean.

    Raises
    ------
    AudioError
        Calling it, if a word has a letter that no pair has.

    Examples
    --------
    >>> from audiolessons.language import KneserNey
    >>> pairs = [("o", ("AA",)), ("x", ("K", "S"))]
    >>> say = Pronouncer(KneserNey([[0, 1]], order=2, n_tokens=2), pairs)
    >>> say("ox")[0][1]
    ('AA', 'K', 'S')

    References
    ----------
    M. Bisani and H. Ney, "Joint-sequence models for grapheme-to-phoneme conversion", Speech
    Communication 50(5), 2008, section 2.

    Chapter: speech/language
    """

    def __init__(self, model, pairs):
        self.model, self.pairs = model, list(pairs)
        self._of_letter = defaultdict(list)
        for token, (letter, _) in enumerate(self.pairs):
            self._of_letter[letter].append(token)

    def __call__(
        self, word: str, *, beam: int = 12, log_scores=None, weight: float = 1.0
    ) -> list[tuple[float, tuple]]:
        """Return ways to say a word, the likeliest first: [(log chance, sounds), ...].

        `log_scores` (letters, tokens) of another model, such as a network that reads the whole
        word, are added, `weight` times.
        """
        ways: dict = {self.model.start(): (0.0, ())}  # state: the best way to it
        for i, letter in enumerate(word):
            if letter not in self._of_letter:
                raise AudioError(f"{word!r} holds {letter!r}, which no pair has")
            tokens = self._of_letter[letter]
            longer: dict = {}
            for state, (score, sounds) in ways.items():
                scores = score + np.log(self.model.probabilities(state)[tokens])
                if log_scores is not None:
                    scores = scores + weight * log_scores[i][tokens]
                for token, total in zip(tokens, scores.tolist(), strict=True):
                    after = self.model.next(state, token)
                    if after not in longer or total > longer[after][0]:
                        longer[after] = total, sounds + self.pairs[token][1]
            best = sorted(longer.items(), key=lambda way: way[1][0], reverse=True)
            ways = dict(best[:beam])
        said: dict = {}
        for state, (score, sounds) in ways.items():
            total = score + float(np.log(self.model.probabilities(state)[-1]))
            said[sounds] = max(total, said.get(sounds, total))
        return sorted(((total, sounds) for sounds, total in said.items()), reverse=True)
