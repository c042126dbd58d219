"""The exercise of the chapter large/assistant that trains: a word against all other sounds."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _teach(*, rate=1.0, sign=-1, n_more=0, weighed=True, clear=True, give=None, bias=True, of=0):
    """Descent on a weighed cross-entropy with its parts exchangeable."""

    def teach(features, is_word, n_steps):
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

        options = {"dtype": features.dtype, "device": features.device}
        weights = torch.zeros(features.shape[1] + 1, **options, requires_grad=True)
        positive = is_word.sum()
        others = len(is_word) - positive + of * positive
        many = others / positive if weighed else torch.ones((), **options)
        for _ in range(n_steps + n_more):
            logits = features @ weights[:-1] + (weights[-1] if bias else 0)
            cross_entropy(logits, is_word, pos_weight=many).backward()
            with torch.no_grad():
                weights += sign * rate * weights.grad
            if clear:
                weights.grad.zero_()
        return give(weights) if give else weights.detach()

    return teach


def _what_came_back(answer, features, is_word, n_steps):
    import torch

    found = answer(features.clone(), is_word.clone(), n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().cpu().numpy()
    said = None
    if values.shape == (features.shape[1] + 1,):
        logits = features.cpu().numpy() @ values[:-1] + values[-1]
        said = f"{float(np.mean(logits[is_word.cpu().numpy() > 0])):.2g}"
    return {
        "the shape": values.shape,
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
        "how large, in three digits": f"{np.abs(values).sum():.3g}",
        "the last one, in three digits": f"{float(values.ravel()[-1]) + 0.0:.3g}",
        "the mean logit of the word": said,
    }


def _sounds(n_sounds, size, every, device, *, seed):
    import torch

    random = np.random.default_rng(seed)
    is_word = (np.arange(n_sounds) % every == 0).astype(np.float32)
    centre = random.normal(size=size)
    features = random.normal(size=(n_sounds, size)) + 0.8 * is_word[:, None] * centre
    features = features / np.sqrt(size)
    return (
        torch.as_tensor(features, dtype=torch.float32, device=device),
        torch.as_tensor(is_word, device=device),
    )


def _probes():
    from audiolessons import training

    device = training.pick_device()
    n_sounds, size = (20000, 200) if device.type != "cpu" else (200, 12)
    return [
        probe("no step: all is still 0", *_sounds(12, 3, 4, "cpu", seed=0), 0),
        probe("two steps, 2.5 others for each word", *_sounds(14, 4, 4, "cpu", seed=4), 2),
        probe("one step", *_sounds(12, 5, 3, "cpu", seed=1), 1),
        probe("five steps, half of them the word", *_sounds(20, 4, 2, "cpu", seed=2), 5),
        probe(
            f"{n_sounds} sounds on the device {device.type}",
            *_sounds(n_sounds, size, 10, device, seed=3),
            30,
        ),
    ]


def _any_sounds(random):
    every, seed = int(random.integers(2, 5)), int(random.integers(1000))
    n_sounds = every * int(random.integers(2, 6)) + int(random.integers(0, 2))
    size = int(random.integers(2, 6))
    return (*_sounds(n_sounds, size, every, "cpu", seed=seed), int(random.integers(0, 6)))


@exercise(
    "assistant.teach",
    level="core",
    hints=(
        "Start from `torch.zeros(D + 1, device=features.device)`: D weights, and one number that "
        "is added.",
        "`torch.nn.functional.binary_cross_entropy_with_logits(logits, is_word, pos_weight=r)`, "
        "with r the number of other sounds for each word.",
        "The gradient, subtracted as it is (a learning rate of 1), then cleared. Return it "
        "detached.",
    ),
    observe=_what_came_back,
    probes=_probes,
    wrong=[
        (_teach(sign=1), "the steps go up: subtract the gradient"),
        (_teach(weighed=False), "words are rare: weigh each with the others that come on one"),
        (_teach(of=1), "the weight is that of all sounds for each word: count the others alone"),
        (_teach(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (_teach(n_more=1), "one step too many is made"),
        (_teach(clear=False), "the gradients are never cleared, and add up"),
        (_teach(bias=False), "the last number is never added to the logits"),
        (_teach(give=lambda weights: weights), "they carry a gradient: end with `.detach()`"),
        (
            _teach(give=lambda weights: weights.detach().cpu().numpy()),
            "return a torch tensor, on the device of `features`",
        ),
    ],
    valid=_any_sounds,
    time_limit_s=30,
)
def teach(features, is_word, n_steps):
    return _teach()(features, is_word, n_steps)
