"""Mel-cepstral distortion: the definition in decibels, and what must not change it."""

import numpy as np
import pytest

from audiolessons import filters, metrics, voice
from audiolessons.errors import AudioError


def said(word="hud", rate=8000, **options):
    return voice.vowel(voice.VOWELS[word], sample_rate=rate, **options)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050])
def test_identical_sounds_are_0_and_so_are_louder_and_delayed_ones(rate):
    sound = said(rate=rate)
    assert metrics.mel_cepstral_distortion(sound, sound, sample_rate=rate) == 0
    louder = metrics.mel_cepstral_distortion(sound, 0.1 * sound, sample_rate=rate)
    assert louder == pytest.approx(0, abs=0.01)
    slower = said(rate=rate, duration_s=0.8)
    assert metrics.mel_cepstral_distortion(sound, slower, sample_rate=rate) < 1.5


def test_it_is_the_rms_difference_in_decibels_on_the_warped_axis():
    """A fixed filter changes every frame by its own gain, whose spread it must find."""
    sound = np.random.default_rng(0).standard_normal(8000) * 0.01
    sound[::80] += 1.0  # pulses at 100 Hz, with a noise that fills the gaps between harmonics
    b = np.array([1.0, -0.5])
    found = metrics.mel_cepstral_distortion(sound, filters.apply_fir(sound, b), sample_rate=8000)
    w = np.linspace(0, np.pi, 5000)
    warped = w + 2 * np.arctan(0.31 * np.sin(w) / (1 - 0.31 * np.cos(w)))
    gain_db = 20 * np.log10(np.abs(1 - 0.5 * np.exp(-1j * w)))
    weights = np.gradient(warped) / np.pi
    mean_db = np.trapezoid(gain_db * weights) / np.trapezoid(weights)
    rms_db = np.sqrt(np.trapezoid((gain_db - mean_db) ** 2 * weights) / np.trapezoid(weights))
    assert found == pytest.approx(rms_db, rel=0.08)


def test_level_is_left_out_frame_by_frame():
    """A voice that grows softer keeps its outline: c[0] alone changes."""
    sound = said(duration_s=0.6)
    softer = sound * np.linspace(1.0, 0.2, len(sound))
    assert metrics.mel_cepstral_distortion(sound, softer, sample_rate=8000) < 0.5


def test_another_vowel_is_farther_than_another_pitch():
    near = metrics.mel_cepstral_distortion(said(), said(pitch_hz=(110, 100)), sample_rate=8000)
    far = metrics.mel_cepstral_distortion(said(), said("heed"), sample_rate=8000)
    assert far > 2 * near


def test_global_variance_falls_when_frames_are_smoothed():
    frames = np.random.default_rng(0).standard_normal((3, 200))
    smooth = np.apply_along_axis(np.convolve, 1, frames, np.ones(5) / 5, mode="valid")
    np.testing.assert_allclose(metrics.global_variance(frames), frames.var(axis=1))
    assert (metrics.global_variance(smooth) < 0.4 * metrics.global_variance(frames)).all()


@pytest.mark.parametrize(
    ("sound", "rate", "message"),
    [
        (np.ones((2, 8000)), 8000, "one channel"),
        (np.zeros(8000), 8000, "no frame with a pitch"),
        (np.ones(8000), 4000, "needs 8000 Hz"),
    ],
)
def test_what_cannot_be_compared_is_said(sound, rate, message):
    with pytest.raises(AudioError, match=message):
        metrics.mel_cepstral_distortion(sound, sound, sample_rate=rate)
    with pytest.raises(AudioError, match="N at least 2"):
        metrics.global_variance([[1.0], [2.0]])
