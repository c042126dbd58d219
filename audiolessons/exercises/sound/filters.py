"""Exercises of the chapter sound/filters."""

from __future__ import annotations

import numpy as np

from audiolessons import filters, signals

from .._engine import exercise

_RATE = 8000


def _noise(n_samples, seed=0):
    return np.random.default_rng(seed).standard_normal(n_samples)


def _array(value) -> np.ndarray:
    """What an answer returned, before a check computes with it."""
    if value is ...:
        raise NotImplementedError  # the stub's dots: not attempted yet
    if value is None:
        raise TypeError("your function returned None: does it end with `return`?")
    return np.asarray(value, dtype=float)


def _circular(x, h):
    """What comes out where the sound is taken for one turn of a circle."""
    n = max(len(x), len(h))
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(h, n), n)


@exercise(
    "filters.paper",
    level="easy",
    hints=(
        "Make the table of the chapter: one row a tap, each row one place further to the right.",
        "The rows are 2, 6, 4, then -1, -3, -2 from place 1 on, then 1, 3, 2 from place 2 on.",
        "Add up the columns. There are 3 + 3 - 1 = 5 of them, and the first sum is 2.",
    ),
)
def paper(answer, trial):
    x, h = np.array([1.0, 3.0, 2.0]), np.array([2.0, -1.0, 1.0])
    right = np.convolve(x, h)
    mistakes = [
        (right[:3], "the tail is missing: the last copy ends two places after the sound"),
        (np.convolve(x, h[::-1]), "the taps are turned around: h[0] = 2 is the copy without delay"),
        (_circular(x, h), "what runs out at the end came in at the start again: write five places"),
        (x * h, "these are products place by place: every tap meets *every* sample"),
        (right[::-1], "this is the right result backwards"),
    ]
    five = trial.that(
        "five numbers, one for each column",
        lambda: answer,
        lambda got: np.asarray(got).dtype.kind in "iuf" and np.shape(got) == (5,),
        expected="a list such as [1, 12, 123, 230, 300]",
        mistakes=[
            *mistakes,
            (lambda got: np.size(got) == 1, "write all the sums, in brackets"),
            (lambda got: np.asarray(got).dtype.kind == "U", "numbers, without quotation marks"),
        ],
        means="3 + 3 - 1 = 5 columns: every row begins one place further to the right",
    )
    if five:
        trial.close(
            "they are the sums of the columns",
            lambda: answer,
            right,
            mistakes=mistakes,
            means="a column is added up wrongly: every product counts once, with its sign, so that "
            "all five together make sum(x) times sum(h) = 6 * 2",
        )


@exercise(
    "filters.convolve",
    level="easy",
    hints=(
        "Start with len(x) + len(h) - 1 zeros. Every tap adds one copy of x to them.",
        "The copy for tap k begins at place k and is len(x) long: `y[k : k + len(x)]`.",
        "`for k in range(len(h)): y[k : k + len(x)] += h[k] * x`",
    ),
)
def convolve(answer, trial):
    x, h = np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0])

    def padded(values, full):
        return np.concatenate([values, np.zeros(full.size - len(values))])

    def overwritten(x, h):
        y = np.zeros(len(x) + len(h) - 1)
        for k in range(len(h)):
            y[k : k + len(x)] = h[k] * x
        return y

    def mistakes(x, h):
        full = np.convolve(x, h)
        wrapped = np.array(
            [
                sum(h[k] * x[n - k] for k in range(len(h)) if n - k < len(x) and n - k >= -len(x))
                for n in range(full.size)
            ]
        )
        return [
            (full[: len(x)], "the tail is missing: the result has len(x) + len(h) - 1 values"),
            (
                np.convolve(x, h[::-1]),
                "this is correlation: the taps are turned around. h[k] belongs to x[n - k]",
            ),
            (_circular(x, h), "the end wraps around to the start: there is silence around x"),
            (wrapped, "x[-1] is the *last* value in Python: leave out where n - k is below 0"),
            (
                padded(full[: len(x)], full),
                "the sums at the end are missing: every copy is len(x) long",
            ),
            (padded(h[0] * x, full), "one copy only: does `return` stand inside the loop?"),
            (
                full - padded(h[0] * x, full),
                "the copy of tap 0 is missing: range(len(h)) begins at 0",
            ),
            (overwritten(x, h), "each copy overwrites the one before it: add it, with +="),
            (
                lambda got: np.asarray(got).dtype.kind in "iu",
                "these are whole numbers, all else is cut off: np.zeros without dtype=int",
            ),
        ]

    if not trial.close(
        "(1, 2, 3) with (1, 10, 100) is (1, 12, 123, 230, 300)",
        lambda: answer(x, h),
        np.convolve(x, h),
        mistakes=mistakes(x, h),
        means="compare with the table of the chapter: row k is h[k] times x, k places to the right",
    ):
        return
    one, other = _noise(50), _noise(9, seed=1)
    if not trial.close(
        "50 samples of noise with 9 taps agree with numpy.convolve",
        lambda: answer(one, other),
        np.convolve(one, other),
        mistakes=[
            *mistakes(one, other),
            (
                lambda got: np.size(got) == 5,
                "it is as long as for the first example: does a length stand fixed somewhere?",
            ),
        ],
        means="it held for three samples and three taps: does a length stand fixed somewhere?",
    ):
        return
    trial.close(
        "with more taps than samples, too",
        lambda: answer(other, one),
        np.convolve(one, other),
        mistakes=[
            (
                lambda got: np.size(got) != one.size + other.size - 1,
                "the result has len(x) + len(h) - 1 values here, too",
            )
        ],
        means="the order of the two does not matter: what does your loop assume of their lengths?",
    )


def gap_edges() -> tuple[int, int]:
    """The edges, in Hz, of the band that the chapter removes from a noise."""
    random = np.random.default_rng(1937)  # the year of Reeves's first thoughts on digital sound
    low = 100 * int(random.integers(12, 25))
    return low, low + 100 * int(random.integers(8, 20))


@exercise(
    "filters.gap",
    level="easy",
    hints=(
        "Find the level of the noise beside the gap. Where has it fallen by 6 dB, on the left, and "
        "on the right?",
        "6 dB is little on this picture: look at the top of each wall, where the line begins to "
        "fall. The labels stand every 500 Hz.",
        "The answer is a pair in hertz such as `(700, 1900)`. The left wall stands at a label.",
    ),
)
def gap(answer, trial):
    low, high = gap_edges()
    pair = trial.that(
        "the answer is a pair of numbers",
        lambda: answer,
        lambda got: np.shape(got) == (2,) and np.asarray(got).dtype.kind in "iuf",
        expected="two numbers in brackets: (from, to)",
        mistakes=[
            (lambda got: np.asarray(got).dtype.kind == "U", "numbers, without quotation marks"),
            (lambda got: np.isscalar(got), "that is one number: a band has two edges"),
        ],
        means="write the two edges with a comma between them, in round brackets",
    )
    if not pair:
        return
    trial.close(
        "the band begins there, within 150 Hz",
        lambda: answer[0],
        low,
        atol=150,
        rtol=0,
        mistakes=[
            (lambda got: abs(got - high) <= 150, "this is where the band *ends*: the lower first"),
            (lambda got: 0 < got < 20, "this looks like kilohertz: give hertz"),
            (lambda got: low + 150 < got < high, "this lies inside the gap: go left to its wall"),
        ],
        means="look at the left wall: at which frequency has the level fallen by 6 dB?",
    )
    trial.close(
        "the band ends there, within 150 Hz",
        lambda: answer[1],
        high,
        atol=150,
        rtol=0,
        mistakes=[
            (
                lambda got: abs(got - (high - low)) <= 150,
                "this is the width of the band: give the frequency at which it ends",
            ),
            (lambda got: abs(got - low) <= 150, "this is where the band *begins*: the higher last"),
            (lambda got: 0 < got < 20, "this looks like kilohertz, too"),
            (lambda got: low < got < high - 150, "this lies inside the gap: go right to its wall"),
        ],
        means="look at the right wall: at which frequency is the level back up to -6 dB?",
    )


def _gain(taps, frequency_hz, sample_rate):
    taps = _array(taps)
    turns = np.exp(-2j * np.pi * frequency_hz / sample_rate * np.arange(taps.size))
    return float(np.abs(np.sum(taps * turns)))


def _only_the_middle_is_wrong(taps, cutoff_hz, sample_rate):
    right = filters.design_lowpass(cutoff_hz, sample_rate=sample_rate, n_taps=taps.size)
    middle = taps.size // 2
    others, theirs = np.delete(taps, middle), np.delete(right, middle)
    return np.corrcoef(others, theirs)[0, 1] > 0.999


def _is_impulse(taps):
    taps = np.abs(np.asarray(taps, dtype=float))
    return taps.sum() > 0 and taps.max() > 0.999 * taps.sum()


@exercise(
    "filters.lowpass",
    level="core",
    hints=(
        "The cutoff must stand inside the sine: 2 f_c / f_s turns what is zero at every integer "
        "into ripples that are not.",
        "`np.sinc(t)` is sin(pi t) / (pi t) and knows its value at 0. With which t?",
        "`np.sinc(2 * cutoff_hz / sample_rate * n) * np.hamming(n_taps)`, then divide by the sum.",
    ),
)
def lowpass(answer, trial):
    settings = ((1000, 8000, 101), (3000, 44_100, 201))
    cutoff, rate, n_taps = settings[0]
    whole = trial.that(
        "101 finite taps",
        lambda: _array(answer(cutoff, sample_rate=rate, n_taps=n_taps)),
        lambda got: got.shape == (n_taps,) and np.isfinite(got).all(),
        expected="an array of shape (101,) without NaN",
        mistakes=[
            (
                lambda got: np.isnan(got).any(),
                "0 / 0 in the middle is NaN: the limit there is 2 f_c / f_s, and np.sinc knows it",
            )
        ],
        means="one tap for each n: with 101 taps n runs from -50 to 50, both included",
    )
    if not whole:
        return
    for cutoff, rate, n_taps in settings:
        taps = _array(answer(cutoff, sample_rate=rate, n_taps=n_taps))
        if not _is_this_lowpass(trial, taps, cutoff, rate):
            return


def _is_this_lowpass(trial, taps, cutoff, rate):
    """Try what makes taps a low-pass with this cutoff, up to the first that does not hold."""
    where = f"cutoff {cutoff} Hz at {rate} Hz"
    return (
        trial.close(
            f"{where}: the taps are their own mirror image",
            lambda: taps - taps[::-1],
            np.zeros(taps.size),
            means="the middle of the sinc, and of the window, belongs to the middle tap: n runs "
            "from -M to M",
        )
        and trial.close(
            f"{where}: the gain at 0 Hz is 1",
            lambda: taps.sum(),
            1.0,
            rtol=1e-3,
            mistakes=[(lambda got: abs(got) < 1e-6, "nothing of 0 Hz comes out: a high-pass?")],
            means="divide the taps by their sum: it is the gain at 0 Hz",
        )
        and trial.close(
            f"{where}: the gain there is one half",
            lambda: _gain(taps, cutoff, rate),
            0.5,
            atol=0.05,
            mistakes=[
                (
                    lambda got: _is_impulse(taps),
                    "the taps are an impulse, which lets everything pass: the cutoff is missing "
                    "inside the sine",
                ),
                (
                    lambda got: _only_the_middle_is_wrong(taps, cutoff, rate),
                    "all taps fit together but the middle one: at n = 0 the limit is 2 f_c / f_s, "
                    "neither 0 nor 1. np.sinc knows it",
                ),
                (
                    lambda got: any(
                        abs(_gain(taps, fixed_hz, rate) - 0.5) < 0.05
                        for fixed_hz in (1000, cutoff / 8000 * rate)
                    ),
                    "the cutoff or the sample rate of the first example stands fixed somewhere",
                ),
                (
                    lambda got: got < 0.1 and abs(_gain(taps, cutoff / 2, rate) - 0.5) < 0.05,
                    "it cuts at half of that frequency: a factor of 2 is missing in 2 f_c / f_s",
                ),
                (
                    lambda got: got > 0.9 and _gain(taps, 2 * cutoff, rate) > 0.4,
                    "it cuts too high: f_c is divided by the whole sample rate, f_s, and np.sinc "
                    "has pi inside already",
                ),
            ],
            means="the gain falls somewhere else: what stands inside the sine, and is the window "
            "multiplied with it?",
        )
        and trial.that(
            f"{where}: twice that frequency is stopped by 45 dB",
            lambda: _gain(taps, 2 * cutoff, rate),
            lambda got: got < 10 ** (-45 / 20),
            expected="a gain below 0.0056",
            means="a sinc cut off hard ripples above the wall: multiply it by a Hamming window",
        )
    )


@exercise(
    "filters.highpass",
    level="core",
    hints=(
        "Which filter passes everything, as late as the low-pass?",
        "An impulse: zeros, and a single 1 at the middle tap.",
        "`taps = -lowpass_taps`, then `taps[len(taps) // 2] += 1`.",
    ),
)
def highpass(answer, trial):
    low = filters.design_lowpass(1500, sample_rate=_RATE, n_taps=61)
    impulse = np.zeros(61)
    impulse[30] = 1
    first = np.zeros(61)
    first[0] = 1

    def plus(got, low):
        return got + low if got.shape == low.shape else got  # a wrong shape is shown as it is

    if not trial.close(
        "low-pass and high-pass add up to one impulse, in the middle",
        lambda: plus(_array(answer(low.copy())), low),
        impulse,
        mistakes=[
            (np.ones(61), "a 1 at *every* tap is a moving sum, not everything: set a single 1"),
            (first, "the 1 stands at the first tap: the low-pass is 30 samples late, wait for it"),
            (2 * low - impulse, "this is low minus everything: the high-pass upside down"),
            (np.zeros(61), "minus the low-pass is the low-pass upside down: where is everything?"),
            (2 * low, "this is still the low-pass"),
            (
                impulse * (1 + low[30]),
                "the middle tap was overwritten: *add* the 1 to what is there",
            ),
            (np.roll(impulse, 1), "the 1 stands one tap too late: the middle of 61 is tap 30"),
            (np.roll(impulse, -1), "the 1 stands one tap too early: the middle of 61 is tap 30"),
            (
                lambda got: np.allclose(np.abs(got - low), np.abs(low)),
                "the signs change from tap to tap: that mirrors the spectrum, and the cutoff with "
                "it. It fits only at a quarter of the sample rate",
            ),
        ],
        means="everything minus the low-pass: one impulse at the middle tap, minus the taps",
    ):
        return
    trial.close(
        "the gain at 0 Hz is 0",
        lambda: _gain(answer(low.copy()), 0, _RATE),
        0,
        atol=1e-6,
        means="the taps of a high-pass add up to 0",
    )
    other = filters.design_lowpass(6000, sample_rate=44_100, n_taps=151)
    trial.that(
        "with 151 taps for 44.1 kHz, the sum is one impulse in the middle, too",
        lambda: plus(_array(answer(other.copy())), other),
        lambda got: got.shape == (151,) and np.allclose(got, np.eye(151)[75]),
        expected="a 1 at tap 75, zeros elsewhere",
        means="it held for 61 taps: does the place of the 1 depend on the number of taps?",
    )


@exercise(
    "filters.stable",
    level="core",
    hints=(
        "What must be true of the poles? `al.filters.poles(a)` finds them.",
        "Their distance from 0, `np.abs`, must be below 1: for all of them.",
        "`np.all(np.abs(al.filters.poles(np.array(a))) < 1)`. On the circle is not stable.",
    ),
)
def stable(answer, trial):
    def is_truth(got):
        return np.ndim(got) == 0 and np.asarray(got).dtype == bool

    def case(what, a, expected, means, mistakes=()):
        return trial.that(
            what,
            lambda: answer(np.array(a, dtype=float)),
            lambda got: is_truth(got) and bool(got) is expected,
            expected=str(expected),
            mistakes=[
                (
                    lambda got: got is None,
                    "it came back without a value: is there a way through "
                    "your function that meets no `return`?",
                ),
                (lambda got: np.ndim(got) > 0, "one answer for the filter: np.all"),
                (lambda got: not is_truth(got), "the answer is `True` or `False`, nothing else"),
                *mistakes,
            ],
            means=means,
        )

    upside_down = (
        lambda got: answer(np.array([1, -1.1])),
        "the wrong way round: `True` means stable, all poles *inside*. Or was `a` turned around?",
    )
    if not case(
        "y[n] = x[n] + 0.9 y[n-1] is stable",
        [1, -0.9],
        True,
        "its pole lies at 0.9: inside. (The coefficient a[0] = 1 is no pole.)",
        mistakes=[upside_down],
    ):
        return
    case(
        "y[n] = x[n] + 1.1 y[n-1] is not",
        [1, -1.1],
        False,
        "its pole lies at 1.1: each output is larger than the last",
    )
    case(
        "a pole at distance 1 is not stable: it rings for ever",
        [1, -1],
        False,
        "inside means *below* 1: at 1 exactly nothing fades",
    )
    case(
        "a = (1, -1.8, 0.9) is stable, though 1.8 is more than 1",
        [1, -1.8, 0.9],
        True,
        "the coefficients are not the poles: the poles solve z^2 - 1.8 z + 0.9 = 0",
    )
    case(
        "a = (1, 0, 1.21) is not: its poles are 1.1i and -1.1i",
        [1, 0, 1.21],
        False,
        "the distance from 0 counts, not the real part alone: np.abs of the complex number",
    )
    case(
        "one bad pole is enough: 0.5 and 1.2",
        [1, -1.7, 0.6],
        False,
        "*all* poles must lie inside, not one of them",
    )
    case(
        "a = (1, -0.8, -0.8, 0.4) is not: of its three poles one lies at 1.19",
        [1, -0.8, -0.8, 0.4],
        False,
        "*all* poles must lie inside: does `return` stand in a loop, so that the first decides?",
    )
    case(
        "a = (2, -2.4, 1) is stable: dividing all by 2 changes nothing",
        [2, -2.4, 1],
        True,
        "a[0] belongs to the polynomial, too",
    )


def _level_change_db(answer, tone_hz, *, hum_hz, sample_rate):
    """What the answer does to the level of a tone, once it has run for a second."""
    tone = signals.sine(tone_hz, duration_s=2, sample_rate=sample_rate).astype(np.float64)
    cleaned = _array(answer(tone.copy(), hum_hz=hum_hz, sample_rate=sample_rate))
    if cleaned.shape != tone.shape:
        raise ValueError(f"the shape is {cleaned.shape} and should be {tone.shape}")
    middle = slice(sample_rate, round(1.8 * sample_rate))
    return float(
        signals.amplitude_to_db(np.sqrt(np.mean(cleaned[middle] ** 2)), floor_db=-200)
        - signals.level_db(tone[middle])
    )


@exercise(
    "filters.hum",
    level="core",
    hints=(
        "One notch for each frequency, one after the other on the same sound.",
        'A notch is `al.filters.design_biquad("notch", frequency_hz=..., sample_rate=..., q=...)`. '
        "How wide may it be, if 1.5 times the hum must pass?",
        "It is about frequency / q wide: with q=20 that is a few hertz. Loop over (1, 2, 3) and "
        "give the result of one round to the next: `audio = al.filters.apply_iir(audio, b, a)`.",
    ),
)
def hum(answer, trial):
    def change(tone_hz, hum_hz=60, sample_rate=_RATE):
        return lambda: _level_change_db(answer, tone_hz, hum_hz=hum_hz, sample_rate=sample_rate)

    def gone(got):
        return got < -30

    if not trial.that(
        "a hum of 60 Hz falls by 30 dB or more",
        change(60),
        gone,
        expected="-30 dB or less",
        mistakes=[
            (
                lambda got: abs(got) < 0.5,
                "nothing happens there: is there a notch at hum_hz, and does each notch work on "
                "the result of the one before it?",
            )
        ],
        means="it falls, but too little. A notch with a high q takes seconds to settle: lower q. A "
        "band-stop of few taps does not reach down: take a notch",
    ):
        return
    for multiple in (2, 3):
        trial.that(
            f"its {('second', 'third')[multiple - 2]} multiple, {60 * multiple} Hz, too",
            change(60 * multiple),
            gone,
            expected="-30 dB or less",
            means="the multiples hum as well: a notch each for hum_hz times 1, 2 and 3. (Does "
            "`return` stand inside the loop?)",
        )
    trial.that(
        "a tone of 90 Hz keeps its level within 1 dB",
        change(90),
        lambda got: abs(got) < 1,
        expected="between -1 and 1 dB",
        mistakes=[
            (
                lambda got: abs(got - change(1000)()) < 0.2,
                "every tone changes as much, hum or not: is there a factor on the whole sound?",
            ),
            (
                lambda got: got < -25,
                "everything down there is gone, voice and all: use notches and no high-pass",
            ),
        ],
        means="the notches are too wide: raise q, so that frequency / q is a few hertz",
    )
    trial.that(
        "a tone of 1000 Hz keeps its level within 1 dB",
        change(1000),
        lambda got: abs(got) < 1,
        expected="between -1 and 1 dB",
        means="1000 Hz has nothing to do with the hum: what else does your filter remove?",
    )
    trial.that(
        "in Europe: 50 Hz, at 22,050 Hz, falls by 30 dB or more",
        change(50, hum_hz=50, sample_rate=22_050),
        gone,
        expected="-30 dB or less",
        mistakes=[
            (
                lambda got: got < -3,
                "it falls, but less than at 8000 Hz: as many taps are blunter at a higher "
                "rate. A notch does not mind",
            )
        ],
        means="60 Hz or a sample rate stands fixed somewhere: use hum_hz and sample_rate",
    )


@exercise(
    "filters.echo",
    level="stretch",
    hints=(
        "Solve the equation for x[n]. What do you need to know?",
        "x[n] = y[n] - g x[n - d]: the clean sound d samples ago. You have just computed it.",
        "Go from the start to the end: `clean[n] -= gain * clean[n - delay_samples]`. It is a "
        "recursive filter.",
    ),
)
def echo(answer, trial):
    def record(x, delay, gain):
        late = np.concatenate([np.zeros(delay), gain * x[:-delay]])
        return x + late

    click = np.zeros(40)
    click[0] = 1.0
    once = np.zeros(40)
    once[[0, 20]] = 1, -0.25
    twice = np.zeros(40)
    twice[[0, 10, 20]] = 1, 1, 0.25

    def undone(y, delay, gain, *, begin=None, reach=None):
        """The solution, but for one slip."""
        clean = y.copy()
        for n in range(delay if begin is None else begin, len(y)):
            clean[n] -= gain * clean[n - (reach or delay)]
        return clean

    recorded = record(click, 10, 0.5)
    off_by_one = (
        "one place beside the echo: begin at n = delay_samples, take clean[n - delay_samples]"
    )
    if not trial.close(
        "a click with an echo 10 samples late, gain 0.5, is one click again",
        lambda: answer(record(click, 10, 0.5), delay_samples=10, gain=0.5),
        click,
        mistakes=[
            (once, "the echo was subtracted, and its own echo came: subtract the *clean* sound"),
            (record(click, 10, 0.5), "nothing has changed: is the result stored and returned?"),
            (twice, "the sign: the echo was added a second time"),
            (undone(recorded, 10, -0.5), "the sign: the echo was added a second time"),
            (undone(recorded, 10, 1.0), "the echo is weaker than the sound: where is the gain?"),
            (undone(recorded, 10, 0.5, begin=11), off_by_one),
            (undone(recorded, 10, 0.5, reach=9), off_by_one),
            (undone(recorded, 10, 0.5, reach=11), off_by_one),
        ],
        means="only the first sample should be left: what is taken away, from where, how much?",
    ):
        return
    x = _noise(3000, seed=4)
    trial.close(
        "noise with an echo 123 samples late, gain -0.8, comes back",
        lambda: answer(record(x, 123, -0.8), delay_samples=123, gain=-0.8),
        x,
        atol=1e-6,
        mistakes=[
            (
                undone(record(x, 123, -0.8), 123, -0.8, begin=0),
                "n - delay_samples below 0 counts from the *end* in Python: begin at delay_samples",
            )
        ],
        means="it held for the click: are delay and gain taken from the arguments, with the sign?",
    )
    again = record(x, 123, 0.8)
    trial.close(
        "the recording itself is left as it was",
        lambda: (answer(again, delay_samples=123, gain=0.8), again)[1],
        record(x, 123, 0.8),
        means="your function writes into its argument: work on a copy, np.array(audio)",
    )


@exercise(
    "filters.learn",
    level="stretch",
    hints=(
        "Every output sample is one equation: y[n] = h[0] x[n] + h[1] x[n-1] + ...",
        "Make a matrix whose column k is x, k samples late, with zeros before it: shape "
        "(len(x), n_taps).",
        "`np.linalg.lstsq(matrix, y, rcond=None)[0]`",
    ),
)
def learn(answer, trial):
    taps = np.array([0.5, -0.3, 0.8, 0.1, -0.6])
    x = _noise(400, seed=6)
    y = np.convolve(x, taps)[: x.size]
    shifted = np.linalg.lstsq(
        np.stack([np.pad(x, (k + 1, 0))[: x.size] for k in range(5)], axis=1), y, rcond=None
    )[0]
    early = np.linalg.lstsq(
        np.stack([np.pad(x, (0, k))[k:] for k in range(5)], axis=1), y, rcond=None
    )[0]
    wrapped = np.linalg.lstsq(np.stack([np.roll(x, k) for k in range(5)], axis=1), y, rcond=None)[0]
    summed = np.array([np.sum(y[k:] * x[: x.size - k]) for k in range(5)])
    counts = x.size - np.arange(5)
    scales = (1, x.size, np.sum(x**2), counts, counts * np.mean(x**2))
    correlation = "this is the correlation, near the taps for white noise only: solve the equations"
    swapped = np.linalg.lstsq(
        np.stack([np.pad(y, (k, 0))[: x.size] for k in range(5)], axis=1), x, rcond=None
    )[0]
    several = (
        lambda got: isinstance(got, tuple),
        "several things came back, and the taps alone are asked for: of lstsq the first, [0]",
    )
    exploded = (
        lambda got: not np.isfinite(got).all() or np.abs(got).max() > 1e3,
        "the descent exploded, its steps are too large for this sound: solve the equations",
    )
    if not trial.close(
        "noise through five taps: the taps are found",
        lambda: answer(x, y, 5),
        taps,
        rtol=1e-4,
        atol=1e-4,
        mistakes=[
            (taps[::-1], "these are the taps backwards: column 0 is the sound without delay"),
            (shifted, "every column is one sample too late: the first is x itself"),
            (early, "the columns come too early: a filter uses past samples, x[n - k]"),
            (
                wrapped,
                "nearly: np.roll brings the end of the sound back to its start, put zeros there",
            ),
            *[(summed / scale, correlation) for scale in scales],
            (swapped, "x and y are swapped: the columns are copies of what went *in*"),
            several,
            exploded,
        ],
        means="does matrix @ taps equal y for the true taps? Try it with taps of your own",
    ):
        return
    voice = np.cumsum(_noise(600, seed=7)) * 0.1  # strong at low frequencies, as voices are
    four = np.array([0.2, 0.9, -0.4, 0.3])
    columns = (
        lambda got: np.size(got) not in (4, 8),
        "n_taps says how many columns the matrix has, and how many taps come back",
    )
    trial.close(
        "four other taps, from a sound that is no white noise",
        lambda: answer(voice, np.convolve(voice, four)[: voice.size], 4),
        four,
        rtol=1e-3,
        atol=1e-3,
        mistakes=[several, exploded, columns],
        means="neighbouring samples resemble each other here: solve for all taps at once",
    )
    trial.close(
        "asked for eight taps, the last three are 0",
        lambda: answer(x, y, 8),
        np.append(taps, np.zeros(3)),
        rtol=1e-4,
        atol=1e-4,
        mistakes=[several, columns],
        means="what n_taps asks for beyond the filter's length is 0",
    )
