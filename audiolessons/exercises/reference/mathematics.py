"""Exercises of the page reference/mathematics."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

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
