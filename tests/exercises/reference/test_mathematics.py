"""Right answers to the exercises of the page reference/mathematics: other ways, other writings."""

import cmath
import math
from fractions import Fraction

import numpy as np
import torch


def _polar_by_turning(z):
    """The phase from the half-angle: tan(a / 2) = y / (r + x)."""
    r = math.sqrt(z.real**2 + z.imag**2)
    return r, math.pi if r + z.real == 0 else 2 * math.atan(z.imag / (r + z.real))


def _needed_by_counting(spread, goal):
    n = 1
    while spread / math.sqrt(n) > goal:
        n += 1
    return n


def _alarm_by_counting(hit, false_alarm, prior):
    """Of a million sounds, as the first hint has it."""
    events = 1e6 * prior
    real, false = hit * events, false_alarm * (1e6 - events)
    return real / (real + false)


def _cosine_by_loops(X, y):
    found = []
    for row in X:
        dot = sum(a * b for a, b in zip(row, y, strict=True))
        lengths = math.sqrt(sum(a * a for a in row)) * math.sqrt(sum(b * b for b in y))
        found.append(dot / lengths)
    return found


def _cosine_by_torch(X, y):
    return torch.nn.functional.cosine_similarity(torch.as_tensor(X), torch.as_tensor(y)[None])


def _cosine_in_place(X, y):
    X /= np.sqrt((X * X).sum(1, keepdims=True))
    y /= np.sqrt(y @ y)
    return np.einsum("nd,d->n", X, y)


RIGHT_ANSWERS = {
    "mathematics.polar": [
        _polar_by_turning,
        lambda z: (np.sqrt((z * z.conjugate()).real), np.arctan2(np.imag(z), np.real(z))),
        lambda z: (np.sqrt(z.real**2 + z.imag**2), cmath.log(z).imag),
        lambda z: [math.sqrt(z.real**2 + z.imag**2), math.atan2(z.imag, z.real)],
        lambda z: np.array([(z.real**2 + z.imag**2) ** 0.5, np.arctan2(z.imag, z.real)]),
    ],
    "mathematics.add_levels": [
        lambda a, b: 10 * math.log10(10 ** (a / 10) + 10 ** (b / 10)),
        lambda a, b: 10 * np.logaddexp(a * np.log(10) / 10, b * np.log(10) / 10) / np.log(10),
        lambda a, b: a + 10 * np.log10(1 + 10 ** ((b - a) / 10)),
        lambda a, b: 20 * np.log10(np.hypot(10 ** (a / 20), 10 ** (b / 20))),
        lambda a, b: np.float32(10 * np.log10(sum(10 ** (np.array([a, b]) / 10)))),
    ],
    "mathematics.cosine": [
        _cosine_by_loops,
        _cosine_by_torch,
        _cosine_in_place,
        lambda X, y: (X / np.linalg.norm(X, axis=1)[:, None]) @ (y / np.linalg.norm(y)),
        lambda X, y: (X * y).sum(-1) / np.sqrt((X**2).sum(-1) * (y**2).sum()),
    ],
    "mathematics.measurements": [
        _needed_by_counting,
        lambda spread, goal: np.ceil(spread**2 / goal**2),
        lambda spread, goal: -int(-((spread / goal) ** 2) // 1),
        lambda spread, goal: math.ceil((Fraction(spread) / Fraction(goal)) ** 2),
    ],
    "mathematics.alarm": [
        _alarm_by_counting,
        lambda hit, false_alarm, prior: 1 / (1 + false_alarm * (1 - prior) / (hit * prior)),
        lambda hit, false_alarm, prior: np.divide(
            prior * hit, np.dot([hit, false_alarm], [prior, 1 - prior])
        ),
        lambda hit, false_alarm, prior: float(
            np.prod([hit, prior]) / (hit * prior + false_alarm - false_alarm * prior)
        ),
    ],
}
