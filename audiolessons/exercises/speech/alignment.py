"""Exercises of the chapter speech/alignment."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.speech import _alignment_batch  # noqa: F401, states an exercise

# --- one take at the pace of another --------------------------------------------------------------


def _at_pace(*, pick="mean", turned=False):
    """Frames of the first take laid over the second, with the parts exchangeable."""

    def at_pace(features, path):
        path = np.asarray(path)
        features = np.asarray(features, dtype=float)
        here, there = path.T
        columns = []
        for j in range(there.max() + 1):
            those = features[:, here[there == j]]
            columns.append(
                {"mean": those.mean(axis=1), "first": those[:, 0], "last": those[:, -1],
                 "sum": those.sum(axis=1)}[pick]
            )  # fmt: skip
        return np.stack(columns, axis=0 if turned else 1)

    return at_pace


def _in_order(features, path):
    return np.asarray(features, dtype=float)[:, np.asarray(path)[:, 0]]


def _path(random, n=None, m=None):
    n, m = n or int(random.integers(1, 6)), m or int(random.integers(1, 6))
    i = j = 0
    path = [(0, 0)]
    while (i, j) != (n - 1, m - 1):
        steps = [(a, b) for a, b in ((1, 1), (1, 0), (0, 1)) if i + a < n and j + b < m]
        a, b = steps[random.integers(len(steps))]
        i, j = i + a, j + b
        path.append((i, j))
    return path


def _take_and_path(random, n=None, m=None):
    path = _path(random, n, m)
    return random.normal(size=(3, path[-1][0] + 1)), np.array(path)


@exercise(
    "alignment.pace",
    level="easy",
    hints=(
        "For frame j of the second take, which frames i stand beside it in the path?",
        "`path[path[:, 1] == j, 0]` are their numbers. Take the mean of those columns.",
        "Do so for j = 0 up to `path[-1, 1]`, and stack the columns: `np.stack(columns, axis=1)`.",
    ),
    probes=[
        probe("two frames laid over one: their mean", [[1.0, 3.0, 7.0]],
              np.array([[0, 0], [1, 0], [2, 1]])),
        probe("one frame held for three", [[2.0, 5.0], [1.0, 0.0]],
              np.array([[0, 0], [0, 1], [0, 2], [1, 3]])),
        probe("five frames on four", *_take_and_path(np.random.default_rng(4), 5, 4)),
        probe("seven frames on three", *_take_and_path(np.random.default_rng(2), 7, 3)),
    ],
    wrong=[
        (_at_pace(pick="first"), "of several frames the first is taken: take their mean"),
        (_at_pace(pick="last"), "of several frames the last is taken: take their mean"),
        (_at_pace(pick="sum"), "of several frames the sum is taken: take their mean"),
        (_at_pace(turned=True), "time is the last axis: this is turned"),
        (_in_order, "one column for each pair of the path: there must be one for each frame of "
         "the second take"),
    ],
    valid=_take_and_path,
)  # fmt: skip
def at_pace(features, path):
    return _at_pace()(features, path)


# --- how long a state lasts -----------------------------------------------------------------------


@exercise(
    "alignment.duration",
    level="easy",
    hints=(
        "To stay for n frames, the state is kept n - 1 times and then left.",
        "Kept with chance `stay` each time, left with chance `1 - stay`.",
        "`stay ** (n - 1) * (1 - stay)`",
    ),
    probes=[
        probe("a coin: one frame with chance 1/2", 0.5, 1),
        probe("a coin: three frames", 0.5, 3),
        probe("kept with 0.9, ten frames", 0.9, 10),
        probe("never kept: one frame for sure", 0.0, 1),
        probe("kept with 0.2, two frames", 0.2, 2),
    ],
    wrong=[
        (lambda stay, n: stay**n * (1 - stay), "kept once too often: n frames are n - 1 times"),
        (lambda stay, n: stay ** (n - 1), "the state must be left at last: 1 - stay"),
        (lambda stay, n: stay**n, "this is the chance to stay for more than n frames"),
        (lambda stay, n: (1 - stay) ** (n - 1) * stay, "`stay` is the chance to be kept, not left"),
        (lambda stay, n: 1 - stay**n, "this is the chance of at most n frames"),
        (lambda stay, n: 1 / (1 - stay), "this is the mean number of frames, whatever n"),
    ],
    valid=lambda random: (float(random.uniform(0, 0.95)), int(random.integers(1, 12))),
)
def duration(stay, n):
    return stay ** (n - 1) * (1 - stay)


# --- no standing still ----------------------------------------------------------------------------


def _steep(
    *,
    steps=((1, 1), (1, 2), (2, 1)),
    worst=False,
    start=True,
    skipped=False,
    twice=False,
    empty=np.inf,
    first=0,
    wraps=False,
):
    """The cheapest way with its steps exchangeable."""

    def cheapest(costs):
        costs = np.asarray(costs, dtype=float)
        n, m = costs.shape
        total = np.full((n, m), empty)
        total[0, 0] = costs[0, 0] if start else 0.0
        for i in range(first, n):
            for j in range(first, m):
                ways = [
                    total[i - a, j - b]
                    + (costs[i - a + 1, j - b + 1] if skipped and a + b > 2 else 0)
                    + (costs[i, j] if twice and a == b else 0)
                    for a, b in steps
                    if (i >= a and j >= b) or (wraps and i and j)
                ]
                ways = [way for way in ways if np.isfinite(way)]
                if ways and (i or j):
                    total[i, j] = (max if worst else min)(ways) + costs[i, j]
        return float(total[-1, -1])

    return cheapest


@exercise(
    "alignment.steep",
    level="core",
    hints=(
        "As before, each cell asks where one can come from. Here: (i - 1, j - 1), (i - 1, j - 2) "
        "and (i - 2, j - 1).",
        "Fill a table of infinities with two loops; the first corner holds its own cost.",
        "`total[i, j] = costs[i, j] + min(...)` over those of the three that are in the table.",
    ),
    probes=[
        probe("one cell", [[0.7]]),
        probe("square: the diagonal is open", [[1.0, 9, 9], [9, 2.0, 9], [9, 9, 3.0]]),
        probe("twice as long: only long steps",
              [[1.0, 5, 2, 5, 9], [5, 1, 3, 1, 9], [9, 9, 9, 9, 2]]),
        probe("too long to be reached: infinite", [[1.0, 1, 1, 1, 1], [1, 1, 1, 1, 1]]),
        probe("six by three: infinite", np.ones((6, 3))),
        probe("three by six: infinite", np.ones((3, 6))),
        probe("one row: infinite", [[1.0, 2, 3]]),
        probe("one column: infinite", [[1.0], [2], [3]]),
        probe("five by six", np.random.default_rng(1).random((5, 6))),
        probe("eight by five", np.random.default_rng(2).random((8, 5)) ** 3),
    ],
    wrong=[
        (_steep(steps=((1, 1), (1, 0), (0, 1))), "standing still is allowed here: of the steps "
         "one may not have a 0"),
        (_steep(steps=((1, 1),)), "only the diagonal is taken: (1, 2) and (2, 1) are steps, too"),
        (_steep(steps=((1, 1), (1, 2))), "the step of two in the first take is missing"),
        (_steep(steps=((1, 1), (2, 1))), "the step of two in the second take is missing"),
        (_steep(worst=True), "the dearest way in: take the cheapest"),
        (_steep(start=False), "the first cell costs something, too"),
        (_steep(skipped=True), "what is skipped costs nothing"),
        (_steep(twice=True), "every step costs its cell once, the diagonal step, too"),
        (_steep(empty=0.0), "what no step leads to must be infinite, not 0"),
        (_steep(first=2), "the second row and the second column are never filled"),
        (_steep(wraps=True), "an index below 0 reads from the other end of the table: ask only "
         "cells that are in it"),
    ],
    valid=lambda random: (random.random((int(random.integers(1, 7)), int(random.integers(1, 7)))),),
)  # fmt: skip
def cheapest(costs):
    return _steep()(costs)


# --- the mean of chances --------------------------------------------------------------------------


def _log_mean(*, divide=True, shift=True, back=True, log=np.log, plain=False):
    """The logarithm of a mean, with the parts exchangeable."""

    def log_mean(log_values):
        log_values = np.asarray(log_values, dtype=float)
        if plain:
            return float(log_values.mean())
        largest = log_values.max() if shift else 0.0
        chances = np.exp(log_values - largest)
        with np.errstate(divide="ignore"):
            value = log(chances.mean() if divide else chances.sum())
        return float(value + largest if back else value)

    return log_mean


@exercise(
    "alignment.log_mean",
    level="core",
    hints=(
        "exp(-1000) is 0 among floats. Which number can be taken out of the sum before exp?",
        "The largest: sum exp(a) = exp(largest) times sum exp(a - largest).",
        "`largest + np.log(np.mean(np.exp(log_values - largest)))`",
    ),
    probes=[
        probe("chances 0.2 and 0.4", np.log([0.2, 0.4])),
        probe("far below what exp can hold", [-1000.0, -1001.0, -1002.0]),
        probe("far above", [900.0, 905.0]),
        probe("one of them", [-3.0]),
        probe("one is never", [-np.inf, -2.0, -1.0]),
    ],
    wrong=[
        (_log_mean(divide=False), "this is the sum: divide by how many there are"),
        (_log_mean(shift=False), "exp overflows or vanishes: take out the largest first"),
        (_log_mean(back=False), "the largest was taken out: add it again at the end"),
        (_log_mean(plain=True), "the mean of logarithms: the logarithm of the mean is asked for"),
        (_log_mean(log=np.log2), "natural logarithms go in and come out: this is base 2"),
    ],
    valid=lambda random: (
        random.normal(random.choice([-1000, 0, 800]), 5, int(random.integers(1, 8))),
    ),
)
def log_mean(log_values):
    return _log_mean()(log_values)


# --- a chain --------------------------------------------------------------------------------------


def _chain(
    *,
    add=np.logaddexp,
    enter=False,
    end="leave",
    every=False,
    swap=False,
    shift=0,
    first=True,
    log=True,
    at_once=False,
):
    """The likelihood of a chain with its parts exchangeable."""

    def chain(log_emissions, stay):
        emissions = np.asarray(log_emissions, dtype=float)
        n_states, n_frames = emissions.shape
        with np.errstate(divide="ignore"):
            keep, go = np.log(np.asarray(stay, dtype=float)), np.log1p(-np.asarray(stay))
        if not log:
            keep, go = np.exp(keep), np.exp(go)
        if swap:
            keep, go = go, keep
        last = {"leave": go, "keep": keep, "stop": np.zeros(n_states)}[end]
        alpha = np.full(n_states, -np.inf)
        if enter:
            alpha[:] = -np.log(n_states)
        else:
            alpha[0] = 0.0
        alpha = alpha + (emissions[:, 0] if first else 0)
        for n in range(1, n_frames):
            if at_once:
                for s in range(n_states):
                    moved = alpha[s - 1] + go[s - 1] if s else -np.inf
                    alpha[s] = add(alpha[s] + keep[s], moved) + emissions[s, n]
            else:
                moved = np.concatenate([[-np.inf], (alpha + np.roll(go, -shift))[:-1]])
                alpha = add(alpha + keep, moved) + emissions[:, n]
        return float(add.reduce(alpha + last) if every else alpha[-1] + last[-1])

    return chain


def _chains(random, n_states=None, n_frames=None):
    n_states = n_states or int(random.integers(1, 5))
    n_frames = n_frames or n_states + int(random.integers(0, 5))
    return random.normal(-2, 1, (n_states, n_frames)), random.uniform(0.2, 0.9, n_states)


@exercise(
    "alignment.chain",
    level="core",
    hints=(
        "Begin with all chance in the first state: alpha is its emission there, -inf elsewhere.",
        "Each frame: a state is reached from itself, log(stay), or from the one before it, "
        "log(1 - stay) of that one. Add the two with `np.logaddexp`, then the emission.",
        "At the end only the last state counts, and it must be left: add log(1 - stay) of it.",
    ),
    probes=[
        probe("one state, one frame", [[-1.0]], [0.5]),
        probe("two states, two frames: one way", [[-1.0, -9.0], [-9.0, -2.0]], [0.5, 0.25]),
        probe("two states, four frames", *_chains(np.random.default_rng(1), 2, 4)),
        probe("four states, nine frames", *_chains(np.random.default_rng(2), 4, 9)),
        probe("very unlikely frames", _chains(np.random.default_rng(3), 3, 8)[0] - 500,
              [0.5, 0.6, 0.7]),
    ],
    wrong=[
        (_chain(add=np.maximum), "this is the best way: all ways are to be summed"),
        (_chain(add=np.add), "to add logarithms is to multiply: sum the ways with `np.logaddexp`"),
        (_chain(enter=True), "the chain begins in its first state, not in any"),
        (_chain(first=False), "the first frame's emission is left out"),
        (_chain(end="stop"), "the last state must be left: 1 - stay of it is missing"),
        (_chain(end="keep"), "at the end the last state is left, not kept"),
        (_chain(log=False), "`stay` holds chances: take their logarithms"),
        (_chain(at_once=True), "a state moves on from its value at the frame before: here it is "
         "overwritten too early"),
        (_chain(every=True), "only ways that end in the last state count"),
        (_chain(swap=True), "`stay` is the chance to be kept: kept and left are exchanged"),
        (_chain(shift=1), "the state that is left pays, not the one that is entered"),
    ],
    valid=_chains,
)  # fmt: skip
def chain_likelihood(log_emissions, stay):
    return _chain()(log_emissions, stay)


# --- how many frames each state says --------------------------------------------------------------


def _occupied(*, total="all", axis=1, log=False, parts="both"):
    """Frames a state, from alpha and beta, with the parts exchangeable."""

    def expected_frames(alpha, beta):
        alpha, beta = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
        both = {"both": alpha + beta, "alpha": alpha, "beta": beta}[parts]
        whole = {
            "all": np.logaddexp.reduce((alpha + beta)[:, 0]),
            "frame": np.logaddexp.reduce(both, axis=0),
            "none": 0.0,
            "largest": both.max(),
        }[total]
        value = np.exp(both - whole).sum(axis=axis)
        return np.log(value) if log else value

    return expected_frames


def _alpha_beta(random, n_states=None, n_frames=None):
    from audiolessons.matching import backward, forward

    n_states = n_states or int(random.integers(2, 5))
    n_frames = n_frames or int(random.integers(2, 7))
    said = random.normal(-3, 1, (n_states, n_frames))
    change = np.log(random.dirichlet(np.ones(n_states), size=n_states))
    start = np.log(random.dirichlet(np.ones(n_states)))
    alpha = forward(said, log_start=start, log_transitions=change)
    return alpha, backward(said, log_transitions=change)


@exercise(
    "alignment.frames",
    level="core",
    hints=(
        "alpha + beta is the log-chance of all frames and of being in a state at one of them.",
        "The log-chance of all frames is the sum over states of that, at any one frame.",
        "`np.exp(alpha + beta - total)` is how likely each state speaks at each frame: its sum "
        "over frames is asked for.",
    ),
    probes=[
        probe("two states, three frames", *_alpha_beta(np.random.default_rng(1), 2, 3)),
        probe("four states, six frames", *_alpha_beta(np.random.default_rng(2), 4, 6)),
        probe("three states, 400 frames", *_alpha_beta(np.random.default_rng(3), 3, 400)),
    ],
    wrong=[
        (_occupied(total="none"), "divide by the chance of all frames: in log space, subtract it"),
        (_occupied(axis=0), "one number for each frame: one for each state is asked for"),
        (_occupied(log=True), "these are logarithms: give the numbers of frames"),
        (_occupied(total="frame", parts="alpha"), "beta is left out: what comes after says "
         "something, too"),
        (_occupied(total="frame", parts="beta"), "alpha is left out: what came before says "
         "something, too"),
        (_occupied(total="largest"), "divided by the likeliest alone: sum over states at a frame"),
    ],
    valid=_alpha_beta,
)  # fmt: skip
def expected_frames(alpha, beta):
    return _occupied()(alpha, beta)


# --- the bug hunt ---------------------------------------------------------------------------------


def _means(*, which="all", weigh=True, pool=True, turned=False, by_frames=False):
    """New means with their parts exchangeable."""

    def new_means(sequences, posteriors):
        sums, counts, each = 0.0, 0.0, []
        pairs = list(zip(sequences, posteriors, strict=True))
        pairs = {"all": pairs, "last": pairs[-1:], "first": pairs[:1]}[which]
        for features, weights in pairs:
            features, weights = np.asarray(features, float), np.asarray(weights, float)
            if not weigh:
                weights = (weights == weights.max(axis=0)).astype(float)
            sums = sums + weights @ features.T
            counts = counts + weights.sum(axis=1)
            each.append((weights @ features.T) / weights.sum(axis=1)[:, None])
        if by_frames:
            counts = np.full_like(counts, counts.sum())
        means = sums / counts[:, None] if pool else np.mean(each, axis=0)
        return means.T if turned else means

    return new_means


def _undivided(sequences, posteriors):
    return sum(np.asarray(w) @ np.asarray(x).T for x, w in zip(sequences, posteriors, strict=True))


def _weighed(random, n=None, n_states=None, n_features=None):
    n, n_states = n or int(random.integers(1, 5)), n_states or int(random.integers(2, 4))
    n_features = n_features or int(random.integers(2, 5))
    lengths = random.integers(3, 9, size=n)
    return (
        [random.normal(size=(n_features, length)) for length in lengths],
        [random.dirichlet(np.ones(n_states), size=length).T for length in lengths],
    )


@exercise(
    "alignment.means",
    level="stretch",
    hints=(
        "Two sums run over all frames of all sequences: of weighed features, and of weights.",
        "`weights @ features.T` is (S, D) for one sequence. Add it up; add up "
        "`weights.sum(axis=1)`, too.",
        "Divide once, after the last sequence.",
    ),
    probes=[
        probe("one sequence", *_weighed(np.random.default_rng(0), 1, 2, 2)),
        probe("three sequences of other lengths", *_weighed(np.random.default_rng(1), 3, 2, 4)),
        probe("five sequences, three states", *_weighed(np.random.default_rng(2), 5, 3, 2)),
    ],
    wrong=[
        (_means(which="last"), "only the last sequence counts: begin the sums before the loop, "
         "not in it"),
        (_means(which="first"), "only the first sequence counts"),
        (_means(pool=False), "a mean of means: a long sequence, and one that a state said much "
         "of, weighs more. Divide once, at the end"),
        (_means(weigh=False), "each frame belongs to all states, as far as its weights say"),
        (_means(turned=True), "states are the rows: this is turned"),
        (_undivided, "these are sums: divide by the sums of the weights"),
        (_means(by_frames=True), "divided by how many frames there are: divide by the sum of the "
         "state's weights"),
    ],
    valid=_weighed,
)  # fmt: skip
def new_means(sequences, posteriors):
    return _means()(sequences, posteriors)
