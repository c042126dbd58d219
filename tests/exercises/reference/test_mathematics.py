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


def _ring_by_ear(first_hz, second_hz):
    """From the arrows themselves: angles add, heights multiply."""
    heights = {}
    for one in (first_hz, -first_hz):
        for other in (second_hz, -second_hz):
            heights[one + other] = heights.get(one + other, 0) + 0.25
    high, low = sorted({abs(hz) for hz in heights}, reverse=True)
    return low, high, 2 * heights[high]


def _power_by_samples(heights, turns):
    """Build the sound, long enough for its fastest arrow."""
    n_samples = max(turns) + 1
    angle = 2 * np.pi * np.outer(np.arange(n_samples), turns) / n_samples
    return np.mean(np.abs(np.exp(1j * angle) @ heights) ** 2)


def _power_by_pairs(heights, turns):
    total = 0
    for height, number in zip(heights, turns, strict=True):
        for other, other_number in zip(heights, turns, strict=True):
            total += (height * np.conj(other)).real * (number == other_number)
    return total


def _power_by_spectrum(heights, turns):
    spectrum = [0j] * (max(turns) + 1)
    for height, number in zip(heights, turns, strict=True):
        spectrum[number] += height
    return sum(abs(value) ** 2 for value in spectrum)


def _power_at_once(heights, turns):
    numbers, which = np.unique(turns, return_inverse=True)
    together = np.zeros(len(numbers), complex)
    np.add.at(together, which, heights)
    return np.vdot(together, together).real


def _product_by_loops(A, B):
    result = np.zeros((len(A), B.shape[1]))
    for i in range(len(A)):
        for k in range(B.shape[1]):
            for j in range(len(B)):
                result[i, k] += A[i, j] * B[j, k]
    return result


def _product_by_lists(A, B):
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in B.T] for row in A]


def _product_by_outer(A, B):
    return sum(np.outer(A[:, j], B[j]) for j in range(len(B)))


def _columns_by_loops(X, Y):
    return [[np.dot(x, y) for y in Y.T] for x in X.T]


def _gradient_by_loops(h, X, y, weight):
    slopes = 2 * weight * np.array(h)
    for row, goal in zip(X, y, strict=True):
        slopes += 2 * (np.dot(row, h) - goal) * row
    return slopes


def _gradient_by_torch(h, X, y, weight):
    knobs = torch.tensor(h, requires_grad=True)
    errors = torch.as_tensor(X) @ knobs - torch.as_tensor(y)
    (errors.square().sum() + weight * knobs.square().sum()).backward()
    return knobs.grad


def _jacobian_measured(x, y):
    def polar(x, y):
        return np.array([math.hypot(x, y), math.atan2(y, x)])

    s = 1e-6
    across, up = polar(x + s, y) - polar(x - s, y), polar(x, y + s) - polar(x, y - s)
    return np.stack([across, up], axis=1) / (2 * s)


def _jacobian_by_inverse(x, y):
    r, angle = math.hypot(x, y), math.atan2(y, x)
    there = [[math.cos(angle), -r * math.sin(angle)], [math.sin(angle), r * math.cos(angle)]]
    return np.linalg.inv(there)


RIGHT_ANSWERS = {
    "mathematics.ring": [
        _ring_by_ear,
        lambda a, b: (max(a, b) - min(a, b), a + b, 1 / 2),
        lambda a, b: [*sorted((abs(a - b), abs(a + b))), 0.5],
        lambda a, b: np.array([np.abs(b - a), b + a, 0.5], dtype=np.float32),
    ],
    "mathematics.power": [
        _power_by_samples,
        _power_by_pairs,
        _power_by_spectrum,
        _power_at_once,
        lambda c, k: sum(abs(sum(c[k == number])) ** 2 for number in set(k.tolist())),
    ],
    "mathematics.product": [
        _product_by_loops,
        _product_by_lists,
        _product_by_outer,
        lambda A, B: np.sum(A[:, None] * B.T, axis=-1),
        lambda A, B: torch.as_tensor(A[:, :, None] * B[None]).sum(1),
    ],
    "mathematics.columns": [
        _columns_by_loops,
        lambda X, Y: np.transpose(Y.T @ X),
        lambda X, Y: np.einsum("nd,nk->dk", X, Y),
        lambda X, Y: (X[:, :, None] * Y[:, None]).sum(0),
        lambda X, Y: torch.as_tensor(X).T @ torch.as_tensor(Y),
    ],
    "mathematics.gradient": [
        _gradient_by_loops,
        _gradient_by_torch,
        lambda h, X, y, weight: 2 * ((X.T @ X + weight * np.eye(len(h))) @ h - X.T @ y),
        lambda h, X, y, weight: 2 * (weight * h + (X @ h - y) @ X),
    ],
    "mathematics.jacobian": [
        _jacobian_measured,
        _jacobian_by_inverse,
        lambda x, y: [
            [math.cos(math.atan2(y, x)), math.sin(math.atan2(y, x))],
            [-y / (x * x + y * y), x / (x * x + y * y)],
        ],
        lambda x, y: (
            np.array([[x, y], [-y / abs(x + 1j * y), x / abs(x + 1j * y)]]) / abs(x + 1j * y)
        ),
    ],
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
