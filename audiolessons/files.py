"""Sound files in and out: WAV, FLAC, MP3, OGG, through libsndfile.

A sound file is read whole and checked whole: a file that promises more samples than it holds is an
error, not a shorter sound.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import soundfile

from audiolessons.errors import AudioError, check_audio, check_choice, check_rate
from audiolessons.signals import peak, resample, to_mono
from audiolessons.writing import whole_file

__all__ = ["load", "save"]

# suffix -> (libsndfile's format, subtypes we write, the first one by default)
_FORMATS = {
    ".wav": ("WAV", ("pcm_16", "pcm_24", "float")),
    ".flac": ("FLAC", ("pcm_16", "pcm_24")),
    ".mp3": ("MP3", ("mpeg_layer_iii",)),
    ".ogg": ("OGG", ("vorbis",)),
}


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
        If the file is missing, empty, cut off, no sound file, or without a single sample.

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
    _check_wav_is_whole(content, name)
    _check_ogg_is_whole(content, name)
    try:
        file = soundfile.SoundFile(io.BytesIO(content))
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(
            f"{name} is no sound file that can be read (it starts with {content[:16]!r}): open it "
            "in a player, or convert it to .wav or .flac; the reader says "
            f"{str(error).strip()!r}"
        ) from None
    with file:
        n_promised, file_rate = file.frames, file.samplerate
        try:
            samples = file.read(dtype="float32", always_2d=True)  # (T, C)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise AudioError(
                f"{name} is damaged or cut off: copy or download it again; the reader says "
                f"{str(error).strip()!r}"
            ) from None
    if len(samples) < n_promised:
        raise AudioError(
            f"{name} is cut off: it promises {n_promised} samples and holds {len(samples)}; copy "
            "or download it again"
        )
    if len(samples) == 0:
        raise AudioError(f"{name} holds no samples: record or download it again")

    audio = np.ascontiguousarray(samples.T)  # (T, C) -> (C, T)
    check_audio(audio, name=name)
    if mono:
        audio = to_mono(audio)
    if sample_rate is None:
        return audio, file_rate
    return resample(audio, from_rate=file_rate, to_rate=sample_rate), sample_rate


def save(path, audio: np.ndarray, *, sample_rate: int, subtype: str | None = None) -> None:
    """Write a sound file; the suffix of `path` says which kind.

    The file appears whole or not at all: it is written under another name and renamed at the end.

    Parameters
    ----------
    path
        Ends in .wav, .flac, .mp3 or .ogg; its folder must exist. An existing file is replaced.
    audio
        Shape (T,) or (C, T).
    sample_rate
        In Hz, a whole number.
    subtype
        For .wav `"pcm_16"` (default), `"pcm_24"` or `"float"`; for .flac the first two. PCM holds
        [-1, 1] and rounds to the nearest step, so 16 bits return within 1/65536 of what was given.
        Only `"float"` holds more than full scale and returns float32 exactly. MP3 and OGG lose
        what the ear is expected not to miss.

    Raises
    ------
    AudioError
        If `audio` leaves [-1, 1] and the format would clip it, has a wrong shape, or if the suffix,
        the subtype or the folder is not there.

    Examples
    --------
    >>> import audiolessons as al
    >>> loud = al.signals.sine(440, duration_s=0.5, sample_rate=8000, amplitude=1.5)
    >>> al.files.save("loud.wav", loud, sample_rate=8000)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: audio peaks at 1.5, above full scale, and would be clipped: ...

    Chapter: sound/signals
    """
    path = Path(path)
    check_choice(path.suffix.lower(), name="the suffix of path", choices=tuple(_FORMATS))
    container, subtypes = _FORMATS[path.suffix.lower()]
    subtype = check_choice(subtype or subtypes[0], name="subtype", choices=subtypes)
    audio = check_audio(audio)
    if audio.ndim > 2 or (audio.ndim == 2 and audio.shape[0] > audio.shape[1]):
        raise AudioError(
            f"audio has shape {audio.shape}: a file holds (T,) or (C, T), so pick one item of a "
            "batch, and put time on the last axis (audio.T)"
        )
    sample_rate = check_rate(sample_rate)
    loudest = float(np.max(peak(audio)))
    if loudest > 1.0 and subtype != "float":
        raise AudioError(
            f"audio peaks at {loudest:.4g}, above full scale, and would be clipped: use "
            'al.signals.normalize(audio) or al.signals.clip(audio), or a .wav with subtype="float"'
        )
    if not os.path.isdir(path.parent):
        raise AudioError(f"the folder {str(path.parent)!r} does not exist: make it first")

    buffer = io.BytesIO()
    try:
        soundfile.write(
            buffer,
            _to_file_samples(audio, subtype).T,  # (C, T) -> (T, C)
            sample_rate,
            format=container,
            subtype=subtype.upper(),
        )
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise AudioError(
            f"{path.name} cannot be written with shape {audio.shape} at {sample_rate} Hz as "
            f"{container}: try .wav, which holds any; the writer says {str(error).strip()!r}"
        ) from None
    with whole_file(path) as file:
        file.write(buffer.getvalue())


def _to_file_samples(audio, subtype):
    """Round to integers ourselves: libsndfile would round down, which shifts every sample."""
    if subtype == "pcm_16":
        return np.clip(np.round(audio * 2.0**15), -(2**15), 2**15 - 1).astype(np.int16)
    if subtype == "pcm_24":  # in the upper 24 of 32 bits
        in_steps = np.round(audio.astype(np.float64) * 2.0**23)
        return np.clip(in_steps, -(2**23), 2**23 - 1).astype(np.int32) << 8
    return audio.astype(np.float32)


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


def _check_wav_is_whole(content, name):
    """Compare the bytes that a WAV file's data chunk promises with those that are there.

    libsndfile shortens its count of samples quietly when a file was cut off. A promise of all ones
    is made by programs that write to a pipe and do not know the length: that is let through.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    position = 12
    while position + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, position)
        position += 8
        if kind == b"data":
            n_present = len(content) - position
            if size < 0xFFFFF000 and n_present < size:
                raise AudioError(
                    f"{name} is cut off: its header promises {size} bytes of sound and "
                    f"{n_present} are there; copy or download it again"
                )
            return
        position += size + size % 2  # chunks start at even positions
    raise AudioError(f"{name} is cut off before its sound begins: copy or download it again")


def _check_ogg_is_whole(content, name):
    """Look for the mark that the last page of an Ogg file carries."""
    if content[:4] != b"OggS":
        return
    last_page = content.rfind(b"OggS")
    flags = content[last_page + 5 : last_page + 6]
    if not flags or not flags[0] & 4:
        raise AudioError(f"{name} is cut off, its last page is missing: copy or download it again")
