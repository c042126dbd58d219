"""Exercises of the chapter large/explaining: a direction for a concept, a line near one sound."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- a concept ----------------------------------------------------------------------------------


def _learn(
    *,
    sign=-1.0,
    rate=1.0,
    offset=True,
    turned=False,
    reduction="mean",
    n_more=0,
    unit=True,
    give=lambda vector: vector,
):
    """Logistic regression by gradient descent, with its parts exchangeable."""

    def learn_concept(inside, outside, n_steps):
        import torch
        from torch.nn import functional

        rows = torch.cat([inside, outside])
        wanted = torch.cat([torch.ones(len(inside)), torch.zeros(len(outside))]).to(rows)
        wanted = 1 - wanted if turned else wanted
        vector = torch.zeros(rows.shape[1], device=rows.device, dtype=rows.dtype)
        shift = torch.zeros((), device=rows.device, dtype=rows.dtype)
        for _ in range(max(0, n_steps + n_more)):
            vector.requires_grad_()
            shift.requires_grad_()
            loss = functional.binary_cross_entropy_with_logits(
                rows @ vector + shift, wanted, reduction=reduction
            )
            slopes = torch.autograd.grad(loss, (vector, shift))
            vector = (vector + sign * rate * slopes[0]).detach()
            shift = (shift + (sign * rate if offset else 0.0) * slopes[1]).detach()
        return give(vector / vector.norm() if unit else vector)

    return learn_concept


def _difference(inside, outside, n_steps):
    vector = inside.mean(dim=0) - outside.mean(dim=0)
    return vector / vector.norm()


def _what_came_back(answer, inside, outside, n_steps):
    import torch

    found = answer(inside.clone(), outside.clone(), n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().cpu().double().numpy()
    facts = {
        "the shape": values.shape,
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
    }
    if values.shape == (inside.shape[1],):
        gap = (inside.mean(dim=0) - outside.mean(dim=0)).cpu().double().numpy()
        along = values @ gap / np.linalg.norm(gap)
        facts["its length"] = round(float(np.linalg.norm(values)), 3)
        facts["how far it points from outside to inside"] = round(float(along), 3)
        facts["its first two numbers"] = tuple(np.round(values[:2] + 0.0, 3).tolist())
    return facts


def _two_sides(n_inside, n_outside, size, device, *, seed):
    import torch

    random = np.random.default_rng(seed)
    tilt = random.normal(size=size)
    spread = np.exp(0.7 * random.normal(size=size))
    inside = spread * random.normal(size=(n_inside, size)) + tilt
    outside = spread * random.normal(size=(n_outside, size)) + 0.3 * random.normal(size=size)
    return [torch.as_tensor(one, device=device).float() for one in (inside, outside)]


def _sides():
    from audiolessons import training

    device = training.pick_device()
    n, size = (4096, 256) if device.type != "cpu" else (60, 10)
    return [
        probe("one step", *_two_sides(6, 6, 3, "cpu", seed=1), 1),
        probe("ten steps, more on one side", *_two_sides(5, 16, 4, "cpu", seed=2), 10),
        probe("forty steps", *_two_sides(20, 9, 5, "cpu", seed=13), 40),
        probe(
            f"{2 * n} sounds on the device {device.type}",
            *_two_sides(n, n, size, device, seed=4),
            100,
        ),
    ]


def _any_sides(random):
    sizes = (int(n) for n in random.integers(2, 9, 3))
    sides = _two_sides(*sizes, "cpu", seed=int(random.integers(1000)))
    return (*sides, int(random.integers(1, 9)))


@exercise(
    "explaining.concept",
    level="core",
    hints=(
        "Stack both sides: `torch.cat([inside, outside])`. What is wanted is 1 for the first, 0 "
        "for the others, on the same device.",
        "Start from zeros, a vector and an offset. In each step: `rows @ vector + offset`, "
        "`functional.binary_cross_entropy_with_logits`, and subtract both gradients.",
        "At the end divide the vector by its length and detach it; the offset is not returned.",
    ),
    observe=_what_came_back,
    probes=_sides,
    wrong=[
        (_learn(sign=1.0), "the steps go up: subtract the gradients"),
        (_learn(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (_learn(offset=False), "there is no offset: both sides may lie on one side of zero"),
        (_learn(reduction="sum"), "the losses are summed: take their mean"),
        (_learn(n_more=1), "one step too many is made"),
        (_learn(n_more=-1), "one step too few is made"),
        (_learn(unit=False), "bring it to length 1"),
        (
            _learn(give=lambda vector: vector.cpu().numpy()),
            "return a torch tensor, on the device of what you were given",
        ),
        (_learn(give=lambda vector: vector[:, None]), "return one row, (D,), and no column"),
        (
            _difference,
            "this is the difference of the two means: nothing is learned of how the sounds spread",
        ),
        (
            _learn(give=lambda vector: vector.requires_grad_()),
            "it carries a gradient: end with `.detach()`",
        ),
    ],
    valid=_any_sides,
    time_limit_s=30,
)
def learn_concept(inside, outside, n_steps):
    return _learn()(inside, outside, n_steps)


# --- the bug hunt: a line near one sound --------------------------------------------------------


def _to_whole(kept):
    return 1 - np.sqrt(kept.mean(axis=1))


def _to_nothing(kept):
    return np.sqrt(kept.mean(axis=1))


def _line(
    *,
    distance=_to_whole,
    near=lambda d, width: np.exp(-((d / width) ** 2)),
    table=lambda kept, levels: kept,
    offset=True,
    give=lambda slopes: slopes,
):
    """A weighted line with its parts exchangeable."""

    def near_line(kept, levels, answers, width):
        kept = np.asarray(kept, dtype=float)
        root = np.sqrt(near(distance(kept), width))
        rows = table(kept, np.asarray(levels))
        if offset:
            rows = np.hstack([rows, np.ones((len(rows), 1))])
        slopes = np.linalg.lstsq(root[:, None] * rows, root * answers, rcond=None)[0]
        return give(slopes[: kept.shape[1]])

    return near_line


def _versions(n_versions, n_pieces, *, seed, curve=1.0, offset=2.0):
    """Versions of a sound, the levels of its pieces in dB, and answers that are no line."""
    random = np.random.default_rng(seed)
    kept = random.random((n_versions, n_pieces)) < 0.5
    kept[0] = True
    levels = -60 + 40 * random.random(n_pieces)
    answers = offset + kept @ random.normal(size=n_pieces)
    answers = answers + curve * kept[:, 0] * kept[:, 1] + 0.3 * random.normal(size=n_versions)
    return kept, levels, answers


def _any_versions(random):
    n_pieces = int(random.integers(2, 6))
    seed = int(random.integers(1000))
    found = _versions(int(random.integers(20, 40)), n_pieces, seed=seed, curve=3.0)
    return (*found, float(random.uniform(0.1, 0.6)))


EXACT = _versions(60, 4, seed=8, curve=0.0)


@exercise(
    "explaining.line",
    level="stretch",
    hints=(
        "Which versions should count most: those that are nearly the sound, or those that are "
        "nearly silent? Print the weights of the broken function for both.",
        "The share of pieces kept has a square root that is the cosine to the whole sound. The "
        "distance is 1 minus that.",
        "The line sees ones and zeros, and a column of ones for the offset. Multiply rows and "
        "answers by the root of the weights, then `np.linalg.lstsq`. `levels` is of no use.",
    ),
    probes=[
        probe(
            "answers that are a line: its slopes",
            EXACT[0],
            EXACT[1],
            5 + EXACT[0] @ np.array([1.0, -2.0, 0.5, 3.0]),
            0.25,
        ),
        probe("two pieces that work together", *_versions(50, 3, seed=1, curve=4.0), 0.25),
        probe("a narrow view", *_versions(200, 5, seed=2, curve=4.0), 0.1),
        probe("a wide view", *_versions(80, 6, seed=3, curve=2.0, offset=-5.0), 2.0),
        probe("levels far from one another", *_versions(60, 4, seed=4, curve=3.0), 0.3),
    ],
    wrong=[
        (
            _line(distance=_to_nothing),
            "versions near *silence* count most: measure the distance to the whole sound",
        ),
        (
            _line(table=lambda kept, levels: kept * levels),
            "the line sees levels in dB: give it ones and zeros",
        ),
        (
            _line(distance=_to_nothing, table=lambda kept, levels: kept * levels),
            "both faults are still there: near silence counts most, and the line sees levels",
        ),
        (
            _line(near=lambda d, width: np.ones_like(d)),
            "all versions count alike: those near the sound should count more",
        ),
        (
            _line(near=lambda d, width: np.exp(-d / width)),
            "the distance and the width are to be squared",
        ),
        (
            _line(near=lambda d, width: np.exp(-(d**2) / width)),
            "the width is to be squared as well",
        ),
        (_line(offset=False), "there is no offset: what the answer is without any piece"),
        (
            _line(distance=lambda kept: 1 - kept.mean(axis=1)),
            "this is the share of pieces that are missing: the cosine is the root of the share "
            "that is kept",
        ),
        (
            _line(near=lambda d, width: np.exp(-2 * (d / width) ** 2)),
            "rows *and* answers times the weight count its square: use the root of the weights",
        ),
        (_line(give=np.abs), "these are the sizes: keep the signs"),
    ],
    valid=_any_versions,
)
def near_line(kept, levels, answers, width):
    return _line()(kept, levels, answers, width)
