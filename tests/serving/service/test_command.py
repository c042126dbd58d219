"""`python -m audiolessons serve`: from its start to a stop that loses nothing."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from services import WAV, file_of, until

from audiolessons import AudioError
from audiolessons.cli import main
from audiolessons.serving.service import running

COMMAND = (
    sys.executable,
    "-W",
    "error",
    "-m",
    "audiolessons",
    "serve",
    "--port",
    "0",
    "--rate",
    "1e6",
)


@pytest.fixture
def started(tmp_path):
    """A service in a process of its own, its address, and the file of its log."""
    log = tmp_path / "log"
    with (
        log.open("w") as lines,
        subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=lines, text=True) as process,
    ):
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, log.read_text()
            yield process, found.group(), log
        finally:
            process.kill()


def resident_mb(process):
    """Return its memory; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def nobody_listens_at(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionError:
        return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_it_answers_keeps_its_memory_and_stops_when_told(started):
    process, address, log = started
    content = file_of(np.zeros(8000))
    with httpx.Client(base_url=address, timeout=60) as client:

        def ask(n):
            for number in range(n):
                path = ("/v1/recognise", "/v1/denoise")[number % 10 == 0]
                assert client.post(path, content=content, headers=WAV).status_code == 200

        ask(60)
        before = resident_mb(process)
        ask(140)
        assert resident_mb(process) - before < 10
    port = int(address.rpartition(":")[2])

    def metrics():
        return httpx.get(f"{address}/metrics", timeout=60).text

    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        head = f"POST /v1/denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
        wire.sendall(head.encode() + b"Content-Type: audio/wav\r\n\r\n" + content[:1000])
        until(lambda: "audiolessons_uploads 1.0" in metrics())
        process.send_signal(signal.SIGTERM)  # while a request is under way
        until(lambda: nobody_listens_at(port))
        wire.sendall(content[1000:])
        assert wire.recv(4096).startswith(b"HTTP/1.1 200 ")
        while wire.recv(4096):
            pass
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == "stopped\n"
    assert log.read_text().count('"route": "/v1/denoise", "status": 200') == 21


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "there are no keys"),
        (("--host", "nowhere.invalid", "--open"), "nothing can listen at nowhere.invalid"),
        (("--port", "70000"), "port is 70000"),
        (("--keys", "nowhere"), "cannot be read"),
        (("--threads", "0"), "--threads is 0"),
        (("--most-seconds", "-1"), "--most-seconds is -1"),
        (("--copies", "0"), "--copies is 0"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(capsys, options, message, monkeypatch):
    assert main(["serve", *options]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_answer_does_not_wait_for_the_clients_system():
    """Of two small parts the second waits for word of the first, 40 ms with many, unless told."""
    with (
        running._listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname(), timeout=60),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(
        AudioError, match=r"serving needs uvicorn: pip install .audiolessons\[serve\]"
    ):
        running.run()
