"""`assistant`: a file is heard and answered; a microphone that is not there is named."""

import sys

import numpy as np
import pytest

from audiolessons import files
from audiolessons.cli import main
from audiolessons.recipes.speech.synthesis import rules


@pytest.mark.data
def test_a_file_is_answered(tmp_path, capsys):
    user = {"base_hz": 130, "formant_scale": 1.03}
    pieces = [np.zeros(16000)]
    for text in ("Computer.", "What can you do for me?"):
        pieces += [0.3 * rules.speak(text, **user), np.zeros(6400)]
    sound = np.concatenate(pieces)
    sound = sound + 2e-4 * np.random.default_rng(0).standard_normal(len(sound))
    files.save(tmp_path / "in.wav", sound.astype(np.float32), sample_rate=16000)
    out = tmp_path / "out.wav"
    assert main(["assistant", "--file", str(tmp_path / "in.wav"), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "speaks" in told
    assert "Ask me for the time" in told
    answer, rate = files.load(out)
    assert rate == 16000
    assert np.abs(answer[: 2 * 16000]).max() == 0
    assert np.abs(answer).max() > 0.05


@pytest.mark.data
def test_a_microphone_that_cannot_be_used_is_said_in_a_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["assistant", "--microphone"]) == 1
    assert "pip install sounddevice, or give --file" in capsys.readouterr().err


def test_it_hears_a_file_or_a_microphone(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["assistant"])
    assert "required" in capsys.readouterr().err


def test_a_file_without_the_word_says_so(capsys, tmp_path):
    files.save(tmp_path / "in.wav", np.zeros(16000, np.float32), sample_rate=16000)
    out = tmp_path / "out.wav"
    assert main(["assistant", "--file", str(tmp_path / "in.wav"), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert '"computer" was not heard' in told
    assert f"{out} is not written" in told
    assert not out.exists()


def test_an_answer_is_written_for_a_file_alone(capsys, tmp_path):
    assert main(["assistant", "--microphone", "--out", str(tmp_path / "out.wav")]) == 1
    assert "give it with --file" in capsys.readouterr().err
