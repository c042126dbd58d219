"""Resonators against their formula, vowels by rule, and outlines that are moved or filtered."""

import numpy as np
import pytest
from scipy.signal import freqz, lfilter

from audiolessons import features, spectral, voice
from audiolessons.errors import AudioError


@pytest.mark.parametrize(("hz", "width"), [(500, 60), (2290, 90), (1200, 40)])
def test_a_resonator_peaks_at_its_frequency_and_is_as_wide_as_said(hz, width):
    b, a = voice.resonator(hz, width, sample_rate=16000)
    at, response = freqz(b, a, worN=16000, fs=16000)
    gain = np.abs(response)
    assert gain[0] == pytest.approx(1)
    assert at[gain.argmax()] == pytest.approx(hz, abs=5)
    above = at[gain > gain.max() / np.sqrt(2)]
    assert np.ptp(above) == pytest.approx(width, rel=0.05)


def test_formants_that_stand_still_are_plain_filters_in_a_row():
    source = np.random.default_rng(0).standard_normal(1000)
    expected = source
    for hz, width in zip((500, 1500), (60, 90), strict=True):
        expected = lfilter(*voice.resonator(hz, width, sample_rate=8000), expected)
    found = voice.formant_filter(source, (500, 1500), bandwidths_hz=(60, 90), sample_rate=8000)
    np.testing.assert_allclose(found, np.diff(expected, prepend=0), atol=1e-9)


def test_a_glide_goes_from_one_vowel_to_the_other():
    glide = voice.vowel(np.transpose([voice.VOWELS["hod"], voice.VOWELS["heed"]]), duration_s=0.8)
    assert glide.dtype == np.float32
    assert np.abs(glide).max() == pytest.approx(0.5)
    first = []
    for start in (1600, 10000):
        frame = np.diff(glide[start : start + 1200].astype(float)) * np.hanning(1199)
        found, _ = voice.formant_frequencies_hz(voice.lpc(frame, order=12), sample_rate=16000)
        first.append(found[0])
    assert first[0] > 550
    assert first[1] < 420


def test_the_source_has_the_pitch_it_was_given():
    source = voice.voice_source((150, 150), sample_rate=8000, duration_s=0.5, breath=0.0)
    found = features.pitch_yin(source, sample_rate=8000, min_hz=60, max_hz=400)
    assert np.nanmedian(found) == pytest.approx(150, rel=0.01)


@pytest.mark.parametrize("ratio", [0.85, 1.2])
def test_formants_move_and_the_pitch_stays(ratio):
    said = voice.vowel(voice.VOWELS["hud"], pitch_hz=110, sample_rate=16000)
    settings = voice.cepstrum_settings(16000)
    moved = voice.shift_formants(said, ratio, **settings)

    def outline(audio):
        c = voice.mel_cepstrum(audio, **settings).mean(axis=1, keepdims=True)
        return voice.log_envelope(c, n_fft=512, warping=settings["warping"])[:, 0]

    near = slice(round(0.7 * 640 * ratio / 31.25), round(1.25 * 640 * ratio / 31.25))
    peak = 31.25 * (near.start + outline(moved)[near].argmax())
    assert peak == pytest.approx(640 * ratio, abs=80)
    before, after = (
        np.nanmedian(features.pitch_yin(audio, sample_rate=16000, min_hz=60, max_hz=400))
        for audio in (said, moved)
    )
    assert after == pytest.approx(before, rel=0.01)
    np.testing.assert_allclose(voice.shift_formants(said, 1.0, **settings), said, atol=1e-5)


@pytest.mark.parametrize("rate", [0.6, 1.0, 1.7])
def test_the_phase_vocoder_is_librosas(rate):
    import librosa

    sound = np.random.default_rng(0).standard_normal(3000)
    spectrum = spectral.stft(sound, n_fft=256, hop_length=64)
    found = voice.phase_vocoder(spectrum, rate=rate, hop_length=64)
    expected = librosa.phase_vocoder(spectrum, rate=rate, hop_length=64, n_fft=256)
    np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.resonator(4000, 50, sample_rate=8000), "half the sample rate, 4000"),
        (lambda: voice.resonator(400, 0, sample_rate=8000), "bandwidth_hz is 0"),
        (lambda: voice.voice_source(0, sample_rate=8000, duration_s=1), "between 0 and 4000"),
        (lambda: voice.vowel((500, 1500)), r"\(K,\) or \(K, N\)"),
        (lambda: voice.phase_vocoder(np.ones((3, 4)), rate=1, hop_length=2), "give stft's"),
        (
            lambda: voice.filter_frames(np.ones(64), np.ones((3, 4)), n_fft=16, hop_length=8),
            "one gain for each bin",
        ),
    ],
)
def test_what_cannot_sound_is_said(call, message):
    with pytest.raises(AudioError, match=message):
        call()
