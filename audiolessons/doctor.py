"""What is missing or slow on this computer, and what to do: `python -m audiolessons doctor`.

Each check returns one or more rows. A row is "ok", a "note" (works, could be better or is optional)
or a "problem" (a part of the book does not work), the last two with what to do about it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
import time
import urllib.parse
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from audiolessons.writing import why_not_writable

OPTIONAL = {
    "jupyterlab": "to run the chapters: {pip} jupyterlab ipykernel",
    "jupyter-book": 'to build the site: {pip} "audiolessons[book]"',
    "pesq": "to predict how good speech sounds: {pip} pesq (it is compiled, with a C compiler)",
    "pystoi": "to predict how well speech is understood: {pip} pystoi",
    "noisereduce": "to measure our denoisers beside another: {pip} noisereduce",
    "nbval": 'to run the tests: {pip} "audiolessons[test]"',
}
SLOW_STFT_S = 1.0
LITTLE_DISK_GB = 2.0
FULL_DISK_GB = 0.2  # what one set needs to be downloaded and unpacked
PROXY_TIMEOUT_S = 3.0
# An environment that uv made holds no pip.
PIP = f"{Path(sys.executable).name} -m pip install" if find_spec("pip") else "uv pip install"


@dataclass(frozen=True)
class Row:
    """One finding: its state ("ok", "note" or "problem"), what about, what was found, the fix."""

    state: str
    what: str
    found: str
    fix: str = ""


def examine() -> list[Row]:
    """Run every check and return its rows; a check that itself fails becomes a problem.

    Examples
    --------
    >>> {row.state for row in examine()} <= {"ok", "note", "problem"}
    True

    Chapter: reference/how-to-use
    """
    rows = []
    for check in CHECKS:
        try:
            rows += check()
        except Exception as error:  # the doctor must not fall ill: what broke is a finding
            name = check.__name__.removeprefix("check_").replace("_", " ")
            told = f"{type(error).__name__}: {error}".splitlines()[0]
            rows.append(
                Row("problem", name, told, "see the message; if it stays unclear, report it")
            )
    return rows


def report() -> int:
    """Print all rows and return the exit code: 1 if anything is a problem.

    Chapter: reference/how-to-use
    """
    rows = examine()
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.state:8s} {row.what:{width}s}  {row.found}")
        if row.fix:
            print(f"{'':8s} {'':{width}s}  -> {row.fix}")
    n_problems, n_notes = (sum(row.state == state for row in rows) for state in ("problem", "note"))
    print(f"\n{n_problems} problems, {n_notes} notes")
    return 1 if n_problems else 0


def check_python() -> list[Row]:
    """Python's version."""
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    wanted = metadata.metadata("audiolessons")["Requires-Python"]
    if is_within(platform.python_version(), wanted):
        return [Row("ok", "Python", found)]
    fix = f"the book is tested with Python {wanted}: install one"
    return [Row("problem", "Python", found, fix)]


def check_environment() -> list[Row]:
    """Whether another Python runs this than the one that was set up beside the book."""
    own = Path.cwd() / ".venv"
    if not own.is_dir() or Path(sys.prefix).resolve() == own.resolve():
        return []
    python = Path(".venv", "Scripts" if os.name == "nt" else "bin", "python")
    return [
        Row(
            "note",
            "environment",
            f"{sys.executable} runs this, and not the book's own .venv",
            f"if something is missing below, first try: {python} -m audiolessons doctor",
        )
    ]


def check_packages() -> list[Row]:
    """Versions of the packages that the book needs, and of those that parts of it need."""
    rows = []
    for name, wanted in needed().items():
        version = installed(name)
        if version is None:
            rows.append(Row("problem", name, "not installed", f'{PIP} "{name}{wanted}"'))
        elif not is_within(version, wanted):
            found = f"{version}, not in range"
            rows.append(Row("problem", name, found, f'{PIP} "{name}{wanted}"'))
        else:
            rows.append(Row("ok", name, version))
    for name, use in OPTIONAL.items():
        version = installed(name)
        if version is None:
            rows.append(Row("note", name, "not installed", use.format(pip=PIP)))
        else:
            rows.append(Row("ok", name, version))
    return rows


def check_torch_pair() -> list[Row]:
    """Torch and torchaudio are compiled against each other: their versions must be a pair."""
    torch, torchaudio = installed("torch"), installed("torchaudio")
    if torch is None or torchaudio is None:
        return []  # said above
    found = f"torch {torch}, torchaudio {torchaudio}"
    if release(torch)[:2] != release(torchaudio)[:2]:
        return [
            Row(
                "problem",
                "torch pair",
                found,
                f'install a pair, from the same place: {PIP} "torch==2.11.*" "torchaudio==2.11.*"',
            )
        ]
    build, other = (version.partition("+")[2] for version in (torch, torchaudio))
    if build and other and build != other:
        fix = "one is built for another device: install both again with one command"
        return [Row("problem", "torch pair", found, fix)]
    import torchaudio as module

    return [Row("ok", "torch pair", f"{found}; both load ({module.__name__})")]


def check_device() -> list[Row]:
    """What trains the networks: a CUDA or Apple GPU, or the processor."""
    import torch

    if torch.cuda.is_available():
        return [Row("ok", "device", f"GPU: {torch.cuda.get_device_name(0)}")]
    if torch.backends.mps.is_available():
        return [Row("ok", "device", "GPU: Apple (MPS)")]
    found = f"processor only, {os.cpu_count()} cores"
    if shutil.which("nvidia-smi") and torch.version.cuda is None:
        fix = "there is an NVIDIA GPU, and torch is a CPU build: see 'CUDA' in the README"
        return [Row("note", "device", found, fix)]
    return [Row("note", "device", found, "all chapters run; 'Go bigger' sections want a GPU")]


def check_sound_files() -> list[Row]:
    """Which file formats libsndfile reads and writes. ffmpeg is not needed for anything."""
    import soundfile

    formats = soundfile.available_formats()
    missing = [name for name in ("WAV", "FLAC", "OGG", "MP3") if name not in formats]
    version = soundfile.__libsndfile_version__
    if missing:
        fix = f"libsndfile 1.1 or newer is wanted: {PIP} --force-reinstall soundfile"
        return [Row("problem", "sound files", f"libsndfile {version} without {missing}", fix)]
    return [Row("ok", "sound files", f"libsndfile {version}: WAV, FLAC, OGG, MP3")]


def check_data() -> list[Row]:
    """Which data sets are here; without one, chapters use its embedded stand-in."""
    from audiolessons.datasets._store import registry, report

    rows = []
    for row in report.list_rows():
        found = f"{row['files_present']} of {row['files']} files"
        if row["present"] == "recordings":
            rows.append(Row("ok", f"data: {row['name']}", found))
        else:
            fix = f"{Path(sys.executable).name} -m audiolessons data fetch {row['name']}"
            found += f"; chapters use the embedded stand-ins ({row['megabytes']} MB to download)"
            rows.append(Row("note", f"data: {row['name']}", found, fix))
    if registry.is_offline():
        fix = "unset AUDIOLESSONS_OFFLINE to download data"
        rows.append(Row("note", "network", "AUDIOLESSONS_OFFLINE forbids downloads", fix))
    return rows


def check_home() -> list[Row]:
    """Whether this user has a home folder: Jupyter and matplotlib keep their settings there."""
    try:
        home = Path.home()
    except (RuntimeError, KeyError):  # in a container, an unknown user without HOME
        fix = "set HOME to a folder that you may write to, such as: export HOME=/tmp"
        return [Row("problem", "home", "this user has no home folder", fix)]
    if refused := why_not_writable(home):
        fix = "chapters may not start: set HOME to a folder that you may write to"
        return [Row("problem", "home", f"cannot write to {home}: {refused}", fix)]
    return [Row("ok", "home", str(home))]


def check_cache() -> list[Row]:
    """Whether downloads can be written, and how much space there is for them."""
    from audiolessons.datasets._store import registry

    fix = "set AUDIOLESSONS_CACHE to a folder that you may write to"
    try:
        cache = registry.cache_folder()
    except registry.NoCacheError as problem:
        return [Row("problem", "cache", str(problem).partition(":")[0], fix)]
    existing = next(folder for folder in (cache, *cache.parents) if os.path.exists(folder))
    if refused := why_not_writable(existing):
        return [Row("problem", "cache", f"cannot write to {existing}: {refused}", fix)]
    free_gb = shutil.disk_usage(existing).free / 1e9
    found = f"{cache}, {free_gb:.1f} GB free"
    if free_gb < LITTLE_DISK_GB:
        fix = "free some space, or set AUDIOLESSONS_CACHE to another disk"
        state = "problem" if free_gb < FULL_DISK_GB else "note"
        return [Row(state, "cache", found, fix)]
    return [Row("ok", "cache", found)]


def check_proxy() -> list[Row]:
    """Whether the proxy that downloads go through answers, where one is set."""
    from audiolessons.datasets._store import download, registry

    url = registry.entry(registry.names()[0]).sources[0].url
    proxy = download.proxy_of(url)
    if proxy is None:
        return []
    fix = "correct the proxy settings (HTTPS_PROXY), or unset them where there is no proxy"
    try:
        place = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        with socket.create_connection((place.hostname, place.port or 80), PROXY_TIMEOUT_S):
            return [Row("ok", "proxy", f"{proxy} answers")]
    except (OSError, ValueError) as error:
        return [Row("problem", "proxy", f"{proxy} does not answer: {error}", fix)]


def check_folder() -> list[Row]:
    """Places that trip tools up: folders that a cloud service synchronises, very long paths."""
    here = Path.cwd()
    if refused := why_not_writable(here):
        fix = "chapters write their sounds and outputs: copy the book to a folder of your own"
        return [Row("problem", "folder", f"cannot write to {here}: {refused}", fix)]
    cloud = re.search(r"OneDrive|Dropbox|Google Drive|iCloud|Mobile Documents", str(here))
    if cloud:
        fix = f"{cloud[0]} may lock or delay files while chapters run: move the book out of it"
        return [Row("note", "folder", str(here), fix)]
    if os.name == "nt" and len(str(here)) > 120:
        fix = "Windows stops at paths of 260 characters: move the book closer to the drive's root"
        return [Row("note", "folder", str(here), fix)]
    return [Row("ok", "folder", str(here))]


def check_speed() -> list[Row]:
    """A minute of sound through the book's own STFT."""
    from audiolessons.spectral import stft

    audio = np.random.default_rng(0).standard_normal(60 * 22050).astype(np.float32)
    stft(audio[:22050], n_fft=1024, hop_length=256)  # the first call also loads code
    start = time.perf_counter()
    stft(audio, n_fft=1024, hop_length=256)
    seconds = time.perf_counter() - start
    found = f"STFT of one minute of sound: {1000 * seconds:.0f} ms"
    if seconds > SLOW_STFT_S:
        fix = "slow: is something else running, or the computer on battery?"
        return [Row("note", "speed", found, fix)]
    return [Row("ok", "speed", found)]


def check_browser() -> list[Row]:
    """A Chromium browser, only for the tests of the site."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None and installed("playwright") is not None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        path = own if Path(own).exists() else None
    if path is None:
        install = f"{Path(sys.executable).name} -m playwright install chromium"
        fix = f"only for the tests of the site: {install}"
        return [Row("note", "browser", "no Chromium found", fix)]
    return [Row("ok", "browser", path)]


CHECKS = (
    check_python,
    check_environment,
    check_packages,
    check_torch_pair,
    check_device,
    check_sound_files,
    check_data,
    check_home,
    check_cache,
    check_proxy,
    check_folder,
    check_speed,
    check_browser,
)


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, or None.

    Examples
    --------
    >>> installed("no-such-distribution") is None
    True
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without what follows them.

    Examples
    --------
    >>> release("2.11.0+cpu"), release("1.5rc1")
    ((2, 11, 0), (1, 5))
    """
    return tuple(int(number) for number in re.match(r"\d+(\.\d+)*", version)[0].split("."))


def needed() -> dict[str, str]:
    """Return the ranges that the installed package itself states, without its extras.

    Examples
    --------
    >>> needed()["numpy"]
    '<3,>=2.0'
    """
    lines = metadata.requires("audiolessons") or []
    return dict(re.match(r"([\w.-]+)(.*)", line).groups() for line in lines if ";" not in line)


def is_within(version: str, wanted: str) -> bool:
    """Whether a version lies in a range of the form "<3,>=2.0"; "" is any.

    Examples
    --------
    >>> is_within("2.4.1", "<3,>=2.0"), is_within("3.0", "<3,>=2.0"), is_within("1.26", ">=2.0")
    (True, False, False)
    """
    for sign, limit in re.findall(r"(>=|<)([\d.]+)", wanted):
        if (release(version) >= release(limit)) != (sign == ">="):
            return False
    return True
