"""The likeliest texts of a CTC network, found frame by frame, with what a language expects."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array, check_count, check_finite
from audiolessons.matching.ctc import BLANK, check_log_probs


class Hypothesis(NamedTuple):
    """A text, how likely it is, and what it is ranked by.

    `log_probability` sums the paths of the text that were followed; `score` adds what the language
    model and the bonus say.

    Chapter: speech/recognition
    """

    tokens: list[int]
    score: float
    log_probability: float


class BeamSearch:
    """Follow the likeliest beginnings of a text through frames that arrive piece by piece.

    A beginning keeps two sums over its paths: those that end in a blank and those that end in its
    last token. Only after a blank does the same token again make a doubled one.

    Parameters
    ----------
    width : int
        Beginnings that are kept after each frame.
    language_model : optional
        Predicts the next token: `start()`, `next(state, token)`, `probabilities(state)`, as those
        of `language`. It knows no blank: token k of the network is its token k - 1.
    weight : float
        How much the logarithm of its chances counts.
    bonus : float or array
        Added for each token, or shape (K - 1,), a bonus of each: without one, a language model
        prefers short texts.
    least : float
        A token less likely than this in a frame is not tried there; 0 tries all.

    Raises
    ------
    AudioError
        If an option cannot be, or frames are no log-probabilities.

    Examples
    --------
    >>> search = BeamSearch(width=4)
    >>> search.push(np.log([[0.6, 0.4], [0.6, 0.4]]))
    >>> best = search.texts()[0]
    >>> best.tokens, round(float(np.exp(best.log_probability)), 2)
    ([1], 0.64)

    References
    ----------
    A. Graves and N. Jaitly, "Towards end-to-end speech recognition with recurrent neural networks",
    ICML 2014; A. Y. Hannun, A. L. Maas, D. Jurafsky and A. Y. Ng, "First-pass large vocabulary
    continuous speech recognition using bi-directional recurrent DNNs", arXiv:1408.2873, 2014.

    Chapter: speech/recognition
    """

    def __init__(
        self,
        *,
        width: int = 16,
        language_model: Any = None,
        weight: float = 0.5,
        bonus: ArrayLike = 0.0,
        least: float = 1e-4,
    ):
        self.width = check_count(width, name="width")
        # 0 times a chance of 0 says nothing: without a weight there is no model
        self.language_model: Any = language_model if weight else None
        self.weight = check_finite(weight, name="weight")
        self.bonus = as_array(bonus, name="bonus", dtype=float)
        if not 0 <= least < 1:
            raise AudioError(f"least is {least!r}: it is a chance, from 0 to below 1")
        self.least = least
        # a beginning -> log-probability of its paths that end in a blank, and that do not
        self._beams = {(): (0.0, -np.inf)}
        start = None if self.language_model is None else self.language_model.start()
        self._language = {(): (0.0, start)}  # a beginning -> its score so far, the model's state
        self._expected: dict = {}  # a beginning -> score of each next token and of the end

    def push(self, log_probs) -> None:
        """Follow more frames, (N, K)."""
        for frame in check_log_probs(log_probs):
            with np.errstate(divide="ignore"):
                likely = np.flatnonzero(frame > np.log(self.least))
            self._step(frame, [int(token) for token in likely if token != BLANK])

    def texts(self, *, ended: bool = True) -> list[Hypothesis]:
        """Return the texts that are followed, the best first; `ended`: nothing follows."""
        found = []
        for text, sums in self._beams.items():
            score = self._score(text, sums)
            if ended and self.language_model is not None:
                score += float(self._next_scores(text)[-1])
            found.append(Hypothesis(list(text), score, float(np.logaddexp(*sums))))
        return sorted(found, key=lambda text: -text.score)

    def _step(self, frame, tokens):
        beams: dict = {}

        def add(text, log_blank, log_token):
            blank, token = beams.get(text, (-np.inf, -np.inf))
            beams[text] = np.logaddexp(blank, log_blank), np.logaddexp(token, log_token)

        for text, (blank, token) in self._beams.items():
            both = np.logaddexp(blank, token)
            last = text[-1] if text else BLANK
            stays = token + frame[last] if text else -np.inf
            add(text, both + frame[BLANK], stays)
            for new in tokens:
                # the same token again is a new one only after a blank
                before = blank if new == last else both
                if before > -np.inf:
                    add((*text, new), -np.inf, before + frame[new])
        ranked = sorted(beams, key=lambda text: -self._score(text, beams[text]))
        self._beams = {text: beams[text] for text in ranked[: self.width]}
        self._language = {text: self._language[text] for text in self._beams}
        self._expected = {t: s for t, s in self._expected.items() if t in self._beams}

    def _score(self, text, sums) -> float:
        if text not in self._language:
            score, state = self._language[text[:-1]]
            token = text[-1] - 1
            score += float(self.bonus if self.bonus.ndim == 0 else self.bonus[token])
            if self.language_model is not None:
                score += float(self._next_scores(text[:-1])[token])
                state = self.language_model.next(state, token)
            self._language[text] = score, state
        return float(np.logaddexp(*sums)) + self._language[text][0]

    def _next_scores(self, text) -> np.ndarray:
        if text not in self._expected:
            state = self._language[text][1]
            chances = self.language_model.probabilities(state)
            with np.errstate(divide="ignore"):
                self._expected[text] = self.weight * np.log(chances)
        return self._expected[text]


def beam_search(log_probs, **options) -> list[Hypothesis]:
    """Return the likeliest texts of all frames, the best first: a prefix beam search.

    Parameters
    ----------
    log_probs : array
        Shape (N, K).
    **options
        As for `BeamSearch`: width, language_model, weight, bonus, least.

    Raises
    ------
    AudioError
        As `BeamSearch`.

    Examples
    --------
    >>> chances = [[0.1, 0.9], [0.4, 0.6], [0.1, 0.9]]
    >>> [text.tokens for text in beam_search(np.log(chances))][:2]
    [[1], [1, 1]]

    Chapter: speech/recognition
    """
    search = BeamSearch(**options)
    search.push(log_probs)
    return search.texts()
