"""How good a search is: whether what was looked for stands among the first answers."""

from __future__ import annotations

from math import comb

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count


def recall_at_k(similarity, query_labels, gallery_labels, *, k: int = 1) -> float:
    """Return the share of queries with an item of their own class among the k most similar.

    Counted by class: a "seven" that finds any other "seven" has found it. An item of another class
    that is exactly as similar counts as the better one, so that a search that finds everything
    equally similar finds nothing.

    Parameters
    ----------
    similarity
        Shape (Q, G), each query with each item of the gallery, larger is more similar.
    query_labels, gallery_labels
        Classes, shape (Q,) and (G,).
    k : int
        How many answers are looked at.

    Raises
    ------
    AudioError
        If the shapes do not fit, a similarity is not finite, or a query's class is not in the
        gallery.

    Examples
    --------
    >>> similarity = [[0.9, 0.8, 0.1], [0.2, 0.5, 0.4]]
    >>> recall_at_k(similarity, ["one", "two"], ["one", "one", "two"])
    0.5
    >>> recall_at_k(similarity, ["one", "two"], ["one", "one", "two"], k=2)
    1.0

    Chapter: tasks/multimodal
    """
    similarity = as_array(similarity, name="similarity")
    check_count(k, name="k")
    same = _same_class(query_labels, gallery_labels)
    if similarity.shape != same.shape:
        raise AudioError(
            f"similarity has shape {similarity.shape}: give {same.shape}, a row for each query and "
            "a column for each item of the gallery"
        )
    if not np.isfinite(similarity).all():
        raise AudioError("similarity holds NaN or infinity: look at the embeddings")
    best = np.where(same, similarity, -np.inf).max(axis=1)  # (Q,) the best right answer
    n_before = (~same & (similarity >= best[:, None])).sum(axis=1)  # wrong ones that come first
    return float(np.mean(n_before < k))


def chance_recall_at_k(query_labels, gallery_labels, *, k: int = 1) -> float:
    """Return the `recall_at_k` to be expected of a search that shuffles the gallery.

    Parameters
    ----------
    query_labels, gallery_labels, k
        As for `recall_at_k`.

    Examples
    --------
    >>> chance_recall_at_k([0, 1], [0, 0, 1, 1])
    0.5

    Chapter: tasks/multimodal
    """
    same = _same_class(query_labels, gallery_labels)
    k, n_items = min(check_count(k, name="k"), same.shape[1]), same.shape[1]
    # none of k items drawn without putting back is right
    missed = [comb(n_items - int(right), k) / comb(n_items, k) for right in same.sum(axis=1)]
    return float(1 - np.mean(missed))


def _same_class(query_labels, gallery_labels) -> np.ndarray:
    """Return which item has the class of which query, (Q, G)."""
    queries = as_array(query_labels, name="query_labels")
    gallery = as_array(gallery_labels, name="gallery_labels")
    for name, labels in (("query_labels", queries), ("gallery_labels", gallery)):
        if labels.ndim != 1 or labels.size == 0:
            raise AudioError(f"{name} have shape {labels.shape}: give one label an item")
    same = queries[:, None] == gallery
    if not same.any(axis=1).all():
        lost = queries[~same.any(axis=1)].tolist()[0]
        raise AudioError(f"no item of the gallery is of class {lost!r}: leave such queries out")
    return same
