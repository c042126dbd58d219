"""Noises to test with that are made otherwise than any that a denoiser is trained on.

Each is four seconds and more of numbers drawn from a seed, at 16 kHz: resonances that are struck or
blown, not the tones and filtered noise of `_made_noise`. Nothing may be trained on them.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from audiolessons.errors import check_choice

SAMPLE_RATE = 16000
DURATION_S = 5.0
N_SAMPLES = round(DURATION_S * SAMPLE_RATE)


def _fan(rng):
    """Return blades that chop air: noise of a box, swelling with the turns, and their pitch."""
    turns_hz = rng.uniform(8, 22)
    drift = 1 + 0.01 * _slow(rng, 0.5)
    phase = 2 * np.pi * np.cumsum(turns_hz * drift) / SAMPLE_RATE
    air = _ring(rng.standard_normal(N_SAMPLES), rng.uniform(150, 900), width_hz=400)
    hum = sum(np.sin(blades * phase + rng.uniform(0, 6)) / blades for blades in (5, 10, 15, 20))
    return air / air.std() * (1 + 0.4 * np.sin(5 * phase)) + 0.5 * hum


def _traffic(rng):
    """Return cars that pass: each swells and fades, and turns from bright to dull behind."""
    road = np.zeros(N_SAMPLES)
    time_s = np.arange(N_SAMPLES) / SAMPLE_RATE
    for _ in range(rng.integers(2, 5)):
        passes_s, wide_s = rng.uniform(0, DURATION_S), rng.uniform(0.4, 1.5)
        tyres = _ring(rng.standard_normal(N_SAMPLES), rng.uniform(500, 1100), width_hz=900)
        road += tyres / tyres.std() / (1 + ((time_s - passes_s) / wide_s) ** 2)
    rumble = np.cumsum(rng.standard_normal(N_SAMPLES))
    rumble = signal.sosfilt(_band(30, 180), rumble)
    return road + 1.5 * rumble / rumble.std()


def _wind(rng):
    """Return gusts in a gap: a narrow noise whose pitch rises with its strength."""
    strength = np.exp(0.8 * _slow(rng, 1.2))
    steps = 16
    blocks = np.array_split(rng.standard_normal(N_SAMPLES), N_SAMPLES // 800)
    gusts = [
        _ring(part, 180 + 160 * strength[number * 800], width_hz=150)
        for number, part in enumerate(blocks)
    ]
    return np.convolve(np.concatenate(gusts), np.ones(steps) / steps, mode="same") * strength


def _typing(rng):
    """Return keys in bursts: a click of plastic going down, a softer one coming back."""
    return _struck(
        rng, rate_hz=rng.uniform(5, 9), low_hz=1200, high_hz=5500, decay_s=(0.002, 0.012), modes=6
    ) + 0.01 * rng.standard_normal(N_SAMPLES)


def _dishes(rng):
    """Return plates and forks: struck things that ring at pitches that are no multiples."""
    return _struck(
        rng, rate_hz=rng.uniform(2, 4), low_hz=900, high_hz=7000, decay_s=(0.03, 0.25), modes=9
    ) + 0.002 * rng.standard_normal(N_SAMPLES)


def _engine(rng):
    """Return a motor: one thump a turn through pipes, its speed pulled up and down."""
    speed_hz = rng.uniform(22, 60) * np.exp(0.12 * _slow(rng, 0.6))
    turns = np.floor(np.cumsum(speed_hz) / SAMPLE_RATE)
    thumps = np.diff(turns, prepend=0) * rng.uniform(0.6, 1.4, N_SAMPLES)
    pipes = sum(
        _ring(thumps, rng.uniform(80, 1800), width_hz=rng.uniform(40, 150)) for _ in range(4)
    )
    hiss = signal.sosfilt(_band(700, 5000), rng.standard_normal(N_SAMPLES))
    return pipes / pipes.std() + 0.25 * hiss / hiss.std()


MAKERS = {
    "fan": _fan,
    "traffic": _traffic,
    "wind": _wind,
    "typing": _typing,
    "dishes": _dishes,
    "engine": _engine,
}


def foreign_noise(kind: str, *, seed: int) -> np.ndarray:
    """Return a noise (T,), float32, RMS 0.1: of a kind of `MAKERS`, the same for the same seed."""
    check_choice(kind, name="kind of noise", choices=tuple(MAKERS))
    audio = MAKERS[kind](np.random.default_rng([seed, list(MAKERS).index(kind)]))
    return (0.1 * audio / np.sqrt(np.mean(audio**2))).astype(np.float32)


def _slow(rng, cutoff_hz):
    """Return a wandering of variance 1, slower than a frequency."""
    knots = rng.standard_normal(round(2 * cutoff_hz * DURATION_S) + 3)
    places = np.linspace(0, len(knots) - 1, N_SAMPLES)
    return np.interp(places, np.arange(len(knots)), knots)


def _ring(excitation, pitch_hz, *, width_hz):
    """Return what a resonance makes of an excitation."""
    radius = np.exp(-np.pi * width_hz / SAMPLE_RATE)
    angle = 2 * np.pi * pitch_hz / SAMPLE_RATE
    return signal.lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], excitation)


def _struck(rng, *, rate_hz, low_hz, high_hz, decay_s, modes):
    """Return strokes in bursts, each of several modes that die away."""
    audio = np.zeros(2 * N_SAMPLES)
    now_s = 0.0
    while now_s < DURATION_S:
        length = round(6 * decay_s[1] * SAMPLE_RATE)
        time_s = np.arange(length) / SAMPLE_RATE
        stroke = sum(
            rng.uniform(0.2, 1)
            * np.exp(-time_s / rng.uniform(*decay_s))
            * np.sin(2 * np.pi * rng.uniform(low_hz, high_hz) * time_s)
            for _ in range(modes)
        )
        begin = round(now_s * SAMPLE_RATE)
        audio[begin : begin + length] += rng.uniform(0.3, 1) * stroke
        pause_s = 0.5 if rng.uniform() < 0.1 else 0.0
        now_s += pause_s + rng.exponential(1 / rate_hz)
    return audio[:N_SAMPLES]


def _band(low_hz, high_hz):
    return signal.butter(2, [low_hz, high_hz], "bandpass", fs=SAMPLE_RATE, output="sos")
