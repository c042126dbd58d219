"""Scenes are written once, and never replaced in silence."""

import pytest

from audiolessons import cli, results
from audiolessons.errors import AudioError

SCENES = {"test": [{"voice": "ann", "start": 3}, {"voice": "ben", "start": 5}], "other": []}


def test_scenes_are_read_as_they_were_written(tmp_path):
    path = results.write_scenes("tea", SCENES, folder=tmp_path)
    assert results.read_scenes("tea", folder=tmp_path) == SCENES
    assert '  {"voice": "ann", "start": 3},\n' in path.read_text()


def test_scenes_that_are_there_are_not_replaced(tmp_path):
    path = results.write_scenes("tea", SCENES, folder=tmp_path)
    before = path.read_text()
    results.write_scenes("tea", SCENES, folder=tmp_path)
    with pytest.raises(AudioError, match=r"tea\.json holds other scenes"):
        results.write_scenes("tea", {"test": SCENES["test"][:1]}, folder=tmp_path)
    assert path.read_text() == before


def test_missing_and_damaged_scenes_are_named(tmp_path):
    with pytest.raises(AudioError, match="python -m audiolessons scenes tea"):
        results.read_scenes("tea", folder=tmp_path)
    (tmp_path / "tea.json").write_text("{")
    with pytest.raises(AudioError, match="holds no scenes"):
        results.read_scenes("tea", folder=tmp_path)
    assert cli.main(["scenes", "tea"]) == 1
