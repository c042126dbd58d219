"""Copies of the networks, held by Ray Serve; one of them is killed while clients ask.

Ray lives in whichever environment has `ray` on the path, as locust does; that environment needs
the service as well (`pip install "audiolessons[serve,ray]"`).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from audiolessons.errors import AudioError
from audiolessons.recipes.large import _serving_clients as clients

LONGEST_S = 60.0  # in which there must be two copies again


def python_with_ray() -> str | None:
    """Return the Python that belongs to the command `ray`, or None if there is none.

    Chapter: large/serving
    """
    command = shutil.which("ray")
    if command is None:
        return None
    python = Path(command).parent / "python"
    needed = "import ray.serve, audiolessons, fastapi, uvicorn, onnxruntime, torch"
    found = subprocess.run([python, "-c", needed], capture_output=True, check=False)
    return None if found.returncode else str(python)


def copies_of(pid: int) -> list[int]:
    """Return the processes that hold a copy for a service (Linux), and have said so in their name.

    Chapter: large/serving
    """
    parents, names = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                parents[int(folder.name)] = int(stat[1])
                names[int(folder.name)] = (folder / "cmdline").read_text(encoding="utf-8")
            except OSError:
                continue  # it has ended

    def is_of(one):
        while one in parents:
            if one == pid:
                return True
            one = parents[one]
        return False

    return [
        one for one, name in names.items() if name.startswith("ray::ServeReplica") and is_of(one)
    ]


class Killed(NamedTuple):
    """What clients met while there were two copies, and while there was one; how long that took."""

    two: list[clients.Answer]
    one: list[clients.Answer]
    again_s: list[float]


def kill(python: str, *, n_clients: int, seconds: float, n_kills: int) -> Killed:
    """Start a service with two copies, let clients ask, and kill a copy under their hands.

    So many times: each time when there have been two for so many seconds.

    Chapter: large/serving
    """
    content, answers, done = clients.sound(), [], threading.Event()
    killed_s, again_s = [], []

    def client():
        answers.extend(clients.asked(service, content, until=done.is_set))

    with (
        tempfile.NamedTemporaryFile("w+") as log,
        clients.started("--copies", "2", python=python, log=log) as service,
    ):
        clients.many_requests(service, 20 * n_clients, n_clients=n_clients)
        threads = [threading.Thread(target=client) for _ in range(n_clients)]
        for one in threads:
            one.start()
        try:
            for _ in range(n_kills):
                time.sleep(seconds)
                n_told = len(_told(log.name))
                killed_s.append(time.perf_counter())
                os.kill(copies_of(service.pid)[0], signal.SIGKILL)
                while _told(log.name)[n_told:][-1:] != [2]:
                    if time.perf_counter() > killed_s[-1] + LONGEST_S:
                        raise AudioError(f"there were no two copies within {LONGEST_S:g} s")
                    time.sleep(0.05)
                again_s.append(time.perf_counter())
        finally:
            done.set()
            for one in threads:
                one.join()
    lone = list(zip(killed_s, again_s, strict=True))
    kinds = ([], [])
    for one in answers:
        ended_s = one.at_s + one.ms / 1000
        kinds[any(begin <= ended_s < end for begin, end in lone)].append(one)
    return Killed(*kinds, [end - begin for begin, end in lone])


def _told(path):
    """Return how many copies there were, each time that the log says so."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [
        json.loads(line)["copies"] for line in lines if line.startswith("{") and '"copies"' in line
    ]
