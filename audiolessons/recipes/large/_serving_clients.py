"""A service in a process of its own, and clients that ask it and look at the clock."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from audiolessons import signals
from audiolessons.errors import AudioError

RATE = 16000  # of streams


class Started(NamedTuple):
    """A service: where it listens, and the number of its process."""

    host: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the seconds of a core that it has computed (Linux): others do not change them."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Return the memory that it holds, in MB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


class Answer(NamedTuple):
    """What came back: a status (0: the connection broke), after how long, when it was asked for."""

    status: int
    ms: float
    at_s: float = 0.0
    retry_after: str | None = None


@contextlib.contextmanager
def started(*options: str, python: str = sys.executable, log=subprocess.DEVNULL) -> Iterator:
    """Yield a service (`Started`) that runs meanwhile, without a limit of its rate.

    Chapter: large/serving
    """
    command = [python, "-m", "audiolessons", "serve", "--port", "0", "--rate", "1000000"]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        try:
            found = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
            if found is None:
                raise AudioError("the service did not start: python -m audiolessons serve says why")
            yield Started(found.group(1), int(found.group(2)), process.pid)
        finally:
            process.terminate()


def sound(seconds: float = 1.0, *, sample_rate: int = 8000) -> bytes:
    """Return a WAV file of noise.

    Chapter: large/serving
    """
    file = io.BytesIO()
    audio = signals.white_noise(duration_s=seconds, sample_rate=sample_rate, seed=0)
    soundfile.write(file, 0.1 * audio, sample_rate, format="WAV")
    return file.getvalue()


def asked(service: Started, content: bytes | None, *, until, path="/v1/recognise") -> list[Answer]:
    """Ask again and again while `until()` is false.

    Chapter: large/serving
    """
    found = []
    wire = http.client.HTTPConnection(service.host, service.port, timeout=60)
    while not until():
        began = time.perf_counter()
        headers = {"Content-Type": "audio/wav"} if content else {}
        status, retry_after = 0, None
        with contextlib.suppress(http.client.HTTPException, OSError):
            wire.request("POST" if content else "GET", path, body=content, headers=headers)
            answer = wire.getresponse()
            answer.read()
            status, retry_after = answer.status, answer.headers["Retry-After"]
        ms = 1000 * (time.perf_counter() - began)
        found.append(Answer(status, ms, began, retry_after))
        if status != 200:
            wire.close()
        if not content:
            time.sleep(0.02)
    wire.close()
    return found


def health_ms(service: Started, *, seconds: float) -> list:
    """Return how long the service took to say that it is well, again and again.

    Chapter: large/serving
    """
    end = time.monotonic() + seconds
    answers = asked(service, None, until=lambda: time.monotonic() > end, path="/health")
    return [one.ms for one in answers if one.status == 200]


def many_requests(service: Started, n: int, *, n_clients: int = 4) -> int:
    """Ask n times; return how many were answered with 200.

    Chapter: large/serving
    """
    left, answers, content = iter(range(n)), [], sound()
    lock = threading.Lock()

    def done():
        with lock:
            return next(left, None) is None

    def client():
        answers.extend(asked(service, content, until=done))

    threads = [threading.Thread(target=client) for _ in range(n_clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(one.status == 200 for one in answers)


def locust() -> str | None:
    """Return the path of locust, or None: it may live in an environment of its own."""
    return shutil.which("locust")


def load(service: Started, *, n_clients: int, seconds: float, are_patient: bool = False) -> dict:
    """Let locust play so many clients; return requests a second and percentiles in ms.

    Times are those of answers: who is refused hears so sooner. `are_patient`: after a refusal they
    wait as they are told, before they ask again.

    Chapter: large/serving
    """
    users = files("audiolessons").joinpath("recipes", "large", "_serving_users.py")
    before_s = service.cpu_s()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.wav")
        path.write_bytes(sound())
        command = [locust(), "-f", str(users), "--headless", "--json", "--only-summary"]
        command += ["-H", f"http://{service.host}:{service.port}", "-u", str(n_clients)]
        command += ["-r", str(n_clients), "-t", f"{seconds:g}s", "--exit-code-on-error", "0"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "AUDIOLESSONS_LOAD_SOUND": str(path),
                "AUDIOLESSONS_LOAD_PATIENT": str(int(are_patient)),
            },
        )
    used_s = service.cpu_s() - before_s
    begin = done.stdout.find("[")
    if done.returncode or begin < 0:
        raise AudioError(f"locust failed: {done.stderr.strip()[-300:]}")
    said = {one["name"]: one for one in json.loads(done.stdout[begin:])}
    refused, answered = said.pop("refused", {"num_requests": 0}), said["/v1/recognise"]
    n, n_failed = answered["num_requests"], answered["num_failures"]
    if n_failed:
        raise AudioError(f"{n_failed} of {n} requests failed otherwise than with 503")
    times = {float(ms): n for ms, n in answered["response_times"].items()}
    spread = np.repeat(list(times), list(times.values()))
    return {
        "a_second": n / (answered["last_request_timestamp"] - answered["start_time"]),
        "failed": refused["num_requests"] / (n + refused["num_requests"]),
        "cpu_ms": 1000 * used_s / n,
        **{f"p{share}": float(np.percentile(spread, share)) for share in (50, 99)},
    }


async def _stream(service, *, part, seconds, start_s, chunks_ms):
    from websockets.asyncio.client import connect

    rng = np.random.default_rng(round(1e6 * start_s))
    length_s = part / RATE
    await asyncio.sleep(start_s)
    async with connect(f"ws://{service.host}:{service.port}/v1/stream", compression=None) as wire:
        await wire.send(json.dumps({"task": "denoise", "sample_rate": RATE}))
        await wire.recv()
        began = time.perf_counter()
        for number in range(round(seconds / length_s)):
            due = began + number * length_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            content = (1000 * rng.normal(size=part)).astype("<i2").tobytes()
            sent = time.perf_counter()
            await wire.send(content)
            await wire.recv()
            chunks_ms.append(1000 * (time.perf_counter() - sent))
        await wire.send(json.dumps({"end": True}))


def streams(service: Started, *, n_clients: int, part: int, seconds: float) -> list:
    """Let clients stream as fast as one speaks; return what each part took, in ms.

    Each client begins at a moment of its own, and sends `part` samples at a time.

    Chapter: large/serving
    """

    async def all_of_them():
        chunks_ms: list = []
        begin = np.random.default_rng(0).uniform(0, 1, size=n_clients)
        await asyncio.gather(
            *(
                _stream(service, part=part, seconds=seconds, start_s=start_s, chunks_ms=chunks_ms)
                for start_s in begin
            )
        )
        return chunks_ms

    return asyncio.run(all_of_them())
