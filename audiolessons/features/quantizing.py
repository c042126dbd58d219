"""Vector quantisation: a frame is replaced by the number of the nearest entry of a codebook.

One book of K entries costs log2(K) bits a frame. A second book holds what the first leaves over,
and so on: with S books of K entries K ** S frames can be told apart, and only S K are stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count


def learn_codebooks(
    frames: np.ndarray, *, n_codes: int, n_books: int = 1, n_rounds: int = 15, seed: int = 0
) -> list[np.ndarray]:
    """Learn codebooks from frames: each by k-means, from what the ones before it leave over.

    k-means starts with frames drawn at random. A round gives each frame to its nearest entry, and
    moves each entry to the mean of its frames; neither step can make the error larger. An entry
    that no frame wants is moved to the frame that is served worst.

    Parameters
    ----------
    frames
        Shape (D, N), features over time, at least as many frames as codes.
    n_codes
        K, entries of a book.
    n_books
        S, how many books.
    n_rounds
        Of k-means, for each book.
    seed
        Of the frames that it starts with.

    Returns
    -------
    list of S float64 arrays (K, D).

    Raises
    ------
    AudioError
        If there are fewer frames than codes, or they hold no finite numbers.

    References
    ----------
    Y. Linde, A. Buzo and R. M. Gray, "An algorithm for vector quantizer design", IEEE Transactions
    on Communications 28(1), 1980; N. Zeghidour et al., "SoundStream: an end-to-end neural audio
    codec", IEEE/ACM TASLP 30, 2022 (books of what is left over).

    Examples
    --------
    >>> frames = np.array([[0.0, 0.2, 5.0, 5.2], [1.0, 1.0, 3.0, 3.0]])
    >>> np.sort(learn_codebooks(frames, n_codes=2)[0], axis=0)
    array([[0.1, 1. ],
           [5.1, 3. ]])

    Chapter: music/generation
    """
    left = _check_frames(frames).T.copy()
    check_count(n_codes, name="n_codes")
    check_count(n_rounds, name="n_rounds")
    if len(left) < n_codes:
        raise AudioError(f"frames hold {len(left)} frames for {n_codes} codes: give more frames")
    random = np.random.default_rng(check_count(seed, name="seed", minimum=0))
    books = []
    for _ in range(check_count(n_books, name="n_books")):
        book = left[random.choice(len(left), n_codes, replace=False)]
        for _ in range(n_rounds):
            nearest, distances = _nearest(left, book)
            counts = np.bincount(nearest, minlength=n_codes)
            sums = np.zeros_like(book)
            np.add.at(sums, nearest, left)
            wanted = counts > 0
            book[wanted] = sums[wanted] / counts[wanted, None]
            n_unwanted = int((~wanted).sum())
            book[~wanted] = left[np.argsort(-distances, kind="stable")[:n_unwanted]]
        books.append(book)
        left -= book[_nearest(left, book)[0]]
    return books


def to_codes(frames: np.ndarray, books: Sequence[np.ndarray]) -> np.ndarray:
    """Return frames (D, N) as codes (S, N): of each book the entry nearest to what is left.

    Examples
    --------
    >>> books = [np.array([[0.0], [10.0]]), np.array([[-1.0], [1.0]])]
    >>> to_codes(np.array([[9.2, 0.7]]), books)
    array([[1, 0],
           [0, 1]])

    Chapter: music/generation
    """
    left = _check_frames(frames).T.copy()
    codes = []
    for book in books:
        if book.shape[1] != left.shape[1]:
            raise AudioError(
                f"a book has entries of {book.shape[1]} numbers, frames have {left.shape[1]}"
            )
        nearest, _ = _nearest(left, book)
        codes.append(nearest)
        left -= book[nearest]
    return np.stack(codes)


def from_codes(codes: np.ndarray, books: Sequence[np.ndarray]) -> np.ndarray:
    """Return frames (D, N) of codes (S, N): the entries of all books, added up.

    Fewer rows of codes than books give a coarser frame.

    Examples
    --------
    >>> books = [np.array([[0.0], [10.0]]), np.array([[-1.0], [1.0]])]
    >>> from_codes(np.array([[1, 0], [0, 1]]), books)
    array([[9., 1.]])

    Chapter: music/generation
    """
    codes = as_array(codes, name="codes")
    if codes.ndim != 2 or not 1 <= len(codes) <= len(books):
        raise AudioError(
            f"codes have shape {codes.shape}: give (S, N), a row for each of the first S of "
            f"{len(books)} books"
        )
    return sum(book[row] for book, row in zip(books, codes, strict=False)).T


def _nearest(frames, book):
    """Return for each frame (N, D) the nearest entry, and the squared distance to it."""
    # |x - b|^2 = |x|^2 - 2 x b + |b|^2, without an array of all differences
    distances = (frames**2).sum(1)[:, None] - 2 * frames @ book.T + (book**2).sum(1)
    nearest = distances.argmin(axis=1)
    return nearest, distances[np.arange(len(frames)), nearest]


def _check_frames(frames) -> np.ndarray:
    frames = as_array(frames, name="frames", dtype=np.float64)
    if frames.ndim != 2 or frames.size == 0 or not np.isfinite(frames).all():
        raise AudioError(f"frames have shape {frames.shape}: give finite numbers (D, N)")
    return frames
