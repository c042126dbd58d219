"""The download against a server on this machine that does everything wrong in turn."""

import contextlib
import errno
import io
import multiprocessing
import os
import stat
import subprocess
import sys
import time
import tracemalloc
import zipfile
from email.utils import formatdate
from pathlib import Path

import numpy as np
import pytest

from audiolessons import datasets
from audiolessons.datasets._store import download, library, lock, progress, registry, unpacking
from audiolessons.errors import AudioError

COMMIT = "a" * 40
DIGITS_URL = f"/maker/digits/zip/{COMMIT}"


def n_digit_files(world):
    return len(world.sets["spoken_digits"][0][2])


@pytest.mark.parametrize("name", registry.names())
def test_fetch_brings_every_file_as_registered(world, server, name):
    assert world.left_over() == []
    n_files = datasets.fetch(name)
    assert n_files == registry.entry(name).n_files == len(world.left_over())
    assert datasets.verify(name) == []
    assert datasets.load(name).source == "recordings"
    assert datasets.fetch(name) == 0  # a second time there is nothing to do


def test_load_downloads_when_it_may(world, server):
    assert datasets.load("spoken_digits").source == "recordings"
    assert server.requests == [DIGITS_URL]
    datasets.load("spoken_digits")
    assert server.requests == [DIGITS_URL]


def test_only_missing_files_are_asked_for(world, server):
    datasets.fetch("chorales")
    server.requests.clear()
    (world.cache / "maker/voices" / COMMIT / "LICENSE").unlink()
    assert datasets.fetch("chorales") == 1
    assert server.requests == [f"/maker/voices/{COMMIT}/LICENSE"]


def test_a_cut_off_download_is_tried_again(world, server, behave):
    server.answers = [behave.cut_off, behave.cut_off]
    datasets.fetch("spoken_digits")
    assert len(server.requests) == 3
    assert datasets.verify("spoken_digits") == []


def test_a_download_that_is_always_cut_off_is_one_clear_error(world, server, behave):
    server.always = behave.cut_off
    size = len(server.contents[DIGITS_URL])
    expected = rf"zip/a+ was cut off: got {size // 2} bytes, expected {size} .*data fetch spoken_di"
    with pytest.raises(AudioError, match=expected):
        datasets.fetch("spoken_digits")
    assert len(server.requests) == download.ATTEMPTS
    assert world.left_over() == []


def test_a_chunked_download_that_is_cut_off_is_noticed(world, server, behave):
    def chunked(handler, content):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"400\r\n" + content[:0x200])
        handler.close_connection = True

    server.always = chunked
    with pytest.raises(AudioError, match=r"was cut off: got .* bytes, expected more"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


def test_a_file_that_is_missing_upstream_is_not_asked_for_twice(world, server):
    del server.contents[DIGITS_URL]
    with pytest.raises(AudioError, match=r"zip/a+ answered 404 .*, expected 200: .*MIRROR"):
        datasets.fetch("spoken_digits")
    assert len(server.requests) == 1
    assert world.left_over() == []


def test_a_busy_server_is_given_the_time_it_asks_for(world, server, behave, monkeypatch):
    waits = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    later = formatdate(time.time() + 30, usegmt=True)
    server.answers = [behave.busy(429, retry_after=7), behave.busy(503, retry_after=later)]
    datasets.fetch("spoken_digits")
    assert waits[0] == 7
    assert 25 < waits[1] <= 30
    assert datasets.verify("spoken_digits") == []


def test_waits_double_where_the_server_does_not_say(world, server, behave, monkeypatch):
    waits = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    server.always = behave.busy(500)
    with pytest.raises(AudioError, match=r"answered 500 .*attempt 4 of 4"):
        datasets.fetch("spoken_digits")
    assert waits == [0.01, 0.02, 0.04]


def test_a_server_that_asks_for_an_hour_is_not_waited_for(world, server, behave):
    server.always = behave.busy(429, retry_after=3600)
    with pytest.raises(AudioError, match=r"answered 429 .* asks to wait 3600 s"):
        datasets.fetch("spoken_digits")
    assert len(server.requests) == 1


@pytest.mark.parametrize("retry_after", [None, 3600])
def test_a_busy_server_does_not_stop_a_lesson(world, server, behave, retry_after):
    server.always = behave.busy(429, retry_after=retry_after)
    assert datasets.load("spoken_digits").source == "embedded"
    asked = len(server.requests)
    assert asked == (2 if retry_after is None else 1)
    assert datasets.load("read_speech").source == "embedded"
    assert len(server.requests) == asked
    with pytest.raises(AudioError, match="answered 429"):
        datasets.fetch("spoken_digits")  # whoever asks for a download is told


def test_a_wrong_download_is_an_error_in_a_lesson_too(world, server):
    server.contents[DIGITS_URL] = b"<html>Please log in</html>"
    with pytest.raises(AudioError, match=r"not a whole zip archive .*AUDIOLESSONS_OFFLINE=1"):
        datasets.load("spoken_digits")


def test_a_mirror_without_a_scheme_is_told(world, server, monkeypatch):
    monkeypatch.setenv("AUDIOLESSONS_MIRROR", "school.example")
    with pytest.raises(
        AudioError, match=r"AUDIOLESSONS_MIRROR is 'school.example': give an address"
    ):
        datasets.fetch("spoken_digits")


def test_an_unreadable_retry_after_counts_as_none():
    assert download._retry_after_s("soon") is None
    assert download._retry_after_s(None) is None
    assert download._retry_after_s(formatdate(time.time() - 60)) == 0


@pytest.mark.parametrize("value", ["\u00b2", "-5", "1.5", "nan", "9" * 5000, "Mon", "0 0 0 0", ""])
def test_headers_that_hold_no_number_are_left_aside(world, server, value):
    def odd(status):
        def answer(handler, content):
            handler.send_response(status)
            handler.send_header("Retry-After", value)
            handler.send_header("Content-Length", value)
            handler.end_headers()
            handler.wfile.write(content)

        return answer

    server.answers = [odd(503), odd(200)]
    assert datasets.fetch("spoken_digits") == n_digit_files(world)


def test_a_server_that_does_not_answer_leaves_the_stand_ins(
    world, server, behave, monkeypatch, capsys
):
    monkeypatch.setattr(download, "QUICK_TIMEOUT_S", 0.2)
    server.always = behave.slow(1.0)
    began = time.monotonic()
    assert datasets.load("spoken_digits").source == "embedded"
    assert datasets.load("read_speech").source == "embedded"
    assert time.monotonic() - began < 0.9  # asked once, quickly, for both
    assert len(server.requests) == 1
    assert "'read_speech' uses the embedded stand-ins" in capsys.readouterr().err


def test_a_stalled_download_is_noticed(world, server, monkeypatch):
    def stall(handler, content):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:100])
        time.sleep(0.6)

    monkeypatch.setattr(download, "TIMEOUT_S", 0.2)
    server.answers = [stall]
    datasets.fetch("spoken_digits")
    assert len(server.requests) == 2


def trickle(handler, content):
    """Send a byte now and then: no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    for place in range(len(content)):
        handler.wfile.write(content[place : place + 1])
        time.sleep(0.05)


def trickle_the_header(handler, content):
    for byte in b"HTTP/1.0 200 OK\r\nX-Long: " + 500 * b"x":
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("behaviour", [trickle, trickle_the_header])
def test_a_server_that_trickles_does_not_keep_a_lesson(world, server, monkeypatch, behaviour):
    monkeypatch.setattr(download, "QUICK_TIMEOUT_S", 0.3)
    monkeypatch.setattr(download, "QUICK_START_S", 0.5)
    server.always = behaviour
    began = time.monotonic()
    assert datasets.load("spoken_digits").source == "embedded"
    assert datasets.load("read_speech").source == "embedded"
    assert time.monotonic() - began < 2.5
    assert len(server.requests) == 1
    assert world.left_over() == []


def test_a_download_that_was_asked_for_has_a_limit_too(world, server, monkeypatch):
    monkeypatch.setattr(download, "START_S", 0.5)
    server.always = trickle
    with pytest.raises(AudioError, match=r"is too slow: \d+ bytes came in the 4 s that are waited"):
        datasets.fetch("spoken_digits")
    assert len(server.requests) == 1
    assert world.left_over() == []


def test_how_long_a_download_may_take():
    """The limits that the page on the data states."""
    (source,) = registry.entry("environmental_sounds").sources  # 41.6 MB
    assert download.longest_s(source, patient=False) == pytest.approx(15 + 5 * 41.551, abs=0.1)
    assert download.longest_s(source, patient=True) == pytest.approx(300 + 50 * 41.551, abs=0.1)


def test_a_lesson_does_not_wait_for_another_process(world, server, monkeypatch, capsys):
    monkeypatch.setattr(download, "QUICK_START_S", 0.0)
    path = world.cache / f"maker/digits/{COMMIT}.lock"
    path.parent.mkdir(parents=True)
    with lock.locked(path):
        assert datasets.load("spoken_digits").source == "embedded"
    assert f"Not downloaded: another process has held {path}" in capsys.readouterr().err


def test_a_dead_proxy_is_named_without_its_password(world, monkeypatch, capsys):
    monkeypatch.setenv("AUDIOLESSONS_MIRROR", "http://upstream.invalid")
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "0")
    monkeypatch.setenv("http_proxy", "http://anna:secret@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(AudioError, match=r"did not answer through the proxy http://127.0.0.1:9 "):
        datasets.fetch("spoken_digits")
    monkeypatch.setattr(download, "_unreachable", {})
    assert datasets.load("spoken_digits").source == "embedded"
    err = capsys.readouterr().err
    assert "Not downloaded: the proxy http://127.0.0.1:9 does not answer: correct the proxy" in err
    assert "secret" not in err


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:port", "http://[::1", "sock://here", "http://"]
)
def test_a_proxy_that_is_no_address_is_no_traceback(world, monkeypatch, proxy):
    monkeypatch.setenv("AUDIOLESSONS_MIRROR", "http://upstream.invalid")
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "0")
    monkeypatch.setenv("http_proxy", proxy)
    assert datasets.load("spoken_digits").source == "embedded"


def test_fetch_goes_to_no_network_that_is_forbidden(world, server, monkeypatch):
    datasets.fetch("chorales")
    server.requests.clear()
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "yes")
    with pytest.raises(AudioError, match=r"AUDIOLESSONS_OFFLINE is 'yes', .* 80 files of spoken_d"):
        datasets.fetch("spoken_digits")
    assert server.requests == []
    assert datasets.fetch("chorales") == 0


def test_fetch_says_when_there_is_no_network(world, monkeypatch):
    monkeypatch.setenv("AUDIOLESSONS_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "0")
    with pytest.raises(download.NetworkUnreachableError, match=r"did not answer .*connect to the"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


# --- wrong and dangerous contents --------------------------------------------------------------


def changed_archive(server, change):
    """Replace the digits' archive by one to which `change(archive)` has been done."""
    old = zipfile.ZipFile(io.BytesIO(server.contents[DIGITS_URL]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info in old.infolist():
            archive.writestr(info, old.read(info))
        change(archive)
    server.contents[DIGITS_URL] = buffer.getvalue()


def test_wrong_bytes_are_refused(world, server):
    path = "recordings/0_ada_0.wav"
    files = dict(world.sets["spoken_digits"][0][2])
    files[path] = b"RIFF" + files[path][4:-1] + b"!"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"digits-{COMMIT}/{name}", content)
    server.contents[DIGITS_URL] = buffer.getvalue()
    digest = registry.entry("spoken_digits").sources[0].hashes[path]
    with pytest.raises(
        AudioError, match=rf"other bytes for {path} .* SHA-256 \w+, expected {digest}"
    ):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


def test_wrong_bytes_of_a_single_file_are_refused(world, server):
    server.contents[f"/maker/voices/{COMMIT}/LICENSE"] = b"something else"
    with pytest.raises(AudioError, match="other bytes for LICENSE"):
        datasets.fetch("chorales")
    assert not (world.cache / "maker/voices" / COMMIT).exists()


def test_a_page_in_place_of_an_archive_is_refused(world, server):
    server.contents[DIGITS_URL] = b"<html>Please log in to the school's network</html>"
    with pytest.raises(AudioError, match="50 bytes that are not a whole zip archive"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


def test_an_archive_that_lacks_a_file_is_refused(world, server, behave):
    files = dict(world.sets["spoken_digits"][0][2])
    del files["recordings/9_ben_10.wav"]
    server.contents[DIGITS_URL] = behave.zip_of(files, folder=f"digits-{COMMIT}/")
    with pytest.raises(AudioError, match=r"lacks 1 of 80 .* recordings/9_ben_10.wav"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


@pytest.mark.parametrize(
    "path", ["../evil.txt", "digits/../../evil.txt", "/evil.txt", "C:/evil.txt", "..\\evil.txt"]
)
def test_a_path_that_leads_out_is_refused(world, server, path):
    changed_archive(server, lambda archive: archive.writestr(path, b"evil"))
    with pytest.raises(AudioError, match=r"which leads out of its folder: nothing was unpacked"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []
    assert not list(world.cache.parent.rglob("evil.txt"))


@pytest.mark.parametrize("path", [".", "./", "//", " "])
def test_a_member_without_a_name_is_left_in_the_archive(world, server, path):
    changed_archive(server, lambda archive: archive.writestr(path, b""))
    if path == "//":
        with pytest.raises(AudioError, match="which leads out of its folder"):
            datasets.fetch("spoken_digits")
    else:
        assert datasets.fetch("spoken_digits") == n_digit_files(world)


def test_garbled_archives_are_one_clear_error(tmp_path):
    """Bytes changed at random make zipfile and zlib stumble in a dozen ways."""
    random = np.random.default_rng(0)
    content = random.bytes(100) + 100 * b"samples"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("digits/a.wav", content)
    archive, wanted = tmp_path / "a.zip", {"a.wav": registry.sha256(content)}
    n_refused = 0
    for _ in range(300):
        garbled = np.frombuffer(buffer.getvalue(), dtype=np.uint8).copy()
        garbled[random.integers(garbled.size, size=3)] = random.integers(256, size=3)
        archive.write_bytes(garbled)
        try:
            unpacking.unpack(
                archive, tmp_path, wanted, most_bytes=len(content), name="digits", url="https://x"
            )
        except AudioError:
            n_refused += 1
    assert n_refused > 200


def bomb(path, *, n_bytes, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", method) as archive,
        archive.open(f"digits-{COMMIT}/{path}", "w") as member,
    ):
        for _ in range(n_bytes // 2**20):
            member.write(bytes(2**20))
    return buffer.getvalue()


def test_an_archive_that_unpacks_to_more_than_is_registered_is_refused(world, server):
    server.contents[DIGITS_URL] = bomb("recordings/0_ada_0.wav", n_bytes=2**26)
    assert len(server.contents[DIGITS_URL]) < 2**17
    tracemalloc.start()
    with pytest.raises(AudioError, match=r"unpacks to more than \d+ bytes, which is all that spok"):
        datasets.fetch("spoken_digits")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()
    assert world.left_over() == []


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_member_that_understates_its_size_is_not_read_further(world, server, method):
    content = bytearray(bomb("recordings/0_ada_0.wav", n_bytes=2**26, method=method))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (16).to_bytes(4, "little")
    server.contents[DIGITS_URL] = bytes(content)
    tracemalloc.start()
    with pytest.raises(AudioError, match="not a whole zip archive"):
        datasets.fetch("spoken_digits")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_an_archive_with_members_beyond_number_is_refused(world, server, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_DIRECTORY_BYTES", 2000)
    with pytest.raises(AudioError, match="its list of members has over 2000 bytes"):
        datasets.fetch("spoken_digits")


@pytest.mark.parametrize("states_it", [True, False])
def test_a_download_of_more_than_ten_times_the_set_is_stopped(
    world, server, monkeypatch, states_it
):
    monkeypatch.setattr(download, "SPARE_BYTES", 0)
    n_sent = []

    def endless(handler, content):
        handler.send_response(200)
        if states_it:
            handler.send_header("Content-Length", str(5 * 10**9))
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                handler.wfile.write(bytes(2**16))
                n_sent.append(2**16)

    server.always = endless
    most = 10 * registry.entry("spoken_digits").n_bytes
    with pytest.raises(AudioError, match=rf"bytes or more, and at most {most} are taken for spok"):
        datasets.fetch("spoken_digits")
    time.sleep(0.2)
    assert len(n_sent) < 1000
    assert world.left_over() == []


def test_a_single_file_larger_than_its_set_is_stopped(world, server):
    server.contents[f"/maker/voices/{COMMIT}/LICENSE"] = bytes(10**6)
    with pytest.raises(AudioError, match=r"LICENSE gives 1000000 bytes or more, and at most"):
        datasets.fetch("chorales")


def test_a_link_in_place_of_a_file_is_refused(world, server):
    path = "recordings/0_ada_0.wav"
    old = zipfile.ZipFile(io.BytesIO(server.contents[DIGITS_URL]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo(f"digits-{COMMIT}/{path}")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        for info in old.infolist():
            if not info.filename.endswith(path):
                archive.writestr(info, old.read(info))
    server.contents[DIGITS_URL] = buffer.getvalue()
    with pytest.raises(AudioError, match=f"a link in place of the file {path}"):
        datasets.fetch("spoken_digits")
    assert world.left_over() == []


def test_files_that_are_not_registered_are_left_in_the_archive(world, server):
    changed_archive(
        server, lambda archive: archive.writestr(f"digits-{COMMIT}/setup.py", "print('hello')")
    )
    datasets.fetch("spoken_digits")
    assert len(world.left_over()) == n_digit_files(world)


# --- the disk ----------------------------------------------------------------------------------


def test_too_little_room_is_told_before_anything_is_downloaded(world, server, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(
        AudioError, match=r"1 MB free, and spoken_digits needs .* AUDIOLESSONS_CACH"
    ):
        datasets.fetch("spoken_digits")
    assert server.requests == []


class FullFile(io.BytesIO):
    def write(self, *ignored):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("method", "suffix"), [("open", ".zip"), ("write_bytes", ".wav")])
def test_a_disk_that_fills_up_is_one_clear_error(world, server, monkeypatch, method, suffix):
    right = getattr(Path, method)

    def full(path, *args, **options):
        if path.suffix != suffix:
            return right(path, *args, **options)
        return FullFile() if method == "open" else FullFile().write()

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, full)
        with pytest.raises(AudioError, match=r"the disk of .* is full, so spoken_digits was not"):
            datasets.fetch("spoken_digits")
    assert world.left_over() == []


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small tmpfs, which needs Linux")
def test_a_disk_that_is_really_full(world, server, tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a tmpfs: {mounted.stderr.decode().strip()}")
    try:
        monkeypatch.setenv("AUDIOLESSONS_CACHE", str(disk))
        monkeypatch.setattr(download, "_check_space", lambda *ignored: None)
        with pytest.raises(AudioError, match="is full, so spoken_digits was not downloaded"):
            datasets.fetch("spoken_digits")
        assert [path for path in disk.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_cache_that_cannot_be_written(world, server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(tmp_path / "file"))
    with pytest.raises(AudioError, match=r"could not be written to .* set AUDIOLESSONS_CACHE"):
        datasets.fetch("spoken_digits")


def test_what_a_killed_process_left_is_cleared_away(world, server):
    left = world.cache / "maker/digits" / f".download-{COMMIT[:12]}-abc"
    left.mkdir(parents=True)
    (left / "archive.zip").write_bytes(b"half")
    datasets.fetch("spoken_digits")
    assert not left.exists()


# --- two at once -------------------------------------------------------------------------------

FETCH = """
import sys
from pathlib import Path
from audiolessons import datasets
from audiolessons.datasets._store import registry
registry.data_folder = lambda: Path(sys.argv[1])
print(datasets.fetch("spoken_digits"), datasets.verify("spoken_digits"))
"""


def test_two_processes_at_once_do_not_collide(world, server, behave):
    server.always = behave.slow(0.5)
    command = [sys.executable, "-c", FETCH, str(world.data)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in both]
    n_files = n_digit_files(world)
    assert [out.decode().split() for out, _ in outputs] == 2 * [[str(n_files), "[]"]], outputs
    assert len(server.requests) == 1  # the second waited, and found the files there


def _hold(path, seconds, held):
    with lock.locked(path):
        held.set()
        time.sleep(seconds)


def test_a_lock_that_is_held_too_long_is_told(tmp_path):
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "a.lock", 5, held))
    holder.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(AudioError, match="another process has held"),
            lock.locked(tmp_path / "a.lock", longest_wait_s=0.1),
        ):
            pass
    finally:
        holder.kill()
        holder.join()
    with lock.locked(tmp_path / "a.lock", longest_wait_s=5):  # its lock died with it
        pass


# --- the progress line -------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_in_a_terminal():
    stream = Terminal()
    with progress.Progress("digits", stream=stream, every_s=0) as line:
        line.start(2_000_000)
        line.update(1_000_000)
        line.end()
    assert "[##########          ] 1.0 of 2.0 MB" in stream.getvalue()
    assert stream.getvalue().rstrip().endswith("digits: downloaded (1.0 MB)")
    assert stream.getvalue().endswith("\n")


def test_progress_is_silent_elsewhere(world, server, capsys):
    datasets.fetch("spoken_digits")
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_damaged_files_in_the_cache_are_fetched_again(world, server):
    datasets.fetch("spoken_digits")
    damaged = world.cache / "maker/digits" / COMMIT / "recordings/3_ada_4.wav"
    damaged.write_bytes(b"broken")
    assert len(datasets.verify("spoken_digits")) == 1
    with pytest.raises(AudioError, match=r"3_ada_4.wav is damaged: .* data fetch spoken_digits"):
        datasets.load("spoken_digits")["3_ada_4"]
    assert datasets.fetch("spoken_digits") == 1
    assert datasets.verify("spoken_digits") == []
    assert library.find("spoken_digits").source == "recordings"
