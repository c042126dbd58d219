"""`compose`: notes and sound into new files, a melody from a file, and clear refusals."""

import numpy as np
import pytest
import soundfile

from audiolessons import midi, models
from audiolessons.cli import composing as command
from audiolessons.cli import main
from audiolessons.models.music.composing import Piece
from audiolessons.music import key_of
from audiolessons.recipes.music import chorale_voices, harmonising

CHORDS = np.repeat([[67, 64, 60, 48], [65, 62, 59, 43], [67, 64, 60, 48]], 4, axis=0)


@pytest.fixture
def composed(monkeypatch):
    asked = []

    def compose(network, **options):
        asked.append(options)
        return Piece(CHORDS.astype(np.int16), key_of("C"), "authentic")

    monkeypatch.setattr(models, "compose", compose)
    for recipe in (chorale_voices, harmonising):
        monkeypatch.setattr(recipe, "trained", lambda: None)
    return asked


def test_sound_notes_and_score_are_written(tmp_path, composed, capsys):
    wav, mid, png = (str(tmp_path / f"out.{suffix}") for suffix in ("wav", "mid", "png"))
    assert main(["compose", "--seed", "7", "--bars", "4", wav, mid, png]) == 0
    audio, rate = soundfile.read(wav)
    assert rate == command.RATE
    assert 0.5 < np.abs(audio).max() <= 1
    assert audio.shape[1] == 2
    assert np.array_equal(midi.to_voices(midi.read(mid)), CHORDS)
    assert (tmp_path / "out.png").read_bytes()[:4] == b"\x89PNG"
    assert (composed[0]["seed"], composed[0]["n_bars"]) == (7, 4)
    assert "C major, an authentic cadence" in capsys.readouterr().out


def test_a_melody_is_read_from_abc_and_midi(tmp_path, composed):
    (tmp_path / "a.abc").write_text("X:1\nT:a\nM:4/4\nL:1/4\nK:G\nG A B d|\n", encoding="utf-8")
    midi.write(tmp_path / "b.mid", np.repeat([67, 69, 71, 74], 4)[:, None])
    for name in ("a.abc", "b.mid"):
        target = str(tmp_path / f"{name}.out.mid")
        assert main(["compose", "--soprano", str(tmp_path / name), target]) == 0
        assert composed[-1]["soprano"].tolist() == np.repeat([67, 69, 71, 74], 4).tolist()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["out.txt"], "choose one of"),
        (["mine.mid"], "mine.mid is there already"),
        (["a.mid", "a.mid"], "named twice"),
        (["a.wav", "--instrument", "kazoo"], "--instrument is 'kazoo'"),
        (["a.wav", "--seed", "-1"], "--seed is -1"),
        (["a.wav", "--soprano", "none.abc"], "none.abc is not there"),
        (["a.wav", "--soprano", "mine.doc"], "the suffix of --soprano"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(tmp_path, monkeypatch, composed, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.mid").write_bytes(b"mine")
    assert main(["compose", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert (tmp_path / "mine.mid").read_bytes() == b"mine"
    assert not composed
