"""Small matrices against numpy, principal components against numpy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import linear_algebra
from audiolessons.errors import AudioError

whole = st.integers(-9, 9).map(float)
squares = st.integers(1, 5).flatmap(lambda size: arrays(float, (size, size), elements=whole))


@settings(max_examples=50, deadline=None)
@given(squares)
def test_a_matrix_times_its_adjugate_is_its_determinant_times_one(matrix):
    determinant = linear_algebra.determinant(matrix)
    assert determinant == pytest.approx(np.linalg.det(matrix), abs=1e-6)
    product = matrix @ linear_algebra.adjugate(matrix)
    np.testing.assert_allclose(product, determinant * np.eye(len(matrix)), atol=1e-6)


def test_a_matrix_is_checked_once_however_many_minors_it_has(monkeypatch):
    looks = []
    check = linear_algebra._square
    monkeypatch.setattr(linear_algebra, "_square", lambda m: looks.append(m) or check(m))
    linear_algebra.determinant(np.eye(5))
    assert len(looks) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_inverse_agrees_with_numpy(size):
    matrix = np.random.default_rng(size).standard_normal((size, size))
    np.testing.assert_allclose(linear_algebra.inverse(matrix), np.linalg.inv(matrix), rtol=1e-7)


def test_the_scale_of_a_matrix_does_not_make_it_singular():
    tiny = 1e-9 * np.array([[2.0, 1.0], [1.0, 3.0]])
    np.testing.assert_allclose(linear_algebra.inverse(tiny) @ tiny, np.eye(2), atol=1e-9)


@pytest.mark.parametrize("matrix", [[[1, 2], [2, 4]], [[0, 0], [0, 0]], np.ones((3, 3)) / 3])
def test_a_matrix_that_flattens_has_no_inverse(matrix):
    with pytest.raises(AudioError, match="nothing undoes this matrix"):
        linear_algebra.inverse(matrix)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\): it must be square"),
        (np.eye(9), "9 x 9: minors are for at most 8"),
        ([[np.nan]], "NaN"),
        (np.zeros((0, 0)), r"shape \(0, 0\)"),
    ],
)
def test_what_is_no_small_square_matrix_is_refused(matrix, message):
    for function in (
        linear_algebra.determinant,
        linear_algebra.adjugate,
        linear_algebra.inverse,
    ):
        with pytest.raises(AudioError, match=message):
            function(matrix)


def test_power_iteration_finds_the_widest_direction():
    rows = np.random.default_rng(0).standard_normal((50, 12)) * np.arange(1, 13)
    covariance = np.cov(rows.T)
    value, vector = linear_algebra.power_iteration(covariance, n_steps=500)
    values, vectors = np.linalg.eigh(covariance)
    assert value == pytest.approx(values[-1])
    assert abs(vector @ vectors[:, -1]) == pytest.approx(1)
    assert vector[np.abs(vector).argmax()] > 0


def test_power_iteration_refuses_what_has_no_such_direction():
    with pytest.raises(AudioError, match="not symmetric"):
        linear_algebra.power_iteration([[1, 2], [0, 1]])
    with pytest.raises(AudioError, match="everything to 0"):
        linear_algebra.power_iteration(np.zeros((2, 2)))
    with pytest.raises(AudioError, match="n_steps is 0"):
        linear_algebra.power_iteration(np.eye(2), n_steps=0)


def cloud(n_rows=200, n_columns=7, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((n_columns, n_columns))
    return 5 + rng.standard_normal((n_rows, n_columns)) @ mixing


@pytest.mark.parametrize("n_components", [1, 3, 7])
def test_components_agree_with_scikit_learn(n_components):
    from sklearn.decomposition import PCA

    rows = cloud()
    ours = linear_algebra.principal_components(rows, n_components=n_components)
    theirs = PCA(n_components).fit(rows)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_)
    np.testing.assert_allclose(ours.shares, theirs.explained_variance_ratio_)
    overlap = np.abs(np.sum(ours.directions * theirs.components_, axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-9)
    rebuilt = ours.to_rows(ours.to_weights(rows))
    np.testing.assert_allclose(rebuilt, theirs.inverse_transform(theirs.transform(rows)))


def test_all_components_lose_nothing_and_fewer_lose_what_they_left_out():
    rows = cloud()
    whole = linear_algebra.principal_components(rows)
    np.testing.assert_allclose(whole.to_rows(whole.to_weights(rows)), rows)
    np.testing.assert_allclose(whole.directions @ whole.directions.T, np.eye(7), atol=1e-12)
    part = linear_algebra.principal_components(rows, n_components=2)
    lost = rows - part.to_rows(part.to_weights(rows))
    missing = whole.variances[2:].sum()
    assert np.sum(lost**2) / (len(rows) - 1) == pytest.approx(missing)


@pytest.mark.parametrize(
    ("rows", "n_components", "message"),
    [
        (np.ones(5), None, "shape"),
        (np.ones((1, 5)), None, "at least two rows"),
        (np.ones((4, 5)), None, "all rows are the same"),
        (np.eye(3), 4, "only 3 columns"),
        (np.eye(3), 0, "n_components is 0"),
        (np.full((3, 2), -np.inf), None, "NaN or infinity"),
    ],
)
def test_rows_that_cannot_be_described_are_refused(rows, n_components, message):
    with pytest.raises(AudioError, match=message):
        linear_algebra.principal_components(rows, n_components=n_components)
