"""Results of blind listening tests: what guessing explains, and how sure a mean rating is."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, nan
from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.metrics.confidence import bootstrap_interval, wilson_interval


class AbxTest(NamedTuple):
    """An ABX test, the chance to do as well by guessing, and the interval of the true share.

    Chapter: tasks/denoising
    """

    n_right: int
    n_trials: int
    p_value: float
    low: float
    high: float

    def __str__(self):
        percent = 100 * self.p_value
        shown = f"{percent:.1f} %" if percent >= 0.1 else "less than 0.1 %"
        return (
            f"{self.n_right} of {self.n_trials} right; by guessing, this or better happens in "
            f"{shown} of tests. The true share of right answers is between "
            f"{100 * self.low:.0f} and {100 * self.high:.0f} %."
        )


class MushraRating(NamedTuple):
    """The mean of the ratings of one version, its interval, and how many ratings there were.

    Chapter: tasks/denoising
    """

    mean: float
    low: float
    high: float
    n_ratings: int


class MushraSummary(NamedTuple):
    """What a MUSHRA test found: `ratings` by name, and the listeners who were left out.

    Chapter: tasks/denoising
    """

    ratings: dict
    left_out: tuple

    def __str__(self):
        width = max(map(len, self.ratings))
        lines = []
        for name, rating in self.ratings.items():
            interval = f" ({rating.low:.0f} to {rating.high:.0f})"
            if np.isnan(rating.low):
                interval = " (no interval: it takes two ratings)" if rating.n_ratings else ""
            lines.append(f"{name:{width}}  {rating.mean:3.0f}{interval}")
        if self.left_out:
            names = ", ".join(map(str, self.left_out))
            lines.append(f"left out, for rating the hidden reference low: {names}")
        return "\n".join(lines)


def abx_test(n_right: int, n_trials: int, *, confidence: float = 0.95) -> AbxTest:
    """Say how surprising the right answers of an ABX test are for somebody who guesses.

    X is A or B by a fair coin, so guesses are right as often as a coin shows heads: the p-value is
    the exact chance of `n_right` heads or more. It is one-sided, because only many right answers
    speak for a difference that is heard.

    Parameters
    ----------
    n_right, n_trials : int
        Right answers, and answers in all; `n_trials` must have been chosen beforehand.
    confidence : float
        Of the interval of the share of right answers (Wilson's, two-sided).

    Returns
    -------
    AbxTest
        n_right, n_trials, p_value, low, high; printed, it says them in words.

    Raises
    ------
    AudioError
        If n_right is not between 0 and n_trials, or confidence not between 0 and 1.

    References
    ----------
    H. Burstein, "Approximation formulas for error risk and sample size in ABX testing", JAES
    36(11), 1988, which is about the exact sums used here.

    Examples
    --------
    >>> print(abx_test(8, 10))
    8 of 10 right; by guessing, this or better happens in 5.5 % of tests. The true share of right
    answers is between 49 and 94 %.
    >>> abx_test(9, 10).p_value
    0.0107

    Chapter: tasks/denoising
    """
    check_count(n_trials, name="n_trials")
    if check_count(n_right, name="n_right", minimum=0) > n_trials:
        raise AudioError(f"n_right is {n_right}: it lies between 0 and n_trials = {n_trials}")
    ways = sum(comb(n_trials, k) for k in range(n_right, n_trials + 1))
    low, high = wilson_interval(n_right, n_trials, confidence=confidence)
    return AbxTest(n_right, n_trials, ways / 2**n_trials, low, high)


def mushra_summary(
    scores,
    *,
    reference: str = "hidden reference",
    listeners: Sequence | None = None,
    lowest_reference: float = 90,
    allowed_share: float = 0.15,
    n_draws: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> MushraSummary:
    """Return the mean rating of each version with its interval, after listeners are screened.

    A listener who rates the hidden reference under 90 in more than 15 % of the items has not heard
    that it is the reference; all of that listener's ratings are left out (ITU-R BS.1534-3, 4.1.2).
    The interval comes from drawing again (`bootstrap_interval`): listeners where there are several,
    whole with all their items, and else the items of the one listener.

    Parameters
    ----------
    scores : list of dict
        One dict for each item that a listener rated: name -> rating, 0 to 100. The result of
        `al.listen.mushra` is such a list.
    reference : str
        Name of the hidden reference.
    listeners : list, optional
        Who gave each dict. By default each comes from a listener of its own.
    lowest_reference : float
        A lower rating of the hidden reference counts as a miss.
    allowed_share : float
        Share of misses that a listener may have.
    n_draws, confidence, seed
        Of the bootstrap.

    Returns
    -------
    MushraSummary
        ratings: name -> (mean, low, high, n_ratings); with a single rating low and high are NaN.
        left_out: the listeners who were. If that is all of them, means are NaN, too.

    Raises
    ------
    AudioError
        If there are no scores, they do not rate the same names, the reference is not among them, a
        rating is not between 0 and 100, or listeners are not as many as scores.

    References
    ----------
    Recommendation ITU-R BS.1534-3, "Method for the subjective assessment of intermediate quality
    level of audio systems", 2015.

    Examples
    --------
    >>> heard = [{"hidden reference": 100, "old": 40, "new": 70},
    ...          {"hidden reference": 95, "old": 50, "new": 80},
    ...          {"hidden reference": 30, "old": 90, "new": 10}]
    >>> print(mushra_summary(heard))
    hidden reference   98 (95 to 100)
    old                45 (40 to 50)
    new                75 (70 to 80)
    left out, for rating the hidden reference low: 3

    Chapter: tasks/denoising
    """
    names, table = _check_scores(scores, reference)
    listeners = list(range(1, len(table) + 1)) if listeners is None else list(listeners)
    if len(listeners) != len(table):
        raise AudioError(f"listeners names {len(listeners)} for {len(table)} scores: one each")
    missed = table[:, names.index(reference)] < lowest_reference
    owner = np.array([listeners.index(listener) for listener in listeners])  # first row of each
    left_out = [row for row in np.unique(owner) if missed[owner == row].mean() > allowed_share]
    is_kept = ~np.isin(owner, left_out)
    table, owner = table[is_kept], owner[is_kept]
    options: dict = {"n_draws": n_draws, "confidence": confidence, "seed": seed}
    if len(np.unique(owner)) > 1:
        options["groups"] = owner
    ratings = {}
    for name, column in zip(names, table.T, strict=True):
        low, high = bootstrap_interval(column, **options) if len(column) > 1 else (nan, nan)
        mean = float(column.mean()) if len(column) else nan
        ratings[name] = MushraRating(mean, low, high, len(column))
    return MushraSummary(ratings, tuple(listeners[row] for row in left_out))


def _check_scores(scores, reference):
    """Return the names and the ratings as an array of shape (items, names)."""
    scores = [scores] if isinstance(scores, dict) else list(scores)
    if not scores:
        raise AudioError("scores is empty: give one dict of name -> rating for each item")
    names = list(scores[0])
    if reference not in names:
        raise AudioError(
            f"reference is {reference!r}, which is not rated: the names are {', '.join(names)}"
        )
    for number, score in enumerate(scores):
        if set(score) != set(names):
            differs = sorted(set(score) ^ set(names))
            raise AudioError(
                f"scores[{number}] and scores[0] do not rate the same: {differs} is in one of them"
            )
        for name, rating in score.items():
            if not 0 <= rating <= 100:
                raise AudioError(f"scores[{number}] rates {name!r} {rating}: ratings are 0 to 100")
    return names, np.array([[float(score[name]) for name in names] for score in scores])
