"""N-grams: what comes next, counted, with interpolated Kneser-Ney smoothing.

A language model here is whatever has `n_tokens` and `start()`, `next(state, token)` and
`probabilities(state)`: so one sampler and one search serve counts and networks.
"""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_count


class KneserNey:
    """Predict the next token from the `order` - 1 tokens before it, by counts.

    A count is lowered by a discount, and what that frees goes to the model one token shorter. That
    one counts not how often a token came, but after how many different tokens: "Francisco" is
    frequent and follows "San" alone. The shortest model falls back on all tokens being alike.

    Tokens are 0 ... n_tokens - 1. After each sequence comes the end mark, `end` = n_tokens: it is
    predicted like any other, so the chances of all sequences add up to 1.

    Parameters
    ----------
    sequences : list of arrays
        Whole numbers, each sequence of shape (N,), of any lengths.
    order : int
        Tokens in the longest n-gram: 1 looks at nothing before.
    n_tokens : int
        Size of the vocabulary, without the end mark.

    Raises
    ------
    AudioError
        If there is no sequence, or a token lies outside of the vocabulary.

    Examples
    --------
    >>> model = KneserNey([[0, 1, 0, 1, 0, 2]], order=2, n_tokens=3)
    >>> state = model.next(model.start(), 0)
    >>> model.probabilities(state).round(2), model.end
    (array([0.13, 0.57, 0.23, 0.07]), 3)

    References
    ----------
    R. Kneser and H. Ney, "Improved backing-off for m-gram language modeling", ICASSP 1995;
    S. F. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling",
    Computer Speech and Language 13(4), 1999 (interpolated form, discounts by count).

    Chapter: speech/language
    """

    def __init__(self, sequences, *, order: int, n_tokens: int):
        self.order = check_count(order, name="order")
        self.n_tokens = check_count(n_tokens, name="n_tokens")
        self.end = n_tokens
        histories, tokens = self._streams(sequences)
        self._contexts: list[np.ndarray] = []  # of each length, sorted: parent * width + older
        parents = [np.zeros(len(tokens), dtype=np.int64)]  # of length 0 there is one
        for older in histories.T:  # the nearest token first
            keys, ids = np.unique(parents[-1] * self._width + older, return_inverse=True)
            self._contexts.append(keys)
            parents.append(ids)
        self._levels = self._count(parents[-1] * self._width + tokens)

    @property
    def _width(self) -> int:
        return self.n_tokens + 2  # the end mark, and the start mark that is never predicted

    def _streams(self, sequences):
        """Return histories (N, order - 1), nearest first, and the tokens (N,) that follow them."""
        if not len(sequences):
            raise AudioError("sequences is empty: give at least one")
        start, end = [self.n_tokens + 1] * (self.order - 1), [self.end]
        parts = []
        for sequence in sequences:
            tokens = np.asarray(sequence, dtype=np.int64)
            if tokens.size and not (tokens.min() >= 0 and tokens.max() < self.n_tokens):
                wrong = tokens.min() if tokens.min() < 0 else tokens.max()
                raise AudioError(
                    f"a sequence holds the token {wrong}: tokens are 0 to {self.n_tokens - 1}"
                )
            parts.append(np.concatenate([start, tokens, end]).astype(np.int64))
        windows = [np.lib.stride_tricks.sliding_window_view(part, self.order) for part in parts]
        joined = np.concatenate(windows)
        return joined[:, -2::-1] if self.order > 1 else joined[:, :0], joined[:, -1]

    def _count(self, keys):
        """Return for each length of history what its n-grams and its contexts weigh."""
        levels = []
        for length in reversed(range(self.order)):
            # Of the longest, how often each came. Of the others, before how many different tokens:
            # `keys` then holds each longer n-gram once, without its oldest token.
            keys, counts = np.unique(keys, return_counts=True)
            context, token = np.divmod(keys, self._width)
            taken = _discounts(counts)[np.minimum(counts, 3)]
            total = np.bincount(context, weights=counts)
            levels.append(
                (
                    keys,
                    (counts - taken) / total[context],  # what is left of each count
                    np.bincount(context, weights=taken) / total,  # what goes to shorter ones
                )
            )
            if length:
                keys = self._contexts[length - 1][context] // self._width * self._width + token
        return levels[::-1]

    def start(self) -> tuple:
        """Return the state before the first token."""
        return (self.n_tokens + 1,) * (self.order - 1)

    def next(self, state: tuple, token: int) -> tuple:
        """Return the state after one more token: the last `order` - 1 tokens, nearest first."""
        return (token, *state)[: self.order - 1]

    def probabilities(self, state: tuple) -> np.ndarray:
        """Return the chance of each token to come next, shape (n_tokens + 1,), the end last."""
        chances = np.full(self.n_tokens + 1, 1 / (self.n_tokens + 1))
        context = 0
        for length, (keys, left, given) in enumerate(self._levels):
            if length:
                key = context * self._width + state[length - 1]
                contexts = self._contexts[length - 1]
                context = int(np.searchsorted(contexts, key))
                if context == len(contexts) or contexts[context] != key:
                    break  # never seen: the shorter history decides
            first, last = np.searchsorted(
                keys, [context * self._width, (context + 1) * self._width]
            )
            chances *= given[context]
            chances[keys[first:last] % self._width] += left[first:last]
        return chances

    def bits(self, sequence) -> np.ndarray:
        """Return how surprised the model is by each token and the end mark: (N + 1,), in bits."""
        histories, tokens = self._streams([sequence])
        chances = np.full(len(tokens), 1 / (self.n_tokens + 1))
        context, known = np.zeros(len(tokens), dtype=np.int64), np.ones(len(tokens), dtype=bool)
        for length, (keys, left, given) in enumerate(self._levels):
            if length:
                at, found = _find(
                    self._contexts[length - 1], context * self._width + histories[:, length - 1]
                )
                context, known = at, known & found
            at, found = _find(keys, context * self._width + tokens)
            longer = chances * given[context] + np.where(found, left[at], 0)
            chances = np.where(known, longer, chances)
        return -np.log2(chances)


def perplexity(bits) -> float:
    """Return between how many equally likely tokens a model chose, on average: 2 to the mean.

    Parameters
    ----------
    bits : array
        Surprise at each token, the end marks among them, in bits.

    Examples
    --------
    >>> perplexity([1.0, 3.0])
    4.0

    Chapter: speech/language
    """
    return float(2 ** np.mean(bits))


def _find(ordered, keys):
    """Return where each key stands in an ordered array, and whether it does."""
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    return at, ordered[at] == keys


def _discounts(counts) -> np.ndarray:
    """Return what is taken from counts of 0, 1, 2 and more, after Chen and Goodman.

    With few different counts their formula has no value: then 1/2 is taken.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=5).astype(float)
    if not n[1:5].all():
        return np.array([0, 0.5, 0.5, 0.5])
    share = n[1] / (n[1] + 2 * n[2])
    taken = [k - (k + 1) * share * n[k + 1] / n[k] for k in (1, 2, 3)]
    return np.array([0, *np.clip(taken, 0.1, [1, 2, 3])])
