"""Exercises of the chapter large/safety: logs, poles, marks, members, silence, clipped steps."""

from __future__ import annotations

import hashlib

import numpy as np

from audiolessons import signals, watermark
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- a chain of sums ----------------------------------------------------------------------------

WORDS = ("voice 7 recorded", "voice 7 trained on", "voice 7 deleted", "model signed", "")


def _sum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _chain(lines, *, start="", join=lambda before, line: before + line):
    found, before = [], start
    for line in lines:
        before = _sum(join(before, line))
        found.append(before)
    return found


def _chain_of_bytes(lines):
    found, before = [], b""
    for line in lines:
        before = hashlib.sha256(before + line.encode()).digest()
        found.append(before.hex())
    return found


@exercise(
    "safety.chain",
    level="easy",
    hints=(
        "Keep the last sum in a variable that starts as the empty text, and go through the lines.",
        "The sum of a text: `hashlib.sha256(text.encode()).hexdigest()`. The text is the last sum "
        "followed by the line.",
    ),
    probes=[
        probe("one line: its own sum", ["voice 7 recorded"]),
        probe("three lines", list(WORDS[:3])),
        probe("the same line twice has two sums", ["model signed", "model signed"]),
        probe("no line: no sum", []),
    ],
    wrong=[
        (
            lambda lines: [_sum(line) for line in lines],
            "each sum knows its own line alone: a line that is taken out would not be missed",
        ),
        (
            lambda lines: _chain(lines, join=lambda before, line: line + before),
            "the line stands first here: the sum before comes first",
        ),
        (
            lambda lines: [
                _sum((lines[n - 1] if n else "") + line) for n, line in enumerate(lines)
            ],
            "each sum follows the line before: it must follow the sum before, or only two lines "
            "hang together",
        ),
        (lambda lines: _chain(lines)[-1:], "this is the last sum alone: return one for each line"),
        (
            lambda lines: [_sum("".join(lines[: n + 1])) for n in range(len(lines))],
            "each sum is that of all lines up to there as one text: where one ends and the next "
            "begins is lost. Let it follow the sum before",
        ),
        (
            lambda lines: _chain_of_bytes(lines),
            "the sum before goes in as bytes: it goes in as hexadecimal text, of 64 characters",
        ),
        (
            lambda lines: _chain(lines, start="0" * 64),
            "the first sum follows zeros here: let it follow the empty text",
        ),
    ],
    valid=lambda random: ([str(random.choice(WORDS)) for _ in range(int(random.integers(1, 6)))],),
)
def chain(lines):
    return _chain(lines)


# --- poles --------------------------------------------------------------------------------------


def _bend(poles, coefficient, *, keep_axis=True, signed=True, power=True, radius=True):
    poles = np.asarray(poles, dtype=complex)
    angle = np.angle(poles)
    size = np.abs(angle) if signed else angle
    size = size**coefficient if power else size * coefficient
    new = np.sign(angle) * size if signed else size
    if keep_axis:
        new = np.where(np.abs(poles.imag) < 1e-9, angle, new)
    length = np.abs(poles) if radius else 1.0
    return length * np.exp(1j * new)


def _bend_degrees(poles, coefficient):
    poles = np.asarray(poles, dtype=complex)
    angle = np.rad2deg(np.angle(poles))
    new = np.deg2rad(np.sign(angle) * np.abs(angle) ** coefficient)
    new = np.where(np.abs(poles.imag) < 1e-9, np.angle(poles), new)
    return np.abs(poles) * np.exp(1j * new)


def _pairs(random, n_pairs, *, real=()):
    poles = random.uniform(0.5, 0.98, n_pairs) * np.exp(1j * random.uniform(0.1, 3.0, n_pairs))
    return np.concatenate([poles, poles.conj(), np.array(real, dtype=complex)])


@exercise(
    "safety.poles",
    level="core",
    hints=(
        "`np.abs(poles)` is the radius, `np.angle(poles)` the angle, between -pi and pi.",
        "Raise the size of the angle to the coefficient, and give it its sign back: "
        "`np.sign(angle) * np.abs(angle) ** coefficient`.",
        "A pole on the real axis has angle 0 or pi: `np.where(poles.imag == 0, poles, bent)`.",
    ),
    probes=[
        probe("a pair of poles", np.array([0.9 * np.exp(0.5j), 0.9 * np.exp(-0.5j)]), 0.8),
        probe("above 1 rad the angle falls", _pairs(np.random.default_rng(0), 3), 0.6),
        probe(
            "poles on the real axis stay, on either side",
            _pairs(np.random.default_rng(1), 2, real=(0.7, -0.6)),
            0.7,
        ),
        probe("coefficient 1 changes nothing", _pairs(np.random.default_rng(2), 2), 1.0),
    ],
    wrong=[
        (
            lambda poles, coefficient: _bend(poles, coefficient, power=False),
            "the angles are multiplied by the coefficient: raise them to its power",
        ),
        (
            lambda poles, coefficient: _bend(poles, coefficient, radius=False),
            "the radius is lost: all poles lie on the unit circle, and ring for ever",
        ),
        (
            lambda poles, coefficient: _bend(poles, coefficient, keep_axis=False),
            "a pole at angle pi has moved off the axis, and has no partner: the filter is not real",
        ),
        (
            lambda poles, coefficient: (
                np.abs(_bend(poles, coefficient))
                * np.exp(1j * np.abs(np.angle(_bend(poles, coefficient))))
            ),
            "the signs of the angles are lost: each pole needs its partner below the axis",
        ),
        (
            lambda poles, coefficient: _bend_degrees(poles, coefficient),
            "the power is taken of degrees: the angles are in radians",
        ),
        (
            lambda poles, coefficient: np.asarray(poles, dtype=complex) ** coefficient,
            "the poles themselves are raised to the power: their radius must stay",
        ),
    ],
    valid=lambda random: (
        _pairs(random, int(random.integers(1, 5)), real=random.uniform(-0.9, 0.9, 2)),
        float(random.uniform(0.4, 1.0)),
    ),
)
def bend(poles, coefficient):
    return _bend(poles, coefficient)


# --- where the pattern lies ---------------------------------------------------------------------


def _sums(excess, pattern, *, fold="sum", turn=1, scale=True, axis=None):
    n_bands, n_slots = pattern.shape
    folded = np.zeros((n_bands, n_slots))
    for n in range(excess.shape[1]):
        if fold == "first" and n >= n_slots:
            break
        folded[:, n % n_slots] += excess[:, n]
    sums = [np.sum(folded * np.roll(pattern, turn * start, axis=1)) for start in range(n_slots)]
    deviation = np.sqrt(np.sum(np.square(excess))) if scale else 1.0
    return np.array(sums) / deviation


def _marked(random, n_bands, n_slots, n_frames, start, strength=1.0):
    pattern = random.choice([-1.0, 1.0], size=(n_bands, n_slots))
    columns = (np.arange(n_frames) - start) % n_slots
    return strength * pattern[:, columns] + random.normal(size=(n_bands, n_frames)), pattern


@exercise(
    "safety.sums",
    level="core",
    hints=(
        "Frame n lies on column n % S of the pattern: add up all frames that lie on one column, "
        "which gives an array as large as the pattern.",
        "For a start s, the pattern is `np.roll(pattern, s, axis=1)`: multiply and add up.",
        "The deviation of a sum of plus and minus is the root of the sum of all squares of "
        "`excess`.",
    ),
    probes=[
        probe(
            "the frames are the pattern: the largest sum stands at 0",
            *_marked(np.random.default_rng(0), 3, 4, 4, 0, strength=5.0),
        ),
        probe(
            "it begins two columns later, and comes again",
            *_marked(np.random.default_rng(1), 4, 5, 15, 2),
        ),
        probe("frames that fill no whole period", *_marked(np.random.default_rng(2), 2, 6, 15, 4)),
        probe("fewer frames than columns", *_marked(np.random.default_rng(3), 5, 8, 6, 3)),
    ],
    wrong=[
        (
            lambda excess, pattern: _sums(excess, pattern, scale=False),
            "divide by the deviation: a loud sound would have a high score without any mark",
        ),
        (
            lambda excess, pattern: _sums(excess, pattern, turn=-1),
            "the pattern is turned the other way: entry s is for a pattern that begins s later",
        ),
        (
            lambda excess, pattern: _sums(excess, pattern, fold="first"),
            "only the first period counts: later ones hold the mark as well",
        ),
        (
            lambda excess, pattern: np.abs(_sums(excess, pattern)),
            "these are absolute values: a sum far below 0 is no mark",
        ),
        (
            lambda excess, pattern: _sums(excess, pattern).max(),
            "this is the best sum alone: return one for each start",
        ),
    ],
    valid=lambda random: _marked(random, *(int(n) for n in random.integers(2, 9, 4))),
)
def sums(excess, pattern):
    return _sums(excess, pattern)


# --- members ------------------------------------------------------------------------------------


def _losses(random):
    n_members, n_others = (int(n) for n in random.integers(1, 12, 2))
    return (
        np.round(random.exponential(0.5, n_members), 2),
        np.round(random.exponential(1.0, n_others), 2),
        float(np.round(random.uniform(0.1, 1.5), 2)),
    )


@exercise(
    "safety.members",
    level="easy",
    hints=(
        "Which sentences does the attacker call lessons? Those with `losses < threshold`.",
        "The share of the lessons that he finds, less the share of the others that he takes for "
        "lessons.",
    ),
    probes=[
        probe("all told apart", np.array([0.1, 0.2]), np.array([0.9, 0.8, 0.7]), 0.5),
        probe("nothing learned by heart", np.array([0.1, 0.9]), np.array([0.9, 0.1]), 0.5),
        probe("unequal numbers", np.array([0.1, 0.6, 0.2]), np.array([0.3, 0.8]), 0.5),
        probe("a loss at the threshold is no lesson", np.array([0.5, 0.1]), np.array([0.5]), 0.5),
        probe("worse than guessing", np.array([0.9, 0.7, 0.1]), np.array([0.1, 0.2]), 0.5),
    ],
    wrong=[
        (
            lambda members, others, threshold: np.mean(members < threshold),
            "this is the share of lessons found: whoever calls everything a lesson finds them all",
        ),
        (
            lambda members, others, threshold: (
                np.mean(members > threshold) - np.mean(others > threshold)
            ),
            "turned round: lessons have the lower losses",
        ),
        (
            lambda members, others, threshold: (
                np.mean(members <= threshold) - np.mean(others <= threshold)
            ),
            "a loss at the threshold counts here: it is no lesson",
        ),
        (
            lambda members, others, threshold: (
                (np.sum(members < threshold) - np.sum(others < threshold))
                / (len(members) + len(others))
            ),
            "each share is one of its own kind: divide by the number of that kind",
        ),
        (
            lambda members, others, threshold: abs(
                np.mean(members < threshold) - np.mean(others < threshold)
            ),
            "an attacker who is worse than guessing has a negative advantage",
        ),
    ],
    valid=_losses,
)
def members(member_losses, other_losses, threshold):
    return np.mean(member_losses < threshold) - np.mean(other_losses < threshold)


# --- silence at the start -----------------------------------------------------------------------


def _begin(audio, n_samples, *, share=0.1, cut=True, pad=True, level=True, size=True):
    audio = np.asarray(audio, dtype=float)
    loud = np.abs(audio) if size else audio
    start = int(np.argmax(loud >= share * loud.max())) if cut else 0
    clip = audio[start : start + n_samples]
    if level:
        clip = clip / np.sqrt(np.mean(np.square(clip)))
    return np.pad(clip, (0, n_samples - len(clip))) if pad else clip


def _speech(audio):
    return np.trim_zeros(_begin(audio, len(audio), level=False), "b")


def _broken(audio, n_samples):
    return audio[:n_samples] / np.abs(audio).max()


def _late(random, n_silent, n_speech, level=1.0):
    speech = level * random.normal(size=n_speech)
    speech[0] = -0.5 * np.abs(speech).max()  # begins below zero
    hiss = 0.02 * level * random.uniform(-1, 1, n_silent)
    return np.concatenate([hiss, speech])


@exercise(
    "safety.silence",
    level="core",
    hints=(
        "The first sample of speech: the first whose size is at least a tenth of the largest. "
        "`np.argmax` of booleans gives the first that is true.",
        "Cut there, then take `n_samples`. A sound that is too short ends in zeros.",
        "Divide by the RMS of what is left before you add zeros: else a short clip is louder.",
    ),
    probes=[
        probe("silence before speech", _late(np.random.default_rng(0), 30, 50), 20),
        probe("speech begins at once", _late(np.random.default_rng(1), 0, 40), 25),
        probe("a soft recording", _late(np.random.default_rng(2), 10, 60, level=0.01), 30),
        probe("too little speech: zeros at the end", _late(np.random.default_rng(3), 15, 12), 20),
    ],
    wrong=[
        (
            lambda audio, n_samples: _begin(audio, n_samples, cut=False),
            "the silence at the start is still there, and a detector would measure it",
        ),
        (
            lambda audio, n_samples: _begin(audio, n_samples, size=False),
            "a sound may begin below zero: look at the size of the samples",
        ),
        (
            lambda audio, n_samples: _begin(audio, n_samples, level=False),
            "the level tells recordings apart as well: divide by the RMS",
        ),
        (
            lambda audio, n_samples: _broken(audio, n_samples),
            "this is what she does herself: the silence counts, and so does the largest sample",
        ),
        (
            lambda audio, n_samples: (
                _begin(audio, n_samples, level=False) / np.sqrt(np.mean(_speech(audio) ** 2))
            ),
            "the RMS is that of the whole speech: take it of the clip that is left",
        ),
        (
            lambda audio, n_samples: _begin(audio, n_samples, pad=False),
            "a short clip stays short: fill it with zeros",
        ),
        (
            lambda audio, n_samples: (
                _begin(audio, n_samples) / np.sqrt(np.mean(np.square(_begin(audio, n_samples))))
            ),
            "the zeros at the end count in the RMS here: take it before you add them",
        ),
    ],
    valid=lambda random: (
        _late(
            random,
            int(random.integers(0, 30)),
            int(random.integers(5, 60)),
            float(random.choice([0.01, 1.0])),
        ),
        int(random.integers(8, 40)),
    ),
)
def begin(audio, n_samples):
    return _begin(audio, n_samples)


# --- clipped steps ------------------------------------------------------------------------------


def _learn(*, rate=1.0, sign=-1, clip="each", reduce="mean", give=None, n_more=0):
    """Return an answer: logistic regression with clipped gradients, and one thing to do wrong."""

    def learn(x, target, largest, n_steps):
        import torch

        weights = torch.zeros(x.shape[1], device=x.device, dtype=x.dtype)
        for _ in range(n_steps + n_more):
            error = torch.sigmoid(x @ weights) - target
            steps = error[:, None] * x
            if clip == "each":
                steps = _at_most(steps, largest)
            elif clip == "values":
                steps = steps.clamp(-largest, largest)
            elif clip == "all":
                steps = steps * largest / steps.norm(dim=1, keepdim=True).clamp(min=1e-12)
            step = steps.mean(dim=0) if reduce == "mean" else steps.sum(dim=0)
            if clip == "mean":
                step = _at_most(step[None], largest)[0]
            weights = weights + sign * rate * step
        return give(weights) if give else weights

    return learn


def _at_most(rows, largest):
    length = rows.norm(dim=1, keepdim=True)
    return rows * (largest / length.clamp(min=1e-12)).clamp(max=1.0)


def _weights_that_came_back(answer, x, target, largest, n_steps):
    import torch

    found = answer(x.clone(), target.clone(), largest, n_steps)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    return {
        "the shape": tuple(found.shape),
        "the device": found.device.type,
        "it carries a gradient": found.requires_grad,
        "in three digits": [f"{value:.3g}" for value in found.detach().cpu().flatten()[:8]],
    }


def _lessons(n_sounds, size, device, *, seed=0):
    import torch

    random = np.random.default_rng(seed)
    target = (np.arange(n_sounds) % 3 == 0).astype(float)
    x = random.normal(size=(n_sounds, size)) + target[:, None]
    x *= random.uniform(0.2, 4.0, (n_sounds, 1))  # some count far more than others
    return (torch.as_tensor(part, dtype=torch.float32, device=device) for part in (x, target))


def _private_probes():
    from audiolessons import training

    device = training.pick_device()
    n_sounds, size = (4096, 128) if device.type != "cpu" else (60, 8)
    return [
        probe("no step: all weights are still 0", *_lessons(6, 3, "cpu", seed=1), 1.0, 0),
        probe("one step, nobody is clipped", *_lessons(7, 3, "cpu", seed=2), 100.0, 1),
        probe("one step, most are clipped", *_lessons(9, 4, "cpu", seed=3), 0.3, 1),
        probe("five steps", *_lessons(12, 5, "cpu", seed=4), 0.7, 5),
        probe(
            f"{n_sounds} sounds on the device {device.type}",
            *_lessons(n_sounds, size, device, seed=5),
            0.5,
            10,
        ),
    ]


@exercise(
    "safety.private",
    level="stretch",
    hints=(
        "The gradient of the loss of sound b alone is `(torch.sigmoid(x[b] @ weights) - target[b]) "
        "* x[b]`: all at once, that is an array (B, D).",
        "Its length: `.norm(dim=1, keepdim=True)`. Multiply each row by `largest / length`, but by "
        "1 at most.",
        "Subtract the mean of the rows. Return the weights as a tensor without a gradient.",
    ),
    observe=_weights_that_came_back,
    probes=_private_probes,
    wrong=[
        (_learn(clip=""), "nothing is clipped: one loud sound may move the weights by any amount"),
        (_learn(clip="mean"), "the mean is clipped: clip the gradient of each sound before it"),
        (_learn(clip="values"), "each number is clipped: clip the length of each row"),
        (
            _learn(clip="all"),
            "short gradients are stretched to the largest length: they must stay as they are",
        ),
        (_learn(sign=1), "the steps go up: subtract the gradient"),
        (_learn(reduce="sum"), "the gradients are summed: take their mean"),
        (_learn(rate=0.1), "these are steps of 0.1: the learning rate is 1"),
        (
            _learn(give=lambda weights: weights.cpu().numpy()),
            "return a torch tensor, on the device of `x`",
        ),
    ],
    valid=lambda random: (
        *_lessons(
            int(random.integers(3, 12)),
            int(random.integers(2, 6)),
            "cpu",
            seed=int(random.integers(1000)),
        ),
        float(random.uniform(0.2, 2.0)),
        int(random.integers(1, 4)),
    ),
    time_limit_s=30,
)
def learn(x, target, largest, n_steps):
    return _learn()(x, target, largest, n_steps)


# --- red team -----------------------------------------------------------------------------------

RATE = 16000
KEY = 7


def marked_noise(*, seconds: float = 3.0, seed: int = 0) -> np.ndarray:
    """Return a sound of changing colour (T,) at 16 kHz that carries mark 7: what is attacked."""
    random = np.random.default_rng(seed)
    n_samples = round(seconds * RATE)
    swell = 1 + 0.8 * np.sin(2 * np.pi * 3 * np.arange(n_samples) / RATE + random.uniform(0, 6))
    sound = 0.1 * swell * noise(n_samples, seed=seed)
    return watermark.add_mark(sound, sample_rate=RATE, key=KEY)


def _damage(answer, audio):
    """Say whether the mark is gone, and whether the sound is still there."""
    made = np.asarray(answer(audio.copy()), dtype=float)
    if made.ndim != 1 or len(made) < RATE or not np.isfinite(made).all():
        return {"a sound of a second or more came back": False}
    found = watermark.find_mark(made, sample_rate=RATE, key=KEY)
    change_db = signals.level_db(made) - signals.level_db(audio)
    return {
        "a sound of a second or more came back": True,
        "the mark is gone": found.score < watermark.THRESHOLD,
        "no longer than before": len(made) <= len(audio),
        "nine tenths as long at least": len(made) >= 0.9 * len(audio),
        "at most 3 dB softer": bool(change_db > -3),
        "at most 3 dB louder": bool(change_db < 3),
        "swells as before": _alike(audio, made),
    }


def _alike(audio, made, n_parts=60):
    """Tell whether the level of sixty parts moves alike."""
    levels = [
        [float(np.sqrt(np.mean(np.square(part)))) for part in np.array_split(one, n_parts)]
        for one in (audio, made)
    ]
    return bool(np.corrcoef(levels)[0, 1] > 0.9)


def _play(audio, speed):
    return signals.resample(audio, from_rate=round(RATE * speed), to_rate=RATE)


@exercise(
    "safety.red",
    level="stretch",
    hints=(
        "Read `find_mark`: what does it try, and what does it never try?",
        "It tries speeds from 0.96 to 1.04. `al.signals.resample` with another `from_rate` plays a "
        "sound faster or slower.",
        "A speed of 1.09 is beyond what it tries, and within what is allowed here.",
    ),
    observe=_damage,
    probes=[
        probe("three seconds", marked_noise()),
        probe("five seconds of another sound", marked_noise(seconds=5.0, seed=1)),
    ],
    wrong=[
        (
            lambda audio: 0.1 * audio,
            "softer: the mark lies in ratios of levels, and hears no gain; and too soft now",
        ),
        (
            lambda audio: audio[: len(audio) // 2],
            "half of it is gone, and the mark comes again every second: it is still found",
        ),
        (
            lambda audio: 0.1 * np.sqrt(1 + 0.32) * noise(len(audio), seed=99),
            "the mark is gone, and so is the sound: what is left does not swell as it did",
        ),
        (
            lambda audio: _play(audio, 1.3),
            "the mark is gone, but so much faster is another sound: nine tenths must be left",
        ),
    ],
    valid=lambda random: (
        marked_noise(seconds=float(random.uniform(2, 4)), seed=int(random.integers(1000))),
    ),
)
def attack(audio):
    return _play(audio, 1.09)
