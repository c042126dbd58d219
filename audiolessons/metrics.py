"""How good a result is: classifiers first, then estimated sounds."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio


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
    truth, predicted = _check_labels(truth, predicted)
    return float(np.mean(truth == predicted))


def confusion_matrix(truth, predicted, *, classes=None) -> np.ndarray:
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
    truth, predicted = _check_labels(truth, predicted)
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
    truth, predicted, *, classes=None
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
    truth, scores = _check_scores(truth, scores)
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


def snr_db(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Return the signal-to-noise ratio: power of the reference over power of the error, in dB.

    Both powers are summed over time *before* they are divided. Dividing sample by sample and then
    averaging explodes wherever the error crosses zero.

    Parameters
    ----------
    reference
        What should have come out, shape (..., T).
    estimate
        What came out, same shape.

    Returns
    -------
    Shape (...), in dB: plus infinity for an estimate without any error, 0 for a silent one.

    Raises
    ------
    AudioError
        If the shapes differ or the reference is silent.

    Examples
    --------
    >>> reference = np.array([1.0, -1.0, 1.0, -1.0])
    >>> float(snr_db(reference, 0.9 * reference))
    20.0

    Chapter: sound/signals
    """
    reference, estimate = _check_pair(reference, estimate)
    return _power_ratio_db(reference, estimate - reference)


def si_sdr_db(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Return the scale-invariant signal-to-distortion ratio in dB.

    The estimate is split into the part that is the reference at some level and the rest, which is
    at right angles to it; the ratio is the one of their powers. Unlike `snr_db` it does not change
    when the estimate is made louder or turned upside down. Nothing is subtracted from the mean.

    Parameters
    ----------
    reference
        What should have come out, shape (..., T).
    estimate
        What came out, same shape.

    Returns
    -------
    Shape (...), in dB: plus infinity, or beyond 100 dB where rounding leaves a rest, for an
    estimate that is the reference at any level; minus infinity for one that holds nothing of it.

    Raises
    ------
    AudioError
        If the shapes differ, or either is silent.

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", ICASSP
    2019.

    Examples
    --------
    >>> reference = np.array([1.0, -1.0, 1.0, -1.0])
    >>> error = np.array([0.1, 0.1, 0.1, 0.1])
    >>> float(si_sdr_db(reference, 5 * (reference + error)))
    20.0

    Chapter: tasks/denoising
    """
    reference, estimate = _check_pair(reference, estimate)
    if not np.any(estimate, axis=-1).all():
        raise AudioError(
            "estimate is silent (every sample is 0): at which level it holds the reference has no "
            "answer; leave silent estimates out, or report snr_db, which is 0 dB for them"
        )
    energy = np.sum(reference**2, axis=-1, keepdims=True)
    if (energy == 0).any():
        _raise_silent_reference()
    scale = np.sum(reference * estimate, axis=-1, keepdims=True) / energy
    target = scale * reference
    return _power_ratio_db(target, estimate - target)


def _power_ratio_db(signal, error):
    """Return 10 log10 of the ratio of two powers, both double precision, along the last axis."""
    signal_energy = np.sum(signal**2, axis=-1)
    error_energy = np.sum(error**2, axis=-1)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(signal_energy) - 10 * np.log10(error_energy)


def _raise_silent_reference():
    raise AudioError(
        "reference is silent (every sample is 0): a ratio to silence has no value, so leave silent "
        "references out"
    )


def _check_pair(reference, estimate):
    """Return both sounds in double precision, or say why they cannot be compared."""
    reference = check_audio(reference, name="reference").astype(np.float64)
    estimate = check_audio(estimate, name="estimate").astype(np.float64)
    if reference.shape != estimate.shape:
        raise AudioError(
            f"reference has shape {reference.shape} and estimate {estimate.shape}: they must agree "
            "sample by sample, so cut both to the same length and align them first"
        )
    if not np.any(reference, axis=-1).all():
        _raise_silent_reference()
    return reference, estimate


def _check_labels(truth, predicted):
    truth, predicted = np.asarray(truth), np.asarray(predicted)
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
    return truth, predicted


def _check_scores(truth, scores):
    truth, scores = np.asarray(truth), np.asarray(scores)
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
            "the curve needs at least one of each"
        )
    return truth, scores.astype(np.float64)


def _divide(numerator, denominator):
    """Divide, with 0/0 = 0."""
    return np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=np.asarray(denominator) != 0
    )
