"""How sure a test result is: intervals, and whether one model is better than another."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array, check_count


class PairedTest(NamedTuple):
    """Two models on the same test sounds, and how surprising their difference is.

    `p_value` is the chance of a difference at least as large, either way, if both were equally
    good.

    Chapter: learning/evaluation
    """

    only_first: int
    only_second: int
    p_value: float


def wilson_interval(n_correct: int, n_test: int, *, confidence: float = 0.95) -> tuple:
    """Return between which shares the true accuracy lies, for tests drawn independently.

    Raises
    ------
    AudioError
        If n_correct is no whole number between 0 and n_test, or confidence not between 0 and 1.

    Examples
    --------
    >>> low, high = wilson_interval(297, 300)
    >>> round(low, 3), round(high, 3)
    (0.971, 0.997)

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA
    22(158), 1927.

    Chapter: sound/features
    """
    check_count(n_test, name="n_test")
    if not 0 <= n_correct <= n_test:
        raise AudioError(f"n_correct is {n_correct}: it lies between 0 and n_test = {n_test}")
    if n_correct != int(n_correct):
        raise AudioError(
            f"n_correct is {n_correct}: it is a number of tests and no share, for example "
            f"{n_correct * n_test if n_correct < 1 else n_correct:.0f}"
        )
    _check_confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = n_correct / n_test
    centre = (share + z**2 / (2 * n_test)) / (1 + z**2 / n_test)
    half = z / (1 + z**2 / n_test) * (share * (1 - share) / n_test + (z / (2 * n_test)) ** 2) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def rate_interval(count: int, exposure: float, *, confidence: float = 0.95) -> tuple:
    """Return between which rates the true one lies, where so many rare events were counted.

    Events that come independently, such as false alarms in hours of speech, follow Poisson's
    distribution. The ends are the rates at which a count as high, or as low, is just likely
    enough. No event at all still leaves an upper end: about three in what was heard.

    Parameters
    ----------
    count : int
        Events.
    exposure : float
        What they were counted in, such as hours.
    confidence : float
        Between 0 and 1.

    Raises
    ------
    AudioError
        If count is no whole number from 0, exposure not above 0, or confidence not between 0 and 1.

    Examples
    --------
    >>> low, high = rate_interval(0, 3.0)  # none in three hours
    >>> low, round(high, 2)
    (0.0, 1.23)

    References
    ----------
    F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28, 1936.

    Chapter: large/assistant
    """
    from scipy.stats import chi2

    if count != int(count) or count < 0:
        raise AudioError(f"count is {count}: give a whole number, 0 or more")
    if not exposure > 0:
        raise AudioError(f"exposure is {exposure}: give more than 0, such as hours")
    _check_confidence(confidence)
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * count) / 2) if count else 0.0
    high = float(chi2.ppf(1 - tail, 2 * count + 2) / 2)
    return low / exposure, high / exposure


def bootstrap_interval(
    values,
    *,
    statistic: Callable = np.mean,
    groups: ArrayLike | None = None,
    n_draws: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return between which values a statistic lies when the test set is drawn again and again.

    A test set is a sample. Drawing from it with replacement, as many items as it has, shows how
    much the statistic would have changed with another sample; the interval leaves out equal shares
    of the draws at both ends.

    Parameters
    ----------
    values : array
        Shape (N,) or (N, ...), a row for each test sound: 1 where it was right and 0 where not, or
        columns (truth, score) for a statistic of both.
    statistic : callable
        Takes rows, as many as `values` has with groups of one size, and returns a number.
    groups : array, optional
        Shape (N,), such as the speaker of each sound. Then whole groups are drawn, because the
        sounds of one voice are not independent; and the interval is about new groups.
    n_draws : int
        How often to draw.
    confidence : float
        Share of the draws that the interval holds.
    seed : int
        Of the draws.

    Raises
    ------
    AudioError
        If there are no values, there is not one group a value or fewer than two groups, or
        confidence is not between 0 and 1.

    References
    ----------
    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1), 1979;
    the percentile method is in B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13.

    Examples
    --------
    >>> right = np.repeat([1, 0], [90, 10])
    >>> low, high = bootstrap_interval(right)
    >>> bool(0.8 < low < 0.86 and 0.94 < high < 1.0)
    True

    Chapter: learning/evaluation
    """
    values = as_array(values, name="values")
    check_count(n_draws, name="n_draws")
    _check_confidence(confidence)
    if values.ndim == 0 or len(values) == 0:
        raise AudioError(f"values has shape {values.shape}: give one row for each test sound")
    random = np.random.default_rng(seed)
    if groups is None:
        draws = (random.integers(0, len(values), len(values)) for _ in range(n_draws))
    else:
        rows_of = _rows_of_groups(groups, len(values))
        draws = (
            np.concatenate([rows_of[i] for i in random.integers(0, len(rows_of), len(rows_of))])
            for _ in range(n_draws)
        )
    found = [float(statistic(values[rows])) for rows in draws]
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def paired_test(first_right, second_right) -> PairedTest:
    """Compare two models on the same test sounds (the exact test of McNemar).

    Sounds that both get right, or both wrong, say nothing about which is better. Of the others,
    each model alone would get half if they were equally good: a fair coin, thrown as often as the
    two disagree.

    Parameters
    ----------
    first_right, second_right : array
        Shape (N,), true (1) where the model was right; the same sounds in the same order.

    Returns
    -------
    PairedTest
        only_first, only_second (sounds that one model alone got right), p_value.

    Raises
    ------
    AudioError
        If the shapes differ, or something else than true and false is in them.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12(2), 1947.

    Examples
    --------
    >>> first = [1, 1, 1, 1, 1, 1, 0, 1]
    >>> second = [0, 0, 0, 0, 0, 0, 1, 1]
    >>> paired_test(first, second)
    PairedTest(only_first=6, only_second=1, p_value=0.125)

    Chapter: learning/evaluation
    """
    first, second = _check_right(first_right, "first"), _check_right(second_right, "second")
    if first.shape != second.shape:
        raise AudioError(
            f"first_right has shape {first.shape} and second_right {second.shape}: give the same "
            "sounds in the same order"
        )
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    n_differ = only_first + only_second
    fewer = min(only_first, only_second)
    # whole numbers, however many: 2**n is beyond a float for n > 1023
    tail = sum(comb(n_differ, k) for k in range(fewer + 1))
    return PairedTest(only_first, only_second, min(1.0, 2 * tail / 2**n_differ))


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise AudioError(f"confidence is {confidence!r}: it is a share, between 0 and 1")


def _check_right(right, name):
    right = as_array(right, name=f"{name}_right")
    if right.ndim != 1 or right.size == 0 or not np.isin(right, (0, 1)).all():
        raise AudioError(
            f"{name}_right has shape {right.shape} and must hold true or false for each sound: "
            "give truth == predicted"
        )
    return right.astype(bool)


def _rows_of_groups(groups, n_values):
    """Return the rows of each group, or say why the groups cannot be drawn."""
    groups = as_array(groups, name="groups")
    if groups.shape != (n_values,):
        raise AudioError(f"groups has shape {groups.shape} for {n_values} values: give one each")
    names = np.unique(groups)
    if len(names) < 2:
        raise AudioError(
            f"groups names {len(names)} group: with one voice nothing is known about another"
        )
    return [np.flatnonzero(groups == name) for name in names]
