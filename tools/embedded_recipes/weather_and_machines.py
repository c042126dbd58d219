"""Rain, waves, clock, helicopter, chainsaw, fire: (rng, n_samples, sample_rate) -> audio."""

from __future__ import annotations

import numpy as np
from scipy import signal

from .sound import (
    add_at,
    band,
    between,
    breakpoints,
    coloured_noise,
    decibels,
    formants,
    harmonics,
    peak_filter,
    rms,
    smooth_noise,
)


def _ringing(rng, sample_rate, low_hz, high_hz, shortest_s, longest_s):
    """One damped sine: what is left when something small has been struck."""
    hz = low_hz * (high_hz / low_hz) ** rng.random()
    decay_s = shortest_s * (longest_s / shortest_s) ** rng.random()
    time = np.arange(int(5 * decay_s * sample_rate) + 8) / sample_rate
    return np.exp(-time / decay_s) * np.sin(2 * np.pi * hz * time + 6 * rng.random())


def _click(rng, sample_rate, shortest_s, longest_s):
    """One short burst of noise: a click has all frequencies, its length decides how dull it is."""
    decay_s = shortest_s * (longest_s / shortest_s) ** rng.random()
    time = np.arange(int(5 * decay_s * sample_rate) + 8) / sample_rate
    click = np.exp(-time / decay_s) * rng.standard_normal(len(time))
    return click / np.sqrt(np.sum(click**2))


def _scatter(rng, n_samples, sample_rate, *, per_second, kernels, heavy):
    """Events at random moments, each with one of the given shapes and a random strength.

    `heavy` is the exponent of the strengths: the larger, the more a few loud ones stand out.
    """
    audio = np.zeros(n_samples)
    for kernel in kernels:
        count = rng.poisson(per_second / len(kernels) * n_samples / sample_rate)
        train = np.zeros(n_samples)
        strength = rng.exponential(1.0, count) ** heavy * rng.choice([-1.0, 1.0], count)
        np.add.at(train, rng.integers(0, n_samples, count), strength)
        audio += signal.fftconvolve(train, kernel)[:n_samples]
    return audio


def rain(rng, n_samples, sample_rate):
    """A hiss of countless far drops, and single near drops on something that rings."""
    kernels = [_ringing(rng, sample_rate, 900, 9000, 0.0003, 0.0025) for _ in range(24)]
    kernels += [2.0 * _click(rng, sample_rate, 0.0001, 0.001) for _ in range(12)]
    dense = between(rng, 0.0, 1.0)
    near = _scatter(
        rng, n_samples, sample_rate, per_second=40 * 30**dense, kernels=kernels, heavy=1.6
    )
    far = coloured_noise(rng, n_samples, between(rng, 1.0, 5.0), sample_rate, from_hz=400.0)
    far *= 1 + 0.12 * smooth_noise(rng, n_samples, 1.5, sample_rate)
    return near / rms(near) * between(rng, 0.25, 0.9) + band(far, sample_rate, 150.0)


def sea_waves(rng, n_samples, sample_rate):
    """Noise that swells and breaks: as a wave breaks, high frequencies join the low ones."""
    period_s = between(rng, 2.5, 7.0)
    time = np.arange(n_samples) / sample_rate
    phase = time / period_s + rng.random() + 0.1 * smooth_noise(rng, n_samples, 0.3, sample_rate)
    phase = phase % 1.0
    # A quick rise and a slow retreat.
    rise = between(rng, 0.2, 0.45)
    swell = np.where(phase < rise, phase / rise, (1 - phase) / (1 - rise))
    swell = 0.5 - 0.5 * np.cos(np.pi * swell)
    rumble = coloured_noise(rng, n_samples, 7.0, sample_rate, from_hz=80.0)
    wash = coloured_noise(rng, n_samples, 5.0, sample_rate, from_hz=300.0)
    hiss = band(coloured_noise(rng, n_samples, 3.0, sample_rate), sample_rate, 1200.0)
    calm = between(rng, 0.05, 0.4)
    return (
        rumble * (0.5 + 0.5 * swell)
        + wash * (calm + swell)
        + between(rng, 0.2, 0.9) * hiss * (0.4 * calm + swell**2.2)
    )


def clock_tick(rng, n_samples, sample_rate):
    """Regular impulses that set two or three resonances ringing; tick and tock differ."""
    audio = np.zeros(n_samples)
    per_second = rng.choice([1.0, 2.0, 2.0, 3.0, 4.0, 5.0]) * between(rng, 0.98, 1.02)
    sounds = []
    for _ in range(2):
        strike = np.zeros(int(0.12 * sample_rate))
        for _ in range(rng.integers(2, 5)):
            add_at(strike, _ringing(rng, sample_rate, 1200, 8500, 0.0006, 0.005), 0)
        add_at(strike, between(rng, 2.0, 6.0) * _click(rng, sample_rate, 0.0002, 0.002), 0)
        body = _ringing(rng, sample_rate, 250, 900, 0.006, 0.02)
        add_at(strike, between(rng, 0.1, 0.6) * body, 0)
        # The escapement falls in two steps: a small click comes first.
        add_at(strike, 0.5 * strike[: int(0.02 * sample_rate)].copy(), 0.012 * sample_rate)
        sounds.append(strike / np.abs(strike).max())
    sounds[1] *= between(rng, 0.4, 1.0)
    at_s, number = between(rng, 0.0, 1.0 / per_second), 0
    while at_s < n_samples / sample_rate:
        loudness = between(rng, 0.85, 1.0)
        add_at(audio, loudness * sounds[number % 2], at_s * sample_rate)
        at_s += 1.0 / per_second + rng.normal(0, 0.001)
        number += 1
    room_noise = coloured_noise(rng, n_samples, 5.0, sample_rate)
    return audio + decibels(between(rng, -52, -32)) * room_noise


def helicopter(rng, n_samples, sample_rate):
    """Blades that chop low noise ten to twenty times a second, an engine's whine above."""
    blades_hz = between(rng, 9.0, 24.0) * breakpoints(
        n_samples, [(0, 1.0), (1, between(rng, 0.93, 1.07))]
    )
    phase = np.cumsum(blades_hz) / sample_rate + rng.random()
    sharp = between(rng, 3.0, 14.0)
    chop = np.exp(-sharp * (phase % 1.0)) + 0.15
    depth = between(rng, 0.55, 1.0)
    noise = coloured_noise(rng, n_samples, between(rng, 4.0, 7.0), sample_rate, from_hz=90.0)
    audio = noise * (1 - depth + depth * chop / rms(chop))
    thump = harmonics(blades_hz, sample_rate, tilt_db=1.0, n_max=14)
    audio += between(rng, 0.2, 0.6) * thump / rms(thump)
    whine_hz = between(rng, 350.0, 1100.0) * (blades_hz / blades_hz[0])
    whine = harmonics(whine_hz, sample_rate, tilt_db=6.0, n_max=6)
    audio += decibels(between(rng, -32, -14)) * whine / rms(whine)
    far = [(0, between(rng, 0.4, 1.0)), (0.5, 1.0), (1, between(rng, 0.4, 1.0))]
    return band(audio, sample_rate, 20.0, between(rng, 1500.0, 9000.0)) * breakpoints(
        n_samples, far
    )


def chainsaw(rng, n_samples, sample_rate):
    """A two-stroke engine: a buzz whose pitch is the speed, idling, revving up, cutting."""
    idle_hz, full_hz = between(rng, 38.0, 60.0), between(rng, 95.0, 170.0)
    points, at, revs = [], 0.0, rng.random() < 0.5
    while at < 1.0:
        level = between(rng, 0.75, 1.0) if revs else between(rng, 0.0, 0.15)
        length = between(rng, 0.2, 0.6) if revs else between(rng, 0.08, 0.2)
        points += [(at, level), (at + length, level * between(rng, 0.85, 1.0))]
        at += length + between(rng, 0.03, 0.08)
        revs = not revs
    speed = breakpoints(n_samples, points)
    hz = idle_hz + (full_hz - idle_hz) * speed
    hz = hz * (1 + 0.02 * smooth_noise(rng, n_samples, 25.0, sample_rate))
    phase = np.cumsum(hz) / sample_rate
    # Each explosion is a sharp pulse, no two alike, followed by the rush of the exhaust.
    uneven = 1 + 0.25 * rng.standard_normal(int(phase[-1]) + 2)[phase.astype(int)]
    pulse = np.exp(-between(rng, 9.0, 20.0) * (phase % 1.0)) * uneven
    rush = coloured_noise(rng, n_samples, 1.0, sample_rate) * pulse
    source = pulse - np.mean(pulse) + between(rng, 0.3, 1.0) * rush
    audio = formants(
        source,
        sample_rate,
        [
            (between(rng, 180, 320), 120, 0),
            (between(rng, 600, 1000), 250, 2),
            (between(rng, 1600, 2600), 500, 3),
            (between(rng, 3500, 5500), 1200, between(rng, -4, 3)),
        ],
    )
    wood = band(coloured_noise(rng, n_samples, 2.0, sample_rate), sample_rate, 700.0)
    audio = audio / rms(audio) + between(rng, 0.1, 0.4) * speed**2 * wood / rms(wood)
    return audio * (0.35 + 0.65 * speed)


def fire_crackling(rng, n_samples, sample_rate):
    """A low rumble of flames, a little hiss, and crackles: few loud ones among many small."""
    flames = coloured_noise(rng, n_samples, 7.0, sample_rate, from_hz=60.0)
    flames *= 1 + 0.4 * smooth_noise(rng, n_samples, 6.0, sample_rate)
    hiss = band(coloured_noise(rng, n_samples, 1.0, sample_rate), sample_rate, 1500.0)
    clicks = [_ringing(rng, sample_rate, 700, 9000, 0.0002, 0.001) for _ in range(10)]
    clicks += [4.0 * _click(rng, sample_rate, 0.0001, 0.0015) for _ in range(14)]
    small = _scatter(
        rng, n_samples, sample_rate, per_second=8 * 12 ** rng.random(), kernels=clicks, heavy=2.2
    )
    pops = [_ringing(rng, sample_rate, 300, 1800, 0.002, 0.009) for _ in range(4)]
    large = _scatter(
        rng, n_samples, sample_rate, per_second=between(rng, 0.8, 4.0), kernels=pops, heavy=1.0
    )
    crackle = small / (np.abs(small).max() + 1e-9) + between(rng, 0.3, 0.9) * large / (
        np.abs(large).max() + 1e-9
    )
    audio = crackle + decibels(between(rng, -34, -20)) * flames
    audio += decibels(between(rng, -50, -30)) * hiss
    return peak_filter(audio, sample_rate, 2500.0, between(rng, -3, 3))
