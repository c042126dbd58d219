"""Is anybody speaking? Decisions frame by frame: by level, by statistics, and by a fixed rule.

Frame n stands for the samples from n * hop to (n + 1) * hop; the last one may be shorter.
"""

from __future__ import annotations

import numpy as np

from audiolessons.editing.segments import to_activity, to_segments
from audiolessons.enhancement import decision_directed_gain, noise_power
from audiolessons.errors import AudioError, check_audio, check_finite, check_positive, check_rate
from audiolessons.signals import amplitude_to_db, level_db
from audiolessons.spectral import stft

HOP_S = 0.01
FLOOR_DB = -120.0  # what digital silence is given
RANGE_DB = 40.0  # speech lies within this below its level
FRAME_S = 0.032  # of the statistics, as in `enhancement.denoise`
FLOOR_WINDOW_S = 1.5


def frame_level_db(audio: np.ndarray, *, sample_rate: int, hop_s: float = HOP_S) -> np.ndarray:
    """Return the level of each frame: the RMS level of itself and its two neighbours.

    Three hops of 10 ms hold three periods of a low voice, so that the level does not follow each
    opening of the vocal folds.

    Parameters
    ----------
    audio
        Shape (..., T).
    sample_rate
        Hz.
    hop_s
        Seconds between frames.

    Returns
    -------
    Shape (..., N) with N = ceil(T / hop), in dB; -120 for silence.

    Raises
    ------
    AudioError
        If `audio` is not sound, or the hop is shorter than a sample.

    Examples
    --------
    >>> steps = np.repeat([0.1, 0.0, 0.0, 0.0], 80)
    >>> frame_level_db(steps, sample_rate=8000)
    array([ -21.8,  -24.8, -120. , -120. ])

    Chapter: tasks/editing
    """
    return level_of_hops_db(hop_power(audio, hop_samples(sample_rate, hop_s)))


def hop_power(audio: np.ndarray, hop: int) -> np.ndarray:
    """Return the mean square of each hop of a sound (..., T), (..., N): 0 behind the end."""
    audio = check_audio(audio)
    padding = [*[(0, 0)] * (audio.ndim - 1), (0, -audio.shape[-1] % hop)]
    square = np.pad(np.square(audio, dtype=np.float64), padding)
    return square.reshape(*audio.shape[:-1], -1, hop).mean(axis=-1)


def level_of_hops_db(power: np.ndarray) -> np.ndarray:
    """Return the levels (..., N) of frames whose hops have a power: what `frame_level_db` does."""
    power = np.pad(power, [*[(0, 0)] * (power.ndim - 1), (1, 1)], mode="edge")
    mean = (power[..., :-2] + power[..., 1:-1] + power[..., 2:]) / 3
    return amplitude_to_db(np.sqrt(mean), floor_db=FLOOR_DB)


def reference_activity(clean: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Say where a clean voice speaks, by a fixed rule: what detectors are measured against.

    A frame is active if its level lies within 40 dB of the level of the whole sound; gaps under
    0.2 s, such as the closure of a *t*, belong to the word. The rule hears nothing: it needs a
    recording whose noise lies more than 40 dB below the voice.

    Parameters
    ----------
    clean
        One voice without noise, shape (T,).
    sample_rate
        Hz.

    Returns
    -------
    Shape (N,), bool, a frame every 10 ms.

    Raises
    ------
    AudioError
        If `clean` is not one sound, or silent.

    Examples
    --------
    >>> tone = np.sin(np.arange(8000))
    >>> clean = np.concatenate([0 * tone, tone, 0 * tone])
    >>> active = reference_activity(clean, sample_rate=8000)
    >>> active.shape, int(active.sum())  # a frame more on either side: each looks 10 ms around
    ((300,), 102)

    Chapter: tasks/editing
    """
    clean = _one_sound(clean)
    level = float(level_db(clean))
    if level == -np.inf:
        raise AudioError("clean is silent (every sample is 0): there is no level to compare with")
    return decide(frame_level_db(clean, sample_rate=sample_rate), threshold=level - RANGE_DB)


def decide(
    scores: np.ndarray,
    *,
    threshold: float,
    hop_s: float = HOP_S,
    longest_gap_s: float = 0.2,
    shortest_s: float = 0.0,
) -> np.ndarray:
    """Turn scores into a decision: at least the threshold, gaps closed, short bursts dropped.

    Parameters
    ----------
    scores
        Shape (N,): levels, ratios or probabilities, the higher the surer.
    threshold
        In the unit of the scores.
    hop_s
        Seconds between frames.
    longest_gap_s
        Gaps shorter than this, between active frames, become active.
    shortest_s
        What is active for less than this, after that, is dropped.

    Returns
    -------
    Shape (N,), bool.

    Raises
    ------
    AudioError
        If the scores are no row of numbers, or a time is negative.

    Examples
    --------
    >>> scores = np.array([0.0, 0.9, 0.1, 0.8, 0.0, 0.0, 0.0, 0.7])
    >>> decide(scores, threshold=0.5, longest_gap_s=0.02, shortest_s=0.02).astype(int)
    array([0, 1, 1, 1, 0, 0, 0, 0])

    Chapter: tasks/editing
    """
    scores = np.asarray(scores)
    if scores.ndim != 1 or not np.issubdtype(scores.dtype, np.number) or np.isnan(scores).any():
        raise AudioError(
            f"scores has shape {scores.shape}, {scores.dtype}: give one row of numbers without NaN"
        )
    for name, value in (("longest_gap_s", longest_gap_s), ("shortest_s", shortest_s)):
        if check_finite(value, name=name, unit="s") < 0:
            raise AudioError(f"{name} is {value!r} s: give 0 or more")
    found = to_segments(scores >= threshold, hop_s=hop_s)
    tiny = 1e-6  # of a second: times are sums of hops
    gaps = found[1:, 0] - found[:-1, 1]
    is_split = gaps > longest_gap_s - tiny
    starts = found[np.concatenate([[True], is_split])[: len(found)], 0]
    ends = found[np.concatenate([is_split, [True]])[: len(found)], 1]
    is_long = ends - starts > shortest_s - tiny
    kept = np.stack([starts, ends], axis=-1)[is_long]
    return to_activity(kept, n_frames=len(scores), hop_s=hop_s)


def sharpen(
    active: np.ndarray,
    level_db: np.ndarray,
    *,
    hop_s: float = HOP_S,
    reach_s: float = 0.3,
    side_s: float = 0.15,
) -> np.ndarray:
    """Move each border of a decision to the steepest step of the level that is near it.

    A detector knows *that* somebody spoke better than *when* they began. A step is the mean level
    over `side_s` behind a frame's start less that before it: up where a segment begins, down where
    it ends. A segment whose ends would pass each other stays as it is.

    Parameters
    ----------
    active
        Shape (N,), bool.
    level_db
        Shape (N,), from `frame_level_db`.
    hop_s
        Seconds between frames.
    reach_s
        How far a border may move, either way.
    side_s
        What is compared on either side.

    Returns
    -------
    Shape (N,), bool.

    Raises
    ------
    AudioError
        If the two differ in shape, or a time is not a length.

    Examples
    --------
    >>> level_db = np.array([-60.0, -60.0, -60.0, -20.0, -20.0, -20.0, -20.0, -60.0])
    >>> late = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=bool)
    >>> sharpen(late, level_db, reach_s=0.02, side_s=0.02).astype(int)
    array([0, 0, 0, 1, 1, 1, 1, 0])

    Chapter: tasks/editing
    """
    level_db = np.asarray(level_db, dtype=np.float64)
    if level_db.shape != np.shape(active) or not np.isfinite(level_db).all():
        raise AudioError(
            f"level_db has shape {level_db.shape} and active {np.shape(active)}: give a finite "
            "level for each frame"
        )
    reach, side = (
        round(check_positive(value, name=name, unit="s") / hop_s)
        for name, value in (("reach_s", reach_s), ("side_s", side_s))
    )
    edge = np.arange(len(level_db) + 1)  # before frame 0, before frame 1, ..., behind the last one
    far = np.clip([edge - side, edge + side], 0, len(level_db))
    total = np.concatenate([[0.0], np.cumsum(level_db)])
    before, behind = (total[far] - total[edge]) / np.where(far == edge, 1, far - edge)
    step = np.where((edge > 0) & (edge < len(level_db)), behind - before, 0.0)
    sharp = np.zeros(len(level_db), dtype=bool)

    def steepest(place, step):
        near = edge[max(place - reach, 0) : place + reach + 1]
        return near[np.argmax(step[near] - 1e-6 * np.abs(near - place))]  # of equals the nearest

    for start, end in np.round(to_segments(active, hop_s=hop_s) / hop_s).astype(int):
        moved = steepest(start, step), steepest(end, -step)
        first, last = moved if moved[0] < moved[1] else (start, end)
        sharp[first:last] = True
    return sharp


def relative_level_db(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return how far each frame lies above the level of the whole sound: the simplest score.

    Parameters
    ----------
    audio
        Shape (T,).
    sample_rate
        Hz.

    Returns
    -------
    Shape (N,), in dB, a frame every 10 ms.

    Raises
    ------
    AudioError
        If `audio` is not one sound.

    Examples
    --------
    >>> quiet, loud = 0.001 * np.ones(800), 0.1 * np.ones(800)
    >>> relative_level_db(np.concatenate([quiet, loud]), sample_rate=8000)[[0, -1]].round(0)
    array([-37.,   3.])

    Chapter: tasks/editing
    """
    audio = _one_sound(audio)
    level = max(float(level_db(audio)), FLOOR_DB)
    return frame_level_db(audio, sample_rate=sample_rate) - level


def speech_likelihood(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return how much likelier each frame is as speech in noise than as noise alone (Sohn 1999).

    The floor of the noise is that of `enhancement.noise_power`, and never more than 40 dB below the
    mean power of its frequency: what is quieter is silence. With the ratio g of power to floor
    and the decision-directed gain G, the logarithm of the likelihood ratio of a frequency bin is
    g G + log(1 - G); a frame gets the mean over its bins. A steady noise, however loud, gives
    about 0.

    Parameters
    ----------
    audio
        Shape (T,).
    sample_rate
        Hz.

    Returns
    -------
    Shape (N,), a frame every 10 ms.

    Raises
    ------
    AudioError
        If `audio` is not one sound.

    References
    ----------
    J. Sohn, N. S. Kim, W. Sung, "A statistical model-based voice activity detection", IEEE Signal
    Processing Letters 6(1), 1999.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(32000)
    >>> noise[16000:18000] *= 3
    >>> score = speech_likelihood(noise, sample_rate=8000)
    >>> bool(score[:190].max() < 0.5 < 2 < score[205:220].min())
    True

    Chapter: tasks/editing
    """
    audio = _one_sound(audio)
    hop = hop_samples(sample_rate, HOP_S)
    n_fft = 2 * round(FRAME_S * sample_rate / 2)
    power = np.abs(stft(audio, n_fft=n_fft, hop_length=hop)) ** 2  # (F, N)
    floor = noise_power(power, window_frames=round(FLOOR_WINDOW_S / HOP_S))
    lowest = 10 ** (-RANGE_DB / 10) * power.mean(axis=-1, keepdims=True)
    floor = np.maximum(np.maximum(floor, lowest), np.finfo(power.dtype).tiny ** 0.5)
    gain = np.minimum(decision_directed_gain(power, floor), 1 - 1e-6)
    score = np.mean(power / floor * gain + np.log1p(-gain), axis=-2)
    return score[: -(-len(audio) // hop)]


def hop_samples(sample_rate: int, hop_s: float) -> int:
    """Return how many samples a hop has, one at least."""
    check_positive(hop_s, name="hop_s", unit="s")
    hop = round(check_rate(sample_rate) * hop_s)
    if hop < 1:
        raise AudioError(f"hop_s is {hop_s!r} s, less than a sample at {sample_rate} Hz: give more")
    return hop


def _one_sound(audio):
    audio = check_audio(audio)
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one channel, signals.to_mono(audio)")
    return audio
