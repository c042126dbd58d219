"""Long sound files, a block at a time, with memory that does not grow with their length."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from audiolessons.errors import AudioError, check_audio, check_choice, check_count, check_rate
from audiolessons.files import containers
from audiolessons.files.saving import FORMATS, to_file_samples
from audiolessons.signals import peak
from audiolessons.writing import whole_file


class SoundReader:
    """A sound file that is open: its rate, channels and length, and its samples in blocks.

    Chapter: tasks/editing
    """

    def __init__(self, file: soundfile.SoundFile, name: str):
        self._file, self._name = file, name
        self.sample_rate, self.n_channels = file.samplerate, file.channels
        self.n_samples = file.frames

    def blocks(self, n_samples: int) -> Iterator[np.ndarray]:
        """Yield all samples from the beginning, float32 (C, T), `n_samples` at a time."""
        check_count(n_samples, name="n_samples")
        self._file.seek(0)
        n_read = 0
        try:
            while len(block := self._file.read(n_samples, dtype="float32", always_2d=True)):
                n_read += len(block)
                yield check_audio(np.ascontiguousarray(block.T), name=self._name)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise AudioError(
                f"{self._name} is damaged or cut off ({error}): copy it again"
            ) from error
        if n_read < self.n_samples:
            raise AudioError(
                f"{self._name} is cut off: it promises {self.n_samples} samples and holds "
                f"{n_read}; copy or download it again"
            )


@contextlib.contextmanager
def reading(path) -> Iterator[SoundReader]:
    """Open a sound file to be read in blocks, as often as you like.

    Parameters
    ----------
    path
        A file that does not change meanwhile.

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off, no sound file, or several sounds in one.

    Examples
    --------
    >>> import audiolessons as al
    >>> path = getfixture("tmp_path") / "tone.wav"
    >>> tone = al.signals.sine(440, duration_s=0.5, sample_rate=8000)
    >>> al.files.save(path, tone, sample_rate=8000)
    >>> with reading(path) as sound:
    ...     [block.shape for block in sound.blocks(3000)]
    [(1, 3000), (1, 1000)]

    Chapter: tasks/editing
    """
    path = Path(path)
    _check_container(path)
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise AudioError(
            f"{path} is no sound file that can be read: open it in a player, or convert it to .wav "
            f"or .flac; the reader says {str(error).strip()!r}"
        ) from None
    with file:
        if file.frames == 0 or not file.seekable():
            raise AudioError(f"{path} holds no samples, or no end: record or convert it again")
        yield SoundReader(file, str(path))


def _check_container(path):
    """Hold the promise of a file's header against its length, without reading the whole of it."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise AudioError(f"{path} is empty (0 bytes): copy or download it again")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                n_parts = len(containers.parts(content, str(path)))  # type: ignore[arg-type]
    except FileNotFoundError:
        raise AudioError(
            f"there is no file {str(path)!r} (looked in {str(Path.cwd())!r}): check the name"
        ) from None
    except OSError as error:
        raise AudioError(f"{str(path)!r} cannot be read: {error}") from error
    if n_parts > 1:
        raise AudioError(
            f"{path} is {n_parts} sounds one behind the other: join them first, with files.load "
            "and files.save"
        )


class SoundWriter:
    """A sound file that is being written, block after block.

    Chapter: tasks/editing
    """

    def __init__(self, file: soundfile.SoundFile, name: str):
        self._file, self._name = file, name

    def write(self, audio: np.ndarray) -> None:
        """Add samples (C, T) or (T,), which must not pass full scale."""
        audio = np.atleast_2d(check_audio(audio, min_samples=0))
        if audio.shape[-1] == 0:
            return
        loudest = float(np.max(peak(audio)))
        if loudest > 1.0 and self._file.subtype != "FLOAT":
            raise AudioError(
                f"audio peaks at {loudest:.4g}, above full scale, and would be clipped in "
                f"{self._name}: turn it down, or see editing.limit"
            )
        self._file.write(to_file_samples(audio, self._file.subtype.lower()).T)


@contextlib.contextmanager
def writing(
    path,
    *,
    sample_rate: int,
    n_channels: int,
    subtype: str | None = None,
    replace: bool = False,
) -> Iterator[SoundWriter]:
    """Open a sound file to be written in blocks; it appears whole when the `with` block ends.

    Parameters
    ----------
    path
        Its suffix says which kind, as for `save`.
    sample_rate
        Hz.
    n_channels
        C.
    subtype
        As for `save`.
    replace
        Write over a file that is there. False: it stays, and that is an error.

    Raises
    ------
    AudioError
        If the file is there, cannot be written, or its kind does not exist.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "long.wav"
    >>> with writing(path, sample_rate=8000, n_channels=1) as sound:
    ...     for _ in range(3):
    ...         sound.write(np.zeros(8000))
    >>> from audiolessons.files import load
    >>> load(path)[0].shape
    (24000,)

    Chapter: tasks/editing
    """
    path = Path(path)
    check_choice(path.suffix.lower(), name="the suffix of path", choices=tuple(FORMATS))
    container, subtypes = FORMATS[path.suffix.lower()]
    subtype = check_choice(subtype or subtypes[0], name="subtype", choices=subtypes)
    check_count(n_channels, name="n_channels")
    with whole_file(path, replace=replace) as file:
        try:
            sound = soundfile.SoundFile(
                file,
                "w",
                samplerate=check_rate(sample_rate),
                channels=n_channels,
                format=container,
                subtype=subtype.upper(),
            )
        except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
            raise AudioError(
                f"{path.name} cannot be written with {n_channels} channels at {sample_rate} Hz as "
                f"{container}: try .wav; the writer says {str(error).strip()!r}"
            ) from None
        with sound:
            yield SoundWriter(sound, path.name)
