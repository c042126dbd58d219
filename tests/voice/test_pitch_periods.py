"""PSOLA: nothing changed gives the sound back; pitch and length go where they were sent."""

import numpy as np
import pytest

from audiolessons import features, voice
from audiolessons.errors import AudioError

RATE, HOP = 8000, 40
YIN = {"sample_rate": RATE, "min_hz": 60, "max_hz": 400}
YIN |= {"frame_length": 320, "hop_length": HOP, "threshold": 0.25}


@pytest.fixture(scope="module")
def said():
    word = voice.vowel(voice.VOWELS["hud"], pitch_hz=(120, 100), sample_rate=RATE)
    hiss = 0.05 * np.random.default_rng(0).standard_normal(1000)
    return np.concatenate([hiss, word, hiss]).astype(np.float32)


@pytest.fixture(scope="module")
def marks(said):
    pitch_hz = features.pitch_yin(said, **YIN)
    return voice.pitch_marks(said, pitch_hz, sample_rate=RATE, hop_length=HOP)


def test_marks_stand_a_period_apart(said, marks):
    assert marks.samples[0] == 0
    assert marks.samples[-1] == len(said) - 1
    steps = np.diff(marks.samples)
    assert (steps > 0).all()
    voiced = steps[marks.is_voiced[:-1]]
    assert len(voiced) > 45  # half a second at about 110 Hz
    assert voiced.min() > RATE / 125
    assert voiced.max() < RATE / 95


def test_nothing_changed_gives_the_sound_back(said, marks):
    same = voice.psola(said, marks)
    assert same.dtype == said.dtype
    np.testing.assert_allclose(same, said, atol=1e-6)


@pytest.mark.parametrize(("pitch", "time"), [(1.5, 1.0), (0.7, 1.0), (1.0, 1.6), (1.3, 0.8)])
def test_pitch_and_length_go_where_they_were_sent(said, marks, pitch, time):
    changed = voice.psola(said, marks, pitch_ratio=pitch, time_ratio=time)
    assert len(changed) == round(len(said) * time)
    before = np.nanmedian(features.pitch_yin(said, **YIN))
    after = np.nanmedian(features.pitch_yin(changed, **YIN))
    assert after / before == pytest.approx(pitch, rel=0.03)


def test_formants_stay_when_the_pitch_moves(said, marks):
    def formants(audio):
        frame = np.diff(audio)[2600:3400] * np.hanning(800)
        found, _ = voice.formant_frequencies_hz(voice.lpc(frame, order=8), sample_rate=RATE)
        return np.array([found[np.abs(found - hz).argmin()] for hz in voice.VOWELS["hud"]])

    higher = voice.psola(said, marks, pitch_ratio=1.4)
    np.testing.assert_allclose(formants(higher), formants(said), rtol=0.1)


def test_each_mark_may_have_its_own_ratio(said, marks):
    ratios = np.full(len(marks.samples), 1.25)
    same = voice.psola(said, marks, pitch_ratio=1.25)
    np.testing.assert_array_equal(voice.psola(said, marks, pitch_ratio=ratios), same)


def test_a_whisper_has_marks_as_well():
    hiss = np.random.default_rng(0).standard_normal(500)
    marks = voice.pitch_marks(hiss, np.full(13, np.nan), sample_rate=RATE, hop_length=HOP)
    assert not marks.is_voiced.any()
    np.testing.assert_allclose(voice.psola(hiss, marks), hiss)
    assert len(voice.psola(hiss, marks, pitch_ratio=2.0, time_ratio=2.0)) == 1000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pitch_ratio": 0.0}, "finite and above 0"),
        ({"pitch_ratio": [1.0, 2.0]}, r"shape \(2,\): give one number"),
        ({"time_ratio": -1.0}, "time_ratio is -1"),
    ],
)
def test_what_cannot_be_laid_is_said(said, marks, options, message):
    with pytest.raises(AudioError, match=message):
        voice.psola(said, marks, **options)
    with pytest.raises(AudioError, match="make them anew"):
        voice.psola(said[:-1], marks)
