"""F1 of boundaries: each counts once."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError

TIMES = st.lists(st.integers(0, 12).map(lambda n: n / 4), max_size=5)


def most_matches(reference, estimate, tolerance):
    """Try all pairings."""
    short, long = sorted((reference, estimate), key=len)
    return max(
        sum(abs(a - b) <= tolerance for a, b in zip(short, chosen, strict=True))
        for chosen in itertools.permutations(long, len(short))
    )


@given(TIMES, TIMES)
def test_no_pairing_finds_more(reference, estimate):
    f1 = metrics.boundary_f1(reference, estimate, tolerance_s=0.5)
    n = len(reference) + len(estimate)
    expected = 2 * most_matches(reference, estimate, 0.5) / n if n else 1.0
    assert f1 == pytest.approx(expected)
    assert metrics.boundary_f1(estimate, reference, tolerance_s=0.5) == pytest.approx(f1)


def test_the_tolerance_is_included_and_times_are_checked():
    assert metrics.boundary_f1([1.0], [1.05], tolerance_s=0.05) == 1.0
    assert metrics.boundary_f1([1.0], [1.051], tolerance_s=0.05) == 0.0
    with pytest.raises(AudioError, match="estimate_s has shape"):
        metrics.boundary_f1([1.0], np.zeros((2, 2)))
    with pytest.raises(AudioError, match="tolerance_s is 0"):
        metrics.boundary_f1([1.0], [1.0], tolerance_s=0)
