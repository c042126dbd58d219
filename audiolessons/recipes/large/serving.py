"""The service under load: what batches bring, how long clients wait, whether memory stays flat.

Service and clients share the cores of one machine, so the times are those of half a machine, and
worse where others compute beside them; ratios are between runs that follow each other, and "cpu" is
what the service itself computed, whatever happened beside it. Locust plays the clients, where it is
installed (`pip install locust`, in whichever environment, on the path); so does schemathesis the
fuzzing, and Ray the copies.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median

import numpy as np

from audiolessons.recipes.large import _serving_clients as clients
from audiolessons.recipes.large import _serving_copies as copies
from audiolessons.results import Row

__all__ = ["measure"]

TOGETHER = (1, 4, 16)  # sounds in one go
N_CLIENTS = (1, 10, 50)
N_TOO_MANY = 200
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
        "cores": _rows_of_cores,
        "streams": _rows_of_streams,
        "memory": _rows_of_memory,
        "health": _rows_of_health,
    }
    if clients.locust():
        rows["load"] = _rows_of_load
        rows["storm"] = _rows_of_storm
    if shutil.which("schemathesis"):
        rows["fuzzing"] = _rows_of_fuzzing
    if python := copies.python_with_ray():
        rows["ray"] = partial(_rows_of_copies, python)
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


def _rows_of_cores(quick):
    """Yield how long two cores take to denoise sounds, each one at a time, and all in one go."""
    n_tries = 2 if quick else 15
    from audiolessons.serving import CATALOGUE, session, to_onnx
    from audiolessons.serving.service import Networks

    networks, n = Networks(), TOGETHER[-1]
    both = session(to_onnx(CATALOGUE["denoiser-voices"]), n_threads=2)
    sounds = 0.1 * np.random.default_rng(0).normal(size=(n, 16000)).astype(np.float32)
    taken = {"apart": [], "together": []}
    with ThreadPoolExecutor(2) as threads:
        for _ in range(n_tries):
            began = time.perf_counter()
            list(threads.map(networks.denoise, [[one] for one in sounds]))
            taken["apart"].append(1000 * (time.perf_counter() - began) / n)
            began = time.perf_counter()
            both.run(None, {"audio": sounds})
            taken["together"].append(1000 * (time.perf_counter() - began) / n)
    for name, how in (
        ("apart", "one at a time on each of two cores"),
        ("together", "one batch on both"),
    ):
        how = f"{n} sounds of 1 s on the clock, {how}, median of {n_tries}"
        yield Row(name, median(taken[name]), "ms a sound", how=how)


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
                yield from _rows_of_answers(f"{name}_{n}", one, how)
    for n in some:
        ratio = found["on", n]["a_second"] / found["off", n]["a_second"]
        yield Row(f"ratio_{n}", ratio, "times", how=f"{n} clients, batches on over off")
        ratio = found["off", n]["cpu_ms"] / found["on", n]["cpu_ms"]
        how = f"{n} clients, computing of a request, batches off over on"
        yield Row(f"ratio_{n}_cpu", ratio, "times", how=how)


def _rows_of_storm(quick):
    """Yield what more clients than can be answered meet: who ask again at once, and who wait."""
    seconds, n = (2, 70) if quick else (8, N_TOO_MANY)
    for name, options in (("on", ()), ("off", ("--batch", "1"))):
        with clients.started(*options) as service:
            clients.many_requests(service, 20)
            for manner, is_patient in (("at_once", False), ("patient", True)):
                found = clients.load(service, n_clients=n, seconds=seconds, are_patient=is_patient)
                how = f"{n} clients for {seconds} s, who after 503 " + (
                    "wait as they are told" if is_patient else "ask again at once"
                )
                yield from _rows_of_answers(f"{name}_{manner}", found, f"{how}, batches {name}")


def _rows_of_answers(name, found, how):
    yield Row(name, found["a_second"], "a second", how=how)
    yield Row(f"{name}_p50", found["p50"], "ms", how=how)
    yield Row(f"{name}_p99", found["p99"], "ms", how=how)
    yield Row(f"{name}_cpu", found["cpu_ms"], "ms a request", how=how)
    yield Row(f"{name}_refused", 100 * found["failed"], "%", how=how)


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


def _rows_of_copies(python, quick):
    """Yield what clients meet while one of two copies is killed, again and again."""
    n, seconds, n_kills = (2, 1, 1) if quick else (16, 5, 3)
    found = copies.kill(python, n_clients=n, seconds=seconds, n_kills=n_kills)
    answers = [*found.two, *found.one]
    n_answered = sum(one.status == 200 for one in answers)
    refused = [one for one in answers if one.status == 503]
    n_told = sum(one.retry_after is not None for one in refused)
    how = f"{n} clients, two copies of the networks, {n_kills} times one is killed"
    yield Row("requests", len(answers), "", how=how)
    yield Row("answered", n_answered, "", how="of these with 200")
    yield Row("refused", len(refused), "", how="with 503")
    yield Row("told_when", n_told, "", f">= {len(refused)}", "of the refused, with Retry-After")
    n_others = len(answers) - n_answered - len(refused)
    yield Row("others", n_others, "", "<= 0", "with anything else, or the connection broke")
    how = "from the kill until there were two copies again, the longest"
    yield Row("again", max(found.again_s), "s", how=how)
    begin = min(one.at_s for one in answers)
    lasted_s = {"one": sum(found.again_s)}
    lasted_s["two"] = max(one.at_s for one in answers) - begin - lasted_s["one"]
    for name, part in (("two", found.two), ("one", found.one)):
        times = [one.ms for one in part if one.status == 200]
        how = f"{n} clients, while there were {name} of two copies"
        yield Row(f"{name}_a_second", len(times) / lasted_s[name], "a second", how=how)
        yield Row(f"{name}_p50", float(np.percentile(times, 50)), "ms", how=how)
        yield Row(f"{name}_p99", float(np.percentile(times, 99)), "ms", how=how)


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
