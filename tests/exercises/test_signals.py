"""Wrong answers that learners of sound/signals may give, and the message meant for each."""

import numpy as np


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
    ],
    "signals.size": [
        (lambda s, rate, c, bits: s * rate * c * bits, "these are bits"),
        (lambda s, rate, c, bits: s * rate * c, "this counts the samples"),
        (lambda s, rate, c, bits: s * rate * bits / 8, "the channels are missing"),
        (lambda s, rate, c, bits: s * rate * c * bits / 8000, "these are kilobytes"),
    ],
    "signals.alias": [
        (lambda f, rate: f, "7000 Hz cannot stay"),
        (alias_mirrored_once, "one mirror is not enough"),
        (alias_at_half_rate, "3000 above it becomes 3000 below it"),
        (alias_with_sign, "a frequency heard is positive"),
        (lambda f, rate: min(f, rate / 2), "not held at the edge"),
        (lambda f, rate: abs(f - rate) if f > rate / 2 else f, "fold once more"),
        (alias_by_remainder, "7000 Hz cannot stay"),
    ],
    "signals.mystery": [
        (3000, "what you hear at 8000 Hz"),
        (2000, "what you hear at 9000 Hz"),
        (11, "give hertz"),
        (5000, "fits the picture of 8000 Hz, but not"),
        (7000, "fits the picture of 9000 Hz, but not"),
        (12_345, "fits neither picture"),
    ],
    "signals.step": [
        (lambda rate, highest: int(rate // highest), "a 2 is missing"),
        (lambda rate, highest: int(np.ceil(rate / (2 * highest))), "8 is rounded up"),
        (lambda rate, highest: rate / (2 * highest), "a step is a whole number"),
    ],
    "signals.quantize": [
        (quantize_with(np.floor), "you round down"),
        (quantize_with(np.trunc), "cut off towards 0"),
        (quantize_finer, "half as wide"),
        (quantize_without_clip, "nothing clips"),
        (quantize_clip_to_one, "a fifth value"),
        (quantize_step_numbers, "these are step numbers"),
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
    ],
    "signals.rms": [
        (power, "the root is missing"),
        (lambda audio: np.sqrt(np.sum(np.square(audio))), "divide by the number of samples"),
        (lambda audio: np.mean(np.abs(audio)), "mean of the absolute values"),
        (np.mean, "positive and negative samples cancel"),
        (lambda audio: np.max(np.abs(audio)), "this is the peak"),
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
    ],
    "signals.cancel": [
        (lambda f: 1000 / f, "a whole period"),
        (lambda f: 1 / (2 * f), "these are seconds"),
        (lambda f: 1000 / (4 * f), "a quarter of the period"),
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
    ],
}
