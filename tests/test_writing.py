"""A file appears whole, or what was there before stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audiolessons.errors import AudioError
from audiolessons.writing import whole_file


def test_a_file_appears_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "rows.json"
    with whole_file(path) as file:
        file.write(b"[]")
        assert not path.exists()
    assert path.read_bytes() == b"[]"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "rows.json"
    path.write_bytes(b"old")

    def stopped_halfway():
        with whole_file(path) as file:
            file.write(b"[")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_halfway()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_no_file(tmp_path):
    with (
        pytest.raises(AudioError, match=r"rows.json cannot be written \(No such file"),
        whole_file(tmp_path / "nowhere" / "rows.json"),
    ):
        pass
    with whole_file(tmp_path / "made" / "rows.json", make_folder=True):
        pass
    assert (tmp_path / "made" / "rows.json").exists()


def test_a_folder_without_permission_is_one_line_that_names_it(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioError) as told, whole_file(tmp_path / "rows.json"):
        pass
    assert str(told.value) == (
        f"{tmp_path / 'rows.json'} cannot be written (Permission denied): free some space, or "
        "choose a folder that you may write to"
    )


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    path = tmp_path / "rows.json"
    source = (
        "import os, sys; from audiolessons.writing import whole_file\n"
        "with whole_file(sys.argv[1]) as file:\n"
        "    file.write(b'['); file.flush(); os._exit(9)"
    )
    killed = subprocess.run([sys.executable, "-c", source, path])
    assert killed.returncode == 9
    (left,) = tmp_path.iterdir()
    assert left.suffix == ".part"
    (tmp_path / ".rows.json.mine.part").touch()  # not ours
    with whole_file(path) as file:
        file.write(b"[]")
    assert {one.name for one in tmp_path.iterdir()} == {"rows.json", ".rows.json.mine.part"}


def test_two_writers_leave_each_other_alone(tmp_path):
    path = tmp_path / "rows.json"
    with whole_file(path) as first:
        first.write(b"first")
        with whole_file(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
def test_the_file_is_as_readable_as_any_other(tmp_path):
    with whole_file(tmp_path / "rows.json"):
        pass
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("rows.json", "plain")]
    assert modes[0] == modes[1]
