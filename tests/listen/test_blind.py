"""Blind listening tests: nothing tells which sound is which, and levels are what is said."""

import base64
import html
import io
import json
import os
import re

import numpy as np
import pytest
import soundfile

from audiolessons import AudioError, listen
from audiolessons.listen import blind

RATE = 16000


def tone(amplitude=0.25, frequency_hz=440, n_samples=RATE // 2):
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / RATE)


def built(kind="abx", sounds=None, **options):
    sounds = sounds or {"plain": tone(), "soft": tone(0.1)}
    settings = {"label": "Tones", "n_trials": 10, "seed": 0, "match_levels": False}
    settings.update({"sample_rate": RATE, "recording": None, "codec": "flac"}, **options)
    return listen.ListeningTest(kind, sounds, **settings)


def heard(player):
    payload = player._source.split("base64,")[1]
    return soundfile.read(io.BytesIO(base64.b64decode(payload)))[0]


def rms(audio):
    return np.sqrt(np.mean(audio**2))


def data_of(page):
    return json.loads(html.unescape(re.search(r'data-test="([^"]*)"', page)[1]))


def test_levels_are_kept_unless_they_are_to_match():
    kept = built()
    np.testing.assert_allclose(heard(kept.players[1]), tone(0.1), atol=1e-4)
    assert "up to 8.0 dB apart" in str(kept)
    matched = built(match_levels=True)
    assert rms(heard(matched.players[1])) == pytest.approx(rms(tone()), rel=1e-3)
    assert "same level" in str(matched)
    assert "same level" in data_of(matched.to_html())["levels"]


def test_what_is_too_loud_is_lowered_with_all_the_others():
    test = built(sounds={"loud": tone(2.0), "soft": tone(0.5)})
    loud, soft = map(heard, test.players)
    assert np.abs(loud).max() == pytest.approx(1.0, abs=1e-3)
    assert rms(loud) / rms(soft) == pytest.approx(4.0, rel=1e-3)
    assert "lowered by 6.0 dB" in str(test)
    assert "al-warning" not in test.to_html()


def test_equal_levels_are_called_equal():
    assert "as given: equal" in str(built(sounds={"a": tone(), "b": -tone()}))


def test_stereo_is_one_sound():
    both = np.stack([tone(), 0 * tone()])
    assert heard(built(sounds={"a": both, "b": both[::-1]}).players[0]).shape[1] == 2


@pytest.mark.parametrize("kind", ["abx", "mushra"])
def test_each_sound_has_its_place_and_the_key_tells_it(kind):
    sounds = {f"version {n}": tone(0.1 + 0.1 * n) for n in range(5)}
    orders = set()
    for seed in range(8):
        test = built(kind, sounds, seed=seed)
        page = test.to_html()
        data = data_of(page)
        orders.add(tuple(data["places"]))
        assert sorted(data["places"]) == list(range(5))
        sources = re.findall(r'<audio [^>]*src="([^"]*)"', page)
        key = re.findall(r"<li>([^<]*): ([^<]*)</li>", page)
        for name, place, player in zip(data["names"], data["places"], test.players, strict=True):
            assert sources[place] == player._source
            assert key[place][1] == name
            assert f'aria-label="{key[place][0]}: Tones"' in page
        if kind == "mushra":
            assert data["places"][0] == 0
            assert key[0] == ("Reference", "version 0")
    assert len(orders) > 5
    assert built(kind, sounds, seed=3).to_html() == built(kind, sounds, seed=3).to_html()


def make_pairs(n_pairs=6, **changes):
    both = [(tone(0.1, 300 + n), tone(0.1, 600 + n)) for n in range(n_pairs)]
    return {"sounds": both, "names": ("low", "high"), "sample_rate": RATE, "label": "t", **changes}


def test_the_two_sounds_of_a_pair_stand_together_and_each_may_be_first(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    for seed in range(4):
        listen.pairs(**make_pairs(seed=seed, codec="flac"))
    firsts = set()
    for test in shown:
        data = data_of(test.to_html())
        assert data["kind"] == "pairs"
        assert data["trials"] == 6
        for n in range(6):
            places = data["places"][2 * n : 2 * n + 2]
            assert sorted(places) == [2 * n, 2 * n + 1]
            firsts.add((n, places[0] % 2))
            assert data["names"][2 * n : 2 * n + 2] == [f"low, pair {n + 1}", f"high, pair {n + 1}"]
            np.testing.assert_allclose(heard(test.players[2 * n]), tone(0.1, 300 + n), atol=1e-4)
            place = ["first", "second"][places[0] % 2]
            assert f"Pair {n + 1}, {place} sound: low" in test.to_html()
    assert len(firsts) == 12
    assert "  6 pairs: low, high" in str(shown[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sounds": [(tone(), tone())] * 4}, "sounds holds 4 pairs: give at least 5"),
        ({"sounds": [(tone(), tone(n_samples=9))] * 5}, r"pair 1 .* shapes \(8000,\), \(9,\)"),
        ({"sounds": [(tone(),)] * 5}, r"pair 1 has sounds of the shapes \(8000,\): give two"),
        ({"names": ("low", "low")}, "two different names"),
        ({"sounds": [(tone(), np.zeros(8000, dtype=np.int16))] * 5}, "'high, pair 1' holds int16"),
    ],
)
def test_bad_input_of_pairs_is_one_clear_error(changes, message):
    with pytest.raises(AudioError, match=message):
        listen.pairs(**make_pairs(**changes))


def test_no_label_no_file_and_no_picture_tells_which_sound_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    label = "Which of two tones is the one that was made softer than the other of the two"
    page = built(label=label, recording="set/one").to_html()
    before_key = page[: page.index("<details>")]
    for element in re.findall(r"<(?:audio|figure|figcaption)[^>]*>[^<]*", before_key):
        assert "plain" not in element
        assert "soft " not in element
    assert "al-wave" not in page
    assert page.count('data-recording="set/one"') == 2
    assert "base64" not in page
    assert len(os.listdir(tmp_path / "_sounds" / "set")) == 2  # none has the name of another


def test_the_hidden_reference_is_the_reference_and_the_anchor_lacks_the_highs(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    sound = tone() + tone(frequency_hz=6000)
    listen.mushra({"soft": 0.5 * sound}, reference=sound, sample_rate=RATE, label="t", codec="flac")
    [test] = shown
    assert test.names == [blind.REFERENCE, "soft", blind.ANCHOR]
    reference, _, anchor = map(heard, test.players)
    np.testing.assert_allclose(reference, sound, atol=1e-4)
    spectrum = np.abs(np.fft.rfft(anchor)) / np.abs(np.fft.rfft(reference)).max()
    in_hz = len(anchor) / RATE
    assert spectrum[round(440 * in_hz)] == pytest.approx(1.0, abs=0.02)
    assert spectrum[round(6000 * in_hz)] < 0.01
    listen.mushra({"soft": sound}, reference=sound, sample_rate=RATE, label="t", anchor=None)
    assert shown[1].names == [blind.REFERENCE, "soft"]
    listen.mushra({"soft": sound}, reference=sound, sample_rate=8000, label="t", anchor=tone())
    assert shown[2].names[-1] == blind.ANCHOR


def test_names_are_escaped():
    page = built(sounds={"<b>": tone(), "</script>": tone()}, label='"<i>').to_html()
    assert "<b>" not in page
    assert "<i>" not in page
    assert page.count("</script>") == 1


def test_the_text_is_the_same_each_time():
    assert str(built()) == str(built(seed=5))


LONGER = tone(n_samples=9000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_trials": 4}, "n_trials is 4: guessing gets all of them right in 6.2 %"),
        ({"n_trials": 7.5}, "n_trials is 7.5"),
        ({"names": "AB"}, "names is 'AB'"),
        ({"names": ("a", "a")}, "two different names"),
        ({"label": ""}, "label is empty"),
        ({"sample_rate": 0}, "sample_rate is 0"),
        ({"b": np.zeros(99), "match_levels": True}, "'sound B' is silent"),
        ({"b": np.zeros(9, dtype=np.int16)}, "b holds int16"),
    ],
)
def test_bad_input_of_abx_is_one_clear_error(options, message):
    settings = {"a": tone(), "b": tone(), "sample_rate": RATE, "label": "t", **options}
    with pytest.raises(AudioError, match=message):
        listen.abx(settings.pop("a"), settings.pop("b"), **settings)


@pytest.mark.parametrize(
    ("sounds", "options", "message"),
    [
        ({}, {}, "sounds is empty"),
        ([tone()], {}, "no dict"),
        ({"anchor": tone()}, {}, "sounds has the name 'anchor'"),
        ({"x": LONGER}, {}, r"'x' has shape \(9000,\) and the reference \(8000,\)"),
        ({"x": tone()}, {"anchor": LONGER}, r"'anchor' has shape \(9000,\)"),
        ({"x": tone()}, {"sample_rate": 8000}, "leaves nearly all"),
        ({"x": tone()}, {"reference": [1, 2]}, "reference holds int64"),
        ({"x": tone()}, {"codec": "wav"}, "codec is 'wav'"),
    ],
)
def test_bad_input_of_mushra_is_one_clear_error(sounds, options, message):
    settings = {"reference": tone(), "sample_rate": RATE, "label": "t", **options}
    with pytest.raises(AudioError, match=message):
        listen.mushra(sounds, **settings)
