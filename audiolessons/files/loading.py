"""Sound files in: each is read whole and checked whole."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import soundfile

from audiolessons.errors import AudioError, check_audio, check_rate
from audiolessons.files import containers
from audiolessons.signals import resample, to_mono

_UNKNOWN_LENGTH = 2**40  # more samples than a file can hold: its header does not state them
_LONG = 2**26  # samples of a channel: 25 minutes at 44.1 kHz
_MOST_SAMPLES = 2**30  # of all channels together
_BLOCK = 2**20


def load(path, *, sample_rate: int | None = None, mono: bool = True) -> tuple[np.ndarray, int]:
    """Read a sound file.

    Parameters
    ----------
    path
        A path, the bytes of a sound file, or an open binary file.
    sample_rate
        `None` keeps the rate of the file. A number resamples to it (see `signals.resample`).
    mono
        `True` averages the channels. `False` keeps them, one channel being one row.

    Returns
    -------
    audio : float32 array, (T,) if `mono`, else (C, T)
        In [-1, 1]: integer samples are divided by their full scale.
    sample_rate : int
        Of `audio`, in Hz.

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off, no sound file, without a single sample, with more
        than 2**30 of them, or several sounds one behind the other that differ in rate or channels.

    Examples
    --------
    >>> import audiolessons as al
    >>> tone = al.signals.sine(440, duration_s=0.5, sample_rate=8000, amplitude=0.5)
    >>> path = getfixture("tmp_path") / "tone.wav"
    >>> al.files.save(path, tone, sample_rate=8000)
    >>> audio, sample_rate = al.files.load(path)
    >>> audio.shape, sample_rate
    ((4000,), 8000)

    Chapter: sound/signals
    """
    if sample_rate is not None:
        sample_rate = check_rate(sample_rate)
    content, name = _read_bytes(path)
    if not content:
        raise AudioError(f"{name} is empty (0 bytes): copy or download it again")
    pieces = [_decode(part, name) for part in containers.parts(content, name)]
    if len({(rate, samples.shape[1]) for samples, rate in pieces}) > 1:
        made = " and ".join(f"{samples.shape[1]} channels at {rate} Hz" for samples, rate in pieces)
        raise AudioError(
            f"{name} is {len(pieces)} sounds one behind the other, {made}: split it, and load each"
        )
    samples, file_rate = np.concatenate([samples for samples, _ in pieces]), pieces[0][1]
    if len(samples) == 0:
        raise AudioError(f"{name} holds no samples: record or download it again")

    audio = np.ascontiguousarray(samples.T)  # (T, C) -> (C, T)
    check_audio(audio, name=name)
    if mono:
        audio = to_mono(audio)
    if sample_rate is None:
        return audio, file_rate
    return resample(audio, from_rate=file_rate, to_rate=sample_rate), sample_rate


def _decode(content, name):
    """Return the samples (T, C) of one sound file, and its rate."""
    try:
        file = soundfile.SoundFile(io.BytesIO(content))
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(
            f"{name} is no sound file that can be read (it starts with {content[:16]!r}): open it "
            "in a player, or convert it to .wav or .flac; the reader says "
            f"{str(error).strip()!r}"
        ) from None
    with file:
        n_promised = file.frames
        try:
            if n_promised > _LONG:  # else a false promise would take all memory
                samples = _read_to_the_end(content, name)
                n_promised = len(samples) if n_promised > _UNKNOWN_LENGTH else n_promised
            else:
                samples = file.read(dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise AudioError(
                f"{name} is damaged or cut off: copy or download it again; the reader says "
                f"{str(error).strip()!r}"
            ) from None
        if len(samples) < n_promised:
            raise AudioError(
                f"{name} is cut off: it promises {n_promised} samples and holds {len(samples)}; "
                "copy or download it again"
            )
        return samples, file.samplerate


class _Stream(soundfile.SoundFile):
    """A file of unknown length, whose end soundfile would look for after each read, in vain."""

    def seekable(self):
        return False


def _read_to_the_end(content, name):
    with _Stream(io.BytesIO(content)) as stream:
        blocks = [np.zeros((0, stream.channels), np.float32)]
        while len(block := stream.read(_BLOCK, dtype="float32", always_2d=True)):
            blocks.append(block)
            if len(blocks) * block.size > _MOST_SAMPLES:
                raise AudioError(
                    f"{name} holds more than {_MOST_SAMPLES} samples, over 4 GB of memory: cut it"
                )
    return np.concatenate(blocks)


def _read_bytes(path):
    """Return the content of a path, bytes or an open file, and a name for messages."""
    if isinstance(path, bytes | bytearray | memoryview):
        return bytes(path), "the sound in memory"
    if hasattr(path, "read"):
        content = path.read()
        if not isinstance(content, bytes):
            raise AudioError(f"{path!r} is open as text: open it with open(..., 'rb')")
        return content, str(getattr(path, "name", "the sound in memory"))
    if not isinstance(path, str | os.PathLike):
        raise AudioError(f"path is {path!r}: give a path, bytes, or an open binary file")
    try:
        return Path(path).read_bytes(), str(path)
    except FileNotFoundError:
        raise AudioError(
            f"there is no file {str(path)!r} (looked in {str(Path.cwd())!r}): check the name"
        ) from None
    except OSError as error:
        raise AudioError(f"{str(path)!r} cannot be read: {error}") from error
