"""Exercises of the chapter tasks/editing: who speaks when, joints, loudness, a limiter."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise
from audiolessons.exercises.tasks import _editing_cuts as _editing_cuts  # states its exercises
from audiolessons.exercises.tasks._asked import asked

# --- from frames to segments --------------------------------------------------------------------


def _stretches(active, *, at_start=True, at_end=True):
    """Return [first, last + 1] of each run; runs that touch an end may be lost."""
    values = np.asarray(active).astype(int)
    before, behind = (0 if at_start else values[0]), (0 if at_end else values[-1])
    steps = np.diff(np.concatenate([[before], values, [behind]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    n = min(len(starts), len(ends))
    return np.stack([starts[len(starts) - n :], ends[len(ends) - n :]], axis=-1)


def _as_pairs(answer, active):
    """Return the segments as rows of numbers; an empty answer may have any shape."""
    found = answer(active)
    found = np.asarray(list(found) if isinstance(found, zip | map) else found, dtype=float)
    return "no segment" if found.size == 0 else found


ACTIVE = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0], dtype=bool)


@exercise(
    "editing.segments",
    level="easy",
    observe=_as_pairs,
    hints=(
        "A segment begins where a frame is active and the one before it is not.",
        "`np.diff` of the row as whole numbers is 1 at a beginning and -1 behind an end.",
        "Put a False before the row and behind it: then segments that touch an end are found too.",
    ),
    probes=[
        probe("three segments: first frame, and the one behind the last", ACTIVE),
        probe("a segment that touches each end", np.array([1, 1, 0, 1], dtype=bool)),
        probe("all frames are one segment", np.ones(7, dtype=bool)),
        probe("no active frame, no segment", np.zeros(5, dtype=bool)),
        probe("many", noise(60) > 0),
        probe("one frame", np.array([True])),
    ],
    wrong=[
        (
            lambda active: _stretches(active) - [0, 1],
            "the second number is that of the last frame: it is the first one behind it",
        ),
        (
            lambda active: _stretches(active) - 1,
            "everything is one frame early: np.diff at n compares frame n + 1 with frame n",
        ),
        (
            lambda active: _stretches(active, at_start=False),
            "a segment that is active from the first frame on is lost",
        ),
        (
            lambda active: _stretches(active, at_end=False),
            "a segment that is active up to the last frame is lost",
        ),
        (
            lambda active: _stretches(active, at_start=False, at_end=False),
            "segments that touch either end are lost: put a False before and behind",
        ),
        (
            lambda active: np.stack(
                [_stretches(active)[:, 0], np.diff(_stretches(active), axis=1)[:, 0]], axis=-1
            ),
            "the second number is the length: it is where the segment ends",
        ),
        (lambda active: _stretches(~active), "these are the pauses: the segments are asked for"),
        (lambda active: _stretches(active).T, "one row a segment: this is turned over"),
    ],
    valid=lambda random: (random.random(random.integers(1, 30)) > 0.5,),
)
def segments(active):
    return _stretches(active)


# --- two thresholds -----------------------------------------------------------------------------


def _latch(*, opens=np.greater_equal, closes=np.less, forget=False, start=False):
    """Return a decision with memory."""

    def decide(scores, high, low):
        active, found = start, []
        for score in np.asarray(scores).tolist():
            if forget:
                active = False
            if active:
                active = not closes(score, low)
            else:
                active = bool(opens(score, high))
            found.append(active)
        return np.array(found, dtype=bool)

    return decide


def _reaching_back(scores, high, low):
    """Every stretch at or above `low` that somewhere reaches `high`."""
    wide = np.asarray(scores) >= low
    found = np.zeros(len(wide), dtype=bool)
    for first, last in _stretches(wide):
        found[first:last] = np.max(scores[first:last]) >= high
    return found


EXACT = np.array([0.6, 0.4, 0.39])
RISING = np.array([0.1, 0.5, 0.7, 0.5, 0.45, 0.3, 0.5, 0.8, 0.2, 0.5])


@exercise(
    "editing.hysteresis",
    level="core",
    hints=(
        "Whether a score between the two counts depends on what was decided just before.",
        "A loop with one variable: `active`. While it is False, only `score >= high` turns it on; "
        "while it is True, only `score < low` turns it off.",
        "Begin with `active = False`, and append it for each score.",
    ),
    probes=[
        probe("worked by hand: on at 0.7, off at 0.3, on at 0.8, off at 0.2", RISING, 0.6, 0.4),
        probe("exactly at the thresholds: on at high, still on at low", EXACT, 0.6, 0.4),
        probe("scores in between from the beginning stay off", np.full(4, 0.5), 0.6, 0.4),
        probe("equal thresholds are one threshold", noise(50), 0.2, 0.2),
        probe("a long row", np.convolve(noise(200), np.ones(5) / 2, "same"), 0.8, -0.2),
        probe("active to the end", np.array([0.0, 0.9, 0.5, 0.5]), 0.6, 0.4),
    ],
    wrong=[
        (
            lambda scores, high, low: np.asarray(scores) >= high,
            "this is the upper threshold alone: once on, it stays on down to `low`",
        ),
        (
            lambda scores, high, low: np.asarray(scores) >= low,
            "this is the lower threshold alone: it takes `high` to turn on",
        ),
        (
            _reaching_back,
            "it is on before `high` was reached: a stream cannot know that it will be",
        ),
        (_latch(closes=lambda score, low: False), "once on, it never turns off again"),
        (_latch(opens=np.greater), "a score equal to `high` turns it on"),
        (_latch(closes=np.less_equal), "a score equal to `low` keeps it on"),
        (
            lambda scores, high, low: np.r_[False, _latch()(scores, high, low)[:-1]],
            "each decision comes one score late: decide first, then append",
        ),
        (_latch(start=True), "it begins as if somebody had been speaking before: begin with False"),
        (
            lambda scores, high, low: _latch()(scores, low, high),
            "the two thresholds are exchanged",
        ),
        (lambda scores, high, low: ~_latch()(scores, high, low), "True and False are exchanged"),
    ],
    valid=lambda random: (
        random.standard_normal(random.integers(1, 40)),
        float(random.uniform(0, 1)),
        float(random.uniform(-1, 0)),
    ),
)
def hysteresis(scores, high, low):
    return _latch()(scores, high, low)


# --- a network on the device --------------------------------------------------------------------


def _hear(
    *,
    mode=lambda network: network.eval(),
    squash=lambda logits: logits.sigmoid(),
    give=lambda x: x.cpu().numpy(),
    follow=False,
    move=True,
):
    """Return a way to ask a network, with parts replaced."""

    def hear(network, audio):
        import torch

        from audiolessons import training

        device = training.pick_device() if move else torch.device("cpu")
        mode(network.to(device))
        batch = torch.from_numpy(np.asarray(audio, dtype=np.float32)).to(device)
        with torch.set_grad_enabled(follow):
            return give(squash(network(batch)))

    return hear


def _answers(answer, seed, n_batch, n_samples):
    """What comes back from a network that begins in training mode, and where it was asked."""
    import torch

    from audiolessons import models

    torch.manual_seed(seed)
    network = models.ActivityGRU(n_mels=12, hidden_size=8, n_layers=1, delay=3)
    network.normalize.running_mean.normal_(-8, 1)
    audio = 0.1 * noise(n_batch, n_samples, seed=seed).astype(np.float32)
    return asked(network, lambda network: answer(network, audio), what="the probabilities")


def _networks():
    from audiolessons import training

    where = training.pick_device().type
    yield probe(f"on the {where}: two sounds of half a second", 0, 2, 8000, rtol=1e-3, atol=1e-4)
    yield probe(f"on the {where}: three other sounds", 1, 3, 5000, rtol=1e-3, atol=1e-4)


@exercise(
    "editing.hear",
    level="core",
    observe=_answers,
    hints=(
        "`device = al.training.pick_device()`; network and batch must both be there.",
        "A network that was trained last still normalises by the batch: `network.eval()`.",
        "`with torch.no_grad():`, then `.sigmoid()` for probabilities, then `.cpu().numpy()`.",
    ),
    probes=_networks,
    wrong=[
        (
            _hear(mode=lambda network: network),
            "the network is in training mode, in which each sound changes the answer for the "
            "others: network.eval()",
        ),
        (_hear(squash=lambda logits: logits), "these are the logits: a sigmoid is missing"),
        (
            _hear(squash=lambda logits: logits.softmax(dim=-1)),
            "softmax makes the frames of a sound compete: each is a yes or no, so a sigmoid",
        ),
        (
            _hear(squash=lambda logits: (logits > 0).float()),
            "these are decisions: return the probabilities",
        ),
        (_hear(give=lambda x: x.cpu()), "a tensor came back: return a NumPy array"),
        (
            _hear(follow=True, give=lambda x: x.detach().cpu().numpy()),
            "torch notes every step for gradients nobody asks for: with torch.no_grad()",
        ),
        (_hear(give=lambda x: x.T.cpu().numpy()), "one row a sound: this is turned over"),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.3
        else (
            int(random.integers(1000)),
            int(random.integers(2, 4)),
            int(random.integers(3000, 6000)),
        )
    ),
)
def hear(network, audio):
    return _hear()(network, audio)


# --- gated loudness -----------------------------------------------------------------------------


def _mean_of_powers(blocks):
    return 10 * np.log10(np.mean(10 ** (blocks / 10)))


def _above(blocks, limit):
    return blocks if limit == -np.inf else blocks[blocks > limit]  # no gate keeps silence, too


def _gated(
    *,
    mean=_mean_of_powers,
    absolute=-70.0,
    relative=-10.0,
    level=_mean_of_powers,
    of_all=False,
    empty=-np.inf,
):
    """Return a gated loudness with its gates and means replaced."""

    def loudness(blocks_lufs):
        blocks = np.asarray(blocks_lufs, dtype=float)
        loud = _above(blocks, absolute)
        if loud.size == 0:
            return empty
        limit = level(blocks if of_all else loud) + relative
        return float(mean(_above(loud, limit)))

    return loudness


TALK = np.array([-23.0, -21.0, -24.0, -60.0, -80.0, -22.0, -31.0, -40.0, -np.inf, -25.0])


@exercise(
    "editing.gate",
    level="core",
    hints=(
        "Decibels cannot be averaged. `10 ** (blocks / 10)` are powers, and powers can.",
        "First gate: keep blocks above -70 LUFS. Second gate: 10 LU below the mean of *those*.",
        "`10 * np.log10(np.mean(10 ** (blocks / 10)))`, once for the second gate and once for the "
        "blocks that pass it. If no block passes the first, return `-np.inf`.",
    ),
    probes=[
        probe("equal blocks have their own loudness", np.full(8, -23.0)),
        probe(
            "two blocks, -20 and -26 LUFS: the mean of the powers is -22.04", np.r_[-20.0, -26.0]
        ),
        probe("pauses at -80 LUFS do not count", np.r_[np.full(5, -23.0), np.full(20, -80.0)]),
        probe("what lies 10 LU below the rest does not count", np.r_[-20.0, -20.0, -20.0, -36.0]),
        probe("what lies 9 LU below it counts", np.r_[-20.0, -20.0, -20.0, -30.0]),
        probe("a talk with everything in it", TALK),
        probe(
            "the second gate is taken from the blocks above the first",
            np.r_[-23.0, np.full(60, -90.0), -38.0],
        ),
        probe(
            "9.3 LU below the mean counts, 10.3 does not", np.r_[np.full(20, -20.0), -29.7, -30.7]
        ),
        probe("the first gate lies at -70", np.r_[-69.0, -69.5, -70.5]),
        probe("one block passes", np.r_[-23.0, -80.0]),
        probe("silence has no loudness", np.full(4, -np.inf)),
        probe("nor has what lies below the first gate", np.r_[-80.0, -75.0]),
    ],
    wrong=[
        (
            _gated(mean=np.mean, level=np.mean),
            "decibels were averaged: turn them into powers, take the mean, turn it back",
        ),
        (_gated(mean=np.mean), "the last mean is one of decibels: take it of powers"),
        (_gated(level=np.mean), "the second gate comes from a mean of decibels: take it of powers"),
        (_gated(absolute=-np.inf, relative=-np.inf), "nothing is gated: the pauses count"),
        (_gated(relative=-np.inf), "the second gate is missing"),
        (_gated(absolute=-np.inf), "the first gate, -70 LUFS, is missing"),
        (
            _gated(of_all=True),
            "the second gate is taken from all blocks: take it from those that passed the first",
        ),
        (_gated(relative=-8.0), "the second gate lies 8 LU below: 10 are asked for"),
        (_gated(level=np.max), "the second gate lies below the loudest block: below the mean"),
        (
            _gated(
                mean=lambda b: 20 * np.log10(np.mean(10 ** (b / 20))),
                level=lambda b: 20 * np.log10(np.mean(10 ** (b / 20))),
            ),
            "these are amplitudes: loudness goes by power, so divide by 10 and not by 20",
        ),
        (_gated(empty=np.nan), "the mean of nothing is NaN: return -np.inf where no block passes"),
        (_gated(empty=0.0), "silence was given 0 LUFS, which is full scale: return -np.inf"),
    ],
    valid=lambda random: (random.uniform(-90, -10, size=random.integers(1, 30)),),
)
def gated_loudness(blocks_lufs):
    return _gated()(blocks_lufs)


# --- the gain of a limiter ----------------------------------------------------------------------


def _windows(values, before, behind, edge):
    padded = np.concatenate([np.full(before, edge), values, np.full(behind, edge)])
    return np.lib.stride_tricks.sliding_window_view(padded, before + behind + 1)


def _limiter(*, least=np.min, smooth=np.mean, back=1, ahead=1, order=False, edge=1.0):
    """Return the gain of a limiter with its steps replaced."""

    def gain(need, half):
        need = np.asarray(need, dtype=float)
        wide = np.concatenate([np.full(half, edge), need, np.full(half, edge)])
        first, second = (smooth, least) if order else (least, smooth)
        found = first(_windows(wide, back * half, ahead * half, edge), axis=-1)
        return second(np.lib.stride_tricks.sliding_window_view(found, 2 * half + 1), axis=-1)

    return gain


def _middle(windows, axis):
    return windows[..., windows.shape[-1] // 2]


def _plain_ends(need, half):
    """The mean at the ends sees nothing but ones outside, not what the needs inside ask for."""
    found = _windows(np.asarray(need, dtype=float), half, half, 1.0).min(axis=-1)
    return _windows(found, half, half, 1.0).mean(axis=-1)


DIP = np.array([1, 1, 1, 1, 1, 1, 0.5, 1, 1, 1, 1, 1, 1.0])


@exercise(
    "editing.limiter",
    level="stretch",
    hints=(
        "Two steps: the smallest need within `half` samples on either side, then the mean of that "
        "over the same window.",
        "Outside the sound nothing is needed: put ones before and behind. How many, if two windows "
        "follow each other?",
        "With 2 * half ones on each side, `sliding_window_view(padded, 2 * half + 1)` twice, "
        "`.min` and `.mean` over the last axis, leaves as many values as there are needs.",
    ),
    probes=[
        probe("one peak in the middle: the gain dips before it and comes back behind it", DIP, 2),
        probe("nothing is needed", np.ones(9), 3),
        probe("peaks everywhere", np.random.default_rng(0).uniform(0.2, 1, 40), 4),
        probe("a peak at the very beginning, one at the end", np.array([0.4, 1, 1, 1, 1, 0.7]), 2),
        probe("a window of one sample: the gain is the need", np.array([1, 0.3, 1, 0.9]), 0),
        probe("a sound shorter than the window", np.array([1, 0.6, 1]), 4),
    ],
    wrong=[
        (
            _limiter(least=_middle),
            "this is the mean of the needs: at a peak it is more than the peak allows",
        ),
        (
            _limiter(smooth=_middle),
            "this is the smallest need around: it jumps, and jumps click; take the mean of it",
        ),
        (_limiter(order=True), "the mean comes first: take the smallest need, then the mean"),
        (_limiter(back=2, ahead=0), "the window looks back only: the gain dips after the peak"),
        (_limiter(back=0, ahead=2), "the window looks ahead only: it must look back as well"),
        (_limiter(least=np.max), "this is the largest need around: take the smallest"),
        (
            _plain_ends,
            "at the ends the mean counts ones where the smallest need reaches outside: put "
            "2 * half ones on either side before both steps",
        ),
        (_limiter(edge=0.0), "what lies outside counts as 0, which lets nothing through: put ones"),
        (_limiter(smooth=np.median), "the median jumps: take the mean"),
    ],
    valid=lambda random: (
        random.uniform(0.1, 1, size=random.integers(1, 30)),
        int(random.integers(0, 6)),
    ),
)
def limiter_gain(need, half):
    return _limiter()(need, half)
