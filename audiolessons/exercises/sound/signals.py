"""Exercises of the chapter sound/signals."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise
from audiolessons.signals import level_db, quantize, rms, sine

MYSTERY_HZ = 11_000
_quietly = np.errstate(all="ignore")  # a mistake may divide by zero
TONE = sine(440, duration_s=0.5, sample_rate=8000, amplitude=0.3).astype(np.float64)


def mystery_tone(*, sample_rate: int) -> np.ndarray:
    """Return one second of a tone whose frequency readers have to find out.

    Examples
    --------
    >>> mystery_tone(sample_rate=8000).shape
    (8000,)

    Chapter: sound/signals
    """
    return sine(MYSTERY_HZ, duration_s=1.0, sample_rate=sample_rate, amplitude=0.2)


def _power(audio):
    return np.mean(np.square(audio))


def _rms(audio):
    return np.sqrt(_power(audio))


# --- the bracket --------------------------------------------------------------------------------

ERROR = noise(4000, seed=1)
ERROR *= _rms(TONE) / _rms(ERROR) / 10  # a tenth of the amplitude: 20 dB
TOUCHING = np.where(np.arange(4000) % 50, ERROR, 0.0)  # an error passes through 0 now and then
OFFSET = noise(31, seed=2) + 0.7


@exercise(
    "signals.snr",
    level="core",
    hints=(
        "Print `reference**2 / error**2` and look for its largest value. Where does it come from?",
        "The definition has two means and one division. Which is done first?",
        "`np.mean(reference**2) / np.mean(error**2)` is the ratio of the two powers; "
        "`10 * np.log10` of it is the answer.",
    ),
    probes=[
        probe(what, reference, reference + error, rtol=1e-4, atol=1e-3)
        for what, reference, error in (
            ("noise of a tenth of the signal's RMS has 20 dB", TONE, ERROR),
            ("ten times that noise has 0 dB", TONE, 10 * ERROR),
            ("an error that is 0 at some samples still has a finite ratio", TONE, TOUCHING),
            (
                "an error that is mostly a constant counts with its constant",
                OFFSET,
                noise(31, seed=3) / 5 + 0.4,
            ),
        )
    ],
    wrong=[
        (
            _quietly(lambda r, e: 10 * np.log10(np.mean(r**2 / (e - r) ** 2))),
            "the division still stands inside the mean: divide after both means",
        ),
        (
            _quietly(lambda r, e: 10 * np.mean(np.log10(r**2 / (e - r) ** 2))),
            "this is the mean of decibels: take both powers first, then one logarithm",
        ),
        (
            lambda r, e: 20 * np.log10(_power(r) / _power(e - r)),
            "20 log10 of a power counts the square twice: take 10 log10",
        ),
        (
            lambda r, e: 10 * np.log10(_power(e - r) / _power(r)),
            "upside down: reference over noise",
        ),
        (
            lambda r, e: 10 * np.log10(_power(r) / _power(e)),
            "this compares the reference with the estimate: the noise is their difference",
        ),
        (lambda r, e: _power(r) / _power(e - r), "the plain ratio: decibels are 10 log10 of it"),
        (
            lambda r, e: np.log10(_power(r) / _power(e - r)),
            "this is in bel: times 10 gives decibels",
        ),
        (lambda r, e: 10 * np.log(_power(r) / _power(e - r)), "np.log is natural: take np.log10"),
        (
            lambda r, e: 10 * np.log10(_power(e) / _power(e - r)),
            "on top stands the power of the estimate: the reference belongs there",
        ),
        (
            lambda r, e: 20 * np.log10(np.mean(np.abs(r)) / np.mean(np.abs(e - r))),
            "these are means of absolute values: take means of squares",
        ),
        (
            lambda r, e: 10 * np.log10(np.var(r) / np.var(e - r)),
            "np.var takes the mean away first: a power is the mean of the squares as they are",
        ),
    ],
    valid=lambda random: (
        audio := random.standard_normal(random.integers(2, 60)) + random.random(),
        audio + random.random() * random.standard_normal(audio.size),
    ),
)
def snr_db(reference, estimate):
    return 10 * np.log10(_power(reference) / _power(estimate - reference))


# --- bytes --------------------------------------------------------------------------------------


@exercise(
    "signals.size",
    level="easy",
    hints=(
        "How many numbers does one second of one channel take? And how many bits each number?",
        "Multiply four things, then turn bits into bytes: 8 bits are 1 byte.",
        "`duration_s * sample_rate * n_channels * n_bits / 8`",
    ),
    probes=[
        probe(what, *of_sound, rtol=0, atol=1e-3)
        for what, *of_sound in (
            ("one second of telephone speech, 8000 Hz, mono, 16 bits", 1.0, 8000, 1, 16),
            ("one minute of a compact disc, 44,100 Hz, stereo, 16 bits", 60.0, 44_100, 2, 16),
            ("2.5 seconds at 48,000 Hz, mono, 24 bits", 2.5, 48_000, 1, 24),
            ("half a second at 22,050 Hz, six channels, 8 bits", 0.5, 22_050, 6, 8),
        )
    ],
    wrong=[
        (lambda s, rate, c, bits: s * rate * c * bits, "these are bits: 8 bits are one byte"),
        (lambda s, rate, c, bits: s * rate * c, "these are samples: each takes n_bits / 8 bytes"),
        (lambda s, rate, c, bits: s * rate * bits / 8, "the number of channels is missing"),
        (lambda s, rate, c, bits: rate * c * bits / 8, "the duration is missing"),
        (lambda s, rate, c, bits: s * c * bits / 8, "the sample rate is missing"),
        (lambda s, rate, c, bits: s * rate * c * bits / 8000, "these are kilobytes: give bytes"),
        (
            lambda s, rate, c, bits: s * rate * c * bits / 8192,
            "these are kilobytes of 1024: give bytes",
        ),
        (lambda s, rate, c, bits: s * rate * c * 2, "2 bytes fit 16 bits only: use n_bits"),
        (lambda s, rate, c, bits: s * rate * c * bits * 8, "bits to bytes: divide by 8"),
    ],
    valid=lambda random: (
        float(random.integers(1, 40)) / 2,
        2 * int(random.integers(4000, 24_000)),
        int(random.integers(1, 9)),
        8 * int(random.integers(1, 5)),
    ),
)
def n_bytes(duration_s, sample_rate, n_channels, n_bits):
    return duration_s * sample_rate * n_channels * n_bits / 8


# --- folds --------------------------------------------------------------------------------------


def _folded(fold, *, first=1, past=1, numbers=None):
    """The harmonics, folded one by one; `fold(hz, rate)` may be wrong."""

    def heard_harmonics_hz(frequency_hz, sample_rate, n_harmonics):
        harmonics = numbers(n_harmonics) if numbers else np.arange(first, n_harmonics + past)
        return np.array([fold(k * frequency_hz, sample_rate) for k in harmonics])

    return heard_harmonics_hz


def _heard(frequency_hz, sample_rate):
    return abs(frequency_hz - sample_rate * round(frequency_hz / sample_rate))


@exercise(
    "signals.alias",
    level="core",
    hints=(
        "Draw the frequencies on a strip of paper and fold it at half the sample rate. First make "
        "the list of the harmonics: 1, 2, 3, ... times the frequency.",
        "Going up or down by whole sample rates changes nothing. Which whole multiple of the "
        "sample rate lies closest to each harmonic? `np.round` answers for all of them at once.",
        "With `harmonics_hz = frequency_hz * np.arange(1, n_harmonics + 1)` what is heard is the "
        "distance to that multiple, `sample_rate * np.round(harmonics_hz / sample_rate)`.",
    ),
    probes=[
        probe("three harmonics of 1000 Hz fit into 8000 Hz, as they are", 1000, 8000, 3),
        probe("those of 3000 Hz at 8000 Hz, 3000, 6000, ... 15,000 Hz, fold", 3000, 8000, 5),
        probe("fourteen of the sawtooth of the chapter, 1870 Hz at 22,050 Hz", 1870, 22_050, 14),
        probe("one alone, 9000 Hz at 4000 Hz", 9000, 4000, 1),
        probe("four of 5000 Hz at 4000 Hz", 5000, 4000, 4),
        probe("twelve of 440.5 Hz at 2000 Hz", 440.5, 2000, 12),
    ],
    wrong=[
        (_folded(lambda f, rate: f), "above half the sample rate a tone cannot stay: it folds"),
        (
            _folded(lambda f, rate: f if f <= rate / 2 else rate - f),
            "one mirror is not enough: above the sample rate it folds again, and what is heard is "
            "positive",
        ),
        (
            _folded(lambda f, rate: abs(f - rate) if f > rate / 2 else f),
            "one fold is not enough: 15,000 Hz at 8000 Hz is 7000 Hz after it, still too high",
        ),
        (
            _folded(lambda f, rate: f % rate),
            "what is left of whole sample rates can still lie above half of one: mirror it there",
        ),
        (
            _folded(lambda f, rate: f % (rate / 2)),
            "mirrored at half the rate, 4000 Hz: 2000 above it becomes 2000 below it, not 2000",
        ),
        (
            _folded(lambda f, rate: f - rate * round(f / rate)),
            "the sign tells that the wave runs backwards: a frequency heard is positive",
        ),
        (_folded(lambda f, rate: min(f, rate / 2)), "tones are mirrored there, not held"),
        (_folded(lambda f, rate: _heard(f, rate) / 1000), "these are kilohertz: give hertz"),
        (_folded(lambda f, rate: _heard(rate, f)), "the two are exchanged in the formula"),
        (_folded(_heard, first=0, past=0), "np.arange begins at 0: harmonics begin at 1"),
        (_folded(_heard, past=0), "one is missing: np.arange(1, n) stops at n - 1"),
        (
            _folded(_heard, numbers=lambda n: 2 * np.arange(n) + 1),
            "a sawtooth has the even ones, too",
        ),
        (lambda f, rate, n: _heard(n * f, rate), "this is the highest alone: give one for each"),
        (
            lambda f, rate, n: _heard(f, rate) * np.arange(1, n + 1),
            "the frequency was folded before the multiples were taken: fold each harmonic",
        ),
        (
            lambda f, rate, n: np.sort(_folded(_heard)(f, rate, n)),
            "they are sorted by what is heard: keep the order of the harmonics",
        ),
        (
            lambda f, rate, n: _folded(_heard)(f, rate, n)[np.arange(1, n + 1) * f <= rate / 2],
            "the harmonics above half the sample rate are left out: a naive sawtooth has them",
        ),
    ],
    valid=lambda random: (
        int(random.integers(50, 9000)),
        int(random.integers(2000, 48_000)),
        int(random.integers(1, 20)),
    ),
)
def heard_harmonics_hz(frequency_hz, sample_rate, n_harmonics):
    return _folded(_heard)(frequency_hz, sample_rate, n_harmonics)


# --- the tone behind the alias ------------------------------------------------------------------


def _one_number(answer):
    array = np.asarray(answer)
    return array.ndim == 0 and array.dtype.kind in "iuf"


def _form(answer):
    is_number = _one_number(answer)
    return {
        "it is one number": is_number,
        "it is above 0": bool(is_number and answer > 0),
        "it is below 20,000": bool(is_number and answer < 20_000),
    }


def _heard_at(sample_rate):
    def observe(answer):
        return _heard(float(answer), sample_rate) if _one_number(answer) else "no number"

    return observe


@exercise(
    "signals.mystery",
    level="core",
    hints=(
        "Read the two peaks: one picture for 8000 Hz, one for 9000 Hz.",
        "Each peak has a list of tones that fold there: the peak itself, 8000 Hz minus it, 8000 Hz "
        "plus it, ... up to 20,000 Hz.",
        "Make the same list for the peak at 9000 Hz. One number stands in both.",
    ),
    probes=[
        probe("it is one number in hertz, above 0 and below 20,000", observe=_form),
        probe(
            "at 8000 Hz it is heard where that picture has its peak",
            observe=_heard_at(8000),
            rtol=0,
            atol=50,
        ),
        probe(
            "at 9000 Hz it is heard where that picture has its peak",
            observe=_heard_at(9000),
            rtol=0,
            atol=50,
        ),
    ],
    wrong=[
        ([MYSTERY_HZ], "give the bare number, without brackets or quotation marks: `hz = 1234`"),
        (3000, "this is what you hear at 8000 Hz: sampled at 9000 Hz it would be heard there, too"),
        (2000, "this is what you hear at 9000 Hz: sampled at 8000 Hz it would be heard there, too"),
        (-MYSTERY_HZ, "a frequency that is heard is positive"),
        (MYSTERY_HZ / 1000, "these are kilohertz: give hertz"),
        *(
            (hz, "this fits the picture of 8000 Hz, but not that of 9000 Hz")
            for hz in (5000, 19_000)
        ),
        *(
            (hz, "this fits the picture of 9000 Hz, but not that of 8000 Hz")
            for hz in (7000, 16_000)
        ),
        *(
            (hz, "this fits both pictures, but not what the exercise says: it lies below 20,000 Hz")
            for hz in (29_000, 61_000)
        ),
    ],
)
def true_hz():
    return MYSTERY_HZ


# --- the largest step ---------------------------------------------------------------------------


@exercise(
    "signals.step",
    level="core",
    hints=(
        "Keeping every second sample halves the sample rate. Below which frequency must a sound "
        "stay that the new rate can hold?",
        "Half of the new rate, sample_rate / step / 2, must lie above highest_hz. So step must be "
        "smaller than sample_rate / (2 * highest_hz).",
        "The largest whole number *below* x is `int(np.ceil(x)) - 1`; `int(x)` is not below x if x "
        "is whole.",
    ),
    probes=[
        probe(what, *of_sound, rtol=0, atol=1e-9)
        for what, *of_sound in (
            ("16,000 Hz and nothing above 1050 Hz", 16_000, 1050),
            ("44,100 Hz and music up to 15,000 Hz: every sample is needed", 44_100, 15_000),
            ("48,000 Hz and a bass up to 550 Hz", 48_000, 550.0),
            ("16,000 Hz and a tone of 1000 Hz, which half of a new rate may not hit", 16_000, 1000),
            ("8000 Hz and nothing above 399.99 Hz", 8000, 399.99),
            ("22,050 Hz and a hum of 100 Hz", 22_050, 100),
        )
    ],
    wrong=[
        (
            lambda rate, highest: int(rate // highest),
            "half of the new rate must hold the highest frequency: a 2 is missing",
        ),
        (
            lambda rate, highest: int(rate // (2 * highest)),
            "half of the new rate may not be highest_hz itself: a tone there can be sampled at all "
            "its zeros",
        ),
        (
            lambda rate, highest: int(np.ceil(rate / (2 * highest))),
            "rounded up: half of the new rate is below highest_hz then",
        ),
        (
            lambda rate, highest: round(rate / (2 * highest)),
            "rounded to the nearest, which is sometimes up: then half of the new rate is too low",
        ),
        (lambda rate, highest: rate / (2 * highest), "a step is a whole number: round it"),
        (
            lambda rate, highest: int(rate / (2 * highest)) - 1,
            "one less than the largest whole number: one more would often do as well",
        ),
        (
            lambda rate, highest: 2 ** int(np.log2(rate / highest / 2)),
            "it need not be a power of 2",
        ),
        (
            lambda rate, highest: int(2 * highest / rate),
            "upside down: the sample rate is divided by something, not something by it",
        ),
        (
            lambda rate, highest: rate / (np.ceil(rate / (2 * highest)) - 1),
            "this is the new sample rate: the answer is by how much the old one is divided",
        ),
    ],
    valid=lambda random: (
        (step := int(random.integers(1, 30))) * 2 * (hz := int(random.integers(20, 800)))
        + int(random.integers(0, 2)) * int(random.integers(1, 2 * hz))
        + (2 * hz if step == 1 else 0),
        hz,
    ),
)
def safe_step(sample_rate, highest_hz):
    return int(np.ceil(sample_rate / (2 * highest_hz))) - 1


# --- rounding -----------------------------------------------------------------------------------


def _quantized(steps=np.floor, *, up=0.5, n_steps=lambda bits: 2 ** (bits - 1), low=0, high=1):
    """Rounding with its parts exchangeable; the clipped steps go from -n + low to n - high."""

    def round_to_bits(audio, n_bits):
        n = n_steps(n_bits)
        return (np.clip(steps(audio * n), -n + low, n - high) + up) / n

    return round_to_bits


@exercise(
    "signals.quantize",
    level="core",
    hints=(
        "How wide is a step if 2**n_bits of them cover everything from -1 to 1? And in which step "
        "does a sample lie?",
        "Scale so that a step becomes 1: `highest = 2**(n_bits - 1)`. `np.floor` gives the lower "
        "edge of the step, its middle lies 0.5 above.",
        "Clip the lower edges to [-highest, highest - 1] before you add 0.5 and scale back.",
    ),
    probes=[
        probe(
            "2 bits know -0.75, -0.25, 0.25 and 0.75",
            np.array([-0.9, -0.6, -0.3, 0.1, 0.3, 0.7]),
            2,
        ),
        probe(
            "what is too loud is held at the last value", np.array([1.0, 0.9, 3.0, -3.0, -1.1]), 2
        ),
        probe("1 bit knows two values", np.array([-2.0, -0.2, 0.3]), 1),
        probe("300 samples of noise in 8 bits", noise(300) / 2, 8),
        probe("70 samples of noise in 13 bits", noise(70, seed=1) / 2, 13),
    ],
    wrong=[
        (
            lambda audio, n_bits: quantize(audio, n_bits=n_bits),
            "these are the values with 0 among them: here they lie half a step beside",
        ),
        (
            _quantized(np.round),
            "rounded first, then moved by half a step: np.floor finds the step below, whose middle "
            "is 0.5 above",
        ),
        (_quantized(np.ceil), "np.ceil is the upper edge of the step: np.floor"),
        (_quantized(np.trunc), "cut off towards 0, as astype(int) does: np.floor"),
        (_quantized(up=0), "these are the lower edges: the values lie 0.5 above"),
        (_quantized(low=-np.inf, high=-np.inf), "nothing clips: hold what lies outside"),
        (_quantized(low=-np.inf), "nothing clips below: hold it at the lowest value"),
        (_quantized(high=-np.inf), "nothing clips above: hold it at the highest value"),
        (_quantized(high=0), "one value too many at the top: step numbers end at highest - 1"),
        (
            lambda audio, n_bits: np.clip(
                _quantized(high=-np.inf, low=-np.inf)(audio, n_bits), -1, 1
            ),
            "held at -1 and 1, which are no values here: the lowest and highest lie inside",
        ),
        (
            _quantized(n_steps=lambda bits: 2**bits),
            "your steps are half as wide: n_bits cover both signs, so 2**(n_bits - 1) a side",
        ),
        (
            lambda audio, n_bits: _quantized()(audio, n_bits) * 2 ** (n_bits - 1),
            "these are numbers of steps: divide by their count again, so that 1 is full scale",
        ),
        (
            lambda audio, n_bits: np.round(audio * (2**n_bits - 1) / 2) * 2 / (2**n_bits - 1),
            "a step of 2 / (2**n_bits - 1) reaches from -1 to 1: a step is 2 / 2**n_bits",
        ),
    ],
    valid=lambda random: (
        0.7 * random.standard_normal(random.integers(1, 40)),
        int(random.integers(1, 13)),
    ),
)
def round_to_bits(audio, n_bits):
    return _quantized()(audio, n_bits)


# --- dither -------------------------------------------------------------------------------------

N_BITS = 8
N_DRAWS = 16_000


def _dithered(noise, *, up=0.5, steps=np.floor, clips=True):
    """Dithered rounding with its parts exchangeable; `noise(random, n)` is in steps."""

    def dither_to_bits(audio, n_bits, random):
        highest = 2 ** (n_bits - 1)
        numbers = steps(audio * highest + noise(random, audio.size))
        if clips:
            numbers = np.clip(numbers, -highest, highest - 1)
        return (numbers + up) / highest

    return dither_to_bits


def _triangular(random, n):
    return random.random(n) - random.random(n)


def _after(audio, n_bits, random):
    return round_to_bits(audio, n_bits) + _triangular(random, audio.size) / 2 ** (n_bits - 1)


def _in_full_scale(audio, n_bits, random):
    return round_to_bits(audio + _triangular(random, audio.size), n_bits)


def _own_generator(audio, n_bits, random):
    return _dithered(_triangular)(audio, n_bits, np.random.default_rng(0))


def _in_steps(answer, value, n_bits=N_BITS, n=N_DRAWS, seed=0):
    """What comes of a constant sound, in steps."""
    highest = 2 ** (n_bits - 1)
    got = answer(np.full(n, value / highest), n_bits, np.random.default_rng(seed))
    return np.asarray(got, dtype=float) * highest


def _lie_on_values(steps):
    return bool(np.allclose(steps - 0.5, np.round(steps - 0.5)))


def _values(answer, n):
    steps = 16 * np.asarray(answer(noise(n) / 4, 5, np.random.default_rng(n)))
    return {"the shape": steps.shape, "every value is one of those": _lie_on_values(steps)}


def _mean(answer, value):
    return round(float(_in_steps(answer, value).mean()), 2)


def _error(answer, *values):
    return [round(float(np.mean((_in_steps(answer, v) - v) ** 2)), 2) for v in values]


def _outside(answer):
    steps = [_in_steps(answer, value, n_bits=4, n=200) for value in (20, -20)]
    return [float(find(part)) for part in steps for find in (np.min, np.max)]


def _draws(answer):
    once, again, other = (_in_steps(answer, 0.3, n=500, seed=seed) for seed in (1, 1, 2))
    return {
        "a generator in the same state gives the same sound": bool(np.array_equal(once, again)),
        "another state gives another": not np.array_equal(once, other),
    }


def _holds(answer, value, n_bits, seed):
    """What the prompt asks for, for a constant sound of any size."""
    steps = _in_steps(answer, value, n_bits, 5000, seed)
    return {
        "the values": _lie_on_values(steps),
        "the mean": bool(abs(np.mean(steps) - value) < 0.04),
        "the power of the error": bool(abs(np.mean((steps - value) ** 2) - 0.25) < 0.03),
        "the outermost": _outside(answer),
    }


@exercise(
    "signals.dither",
    level="stretch",
    hints=(
        "Work in steps: multiply by 2**(n_bits - 1), add noise, take np.floor and go on as before.",
        "One uniform random number keeps the mean right, but its noise comes and goes with the "
        "sound. Add two of them.",
        "`random.random(n) - random.random(n)` lies between -1 and 1 step, most often near 0. Add "
        "it before np.floor.",
    ),
    observe=_holds,
    time_limit_s=15,  # one sample after the other is slow
    probes=[
        probe("one value for each sample comes back, half a step beside 0", 7, observe=_values),
        probe(
            "a constant of 0.3 steps is 0.3 steps on average",
            0.3,
            observe=_mean,
            rtol=0,
            atol=0.025,
        ),
        probe("and one of -2.8 steps is -2.8 steps", -2.8, observe=_mean, rtol=0, atol=0.025),
        probe(
            "the error is as strong on a value, between two, and elsewhere: 1/4 of a squared step",
            0.5,
            1.0,
            -0.2,
            observe=_error,
            rtol=0,
            atol=0.025,
        ),
        probe("what is too loud is held at the outermost values", observe=_outside),
        probe("the noise comes from `random`, and from nowhere else", observe=_draws),
    ],
    wrong=[
        (_dithered(lambda random, n: 0.0), "what is added before the rounding is 0"),
        (
            _dithered(lambda random, n: random.random(n) - 0.5),
            "one uniform number, one step wide: its noise stops when the sound stands on a value. "
            "Add a second one",
        ),
        (
            _dithered(lambda random, n: random.random(n)),
            "the noise is not centred (0.5 on average), and one uniform number is not enough",
        ),
        (
            _dithered(lambda random, n: 2 * _triangular(random, n)),
            "the dither is too strong: two uniform numbers, each one step wide, are enough",
        ),
        (
            _dithered(lambda random, n: _triangular(random, n) / 2),
            "the dither is too weak: each of the two uniform numbers must be one step wide",
        ),
        (
            _dithered(lambda random, n: random.normal(0, 0.5, n)),
            "normal noise makes more error than needed, and not quite independent of the sound",
        ),
        (
            _dithered(lambda random, n: 2 * random.random(n) - 1),
            "one uniform number, two steps wide: its error still moves with the sound",
        ),
        (
            _dithered(lambda random, n: random.random() - random.random()),
            "the samples do not get noise of their own: draw one number for each, "
            "`random.random(audio.size)`, and a second one",
        ),
        (_after, "the noise belongs before the rounding: added afterwards it leaves the values"),
        (
            _in_full_scale,
            "the noise is as large as the sound: it must be added in steps, after multiplying by "
            "2**(n_bits - 1)",
        ),
        (
            _dithered(_triangular, steps=np.round),
            "half a step too high on average: the noise must be centred, and np.floor finds the "
            "step below, not np.round",
        ),
        (_dithered(_triangular, clips=False), "nothing clips: hold what lies outside, as before"),
        (
            lambda audio, n_bits, random: np.clip(
                _dithered(_triangular, clips=False)(audio, n_bits, random), -1, 1
            ),
            "held at -1 and 1, which are no values here: the lowest and highest lie inside",
        ),
        (_own_generator, "the noise comes from a generator of your own: draw from `random`"),
    ],
    valid=lambda random: (
        float(random.uniform(-1.5, 1.5)),
        int(random.integers(4, 9)),
        int(random.integers(99)),
    ),
)
def dither_to_bits(audio, n_bits, random):
    return _dithered(_triangular)(audio, n_bits, random)


# --- root, mean, square -------------------------------------------------------------------------


@exercise(
    "signals.rms",
    level="easy",
    hints=(
        "The name says it backwards: root, mean, square. Before the three comes the constant.",
        "Subtract the mean of the samples from each. Square what is left, take the mean, then the "
        "square root of that one number.",
        "With `moving = audio - np.mean(audio)`, `np.sqrt(np.mean(moving**2))` does it.",
    ),
    probes=[
        probe("a sine of amplitude 1 has 0.7071", np.sin(np.pi * np.arange(1000) / 100)),
        probe("the same on a constant of 0.3, too", 0.3 + np.sin(np.pi * np.arange(1000) / 100)),
        probe("31 samples of noise on a constant of 0.7", OFFSET),
        probe("two samples, -0.75 and 0.25", np.array([-0.75, 0.25])),
        probe("the constant alone is nothing", np.full(100, 0.5)),
    ],
    wrong=[
        (_rms, "the constant is still in it: subtract the mean of the samples first"),
        (np.var, "this is the mean of the squares: the root is missing"),
        (
            lambda audio: np.sqrt(np.sum((audio - np.mean(audio)) ** 2)),
            "this is the root of the sum: divide by the number of samples first",
        ),
        (
            lambda audio: np.sqrt(np.sum((audio - np.mean(audio)) ** 2)) / audio.size,
            "divide by the number of samples before the root, not after it",
        ),
        (lambda audio: np.std(audio, ddof=1), "divide by the number of samples, not by one less"),
        (lambda audio: np.mean(np.abs(audio - np.mean(audio))), "square, no absolute values"),
        (lambda audio: np.mean(audio - np.mean(audio)), "the samples cancel: square first"),
        (lambda audio: np.max(np.abs(audio - np.mean(audio))), "this is the peak, not the RMS"),
        (lambda audio: _rms(audio - np.median(audio)), "take away the mean, not the median"),
        (
            lambda audio: np.abs(audio - np.mean(audio)),
            "this is one number for each sample: the mean of the squares is missing",
        ),
        (_power, "the constant is still in it, and the root is missing"),
    ],
    valid=lambda random: (
        random.standard_normal(random.integers(1, 60)) + 2 * random.standard_normal(),
    ),
)
def root_mean_square(audio):
    return np.std(audio)


# --- to a level ---------------------------------------------------------------------------------


def _scaled(factor):
    return lambda audio, target_db: audio * factor(level_db(audio), target_db, audio)


def _gain(db):
    return 10 ** (db / 20)


@exercise(
    "signals.level",
    level="core",
    hints=(
        "How loud is the sound now, in dB? How many dB are missing?",
        "`al.signals.level_db(audio)` measures. The difference in dB becomes a factor: 20 dB is "
        "ten times the amplitude.",
        "`audio * 10 ** ((target_db - al.signals.level_db(audio)) / 20)`",
    ),
    probes=[
        probe(what, audio, target_db, rtol=1e-4, atol=1e-6)
        for what, audio, target_db in (
            ("a tone of -13.5 dB is brought to -10 dB", TONE, -10.0),
            ("a loud one is brought down to -30 dB", 3 * TONE, -30.0),
            ("noise with a constant part, at -20 dB", OFFSET, -20),
            ("101 samples of noise, at 0 dB", noise(101, seed=4) / 50, 0.0),
            ("and 3 dB above full scale", noise(12, seed=5), 3.0),
        )
    ],
    wrong=[
        (
            _scaled(lambda now, then, a: 10 ** ((then - now) / 10)),
            "an amplitude takes 10 ** (dB / 20), not / 10: this changes twice as many dB as asked",
        ),
        (
            _scaled(lambda now, then, a: _gain(then)),
            "the gain is the target minus the present level",
        ),
        (_scaled(lambda now, then, a: _gain(now - then)), "turned round: target minus present"),
        (
            lambda audio, target_db: audio / np.abs(audio).max() * _gain(target_db),
            "this brings the peak to the target, not the RMS: measure with level_db",
        ),
        (
            lambda audio, target_db: audio / np.std(audio) * _gain(target_db),
            "np.std takes the mean away: the level counts every part of the sound",
        ),
        (
            lambda audio, target_db: np.sign(audio) * _gain(target_db),
            "every sample got the same size: one factor for the whole sound keeps its shape",
        ),
        (
            lambda audio, target_db: _gain(target_db - level_db(audio)),
            "this is the factor: multiply the sound by it and return the product",
        ),
        (_scaled(lambda now, then, a: then - now), "dB are no factor: 10 ** (dB / 20) is"),
        (_scaled(lambda now, then, a: then / now), "decibels are subtracted, not divided"),
        (
            _scaled(lambda now, then, a: np.exp((then - now) / 20)),
            "np.exp is the wrong power: 20 dB are a factor of 10, so 10 ** (dB / 20)",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(random.integers(1, 50)) * random.random() + random.random(),
        float(random.uniform(-40, 5)),
    ),
)
def bring_to_level(audio, target_db):
    return audio * _gain(target_db - level_db(audio))


# --- the delay that silences --------------------------------------------------------------------


@exercise(
    "signals.cancel",
    level="easy",
    hints=(
        "A wave and its copy cancel where one is up while the other is down.",
        "That is half a period. A period of f hertz lasts 1 / f seconds.",
        "Half a period in milliseconds: `1000 / (2 * frequency_hz)`.",
    ),
    probes=[
        probe("a tone of 500 Hz, whose period is 2 ms", 500),
        probe("a tone of 1000 Hz is gone after half as long", 1000),
        probe("a tone of 440 Hz", 440),
        probe("a hum of 50 Hz", 50),
        probe("a whistle of 12,345.6 Hz", 12_345.6),
    ],
    wrong=[
        (lambda f: 1000 / f, "this is a whole period: the two are in step again and add up"),
        (lambda f: 1 / (2 * f), "these are seconds: the answer is asked for in milliseconds"),
        (lambda f: 1000 / (4 * f), "this is a quarter of the period: half cancels"),
        (lambda f: 1500 / f, "a shorter delay is silent as well: half a period"),
        (lambda f: 5e5 / f, "these are microseconds: the answer is asked for in milliseconds"),
        (lambda f: 1.0, "1 ms is right for 500 Hz only: the delay depends on the frequency"),
        (lambda f: f / 500, "the higher the tone, the shorter its period: divide by the frequency"),
        (lambda f: 1000 // (2 * f), "what follows the point is lost: do not round"),
        (lambda f: 0.0, "without a delay the two are alike and add up"),
        (lambda f: 1000 / 2 * f, "a bracket: 1000 / 2 * f is 500 times f"),
        (lambda f: 1000 / (4 * np.pi * f), "2 pi belongs to angles: a delay is a share of 1 / f"),
        (lambda f: 1000 * np.pi / f, "pi belongs to angles: a delay is a share of 1 / f"),
    ],
    valid=lambda random: (float(random.uniform(20, 20_000)),),
)
def silencing_delay_ms(frequency_hz):
    return 1000 / (2 * frequency_hz)


# --- mixing -------------------------------------------------------------------------------------


def _louder(factor):
    """The mixture; `factor(rms_signal, rms_noise, snr_db)` is what the signal is multiplied by."""
    return lambda signal, noise, snr_db: noise + signal * factor(rms(signal), rms(noise), snr_db)


def _quieter_noise(signal, noise, snr_db):
    return signal + noise * rms(signal) / rms(noise) * _gain(-snr_db)


@exercise(
    "signals.mix",
    level="core",
    hints=(
        "Leave the noise alone. By which factor must the signal be multiplied?",
        "At 0 dB the signal has the RMS of the noise. Every 20 dB make it ten times larger.",
        "`gain = rms(noise) / rms(signal) * 10 ** (snr_db / 20)`, then `gain * signal + noise`.",
    ),
    probes=[
        probe(what, signal, hiss, snr_db, rtol=1e-4, atol=1e-6)
        for what, signal, hiss, snr_db in (
            ("a tone 20 dB above noise that stays as it is", TONE, ERROR, 20.0),
            ("at 0 dB both are equally strong", TONE, ERROR, 0.0),
            ("5 dB below a loud noise", TONE[:333], noise(333, seed=6), -5),
            ("sounds with a constant part, at 7.5 dB", OFFSET, OFFSET[::-1] ** 2, 7.5),
        )
    ],
    wrong=[
        (_quieter_noise, "the ratio is right, but the noise was scaled: scale the signal"),
        (
            _louder(lambda s, n, db: n / s * 10 ** (db / 10)),
            "an amplitude takes 10 ** (dB / 20), not / 10: this is twice as many dB as asked",
        ),
        (_louder(lambda s, n, db: n / s * _gain(-db)), "a high ratio means a strong signal"),
        (
            _louder(lambda s, n, db: _gain(db)),
            "the present levels are ignored: divide by the signal's RMS, multiply by the noise's",
        ),
        (_louder(lambda s, n, db: _gain(db) / s), "the noise's RMS is missing"),
        (_louder(lambda s, n, db: n * _gain(db)), "the signal's RMS is missing: divide by it"),
        (_louder(lambda s, n, db: 1.0), "the signal was added as it is: scale it first"),
        (_louder(lambda s, n, db: s / n * _gain(db)), "upside down: noise over signal"),
        (
            _louder(lambda s, n, db: (n / s) ** 2 * 10 ** (db / 10)),
            "this takes the ratio of powers: samples are multiplied by a ratio of RMS values",
        ),
        (
            lambda signal, noise, snr_db: (
                noise + signal * np.ptp(noise) / np.ptp(signal) * _gain(snr_db)
            ),
            "equal peaks are not equal powers: scale by the RMS of both",
        ),
        (
            lambda signal, noise, snr_db: signal * rms(noise) / rms(signal) * _gain(snr_db),
            "the noise is not in it: return the sum of both",
        ),
        (lambda signal, noise, snr_db: noise, "nothing was added: return noise plus scaled signal"),
        (
            lambda signal, noise, snr_db: np.concatenate([signal, noise]),
            "one sound stands behind the other: add them sample by sample, with `+`",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(n := int(random.integers(2, 50))) + 0.2,
        random.random() * random.standard_normal(n) + 0.1,
        float(random.uniform(-20, 30)),
    ),
)
def mix_two(signal, noise, snr_db):
    return noise + signal * rms(noise) / rms(signal) * _gain(snr_db)
