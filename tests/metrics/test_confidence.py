"""Intervals and the paired test against their definitions and against SciPy."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError


@pytest.mark.parametrize(("n_correct", "n_test"), [(0, 10), (10, 10), (297, 300), (1, 2)])
def test_wilson_interval_agrees_with_its_definition(n_correct, n_test):
    """Its ends are the shares from which the count lies exactly 1.96 deviations away."""
    low, high = metrics.wilson_interval(n_correct, n_test)
    assert 0 <= low <= n_correct / n_test + 1e-12
    assert n_correct / n_test - 1e-12 <= high <= 1
    for end in (low, high):
        deviation = np.sqrt(end * (1 - end) / n_test)
        if deviation > 1e-6:
            assert abs(n_correct / n_test - end) / deviation == pytest.approx(1.95996, abs=1e-4)


def test_wilson_interval_agrees_with_scipy():
    for n_correct, n_test, confidence in [(297, 300, 0.95), (5, 17, 0.8)]:
        theirs = scipy.stats.binomtest(n_correct, n_test).proportion_ci(confidence, "wilson")
        ours = metrics.wilson_interval(n_correct, n_test, confidence=confidence)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


# --- bootstrap ---------------------------------------------------------------------------------


def test_bootstrap_of_a_mean_agrees_with_scipy():
    values = np.random.default_rng(0).gamma(2.0, size=200)
    ours = metrics.bootstrap_interval(values, n_draws=5000)
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    n_held = 0
    for seed in range(200):
        right = random.random(150) < 0.8
        low, high = metrics.bootstrap_interval(right, n_draws=300, confidence=0.9, seed=seed)
        n_held += low <= 0.8 <= high
    assert 0.83 < n_held / 200 < 0.96


def test_a_statistic_of_two_columns():
    truth = np.repeat([0, 1], 100)
    scores = truth + np.random.default_rng(0).standard_normal(200)
    rows = np.stack([truth, scores], axis=1)
    low, high = metrics.bootstrap_interval(
        rows, statistic=lambda drawn: metrics.roc_auc(drawn[:, 0], drawn[:, 1]), n_draws=300
    )
    assert low < metrics.roc_auc(truth, scores) < high
    assert 0.08 < high - low < 0.2


def test_drawing_whole_voices_gives_a_wider_interval():
    """Six voices of 500 takes each: the sounds of a voice stand and fall together."""
    shares = np.array([0.6, 0.7, 0.8, 0.85, 0.95, 1.0])
    right = np.concatenate([np.arange(500) < 500 * share for share in shares])
    voice = np.repeat(np.arange(6), 500)
    low, high = metrics.bootstrap_interval(right, n_draws=1000)
    low_voices, high_voices = metrics.bootstrap_interval(right, groups=voice, n_draws=1000)
    assert (high_voices - low_voices) > 5 * (high - low)
    # the draws of six whole voices are those of the six shares
    expected = metrics.bootstrap_interval(shares, n_draws=1000)
    np.testing.assert_allclose((low_voices, high_voices), expected, atol=1e-12)


def test_bootstrap_is_repeatable_and_depends_on_its_seed():
    values = np.arange(50.0)
    assert metrics.bootstrap_interval(values) == metrics.bootstrap_interval(values)
    assert metrics.bootstrap_interval(values) != metrics.bootstrap_interval(values, seed=1)
    assert metrics.bootstrap_interval(np.ones(5)) == (1.0, 1.0)


# --- two models --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_paired_test_is_a_fair_coin(pairs):
    first, second = map(np.array, zip(*pairs, strict=True))
    found = metrics.paired_test(first, second)
    n_differ = found.only_first + found.only_second
    assert n_differ == np.sum(first != second)
    expected = scipy.stats.binomtest(found.only_first, n_differ).pvalue if n_differ else 1.0
    assert found.p_value == pytest.approx(expected, abs=1e-12)
    assert metrics.paired_test(second, first).p_value == found.p_value


def test_paired_test_with_many_sounds():
    first, second = np.repeat([1, 0], [3000, 2000]), np.repeat([0, 1], [3000, 2000])
    assert metrics.paired_test(first, second).p_value == pytest.approx(
        scipy.stats.binomtest(2000, 5000).pvalue, rel=1e-6
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.wilson_interval(11, 10), "n_correct is 11"),
        (lambda: metrics.wilson_interval(0.99, 300), r"0\.99: .* no share, for example 297"),
        (lambda: metrics.wilson_interval(2.5, 10), r"2\.5: it is a number of tests"),
        (lambda: metrics.wilson_interval(5, 10, confidence=95), "confidence is 95"),
        (lambda: metrics.bootstrap_interval([]), r"shape \(0,\)"),
        (lambda: metrics.bootstrap_interval(3.0), r"shape \(\)"),
        (lambda: metrics.bootstrap_interval([1, 0], confidence=0), "confidence is 0"),
        (lambda: metrics.bootstrap_interval([1, 0], n_draws=0), "n_draws is 0"),
        (lambda: metrics.bootstrap_interval([1, 0], groups=["a"]), "for 2 values: give one each"),
        (lambda: metrics.bootstrap_interval([1, 0], groups=["a", "a"]), "names 1 group"),
        (lambda: metrics.paired_test([1, 0], [1]), "the same sounds in the same order"),
        (lambda: metrics.paired_test([], []), "first_right has shape"),
        (lambda: metrics.paired_test([1, 0], [3, 7]), "second_right has shape"),
    ],
)
def test_what_has_no_answer(call, message):
    with pytest.raises(AudioError, match=message):
        call()


def test_a_drawn_set_that_lost_a_class_is_said_to_be_one():
    rows = np.array([[1, 0.9], [0, 0.2], [1, 0.8]])
    with pytest.raises(AudioError, match=r"3 positive and 0 negative .* draw .* apart"):
        metrics.bootstrap_interval(rows, statistic=lambda r: metrics.roc_auc(r[:, 0], r[:, 1]))


def test_the_interval_of_a_rate_holds_the_true_one_as_often_as_it_says():
    random = np.random.default_rng(0)
    for true, hours in ((0.5, 3.0), (4.0, 2.0)):
        counts = random.poisson(true * hours, 4000)
        inside = [
            low <= true <= high for low, high in (metrics.rate_interval(n, hours) for n in counts)
        ]
        assert np.mean(inside) >= 0.95
    low, high = metrics.rate_interval(5, 2.0)
    assert scipy.stats.poisson.sf(4, 2 * low) == pytest.approx(0.025)
    assert scipy.stats.poisson.cdf(5, 2 * high) == pytest.approx(0.025)
    for count, hours in ((-1, 1), (1.5, 1), (1, 0)):
        with pytest.raises(AudioError, match=r"count is|exposure is"):
            metrics.rate_interval(count, hours)
