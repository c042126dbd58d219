"""The doctor finds what is planted, and says what to do."""

import socket

import pytest

from audiolessons import doctor, writing


def only(rows, what):
    (row,) = (row for row in rows if row.what == what)
    return row


def fake_versions(monkeypatch, **versions):
    real = doctor.installed
    monkeypatch.setattr(doctor, "installed", lambda name: versions.get(name, real(name)))


def test_every_row_that_is_not_ok_says_what_to_do():
    rows = doctor.examine()
    assert len(rows) > 15
    assert all(row.fix for row in rows if row.state != "ok")


def test_report_prints_all_rows_and_its_code_says_whether_there_are_problems(monkeypatch, capsys):
    def good():
        return [doctor.Row("ok", "ears", "two"), doctor.Row("note", "tea", "cold", "warm it")]

    def bad():
        return [doctor.Row("problem", "loudspeaker", "broken", "buy one")]

    monkeypatch.setattr(doctor, "CHECKS", (good,))
    assert doctor.report() == 0
    assert "0 problems, 1 notes" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "CHECKS", (good, bad))
    assert doctor.report() == 1
    out = capsys.readouterr().out
    assert "problem  loudspeaker  broken\n" in out
    assert "-> buy one" in out


def test_a_check_that_fails_is_a_finding(monkeypatch):
    def check_the_moon():
        raise RuntimeError("no sky")

    monkeypatch.setattr(doctor, "CHECKS", (check_the_moon,))
    (row,) = doctor.examine()
    assert (row.state, row.what, row.found) == ("problem", "the moon", "RuntimeError: no sky")


def test_another_python_beside_a_ready_environment_is_told(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert doctor.check_environment() == []
    (tmp_path / ".venv").mkdir()
    (row,) = doctor.check_environment()
    assert row.state == "note"
    assert "python -m audiolessons doctor" in row.fix
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path / ".venv"))
    assert doctor.check_environment() == []


def test_an_old_python_is_a_problem(monkeypatch):
    assert doctor.check_python()[0].state == "ok"
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.10.13")
    row = doctor.check_python()[0]
    assert row.state == "problem"
    assert ">=3.11" in row.fix


@pytest.mark.parametrize(
    ("version", "found"), [("1.26.4", "not in range"), (None, "not installed")]
)
def test_a_package_too_old_or_missing_is_a_problem(monkeypatch, version, found):
    fake_versions(monkeypatch, numpy=version)
    row = only(doctor.check_packages(), "numpy")
    assert row.state == "problem"
    assert found in row.found
    assert f'"numpy{doctor.needed()["numpy"]}"' in row.fix
    assert only(doctor.check_packages(), "scipy").state == "ok"


def test_torch_and_torchaudio_must_be_a_pair(monkeypatch):
    assert doctor.check_torch_pair()[0].state == "ok"
    fake_versions(monkeypatch, torch="2.12.0", torchaudio="2.11.0")
    assert doctor.check_torch_pair()[0].state == "problem"
    fake_versions(monkeypatch, torch="2.11.0+cu128", torchaudio="2.11.0+cpu")
    assert "another device" in doctor.check_torch_pair()[0].fix


def test_a_libsndfile_without_mp3_is_a_problem(monkeypatch):
    import soundfile

    assert doctor.check_sound_files()[0].state == "ok"
    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "", "FLAC": "", "OGG": ""})
    row = doctor.check_sound_files()[0]
    assert (row.state, "MP3" in row.found) == ("problem", True)


def test_data_that_is_not_here_is_a_note_with_the_command(monkeypatch, tmp_path):
    monkeypatch.delenv("AUDIOLESSONS_DATA", raising=False)
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(tmp_path))
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "1")
    row = only(doctor.check_data(), "data: chorales")
    assert row.state == "note"
    assert row.fix.endswith("-m audiolessons data fetch chorales")
    assert only(doctor.check_data(), "network").state == "note"


def refuse(error):
    def temporary_file(**_):
        raise error

    return temporary_file


def test_a_cache_that_cannot_be_written_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(tmp_path / "new" / "cache"))
    assert doctor.check_cache()[0].state in ("ok", "note")
    assert not (tmp_path / "new").exists()  # looking changes nothing
    no = refuse(PermissionError(13, "Permission denied"))
    monkeypatch.setattr(writing.tempfile, "TemporaryFile", no)
    row = doctor.check_cache()[0]
    assert row.state == "problem"
    assert "Permission denied" in row.found


def test_a_cache_that_is_a_file_or_has_no_place_is_a_problem(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(tmp_path / "file"))
    row = doctor.check_cache()[0]
    assert (row.state, "cannot write to" in row.found) == ("problem", True)
    monkeypatch.setenv("AUDIOLESSONS_CACHE", "here")
    row = doctor.check_cache()[0]
    assert row.found == "AUDIOLESSONS_CACHE is 'here', which is another folder in each chapter"
    assert row.state == "problem"
    assert "AUDIOLESSONS_CACHE" in row.fix


def test_without_a_home_there_are_two_problems_and_what_to_do(monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    for variable in ("AUDIOLESSONS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert doctor.check_home()[0].state == "ok"
    monkeypatch.setattr(doctor.Path, "home", unknown)
    rows = [*doctor.check_home(), *doctor.check_cache()]
    assert [row.state for row in rows] == ["problem", "problem"]
    assert "set HOME" in rows[0].fix
    assert "set AUDIOLESSONS_CACHE" in rows[1].fix


@pytest.mark.parametrize("what", ["home", "folder"])
def test_a_folder_that_cannot_be_written_to_is_a_problem(monkeypatch, what):
    no = refuse(OSError(30, "Read-only file system"))
    monkeypatch.setattr(writing.tempfile, "TemporaryFile", no)
    row = getattr(doctor, f"check_{what}")()[0]
    assert row.state == "problem"
    assert "Read-only file system" in row.found


def test_little_space_is_a_note_and_a_full_disk_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "LITTLE_DISK_GB", 1e9)
    assert doctor.check_cache()[0].state == "note"
    monkeypatch.setattr(doctor, "FULL_DISK_GB", 1e9)
    row = doctor.check_cache()[0]
    assert row.state == "problem"
    assert "free some space" in row.fix


def test_a_dead_proxy_is_a_problem(monkeypatch):
    for variable in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    assert doctor.check_proxy() == []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://anna:secret@127.0.0.1:{port}")
        assert doctor.check_proxy() == [
            doctor.Row("ok", "proxy", f"http://127.0.0.1:{port} answers")
        ]
    for proxy in (
        f"http://anna:secret@127.0.0.1:{port}",
        f"127.0.0.1:{port}",
        "http://[::1",
        "x:y",
    ):
        monkeypatch.setenv("https_proxy", proxy)
        (row,) = doctor.check_proxy()
        assert row.state == "problem"
        assert "does not answer" in row.found
        assert "secret" not in row.found
        assert "HTTPS_PROXY" in row.fix


def test_a_synchronised_folder_is_a_note(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert doctor.check_folder()[0].state == "ok"
    (tmp_path / "OneDrive - School").mkdir()
    monkeypatch.chdir(tmp_path / "OneDrive - School")
    assert doctor.check_folder()[0].fix.startswith("OneDrive may lock")


def test_a_slow_machine_is_a_note(monkeypatch):
    assert "ms" in doctor.check_speed()[0].found
    monkeypatch.setattr(doctor, "SLOW_STFT_S", 0)
    assert doctor.check_speed()[0].state == "note"


def test_without_a_browser_the_note_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "installed", lambda name: None)
    row = doctor.check_browser()[0]
    assert row.state == "note"
    assert "playwright install chromium" in row.fix
