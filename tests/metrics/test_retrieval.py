"""Recall at k, held against sorting, and chance against drawing lots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError


@given(seed=st.integers(0, 1000), k=st.integers(1, 7))
def test_recall_is_what_sorting_finds(seed, k):
    generator = np.random.default_rng(seed)
    gallery = np.concatenate([np.arange(4), generator.integers(0, 4, 8)])
    queries = generator.integers(0, 4, 9)
    similarity = generator.standard_normal((9, 12))
    first = np.argsort(-similarity, axis=1)[:, :k]
    expected = np.mean([label in gallery[row] for label, row in zip(queries, first, strict=True)])
    assert metrics.recall_at_k(similarity, queries, gallery, k=k) == pytest.approx(expected)


def test_recall_grows_with_k_up_to_one():
    similarity = np.random.default_rng(0).standard_normal((50, 20))
    queries, gallery = np.arange(50) % 5, np.arange(20) % 5
    recalls = [metrics.recall_at_k(similarity, queries, gallery, k=k) for k in range(1, 21)]
    assert np.all(np.diff(recalls) >= 0)
    assert recalls[-1] == 1


def test_a_search_that_finds_everything_equal_finds_nothing():
    assert metrics.recall_at_k(np.ones((4, 4)), [0, 1, 2, 3], [0, 1, 2, 3]) == 0
    assert metrics.recall_at_k(np.ones((4, 4)), [0, 0, 0, 0], [0, 0, 0, 0]) == 1


@pytest.mark.parametrize("k", [1, 3, 5])
def test_chance_is_what_drawing_lots_gives(k):
    generator = np.random.default_rng(0)
    queries, gallery = np.arange(200) % 10, generator.permutation(np.arange(60) % 10)
    drawn = [
        metrics.recall_at_k(generator.standard_normal((200, 60)), queries, gallery, k=k)
        for _ in range(40)
    ]
    chance = metrics.chance_recall_at_k(queries, gallery, k=k)
    assert np.mean(drawn) == pytest.approx(chance, abs=0.02)


def test_chance_of_looking_at_everything_is_one():
    assert metrics.chance_recall_at_k([0, 1], [0, 1, 1], k=9) == 1


def test_wrong_input_is_named():
    with pytest.raises(AudioError, match=r"similarity has shape \(3, 2\): give \(2, 3\), a row"):
        metrics.recall_at_k(np.zeros((3, 2)), [0, 1], [0, 1, 1])
    with pytest.raises(AudioError, match="similarity holds NaN"):
        metrics.recall_at_k([[np.nan]], [0], [0])
    with pytest.raises(AudioError, match="no item of the gallery is of class 2"):
        metrics.recall_at_k([[0.0]], [2], [0])
    with pytest.raises(
        AudioError, match="query_labels has rows of unequal length, row 0 of 1 and row 1 of 2"
    ):
        metrics.recall_at_k(np.eye(2), [[0], [1, 2]], [0, 1])
    with pytest.raises(AudioError, match="k is 0"):
        metrics.recall_at_k([[0.0]], [0], [0], k=0)
    with pytest.raises(AudioError, match="gallery_labels have shape"):
        metrics.chance_recall_at_k([0], [])
