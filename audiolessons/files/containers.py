"""What a sound file's own frame says of its length: whether it is cut off, or several files in one.

libsndfile shortens its count of samples quietly when a file was cut off, and reads the first of
several sounds that stand one behind the other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audiolessons.errors import AudioError

_MP3_INFO = (b"Xing", b"Info")  # in the first frame of an MP3, behind its header and
_MP3_SIDE_BYTES = (36, 21, 13)  # what depends on version and channels


def parts(content: bytes, name: str) -> list[bytes]:
    """Return the sound files that stand one behind the other in `content`, most often one.

    Raises
    ------
    AudioError
        If the file is a WAV, RF64, W64, AIFF, AU or Ogg that is cut off.
    """
    kind = content[:4]
    if kind == b"RIFF" and content[8:12] == b"WAVE":
        return [_whole_wav(content, name)]
    if kind in (b"RF64", b"BW64"):
        _check_rf64(content, name)
    elif kind == b"riff":
        _check_w64(content, name)
    elif kind == b"FORM" and content[8:12] in (b"AIFF", b"AIFC"):
        _check_aiff(content, name)
    elif kind in (b".snd", b"dns."):
        _check_au(content, name)
    elif kind == b"OggS":
        return _split(content, _ogg_starts(content, name))
    elif kind[:3] == b"ID3" or kind[:1] == b"\xff":
        return _split(content, _mp3_starts(content))
    return [content]


def _split(content, starts):
    if len(starts) == 1:
        return [content]  # not a copy: it may be the map of a long file
    ends = [*starts[1:], len(content)]
    return [content[start:end] for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _check(n_promised: int, n_present: int, name: str) -> None:
    if n_present < n_promised:
        raise AudioError(
            f"{name} is cut off: its header promises {n_promised} bytes of sound and {n_present} "
            "are there; copy or download it again"
        )


def _before_the_sound(name: str) -> AudioError:
    return AudioError(f"{name} is cut off before its sound begins: copy or download it again")


def _chunks(content, *, start: int, form: str, align: int = 2) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size and first byte of each chunk; `form` is that of name and size."""
    position = start
    n_head = struct.calcsize(form)
    while position + n_head <= len(content):
        kind, size = struct.unpack_from(form, content, position)
        yield kind, size, position + n_head
        position += n_head + size + -size % align


def _is_unknown(size: int) -> bool:
    """Whether a program wrote this because it did not know the size, as ffmpeg and sox on pipes."""
    return 0x7FFFF000 <= size <= 0x80000000 or size >= 0xFFFFF000


def _whole_wav(content, name):
    """Return a WAV whose data chunk states its size, where it was left open."""
    for kind, size, position in _chunks(content, start=12, form="<4sI"):
        if kind != b"data":
            continue
        n_present = len(content) - position
        never_closed = size == 0 and n_present and not _begins_a_chunk(content, position)
        if never_closed or (_is_unknown(size) and n_present < size):
            stated = struct.pack("<I", n_present)
            return content[: position - 4] + stated + content[position:]
        _check(size, n_present, name)
        return content
    raise _before_the_sound(name)


def _begins_a_chunk(content, position):
    """Whether a chunk stands there that ends within the file, as behind an empty data chunk."""
    kind, size, start = next(_chunks(content, start=position, form="<4sI"), (b"\xff", 0, 0))
    return kind.isascii() and kind.decode().isprintable() and start + size <= len(content)


def _check_rf64(content, name):
    n_promised = 0
    for kind, size, position in _chunks(content, start=12, form="<4sI"):
        if kind == b"ds64" and position + 16 <= len(content):
            (n_promised,) = struct.unpack_from("<Q", content, position + 8)
        if kind == b"data":
            n_promised = n_promised if _is_unknown(size) else size
            if n_promised < 2**63:
                _check(n_promised, len(content) - position, name)
            return
    raise _before_the_sound(name)


def _check_w64(content, name):
    position = 40
    while position + 24 <= len(content):
        kind, size = struct.unpack_from("<16sQ", content, position)
        if kind[:4] == b"data":
            return _check(size - 24, len(content) - position - 24, name)
        position += max(24, size + -size % 8)
    raise _before_the_sound(name)


def _check_aiff(content, name):
    for kind, size, position in _chunks(content, start=12, form=">4sI"):
        if kind == b"SSND":
            if not _is_unknown(size):
                _check(size, len(content) - position, name)
            return
    raise _before_the_sound(name)


def _check_au(content, name):
    if len(content) < 12:
        raise _before_the_sound(name)
    order = ">" if content[:4] == b".snd" else "<"
    start, size = struct.unpack_from(f"{order}II", content, 4)
    if not _is_unknown(size):
        _check(size, len(content) - start, name)


def _ogg_starts(content, name) -> list[int]:
    """Return where each link of a chain begins: at a first page that follows another kind of page.

    Several streams that run side by side have their first pages together.
    """
    starts, flags, was_first = [], 0, False
    position = 0
    while content[position : position + 4] == b"OggS" and position + 27 <= len(content):
        flags, n_segments = content[position + 5], content[position + 26]
        if flags & 2 and not was_first:
            starts.append(position)
        was_first = bool(flags & 2)
        body = position + 27
        position = body + n_segments + sum(content[body : body + n_segments])
    if not flags & 4 or position > len(content):
        raise AudioError(f"{name} is cut off, its last page is missing: copy or download it again")
    return starts or [0]


def _mp3_starts(content) -> list[int]:
    """Return where each MP3 begins: at a frame that tells of the frames behind it."""
    starts: set[int] = set()
    for mark in _MP3_INFO:
        found = content.find(mark)
        while found >= 0:
            before = (found - n_bytes for n_bytes in _MP3_SIDE_BYTES if found >= n_bytes)
            starts.update(start for start in before if _is_info_frame(content[start:found]))
            found = content.find(mark, found + 4)
    return sorted(starts) or [0]


def _is_info_frame(head: bytes) -> bool:
    """Whether these bytes, up to the mark, are a frame header and the zeros of an empty frame."""
    return head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and not any(head[4:])
