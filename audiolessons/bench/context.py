"""What figures depend on: machine, versions, commit, date."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date
from importlib import metadata
from pathlib import Path

PACKAGES = ("numpy", "scipy", "librosa", "torch", "torchaudio", "scikit-learn")


def context() -> dict:
    """Return commit, date, machine and versions."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "commit": commit(),
        "date": date.today().isoformat(),
        "machine": _machine(),
        "versions": versions,
    }


def _machine() -> str:
    processor = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass  # not Linux
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch = sys.modules.get("torch")  # what computed nothing with it needs no GPU named
    with_gpu = torch is not None and torch.cuda.is_available()
    gpu = f", {torch.cuda.get_device_name()}" if with_gpu else ""
    return f"{processor}, {cores} cores{gpu}, {platform.system()}"


def commit() -> str:
    """Return the commit of the code; with "-dirty" if more than results has changed since."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if not found:
        return "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/data/results")
    return f"{found}-dirty" if changed else found


def _git(*arguments):
    folder = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=20, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
