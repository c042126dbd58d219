"""Sound files out: whole or not at all."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import soundfile

from audiolessons.errors import AudioError, check_audio, check_choice, check_rate
from audiolessons.signals import peak
from audiolessons.writing import whole_file

# suffix -> (libsndfile's format, subtypes we write, the first one by default)
FORMATS = {
    ".wav": ("WAV", ("pcm_16", "pcm_24", "float")),
    ".flac": ("FLAC", ("pcm_16", "pcm_24")),
    ".mp3": ("MP3", ("mpeg_layer_iii",)),
    ".ogg": ("OGG", ("vorbis",)),
}


def save(
    path, audio: np.ndarray, *, sample_rate: int, subtype: str | None = None, replace: bool = True
) -> None:
    """Write a sound file; the suffix of `path` says which kind.

    The file appears whole or not at all: it is written under another name and renamed at the end.

    Parameters
    ----------
    path
        Ends in .wav, .flac, .mp3 or .ogg; its folder must exist.
    audio
        Shape (T,) or (C, T).
    sample_rate
        In Hz, a whole number.
    subtype
        For .wav `"pcm_16"` (default), `"pcm_24"` or `"float"`; for .flac the first two. PCM holds
        [-1, 1] and rounds to the nearest step, so 16 bits return within 1/65536 of what was given.
        Only `"float"` holds more than full scale and returns float32 exactly. MP3 and OGG lose
        what the ear is expected not to miss.
    replace
        Write over a file of that name. False: what is there stays, also what came meanwhile.

    Raises
    ------
    AudioError
        If `audio` leaves [-1, 1] and the format would clip it, has a wrong shape, or if the suffix,
        the subtype or the folder is not there; or if the file is, and must not be replaced.

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
    check_choice(path.suffix.lower(), name="the suffix of path", choices=tuple(FORMATS))
    container, subtypes = FORMATS[path.suffix.lower()]
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
            to_file_samples(audio, subtype).T,  # (C, T) -> (T, C)
            sample_rate,
            format=container,
            subtype=subtype.upper(),
        )
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise AudioError(
            f"{path.name} cannot be written with shape {audio.shape} at {sample_rate} Hz as "
            f"{container}: try .wav, which holds any; the writer says {str(error).strip()!r}"
        ) from None
    with whole_file(path, replace=replace) as file:
        file.write(buffer.getvalue())


def to_file_samples(audio, subtype):
    """Round to integers ourselves: libsndfile would round down, which shifts every sample."""
    if subtype == "pcm_16":
        return np.clip(np.round(audio * 2.0**15), -(2**15), 2**15 - 1).astype(np.int16)
    if subtype == "pcm_24":  # in the upper 24 of 32 bits
        in_steps = np.round(audio.astype(np.float64) * 2.0**23)
        return np.clip(in_steps, -(2**23), 2**23 - 1).astype(np.int32) << 8
    return audio.astype(np.float32)
