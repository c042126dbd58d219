"""Exercises of the chapter speech/synthesis."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.speech import _synthesis_networks  # noqa: F401, states two exercises

# --- how long a sound lasts -----------------------------------------------------------------------


@exercise(
    "synthesis.duration",
    level="easy",
    hints=(
        "Only what is above the least duration is stretched or shortened.",
        "All shares are multiplied: `np.prod(shares)`, which is 1 where there are none.",
        "`least_ms + (inherent_ms - least_ms) * np.prod(shares)`",
    ),
    probes=[
        probe("no rule applies", 240.0, 100.0, []),
        probe("one rule halves", 240.0, 100.0, [0.5]),
        probe("two rules, one lengthens", 150.0, 70.0, [0.6, 1.4]),
        probe("three rules", 135.0, 40.0, [0.6, 0.85, 0.8]),
        probe("nothing is left but the least", 90.0, 50.0, [0.0]),
    ],
    wrong=[
        (lambda inherent, least, shares: inherent * np.prod(shares),
         "the least duration must stay: only what is above it is multiplied"),
        (lambda inherent, least, shares: max(least, inherent * np.prod(shares)),
         "a floor alone: multiply what is above the least, then add the least"),
        (lambda inherent, least, shares: (inherent - least) * np.prod(shares),
         "add the least duration again at the end"),
        (lambda inherent, least, shares: least + inherent * np.prod(shares),
         "the least is counted twice: multiply the inherent duration minus the least"),
        (lambda inherent, least, shares: least + (inherent - least) * np.sum(shares),
         "shares are multiplied, not added"),
        (lambda inherent, least, shares: least + (inherent - least) * (
            np.mean(shares) if len(shares) else 1.0), "shares are multiplied, not averaged"),
        (lambda inherent, least, shares: least + (inherent - least) * (
            shares[-1] if len(shares) else 1.0), "only the last share counts: multiply all"),
    ],
    valid=lambda random: (
        float(random.uniform(80, 300)), float(random.uniform(20, 80)),
        random.uniform(0.4, 1.6, int(random.integers(0, 5))).tolist(),
    ),
)  # fmt: skip
def duration_ms(inherent_ms, least_ms, shares):
    return least_ms + (inherent_ms - least_ms) * float(np.prod(shares))


# --- the length regulator -------------------------------------------------------------------------


def _regulated(*, how="repeat", turned=False, speed="divide", rounds=True, least=None):
    """Columns held for their durations, with the parts exchangeable."""

    def lengthen(states, durations, speed_factor=1.0):
        states = np.asarray(states, dtype=float)
        frames = np.asarray(durations, dtype=float)
        factor = {"divide": 1 / speed_factor, "multiply": speed_factor, "none": 1.0}[speed]
        frames = frames * factor
        frames = (np.floor(frames + 0.5) if rounds else np.floor(frames)).astype(int)
        if least is not None:
            frames = np.maximum(frames, least)
        if how == "repeat":
            found = np.repeat(states, frames, axis=1)
        elif how == "tile":
            found = np.concatenate([states] * max(1, int(frames.max())), axis=1)
        elif how == "scale":
            found = states * frames
        else:  # stretched evenly
            at = np.linspace(0, states.shape[1] - 1, int(frames.sum())).round().astype(int)
            found = states[:, at]
        return found.T if turned else found

    return lengthen


def _states(random):
    n = int(random.integers(1, 6))
    speed = float(random.choice([0.5, 1.0, 1.0, 2.0, 1.25]))
    return random.normal(size=(3, n)), random.integers(0, 9, n).tolist(), speed


@exercise(
    "synthesis.regulate",
    level="easy",
    hints=(
        "Frames of each sound: durations over speed, rounded to whole numbers.",
        "`np.repeat(states, frames, axis=1)` holds each column for so many frames.",
        "`frames = np.floor(np.asarray(durations) / speed + 0.5).astype(int)`",
    ),
    probes=[
        probe("two sounds, three frames and one", [[1.0, 2.0], [5.0, 6.0]], [3, 1], 1.0),
        probe("a sound that lasts no frame is left out", [[1.0, 2.0, 3.0]], [2, 0, 1], 1.0),
        probe("twice as fast", [[1.0, 2.0], [0.0, 4.0], [7.0, 1.0]], [4, 6], 2.0),
        probe("half as fast", [[1.0, 2.0]], [2, 3], 0.5),
        probe("a speed of 1.25 rounds", [[1.0, 2.0, 3.0]], [4, 7, 2], 1.25),
        probe("half a frame is rounded up", [[1.0, 2.0, 3.0]], [1, 5, 3], 2.0),
    ],
    wrong=[
        (_regulated(how="tile"), "the whole row is repeated: hold each column for its own frames"),
        (_regulated(how="even"), "all sounds are stretched alike: each has its own duration"),
        (_regulated(how="scale"), "values are multiplied: repeat the columns"),
        (_regulated(turned=True), "time is the last axis: this is turned"),
        (_regulated(speed="multiply"), "a higher speed makes fewer frames: divide by it"),
        (_regulated(speed="none"), "the speed is ignored"),
        (_regulated(rounds=False), "durations are cut off: round to the nearest frame, halves up"),
        (_regulated(least=1), "a sound of no frames must be left out, not held for one"),
        (lambda states, durations, speed: np.repeat(
            np.asarray(states), np.round(np.asarray(durations) / speed).astype(int), axis=1),
         "`round` takes halves to the even number: add 0.5 and take the floor"),
        (lambda states, durations, speed: np.repeat(
            np.asarray(states), np.ceil(np.asarray(durations) / speed).astype(int), axis=1),
         "every part of a frame is rounded up: round to the nearest frame"),
    ],
    valid=_states,
)  # fmt: skip
def lengthen(states, durations, speed):
    return _regulated()(states, durations, speed)


# --- how far a stack of dilated convolutions hears ------------------------------------------------


@exercise(
    "synthesis.reach",
    level="easy",
    hints=(
        "One layer with kernel K and dilation d looks back (K - 1) * d samples beyond its own.",
        "Reaches back add up from layer to layer; the sample itself is one more.",
        "`1 + (kernel_size - 1) * sum(dilations)`",
    ),
    probes=[
        probe("one layer, no dilation", 2, [1]),
        probe("doubling four times", 2, [1, 2, 4, 8]),
        probe("kernel 3", 3, [1, 3, 9]),
        probe("two blocks", 2, [1, 2, 4, 1, 2, 4]),
        probe("kernel 1 hears its own sample", 1, [1, 2, 4]),
    ],
    wrong=[
        (lambda kernel, dilations: kernel * sum(dilations),
         "a kernel of K reaches K - 1 steps back"),
        (lambda kernel, dilations: (kernel - 1) * sum(dilations),
         "the sample itself counts, too: one more"),
        (lambda kernel, dilations: kernel ** len(dilations),
         "this fits only dilations that grow by the kernel's size"),
        (lambda kernel, dilations: 1 + (kernel - 1) * len(dilations), "dilations are left out"),
        (lambda kernel, dilations: 1 + (kernel - 1) * max(dilations),
         "all layers add up, not the widest alone"),
        (lambda kernel, dilations: 1 + kernel * sum(dilations),
         "a kernel of K reaches K - 1 steps back, and the sample itself is there already"),
        (lambda kernel, dilations: 1 + (kernel - 1) * int(np.prod(dilations)),
         "reaches back are added, not multiplied"),
        (lambda kernel, dilations: 1 + 2 * (kernel - 1) * sum(dilations),
         "a causal layer looks to one side only"),
        (lambda kernel, dilations: sum(1 + (kernel - 1) * one for one in dilations),
         "the sample itself counts once, not in each layer"),
    ],
    valid=lambda random: (
        int(random.integers(1, 6)), random.integers(1, 30, int(random.integers(1, 7))).tolist(),
    ),
)  # fmt: skip
def reach(kernel_size, dilations):
    return 1 + (kernel_size - 1) * sum(dilations)


# --- the cheapest pieces --------------------------------------------------------------------------


def _chosen(*, weight="joins", joins=True, targets=True, greedy=False, worst=False, end=True):
    """The cheapest row of candidates with the parts exchangeable."""

    def choose(target_costs, join_costs, join_weight):
        shares = {name: join_weight if weight == name else 1.0 for name in ("targets", "joins")}
        heavy = shares["targets"] * (1.0 if targets else 0.0)
        target = [heavy * np.asarray(one, dtype=float) for one in target_costs]
        factor = shares["joins"] * (1.0 if joins else 0.0)
        ways = [factor * np.asarray(one, dtype=float) for one in join_costs]
        sign = -1 if worst else 1
        if greedy:
            taken = [int(np.argmin(target[0]))]
            for cost, way in zip(target[1:], ways, strict=True):
                taken.append(int(np.argmin(cost + way[taken[-1]])))
            return taken
        total, back = sign * target[0], []
        for place, way in enumerate(ways):
            each = total[:, None] + sign * way
            back.append(each.argmin(axis=0))
            is_last = place + 1 == len(ways)
            total = each.min(axis=0) + (sign * target[place + 1] if end or not is_last else 0)
        taken = [int(total.argmin())]
        for choice in reversed(back):
            taken.append(int(choice[taken[-1]]))
        return taken[::-1]

    return choose


def _row(random, counts=None):
    n = int(random.integers(1, 6))
    counts = counts or random.integers(1, 5, n).tolist()
    targets = [random.uniform(size=k) for k in counts]
    joins = [random.uniform(0, 2, (a, b)) for a, b in pairwise(counts)]
    return targets, joins, float(random.uniform(0.2, 3))


@exercise(
    "synthesis.choose",
    level="core",
    hints=(
        "Keep, for each candidate of a place, the least cost of a row that ends in it, and which "
        "candidate of the place before it came from.",
        "`each = total[:, None] + join_weight * joins` is (before, here): its minimum over axis 0, "
        "plus the target costs here, is the new total; `each.argmin(axis=0)` says where from.",
        "At the end take the candidate with the least total, and follow the notes back.",
    ),
    probes=[
        probe("one place", [[3.0, 1.0, 2.0]], [], 1.0),
        probe("a dear candidate that joins for nothing",
              [[0.0, 1.0], [0.0, 1.0]], [[[5.0, 5.0], [5.0, 0.0]]], 1.0),
        probe("the same with cheap joins",
              [[0.0, 1.0], [0.0, 1.0]], [[[5.0, 5.0], [5.0, 0.0]]], 0.1),
        probe("what looks best first is a trap",
              [[0.0, 0.5], [0.0], [0.0, 0.0]], [[[9.0], [0.0]], [[1.0, 0.0]]], 1.0),
        probe("the last place decides", [[0.0], [5.0, 0.0, 3.0]], [[[0.0, 1.0, 0.5]]], 1.0),
        probe("five places", *_row(np.random.default_rng(1), [3, 4, 2, 4, 3])),
        probe("six places", *_row(np.random.default_rng(2), [4, 3, 4, 1, 4, 4])),
        probe("seven places", *_row(np.random.default_rng(7), [4, 4, 4, 4, 4, 4, 4])),
    ],
    wrong=[
        (_chosen(weight=None), "`join_weight` is ignored"),
        (_chosen(weight="targets"), "`join_weight` stands before the target costs"),
        (_chosen(joins=False), "joins are ignored: each place takes what suits it best"),
        (_chosen(targets=False), "target costs are ignored"),
        (_chosen(greedy=True), "place by place the cheapest next step: a dear beginning may be "
         "cheaper in the end"),
        (_chosen(worst=True), "this is the dearest row"),
        (_chosen(end=False), "the target costs of the last place are left out"),
    ],
    valid=_row,
)  # fmt: skip
def choose(target_costs, join_costs, join_weight):
    return _chosen()(target_costs, join_costs, join_weight)


# --- what a loss makes of several right answers ---------------------------------------------------


def _guess(*, kind="median", axis=0, middle="mean"):
    """One guess for several takes, with the parts exchangeable."""

    def best_guess(takes, power):
        takes = np.asarray(takes, dtype=float)
        if kind == "median" and power == 1:
            ordered = np.sort(takes, axis=axis)
            n = takes.shape[axis]
            if middle == "upper":
                return np.take(ordered, n // 2, axis=axis)
            return np.median(takes, axis=axis)
        if kind == "mode":
            return takes[0]
        if kind == "middle":
            return (takes.max(axis=axis) + takes.min(axis=axis)) / 2
        return takes.mean(axis=axis)

    return best_guess


def _swapped(takes, power):
    return _guess()(takes, 3 - power)


def _takes(random):
    n = int(random.choice([1, 3, 5, 7]))
    return random.normal(0, 3, (n, int(random.integers(1, 5)))), int(random.integers(1, 3))


@exercise(
    "synthesis.guess",
    level="core",
    hints=(
        "Set the slope of the loss to zero, place by place: what does the guess have to be?",
        "The slope of |take - guess| is +1 or -1: as many takes must lie above as below.",
        "`np.median(takes, axis=0)` for power 1; for power 2, `np.mean(takes, axis=0)`.",
    ),
    probes=[
        probe("three takes, absolute error", [[1.0, 10.0], [2.0, 40.0], [9.0, 20.0]], 1),
        probe("three takes, squared error", [[1.0, 10.0], [2.0, 40.0], [9.0, 20.0]], 2),
        probe("a peak in one of five takes, absolute error",
              [[0.0, 0, 9], [0, 9, 0], [0, 0, 0], [9, 0, 0], [0, 0, 1.0]], 1),
        probe("the same, squared error",
              [[0.0, 0, 9], [0, 9, 0], [0, 0, 0], [9, 0, 0], [0, 0, 1.0]], 2),
        probe("one take", [[3.0, -1.0, 2.0]], 1),
    ],
    wrong=[
        (_guess(kind="mean"), "the mean is best for squared errors only: for absolute ones, as "
         "many takes must lie above as below"),
        (_swapped, "the two are exchanged: power 1 is the absolute error"),
        (_guess(axis=1), "one guess for each take: one for each place is asked for"),
        (_guess(kind="mode"), "this is the first take, which is best for itself alone"),
        (_guess(kind="middle"), "half-way between the extremes is best for the largest error only"),
        (lambda takes, power: np.median(np.asarray(takes, float), axis=0),
         "the median is best for absolute errors only"),
    ],
    valid=_takes,
)  # fmt: skip
def best_guess(takes, power):
    return _guess()(takes, power)


# --- the bug hunt: a join -------------------------------------------------------------------------


def _joined(*, fade="equal", overlap_left=True, count=True, turned=False, keep=0, which="both"):
    """Two sounds faded into each other, with the parts exchangeable."""

    def join(left, right, overlap):
        left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
        rising = {
            "to the ends": np.linspace(0, 1, overlap),
            "from nothing": np.arange(overlap) / overlap,
            "level": np.full(overlap, 0.5),
        }.get(fade, (np.arange(overlap) + 0.5) / overlap)
        if turned:
            rising = rising[::-1]
        falling = 1 - rising
        if fade == "root":
            rising, falling = np.sqrt(rising), np.sqrt(falling)
        if fade == "none":
            rising, falling = np.ones(overlap), np.ones(overlap)
        if fade == "hole":
            rising, falling = rising**2, falling**2
        tail = left[-overlap:] if overlap_left else left[-overlap - 1 : -1]
        mixed = falling * tail + rising * right[:overlap]
        if which == "left":
            mixed = falling * tail
        if which == "right":
            mixed = rising * right[:overlap]
        end = len(left) - overlap
        start = overlap if count else 0
        return np.concatenate([left[: end + keep], mixed, right[start:]])

    return join


def _pair(random):
    overlap = int(random.integers(1, 6))
    sizes = random.integers(overlap + 1, 14, 2)
    return random.normal(size=sizes[0]), random.normal(size=sizes[1]), overlap


@exercise(
    "synthesis.join",
    level="stretch",
    hints=(
        "The last `overlap` samples of the left sound and the first ones of the right one become "
        "`overlap` samples together: the whole is that much shorter.",
        "The two fades must add up to 1 at each sample, so that one sound joined to itself stays "
        "what it was. Here: (n + 0.5) / overlap.",
        "`np.concatenate([left[:-overlap], (1 - rise) * left[-overlap:] + rise * right[:overlap], "
        "right[overlap:]])`",
    ),
    probes=[
        probe("ones joined to ones stay ones", np.ones(6), np.ones(5), 3),
        probe("ones into zeros", np.ones(5), np.zeros(6), 4),
        probe("zeros into ones", np.zeros(5), np.ones(6), 4),
        probe("one sample overlaps", [1.0, 2.0, 3.0], [7.0, 8.0], 1),
        probe("two sounds", *_pair(np.random.default_rng(1))),
        probe("two others", *_pair(np.random.default_rng(3))),
    ],
    wrong=[
        (_joined(fade="root"), "the fades' squares add up to 1: for sounds that are alike, the "
         "fades themselves must, or the join is too loud"),
        (_joined(fade="none"), "nothing is faded: where they overlap, the sound is twice as loud"),
        (_joined(fade="hole"), "the fades do not add up to 1: the join is a hole"),
        (_joined(fade="level"), "the mean of both is no fade: the one goes as the other comes"),
        (_joined(fade="to the ends"), "from 0 to 1 the ends count nothing: (n + 0.5) / overlap"),
        (_joined(fade="from nothing"), "half a step late: (n + 0.5) / overlap"),
        (_joined(turned=True), "the left one fades in and the right one out: exchange them"),
        (_joined(count=False), "the right sound's beginning is heard twice: leave out what was "
         "faded in"),
        (_joined(keep=1), "a sample of the left sound is heard twice"),
        (_joined(which="left"), "the right sound is not faded in"),
        (_joined(which="right"), "the left sound is not faded out"),
    ],
    valid=_pair,
)  # fmt: skip
def join(left, right, overlap):
    return _joined()(left, right, overlap)
