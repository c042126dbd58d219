"""Takes the registered files out of a downloaded archive, and nothing else."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

from audiolessons.datasets._store import registry
from audiolessons.errors import AudioError

OFFLINE_HINT = "or set AUDIOLESSONS_OFFLINE=1 to work with the embedded stand-ins"
END_BYTES = 2**16 + 22  # of a zip archive: what its end may take, with the longest comment
MOST_DIRECTORY_BYTES = 16 * 2**20  # some 100 bytes a member


def unpack(
    archive: Path, folder: Path, wanted: dict, *, most_bytes: int, name: str, url: str
) -> None:
    """Write the files `wanted` ({path: SHA-256}) of a commit's zip archive below `folder`.

    Only registered paths are written, so that an archive cannot choose where its files go. One that
    tries (absolute paths, "..", a link in place of a file) is refused as a whole, and so is one
    whose files would be larger together than the registry says, `most_bytes`.

    Raises
    ------
    AudioError
        If the archive is broken, unsafe, too large, lacks a file or holds other bytes than
        registered.
    """
    missing = dict(wanted)
    n_bytes = 0
    try:
        with archive.open("rb") as file:
            _check_directory(file)
            with reading_zip():
                content = zipfile.ZipFile(file)
            for info in content.infolist():
                _check_member(info, name=name, url=url)
                _, _, path = info.filename.partition("/")  # drop the folder NAME-COMMIT
                if path not in missing:
                    continue
                if stat.S_ISLNK(info.external_attr >> 16):
                    raise AudioError(
                        f"the archive {url} holds a link in place of the file {path}: it is not "
                        f"the registered one and nothing was unpacked; {advice(name)}"
                    )
                n_bytes += info.file_size
                if n_bytes > most_bytes:
                    raise AudioError(
                        f"the archive {url} unpacks to more than {most_bytes} bytes, which is all "
                        f"that {name} has: nothing was kept; {advice(name)}"
                    )
                unpacked = _read_member(content, info)
                check_digest(unpacked, missing.pop(path), path=path, name=name, url=url)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(unpacked)
    except zipfile.BadZipFile as problem:
        size = archive.stat().st_size
        raise AudioError(
            f"{url} gave {size} bytes that are not a whole zip archive ({problem}); {advice(name)}"
        ) from problem
    if missing:
        raise AudioError(
            f"the archive {url} lacks {len(missing)} of {len(wanted)} registered files, among them "
            f"{next(iter(missing))}; {advice(name)}"
        )


@contextlib.contextmanager
def reading_zip():
    """Turn whatever damaged bytes make zipfile stumble over into its own BadZipFile."""
    try:
        yield
    except Exception as problem:  # also of zlib, lzma, seek, struct, of text that is none
        raise zipfile.BadZipFile(str(problem) or type(problem).__name__) from problem


def _read_member(content: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, and take no more memory for them than it states."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"a member is packed in the way {info.compress_type}")
    with reading_zip(), content.open(info) as member:
        return member.read(info.file_size + 1)  # without a number, it would unpack without end


def _check_directory(file) -> None:
    """Refuse an archive whose list of members is too long to be read into memory."""
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(max(0, n_bytes - END_BYTES))
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        raise zipfile.BadZipFile("it has no end")
    (directory_bytes,) = struct.unpack_from("<I", end, at + 12)
    # The long form (zip64) is for archives of over 4 GB, or of over 65535 members.
    if directory_bytes > MOST_DIRECTORY_BYTES or end[max(0, at - 20) : at].startswith(
        b"PK\x06\x07"
    ):
        raise zipfile.BadZipFile(f"its list of members has over {MOST_DIRECTORY_BYTES} bytes")


def _check_member(info: zipfile.ZipInfo, *, name: str, url: str) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
        raise AudioError(
            f"the archive {url} holds the path {info.filename!r}, which leads out of its folder: "
            f"nothing was unpacked; {advice(name)}"
        )


def check_digest(content: bytes, expected: str, *, path: str, name: str, url: str) -> None:
    """Raise an `AudioError` if a file's bytes are not the registered ones."""
    got = registry.sha256(content)
    if got != expected:
        raise AudioError(
            f"{url} gave other bytes for {path} than registered: {len(content)} bytes with SHA-256 "
            f"{got}, expected {expected}; nothing was kept; {advice(name)}"
        )


def advice(name: str) -> str:
    """Return how to get the set `name` again, or do without."""
    return f"try again with: python -m audiolessons data fetch {name}, {OFFLINE_HINT}"
