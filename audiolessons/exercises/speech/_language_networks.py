"""The exercise of the chapter speech/language that needs torch: a table learned by descent."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _learn(*, rate=1.0, n_more=0, sign=-1, clear=True, reduction="mean", turned=False, give=None):
    """Descent on the cross-entropy with its parts exchangeable."""

    def learn_table(before, after, n_tokens, n_steps):
        import torch
        from torch.nn.functional import cross_entropy

        table = torch.zeros(n_tokens, n_tokens, device=before.device, requires_grad=True)
        first, second = (after, before) if turned else (before, after)
        for _ in range(n_steps + n_more):
            cross_entropy(table[first], second, reduction=reduction).backward()
            with torch.no_grad():
                table += sign * rate * table.grad
            if clear:
                table.grad.zero_()
        return give(table) if give else table.detach()

    return learn_table


def _what_came_back(answer, before, after, n_tokens, n_steps):
    import torch

    found = answer(before.clone(), after.clone(), n_tokens, n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().cpu().numpy()
    row = column = None
    if values.shape == (n_tokens, n_tokens):
        row, column = (np.abs(values.sum(axis=axis)).round(3).tolist() for axis in (1, 0))
    return {
        "the shape": values.shape,
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
        "how large, in three digits": f"{np.abs(values).sum():.3g}",
        "the sums of its columns, in three decimals": column,
        "the sums of its rows, in three decimals": row,
    }


def _text(n, n_tokens, device, *, seed=0):
    import torch

    random = np.random.default_rng(seed)
    steps = random.integers(1, 3, size=n + 1) * random.integers(0, 2, size=n + 1)
    tokens = torch.as_tensor(np.cumsum(steps) % n_tokens, device=device)
    return tokens[:-1], tokens[1:], n_tokens


def _texts():
    from audiolessons import training

    device = training.pick_device()
    n, n_tokens = (200_000, 96) if device.type != "cpu" else (2000, 12)
    return [
        probe("no step: the table is 0", *_text(20, 4, "cpu"), 0),
        probe("one step", *_text(30, 4, "cpu", seed=1), 1),
        probe("five steps, more tokens", *_text(50, 7, "cpu", seed=2), 5),
        probe(f"{n} pairs on the device {device.type}", *_text(n, n_tokens, device, seed=3), 20),
    ]


def _any_text(random):
    n, n_tokens = int(random.integers(5, 40)), int(random.integers(2, 7))
    return *_text(n, n_tokens, "cpu", seed=int(random.integers(1000))), int(random.integers(0, 5))


@exercise(
    "language.table",
    level="core",
    hints=(
        "`torch.zeros(n_tokens, n_tokens, device=before.device, requires_grad=True)`",
        "The logits of what follows are rows of the table: `table[before]`. Their cross-entropy "
        "with `after`, then `backward()`.",
        "Under `torch.no_grad()` subtract the gradient, then clear it. Return `table.detach()`.",
    ),
    observe=_what_came_back,
    probes=_texts,
    wrong=[
        (_learn(sign=1), "the steps go up: subtract the gradient"),
        (_learn(clear=False), "the gradients are never cleared, and add up"),
        (_learn(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (_learn(n_more=1), "one step too many is made"),
        (_learn(reduction="sum"), "the losses are summed: take their mean"),
        (_learn(turned=True), "the table is read with what comes after: rows belong to `before`"),
        (_learn(give=lambda table: table), "it carries a gradient: end with `.detach()`"),
        (
            _learn(give=lambda table: table.detach().cpu().numpy()),
            "return a torch tensor, on the device of `before`",
        ),
    ],
    valid=_any_text,
    time_limit_s=30,
)
def learn_table(before, after, n_tokens, n_steps):
    return _learn()(before, after, n_tokens, n_steps)
