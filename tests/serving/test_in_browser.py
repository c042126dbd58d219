"""What is written for web pages: the same bytes each time, and nothing without the runtime."""

import gzip
import re

import numpy as np
import pytest

from audiolessons import AudioError
from audiolessons.serving import in_browser, session, write_for_browser


@pytest.fixture
def runtime(tmp_path):
    """A runtime of a few bytes."""
    (tmp_path / "runtime" / "dist").mkdir(parents=True)
    for name in in_browser.RUNTIME_FILES.values():
        (tmp_path / "runtime" / "dist" / name).write_bytes(name.encode())
    return tmp_path / "runtime"


def test_a_page_gets_what_it_needs_under_names_that_tell_the_content(tmp_path, runtime):
    made = write_for_browser(tmp_path / "one", runtime=runtime)
    assert write_for_browser(tmp_path / "two", runtime=runtime) == made
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()} == files
    assert all(re.fullmatch(r"[a-z]+-[0-9a-f]{12}\.(js|bin|wav)", name) for name in files)
    loaded = [name for name in files if not name.endswith(".wav")]
    assert made["bytes"] == sum(len(files[name]) for name in loaded)
    named = [*made["runtime"].values(), *(one["file"] for one in made["networks"].values())]
    assert sorted(named) == sorted(loaded)
    assert {one["file"] for one in made["sounds"]} == set(files) - set(loaded)
    digits = made["networks"]["digits"]
    graph = session(gzip.decompress(files[digits["file"]]))
    bands = np.zeros((1, digits["nMels"], 20), np.float32)
    assert graph.run(None, {"bands": bands})[0].shape == (1, 10)


def test_without_the_runtime_it_is_said_how_to_have_it(tmp_path):
    with pytest.raises(AudioError, match="make runtime"):
        write_for_browser(tmp_path / "made", runtime=tmp_path)
    assert not (tmp_path / "made").exists()
