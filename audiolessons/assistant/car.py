"""The noise in a car: an engine, the road and the wind, computed and not recorded."""

from __future__ import annotations

import numpy as np
from scipy import signal

from audiolessons.errors import AudioError, check_positive

FIRINGS = 2  # a four-stroke engine with four cylinders fires twice in a turn
TURNS_PER_KMH = 0.36  # turns a second of the engine, for each km/h in top gear
IDLE_TURNS = 13.0  # turns a second of an engine that idles
CORNER_HZ = 90.0  # above it the road's noise falls by 12 dB an octave
WIND_HZ = 200  # the wind lies above it
GUSTS_HZ = 0.7


def car_noise(
    duration_s: float, *, sample_rate: float, speed_kmh: float = 80.0, seed: int = 0
) -> np.ndarray:
    """Return what is heard in a moving car, RMS 0.1.

    Three parts are added. The engine fires, and its harmonics stand on multiples of the firing
    rate, which wanders a little. The road rumbles: noise that falls by 12 dB an octave. The wind
    hisses: noise that falls by 3 dB an octave and swells in gusts. The faster the car, the more of
    it is wind.

    Parameters
    ----------
    duration_s
        In seconds.
    sample_rate
        In Hz.
    speed_kmh
        From 0, where the engine idles, to 250.
    seed
        Of all that is drawn.

    Returns
    -------
    Shape (T,), float32.

    Raises
    ------
    AudioError
        If the speed cannot be, the rate has no room for the wind, or the sound would be empty.

    Examples
    --------
    >>> noise = car_noise(2.0, sample_rate=16000)
    >>> noise.shape, round(float(np.sqrt(np.mean(noise**2))), 3)
    ((32000,), 0.1)

    Chapter: large/assistant
    """
    check_positive(duration_s, name="duration_s")
    if check_positive(sample_rate, name="sample_rate") <= 2 * WIND_HZ:
        raise AudioError(
            f"sample_rate is {sample_rate}: give more than {2 * WIND_HZ} Hz, since the wind lies "
            f"above {WIND_HZ}"
        )
    if not 0 <= speed_kmh <= 250:
        raise AudioError(f"speed_kmh is {speed_kmh}: give 0 to 250")
    n_samples = round(duration_s * sample_rate)
    if n_samples < 2:
        raise AudioError(f"duration_s is {duration_s}: give two samples at least")
    rng = np.random.default_rng(seed)
    speed = speed_kmh / 100
    turns_hz = max(IDLE_TURNS, TURNS_PER_KMH * speed_kmh)
    parts = (
        (_engine(rng, n_samples, sample_rate, FIRINGS * turns_hz), 0.35),
        (_falling(rng, n_samples, sample_rate, power=2.0), speed),
        (_gusts(rng, n_samples, sample_rate), 0.12 * speed**2),
    )
    noise = sum(gain * part for part, gain in parts)
    return (0.1 * noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def _engine(rng, n_samples, sample_rate, firing_hz):
    """Return the harmonics of the firing rate, weaker by 1/k, and half orders between them."""
    wander = 1 + 0.01 * _slow(rng, n_samples, sample_rate, 0.5)
    phase = 2 * np.pi * np.cumsum(firing_hz * wander) / sample_rate
    orders = np.arange(0.5, min(12, 0.45 * sample_rate / firing_hz), 0.5)
    tones = sum(
        np.sin(order * phase + rng.uniform(0, 2 * np.pi))
        * (1.0 if order % 1 == 0 else 0.3)
        / max(order, 1)
        for order in orders
    )
    return tones / np.std(tones)


def _falling(rng, n_samples, sample_rate, *, power):
    """Return noise whose amplitude falls with the `power` of frequency above the corner."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    frequency_hz = np.fft.rfftfreq(n_samples, 1 / sample_rate)
    noise = np.fft.irfft(spectrum / (1 + (frequency_hz / CORNER_HZ) ** power), n_samples)
    return noise / np.std(noise)


def _gusts(rng, n_samples, sample_rate):
    """Return wind: pink noise above 200 Hz whose level swells and sinks."""
    sections = signal.butter(2, WIND_HZ / (sample_rate / 2), "highpass", output="sos")
    noise = signal.sosfilt(sections, _falling(rng, n_samples, sample_rate, power=0.5))
    noise = noise * np.exp(0.4 * _slow(rng, n_samples, sample_rate, GUSTS_HZ))
    return noise / np.std(noise)


def _slow(rng, n_samples, sample_rate, rate_hz):
    """Return a smooth wandering of about variance 1, with `rate_hz` turns a second."""
    n_knots = round(2 * rate_hz * n_samples / sample_rate) + 2
    knots = rng.standard_normal(n_knots)
    return np.interp(np.linspace(0, n_knots - 1, n_samples), np.arange(n_knots), knots)
