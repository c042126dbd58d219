"""Gain that follows the sound: compression, limiting, ducking."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from audiolessons.editing.activity import frame_level_db, hop_samples
from audiolessons.editing.loudness import CONTEXT, peaks_between
from audiolessons.editing.segments import check_activity
from audiolessons.errors import (
    AudioError,
    as_array,
    check_audio,
    check_finite,
    check_positive,
    check_rate,
)
from audiolessons.signals import db_to_amplitude

CONTROL_S = 0.002  # between the values of a gain; in between it goes straight
WINDOW_S = 0.02  # of the limiter
EARLY_S = 0.25  # that music gives way before a voice


def compression_gain_db(
    level_db, *, threshold_db: float, ratio: float, knee_db: float = 6.0
) -> np.ndarray:
    """Return the gain of a compressor for a level: none below the threshold, ever less above it.

    Above the threshold, `ratio` dB more come in for each dB more that goes out. Around it, over
    the width of the knee, a parabola leads from the one line to the other.

    Parameters
    ----------
    level_db
        A number or an array, in dB.
    threshold_db
        In dB.
    ratio
        1 changes nothing, 4 is strong.
    knee_db
        Width of the knee in dB, half on either side; 0 has a corner.

    Returns
    -------
    Same shape, in dB, 0 or below.

    Raises
    ------
    AudioError
        If the ratio is below 1, or the knee below 0.

    References
    ----------
    D. Giannoulis, M. Massberg and J. D. Reiss, "Digital dynamic range compressor design: a tutorial
    and analysis", J. Audio Eng. Soc. 60(6), 2012, equation 4.

    Examples
    --------
    >>> compression_gain_db(np.array([-40.0, -20.0, -8.0]), threshold_db=-20, ratio=4, knee_db=0)
    array([ 0.,  0., -9.])

    Chapter: tasks/editing
    """
    level_db = as_array(level_db, name="level_db", dtype=np.float64)
    check_finite(threshold_db, name="threshold_db", unit="dB")
    if check_finite(ratio, name="ratio") < 1:
        raise AudioError(f"ratio is {ratio!r}: give 1 (no compression) or more")
    if check_finite(knee_db, name="knee_db", unit="dB") < 0:
        raise AudioError(f"knee_db is {knee_db!r} dB: give 0 or more")
    slope = 1 / ratio - 1
    over = level_db - threshold_db
    in_knee = slope * (over + knee_db / 2) ** 2 / max(2 * knee_db, 1e-9)
    above = slope * np.maximum(over, 0)
    return np.where(2 * np.abs(over) < knee_db, in_knee, above) + 0.0  # turns -0 into 0


def follow(
    values, *, rate_hz: float, attack_s: float, release_s: float, start: float | None = None
) -> np.ndarray:
    """Follow a row of values: quickly upwards, slowly downwards.

    y[n] = y[n - 1] + (1 - c) (x[n] - y[n - 1]) with c = exp(-1 / (time * rate)), where the time
    is the attack if x[n] lies above y[n - 1], else the release. After that time, 63 % of a step are
    done.

    Parameters
    ----------
    values
        Shape (N,).
    rate_hz
        Values in a second.
    attack_s, release_s
        In seconds; 0 follows at once.
    start
        What comes before the first value, which it is itself unless given.

    Returns
    -------
    Shape (N,), float64.

    Raises
    ------
    AudioError
        If a time is negative, or there is no row of numbers.

    Examples
    --------
    >>> follow([0.0, 1.0, 1.0, 0.0], rate_hz=1.0, attack_s=0.0, release_s=1.443)
    array([0. , 1. , 1. , 0.5])

    Chapter: tasks/editing
    """
    values = as_array(values, name="values", dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise AudioError(f"values has shape {values.shape}: give one row of finite numbers")
    check_positive(rate_hz, name="rate_hz", unit="Hz")
    rising, falling = (
        1 - _kept(seconds, rate_hz, name)
        for name, seconds in (("attack_s", attack_s), ("release_s", release_s))
    )
    followed = np.empty_like(values)
    y = values[0] if start is None and values.size else start
    for n, x in enumerate(values.tolist()):
        y += (rising if x > y else falling) * (x - y)
        followed[n] = y
    return followed


def compress(
    audio: np.ndarray,
    *,
    sample_rate: int,
    threshold_db: float = -24.0,
    ratio: float = 3.0,
    knee_db: float = 6.0,
    attack_s: float = 0.005,
    release_s: float = 0.1,
) -> np.ndarray:
    """Turn loud passages down, so that soft and loud ones lie nearer together.

    The level, followed with attack and release, goes through `compression_gain_db`; all channels
    get the same gain. The result is softer: bring it to a loudness afterwards.

    Parameters
    ----------
    audio
        Shape (T,) or (C, T).
    sample_rate
        Hz.
    threshold_db, ratio, knee_db
        As for `compression_gain_db`; levels are RMS levels of 6 ms.
    attack_s, release_s
        How quickly the level is followed upwards and downwards.

    Returns
    -------
    Same shape and precision.

    Raises
    ------
    AudioError
        If `audio` is no sound, or a setting cannot be.

    Examples
    --------
    >>> steps = np.repeat([0.01, 0.5], 8000)
    >>> softer = compress(steps, sample_rate=8000, threshold_db=-20.0, ratio=4.0)
    >>> np.abs(softer[[4000, 15000]]).round(3)  # -6 dB are 14 above: 10.5 go
    array([0.01, 0.15])

    Chapter: tasks/editing
    """
    audio = check_audio(audio)
    level_db = frame_level_db(audio, sample_rate=sample_rate, hop_s=CONTROL_S)
    level_db = level_db.reshape(-1, level_db.shape[-1]).max(axis=0)
    level_db = follow(level_db, rate_hz=1 / CONTROL_S, attack_s=attack_s, release_s=release_s)
    gain_db = compression_gain_db(level_db, threshold_db=threshold_db, ratio=ratio, knee_db=knee_db)
    return _with_gain(audio, gain_db, sample_rate, CONTROL_S)


def limit(audio: np.ndarray, *, sample_rate: int, ceiling_dbtp: float = -1.0) -> np.ndarray:
    """Keep the true peak below a ceiling, by a gain that dips before each peak and back after it.

    Each sample says which gain it needs, ceiling over peak, at most 1. The smallest of the needs
    within 10 ms on either side, then the mean over the same window, is a gain that is smooth and
    nowhere above any need: a mean of values none of which exceeds the need in its middle.

    Parameters
    ----------
    audio
        Shape (T,) or (C, T); all channels get the same gain.
    sample_rate
        Hz.
    ceiling_dbtp
        In dB relative to full scale, below 0. The changing gain bends the curve between samples a
        little: the true peak may come out 0.05 dB above.

    Returns
    -------
    Same shape and precision.

    Raises
    ------
    AudioError
        If `audio` is no sound, or the ceiling lies above full scale.

    References
    ----------
    U. Zölzer (ed.), "DAFX: Digital Audio Effects", 2nd edition, 2011, chapter 4: limiters that look
    ahead.

    Examples
    --------
    >>> loud = 2 * np.sin(np.arange(8000) / 3)
    >>> float(np.abs(limit(loud, sample_rate=8000, ceiling_dbtp=-6.02)).max())
    0.5

    Chapter: tasks/editing
    """
    audio = check_audio(audio)
    if check_finite(ceiling_dbtp, name="ceiling_dbtp", unit="dB") > 0:
        raise AudioError(f"ceiling_dbtp is {ceiling_dbtp!r} dB, above full scale: give 0 or less")
    peaks = peaks_between(audio)
    peaks = peaks.reshape(-1, audio.shape[-1]).max(axis=0)
    need = np.minimum(1.0, db_to_amplitude(ceiling_dbtp) / np.maximum(peaks, 1e-9))
    half = _half_window(sample_rate)
    least = minimum_filter1d(need, 2 * half + 1, mode="nearest")
    # Two boxes of half the width make a mean whose weights rise and fall straight.
    gain = uniform_filter1d(least, half + 1, mode="nearest")
    gain = uniform_filter1d(gain, half + 1, mode="nearest")
    return (audio * gain).astype(audio.dtype)


def limiter_context(*, sample_rate: int) -> int:
    """Return how many samples around one `limit` looks at: the context of a `ContextStream`.

    Examples
    --------
    >>> limiter_context(sample_rate=8000)
    174

    Chapter: tasks/editing
    """
    return 2 * (_half_window(sample_rate) + 1) + CONTEXT


def duck(
    audio: np.ndarray,
    active: np.ndarray,
    *,
    sample_rate: int,
    hop_s: float = 0.01,
    depth_db: float = -12.0,
    attack_s: float = 0.1,
    release_s: float = 0.5,
) -> np.ndarray:
    """Turn music down while somebody speaks, and up again afterwards.

    The gain begins to fall a quarter of a second before the voice sets in, so that the first word
    is not covered.

    Parameters
    ----------
    audio
        The music, (T,) or (C, T).
    active
        Where somebody speaks, (N,), bool, such as from `decide`. Behind it nobody does.
    sample_rate
        Hz, of the music.
    hop_s
        Seconds between the frames of `active`.
    depth_db
        The gain under a voice, below 0.
    attack_s, release_s
        How quickly the music gives way and comes back.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If `active` is no row of truth values, or a setting cannot be.

    Examples
    --------
    >>> active = np.repeat([False, True], 100)
    >>> softer = duck(np.ones(16000), active, sample_rate=8000, depth_db=-20.0)
    >>> softer[[4000, 15000]].round(3)
    array([1. , 0.1])

    Chapter: tasks/editing
    """
    audio, active = check_audio(audio), check_activity(active)
    if check_finite(depth_db, name="depth_db", unit="dB") > 0:
        raise AudioError(f"depth_db is {depth_db!r} dB: it turns down, so give 0 or less")
    n_frames = -(-audio.shape[-1] // hop_samples(sample_rate, hop_s))
    early = round(EARLY_S / hop_s)
    voice = np.zeros(n_frames + early)
    voice[: min(active.size, voice.size)] = active[: voice.size]
    # The largest of each frame and the `early` ones behind it.
    coming = maximum_filter1d(voice, early + 1, origin=-((early + 1) // 2))[:n_frames]
    amount = follow(coming, rate_hz=1 / hop_s, attack_s=attack_s, release_s=release_s)
    return _with_gain(audio, depth_db * amount, sample_rate, hop_s)


def _with_gain(audio, gain_db, sample_rate, hop_s):
    """Multiply by a gain that is given for the middle of each hop."""
    hop = hop_samples(sample_rate, hop_s)
    middle = (np.arange(len(gain_db)) + 0.5) * hop - 0.5
    gain = np.interp(np.arange(audio.shape[-1]), middle, db_to_amplitude(gain_db))
    return (audio * gain).astype(audio.dtype)


def _half_window(sample_rate):
    half = round(check_rate(sample_rate) * WINDOW_S / 2)
    return half + half % 2  # even, so that the boxes of half + 1 samples have a middle


def _kept(seconds, rate_hz, name):
    """Return the part of a value that is kept from one step to the next."""
    if check_finite(seconds, name=name, unit="s") < 0:
        raise AudioError(f"{name} is {seconds!r} s: give 0 or more")
    return 0.0 if seconds == 0 else float(np.exp(-1 / (seconds * rate_hz)))
