"""A whole recording edited from file to file: cut, brought to a loudness, limited.

The files are read and written in blocks, several times: memory does not grow with their length.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiolessons.editing.cuts import Cut, CutStream, merged_samples
from audiolessons.editing.dynamics import limit, limiter_context
from audiolessons.editing.loudness import LoudnessMeter, TruePeakMeter
from audiolessons.editing.streams import ContextStream
from audiolessons.errors import AudioError, check_finite
from audiolessons.files import SoundReader, reading, writing
from audiolessons.signals import db_to_amplitude, resample, to_mono

BLOCK_S = 10
MOST_TRIES = 6  # to find the gain, as a limiter takes loudness away
CLOSE_LU = 0.05
FAR_LU = 0.5  # what still lacks after all tries will not come
N_COLUMNS = 1200  # of the pictures


@dataclass(frozen=True)
class Levels:
    """What was measured on a recording: length, loudness, true peak, and its outline.

    `outline` (2, columns) holds the lowest and the highest sample of each stretch of time.

    Chapter: tasks/editing
    """

    duration_s: float
    lufs: float
    peak_dbtp: float
    outline: np.ndarray


@dataclass(frozen=True)
class Edit:
    """What was done to a recording, and what it was like before and after.

    Chapter: tasks/editing
    """

    before: Levels
    after: Levels
    cuts: list[Cut]
    gain_db: float


def edit_file(
    source,
    target,
    *,
    cuts: Iterable[Cut] = (),
    lufs: float | None = None,
    ceiling_dbtp: float = -1.0,
    crossfade_s: float = 0.01,
    replace: bool = False,
) -> Edit:
    """Cut a recording, bring what is left to a loudness, limit its peaks, and write it.

    Parameters
    ----------
    source, target
        Paths of sound files; the suffix of the second one says its kind.
    cuts
        What is taken out; times beyond the end do not matter.
    lufs
        The loudness wanted; None leaves the level as it is.
    ceiling_dbtp
        No true peak lies above it, with a gain or without.
    crossfade_s
        Of each joint.
    replace
        Write over a file that is there.

    Raises
    ------
    AudioError
        If a file cannot be read or written, nothing is left, or what is left has no loudness or
        cannot be as loud as wanted below the ceiling.

    Examples
    --------
    >>> import audiolessons as al
    >>> folder = getfixture("tmp_path")
    >>> tone = al.signals.sine(997, duration_s=6.0, sample_rate=16000, amplitude=0.01)
    >>> al.files.save(folder / "in.wav", tone, sample_rate=16000)
    >>> done = edit_file(folder / "in.wav", folder / "out.wav", cuts=[Cut(2, 4)], lufs=-16.0)
    >>> round(done.after.duration_s), round(done.after.lufs, 1), round(done.gain_db, 1)
    (4, -16.0, 27.0)

    Chapter: tasks/editing
    """
    cuts = sorted(cuts)
    with reading(source) as sound:
        before = _measured(sound, _blocks(sound))
        joined = _Joined(sound, cuts, crossfade_s, ceiling_dbtp)
        n_kept = sound.n_samples - joined.n_cut()
        if n_kept == 0:
            raise AudioError(f"the cuts cover all of {source}: leave some of it")
        gain_db = 0.0 if lufs is None else joined.gain_for(check_finite(lufs, name="lufs"))
        with writing(
            target, sample_rate=sound.sample_rate, n_channels=sound.n_channels, replace=replace
        ) as result:
            after = _measured(sound, joined.blocks(gain_db), n_samples=n_kept, write=result.write)
    return Edit(before, after, cuts, gain_db)


def resampled_blocks(sound: SoundReader, *, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield a recording in blocks of ten seconds, one channel, at another rate, without seams.

    Parameters
    ----------
    sound
        From `files.reading`.
    sample_rate
        Hz, of what is yielded.

    Raises
    ------
    AudioError
        If the file is damaged.

    Examples
    --------
    >>> import audiolessons as al
    >>> path = getfixture("tmp_path") / "tone.wav"
    >>> tone = al.signals.sine(440, duration_s=12.0, sample_rate=8000)
    >>> al.files.save(path, tone, sample_rate=8000)
    >>> with al.files.reading(path) as sound:
    ...     [block.shape for block in resampled_blocks(sound, sample_rate=16000)]
    [(160000,), (32000,)]

    Chapter: tasks/editing
    """
    from_rate = sound.sample_rate
    # Blocks are whole seconds, and a second of what surrounds them is resampled with them: both are
    # whole numbers of samples at either rate, and the filter reaches no further.
    second = np.zeros((sound.n_channels, 0), np.float32)
    held = None
    for block in itertools.chain(_blocks(sound), [None]):
        if held is not None:
            after = held[..., :0] if block is None else block[..., :from_rate]
            around = to_mono(np.concatenate([second, held, after], axis=-1))
            finer = resample(around, from_rate=from_rate, to_rate=sample_rate)
            first = second.shape[-1] * sample_rate // from_rate
            n_samples = -(-held.shape[-1] * sample_rate // from_rate)  # rounded up
            yield finer[first : first + n_samples]
            second = held[..., -from_rate:]
        held = block


class _Joined:
    """What is left of a recording: its blocks, with a gain and limited."""

    def __init__(self, sound, cuts, crossfade_s, ceiling_dbtp):
        self.sound, self.cuts = sound, cuts
        self.crossfade_s, self.ceiling_dbtp = crossfade_s, ceiling_dbtp

    def n_cut(self):
        """Return how many samples are taken out."""
        rate, end = self.sound.sample_rate, self.sound.n_samples
        merged = merged_samples(self.cuts, sample_rate=rate)
        return sum(min(last, end) - min(first, end) for first, last in merged)

    def blocks(self, gain_db):
        rate = self.sound.sample_rate
        cutter = CutStream(self.cuts, sample_rate=rate, crossfade_s=self.crossfade_s)
        limiter = ContextStream(
            lambda audio: limit(audio, sample_rate=rate, ceiling_dbtp=self.ceiling_dbtp),
            context=limiter_context(sample_rate=rate),
        )
        gain = np.float32(db_to_amplitude(gain_db))
        for block in _blocks(self.sound):
            yield limiter.push(gain * cutter.push(block))
        yield limiter.push(gain * cutter.flush())
        yield limiter.flush()

    def gain_for(self, lufs):
        """Return the gain in dB after which the limited blocks have a loudness."""
        gain_db = 0.0
        for _ in range(MOST_TRIES):
            meter = LoudnessMeter(sample_rate=self.sound.sample_rate)
            for block in self.blocks(gain_db):
                meter.push(block)
            lacking = lufs - meter.integrated_lufs()
            if lacking == np.inf:
                raise AudioError(
                    "what is left has no loudness (all of it lies below -70 LUFS, or it is shorter "
                    "than 0.4 s): leave the level as it is"
                )
            gain_db += lacking
            if abs(lacking) < CLOSE_LU:
                break
        if lacking > FAR_LU:
            raise AudioError(
                f"{lufs:g} LUFS cannot be reached below {self.ceiling_dbtp:g} dBTP: the limiter "
                f"lets {lufs - lacking:.1f} LUFS through; ask for less"
            )
        return gain_db


class _Outline:
    """The lowest and highest sample of each column of a picture."""

    def __init__(self, n_samples):
        self.range = np.zeros((2, N_COLUMNS), np.float32)
        self._n_samples, self._n_read = max(n_samples, 1), 0

    def push(self, block):
        place = (self._n_read + np.arange(block.shape[-1])) * N_COLUMNS // self._n_samples
        place = np.minimum(place, N_COLUMNS - 1)
        np.minimum.at(self.range[0], place, block.min(axis=0))
        np.maximum.at(self.range[1], place, block.max(axis=0))
        self._n_read += block.shape[-1]


def _measured(sound, blocks, *, n_samples=None, write=None):
    """Return the levels of blocks (C, T), each of which is written on the way."""
    meter, peaks = LoudnessMeter(sample_rate=sound.sample_rate), TruePeakMeter()
    outline, n_read = _Outline(n_samples or sound.n_samples), 0
    for block in blocks:
        n_read += block.shape[-1]
        if write is not None:
            write(block)
        meter.push(block)
        peaks.push(block)
        outline.push(block)
    return Levels(
        n_read / sound.sample_rate, meter.integrated_lufs(), peaks.peak_dbtp(), outline.range
    )


def _blocks(sound):
    return sound.blocks(BLOCK_S * sound.sample_rate)
