"""`say`: a text becomes a file, and no file is lost."""

import pytest

from audiolessons import files
from audiolessons.cli import main
from audiolessons.recipes.speech.synthesis import rules, units

pytestmark = pytest.mark.data


@pytest.mark.parametrize("method", ["rules", "units", "network"])
def test_a_text_is_spoken(tmp_path, method, capsys, monkeypatch):
    if method == "units":
        few = units.inventory(14)
        monkeypatch.setattr(units, "inventory", lambda: few)
    out = tmp_path / "out.wav"
    assert main(["say", "Two bells.", str(out), "--method", method]) == 0
    assert "at 16000 Hz, synthetic speech" in capsys.readouterr().out
    audio, rate = files.load(out)
    assert rate == 16000
    assert 0.5 < len(audio) / rate < 3


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("Hello.", "there.wav", "there already"),
        ("Hello.", "out.doc", "suffix of OUT"),
        ("???", "out.wav", "holds no English word"),
        ("la " * 1000, "out.wav", "at most 2000"),
    ],
)
def test_what_cannot_be_spoken_is_said_in_a_line(tmp_path, text, name, message, capsys):
    (tmp_path / "there.wav").write_bytes(b"kept")
    assert main(["say", text, str(tmp_path / name)]) == 1
    assert message in capsys.readouterr().err
    assert (tmp_path / "there.wav").read_bytes() == b"kept"


def test_a_file_that_comes_while_it_speaks_is_kept(tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.wav"
    speak = rules.speak

    def slowly(text):
        out.write_bytes(b"kept")
        return speak(text)

    monkeypatch.setattr(rules, "speak", slowly)
    assert main(["say", "Hello.", str(out)]) == 1
    assert "there already" in capsys.readouterr().err
    assert out.read_bytes() == b"kept"
