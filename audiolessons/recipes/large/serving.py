"""The service under load: what batches bring, how long clients wait, whether memory stays flat.

Service and clients share the cores of one machine, so the times are those of half a machine, and
worse where others compute beside them; ratios are between runs that follow each other, and "cpu" is
what the service itself computed, whatever happened beside it. Locust plays the clients, where it is
installed (`pip install locust`, in whichever environment, on the path); so does schemathesis the
fuzzing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import threading
import time
from functools import partial
from statistics import median

import numpy as np

from audiolessons.recipes.large import _serving_clients as clients
from audiolessons.results import Row

__all__ = ["measure"]

TOGETHER = (1, 4, 16)  # sounds in one go
N_CLIENTS = (1, 10, 50, 200)
N_STREAMS = 20
PARTS_MS = (16, 32, 64, 128)
N_REQUESTS = 10_000
GOALS = {"p99": 20, "health": 50}  # ms


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: batches, load, streams, health, memory, fuzzing.

    `quick` asks for seconds, and few times: it shows that all runs.

    Chapter: large/serving
    """
    rows = {
        "batches": _rows_of_batches,
        "streams": _rows_of_streams,
        "memory": _rows_of_memory,
        "health": _rows_of_health,
    }
    if clients.locust():
        rows["load"] = _rows_of_load
    if shutil.which("schemathesis"):
        rows["fuzzing"] = _rows_of_fuzzing
    return {name: partial(one, quick) for name, one in rows.items()}


def _rows_of_batches(quick):
    """Yield what a sound of one second costs a network, alone and together with others."""
    from audiolessons.serving.service import Networks

    networks, random = Networks(), np.random.default_rng(0)
    for task, rate in (("recognise", 8000), ("denoise", 16000)):
        answer, costs = getattr(networks, task), {}
        for n in TOGETHER:
            sounds = list(0.1 * random.normal(size=(n, rate)).astype(np.float32))
            taken = []
            for _ in range(2 if quick else 15):
                began = time.thread_time()
                answer(sounds)
                taken.append(1000 * (time.thread_time() - began) / n)
            costs[n] = median(taken)
            how = f"{n} sounds of 1 s in one go, computing on one core, median of {len(taken)}"
            yield Row(f"{task}_{n}", costs[n], "ms a sound", how=how)
        how = f"alone over {TOGETHER[-1]} in one go"
        yield Row(f"{task}_ratio", costs[1] / costs[TOGETHER[-1]], "times", how=how)


def _rows_of_load(quick):
    """Yield requests a second and waiting with batches and without, one after the other."""
    seconds, found = (2, {}) if quick else (6, {})
    some = N_CLIENTS[:1] if quick else N_CLIENTS
    for name, options in (("on", ()), ("off", ("--batch", "1"))):
        with clients.started(*options) as service:
            clients.many_requests(service, 20)
            for n in some:
                found[name, n] = one = clients.load(service, n_clients=n, seconds=seconds)
                how = f"{n} clients of locust for {seconds} s on the same machine, batches {name}"
                yield Row(f"{name}_{n}", one["a_second"], "a second", how=how)
                yield Row(f"{name}_{n}_p50", one["p50"], "ms", how=how)
                yield Row(f"{name}_{n}_p99", one["p99"], "ms", how=how)
                yield Row(f"{name}_{n}_cpu", one["cpu_ms"], "ms a request", how=how)
                yield Row(f"{name}_{n}_refused", 100 * one["failed"], "%", how=how)
    for n in some:
        ratio = found["on", n]["a_second"] / found["off", n]["a_second"]
        yield Row(f"ratio_{n}", ratio, "times", how=f"{n} clients, batches on over off")
        ratio = found["off", n]["cpu_ms"] / found["on", n]["cpu_ms"]
        how = f"{n} clients, computing of a request, batches off over on"
        yield Row(f"ratio_{n}_cpu", ratio, "times", how=how)


def _rows_of_streams(quick):
    """Yield what a part of a stream takes from its sending to its answer."""
    seconds = 1 if quick else 10
    with clients.started() as service:
        clients.streams(service, n_clients=2, part=512, seconds=1)
        for ms in PARTS_MS[1:2] if quick else PARTS_MS:
            before_s = service.cpu_s()
            taken = clients.streams(
                service, n_clients=N_STREAMS, part=ms * clients.RATE // 1000, seconds=seconds
            )
            how = f"{N_STREAMS} clients in real time for {seconds} s, parts of {ms} ms"
            share = (service.cpu_s() - before_s) / seconds
            yield Row(f"cpu_{ms}", 100 * share, "% of a core", how=how)
            yield Row(f"p50_{ms}", float(np.percentile(taken, 50)), "ms", how=how)
            goal = f"<= {GOALS['p99']}"
            yield Row(f"p99_{ms}", float(np.percentile(taken, 99)), "ms", goal, how)


def _rows_of_memory(quick):
    """Yield by how much the memory grows, from the thousandth request on."""
    n_first, n = (20, 50) if quick else (1000, N_REQUESTS)
    with clients.started() as service:
        n_right = clients.many_requests(service, n_first)
        before = service.resident_mb()
        n_right += clients.many_requests(service, n - n_first)
        after = service.resident_mb()
    yield Row("resident", after, "MB", how=f"after {n} requests")
    yield Row("growth", after - before, "MB", "<= 10", f"from request {n_first} to {n}")
    yield Row("answered", 100 * n_right / n, "%", ">= 100", f"{n} requests of four clients")


def _rows_of_health(quick):
    """Yield how long /health takes while more is asked than can be computed."""
    seconds, n = (1, 2) if quick else (10, 16)
    done, content = threading.Event(), clients.sound(5.0, sample_rate=16000)
    with clients.started() as service:
        asking = [
            threading.Thread(
                target=clients.asked,
                args=(service, content),
                kwargs={"until": done.is_set, "path": "/v1/denoise"},
            )
            for _ in range(n)
        ]
        for one in asking:
            one.start()
        time.sleep(0.5)
        taken = clients.health_ms(service, seconds=seconds)
        done.set()
        for one in asking:
            one.join()
    how = f"{len(taken)} times while {n} clients wait for sounds of 5 s to be denoised"
    yield Row("p50", float(np.percentile(taken, 50)), "ms", how=how)
    yield Row("p99", float(np.percentile(taken, 99)), "ms", f"<= {GOALS['health']}", how)
    yield Row("longest", max(taken), "ms", how=how)


def _rows_of_fuzzing(quick):
    """Yield how many requests drawn from the OpenAPI document were answered as it says.

    One check is left out: that whatever the document allows is taken. It calls a body "binary", and
    cannot say which bytes are a sound.
    """
    n = 5 if quick else 500
    with clients.started() as service:
        command = [
            "schemathesis",
            "run",
            f"http://{service.host}:{service.port}/openapi.json",
            *("--max-examples", str(n), "--seed", "1", "--no-color"),
            *("--exclude-checks", "positive_data_acceptance"),
            *("--phases", "examples,coverage,fuzzing"),
        ]
        with tempfile.TemporaryDirectory() as folder:  # it keeps what it found in a cache there
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    said = done.stdout
    made = re.search(r"(\d+) generated, (?:.*?)(\d+) passed", said)
    n_made, n_passed = map(int, made.groups()) if made else (1, 0)
    yield Row("cases", n_made, "", how="schemathesis, examples, coverage and fuzzing, seed 1")
    yield Row("passed", 100 * n_passed / n_made, "%", ">= 100", "of these requests")
