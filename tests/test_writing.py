"""A file appears whole, or what was there before stays."""

import os

import pytest

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
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "nowhere" / "rows.json"):
        pass


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
def test_the_file_is_as_readable_as_any_other(tmp_path):
    with whole_file(tmp_path / "rows.json"):
        pass
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("rows.json", "plain")]
    assert modes[0] == modes[1]
