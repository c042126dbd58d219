"""Dog, baby, sneeze, rooster: one recipe each, (rng, n_samples, sample_rate) -> audio.

All four are a source (harmonics of a moving pitch, or breath) sent through resonances of a throat.
"""

from __future__ import annotations

import numpy as np

from .sound import (
    add_at,
    band,
    between,
    breakpoints,
    coloured_noise,
    fade,
    formants,
    harmonics,
    rms,
    smooth_noise,
)


def dog_bark(rng, n_samples, sample_rate):
    """Short bursts: the pitch jumps up and falls, the mouth opens and shuts."""
    audio = np.zeros(n_samples)
    size = between(rng, 0.0, 1.0)  # 0 is a small dog, 1 a large one
    f0_hz = 780.0 * (200.0 / 780.0) ** size
    tract = 1.35 - 0.6 * size
    roughness = between(rng, 0.1, 0.6)
    at_s = between(rng, 0.1, 0.8)
    while at_s < n_samples / sample_rate - 0.3:
        for _ in range(rng.integers(1, 4)):
            length_s = between(rng, 0.12, 0.2) * (0.9 + 0.4 * size)
            n = int(length_s * sample_rate)
            shape = [(0, 0.7), (0.2, 1.15), (0.5, 1.0), (1, 0.55)]
            pitch = f0_hz * between(rng, 0.9, 1.1) * breakpoints(n, shape)
            pitch = pitch * (1 + 0.05 * roughness * smooth_noise(rng, n, 120.0, sample_rate))
            source = harmonics(pitch, sample_rate, tilt_db=5.0, n_max=40, rng=rng)
            source = source / rms(source) + roughness * coloured_noise(rng, n, 2.0, sample_rate)
            closed = formants(source, sample_rate, [(450 * tract, 120, 0), (1000 * tract, 160, -6)])
            opened = formants(
                source,
                sample_rate,
                [(850 * tract, 180, 0), (1500 * tract, 220, -2), (2900 * tract, 400, -10)],
            )
            mouth = breakpoints(n, [(0, 0.1), (0.3, 1), (0.6, 0.8), (1, 0.0)])
            bark = closed * (1 - mouth) + 1.6 * opened * mouth
            bark *= breakpoints(n, [(0, 0), (0.06, 1), (0.45, 0.8), (1, 0)]) ** 1.5
            add_at(audio, between(rng, 0.7, 1.0) * bark / rms(bark), at_s * sample_rate)
            at_s += length_s + between(rng, 0.12, 0.3)
        at_s += between(rng, 0.4, 1.8)
    return audio


def baby_cry(rng, n_samples, sample_rate):
    """Long arches of pitch with vibrato, breaking into noise at the top, a gasp between them."""
    audio = np.zeros(n_samples)
    f0_hz = between(rng, 330.0, 560.0)
    tract = between(rng, 0.9, 1.12)
    vibrato_hz = between(rng, 4.5, 8.0)
    depth = between(rng, 0.008, 0.035)
    harsh = between(rng, 0.05, 0.5)
    at_s = between(rng, 0.05, 0.5)
    while at_s < n_samples / sample_rate - 0.4:
        length_s = between(rng, 0.45, 1.3)
        n = int(length_s * sample_rate)
        time = np.arange(n) / sample_rate
        arch = [(0, 0.72), (0.15, 1.0), (between(rng, 0.3, 0.6), 1.12), (0.85, 0.95), (1, 0.68)]
        pitch = f0_hz * between(rng, 0.93, 1.08) * breakpoints(n, arch)
        pitch = pitch * (1 + depth * np.sin(2 * np.pi * vibrato_hz * time + 6 * rng.random()))
        pitch = pitch * (1 + 0.006 * smooth_noise(rng, n, 30.0, sample_rate))
        source = harmonics(pitch, sample_rate, tilt_db=4.0, n_max=32, rng=rng)
        top = breakpoints(n, [(0, 0), (0.35, 0.3), (0.5, 1), (0.7, 0.4), (1, 0)])
        # Where the voice breaks, a second set of harmonics an octave below appears.
        source += harsh * top * harmonics(pitch / 2, sample_rate, tilt_db=3.0, n_max=50, rng=rng)
        source = source / rms(source) + harsh * top * coloured_noise(rng, n, 0.0, sample_rate)
        cry = formants(
            source,
            sample_rate,
            [(1050 * tract, 180, 0), (1800 * tract, 300, -4), (3400 * tract, 400, -3),
             (5200 * tract, 700, -9)],
        )  # fmt: skip
        cry *= breakpoints(n, [(0, 0), (0.08, 0.8), (0.5, 1), (0.9, 0.7), (1, 0)])
        add_at(audio, cry / rms(cry), at_s * sample_rate)
        at_s += length_s
        gasp_s = between(rng, 0.15, 0.35)
        n = int(gasp_s * sample_rate)
        gasp = formants(
            coloured_noise(rng, n, 0.0, sample_rate),
            sample_rate,
            [(1500 * tract, 400, 0), (3200 * tract, 600, -3)],
        )
        gasp *= np.sin(np.pi * np.arange(n) / n) ** 2
        add_at(audio, between(rng, 0.05, 0.25) * gasp / rms(gasp), (at_s + 0.05) * sample_rate)
        at_s += gasp_s + between(rng, 0.05, 0.4)
    return audio


def person_sneeze(rng, n_samples, sample_rate):
    """A breath drawn in ("ah"), a short halt, the burst ("tshh"), a voice that falls ("oo")."""
    audio = np.zeros(n_samples)
    f0_hz = between(rng, 110.0, 320.0)
    tract = 0.85 + 0.35 * (f0_hz - 110.0) / 210.0
    voiced = between(rng, 0.1, 1.0)

    at_s = between(rng, 0.2, 1.2)
    for _ in range(rng.integers(1, 4)):  # the breath may come in two or three jerks
        n = int(between(rng, 0.15, 0.45) * sample_rate)
        pitch = f0_hz * breakpoints(n, [(0, 1.0), (1, 1.5)])
        breath = coloured_noise(rng, n, 1.0, sample_rate)
        breath += voiced * harmonics(pitch, sample_rate, tilt_db=8.0, rng=rng)
        ah = formants(
            breath, sample_rate, [(750 * tract, 150, 0), (1250 * tract, 200, -3), (2700, 400, -8)]
        )
        ah *= np.linspace(0, 1, n) ** 1.5
        loudness = between(rng, 0.08, 0.35)
        add_at(audio, loudness * fade(ah, sample_rate) / rms(ah), at_s * sample_rate)
        at_s += n / sample_rate + between(rng, 0.02, 0.1)

    at_s += between(rng, 0.05, 0.25)
    n = int(between(rng, 0.18, 0.45) * sample_rate)
    burst = band(coloured_noise(rng, n, 0.0, sample_rate), sample_rate, between(rng, 600, 1800))
    burst = burst + 2.0 * formants(
        burst, sample_rate, [(2300 * tract, 500, 0), (4200 * tract, 900, -2)]
    )
    burst *= breakpoints(n, [(0, 0), (0.02, 1), (0.3, 0.6), (1, 0)]) ** 1.3
    add_at(audio, 1.4 * burst / rms(burst), at_s * sample_rate)

    n = int(between(rng, 0.2, 0.5) * sample_rate)
    pitch = f0_hz * breakpoints(n, [(0, 1.7), (0.3, 1.3), (1, 0.75)])
    oo = harmonics(pitch, sample_rate, tilt_db=7.0, rng=rng)
    oo = oo / rms(oo) + 0.4 * coloured_noise(rng, n, 1.0, sample_rate)
    oo = formants(oo, sample_rate, [(380 * tract, 90, 0), (950 * tract, 150, -5), (2400, 300, -16)])
    oo *= breakpoints(n, [(0, 0), (0.15, 1), (0.5, 0.6), (1, 0)])
    start_s = at_s + between(rng, 0.03, 0.1)
    add_at(audio, voiced * between(rng, 0.5, 1.0) * oo / rms(oo), start_s * sample_rate)
    return audio


def rooster(rng, n_samples, sample_rate):
    """Cock-a-doodle-doo: four notes of a bright, rough voice; the last is long and falls."""
    audio = np.zeros(n_samples)
    f0_hz = between(rng, 430.0, 720.0)
    rough = between(rng, 0.03, 0.2)
    tract = between(rng, 0.9, 1.1)
    pace = between(rng, 0.85, 1.2)
    # (seconds, start, middle, end of the pitch against f0, loudness)
    notes = [
        (0.22, 0.75, 1.0, 0.9, 0.6),
        (0.16, 0.95, 1.1, 1.0, 0.7),
        (0.35, 1.1, 1.45, 1.3, 0.9),
        (between(rng, 0.7, 1.3), 1.35, 1.5, 0.7, 1.0),
    ]
    at_s = between(rng, 0.1, 0.7)
    while at_s < n_samples / sample_rate - 1.2:
        for seconds, start, middle, end, loudness in notes:
            n = int(seconds * pace * sample_rate)
            pitch = f0_hz * breakpoints(n, [(0, start), (0.25, middle), (0.6, middle), (1, end)])
            pitch = pitch * (1 + rough * 0.1 * smooth_noise(rng, n, 90.0, sample_rate))
            source = harmonics(pitch, sample_rate, tilt_db=3.0, n_max=24, rng=rng)
            source *= 1 + 2 * rough * smooth_noise(rng, n, 70.0, sample_rate)
            source = source / rms(source) + 0.5 * rough * coloured_noise(rng, n, 0.0, sample_rate)
            crow = formants(
                source,
                sample_rate,
                [(900 * tract, 250, 0), (1900 * tract, 300, 1), (3100 * tract, 500, -4)],
            )
            crow *= breakpoints(n, [(0, 0), (0.1, 1), (0.7, 0.9), (1, 0)])
            add_at(audio, loudness * crow / rms(crow), at_s * sample_rate)
            at_s += seconds * pace + between(rng, 0.01, 0.05)
        at_s += between(rng, 0.8, 2.0)
    return audio
