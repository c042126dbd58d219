"""The cheapest row of pieces against trying all rows, and joins without a step."""

import itertools

import numpy as np
import pytest

from audiolessons import voice
from audiolessons.errors import AudioError


@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0])
def test_the_cheapest_row_is_the_one_that_trying_all_finds(weight):
    random = np.random.default_rng(1)
    counts = (3, 1, 4, 2, 3)
    targets = [random.uniform(size=n) for n in counts]
    joins = [random.uniform(size=pair) for pair in itertools.pairwise(counts)]

    def cost(row):
        ways = (one[a, b] for one, a, b in zip(joins, row, row[1:], strict=False))
        return sum(one[k] for one, k in zip(targets, row, strict=True)) + weight * sum(ways)

    best = min(itertools.product(*map(range, counts)), key=cost)
    found = voice.cheapest_pieces(targets, joins, join_weight=weight)
    assert found.tolist() == list(best)


def test_pieces_of_one_sound_join_to_that_sound():
    sound = np.random.default_rng(0).normal(size=3000)
    joined = voice.join_pieces([sound[:1000], sound[920:2000], sound[1920:]], overlap=80)
    np.testing.assert_allclose(joined, sound, atol=1e-6)


def test_a_cut_moves_to_where_both_are_in_step():
    tone = np.sin(2 * np.pi * 100 * np.arange(4000) / 8000)
    late = np.sin(2 * np.pi * 100 * np.arange(4000) / 8000 + 2.0)
    steps = [
        np.abs(np.diff(voice.join_pieces([tone, late], overlap=20, search=search), 2)).max()
        for search in (0, 40)
    ]
    assert steps[1] < 0.6 * steps[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.cheapest_pieces([[0.0], []], [np.zeros((1, 0))]), "candidate at each"),
        (lambda: voice.cheapest_pieces([[0.0], [0.0]], []), r"\(K_n, K_\{n\+1\}\)"),
        (lambda: voice.join_pieces([], overlap=4), "empty"),
        (lambda: voice.join_pieces([np.ones(9), np.ones(3)], overlap=4), "3 samples"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(AudioError, match=message):
        call()
