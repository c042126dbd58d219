"""The command line: what it prints, its exit codes, errors in one line."""

import functools
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from audiolessons import cli
from audiolessons.errors import AudioError

ROOT = Path(__file__).parents[1]


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
    commands = "data doctor edit student notebook sounds train scenes bench"
    for command in commands.split():
        assert f"\n    {command} " in out


def test_every_command_explains_itself(capsys):
    for command in (
        ["data"],
        ["data", "fetch"],
        ["edit"],
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


def test_an_old_python_is_told_so():
    import tomllib

    from audiolessons.__main__ import OLDEST

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"].startswith(f">={OLDEST[0]}.{OLDEST[1]},")
    code = (
        "import runpy, sys; sys.version_info = (3, 10, 12);"
        "runpy.run_module('audiolessons', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("audiolessons: this is Python 3.10, and the book needs 3.11")


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


def test_a_wrong_name_beside_all_is_told_before_anything_is_fetched(
    embedded_only, monkeypatch, capsys
):
    from audiolessons.datasets._store import report

    monkeypatch.setattr(report, "fetch", lambda name: pytest.fail("begun"))
    assert cli.main(["data", "fetch", "all", "nope"]) == 1
    assert "name of a data set is 'nope': choose one of" in capsys.readouterr().err


def test_fetch_says_that_offline_is_set(embedded_only, capsys):
    assert cli.main(["data", "fetch", "examples"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("audiolessons: AUDIOLESSONS_OFFLINE is '1', which forbids downloads")
    assert err.count("\n") == 1


def test_fetch_and_verify_report_each_set(embedded_only, monkeypatch, capsys):
    from audiolessons.datasets._store import report

    counts = {"examples": 8, "chorales": 0}
    monkeypatch.setattr(report, "fetch", lambda name, *, size: counts[name])
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


def sources_below(folder):
    return {
        path.relative_to(folder).as_posix(): nbformat.read(path, as_version=4).cells[0].source
        for path in folder.rglob("*.ipynb")
    }


def test_chapters_of_one_name_keep_their_folders(tmp_path, capsys):
    book, out = tmp_path / "book", tmp_path / "out"
    one = write_notebook(book / "sound/first.ipynb", "sound")
    other = write_notebook(book / "music/first.ipynb", "music")
    alone = write_notebook(book / "music/tunes.ipynb", "tunes")
    assert cli.main(["student", *map(str, (one, other, alone, one)), "-o", str(out)]) == 0
    assert sources_below(out) == {
        "sound/first.ipynb": "sound",
        "music/first.ipynb": "music",
        "tunes.ipynb": "tunes",
    }
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_student_says_what_it_kept_and_writes_the_rest(tmp_path, capsys):
    write_notebook(tmp_path / "book/a.ipynb", "x = ...")
    write_notebook(tmp_path / "book/b.ipynb", "y = ...")
    command = ["student", str(tmp_path / "book"), "-o", str(tmp_path / "out")]
    assert cli.main(command) == 0
    write_notebook(tmp_path / "out/a.ipynb", "x = 42")
    write_notebook(tmp_path / "book/b.ipynb", "z = ...")
    assert cli.main(command) == 1
    assert sources_below(tmp_path / "out") == {"a.ipynb": "x = 42", "b.ipynb": "z = ..."}
    err = capsys.readouterr().err
    assert "a.ipynb is kept" in err
    assert "--force" in err
    assert "b.ipynb" not in err
    assert cli.main([*command, "--force"]) == 0
    assert sources_below(tmp_path / "out") == {"a.ipynb": "x = ...", "b.ipynb": "z = ..."}


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_student_never_writes_over_a_chapter(tmp_path, capsys, force):
    book = tmp_path / "book"
    one = write_notebook(book / "sound/a.ipynb", "x = ...", solution="x = 1")
    other = write_notebook(book / "music/a.ipynb", "y = ...", solution="y = 2")
    before = [path.read_bytes() for path in (one, other)]
    for command in (
        [book, "-o", book],
        [book / "sound", "-o", book / "sound"],
        [one, other, "-o", book],
        [one, "-o", one.parent],
    ):
        assert cli.main(["student", *map(str, command), *force]) == 1
        assert "chapter itself" in capsys.readouterr().err
        assert [path.read_bytes() for path in (one, other)] == before
    assert len(list(tmp_path.rglob("*.ipynb"))) == 2


def test_editions_inside_the_given_folder_are_no_chapters(tmp_path):
    write_notebook(tmp_path / "a.ipynb", "x = ...")
    command = ["student", str(tmp_path), "-o", str(tmp_path / "student")]
    assert cli.main(command) == cli.main(command) == 0
    assert sources_below(tmp_path) == {"a.ipynb": "x = ...", "student/a.ipynb": "x = ..."}


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


def test_chapters_behind_one_that_cannot_be_read_are_written_and_run(tmp_path, capsys):
    write_notebook(tmp_path / "book/b.ipynb", "print(6 * 7)")
    for number, text in enumerate(("\u00e9".encode("latin-1"), "{}".encode("utf-16"), b"[]")):
        (tmp_path / f"book/a{number}.ipynb").write_bytes(text)
    for command in (["student", "-o", str(tmp_path / "out")], ["notebook", "run"]):
        assert cli.main([*command, str(tmp_path / "book")]) == 1
        assert capsys.readouterr().err.count(": failed\n") == 3
    assert list(sources_below(tmp_path / "out")) == ["b.ipynb"]
    run = nbformat.read(tmp_path / "book/b.ipynb", as_version=4)
    assert run.cells[0].outputs[0].text == "42\n"


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")
def test_an_interrupted_run_says_so_and_leaves_the_chapter(tmp_path):
    source = "import pathlib, time; pathlib.Path('begun').touch(); time.sleep(60)"
    chapter = write_notebook(tmp_path / "a.ipynb", source)
    before = chapter.read_bytes()
    command = [sys.executable, "-m", "audiolessons", "notebook", "run", str(chapter)]
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # else nohup deafens it
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    while not (tmp_path / "begun").exists() and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    err = run.communicate(timeout=30)[1]
    assert run.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    assert "Error" not in err
    assert chapter.read_bytes() == before


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (["train", "denoising"], "denoising.store"),
        (["scenes", "denoising"], "denoising.scenes"),
        (["bench", "digits"], "digits.measure"),
    ],
)
def test_what_cannot_be_stored_is_told_before_anything_is_made(
    tmp_path, monkeypatch, capsys, command, begins
):
    from audiolessons import recipes

    recipe, _, function = begins.partition(".")
    module = recipes.offering(function)[recipe]
    monkeypatch.setattr(module, function, lambda **_: pytest.fail("begun"))
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    assert cli.main([*command, "-o", str(tmp_path / "file")]) == 1
    assert f"cannot write to {tmp_path / 'file'}" in capsys.readouterr().err


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
