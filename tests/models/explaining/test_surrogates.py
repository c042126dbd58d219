"""LIME and Shapley values: against captum, scikit-learn, and all orders tried one by one."""

from itertools import permutations

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLinearModel
from captum.attr import KernelShap, LimeBase, ShapleyValues
from sklearn.linear_model import Ridge

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture(scope="module")
def asked():
    """A network, a sound in 6 pieces, and its answers."""
    torch.manual_seed(0)
    network = models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4, 6)).eval()
    x = 3 * torch.randn(8, 12, generator=torch.Generator().manual_seed(4))
    pieces = models.grid_pieces(8, 12, n_rows=2, n_columns=3)
    return network, x, pieces, models.PieceAnswers(network, x, pieces, 1, fill=-1.0)


def game(kept):
    """Pieces 0 and 1 count together, 2 alone, 3 not at all."""
    kept = np.asarray(kept, dtype=float)
    return 4 * kept[:, 0] * kept[:, 1] + 3 * kept[:, 2] - kept[:, 0] + 1


# --- LIME ----------------------------------------------------------------------------------------


def test_the_line_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    table, answers = random.normal(size=(40, 5)), random.normal(size=40)
    weights = random.random(40)
    ours = models.weighted_ridge(table, answers, weights, penalty=2.0)
    weights = weights / weights.mean()  # counts are 1 on average
    theirs = Ridge(alpha=2.0).fit(table, answers, sample_weight=weights)
    np.testing.assert_allclose(ours.weights, theirs.coef_, atol=1e-10)
    assert ours.intercept == pytest.approx(theirs.intercept_)
    assert ours.fit == pytest.approx(theirs.score(table, answers, sample_weight=weights))


def test_captum_draws_the_same_line_through_the_same_versions(asked):
    network, x, pieces, answers = asked
    random = np.random.default_rng(0)
    kept = random.random((200, 6)) < 0.5
    kept[0] = True
    rows = iter(kept)
    limes = LimeBase(
        network,
        SkLearnLinearModel("linear_model.Ridge", alpha=1e-3),
        similarity_func=lambda whole, version, row, **_: torch.tensor(
            models.nearness(row.numpy())[0]
        ),
        perturb_func=lambda whole, **_: torch.from_numpy(next(rows)[None].astype(np.float32)),
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda row, whole, **_: models.keep_pieces(
            x, pieces, row.numpy() > 0.5, fill=-1.0
        ),
        to_interp_rep_transform=None,
    )
    theirs = limes.attribute(x[None], target=1, n_samples=200)[0].numpy()
    ours = models.weighted_ridge(kept, answers(kept), models.nearness(kept), penalty=1e-3)
    np.testing.assert_allclose(ours.weights, theirs, atol=2e-3 * np.abs(theirs).max())


def test_a_line_is_found_whatever_counts():
    weights = np.array([1.0, -2.0, 0.5, 0.0])
    for width in (0.1, 0.25, 10.0):
        line = models.lime(
            lambda kept: kept @ weights + 7, 4, n_samples=100, width=width, penalty=0.0
        )
        np.testing.assert_allclose(line.weights, weights, atol=1e-6)
        assert line.intercept == pytest.approx(7)
        assert line.fit == pytest.approx(1)


def test_what_is_no_line_has_a_worse_fit_and_nearness_decides_what_is_found():
    near = models.lime(game, 4, n_samples=2000, width=0.1, penalty=0.0)
    far = models.lime(game, 4, n_samples=2000, width=10.0, penalty=0.0)
    assert far.fit < 0.95
    # near the whole sound both partners are there: each counts fully
    assert near.weights[1] > 3.5
    assert 1.5 < far.weights[1] < 2.5


def test_a_version_counts_by_what_is_left_of_the_sound():
    kept = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    found = models.nearness(kept, width=0.25)
    cosine = np.sqrt([1, 0.75, 0.25, 0])
    np.testing.assert_allclose(found, np.exp(-((1 - cosine) ** 2) / 0.0625))
    assert (np.diff(found) < 0).all()


# --- Shapley values ------------------------------------------------------------------------------


def by_orders(answers, n_pieces):
    """Every order in which the pieces can come, one by one."""
    values, orders = np.zeros(n_pieces), list(permutations(range(n_pieces)))
    for order in orders:
        kept = np.zeros((n_pieces + 1, n_pieces), dtype=bool)
        for step, piece in enumerate(order):
            kept[step + 1] = kept[step]
            kept[step + 1, piece] = True
        values[list(order)] += np.diff(answers(kept))
    return values / len(orders)


def test_exact_values_are_the_mean_over_all_orders(asked):
    *_, answers = asked
    exact = models.shapley_values(answers, 6)
    np.testing.assert_allclose(exact, by_orders(answers, 6), atol=1e-6)
    ends = answers(np.repeat([[True], [False]], 6, axis=1))
    assert exact.sum() == pytest.approx(ends[0] - ends[1], abs=1e-6)
    np.testing.assert_allclose(models.shapley_values(game, 4), [1, 2, 3, 0], atol=1e-12)


def test_captum_finds_the_same_exact_values(asked):
    network, x, pieces, answers = asked
    theirs = ShapleyValues(network).attribute(
        x[None], target=1, baselines=-1.0, feature_mask=pieces[None]
    )[0]
    ours = models.shapley_values(answers, 6)
    for piece in range(6):
        np.testing.assert_allclose(theirs[pieces == piece].double(), ours[piece], atol=1e-5)


def test_with_all_versions_the_weighted_line_is_exact(asked):
    *_, answers = asked
    exact = models.shapley_values(answers, 6)
    np.testing.assert_allclose(models.kernel_shap(answers, 6, n_samples=62), exact, atol=1e-6)
    np.testing.assert_allclose(models.kernel_shap(game, 4), [1, 2, 3, 0], atol=1e-9)


def test_with_some_versions_it_is_near_and_still_adds_up():
    random = np.random.default_rng(3)
    pairs = random.normal(size=(12, 12))

    def twelve(kept):
        kept = np.asarray(kept, dtype=float)
        return np.einsum("mi,ij,mj->m", kept, pairs, kept)

    exact = models.shapley_values(twelve, 12)
    # a game of pairs: opposites make the estimate exact, whichever versions are drawn
    np.testing.assert_allclose(models.kernel_shap(twelve, 12, n_samples=400), exact, atol=1e-8)

    def rougher(kept):
        return twelve(kept) + 3 * np.asarray(kept)[:, :5].all(axis=1)

    exact = models.shapley_values(rougher, 12)
    few, many = (models.kernel_shap(rougher, 12, n_samples=n, seed=1) for n in (100, 2000))
    assert few.sum() == pytest.approx(exact.sum())
    assert np.abs(many - exact).max() < 0.2
    assert np.abs(many - exact).max() < np.abs(few - exact).max()


def test_captum_s_kernel_shap_comes_to_the_same_in_the_end(asked):
    network, x, pieces, answers = asked
    torch.manual_seed(0)
    theirs = KernelShap(network).attribute(
        x[None],
        target=1,
        baselines=-1.0,
        feature_mask=pieces[None],
        n_samples=1500,
        perturbations_per_eval=100,
    )[0]
    theirs = np.array([float(theirs[pieces == piece][0]) for piece in range(6)])
    ours = models.kernel_shap(answers, 6)
    assert np.abs(ours - theirs).max() < 0.15 * np.abs(ours).max()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: models.lime(game, 4, n_samples=4), "n_samples is 4 for 4 pieces"),
        (lambda: models.lime(game, 4, width=0.0), "width"),
        (lambda: models.lime(game, 4, penalty=-1.0), "penalty is -1.0"),
        (lambda: models.lime(lambda kept: np.full(len(kept), np.inf), 4), "answers gives inf"),
        (lambda: models.kernel_shap(lambda kept: [1.0, 2.0], 4), r"shape \(2,\) for 16 versions"),
        (lambda: models.shapley_values(lambda kept: kept * 1.0, 2), r"shape \(4, 2\)"),
        (lambda: models.kernel_shap(game, 1), "n_pieces is 1"),
        (lambda: models.kernel_shap(game, 4, n_samples=3), "n_samples is 3 for 4"),
        (lambda: models.shapley_values(game, 15), "n_pieces is 15"),
        (lambda: models.shapley_kernel([0, 1], 4), "between 1 and 3"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(AudioError, match=message):
        call()
