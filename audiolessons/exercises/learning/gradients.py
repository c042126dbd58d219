"""Exercises of the chapter learning/gradients: slopes, and the inverse of a matrix."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- the slope of a loss ------------------------------------------------------------------------


def _slope(*, factor=2, total=np.mean, sound=1, wanted=-1, inner=lambda gain, x, delayed: delayed):
    """The derivative with its parts exchangeable."""

    def echo_slope(gain, x, delayed, y):
        error = sound * x + gain * delayed + wanted * y
        return factor * total(error * inner(gain, x, delayed))

    return echo_slope


ECHO = (noise(200), noise(200, seed=1))


@exercise(
    "gradients.slope",
    level="easy",
    hints=(
        "Call what stands in the brackets the error. How does the error change with the gain?",
        "The derivative of error squared is 2 times error times the derivative of the error, and "
        "that is the delayed sound.",
        "`2 * np.mean((x + gain * delayed - y) * delayed)`",
    ),
    probes=[
        probe("with the right gain the slope is 0", 0.5, *ECHO, ECHO[0] + 0.5 * ECHO[1]),
        probe("a gain of 0.8 where 0.5 is right", 0.8, *ECHO, ECHO[0] + 0.5 * ECHO[1]),
        probe("a gain of 0 where 0.5 is right", 0.0, *ECHO, ECHO[0] + 0.5 * ECHO[1]),
        probe("37 samples of noise that fit no gain", -1.3, *noise(3, 37, seed=2)),
    ],
    wrong=[
        (
            lambda gain, x, delayed, y: np.mean((x + gain * delayed - y) ** 2),
            "this is the loss itself: its derivative is asked for",
        ),
        (_slope(factor=1), "the factor 2 is missing: it comes from the square"),
        (_slope(total=np.sum), "this is the sum: the loss is a mean, so divide by T"),
        (_slope(factor=-2), "the sign is wrong: too much echo must give a positive slope"),
        (
            _slope(inner=lambda gain, x, delayed: 1),
            "the chain rule is missing: inside the square, the error changes by `delayed` for each "
            "unit of gain",
        ),
        (
            _slope(inner=lambda gain, x, delayed: x),
            "the inner derivative is `delayed`, which the gain multiplies, not x",
        ),
        (
            _slope(inner=lambda gain, x, delayed: x + delayed),
            "the direct sound does not change with the gain: only `delayed` stands outside",
        ),
        (
            _slope(inner=lambda gain, x, delayed: gain * delayed),
            "the gain itself is no part of the inner derivative: that is `delayed` alone",
        ),
        (
            lambda gain, x, delayed, y: 2 * np.mean(x + gain * delayed - y) * np.mean(delayed),
            "multiply sample by sample first, then take the mean: a product of two means is "
            "something else",
        ),
        (_slope(total=np.asarray), "there is one slope for the whole sound: take the mean"),
        (
            _slope(inner=lambda gain, x, delayed: gain),
            "the inner derivative is not the gain: the error changes by `delayed` for each unit of "
            "gain",
        ),
        (
            lambda gain, x, delayed, y: 2 * np.mean((gain * x - y) * x),
            "this is the slope of the chapter's first loss: here an echo is added, x + gain * "
            "delayed",
        ),
        (
            lambda gain, x, delayed, y: 2 * np.mean((gain * (x + delayed) - y) * delayed),
            "the gain belongs to the echo alone: x + gain * delayed",
        ),
        (
            lambda gain, x, delayed, y: gain - _slope()(gain, x, delayed, y),
            "this is a gain after one step: the slope is asked for",
        ),
        (
            lambda gain, x, delayed, y: 2 * (x[0] + gain * delayed[0] - y[0]) * delayed[0] / len(x),
            "only the first sample counts: does `return` stand inside the loop?",
        ),
        (_slope(sound=0), "the direct sound is missing: the model is x + gain * delayed"),
        (_slope(wanted=1), "the error is a difference: subtract y"),
        (_slope(wanted=0), "the error is missing its goal: subtract y"),
        (
            lambda gain, x, delayed, y: 2 * np.mean(x + gain * delayed - y * delayed),
            "brackets are missing: the whole error is multiplied by `delayed`",
        ),
        (
            lambda gain, x, delayed, y: np.mean(((x + gain * delayed - y) * delayed) ** 2),
            "the square is to go: the derivative of u ** 2 is 2 * u * u'",
        ),
    ],
    valid=lambda random: (
        float(random.normal()),
        *random.standard_normal((3, random.integers(1, 50))),
    ),
)
def echo_slope(gain, x, delayed, y):
    return _slope()(gain, x, delayed, y)


# --- beats --------------------------------------------------------------------------------------


def stuck_pair() -> tuple[float, float]:
    """The wanted frequency and the guess that the player of the exercise holds, in Hz."""
    return 440.0, 443.0


@exercise(
    "gradients.beats",
    level="easy",
    hints=(
        "Two tones that nearly agree swell and fade as often a second as their frequencies differ.",
        "Count the swells, and mind that the sound lasts two seconds.",
        "As many swells a second as you count in two, halved: add them to 440 Hz, because the "
        "guess is too high.",
    ),
    probes=[probe("the frequency of the guess in Hz", rtol=0, atol=0.4)],
    wrong=[
        (3, "this is how far the guess is off: add it to 440 Hz"),
        (6, "these are the swells in two seconds: how many are there in one?"),
        (446, "you counted the swells right, but in two seconds: beats are counted a second"),
        (437, "as far off, but the guess is too high, not too low"),
        (434, "the guess is too high, not too low; and beats are counted a second"),
        (441.5, "each swell from one silence to the next counts as a whole beat"),
        *(
            (near, "close, but count again: the swells at the two ends are halves")
            for near in (442, 442.5, 443.5, 444)
        ),
        (440, "then nothing would beat: both tones would be one"),
    ],
)
def guess_hz():
    return stuck_pair()[1]


# --- the inverse --------------------------------------------------------------------------------


def _inverse(*, sign=lambda i, j: (-1) ** (i + j), turn=True, power=-1, n_rows=None, same=False):
    """Adjugate over determinant with its parts exchangeable."""

    def unmixing_matrix(matrix):
        size = len(matrix)
        table = np.zeros((size, size))
        for i, j in np.ndindex(n_rows or size, size):
            rest = np.delete(np.delete(matrix, i, axis=0), i if same else j, axis=1)
            table[i, j] = sign(i, j) * np.linalg.det(rest)
        return (table.T if turn else table) * np.linalg.det(matrix) ** power

    return unmixing_matrix


def _written_over(matrix):
    """The table is the matrix itself, so that later minors are taken of earlier ones."""
    size, volume = len(matrix), np.linalg.det(matrix)
    for i, j in np.ndindex(size, size):
        rest = np.delete(np.delete(matrix, i, axis=0), j, axis=1)
        matrix[i, j] = (-1) ** (i + j) * np.linalg.det(rest)
    return matrix.T / volume


def _first_two(matrix):
    (a, b), (c, d) = matrix[:2, :2]
    return np.array([[d, -b], [-c, a]]) / (a * d - b * c)


def _first_two_in_place(matrix):
    whole = np.eye(len(matrix))
    whole[:2, :2] = _first_two(matrix)
    return whole


@exercise(
    "gradients.inverse",
    level="core",
    hints=(
        "Dividing by the determinant is right. What has to stand above it is the adjugate.",
        "Its entry in row i and column j is the determinant of what remains when ROW j and COLUMN "
        "i are struck out, times (-1) ** (i + j).",
        "Fill a table of signed minors, striking out row i and column j for place (i, j); then "
        "return `table.T / np.linalg.det(matrix)`.",
    ),
    probes=[
        probe(f"{name}: the answer undoes the matrix", matrix)
        for name, matrix in {
            "two microphones": np.array([[1.0, 0.6], [0.5, 1.0]]),
            "a matrix drawn at random, 2 x 2": noise(2, 2, seed=3),
            "three microphones": np.array([[1.0, 0.5, 0.2], [0.3, 1.0, 0.4], [0.1, 0.6, 1.0]]),
            "a matrix drawn at random, 3 x 3": noise(3, 3, seed=4),
        }.items()
    ],
    wrong=[
        (
            lambda matrix: matrix / np.linalg.det(matrix),
            "this is the matrix itself, divided by its determinant: it still mixes. The adjugate "
            "belongs there",
        ),
        (
            _inverse(power=0),
            "this is the adjugate: divide it by the determinant of the matrix",
        ),
        (
            _inverse(power=1),
            "multiplied by the determinant: the adjugate is to be divided by it",
        ),
        (_inverse(power=-2), "divided by the determinant twice"),
        (
            lambda matrix: _inverse(power=0)(matrix) / abs(np.linalg.det(matrix)),
            "the sign of the determinant is lost: divide by it as it is",
        ),
        (_inverse(turn=False), "turn the table over at its diagonal, .T, before you divide"),
        (
            _inverse(sign=lambda i, j: 1),
            "the signs are missing: a minor counts as (-1) ** (row + column), as on a chess board",
        ),
        (
            lambda matrix: -_inverse()(matrix),
            "all signs are turned: (-1) ** (row + column) is 1 in the first place",
        ),
        (
            _inverse(sign=lambda i, j: -1),
            "every minor counts as negative: `-1 ** n` is -(1 ** n), so brackets, `(-1) ** n`",
        ),
        (
            _inverse(sign=lambda i, j: (-1) ** (i * j)),
            "the sign is (-1) ** (row + column), the sum and not the product",
        ),
        (
            _inverse(same=True),
            "row and column with the same number are struck out: row i, but column j",
        ),
        (
            _inverse(n_rows=1),
            "only the first row of the table is filled: does `return` stand inside the loop?",
        ),
        (
            _written_over,
            "the minors are written into the matrix from which the next are taken: fill a table "
            "of its own",
        ),
        (
            _inverse(sign=lambda i, j: 1, turn=False),
            "signs and the turn at the diagonal are both missing: these are bare minors",
        ),
        (
            lambda matrix: matrix.T / np.linalg.det(matrix),
            "the adjugate is more than the transposed matrix",
        ),
        (lambda matrix: matrix.T, "turning a matrix over undoes only rotations"),
        (
            lambda matrix: 1 / matrix,
            "this inverts each number by itself; the product is not 1 then",
        ),
        (
            _first_two,
            "this is the formula for two rows: for three, take the determinant of what remains "
            "when a row and a column are struck out",
        ),
        (
            _first_two_in_place,
            "this is the formula for two rows: for three, take the determinant of what remains "
            "when a row and a column are struck out",
        ),
    ],
    valid=lambda random: (random.standard_normal((n := int(random.integers(2, 4)), n)),),
    forbidden={
        "no function that inverts or solves": (
            "inv",
            "pinv",
            "solve",
            "lstsq",
            "tensorinv",
            "matrix_power",
            "linear_algebra.inverse",
            "linear_algebra.adjugate",
        )
    },
)
def unmixing_matrix(matrix):
    return np.linalg.inv(matrix)


# --- a measured gradient ------------------------------------------------------------------------


def _three_knobs(v):
    return v[0] ** 2 + np.exp(v[1]) + v[2] ** 3 + v[0] * v[1] * v[2]


def _one_knob(v):
    return np.sin(3 * v[0])


def _five_knobs(v):
    return sum((i + 1) * np.cos(x) for i, x in enumerate(v)) + v[0] * v[4]


def _difference(slope):
    """Slopes from the function above, below and at x; `move` holds one knob's step."""

    def measured_gradient(function, x, step):
        return np.array(
            [
                slope(function(x + move), function(x - move), function(x), step)
                for move in step * np.eye(len(x))
            ]
        )

    return measured_gradient


_measured = _difference(lambda up, down, here, step: (up - down) / (2 * step))


def _all_at_once(function, x, step):
    return np.full(len(x), (function(x + step) - function(x - step)) / (2 * step))


def _half_a_step(function, x, step):
    return _measured(function, x, step / 2)


def _moved_on(function, x, step):
    """The knobs before each one stay moved, in both directions."""
    steps = step * np.tri(len(x))
    return np.array([(function(x + s) - function(x - s)) / (2 * step) for s in steps])


def _left_moved(function, x, step):
    """Each knob stays a step below where it was."""
    found = []
    for place in range(len(x)):
        x[place] += step
        up = function(x)
        x[place] -= 2 * step
        found.append((up - function(x)) / (2 * step))
    return np.array(found)


@exercise(
    "gradients.measure",
    level="core",
    hints=(
        "Take one entry at a time. All the others stay where they are.",
        "`move = np.zeros(len(x)); move[i] = step`, then compare `function(x + move)` with "
        "`function(x - move)`.",
        "The two points are 2 * step apart: divide by that. Collect the slopes in an array.",
    ),
    probes=[
        probe("three knobs, a step of 0.1", _three_knobs, np.array([0.7, -1.2, 2.0]), 0.1),
        probe("one knob, a step of 0.3", _one_knob, np.array([0.4]), 0.3),
        probe("five knobs, a step of 0.5", _five_knobs, noise(5, seed=1), 0.5),
        probe(
            "with a step of 1e-5, the slopes that the formula gives",
            _three_knobs,
            np.array([0.7, -1.2, 2.0]),
            1e-5,
        ),
    ],
    wrong=[
        (
            _difference(lambda up, down, here, step: (up - here) / step),
            "this compares with the point itself: take one point above and one below, whose "
            "errors cancel",
        ),
        (
            _difference(lambda up, down, here, step: (here - down) / step),
            "only the point below is used: take one above as well",
        ),
        (
            _difference(lambda up, down, here, step: (up - down) / step),
            "the two points are 2 steps apart: divide by 2 * step",
        ),
        (
            _difference(lambda up, down, here, step: (up - down) / 2),
            "divide by the step, too",
        ),
        (
            _difference(lambda up, down, here, step: (up - down) / 2 * step),
            "`a / 2 * step` multiplies by the step: brackets, `a / (2 * step)`",
        ),
        (
            _difference(lambda up, down, here, step: up - down),
            "these are differences: divide them by the way between, 2 * step",
        ),
        (
            _difference(lambda up, down, here, step: (down - up) / (2 * step)),
            "upper minus lower: the sign is turned",
        ),
        (
            _half_a_step,
            "the two points lie half a step away: move x by a whole step up and down",
        ),
        (
            _difference(lambda up, down, here, step: (up - here) / (2 * step)),
            "the second point is x itself, only one step away: it should lie a step BELOW",
        ),
        (
            _difference(lambda up, down, here, step: 0.0),
            "all slopes are 0: are both points the same array? `up = x` is a second name and no "
            "copy",
        ),
        (
            _moved_on,
            "the knobs before are still moved: begin with x again for each",
        ),
        (
            lambda function, x, step: np.eye(len(x))[0] * _measured(function, x, step),
            "only the first slope was measured: does `return` stand inside the loop?",
        ),
        (
            lambda function, x, step: _measured(function, x, 1e-6),
            "these are the slopes that a far smaller step gives: use the one that is given",
        ),
        (_all_at_once, "all knobs moved at once: move one and leave the others"),
        (
            lambda function, x, step: _all_at_once(function, x, step)[0],
            "this is one number, and all knobs moved at once: each knob has a slope of its own",
        ),
        (
            lambda function, x, step: _measured(function, x, 0.1),
            "the step is fixed at 0.1 somewhere: use the one that is given",
        ),
        (
            lambda function, x, step: _measured(function, x, step)[:1],
            "this is the first slope alone: does `return` stand inside the loop?",
        ),
        (
            _left_moved,
            "a knob that stays moved spoils the slopes of the next: put each one back",
        ),
        (
            lambda function, x, step: _left_moved(function, x.copy(), step),
            "a knob that stays moved spoils the slopes of the next: put each one back",
        ),
    ],
    valid=lambda random: (
        lambda v: np.sum(np.sin(v) * np.arange(1, len(v) + 1)) + v[0] * v[-1],
        random.standard_normal(random.integers(1, 8)),
        float(random.uniform(0.01, 1)),
    ),
    forbidden={"no gradient of the package": ("numerical_gradient",)},
    keeps_arguments=True,
)
def measured_gradient(function, x, step):
    return _measured(function, x, step)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.learning import (  # noqa: E402
    _gradients_networks,  # noqa: F401
    _gradients_training,  # noqa: F401
)
