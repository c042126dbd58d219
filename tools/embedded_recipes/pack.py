"""Bytes of sound files and archives that are the same each time they are made."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import soundfile

# Where the archive says its files were written; any fixed moment would do.
MOMENT = (2025, 1, 1, 0, 0, 0)


def to_16_bit(audio, *, n_bits=16) -> np.ndarray:
    """Round to whole steps; with fewer than 16 bits the lowest bits are zero and pack smaller.

    Rounding comes before every encoder: it hides that the last digit of a sine may differ from
    one processor to another, so the bytes stay the same.
    """
    step = 2 ** (16 - n_bits)
    audio = np.asarray(audio, dtype=float)
    if not np.isfinite(audio).all() or np.abs(audio).max() >= 1.0:
        raise ValueError(f"a recipe made a peak of {np.abs(audio).max()}: keep it below 1")
    return np.clip(np.round(audio * 32768 / step) * step, -32768, 32768 - step).astype(np.int16)


def flac(audio, *, sample_rate, n_bits=16) -> bytes:
    """Encode as FLAC (lossless after rounding to n_bits)."""
    return _encode(to_16_bit(audio, n_bits=n_bits), sample_rate, "FLAC", "PCM_16", 1.0)


def ogg(audio, *, sample_rate, quality) -> bytes:
    """Encode as Ogg Vorbis, quality from 0 to 1, always with the same stream number."""
    samples = to_16_bit(audio).astype(np.float64) / 32768
    return fix_stream_number(_encode(samples, sample_rate, "OGG", "VORBIS", 1.0 - quality))


def _encode(samples, sample_rate, container, subtype, compression_level) -> bytes:
    file = io.BytesIO()
    soundfile.write(
        file,
        samples,
        sample_rate,
        format=container,
        subtype=subtype,
        compression_level=compression_level,
    )
    return file.getvalue()


def fix_stream_number(data: bytes, number: int = 1) -> bytes:
    """Replace the random stream number that libsndfile draws for each Ogg file.

    Every page carries the number and a checksum over the page (RFC 3533, section 6).
    """
    pages = []
    start = 0
    while start < len(data):
        if data[start : start + 4] != b"OggS":
            raise ValueError(f"no Ogg page at byte {start}: the encoder wrote something else")
        n_segments = data[start + 26]
        header_end = start + 27 + n_segments
        end = header_end + sum(data[start + 27 : header_end])
        page = bytearray(data[start:end])
        page[14:18] = struct.pack("<I", number)
        page[22:26] = bytes(4)  # the checksum is computed with its own place set to zero
        page[22:26] = struct.pack("<I", _ogg_checksum(page))
        pages.append(bytes(page))
        start = end
    return b"".join(pages)


def _checksum_table():
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_TABLE = _checksum_table()


def _ogg_checksum(page) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays as one .npz, readable with allow_pickle=False."""
    members = {}
    for name, array in arrays.items():
        file = io.BytesIO()
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        members[f"{name}.npy"] = file.getvalue()
    return archive(members)


def archive(members: dict[str, bytes]) -> bytes:
    """Pack members sorted by name, with one fixed date and stored as they are.

    Deflating would save little (sound is packed already) and tie the bytes to a zlib version.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, MOMENT)
            info.create_system = 3  # "made on Unix", whatever machine this is
            info.external_attr = 0o644 << 16
            target.writestr(info, members[name])
    return file.getvalue()
