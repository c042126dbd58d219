"""Self-similarity, novelty, repeats."""

import numpy as np
import pytest

from audiolessons import editing
from audiolessons.errors import AudioError


def song(*parts, n_each=20, seed=0):
    """Return features of parts named by letters: equal letters are the same, but for noise."""
    random = np.random.default_rng(seed)
    kinds = {name: random.standard_normal((6, n_each)) for name in sorted(set(parts))}
    offset = {name: 3 * random.standard_normal((6, 1)) for name in sorted(set(parts))}
    whole = np.concatenate([kinds[name] + offset[name] for name in parts], axis=1)
    return whole + 0.05 * random.standard_normal(whole.shape)


def test_similarity_is_a_cosine():
    features = song("a", "b")
    similarity = editing.self_similarity(features)
    np.testing.assert_allclose(np.diagonal(similarity), 1)
    np.testing.assert_allclose(similarity, similarity.T)
    np.testing.assert_allclose(similarity, editing.self_similarity(7 * features), atol=1e-12)
    unit = features / np.linalg.norm(features, axis=0)
    np.testing.assert_allclose(similarity, unit.T @ unit)
    silent = editing.self_similarity(np.zeros((3, 2)))
    np.testing.assert_array_equal(silent, np.zeros((2, 2)))


def test_novelty_peaks_where_the_parts_meet():
    similarity = editing.self_similarity(song("a", "b", "c", "a"))
    change = editing.novelty(similarity, half_width=10)
    found = editing.peaks(change, threshold=0.3 * change.max(), distance=10)
    np.testing.assert_allclose(found, [20, 40, 60], atol=1)


def test_novelty_of_what_never_changes_is_nothing():
    assert np.abs(editing.novelty(np.ones((30, 30)), half_width=5)).max() < 1e-12


def test_the_highest_peak_claims_its_surroundings():
    values = np.array([0, 3, 0, 4, 0, 0, 0, 2, 2, 0.0])
    np.testing.assert_array_equal(editing.peaks(values, threshold=1, distance=3), [3, 7])
    np.testing.assert_array_equal(editing.peaks(values, threshold=1, distance=1), [1, 3, 7])
    assert editing.peaks(values, threshold=9, distance=1).size == 0


def test_a_repeat_is_found_with_its_lag():
    similarity = editing.self_similarity(song("a", "b", "c", "a", "b"))
    repeat = editing.longest_repeat(similarity, threshold=0.95, shortest=5)
    assert repeat == (0, 60, 40)
    assert editing.longest_repeat(np.eye(30), threshold=0.9, shortest=5) is None


def test_what_is_no_picture_is_refused():
    with pytest.raises(AudioError, match="give \\(N, N\\)"):
        editing.novelty(np.zeros((3, 4)), half_width=2)
    with pytest.raises(AudioError, match="give finite numbers"):
        editing.self_similarity(np.zeros(3))
    with pytest.raises(AudioError, match="give one row of numbers"):
        editing.peaks(np.zeros((2, 2)), threshold=0, distance=1)
