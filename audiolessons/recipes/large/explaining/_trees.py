"""A tree that imitates the network, on figures that can be read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from audiolessons.features import hz_to_mel

BANDS_HZ = (0, 500, 1000, 2000, 4000)
N_THIRDS = 3


def readable(dataset) -> tuple[np.ndarray, list[str]]:
    """Return figures of each sound that have names, (B, 13): levels of bands by thirds, length.

    A level is the mean of the log-mel bands of a range of frequencies in a third of the sound,
    less the mean of the whole sound, in dB.
    """
    x, lengths, _ = dataset.tensors
    n_mels = x.shape[1]
    edges = np.rint(n_mels * hz_to_mel(np.array(BANDS_HZ)) / hz_to_mel(BANDS_HZ[-1])).astype(int)
    names = [
        f"{low}-{high} Hz, {third}"
        for low, high in pairwise(BANDS_HZ)
        for third in ("beginning", "middle", "end")
    ]
    table = []
    for one, n in zip(x.numpy(), lengths.tolist(), strict=True):
        inside = one[:, :n]
        row = [
            part.mean() - inside.mean()
            for low, high in pairwise(edges)
            for part in np.array_split(inside[low:high], N_THIRDS, axis=1)
        ]
        table.append([*row, n / 100])
    return np.array(table), [*names, "length (s)"]


def imitating_tree(table, answers, *, depth: int) -> DecisionTreeClassifier:
    """Return a tree of at most `depth` questions that learned what the network answered."""
    return DecisionTreeClassifier(max_depth=depth, random_state=0).fit(table, answers)
