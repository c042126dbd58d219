"""Streams over a WebSocket: the answers of the whole, one part after another, and their limits."""

import contextlib
import json
import socket
import threading
import time

import numpy as np
import pytest
from services import PATIENCE_S, Still, served, tone, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from audiolessons.serving.service import Settings
from audiolessons.serving.service.keys import Keys

DENOISE = {"task": "denoise", "sample_rate": 16000}
RECOGNISE = {"task": "recognise", "sample_rate": 8000}


def opened(address, **options):
    return connect(address.replace("http", "ws") + "/v1/stream", **options)


def pcm(audio):
    return (audio * 32767).astype("<i2").tobytes()


def told(wire, first, *parts):
    """Send all; return what comes back, and how it was closed."""
    said = []
    try:
        for part in (first, *parts):
            wire.send(json.dumps(part) if isinstance(part, dict) else part)
    except ConnectionClosed:
        pass  # refused on the way: why stands below
    with contextlib.suppress(ConnectionClosed):
        while True:
            message = wire.recv(timeout=PATIENCE_S)
            said.append(message if isinstance(message, bytes) else json.loads(message))
    return said, wire.close_code


def test_a_stream_cleans_as_the_whole(service, networks):
    audio = np.frombuffer(pcm(tone(1.0, sample_rate=16000)), "<i2").astype(np.float32) / 32768
    parts = [pcm(one * 32768 / 32767) for one in np.split(audio, [700, 4000, 4100, 12000])]
    with opened(service) as wire:
        said, code = told(wire, DENOISE, *parts, {"end": True})
    assert said[0] == {"ready": True, "task": "denoise", "latency_ms": 32.0}
    assert said[-1] == {"done": True, "seconds": 1.0}
    assert code == 1000
    cleaned = np.frombuffer(b"".join(said[1:-1]), "<i2") / 32768
    np.testing.assert_allclose(cleaned, networks.denoise([audio])[0], atol=2e-4)


@pytest.mark.data
def test_digits_are_heard_while_they_are_said(service):
    from audiolessons.recipes.speech.recognition import streaming_digits as recipe

    some = recipe.strings(recipe.load(), "test")
    audio = some.audio[0]
    expected = recipe.recognise(recipe.trained(), [audio], words=recipe.load().words)[0]
    parts = [pcm(one) for one in np.split(audio, range(800, len(audio), 800))]
    with opened(service) as wire:
        said, code = told(wire, RECOGNISE, *parts, {"end": True})
    assert code == 1000
    assert said[-1]["text"] == expected
    growing = [one["text"] for one in said[1:-1]]
    assert growing
    assert all(expected.startswith(one) for one in growing)


BAD = {
    "no JSON": (("hello",), "message", 1003),
    "a list": (("[1]",), "message", 1003),
    "deep": (("[" * 50_000,), "message", 1003),
    "no task": (({"sample_rate": 16000},), "message", 1003),
    "an unknown task": (({"task": "sing", "sample_rate": 16000},), "message", 1003),
    "a list as task": (({"task": [], "sample_rate": 16000},), "message", 1003),
    "samples first": ((bytes(100),), "message", 1003),
    "another rate": (({"task": "denoise", "sample_rate": 44100},), "rate", 1003),
    "half a sample": ((DENOISE, b"abc"), "message", 1003),
    "no samples": ((DENOISE, b""), "message", 1003),
    "another word": ((DENOISE, {"stop": True}), "message", 1003),
    "24 seconds of 20": ((RECOGNISE, *([bytes(128_000)] * 3)), "too_long", 1009),
}
ANY_RATE = {"requests_a_second": 1e6, "burst": 10**6}


@pytest.fixture(scope="module")
def strict(networks):
    settings = Settings(stream_s=20.0, idle_s=PATIENCE_S, most_streams=2, **ANY_RATE)
    with served(lambda: networks, settings=settings) as (address, _):
        yield address


@pytest.mark.parametrize("name", BAD)
def test_what_a_stream_refuses(strict, name):
    parts, word, expected = BAD[name]
    with opened(strict) as wire:
        said, code = told(wire, *parts)
    assert said[-1]["error"]["code"] == word
    assert code == expected


def test_a_client_that_says_nothing_is_not_waited_for(networks):
    with (
        served(lambda: networks, settings=Settings(idle_s=0.3, **ANY_RATE)) as (address, _),
        opened(address) as wire,
    ):
        said, code = told(wire, DENOISE)
    assert said[-1]["error"]["code"] == "too_slow"
    assert code == 1008


def test_a_part_that_is_too_large_ends_the_stream(strict):
    with opened(strict) as wire:
        wire.send(json.dumps(DENOISE))
        assert json.loads(wire.recv())["ready"]
        # The head of a part of 256 kB: more is not needed, and not waited for.
        wire.socket.sendall(b"\x82\xff" + (2**18).to_bytes(8, "big") + bytes(4))
        with pytest.raises(ConnectionClosed):
            wire.recv(timeout=PATIENCE_S)
        assert wire.close_code == 1009


def test_the_number_of_streams_is_bounded(strict):
    with opened(strict) as one, opened(strict) as two, opened(strict) as three:
        for wire in (one, two):
            wire.send(json.dumps(DENOISE))
            assert json.loads(wire.recv())["ready"]
        said, code = told(three, DENOISE)
        assert said[-1]["error"]["code"] == "busy"
        assert code == 1013
    with opened(strict) as again:
        again.send(json.dumps(DENOISE))
        assert json.loads(again.recv())["ready"]


def test_streams_ask_for_keys_too_and_pages_of_others_open_none():
    key = "a-long-secret-of-ada"
    with served(Still, keys=Keys({"ada": key})) as (address, _):
        with opened(address) as wire:
            said, code = told(wire, DENOISE)
        assert (said[-1]["error"]["code"], code) == ("no_key", 1008)
        with pytest.raises(InvalidStatus, match="403"):
            opened(address, origin="https://evil.example")
        with opened(address, origin=address) as wire:
            said, _ = told(wire, {**DENOISE, "key": "wrong"})
        assert said[-1]["error"]["code"] == "wrong_key"


def test_who_goes_away_leaves_nothing(service, ask):
    for _ in range(3):
        with opened(service) as wire:
            wire.send(json.dumps(DENOISE))
            wire.send(bytes(10_000))
            wire.socket.shutdown(socket.SHUT_RDWR)
    with opened(service) as wire:
        told(wire, DENOISE, {"end": True})
    until(lambda: "audiolessons_streams 0.0" in ask.get("/metrics").text)


def test_who_sends_faster_than_is_computed_waits():
    go = threading.Event()

    class Holding(Still):
        latency_s = 0.0

        def stream(self, task):
            return self

        def push(self, part):
            assert go.wait(PATIENCE_S)
            return part

    n_parts, part = 1000, bytes(100_000)
    with (
        served(Holding, settings=Settings(stream_s=1e6)) as (address, _),
        opened(address) as wire,
    ):
        taken = []

        def send():
            with contextlib.suppress(ConnectionClosed):
                wire.send(json.dumps(DENOISE))
                for _ in range(n_parts):
                    wire.send(part)
                    taken.append(time.monotonic())

        sending = threading.Thread(target=send)
        sending.start()
        try:  # until it stands still, or all is taken: 100 MB
            until(lambda: taken and (time.monotonic() - taken[-1] > 1 or not sending.is_alive()))
            n_taken = len(taken)
        finally:
            wire.socket.shutdown(socket.SHUT_RDWR)
            go.set()
            sending.join()
    assert n_taken < n_parts  # a few in queues, the rest in the system's buffers
