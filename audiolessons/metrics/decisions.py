"""From scores to decisions: what errors cost, and scores that mean how likely something is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, as_array, check_finite, check_positive
from audiolessons.metrics.classification import check_scores
from audiolessons.metrics.verification import det_curve


class Calibration(NamedTuple):
    """What makes log-likelihood ratios of scores: `scale` times the score, plus `offset`.

    Chapter: tasks/speaker
    """

    scale: float
    offset: float

    def __call__(self, scores) -> np.ndarray:
        """Return the natural logarithm of how much likelier the same speaker makes the score."""
        return self.scale * as_array(scores, name="scores", dtype=float) + self.offset


def detection_cost(
    truth,
    scores,
    *,
    threshold: float,
    prior: float = 0.05,
    cost_miss: float = 1.0,
    cost_false_alarm: float = 1.0,
) -> float:
    """Return what the decisions at a threshold cost, in units of a system that never listens.

    Such a system accepts all, or nothing, whichever is cheaper. 0 is perfect; above 1 it would be
    better to switch the detector off.

    Parameters
    ----------
    truth, scores
        As for `det_curve`.
    threshold : float
        Trials that score at least this are accepted.
    prior : float
        How often the two sides will be the same speaker in use, between 0 and 1. The share in the
        test set is not this.
    cost_miss, cost_false_alarm : float
        What one error of each kind costs.

    Raises
    ------
    AudioError
        As `det_curve`, or if the threshold is NaN, a cost not above 0, or the prior not between 0
        and 1.

    References
    ----------
    NIST 2016 Speaker Recognition Evaluation Plan, section 3.

    Examples
    --------
    >>> truth, scores = [1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]
    >>> detection_cost(truth, scores, threshold=0.5, prior=0.5)
    1.0
    >>> detection_cost(truth, scores, threshold=0.8, prior=0.5)
    0.5

    Chapter: tasks/speaker
    """
    if np.isnan(threshold):
        raise AudioError("threshold is NaN: give a number")
    truth, scores = check_scores(truth, scores)
    accepted = scores >= threshold
    miss, false_alarm = _weights(prior, cost_miss, cost_false_alarm)
    cost = miss * np.mean(~accepted[truth]) + false_alarm * np.mean(accepted[~truth])
    return float(cost / min(miss, false_alarm))


def least_detection_cost(truth, scores, **costs) -> tuple[float, float]:
    """Return the least detection cost that any threshold would have, and the threshold.

    No system may be used this way: the threshold was found on the trials that it is tested on. The
    difference from `detection_cost` is what a badly chosen threshold costs.

    Parameters
    ----------
    truth, scores, **costs
        As for `detection_cost`.

    Examples
    --------
    >>> least_detection_cost([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], prior=0.5)
    (0.5, 0.9)

    Chapter: tasks/speaker
    """
    curve = det_curve(truth, scores)
    miss, false_alarm = _weights(**costs)
    cost = miss * curve.misses + false_alarm * curve.false_alarms
    best = int(np.argmin(cost))
    return float(cost[best] / min(miss, false_alarm)), float(curve.thresholds[best])


def bayes_threshold(
    *, prior: float, cost_miss: float = 1.0, cost_false_alarm: float = 1.0
) -> float:
    """Return the log-likelihood ratio from which on accepting costs less than refusing.

    Parameters
    ----------
    prior, cost_miss, cost_false_alarm
        As for `detection_cost`.

    Examples
    --------
    >>> bayes_threshold(prior=0.5)
    0.0
    >>> round(bayes_threshold(prior=0.05), 3)  # log 19: one target in twenty
    2.944

    Chapter: tasks/speaker
    """
    miss, false_alarm = _weights(prior, cost_miss, cost_false_alarm)
    return float(np.log(false_alarm / miss))


def calibrate(truth, scores, *, prior: float = 0.5) -> Calibration:
    """Return the line that makes log-likelihood ratios of scores (logistic regression).

    Fitted on trials that are not the test's. Targets and impostors are weighted as if `prior` of
    the trials were targets, however many there are of each.

    Raises
    ------
    AudioError
        As `det_curve`; if a score is infinite; or if all targets score above all impostors, where
        no line is best.

    References
    ----------
    N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection", Computer
    Speech & Language 20, 2006.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> truth = np.repeat([1, 0], 20000)
    >>> scores = random.normal(np.where(truth, 1.0, -1.0))  # log-likelihood ratio: 2 x score
    >>> scale, offset = calibrate(truth, scores)
    >>> round(scale, 1), round(abs(offset), 1)
    (2.0, 0.0)

    Chapter: tasks/speaker
    """
    _check_share(prior)
    truth, scores = check_scores(truth, scores)
    if not np.isfinite(scores).all():
        raise AudioError("a score is infinite: no line goes through it")
    if scores[truth].min() > scores[~truth].max():
        raise AudioError(
            "all targets score above all impostors: any line can be made steeper, so none is the "
            "best: calibrate on more trials"
        )
    centre, width = scores.mean(), scores.std()
    if width == 0:
        return Calibration(0.0, 0.0)
    x = np.stack([(scores - centre) / width, np.ones(len(scores))], axis=1)  # (N, 2)
    weights = np.where(truth, prior / truth.sum(), (1 - prior) / (~truth).sum())
    line, odds = np.zeros(2), np.log(prior / (1 - prior))
    for _ in range(100):  # Newton's method; the loss is convex
        chance = 0.5 * (1 + np.tanh(0.5 * (x @ line + odds)))  # logistic, without overflow
        slope = x.T @ (weights * (chance - truth))
        curvature = (x.T * (weights * chance * (1 - chance))) @ x
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), slope)
        line = line - step / max(1.0, np.abs(step).max())  # at most 1, so that it cannot overshoot
        if np.abs(step).max() < 1e-10:
            break
    scale = line[0] / width
    return Calibration(float(scale), float(line[1] - scale * centre))


def llr_cost(truth, ratios) -> float:
    """Return what log-likelihood ratios cost on average over all priors, in bits ("Cllr").

    0 is perfect; 1 is what a system costs that always answers 0, "I do not know". Above 1 it
    misleads.

    Parameters
    ----------
    truth
        Shape (N,), 1 for target trials.
    ratios
        Shape (N,), natural logarithms of likelihood ratios.

    References
    ----------
    N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection", Computer
    Speech & Language 20, 2006 (there C_llr).

    Examples
    --------
    >>> llr_cost([1, 0], [0.0, 0.0])
    1.0

    Chapter: tasks/speaker
    """
    truth, ratios = check_scores(truth, ratios)
    surprise = np.logaddexp(0.0, np.where(truth, -ratios, ratios)) / np.log(2)  # in bits
    return float((surprise[truth].mean() + surprise[~truth].mean()) / 2)


def _check_share(prior) -> float:
    """Return the prior as a float, or say that it is none."""
    if not 0 < check_finite(prior, name="prior") < 1:
        raise AudioError(f"prior is {prior!r}: it is a share, between 0 and 1")
    return float(prior)


def _weights(prior: float = 0.05, cost_miss: float = 1.0, cost_false_alarm: float = 1.0):
    """Return what all misses and what all false alarms would cost."""
    _check_share(prior)
    check_positive(cost_miss, name="cost_miss")
    check_positive(cost_false_alarm, name="cost_false_alarm")
    return prior * cost_miss, (1 - prior) * cost_false_alarm
