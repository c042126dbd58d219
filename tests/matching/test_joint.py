"""The mean of one thing given another, under a mixture over both."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.linear_model import LinearRegression

from audiolessons.errors import AudioError
from audiolessons.matching import JointMixture


def drawn(n_components, d, e, *, seed=0):
    random = np.random.default_rng(seed)
    roots = random.normal(size=(n_components, d + e, d + e))
    return JointMixture(
        np.log(random.dirichlet(np.ones(n_components))),
        random.normal(0, 2, (n_components, d + e)),
        roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(d + e),
        n_given=d,
    )


def test_the_mean_is_that_of_the_density_cut_at_x():
    mixture = drawn(3, 1, 1)
    y = np.linspace(-60, 60, 20001)
    x = np.array([-2.0, 0.3, 4.0])
    chances = np.exp(mixture.log_weights)
    for one, found in zip(x, mixture.expected(x[np.newaxis])[0], strict=True):
        points = np.stack([np.full_like(y, one), y], axis=1)
        parts = zip(chances, mixture.means, mixture.covariances, strict=True)
        density = sum(p * multivariate_normal(m, c).pdf(points) for p, m, c in parts)
        np.testing.assert_allclose(found, (y * density).sum() / density.sum(), rtol=1e-6)


def test_one_component_is_linear_regression():
    random = np.random.default_rng(1)
    x = random.normal(size=(3, 400))
    y = random.normal(size=(2, 3)) @ x + 0.3 * random.normal(size=(2, 400)) + 1
    both = np.concatenate([x, y])
    one = JointMixture(np.zeros(1), both.mean(axis=1)[np.newaxis], np.cov(both)[np.newaxis], 3)
    theirs = LinearRegression().fit(x.T, y.T)
    np.testing.assert_allclose(one.expected(x), theirs.predict(x.T).T)


def test_shares_sum_to_one_also_far_away():
    shares = drawn(4, 2, 1).shares(np.array([[0.0, 1e3], [0.0, -1e3]]))
    assert shares.shape == (4, 2)
    np.testing.assert_allclose(shares.sum(axis=0), 1)


def test_another_number_of_features_is_refused():
    with pytest.raises(AudioError, match=r"x has shape \(3, 5\): give \(2, N\)"):
        drawn(2, 2, 1).expected(np.zeros((3, 5)))
