"""Wrong answers to the exercises of reference/mathematics, with the message meant for each."""

import numpy as np

WRONG = {
    "mathematics.polar": [
        (lambda z: (z.real**2 + z.imag**2, np.arctan2(z.imag, z.real)), "still squared"),
        (lambda z: (abs(z), np.arctan2(z.real, z.imag)), "height and width are exchanged"),
        (lambda z: (abs(z), np.degrees(np.angle(z))), "in degrees"),
        (lambda z: (abs(z), np.arctan(z.imag / z.real)), "opposite direction"),
        (lambda z: (z.real + z.imag, np.angle(z)), "square them first"),
        (lambda z: (np.angle(z), abs(z)), "the two are exchanged"),
        (lambda z: (abs(z), np.angle(z) % (2 * np.pi)), "the long way round"),
    ],
    "mathematics.add_levels": [
        (lambda a, b: a + b, "would multiply the powers"),
        (lambda a, b: 20 * np.log10(10 ** (a / 20) + 10 ** (b / 20)), "amplitudes were added"),
        (lambda a, b: (a + b) / 2, "never makes it quieter"),
        (max, "it adds little, but not nothing"),
        (lambda a, b: 10 ** (a / 10) + 10 ** (b / 10), "turn it back into decibels"),
        (lambda a, b: 10 * np.log10(10 ** (a / 20) + 10 ** (b / 20)), "there as amplitudes"),
        (lambda a, b: 20 * np.log10(10 ** (a / 10) + 10 ** (b / 10)), "there with L / 10"),
        (lambda a, b: 10 * np.log(10 ** (a / 10) + 10 ** (b / 10)), "natural logarithm"),
    ],
    "mathematics.cosine": [
        (lambda X, y: X @ y, "divide by both lengths"),
        (lambda X, y: X @ y / np.linalg.norm(X, axis=1), "length of y is missing"),
        (lambda X, y: X @ y / np.linalg.norm(y), "lengths of the rows are missing"),
        (lambda X, y: X @ y / (np.linalg.norm(X) * np.linalg.norm(y)), "needs `axis=1`"),
    ],
    "mathematics.measurements": [
        (lambda spread, goal: int(np.ceil(spread / goal)), "must be squared"),
        (lambda spread, goal: int(np.ceil(np.sqrt(spread / goal))), "the root goes the other way"),
        (lambda spread, goal: int((spread / goal) ** 2), "rounded down"),
        (lambda spread, goal: (spread / goal) ** 2, "round up"),
        (lambda spread, goal: int((spread / goal) ** 2) + 1, "one too many"),
    ],
    "mathematics.alarm": [
        (lambda hit, false, prior: hit, "the other way round"),
        (lambda hit, false, prior: hit * prior, "divide by the probability of any alarm"),
        (lambda hit, false, prior: hit * prior / (hit * prior + false), "weight them by 1 - prior"),
        (lambda hit, false, prior: hit / (hit + false), "the prior is left out"),
        (lambda hit, false, prior: hit * prior / (false * (1 - prior)), "over false ones"),
        (lambda hit, false, prior: hit * prior + false * (1 - prior), "which part of it"),
    ],
}
