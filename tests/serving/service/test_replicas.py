"""Copies of the networks elsewhere: what a client meets when one dies, with Ray and without."""

import json
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import httpx
import numpy as np
import pytest
from services import PATIENCE_S, WAV, Still, file_of, served, tone, until

from audiolessons.errors import AudioError
from audiolessons.serving.service import RefusalError, Settings, replicas

SETTINGS = Settings(requests_a_second=1e6, burst=10**6, answer_s=PATIENCE_S, gather_s=0.5)


def post(url):
    return httpx.post(url, content=file_of(tone()), headers=WAV, timeout=PATIENCE_S)


class GoneError(Exception):
    """What a handle raises whose copy has died."""


class Handle:
    """Stands for copies: each may be told to die with what it has in hand."""

    def __init__(self):
        self.calls, self.dies, self.go = [], threading.Event(), threading.Event()

    def __call__(self, task, sounds):
        self.calls.append((task, len(sounds)))
        assert self.go.wait(PATIENCE_S)
        if self.dies.is_set():
            raise GoneError("killed")
        return [[] for _ in sounds] if task == "recognise" else sounds


def copies(handle, n=2):
    return replicas.Replicas(handle, n_copies=n, lost=(GoneError,), streams=Still())


def test_what_a_dead_copy_had_in_hand_is_told_to_come_again_and_asked_of_no_other():
    handle = Handle()
    with (
        served(lambda: copies(handle), settings=SETTINGS) as (address, _),
        ThreadPoolExecutor(8) as clients,
    ):
        asked = [clients.submit(post, f"{address}/v1/recognise") for _ in range(4)]
        until(lambda: sum(n for _, n in handle.calls) == 4)
        handle.dies.set()
        handle.go.set()
        answers = [one.result() for one in asked]
        assert {one.status_code for one in answers} == {503}
        assert {one.json()["code"] for one in answers} == {"busy"}
        assert all(int(one.headers["retry-after"]) >= 1 for one in answers)
        assert sum(n for _, n in handle.calls) == 4  # nobody's sound was handed on again
        handle.dies.clear()  # the other copy, or a new one
        assert post(f"{address}/v1/recognise").status_code == 200
        assert post(f"{address}/v1/denoise").status_code == 200


def test_copies_compute_beside_each_other():
    handle = Handle()
    settings = Settings(n_threads=1, burst=10**6, answer_s=PATIENCE_S, most_together=1)
    with (
        served(lambda: copies(handle, 3), settings=settings) as (address, app),
        ThreadPoolExecutor(8) as clients,
    ):
        try:
            asked = [clients.submit(post, f"{address}/v1/{task}") for task in 4 * ["recognise"]]
            asked += [clients.submit(post, f"{address}/v1/{task}") for task in 4 * ["denoise"]]
            until(lambda: len(handle.calls) == 6)
            waiting = app.state.service.batchers.values()
            until(lambda: [len(one) for one in waiting] == [1, 1])
        finally:
            handle.go.set()
        assert {one.result().status_code for one in asked} == {200}
    assert {task for task, _ in handle.calls[:6]} == {"recognise", "denoise"}


def test_other_errors_are_those_of_the_networks():
    def broken(task, sounds):
        raise RuntimeError("a fault of the network")

    with pytest.raises(RuntimeError, match="a fault of the network"):
        copies(broken).denoise([np.zeros(9)])


def test_a_stream_stays_here():
    class Here(Still):
        def stream(self, task):
            return f"a stream of {task}"

    held = replicas.Replicas(Handle(), n_copies=2, lost=(GoneError,), streams=Here())
    assert held.stream("denoise") == "a stream of denoise"


@pytest.mark.parametrize("n", [0, 1.5])
def test_a_number_of_copies_that_cannot_be(n):
    with pytest.raises(AudioError, match="n_copies"):
        copies(Handle(), n)


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(AudioError, match=r"need Ray: pip install .audiolessons\[ray\]"),
        replicas.held_by_ray(2),
    ):
        pass


@pytest.mark.skipif(
    find_spec("ray") is None, reason='Ray is missing: pip install "audiolessons[ray]"'
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow("Ray starts two copies, and a third")
def test_ray_starts_another_copy_where_one_dies(caplog):
    from audiolessons.recipes.large._serving_clients import Started
    from audiolessons.recipes.large._serving_copies import copies_of

    def cpu_s(pid):
        return Started("", 0, pid).cpu_s()

    caplog.set_level(logging.INFO, "audiolessons.service")
    logging.getLogger("audiolessons.service").propagate = True

    def told():
        lines = [one.getMessage() for one in caplog.records if '"copies"' in one.getMessage()]
        return [json.loads(line)["copies"] for line in lines]

    with replicas.held_by_ray(2) as held:
        assert held.recognise([np.zeros(8000, np.float32)] * 3) == [[], [], []]
        until(lambda: told()[-1:] == [2])
        sound = 0.1 * np.random.default_rng(0).normal(size=16000 * 30).astype(np.float32)
        before = copies_of(os.getpid())
        assert len(before) == 2
        with ThreadPoolExecutor(4) as threads:
            began_s = cpu_s(before[0])
            asked = [threads.submit(held.denoise, [sound]) for _ in range(4)]
            until(lambda: cpu_s(before[0]) > began_s + 0.1)  # it has one of them in hand
            os.kill(before[0], signal.SIGKILL)
            errors = [one.exception() for one in asked]
        assert any(isinstance(one, RefusalError) and one.status == 503 for one in errors)
        assert all(one is None or isinstance(one, RefusalError) for one in errors)
        assert len(held.denoise([sound])[0]) == len(sound)  # by the other
        until(lambda: told()[-1:] == [2] and len(copies_of(os.getpid())) == 2)
        assert before[0] not in copies_of(os.getpid())
    assert copies_of(os.getpid()) == []
