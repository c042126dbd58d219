"""Confidence against accuracy: a plain loop, scikit-learn, torch, and laws that must hold."""

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from audiolessons import metrics
from audiolessons.errors import AudioError


def draw(n_sounds=2000, n_classes=5, *, sharpness=2.0, seed=0):
    """Return logits and a truth drawn from their own softmax: perfectly calibrated."""
    random = np.random.default_rng(seed)
    logits = sharpness * random.standard_normal((n_sounds, n_classes))
    probabilities = metrics.class_probabilities(logits)
    truth = (probabilities.cumsum(axis=1) < random.random((n_sounds, 1))).sum(axis=1)
    return truth.clip(0, n_classes - 1), logits


@given(
    st.lists(st.floats(-900, 900), min_size=1, max_size=8), st.floats(0.1, 30), st.floats(-50, 50)
)
def test_class_probabilities_are_a_softmax(logits, temperature, shift):
    logits = np.array(logits)
    ours = metrics.class_probabilities(logits, temperature=temperature)
    theirs = torch.softmax(torch.from_numpy(logits) / temperature, dim=-1).numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert ours.sum() == pytest.approx(1)
    moved = metrics.class_probabilities(logits + shift, temperature=temperature)
    np.testing.assert_allclose(moved, ours, atol=1e-8)


def test_float32_stays_float32():
    assert metrics.class_probabilities(np.zeros((2, 3), np.float32)).dtype == np.float32


def test_reliability_by_a_plain_loop():
    truth, logits = draw(300)
    probabilities = metrics.class_probabilities(logits)
    bins = metrics.reliability(truth, probabilities, n_bins=7)
    error = 0
    for number in range(7):
        rows = [
            (row.max(), row.argmax() == t)
            for row, t in zip(probabilities, truth, strict=True)
            if number / 7 < row.max() <= (number + 1) / 7
        ]
        assert bins.n_answers[number] == len(rows)
        if rows:
            sure, right = np.mean([r[0] for r in rows]), np.mean([r[1] for r in rows])
            assert bins.confidence[number] == pytest.approx(sure)
            assert bins.accuracy[number] == pytest.approx(right)
            error += len(rows) / 300 * abs(sure - right)
        else:
            assert np.isnan([bins.confidence[number], bins.accuracy[number]]).all()
    ours = metrics.expected_calibration_error(truth, probabilities, n_bins=7)
    assert ours == pytest.approx(error)


def test_reliability_agrees_with_scikit_learn():
    truth, logits = draw(1000, 2)
    probabilities = metrics.class_probabilities(logits)
    bins = metrics.reliability(truth, probabilities, n_bins=10)
    right = probabilities.argmax(axis=1) == truth
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=10)
    filled = bins.n_answers > 0
    np.testing.assert_allclose(bins.accuracy[filled], accuracy)
    np.testing.assert_allclose(bins.confidence[filled], confidence)


def test_a_calibrated_model_has_hardly_any_error_and_a_boastful_one_has():
    truth, logits = draw(20000)
    honest = metrics.class_probabilities(logits)
    boastful = metrics.class_probabilities(3 * logits)
    assert metrics.expected_calibration_error(truth, honest) < 0.015
    assert metrics.expected_calibration_error(truth, boastful) > 0.1
    bins = metrics.reliability(truth, boastful)
    filled = bins.n_answers > 200
    assert (bins.confidence[filled] > bins.accuracy[filled]).all()


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_the_best_temperature_undoes_a_factor(factor):
    truth, logits = draw(20000)
    assert metrics.best_temperature(truth, factor * logits) == pytest.approx(factor, rel=0.03)


def test_the_best_temperature_has_the_least_cross_entropy():
    truth, logits = draw(400, sharpness=4.0, seed=3)

    def cross_entropy(inverse):
        given = torch.from_numpy(inverse * logits)
        return float(torch.nn.functional.cross_entropy(given, torch.from_numpy(truth)))

    best = scipy.optimize.minimize_scalar(cross_entropy, bounds=(0.05, 20), method="bounded")
    assert metrics.best_temperature(truth, logits) == pytest.approx(1 / best.x, rel=1e-3)


def test_temperature_has_ends():
    logits = np.array([[2.0, 0.0], [0.0, 2.0]])
    assert metrics.best_temperature([0, 1], logits) == pytest.approx(0.01)
    assert metrics.best_temperature([1, 0], logits) == pytest.approx(100)


def test_a_sure_model_that_is_right_has_no_error():
    assert metrics.expected_calibration_error([1, 0], [[0.0, 1.0], [1.0, 0.0]]) == 0
    assert metrics.reliability([1], [[0.0, 1.0]]).n_answers.tolist() == [0] * 9 + [1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.class_probabilities([1.0, 2.0], temperature=0), "temperature is 0"),
        (lambda: metrics.class_probabilities([np.inf, 0.0]), "finite"),
        (lambda: metrics.class_probabilities(3.0), r"shape \(\)"),
        (lambda: metrics.reliability([0], [[2.0, 1.0]]), "class_probabilities"),
        (lambda: metrics.reliability([0], [[1.5, -0.5]]), "negative somewhere"),
        (lambda: metrics.reliability([0], [0.5, 0.5]), r"\(2,\): give \(N, K\)"),
        (lambda: metrics.reliability([2], [[0.5, 0.5]]), "class numbers 0 to 1"),
        (lambda: metrics.reliability([0.0], [[0.5, 0.5]]), "class numbers 0 to 1"),
        (lambda: metrics.reliability(["a"], [[0.5, 0.5]]), "text never equals"),
        (lambda: metrics.reliability([0, 1], [[0.5, 0.5]]), r"truth has shape \(2,\)"),
        (lambda: metrics.reliability([0], [[0.5, 0.5]], n_bins=0), "n_bins is 0"),
        (lambda: metrics.best_temperature([5], [[0.5, 0.5]]), "class numbers"),
    ],
)
def test_what_has_no_answer(call, message):
    with pytest.raises(AudioError, match=message):
        call()
