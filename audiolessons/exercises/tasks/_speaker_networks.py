"""Exercises of the chapter tasks/speaker that need torch: pooling, the margin, directions."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise


def _tensor(values, **options):
    import torch

    return torch.as_tensor(np.asarray(values), **options)


# --- mean and deviation, weighed ----------------------------------------------------------------


def _pool(
    *,
    soften=True,
    masked=True,
    centred=True,
    root=True,
    parts=(0, 1),
    axis=1,
    even=False,
    late=None,
):
    """The pooling with its parts exchangeable."""

    def pool(x, scores, is_sound):
        import torch

        if masked:
            scores = scores.masked_fill(~is_sound, -torch.inf)
        scores = scores * is_sound if late == "scores" else scores
        weights = scores.softmax(dim=axis) if soften else scores
        weights = weights * is_sound if late == "weights" else weights
        weights = weights[:, None]  # (B, 1, N)
        mean = (weights * x).sum(dim=2)
        inside = x - mean[..., None] if centred else x
        squares = (weights * inside.square()).sum(dim=2)
        variance = x.var(dim=2, correction=0) if even else squares
        both = (mean, variance.sqrt() if root else variance)
        return torch.cat([both[i] for i in parts], dim=1)

    return pool


def _even(x, scores, is_sound):
    return _pool()(x, scores * 0, is_sound)


def _frames(n_sounds, n_channels, n_frames, *, seed=0, lengths=None):
    x, scores = noise(n_sounds, n_channels, n_frames, seed=seed), noise(n_sounds, n_frames, seed=9)
    lengths = np.full(n_sounds, n_frames) if lengths is None else np.asarray(lengths)
    is_sound = np.arange(n_frames) < lengths[:, None]
    return _tensor(x), _tensor(2 * scores), _tensor(is_sound)


def _any_frames(random):
    n_sounds, n_channels, n_frames = (int(n) for n in random.integers(1, 6, 3))
    lengths = random.integers(1, n_frames + 1, n_sounds)
    seed = int(random.integers(1000))
    return _frames(n_sounds, n_channels, n_frames, seed=seed, lengths=lengths)


def _by_hand():
    x = _tensor([[[0.0, 2.0], [5.0, 5.0]]])
    return x, _tensor(np.log([[1.0, 3.0]])), _tensor([[True, True]])


@exercise(
    "speaker.pooling",
    level="core",
    hints=(
        "The weights are a softmax of the scores over the frames. Where there is no sound, put "
        "minus infinity before it.",
        "The mean is the weighted sum of the frames; `weights[:, None]` has the shape (B, 1, N) "
        "that meets x.",
        "The deviation is the root of the weighted mean of (x - mean) squared. Join them along "
        "axis 1.",
    ),
    probes=lambda: [
        probe(
            "weights 1/4 and 3/4, by hand: means 1.5 and 5, deviations 0.866 and 0",
            *_by_hand(),
            atol=1e-4,
        ),
        probe("three sounds of four channels", *_frames(3, 4, 7), atol=1e-4),
        probe(
            "padding has no weight",
            *_frames(3, 2, 6, seed=1, lengths=[6, 2, 4]),
            atol=1e-4,
        ),
        probe("a sound of one frame has a deviation of 0", *_frames(2, 3, 1, seed=2), atol=1e-4),
    ],
    wrong=[
        (_even, "all frames count alike: the scores are not used"),
        (_pool(masked=False), "padding has a weight: give it a score of minus infinity"),
        (_pool(soften=False), "the scores are no weights yet: softmax makes them sum to 1"),
        (
            _pool(centred=False),
            "this is the root of the mean square: subtract the mean before squaring",
        ),
        (_pool(root=False), "these are variances: take the root"),
        (_pool(parts=(1, 0)), "the means come first, then the deviations"),
        (_pool(parts=(0,)), "the deviations are missing"),
        (
            _pool(masked=False, late="weights"),
            "padding is taken out after the softmax: the weights no longer sum to 1",
        ),
        (
            _pool(masked=False, late="scores"),
            "a score of 0 has a weight, too: give padding a score of minus infinity",
        ),
        (
            _pool(even=True),
            "the frames of the deviation count alike: weigh them as those of the mean",
        ),
        (_pool(axis=0), "softmax over the sounds of the batch: over the frames, axis 1"),
    ],
    valid=_any_frames,
)
def pool(x, scores, is_sound):
    return _pool()(x, scores, is_sound)


# --- a margin -----------------------------------------------------------------------------------


def _margin(*, move=None, all_classes=False, scaled=True):
    """The logits with their parts exchangeable; `move` makes the own cosine harder."""

    def margin_logits(cosines, target, margin, scale):
        import torch

        harder = (move or (lambda c, m: torch.cos(torch.arccos(c) + m)))(cosines, margin)
        own = torch.nn.functional.one_hot(target, cosines.shape[1]).bool()
        logits = harder if all_classes else torch.where(own, harder, cosines)
        return logits * scale if scaled else logits

    return margin_logits


def _others(cosines, target, margin, scale):
    import torch

    own = torch.nn.functional.one_hot(target, cosines.shape[1]).bool()
    return scale * torch.where(own, cosines, _cosine_of(cosines, margin))


def _whole_columns(cosines, target, margin, scale):
    logits = cosines.clone()
    logits[:, target] = _cosine_of(cosines[:, target], margin)
    return scale * logits


def _cosines(n_sounds, n_speakers, *, seed=0, margin=0.2, scale=30.0):
    random = np.random.default_rng(seed)
    cosines = random.uniform(-0.6, 0.95, (n_sounds, n_speakers))
    return _tensor(cosines), _tensor(random.integers(0, n_speakers, n_sounds)), margin, scale


def _any_cosines(random):
    n_sounds, n_speakers = (int(n) for n in random.integers(1, 6, 2))
    return _cosines(
        n_sounds,
        n_speakers + 1,
        seed=int(random.integers(1000)),
        margin=float(random.uniform(0, 0.5)),
        scale=float(random.uniform(1, 40)),
    )


@exercise(
    "speaker.margin",
    level="core",
    hints=(
        "A cosine becomes an angle by `torch.arccos`. Which entry of each row is the right "
        "speaker's? `torch.arange(len(target))` and `target` index them.",
        "Only these become cos(angle + margin). The others stay as they are.",
        "Multiply everything by the scale, and leave the cosines that you were given unchanged: "
        "`cosines.clone()`.",
    ),
    probes=lambda: [
        probe(
            "an angle of 60 degrees and a margin of 30: the cosine of 90 is 0",
            _tensor([[0.5, 0.2]]),
            _tensor([0]),
            float(np.pi / 6),
            10.0,
            atol=1e-5,
        ),
        probe("five sounds, four speakers", *_cosines(5, 4)),
        probe("without a margin only the scale is left", *_cosines(3, 6, seed=1, margin=0.0)),
        probe("another margin, another scale", *_cosines(4, 3, seed=2, margin=0.45, scale=7.0)),
    ],
    wrong=[
        (
            _margin(move=lambda cosines, margin: cosines - margin),
            "the margin is taken from the cosine: add it to the angle",
        ),
        (_margin(all_classes=True), "every speaker got the margin: only the right one is hindered"),
        (
            _others,
            "the other speakers got the margin: only the right one is hindered",
        ),
        (
            _whole_columns,
            "`[:, target]` are whole columns, of all rows: pair each row with its own target",
        ),
        (
            _margin(move=lambda cosines, margin: (cosines + margin).cos()),
            "a cosine is no angle yet: take `torch.arccos` of it first",
        ),
        (_margin(scaled=False), "the scale is missing"),
        (
            _margin(move=lambda cosines, margin: _cosine_of(cosines, -margin)),
            "the margin makes the right speaker easier: enlarge the angle",
        ),
        (
            _margin(move=lambda cosines, margin: _cosine_of(cosines, 0 * margin)),
            "the margin is not used",
        ),
        (
            _margin(move=lambda cosines, margin: _angle(cosines) + margin),
            "this is the angle: return its cosine",
        ),
        (
            _margin(move=lambda cosines, margin: _cosine_of(cosines, np.deg2rad(margin))),
            "the margin is given in radians, as arccos returns them",
        ),
    ],
    keeps_arguments=True,
    valid=_any_cosines,
)
def margin_logits(cosines, target, margin, scale):
    return _margin()(cosines, target, margin, scale)


def _angle(cosines):
    import torch

    return torch.arccos(cosines)


def _cosine_of(cosines, more):
    import torch

    return torch.cos(_angle(cosines) + more)


# --- directions of known speakers ---------------------------------------------------------------


def _learn(*, rate=1.0, n_more=0, sign=-1, clear=True, reduction="mean", give=None, take=None):
    """Descent on the cross-entropy with its parts exchangeable."""

    def learn(vectors, target, n_speakers, n_steps):
        import torch
        from torch.nn.functional import cross_entropy

        vectors, n_speakers = take(vectors, target, n_speakers) if take else (vectors, n_speakers)
        directions = torch.zeros(
            n_speakers,
            vectors.shape[1],
            dtype=vectors.dtype,
            device=vectors.device,
            requires_grad=True,
        )
        for _ in range(n_steps + n_more):
            loss = cross_entropy(vectors @ directions.T, target, reduction=reduction)
            loss.backward()
            with torch.no_grad():
                directions += sign * rate * directions.grad
            if clear:
                directions.grad.zero_()
        return give(directions) if give else directions.detach()

    return learn


def _unit(vectors):
    return vectors / vectors.norm(dim=1, keepdim=True)


def _what_came_back(answer, vectors, target, n_speakers, n_steps):
    import torch

    found = answer(vectors.clone(), target.clone(), n_speakers, n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().cpu().numpy()
    right = None
    if values.shape == (n_speakers, vectors.shape[1]):
        scores = vectors.cpu().numpy() @ values.T
        right = round(float(np.mean(scores.argmax(axis=1) == target.cpu().numpy())), 3)
    return {
        "the shape": values.shape,
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
        "how large, in three digits": f"{np.abs(values).sum():.3g}",
        "speakers that are found": right,
    }


def _crowd(n_sounds, n_speakers, size, device, *, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(n_speakers, size))
    target = np.arange(n_sounds) % n_speakers
    vectors = centres[target] + 0.7 * random.normal(size=(n_sounds, size))
    vectors *= random.uniform(0.5, 1.5, (n_sounds, 1)) / np.linalg.norm(
        vectors, axis=1, keepdims=True
    )
    return _tensor(vectors, device=device).float(), _tensor(target, device=device)


def _crowds():
    from audiolessons import training

    device = training.pick_device()
    is_gpu = device.type != "cpu"
    n_sounds, size = (4096, 128) if is_gpu else (60, 8)
    small = _crowd(12, 3, 5, "cpu", seed=1)
    return [
        probe("no step: all directions are still 0", *small, 3, 0),
        probe("one step", *small, 3, 1),
        # one more speaker than there are vectors of
        probe("five steps, other sizes", *_crowd(20, 4, 6, "cpu", seed=2), 5, 5),
        probe(
            f"{n_sounds} sounds on the device {device.type}",
            *_crowd(n_sounds, 6, size, device, seed=3),
            6,
            30,
        ),
    ]


def _any_crowd(random):
    n_speakers, size = (int(n) for n in random.integers(2, 6, 2))
    crowd = _crowd(
        n_speakers * int(random.integers(1, 5)),
        n_speakers,
        size,
        "cpu",
        seed=int(random.integers(1000)),
    )
    return (*crowd, n_speakers, int(random.integers(0, 6)))


@exercise(
    "speaker.directions",
    level="core",
    hints=(
        "`torch.zeros(n_speakers, vectors.shape[1], device=vectors.device)`, and "
        "`.requires_grad_()`.",
        "In each step: the cross-entropy of `vectors @ directions.T`, `backward()`, subtract the "
        "gradient under `torch.no_grad()`, then clear it.",
        "A learning rate of 1 means that the gradient itself is subtracted. Return "
        "`directions.detach()`.",
    ),
    observe=_what_came_back,
    probes=_crowds,
    wrong=[
        (_learn(sign=1), "the steps go up: subtract the gradient"),
        (_learn(clear=False), "the gradients are never cleared, and add up"),
        (_learn(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (_learn(rate=0.01), "these are steps of 0.01: the learning rate is 1"),
        (_learn(n_more=1), "one step too many is made"),
        (_learn(n_more=-1), "one step too few is made"),
        (
            _learn(take=lambda vectors, target, n: (vectors, int(target.max()) + 1)),
            "`n_speakers` is not used: there may be a speaker without a vector",
        ),
        (
            _learn(take=lambda vectors, target, n: (_unit(vectors), n)),
            "the vectors are brought to length 1: take them as they are",
        ),
        (_learn(reduction="sum"), "the losses are summed: take their mean"),
        (_learn(give=lambda directions: directions), "they carry a gradient: end with `.detach()`"),
        (
            _learn(give=lambda directions: directions.detach().T),
            "turned over: one row for each speaker",
        ),
        (
            _learn(give=lambda directions: directions.detach().cpu().numpy()),
            "return a torch tensor, on the device of `vectors`",
        ),
        (
            _learn(give=lambda directions: directions.tolist()),
            "return a torch tensor, and no list",
        ),
    ],
    valid=_any_crowd,
    time_limit_s=30,
)
def learn(vectors, target, n_speakers, n_steps):
    return _learn()(vectors, target, n_speakers, n_steps)
