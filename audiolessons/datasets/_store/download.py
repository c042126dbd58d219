"""Brings missing files of a set into the cache: all of them and right, or none.

Everything is downloaded and unpacked in a temporary folder inside the cache, each file's SHA-256 is
compared, and only then are the files moved to their places with `os.replace`, which is atomic. A
lock file makes a second process wait and then find that nothing is left to do.
"""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import stat
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

from audiolessons.datasets._store import registry
from audiolessons.datasets._store.lock import locked
from audiolessons.datasets._store.progress import Progress
from audiolessons.errors import AudioError

TIMEOUT_S = 20.0  # for the connection and for each read, when somebody asked for the download
QUICK_TIMEOUT_S = 5.0  # when a lesson merely loads a set
ATTEMPTS = 4
QUICK_ATTEMPTS = 2
BACKOFF_S = 1.0  # doubles with each attempt
LONGEST_WAIT_S = 60.0  # a server that asks for more is not waited for
SPARE_BYTES = 10 * 2**20
CHUNK_BYTES = 2**16
BUSY = (429, 500, 502, 503, 504)

OFFLINE_HINT = "or set AUDIOLESSONS_OFFLINE=1 to work with the embedded stand-ins"

_unreachable: dict[str, str] = {}  # server -> why it did not answer, for the rest of this process


class NetworkUnreachableError(AudioError):
    """No server answered: the machine is offline, something blocks it, or the server is busy."""


class _TryAgainError(Exception):
    """An attempt failed in a way that may pass; `wait_s` is the wait that the server asked for."""

    def __init__(self, problem: str, *, kind: str, wait_s: float | None = None):
        super().__init__(problem)
        self.kind = kind  # "silent" (no answer), "busy" or "cut off"
        self.wait_s = wait_s


def fetch(name: str, files: list, *, patient: bool) -> None:
    """Download `files` (of `library.File`) of the set `name` into the cache.

    With `patient` False (a lesson loads a set) the network has a few seconds to answer, and a
    server that did not answer once is not asked again in this process.

    Raises
    ------
    NetworkUnreachableError
        If no server answers.
    AudioError
        If the server refuses, the download is cut off or holds other bytes than registered, or the
        disk is full. Nothing is left behind in the cache then.
    """
    for source in dict.fromkeys(file.source.folder for file in files):
        of_source = [file for file in files if file.source.folder == source]
        try:
            _fetch_source(name, of_source, patient=patient)
        except OSError as problem:
            raise AudioError(_disk_message(name, problem)) from problem


def _fetch_source(name: str, files: list, *, patient: bool) -> None:
    source = files[0].source
    server = _server_of(source)
    if not patient and server in _unreachable:
        raise NetworkUnreachableError(_unreachable[server])
    target = registry.cache_folder() / source.folder
    prefix = f".download-{source.commit[:12]}-"
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_name(f"{target.name}.lock")):
        # Another process may have brought them while this one waited for the lock.
        wanted = {f.path: f.digest for f in files if not _is_right(target / f.path, f.digest)}
        if not wanted:
            return
        _check_space(name, source, target.parent)
        for left_over in target.parent.glob(f"{prefix}*"):  # of a process that was killed
            shutil.rmtree(left_over, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        try:
            with Progress(name) as progress:
                bring = _bring_archive if source.download == "archive" else _bring_files
                bring(name, source, wanted, work, progress, patient)
            for path in wanted:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(work / "files" / path, target / path)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _bring_archive(name, source, wanted: dict, work: Path, progress, patient: bool) -> None:
    url = _url(source.url)
    archive = work / "archive.zip"
    _download(name, url, archive, progress, patient)
    unpack(archive, work / "files", wanted, name=name, url=url)
    archive.unlink()


def _bring_files(name, source, wanted: dict, work: Path, progress, patient: bool) -> None:
    for path, digest in wanted.items():
        url = _url(source.url + urllib.parse.quote(path))
        file = work / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        _download(name, url, file, progress, patient)
        _check_digest(file.read_bytes(), digest, path=path, name=name, url=url)


def unpack(archive: Path, folder: Path, wanted: dict, *, name: str, url: str) -> None:
    """Write the files `wanted` ({path: SHA-256}) of a commit's zip archive below `folder`.

    Only registered paths are written, so that an archive cannot choose where its files go. One that
    tries (absolute paths, "..", a link in place of a file) is refused as a whole.

    Raises
    ------
    AudioError
        If the archive is broken, unsafe, lacks a file or holds other bytes than registered.
    """
    missing = dict(wanted)
    try:
        with zipfile.ZipFile(archive) as content:
            for info in content.infolist():
                _check_member(info, name=name, url=url)
                _, _, path = info.filename.partition("/")  # drop the folder NAME-COMMIT
                if path not in missing:
                    continue
                if stat.S_ISLNK(info.external_attr >> 16):
                    raise AudioError(
                        f"the archive {url} holds a link in place of the file {path}: it is not "
                        f"the registered one and nothing was unpacked; {_advice(name)}"
                    )
                unpacked = content.read(info)
                _check_digest(unpacked, missing.pop(path), path=path, name=name, url=url)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(unpacked)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as problem:
        size = archive.stat().st_size
        raise AudioError(
            f"{url} gave {size} bytes that are not a whole zip archive ({problem}); {_advice(name)}"
        ) from problem
    if missing:
        raise AudioError(
            f"the archive {url} lacks {len(missing)} of {len(wanted)} registered files, among them "
            f"{next(iter(missing))}; {_advice(name)}"
        )


def _check_member(info: zipfile.ZipInfo, *, name: str, url: str) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise AudioError(
            f"the archive {url} holds the path {info.filename!r}, which leads out of its folder: "
            f"nothing was unpacked; {_advice(name)}"
        )


def _check_digest(content: bytes, expected: str, *, path: str, name: str, url: str) -> None:
    got = registry.sha256(content)
    if got != expected:
        raise AudioError(
            f"{url} gave other bytes for {path} than registered: {len(content)} bytes with SHA-256 "
            f"{got}, expected {expected}; nothing was kept; {_advice(name)}"
        )


# --- one file over the network -----------------------------------------------------------------


def _download(name: str, url: str, file: Path, progress, patient: bool) -> None:
    """Download `url` to `file`, again after failures that may pass."""
    attempts = ATTEMPTS if patient else QUICK_ATTEMPTS
    longest_wait_s = LONGEST_WAIT_S if patient else QUICK_TIMEOUT_S
    for attempt in range(1, attempts + 1):
        try:
            return _download_once(url, file, progress, TIMEOUT_S if patient else QUICK_TIMEOUT_S)
        except _TryAgainError as failure:
            problem = failure
        wait_s = BACKOFF_S * 2 ** (attempt - 1) if problem.wait_s is None else problem.wait_s
        is_hopeless = wait_s > longest_wait_s or (not patient and problem.kind == "silent")
        if attempt == attempts or is_hopeless:
            break
        time.sleep(wait_s)
    message = f"{url} {problem} (attempt {attempt} of {attempts}); "
    if problem.kind == "cut off" or (problem.kind == "busy" and patient):
        raise AudioError(message + _advice(name)) from problem
    # A lesson goes on with the stand-ins if a whole class asks at once and the server is busy.
    message += f"connect to the network and {_advice(name)}"
    _unreachable[_server(url)] = message
    raise NetworkUnreachableError(message) from problem


def _download_once(url: str, file: Path, progress, timeout_s: float) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "audiolessons"})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as problem:
        with problem:
            answer = f"answered {problem.code} {problem.reason}, expected 200"
            if problem.code in BUSY:
                wait_s = _retry_after_s(problem.headers.get("Retry-After"))
                if wait_s is not None and wait_s > LONGEST_WAIT_S:
                    answer += f", and asks to wait {wait_s:.0f} s"
                raise _TryAgainError(answer, kind="busy", wait_s=wait_s) from problem
        raise AudioError(
            f"{url} {answer}: if the address works in a browser, look at AUDIOLESSONS_MIRROR and "
            f"the proxy settings, {OFFLINE_HINT}"
        ) from problem
    except (OSError, http.client.HTTPException) as problem:
        reason = getattr(problem, "reason", problem) or type(problem).__name__
        raise _TryAgainError(f"did not answer ({reason})", kind="silent") from problem
    with response, file.open("wb") as out:
        length = response.headers.get("Content-Length")
        expected = int(length) if length and length.isdigit() else None
        n_bytes = 0
        progress.start(expected)
        while chunk := _read(response, n_bytes, expected):
            out.write(chunk)
            n_bytes += len(chunk)
            progress.update(n_bytes)
        progress.end()
    if expected is not None and n_bytes != expected:
        raise _TryAgainError(
            f"was cut off: got {n_bytes} bytes, expected {expected}", kind="cut off"
        )


def _read(response, n_bytes: int, expected: int | None) -> bytes:
    # Apart from the writing, so that a broken connection and a full disk are told apart.
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as problem:
        raise _TryAgainError(
            f"was cut off: got {n_bytes} bytes, expected {expected or 'more'} "
            f"({type(problem).__name__})",
            kind="cut off",
        ) from problem


def _retry_after_s(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


# --- addresses, room and messages --------------------------------------------------------------


def _url(url: str) -> str:
    """Return the address, on the server that AUDIOLESSONS_MIRROR names if it does.

    A mirror answers the same paths as upstream: OWNER/NAME/zip/COMMIT for an archive and
    OWNER/NAME/COMMIT/PATH for a file.
    """
    mirror = os.environ.get("AUDIOLESSONS_MIRROR", "").strip()
    if not mirror:
        return url
    if not mirror.startswith(("http://", "https://")):
        raise AudioError(
            f"AUDIOLESSONS_MIRROR is {mirror!r}: give an address that starts with https://"
        )
    return mirror.rstrip("/") + urllib.parse.urlsplit(url).path


def _server(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def _server_of(source) -> str:
    return _server(_url(source.url))


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and registry.sha256(path.read_bytes()) == digest


def _check_space(name: str, source, folder: Path) -> None:
    needed = source.n_bytes * (2 if source.download == "archive" else 1) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise AudioError(
            f"{folder} has {free / 1e6:.0f} MB free, and {name} needs {needed / 1e6:.0f} MB to "
            "download and unpack: free some, or set AUDIOLESSONS_CACHE to a folder on another disk"
        )


def _disk_message(name: str, problem: OSError) -> str:
    cache = registry.cache_folder()
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        cause = f"the disk of {cache} is full, so {name} was not downloaded and nothing was kept"
    else:
        cause = f"{name} could not be written to {cache} ({problem})"
    return f"{cause}: free some room, or set AUDIOLESSONS_CACHE to a folder with room to write"


def _advice(name: str) -> str:
    return f"try again with: python -m audiolessons data fetch {name}, {OFFLINE_HINT}"
