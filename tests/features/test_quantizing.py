"""Codebooks: k-means finds what is there, more codes and more books never do worse."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from audiolessons.errors import AudioError
from audiolessons.features import from_codes, learn_codebooks, to_codes


def frames(n=400, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(0, 5, (6, 8))
    return (centres[random.integers(0, 6, n)] + random.normal(0, 0.3, (n, 8))).T


def error(x, books):
    return np.mean((x - from_codes(to_codes(x, books), books)) ** 2)


def test_it_is_about_as_good_as_scikit_learn():
    x = frames()
    theirs = KMeans(8, n_init=1, init="random", random_state=0).fit(x.T).inertia_ / x.size
    assert min(error(x, learn_codebooks(x, n_codes=8, seed=s)) for s in range(4)) < 1.2 * theirs


def test_more_codes_books_and_rounds_lower_the_error():
    x = frames()
    by_codes = [error(x, learn_codebooks(x, n_codes=k)) for k in (1, 4, 16, 64)]
    assert by_codes == sorted(by_codes, reverse=True)
    books = learn_codebooks(x, n_codes=4, n_books=4)
    by_books = [error(x, books[:n]) for n in (1, 2, 3, 4)]
    assert by_books == sorted(by_books, reverse=True)
    assert by_books[1] < 0.8 * by_books[0]


def test_one_code_is_the_mean_and_codes_that_are_frames_are_exact():
    x = frames(20)
    assert np.allclose(learn_codebooks(x, n_codes=1)[0][0], x.mean(axis=1))
    assert error(x, learn_codebooks(x, n_codes=20)) < 1e-20


def test_an_entry_that_nothing_wants_is_moved():
    x = np.concatenate([np.zeros((1, 40)), np.ones((1, 40)), np.full((1, 1), 50.0)], axis=1)
    for seed in range(5):
        book = learn_codebooks(x, n_codes=3, seed=seed)[0]
        assert np.sort(book[:, 0]).round(6).tolist() == [0, 1, 50]


def test_the_nearest_is_found_by_brute_force():
    x, book = frames(50), np.random.default_rng(1).normal(0, 5, (12, 8))
    far = ((x.T[:, None] - book[None]) ** 2).sum(axis=2)
    assert to_codes(x, [book])[0].tolist() == far.argmin(axis=1).tolist()


def test_what_cannot_be_is_refused():
    with pytest.raises(AudioError, match="3 frames for 4 codes"):
        learn_codebooks(np.zeros((2, 3)), n_codes=4)
    with pytest.raises(AudioError, match=r"frames have shape \(3,\)"):
        learn_codebooks(np.zeros(3), n_codes=1)
    with pytest.raises(AudioError, match="2 numbers, frames have 3"):
        to_codes(np.zeros((3, 4)), [np.zeros((2, 2))])
    with pytest.raises(AudioError, match="codes have shape"):
        from_codes(np.zeros((2, 5), dtype=int), [np.zeros((2, 2))])
