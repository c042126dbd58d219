"""The bench measures what it says, at tiny sizes."""

import dataclasses
import re
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from audiolessons import bench, cli, exercises, metrics, results
from audiolessons.bench import checks, speed
from audiolessons.bench.context import commit, context
from audiolessons.bench.peers import noisereduce
from audiolessons.errors import AudioError
from audiolessons.exercises import engine
from audiolessons.results import Row

# --- the runner ---------------------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A recipe `taste` of two measurements, which counts how often each is made."""

    class Fake:
        made: ClassVar = []
        sweet, of_machine = 80.0, False

        def measure(self, *, quick):
            return {"sweet": self._sweet, "sour": self._sour}

        def _sweet(self):
            self.made.append("sweet")
            yield Row("share", self.sweet, "%", ">= 70", "once", spread=(75, 85))
            yield Row("exact", 1 / 3, exact=True)
            yield Row("taken", 2.0, "s", of_machine=True)

        def _sour(self):
            self.made.append("sour")
            yield Row("share", 10.0, "%", ">= 20")

    fake = Fake()
    fake.made.clear()
    monkeypatch.setattr(bench, "benches", lambda names: {"taste": fake})
    fake.folders = {"folder": tmp_path / "store", "machine_folder": tmp_path / "machine"}
    return fake


def test_results_go_to_the_store_and_speeds_stay_on_the_machine(fake, capsys):
    assert bench.run(["taste"], **fake.folders) == 1
    out = capsys.readouterr().out
    assert "1 goals missed" in out
    assert "MISSED" in out
    rows = results.rows("taste", folder=fake.folders["folder"])
    assert list(rows) == ["sweet.share", "sweet.exact", "sour.share"]
    row = rows["sweet.share"]
    assert row["value"] == 80
    assert row["spread"] == [75, 85]
    assert row["command"] == "python -m audiolessons bench taste"
    assert row["versions"]["numpy"] == np.__version__
    assert {"commit", "date", "machine", "unit", "goal", "how"} <= set(row)
    assert rows["sweet.exact"]["value"] == 0.333333
    assert list(results.rows("taste", folder=fake.folders["machine_folder"])) == ["sweet.taken"]
    assert [path.name for path in fake.folders["folder"].iterdir()] == ["taste.json"]


def test_what_was_interrupted_goes_on(fake, monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fake, "_sour", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench.run(["taste"], **fake.folders)
    bench.run(["taste"], **fake.folders)
    assert fake.made == ["sweet", "sour"]
    assert "sweet: measured on" in capsys.readouterr().out
    bench.run(["taste"], again=True, **fake.folders)
    assert fake.made == ["sweet", "sour", "sweet", "sour"]


def test_one_row_is_measured_alone(fake):
    bench.run(["taste"], row="sour.share", **fake.folders)
    bench.run(["taste"], row="sour", again=True, **fake.folders)
    assert fake.made == ["sour", "sour"]
    with pytest.raises(AudioError, match=r"row is 'bitter'.*begin with one of sweet, sour"):
        bench.run(["taste"], row="bitter", **fake.folders)


def test_other_rows_of_a_file_are_kept(fake):
    bench.run(["taste"], **fake.folders)
    fake.sweet = 70.0
    bench.run(["taste"], row="sweet", again=True, **fake.folders)
    rows = results.rows("taste", folder=fake.folders["folder"])
    assert rows["sweet.share"]["value"] == 70
    assert rows["sour.share"]["value"] == 10


@pytest.mark.parametrize(("value", "status"), [(76.0, 0), (84.0, 0), (74.0, 1), (86.0, 1)])
def test_a_row_that_left_its_spread_has_moved(fake, capsys, value, status):
    bench.run(["taste"], **fake.folders)
    fake.sweet = value
    before = (fake.folders["folder"] / "taste.json").read_text()
    capsys.readouterr()
    assert bench.check(["taste"], folder=fake.folders["folder"]) == status
    assert ("MOVED from 80 (75 to 85)" in capsys.readouterr().out) == bool(status)
    assert (fake.folders["folder"] / "taste.json").read_text() == before


def test_exact_rows_are_the_same_and_others_differ_by_a_twentieth_at_most():
    stored = {"value": 50.0, "spread": None}
    assert not bench.moved(Row("x", 50.001, exact=True), stored)
    assert bench.moved(Row("x", 50.01, exact=True), stored)
    assert bench.moved(Row("x", 50.01, exact=True), {**stored, "spread": [40, 60]})
    assert not bench.moved(Row("x", 52.4), stored)
    assert bench.moved(Row("x", 52.6), stored)
    assert bench.moved(Row("x", 50.0), None) == "not in the store"


def test_no_permission_is_said_before_anything_is_measured(fake, tmp_path):
    (tmp_path / "store").write_text("a file in the place of the folder")
    with pytest.raises(AudioError, match=r"cannot write to .*store.*--output"):
        bench.run(["taste"], **fake.folders)
    assert fake.made == []


def test_a_quick_bench_leaves_the_store_alone(fake, monkeypatch):
    monkeypatch.setattr(results, "results_folder", lambda: fake.folders["folder"])
    for _ in range(2):
        bench.run(["taste"], quick=True, machine_folder=fake.folders["machine_folder"])
    assert fake.made == ["sweet", "sour"] * 2
    assert not fake.folders["folder"].exists()
    quick = fake.folders["machine_folder"] / "quick"
    assert len(results.rows("taste", folder=quick)) == 4


def test_speeds_are_measured_again_for_another_commit(fake, monkeypatch):
    fake.OF_MACHINE = True
    fake.measure = lambda quick: {"fast": lambda: fake.made.append(1) or [SPEED]}
    for number, n_made in (("a", 1), ("a", 1), ("b", 2)):
        monkeypatch.setattr(bench, "context", lambda n=number: {**context(), "commit": n})
        bench.run(["taste"], **fake.folders)
        assert len(fake.made) == n_made
    assert not list(fake.folders["folder"].iterdir())


SPEED = Row("taken", 1.0, "s", of_machine=True)


@pytest.mark.parametrize("rows", [[], [SPEED, SPEED]])
def test_a_measurement_without_rows_or_with_one_name_twice_is_named(rows):
    with pytest.raises(AudioError, match=r"taste\.sweet gives the rows"):
        bench.measure(lambda: rows, name="taste.sweet")


def test_benches_are_found_by_name_and_by_part():
    assert set(bench.benches(["learning"])) == {"chorales", "clips", "digits", "voices"}
    assert set(bench.benches(["sound"])) == {"first_classifier", "speed"}
    assert set(bench.benches(["denoising", "towers"])) == {"denoising", "towers"}
    assert set(bench.benches()) >= {"denoising", "digits", "first_classifier", "speed"}
    with pytest.raises(AudioError, match=r"bench is 'taste': choose .*denoising.*a part: sound"):
        bench.benches(["taste"])


def test_a_quick_bench_of_a_recipe(tmp_path, embedded_only, capsys):
    assert cli.main(["bench", "--quick", "digits", "--row", "gru.accuracy", "-o", str(tmp_path)])
    assert "gru.accuracy" in capsys.readouterr().out
    assert "gru.accuracy" in results.rows("digits", folder=tmp_path)


def test_the_commit_tells_of_changed_code(monkeypatch):
    assert re.fullmatch(r"unknown|[0-9a-f]{12}(-dirty)?", commit())


# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "goal", "ok"),
    [(1.25, "<= 1.25", True), (1.26, "<= 1.25", False), (90, ">= 90", True), (89, ">= 90", False)],
)
def test_a_goal_is_met_or_missed(value, goal, ok):
    assert Row("x", value, "", goal).ok is ok
    assert Row("x", value, "").ok is None


def test_rows_of_shares_means_and_runs_carry_their_interval():
    share = Row.share("x", 0.9, 100, how="digits")
    assert share.how == "digits, 95 % interval over 100 test items"
    assert share.spread == pytest.approx([100 * end for end in metrics.wilson_interval(90, 100)])
    several = Row.several("x", [2.0, 4.0, 3.0], "dB", how="three voices")
    assert (several.value, several.spread) == (3, (2, 4))
    low, high = Row.average("x", [1.0, 2.0, 3.0], "dB", how="noise", of="mixtures").spread
    assert 1 <= low < 2 < high <= 3


def test_a_file_that_holds_no_results_is_named(tmp_path):
    (tmp_path / "taste.json").write_text("[1, 2]")
    with pytest.raises(AudioError, match=r"taste\.json holds no results"):
        results.read("taste", folder=tmp_path)


# --- speed --------------------------------------------------------------------------------------


def test_contenders_compute_the_same_thing():
    """A comparison of times means something only between equal results."""
    contenders = speed.tasks(speed.noise(0.5))
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
    measured = list(speed.compare_contenders(contenders, duration_s=1, repeats=5))
    assert [row.unit for row in measured] == ["ms"] * 4 + [""]
    assert measured[1].value / measured[0].value == pytest.approx(2, rel=0.5)
    assert measured[-1].value == pytest.approx(2, rel=0.5)
    assert measured[-1].ok is False


def test_peak_memory_is_that_of_the_call():
    assert speed.peak_bytes(lambda: np.zeros(1_000_000)) == pytest.approx(8e6, rel=0.01)


def test_one_thread_is_temporary():
    import torch

    before = torch.get_num_threads()
    with speed.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_memory_rows_have_a_goal_that_fits_the_durations():
    measured = {row.name: row for row in speed.memory_rows((0.2, 0.4))}
    growth = measured["stft_growth"]
    assert growth.goal == "<= 2.2"
    assert growth.value == pytest.approx(2, abs=0.3)


# --- how sharp the checks of exercises are --------------------------------------------------------


def test_mutants_of_a_chapter_s_solutions_are_counted(monkeypatch):
    path = Path(__file__).parents[1] / "book" / "sound" / "stft.ipynb"
    rows = {row.name: row for row in checks.of_chapter(path, quick=True)}
    assert rows["changed"].value > 10
    assert rows["stopped"].value == 100
    assert rows["false_messages"].value == 0

    name = exercises.names("stft")[0]
    sharp = exercises.find(name)
    blunt = dataclasses.replace(sharp, stated_probes=sharp.probes[3:], memory={})
    monkeypatch.setitem(engine.EXERCISES, name, blunt)  # bin 0 alone tells little
    assert {row.name: row for row in checks.of_chapter(path, quick=True)}["stopped"].ok is False


# --- peers ----------------------------------------------------------------------------------------


def test_how_to_install_each_peer_is_said():
    folder = Path(bench.__file__).parent
    text = (folder / "peers.txt").read_text(encoding="utf-8")
    adapters = {path.stem for path in (folder / "peers").glob("[a-z]*.py")}
    assert set(re.findall(r"peers/(\w+)\.py", text)) == adapters
    read_by_pip = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [line for line in read_by_pip if not re.fullmatch(r"[\w-]+==[\d.]+", line)] == []


def test_a_peer_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "noisereduce", None)
    with pytest.raises(AudioError, match="noisereduce is not installed: pip install"):
        noisereduce.clean(np.zeros(9), sample_rate=8000)
