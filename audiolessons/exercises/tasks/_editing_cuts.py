"""Exercises of the chapter tasks/editing on joints and cut lists."""

from __future__ import annotations

import numpy as np

from audiolessons import signals
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import names_in, noise

# --- which joint clicks? ------------------------------------------------------------------------

JOINT_RATE = 16000
LETTERS = "ABCDE"
JOINT_AT = 0.9  # seconds, in each of the sounds


def joints() -> dict[str, np.ndarray]:
    """Five sounds, each joined of two pieces of a low chord after 0.9 s: letter -> (T,)."""
    random = np.random.default_rng(2024)
    clicking = set(random.permutation(list(LETTERS))[:2])
    time = np.arange(round(2.2 * JOINT_RATE)) / JOINT_RATE
    sounds = {}
    for number, letter in enumerate(LETTERS):
        root = 98.0 * 2 ** (number / 12)
        chord = sum(np.sin(2 * np.pi * root * ratio * time) for ratio in (1, 1.5, 2))
        n = round(JOINT_AT * JOINT_RATE)
        left, right = chord, np.roll(chord, round(JOINT_RATE / root / 2))  # half a period off
        if letter in clicking:
            sound = np.concatenate([left[:n], right[n:]])
        else:
            rising = np.clip((np.arange(len(time)) - n) / (0.02 * JOINT_RATE) + 1, 0, 1)
            sound = np.cos(np.pi / 2 * rising) * left + np.sin(np.pi / 2 * rising) * right
        sounds[letter] = signals.fade(0.08 * sound, sample_rate=JOINT_RATE, in_s=0.05, out_s=0.05)
    return sounds


def _clicking():
    steepest = {key: np.abs(np.diff(x)).max() for key, x in joints().items()}
    return sorted(steepest, key=steepest.get)[-2:]


def _two_letters(answer):
    names = _letters(answer)
    return {"letters": len(names), "from A to E": set(names) <= set(LETTERS)}


def _letters(answer):
    return sorted({letter.upper() for name in names_in(answer) for letter in name})


def _right_letters(answer):
    # Counts: saying which letter is judged wrongly would say which click.
    named, clicking = set(_letters(answer)), set(_clicking())
    return {"how many of these click": len(named & clicking), "others": len(named - clicking)}


@exercise(
    "editing.clicks",
    level="easy",
    hints=(
        "Listen to the middle of each sound. A click is a tick without pitch.",
        "Two of the five click. The other three swell or sag for a moment, but do not tick.",
    ),
    probes=[
        probe("the answer names two of the letters from A to E", observe=_two_letters),
        probe("those that click, and no others", observe=_right_letters),
    ],
    wrong=lambda: [
        ("".join(sorted(set(LETTERS) - set(_clicking()))), "these are the three that do not click"),
        (LETTERS, "not all of them click: two do"),
        ("", "two of them click: listen to the middle, with headphones"),
    ],
)
def clicks():
    return _clicking()


# --- a crossfade --------------------------------------------------------------------------------


def _join(
    *,
    rise=lambda place: np.sin(np.pi / 2 * place),
    fall=None,
    place=lambda k, n: (k + 0.5) / n,
    overlap=True,
    turned=False,
):
    """Return a crossfade with its gains, and where they are read, replaced."""
    fall = fall or (lambda place: rise(1 - place))

    def crossfade(left, right, n_samples):
        n = n_samples
        if n == 0:
            return np.concatenate([left, right], axis=-1)
        where = place(np.arange(n), n)
        up, down = rise(where), fall(where)
        if turned:
            up, down = down, up
        ending, beginning = left[..., left.shape[-1] - n :] * down, right[..., :n] * up
        middle = [ending + beginning] if overlap else [ending, beginning]
        return np.concatenate([left[..., : left.shape[-1] - n], *middle, right[..., n:]], axis=-1)

    return crossfade


def _cut_hard(left, right, n_samples):
    return np.concatenate([left, right], axis=-1)


@exercise(
    "editing.crossfade",
    level="core",
    keeps_arguments=True,
    hints=(
        "How long is the result? The two overlap, so it has len(left) + len(right) - n samples.",
        "`place = (np.arange(n) + 0.5) / n` runs from nearly 0 to nearly 1. One gain is "
        "`np.sin(np.pi / 2 * place)`, the other the cosine.",
        "Three pieces: `left` without its last n, the overlap, `right` without its first n. "
        "Mind n = 0: `left[..., :-0]` is empty.",
    ),
    probes=[
        probe("ones and zeros over four samples: the falling gain", np.ones(6), np.zeros(7), 4),
        probe("zeros and ones over three samples: the rising gain", np.zeros(5), np.ones(4), 3),
        probe("two noises of unequal length", noise(50), noise(31, seed=1), 20),
        probe("two channels", noise(2, 20), noise(2, 30, seed=1), 9),
        probe("an overlap of one sample", noise(4), noise(5, seed=1), 1),
        probe("an overlap of no samples joins end to end", noise(5), noise(6, seed=1), 0),
        probe("all of the left side overlaps", noise(8), noise(12, seed=2), 8),
    ],
    wrong=[
        (
            _join(rise=lambda place: place),
            "these gains are straight lines: noise sinks by 3 dB in the middle of the joint",
        ),
        (
            _join(rise=lambda place: np.sin(np.pi / 2 * place) ** 2),
            "these gains add up to 1, and it is their squares that must",
        ),
        (_join(rise=np.sqrt), "these are roots: a sine and a cosine are asked for"),
        (_join(turned=True), "the left side rises and the right one falls: exchange the gains"),
        (
            _join(place=lambda k, n: k / n),
            "place begins at 0: read the gains in the middle of each sample, + 0.5",
        ),
        (
            _join(place=lambda k, n: k / max(n - 1, 1)),
            "place runs from 0 to 1 with both ends, as linspace does: it is (k + 0.5) / n, the "
            "middle of each sample",
        ),
        (
            _join(place=lambda k, n: (k + 1) / n),
            "place ends at 1: read the gains in the middle of each sample, + 0.5",
        ),
        (
            _join(overlap=False),
            "one fades out and then the other fades in: lay them over each other and add",
        ),
        (_cut_hard, "the two stand end to end: the last n of the left overlap the first n"),
        (
            _join(fall=lambda place: np.ones_like(place)),
            "the left side does not fade out",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(random.integers(10, 20)),
        random.standard_normal(random.integers(10, 20)),
        int(random.integers(0, 10)),
    ),
)
def crossfade(left, right, n_samples):
    return _join()(left, right, n_samples)


# --- the bug hunt: a list of cuts ---------------------------------------------------------------


def _samples(cuts, sample_rate):
    return [(round(start * sample_rate), round(end * sample_rate)) for start, end in cuts]


def _keep(audio, spans):
    kept = np.ones(audio.shape[-1], dtype=bool)
    for start, end in spans:
        kept[start:end] = False
    return audio[..., kept]


def _one_by_one(audio, spans):
    for start, end in spans:
        audio = np.concatenate([audio[..., :start], audio[..., end:]], axis=-1)
    return audio


def _shifted(sign):
    def remove(audio, cuts, sample_rate):
        gone = 0
        for start, end in sorted(_samples(cuts, sample_rate)):
            first, last = start + sign * gone, end + sign * gone
            audio = np.concatenate([audio[..., :first], audio[..., last:]], axis=-1)
            gone += end - start
        return audio

    return remove


def _what_is_cut(audio, cuts, sample_rate):
    kept = np.zeros(audio.shape[-1], dtype=bool)
    for start, end in _samples(cuts, sample_rate):
        kept[start:end] = True
    return audio[..., kept]


@exercise(
    "editing.cut_list",
    level="core",
    keeps_arguments=True,
    hints=(
        "Try it with one cut, then with two. Which of the two is at the wrong place?",
        "After the first cut, everything behind it has moved to the left. The times of the list "
        "are those of the sound as it was.",
        "Mark what goes in one row of True and False as long as the sound, and take the rest once. "
        "Then the order does not matter, and cuts may overlap.",
    ),
    probes=[
        probe("one cut", np.arange(12.0), [(0.2, 0.5)], 10),
        probe("two cuts, in order", np.arange(20.0), [(0.2, 0.5), (1.0, 1.4)], 10),
        probe("three cuts, out of order", noise(40), [(3.0, 3.5), (0.0, 0.4), (1.5, 2.2)], 10),
        probe("cuts that overlap", np.arange(20.0), [(0.2, 0.8), (0.5, 1.2)], 10),
        probe("two channels, another rate", noise(2, 60), [(0.5, 1.0), (2.0, 2.25)], 16),
        probe("a cut to the very end, and no cut", noise(10), [(0.6, 1.0)], 10),
        probe("no cuts", noise(10), [], 10),
        probe("times are rounded: 0.57 s at 100 Hz is sample 57", noise(80), [(0.29, 0.57)], 100),
    ],
    wrong=[
        (
            lambda audio, cuts, sample_rate: _one_by_one(audio, _samples(cuts, sample_rate)),
            "the first cut is right and the others come too late: the sound has grown shorter "
            "meanwhile, and the times still count from its old beginning",
        ),
        (
            lambda audio, cuts, sample_rate: _one_by_one(
                audio, sorted(_samples(cuts, sample_rate))
            ),
            "sorted, but each cut still moves what comes behind it",
        ),
        (
            lambda audio, cuts, sample_rate: _one_by_one(
                audio, sorted(_samples(cuts, sample_rate), reverse=True)
            ),
            "from the last to the first the places are right; but where two cuts overlap, the "
            "second one takes samples that should stay",
        ),
        (
            lambda audio, cuts, sample_rate: _one_by_one(audio, _samples(cuts, sample_rate)[::-1]),
            "from the end of the list to its beginning: that helps only if the list is in order",
        ),
        (
            _shifted(-1),
            "the places are corrected by what is gone, which is right until two cuts overlap",
        ),
        (_shifted(1), "the places are moved to the right by what is gone: they move to the left"),
        (
            lambda audio, cuts, sample_rate: _keep(
                audio, [(int(a * sample_rate), int(b * sample_rate)) for a, b in cuts]
            ),
            "the places are cut off at the point, int(56.99) is 56: round them",
        ),
        (_what_is_cut, "this is what the list cuts out: return the rest"),
    ],
    valid=lambda random: (
        random.standard_normal(60),
        [
            (float(start), float(start + random.integers(1, 10) / 10))
            for start in random.integers(0, 50, size=random.integers(1, 5)) / 10
        ],
        10,
    ),
)
def remove(audio, cuts, sample_rate):
    return _keep(audio, _samples(cuts, sample_rate))
