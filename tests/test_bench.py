"""The bench measures what it says, at tiny sizes."""

import gzip
import json
import os
import sys
import urllib.request

import nbformat
import numpy as np
import pytest
from nbformat import v4

from audiolessons import bench
from audiolessons.bench import lighthouse, rows, site, sound
from audiolessons.bench.rows import Row
from audiolessons.errors import AudioError

# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "goal", "ok"),
    [(1.25, "<= 1.25", True), (1.26, "<= 1.25", False), (90, ">= 90", True), (89, ">= 90", False)],
)
def test_a_goal_is_met_or_missed(value, goal, ok):
    assert Row("x", value, "", goal).ok is ok
    assert Row("x", value, "").ok is None


def test_rows_are_written_as_a_list_each_with_its_context(tmp_path):
    about = rows.context()
    assert about["versions"]["numpy"] == np.__version__
    assert "cores" in about["machine"]
    rows.write(tmp_path / "a" / "x.json", [Row("speed", 1 / 3, "s", "<= 1", "once")], about)
    (row,) = json.loads((tmp_path / "a" / "x.json").read_text(encoding="utf-8"))
    assert {key: row[key] for key in ("name", "value", "unit", "goal", "ok", "how")} == {
        "name": "speed",
        "value": 0.333333,
        "unit": "s",
        "goal": "<= 1",
        "ok": True,
        "how": "once",
    }
    assert {"machine", "versions", "commit"} <= set(row)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.json"]


def test_run_prints_writes_and_tells_of_missed_goals(tmp_path, monkeypatch, capsys):
    def measure(*, quick):
        yield Row("good", 1.0, "s", "<= 2")
        yield Row("slow", 3.0, "s", "<= 2")

    monkeypatch.setattr(sound, "measure", measure)
    assert bench.run(["sound"], folder=tmp_path) == 1
    out = capsys.readouterr().out
    assert "1 goals missed" in out
    assert "MISSED" in out
    assert [row["ok"] for row in json.loads((tmp_path / "sound.json").read_text())] == [True, False]


def test_rows_measured_before_an_error_are_kept(tmp_path, monkeypatch):
    def measure(*, quick):
        yield Row("good", 1.0, "s")
        raise AudioError("the site does not build")

    monkeypatch.setattr(site, "measure", measure)
    with pytest.raises(AudioError, match="does not build"):
        bench.run(["site"], folder=tmp_path)
    assert len(json.loads((tmp_path / "site.json").read_text())) == 1


def test_an_unknown_bench_is_named(tmp_path):
    with pytest.raises(AudioError, match="name of a bench is 'taste'"):
        bench.run(["taste"], folder=tmp_path)


# --- sound --------------------------------------------------------------------------------------


def test_contenders_compute_the_same_thing():
    """A comparison of times means something only between equal results."""
    contenders = sound.tasks(sound.noise(0.5))
    for name, by_library in contenders.items():
        results = {library: np.asarray(call()) for library, call in by_library.items()}
        ours = results.pop("audiolessons")
        for library, other in results.items():
            message = f"{name}: audiolessons against {library}"
            atol = 1e-3 * np.abs(ours).max()
            np.testing.assert_allclose(other, ours, atol=atol, err_msg=message)


def test_comparison_gives_times_and_the_ratio_to_the_fastest_numpy_based():
    def work(n):
        return lambda: sum(range(n * 10_000))

    contenders = {
        "audiolessons": work(20),
        "librosa": work(40),
        "scipy": work(10),
        "torchaudio": work(1),
    }
    measured = list(sound.compare("sum", contenders, duration_s=1, repeats=5))
    assert [row.unit for row in measured] == ["ms"] * 4 + [""]
    assert measured[1].value / measured[0].value == pytest.approx(2, rel=0.5)
    assert measured[-1].value == pytest.approx(2, rel=0.5)
    assert measured[-1].ok is False


def test_peak_memory_is_that_of_the_call():
    assert sound.peak_bytes(lambda: np.zeros(1_000_000)) == pytest.approx(8e6, rel=0.01)


def test_one_thread_is_temporary():
    import torch

    before = torch.get_num_threads()
    with sound.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_memory_rows_have_a_goal_that_fits_the_durations():
    measured = {row.name: row for row in sound.memory_rows((0.2, 0.4))}
    growth = measured["stft memory growth, 0.4 s / 0.2 s"]
    assert growth.goal == "<= 2.2"
    assert growth.value == pytest.approx(2, abs=0.3)


# --- site ---------------------------------------------------------------------------------------


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
    assert measured["page sound/stft.html"].value == pytest.approx(0.0235, abs=0.001)
    assert measured["page sound/stft.html, sounds"].value == pytest.approx(0.007)
    assert measured["page index.html"].value < 0.0001


def test_the_quick_bench_of_the_site_weighs_notebooks_and_pages(html, tmp_path):
    (tmp_path / "_config.yml").write_text("title: x")
    (tmp_path / "book" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("book/a.ipynb", "book/.ipynb_checkpoints/a.ipynb"):
        nbformat.write(
            v4.new_notebook(cells=[v4.new_markdown_cell("x" * 4_000_000)]), tmp_path / name
        )
    measured = {row.name: row for row in site.measure(quick=True, root=tmp_path)}
    assert measured["notebook a.ipynb"].value == pytest.approx(4, abs=0.01)
    assert measured["notebook a.ipynb"].ok is False
    assert measured["import audiolessons"].value < 5
    assert sum(name.startswith("notebook") for name in measured) == 1
    assert "page index.html" in measured


def test_outside_the_repository_the_error_says_so(tmp_path):
    with pytest.raises(AudioError, match="holds no book"):
        list(site.measure(quick=True, root=tmp_path))


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
    measured = list(site.chapter_rows(tmp_path))
    assert [row.name for row in measured] == [
        "chapter nap.ipynb, embedded",
        "chapter nap.ipynb, recordings",
    ]
    assert all(0.3 < row.value < 60 for row in measured)


def test_a_chapter_that_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "_has_recordings", lambda: False)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), tmp_path / "bad.ipynb")
    with pytest.raises(AudioError, match=r"bad\.ipynb does not run(.|\n)*ZeroDivisionError"):
        list(site.chapter_rows(tmp_path))


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


def test_without_lighthouse_there_are_no_rows(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lighthouse.shutil, "which", lambda name, path=None: None)
    assert list(lighthouse.lighthouse_rows(tmp_path, tools=tmp_path)) == []
    assert "not installed" in capsys.readouterr().out


def test_the_networks_are_measured_by_their_recipes(monkeypatch):
    from audiolessons.bench import learning
    from audiolessons.recipes import chorales, clips, digits, voices

    def row(name):
        return {"name": name, "value": 1.0, "unit": "%", "goal": ">= 2", "how": "made up"}

    recipes = {"digits": digits, "voices": voices, "clips": clips, "chorales": chorales}
    for name, recipe in recipes.items():
        monkeypatch.setattr(recipe, "measure", lambda quick, name=name: [row(f"{name} {quick}")])
    found = list(learning.measure(quick=True))
    assert [one.name for one in found] == [f"{name} True" for name in recipes]
    assert not found[0].ok
