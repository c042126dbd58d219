"""Exercises of the chapter large/finetuning that need torch: losses, low ranks, still layers."""

from __future__ import annotations

import copy

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise


def _tensor(values, **options):
    import torch

    return torch.as_tensor(np.asarray(values), **options)


def _floats(*shape, seed=0):
    return _tensor(noise(*shape, seed=seed)).float()


# --- the loss -----------------------------------------------------------------------------------


def _loss(choose=lambda hidden: hidden, reduction="mean", scale=None):
    def loss(logits, units, hidden):
        from torch.nn import functional

        kept = choose(hidden)
        value = functional.cross_entropy(logits[kept], units[kept], reduction=reduction)
        return value if scale is None else value * scale(hidden)

    return loss


def _mean_of_sounds(logits, units, hidden):
    from torch.nn import functional

    each = [
        functional.cross_entropy(one[kept], of[kept])
        for one, of, kept in zip(logits, units, hidden, strict=True)
        if kept.any()
    ]
    return sum(each) / len(each)


def _right_share(logits, units, hidden):
    return 1 - (logits.argmax(dim=2) == units)[hidden].float().mean()


def _without_slope(logits, units, hidden):
    return _loss()(logits, units, hidden).detach()


def _twice(logits, units, hidden):
    return _loss()(logits.softmax(dim=-1), units, hidden)


def _zeroed(logits, units, hidden):
    from torch.nn import functional

    each = functional.cross_entropy(logits.transpose(1, 2), units, reduction="none")
    return (each * hidden).mean()


def _value_and_slope(answer, logits, units, hidden):
    logits = logits.clone().requires_grad_()
    value = answer(logits, units, hidden)
    slope = None
    if getattr(value, "requires_grad", False):
        value.backward()
        slope = logits.grad.numpy()
    return {
        "the loss": float(value.detach() if hasattr(value, "detach") else value),
        "its gradient": slope,
    }


def _guesses(n_sounds, n_frames, n_units, seed, share=0.5):
    random = np.random.default_rng(seed)
    hidden = random.random((n_sounds, n_frames)) < share
    hidden[:, 0], hidden[0, -1] = True, False
    return (
        _floats(n_sounds, n_frames, n_units, seed=seed),
        _tensor(random.integers(0, n_units, (n_sounds, n_frames))),
        _tensor(hidden),
    )


@exercise(
    "finetuning.loss",
    level="core",
    hints=(
        "A boolean tensor picks frames: `logits[hidden]` has the shape (hidden frames, K).",
        "`nn.functional.cross_entropy(logits[hidden], units[hidden])` takes the mean over what it "
        "is given.",
    ),
    observe=_value_and_slope,
    probes=lambda: [
        probe("three sounds, six frames, four units", *_guesses(3, 6, 4, 1)),
        probe("few frames are hidden", *_guesses(2, 30, 7, 2, share=0.1)),
        probe("sounds hide unequal numbers of frames", *_guesses(5, 9, 3, 3, share=0.3)),
    ],
    wrong=lambda: [
        (_loss(lambda hidden: ~hidden), "these are the frames that were seen"),
        (
            _loss(lambda hidden: hidden | True),
            "all frames count: what was seen can be copied, and teaches nothing",
        ),
        (_loss(reduction="sum"), "the losses are summed: take the mean over the hidden frames"),
        (
            _zeroed,
            "the seen frames count as losses of 0: divide by the number of hidden frames alone",
        ),
        (
            _mean_of_sounds,
            "this is a mean of the means of the sounds: every hidden frame counts alike",
        ),
        (_right_share, "a share of wrong answers has no gradient: take the cross-entropy"),
        (
            _without_slope,
            "the value is right, but no gradient flows through it: return the tensor itself, "
            "without `.item()` or `.detach()`",
        ),
        (_twice, "a softmax is taken twice: `cross_entropy` is given logits, and takes it itself"),
    ],
    valid=lambda random: _guesses(
        *(int(n) for n in random.integers(2, 7, 3)), random.integers(999)
    ),
)
def masked_loss(logits, units, hidden):
    return _loss()(logits, units, hidden)


# --- the low rank -------------------------------------------------------------------------------


def _low(factor=lambda scale, a: scale / len(a), base=True, bias=True, product=None):
    def low_rank(x, weight, bias_, a, b, scale):
        found = factor(scale, a) * (x @ a.T @ b.T if product is None else product(x, a, b))
        if base:
            found = found + x @ weight.T
        return found + bias_ if bias else found

    return low_rank


def _layer(n_in, n_out, rank, n, seed=0):
    return (
        _floats(n, n_in, seed=seed),
        _floats(n_out, n_in, seed=seed + 1),
        _floats(n_out, seed=seed + 2),
        _floats(rank, n_in, seed=seed + 3),
        _floats(n_out, rank, seed=seed + 4),
    )


@exercise(
    "finetuning.low_rank",
    level="core",
    hints=(
        "The frozen layer gives `x @ weight.T + bias`.",
        "The correction: first `x @ a.T`, (n, rank), then `@ b.T`, (n, n_out). The large product "
        "of B and A is never needed.",
        "It is weighed by `scale / rank`; the rank is the number of rows of `a`.",
    ),
    probes=lambda: [
        probe("four inputs, three outputs, rank 2", *_layer(4, 3, 2, 5), 2.0, rtol=1e-4, atol=1e-5),
        probe("rank 1", *_layer(6, 2, 1, 3, seed=10), 3.0, rtol=1e-4, atol=1e-5),
        probe(
            "a square layer, rank 3, another scale",
            *_layer(5, 5, 3, 4, seed=20),
            16.0,
            rtol=1e-4,
            atol=1e-5,
        ),
    ],
    wrong=lambda: [
        (_low(factor=lambda scale, a: scale), "the scale is divided by the rank"),
        (_low(factor=lambda scale, a: 1.0), "`scale` is not used: the factor is scale / rank"),
        (_low(base=False), "the frozen layer itself is missing: add `x @ weight.T`"),
        (_low(bias=False), "the bias is missing"),
        (
            _low(factor=lambda scale, a: scale / a.shape[1]),
            "the scale is divided by the number of inputs: the rank is the number of rows of `a`",
        ),
        (
            _low(factor=lambda scale, a: -scale / len(a)),
            "the correction is subtracted: add it",
        ),
        (
            lambda x, weight, bias, a, b, scale: (
                scale / len(a) * (x @ weight.T + bias + x @ a.T @ b.T)
            ),
            "the frozen layer is weighed by scale / rank as well: only the correction is",
        ),
    ],
    valid=lambda random: (
        *_layer(*(int(n) for n in random.integers(2, 7, 4)), seed=int(random.integers(999))),
        float(random.uniform(0.5, 20)),
    ),
)
def low_rank(x, weight, bias, a, b, scale):
    return _low()(x, weight, bias, a, b, scale)


# --- a rate for each layer ----------------------------------------------------------------------


def _steps(rate_of):
    def step(weights, gradients, learning_rate, factor):
        n = len(weights)
        return [
            weight - rate_of(learning_rate, factor, i, n) * gradient
            for i, (weight, gradient) in enumerate(zip(weights, gradients, strict=True))
        ]

    return step


def _stack(n, seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 5, (n, 2))
    return [random.normal(size=size) for size in sizes], [random.normal(size=s) for s in sizes]


@exercise(
    "finetuning.rates",
    level="core",
    hints=(
        "Number the layers from the sound to the answer. The last has the full rate.",
        "The layer before the last has `learning_rate * factor`, the one before it "
        "`learning_rate * factor**2`.",
        "Layer i of n has `learning_rate * factor ** (n - 1 - i)`; each weight loses that times "
        "its gradient.",
    ),
    probes=[
        probe("two layers, each half as fast as the one behind it", *_stack(2, 1), 0.1, 0.5),
        probe("five layers", *_stack(5, 2), 0.5, 0.8),
        probe("one layer has the full rate", *_stack(1, 3), 0.2, 0.1),
        probe("a factor of 1: all alike", *_stack(3, 4), 0.05, 1.0),
    ],
    wrong=[
        (
            _steps(lambda rate, factor, i, n: rate * factor**i),
            "turned round: the layer nearest to the sound learns fastest here",
        ),
        (
            _steps(lambda rate, factor, i, n: rate * factor ** (n - i)),
            "one factor too many: the last layer has the full rate",
        ),
        (_steps(lambda rate, factor, i, n: rate), "`factor` is not used"),
        (
            _steps(lambda rate, factor, i, n: -rate * factor ** (n - 1 - i)),
            "the steps go up: subtract the gradients",
        ),
        (
            _steps(lambda rate, factor, i, n: rate if i == n - 1 else rate * factor),
            "all but the last have the same rate: each is slower than the one behind it",
        ),
    ],
    valid=lambda random: (
        *_stack(int(random.integers(1, 6)), int(random.integers(999))),
        float(random.uniform(0.01, 1)),
        float(random.uniform(0.2, 1)),
    ),
)
def stepped(weights, gradients, learning_rate, factor):
    return _steps(lambda rate, factor, i, n: rate * factor ** (n - 1 - i))(
        weights, gradients, learning_rate, factor
    )


# --- what stays still ---------------------------------------------------------------------------


def _fit(still=True, body_learns=False, clear=True, sign=-1, n_more=0, first=False):
    def fit_last(body, last, x, target, n_steps, learning_rate):
        import torch
        from torch.nn import functional

        body.train(not still)
        learned = [*last.parameters()] + ([*body.parameters()] if body_learns else [])
        if first:
            learned = [*body.parameters()]
        total = [torch.zeros_like(one) for one in learned]
        for _ in range(n_steps + n_more):
            loss = functional.cross_entropy(last(body(x)), target)
            slopes = torch.autograd.grad(loss, learned)
            with torch.no_grad():
                for one, slope, so_far in zip(learned, slopes, total, strict=True):
                    so_far.copy_(slope if clear else so_far + slope)
                    one += sign * learning_rate * so_far
        body.eval()
        return last

    return fit_last


def _fit_copy(body, last, x, target, n_steps, learning_rate):
    return _fit()(body, copy.deepcopy(last), x, target, n_steps, learning_rate)


def _fit_nothing_returned(*given):
    _fit()(*given)


def _after(answer, body, last, x, target, n_steps, learning_rate):
    """What the two networks are afterwards: `body` and `last` are copies of this call's own."""
    given = answer(body, last, x, target, n_steps, learning_rate)
    state = {
        name: one.detach().cpu().numpy().round(5)
        for part, module in (("body", body), ("last", last))
        for name, one in ((f"{part}.{n}", v) for n, v in module.state_dict().items())
    }
    return {
        "the last layer": np.concatenate([v.ravel() for k, v in state.items() if "last" in k]),
        "weights of the body": np.concatenate(
            [v.ravel() for k, v in state.items() if "body" in k and "running" not in k]
        ),
        "running means of the body": state["body.1.running_mean"],
        "running variances of the body": state["body.1.running_var"],
        "the device": x.device.type,
        "what it returns is `last`": given is last,
    }


def _network(n_in, width, n_classes, n_sounds, seed, device="cpu"):
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)
    body = nn.Sequential(nn.Linear(n_in, width), nn.BatchNorm1d(width), nn.ReLU())
    last = nn.Linear(width, n_classes)
    for one in (*body.parameters(), *last.parameters()):
        one.data = torch.randn(one.shape, generator=generator) / 2
    body[1].running_mean = torch.randn(width, generator=generator)
    body[1].running_var = torch.rand(width, generator=generator) + 0.5
    x = torch.randn(n_sounds, n_in, generator=generator) + 1.0
    target = torch.arange(n_sounds) % n_classes
    return body.to(device), last.to(device), x.to(device), target.to(device)


def _networks():
    from audiolessons import training

    device = training.pick_device()
    n = 2048 if device.type != "cpu" else 40
    return [
        probe("no step: nothing moves", *_network(4, 5, 3, 9, 1), 0, 0.1),
        probe("one step", *_network(4, 5, 3, 9, 2), 1, 0.1, rtol=1e-3, atol=1e-4),
        probe(
            "five steps, other sizes, another rate",
            *_network(6, 4, 2, 12, 3),
            5,
            0.5,
            rtol=1e-3,
            atol=1e-4,
        ),
        probe(
            f"{n} sounds on the device {device.type}",
            *_network(8, 16, 4, n, 4, device),
            10,
            0.2,
            rtol=1e-2,
            atol=1e-3,
        ),
    ]


@exercise(
    "finetuning.still",
    level="core",
    hints=(
        "`requires_grad` says nothing about running means: a batch normalisation moves them in "
        "every forward pass in training mode. `body.eval()` first.",
        "Without a gradient the body needs to be asked once: `with torch.no_grad(): features = "
        "body(x)`.",
        "Each step: the cross-entropy of `last(features)`, the gradients of `last.parameters()`, "
        "subtract `learning_rate` times each under `torch.no_grad()`, clear them.",
    ),
    observe=_after,
    probes=_networks,
    wrong=lambda: [
        (
            _fit(still=False),
            "the running means and variances moved: batch normalisation was in training mode",
        ),
        (_fit(body_learns=True), "the weights of the body moved: only the last layer learns"),
        (_fit(sign=1), "the steps go up: subtract the gradient"),
        (_fit(clear=False), "the gradients are never cleared, and add up"),
        (_fit(n_more=1), "one step too many is made"),
        (_fit(n_more=-1), "one step too few is made"),
        (_fit(first=True), "the body learns, and the last layer does not: the other way round"),
        (_fit_copy, "a copy of `last` learned: change `last` itself, and return it"),
        (_fit_nothing_returned, "`last` has learned, and is not returned"),
    ],
    valid=lambda random: (
        *_network(*(int(n) for n in random.integers(2, 6, 3)), 8, int(random.integers(999))),
        int(random.integers(0, 4)),
        float(random.uniform(0.05, 0.5)),
    ),
    time_limit_s=30,
)
def fit_last(body, last, x, target, n_steps, learning_rate):
    return _fit()(body, last, x, target, n_steps, learning_rate)


# --- the bug hunt -------------------------------------------------------------------------------


def _prepared(load="before", a=0.1, b=0.0, frozen=True, learns=True, alike=False):
    def prepared(weight, bias, rank, seed):
        import torch

        n_out, n_in = weight.shape
        generator = torch.Generator().manual_seed(seed)
        base, shift = torch.zeros_like(weight), torch.zeros_like(bias)
        if load == "before":
            base, shift = weight.clone(), bias.clone()
        if load == "no bias":
            base = weight.clone()
        first = a * torch.randn(rank, n_in, generator=generator)
        second = b * torch.randn(n_out, rank, generator=generator)
        if alike:
            first = torch.full_like(first, a)
        return {
            "weight": base.requires_grad_(not frozen),
            "bias": shift.requires_grad_(not frozen),
            "a": first.requires_grad_(learns),
            "b": second.requires_grad_(learns),
        }

    return prepared


def _facts(answer, weight, bias, rank, seed):
    """State what a layer set up so does before training, and whether one step can change it."""
    import torch

    parts = answer(weight, bias, rank, seed)
    x = _floats(7, weight.shape[1], seed=5)

    def output():
        return x @ (parts["weight"] + parts["b"] @ parts["a"]).T + parts["bias"]

    is_kept = bool(torch.allclose(output(), x @ weight.T + bias, atol=1e-4))
    facts = {
        "shapes": [tuple(parts[key].shape) for key in ("weight", "bias", "a", "b")],
        "before training it is the trained layer": is_kept,
        "the bias is the stored one": bool(torch.allclose(parts["bias"], bias, atol=1e-4)),
        "B is all 0": not bool(parts["b"].any()),
        "what learns": [key for key in ("weight", "bias", "a", "b") if parts[key].requires_grad],
        "A is not all 0": bool((parts["a"] != 0).any()),
        "its rows differ": bool(rank == 1 or not torch.equal(parts["a"][0], parts["a"][1])),
    }
    learned = [parts[key] for key in ("a", "b") if parts[key].requires_grad]
    if learned:
        slopes = torch.autograd.grad(output().square().sum(), learned, allow_unused=True)
        moves = any(slope is not None and bool((slope != 0).any()) for slope in slopes)
        facts["the first step moves something"] = moves
    return facts


def _stored(n_out, n_in, rank, seed):
    return _floats(n_out, n_in, seed=seed), _floats(n_out, seed=seed + 1), rank, seed


@exercise(
    "finetuning.setup",
    level="stretch",
    hints=(
        "Print, before any training, what the layer makes of some x, beside `x @ weight.T + bias`. "
        "They must agree.",
        "The names have changed: the stored ones match nothing, and `strict=False` says nothing. "
        "Put the stored weights in first.",
        "With A and B both 0 the gradient of each is 0. B may begin with 0, A may not: draw it "
        "with `torch.randn(rank, n_in, generator=...)`.",
    ),
    observe=_facts,
    probes=lambda: [
        probe("three outputs, five inputs, rank 2", *_stored(3, 5, 2, 1)),
        probe("rank 1", *_stored(4, 2, 1, 2)),
        probe("a wide layer", *_stored(2, 9, 2, 3)),
    ],
    wrong=lambda: [
        (
            _prepared(load="never", a=0.0),
            "it begins from 0: the stored weights never arrived; and A and B are both 0",
        ),
        (_prepared(load="never"), "it begins from 0: the stored weights never arrived"),
        (_prepared(load="no bias"), "the stored bias never arrived"),
        (
            _prepared(a=0.0),
            "A and B are both 0: the gradient of each is 0, and no step can change that",
        ),
        (
            _prepared(b=0.3),
            "B is not 0: before the first step the layer is already another one",
        ),
        (
            _prepared(a=0.0, b=0.3),
            "A is 0 and B is drawn: it is the other way round that was asked for",
        ),
        (
            _prepared(learns=False),
            "nothing learns: A and B need a gradient, as nn.Parameter or by requires_grad_()",
        ),
        (
            _prepared(alike=True),
            "all numbers of A are the same, so its rows learn the same for ever: draw them",
        ),
        (_prepared(frozen=False), "the stored weights learn as well: only A and B may"),
    ],
    valid=lambda random: _stored(
        *(int(n) for n in random.integers(2, 6, 2)),
        int(random.integers(1, 3)),
        int(random.integers(99)),
    ),
)
def prepared(weight, bias, rank, seed):
    return _prepared()(weight, bias, rank, seed)
