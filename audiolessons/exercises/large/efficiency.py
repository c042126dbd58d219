"""Exercises of the chapter large/efficiency: costs, delays, grids, channels, frontiers."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- multiplications -----------------------------------------------------------------------------


def _count(give):
    def products(n_in, n_out, kernel_size, n_bins, n_frames, groups):
        return give(n_in, n_out, kernel_size, n_bins, n_frames, groups)

    return products


def _layer(random):
    groups = int(random.integers(1, 5))
    n_in, n_out = (groups * int(n) for n in random.integers(1, 9, 2))
    kernel_size, n_bins, n_frames = (int(n) for n in random.integers(1, 12, 3))
    return n_in, n_out, kernel_size, n_bins, n_frames, groups


@exercise(
    "efficiency.count",
    level="easy",
    hints=(
        "How many values come out, and how many products does each of them take?",
        "Out come n_out x n_bins x n_frames values. Each is a sum over kernel_size x kernel_size "
        "places and over the channels that its filter hears.",
        "With groups, a filter hears n_in / groups channels.",
    ),
    probes=[
        probe("one channel in, one out, 3 x 3, 10 bins, 7 frames", 1, 1, 3, 10, 7, 1),
        probe("32 channels in, 64 out, 20 bins, 13 frames", 32, 64, 3, 20, 13, 1),
        probe("1 x 1: channels are mixed, places are not", 64, 128, 1, 10, 6, 1),
        probe("each channel by itself", 64, 64, 3, 10, 6, 64),
        probe("two groups, 5 x 5", 6, 4, 5, 8, 9, 2),
    ],
    wrong=[
        (
            _count(lambda i, o, k, f, n, g: i * o * k * k // g),
            "these are the weights: each is used at every bin and frame",
        ),
        (
            _count(lambda i, o, k, f, n, g: i * o * k * k * f * n),
            "the groups are ignored: a filter hears n_in / groups channels",
        ),
        (
            _count(lambda i, o, k, f, n, g: i * o * k * f * n // g),
            "a kernel has kernel_size x kernel_size places",
        ),
        (
            _count(lambda i, o, k, f, n, g: o * k * k * f * n),
            "each filter sums over the channels that come in, too",
        ),
        (
            _count(lambda i, o, k, f, n, g: i * o * k * k * f * n // g**2),
            "divided by the groups twice: there are n_out filters whatever the groups",
        ),
        (
            _count(lambda i, o, k, f, n, g: 2 * i * o * k * k * f * n // g),
            "twice as many: additions are not counted here",
        ),
        (
            _count(lambda i, o, k, f, n, g: i * o * k * k * f * n * g),
            "groups make it less: divide by them",
        ),
    ],
    valid=_layer,
)
def count(n_in, n_out, kernel_size, n_bins, n_frames, groups):
    return n_out * n_bins * n_frames * kernel_size**2 * (n_in // groups)


# --- delays --------------------------------------------------------------------------------------


def _delays(cut=lambda times, n: times[n:], shares=(50, 99), give=np.percentile):
    def delays(times_ms, n_warm_up):
        counted = cut(np.asarray(times_ms, dtype=float), n_warm_up)
        return tuple(float(give(counted, share)) for share in shares)

    return delays


def _times(n, seed, *, n_slow=3):
    random = np.random.default_rng(seed)
    times = 1 + random.exponential(0.3, n)
    times[:n_slow] += 20 * np.arange(n_slow, 0, -1)
    return np.round(times, 3)


@exercise(
    "efficiency.delays",
    level="easy",
    hints=(
        "The first `n_warm_up` calls are left out: `times_ms[n_warm_up:]`.",
        "`np.percentile(times, 99)`: 99 of 100 calls take at most so long.",
        "Return both, the median first.",
    ),
    probes=[
        probe("ten calls, the first three are warm-up", _times(10, 1), 3),
        probe("two hundred calls", _times(200, 2), 5),
        probe("no warm-up: every call counts", _times(50, 3), 0),
        probe("slow calls at the end count", _times(60, 4)[::-1].copy(), 4),
    ],
    wrong=[
        (_delays(cut=lambda times, n: times), "the warm-up is counted: leave the first calls out"),
        (
            _delays(cut=lambda times, n: np.sort(times)[: len(times) - n]),
            "the slowest are left out: leave out the first, however long they took",
        ),
        (
            _delays(cut=lambda times, n: np.sort(times)[n:]),
            "sorted before the first are left out, so the fastest are missing",
        ),
        (
            _delays(cut=lambda times, n: times[: len(times) - n]),
            "the last calls are left out: leave out the first",
        ),
        (_delays(cut=lambda times, n: times[:n]), "this is the warm-up: take what comes after it"),
        (_delays(shares=(99, 50)), "the two are exchanged: the median comes first"),
        (_delays(shares=(50, 95)), "this is the 95th percentile: the 99th is asked for"),
        (
            _delays(shares=(50, 0.99)),
            "`np.percentile` counts to 100: 0.99 is nearly the quickest call",
        ),
        (_delays(shares=(50, 100)), "this is the slowest call: the 99th percentile is asked for"),
        (
            _delays(
                give=lambda times, share: times.mean() if share == 50 else np.quantile(times, 0.99)
            ),
            "this is the mean: a few slow calls move it, so take the median",
        ),
    ],
    valid=lambda random: (
        _times(int(random.integers(8, 60)), int(random.integers(1000))),
        int(random.integers(0, 7)),
    ),
)
def delays(times_ms, n_warm_up):
    return _delays()(times_ms, n_warm_up)


# --- a grid --------------------------------------------------------------------------------------


def _on_grid(
    limit=lambda n_bits: 2 ** (n_bits - 1) - 1,
    largest=lambda weight: np.abs(weight).reshape(len(weight), -1).max(axis=1),
    turn=np.round,
    give=lambda integers, scale: integers * scale,
):
    def on_grid(weight, n_bits):
        weight = np.asarray(weight, dtype=float)
        highest = limit(n_bits)
        reach = np.asarray(largest(weight), dtype=float).reshape(-1, *[1] * (weight.ndim - 1))
        scale = np.where(reach > 0, reach, 1) / highest
        return give(turn(weight / scale), scale)

    return on_grid


def _along(axis):
    """The grid with the largest magnitude taken along one axis."""

    def on_grid(weight, n_bits):
        weight = np.asarray(weight, dtype=float)
        reach = np.abs(weight).max(axis=axis, keepdims=True)
        scale = np.where(reach > 0, reach, 1) / (2 ** (n_bits - 1) - 1)
        return np.round(weight / scale) * scale

    return on_grid


def _weight(random):
    shape = tuple(int(n) for n in random.integers(1, 5, int(random.integers(2, 4))))
    weight = (
        random.normal(size=shape)
        * 10.0 ** random.integers(-2, 3, shape[:1])[(...,) + (None,) * (len(shape) - 1)]
    )
    return weight, int(random.integers(2, 9))


SOME = noise(4, 3, 3, seed=2) * np.array([0.01, 1.0, 30.0, 0.3])[:, None, None]
BELOW = np.array([[-0.9, 0.2, 0.35], [0.1, -0.06, 0.08]])


@exercise(
    "efficiency.grid",
    level="core",
    hints=(
        "For each channel (axis 0) find the largest magnitude; `np.abs(weight).reshape(len(weight),"
        " -1).max(axis=1)` does for any number of axes.",
        "The scale is that over 2^(n_bits - 1) - 1. Give it axes of size 1, to meet the weight.",
        "Round weight / scale to whole numbers, and multiply with the scale again. A channel of "
        "zeros has no largest magnitude to divide by: it stays 0.",
    ),
    probes=[
        probe("two channels, 8 bits", BELOW, 8, rtol=1e-9, atol=1e-12),
        probe("two channels, 3 bits: whole numbers from -3 to 3", BELOW, 3, rtol=1e-9, atol=1e-12),
        probe("2 bits: -1, 0 and 1", BELOW, 2, rtol=1e-9, atol=1e-12),
        probe("four channels of very different size, three axes", SOME, 4, rtol=1e-9, atol=1e-12),
        probe("a channel of zeros stays", BELOW * [[1.0], [0.0]], 8, rtol=1e-9, atol=1e-12),
    ],
    wrong=[
        (
            _on_grid(largest=lambda w: np.full(len(w), np.abs(w).max())),
            "one scale for all channels: the small ones are lost, so give each its own",
        ),
        (_along(0), "the largest is taken over the channels: take it within each of them"),
        (
            _along(-1),
            "each row of the last axis has a scale: a channel has one, over all its other axes",
        ),
        (
            _on_grid(largest=lambda w: w.reshape(len(w), -1).max(axis=1)),
            "the largest value is not the largest magnitude: a weight may be negative",
        ),
        (
            _on_grid(limit=lambda n: 2 ** (n - 1)),
            "divided by 2^(n_bits - 1): the highest whole number is one less, 127 of 8 bits",
        ),
        (
            _on_grid(limit=lambda n: 2**n - 1),
            "divided by 2^n_bits - 1: half of the whole numbers are negative",
        ),
        (_on_grid(turn=np.floor), "rounded down: take the nearest whole number"),
        (_on_grid(turn=np.trunc), "cut towards 0: take the nearest whole number"),
        (
            _on_grid(give=lambda integers, scale: integers),
            "these are the whole numbers: multiply them with the scale again",
        ),
        (
            _on_grid(largest=lambda w: np.abs(w).reshape(len(w), -1).mean(axis=1)),
            "the scale comes from the mean magnitude: the largest one must fit",
        ),
    ],
    valid=_weight,
)
def on_grid(weight, n_bits):
    return _on_grid()(weight, n_bits)


# --- channels ------------------------------------------------------------------------------------


def _taken_out(
    choose=lambda strengths, n: np.sort(np.argsort(-strengths, kind="stable")[:n]),
    strength=lambda first: np.sqrt((first.reshape(len(first), -1) ** 2).sum(axis=1)),
    cut=lambda first, second, stay: (first[stay], second[:, stay]),
):
    def without_channels(first, second, n_stay):
        first, second = np.asarray(first), np.asarray(second)
        return cut(first, second, choose(strength(first), n_stay))

    return without_channels


def _masked(first, second, stay):
    mask = np.zeros(len(first), dtype=bool)
    mask[stay] = True
    return first * mask[:, None, None, None], second * mask[None, :, None, None]


def _two_layers(random):
    c, d, e = (int(n) for n in random.integers(2, 7, 3))
    return (
        random.normal(size=(c, d, 3, 3)),
        random.normal(size=(e, c, 3, 3)),
        int(random.integers(1, c + 1)),
    )


FIRST, SECOND = noise(5, 2, 3, 3, seed=3), noise(4, 5, 3, 3, seed=4)
FEW_BIG = np.full((3, 1, 2, 2), 0.6)
FEW_BIG[1, 0] = [[1.5, 0], [0, 0]]  # longer, but its magnitudes sum to less
FEW_BIG[2] = 0.1


@exercise(
    "efficiency.channels",
    level="core",
    hints=(
        "The strength of filter c is the length of `first[c]`: the root of the sum of all squares.",
        "Take the numbers of the `n_stay` strongest and sort them, so that channels keep their "
        "order.",
        "`first[stay]` drops filters, `second[:, stay]` the slices that listened to them.",
    ),
    probes=[
        probe("three of five channels stay", FIRST, SECOND, 3),
        probe("all five stay: nothing changes", FIRST, SECOND, 5),
        probe("one stays", FIRST, SECOND, 1),
        probe("one large weight makes a filter longer", FEW_BIG, noise(2, 3, 2, 2), 1),
        probe("other sizes", noise(6, 3, 1, 5, seed=5), noise(2, 6, 5, 1, seed=6), 4),
    ],
    wrong=[
        (_taken_out(cut=_masked), "set to 0 and kept: nothing is smaller, so take them out"),
        (
            _taken_out(cut=lambda first, second, stay: (first[stay], second)),
            "the second layer still listens to channels that are gone",
        ),
        (
            _taken_out(choose=lambda s, n: np.sort(np.argsort(s, kind="stable")[:n])),
            "the weakest stay: keep the strongest",
        ),
        (
            _taken_out(choose=lambda s, n: np.argsort(-s, kind="stable")[:n]),
            "the channels are in order of strength: keep the order that they had",
        ),
        (
            _taken_out(choose=lambda s, n: np.arange(n)),
            "the first channels stay: keep the strongest",
        ),
        (
            _taken_out(strength=lambda w: np.abs(w).reshape(len(w), -1).sum(axis=1)),
            "the strength is the sum of magnitudes here: take the root of the sum of squares",
        ),
        (
            _taken_out(strength=lambda w: np.abs(w).reshape(len(w), -1).max(axis=1)),
            "the strength is the largest weight here: take the root of the sum of squares",
        ),
        (
            _taken_out(strength=lambda w: w.reshape(len(w), -1).sum(axis=1)),
            "weights of both signs cancel in the sum: take the root of the sum of squares",
        ),
        (
            _taken_out(choose=lambda s, n: np.sort(np.argsort(-s, kind="stable")[: len(s) - n])),
            "`n_stay` is how many stay, not how many go",
        ),
    ],
    valid=_two_layers,
)
def without_channels(first, second, n_stay):
    return _taken_out()(first, second, n_stay)


# --- a teacher -----------------------------------------------------------------------------------

from audiolessons.exercises.large import _efficiency_teachers  # noqa: E402, F401

# --- a frontier ----------------------------------------------------------------------------------


def _frontier(beats):
    def frontier(size, accuracy):
        size, accuracy = np.asarray(size), np.asarray(accuracy)
        return [
            i
            for i in range(len(size))
            if not any(
                beats(size[j], accuracy[j], size[i], accuracy[i])
                for j in range(len(size))
                if j != i
            )
        ]

    return frontier


def _better(size, accuracy, other_size, other_accuracy):
    no_worse = size <= other_size and accuracy >= other_accuracy
    return no_worse and (size < other_size or accuracy > other_accuracy)


def _networks(random):
    n = int(random.integers(2, 12))
    return random.integers(1, 9, n).astype(float), random.integers(80, 90, n).astype(float)


@exercise(
    "efficiency.frontier",
    level="core",
    hints=(
        "A network is beaten if some other is at most as large and at least as accurate, and "
        "better in one of the two.",
        "For each i look at all j: `size[j] <= size[i] and accuracy[j] >= accuracy[i] and (...)`.",
        "Two that are alike in both do not beat each other. Return the numbers of those that "
        "nobody beats, in order.",
    ),
    probes=[
        probe("three networks, the middle one is beaten", [1.0, 2.0, 3.0], [90.0, 88.0, 95.0]),
        probe("two are alike: both stay", [1.0, 1.0, 2.0], [90.0, 90.0, 89.0]),
        probe("as large, more accurate", [2.0, 2.0, 1.0], [90.0, 91.0, 85.0]),
        probe("as accurate, larger", [2.0, 1.0, 3.0], [90.0, 90.0, 96.0]),
        probe("twelve networks", *_networks(np.random.default_rng(8))),
        probe("eleven more", *_networks(np.random.default_rng(30))),
    ],
    wrong=[
        (
            _frontier(lambda s, a, t, b: s < t and a > b),
            "a network that is as large as another and less accurate is beaten, too",
        ),
        (
            _frontier(lambda s, a, t, b: s <= t and a >= b),
            "two that are alike beat each other here: one must be better in something",
        ),
        (
            _frontier(lambda s, a, t, b: _better(s, -a, t, -b)),
            "the least accurate are kept: accuracy is better where it is higher",
        ),
        (
            _frontier(lambda s, a, t, b: _better(-s, a, -t, b)),
            "the largest are kept: size is better where it is lower",
        ),
        (
            _frontier(lambda s, a, t, b: a > b),
            "only the most accurate stay: a smaller network may be less accurate",
        ),
        (
            _frontier(lambda s, a, t, b: s < t),
            "only the smallest stay: a larger network may be more accurate",
        ),
        (
            lambda size, accuracy: [
                i for i in range(len(size)) if i not in _frontier(_better)(size, accuracy)
            ],
            "these are the ones that are beaten",
        ),
    ],
    valid=_networks,
)
def frontier(size, accuracy):
    return _frontier(_better)(size, accuracy)


# --- the bug hunt --------------------------------------------------------------------------------


def _pack(
    goes=lambda weight, n: np.argsort(np.abs(weight).ravel(), kind="stable")[:n],
    number=lambda size, share: round(share * size),
    values=lambda weight, stays: weight.ravel()[stays].astype(np.float32),
    places=np.packbits,
):
    def pack(weight, share):
        weight = np.asarray(weight)
        stays = np.ones(weight.size, dtype=bool)
        stays[goes(weight, number(weight.size, share))] = False
        return values(weight, stays), places(stays)

    return pack


def _file(answer, weight, share):
    found = answer(weight, share)
    try:
        values, places = (np.asarray(one) for one in found)
    except (TypeError, ValueError):
        return {"what came back": f"{type(found).__name__}: give (values, places)"}
    facts = {"values": values.dtype.name, "places": places.dtype.name, "places held": places.shape}
    facts["bytes of the values"] = values.nbytes
    facts["the values"] = values.ravel().astype(float)
    facts["the places"] = places.ravel().astype(int)
    return facts


def _weight_to_pack(random):
    shape = tuple(int(n) for n in random.integers(1, 7, 2))
    return random.normal(size=shape).astype(np.float32), float(random.integers(0, 9)) / 10


PACKED = noise(5, 7, seed=9).astype(np.float32)


@exercise(
    "efficiency.repair",
    level="stretch",
    hints=(
        "Which weights stay? Those whose magnitude is not among the `round(share * size)` "
        "smallest: a boolean for each place, in reading order.",
        "`weight.ravel()[stays]` has only the weights that stay; zeros need no storing.",
        "`np.packbits(stays)` puts eight booleans into a byte.",
    ),
    observe=_file,
    probes=[
        probe("35 weights, 80 % go: 7 values, 5 bytes of places", PACKED, 0.8),
        probe("nothing goes", PACKED, 0.0),
        probe("half of 6 x 4", noise(6, 4, seed=10).astype(np.float32), 0.5),
        probe("33 % of 35 weights: 12 go", PACKED, 0.33),
        probe("30 % of 48 weights: 14 go", noise(6, 8, seed=12).astype(np.float32), 0.3),
        probe("a negative weight may be the largest", -np.abs(PACKED), 0.6),
        probe("three axes", noise(2, 3, 4, seed=11).astype(np.float32), 0.75),
    ],
    wrong=[
        (
            _pack(values=lambda weight, stays: (weight.ravel() * stays).astype(np.float32)),
            "the zeros are stored as well: keep only the weights that stay",
        ),
        (
            _pack(places=lambda stays: stays.astype(np.float32)),
            "the mask takes four bytes a weight: as much as the weights themselves",
        ),
        (_pack(places=lambda stays: stays), "a boolean takes a whole byte: pack eight into one"),
        (
            _pack(values=lambda weight, stays: weight.ravel()[stays].astype(float)),
            "the values take eight bytes each: keep float32",
        ),
        (
            _pack(goes=lambda weight, n: np.argsort(-np.abs(weight).ravel(), kind="stable")[:n]),
            "the largest go: the smallest magnitudes are to go",
        ),
        (
            _pack(goes=lambda weight, n: np.argsort(weight.ravel(), kind="stable")[:n]),
            "the most negative go: it is the magnitude that counts",
        ),
        (
            _pack(number=lambda size, share: size - round(share * size)),
            "`share` is the share that goes, not the share that stays",
        ),
        (
            _pack(number=lambda size, share: int(share * size)),
            "`share * size` is rounded down: take the nearest whole number",
        ),
        (
            _pack(
                goes=lambda weight, n: np.flatnonzero(
                    np.abs(weight).ravel() < np.quantile(np.abs(weight), n)
                ),
                number=lambda size, share: share,
            ),
            "`np.quantile` does not count to `round(share * size)`: sort, and take so many",
        ),
        (
            _pack(places=lambda stays: np.packbits(~stays)),
            "the places are those of the weights that went: mark those that stay",
        ),
        (
            _pack(places=lambda stays: np.packbits(stays, bitorder="little")),
            "the bits run backwards within each byte: `np.packbits` as it is",
        ),
    ],
    valid=_weight_to_pack,
)
def pack(weight, share):
    return _pack()(weight, share)
