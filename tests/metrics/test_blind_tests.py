"""Listening tests analysed: exact chances, and listeners who did not hear the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from audiolessons import AudioError, metrics

REFERENCE = "hidden reference"


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_chance_and_the_interval_are_scipys(counts):
    found = metrics.abx_test(*counts)
    peer = binomtest(*counts, p=0.5, alternative="greater")
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    interval = binomtest(*counts).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_who_guesses_is_found_out_as_often_as_the_p_value_says():
    rights = np.random.default_rng(0).binomial(10, 0.5, 4000)
    share = np.mean([metrics.abx_test(int(right), 10).p_value < 0.06 for right in rights])
    assert share == pytest.approx(56 / 1024, abs=0.01)


def test_many_trials_are_exact():
    assert metrics.abx_test(2500, 5000).p_value == pytest.approx(0.5 + 0.0056418, abs=1e-6)
    assert metrics.abx_test(0, 10).p_value == 1
    assert "less than 0.1 %" in str(metrics.abx_test(20, 20))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((11, 10), "n_right is 11: it lies between 0 and n_trials = 10"),
        ((-1, 10), "n_right is -1"),
        ((0, 0), "n_trials is 0"),
        ((1.5, 3), "n_right is 1.5"),
    ],
)
def test_impossible_counts_are_one_clear_error(counts, message):
    with pytest.raises(AudioError, match=message):
        metrics.abx_test(*counts)


def item(reference, **others):
    return {REFERENCE: reference, **others}


def test_means_and_intervals_of_what_was_heard():
    values = [30, 40, 50, 60, 70]
    summary = metrics.mushra_summary([item(100, x=value) for value in values])
    rating = summary.ratings["x"]
    assert rating.mean == 50
    assert rating.n_ratings == 5
    assert 30 < rating.low < 50 < rating.high < 70
    assert (rating.low, rating.high) == metrics.bootstrap_interval(np.array(values, dtype=float))
    assert summary.ratings[REFERENCE] == (100, 100, 100, 5)


@pytest.mark.parametrize(
    ("n_low", "n_items", "is_left_out"),
    [(0, 1, False), (1, 1, True), (3, 20, False), (4, 20, True)],
)
def test_over_15_percent_of_low_references_leave_a_listener_out(n_low, n_items, is_left_out):
    scores = [item(100, x=50)] * 3
    scores += [item(89 if n < n_low else 90, x=0) for n in range(n_items)]
    listeners = ["a", "a", "a"] + ["b"] * n_items
    summary = metrics.mushra_summary(scores, listeners=listeners)
    assert summary.left_out == (("b",) if is_left_out else ())
    assert (summary.ratings["x"].mean == 50) == is_left_out


def test_items_of_one_listener_are_not_taken_for_many_listeners():
    """Ten items each of two listeners who differ: the interval spans from one to the other."""
    scores = [item(100, x=20)] * 10 + [item(100, x=80)] * 10
    owners = ["a"] * 10 + ["b"] * 10
    alone = metrics.mushra_summary(scores).ratings["x"]
    grouped = metrics.mushra_summary(scores, listeners=owners).ratings["x"]
    assert (grouped.low, grouped.high) == (20, 80)
    assert alone.high - alone.low < 40


def test_one_rating_has_no_interval_and_nobody_left_has_no_mean():
    one = metrics.mushra_summary([item(95, x=60)])
    assert one.ratings["x"].mean == 60
    assert np.isnan(one.ratings["x"].low)
    assert "it takes two ratings" in str(one)
    assert metrics.mushra_summary(item(95, x=60)).ratings["x"].mean == 60
    nobody = metrics.mushra_summary([item(50, x=60)])
    assert nobody.left_out == (1,)
    assert np.isnan(nobody.ratings["x"].mean)
    assert "left out" in str(nobody)


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ([], {}, "scores is empty"),
        ([{"x": 1}], {}, "reference is 'hidden reference', which is not rated"),
        ([item(100, x=1), item(100, y=1)], {}, r"scores\[1\] and scores\[0\] do not rate the same"),
        ([item(100, x=101)], {}, r"scores\[0\] rates 'x' 101"),
        ([item(100, x=float("nan"))], {}, "rates 'x' nan"),
        ([item(100, x=1)], {"listeners": ["a", "b"]}, "listeners names 2 for 1"),
        ([item(100, x=1)] * 2, {"confidence": 1}, "confidence is 1"),
    ],
)
def test_bad_scores_are_one_clear_error(scores, options, message):
    with pytest.raises(AudioError, match=message):
        metrics.mushra_summary(scores, **options)
