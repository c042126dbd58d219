"""How well two things are told to be the same: errors at every threshold.

A trial has a score, high where both sides seem to be the same speaker. It is a target trial
(truth 1) where they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array, check_count
from audiolessons.metrics.classification import check_scores


class DetCurve(NamedTuple):
    """What each threshold costs, arrays of shape (M + 1,) for M distinct scores.

    A trial is accepted if its score is at least the threshold. `false_alarms` is the share of
    impostor trials that are accepted, `misses` that of target trials that are not. The first
    threshold is infinity: nothing is accepted.

    Chapter: tasks/speaker
    """

    false_alarms: np.ndarray
    misses: np.ndarray
    thresholds: np.ndarray


def det_curve(truth, scores) -> DetCurve:
    """Return false alarms and misses at every threshold that makes a difference.

    "DET" is detection error trade-off: the curve of `roc_curve` with errors on both axes.

    Parameters
    ----------
    truth, scores
        As for `roc_curve`: shape (N,).

    Raises
    ------
    AudioError
        If the lengths differ, a score is NaN, or only one kind of trial occurs.

    References
    ----------
    A. Martin, G. Doddington, T. Kamm, M. Ordowski and M. Przybocki, "The DET curve in assessment
    of detection task performance", Eurospeech 1997.

    Examples
    --------
    >>> curve = det_curve([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1])
    >>> curve.false_alarms, curve.misses
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([1. , 0.5, 0.5, 0. , 0. ]))
    >>> curve.thresholds
    array([inf, 0.9, 0.6, 0.4, 0.1])

    Chapter: tasks/speaker
    """
    truth, scores = check_scores(truth, scores)
    order, last_of_equals = _steps(scores)
    false_alarms, misses = _rates(truth[order], last_of_equals)
    thresholds = np.append(np.inf, scores[order][last_of_equals])
    return DetCurve(false_alarms, misses, thresholds)


def equal_error_rate(truth, scores) -> float:
    """Return the error rate at the threshold where misses and false alarms are equally frequent.

    All thresholds are tried. Where none makes the two equal, the line between the neighbouring
    points of the curve is taken: deciding by lot between two thresholds reaches every point of it.

    Parameters
    ----------
    truth, scores
        As for `det_curve`.

    Returns
    -------
    float
        0 if every target scores above every impostor, 0.5 for guessing, 1 if it is the other way
        round.

    Raises
    ------
    AudioError
        As `det_curve`.

    Examples
    --------
    >>> equal_error_rate([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1])
    0.5
    >>> equal_error_rate([1, 1, 0, 0], [0.9, 0.7, 0.6, 0.1])
    0.0

    Chapter: tasks/speaker
    """
    curve = det_curve(truth, scores)
    return _crossing(curve.false_alarms, curve.misses)


def equal_error_rate_interval(
    truth,
    scores,
    speakers,
    *,
    other: ArrayLike | None = None,
    n_draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return between which values the equal error rate lies with other speakers.

    Trials are not independent: each speaker stands in many. So speakers are drawn with
    replacement, and a trial counts as often as its two sides were drawn together: the product for
    impostors, the number of times the speaker was drawn for targets.

    Parameters
    ----------
    truth, scores
        As for `det_curve`.
    speakers : array
        Shape (N, 2), who speaks on each side.
    other : array, optional
        Shape (N,), scores of another system. Then the interval is that of the difference, the rate
        of `scores` less that of `other`: both meet the same draws, so it is narrower than two.
    n_draws, confidence, seed
        As for `bootstrap_interval`.

    Raises
    ------
    AudioError
        As `det_curve`, or if the speakers do not fit the trials.

    Examples
    --------
    >>> pairs = [(a, b) for a in range(8) for b in range(a, 8)] * 4
    >>> same = np.array([a == b for a, b in pairs])
    >>> scores = same + np.random.default_rng(0).normal(size=len(pairs))
    >>> low, high = equal_error_rate_interval(same, scores, pairs)
    >>> bool(low < equal_error_rate(same, scores) < high)
    True

    References
    ----------
    N. Poh and S. Bengio, "Estimating the confidence interval of expected performance curve in
    biometric authentication using joint bootstrap", ICASSP 2007.

    Chapter: tasks/speaker
    """
    truth, scores = check_scores(truth, scores)
    check_count(n_draws, name="n_draws")
    if not 0 < confidence < 1:
        raise AudioError(f"confidence is {confidence!r}: it is a share, between 0 and 1")
    speakers = as_array(speakers, name="speakers")
    if speakers.shape != (len(truth), 2):
        raise AudioError(
            f"speakers has shape {speakers.shape} for {len(truth)} trials: give "
            f"{(len(truth), 2)}, who speaks on each side"
        )
    if ((speakers[:, 0] == speakers[:, 1]) != truth).any():
        raise AudioError("truth is not speakers[:, 0] == speakers[:, 1]: one of them is in error")
    names, number = np.unique(speakers, return_inverse=True)
    sides = number.reshape(-1, 2)
    systems = [_steps(scores)]
    if other is not None:
        systems.append(_steps(check_scores(truth, other)[1]))
    random = np.random.default_rng(seed)
    found: list[float] = []
    while len(found) < n_draws:
        drawn = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        weights = np.where(truth, drawn[sides[:, 0]], drawn[sides[:, 0]] * drawn[sides[:, 1]])
        if weights[truth].any() and weights[~truth].any():  # one speaker alone has no impostor
            rates = [_crossing(*_rates(truth[o], last, weights[o])) for o, last in systems]
            found.append(rates[0] - sum(rates[1:]))
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _steps(scores):
    """Return the order from the highest score down, and where a score is the last of its equals."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    return order, np.append(ordered[1:] != ordered[:-1], True)


def _rates(truth, last_of_equals, weights=1):
    """Return false alarms and misses after each step down; `truth` goes from the highest score."""
    hits = np.cumsum(truth * weights)[last_of_equals]
    false_alarms = np.cumsum(~truth * weights)[last_of_equals]
    return np.append(0.0, false_alarms / false_alarms[-1]), np.append(1.0, 1 - hits / hits[-1])


def _crossing(false_alarms, misses) -> float:
    """Return where a falling curve of misses meets a rising one of false alarms."""
    after = int(np.argmax(false_alarms >= misses))  # the last point is (1, 0): there is one
    before = after - 1
    gap = misses - false_alarms
    share = gap[before] / (gap[before] - gap[after])
    return float(false_alarms[before] + share * (false_alarms[after] - false_alarms[before]))
