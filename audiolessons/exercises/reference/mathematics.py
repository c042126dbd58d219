"""Exercises of the page reference/mathematics."""

from __future__ import annotations

import numpy as np

from .._engine import exercise


@exercise(
    "mathematics.polar",
    level="easy",
    hints=(
        "Draw the number as a point. The magnitude is a hypotenuse; which angle is the phase?",
        "Pythagoras gives the magnitude. `np.arctan2` takes the height first, then the width.",
        "`np.arctan2(z.imag, z.real)` knows all four quadrants; `np.arctan` knows two.",
    ),
)
def polar(answer, trial):
    trial.close(
        "3 + 4j lies 5 away at 0.9273 rad",
        lambda: answer(3 + 4j),
        (5.0, np.arctan2(4, 3)),
        mistakes=[
            ((25.0, np.arctan2(4, 3)), "the magnitude is still squared: take the root"),
            ((7.0, np.arctan2(4, 3)), "the sides are added as they are: square them first"),
            ((5.0, np.arctan2(3, 4)), "height and width are exchanged: the imaginary part first"),
            ((np.arctan2(4, 3), 5.0), "magnitude first, then phase: the two are exchanged"),
            ((5.0, np.degrees(np.arctan2(4, 3))), "the phase is in degrees: radians are asked for"),
        ],
    )
    trial.close(
        "-1 - 1j points backwards and down, at -2.356 rad",
        lambda: answer(-1 - 1j),
        (np.sqrt(2), -3 * np.pi / 4),
        mistakes=[
            (
                (np.sqrt(2), np.pi / 4),
                "this is the opposite direction: `np.arctan` cannot tell (-1, -1) from (1, 1), "
                "`np.arctan2` can",
            ),
            (
                (np.sqrt(2), 5 * np.pi / 4),
                "the same direction, counted the long way round: `np.arctan2` stays between -pi "
                "and pi",
            ),
        ],
    )


@exercise(
    "mathematics.add_levels",
    level="core",
    hints=(
        "Decibels do not add. What does, when two sounds are independent?",
        "Powers do. Turn both levels into powers, add, and turn the sum back.",
        "A level of L dB is a power of `10 ** (L / 10)`.",
    ),
)
def add_levels(answer, trial):
    trial.close(
        "60 dB and 60 dB are 63.01 dB together",
        lambda: answer(60.0, 60.0),
        60 + 10 * np.log10(2),
        mistakes=[
            (120.0, "decibels were added: that would multiply the powers"),
            (
                60 + 20 * np.log10(2),
                "amplitudes were added: that holds for equal waves in step, not for independent "
                "sounds; use `10 ** (L / 10)`",
            ),
            (60.0, "this is the mean or the larger of the two: both sources sound at once"),
            (2e6, "this is the sum of the powers: turn it back into decibels with 10 * log10"),
            (
                10 * np.log10(2e3),
                "there as amplitudes (L / 20), back as powers: use 10 in both places",
            ),
            (20 * np.log10(2e6), "there with L / 10, back with 20 * log10: use 10 in both places"),
            (10 * np.log(2e6), "this is the natural logarithm: decibels need np.log10"),
        ],
    )
    trial.close(
        "a source 20 dB below adds 0.043 dB",
        lambda: answer(60.0, 40.0),
        10 * np.log10(10**6 + 10**4),
        mistakes=[
            (100.0, "decibels were added: that would multiply the powers"),
            (50.0, "this is the mean of the levels: a second source never makes it quieter"),
            (60.0, "the quieter source is left out: it adds little, but not nothing"),
        ],
    )


@exercise(
    "mathematics.cosine",
    level="core",
    hints=(
        "Write the shapes: (N, D) and (D). Which product makes (N)?",
        "`X @ y` gives all dot products at once. Now divide by the lengths.",
        "`np.linalg.norm(X, axis=1)` has one length for each row.",
    ),
)
def cosine(answer, trial):
    rows = np.array([[3.0, 4.0], [4.0, -3.0], [-6.0, -8.0], [1.0, 0.0]])
    direction = np.array([3.0, 4.0])
    dots = rows @ direction
    lengths = np.linalg.norm(rows, axis=1)
    trial.close(
        "the same direction gives 1, a right angle 0, the opposite -1",
        lambda: answer(rows, direction),
        [1.0, 0.0, -1.0, 0.6],
        mistakes=[
            (dots, "these are the dot products: divide by both lengths"),
            (dots / lengths, "the length of y is missing from the division"),
            (dots / np.linalg.norm(direction), "the lengths of the rows are missing"),
            (
                dots / (np.linalg.norm(rows) * np.linalg.norm(direction)),
                "all rows were measured as one vector: `np.linalg.norm` needs `axis=1`",
            ),
        ],
    )
    trial.close(
        "the level of a sound does not matter",
        lambda: answer(1000 * rows, 0.001 * direction),
        [1.0, 0.0, -1.0, 0.6],
        means="scaling changed the result: each vector must be divided by its own length",
    )


@exercise(
    "mathematics.measurements",
    level="easy",
    hints=(
        "With n measurements the spread of the mean is `spread / sqrt(n)`. Solve for n.",
        "n is the square of a ratio. Which way do you round so that the goal is met?",
        "`int(np.ceil((spread / goal) ** 2))`.",
    ),
)
def measurements(answer, trial):
    trial.close(
        "from 10 to 1 takes 100",
        lambda: answer(10.0, 1.0),
        100,
        mistakes=[
            (101, "one too many: round up only what is not whole already"),
            (10, "the spread shrinks with the root of n: the ratio must be squared"),
            (4, "the root goes the other way: n is the square of the ratio"),
        ],
    )
    trial.close(
        "from 1 to 0.3 takes 12: 11 would not be enough",
        lambda: answer(1.0, 0.3),
        12,
        mistakes=[
            (11, "rounded down: with 11 the spread is still 0.3015"),
            (1 / 0.09, "a whole number is asked for: round up"),
        ],
    )


@exercise(
    "mathematics.alarm",
    level="stretch",
    hints=(
        "Count instead of computing: of 100 000 sounds, how many alarms are real, how many false?",
        "Bayes: hits among all alarms. All alarms are the real ones and the false ones.",
        "P(alarm) is `hit * prior + false_alarm * (1 - prior)`.",
    ),
)
def alarm(answer, trial):
    trial.close(
        "a good detector of a rare event is mostly wrong: 0.3242",
        lambda: answer(0.95, 0.02, 0.01),
        0.95 * 0.01 / (0.95 * 0.01 + 0.02 * 0.99),
        mistakes=[
            (
                0.95 * 0.01 / (0.02 * 0.99),
                "real alarms over false ones: divide by all alarms, the real ones too",
            ),
            (
                0.95 * 0.01 + 0.02 * 0.99,
                "this is P(alarm): which part of it comes from events?",
            ),
            (0.95, "this is P(alarm | event): the question asks the other way round"),
            (0.95 * 0.01, "this is P(alarm and event): divide by the probability of any alarm"),
            (
                0.95 * 0.01 / (0.95 * 0.01 + 0.02),
                "false alarms happen only where there is no event: weight them by 1 - prior",
            ),
            (0.95 / (0.95 + 0.02), "the prior is left out: how rare is the event?"),
        ],
    )
    trial.close(
        "a detector that fires at random teaches nothing",
        lambda: answer(0.3, 0.3, 0.2),
        0.2,
        means="when hits and false alarms are equally likely, the prior must come back",
    )
