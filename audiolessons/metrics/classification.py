"""How good a classifier or a detector is: what was right, and what was taken for what."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array


def accuracy(truth, predicted) -> float:
    """Return the share of labels that were predicted correctly, 0 to 1.

    Parameters
    ----------
    truth, predicted
        Labels (numbers or strings), shape (N,).

    Raises
    ------
    AudioError
        If the two differ in length, are empty, or mix numbers and strings.

    Examples
    --------
    >>> accuracy(["dog", "rain", "dog"], ["dog", "rain", "rain"])
    0.6667

    Chapter: sound/features
    """
    truth, predicted = check_labels(truth, predicted)
    return float(np.mean(truth == predicted))


def confusion_matrix(truth, predicted, *, classes: ArrayLike | None = None) -> np.ndarray:
    """Count how often each class was taken for each class.

    Parameters
    ----------
    truth, predicted
        Labels, shape (N,).
    classes
        The K labels in the order of the rows; by default those that occur, sorted.

    Returns
    -------
    Integers of shape (K, K): the row is the truth, the column is what was predicted.

    Raises
    ------
    AudioError
        If the labels differ in length, are empty, or one of them is not among `classes`.

    Examples
    --------
    >>> confusion_matrix(["a", "a", "b"], ["a", "b", "b"])
    array([[1, 1],
           [0, 1]])

    Chapter: sound/features
    """
    truth, predicted = check_labels(truth, predicted)
    if classes is None:
        classes = np.unique(np.concatenate([truth, predicted]))
    row_of = {label: row for row, label in enumerate(np.asarray(classes).tolist())}
    counts = np.zeros((len(row_of), len(row_of)), dtype=np.int64)
    for true_label, predicted_label in zip(truth.tolist(), predicted.tolist(), strict=True):
        for label in (true_label, predicted_label):
            if label not in row_of:
                raise AudioError(
                    f"the label {label!r} is not among the classes {list(row_of)}: add it to them"
                )
        counts[row_of[true_label], row_of[predicted_label]] += 1
    return counts


def precision_recall_f1(
    truth, predicted, *, classes: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1 of every class.

    Precision: of what was called this class, how much was. Recall: of what was this class, how
    much was called so. F1 is their harmonic mean. A class that was never predicted has precision
    0, one that never occurs has recall 0: 0/0 is taken as 0, which is how a class that a model has
    given up on lowers the mean over classes ("macro" average) instead of leaving it.

    Parameters
    ----------
    truth, predicted, classes
        As for `confusion_matrix`.

    Returns
    -------
    Three arrays of shape (K,), in the order of `classes` (by default sorted).

    Raises
    ------
    AudioError
        If the labels differ in length, are empty, or one of them is not among `classes`.

    Examples
    --------
    >>> precision, recall, f1 = precision_recall_f1([0, 0, 0, 1], [0, 0, 1, 1])
    >>> precision, recall
    (array([1. , 0.5]), array([0.66666667, 1.        ]))

    Chapter: sound/features
    """
    counts = confusion_matrix(truth, predicted, classes=classes)
    correct = np.diag(counts).astype(np.float64)
    precision = _divide(correct, counts.sum(axis=0))
    recall = _divide(correct, counts.sum(axis=1))
    f1 = _divide(2 * precision * recall, precision + recall)
    return precision, recall, f1


def unweighted_average_recall(truth, predicted) -> float:
    """Return the mean over the classes of the share of each that was found, 0 to 1 (UAR).

    Each class counts alike, however many sounds it has: always saying the most frequent one of K
    classes gives 1/K. Also called balanced accuracy.

    Parameters
    ----------
    truth, predicted
        Labels (numbers or strings), shape (N,). Classes are those that occur in `truth`.

    Raises
    ------
    AudioError
        As `accuracy`.

    References
    ----------
    B. Schuller, S. Steidl and A. Batliner, "The INTERSPEECH 2009 Emotion Challenge", Interspeech
    2009, where it became the usual measure.

    Examples
    --------
    >>> unweighted_average_recall(["sad", "sad", "sad", "fear"], ["sad"] * 4)
    0.5

    Chapter: tasks/emotion
    """
    truth, predicted = check_labels(truth, predicted)
    right = truth == predicted
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def roc_curve(truth, scores) -> tuple[np.ndarray, np.ndarray]:
    """Return what a detector trades as its threshold falls: false alarms against hits.

    Parameters
    ----------
    truth
        Shape (N,), true (1) where the thing to detect is there, false (0) where it is not.
    scores
        Shape (N,), higher where the detector is surer. Equal scores are taken together, because
        no threshold lies between them.

    Returns
    -------
    false_positive_rate, true_positive_rate : arrays, both from 0 to 1
        One point for each distinct score, and (0, 0) before them.

    Raises
    ------
    AudioError
        If the lengths differ, a score is NaN, or only one of the two classes occurs.

    Examples
    --------
    >>> false_alarms, hits = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> false_alarms, hits
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))

    Chapter: sound/features
    """
    truth, scores = check_scores(truth, scores)
    order = np.argsort(-scores, kind="stable")
    truth, scores = truth[order], scores[order]
    last_of_equals = np.append(np.diff(scores) != 0, True)
    hits = np.cumsum(truth)[last_of_equals] / truth.sum()
    false_alarms = np.cumsum(~truth)[last_of_equals] / (~truth).sum()
    return np.append(0.0, false_alarms), np.append(0.0, hits)


def roc_auc(truth, scores) -> float:
    """Return the area under the ROC curve of a detector.

    It is the chance that a random positive item scores above a random negative one, ties counting
    half: 1 is perfect, 0.5 is guessing, 0 is perfectly wrong. No threshold is needed.

    Parameters
    ----------
    truth, scores
        As for `roc_curve`.

    Raises
    ------
    AudioError
        If the lengths differ, a score is NaN, or only one of the two classes occurs.

    References
    ----------
    T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75

    Chapter: sound/features
    """
    false_alarms, hits = roc_curve(truth, scores)
    return float(np.trapezoid(hits, false_alarms))


def check_labels(truth, predicted):
    """Return both as arrays (N,), or say why they cannot be compared."""
    truth, predicted = as_array(truth, name="truth"), as_array(predicted, name="predicted")
    if truth.ndim != 1 or predicted.ndim != 1 or truth.shape != predicted.shape:
        raise AudioError(
            f"truth has shape {truth.shape} and predicted {predicted.shape}: give one label per "
            "item, both of shape (N,); scores or logits become labels by argmax"
        )
    if truth.size == 0:
        raise AudioError("truth holds 0 labels: give at least one")
    are_text = truth.dtype.kind in "US", predicted.dtype.kind in "US"
    if are_text[0] != are_text[1]:
        raise AudioError(
            f"truth holds {truth.dtype} and predicted {predicted.dtype}: text never equals a "
            "number, so give both as names or both as numbers"
        )
    if {truth.dtype.kind, predicted.dtype.kind} == {"S", "U"}:
        raise AudioError(
            f"truth holds {truth.dtype} and predicted {predicted.dtype}: bytes never equal text: "
            "decode them, such as np.char.decode(truth)"
        )
    return truth, predicted


def check_scores(truth, scores):
    truth, scores = as_array(truth, name="truth"), as_array(scores, name="scores")
    if truth.ndim != 1 or truth.shape != scores.shape:
        raise AudioError(
            f"truth has shape {truth.shape} and scores {scores.shape}: give both as (N,); with K "
            "classes take one class at a time, truth == k and scores[:, k]"
        )
    if truth.dtype.kind not in "biuf" or not np.isin(truth, (0, 1)).all():
        raise AudioError(
            f"truth holds {np.unique(truth)[:5].tolist()}: give 0 and 1, such as truth == 'dog'"
        )
    if scores.dtype.kind not in "biuf" or np.isnan(scores).any():
        raise AudioError("scores holds NaN or no numbers: give one number for each item")
    truth = truth.astype(bool)
    if truth.all() or not truth.any():
        raise AudioError(
            f"truth holds {int(truth.sum())} positive and {int((~truth).sum())} negative items: "
            "the curve needs at least one of each (a small set, drawn with replacement, may lose "
            "one: then draw positives and negatives apart)"
        )
    return truth, scores.astype(np.float64)


def _divide(numerator, denominator):
    """Divide, with 0/0 = 0."""
    return np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=np.asarray(denominator) != 0
    )
