"""Piano rolls made audible: each run of frames in which a key is down becomes one note.

A plain additive synthesiser. It is meant for hearing what a model wrote, not for beauty.
"""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive, check_rate

N_HARMONICS = 8
ATTACK_S = 0.015  # shorter ones click
DECAY_S = 1.5  # a held note falls by a factor of e in this time, as a plucked or struck one does


def render_roll(
    roll: np.ndarray,
    *,
    sample_rate: int = 16000,
    frame_s: float = 0.4,
    lowest_midi: int = 21,
    release_s: float = 0.15,
    amplitude: float = 0.1,
) -> np.ndarray:
    """Return a piano roll as sound: harmonics of every key, with a soft start and a release.

    A key that stays down from one frame to the next is held, not struck again: a roll cannot tell
    a long note from a repeated one.

    Parameters
    ----------
    roll
        Shape (N, D), one row a frame, one column a key; anything but 0 is a key that is down.
    sample_rate
        Samples per second.
    frame_s
        Length of a frame in seconds.
    lowest_midi
        MIDI pitch of the first column; 69 is the A of 440 Hz, and 12 are an octave.
    release_s
        Time in seconds in which a note fades after its last frame.
    amplitude
        Largest sample that one note may reach; the notes of a chord add up.

    Returns
    -------
    float32 array of shape (T,) with T = round((N * frame_s + release_s) * sample_rate).

    Raises
    ------
    AudioError
        If the roll is empty, has other than two axes or holds NaN, or an option cannot be.

    Examples
    --------
    >>> roll = np.zeros((4, 88))
    >>> roll[:, 69 - 21] = 1  # four frames of the A of 440 Hz
    >>> audio = render_roll(roll, sample_rate=8000, frame_s=0.25, release_s=0.1)
    >>> audio.shape, int(np.argmax(np.abs(np.fft.rfft(audio[:8000]))))  # a bin is 1 Hz
    ((8800,), 440)

    Chapter: learning/rnn
    """
    roll = _check_roll(roll)
    check_rate(sample_rate)
    for name, value in (("frame_s", frame_s), ("release_s", release_s), ("amplitude", amplitude)):
        check_positive(value, name=name)
    check_count(lowest_midi, name="lowest_midi", minimum=0)
    audio = np.zeros(round((len(roll) * frame_s + release_s) * sample_rate))
    for key, first, last in roll_notes(roll):
        frequency_hz = 440 * 2 ** ((lowest_midi + key - 69) / 12)
        start = round(first * frame_s * sample_rate)
        n_held = round(last * frame_s * sample_rate) - start
        n_samples = min(n_held + round(release_s * sample_rate), audio.size - start)
        note = _note(frequency_hz, n_held, n_samples, sample_rate)
        audio[start : start + n_samples] += amplitude * note
    return audio.astype(np.float32)


def roll_notes(roll: np.ndarray) -> list[tuple[int, int, int]]:
    """Return the notes of a piano roll (N, D): key, first frame, and the frame after its last.

    Examples
    --------
    >>> roll_notes(np.array([[1, 0], [1, 1], [0, 1], [1, 0]]))
    [(0, 0, 2), (0, 3, 4), (1, 1, 3)]

    Chapter: learning/rnn
    """
    is_down = _check_roll(roll).astype(np.int8)
    # +1 where a key goes down, -1 where it comes up; a frame of silence at both ends
    changes = np.diff(is_down, axis=0, prepend=0, append=0)
    keys, firsts = np.nonzero(changes.T == 1)
    _, lasts = np.nonzero(changes.T == -1)
    return [(int(k), int(a), int(b)) for k, a, b in zip(keys, firsts, lasts, strict=True)]


def _note(frequency_hz, n_held, n_samples, sample_rate):
    """Return one note of at most 1 in size: held for `n_held` samples, then fading to 0."""
    time_s = np.arange(n_samples) / sample_rate
    orders = np.arange(1, N_HARMONICS + 1)
    orders = orders[orders * frequency_hz < sample_rate / 2]  # higher ones would alias
    weights = 1.0 / orders**1.5
    tone = np.zeros(n_samples)
    for order, weight in zip(orders, weights, strict=True):
        tone += weight * np.sin(2 * np.pi * order * frequency_hz * time_s)
    attack = np.minimum(1, time_s / ATTACK_S)
    release = np.linspace(1, 0, n_samples - n_held + 1)[1:]
    envelope = attack * np.exp(-time_s / DECAY_S)
    envelope[n_held:] *= release
    return tone * envelope / max(weights.sum(), 1.0)


def _check_roll(roll) -> np.ndarray:
    """Return a roll (N, D) as truth values, or say what is wrong with it."""
    array = as_array(roll, name="roll")
    if array.dtype.kind not in "biuf":
        raise AudioError(f"roll holds {array.dtype}: give numbers, 0 for a key that is up")
    if array.ndim != 2 or array.size == 0:
        raise AudioError(
            f"roll has shape {array.shape}: give (N, D), at least one frame and one key"
        )
    if not np.isfinite(array).all():
        raise AudioError("roll holds NaN or infinity: give 0 for a key that is up, 1 for one down")
    return array != 0
