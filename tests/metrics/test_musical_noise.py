"""Log kurtosis ratio: known values, what it ignores, and its edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError


def powers(shape, seed=0):
    return np.random.default_rng(seed).exponential(size=shape)


def test_a_known_value():
    """Powers of Gaussian noise have 4! / 2!^2 = 6; one peak among n zeros has n."""
    before, after = powers((50, 20_000)), np.zeros((50, 20_000))
    after[:, 7] = 1
    expected = np.log(20_000 / 6)
    assert metrics.log_kurtosis_ratio(before, after) == pytest.approx(expected, abs=0.1)


@given(st.floats(1e-12, 1e12))
def test_a_constant_gain_is_no_music(factor):
    power = powers((4, 20))
    assert metrics.log_kurtosis_ratio(power, factor * power) == pytest.approx(0, abs=1e-9)


def test_batches_and_silent_bins():
    before, after = powers((3, 10, 50)), powers((3, 10, 50), seed=1) ** 2
    ratio = metrics.log_kurtosis_ratio(before, after)
    assert ratio.shape == (3,)
    assert (ratio > 0).all()
    after[1, 5:] = 0
    cut = metrics.log_kurtosis_ratio(before, after)
    assert cut[1] == pytest.approx(metrics.log_kurtosis_ratio(before[1, :5], after[1, :5]))
    assert cut[0] == ratio[0]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (np.ones((3, 4)), np.zeros((3, 4)), "nothing is left of the noise"),
        (np.ones((3, 4)), np.ones((3, 5)), r"\(3, 4\) and power_after \(3, 5\)"),
        (np.ones((3, 1)), np.ones((3, 1)), "N at least 2"),
        (np.ones((3, 4)), -np.ones((3, 4)), "power_after lies between -1.0"),
    ],
)
def test_mistakes(before, after, message):
    with pytest.raises(AudioError, match=message):
        metrics.log_kurtosis_ratio(before, after)
