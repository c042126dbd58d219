"""The site's bench weighs what a page loads and times what a reader waits for."""

import gzip
import json
import os
import sys
import urllib.request
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import v4

from audiolessons.errors import AudioError

TOOLS = str(Path(__file__).parents[2] / "tools")
if TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)

import bench_site as site  # noqa: E402
import lighthouse  # noqa: E402


@pytest.fixture
def html(tmp_path):
    folder = tmp_path / "_build" / "html"
    (folder / "_static").mkdir(parents=True)
    (folder / "sound").mkdir()
    noise = np.random.default_rng(0).bytes
    (folder / "_static" / "a.css").write_text("x { src: url('f.woff2') url(f.ttf) }")
    (folder / "_static" / "f.woff2").write_bytes(noise(3000))
    (folder / "_static" / "f.ttf").write_bytes(noise(50_000))
    (folder / "_static" / "big.png").write_bytes(noise(20_000))
    (folder / "_static" / "beep.mp3").write_bytes(noise(7000))
    (folder / "sound" / "stft.html").write_text(
        '<link rel="stylesheet" href="../_static/a.css?v=1"><link rel="next" href="../index.html">'
        '<img src="../_static/big.png"><img src="../_static/big.png"><img src="https://x.org/y.png">'
        '<audio preload="none" src="../_static/beep.mp3"></audio>' + "<p>words</p>" * 1000
    )
    (folder / "index.html").write_text("<p>front</p>")
    return folder


def test_a_page_weighs_what_it_loads_each_file_once_text_compressed(html):
    loaded, on_click = site.page_files(html / "sound" / "stft.html", html)
    assert {file.name for file in loaded} == {"a.css", "f.woff2", "big.png"}
    assert {file.name for file in on_click} == {"beep.mp3"}
    measured = {row.name: row for row in site.page_rows(html)}
    assert measured["sound/stft.html"].value == pytest.approx(0.0235, abs=0.001)
    assert measured["sound/stft.html.sounds"].value == pytest.approx(0.007)
    assert measured["index.html"].value < 0.0001


def test_the_quick_bench_of_the_site_weighs_notebooks_and_pages(html, tmp_path):
    (tmp_path / "_config.yml").write_text("title: x")
    (tmp_path / "book" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("book/a.ipynb", "book/.ipynb_checkpoints/a.ipynb"):
        nbformat.write(
            v4.new_notebook(cells=[v4.new_markdown_cell("x" * 4_000_000)]), tmp_path / name
        )
    measurements = site.measure(quick=True, root=tmp_path)
    assert list(measurements) == ["import", "notebooks", "pages"]
    (notebook,) = measurements["notebooks"]()
    assert notebook.name == "a.ipynb"
    assert notebook.value == pytest.approx(4, abs=0.01)
    assert notebook.ok is False
    (seconds,) = measurements["import"]()
    assert seconds.value < 5
    assert "index.html" in {row.name for row in measurements["pages"]()}


def test_outside_the_repository_the_error_says_so(tmp_path):
    with pytest.raises(AudioError, match="holds no book"):
        site.measure(quick=True, root=tmp_path)


def test_chapters_are_timed_from_both_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "_has_recordings", lambda: True)
    monkeypatch.setenv("AUDIOLESSONS_DATA", str(tmp_path))
    monkeypatch.delenv("AUDIOLESSONS_OFFLINE", raising=False)
    source = (
        "import os, time\n"
        "assert ('AUDIOLESSONS_DATA' in os.environ) != ('AUDIOLESSONS_OFFLINE' in os.environ)\n"
        "time.sleep(0.3)"
    )
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source)]), tmp_path / "nap.ipynb")
    measured = list(site.chapter_rows(tmp_path / "nap.ipynb"))
    assert [row.name for row in measured] == ["embedded", "recordings"]
    assert all(0.3 < row.value < 60 for row in measured)


def test_a_chapter_that_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "_has_recordings", lambda: False)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), tmp_path / "bad.ipynb")
    with pytest.raises(AudioError, match=r"bad\.ipynb does not run(.|\n)*ZeroDivisionError"):
        list(site.chapter_rows(tmp_path / "bad.ipynb"))


def test_a_site_that_does_not_build_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "REBUILD", ("-c", "raise SystemExit('no theme')"))
    with pytest.raises(AudioError, match="does not build: no theme"):
        list(site.rebuild_rows(tmp_path))
    monkeypatch.setattr(site, "REBUILD", ("-c", "pass"))
    assert next(iter(site.rebuild_rows(tmp_path))).ok is True


# --- Lighthouse ---------------------------------------------------------------------------------


def test_the_site_is_served_compressed(html):
    with lighthouse.served(html) as address:
        with urllib.request.urlopen(f"{address}/sound/stft.html") as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
            assert b"words" in gzip.decompress(reply.read())
        with urllib.request.urlopen(f"{address}/_static/beep.mp3") as reply:
            assert len(reply.read()) == 7000


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Lighthouse is a Unix script")
def test_scores_are_read_and_a_failure_is_no_pass(tmp_path):
    report = {"categories": {"performance": {"score": 0.97}, "accessibility": {"score": None}}}
    program = tmp_path / "lighthouse"
    program.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(report))})\n")
    program.chmod(0o755)
    assert lighthouse.scores(str(program), "chromium", "http://localhost") == {
        "performance": 97,
        "accessibility": 0,
        "best-practices": 0,
    }


def test_lighthouse_is_measured_where_it_is_installed(html, tmp_path, monkeypatch):
    (tmp_path / "_config.yml").write_text("title: x")
    (tmp_path / "book").mkdir()
    for found in (None, "/somewhere"):
        monkeypatch.setattr(lighthouse.shutil, "which", lambda name, path=None, at=found: at)
        assert ("lighthouse" in site.measure(root=tmp_path)) == bool(found)
