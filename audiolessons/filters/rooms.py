"""Echo and reverberation: a room is a long FIR filter."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import (
    AudioError,
    check_audio,
    check_count,
    check_finite,
    check_positive,
)
from audiolessons.filters.convolution import fft_convolve


def echo(
    audio: np.ndarray, *, delay_s: float, gain: float, sample_rate: int, n_echoes: int = 1
) -> np.ndarray:
    """Add echoes: the sound again after `delay_s`, times `gain`, and so on.

    Parameters
    ----------
    audio
        Shape (..., T).
    delay_s
        Seconds from one to the next, at least one sample.
    gain
        Of each echo relative to the one before it, between -1 and 1.
    sample_rate
        In Hz.
    n_echoes
        How many; the k-th has gain ** k.

    Returns
    -------
    Shape (..., T + n_echoes * delay), precision of `audio`: the last echo is not cut off.

    Raises
    ------
    AudioError
        If the delay is less than one sample, or `gain` lies outside -1 to 1.

    Examples
    --------
    >>> echo(np.array([1.0, 0.0]), delay_s=0.002, gain=0.5, sample_rate=1000)
    array([1. , 0. , 0.5, 0. ])

    Chapter: sound/filters
    """
    audio = check_audio(audio)
    check_positive(delay_s, name="delay_s", unit="s")
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    n_echoes = check_count(n_echoes, name="n_echoes")
    if abs(check_finite(gain, name="gain")) > 1:
        raise AudioError(f"gain is {gain!r}: an echo is no louder than the sound, so give -1 to 1")
    delay = round(delay_s * sample_rate)
    if delay < 1:
        raise AudioError(
            f"delay_s is {delay_s!r} s, which is less than one sample at {sample_rate!r} Hz: make "
            f"it at least {1 / sample_rate:.3g} s"
        )
    n_samples = audio.shape[-1]
    output = np.zeros((*audio.shape[:-1], n_samples + n_echoes * delay), dtype=audio.dtype)
    for k in range(n_echoes + 1):
        output[..., k * delay : k * delay + n_samples] += gain**k * audio
    return output


def reverberate(audio: np.ndarray, impulse_response: np.ndarray) -> np.ndarray:
    """Let a sound be heard in the room whose impulse response is given.

    Parameters
    ----------
    audio
        Shape (..., T).
    impulse_response
        Shape (K,), what a clap sounds like in the room; or (C, K), one for each channel.

    Returns
    -------
    Shape (..., T + K - 1), precision of `audio`. The level is what the room makes of it: look at
    `signals.peak` before saving.

    Raises
    ------
    AudioError
        If either is empty, holds integers, NaN or infinity, or the leading axes do not fit.

    Examples
    --------
    >>> room = synthetic_room(sample_rate=8000, rt60_s=0.5, seed=0)
    >>> reverberate(np.ones(8000, dtype=np.float32), room).shape
    (11999,)

    Chapter: sound/filters
    """
    return fft_convolve(audio, check_audio(impulse_response, name="impulse_response"))


def synthetic_room(
    *, sample_rate: int, rt60_s: float, seed: int, reverberation_db: float = 0.0
) -> np.ndarray:
    """Return the impulse response of a room that is not there: decaying noise.

    Late reverberation is so many reflections that it looks like noise whose level falls evenly in
    decibels. The direct sound is a 1 at the first sample, the noise starts right after it. What
    this leaves out are the first single reflections, by which a listener tells the size of a room.

    Parameters
    ----------
    sample_rate
        In Hz.
    rt60_s
        Reverberation time: seconds until the noise has fallen by 60 dB. 0.3 is a living room, 1
        a lecture hall, 4 a church.
    seed
        Of the noise.
    reverberation_db
        Energy of the noise relative to the direct sound.

    Returns
    -------
    float32 array of shape (round(rt60_s * sample_rate),).

    Raises
    ------
    AudioError
        If a rate or time is not above 0, a number is not finite, or the room is shorter than two
        samples.

    References
    ----------
    J. A. Moorer, "About this reverberation business", Computer Music Journal 3(2), 1979.

    Examples
    --------
    >>> synthetic_room(sample_rate=8000, rt60_s=0.5, seed=0).shape
    (4000,)

    Chapter: sound/filters
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(rt60_s, name="rt60_s", unit="s")
    seed = check_count(seed, name="seed", minimum=0)
    check_finite(reverberation_db, name="reverberation_db", unit="dB")
    n_samples = round(rt60_s * sample_rate)
    if n_samples < 2:
        raise AudioError(
            f"rt60_s is {rt60_s!r} s, which is {n_samples} samples at {sample_rate!r} Hz: make it "
            "longer"
        )
    time_s = np.arange(1, n_samples) / sample_rate
    decay = 10.0 ** (-3.0 * time_s / rt60_s)  # 60 dB are a factor of 1000
    noise = decay * np.random.default_rng(seed).standard_normal(n_samples - 1)
    noise *= 10 ** (reverberation_db / 20) / np.sqrt(np.sum(noise**2))
    return np.append(1.0, noise).astype(np.float32)


def reverberation_time(impulse_response: np.ndarray, *, sample_rate: int) -> float:
    """Return how long a room takes to fall silent: seconds for the level to fall by 60 dB (T60).

    The energy that is still to come falls far more evenly than the response itself (Schroeder's
    backward integration). Its fall from -5 to -25 dB is timed, and three times that returned, as
    the last decibels of a measured response are noise.

    Parameters
    ----------
    impulse_response
        Shape (K,); it is looked at from its largest sample on.
    sample_rate
        In Hz.

    Raises
    ------
    AudioError
        If it is not one response, is silent, or ends before it has fallen by 25 dB.

    References
    ----------
    M. R. Schroeder, "New method of measuring reverberation time", Journal of the Acoustical
    Society of America 37(3), 1965.

    Examples
    --------
    >>> room = synthetic_room(sample_rate=16000, rt60_s=0.5, seed=0, reverberation_db=20)
    >>> round(reverberation_time(room, sample_rate=16000), 1)
    0.5

    Chapter: reference/how-to-use
    """
    response = check_audio(impulse_response, name="impulse_response").astype(np.float64)
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    if response.ndim != 1 or not response.any():
        raise AudioError(
            f"impulse_response has shape {response.shape} and peak {np.max(np.abs(response)):g}: "
            "give one response (K,) that is not silent"
        )
    energy = response[np.argmax(np.abs(response)) :] ** 2
    to_come = np.cumsum(energy[::-1])[::-1]
    level_db = 10 * np.log10(to_come[to_come > 0] / to_come[0])
    if level_db[-1] > -25:
        raise AudioError(
            f"impulse_response falls by {-level_db[-1]:.1f} dB before it ends: give a longer one, "
            "that falls by 25 dB"
        )
    begin, end = (int(np.argmax(level_db < below)) for below in (-5, -25))
    return 3 * (end - begin) / sample_rate
