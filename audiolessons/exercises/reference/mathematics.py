"""Exercises of the page reference/mathematics."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- magnitude and phase ------------------------------------------------------------------------


@exercise(
    "mathematics.polar",
    level="easy",
    hints=(
        "Draw the number as a point. The magnitude is a hypotenuse; which angle is the phase?",
        "Pythagoras gives the magnitude. `np.arctan2` takes the height first, then the width.",
        "`np.arctan2(z.imag, z.real)` knows all four quadrants; `np.arctan` knows two.",
    ),
    probes=[
        probe("3 + 4j lies 5 away at 0.9273 rad", 3 + 4j),
        probe("-1 - 1j points backwards and down, at -2.356 rad", -1 - 1j),
        probe("-0.5 + 2j points backwards and up", -0.5 + 2j),
        probe("2 - 0.25j points forwards and slightly down", 2 - 0.25j),
        probe("-2j points straight down", -2j),
        probe("-7 lies 7 away, behind", complex(-7)),
    ],
    wrong=[
        (
            lambda z: (abs(z) ** 2, np.angle(z)),
            "the magnitude is still squared: take the root",
        ),
        (
            lambda z: (z.real + z.imag, np.angle(z)),
            "the sides are added as they are: square them first",
        ),
        (
            lambda z: (abs(z.real) + abs(z.imag), np.angle(z)),
            "the sides are added: square them first, and take the root of the sum",
        ),
        (
            lambda z: (abs(z), np.arctan2(z.real, z.imag)),
            "height and width are exchanged: the imaginary part first",
        ),
        (lambda z: (np.angle(z), abs(z)), "magnitude first, then phase: the two are exchanged"),
        (
            lambda z: (abs(z), np.degrees(np.angle(z))),
            "the phase is in degrees: radians are asked for",
        ),
        (
            lambda z: (abs(z), np.arctan(np.divide(z.imag, z.real))),
            "`np.arctan` cannot tell (-1, -1) from (1, 1): `np.arctan2` can",
        ),
        (
            lambda z: (abs(z), np.angle(z) % (2 * np.pi)),
            "the same direction, counted the long way round: `np.arctan2` stays between -pi and pi",
        ),
        (
            lambda z: (abs(z), -np.angle(z)),
            "the phase has the wrong sign: upwards is positive",
        ),
        (
            lambda z: (np.emath.sqrt(z.real**2 - z.imag**2), np.angle(z)),
            "the squares are subtracted: Pythagoras adds them",
        ),
        (
            lambda z: (abs(z) ** 2 / 2, np.angle(z)),
            "`x ** 1 / 2` is half of x: write `x ** (1 / 2)` or np.sqrt",
        ),
        (lambda z: abs(z), "this is the magnitude alone: return the phase as well"),
    ],
    valid=lambda random: (complex(*(random.standard_normal(2) * random.choice([0.1, 1, 30]))),),
    forbidden={
        "no np.abs and no np.angle": ("abs", "absolute", "hypot", "norm", "angle", "polar", "phase")
    },
)
def polar(z):
    return abs(z), np.angle(z)


# --- two tones multiplied -----------------------------------------------------------------------


@exercise(
    "mathematics.ring",
    level="easy",
    hints=(
        "Half of two arrows, times half of two arrows: that makes four arrows.",
        "Multiplied arrows add their angles: the four turn with f1 + f2, f1 - f2, f2 - f1 and "
        "-f1 - f2. Which two belong together?",
        "Each arrow is a quarter high; an arrow and its mirror image are a cosine of twice that.",
    ),
    probes=[
        probe("300 Hz and 40 Hz", 300.0, 40.0),
        probe("the lower tone first: 40.5 Hz and 1000 Hz", 40.5, 1000.0),
        probe("a tone with itself", 7.0, 7.0),
    ],
    wrong=[
        (
            lambda first_hz, second_hz: (first_hz - second_hz, first_hz + second_hz, 0.5),
            "the difference is negative where the second tone is higher: a cosine is the same "
            "for -f, so take the positive frequency",
        ),
        (
            lambda first_hz, second_hz: (abs(first_hz - second_hz), first_hz + second_hz, 0.25),
            "a quarter is one arrow: with its mirror image it makes a cosine of twice that",
        ),
        (
            lambda first_hz, second_hz: (abs(first_hz - second_hz), first_hz + second_hz, 1.0),
            "the halves of cos = (e + e*) / 2 are missing: multiply them as well",
        ),
        (
            lambda first_hz, second_hz: (abs(first_hz - second_hz), first_hz + second_hz, 2.0),
            "cos is HALF the sum of two arrows: the halves divide, they do not multiply",
        ),
        (
            lambda first_hz, second_hz: (first_hz + second_hz, abs(first_hz - second_hz), 0.5),
            "the lower frequency comes first",
        ),
        (
            lambda first_hz, second_hz: (min(first_hz, second_hz), max(first_hz, second_hz), 0.5),
            "these are the tones that went in: in a product they are gone",
        ),
        (
            lambda first_hz, second_hz: (
                abs(first_hz - second_hz) / 2,
                (first_hz + second_hz) / 2,
                0.5,
            ),
            "that is how a SUM of two tones is written as a product: here a product becomes a sum",
        ),
        (
            lambda first_hz, second_hz: (abs(first_hz - second_hz), first_hz + second_hz),
            "the amplitude is missing: three numbers are asked for",
        ),
    ],
    valid=lambda random: tuple(float(hz) for hz in random.uniform(20, 2000, 2)),
)
def ring(first_hz, second_hz):
    return abs(first_hz - second_hz), first_hz + second_hz, 0.5


# --- what is left of the mean -------------------------------------------------------------------


def _by_turns(heights, turns):
    """The sum of the arrows of each number of turns."""
    return np.array([heights[turns == number].sum() for number in np.unique(turns)])


def _drawn_arrows(random, n_arrows):
    heights = random.standard_normal(n_arrows) + 1j * random.standard_normal(n_arrows)
    return heights, random.integers(0, 4, n_arrows)


@exercise(
    "mathematics.power",
    level="core",
    hints=(
        "Multiply x by its conjugate: each pair of arrows gives an arrow with k_j - k_l turns.",
        "Those with different turns average to zero. Those with the same turns stay: they are "
        "one arrow, whose height is the sum of theirs.",
        "For each number in `np.unique(turns)` add up `heights[turns == number]`; then the sum of "
        "the squared magnitudes.",
    ),
    probes=[
        probe("one arrow of height 3 + 4j has the power 25", np.array([3 + 4j]), np.array([2])),
        probe(
            "two arrows with different turns: their powers add",
            np.array([1 + 2j, -3 + 1j]),
            np.array([1, 5]),
        ),
        probe(
            "two opposite arrows with the same turns leave nothing",
            np.array([2 - 1j, -2 + 1j]),
            np.array([3, 3]),
        ),
        probe("five arrows, some with the same turns", *_drawn_arrows(np.random.default_rng(1), 5)),
        probe("nine arrows", *_drawn_arrows(np.random.default_rng(2), 9)),
    ],
    wrong=[
        (
            lambda heights, turns: np.sum(np.abs(heights) ** 2),
            "arrows with the same number of turns do not average out: add them, then square",
        ),
        (
            lambda heights, turns: np.abs(heights.sum()) ** 2,
            "arrows with different turns average to zero against each other: only those with "
            "the same turns add before the square",
        ),
        (
            lambda heights, turns: np.sum(np.abs(_by_turns(heights, turns))),
            "these are magnitudes: square them before you add",
        ),
        (
            lambda heights, turns: np.sum(np.abs(_by_turns(heights, turns))) ** 2,
            "the magnitudes were added before the square: powers add, so square each first",
        ),
        (
            lambda heights, turns: np.sum(_by_turns(heights, turns) ** 2),
            "the square of a complex number is not its power: take z times its conjugate",
        ),
        (
            lambda heights, turns: np.sum(np.abs(_by_turns(heights, turns)) ** 2) / 2,
            "half is right for the amplitude of a cosine: an arrow has the power of its square",
        ),
        (
            lambda heights, turns: np.mean(np.abs(_by_turns(heights, turns)) ** 2),
            "this is the mean of the powers: all arrows sound together, so add them",
        ),
        (
            lambda heights, turns: sum(
                abs(heights[turns == number].mean()) ** 2 for number in np.unique(turns)
            ),
            "arrows with the same turns add up: take their sum, not their mean",
        ),
        (
            lambda heights, turns: sum(
                np.sum(np.abs(heights[turns == number])) ** 2 for number in np.unique(turns)
            ),
            "two opposite arrows leave nothing: add the complex heights, then take the magnitude",
        ),
    ],
    valid=lambda random: _drawn_arrows(random, int(random.integers(1, 8))),
)
def mean_power(heights, turns):
    return np.sum(np.abs(_by_turns(heights, turns)) ** 2)


# --- two sources --------------------------------------------------------------------------------


def _added(there, back, logarithm=np.log10):
    """Levels turned into powers (divisor 10) or amplitudes (20), added, and turned back."""
    return lambda first_db, second_db: (
        back * logarithm(10 ** (first_db / there) + 10 ** (second_db / there))
    )


@exercise(
    "mathematics.add_levels",
    level="core",
    hints=(
        "Decibels do not add. What does, when two sounds are independent?",
        "Powers do. Turn both levels into powers, add, and turn the sum back.",
        "A level of L dB is a power of `10 ** (L / 10)`.",
    ),
    probes=[
        probe("60 dB and 60 dB are 63.01 dB together", 60.0, 60.0),
        probe("a source 20 dB below adds 0.043 dB", 60.0, 40.0),
        probe("-3 dB and 2 dB, the louder one second", -3.0, 2.0),
        probe("0 dB is a power of 1, not silence: with -10 dB", 0.0, -10.0),
    ],
    wrong=[
        (np.add, "decibels were added: that would multiply the powers"),
        (
            _added(20, 20),
            "amplitudes were added: that holds for equal waves in step, not for independent "
            "sounds; use `10 ** (L / 10)`",
        ),
        (
            lambda first_db, second_db: (first_db + second_db) / 2,
            "this is the mean of the levels: a second source never makes it quieter",
        ),
        (max, "the quieter source is left out: it adds little, but not nothing"),
        (
            lambda first_db, second_db: first_db,
            "the second source is left out: both sound at once",
        ),
        (
            lambda first_db, second_db: 10 ** (first_db / 10) + 10 ** (second_db / 10),
            "this is the sum of the powers: turn it back into decibels with 10 * log10",
        ),
        (
            lambda first_db, second_db: _added(10, 10)(first_db, second_db) / 10,
            "these are bels: a decibel is a tenth, so multiply by 10",
        ),
        (_added(20, 10), "there as amplitudes (L / 20), back as powers: use 10 in both places"),
        (_added(10, 20), "there with L / 10, back with 20 * log10: use 10 in both places"),
        (
            _added(10, 10, np.log),
            "this is the natural logarithm: decibels need np.log10",
        ),
        (
            lambda first_db, second_db: _added(10, 10)(first_db, second_db) - 10 * np.log10(2),
            "this is the level of the mean power: powers add up, so do not divide by 2",
        ),
        (
            lambda first_db, second_db: 10 * np.log10(10**first_db / 10 + 10**second_db / 10),
            "`10 ** L / 10` divides after the power: brackets are missing, `10 ** (L / 10)`",
        ),
        (
            lambda first_db, second_db: max(first_db, second_db) + 10 * np.log10(2),
            "3 dB more is right for equal levels only: add the powers",
        ),
    ],
    valid=lambda random: tuple(float(level) for level in random.uniform(-20, 90, 2)),
)
def add_levels(first_db, second_db):
    return _added(10, 10)(first_db, second_db)


# --- the same direction -------------------------------------------------------------------------

ROWS = np.array([[3.0, 4.0], [4.0, -3.0], [-6.0, -8.0], [1.0, 0.0]])
RANDOM = np.random.default_rng(0)


@exercise(
    "mathematics.cosine",
    level="core",
    hints=(
        "Write the shapes: (N, D) and (D). Which product makes (N)?",
        "`X @ y` gives all dot products at once. Now divide by the lengths.",
        "`np.linalg.norm(X, axis=1)` has one length for each row.",
    ),
    probes=[
        probe(
            "the same direction gives 1, a right angle 0, the opposite -1", ROWS, np.array([3.0, 4])
        ),
        probe(
            "the level of a sound does not matter",
            1000 * ROWS,
            0.001 * np.array([3.0, 4]),
            rtol=1e-4,
        ),
        probe("3 rows of 3 numbers", RANDOM.standard_normal((3, 3)), RANDOM.standard_normal(3)),
        probe("1 row of 5 numbers", RANDOM.standard_normal((1, 5)), RANDOM.standard_normal(5)),
    ],
    wrong=[
        (lambda X, y: X @ y, "these are the dot products: divide by both lengths"),
        (
            lambda X, y: X @ y / np.linalg.norm(X, axis=1),
            "the length of y is missing from the division",
        ),
        (lambda X, y: X @ y / np.linalg.norm(y), "the lengths of the rows are missing"),
        (
            lambda X, y: X @ y / (np.linalg.norm(X) * np.linalg.norm(y)),
            "all rows were measured as one vector: `np.linalg.norm` needs `axis=1`",
        ),
        (
            lambda X, y: X @ y / (np.linalg.norm(X, axis=0) * np.linalg.norm(y)),
            "the lengths of the columns were taken: each row is a vector, so `axis=1`",
        ),
        (
            lambda X, y: X @ y / np.linalg.norm(X, axis=1) * np.linalg.norm(y),
            "`a / b * c` divides by b alone: put both lengths in brackets, `a / (b * c)`",
        ),
        (
            lambda X, y: X @ y / (np.sum(X**2, axis=1) * np.sum(y**2)),
            "the lengths are still squared: take their roots",
        ),
        (
            lambda X, y: X @ y / (np.linalg.norm(X, axis=1) + np.linalg.norm(y)),
            "the lengths were added: divide by their product",
        ),
        (
            lambda X, y: np.arccos(X @ y / (np.linalg.norm(X, axis=1) * np.linalg.norm(y))),
            "these are the angles: their cosine is asked for",
        ),
        (
            lambda X, y: X[0] @ y / (np.linalg.norm(X[0]) * np.linalg.norm(y)),
            "this is the first row alone: each row has its own cosine",
        ),
    ],
    valid=lambda random: (
        random.standard_normal((random.integers(1, 6), n := int(random.integers(1, 6)))),
        random.standard_normal(n),
    ),
)
def cosine_similarity(X, y):
    return X @ y / (np.linalg.norm(X, axis=1) * np.linalg.norm(y))


# --- rows and columns ---------------------------------------------------------------------------

KNOWN_PRODUCTS = ("@", "matmul", "dot", "vdot", "vecdot", "matvec", "vecmat", "inner", "tensordot")
KNOWN_PRODUCTS += ("einsum", "multi_dot", "mm", "bmm")  # torch's as well


@exercise(
    "mathematics.product",
    level="core",
    hints=(
        "Entry (i, k) is row i of A with column k of B: multiply what stands at the same place, "
        "and add up.",
        "`np.sum(A[i] * B[:, k])` is one entry. The result has as many rows as A and as many "
        "columns as B.",
        "Without loops: `A[:, :, np.newaxis] * B` has the shape (N, D, K). Add along the axis of "
        "length D.",
    ),
    probes=[
        probe("(2, 3) with (3, 4)", noise(2, 3, seed=1), noise(3, 4, seed=2)),
        probe("two square ones, of which the order matters", noise(3, 3), noise(3, 3, seed=3)),
        probe("a row with a column is one number", noise(1, 5), noise(5, 1, seed=4)),
        probe("a column with a row is a table", noise(4, 1), noise(1, 2, seed=5)),
    ],
    wrong=[
        (np.multiply, "this multiplies place by place: a row goes with a whole column"),
        (lambda A, B: B @ A, "the order is exchanged: the rows are those of A"),
        (lambda A, B: A @ B.T, "row with row: the second index of B says which column"),
        (lambda A, B: (A @ B).T, "the result lies on its side: rows of A are rows of the result"),
        (
            lambda A, B: (A[:, :, np.newaxis] * B).mean(axis=1),
            "this is a mean: the products are added, and not divided by their number",
        ),
        (
            lambda A, B: A[:, :, np.newaxis] * B,
            "these are the products before they are added: sum over the axis of length D",
        ),
        (
            lambda A, B: (A[:, :, np.newaxis] * B).sum(axis=0),
            "the sum runs over the rows of A: it belongs to the index that A and B share",
        ),
        (
            lambda A, B: (A[:, :, np.newaxis] * B).sum(axis=2),
            "the sum runs over the columns of B: it belongs to the index that A and B share",
        ),
        (
            lambda A, B: np.multiply.outer(A.sum(axis=1), B.sum(axis=0)),
            "the sums were multiplied: multiply first, then add the products",
        ),
    ],
    valid=lambda random: (
        random.standard_normal((random.integers(1, 5), n := int(random.integers(1, 5)))),
        random.standard_normal((n, random.integers(1, 5))),
    ),
    forbidden={"neither `@` nor a function that knows the product": KNOWN_PRODUCTS},
)
def product(A, B):
    return (A[:, :, np.newaxis] * B).sum(axis=1)


# --- column with column -------------------------------------------------------------------------


@exercise(
    "mathematics.columns",
    level="easy",
    hints=(
        "Write the shapes: (N, D) and (N, K) are to make (D, K). Which of them must be turned?",
        "The rows of the first factor meet the columns of the second. The columns of X are the "
        "rows of its transpose.",
        "`X.T @ Y`.",
    ),
    probes=[
        probe("4 rows, 2 columns against 3", noise(4, 2), noise(4, 3, seed=1)),
        probe("3 rows, 3 columns against 3", noise(3, 3), noise(3, 3, seed=2)),
        probe("1 row, 2 columns against 5", noise(1, 2), noise(1, 5, seed=3)),
        probe("6 rows, one column against one", noise(6, 1), noise(6, 1, seed=4)),
    ],
    wrong=[
        (lambda X, Y: X @ Y, "rows of X with columns of Y: turn X over first, with .T"),
        (lambda X, Y: X @ Y.T, "this is each row with each row: turn X over, not Y"),
        (lambda X, Y: Y.T @ X, "the result lies on its side: the columns of X make its rows"),
        (lambda X, Y: X.T @ Y / len(X), "these are means of the products: add them only"),
        (
            lambda X, Y: (X - X.mean(axis=0)).T @ (Y - Y.mean(axis=0)),
            "the means were taken off: a dot product leaves them in",
        ),
        (
            lambda X, Y: X.T @ Y / np.outer(np.linalg.norm(X, axis=0), np.linalg.norm(Y, axis=0)),
            "these are cosines: the dot products are not divided by the lengths",
        ),
        (np.multiply, "this multiplies place by place: add up along the rows as well"),
    ],
    valid=lambda random: (
        random.standard_normal((n := int(random.integers(1, 6)), random.integers(1, 5))),
        random.standard_normal((n, random.integers(1, 5))),
    ),
)
def between_columns(X, Y):
    return X.T @ Y


# --- a slope with a leash -----------------------------------------------------------------------


@exercise(
    "mathematics.gradient",
    level="core",
    hints=(
        "The gradient of a sum is the sum of the gradients. The first one stands in the text.",
        "The second is a sum of squares: when h_d moves, only its own square changes.",
        "The slope of `h[d] ** 2` is `2 * h[d]`: add `2 * weight * h`.",
    ),
    probes=[
        probe("without a leash", noise(3), noise(5, 3, seed=1), noise(5, seed=2), 0.0),
        probe("a weight of 0.7", noise(3), noise(5, 3, seed=1), noise(5, seed=2), 0.7),
        probe("as many rows as knobs", noise(4), noise(4, 4, seed=3), noise(4, seed=4), 2.0),
        probe("one row, two knobs", noise(2), noise(1, 2, seed=5), noise(1, seed=6), 0.1),
    ],
    wrong=[
        (
            lambda h, X, y, weight: X.T @ (X @ h - y) + weight * h,
            "the factor 2 is missing: squares bring it, in both parts",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (X @ h - y),
            "the part of the leash is missing: the slope of weight * h ** 2",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (X @ h - y) + weight * h,
            "the leash needs its factor 2 as well: the slope of h ** 2 is 2 * h",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (X @ h - y) + weight * np.sum(h**2),
            "the leash was added to the slopes as it stands: its slope with respect to h is asked",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (y - X @ h) + 2 * weight * h,
            "the error has the wrong sign: X h minus y",
        ),
        (
            lambda h, X, y, weight: -(2 * X.T @ (X @ h - y) + 2 * weight * h),
            "this points downhill: the gradient points where the loss grows",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (X @ h - y) / len(y) + 2 * weight * h,
            "the squares are added, not averaged: do not divide by their number",
        ),
        (
            lambda h, X, y, weight: 2 * X.T @ (X @ h - y) + 2 * h,
            "the leash has a weight: multiply its slope by it",
        ),
        (
            lambda h, X, y, weight: 2 * (X @ h - y),
            "these are slopes with respect to the answers: go on to h, through X transposed",
        ),
        (
            lambda h, X, y, weight: np.sum((X @ h - y) ** 2) + weight * np.sum(h**2),
            "this is the loss itself: its slopes are asked for",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(n := int(random.integers(1, 5))),
        random.standard_normal((m := int(random.integers(1, 6)), n)),
        random.standard_normal(m),
        float(random.uniform(0, 3)),
    ),
)
def ridge_gradient(h, X, y, weight):
    return 2 * X.T @ (X @ h - y) + 2 * weight * h


# --- the way back -------------------------------------------------------------------------------


def _polar_slopes(x, y):
    r = np.hypot(x, y)
    return np.array([[x / r, y / r], [-y / r**2, x / r**2]])


@exercise(
    "mathematics.jacobian",
    level="stretch",
    hints=(
        "Four slopes. For the first row: how does a root change with what stands below it?",
        "The slope of r with respect to x is x / r. The angle is the arctangent of y / x, and the "
        "slope of arctan(u) is 1 / (1 + u ** 2).",
        "The chain rule gives -y / r ** 2 and x / r ** 2 for the second row. This Jacobian undoes "
        "the one in the text: their product is the matrix with ones on the diagonal.",
    ),
    probes=[
        probe("at (3, 4)", 3.0, 4.0),
        probe("at (-1, 2), behind and above", -1.0, 2.0),
        probe("at (0.5, -0.2), close by", 0.5, -0.2),
        probe("straight up, at (0, 2)", 0.0, 2.0),
    ],
    wrong=[
        (
            lambda x, y: _polar_slopes(x, y).T,
            "the table lies on its side: a row holds the slopes of one result",
        ),
        (lambda x, y: _polar_slopes(x, y)[::-1], "the rows are exchanged: the distance first"),
        (lambda x, y: _polar_slopes(x, y)[:, ::-1], "the columns are exchanged: x first, then y"),
        (
            lambda x, y: np.array([[x, y], [-y, x]]) / np.hypot(x, y),
            "the slopes of the angle are too large: farther out, the same step turns less",
        ),
        (
            lambda x, y: np.array([[x, y], [-y, x]]) / (x**2 + y**2),
            "the slopes of the distance are off: it grows by x / r, not by x / r ** 2",
        ),
        (
            lambda x, y: np.array([[2 * x, 2 * y], _polar_slopes(x, y)[1]]),
            "the first row has the slopes of r ** 2: the root is missing",
        ),
        (
            lambda x, y: (
                np.array([[0.5 * x, 0.5 * y], _polar_slopes(x, y)[1]]) / [[np.hypot(x, y)], [1]]
            ),
            "the inner derivative is missing: below the root, x ** 2 changes by 2 * x",
        ),
        (
            lambda x, y: _polar_slopes(x, y) * [[1], [-1]],
            "the angle turns the wrong way: upwards on the right it grows",
        ),
        (
            lambda x, y: np.abs(_polar_slopes(x, y)),
            "a slope has a sign: left of the origin r falls when x grows",
        ),
        (
            lambda x, y: (
                np.degrees([[0], [1]] * _polar_slopes(x, y)) + [[1], [0]] * _polar_slopes(x, y)
            ),
            "the angle is in degrees: radians are asked for",
        ),
        (
            lambda x, y: np.linalg.inv(_polar_slopes(x, y)),
            "this is the Jacobian of the text, from polar to place: here it goes the other way",
        ),
    ],
    valid=lambda random: tuple(
        float(random.choice([-1, 1]) * v) for v in random.uniform(0.1, 3, 2)
    ),
)
def polar_jacobian(x, y):
    return _polar_slopes(x, y)


# --- how many measurements ----------------------------------------------------------------------


@exercise(
    "mathematics.measurements",
    level="easy",
    hints=(
        "With n measurements the spread of the mean is `spread / sqrt(n)`. Solve for n.",
        "n is the square of a ratio. Which way do you round so that the goal is met?",
        "`int(np.ceil((spread / goal) ** 2))`.",
    ),
    probes=[
        probe("from 10 to 1 takes 100", 10.0, 1.0),
        probe("from 1 to 0.3 takes 12: 11 would not be enough", 1.0, 0.3),
        probe("from 4 to 2.5 takes 3", 4.0, 2.5),
        probe("from 3 to 0.5 takes 36", 3.0, 0.5),
    ],
    wrong=[
        (
            lambda spread, goal: int((spread / goal) ** 2) + 1,
            "one too many: round up only what is not whole already",
        ),
        (
            lambda spread, goal: int(np.ceil(spread / goal)),
            "the spread shrinks with the root of n: the ratio must be squared",
        ),
        (
            lambda spread, goal: int(np.ceil(np.sqrt(spread / goal))),
            "the root goes the other way: n is the square of the ratio",
        ),
        (
            lambda spread, goal: int((spread / goal) ** 2),
            "rounded down: the goal is then missed by a little",
        ),
        (
            lambda spread, goal: round((spread / goal) ** 2),
            "round up: to the nearest is sometimes down, and the goal is then missed",
        ),
        (lambda spread, goal: (spread / goal) ** 2, "a whole number is asked for: round up"),
        (
            lambda spread, goal: int(np.ceil(spread / goal)) ** 2,
            "rounded too early: square first, then round up",
        ),
        (
            lambda spread, goal: int(np.ceil((goal / spread) ** 2)),
            "the ratio is upside down: a smaller goal takes more measurements",
        ),
        (
            lambda spread, goal: int(np.ceil(spread / goal**2)),
            "only the goal is squared: the variance is `spread ** 2`",
        ),
    ],
    valid=lambda random: tuple(float(value) for value in random.uniform(0.1, 5, 2)),
)
def measurements_needed(spread, goal):
    return int(np.ceil((spread / goal) ** 2))


# --- a rare sound -------------------------------------------------------------------------------


@exercise(
    "mathematics.alarm",
    level="stretch",
    hints=(
        "Count instead of computing: of 100 000 sounds, how many alarms are real, how many false?",
        "Bayes: hits among all alarms. All alarms are the real ones and the false ones.",
        "P(alarm) is `hit * prior + false_alarm * (1 - prior)`.",
    ),
    probes=[
        probe("a good detector of a rare event is mostly wrong: 0.3242", 0.95, 0.02, 0.01),
        probe("a detector that fires at random teaches nothing", 0.3, 0.3, 0.2),
        probe("a poor detector of something common", 0.6, 0.4, 0.75),
        probe("a detector that is never wrongly on", 0.5, 0.0, 0.1),
    ],
    wrong=[
        (
            lambda hit, false_alarm, prior: np.divide(hit * prior, false_alarm * (1 - prior)),
            "real alarms over false ones: divide by all alarms, the real ones too",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior + false_alarm * (1 - prior),
            "this is P(alarm): which part of it comes from events?",
        ),
        (
            lambda hit, false_alarm, prior: hit,
            "this is P(alarm | event): the question asks the other way round",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior,
            "this is P(alarm and event): divide by the probability of any alarm",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior / (hit * prior + false_alarm),
            "false alarms happen only where there is no event: weight them by 1 - prior",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior / (hit + false_alarm * (1 - prior)),
            "in the sum below, hits happen only where there is an event: weight them by prior",
        ),
        (
            lambda hit, false_alarm, prior: hit / (hit + false_alarm),
            "the prior has no say in this: weight hits by prior, false alarms by 1 - prior",
        ),
        (
            lambda hit, false_alarm, prior: (
                hit * prior / (hit * prior + (1 - false_alarm) * (1 - prior))
            ),
            "1 - false_alarm is how often it rightly stays silent: alarms are asked for",
        ),
        (
            lambda hit, false_alarm, prior: (
                hit * (1 - prior) / (hit * (1 - prior) + false_alarm * prior)
            ),
            "prior and 1 - prior are exchanged: the event has the probability `prior`",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior / hit * prior + false_alarm * (1 - prior),
            "`a / b + c` divides by b alone: put brackets around the sum",
        ),
        (
            lambda hit, false_alarm, prior: hit * prior / (hit * prior + false_alarm * 1 - prior),
            "brackets are missing: `false_alarm * (1 - prior)`",
        ),
        (
            lambda hit, false_alarm, prior: (
                false_alarm * (1 - prior) / (hit * prior + false_alarm * (1 - prior))
            ),
            "this is the probability that the event is NOT there",
        ),
    ],
    valid=lambda random: tuple(float(value) for value in random.uniform(0.02, 0.98, 3)),
)
def event_given_alarm(hit, false_alarm, prior):
    return hit * prior / (hit * prior + false_alarm * (1 - prior))
