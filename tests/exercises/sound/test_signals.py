"""Right answers to the exercises of the chapter sound/signals, and wrong ones not stated."""

import math

import numpy as np
import pytest
import torch

from audiolessons import exercises, signals


def power(audio):
    return sum(x * x for x in audio) / len(audio)


def alias_by_loop(frequency_hz, sample_rate, n_harmonics):
    heard = []
    for k in range(n_harmonics):
        hz = (k + 1) * frequency_hz
        while hz > sample_rate / 2:
            hz = abs(hz - sample_rate)
        heard.append(hz)
    return heard


def alias_by_remainder(frequency_hz, sample_rate, n_harmonics):
    hz = torch.arange(1, n_harmonics + 1, dtype=torch.float64) * frequency_hz
    return torch.minimum(hz % sample_rate, -hz % sample_rate)


def alias_by_cosine(frequency_hz, sample_rate, n_harmonics):
    turn = 2 * np.pi * frequency_hz / sample_rate * np.arange(1, n_harmonics + 1)
    return sample_rate / 2 / np.pi * np.arccos(np.cos(turn))


def step_by_trial(sample_rate, highest_hz):
    return max(step for step in range(1, 1000) if sample_rate / step / 2 > highest_hz)


def step_by_loop(sample_rate, highest_hz):
    step = 1
    while sample_rate / (step + 1) > 2 * highest_hz:
        step += 1
    return step


def values(n_bits):
    highest = 2 ** (n_bits - 1)
    return (np.arange(-highest, highest) + 0.5) / highest


def quantize_by_search(audio, n_bits):
    return values(n_bits)[np.abs(audio[:, np.newaxis] - values(n_bits)).argmin(axis=1)]


def quantize_in_place(audio, n_bits):
    audio *= 2 ** (n_bits - 1)
    return list(
        np.clip(np.round(audio - 0.5) + 0.5, *(values(n_bits)[[0, -1]] * 2 ** (n_bits - 1)))
        / 2 ** (n_bits - 1)
    )


def quantize_by_signs(audio, n_bits):
    highest = 2 ** (n_bits - 1)
    size = np.minimum(np.floor(np.abs(audio) * highest) + 0.5, highest - 0.5)
    return (np.where(audio < 0, -1, 1) * size / highest).astype(np.float32)


def quantize_by_table(audio, n_bits):
    edges = (values(n_bits)[1:] + values(n_bits)[:-1]) / 2
    return torch.from_numpy(values(n_bits))[np.searchsorted(edges, audio)]


def dither_with(noise):
    def answer(audio, n_bits, random):
        return quantize_by_search(audio + noise(random, audio.size) / 2 ** (n_bits - 1), n_bits)

    return answer


def dither_in_a_loop(audio, n_bits, random):
    highest = 2 ** (n_bits - 1)
    rounded = []
    for x in audio:
        number = math.floor(x * highest + random.random() - random.random())
        rounded.append((min(max(number, -highest), highest - 1) + 0.5) / highest)
    return rounded


def level_in_place(audio, target_db):
    audio *= 10 ** ((target_db - signals.level_db(audio)) / 20)
    return list(audio)


def mix_in_place(signal, noise, snr_db):
    signal *= signals.rms(noise) / signals.rms(signal) * 10 ** (snr_db / 20)
    noise += signal
    return noise.astype(np.float32)


def mix_by_powers(signal, noise, snr_db):
    ratio = 10 ** (snr_db / 10) * np.mean(noise**2) / np.mean(signal**2)
    return noise - signal * -np.sqrt(ratio)


def mix_by_the_package(signal, noise, snr_db):
    mixture = signals.mix_at_snr(signal, noise, snr_db=snr_db)
    return mixture * signals.rms(noise) / signals.rms(mixture - signal)


def rms_by_hand(audio):
    mean = sum(audio) / len(audio)
    return math.sqrt(sum((x - mean) ** 2 for x in audio) / len(audio))


RIGHT_ANSWERS = {
    "signals.snr": [
        lambda r, e: np.float32(20 * np.log10(signals.rms(r) / signals.rms(e - r))),
        lambda r, e: signals.level_db(r) - signals.level_db(e - r),
        lambda r, e: 10 * math.log10(power(r) / (power(e - r) + 1e-12)),
        lambda r, e: 10 * (np.log10(np.sum(r**2)) - np.log10(np.sum((r - e) ** 2))),
    ],
    "signals.size": [
        lambda s, rate, c, bits: int(s * rate) * c * (bits // 8),
        lambda s, rate, c, bits: s * rate * c * bits // 8,
        lambda s, rate, c, bits: np.float64(bits / 8 * c * rate * s),
        lambda s, rate, c, bits: torch.tensor(s * rate * c * bits, dtype=torch.float64) / 8,
    ],
    "signals.alias": [
        alias_by_loop,
        alias_by_remainder,
        alias_by_cosine,
        lambda f, rate, n: tuple(abs(k * f - rate * round(k * f / rate)) for k in range(1, n + 1)),
    ],
    "signals.mystery": [11_000, 11_010.0, np.float32(11_000), np.array(10_970)],
    "signals.step": [
        step_by_trial,
        step_by_loop,
        lambda rate, highest: np.ceil(rate / 2 / highest) - 1,
        lambda rate, highest: -int(-rate // (2 * highest)) - 1,
    ],
    "signals.quantize": [
        quantize_by_search,
        quantize_in_place,
        quantize_by_signs,
        quantize_by_table,
    ],
    "signals.dither": [
        dither_with(lambda random, n: random.triangular(-1, 0, 1, n)),
        dither_with(lambda random, n: random.random(n) + random.random(n) - 1),
        dither_with(lambda random, n: np.diff(random.random(n + 1))),
        dither_with(lambda random, n: random.uniform(-0.5, 0.5, (2, n)).sum(axis=0)),
        dither_in_a_loop,
    ],
    "signals.rms": [
        rms_by_hand,
        np.std,
        lambda audio: np.sqrt(np.mean(audio**2) - np.mean(audio) ** 2),
        lambda audio: np.linalg.norm(audio - audio.mean()) / len(audio) ** 0.5,
        lambda audio: torch.from_numpy(audio).std(correction=0),
    ],
    "signals.level": [
        level_in_place,
        lambda a, target_db: a / signals.rms(a) * 10 ** (target_db / 20),
        lambda a, target_db: signals.normalize(a, to_rms=10 ** (target_db / 20)),
        lambda a, target_db: (a * np.sqrt(10 ** (target_db / 10) / power(a))).astype(np.float32),
    ],
    "signals.cancel": [
        lambda f: 0.5 / f * 1000,
        lambda f: 500 / f,
        lambda f: 1e3 * np.pi / (2 * np.pi * f),
        lambda f: np.float32(1000 * (1 / f) / 2),
    ],
    "signals.mix": [
        mix_in_place,
        mix_by_powers,
        mix_by_the_package,
        lambda s, n, db: list(n + s / signals.rms(s) * signals.rms(n) * 10 ** (db / 20)),
    ],
}

ROUNDED = [
    # what was called "you cut off towards 0", and was not
    ("signals.quantize", lambda a, b: np.round(a / (d := 2 / (2**b - 1))) * d),
    # noise of half the width was told that "the samples do not get noise of their own"
    ("signals.dither", dither_with(lambda random, n: (random.random(n) - random.random(n)) / 2)),
    ("signals.dither", dither_with(lambda random, n: random.random(n) / 2 - random.random(n) / 2)),
]


@pytest.mark.parametrize(("name", "answer"), ROUNDED)
def test_no_message_of_another_mistake_is_given(name, answer):
    report = exercises.check(name, answer)
    assert not report.passed
    assert "towards 0" not in str(report)
    assert "of their own" not in str(report)


def dither_without_clipping(audio, n_bits, random):
    highest = 2 ** (n_bits - 1)
    return (
        np.floor(audio * highest + random.random(audio.size) - random.random(audio.size)) + 0.5
    ) / highest


def test_dither_that_does_not_clip_is_refused():
    report = exercises.check("signals.dither", dither_without_clipping)
    assert "nothing clips" in report.means


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("signals.quantize", lambda a, b: signals.quantize(a, n_bits=b)),
        ("signals.dither", lambda a, b, random: signals.quantize(a, n_bits=b, dither="tpdf")),
        ("signals.rms", signals.rms),
        ("signals.mix", lambda s, n, db: signals.mix_at_snr(s, n, snr_db=db)),
        ("signals.alias", lambda f, rate, n: abs(f - rate * round(f / rate))),
    ],
)
def test_what_stands_above_an_exercise_does_not_answer_it(name, shown):
    assert not exercises.check(name, shown).passed
