"""Players: what they carry can be decoded, keeps its level, and leaves recordings outside."""

import base64
import io
import os
import re

import numpy as np
import pytest
import soundfile

from audiolessons import AudioError, datasets, listen
from audiolessons.listen import player


def tone(frequency_hz=440, amplitude=0.25, sample_rate=16000, duration_s=1.0):
    t = np.arange(int(duration_s * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def decode(player):
    [payload] = re.findall(r'src="data:[^;]+;base64,([^"]+)"', player.to_html())
    return soundfile.read(io.BytesIO(base64.b64decode(payload)))


@pytest.mark.parametrize("codec", ["mp3", "flac"])
def test_the_level_and_the_pitch_are_what_was_given(codec):
    audio, rate = decode(listen.Player(tone(), sample_rate=16000, label="tone", codec=codec))
    middle = audio[rate // 4 : 3 * rate // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.01)
    strongest = np.argmax(np.abs(np.fft.rfft(middle))) * rate / len(middle)
    assert strongest == pytest.approx(440, abs=2)


def test_flac_keeps_every_sample_to_16_bits():
    audio, rate = decode(listen.Player(tone(), sample_rate=16000, label="tone", codec="flac"))
    assert rate == 16000
    np.testing.assert_allclose(audio, tone(), atol=1 / 32768)


@pytest.mark.parametrize("sample_rate", [3000, 8000, 11025, 44100, 96000])
@pytest.mark.parametrize("codec", ["mp3", "flac"])
def test_odd_rates_become_rates_that_browsers_play(sample_rate, codec):
    sound = tone(200, sample_rate=sample_rate)
    audio, rate = decode(listen.Player(sound, sample_rate=sample_rate, label="tone", codec=codec))
    assert rate in player._PLAYABLE_RATES
    assert len(audio) / rate == pytest.approx(1.0, abs=0.06)


def test_stereo_stays_stereo():
    both = np.stack([tone(), 0 * tone()])
    audio, _ = decode(listen.Player(both, sample_rate=16000, label="left only", codec="flac"))
    assert audio.shape[1] == 2
    assert np.abs(audio[:, 1]).max() == 0


def test_above_full_scale_is_said_and_the_level_stays():
    loud = listen.Player(tone(amplitude=2.0), sample_rate=16000, label="loud")
    assert "6.0 dB above full scale" in str(loud)
    assert "al-warning" in loud.to_html()
    assert "above" not in str(listen.Player(tone(amplitude=1.0), sample_rate=16000, label="full"))


def test_a_peak_is_set_only_when_asked_for():
    loud = listen.Player(tone(amplitude=0.1), sample_rate=16000, label="t", codec="flac", peak=0.5)
    assert np.abs(decode(loud)[0]).max() == pytest.approx(0.5, abs=1e-3)


def test_a_recording_goes_to_a_file_and_not_into_the_page(tmp_path, monkeypatch):
    (tmp_path / "book" / "sound").mkdir(parents=True)
    (tmp_path / "_toc.yml").touch()
    monkeypatch.chdir(tmp_path / "book" / "sound")
    seven = listen.Player(tone(), sample_rate=16000, label="A seven", recording="digits/7_theo_3")
    page = seven.to_html()
    assert "base64" not in page
    assert 'data-recording="digits/7_theo_3"' in page
    assert 'src="../_sounds/digits/7_theo_3--a-seven.mp3"' in page
    audio, _ = soundfile.read(tmp_path / "book" / "_sounds" / "digits" / "7_theo_3--a-seven.mp3")
    assert len(audio) > 15000
    assert not [name for name in os.listdir(tmp_path / "book/_sounds/digits") if "part" in name]


def test_a_sound_of_ours_is_the_same_whether_recordings_are_there_or_not(monkeypatch):
    present = listen.Player(tone(), sample_rate=16000, label="t").to_html()
    monkeypatch.delenv("AUDIOLESSONS_DATA", raising=False)
    assert listen.Player(tone(), sample_rate=16000, label="t").to_html() == present


def test_labels_are_escaped():
    page = listen.Player(tone(), sample_rate=16000, label='a "<b>"').to_html()
    assert "<b>" not in page
    assert 'aria-label="a &quot;&lt;b&gt;&quot;"' in page


@pytest.mark.parametrize(
    ("audio", "options", "message"),
    [
        (tone(), {"label": " "}, "label is empty"),
        (tone(), {"sample_rate": 0}, "sample_rate is 0 Hz"),
        (tone(), {"codec": "wav"}, "codec is 'wav'"),
        (np.zeros((3, 8)), {}, r"shape \(3, 8\)"),
        (np.zeros(8), {"peak": 0.5}, "silent"),
        (np.zeros(8, dtype=np.int16), {}, "int16"),
        (np.zeros(0), {}, "0 samples"),
    ],
)
def test_bad_input_is_one_clear_error(audio, options, message):
    with pytest.raises(AudioError, match=message):
        listen.Player(audio, **{"sample_rate": 16000, "label": "t", **options})


def test_a_folder_that_takes_no_sounds_is_one_line_that_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_sounds").write_text("no folder", encoding="utf-8")
    with pytest.raises(AudioError) as told:
        listen.play(tone(), sample_rate=16000, label="A seven", recording="digits/7_theo_3")
    assert str(tmp_path / "_sounds") in str(told.value)
    assert "choose a folder that you may write to" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "recording",
    [
        'q" onerror="alert(1)',
        "q'><script>",
        "../../out",
        "digits/../../out",
        "/etc/out",
        "C:/out",
        "digits\\..\\..\\out",
        "digits/",
        "digits\n7",
        "",
        7,
    ],
)
def test_a_recording_is_a_name_and_nothing_else(tmp_path, monkeypatch, recording):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(AudioError, match=r"recording is .*: give a set and its item"):
        listen.play(tone(), sample_rate=16000, label="A seven", recording=recording)
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


def test_a_folder_whose_name_holds_a_quote_ends_no_attribute(tmp_path, monkeypatch):
    (tmp_path / '_sounds"').mkdir()
    monkeypatch.setattr(player, "sounds_folder", lambda: tmp_path / '_sounds"')
    page = listen.Player(tone(), sample_rate=16000, label="A seven", recording="a/b").to_html()
    assert '_sounds&quot;/a/b--a-seven.mp3"></audio>' in page


@pytest.mark.data
def test_every_item_of_every_set_has_a_name_that_a_player_takes():
    heard = set(datasets.names()) - {"pronunciations"}  # nothing of a word list is played
    for name in sorted(heard):
        for row in datasets.load(name).table["id"]:
            assert player._check_recording(f"{name}/{row}")
