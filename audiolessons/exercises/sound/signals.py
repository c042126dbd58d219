"""Exercises of the chapter sound/signals."""

from __future__ import annotations

import numpy as np

from audiolessons.signals import level_db, rms, sine, white_noise

from .._engine import exercise

MYSTERY_HZ = 11_000


def mystery_tone(*, sample_rate: int) -> np.ndarray:
    """Return one second of a tone whose frequency readers have to find out.

    Examples
    --------
    >>> mystery_tone(sample_rate=8000).shape
    (8000,)

    Chapter: sound/signals
    """
    return sine(MYSTERY_HZ, duration_s=1.0, sample_rate=sample_rate, amplitude=0.2)


NO_RETURN = (lambda got: got is None, "your function returned None: does it end with `return`?")


def _is_sound(trial, attempt, shape, mistakes=()):
    """Try whether a sound of that shape comes back at all: without one nothing can be measured."""
    return trial.that(
        "your function returns as many samples as it got",
        attempt,
        lambda got: np.shape(got) == shape and np.asarray(got).dtype.kind in "iuf",
        expected=f"an array of shape {shape}",
        mistakes=[NO_RETURN, *mistakes],
        means="one number for each sample should come back",
    )


@exercise(
    "signals.snr",
    level="core",
    hints=(
        "Print `reference**2 / error**2` and look for its largest value. Where does it come from?",
        "The definition has two means and one division. Which is done first?",
        "`np.mean(reference**2) / np.mean(error**2)` is the ratio of the two powers; "
        "`10 * np.log10` of it is the answer.",
    ),
)
def snr(answer, trial):
    reference = sine(440, duration_s=0.5, sample_rate=8000).astype(np.float64)
    noise = white_noise(duration_s=0.5, sample_rate=8000, seed=1).astype(np.float64)
    noise *= rms(reference) / rms(noise) / 10  # a tenth of the amplitude: 20 dB
    bracket = 10 * np.log10(np.mean(reference**2 / noise**2))
    estimate = reference + noise
    one_number = trial.that(
        "your function returns one number",
        lambda: answer(reference.copy(), estimate.copy()),
        lambda got: np.shape(got) == () and np.asarray(got).dtype.kind in "iuf",
        expected="one number",
        mistakes=[
            NO_RETURN,
            (
                lambda got: np.shape(got) == reference.shape,
                "this is one ratio for each sample: the division still stands inside the mean, "
                "or no mean is taken",
            ),
        ],
        means="the ratio belongs to the whole sound: one number, not a list",
    )
    if not one_number:
        return
    trial.close(
        "noise of a tenth of the signal's RMS has 20 dB",
        lambda: answer(reference.copy(), estimate.copy()),
        20.0,
        rtol=1e-4,
        mistakes=[
            (bracket, "the division still stands inside the mean: divide after both means"),
            (
                10 * np.mean(np.log10(reference**2 / noise**2 + 1e-300)),
                "this is the mean of decibels: take both powers first, then one logarithm",
            ),
            (10.0, "a power takes 10 log10, an amplitude 20 log10: you have 10 of an amplitude"),
            (40.0, "20 log10 of a power counts the square twice: take 10 log10"),
            (-20.0, "upside down: the power of the reference belongs on top"),
            (
                lambda got: abs(got) < 0.5,
                "this compares the estimate with the reference: the noise is their difference",
            ),
            (100.0, "this is the plain ratio: 10 log10 of it gives decibels"),
            (2.0, "this is log10 of the ratio, in bel: times 10 gives decibels"),
            (10 * np.log(100), "np.log is the natural logarithm: decibels take np.log10"),
            (
                10 * np.log10(np.mean(estimate**2) / np.mean(noise**2)),
                "on top stands the power of the estimate: the reference belongs there",
            ),
            (
                20 * np.log10(np.mean(np.abs(reference)) / np.mean(np.abs(noise))),
                "these are means of absolute values: take means of squares",
            ),
            (
                lambda got: got > 30,
                "far too high: something is divided sample by sample, before the means",
            ),
        ],
        means="take mean(reference squared) and mean(error squared), then divide",
    )
    touching = noise.copy()
    touching[::50] = 0.0  # the error passes through zero now and then, as any error does
    power_ratio = np.mean(reference**2) / np.mean(touching**2)
    trial.close(
        "an error that is 0 at some samples still has a finite ratio",
        lambda: answer(reference.copy(), reference + touching),
        10 * np.log10(power_ratio),
        rtol=1e-4,
        mistakes=[
            (
                lambda got: (
                    np.isfinite(before := answer(reference, estimate)) and not got < before + 3
                ),
                "one sample without error must not decide: no division sample by sample",
            )
        ],
        means="the same formula must hold here: look at the first property that failed",
    )
    trial.close(
        "ten times the noise is 20 dB less",
        lambda: (
            answer(reference.copy(), reference + 10 * noise)
            - answer(reference.copy(), estimate.copy())
        ),
        -20.0,
        rtol=1e-4,
        means="ten times the amplitude is a hundred times the power, and 10 log10 100 is 20 dB",
    )


@exercise(
    "signals.size",
    level="easy",
    hints=(
        "How many numbers does one second of one channel take? And how many bits each number?",
        "Multiply four things, then turn bits into bytes: 8 bits are 1 byte.",
        "`duration_s * sample_rate * n_channels * n_bits / 8`",
    ),
)
def size(answer, trial):
    trial.close(
        "one second of telephone speech, 8000 Hz, mono, 16 bits, is 16,000 bytes",
        lambda: answer(1.0, 8000, 1, 16),
        16_000,
        mistakes=[
            (128_000, "these are bits: 8 bits are one byte"),
            (8000, "this counts the samples: each takes n_bits / 8 bytes"),
            (16, "these are kilobytes: the answer is asked for in bytes"),
            (16_000 / 1024, "these are kilobytes of 1024: the answer is asked for in bytes"),
            (16_044, "the header of 44 bytes is not asked for: count the samples only"),
            (65_536_000, "16 bits make 2**16 different values, but they take only 16 bits"),
        ],
        means="samples a second, times seconds, times channels, times bytes a sample",
    )
    trial.close(
        "one minute of a compact disc, 44,100 Hz, stereo, 16 bits, is 10,584,000 bytes",
        lambda: answer(60.0, 44_100, 2, 16),
        10_584_000,
        mistakes=[
            (5_292_000, "the channels are missing: stereo stores two sounds"),
            (176_400, "the duration is missing: this is one second of it"),
        ],
    )
    trial.close(
        "two seconds at 48,000 Hz, mono, 24 bits, are 288,000 bytes",
        lambda: answer(2.0, 48_000, 1, 24),
        288_000,
        mistakes=[(192_000, "2 bytes a sample are right for 16 bits only: use n_bits")],
    )


@exercise(
    "signals.alias",
    level="core",
    hints=(
        "Draw the frequencies on a strip of paper and fold it at half the sample rate.",
        "Going up or down by whole sample rates changes nothing. Which whole multiple of the "
        "sample rate lies closest to the frequency?",
        "The distance to that multiple is what is heard: "
        "`abs(frequency_hz - sample_rate * round(frequency_hz / sample_rate))`.",
    ),
)
def alias(answer, trial):
    trial.close(
        "1000 Hz at 8000 Hz stays 1000 Hz",
        lambda: answer(1000, 8000),
        1000,
        mistakes=[
            (7000, "below half the sample rate nothing folds: leave 1000 Hz as it is"),
            (1, "this looks like kilohertz: give hertz"),
            (0, "are the two arguments exchanged? The frequency comes first"),
        ],
        means="below half the sample rate a tone stays as it is",
    )
    trial.close(
        "7000 Hz at 8000 Hz is heard as 1000 Hz",
        lambda: answer(7000, 8000),
        1000,
        mistakes=[
            (7000, "above half the sample rate a tone folds down: 7000 Hz cannot stay"),
            (-1000, "the sign tells that the wave runs backwards: a frequency heard is positive"),
            (4000, "the tone is not held at the edge, it is mirrored there"),
            (3000, "mirrored at half the rate, 4000 Hz: 3000 above it becomes 3000 below it"),
        ],
    )
    trial.close(
        "9000 Hz at 8000 Hz is heard as 1000 Hz",
        lambda: answer(9000, 8000),
        1000,
        mistakes=[
            (-1000, "one mirror is not enough: above the sample rate it folds again"),
            (9000, "above half the sample rate a tone folds down: 9000 Hz cannot stay"),
        ],
        means="9000 Hz is one whole sample rate above 1000 Hz: the samples are the same",
    )
    trial.close(
        "15,000 Hz at 8000 Hz is heard as 1000 Hz",
        lambda: answer(15_000, 8000),
        1000,
        mistakes=[
            (7000, "7000 Hz is above half the sample rate still: fold once more"),
            (-1000, "the sign tells that the wave runs backwards: a frequency heard is positive"),
        ],
        means="take away whole sample rates first, then mirror what lies above half of it",
    )
    trial.close("5512 Hz at 11,025 Hz stays 5512 Hz", lambda: answer(5512, 11_025), 5512)


@exercise(
    "signals.mystery",
    level="core",
    hints=(
        "Read the two peaks: one picture for 8000 Hz, one for 9000 Hz.",
        "A peak at 3000 Hz and a rate of 8000 Hz: which tones below 20,000 Hz fold there? Make "
        "the list, 3000, 5000, 11,000, ...",
        "Make the same list for 2000 Hz at 9000 Hz: 2000, 7000, 11,000, ... One number stands in "
        "both.",
    ),
)
def mystery(answer, trial):
    def heard(sample_rate):
        return abs(answer - sample_rate * np.round(answer / sample_rate))

    def is_number(got):
        return isinstance(got, int | float | np.number) and not isinstance(got, bool)

    mistakes = [
        (
            lambda got: not is_number(got),
            "give the bare number, without brackets or quotation marks: `true_hz = 1234`",
        ),
        (lambda got: got < 0, "a frequency that is heard is positive"),
        (lambda got: got >= 20_000, "the tone is below 20,000 Hz"),
        (3000, "this is what you hear at 8000 Hz; at 9000 Hz it would be 3000 Hz, too"),
        (2000, "this is what you hear at 9000 Hz; at 8000 Hz it would be 2000 Hz, too"),
        (
            lambda got: 1 <= got < 20,
            "this looks like kilohertz: give hertz",
        ),
        (
            lambda got: np.isclose(abs(got - 8000 * np.round(got / 8000)), 3000),
            "this fits the picture of 8000 Hz, but not the one of 9000 Hz",
        ),
        (
            lambda got: np.isclose(abs(got - 9000 * np.round(got / 9000)), 2000),
            "this fits the picture of 9000 Hz, but not the one of 8000 Hz",
        ),
    ]
    trial.that(
        "it is a frequency below 20,000 Hz that fits both pictures",
        lambda: answer,
        lambda got: is_number(got) and abs(got - MYSTERY_HZ) < 50,
        expected="one number in hertz",
        mistakes=mistakes,
        means="it fits neither picture: read the peaks again",
    )
    if not is_number(answer):
        return
    trial.close("at 8000 Hz it is heard as 3000 Hz", lambda: heard(8000), 3000, atol=50)
    trial.close("at 9000 Hz it is heard as 2000 Hz", lambda: heard(9000), 2000, atol=50)


@exercise(
    "signals.step",
    level="core",
    hints=(
        "Keeping every second sample halves the sample rate. What is the highest frequency that "
        "the new rate can hold?",
        "The new rate, sample_rate / step, must be at least 2 * highest_hz. Solve for step.",
        "Round down: `int(sample_rate // (2 * highest_hz))`. One step more would fold.",
    ),
)
def step(answer, trial):
    trial.close(
        "16,000 Hz and nothing above 1050 Hz allow every 7th sample",
        lambda: answer(16_000, 1050),
        7,
        mistakes=[
            (15, "half of the new rate must hold the highest frequency: a 2 is missing"),
            (8, "8 is rounded up: 16,000 Hz / 8 is 2000 Hz, and half of that is below 1050 Hz"),
            (16_000 / 2100, "a step is a whole number: which way must it be rounded?"),
            (30, "the 2 stands on the wrong side: half of the new rate must hold 1050 Hz"),
            (6, "every 7th would do as well: 16,000 / 7 is 2286 Hz, and half of that is 1143 Hz"),
            (4, "the step need not be a power of two"),
            (0, "upside down: the sample rate is divided by something, not something by it"),
            (
                lambda got: 2000 < got < 2700,
                "this is a sample rate: the answer is by how much it is divided",
            ),
        ],
        means="half of 16,000 Hz / step must not lie below 1050 Hz",
    )
    trial.close(
        "44,100 Hz and music up to 15,000 Hz allow no step but 1",
        lambda: answer(44_100, 15_000),
        1,
        mistakes=[
            (2, "every second sample leaves 11,025 Hz for a sound that reaches 15,000 Hz"),
            (0, "no step is smaller than 1, which keeps every sample"),
        ],
    )
    trial.close(
        "48,000 Hz and a bass up to 550 Hz allow 43",
        lambda: answer(48_000, 550.0),
        43,
        mistakes=[(44, "48,000 Hz / 44 is 1091 Hz, and half of that is below 550 Hz: round down")],
    )


@exercise(
    "signals.quantize",
    level="core",
    hints=(
        "How wide is a step if 2**n_bits of them cover everything from -1 to 1?",
        "Scale so that a step becomes 1, use np.round, scale back: `highest = 2**(n_bits - 1)`.",
        "At the top there is one step less: clip the rounded values to [-highest, highest - 1] "
        "before you scale back.",
    ),
)
def quantize(answer, trial):
    if not _is_sound(trial, lambda: answer(np.zeros(5), 2), (5,)):
        return
    trial.close(
        "2 bits know -1, -0.5, 0 and 0.5",
        lambda: answer(np.array([-1.0, -0.3, 0.1, 0.3]), 2),
        [-1.0, -0.5, 0.0, 0.5],
        mistakes=[
            ([-1.0, -0.5, 0.0, 0.0], "you round down (floor): take the nearest value, np.round"),
            ([-1.0, 0.0, 0.0, 0.0], "you cut off towards 0 (astype(int)): take the nearest value"),
            (
                [-1.0, -0.25, 0.0, 0.25],
                "your steps are half as wide: n_bits cover both signs, so 2**(n_bits - 1) a side",
            ),
            (
                [-0.75, -0.25, 0.25, 0.25],
                "your values lie halfway between the right ones: 0 must be one of them",
            ),
            (
                [-0.5, -0.5, 0.0, 0.5],
                "-1 is missing: clip the step numbers to [-highest, highest - 1]",
            ),
            (
                [-1.0, -0.3, 0.1, 0.3],
                "this rounds to decimal places: scale so that a step becomes 1, and round then",
            ),
            (
                lambda got: np.abs(got).max() >= 2,
                "these are step numbers: divide by their count again, so that 1 is full scale",
            ),
        ],
        means="a step is 2 / 2**n_bits, here 0.5, and 0 is one of the values",
    )
    trial.close(
        "what is too loud is held at the last value, 0.5",
        lambda: answer(np.array([1.0, 0.9, 3.0, -3.0]), 2),
        [0.5, 0.5, 0.5, -1.0],
        mistakes=[
            (
                lambda got: np.max(got) > 1.0,
                "nothing clips: 2 bits know no value above 0.5 or below -1",
            ),
            ([1.0, 1.0, 1.0, -1.0], "1.0 would be a fifth value: with 2 bits the highest is 0.5"),
        ],
        means="clip the step numbers to [-highest, highest - 1] before you scale back",
    )
    ramp = np.linspace(-1.0, 0.9, 1001)
    trial.that(
        "8 bits are never wrong by more than half a step",
        lambda: np.abs(answer(ramp.copy(), 8) - ramp).max() * 128,
        lambda got: got <= 0.5 + 1e-9,
        expected="at most 0.5 steps",
        means="rounding to the nearest value is never off by more than half a step",
    )


@exercise(
    "signals.dither",
    level="stretch",
    hints=(
        "Work in steps: multiply by 2**(n_bits - 1), add noise, round, divide again.",
        "One uniform random number keeps the mean right, but its noise comes and goes with the "
        "sound. Add two of them.",
        "`random.random(n) - random.random(n)` lies between -1 and 1 step, most often near 0. Add "
        "it before np.round.",
    ),
)
def dither(answer, trial):
    n_bits, n_samples = 8, 40_000
    highest = 2 ** (n_bits - 1)
    random = np.random.default_rng(0)
    if not _is_sound(trial, lambda: answer(np.zeros(8), n_bits, random), (8,)):
        return

    def in_steps(value):
        given = np.full(n_samples, value / highest)
        return np.asarray(answer(given, n_bits, np.random.default_rng(0))) * highest

    def noise_power(value):
        return np.mean((in_steps(value) - value) ** 2)

    trial.that(
        "what comes out still lies on whole steps",
        lambda: in_steps(0.3),
        lambda got: np.abs(got - np.round(got)).max() < 1e-6,
        expected="whole multiples of a step",
        mistakes=[
            (
                lambda got: np.ptp(got) == 0,
                "nothing was rounded: scale to steps, add the noise, round, scale back",
            )
        ],
        means="the noise belongs before the rounding: added afterwards it leaves the steps",
    )
    trial.that(
        "a constant of 0.3 steps is 0.3 steps on average",
        lambda: in_steps(0.3).mean(),
        lambda got: abs(got - 0.3) < 0.02,
        expected="0.3",
        mistakes=[
            (0.0, "without noise 0.3 is rounded to 0 at every sample, and the sound is lost"),
            (
                lambda got: noise_power(0.3) > 10,
                "far too much: noise of one step must be added in steps (after multiplying by "
                "2**(n_bits - 1)), and the result divided again",
            ),
            (
                lambda got: abs(got - 0.8) < 0.02 or abs(got - 1.3) < 0.02,
                "the noise is not centred: it must be 0 on average",
            ),
        ],
        means="the noise is too weak, or it does not change from sample to sample",
    )

    trial.that(
        "the noise is as strong at 0 steps as at 0.5 steps",
        lambda: (noise_power(0.0), noise_power(0.5)),
        lambda got: abs(got[0] - got[1]) < 0.02,
        expected="twice the same power",
        mistakes=[
            (
                lambda got: max(got) > 10,
                "the noise is many steps strong: add it in steps, and divide the result again",
            ),
            (
                lambda got: got[0] < 0.01 and abs(in_steps(0.3).mean() - 0.3) > 0.02,
                "the samples do not get noise of their own: draw one number for each, "
                "`random.random(audio.size)`, and a second one",
            ),
            (
                lambda got: got[0] < 0.01 and abs(got[1] - 0.25) < 0.02,
                "one uniform number, one step wide: its noise stops when the sound stands on a "
                "step. Add a second one",
            ),
        ],
        means="the noise must be the sum of two uniform numbers, each one step wide",
    )
    trial.that(
        "and its power is 1/4 of a squared step: 1/12 of rounding, 2/12 of dither",
        lambda: noise_power(0.2),
        lambda got: abs(got - 0.25) < 0.02,
        expected="0.25",
        mistakes=[
            (
                lambda got: got > 0.27,
                "the dither is too strong: two uniform numbers, each one step wide, are enough",
            ),
        ],
        means="each of the two uniform numbers must be one step wide",
    )


@exercise(
    "signals.rms",
    level="easy",
    hints=(
        "The name says it backwards: root, mean, square. Which of the three comes first?",
        "Square every sample, take the mean, then the square root of that one number.",
        "`np.sqrt(np.mean(audio**2))` does it for one sound.",
    ),
)
def root_mean_square(answer, trial):
    constant = np.full(100, 0.5)
    trial.close(
        "a constant of 0.5 has an RMS of 0.5",
        lambda: answer(constant),
        0.5,
        mistakes=[
            (0.25, "this is the mean of the squares: the root is missing"),
            (5.0, "this is the root of the sum: divide by the number of samples first"),
            (0.05, "divide by the number of samples before the root, not after it"),
            (20 * np.log10(0.5), "this is the level in dB: the RMS itself is asked for"),
            (
                np.sqrt(25 / 99),
                "divide by the number of samples, not by one less: this is a plain mean",
            ),
            (0.0, "the mean was taken away (np.std does that): square the samples as they are"),
            (
                0.5 / np.sqrt(2),
                "peak / sqrt(2) is true of a sine only: take root, mean and square",
            ),
            (
                lambda got: np.shape(got) == constant.shape,
                "this is one number for each sample: the mean is missing",
            ),
        ],
        means="square every sample, take the mean, then the root",
    )
    tone = np.sin(2 * np.pi * 5 * np.arange(1000) / 1000)
    trial.close(
        "a sine of amplitude 1 has an RMS of 0.7071",
        lambda: answer(tone),
        np.sqrt(0.5),
        mistakes=[
            (np.mean(np.abs(tone)), "this is the mean of the absolute values: square instead"),
            (lambda got: abs(got) < 1e-6, "positive and negative samples cancel: square first"),
            (1.0, "this is the peak, not the RMS"),
            (
                lambda got: np.shape(got) == tone.shape,
                "this is one number for each sample: the mean is missing",
            ),
        ],
        means="square every sample, take the mean, then the root",
    )


@exercise(
    "signals.level",
    level="core",
    hints=(
        "How loud is the sound now, in dB? How many dB are missing?",
        "`al.signals.level_db(audio)` measures. The difference in dB becomes a factor: 20 dB is "
        "ten times the amplitude.",
        "`audio * 10 ** ((target_db - al.signals.level_db(audio)) / 20)`",
    ),
)
def level(answer, trial):
    tone = sine(440, duration_s=0.5, sample_rate=8000, amplitude=0.1)
    scalar = (
        lambda got: np.shape(got) == (),
        "this is one number: multiply the sound by the factor and return the product",
    )
    if not _is_sound(trial, lambda: answer(tone.copy(), -10.0), tone.shape, [scalar]):
        return
    present = float(level_db(tone))
    missing = -10 - present
    trial.close(
        "a quiet tone, -23 dB, is brought to -10 dB",
        lambda: level_db(np.asarray(answer(tone.copy(), -10.0), dtype=np.float64)),
        -10.0,
        rtol=1e-4,
        mistakes=[
            (
                present + 2 * missing,
                "twice as many dB as asked: an amplitude takes 10 ** (dB / 20), not / 10",
            ),
            (present - 10, "the gain is the target itself: subtract the present level from it"),
            (present - missing, "the sign is turned round: the gain is target minus present"),
            (-13.0103, "the peak is at -10 dB, not the RMS: measure with level_db"),
            (
                present + 20 * np.log10(missing),
                "a difference in dB is no factor: the factor is 10 ** (dB / 20)",
            ),
            (
                present + missing * np.log10(np.e),
                "np.exp is the wrong power: 20 dB are a factor of 10, so 10 ** (dB / 20)",
            ),
        ],
        means="the factor is 10 ** (dB / 20), with dB the target minus the present level",
    )

    def factor(got):
        return float(np.dot(got, tone) / np.dot(tone, tone))

    def same_shape(got):
        return np.abs(got - factor(got) * tone).max() < 1e-4 * np.abs(got).max()

    trial.that(
        "a loud one, -3 dB, is brought down to -30 dB, its shape unchanged",
        lambda: np.asarray(answer(10 * tone, -30.0), dtype=np.float64),
        lambda got: abs(level_db(got) + 30) < 1e-3 and factor(got) > 0 and same_shape(got),
        expected="the same wave at -30 dB",
        mistakes=[
            (lambda got: factor(got) < 0, "the wave is upside down: the factor must be positive"),
            (same_shape, "the shape is right, the level is not: it should be -30 dB"),
        ],
        means="one positive factor for the whole sound does it: nothing is added or cut off",
    )


@exercise(
    "signals.cancel",
    level="easy",
    hints=(
        "A wave and its copy cancel where one is up while the other is down.",
        "That is half a period. A period of f hertz lasts 1 / f seconds.",
        "Half a period in milliseconds: `1000 / (2 * frequency_hz)`.",
    ),
)
def cancel(answer, trial):
    trial.close(
        "a tone of 500 Hz is gone after 1 ms",
        lambda: answer(500),
        1.0,
        mistakes=[
            (2.0, "this is a whole period: the two are in step again and add up"),
            (0.001, "these are seconds: the answer is asked for in milliseconds"),
            (0.5, "this is a quarter of the period: the two only differ, they do not cancel"),
            (3.0, "one and a half periods are silent as well, but a shorter delay is"),
            (1000.0, "these are microseconds: the answer is asked for in milliseconds"),
            (0.0, "without a delay the two are alike and add up"),
            (2 * np.pi, "2 pi turns a frequency into an angle: a delay is a share of 1 / f"),
        ],
        means="the shortest delay is half of the period, and the period of 500 Hz is 2 ms",
    )

    def left_over():  # the same, tried on a sound
        sample_rate = 48_000
        delay_samples = round(float(answer(1000)) / 1000 * sample_rate)
        tone = sine(1000, duration_s=0.1, sample_rate=sample_rate)
        return rms((tone + np.roll(tone, delay_samples)) / 2)

    trial.close(
        "a tone of 1000 Hz is gone after half as long, 0.5 ms",
        lambda: answer(1000),
        0.5,
        mistakes=[
            (1.0, "1 ms is right for 500 Hz only: the delay depends on the frequency"),
            (2.0, "the higher the tone, the shorter its period: divide by the frequency"),
            (0.0, "`//` throws the fraction away: divide with `/`"),
        ],
        means="the shortest delay is half of the period, and the period of 1000 Hz is 1 ms",
    )
    trial.close(
        "a tone of 1000 Hz and its delayed copy, averaged, are silent",
        left_over,
        0.0,
        atol=1e-5,
        means="the number is the RMS that is left over: the copy is not half a period late",
    )


@exercise(
    "signals.mix",
    level="core",
    hints=(
        "Leave the signal alone. By which factor must the noise be multiplied?",
        "At 0 dB the noise has the RMS of the signal. Every 20 dB make it ten times smaller.",
        "`gain = rms(signal) / rms(noise) * 10 ** (-snr_db / 20)`, then `signal + gain * noise`.",
    ),
)
def mix(answer, trial):
    signal = sine(440, duration_s=0.5, sample_rate=8000, amplitude=0.3).astype(np.float64)
    noise = white_noise(duration_s=0.5, sample_rate=8000, seed=3).astype(np.float64)
    longer = (
        lambda got: np.shape(got) == (2 * signal.size,),
        "one sound stands behind the other: add them sample by sample, with `+`",
    )

    def mixture(snr_db):
        return np.asarray(answer(signal.copy(), noise.copy(), snr_db))

    def attempt():
        return answer(signal.copy(), noise.copy(), 0.0)

    if not _is_sound(trial, attempt, signal.shape, [longer]):
        return

    def ratio_db(snr_db):
        added = mixture(snr_db) - signal
        return level_db(signal) - level_db(added)

    def rest():
        added = mixture(10.0) - signal
        return rms(added - noise * np.dot(added, noise) / np.sum(noise**2)) / rms(signal)

    if not trial.close(
        "the signal itself stays as it was: what was added is noise and nothing else",
        rest,
        0.0,
        atol=1e-4,
        mistakes=[(1.0, "the signal is not in it: return the sum of signal and scaled noise")],
        means="the signal was scaled: scale the noise, so that the signal keeps its level",
    ):
        return
    present = float(level_db(signal) - level_db(noise))
    peaks_db = 20 * np.log10(np.ptp(signal) / np.ptp(noise))
    trial.close(
        "at 20 dB what was added lies 20 dB below the signal",
        lambda: ratio_db(20.0),
        20.0,
        rtol=1e-4,
        mistakes=[
            (np.inf, "nothing was added: return the sum of signal and scaled noise"),
            (40.0, "twice as many dB as asked: an amplitude takes 10 ** (dB / 20), not / 10"),
            (-20.0, "the sign is turned round: a high ratio means little noise"),
            (present + 20, "the present levels are ignored: divide by the noise's own RMS"),
            (present, "the noise was added as it is: scale it first"),
            (2 * present + 20, "the noise's RMS stands on top: it belongs below the signal's"),
            (
                lambda got: np.isclose(got, [20 - present, 40 - present], rtol=1e-4).any(),
                "this takes the ratio of powers: samples are multiplied by a ratio of RMS values",
            ),
            (present + 20 - peaks_db, "equal peaks are not equal powers: scale by the RMS of both"),
        ],
        means="the factor is rms(signal) / rms(noise), times 10 ** (-snr_db / 20)",
    )
    trial.close(
        "at 0 dB both are equally strong",
        lambda: ratio_db(0.0),
        0.0,
        atol=1e-3,
        mistakes=[(np.inf, "nothing was added: return the sum of signal and scaled noise")],
        means="at 0 dB the noise must have the RMS of the signal: look at the property above",
    )
