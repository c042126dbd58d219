"""Whether a model's confidence can be believed: of answers given with 80 %, are 80 % right?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive
from audiolessons.metrics.classification import check_labels


class Reliability(NamedTuple):
    """Answers sorted into bins by confidence, each array of shape (M,).

    `confidence` and `accuracy` are means over the answers of a bin, NaN where `n_answers` is 0.

    Chapter: learning/evaluation
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    n_answers: np.ndarray


def class_probabilities(logits, *, temperature: float = 1.0) -> np.ndarray:
    """Return the softmax of logits, made milder or sharper by a temperature.

    Parameters
    ----------
    logits : array
        Shape (..., K).
    temperature : float
        Divides the logits: above 1 brings the probabilities together, below 1 apart. The largest
        stays the largest.

    Returns
    -------
    Shape (..., K), at least 0; each row sums to 1.

    Raises
    ------
    AudioError
        If the temperature is not above 0, or a logit is not finite.

    Examples
    --------
    >>> class_probabilities([0.0, np.log(3)])
    array([0.25, 0.75])
    >>> class_probabilities([0.0, np.log(9)], temperature=2)
    array([0.25, 0.75])

    Chapter: learning/evaluation
    """
    check_positive(temperature, name="temperature")
    logits = as_array(logits, name="logits")
    if logits.ndim == 0 or logits.shape[-1] == 0 or not np.isfinite(logits).all():
        raise AudioError(f"logits has shape {logits.shape}: give finite numbers (..., K)")
    scaled = logits / temperature
    # the largest becomes 0, which changes no ratio and keeps exp from overflowing
    weights = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def reliability(truth, probabilities, *, n_bins: int = 10) -> Reliability:
    """Return how often a classifier is right where it claims to be so sure.

    The confidence of an answer is the probability of the class that was chosen. The bins have
    equal width; a confidence on a border belongs to the bin below it.

    Parameters
    ----------
    truth : array
        Shape (N,), class numbers 0 to K - 1.
    probabilities : array
        Shape (N, K), each row at least 0 and summing to 1.
    n_bins : int
        M.

    Returns
    -------
    Reliability

    Raises
    ------
    AudioError
        If the shapes do not fit, a row is no distribution, or a label is no class number.

    Examples
    --------
    >>> bins = reliability([0, 0, 1], [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], n_bins=2)
    >>> bins.n_answers
    array([0, 3])
    >>> round(float(bins.confidence[1]), 3), round(float(bins.accuracy[1]), 3)
    (0.8, 0.667)

    Chapter: learning/evaluation
    """
    check_count(n_bins, name="n_bins")
    truth, probabilities = _check_distribution(truth, probabilities)
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    which = np.clip(np.ceil(sure * n_bins).astype(int) - 1, 0, n_bins - 1)
    count = np.bincount(which, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(which, weights=sure, minlength=n_bins) / count
        accuracy = np.bincount(which, weights=right, minlength=n_bins) / count
    return Reliability(confidence, accuracy, count)


def expected_calibration_error(truth, probabilities, *, n_bins: int = 10) -> float:
    """Return how far confidence and accuracy lie apart, averaged over the answers.

    It is the mean distance of accuracy from confidence over the bins, weighted by their answers: 0
    where every claim holds. With few sounds, or many bins, chance alone makes it larger than 0.

    Parameters
    ----------
    truth, probabilities, n_bins
        As for `reliability`.

    Raises
    ------
    AudioError
        As `reliability`.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML
    2017, equation 3.

    Examples
    --------
    >>> sure_and_right_half_of_the_time = [[1.0, 0.0], [1.0, 0.0]]
    >>> expected_calibration_error([0, 1], sure_and_right_half_of_the_time)
    0.5

    Chapter: learning/evaluation
    """
    confidence, accuracy, count = reliability(truth, probabilities, n_bins=n_bins)
    filled = count > 0
    gap = np.abs(accuracy[filled] - confidence[filled])
    return float(np.sum(count[filled] * gap) / count.sum())


def best_temperature(truth, logits) -> float:
    """Return the temperature with which the logits fit the truth best (least cross-entropy).

    One number, to be fitted on sounds that were not trained on, and not on the test set. With
    b = 1 / temperature the cross-entropy is convex, and its slope is the mean of (logit expected
    under the probabilities) - (logit of the truth). Where that is 0 is found by halving.

    Parameters
    ----------
    truth : array
        Shape (N,), class numbers 0 to K - 1.
    logits : array
        Shape (N, K).

    Returns
    -------
    float
        Between 0.01 and 100. Where every answer is right it is 0.01, because sharper is always
        better; where the logits mislead it is 100, because milder is.

    Raises
    ------
    AudioError
        If the shapes do not fit, or a label is no class number.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML
    2017, section 4.2.

    Examples
    --------
    >>> logits = np.log([[0.75, 0.25]] * 4)
    >>> round(best_temperature([0, 0, 0, 1], logits), 3)  # right three times in four: as claimed
    1.0
    >>> round(best_temperature([0, 0, 0, 1], 2 * logits), 3)  # claims 90 %
    2.0

    Chapter: learning/evaluation
    """
    logits = as_array(logits, name="logits", dtype=float)
    truth, _ = _check_distribution(truth, class_probabilities(logits))
    logit_of_truth = logits[np.arange(len(logits)), truth]

    def slope(inverse):
        expected = (class_probabilities(inverse * logits) * logits).sum(axis=1)
        return np.mean(expected - logit_of_truth)

    low, high = np.log(0.01), np.log(100.0)  # of 1 / temperature
    for _ in range(50):
        middle = (low + high) / 2
        if slope(np.exp(middle)) <= 0:  # sharper fits no worse
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def _check_distribution(truth, probabilities):
    probabilities = as_array(probabilities, name="probabilities").astype(np.float64)
    if probabilities.ndim != 2 or 0 in probabilities.shape:
        raise AudioError(
            f"probabilities has shape {probabilities.shape}: give (N, K), a row for each sound"
        )
    sums_to_one = np.abs(probabilities.sum(axis=1) - 1) < 1e-4
    if not sums_to_one.all() or (probabilities < 0).any():
        raise AudioError(
            "probabilities holds a row that is negative somewhere or does not sum to 1: logits "
            "become probabilities by class_probabilities(logits)"
        )
    truth, _ = check_labels(truth, probabilities.argmax(axis=1))
    n_classes = probabilities.shape[1]
    if truth.dtype.kind not in "iu" or truth.min() < 0 or truth.max() >= n_classes:
        raise AudioError(
            f"truth holds {np.unique(truth)[:5].tolist()}: give class numbers 0 to {n_classes - 1}"
        )
    return truth, probabilities
