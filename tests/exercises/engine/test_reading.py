"""What is read off a difference is true of the values alone."""

import numpy as np
import pytest
import torch

from audiolessons.exercises.engine import reading
from audiolessons.exercises.engine.reading import first_difference, shortest

RIGHT = np.array([1.0, -2.0, 3.5, 0.25, 4.0])
TABLE = np.arange(6.0).reshape(2, 3) + 1
COMPLEX = np.array([1 + 2j, -1j, 3 - 1j, 2.0])


def read(got, expected):
    return reading.read(got, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("got", "expected", "told"),
    [
        (None, RIGHT, "returned None"),
        (-RIGHT, RIGHT, "the sign is wrong"),
        (3 * RIGHT, RIGHT, "every value is 3 times what it should be"),
        (RIGHT / 5, RIGHT, "every value is 0.2 times"),
        (RIGHT + 0.5, RIGHT, "every value is 0.5 too large"),
        (RIGHT - 0.5, RIGHT, "every value is 0.5 too small"),
        (RIGHT[::-1], RIGHT, "the order is reversed"),
        (np.abs(RIGHT), RIGHT, "signs, which are lost"),
        (np.trunc(RIGHT), RIGHT, "without what follows the point"),
        (np.floor(RIGHT - 0.1), RIGHT - 0.1, "the next below"),
        (np.round(RIGHT, 1), RIGHT, "rounded to 1e-1"),
        (np.roll(RIGHT, 1), RIGHT, "one place too late"),
        (np.roll(RIGHT, -1), RIGHT, "one place too early"),
        (RIGHT[[2, 0, 1, 4, 3]], RIGHT, "in another order"),
        (np.where(RIGHT < 0, 0, RIGHT), RIGHT, "only one value differs"),
        (np.append(RIGHT[:-1], 9), RIGHT, "only the last value differs"),
        (np.append(RIGHT, 7), RIGHT, "with 1 too many at the end"),
        (RIGHT[1:], RIGHT, "with 1 missing at the beginning"),
        (RIGHT[None], RIGHT, "the values are right, but the shape is (1, 5)"),
        (TABLE.T, TABLE, "rows and columns are exchanged"),
        (TABLE[:, ::-1], TABLE, "reversed along axis 1"),
        (RIGHT * np.nan, RIGHT, "5 of 5 values are NaN"),
        (RIGHT > 0, RIGHT <= 0, "true and false are exchanged"),
        (np.conj(COMPLEX), COMPLEX, "sign of the imaginary part"),
        (np.abs(COMPLEX), COMPLEX, "the phase is lost"),
        (COMPLEX.real, COMPLEX, "the real part alone"),
        (RIGHT + 1j * RIGHT[::-1], RIGHT, "real ones are asked for: their real part is right"),
        (np.abs(RIGHT) * 1j ** np.arange(5), np.abs(RIGHT), "their absolute value is right"),
        (RIGHT**2 * COMPLEX[0], RIGHT, "complex numbers came back"),
        ("six", 6, "is str, not numbers"),
        ([[1], [1, 2]], RIGHT, "rows differ in length"),
        ([torch.ones(2, requires_grad=True)] * 2, TABLE, "a list of tensors: return one tensor"),
        ("ABC", "abc", "only capitals and small letters differ"),
        ("ABCD", "ADCB", "look again at character 2, 4"),
        ("ABCD", "BADC", "none of the 4 characters stands where it should"),
        (("a", "b"), ("b", "a"), "in reversed order"),
        (3, ("a", "b"), "2 values are asked for, and one int came back"),
        ((RIGHT, RIGHT, 7), (RIGHT, RIGHT), "2 values are asked for, and 3 came back"),
    ],
)
def test_what_is_read_off(got, expected, told):
    assert told in read(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (RIGHT**2, RIGHT),
        (np.full(3, 2.0), np.ones(3)),
        (2.0, 1.0),
        (2.0, 2.4),
        (True, False),
        (np.zeros(5), RIGHT),
    ],
    ids=["squares", "constants", "one number", "one whole number", "one truth", "zeros"],
)
def test_nothing_is_said_where_nothing_is_sure(got, expected):
    """A factor between constants may as well be an offset."""
    assert read(got, expected) == ""


def test_random_values_get_no_reading():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.standard_normal((2, int(rng.integers(4, 9))))
        assert read(a, b) == ""


def test_the_first_place_that_differs_is_shown_with_both_values():
    got = TABLE.copy()
    got[1, 0] += 1e-3
    told = first_difference(got, TABLE, rtol=1e-5, atol=0)
    assert told == "first at [1, 0]: 4.001 instead of 4, a difference of 0.001"
    both = first_difference([[1, 2], "a"], [[1, 3], "a"], rtol=0, atol=0)
    assert both == "in part 0: first at [1]: 2 instead of 3, a difference of -1"


@pytest.mark.parametrize(
    ("value", "other", "shown"),
    [
        (0.12345678, None, "0.1235"),
        (1 - 2j, None, "1-2j"),
        (np.float32(0.5), None, "0.5"),
        (-2e-17, None, "about 0"),
        (16044.4, None, "16044"),
        (np.True_, None, "True"),
        (3, None, "3"),
        (0.99999992, 1.0, "0.9999999"),
        (1.0, 0.99999992, "1"),
    ],
)
def test_numbers_are_shown_in_as_many_digits_as_tell_them_apart(value, other, shown):
    assert shortest(value, other) == shown
