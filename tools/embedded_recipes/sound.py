"""What all recipes share: random numbers by name, noise, resonances, rooms, levels."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy import signal


def random_for(*name) -> np.random.Generator:
    """Return a generator that depends on `name` alone, so that clips do not depend on order."""
    digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def between(rng, low, high):
    """Draw one number, equally likely anywhere from low to high."""
    return low + (high - low) * rng.random()


def decibels(level_db):
    """Turn decibels into the factor of an amplitude."""
    return 10.0 ** (level_db / 20.0)


def rms(audio) -> float:
    return float(np.sqrt(np.mean(np.square(audio)) + 1e-20))


def to_level(audio, level_db, *, peak=0.97):
    """Scale to the RMS level in dB full scale, or to `peak` where that would clip."""
    audio = audio * (decibels(level_db) / rms(audio))
    return audio * min(1.0, peak / (np.abs(audio).max() + 1e-12))


def breakpoints(n_samples, points):
    """Join (position from 0 to 1, value) pairs by straight lines over n_samples."""
    positions, values = zip(*points, strict=True)
    return np.interp(np.linspace(0.0, 1.0, n_samples), positions, values)


def smooth_noise(rng, n_samples, rate_hz, sample_rate):
    """A slow random curve with RMS near 1 that wanders about `rate_hz` times a second."""
    n_points = max(4, int(n_samples / sample_rate * rate_hz) + 4)
    points = rng.standard_normal(n_points)
    where = np.linspace(0.0, n_points - 1.0, n_samples)
    left = np.minimum(where.astype(int), n_points - 2)
    part = (1 - np.cos(np.pi * (where - left))) / 2  # a cosine join has no corners
    return points[left] * (1 - part) + points[left + 1] * part


def coloured_noise(rng, n_samples, slope_db, sample_rate, *, from_hz=40.0):
    """Noise with RMS 1 whose level falls by `slope_db` per octave above `from_hz`."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    hz = np.fft.rfftfreq(n_samples, 1 / sample_rate)
    # 20 log10(2) = 6.02 dB is what one octave of 1/f takes away.
    spectrum *= np.maximum(hz, from_hz) ** (-slope_db / 6.0206) * (hz > 15.0)
    noise = np.fft.irfft(spectrum, n_samples)
    return noise / rms(noise)


def band(audio, sample_rate, low_hz=None, high_hz=None, order=2):
    """Keep what lies between the two frequencies (Butterworth)."""
    if low_hz is not None and low_hz < 0.49 * sample_rate:
        sections = signal.butter(order, low_hz, "highpass", fs=sample_rate, output="sos")
        audio = signal.sosfilt(sections, audio)
    if high_hz is not None and high_hz < 0.49 * sample_rate:
        sections = signal.butter(order, high_hz, "lowpass", fs=sample_rate, output="sos")
        audio = signal.sosfilt(sections, audio)
    return audio


def peak_filter(audio, sample_rate, centre_hz, gain_db, quality=1.0):
    """Raise or lower the neighbourhood of one frequency (R. Bristow-Johnson's peaking filter)."""
    if not 0 < centre_hz < 0.45 * sample_rate:
        return audio
    omega = 2 * np.pi * centre_hz / sample_rate
    root = 10 ** (gain_db / 40)
    alpha = np.sin(omega) / (2 * quality)
    b = [1 + alpha * root, -2 * np.cos(omega), 1 - alpha * root]
    a = [1 + alpha / root, -2 * np.cos(omega), 1 - alpha / root]
    return signal.lfilter(np.array(b) / a[0], np.array(a) / a[0], audio)


def formants(source, sample_rate, peaks):
    """Send a source through parallel resonances given as (centre Hz, bandwidth Hz, gain dB)."""
    result = np.zeros(len(source))
    for centre_hz, bandwidth_hz, gain_db in peaks:
        if centre_hz > 0.45 * sample_rate:
            continue
        radius = np.exp(-np.pi * bandwidth_hz / sample_rate)
        angle = 2 * np.pi * centre_hz / sample_rate
        # Zeros at 0 and at half the sample rate keep each resonance out of the others' way.
        b = np.array([1.0, 0.0, -1.0]) * (1 - radius)
        a = [1.0, -2 * radius * np.cos(angle), radius**2]
        result += decibels(gain_db) * signal.lfilter(b, a, source)
    return result


def harmonics(f0_hz, sample_rate, *, tilt_db=6.0, n_max=60, rng=None):
    """Harmonics of a moving f0, each octave `tilt_db` weaker, none above 0.45 of the rate."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / sample_rate
    if rng is not None:
        phase = phase + 2 * np.pi * rng.random()
    audio = np.zeros(len(f0_hz))
    n_max = min(n_max, int(0.45 * sample_rate / max(20.0, np.min(f0_hz))))
    for number in range(1, n_max + 1):
        weight = number ** (-tilt_db / 6.0206)
        audible = np.clip((0.45 * sample_rate - number * f0_hz) / 400.0, 0.0, 1.0)
        audio += weight * audible * np.sin(number * phase)
    return audio


def room_response(rng, sample_rate, *, decay_s, direct_db=0.0, dark_hz=5000.0):
    """Impulse response of a small room: direct sound, a few reflections, a decaying tail.

    `decay_s` is the time in which the tail falls by 60 dB; `direct_db` the direct sound against
    the rest.
    """
    n_samples = int(sample_rate * max(0.02, decay_s))
    time = np.arange(n_samples) / sample_rate
    tail = rng.standard_normal(n_samples) * np.exp(-6.9078 * time / decay_s)
    tail[: int(0.004 * sample_rate)] *= 0.1
    tail = band(tail, sample_rate, 120.0, dark_hz, order=1)
    for _ in range(5):
        at = int(between(rng, 0.002, min(0.03, 0.9 * decay_s)) * sample_rate)
        tail[at] += between(rng, -1.0, 1.0) * 4.0
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] += decibels(direct_db)
    return tail


def place(audio, response):
    """Hear a sound in a room, cut to the length it had."""
    return signal.fftconvolve(audio, response)[: len(audio)]


def fade(audio, sample_rate, *, in_s=0.005, out_s=0.02):
    """Start and end at zero, so that nothing clicks."""
    audio = np.array(audio, dtype=float)
    n_in, n_out = int(in_s * sample_rate), int(out_s * sample_rate)
    audio[:n_in] *= np.linspace(0.0, 1.0, n_in)
    audio[len(audio) - n_out :] *= np.linspace(1.0, 0.0, n_out)
    return audio


def add_at(target, audio, start):
    """Add a sound into a longer one from sample `start` on; what sticks out is cut."""
    start = int(start)
    end = min(len(target), start + len(audio))
    if end > start:
        target[start:end] += audio[: end - start]
