"""Dynamic time warping against librosa, against all ways, and against what must hold."""

import itertools

import librosa
import numpy as np
import pytest

from audiolessons import matching
from audiolessons.errors import AudioError

RANDOM = np.random.default_rng(0)


def ways(n, m):
    """Yield every way from (0, 0) to (n - 1, m - 1)."""
    if n == m == 1:
        yield [(0, 0)]
    for di, dj in ((1, 1), (1, 0), (0, 1)):
        if n > di and m > dj:
            for way in ways(n - di, m - dj):
                yield [*way, (n - 1, m - 1)]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (3, 1), (2, 5), (4, 4), (5, 3)])
@pytest.mark.parametrize("diagonal", [1.0, 2.0])
def test_the_cheapest_way_of_all_is_found(n, m, diagonal):
    costs = RANDOM.random((n, m))

    def total(way):
        steps = [diagonal if a[0] < b[0] and a[1] < b[1] else 1 for a, b in itertools.pairwise(way)]
        return sum(w * costs[at] for w, at in zip([1, *steps], way, strict=True))

    found, path = matching.dtw(costs, diagonal=diagonal)
    assert found == pytest.approx(min(total(way) for way in ways(n, m)))
    assert total([tuple(pair) for pair in path]) == pytest.approx(found)


def test_it_agrees_with_librosa():
    first, second = RANDOM.normal(size=(3, 40)), RANDOM.normal(size=(3, 31))
    costs = matching.distances(first, second)
    theirs, path = librosa.sequence.dtw(first, second)
    assert np.allclose(matching.accumulate(costs), theirs)
    assert np.array_equal(matching.dtw(costs)[1], path[::-1])


def test_padded_tables_are_summed_at_once():
    tables = [RANDOM.random(size) for size in [(4, 7), (6, 2), (1, 5)]]
    together = np.full((3, 6, 7), 9.0)
    for table, into in zip(tables, together, strict=True):
        into[: table.shape[0], : table.shape[1]] = table
    totals = matching.accumulate(together)
    for table, total in zip(tables, totals, strict=True):
        n, m = table.shape
        assert total[n - 1, m - 1] == pytest.approx(matching.dtw(table)[0])


def test_a_band_costs_more_and_is_kept():
    costs = RANDOM.random((30, 41))
    free, wide, narrow = (matching.dtw(costs, band=band)[0] for band in (None, 8, 2))
    assert free <= wide < narrow
    _, path = matching.dtw(costs, band=2)
    assert matching.in_band(30, 41, band=2)[path[:, 0], path[:, 1]].all()


def test_what_is_said_slower_is_laid_over_itself():
    sound = RANDOM.normal(size=(5, 12))
    slower = np.repeat(sound, 3, axis=1)
    total, path = matching.dtw(matching.distances(sound, slower))
    assert total == pytest.approx(0, abs=1e-5)
    assert np.array_equal(path[:, 0], path[:, 1] // 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.distances(np.zeros((2, 3)), np.zeros((3, 3))), "2 features and second 3"),
        (lambda: matching.distances(np.zeros(3), np.zeros((3, 3))), r"first has shape \(3,\)"),
        (lambda: matching.dtw(np.full((2, 2), np.nan)), "costs holds NaN"),
        (lambda: matching.dtw(np.zeros((2, 2, 2))), "one table"),
        (lambda: matching.dtw(np.zeros((2, 9)), band=1), "widen the band, 1"),
        (lambda: matching.dtw(np.full((2, 2), np.inf)), "allow more pairs"),
        (lambda: matching.accumulate(np.zeros((2, 2)), diagonal=0), "diagonal is 0"),
    ],
)
def test_what_cannot_work_is_said(call, message):
    with pytest.raises(AudioError, match=message):
        call()
