"""A mark in synthetic speech that says "made by a machine": hard to hear, found by its key.

The mark is a pattern of plus and minus over bands and short slots of time. Each cell of the
spectrogram is made a little louder or softer as the pattern says, so that the mark is loud only
where the sound is, which hides it. It says one thing, and nothing about anybody.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import uniform_filter

from audiolessons.errors import (
    AudioError,
    as_array,
    check_audio,
    check_count,
    check_positive,
    check_rate,
)
from audiolessons.spectral import istft, stft

__all__ = ["THRESHOLD", "Finding", "add_mark", "find_mark", "mark_pattern"]

LOW_HZ, BAND_HZ, N_BANDS = 300.0, 125.0, 26  # to 3550 Hz: what a telephone lets pass
SLOT_S, N_SLOTS = 0.032, 32  # the pattern comes again about every second
FRAME_S, HOP_S = 0.032, 0.008
STRENGTH_DB = 3.0
SPEEDS = 1 + 0.0025 * np.arange(-16, 17)  # that are tried: 4 % slower to 4 % faster
AROUND = (7, 28)  # bands and frames over which the level of the speech itself is taken away
LARGEST_DB = 6.0  # what stands out by more is speech
FLOOR = 1e-10  # of the loudest cell: silence holds no mark, and has no logarithm
SHORTEST_S = 0.5
# From here on a score is no chance: above the highest, 4.3, of a trial on sounds that test nothing.
THRESHOLD = 4.8


class Finding(NamedTuple):
    """What a search for the mark found: its score, how fast the sound is played, where it begins.

    `speed` is 1.02 for a sound that is played 2 % faster than it was marked; `start_s` is at which
    time of the pattern the sound begins. Both mean something only where the score is high.

    Chapter: large/safety
    """

    score: float
    speed: float
    start_s: float


def mark_pattern(key: int) -> np.ndarray:
    """Return the signs of the mark, (bands, slots): as many plus as minus in each band.

    Parameters
    ----------
    key : int
        Which mark: who knows it can find the mark, and take it out. One key for all sounds of a
        synthesiser; a key for each user would make the mark a name.

    Raises
    ------
    AudioError
        If the key is no whole number, or below 0.

    Examples
    --------
    >>> pattern = mark_pattern(1)
    >>> pattern.shape, bool((pattern.sum(axis=1) == 0).all())
    ((26, 32), True)

    Chapter: large/safety
    """
    random = np.random.default_rng(check_count(key, name="key", minimum=0))
    signs = np.tile([1.0, -1.0], (N_BANDS, N_SLOTS // 2))
    return random.permuted(signs, axis=1)


def add_mark(
    audio, *, sample_rate: float, key: int, strength_db: float = STRENGTH_DB
) -> np.ndarray:
    """Mark a sound: each cell of its spectrogram a little louder or softer, as the pattern says.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz, at least 8000.
    key : int
        As for `mark_pattern`.
    strength_db : float
        By how much: 3 dB is found in a second, and hard to hear.

    Returns
    -------
    numpy.ndarray
        Shape and precision of `audio`.

    Raises
    ------
    AudioError
        If the sound has no samples, or the sample rate is too low to hold the bands.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=32000)
    >>> marked = add_mark(noise, sample_rate=16000, key=1)
    >>> find_mark(marked, sample_rate=16000, key=1).score > THRESHOLD
    True
    >>> find_mark(noise, sample_rate=16000, key=1).score > THRESHOLD
    False

    References
    ----------
    I. J. Cox, J. Kilian, F. T. Leighton and T. Shamoon, "Secure spread spectrum watermarking for
    multimedia", IEEE Transactions on Image Processing 6(12), 1997.

    Chapter: large/safety
    """
    audio = check_audio(audio)
    check_positive(strength_db, name="strength_db", unit="dB")
    n_fft, hop_length = _frames(sample_rate)
    spectrum = stft(audio, n_fft=n_fft, hop_length=hop_length)  # (..., F, N)
    hz = np.arange(spectrum.shape[-2]) * sample_rate / n_fft
    band = np.floor((hz - LOW_HZ) / BAND_HZ).astype(int)
    slot = (np.arange(spectrum.shape[-1]) * hop_length / sample_rate / SLOT_S).astype(int)
    gain_db = np.zeros(spectrum.shape[-2:])
    inside = (band >= 0) & (band < N_BANDS)
    pattern = mark_pattern(key)
    gain_db[inside] = strength_db * pattern[band[inside]][:, slot % N_SLOTS]
    marked = spectrum * 10 ** (gain_db / 20)
    marked = istft(marked, hop_length=hop_length, n_fft=n_fft, length=audio.shape[-1])
    return marked.astype(audio.dtype)


def find_mark(audio, *, sample_rate: float, key: int, speeds: ArrayLike = SPEEDS) -> Finding:
    """Search a sound for the mark: at each speed, wherever the pattern may begin.

    The level of each band and frame, less that around it, is laid over the pattern. Where they
    agree in sign the sum grows; in an unmarked sound agreement and disagreement cancel.

    Parameters
    ----------
    audio : array
        Shape (T,), half a second or more.
    sample_rate : float
        Hz, at least 8000.
    key : int
        As for `mark_pattern`.
    speeds : array
        Shape (V,). How much faster than marked the sound may be played.

    Returns
    -------
    Finding
        Its `score` is the best sum over its deviation in an unmarked sound: `THRESHOLD` or more
        means that the mark is there.

    Raises
    ------
    AudioError
        If there is not exactly one sound, it is too short, the sample rate is too low, or a speed
        is not above 0.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=32000)
    >>> marked = add_mark(noise, sample_rate=16000, key=1)
    >>> found = find_mark(marked[8000:], sample_rate=16000, key=1)
    >>> found.speed, found.start_s  # the first half second is cut off
    (1.0, 0.496)

    Chapter: large/safety
    """
    audio = check_audio(audio)
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one channel, (T,)")
    n_fft, hop_length = _frames(sample_rate)
    if len(audio) < SHORTEST_S * sample_rate:
        raise AudioError(
            f"audio lasts {len(audio) / sample_rate:.2f} s: {SHORTEST_S} s or more can be searched"
        )
    speeds = as_array(speeds, name="speeds", dtype=float).ravel()
    if not len(speeds) or not (np.isfinite(speeds) & (speeds > 0)).all():
        raise AudioError(f"speeds are {speeds}: give one or more numbers above 0; 1 is unchanged")
    power = np.abs(stft(audio, n_fft=n_fft, hop_length=hop_length)) ** 2  # (F, N)
    n_repeats = round(SLOT_S / HOP_S)  # frames that one slot spans
    pattern = np.repeat(mark_pattern(key), n_repeats, axis=1)
    wanted = np.conj(np.fft.rfft(pattern, axis=1))
    time_s = np.arange(power.shape[1]) * hop_length / sample_rate
    best = Finding(0.0, 1.0, 0.0)
    for speed in speeds:
        excess = _excess_db(power, speed * n_fft / sample_rate)  # (bands, N)
        place = (time_s * speed / HOP_S + 1e-6).astype(int) % pattern.shape[1]
        folded = np.zeros(pattern.T.shape)
        np.add.at(folded, place, excess.T)  # all periods laid on one
        sums = np.fft.irfft((np.fft.rfft(folded.T, axis=1) * wanted).sum(axis=0))
        deviation = np.sqrt(n_repeats * np.sum(excess**2))
        if deviation > 0 and sums.max() / deviation > best.score:
            start_s = -np.argmax(sums) % pattern.shape[1] * HOP_S
            best = Finding(float(sums.max() / deviation), float(speed), float(start_s))
    return best


def _frames(sample_rate):
    """Return frame and hop in samples."""
    if check_rate(sample_rate) < 8000:
        raise AudioError(f"sample_rate is {sample_rate} Hz: the mark reaches to 3550 Hz, give 8000")
    return 2 * round(FRAME_S * sample_rate / 2), round(HOP_S * sample_rate)


def _excess_db(power, bins_per_hz):
    """Return by how much each band stands out from those around it, (bands, N), in dB."""
    edges = (LOW_HZ + BAND_HZ * np.arange(N_BANDS + 1)) * bins_per_hz
    bins = np.arange(len(power))
    # A bin counts for a band as far as it lies in it.
    upper = np.minimum(bins + 0.5, edges[1:, np.newaxis])
    lower = np.maximum(bins - 0.5, edges[:-1, np.newaxis])
    level = np.clip(upper - lower, 0, None) @ power
    level = 10 * np.log10(level + FLOOR * level.max() + np.finfo(float).tiny)
    excess = level - uniform_filter(level, (1, AROUND[1]))
    excess -= uniform_filter(excess, (AROUND[0], 1))
    return np.clip(excess, -LARGEST_DB, LARGEST_DB)
