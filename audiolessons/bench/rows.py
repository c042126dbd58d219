"""One measured number: its name, value, unit, goal, and how it was measured."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PACKAGES = ("numpy", "scipy", "librosa", "torch", "torchaudio", "scikit-learn", "jupyter-book")


@dataclass(frozen=True)
class Row:
    """One measurement. `goal` is "", or "<= 1.25" or ">= 90" in the same unit as `value`.

    Examples
    --------
    >>> Row("page", 2.7, "MB", "<= 2.5", "gzip").ok
    False
    >>> Row("page", 2.7, "MB").ok is None
    True
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    how: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the goal was met; None where there is none."""
        if not self.goal:
            return None
        relation, limit = self.goal.split()
        return self.value <= float(limit) if relation == "<=" else self.value >= float(limit)


def write(path, rows, about: dict) -> None:
    """Write rows as a JSON list, each with the machine, the versions and the commit."""
    listed = [
        {
            "name": row.name,
            "value": float(f"{row.value:.6g}"),
            "unit": row.unit,
            "goal": row.goal,
            "ok": row.ok,
            "how": row.how,
            **about,
        }
        for row in rows
    ]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def print_row(row: Row) -> None:
    """Print one line of the table."""
    verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
    goal = f"goal {row.goal}" if row.goal else ""
    print(
        f"  {row.name:52s} {row.value:10.4g} {row.unit:8s} {goal:14s} {verdict}".rstrip(),
        flush=True,
    )


def context() -> dict:
    """Return what the figures depend on: machine, versions, commit."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"machine": _machine(), "versions": versions, "commit": _commit()}


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
    return f"{processor}, {cores} cores, {platform.system()}"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, cwd=Path(__file__).parent
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
