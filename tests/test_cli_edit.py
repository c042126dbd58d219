"""`edit`: what it writes, what it never writes over, and how a cut is undone."""

import numpy as np
import pytest

from audiolessons import cli, datasets, editing, files, signals

RATE = 16000


@pytest.fixture
def talk(tmp_path):
    """Write 6 s: a buzz that swells, a pause of 2 s, the buzz; return the path."""
    time = np.arange(2 * RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    buzz *= 0.05 * (1.2 - np.cos(2 * np.pi * 4 * time))
    audio = np.concatenate([buzz, np.zeros(2 * RATE), buzz])
    audio += 1e-4 * np.random.default_rng(0).standard_normal(len(audio))
    files.save(tmp_path / "talk.wav", audio, sample_rate=RATE)
    return tmp_path / "talk.wav"


def edit(*arguments):
    return cli.main(["edit", *map(str, arguments), "--no-picture"])


def test_a_list_is_applied_and_a_cut_undone(talk, tmp_path, capsys):
    listed = tmp_path / "mine.txt"
    editing.write_cuts(listed, [editing.Cut(0.5, 1.0, "a cough"), editing.Cut(2.2, 3.8)])
    assert edit(talk, tmp_path / "a.wav", "--cuts", listed, "--level", "-16") == 0
    out = capsys.readouterr().out
    assert "3.90 s   -16.0 LUFS" in out
    assert "cuts: 2, 2.10 s taken out; gain" in out
    assert out.splitlines()[-2:] == [str(tmp_path / "a.wav"), str(tmp_path / "a.cuts.txt")]
    assert editing.read_cuts(tmp_path / "a.cuts.txt") == editing.read_cuts(listed)
    # To undo the first cut, delete its line and edit again.
    lines = (tmp_path / "a.cuts.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "b.txt").write_text(lines[1], encoding="utf-8")
    assert edit(talk, tmp_path / "b.wav", "--cuts", tmp_path / "b.txt") == 0
    audio, _ = files.load(tmp_path / "b.wav")
    before, _ = files.load(talk)
    assert len(audio) == round(4.4 * RATE)
    np.testing.assert_allclose(audio[: 2 * RATE], before[: 2 * RATE], atol=2 / 65536)


def test_nothing_is_written_over(talk, tmp_path, capsys):
    sound = talk.read_bytes()
    for name in ("a.wav", "a.cuts.txt", "a.png"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
        assert cli.main(["edit", str(talk), str(tmp_path / "a.wav")]) == 1
        assert f"{tmp_path / name} is there already" in capsys.readouterr().err
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
        (tmp_path / name).unlink()
        assert [one.name for one in tmp_path.iterdir()] == ["talk.wav"]
    (tmp_path / "link.wav").symlink_to(talk)
    for target in (talk, tmp_path / "link.wav"):
        assert edit(talk, target, "--force") == 1
        assert "is read, and so never written over" in capsys.readouterr().err
    assert talk.read_bytes() == sound


def test_the_list_that_is_read_is_never_written_over(talk, tmp_path, capsys):
    listed = tmp_path / "a.cuts.txt"
    listed.write_text("0.5\t1.0\tmine\n", encoding="utf-8")
    assert edit(talk, tmp_path / "a.wav", "--cuts", listed, "--force") == 1
    assert "is read, and so never written over" in capsys.readouterr().err
    assert listed.read_text(encoding="utf-8") == "0.5\t1.0\tmine\n"


def test_a_picture_shows_before_and_after(talk, tmp_path):
    assert cli.main(["edit", str(talk), str(tmp_path / "a.flac"), "--level", "-23"]) == 0
    assert (tmp_path / "a.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert cli.main(["edit", str(talk), str(tmp_path / "a.flac"), "--force"]) == 0


@pytest.mark.data
def test_pauses_are_found_and_shortened(tmp_path, capsys):
    voice = datasets.load("read_speech", stand_ins=True)["AL001-0020"]
    spoken = signals.resample(voice.audio, from_rate=voice.sample_rate, to_rate=RATE)
    pause = np.zeros(2 * RATE, np.float32)
    files.save(tmp_path / "a.wav", np.concatenate([spoken, pause, spoken]), sample_rate=RATE)
    assert edit(tmp_path / "a.wav", tmp_path / "b.wav", "--trim", "--keep", "0.2") == 0
    end = len(spoken) / RATE
    [cut] = [c for c in editing.read_cuts(tmp_path / "b.cuts.txt") if end - 1 < c.start_s < end + 1]
    assert cut.start_s == pytest.approx(end + 0.2, abs=0.4)  # the voice dies away before the end
    assert cut.end_s == pytest.approx(end + 1.8, abs=0.2)
    files.save(tmp_path / "none.wav", pause, sample_rate=RATE)
    capsys.readouterr()
    assert edit(tmp_path / "none.wav", tmp_path / "c.wav", "--trim") == 1
    assert "nobody speaks in" in capsys.readouterr().err


def test_what_cannot_be_edited_is_one_line(talk, tmp_path, capsys):
    for arguments, words in (
        ([tmp_path / "gone.wav", tmp_path / "a.wav"], "there is no file"),
        ([talk, tmp_path / "a.xyz"], "the suffix of OUT is '.xyz'"),
        ([talk, "."], "the suffix of OUT is ''"),
        ([talk, tmp_path / "a.wav", "--keep", "0.3"], "give --trim as well"),
        ([talk, tmp_path / "a.wav", "--level", "16"], "16 LUFS cannot be reached below -2 dBTP"),
        ([talk, tmp_path / "no" / "a.wav"], "cannot be written"),
        ([talk, tmp_path / "a.wav", "--ceiling", "3"], "above full scale"),
    ):
        assert edit(*arguments) == 1
        err = capsys.readouterr().err
        assert words in err
        assert err.count("\n") == 1
