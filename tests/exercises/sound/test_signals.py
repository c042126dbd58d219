"""Wrong answers that learners of sound/signals may give, and the message meant for each."""

import numpy as np
import pytest

from audiolessons import exercises


def power(audio):
    return np.mean(np.square(audio))


def rms(audio):
    return np.sqrt(power(audio))


def level_db(audio):
    return 20 * np.log10(rms(audio))


def alias_by_remainder(frequency_hz, sample_rate):
    return frequency_hz % sample_rate


def alias_mirrored_once(frequency_hz, sample_rate):
    return frequency_hz if frequency_hz < sample_rate / 2 else sample_rate - frequency_hz


def alias_at_half_rate(frequency_hz, sample_rate):
    return frequency_hz % (sample_rate / 2)


def alias_with_sign(frequency_hz, sample_rate):
    return frequency_hz - sample_rate * round(frequency_hz / sample_rate)


def alias_by_rounding(frequency_hz, sample_rate):
    return abs(alias_with_sign(frequency_hz, sample_rate))


def clip_steps(steps, highest):
    return np.clip(steps, -highest, highest - 1)


def quantize_with(rounding):
    def answer(audio, n_bits):
        highest = 2 ** (n_bits - 1)
        return clip_steps(rounding(audio * highest), highest) / highest

    return answer


def quantize_finer(audio, n_bits):
    return np.clip(np.round(audio * 2**n_bits) / 2**n_bits, -1, 1)


def quantize_without_clip(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    return np.round(audio * highest) / highest


def quantize_clip_to_one(audio, n_bits):
    return np.clip(quantize_without_clip(audio, n_bits), -1, 1)


def quantize_step_numbers(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    return clip_steps(np.round(audio * highest), highest)


def quantize_halfway(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    return (np.clip(np.floor(audio * highest), -highest, highest - 1) + 0.5) / highest


def quantize_without_lowest(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    return np.clip(np.round(audio * highest), 1 - highest, highest - 1) / highest


def dither_with(noise):
    def answer(audio, n_bits, random):
        highest = 2 ** (n_bits - 1)
        steps = np.round(audio * highest + noise(random, audio.size))
        return clip_steps(steps, highest) / highest

    return answer


def dither_after_rounding(audio, n_bits, random):
    highest = 2 ** (n_bits - 1)
    noise = random.random(audio.size) - random.random(audio.size)
    return (np.round(audio * highest) + noise) / highest


def dither_in_full_scale(audio, n_bits, random):
    noise = random.random(audio.size) - random.random(audio.size)
    highest = 2 ** (n_bits - 1)
    return np.round((audio + noise) * highest) / highest


def mix_with(gain):
    def answer(signal, noise, snr_db):
        return signal + gain(signal, noise, snr_db) * noise

    return answer


def mix_scaling_the_signal(signal, noise, snr_db):
    return signal * rms(noise) / rms(signal) * 10 ** (snr_db / 20) + noise


WRONG = {
    "signals.snr": [
        (lambda r, e: 10 * np.log10(np.mean(r**2 / (e - r) ** 2)), "stands inside the mean"),
        (
            lambda r, e: 10 * np.mean(np.log10(r**2 / (e - r) ** 2 + 1e-300)),
            "the mean of decibels",
        ),
        (lambda r, e: 20 * np.log10(power(r) / power(e - r)), "counts the square twice"),
        (lambda r, e: 10 * np.log10(rms(r) / rms(e - r)), "you have 10 of an amplitude"),
        (lambda r, e: 10 * np.log10(power(e - r) / power(r)), "upside down"),
        (lambda r, e: 10 * np.log10(power(r) / power(e)), "the noise is their difference"),
        (lambda r, e: power(r) / power(e - r), "the plain ratio"),
        (lambda r, e: 10 * np.log(power(r) / power(e - r)), "the natural logarithm"),
        (lambda r, e: np.log10(power(r) / power(e - r)), "in bel"),
        (lambda r, e: 10 * np.log10(power(e) / power(e - r)), "the power of the estimate"),
        (
            lambda r, e: 20 * np.log10(np.mean(np.abs(r)) / np.mean(np.abs(e - r))),
            "means of absolute values",
        ),
        (lambda r, e: np.log10(r**2 / ((e - r) ** 2 + 1e-9)), "one ratio for each sample"),
        (lambda r, e: None, "does it end with `return`"),
    ],
    "signals.size": [
        (lambda s, rate, c, bits: s * rate * c * bits, "these are bits"),
        (lambda s, rate, c, bits: s * rate * c, "this counts the samples"),
        (lambda s, rate, c, bits: s * rate * bits / 8, "the channels are missing"),
        (lambda s, rate, c, bits: s * rate * c * bits / 8000, "these are kilobytes:"),
        (lambda s, rate, c, bits: s * rate * c * bits / 8192, "kilobytes of 1024"),
        (lambda s, rate, c, bits: s * rate * c * bits / 8 + 44, "the header of 44 bytes"),
        (lambda s, rate, c, bits: s * rate * c * 2**bits / 8, "2**16 different values"),
        (lambda s, rate, c, bits: rate * c * bits / 8, "the duration is missing"),
        (lambda s, rate, c, bits: s * rate * c * 2, "for 16 bits only"),
    ],
    "signals.alias": [
        (lambda f, rate: f, "7000 Hz cannot stay"),
        (alias_mirrored_once, "one mirror is not enough"),
        (alias_at_half_rate, "3000 above it becomes 3000 below it"),
        (alias_with_sign, "a frequency heard is positive"),
        (lambda f, rate: min(f, rate / 2), "not held at the edge"),
        (lambda f, rate: abs(f - rate) if f > rate / 2 else f, "fold once more"),
        (alias_by_remainder, "7000 Hz cannot stay"),
        (lambda f, rate: abs(f - rate), "leave 1000 Hz as it is"),
        (lambda f, rate: alias_by_rounding(f, rate) / 1000, "kilohertz"),
        (lambda f, rate: alias_by_rounding(rate, f), "exchanged"),
    ],
    "signals.mystery": [
        (3000, "what you hear at 8000 Hz"),
        (2000, "what you hear at 9000 Hz"),
        (11, "give hertz"),
        (5000, "fits the picture of 8000 Hz, but not"),
        (7000, "fits the picture of 9000 Hz, but not"),
        (12_345, "fits neither picture"),
        (29_000, "below 20,000 Hz"),
        (-11_000, "a frequency that is heard is positive"),
        ([11_000], "give the bare number"),
        ("11000", "give the bare number"),
    ],
    "signals.step": [
        (lambda rate, highest: int(rate // highest), "a 2 is missing"),
        (lambda rate, highest: int(np.ceil(rate / (2 * highest))), "8 is rounded up"),
        (lambda rate, highest: rate / (2 * highest), "a step is a whole number"),
        (lambda rate, highest: int(2 * rate / highest), "on the wrong side"),
        (lambda rate, highest: int(rate / (2 * highest)) - 1, "every 7th would do"),
        (lambda rate, highest: int(2 * highest / rate), "upside down"),
        (lambda rate, highest: rate / int(rate / (2 * highest)), "this is a sample rate"),
        (lambda rate, highest: 2 ** int(np.log2(rate / highest / 2)), "power of two"),
    ],
    "signals.quantize": [
        (quantize_with(np.floor), "you round down"),
        (quantize_with(np.trunc), "cut off towards 0"),
        (quantize_finer, "half as wide"),
        (quantize_without_clip, "nothing clips"),
        (quantize_clip_to_one, "a fifth value"),
        (quantize_step_numbers, "these are step numbers"),
        (np.round, "rounds to decimal places"),
        (quantize_halfway, "halfway between"),
        (quantize_without_lowest, "-1 is missing"),
        (lambda audio, n_bits: None, "does it end with `return`"),
    ],
    "signals.dither": [
        (dither_with(lambda random, n: 0.0), "without noise 0.3 is rounded to 0"),
        (dither_with(lambda random, n: random.random(n) - 0.5), "one uniform number"),
        (dither_with(lambda random, n: random.random(n)), "the noise is not centred"),
        (dither_after_rounding, "added afterwards"),
        (
            dither_with(lambda random, n: 2 * (random.random(n) - random.random(n))),
            "the dither is too strong",
        ),
        (
            dither_with(lambda random, n: random.normal(0, 0.1, n)),
            "the noise is too weak",
        ),
        (dither_with(lambda random, n: random.random() - random.random()), "noise of their own"),
        (dither_in_full_scale, "must be added in steps"),
        (lambda audio, n_bits, random: audio, "nothing was rounded"),
        (lambda audio, n_bits, random: None, "does it end with `return`"),
    ],
    "signals.rms": [
        (power, "the root is missing"),
        (lambda audio: np.sqrt(np.sum(np.square(audio))), "divide by the number of samples"),
        (lambda audio: np.mean(np.abs(audio)), "mean of the absolute values"),
        (np.mean, "positive and negative samples cancel"),
        (lambda audio: np.max(np.abs(audio)), "this is the peak"),
        (lambda audio: np.max(np.abs(audio)) / np.sqrt(2), "true of a sine only"),
        (lambda audio: np.sqrt(np.sum(audio**2)) / audio.size, "before the root, not after"),
        (lambda audio: np.sqrt(np.sum(audio**2) / (audio.size - 1)), "not by one less"),
        (np.std, "np.std does that"),
        (level_db, "the level in dB"),
        (lambda audio: np.sqrt(audio**2), "the mean is missing"),
    ],
    "signals.level": [
        (lambda a, target_db: a * 10 ** ((target_db - level_db(a)) / 10), "not / 10"),
        (lambda a, target_db: a * 10 ** (target_db / 20), "the gain is the target itself"),
        (lambda a, target_db: a * 10 ** ((level_db(a) - target_db) / 20), "turned round"),
        (lambda a, target_db: a / np.abs(a).max() * 10 ** (target_db / 20), "the peak is at"),
        (
            lambda a, target_db: np.sign(a) * 10 ** (target_db / 20),
            "nothing is added or cut off",
        ),
        (lambda a, target_db: 10 ** ((target_db - level_db(a)) / 20), "return the product"),
        (lambda a, target_db: -a * 10 ** ((target_db - level_db(a)) / 20), "upside down"),
        (lambda a, target_db: a * (target_db - level_db(a)), "a difference in dB is no factor"),
        (lambda a, target_db: a * np.exp((target_db - level_db(a)) / 20), "np.exp"),
        (lambda a, target_db: None, "does it end with `return`"),
    ],
    "signals.cancel": [
        (lambda f: 1000 / f, "a whole period"),
        (lambda f: 1 / (2 * f), "these are seconds"),
        (lambda f: 1000 / (4 * f), "a quarter of the period"),
        (lambda f: 1500 / f, "a shorter delay"),
        (lambda f: 5e5 / f, "microseconds"),
        (lambda f: 1, "the delay depends on the frequency"),
        (lambda f: f / 500, "divide by the frequency"),
        (lambda f: 1000 // (2 * f), "throws the fraction away"),
    ],
    "signals.mix": [
        (mix_with(lambda s, n, db: rms(s) / rms(n) * 10 ** (-db / 10)), "not / 10"),
        (mix_with(lambda s, n, db: rms(s) / rms(n) * 10 ** (db / 20)), "the sign is turned"),
        (mix_with(lambda s, n, db: 10 ** (-db / 20)), "the present levels are ignored"),
        (mix_with(lambda s, n, db: 1.0), "the noise was added as it is"),
        (
            mix_with(lambda s, n, db: np.ptp(s) / np.ptp(n) * 10 ** (-db / 20)),
            "equal peaks are not equal powers",
        ),
        (mix_scaling_the_signal, "the signal was scaled"),
        (mix_with(lambda s, n, db: rms(n) / rms(s) * 10 ** (-db / 20)), "stands on top"),
        (mix_with(lambda s, n, db: power(s) / power(n) * 10 ** (-db / 10)), "ratio of powers"),
        (lambda s, n, db: rms(s) / rms(n) * 10 ** (-db / 20) * n, "the signal is not in it"),
        (lambda s, n, db: s, "nothing was added"),
        (lambda s, n, db: np.concatenate([s, n]), "one sound stands behind the other"),
        (lambda s, n, db: None, "does it end with `return`"),
    ],
}


def alias_by_loop(frequency_hz, sample_rate):
    while frequency_hz > sample_rate / 2:
        frequency_hz = abs(frequency_hz - sample_rate)
    return frequency_hz


def step_by_trial(sample_rate, highest_hz):
    return max(step for step in range(1, 1000) if sample_rate / step / 2 >= highest_hz)


def quantize_by_search(audio, n_bits):
    values = np.arange(-(2 ** (n_bits - 1)), 2 ** (n_bits - 1)) / 2 ** (n_bits - 1)
    return values[np.abs(audio[:, np.newaxis] - values).argmin(axis=1)].astype(np.float32)


def quantize_in_place(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    audio *= highest
    return list(clip_steps(np.round(audio), highest) / highest)


def level_in_place(audio, target_db):
    audio *= 10 ** ((target_db - level_db(audio)) / 20)
    return list(audio)


def mix_in_place(signal, noise, snr_db):
    noise *= rms(signal) / rms(noise) * 10 ** (-snr_db / 20)
    signal += noise
    return signal.astype(np.float32)


RIGHT = [
    ("signals.snr", lambda r, e: np.float32(20 * np.log10(rms(r) / rms(e - r)))),
    ("signals.snr", lambda r, e: level_db(r) - level_db(e - r)),
    ("signals.size", lambda s, rate, c, bits: int(s * rate) * c * (bits // 8)),
    ("signals.alias", alias_by_loop),
    ("signals.alias", lambda f, rate: min(f % rate, rate - f % rate)),
    ("signals.alias", lambda f, rate: rate / np.pi / 2 * np.arccos(np.cos(2 * np.pi * f / rate))),
    ("signals.mystery", 11_010.0),
    ("signals.mystery", np.float32(11_000)),
    ("signals.step", step_by_trial),
    ("signals.step", lambda rate, highest: np.floor(rate / 2 / highest)),
    ("signals.quantize", quantize_by_search),
    ("signals.quantize", quantize_in_place),
    ("signals.dither", dither_with(lambda random, n: random.triangular(-1, 0, 1, n))),
    ("signals.dither", dither_with(lambda random, n: random.random(n) + random.random(n) - 1)),
    ("signals.rms", lambda audio: (sum(x * x for x in audio) / len(audio)) ** 0.5),
    ("signals.rms", lambda audio: np.float32(np.linalg.norm(audio) / len(audio) ** 0.5)),
    ("signals.level", level_in_place),
    ("signals.level", lambda a, target_db: a / rms(a) * 10 ** (target_db / 20)),
    ("signals.cancel", lambda f: 0.5 / f * 1000),
    ("signals.mix", mix_in_place),
    ("signals.mix", lambda s, n, db: s - n * np.sqrt(power(s) / power(n) / 10 ** (db / 10))),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_of_another_kind_passes(name, answer):
    report = exercises.check(name, answer)
    assert report.passed, str(report)
