"""Exercises of the chapter large/explaining: pieces, paths, games, curves, lines."""

from __future__ import annotations

from itertools import combinations
from math import comb, factorial

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise


def _grid(n_bins, n_frames, n_rows, n_columns):
    rows, columns = np.arange(n_bins) * n_rows // n_bins, np.arange(n_frames)
    return rows[:, None] * n_columns + columns * n_columns // n_frames


def _any_map(random):
    n_bins, n_frames = random.integers(3, 9, 2)
    pieces = _grid(n_bins, n_frames, *(int(n) for n in random.integers(1, 4, 2)))
    return random.normal(size=pieces.shape), random.permutation(int(pieces.max()) + 1)[pieces]


# --- a map of points, in pieces -----------------------------------------------------------------


def _shares(size=np.abs, pool=np.sum, over=np.sum):
    """The shares with their parts exchangeable."""

    def shares(values, pieces):
        found = [pool(size(values)[pieces == p]) for p in range(int(np.max(pieces)) + 1)]
        return np.array(found) / over(found)

    return shares


@exercise(
    "explaining.share",
    level="easy",
    hints=(
        "The sizes count, without their signs: `np.abs(values)`. `pieces == p` says where piece p "
        "is.",
        "Add up the sizes inside each piece, from 0 to `pieces.max()`.",
        "Divide by the sum of all sizes: then the shares add up to 1.",
    ),
    probes=[
        probe(
            "two pieces, by hand: three quarters and a quarter",
            np.array([[1.0, -2.0, 1.0]]),
            np.array([[0, 0, 1]]),
        ),
        probe("pieces of unequal size", noise(5, 7, seed=1), _grid(5, 7, 2, 3)),
        probe("pieces that are counted backwards", noise(4, 6, seed=2), 5 - _grid(4, 6, 2, 3)),
        probe("large values", 1000 * noise(3, 5, seed=3) + 200, _grid(3, 5, 3, 2)),
    ],
    wrong=[
        (
            _shares(size=np.asarray),
            "the signs are kept, so that values for and against cancel: take their sizes",
        ),
        (
            lambda values, pieces: (
                np.abs(_shares(size=np.asarray, over=lambda found: 1.0)(values, pieces))
                / np.sum(np.abs(values))
            ),
            "the sizes are taken after the sum, when values for and against have cancelled: before",
        ),
        (_shares(pool=np.mean), "this is the mean of a piece: large pieces hold more, so add up"),
        (_shares(over=lambda found: 1.0), "these are sums: divide by the sum of all sizes"),
        (_shares(over=np.max), "divided by the largest piece: divide by the sum of all sizes"),
        (_shares(size=np.square), "these are squares: take the sizes"),
        (
            lambda values, pieces: (
                _shares()(values, pieces) * np.size(values) / np.bincount(np.ravel(pieces))
            ),
            "divided by the share of the area as well: add up the sizes alone",
        ),
        (
            lambda values, pieces: _shares()(np.maximum(values, 0), pieces),
            "only what speaks for the class is counted: what speaks against it has a size, too",
        ),
    ],
    valid=_any_map,
)
def share(values, pieces):
    return _shares()(values, pieces)


# --- the pieces that count most -----------------------------------------------------------------


def _top(order=lambda scores: np.argsort(-scores, kind="stable"), give=lambda mask: mask):
    def top_mask(scores, pieces, n_kept):
        return give(np.isin(pieces, order(np.asarray(scores))[:n_kept]))

    return top_mask


def _scored(random):
    pieces = _any_map(random)[1]
    n_pieces = int(pieces.max()) + 1
    return np.round(random.normal(size=n_pieces), 1), pieces, int(random.integers(0, n_pieces + 1))


@exercise(
    "explaining.mask",
    level="easy",
    hints=(
        "`np.argsort(-scores, kind='stable')` gives the pieces from the highest score to the "
        "lowest, and of equal ones the first.",
        "The first `n_kept` of them are kept. Which places belong to one of these? `np.isin`.",
        "Return booleans of the shape of `pieces`.",
    ),
    probes=[
        probe("one piece of three", np.array([0.1, 2.0, -3.0]), np.array([[0, 1], [1, 2]]), 1),
        probe("four pieces of six", noise(6, seed=4), _grid(4, 7, 2, 3), 4),
        probe("of equal scores the first", np.array([1.0, 5, 1, 1]), _grid(4, 4, 2, 2), 2),
        probe("none", noise(4, seed=5), _grid(4, 4, 2, 2), 0),
        probe("all of them", noise(6, seed=6), _grid(6, 5, 3, 2), 6),
    ],
    wrong=[
        (_top(order=np.argsort), "these are the pieces with the lowest scores"),
        (
            _top(order=lambda scores: np.argsort(-np.abs(scores), kind="stable")),
            "a piece that speaks against the class is kept: take the scores with their signs",
        ),
        (_top(give=np.logical_not), "this is what is removed: True is what stays"),
        (
            _top(order=lambda scores: np.argsort(scores)[::-1]),
            "of equal scores, the piece with the lower number comes first",
        ),
        (
            lambda scores, pieces, n_kept: np.asarray(scores)[pieces] > 0,
            "`n_kept` is not used: keep so many pieces",
        ),
        (
            lambda scores, pieces, n_kept: _top()(scores, pieces, n_kept + 1),
            "one piece too many is kept",
        ),
    ],
    valid=_scored,
)
def top_mask(scores, pieces, n_kept):
    return _top()(scores, pieces, n_kept)


# --- along the way ------------------------------------------------------------------------------


def _path(
    at=lambda step, n: (step + 0.5) / n, pool=np.mean, times=lambda x, base: x - base, steps=None
):
    """Integrated gradients with their parts exchangeable."""

    def path_gradients(slope, x, baseline, n_steps):
        n = n_steps if steps is None else steps
        met = [slope(baseline + at(step, n) * (x - baseline)) for step in range(n)]
        return pool(np.array(met), axis=0) * times(x, baseline)

    return path_gradients


def _cubic(x):
    return 3 * x**2


def _joined(x):
    return x[::-1] * np.cos(x)


def _bent(x):
    return np.tanh(x) + 0.5 * x.sum()


@exercise(
    "explaining.path",
    level="core",
    hints=(
        "The way is `baseline + a * (x - baseline)`, with a from 0 to 1.",
        "Of `n_steps` equal steps, step number i (from 0 on) has its middle at "
        "a = (i + 0.5) / n_steps.",
        "Take the mean of the gradients there, times `x - baseline`.",
    ),
    probes=[
        probe("one step: half-way", _cubic, np.array([2.0, 4.0]), np.array([0.0, 0.0]), 1),
        probe("four steps of a cubic", _cubic, np.array([1.0, -2.0, 3.0]), np.zeros(3), 4),
        probe("from another baseline", _joined, noise(4, seed=1), noise(4, seed=2), 7),
        probe(
            "baseline and sound are equal: nothing", _bent, noise(3, seed=3), noise(3, seed=3), 5
        ),
        probe("many steps", _bent, noise(6, seed=4), noise(6, seed=5) - 1, 50),
    ],
    wrong=[
        (_path(at=lambda step, n: step / n), "these are the beginnings of the steps: + 0.5"),
        (_path(at=lambda step, n: (step + 1) / n), "these are the ends of the steps: + 0.5"),
        (
            _path(at=lambda step, n: step / max(n - 1, 1)),
            "the way is cut from end to end: take the middles of the steps",
        ),
        (_path(pool=np.sum), "the gradients are added up: take their mean"),
        (
            _path(times=lambda x, base: x),
            "this is times the sound: times how far it lies from the baseline",
        ),
        (_path(times=lambda x, base: 1.0), "this is the mean gradient: times `x - baseline`"),
        (_path(times=lambda x, base: base - x), "the sign is turned round: `x - baseline`"),
        (_path(at=lambda step, n: 1.0), "this is the gradient at the sound alone, times the way"),
        (
            lambda slope, x, baseline, n: _path()(slope, x, 0 * baseline, n),
            "the baseline is not used",
        ),
        (_path(steps=50), "`n_steps` is not used"),
    ],
    valid=lambda random: (
        [_cubic, _joined, _bent][int(random.integers(3))],
        *random.normal(size=(2, int(random.integers(2, 6)))),
        int(random.integers(1, 9)),
    ),
)
def path_gradients(slope, x, baseline, n_steps):
    return _path()(slope, x, baseline, n_steps)


# --- fair shares --------------------------------------------------------------------------------


def _by_sets(weight, gain=lambda answer, joined, without: answer(joined) - answer(without)):
    """Exact values with the weight of a set, and what a piece gains, exchangeable."""

    def fair_shares(answer, n_pieces):
        values = np.zeros(n_pieces)
        for piece in range(n_pieces):
            others = [other for other in range(n_pieces) if other != piece]
            for size in range(n_pieces):
                for some in combinations(others, size):
                    without = np.isin(np.arange(n_pieces), some)
                    joined = without | (np.arange(n_pieces) == piece)
                    values[piece] += weight(size, n_pieces) * gain(answer, joined, without)
        return values

    return fair_shares


def _shapley_weight(size, n):
    return factorial(size) * factorial(n - 1 - size) / factorial(n)


def _arriving(backwards=False):
    def one_order(answer, n_pieces):
        values, kept = np.zeros(n_pieces), np.zeros(n_pieces, dtype=bool)
        for piece in range(n_pieces)[:: -1 if backwards else 1]:
            before = answer(kept.copy())
            kept[piece] = True
            values[piece] = answer(kept.copy()) - before
        return values

    return one_order


class Game:
    """An answer that rises with pieces alone and in pairs, drawn from a seed."""

    def __init__(self, seed, offset=0.0):
        random = np.random.default_rng(seed)
        self.alone, self.pairs, self.three = random.normal(size=8), random.normal(size=(8, 8)), 2.0
        self.offset = offset

    def __call__(self, kept):
        kept = np.asarray(kept, dtype=float)
        n = len(kept)
        together = kept @ self.pairs[:n, :n] @ kept
        trio = self.three * kept[:3].prod() if n > 2 else 0.0
        return float(self.offset + self.alone[:n] @ kept + together + trio)


def _both_or_none(kept):
    return float(kept[0] and kept[1])


@exercise(
    "explaining.shapley",
    level="core",
    hints=(
        "For one order of the pieces: put them in one after another, and write down how far each "
        "raises the answer. `itertools.permutations(range(n_pieces))` gives all orders.",
        "The value of a piece is the mean of what it adds, over all orders.",
        "Begin each order with `kept = np.zeros(n_pieces, dtype=bool)`, and call `answer` with a "
        "copy of it.",
    ),
    probes=[
        probe("two pieces that work only together: half each", _both_or_none, 2),
        probe("three pieces, one of which does nothing", _both_or_none, 3),
        probe("four pieces", Game(1), 4),
        probe("five pieces, and an answer to silence that is not 0", Game(2, offset=3.0), 5),
        probe("a single piece has all of it", Game(3, offset=-1.0), 1),
    ],
    wrong=[
        (
            lambda answer, n: np.array(
                [
                    answer(np.ones(n, dtype=bool)) - answer(np.arange(n) != piece)
                    for piece in range(n)
                ]
            ),
            "this is what is lost when a piece alone is missing: take the mean over all orders",
        ),
        (
            lambda answer, n: np.array(
                [
                    answer(np.arange(n) == piece) - answer(np.zeros(n, dtype=bool))
                    for piece in range(n)
                ]
            ),
            "this is what a piece does alone: take the mean over all orders",
        ),
        (
            _by_sets(lambda size, n: 0.5 ** (n - 1)),
            "every set of others counts alike here (the values of Banzhaf): every *order* must",
        ),
        (
            _by_sets(lambda size, n: 1 / comb(n - 1, size)),
            "divide by the number of sizes, too: the values add up to more than the answer",
        ),
        (_arriving(), "this is one order alone, from the first piece to the last"),
        (_arriving(backwards=True), "this is one order alone, from the last piece to the first"),
        (
            _by_sets(_shapley_weight, lambda answer, joined, without: answer(joined)),
            "what was there before is not subtracted",
        ),
        (
            lambda answer, n: np.full(
                n, (answer(np.ones(n, dtype=bool)) - answer(np.zeros(n, dtype=bool))) / n
            ),
            "everything is shared out evenly: what does each piece add?",
        ),
        (
            _by_sets(lambda size, n: _shapley_weight(size, n) * factorial(n)),
            "these are sums over the orders: take the mean",
        ),
    ],
    valid=lambda random: (
        Game(int(random.integers(1000)), float(random.normal())),
        int(random.integers(2, 5)),
    ),
)
def fair_shares(answer, n_pieces):
    return _by_sets(_shapley_weight)(answer, n_pieces)


# --- take away, in order ------------------------------------------------------------------------


def _area(order=lambda scores: np.argsort(-scores), ends=slice(None), pool=np.mean):
    """The mean along the curve, with its parts exchangeable."""

    def deletion_area(answer, scores):
        kept = np.ones(len(scores), dtype=bool)
        found = [answer(kept.copy())]
        for piece in order(np.asarray(scores)):
            kept[piece] = False
            found.append(answer(kept.copy()))
        return float(pool(found[ends]))

    return deletion_area


@exercise(
    "explaining.deletion",
    level="core",
    hints=(
        "Begin with everything kept, and write down the answer.",
        "Go through the pieces from the highest score to the lowest: `np.argsort(-scores)`. "
        "Switch one off, and write down the answer again.",
        "For P pieces these are P + 1 answers. Return their mean.",
    ),
    probes=[
        probe("two pieces", Game(4), np.array([0.1, 0.9])),
        probe("five pieces", Game(5, offset=1.0), noise(5, seed=7)),
        probe("scores that are all below 0", Game(6), -(np.arange(1.0, 5.0)[::-1] ** 2)),
        probe("seven pieces", Game(7, offset=-2.0), noise(7, seed=9)),
    ],
    wrong=[
        (
            _area(order=np.argsort),
            "the most important pieces stay longest: take the highest score away first",
        ),
        (
            _area(order=lambda scores: np.argsort(-np.abs(scores))),
            "pieces that speak against the class go early: take the scores with their signs",
        ),
        (_area(ends=slice(1, None)), "the answer to the whole sound is left out"),
        (_area(ends=slice(None, -1)), "the answer to nothing is left out"),
        (_area(pool=np.sum), "the answers are added up: take their mean"),
        (
            _area(pool=lambda found: np.sum(found) / (len(found) - 1)),
            "divided by the number of pieces: there is one answer more",
        ),
        (
            _area(pool=np.trapezoid),
            "this is an area whose base is as long as there are pieces: take the mean of the "
            "answers",
        ),
        (
            lambda answer, scores: float(
                np.mean([answer(np.arange(len(scores)) != piece) for piece in range(len(scores))])
            ),
            "each piece is taken away alone: what is gone stays gone",
        ),
        (
            _area(order=lambda scores: range(len(scores))),
            "the scores are not used: they say in which order pieces go",
        ),
    ],
    valid=lambda random: (
        Game(int(random.integers(1000)), float(random.normal())),
        random.normal(size=int(random.integers(2, 8))),
    ),
)
def deletion_area(answer, scores):
    return _area()(answer, scores)


# --- is it the same picture? --------------------------------------------------------------------


def _ranks(values):
    return np.argsort(np.argsort(values))


def _alike(size=np.abs, rank=_ranks, give=lambda a, b: np.corrcoef(a, b)[0, 1]):
    def rank_likeness(before, after):
        first, second = (rank(np.ravel(size(one))) for one in (before, after))
        return float(give(first, second))

    return rank_likeness


def _cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def _two_maps(random):
    shape = random.integers(2, 6, 2)
    before = random.normal(size=shape)
    return before, random.uniform(0.2, 2) * before**3 + random.uniform(0, 2) * random.normal(
        size=shape
    )


@exercise(
    "explaining.sanity",
    level="core",
    hints=(
        "Take the sizes, make each map one row (`ravel`), and replace every value by its rank.",
        "`np.argsort(np.argsort(row))` gives the rank of each value: 0 for the smallest.",
        "Then it is the ordinary correlation of the two rows of ranks: `np.corrcoef(a, b)[0, 1]`.",
    ),
    probes=[
        probe("a map and itself, ten times as large: 1", noise(3, 4), 10 * noise(3, 4)),
        probe("a map and its negative: 1, as sizes count", noise(3, 4), -noise(3, 4)),
        probe("two maps that have nothing in common", noise(4, 5, seed=1), noise(4, 5, seed=2)),
        probe("one is bent: ranks stay", np.abs(noise(4, 6)), np.exp(3 * np.abs(noise(4, 6)))),
        probe("partly alike", noise(6, 3), noise(6, 3) + 0.7 * noise(6, 3, seed=4)),
    ],
    wrong=[
        (_alike(size=np.asarray), "the signs are kept: take the sizes first"),
        (_alike(rank=np.asarray), "these are correlations of the values: rank them first"),
        (
            _alike(rank=np.argsort),
            "one `argsort` says where the values go, not which rank each has: apply it twice",
        ),
        (_alike(give=_cosine), "this is the cosine of the ranks: subtract their means first"),
        (
            _alike(rank=lambda row: (row > np.median(row)).astype(float)),
            "only halves are compared: give every value a rank of its own",
        ),
        (
            _alike(give=lambda a, b: np.cov(a, b)[0, 1]),
            "this is the covariance: divide by both deviations",
        ),
        (
            _alike(give=lambda a, b: np.corrcoef(a, b)[0, 1] ** 2),
            "this is squared: return the correlation itself",
        ),
        (
            _alike(give=lambda a, b: 1 - np.corrcoef(a, b)[0, 1]),
            "this is how unlike they are: 1 for equal maps",
        ),
    ],
    valid=_two_maps,
)
def rank_likeness(before, after):
    return _alike()(before, after)


# Exercises that need torch, and the bug hunt, stand in a module of their own.
from audiolessons.exercises.large import _explaining_lines  # noqa: E402, F401
