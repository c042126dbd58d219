"""`convert`: pitch, formants and length go where they were sent, and no file is lost."""

import numpy as np
import pytest

from audiolessons import features, files, voice
from audiolessons.cli import main


@pytest.fixture
def said(tmp_path):
    path = tmp_path / "in.wav"
    audio = voice.vowel(voice.VOWELS["hud"], pitch_hz=110, duration_s=0.6)
    files.save(path, audio, sample_rate=16000)
    return path


def pitch(path):
    audio, rate = files.load(path)
    found = features.pitch_yin(audio, sample_rate=rate, min_hz=60, max_hz=400)
    return np.nanmedian(found)


@pytest.mark.parametrize("method", ["psola", "vocoder"])
def test_pitch_and_length(said, method, capsys):
    out = said.with_name("out.wav")
    asked = ["--pitch", "1.3", "--time", "1.2", "--method", method]
    assert main(["convert", str(said), str(out), *asked]) == 0
    assert "0.72 s at 16000 Hz" in capsys.readouterr().out
    assert pitch(out) == pytest.approx(143, rel=0.03)
    before = out.read_bytes()
    assert main(["convert", str(said), str(out), *asked]) == 1
    assert "there already" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_formants_move_alone(said):
    out = said.with_name("out.flac")
    assert main(["convert", str(said), str(out), "--formants", "1.2"]) == 0
    assert pitch(out) == pytest.approx(110, rel=0.01)
    before, after = files.load(said)[0], files.load(out)[0]
    assert len(before) == len(after)
    centroids = [features.spectral_centroid(x, sample_rate=16000).mean() for x in (before, after)]
    assert centroids[1] > 1.08 * centroids[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["out.wav"], "nothing to change"),
        (["out.wav", "--pitch", "9"], "--pitch is 9: give a ratio from 0.4 to 2.5"),
        (["out.doc", "--pitch", "1.2"], "suffix of OUT"),
        (["in.wav", "--pitch", "1.2"], "there already"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(said, arguments, message, capsys):
    name, *options = arguments
    assert main(["convert", str(said), str(said.with_name(name)), *options]) == 1
    assert message in capsys.readouterr().err
