"""The service as a client meets it: right answers, clear refusals, and never a blocked loop."""

import asyncio
import contextlib
import http.client
import io
import json
import logging
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import soundfile
from bad_inputs import BAD
from services import PATIENCE_S, WAV, Held, Still, file_of, served, tone, until

from audiolessons.serving.service import Settings
from audiolessons.serving.service.decoding import decode
from audiolessons.serving.service.keys import Keys

KEY = "a-long-secret-of-ada"


def post(url):
    return httpx.post(url, content=file_of(tone()), headers=WAV, timeout=PATIENCE_S)


def queue_of(app, task):
    return app.state.service.batchers[task]


def bearer(key):
    return {**WAV, "Authorization": f"Bearer {key}"}


def test_a_sound_is_cleaned(ask, networks):
    content = file_of(tone(0.7, sample_rate=16000), 16000)
    heard = decode(content, settings=Settings(), sample_rate=16000)
    for kind in ("wav", "flac"):
        answer = ask.post(f"/v1/denoise?format={kind}", content=content, headers=WAV)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"audio/{kind}"
        assert answer.headers["cache-control"] == "no-store"
        cleaned, rate = soundfile.read(io.BytesIO(answer.content), dtype="float32")
        assert rate == 16000
        np.testing.assert_allclose(cleaned, networks.denoise([heard])[0], atol=1e-4)


def test_a_sound_is_written_down(ask):
    answer = ask.post("/v1/recognise", content=file_of(np.zeros(8000)), headers=WAV)
    assert answer.status_code == 200
    assert answer.json() == {"text": "", "words": [], "duration_s": 1.0, "model": "digit-strings"}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_is_refused_clearly(ask, name):
    content, headers, status, code = BAD[name]
    content = content() if callable(content) else content
    answer = ask.post("/v1/recognise", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    said = answer.json()
    assert set(said) == {"code", "message", "request_id"}
    assert len(said["message"]) > 20  # a sentence
    assert "Traceback" not in said["message"]
    assert said["request_id"] == answer.headers["x-request-id"]
    assert ask.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/denoise", 405),
        ("PUT", "/v1/recognise", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/../etc/passwd", 404),
        ("POST", "/v1/denoise?format=mp3", 422),
    ],
)
def test_what_is_not_there(ask, method, path, status):
    answer = ask.request(method, path, content=file_of(tone()), headers=WAV)
    assert answer.status_code == status
    assert {"code", "message", "request_id"} == set(answer.json())


def raw(address, *parts, pause_s=0.0, patience_s=PATIENCE_S):
    """Send bytes slowly; return what comes back until the connection ends."""
    host, port = address.removeprefix("http://").split(":")
    heard = b""
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection((host, int(port)), timeout=patience_s) as wire,
    ):
        for part in parts:
            wire.sendall(part)
            time.sleep(pause_s)
        while part := wire.recv(4096):
            heard += part
    return heard


def test_slow_senders_do_not_wait_for_ever():
    with served(Still, settings=Settings(receive_s=0.3)) as (address, _):
        head = b"POST /v1/recognise HTTP/1.1\r\nHost: localhost\r\nContent-Type: audio/wav\r\n"
        heard = raw(address, head + b"Content-Length: 1000\r\n\r\n" + bytes(10))
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"too_slow"' in heard
        assert raw(address, b"GET /health HTT") == b""  # a head that does not end
        assert raw(address) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01 this is TLS, or noise\r\n\r\n",
        b"POST /v1/denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 10**6 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_service_goes_on(service, ask, sent):
    assert raw(service, sent)[:13] in (b"HTTP/1.1 400 ", b"")  # some get no answer
    assert ask.get("/health").status_code == 200


def test_who_is_refused_while_sending_reads_why(ask):
    for _ in range(5):
        answer = ask.post("/v1/recognise", content=bytes(30_000_000), headers=WAV)
        assert answer.json()["code"] == "too_large"


def test_who_is_refused_may_ask_again_on_the_same_connection(service):
    host, port = service.removeprefix("http://").split(":")
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=60)) as wire:
        for content, kind, status in ((b"no sound", "text/plain", 415), (b"", "audio/wav", 422)):
            wire.request("POST", "/v1/recognise", content, {"Content-Type": kind})
            socket_used = wire.sock
            answer = wire.getresponse()
            answer.read()
            assert (answer.status, answer.headers["Connection"]) == (status, None)
            assert wire.sock is socket_used is not None


def test_who_has_no_key_or_asks_too_often_is_refused():
    settings = Settings(requests_a_second=0.01, burst=2)
    with served(Still, settings=settings, keys=Keys({"ada": KEY})) as (address, app):
        content = file_of(tone())
        with httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
            for headers, code in ((WAV, "no_key"), (bearer("wrong"), "wrong_key")):
                answer = client.post("/v1/recognise", content=content, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, code)
                assert answer.headers["www-authenticate"] == "Bearer"
            assert client.get("/metrics").status_code == 401
            assert client.get("/health").status_code == 200
            statuses = [
                client.post("/v1/recognise", content=content, headers=bearer(KEY)).status_code
                for _ in range(3)
            ]
            assert statuses == [200, 200, 429]
            answer = client.post("/v1/recognise", content=content, headers=bearer(KEY))
            assert answer.json()["code"] == "too_often"
            assert int(answer.headers["retry-after"]) > 50
        assert app.openapi()["components"]["securitySchemes"]


def test_a_service_of_this_machine_answers_to_no_other_name():
    with served(Still, hosts=("localhost", "127.0.0.1", "Good.example")) as (address, _):
        for host, status in (
            ("localhost", 200),
            ("127.0.0.1:80", 200),
            ("good.example", 200),
            ("evil.example", 421),
        ):
            assert (
                httpx.get(
                    f"{address}/health", headers={"Host": host}, timeout=PATIENCE_S
                ).status_code
                == status
            )


def test_what_is_too_much_is_refused_with_a_time_to_come_again():
    networks = Held()
    settings = Settings(n_threads=1, most_waiting=3, burst=1000, answer_s=PATIENCE_S)
    with (
        served(lambda: networks, settings=settings) as (address, app),
        ThreadPoolExecutor(20) as clients,
    ):
        try:
            first = clients.submit(post, f"{address}/v1/denoise")
            until(lambda: networks.calls)
            others = [clients.submit(post, f"{address}/v1/denoise") for _ in range(19)]
            until(lambda: sum(one.done() for one in others) == 16)
            assert len(queue_of(app, "denoise")) == 3
        finally:
            networks.go.set()
        answers = [one.result() for one in (first, *others)]
    refused = [one for one in answers if one.status_code == 503]
    assert len(refused) == 16
    assert {one.status_code for one in answers} == {200, 503}
    assert all(int(one.headers["retry-after"]) >= 1 for one in refused)


def test_who_finds_the_queue_full_is_refused_before_the_sound_is_read(monkeypatch):
    decoded, networks = [], Held()
    monkeypatch.setattr(
        "audiolessons.serving.service.app.decode",
        lambda *args, **options: decoded.append(True) or decode(*args, **options),
    )
    settings = Settings(n_threads=1, most_waiting=1, burst=1000, answer_s=PATIENCE_S)
    with (
        served(lambda: networks, settings=settings) as (address, app),
        ThreadPoolExecutor(2) as clients,
    ):
        try:
            asked = [clients.submit(post, f"{address}/v1/denoise")]
            until(lambda: networks.calls)
            asked.append(clients.submit(post, f"{address}/v1/denoise"))
            until(lambda: len(queue_of(app, "denoise")) == 1)
            assert post(f"{address}/v1/denoise").status_code == 503
        finally:
            networks.go.set()
        assert [one.result().status_code for one in asked] == [200, 200]
    assert len(decoded) == 2


def test_what_comes_together_is_answered_together():
    networks = Held()
    with served(lambda: networks) as (address, app), ThreadPoolExecutor(30) as clients:
        try:
            asked = [clients.submit(post, f"{address}/v1/recognise")]
            until(lambda: networks.calls)
            asked += [clients.submit(post, f"{address}/v1/recognise") for _ in range(29)]
            until(lambda: len(queue_of(app, "recognise")) == 29)
        finally:
            networks.go.set()
        assert {one.result().status_code for one in asked} == {200}
        said = httpx.get(f"{address}/metrics", timeout=PATIENCE_S).text
    assert networks.calls == [1, 16, 13]  # 16: most_together
    assert 'audiolessons_requests_total{route="/v1/recognise",status="200"} 30.0' in said
    assert 'audiolessons_sound_seconds_total{task="recognise"} 15.0' in said
    assert 'audiolessons_waiting{task="recognise"} 0.0' in said


@pytest.mark.parametrize("blocks", [False, True])
def test_health_is_told_while_networks_compute(blocks, monkeypatch):
    networks = Held()
    if blocks:  # planted: the network is asked on the loop

        def on_the_loop(self, executor, function, *arguments):
            future = self.create_future()
            future.set_result(function(*arguments))
            return future

        monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", on_the_loop)
    with served(lambda: networks) as (address, _), ThreadPoolExecutor(4) as clients:
        try:
            asked = [clients.submit(post, f"{address}/v1/denoise") for _ in range(4)]
            until(lambda: networks.calls)
            if blocks:
                with pytest.raises(httpx.TimeoutException):
                    httpx.get(f"{address}/health", timeout=0.5)
            else:
                assert httpx.get(f"{address}/health", timeout=PATIENCE_S).status_code == 200
        finally:
            networks.go.set()
        assert [one.result().status_code for one in asked] == 4 * [200]


def test_the_log_and_the_disk_hold_nothing_of_a_sound(networks, caplog):
    writing = []

    def watch(event, arguments):
        if event == "open" and watching:
            path, mode, flags = (*arguments, None, None)[:3]
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & 0x3:
                writing.append(path)
        elif event in ("os.mkdir", "os.rename", "tempfile.mkstemp") and watching:
            writing.append(arguments)

    watching = False
    sys.addaudithook(watch)
    audio = tone(1.0)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("audiolessons.service").propagate = True
    with (
        served(lambda: networks, keys=Keys({"ada": KEY})) as (address, _),
        httpx.Client(base_url=address, timeout=PATIENCE_S) as client,
    ):
        content = file_of(audio)
        for seen in (False, True):  # what is imported at first use may be written as bytecode
            watching = seen
            answers = [
                client.post(path, content=one, headers=bearer(KEY))
                for path in ("/v1/denoise", "/v1/recognise?secret=word")
                for one in (content, b"RIFFsecretsecret" * 9, content[:900])
            ]
        watching = False
    assert [one.status_code for one in answers] == [200, 415, 422, 200, 415, 422]
    assert writing == []
    lines = [one.getMessage() for one in caplog.records if one.name == "audiolessons.service"]
    assert len(lines) == 12, lines
    for line in lines:
        said = json.loads(line)
        assert said["who"] == "ada"
        assert set(said) == {
            "at",
            "request",
            "who",
            "method",
            "route",
            "status",
            "bytes_in",
            "bytes_out",
            "ms",
        }
    every = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("http"))
    assert KEY not in every
    assert "secret" not in every


def test_a_network_that_fails_ends_in_one_clear_answer(caplog):
    message = "a secret of the sound"

    class Broken(Still):
        def _take(self, sounds, answers):
            raise RuntimeError(message)

    with served(Broken) as (address, _):
        answer = post(f"{address}/v1/denoise")
        assert answer.status_code == 500
        assert answer.json()["code"] == "failed"
        assert httpx.get(f"{address}/health", timeout=PATIENCE_S).status_code == 200
    assert message not in answer.text
    assert message not in caplog.text


def test_who_goes_away_is_not_computed():
    networks, content = Held(), file_of(tone())
    settings = Settings(n_threads=1, answer_s=PATIENCE_S)
    with (
        served(lambda: networks, settings=settings) as (address, app),
        ThreadPoolExecutor(2) as clients,
    ):
        try:
            first = clients.submit(post, f"{address}/v1/denoise")
            until(lambda: networks.calls)
            head = f"POST /v1/denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}"
            host, port = address.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as gone:
                gone.sendall(head.encode() + b"\r\nContent-Type: audio/wav\r\n\r\n" + content)
                until(lambda: len(queue_of(app, "denoise")) == 1)
            until(lambda: app.state.service.uploads.n == 1)  # the service has seen it go
            last = clients.submit(post, f"{address}/v1/denoise")
            until(lambda: len(queue_of(app, "denoise")) == 2)
        finally:
            networks.go.set()
        assert first.result().status_code == last.result().status_code == 200
    assert len(networks.calls) == 2


def test_pages_come_from_the_service_itself(ask):
    files = ("service.js", "service.css", "microphone.js", "recorder.js", "wav.js", "openapi.json")
    for path in ("/", "/docs", *(f"/{name}" for name in files)):
        answer = ask.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        for address in ("http://", "https://", "//cdn"):
            text = answer.text.replace("http://127.0.0.1", "")
            assert address not in text, path
    assert "/v1/denoise" in ask.get("/docs").text
