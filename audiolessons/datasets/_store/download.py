"""Brings missing files of a set into the cache: all of them and right, or none.

Everything is downloaded and unpacked in a temporary folder inside the cache, each file's SHA-256 is
compared, and only then are the files moved to their places with `os.replace`, which is atomic. A
lock file makes a second process wait and then find that nothing is left to do.
"""

from __future__ import annotations

import errno
import http.client
import os
import queue
import re
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from audiolessons.datasets._store import registry
from audiolessons.datasets._store.lock import locked
from audiolessons.datasets._store.progress import Progress
from audiolessons.datasets._store.unpacking import OFFLINE_HINT, advice, check_digest, unpack
from audiolessons.errors import AudioError

TIMEOUT_S = 20.0  # for the connection and for each read, when somebody asked for the download
QUICK_TIMEOUT_S = 5.0  # when a lesson merely loads a set
ATTEMPTS = 4
QUICK_ATTEMPTS = 2
BACKOFF_S = 1.0  # doubles with each attempt
LONGEST_WAIT_S = 60.0  # a server that asks for more is not waited for
# All of a download may take so long, and what its registered size takes at the slowest rate.
START_S, SLOWEST_BYTES_PER_S = 300.0, 20e3
QUICK_START_S, QUICK_SLOWEST_BYTES_PER_S = 15.0, 200e3
SPARE_BYTES = 10 * 2**20
MOST_TIMES = 10  # an archive holds the whole repository: it may have so many times the set's bytes
CHUNK_BYTES = 2**16
BUSY = (429, 500, 502, 503, 504)

# server -> message and what can be done, for the rest of this process
_unreachable: dict[str, tuple[str, str]] = {}


class NetworkUnreachableError(AudioError):
    """No server answered in time: no network, something blocks it, or the server is busy or slow.

    `why` says what can be done about it on this machine; "" if nothing but to connect.
    """

    def __init__(self, message: str, why: str = ""):
        super().__init__(message)
        self.why = why


class _TryAgainError(Exception):
    """An attempt failed in a way that may pass; `wait_s` is the wait that the server asked for."""

    def __init__(self, problem: str, *, kind: str, wait_s: float | None = None):
        super().__init__(problem)
        self.kind = kind  # "silent" (no answer), "busy", "slow" or "cut off"
        self.wait_s = wait_s


@dataclass(frozen=True)
class _Job:
    """What is brought for a set from one source, and how long that may take."""

    name: str
    source: registry.Source
    patient: bool
    progress: Progress
    until: float  # of time.monotonic

    @property
    def most_bytes(self) -> int:
        """The size that one download may have."""
        n_bytes = self.source.n_bytes
        is_archive = self.source.download == "archive"
        return MOST_TIMES * n_bytes + SPARE_BYTES if is_archive else n_bytes


def longest_s(source: registry.Source, *, patient: bool) -> float:
    """Return for how many seconds a download of the source is waited for."""
    if patient:
        return START_S + source.n_bytes / SLOWEST_BYTES_PER_S
    return QUICK_START_S + source.n_bytes / QUICK_SLOWEST_BYTES_PER_S


def fetch(name: str, files: list, *, patient: bool) -> None:
    """Download `files` (of `library.File`) of the set `name` into the cache.

    With `patient` False (a lesson loads a set) the network has a few seconds to answer, and a
    server that did not answer once is not asked again in this process.

    Raises
    ------
    NetworkUnreachableError
        If no server answers in time.
    NoCacheError
        If the cache takes no files: no permission, a full disk, another process at work.
    AudioError
        If the server refuses, or the download is cut off, too large or holds other bytes than
        registered. Nothing is left behind in the cache then.
    """
    for source in dict.fromkeys(file.source.folder for file in files):
        of_source = [file for file in files if file.source.folder == source]
        try:
            _fetch_source(name, of_source, patient=patient)
        except OSError as problem:
            raise registry.NoCacheError(_disk_message(name, problem)) from problem


def _fetch_source(name: str, files: list, *, patient: bool) -> None:
    source = files[0].source
    server = _server_of(source)
    if not patient and server in _unreachable:
        raise NetworkUnreachableError(*_unreachable[server])
    limit_s = longest_s(source, patient=patient)
    target = registry.cache_folder() / source.folder
    prefix = f".download-{source.commit[:12]}-"
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_name(f"{target.name}.lock"), longest_wait_s=limit_s):
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
                job = _Job(name, source, patient, progress, until=time.monotonic() + limit_s)
                bring = _bring_archive if source.download == "archive" else _bring_files
                bring(job, wanted, work)
            for path in wanted:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(work / "files" / path, target / path)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _bring_archive(job: _Job, wanted: dict, work: Path) -> None:
    name, url = job.name, _url(job.source.url)
    archive = work / "archive.zip"
    _download(job, url, archive)
    unpack(archive, work / "files", wanted, most_bytes=job.source.n_bytes, name=name, url=url)
    archive.unlink()


def _bring_files(job: _Job, wanted: dict, work: Path) -> None:
    for path, digest in wanted.items():
        url = _url(job.source.url + urllib.parse.quote(path))
        file = work / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        _download(job, url, file)
        check_digest(file.read_bytes(), digest, path=path, name=job.name, url=url)


# --- one file over the network -----------------------------------------------------------------


def _download(job: _Job, url: str, file: Path) -> None:
    """Download `url` to `file`, again after failures that may pass."""
    attempts = ATTEMPTS if job.patient else QUICK_ATTEMPTS
    longest_wait_s = LONGEST_WAIT_S if job.patient else QUICK_TIMEOUT_S
    for attempt in range(1, attempts + 1):
        try:
            return _download_once(job, url, file)
        except _TryAgainError as failure:
            problem = failure
        wait_s = BACKOFF_S * 2 ** (attempt - 1) if problem.wait_s is None else problem.wait_s
        is_hopeless = (
            wait_s > min(longest_wait_s, job.until - time.monotonic())
            or problem.kind == "slow"
            or (problem.kind == "silent" and not job.patient)
        )
        if attempt == attempts or is_hopeless:
            break
        time.sleep(wait_s)
    message = f"{url} {problem} (attempt {attempt} of {attempts}); "
    if problem.kind == "cut off" or (problem.kind in ("busy", "slow") and job.patient):
        raise AudioError(message + advice(job.name)) from problem
    # A lesson goes on with the stand-ins if a whole class asks at once and the server is busy.
    message += f"connect to the network and {advice(job.name)}"
    proxy = proxy_of(url)
    why = ""
    if proxy and problem.kind == "silent":
        why = f"the proxy {proxy} does not answer: correct the proxy settings (HTTPS_PROXY)"
    _unreachable[_server(url)] = message, why
    raise NetworkUnreachableError(message, why) from problem


def _download_once(job: _Job, url: str, file: Path) -> None:
    timeout_s = TIMEOUT_S if job.patient else QUICK_TIMEOUT_S
    try:
        response = _open(url, timeout_s)
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
    except (OSError, http.client.HTTPException, ValueError) as problem:  # ValueError: of a proxy
        reason = getattr(problem, "reason", problem) or type(problem).__name__
        proxy = proxy_of(url)
        through = f" through the proxy {proxy} of this machine's settings" if proxy else ""
        raise _TryAgainError(f"did not answer{through} ({reason})", kind="silent") from problem
    with response, file.open("wb") as out:
        expected = _whole_number(response.headers.get("Content-Length"))
        _check_size(job, url, expected or 0)
        n_bytes = 0
        job.progress.start(expected)
        while chunk := _read(response, n_bytes, expected):
            out.write(chunk)
            n_bytes += len(chunk)
            _check_size(job, url, n_bytes)
            if time.monotonic() > job.until:
                took_s = longest_s(job.source, patient=job.patient)
                raise _TryAgainError(
                    f"is too slow: {n_bytes} bytes came in the {took_s:.0f} s that are waited for "
                    f"{job.name}",
                    kind="slow",
                )
            job.progress.update(n_bytes)
        job.progress.end()
    if expected is not None and n_bytes != expected:
        raise _TryAgainError(
            f"was cut off: got {n_bytes} bytes, expected {expected}", kind="cut off"
        )


def _open(url: str, timeout_s: float):
    """Return the answer of a server, if its header comes within twice `timeout_s`.

    The time limit of a socket begins anew with each byte: a server that sends its header byte by
    byte, or a name that is looked up for long, is therefore waited for from outside.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "audiolessons"})
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def ask():
        try:
            answers.put(urllib.request.urlopen(request, timeout=timeout_s))
        except BaseException as problem:  # raised below, in the thread that waits
            answers.put(problem)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=2 * timeout_s)
    except queue.Empty:
        raise TimeoutError("timed out") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _read(response, n_bytes: int, expected: int | None) -> bytes:
    # Apart from the writing, so that a broken connection and a full disk are told apart. `read1`
    # gives what has come: `read` would wait until the chunk is full.
    try:
        return response.read1(CHUNK_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise _TryAgainError(
            f"was cut off: got {n_bytes} bytes, expected {expected or 'more'} "
            f"({type(problem).__name__})",
            kind="cut off",
        ) from problem


def _check_size(job: _Job, url: str, n_bytes: int) -> None:
    if n_bytes > job.most_bytes:
        raise AudioError(
            f"{url} gives {n_bytes} bytes or more, and at most {job.most_bytes} are taken for "
            f"{job.name}: nothing was kept; {advice(job.name)}"
        )


def _whole_number(text: str | None) -> int | None:
    """Return what a header states, if it is a whole number of a size that can be."""
    return int(text) if text and re.fullmatch(r"\s*[0-9]{1,15}\s*", text) else None


def _retry_after_s(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date."""
    seconds = _whole_number(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):  # it is neither
        return None


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


def proxy_of(url: str) -> str | None:
    """Return the proxy that this machine's settings put before an address, without its password.

    Examples
    --------
    >>> getfixture("monkeypatch").setenv("HTTPS_PROXY", "http://anna:secret@school.example:3128")
    >>> proxy_of("https://upstream.example/maker/digits")
    'http://school.example:3128'
    """
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return re.sub(r"^([a-z]+://)?[^/]*@", r"\1", proxy)


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
        raise registry.NoCacheError(
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
