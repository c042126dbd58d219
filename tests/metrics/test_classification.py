"""Counts and curves of classifiers against scikit-learn and other ways to compute them."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError


def noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)
CLASSES = [0, 1, 2, 3, 4]  # with few items some of them never occur


@given(labels)
def test_counts_match_scikit_learn(pairs):
    truth, predicted = map(np.array, zip(*pairs, strict=True))
    assert metrics.accuracy(truth, predicted) == sklearn.metrics.accuracy_score(truth, predicted)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(truth, predicted, classes=CLASSES),
        sklearn.metrics.confusion_matrix(truth, predicted, labels=CLASSES),
    )
    ours = metrics.precision_recall_f1(truth, predicted, classes=CLASSES)
    theirs = sklearn.metrics.precision_recall_fscore_support(
        truth, predicted, labels=CLASSES, zero_division=0
    )
    np.testing.assert_allclose(np.array(ours), np.array(theirs[:3]), atol=1e-12)


def test_classes_are_those_that_occur_and_names_work():
    truth, predicted = ["dog", "rain", "dog"], ["dog", "dog", "siren"]
    np.testing.assert_array_equal(
        metrics.confusion_matrix(truth, predicted),
        sklearn.metrics.confusion_matrix(truth, predicted),
    )
    reordered = metrics.confusion_matrix(truth, predicted, classes=["siren", "rain", "dog"])
    np.testing.assert_array_equal(reordered, [[0, 0, 0], [0, 0, 1], [1, 0, 1]])


def test_perfect_prediction():
    truth = [2, 0, 1, 2]
    assert metrics.accuracy(truth, truth) == 1
    np.testing.assert_array_equal(metrics.confusion_matrix(truth, truth), np.diag([1, 1, 2]))
    np.testing.assert_array_equal(np.array(metrics.precision_recall_f1(truth, truth)), 1)
    assert metrics.roc_auc([0, 1, 1], [0, 1, 1]) == 1
    assert metrics.roc_auc([1, 0, 0], [0, 1, 1]) == 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=60).filter(
        lambda items: 0 < sum(positive for positive, _ in items) < len(items)
    )
)
def test_area_matches_scikit_learn_and_the_count_of_pairs_with_ties(items):
    truth, scores = map(np.array, zip(*items, strict=True))
    area = metrics.roc_auc(truth, scores)
    assert area == pytest.approx(sklearn.metrics.roc_auc_score(truth, scores), abs=1e-12)
    gaps = scores[truth][:, np.newaxis] - scores[~truth]
    assert area == pytest.approx(np.mean((gaps > 0) + 0.5 * (gaps == 0)), abs=1e-12)

    false_alarms, hits = metrics.roc_curve(truth, scores)
    theirs = sklearn.metrics.roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(false_alarms, theirs[0])
    np.testing.assert_allclose(hits, theirs[1])


def test_area_depends_on_the_order_of_scores_only():
    truth, scores = noise(300, seed=1) > 0, noise(300, seed=2)
    area = metrics.roc_auc(truth, scores)
    assert metrics.roc_auc(truth, np.exp(scores)) == area
    assert metrics.roc_auc(truth, -scores) == pytest.approx(1 - area)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy([1, 2], [1]), r"\(2,\) and predicted \(1,\)"),
        (lambda: metrics.accuracy([], []), "0 labels"),
        (lambda: metrics.accuracy([1, 2], ["1", "2"]), "text never equals a number"),
        (lambda: metrics.accuracy([0, 1], np.zeros((2, 2))), "argmax"),
        (lambda: metrics.confusion_matrix([0, 1], [0, 1], classes=[0]), "label 1 is not among"),
        (lambda: metrics.precision_recall_f1([0], [5], classes=[0]), "label 5 is not among"),
        (lambda: metrics.roc_auc([1, 1], [0.1, 0.2]), "2 positive and 0 negative"),
        (lambda: metrics.roc_auc([0, 0], [0.1, 0.2]), "0 positive and 2 negative"),
        (lambda: metrics.roc_auc([0, 1], [0.1, np.nan]), "scores holds NaN"),
        (lambda: metrics.roc_auc([0, 1, 2], [0.1, 0.2, 0.3]), "give 0 and 1"),
        (lambda: metrics.roc_auc(["a", "b"], [0.1, 0.2]), "give 0 and 1"),
        (lambda: metrics.roc_curve([0, 1], np.zeros((2, 2))), "one class at a time"),
    ],
)
def test_measures_that_do_not_exist(call, message):
    with pytest.raises(AudioError, match=message):
        call()


def test_labels_as_bytes_are_told_from_text():
    with pytest.raises(AudioError, match=r"bytes never equal text: decode them"):
        metrics.accuracy(np.array([b"dog", b"cat"]), np.array(["dog", "cat"]))
    assert metrics.accuracy(np.array([b"dog"]), np.array([b"dog"])) == 1


def test_unweighted_average_recall_is_scikit_learns_balanced_accuracy():
    random = np.random.default_rng(3)
    truth = random.choice(4, size=200, p=[0.7, 0.1, 0.1, 0.1])
    predicted = np.where(random.random(200) < 0.6, truth, random.integers(0, 4, 200))
    found = metrics.unweighted_average_recall(truth, predicted)
    assert found == pytest.approx(sklearn.metrics.balanced_accuracy_score(truth, predicted))
    assert metrics.unweighted_average_recall(truth, np.zeros(200, dtype=int)) == 0.25
