"""Exercises of the chapter large/efficiency that teach a student: a loss, and steps on a device."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

FORBIDDEN = {"no ready-made distillation": ("distillation_loss", "TaughtBy")}


def _tensor(values, device="cpu"):
    import torch

    return torch.from_numpy(np.asarray(values)).to(device)


def _soft(logits, temperature):
    return (logits / temperature).log_softmax(dim=1)


# --- the loss ------------------------------------------------------------------------------------


def _loss(
    factor=lambda temperature: temperature**2,
    soften=lambda s, t, temperature: (_soft(s, temperature), _soft(t, temperature)),
    divide=lambda p, q: (p.exp() * (p - q)).sum(dim=1).mean(),
    cross=lambda student, temperature: student,
    weigh=lambda share: (share, 1 - share),
):
    """The loss with its parts exchangeable: `divide(teacher, student)` takes log-shares."""

    def distilled(student, teacher, labels, temperature, share):
        from torch.nn import functional

        q, p = soften(student, teacher, temperature)
        of_teacher, of_labels = weigh(share)
        truth = functional.cross_entropy(cross(student, temperature), labels)
        return of_teacher * factor(temperature) * divide(p, q) + of_labels * truth

    return distilled


def _pair(n_sounds, n_classes, seed):
    random = np.random.default_rng(seed)
    return (
        _tensor(2 * random.normal(size=(n_sounds, n_classes))),
        _tensor(2 * random.normal(size=(n_sounds, n_classes))),
        _tensor(random.integers(0, n_classes, n_sounds)),
    )


def _losses():
    return [
        probe("four sounds, three classes, T = 2", *_pair(4, 3, 1), 2.0, 0.5),
        probe("labels alone: share 0", *_pair(5, 4, 2), 3.0, 0.0),
        probe("the teacher alone: share 1, T = 4", *_pair(5, 4, 3), 4.0, 1.0),
        probe("T = 1", *_pair(3, 10, 4), 1.0, 0.7),
        probe("seven sounds, T = 8", *_pair(7, 5, 5), 8.0, 0.9),
    ]


def _any_loss(random):
    n_sounds, n_classes = int(random.integers(1, 6)), int(random.integers(2, 7))
    pair = _pair(n_sounds, n_classes, int(random.integers(10000)))
    return (*pair, float(random.uniform(1, 9)), float(random.uniform(0, 1)))


@exercise(
    "efficiency.soft",
    level="core",
    hints=(
        "Soften both: `(logits / temperature).log_softmax(dim=1)`.",
        "The divergence of a sound is the sum over classes of p (log p - log q), p the teacher's, "
        "q the student's; take its mean over the sounds.",
        "share x T^2 x divergence + (1 - share) x cross-entropy. The cross-entropy sees the "
        "student's logits as they are.",
    ),
    forbidden=FORBIDDEN,
    probes=_losses,
    wrong=lambda: [
        (_loss(factor=lambda t: 1), "T squared is missing: at T = 8 the teacher hardly counts"),
        (_loss(factor=lambda t: t), "multiplied with T: its square is needed"),
        (_loss(factor=lambda t: 1 / t**2), "divided by T squared: multiply with it"),
        (
            _loss(soften=lambda s, t, temperature: (_soft(s, 1), _soft(t, temperature))),
            "only the teacher is softened: divide the student's logits by T, too",
        ),
        (
            _loss(soften=lambda s, t, temperature: (_soft(s, 1), _soft(t, 1))),
            "nothing is softened: divide both by T",
        ),
        (
            _loss(
                soften=lambda s, t, temperature: (
                    _soft(s, 1 / temperature),
                    _soft(t, 1 / temperature),
                )
            ),
            "multiplied by T before the softmax, which sharpens: divide",
        ),
        (
            _loss(divide=lambda p, q: (q.exp() * (q - p)).sum(dim=1).mean()),
            "the divergence is the other way round: weigh with the teacher's shares",
        ),
        (
            _loss(divide=lambda p, q: (p.exp() * (p - q)).mean()),
            "the mean is over classes, too: sum over them",
        ),
        (
            _loss(divide=lambda p, q: (p.exp() * (p - q.exp())).sum(dim=1).mean()),
            "the student's shares stand without their logarithm: p (log p - log q)",
        ),
        (
            _loss(divide=lambda p, q: -(p.exp() * q).sum(dim=1).mean()),
            "this is a cross-entropy with the teacher: p log p is left out",
        ),
        (
            _loss(divide=lambda p, q: (p.exp() * (p - q)).sum()),
            "summed over the sounds: take the mean",
        ),
        (
            _loss(cross=lambda student, temperature: student / temperature),
            "the cross-entropy is softened, too: it sees the logits as they are",
        ),
        (
            _loss(weigh=lambda share: (1 - share, share)),
            "`share` is the teacher's: labels and teacher are exchanged",
        ),
        (_loss(weigh=lambda share: (share, 1)), "the labels count 1 - share"),
    ],
    valid=_any_loss,
)
def distilled(student, teacher, labels, temperature, share):
    return _loss()(student, teacher, labels, temperature, share)


# --- a student learns ----------------------------------------------------------------------------


def _learn(
    sign=-1,
    rate=1.0,
    clear=True,
    n_more=0,
    factor=lambda t: t**2,
    divide=lambda p, q: (p.exp() * (p - q)).sum(dim=1).mean(),
    pull=lambda w, x, teacher, t: (_soft(teacher, t), _soft(x @ w, t)),
    give=lambda w: w.detach(),
):
    def student_of(x, teacher, temperature, n_steps):
        import torch

        w = torch.zeros(x.shape[1], teacher.shape[1], device=x.device).requires_grad_()
        for _ in range(max(0, n_steps + n_more)):
            p, q = pull(w, x, teacher, temperature)
            loss = factor(temperature) * divide(p, q)
            loss.backward()
            with torch.no_grad():
                w += sign * rate * w.grad
            if clear:
                w.grad = None
        return give(w)

    return student_of


def _class_of(x, teacher):
    import torch

    onehot = torch.nn.functional.one_hot(teacher.argmax(dim=1), teacher.shape[1]).float()
    return (onehot + 1e-9).log()


def _what_came_back(answer, x, teacher, temperature, n_steps):
    import torch

    found = answer(x, teacher, temperature, n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().cpu().numpy()
    agrees = None
    if values.shape == (x.shape[1], teacher.shape[1]):
        logits = x.cpu().numpy() @ values
        agrees = round(float(np.mean(logits.argmax(1) == teacher.cpu().numpy().argmax(1))), 2)
    return {
        "the shape": values.shape,
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
        "how large, in three digits": f"{np.abs(values).sum():.3g}",
        "share that it answers as its teacher does": agrees,
    }


def _taught(n_sounds, n_features, n_classes, seed, device="cpu"):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n_sounds, n_features)).astype(np.float32)
    hidden = np.tanh(x @ random.normal(size=(n_features, 16)).astype(np.float32))
    teacher = 2 * hidden @ random.normal(size=(16, n_classes)).astype(np.float32)
    return _tensor(x, device), _tensor(teacher.astype(np.float32), device)


def _lessons():
    from audiolessons import training

    device = training.pick_device()
    n_sounds, n_features = (8192, 256) if device.type != "cpu" else (80, 10)
    return [
        probe("no step: all weights are still 0", *_taught(6, 4, 3, 1), 2.0, 0),
        probe("one step", *_taught(6, 4, 3, 2), 2.0, 1),
        probe("five steps, T = 4", *_taught(20, 5, 4, 3), 4.0, 5),
        probe(
            f"{n_sounds} sounds on the device {device.type}, T = 3",
            *_taught(n_sounds, n_features, 6, 4, device),
            3.0,
            20,
        ),
    ]


def _any_lesson(random):
    n_sounds, n_features, n_classes = (int(n) for n in random.integers(2, 8, 3))
    lesson = _taught(n_sounds, n_features, n_classes, int(random.integers(1000)))
    return (*lesson, float(random.uniform(1, 5)), int(random.integers(0, 5)))


@exercise(
    "efficiency.learn",
    level="core",
    hints=(
        "`torch.zeros(x.shape[1], teacher.shape[1], device=x.device)`, and `.requires_grad_()`.",
        "In each step: logits `x @ weights`, soften both by T, T^2 x the mean divergence, "
        "`backward()`, subtract the gradient under `torch.no_grad()`, then clear it.",
        "A learning rate of 1 means that the gradient itself is subtracted. Return "
        "`weights.detach()`.",
    ),
    observe=_what_came_back,
    forbidden=FORBIDDEN,
    probes=_lessons,
    wrong=lambda: [
        (_learn(sign=1), "the steps go up: subtract the gradient"),
        (_learn(clear=False), "the gradients are never cleared, and add up"),
        (_learn(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (_learn(n_more=1), "one step too many is made"),
        (_learn(n_more=-1), "one step too few is made"),
        (_learn(factor=lambda t: 1), "T squared is missing"),
        (_learn(factor=lambda t: t), "multiplied with T: its square is needed"),
        (
            _learn(divide=lambda p, q: (p.exp() * (p - q)).mean()),
            "the mean is over classes, too: sum over them",
        ),
        (
            _learn(divide=lambda p, q: (p.exp() * (p - q)).sum()),
            "summed over the sounds: take the mean",
        ),
        (
            _learn(
                pull=lambda w, x, teacher, t: (_class_of(x, teacher), _soft(x @ w, 1)),
                factor=lambda t: 1,
            ),
            "it learns who is right, and not how sure the teacher is of the others",
        ),
        (
            _learn(pull=lambda w, x, teacher, t: (_soft(teacher, t), _soft(x @ w, 1))),
            "only the teacher is softened: divide the student's logits by T, too",
        ),
        (
            _learn(pull=lambda w, x, teacher, t: (_soft(x @ w, t), _soft(teacher, t))),
            "the divergence is the other way round: weigh with the teacher's shares",
        ),
        (_learn(give=lambda w: w), "they carry a gradient: end with `.detach()`"),
        (_learn(give=lambda w: w.detach().T), "turned round: features are the first axis"),
    ],
    valid=_any_lesson,
    time_limit_s=20,
)
def student_of(x, teacher, temperature, n_steps):
    return _learn()(x, teacher, temperature, n_steps)
