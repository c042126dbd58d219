"""The command line: what it prints, its exit codes, errors in one line."""

import subprocess
import sys

import nbformat
import pytest
from nbformat import v4

from audiolessons import cli
from audiolessons.errors import AudioError


def write_notebook(path, *sources, solution=None):
    cells = [v4.new_code_cell(source) for source in sources]
    if solution is not None:
        cells.append(v4.new_code_cell(solution, metadata={"tags": ["solution"]}))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_without_a_command_the_help_is_shown(capsys):
    assert cli.main([]) == 2
    out = capsys.readouterr().out
    for command in ("data", "doctor", "student", "notebook", "sounds", "train", "scenes", "bench"):
        assert f"\n    {command} " in out


def test_every_command_explains_itself(capsys):
    for command in (
        ["data"],
        ["data", "fetch"],
        ["student"],
        ["notebook", "run"],
        ["train"],
        ["scenes"],
        ["bench"],
    ):
        with pytest.raises(SystemExit) as stop:
            cli.main([*command, "--help"])
        assert stop.value.code == 0
        assert len(capsys.readouterr().out) > 150


def test_an_unknown_command_ends_with_2(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["dance"])
    assert stop.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_the_module_runs_and_imports_nothing_heavy_for_help():
    code = (
        "import sys; from audiolessons.cli import main; main([]);"
        "print(sorted({'torch', 'matplotlib', 'librosa', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    done = subprocess.run(
        [sys.executable, "-m", "audiolessons", "--version"], capture_output=True, text=True
    )
    assert done.stdout.startswith("audiolessons ")
    assert done.returncode == 0


def test_a_python_without_the_packages_is_told_which_one_to_use():
    # None in sys.modules makes an import fail as if the package were not there.
    code = (
        "import runpy, sys; sys.modules['numpy'] = None;"
        "runpy.run_module('audiolessons', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("audiolessons: numpy is not installed for ")
    assert "use the Python of the book's environment" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_lists_every_set(embedded_only, capsys):
    assert cli.main(["data"]) == 0
    out = capsys.readouterr().out
    for name in ("spoken_digits", "environmental_sounds", "read_speech", "chorales", "examples"):
        assert name in out
    assert "CC BY-SA 4.0" in out


@pytest.mark.parametrize("action", ["fetch", "verify"])
def test_an_unknown_set_is_one_line_without_traceback(action, embedded_only, capsys):
    assert cli.main(["data", action, "spoken_digit"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("audiolessons: name of a data set is 'spoken_digit': choose one of")
    assert err.count("\n") == 1


def test_fetch_and_verify_report_each_set(embedded_only, monkeypatch, capsys):
    from audiolessons.datasets._store import report

    monkeypatch.setattr(report, "fetch", {"examples": 8, "chorales": 0}.get)
    assert cli.main(["data", "fetch", "examples", "chorales"]) == 0
    assert capsys.readouterr().out == ("examples: 8 files downloaded\nchorales: already complete\n")
    monkeypatch.setattr(report, "verify", lambda name: ["a.wav is damaged"] * (name == "examples"))
    assert cli.main(["data", "verify"]) == 1
    out = capsys.readouterr().out
    assert "spoken_digits: no files here" in out
    assert "examples: 1 problems\n  a.wav is damaged\n" in out
    assert cli.main(["data", "verify", "chorales"]) == 0


def test_student_editions_keep_the_folders_and_lose_the_solutions(tmp_path, capsys):
    write_notebook(tmp_path / "book/sound/stft.ipynb", "x = ...", solution="x = 1")
    write_notebook(tmp_path / "book/intro.ipynb", "1")
    write_notebook(tmp_path / "book/_build/copy.ipynb", "1")
    assert cli.main(["student", str(tmp_path / "book"), "-o", str(tmp_path / "out")]) == 0
    written = sorted(str(p.relative_to(tmp_path / "out")) for p in tmp_path.glob("out/**/*.ipynb"))
    assert [name.replace("\\", "/") for name in written] == ["intro.ipynb", "sound/stft.ipynb"]
    assert "x = 1" not in (tmp_path / "out/sound/stft.ipynb").read_text(encoding="utf-8")
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_notebook_run_goes_on_after_a_failure_and_says_which(tmp_path, capsys):
    bad = write_notebook(tmp_path / "a.ipynb", "1 / 0")
    good = write_notebook(tmp_path / "b.ipynb", "print(6 * 7)")
    before = bad.read_text(encoding="utf-8")
    assert cli.main(["notebook", "run", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert f"{good}: done" in printed.out
    assert f"{bad}: failed" in printed.err
    assert "ZeroDivisionError" in printed.err
    assert nbformat.read(good, as_version=4).cells[0].outputs[0].text == "42\n"
    assert bad.read_text(encoding="utf-8") == before


def test_notebook_minutes_counts_what_a_chapter_shows(tmp_path, capsys):
    chapter = write_notebook(tmp_path / "a.ipynb", "x = 1\n\ny = 2", solution="z = 3")
    assert cli.main(["notebook", "minutes", str(chapter)]) == 0
    assert "0 minutes to read (0 words, 2 lines of code); 0 exercises" in capsys.readouterr().out
    assert cli.main(["notebook", "minutes", str(tmp_path / "b.ipynb")]) == 1


def test_sounds_runs_chapters_without_changing_them(tmp_path):
    chapter = write_notebook(tmp_path / "a.ipynb", "open('made', 'w').close()")
    before = chapter.read_text(encoding="utf-8")
    assert cli.main(["sounds", str(chapter)]) == 0
    assert (tmp_path / "made").exists()
    assert chapter.read_text(encoding="utf-8") == before


def test_paths_that_are_no_chapters_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no notebook")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudioError, match=r"notes\.txt is no notebook"):
        cli.chapters([tmp_path / "notes.txt"])
    with pytest.raises(AudioError, match="holds no notebook"):
        cli.chapters([tmp_path / "empty"])
    with pytest.raises(AudioError, match="does not exist"):
        cli.chapters([tmp_path / "gone"])


def test_a_missing_package_a_full_disk_and_an_interrupt_are_one_line(monkeypatch, capsys):
    from audiolessons import doctor

    def stop_with(error):
        def report():
            raise error

        monkeypatch.setattr(doctor, "report", report)
        return cli.main(["doctor"])

    assert stop_with(ModuleNotFoundError("no", name="nbclient")) == 1
    assert stop_with(OSError(28, "No space left on device", "some.ipynb")) == 1
    assert stop_with(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.splitlines() == [
        "audiolessons: nbclient is not installed, and this command needs it: "
        'pip install "audiolessons[lab,book]"',
        "audiolessons: No space left on device: some.ipynb",
        "interrupted",
    ]
    with pytest.raises(ModuleNotFoundError):  # a fault of ours keeps its traceback
        stop_with(ModuleNotFoundError("no", name="audiolessons.nothing"))
