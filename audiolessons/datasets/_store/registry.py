"""What the data sets are, where they come from and which bytes are the right ones.

`data/sources.json` names for each set its repositories, pinned commits, licence and citation;
`data/hashes/*.txt` holds the SHA-256 of every file, in the format of `sha256sum` and relative to
the folder of the commit, so that `sha256sum --check` reads it too.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from audiolessons.errors import AudioError, check_choice


class NoCacheError(AudioError):
    """There is no folder that downloads can go to: none is known, or it takes no files."""


@dataclass(frozen=True)
class Source:
    """One repository at one commit, and the files of it that a set uses."""

    repository: str  # "owner/name"
    commit: str
    download: str  # "archive" (one zip of the commit) or "files" (each by itself)
    url: str
    n_bytes: int
    hashes: dict  # path inside the repository -> SHA-256

    @property
    def folder(self) -> Path:
        """Where the files lie below the data folder and below the cache: OWNER/NAME/COMMIT."""
        return Path(*self.repository.split("/"), self.commit)


@dataclass(frozen=True)
class Entry:
    """One data set: what it is, who made it, under which terms, and its sources."""

    name: str
    title: str
    summary: str
    licence: str
    licence_url: str
    credit: str
    citation: str
    sources: tuple
    larger: dict = dataclasses.field(default_factory=dict)  # size -> the sources of that form
    size: str | None = None  # of a larger form

    @property
    def asked_as(self) -> str:
        """What follows `python -m audiolessons data fetch` to get it."""
        return self.name if self.size is None else f"{self.name} --size {self.size}"

    @property
    def n_bytes(self) -> int:
        return sum(source.n_bytes for source in self.sources)

    @property
    def n_files(self) -> int:
        return sum(len(source.hashes) for source in self.sources)


def data_folder() -> Path:
    """Return the folder of the registry and the embedded sets.

    An installed package carries it as `audiolessons/_data`; in the repository it is `data`.

    Examples
    --------
    >>> data_folder().is_dir()
    True

    Chapter: reference/data
    """
    package = Path(__file__).resolve().parents[2]
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent / "data"


def names() -> tuple[str, ...]:
    """Return the names of all data sets.

    Examples
    --------
    >>> names()[:3]
    ('spoken_digits', 'environmental_sounds', 'read_speech')

    Chapter: reference/data
    """
    return tuple(_entries(data_folder()))


def entry(name: str, *, size: str | None = None) -> Entry:
    """Return what the registry says about the set `name`, or about a larger form of it.

    Examples
    --------
    >>> entry("spoken_digits").licence
    'CC BY-SA 4.0'
    >>> entry("many_voices").n_files, entry("many_voices", size="full").n_files
    (676, 2569)
    """
    check_choice(name, name="name of a data set", choices=names())
    found = _entries(data_folder())[name]
    if size is None:
        return found
    if size not in found.larger:
        choices = f"its larger form is {', '.join(found.larger)}" if found.larger else "it has one"
        raise AudioError(f"{name} has no size {size!r}: leave the size out, {choices}")
    return dataclasses.replace(found, sources=found.larger[size], size=size)


@functools.lru_cache(maxsize=8)
def _entries(folder: Path) -> dict:
    path = folder / "sources.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise AudioError(
            f"the registry of data sets {path} cannot be read ({problem}): "
            "install audiolessons again"
        ) from problem
    entries = {}
    for name, about in described.items():
        try:
            forms = {"": about["sources"], **about.get("larger", {})}
            read = {size: tuple(_source(folder, one) for one in forms[size]) for size in forms}
            sources = {"sources": read.pop(""), "larger": read}
            entries[name] = Entry(**{**about, "name": name, **sources})
        except (KeyError, TypeError) as problem:
            raise AudioError(
                f"{path}: the entry {name!r} lacks a field, or has one that is not known "
                f"({problem}): give it the fields of the other entries"
            ) from problem
    return entries


def _source(folder: Path, one: dict) -> Source:
    return Source(
        repository=one["repository"],
        commit=one["commit"],
        download=one["download"],
        url=one["url"],
        n_bytes=one["bytes"],
        hashes=_read_hashes(folder / one["hashes"]),
    )


def _read_hashes(path: Path) -> dict:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise AudioError(f"the list of hashes {path} cannot be read ({problem})") from problem
    hashes = {}
    for line in lines:
        digest, _, file = line.partition("  ")
        if len(digest) != 64 or not file or file.startswith(("./", "/")):
            raise AudioError(
                f"{path} holds the line {line!r}: write SHA-256, two spaces, and the path from "
                "the root of the repository, without ./ before it"
            )
        hashes[file] = digest
    return hashes


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- where files may lie ---------------------------------------------------------------------


def given_folder() -> Path | None:
    """Return the folder named by AUDIOLESSONS_DATA, which is only read, or None."""
    value = os.environ.get("AUDIOLESSONS_DATA", "").strip()
    if not value:
        return None
    folder = Path(os.path.expanduser(value))
    if not os.path.isdir(folder):
        raise AudioError(
            f"AUDIOLESSONS_DATA is {value!r}, which is not a folder: name the folder that holds "
            "OWNER/NAME/COMMIT/..., or unset it"
        )
    return folder


def cache_folder() -> Path:
    """Return the folder that downloads go to: AUDIOLESSONS_CACHE, or the system's usual place.

    Raises
    ------
    NoCacheError
        If AUDIOLESSONS_CACHE is a relative path, or this user has no home folder.
    """
    value = os.environ.get("AUDIOLESSONS_CACHE", "").strip()
    if value:
        folder = Path(os.path.expanduser(value))
        if not folder.is_absolute():
            raise NoCacheError(
                f"AUDIOLESSONS_CACHE is {value!r}, which is another folder in each chapter: give "
                f"the whole path, such as {str(folder.absolute())!r}"
            )
        return folder
    variable = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_CACHE_HOME")
    if os.path.isabs(os.environ.get(variable, "")):
        return Path(os.environ[variable]) / "audiolessons"
    try:
        home = Path.home()
    except (RuntimeError, KeyError) as problem:  # in a container, an unknown user without HOME
        raise NoCacheError(
            "this user has no home folder for downloads: set HOME, or AUDIOLESSONS_CACHE to a "
            "folder that you may write to"
        ) from problem
    usual = {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
    return home / usual / "audiolessons"


def is_offline() -> bool:
    """Whether AUDIOLESSONS_OFFLINE forbids the network.

    Examples
    --------
    >>> getfixture("monkeypatch").setenv("AUDIOLESSONS_OFFLINE", "false")
    >>> is_offline()
    False
    """
    value = os.environ.get("AUDIOLESSONS_OFFLINE", "").strip().lower()
    return value not in ("", "0", "false", "no", "off")
