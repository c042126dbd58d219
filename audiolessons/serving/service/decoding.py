"""Sound out of the bytes of a stranger: whatever they promise, memory stays bounded.

A file of kilobytes may unpack to gigabytes, its header may lie, and an odd rate may ask for a
filter that fills the memory. So the head is read first, then the sound in blocks, and each block is
counted before the next is asked for.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile

from audiolessons.errors import AudioError
from audiolessons.files import containers
from audiolessons.serving.service.refusals import RefusalError
from audiolessons.serving.service.settings import RATES, Settings
from audiolessons.signals import resample

BLOCK = 2**16  # samples of all channels together
KINDS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF", "AU", "W64", "CAF")
_UNKNOWN_LENGTH = 2**40  # a header that says more does not know


def decode(content: bytes, *, settings: Settings, sample_rate: int) -> np.ndarray:
    """Return the sound of a file at a rate, one channel, or refuse it.

    Parameters
    ----------
    content : bytes
        A sound file of one of `KINDS`.
    settings : Settings
        Says how long it may be, and how many channels it may have.
    sample_rate : int
        Hz, of what comes back.

    Returns
    -------
    numpy.ndarray
        (T,), float32, finite.

    Raises
    ------
    RefusalError
        415 if it is no sound file; 413 if it is too long; 422 if it is damaged, empty, too short,
        has a rate or number of channels that is not taken, or holds NaN.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((800, 2)), 8000, format="WAV")
    >>> decode(file.getvalue(), settings=Settings(), sample_rate=16000).shape
    (1600,)

    Chapter: large/serving
    """
    if not content:
        raise RefusalError(
            422, "empty", "the request holds no bytes: send a sound file as its body"
        )
    with _opened(content) as file:
        _check_head(file, settings)
        most = int(settings.most_seconds * file.samplerate)
        if most < file.frames < _UNKNOWN_LENGTH:
            raise _too_long(file.frames / file.samplerate, settings)
        blocks = list(_mono_blocks(file, most, settings))
        rate, n_promised = file.samplerate, file.frames
    audio = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if len(audio) < n_promised < _UNKNOWN_LENGTH:
        raise _damaged(f"it promises {n_promised} samples and holds {len(audio)}")
    least = max(1, int(settings.least_seconds * rate))
    if len(audio) < least:
        raise RefusalError(
            422,
            "too_short",
            f"the sound has {len(audio)} samples at {rate} Hz: send at least "
            f"{settings.least_seconds:g} s",
        )
    if not np.isfinite(audio).all():
        raise RefusalError(
            422,
            "not_finite",
            "the sound holds NaN or infinity: find where they arise, and write the file again",
        )
    return resample(np.clip(audio, -1, 1), from_rate=rate, to_rate=sample_rate)


def _opened(content):
    try:
        n_parts = len(containers.parts(content, "the sound"))
    except AudioError as error:
        raise _damaged(str(error)) from None
    if n_parts > 1:
        raise RefusalError(
            422,
            "several",
            f"the file is {n_parts} sounds one behind the other: send them one by one",
        )
    try:
        file = soundfile.SoundFile(io.BytesIO(content))
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError, OverflowError):
        raise RefusalError(
            415,
            "not_a_sound",
            f"the body is no sound file that can be read (it starts with {content[:8]!r}): send "
            f"one of {', '.join(KINDS)}",
        ) from None
    if file.format not in KINDS:
        kind = file.format
        file.close()
        raise RefusalError(
            415, "not_a_sound", f"the file is {kind}: send one of {', '.join(KINDS)}"
        )
    return file


def _check_head(file, settings):
    if file.samplerate not in RATES:
        raise RefusalError(
            422,
            "rate",
            f"the sound has {file.samplerate} Hz: send one of {', '.join(map(str, RATES))}",
        )
    if file.channels > settings.most_channels:
        raise RefusalError(
            422,
            "channels",
            f"the sound has {file.channels} channels: send {settings.most_channels} at most",
        )


def _mono_blocks(file, most, settings):
    """Yield blocks (T,), each the mean of its channels; the sum of their lengths is at most most.

    What lies beyond is never unpacked, whatever the head of the file said.
    """
    n_read, n_block = 0, max(1, BLOCK // file.channels)
    while True:
        try:
            block = file.read(n_block, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise _damaged(str(error).strip()) from None
        if not len(block):
            return
        n_read += len(block)
        if n_read > most:
            raise _too_long(n_read / file.samplerate, settings)
        yield block.mean(axis=1)


def _too_long(seconds, settings):
    return RefusalError(
        413,
        "too_long",
        f"the sound lasts {seconds:.1f} s or more: send {settings.most_seconds:g} s at most, or "
        "cut it",
    )


def _damaged(why):
    return RefusalError(
        422, "damaged", f"the file is damaged or cut off ({why}): send it again, whole"
    )


def encode(audio: np.ndarray, *, sample_rate: int, kind: str) -> bytes:
    """Return a sound (T,) as a file of 16 bits, WAV or FLAC.

    Chapter: large/serving
    """
    file = io.BytesIO()
    soundfile.write(file, np.clip(audio, -1, 1), sample_rate, format=kind, subtype="PCM_16")
    return file.getvalue()
