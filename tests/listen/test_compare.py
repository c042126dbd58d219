"""Comparisons: versions of one length and level under one label, and transcripts beside sounds."""

import base64
import html
import io
import json
import re

import numpy as np
import pytest
import soundfile

from audiolessons import AudioError, listen
from audiolessons.listen import Comparison, ListeningTest, Player
from audiolessons.listen.elements import Transcript

RATE = 16000


def tone(amplitude=0.25, n_samples=RATE // 2):
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(n_samples) / RATE)


def built(sounds=None, **options):
    sounds = sounds or {"plain": tone(), "soft": tone(0.1)}
    return Comparison(sounds, **{"sample_rate": RATE, "label": "Tones", "codec": "flac", **options})


def heard(comparison):
    sources = re.findall(r'src="data:[^;]+;base64,([^"]+)"', comparison.to_html())
    return [soundfile.read(io.BytesIO(base64.b64decode(source)))[0] for source in sources]


def rms(audio):
    return np.sqrt(np.mean(audio**2))


def test_levels_match_and_the_change_is_said():
    comparison = built()
    plain, soft = heard(comparison)
    assert rms(soft) == pytest.approx(rms(plain), rel=1e-3)
    assert str(comparison) == (
        "Comparison: Tones (0.50 s)\n  1: plain\n  2: soft\n"
        "  All sounds have the same level (RMS). Changed: soft +8.0 dB."
    )


def test_levels_stay_where_they_are_the_point():
    comparison = built(match_levels=False)
    plain, soft = heard(comparison)
    assert rms(plain) / rms(soft) == pytest.approx(2.5, rel=1e-3)
    assert "up to 8.0 dB apart" in str(comparison)
    assert "Changed" not in str(comparison)


def test_what_would_be_cut_off_is_lowered_with_all_the_others_and_said():
    spiky = np.zeros(RATE // 2)
    spiky[::400] = 0.9
    comparison = built({"full": tone(0.9), "spiky": spiky})
    full, lowered = heard(comparison)
    assert np.abs(lowered).max() == pytest.approx(1.0, abs=1e-3)
    assert rms(full) == pytest.approx(rms(lowered), rel=1e-3)
    assert re.search(r"lowered by .* Changed: full -\d+\.\d dB", str(comparison))


def test_the_page_holds_each_version_with_its_name_and_its_waveform():
    names = [f"version <{number}>" for number in range(9)]
    page = built({name: tone() for name in names}).to_html()
    data = json.loads(html.unescape(re.search(r'data-comparison="([^"]*)"', page)[1]))
    assert data == {"label": "Tones", "names": names, "duration": 0.5}
    assert page.count("<audio ") == page.count('class="al-wave"') == 9
    assert 'aria-label="9, version &lt;8&gt;: Tones"' in page
    assert "<8>" not in page


def test_recordings_are_files_and_no_version_has_the_file_of_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = built({"5 dB": tone(), "-5 dB": tone(0.1)}, recording="set/one").to_html()
    assert "base64" not in page
    assert page.count('data-recording="set/one"') == 2
    assert len(list((tmp_path / "_sounds" / "set").iterdir())) == 2


def test_the_text_of_a_voice_stands_beside_the_sound_and_in_the_text_form():
    says = "He said: <no>\n & left."
    settings = {"sample_rate": RATE, "label": "A voice", "transcript": says}
    test = {"n_trials": 5, "seed": 0, "match_levels": False, "recording": None, "codec": "mp3"}
    sounds = {"a": tone(), "b": tone(0.1)}
    for shown in (
        Player(tone(), **settings),
        Comparison(sounds, **settings),
        ListeningTest("abx", sounds, **settings, **test),
        ListeningTest("mushra", sounds, **settings, **test),
    ):
        assert "\n  Says: He said: <no> & left." in str(shown)
        assert shown.to_html().count("<q>He said: &lt;no&gt; &amp; left.</q>") == 1
    assert "Says" not in Player(tone(), sample_rate=RATE, label="t").to_html()


def test_the_language_of_a_text_is_named(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    settings = {"sample_rate": RATE, "label": "t", "transcript": "Sieben.", "lang": "de"}
    listen.play(tone(), **settings)
    listen.compare({"a": tone(), "b": tone(0.1)}, **settings)
    listen.abx(tone(), tone(0.1), **settings)
    listen.mushra({"a": tone()}, reference=tone(), **settings)
    assert len(shown) == 4
    assert all('<q lang="de">Sieben.</q>' in one.to_html() for one in shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"text": " "}, "transcript is empty"), ({"lang": "de"}, "lang is 'de' and there is no")],
)
def test_a_transcript_that_says_nothing_is_an_error(arguments, message):
    with pytest.raises(AudioError, match=message):
        Transcript(**arguments)


@pytest.mark.parametrize(
    ("sounds", "options", "message"),
    [
        ({"a": tone()}, {}, r"1 version\(s\): compare 2 to 9"),
        ({str(n): tone() for n in range(10)}, {}, r"10 version\(s\)"),
        ([tone(), tone()], {}, "sounds is a list"),
        ({"a": tone(), "b": tone(n_samples=9000)}, {}, "'b' has 9000 samples and 'a' has 8000"),
        ({"a": tone(), "b": 0 * tone()}, {}, "'b' is silent"),
        ({"a": tone(), "b": 0 * tone()}, {"match_levels": False}, "'b' is silent"),
        ({"a": tone(), "": tone()}, {}, "label is empty: say in a few words which version"),
        ({"a": tone(), "b": np.full(8000, np.nan)}, {}, "'b'.*NaN"),
        (None, {"label": " "}, "label is empty: say in a few words what is compared"),
        (None, {"sample_rate": 0}, "sample_rate is 0 Hz"),
        (None, {"codec": "wav"}, "codec is 'wav'"),
    ],
)
def test_bad_input_is_one_clear_error(sounds, options, message):
    with pytest.raises(AudioError, match=message):
        built(sounds, **options)
