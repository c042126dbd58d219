"""Exercises of the chapter tasks/echo: delay, ERLE, filters that learn, who speaks."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise
from audiolessons.exercises.tasks import _echo_networks as _echo_networks  # states its exercises

# --- how late? ----------------------------------------------------------------------------------


def _products(far, microphone, max_delay):
    """Return the sum of products for each delay from 0 to `max_delay`."""
    far, microphone = np.asarray(far, dtype=float), np.asarray(microphone, dtype=float)
    return np.array([far[: len(far) - k] @ microphone[k:] for k in range(max_delay + 1)])


def _late(far, delay, gain=0.5):
    return np.concatenate([np.zeros(delay), gain * far[: len(far) - delay]])


def _delays(random):
    far = random.standard_normal(int(random.integers(30, 80)))
    delay, most = int(random.integers(0, 12)), int(random.integers(12, 20))
    gain = random.choice([-0.7, 0.4])
    return far, _late(far, delay, gain) + 0.1 * random.standard_normal(len(far)), most


def _wrapped(far, microphone, max_delay):
    """Return the products when what leaves at the end comes back at the beginning."""
    far, microphone = np.asarray(far, dtype=float), np.asarray(microphone, dtype=float)
    return np.array([np.roll(far, k) @ microphone for k in range(max_delay + 1)])


def _averaged(far, microphone, max_delay):
    return _products(far, microphone, max_delay) / (len(far) - np.arange(max_delay + 1))


def _whitened(far, microphone, max_delay):
    """Return the products after a phase transform."""
    n_fft = 2 * len(far)
    cross = np.fft.rfft(microphone, n_fft) * np.conj(np.fft.rfft(far, n_fft))
    return np.fft.irfft(cross / np.abs(cross))[: max_delay + 1]


def _loud(seed, *, far_at, microphone_at, level):
    """Return a far end, echoed 2 samples late, and one sample that is loud in each of the two."""
    far = noise(40, seed=seed)
    microphone = _late(far, 2)
    far[far_at], microphone[microphone_at] = level, level
    return far, microphone


TWO_PATHS = _late(noise(80, seed=5), 4, 0.5) + _late(noise(80, seed=5), 9, -0.9)


@exercise(
    "echo.delay",
    level="easy",
    hints=(
        "If the microphone is compared with the loudspeaker k samples ago, `far[n]` meets "
        "`microphone[n + k]`.",
        "For each k: `far[: len(far) - k] @ microphone[k:]`.",
        "The largest of the absolute values: a loudspeaker may be wired the other way round.",
    ),
    probes=[
        probe("an echo 7 samples late", noise(60), _late(noise(60), 7), 20),
        probe("the echo is upside down", noise(60, seed=1), _late(noise(60, seed=1), 3, -0.8), 10),
        probe("no delay", noise(40, seed=2), noise(40, seed=2), 5),
        probe(
            "the largest delay that is allowed", noise(50, seed=3), _late(noise(50, seed=3), 6), 6
        ),
        probe("two paths: the stronger one", noise(80, seed=5), TWO_PATHS, 15),
        probe("a true delay beyond the largest", noise(60, seed=6), _late(noise(60, seed=6), 9), 5),
        probe(
            "far ends loudly, the microphone begins loudly",
            *_loud(7, far_at=-1, microphone_at=5, level=6.0),
            10,
        ),
        probe(
            "one loud sample meets another at the longest delay",
            *_loud(8, far_at=0, microphone_at=-1, level=3.0),
            39,
        ),
    ],
    wrong=[
        (
            lambda far, microphone, max_delay: int(
                np.argmax(_products(far, microphone, max_delay))
            ),
            "an echo that is upside down is missed: take absolute values",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_products(microphone, far, max_delay)))
            ),
            "far and microphone are exchanged: the microphone is the later one",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_products(far, microphone, max_delay - 1)))
            ),
            "the largest delay itself is not tried: k runs up to and with max_delay",
        ),
        (
            lambda far, microphone, max_delay: (
                1 + int(np.argmax(np.abs(_products(far, microphone, max_delay))))
            ),
            "one sample too many: an echo without delay has delay 0",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_products(far, microphone, len(far) - 1)))
            ),
            "max_delay is not kept to",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_whitened(far, microphone, max_delay)))
            ),
            "the phase transform was taken: plain products are asked for here",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_wrapped(far, microphone, max_delay)))
            ),
            "the end of far wraps around to the beginning of the microphone: leave it out, or fill "
            "up with zeros",
        ),
        (
            lambda far, microphone, max_delay: int(
                np.argmax(np.abs(_averaged(far, microphone, max_delay)))
            ),
            "sums were normalised by the samples that meet: at a long delay few do, and chance "
            "wins",
        ),
    ],
    valid=_delays,
)
def delay(far, microphone, max_delay):
    return int(np.argmax(np.abs(_products(far, microphone, max_delay))))


# --- how much of it is gone? --------------------------------------------------------------------


def _erle(*, where=lambda alone: alone, scale=10, turned=False, power=np.square):
    def erle(microphone, output, is_alone):
        chosen = where(np.asarray(is_alone, dtype=bool))
        heard, left = (np.sum(power(np.asarray(one))[chosen]) for one in (microphone, output))
        return scale * np.log10(left / heard if turned else heard / left)

    return erle


def _mean_of_ratios(microphone, output, is_alone):
    ratios = np.square(np.asarray(microphone)[is_alone] / np.asarray(output)[is_alone])
    return np.mean(10 * np.log10(ratios))


def _calls(random):
    n = int(random.integers(10, 40))
    alone = random.random(n) > 0.4
    alone[0] = True
    return random.standard_normal(n), 0.2 * random.standard_normal(n), alone


HALF = np.arange(40) < 25


@exercise(
    "echo.erle",
    level="easy",
    hints=(
        "Only samples at which `is_alone` is True say anything: `microphone[is_alone]`.",
        "Power of what was heard over power of what is left, then 10 times the logarithm.",
        "`10 * np.log10(np.sum(m**2) / np.sum(o**2))`.",
    ),
    probes=[
        probe("a tenth of the amplitude is 20 dB", noise(40), 0.1 * noise(40), np.full(40, True)),
        probe("nothing was done: 0 dB", noise(40, seed=1), noise(40, seed=1), np.full(40, True)),
        probe(
            "the near end speaks later, and does not count",
            noise(40, seed=2),
            np.where(HALF, 0.03, 1.0) * noise(40, seed=3),
            HALF,
        ),
        probe("louder than before", noise(40, seed=4), 2 * noise(40, seed=5), ~HALF),
    ],
    wrong=[
        (
            _erle(where=np.ones_like),
            "all samples are counted: the near end is no echo, leave out where it speaks",
        ),
        (_erle(where=np.logical_not), "this counts where the near end speaks, and nothing else"),
        (_erle(scale=20), "20 is for amplitudes: of powers, 10 times the logarithm"),
        (_erle(turned=True), "the sign: what was heard over what is left"),
        (_erle(power=np.abs), "these are amplitudes: add up squares"),
        (_mean_of_ratios, "decibels were averaged: add up the powers first, then one ratio"),
    ],
    valid=_calls,
)
def erle(microphone, output, is_alone):
    return _erle()(microphone, output, is_alone)


# --- one step of NLMS ---------------------------------------------------------------------------


def _nlms(*, norm=lambda past: past @ past, sign=1, late=False, forget_error=False):
    def step(taps, past, heard, rate, floor):
        taps, past = np.asarray(taps, dtype=float), np.asarray(past, dtype=float)
        error = heard - taps @ past
        change = rate * past / (norm(past) + floor)
        new = taps + sign * change * (1 if forget_error else error)
        return (heard - new @ past if late else error), new

    return step


def _steps(random):
    n = int(random.integers(2, 9))
    rate, floor = float(random.uniform(0.1, 1.5)), float(random.uniform(0.01, 1))
    return (
        random.standard_normal(n),
        random.standard_normal(n),
        random.standard_normal(),
        rate,
        floor,
    )


@exercise(
    "echo.nlms",
    level="core",
    hints=(
        "The echo that the filter expects is `taps @ past`; the error is what was heard less that.",
        "The step goes along `past`, times the error, times `rate`.",
        "Divide by `past @ past + floor`, and return the error before the step.",
    ),
    probes=[
        probe(
            "a filter that knows nothing", np.zeros(3), np.array([1.0, 2.0, 2.0]), 9.0, 1.0, 1e-9
        ),
        probe("five taps", noise(5), noise(5, seed=1), 0.7, 0.5, 0.1),
        probe("a large floor", noise(4), noise(4, seed=2), -0.4, 0.8, 20.0),
        probe("silence teaches nothing", noise(4), np.zeros(4), 0.3, 0.5, 0.01),
        probe("seven taps, ten times as loud", noise(7), 10 * noise(7, seed=3), 4.0, 0.3, 0.5),
    ],
    wrong=[
        (
            _nlms(norm=lambda past: 1.0),
            "the step is not divided by the energy of `past`: this is LMS with a floor",
        ),
        (
            _nlms(norm=lambda past: np.sqrt(past @ past)),
            "the step is divided by the length of `past`: it is its energy, the length squared",
        ),
        (
            _nlms(norm=lambda past: np.mean(past**2)),
            "the step is divided by the mean power: take the sum over all taps",
        ),
        (
            lambda taps, past, heard, rate, floor: _nlms(
                norm=lambda past: max(past @ past, floor) - floor
            )(taps, past, heard, rate, floor),
            "the larger of energy and floor was taken: add the floor",
        ),
        (
            lambda taps, past, heard, rate, floor: _nlms()(taps, past, heard, 1.0, floor),
            "`rate` is not used",
        ),
        (_nlms(sign=-1), "the step goes uphill: the error grows"),
        (_nlms(late=True), "the error is that after the step: return the one before it"),
        (_nlms(forget_error=True), "the step does not depend on the error"),
        (
            lambda taps, past, heard, rate, floor: _nlms()(
                taps, past, heard, rate, 0.0 * floor + 1e-12
            ),
            "the floor is left out: in a pause the step grows without bound",
        ),
    ],
    valid=_steps,
)
def nlms_step(taps, past, heard, rate, floor):
    return _nlms()(taps, past, heard, rate, floor)


# --- bug hunt: it explodes in the pauses ---------------------------------------------------------

SHARE = 0.1


def _cancelled(*, share=SHARE, floor=None, mean=lambda powers, n: np.mean(powers[: n + 1])):
    """Run NLMS over a call; what is added to the energy is replaced by `floor`, if given."""

    def cancel(far, microphone, n_taps, rate):
        far = np.asarray(far, dtype=float)
        taps, left = np.zeros(n_taps), np.zeros(len(far))
        padded, powers = np.concatenate([np.zeros(n_taps - 1), far]), far**2
        for n, heard in enumerate(microphone):
            past = padded[n : n + n_taps][::-1]
            left[n] = heard - taps @ past
            added = share * n_taps * mean(powers, n) if floor is None else floor
            energy = past @ past + added
            if energy > 0:
                taps = taps + rate * left[n] * past / energy
        return left

    return cancel


def _talks(random):
    n = int(random.integers(20, 50))
    far = random.standard_normal(n)
    far[n // 2 :] *= 1e-3
    n_taps, rate = int(random.integers(2, 6)), float(random.uniform(0.2, 1))
    return far, _late(far, 1) + 0.05 * random.standard_normal(n), n_taps, rate


def _talk_with_pause(seed, n=60):
    far = noise(n, seed=seed)
    far[n // 2 :] *= 1e-4
    return far, _late(far, 1) + 0.05 * noise(n, seed=seed + 1)


@exercise(
    "echo.pause",
    level="core",
    hints=(
        "In the pause `past @ past` is next to nothing, and noise is divided by it.",
        "A constant helps at one level only: a talk that is ten times as soft needs another one.",
        "Add `0.1 * n_taps * np.mean(far[: n + 1] ** 2)`: a share of the usual energy.",
    ),
    probes=[
        probe("a talk, then a pause in which the room is noisy", *_talk_with_pause(0), 3, 0.5),
        probe(
            "the same, a hundred times as soft",
            *(0.01 * one for one in _talk_with_pause(0)),
            3,
            0.5,
        ),
        probe("without a pause", noise(40, seed=8), _late(noise(40, seed=8), 1), 4, 0.8),
        probe("another talk", *_talk_with_pause(4, 40), 5, 1.0),
    ],
    wrong=[
        (
            _cancelled(floor=1e-8),
            "the fixed 1e-8 is still there: the pause makes the filter explode",
        ),
        (
            _cancelled(floor=0.1),
            "a fixed number helps at one level only: take a share of the energy",
        ),
        (
            _cancelled(mean=lambda powers, n: np.mean(powers)),
            "this is the mean over the whole call: a stream has not heard the rest yet",
        ),
        (
            _cancelled(mean=lambda powers, n: powers[n]),
            "this is the power of the newest sample alone, which is next to nothing in a pause",
        ),
        (
            _cancelled(mean=lambda powers, n: np.mean(powers[:n]) if n else 0.0),
            "the newest sample is left out of the mean",
        ),
        (
            lambda far, microphone, n_taps, rate: _cancelled(share=SHARE / n_taps)(
                far, microphone, n_taps, rate
            ),
            "the floor is for one sample: the energy is a sum over all taps",
        ),
    ],
    valid=_talks,
)
def cancel(far, microphone, n_taps, rate):
    return _cancelled()(far, microphone, n_taps, rate)


# --- both at once? ------------------------------------------------------------------------------


def _geigel(*, gain=0.5, first=0, absolute=np.abs, compare=np.greater):
    def both_speak(far, microphone, n_past):
        far, found = np.asarray(far, dtype=float), []
        for n, heard in enumerate(absolute(np.asarray(microphone, dtype=float))):
            window = absolute(far[max(0, n - n_past + 1 - first) : n + 1 - first])
            found.append(compare(heard, gain * (window.max() if window.size else 0)))
        return np.array(found, dtype=bool)

    return both_speak


@exercise(
    "echo.both_speak",
    level="core",
    hints=(
        "For sample n, the loudest of `np.abs(far[n - n_past + 1 : n + 1])`, sample n included.",
        "Begin at 0 where fewer samples have been heard: `max(0, n - n_past + 1)`.",
        "True where `abs(microphone[n])` is more than half of it.",
    ),
    probes=[
        probe("a loud word, then a soft echo", [1.0, 0, 0, 0, 0], [0.4, 0.4, 0.4, 0.6, 0.0], 3),
        probe("exactly half is still an echo", [1.0, 0.8, 0.2], [0.5, 0.5, 0.5], 3),
        probe("negative samples are as loud", noise(80, seed=1), 0.6 * noise(80, seed=2), 5),
        probe("memory of one sample", noise(20, seed=2), 0.5 * noise(20, seed=3), 1),
        probe("longer memory than there are samples", noise(12, seed=4), noise(12, seed=5), 50),
    ],
    wrong=[
        (_geigel(gain=1.0), "louder than the loudspeaker: more than *half* of it is too loud"),
        (_geigel(first=1), "the newest sample of the loudspeaker is left out"),
        (_geigel(absolute=lambda x: x), "signs count here: take absolute values"),
        (
            _geigel(compare=np.greater_equal),
            "exactly half is still an echo: more than, not at least",
        ),
        (_geigel(compare=np.less), "True and False are exchanged"),
        (
            lambda far, microphone, n_past: _geigel()(far, microphone, n_past + 1),
            "the memory is one sample too long: n_past samples, the newest among them",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(n := int(random.integers(5, 30))),
        random.standard_normal(n),
        int(random.integers(1, 8)),
    ),
)
def both_speak(far, microphone, n_past):
    return _geigel()(far, microphone, n_past)
