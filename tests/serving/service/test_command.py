"""`python -m audiolessons serve`: from its start to a stop that loses nothing."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import numpy as np
import pytest
from services import WAV, file_of

from audiolessons import AudioError
from audiolessons.cli import main
from audiolessons.serving.service import running

COMMAND = (sys.executable, "-W", "error", "-m", "audiolessons", "serve", "--port", "0")


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
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_it_answers_keeps_its_memory_and_stops_when_told(started):
    process, address, log = started
    content = file_of(np.zeros(8000))
    with httpx.Client(base_url=address, timeout=30) as client:

        def ask(n):
            for number in range(n):
                path = ("/v1/recognise", "/v1/denoise")[number % 10 == 0]
                assert client.post(path, content=content, headers=WAV).status_code == 200

        ask(60)
        if sys.platform == "linux":
            before = resident_mb(process)
            ask(140)
            assert resident_mb(process) - before < 10
    answers = []
    long = file_of(np.zeros(29 * 8000))

    def post():
        answers.append(httpx.post(f"{address}/v1/denoise", content=long, headers=WAV, timeout=30))

    asking = threading.Thread(target=post)
    asking.start()
    while "audiolessons_uploads 1.0" not in httpx.get(f"{address}/metrics").text:
        assert asking.is_alive()
    process.send_signal(signal.SIGTERM)
    asking.join(30)
    assert answers[0].status_code == 200  # it was under way when the signal came
    out, _ = process.communicate(timeout=30)
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
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(capsys, options, message, monkeypatch):
    assert main(["serve", *options]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(
        AudioError, match=r"serving needs uvicorn: pip install .audiolessons\[serve\]"
    ):
        running.run()
