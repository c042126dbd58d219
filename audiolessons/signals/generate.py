"""Making sounds from formulae: tones, sweeps, noise and the impulse.

All are float32 of shape (T,) with T = round(duration_s * sample_rate). Phases are computed in
double precision, because float32 loses the phase of a tone after some seconds.
"""

from __future__ import annotations

import numbers

import numpy as np

from audiolessons.errors import AudioError, check_count, check_finite, check_positive


def sine(
    frequency_hz: float,
    *,
    duration_s: float,
    sample_rate: int,
    amplitude: float = 1.0,
    phase: float = 0.0,
) -> np.ndarray:
    """Return a pure tone, `amplitude * sin(2 pi frequency_hz t + phase)`.

    A frequency above half the sample rate is not refused: its samples are those of another, lower
    tone, and hearing that is how the book introduces aliasing.

    Parameters
    ----------
    frequency_hz
        Frequency in Hz, 0 or above.
    duration_s, sample_rate
        Length in seconds and samples per second.
    amplitude
        Height of the wave; 1 is full scale.
    phase
        Start of the wave in radians; `np.pi / 2` gives a cosine.

    Returns
    -------
    float32 array of shape (T,).

    Raises
    ------
    AudioError
        If a number is negative, NaN or infinite, or if the sound would have no sample.

    Examples
    --------
    >>> sine(1000, duration_s=0.001, sample_rate=4000).round(3) + 0.0
    array([ 0.,  1.,  0., -1.], dtype=float32)

    Chapter: sound/signals
    """
    _check_frequency(frequency_hz, name="frequency_hz")
    check_finite(amplitude, name="amplitude")
    check_finite(phase, name="phase")
    time_s = _times(duration_s, sample_rate)
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s + phase)).astype(np.float32)


def chirp(
    start_hz: float,
    end_hz: float,
    *,
    duration_s: float,
    sample_rate: int,
    amplitude: float = 1.0,
) -> np.ndarray:
    """Return a tone that glides linearly from `start_hz` to `end_hz`.

    The phase is the integral of the frequency: it grows with `t**2`. Writing `sin(2 pi f(t) t)`
    instead is a well-known slip, which ends at twice the intended rise.

    Returns
    -------
    float32 array of shape (T,).

    Raises
    ------
    AudioError
        If a number is negative, NaN or infinite, or if the sound would have no sample.

    Examples
    --------
    >>> chirp(100, 2000, duration_s=2.0, sample_rate=8000).shape
    (16000,)

    Chapter: sound/signals
    """
    _check_frequency(start_hz, name="start_hz")
    _check_frequency(end_hz, name="end_hz")
    check_finite(amplitude, name="amplitude")
    time_s = _times(duration_s, sample_rate)
    cycles = start_hz * time_s + (end_hz - start_hz) * time_s**2 / (2 * duration_s)
    return (amplitude * np.sin(2 * np.pi * cycles)).astype(np.float32)


def square(
    frequency_hz: float,
    *,
    duration_s: float,
    sample_rate: int,
    amplitude: float = 1.0,
    n_harmonics: int | None = None,
) -> np.ndarray:
    """Return a square wave: the naive one that aliases, or a sum of harmonics that does not.

    Parameters
    ----------
    frequency_hz, duration_s, sample_rate, amplitude
        As for `sine`.
    n_harmonics
        `None` switches between +amplitude and -amplitude, sample by sample. Its harmonics have no
        end, so those above half the sample rate fold back as tones that do not belong. A number
        sums that many terms of the Fourier series, (4/pi) sin(2 pi k f t) / k for odd k, and
        leaves out those at or above half the sample rate.

    Returns
    -------
    float32 array of shape (T,). The sum overshoots `amplitude` by about 18 % (Gibbs).

    Raises
    ------
    AudioError
        If a number is negative, NaN or infinite, or if the sound would have no sample.

    Examples
    --------
    >>> square(1000, duration_s=0.001, sample_rate=4000)
    array([ 1.,  1., -1., -1.], dtype=float32)

    Chapter: sound/signals
    """
    _check_frequency(frequency_hz, name="frequency_hz")
    check_finite(amplitude, name="amplitude")
    time_s = _times(duration_s, sample_rate)
    if n_harmonics is None:
        position = (frequency_hz * time_s) % 1.0
        wave = np.where(position < 0.5, 1.0, -1.0)
    else:
        orders = 2 * np.arange(check_count(n_harmonics, name="n_harmonics")) + 1
        weights = 4 / (np.pi * orders)
        wave = _sum_harmonics(frequency_hz, orders, weights, time_s, sample_rate)
    return (amplitude * wave).astype(np.float32)


def sawtooth(
    frequency_hz: float,
    *,
    duration_s: float,
    sample_rate: int,
    amplitude: float = 1.0,
    n_harmonics: int | None = None,
) -> np.ndarray:
    """Return a sawtooth that rises from -amplitude to +amplitude, naive or band-limited.

    The choice is the one of `square`; the Fourier series holds every harmonic here,
    -(2/pi) sin(2 pi k f t) / k for k = 1, 2, 3, ...

    Returns
    -------
    float32 array of shape (T,).

    Raises
    ------
    AudioError
        If a number is negative, NaN or infinite, or if the sound would have no sample.

    Examples
    --------
    >>> sawtooth(1000, duration_s=0.001, sample_rate=4000)
    array([-1. , -0.5,  0. ,  0.5], dtype=float32)

    Chapter: sound/signals
    """
    _check_frequency(frequency_hz, name="frequency_hz")
    check_finite(amplitude, name="amplitude")
    time_s = _times(duration_s, sample_rate)
    if n_harmonics is None:
        wave = 2.0 * ((frequency_hz * time_s) % 1.0) - 1.0
    else:
        orders = np.arange(check_count(n_harmonics, name="n_harmonics")) + 1
        weights = -2 / (np.pi * orders)
        wave = _sum_harmonics(frequency_hz, orders, weights, time_s, sample_rate)
    return (amplitude * wave).astype(np.float32)


def white_noise(
    *, duration_s: float, sample_rate: int, seed: int, amplitude: float = 0.1
) -> np.ndarray:
    """Return Gaussian noise: every sample independent, every frequency equally strong on average.

    Parameters
    ----------
    duration_s, sample_rate
        Length in seconds and samples per second.
    seed
        The same seed gives the same noise, on every machine.
    amplitude
        Standard deviation, which is the RMS value that the noise has on average. At the default
        0.1 a sample beyond full scale lies ten standard deviations out and does not happen.

    Returns
    -------
    float32 array of shape (T,).

    Raises
    ------
    AudioError
        If a number is negative, NaN or infinite, or if the sound would have no sample.

    Examples
    --------
    >>> noise = white_noise(duration_s=10.0, sample_rate=8000, seed=0)
    >>> round(float(noise.std()), 2)
    0.1

    Chapter: sound/signals
    """
    check_finite(amplitude, name="amplitude")
    n_samples = _times(duration_s, sample_rate).size
    random = np.random.default_rng(check_count(seed, name="seed", minimum=0))
    return (amplitude * random.standard_normal(n_samples)).astype(np.float32)


def impulse(n_samples: int, *, position_samples: int = 0) -> np.ndarray:
    """Return the unit impulse: a single 1 at `position_samples`, silence elsewhere.

    What a filter makes of it is the filter's impulse response.

    Returns
    -------
    float32 array of shape (n_samples,).

    Raises
    ------
    AudioError
        If `n_samples` is below 1 or the position lies outside the array.

    Examples
    --------
    >>> impulse(4, position_samples=1)
    array([0., 1., 0., 0.], dtype=float32)

    Chapter: sound/filters
    """
    n_samples = check_count(n_samples, name="n_samples")
    position_samples = check_count(position_samples, name="position_samples", minimum=0)
    if position_samples >= n_samples:
        raise AudioError(
            f"position_samples is {position_samples}: it must be below n_samples, {n_samples}"
        )
    samples = np.zeros(n_samples, dtype=np.float32)
    samples[position_samples] = 1.0
    return samples


def _sum_harmonics(frequency_hz, orders, weights, time_s, sample_rate):
    """Sum the sines of the given orders that lie below half the sample rate."""
    wave = np.zeros(time_s.size)
    for order, weight in zip(orders, weights, strict=True):
        if order * frequency_hz >= sample_rate / 2:
            break
        wave += weight * np.sin(2 * np.pi * order * frequency_hz * time_s)
    return wave


def _times(duration_s, sample_rate):
    """Return the time of every sample, in seconds."""
    check_positive(duration_s, name="duration_s", unit="s")
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    n_samples = round(duration_s * sample_rate)
    if n_samples < 1:
        raise AudioError(
            f"duration_s is {duration_s!r} s, which is less than one sample at {sample_rate!r} Hz: "
            f"make it at least {1 / sample_rate:.3g} s"
        )
    return np.arange(n_samples) / sample_rate


def _check_frequency(value, *, name):
    is_constant = isinstance(value, numbers.Real) and value == 0  # 0 Hz is a frequency too
    if not is_constant:
        check_positive(value, name=name, unit="Hz")
