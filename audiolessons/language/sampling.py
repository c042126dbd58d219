"""Drawing from a language model, and how much of its chances to trust."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive


def sharpened(chances, *, temperature: float) -> np.ndarray:
    """Return chances whose differences are stretched (below 1) or evened out (above 1).

    Examples
    --------
    >>> sharpened([0.8, 0.2], temperature=0.5).round(3)
    array([0.941, 0.059])

    Chapter: speech/language
    """
    check_positive(temperature, name="temperature")
    with np.errstate(divide="ignore"):
        scores = np.log(np.asarray(chances, dtype=float)) / temperature
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def top_k(chances, *, k: int) -> np.ndarray:
    """Return the chances of the `k` likeliest tokens, the others 0, so that they add up to 1.

    Of tokens that are equally likely the first ones stay.

    Examples
    --------
    >>> top_k([0.5, 0.3, 0.2], k=2)
    array([0.625, 0.375, 0.   ])

    References
    ----------
    A. Fan, M. Lewis and Y. Dauphin, "Hierarchical neural story generation", ACL 2018.

    Chapter: speech/language
    """
    chances = np.asarray(chances, dtype=float)
    check_count(k, name="k")
    order = np.argsort(-chances, kind="stable")[:k]
    return _only(chances, order)


def top_p(chances, *, p: float) -> np.ndarray:
    """Return the chances of the fewest likeliest tokens that reach `p` together, the others 0.

    Examples
    --------
    >>> top_p([0.5, 0.3, 0.2], p=0.6)
    array([0.625, 0.375, 0.   ])

    References
    ----------
    A. Holtzman et al., "The curious case of neural text degeneration", ICLR 2020.

    Chapter: speech/language
    """
    chances = np.asarray(chances, dtype=float)
    if not 0 < p <= 1:
        raise AudioError(f"p is {p}: it is a share, above 0 and at most 1")
    order = np.argsort(-chances, kind="stable")
    before = np.concatenate([[0], np.cumsum(chances[order])[:-1]])
    return _only(chances, order[before < p])


def _only(chances, kept) -> np.ndarray:
    left = np.zeros_like(chances)
    left[kept] = chances[kept]
    return left / left.sum()


def draw(
    model,
    *,
    most: int,
    prompt: Sequence[int] = (),
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
    seed: int = 0,
) -> list[int]:
    """Draw tokens one after another until the end mark, or until there are `most`.

    Parameters
    ----------
    model
        A language model: `n_tokens`, `start()`, `next(state, token)` and `probabilities(state)`.
    most : int
        Tokens at most, without the prompt.
    prompt : sequence of int
        What was said before.
    temperature, k, p
        What `sharpened`, `top_k` and `top_p` do to the chances, in this order.
    seed : int
        Of the draws.

    Returns
    -------
    list of int
        The tokens after the prompt, without the end mark.

    Examples
    --------
    >>> from audiolessons.language import KneserNey
    >>> draw(KneserNey([[0, 1, 0, 1, 0, 1]], order=3, n_tokens=2), most=4, prompt=[0], k=1)
    [1, 0, 1, 0]

    Chapter: speech/language
    """
    check_count(most, name="most")
    random = np.random.default_rng(seed)
    state = model.start()
    for token in prompt:
        state = model.next(state, int(token))
    drawn: list[int] = []
    while len(drawn) < most:
        chances = sharpened(model.probabilities(state), temperature=temperature)
        chances = chances if k is None else top_k(chances, k=k)
        chances = chances if p is None else top_p(chances, p=p)
        token = int(random.choice(len(chances), p=chances))
        if token == model.n_tokens:
            break
        drawn.append(token)
        state = model.next(state, token)
    return drawn
