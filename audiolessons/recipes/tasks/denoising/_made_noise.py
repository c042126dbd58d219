"""Noises to train with that are computed: coloured, humming, clicking, beating, musical.

Each is five seconds at 16 kHz, drawn from a number. What is tested with is made otherwise
(`_foreign_noise`).
"""

from __future__ import annotations

import numpy as np

SAMPLE_RATE = 16000
DURATION_S = 5.0
N_SAMPLES = round(DURATION_S * SAMPLE_RATE)
TIME_S = np.arange(N_SAMPLES) / SAMPLE_RATE


def made_noise(number: int) -> np.ndarray:
    """Return a noise (T,), float32, RMS 0.1; the number says which, and kinds take turns."""
    rng = np.random.default_rng([71, number])
    kinds = (_coloured, _hum, _clicks, _beats, _band, _music, _tones, _strokes)
    audio = kinds[number % len(kinds)](rng)
    return (0.1 * audio / np.sqrt(np.mean(audio**2) + 1e-12)).astype(np.float32)


def _coloured(rng):
    """Return noise that falls evenly with frequency: white, pink, brown, and what lies between."""
    return _shaped(rng, -rng.uniform(0, 10))


def _hum(rng):
    """Return mains or a transformer: a tone with many harmonics, and some hiss."""
    pitch_hz = rng.choice([50.0, 60.0, rng.uniform(40, 400)])
    orders = np.arange(1, 1 + int(min(40, 7000 / pitch_hz)))
    weights = rng.uniform(0, 1, len(orders)) / orders ** rng.uniform(0.3, 1.5)
    drift = 1 + rng.uniform(0, 0.02) * _wander(rng, 1.0)
    phase = 2 * np.pi * np.cumsum(pitch_hz * drift) / SAMPLE_RATE
    tones = sum(
        w * np.sin(k * phase + rng.uniform(0, 6)) for w, k in zip(weights, orders, strict=True)
    )
    return tones / tones.std() + rng.uniform(0, 0.5) * _shaped(rng, -3)


def _clicks(rng):
    """Return short bursts at random or even times: ticks, crackles, drops."""
    times = np.cumsum(
        rng.exponential(1, 400) * rng.uniform(0.005, 0.15)
        if rng.uniform() < 0.6
        else np.full(400, rng.uniform(0.08, 0.6))
    )
    audio = np.zeros(2 * N_SAMPLES)
    for begin in (times[times < DURATION_S] * SAMPLE_RATE).astype(int):
        length = int(SAMPLE_RATE * rng.uniform(0.001, 0.03))
        burst = rng.standard_normal(length) * np.exp(-5 * np.arange(length) / length)
        audio[begin : begin + length] += rng.uniform(0.1, 1) * burst
    return audio[:N_SAMPLES] + rng.uniform(0, 0.03) * _shaped(rng, -3)


def _beats(rng):
    """Return noise whose strength goes up and down evenly: rotors, pumps, saws."""
    rate_hz = np.exp(rng.uniform(np.log(1), np.log(40)))
    strength = (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * TIME_S)) ** rng.uniform(0.5, 6)
    return (0.1 + strength) * _shaped(rng, -rng.uniform(0, 8))


def _band(rng):
    """Return noise of a band that wanders and swells: wind, waves, steam."""
    spectrum = np.fft.rfft(rng.standard_normal(N_SAMPLES))
    frequency_hz = np.fft.rfftfreq(N_SAMPLES, 1 / SAMPLE_RATE)
    centre_hz, octaves = np.exp(rng.uniform(np.log(100), np.log(6000))), rng.uniform(0.2, 1.5)
    distance = np.log2(np.maximum(frequency_hz, 1) / centre_hz) / octaves
    audio = np.fft.irfft(spectrum * np.exp(-0.5 * distance**2), N_SAMPLES)
    return audio * np.exp(rng.uniform(0, 1) * _wander(rng, rng.uniform(0.3, 4)))


def _music(rng):
    """Return notes of a scale, plucked or held, one to four at a time."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    audio = np.zeros(2 * N_SAMPLES)
    beat_s, root = rng.uniform(0.15, 0.6), rng.integers(36, 66)
    richness, decay = rng.uniform(0.5, 2), rng.uniform(0.3, 6)
    for start_s in np.arange(0, DURATION_S, beat_s):
        for _ in range(rng.integers(0, 4)):
            pitch_hz = 440 * 2 ** ((root + rng.choice(scale) + 12 * rng.integers(0, 3) - 69) / 12)
            time_s = np.arange(int(SAMPLE_RATE * beat_s * rng.integers(1, 4))) / SAMPLE_RATE
            orders = np.arange(1, 1 + int(min(12, 7500 / pitch_hz)))
            note = sum(
                np.sin(2 * np.pi * k * pitch_hz * time_s) / k**richness for k in orders
            ) * np.exp(-decay * time_s)
            note *= np.minimum(1, time_s / 0.01) * np.minimum(1, time_s[::-1] / 0.02)
            begin = int(start_s * SAMPLE_RATE)
            audio[begin : begin + len(note)] += rng.uniform(0.3, 1) * note[: len(audio) - begin]
    return audio[:N_SAMPLES] + 1e-3 * rng.standard_normal(N_SAMPLES)


def _tones(rng):
    """Return gliding tones, held or in bursts: birds, alarms, cries."""
    bends = np.exp(rng.uniform(0, 0.5) * _wander(rng, rng.uniform(0.5, 8)))
    phase = 2 * np.pi * np.cumsum(np.exp(rng.uniform(np.log(200), np.log(4000))) * bends)
    phase /= SAMPLE_RATE
    audio = np.sin(phase) + rng.uniform(0, 0.7) * np.sin(2 * phase)
    audio = audio + rng.uniform(0, 0.5) * np.sin(3 * phase)
    if rng.uniform() < 0.7:
        audio = audio * np.clip(3 * _wander(rng, rng.uniform(0.5, 6)), 0, 1)
    return audio + 0.01 * rng.standard_normal(N_SAMPLES)


def _strokes(rng):
    """Return bursts of coloured noise, a fraction of a second each: coughs, barks, blows."""
    audio = 0.01 * _shaped(rng, -6)
    for _ in range(rng.integers(3, 25)):
        begin, length = rng.integers(N_SAMPLES), int(SAMPLE_RATE * rng.uniform(0.02, 0.5))
        shape = np.sin(np.pi * np.linspace(0, 1, length) ** rng.uniform(0.2, 1))
        burst = _shaped(rng, -rng.uniform(0, 9))[:length] * shape
        audio[begin : begin + length] += rng.uniform(0.1, 1) * burst[: N_SAMPLES - begin]
    return audio


def _shaped(rng, slope_db):
    """Return noise of variance 1 whose spectrum changes by `slope_db` an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(N_SAMPLES))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(N_SAMPLES, 1 / SAMPLE_RATE), 30) / 1000)
    audio = np.fft.irfft(spectrum * 10 ** (slope_db * octaves / 20), N_SAMPLES)
    return audio / audio.std()


def _wander(rng, rate_hz):
    """Return a smooth wandering of about variance 1, with `rate_hz` turns a second."""
    knots = rng.standard_normal(round(2 * rate_hz * DURATION_S) + 2)
    return np.interp(np.linspace(0, len(knots) - 1, N_SAMPLES), np.arange(len(knots)), knots)
