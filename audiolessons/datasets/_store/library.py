"""Finds the files of a set: given folder, cache, network, and else the embedded stand-ins.

A loader sees one of two objects with the same two methods, `paths()` and `read(path)`, and need
not know which. A set is read wholly from recordings or wholly from stand-ins, never from a mixture:
a figure measured on such a mixture would mean nothing.
"""

from __future__ import annotations

import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from audiolessons.datasets._store import download, registry, unpacking
from audiolessons.errors import AudioError

_announced: set[str] = set()  # sets whose stand-ins this process has already told about


@dataclass(frozen=True)
class File:
    """One registered file and where it was found (`where` is None if it is nowhere)."""

    source: registry.Source
    path: str  # inside the repository
    digest: str
    where: Path | None


class Recordings:
    """The files of a set as they stand upstream, found in the given folder or in the cache."""

    source = "recordings"

    def __init__(self, entry: registry.Entry, files: list[File]):
        self.entry = entry
        self._files = {file.path: file for file in files}

    def paths(self) -> list[str]:
        return list(self._files)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file after its hash matched, which also makes pickle safe."""
        file = self._files[path]
        content, problem = read_checked(file)
        if problem:
            raise AudioError(f"{problem}; {_repair(self.entry.asked_as, file.where)}")
        return content


class Embedded:
    """The stand-ins that travel with the package: one zip a set, laid out like upstream."""

    source = "embedded"

    def __init__(self, entry: registry.Entry, *, why: str = ""):
        self.entry = entry
        self.why = why  # what keeps the recordings away, where it can be mended
        path = registry.data_folder() / "embedded" / f"{entry.name}.zip"
        # At most a few MB: reading all of it once keeps no file open (forked workers, Windows).
        try:
            with unpacking.reading_zip(), zipfile.ZipFile(path) as archive:
                files = [info for info in archive.infolist() if not info.is_dir()]
                self._files = {info.filename: archive.read(info) for info in files}
        except zipfile.BadZipFile as problem:
            raise AudioError(
                f"the embedded set {path} cannot be read ({problem}): install audiolessons again"
            ) from problem

    def paths(self) -> list[str]:
        return list(self._files)

    def read(self, path: str) -> bytes:
        return self._files[path]


def find(name: str, *, size: str | None = None):
    """Return the files of the set `name` (of a larger form), from the first place with all of them.

    Each file is looked for in the folder named by AUDIOLESSONS_DATA, then in the user's cache. If
    any is missing, the missing ones are downloaded, unless AUDIOLESSONS_OFFLINE=1 is set or the
    network did not answer before in this process. If that fails because there is no network, or no
    folder to download to, the embedded set is taken; a download that goes wrong in any other way is
    an error.
    """
    entry = registry.entry(name, size=size)
    files = locate(entry)
    missing = [file for file in files if file.where is None]
    if not missing:
        return Recordings(entry, files)
    try:
        registry.cache_folder()
        if registry.is_offline():
            return Embedded(entry)
        download.fetch(name, missing, patient=False)
    except registry.NoCacheError as problem:
        return Embedded(entry, why=str(problem))
    except download.NetworkUnreachableError as problem:
        return Embedded(entry, why=problem.why)
    return Recordings(entry, locate(entry))


def locate(entry: registry.Entry) -> list[File]:
    """Return every file of the set with the first place that has it."""
    roots = [root for root in (registry.given_folder(), _cache_or_none()) if root]
    found = []
    for source in entry.sources:
        folders = [root / source.folder for root in roots]
        folders = [folder for folder in folders if os.path.isdir(folder)]
        for path, digest in source.hashes.items():
            candidates = (folder / path for folder in folders)
            where = next((file for file in candidates if os.path.isfile(file)), None)
            found.append(File(source, path, digest, where))
    return found


def _cache_or_none() -> Path | None:
    try:
        return registry.cache_folder()
    except registry.NoCacheError:  # who wants to download is told
        return None


def read_checked(file: File) -> tuple[bytes | None, str | None]:
    """Return the bytes of a file that was found, and what is wrong with them (or None)."""
    try:
        content = file.where.read_bytes()
    except OSError as problem:
        return None, f"{file.where} cannot be read ({problem})"
    got = registry.sha256(content)
    if got != file.digest:
        return None, f"{file.where} is damaged: its SHA-256 is {got}, expected {file.digest}"
    return content, None


def announce(files) -> None:
    """Print once per set and process that stand-ins are used."""
    name = files.entry.name
    if files.source == "embedded" and name not in _announced:
        _announced.add(name)
        then = f"With a network: python -m audiolessons data fetch {name}"
        if files.why:
            then = f"Not downloaded: {files.why}"
        print(
            f"audiolessons: '{name}' uses the embedded stand-ins, not the recordings; figures and "
            f"sounds differ. {then}",
            file=sys.stderr,
        )


def mark_announced(name: str) -> None:
    """Remember that a chapter's own set-up cell has told which data it uses."""
    _announced.add(name)


def _repair(name: str, where: Path) -> str:
    given = registry.given_folder()
    if given and given in where.parents:
        return (
            f"restore this file in the folder AUDIOLESSONS_DATA={given}, or unset AUDIOLESSONS_DATA"
        )
    return f"run: python -m audiolessons data fetch {name}"
