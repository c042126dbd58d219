"""Exercises of the chapter large/finetuning: hidden frames, low ranks, what learns and what not."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- how much learns ----------------------------------------------------------------------------


@exercise(
    "finetuning.share",
    level="easy",
    hints=(
        "The layer holds `n_in * n_out` weights and `n_out` numbers of its bias.",
        "A is (rank, n_in) and B is (n_out, rank): together `rank * (n_in + n_out)` numbers.",
        "What is asked is the second over the first, and 100 times that.",
    ),
    probes=[
        probe("a square layer of 100 and rank 1", 100, 100, 1),
        probe("a layer that widens", 128, 512, 4),
        probe("the same layer the other way round has a smaller bias", 512, 128, 4),
        probe("a high rank learns more numbers than the layer has", 6, 8, 6),
    ],
    wrong=[
        (
            lambda n_in, n_out, rank: 100 * rank * (n_in + n_out) / (n_in * n_out),
            "the bias of the layer is missing: it holds n_out numbers",
        ),
        (
            lambda n_in, n_out, rank: rank * (n_in + n_out) / (n_in * n_out + n_out),
            "this is a share from 0 to 1: give percent",
        ),
        (
            lambda n_in, n_out, rank: 100 * rank * n_in / (n_in * n_out + n_out),
            "this is A alone: B has rank * n_out numbers",
        ),
        (
            lambda n_in, n_out, rank: 100 * rank * n_out / (n_in * n_out + n_out),
            "this is B alone: A has rank * n_in numbers",
        ),
        (
            lambda n_in, n_out, rank: 100 * rank**2 / (n_in * n_out + n_out),
            "this is a matrix (rank, rank): the two are (rank, n_in) and (n_out, rank)",
        ),
        (
            lambda n_in, n_out, rank: 100 * rank * (n_in + n_out) / (n_in * n_out + n_in),
            "the bias holds n_out numbers, one for each output, and not n_in",
        ),
        (
            lambda n_in, n_out, rank: (
                100 * rank * (n_in + n_out) / (n_in * n_out + n_out + rank * (n_in + n_out))
            ),
            "this is a share of layer and correction together: divide by the layer's own numbers",
        ),
    ],
    valid=lambda random: tuple(int(n) for n in random.integers(1, 300, 3)),
)
def learned_percent(n_in, n_out, rank):
    return 100 * rank * (n_in + n_out) / (n_in * n_out + n_out)


# --- hidden stretches ---------------------------------------------------------------------------


def _hide(begin=0, end=0, covers=None):
    def hide(frames, starts, span, stands_in):
        hidden = frames.copy()
        for start in starts:
            hidden[:, start + begin : start + span + end] = stands_in[:, None]
        return hidden

    return hide


def _swapped(frames, starts, span, stands_in):
    hidden = np.repeat(stands_in[:, None], frames.shape[1], axis=1).astype(frames.dtype)
    for start in starts:
        hidden[:, start : start + span] = frames[:, start : start + span]
    return hidden


def _zeroed(frames, starts, span, stands_in):
    hidden = frames.copy()
    for start in starts:
        hidden[:, start : start + span] = 0
    return hidden


def _next_to_each_other(frames, starts, span, stands_in):
    hidden, free = frames.copy(), 0
    for start in sorted(starts):
        start = max(start, free)
        free = start + span
        hidden[:, start:free] = stands_in[:, None]
    return hidden


def _any_stretches(random):
    n_bands, n_frames, n_starts, span = (int(n) for n in random.integers(1, 9, 4))
    starts = random.integers(0, n_frames, n_starts - 1).tolist()
    return random.normal(size=(n_bands, n_frames)), starts, span, random.normal(size=n_bands)


@exercise(
    "finetuning.hide",
    level="easy",
    hints=(
        "Begin with `hidden = frames.copy()`: what you are given stays as it is.",
        "A stretch is `hidden[:, start : start + span]`; a slice ends by itself where the frames "
        "end.",
        "`stands_in[:, None]` has the shape (F, 1), which meets every frame of the stretch.",
    ),
    probes=[
        probe("one stretch of two frames", noise(3, 7), [2], 2, noise(3, seed=9)),
        probe("stretches may overlap", noise(4, 9, seed=1), [1, 3], 4, noise(4, seed=8)),
        probe("a stretch ends where the sound ends", noise(2, 6, seed=2), [4], 5, noise(2, seed=7)),
        probe("no stretch, nothing hidden", noise(3, 5, seed=3), [], 3, noise(3, seed=6)),
    ],
    wrong=[
        (_hide(end=-1), "one frame of each stretch is seen: it ends before start + span"),
        (_hide(end=1), "one frame too many is hidden: start + span itself is seen"),
        (_hide(begin=1), "the first frame of each stretch is seen"),
        (_swapped, "hidden and seen are exchanged"),
        (_zeroed, "hidden frames are 0: the learned frame stands in for them"),
        (
            _next_to_each_other,
            "a stretch that overlaps another is moved behind it: they may overlap",
        ),
    ],
    valid=_any_stretches,
    keeps_arguments=True,
)
def hide(frames, starts, span, stands_in):
    return _hide()(frames, starts, span, stands_in)


# --- labels of one's own ------------------------------------------------------------------------


def _surest(order=-1, number=lambda share, n: int(share * n), chance=lambda c: c.max(axis=1)):
    def surest(chances, share):
        chances = np.asarray(chances)
        n = number(share, len(chances))
        rows = np.argsort(order * chance(chances), kind="stable")[:n]
        return rows, chances[rows].argmax(axis=1)

    return surest


def _margin(chances):
    ordered = np.sort(chances, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def _by_threshold(chances, share):
    chances = np.asarray(chances)
    rows = np.flatnonzero(chances.max(axis=1) > share)
    return rows, chances[rows].argmax(axis=1)


def _turned(chances, share):
    chances = np.asarray(chances)
    rows = np.argsort(chances.max(axis=1), kind="stable")[::-1][: int(share * len(chances))]
    return rows, chances[rows].argmax(axis=1)


def _in_order(chances, share):
    rows, _ = _surest()(chances, share)
    rows = np.sort(rows)
    return rows, np.asarray(chances)[rows].argmax(axis=1)


def _labels_apart(chances, share):
    rows, _ = _surest()(chances, share)
    return rows, np.asarray(chances).argmax(axis=1)[: len(rows)]


def _as_arrays(answer, chances, share):
    rows, labels = answer(chances, share)
    return {
        "rows": np.asarray(rows).astype(int),
        "labels": np.asarray(labels).astype(int),
    }


def _chances(n_sounds, n_classes, seed):
    odds = np.exp(2 * noise(n_sounds, n_classes, seed=seed))
    return odds / odds.sum(axis=1, keepdims=True)


@exercise(
    "finetuning.surest",
    level="core",
    hints=(
        "How sure the network is of a sound: the largest chance of its row.",
        "`np.argsort(-sure, kind='stable')` puts the surest first; keep `int(share * n)`.",
        "The labels are the likeliest classes of these rows, in the same order.",
    ),
    observe=_as_arrays,
    probes=[
        probe(
            "half of four sounds", np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5], [0.8, 0.2]]), 0.5
        ),
        probe("a third of nine, five classes", _chances(9, 5, 1), 0.34),
        probe("all of them", _chances(6, 3, 2), 1.0),
        probe("what would be half a sound is left out", _chances(7, 4, 3), 0.5),
        probe(
            "of equally sure ones the first stands first",
            np.array([[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.7, 0.0, 0.3], [0.4, 0.3, 0.3]]),
            0.75,
        ),
        probe("none of them", _chances(4, 3, 5), 0.1),
    ],
    wrong=[
        (_surest(order=1), "these are the least sure: the largest chance comes first"),
        (_by_threshold, "`share` is a share of the sounds, and no threshold for their chances"),
        (_in_order, "these rows stand in the order of the sounds: put the surest first"),
        (_labels_apart, "the labels belong to other rows: take those of the rows you kept"),
        (
            _surest(number=lambda share, n: int(np.ceil(share * n))),
            "the number of sounds is rounded up: leave out what would be part of a sound",
        ),
        (
            _surest(number=lambda share, n: round(share * n)),
            "the number of sounds is rounded to the nearest: leave out what would be part of one",
        ),
        (
            _turned,
            "of equally sure ones the last stands first: turning an order round turns ties as "
            "well, so sort `-sure`, and stably",
        ),
        (
            _surest(chance=_margin),
            "this is the lead over the second class: the largest chance itself is asked for",
        ),
    ],
    valid=lambda random: (
        _chances(int(random.integers(2, 12)), int(random.integers(2, 6)), random.integers(10**6)),
        float(random.uniform(0.2, 1)),
    ),
)
def surest(chances, share):
    return _surest()(chances, share)


from audiolessons.exercises.large import _finetuning_networks  # noqa: E402, F401
