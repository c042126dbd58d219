"""Melody and voice quality, held against voices whose unevenness is known, as they were made so."""

import numpy as np
import pytest

from audiolessons import features
from audiolessons.errors import AudioError

RATE = 16000
FRAMES = {"sample_rate": RATE, "frame_length": 640, "hop_length": 160}


def voice(*, jitter=0.0, shimmer=0.0, noise=0.0, pitch_hz=120.0, seconds=1.0, seed=0):
    """Make a pulse train through one resonance; its unevenness is drawn."""
    random = np.random.default_rng(seed)
    n_pulses = int(seconds * pitch_hz)
    periods = (1 + jitter * random.standard_normal(n_pulses)) / pitch_hz
    heights = 1 + shimmer * random.standard_normal(n_pulses)
    moments = np.cumsum(periods)
    time = np.arange(int(seconds * RATE)) / RATE
    since = time[:, None] - moments
    rings = np.exp(-since / 0.0015) * np.cos(2 * np.pi * 600 * since) * (since >= 0)
    rise = np.clip(since / 0.0002, 0, 1)  # no jump, so that a peak lies between samples
    audio = (rings * rise * heights).sum(axis=1)
    breath = noise * np.std(audio) * random.standard_normal(len(audio))
    return audio + breath, periods, heights


def measured(audio, pitch_hz=120.0):
    n_frames = 1 + len(audio) // 160
    found = features.pulses(audio, np.full(n_frames, pitch_hz), sample_rate=RATE, hop_length=160)
    [(moments, heights)] = found
    return moments, heights


def test_twelve_semitones_are_an_octave_and_order_is_kept():
    assert features.semitones([440.0], reference_hz=220.0) == pytest.approx([12.0])
    assert features.semitones([2 ** (1 / 12)], reference_hz=1.0) == pytest.approx([1.0])
    with pytest.raises(AudioError, match="mark frames without pitch as NaN"):
        features.semitones([0.0, 100.0], reference_hz=100)
    with pytest.raises(AudioError, match="reference_hz"):
        features.semitones([100.0], reference_hz=0)


def test_points_of_a_line_lie_on_it_whatever_is_missing():
    line = 3.0 + 0.5 * np.arange(40)
    gappy = np.where(np.isin(np.arange(40), (0, 1, 7, 8, 20, 39)), np.nan, line)
    points = features.contour_points(gappy, n_points=8)
    np.testing.assert_allclose(points, np.linspace(line[2], line[38], 8))
    np.testing.assert_array_equal(features.contour_points([np.nan] * 5, n_points=3), np.zeros(3))
    np.testing.assert_array_equal(features.contour_points([np.nan, 4.0], n_points=3), [4, 4, 4])
    with pytest.raises(AudioError, match="give one contour"):
        features.contour_points(np.zeros((2, 3)), n_points=3)


def test_functionals_are_those_of_numpy_and_ignore_gaps():
    random = np.random.default_rng(0)
    contour = random.normal(3.0, 2.0, 50)
    found = features.functionals(contour)
    assert found[:2] == pytest.approx([contour.mean(), contour.std()])
    assert found[2:7] == pytest.approx(np.percentile(contour, [5, 25, 50, 75, 95]))
    slope, _ = np.polyfit(np.linspace(0, 1, 50), contour, 1)
    assert found[8] == pytest.approx(slope)
    assert found[9:] == pytest.approx([np.abs(np.diff(contour)).mean(), np.diff(contour).std()])
    with_gaps = np.insert(contour, [0, 20, 50], np.nan)
    np.testing.assert_allclose(features.functionals(with_gaps), found)
    assert not features.functionals([1.0, np.nan, 2.0]).any()


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_jitter_that_was_made_is_found_again(share):
    audio, periods, _ = voice(jitter=share)
    moments, _ = measured(audio)
    true = np.abs(np.diff(periods)).mean() / periods.mean()
    assert features.jitter(moments) == pytest.approx(true, rel=0.1, abs=0.002)


def test_a_steady_voice_has_hardly_any_jitter_or_shimmer():
    moments, heights = measured(voice()[0])
    assert features.jitter(moments) < 0.002
    assert features.shimmer(heights) < 0.03
    assert len(moments) == pytest.approx(120, abs=3)


def test_shimmer_that_was_made_is_found_again():
    audio, _, heights = voice(shimmer=0.1)
    true = np.abs(np.diff(heights)).mean() / heights.mean()
    assert features.shimmer(measured(audio)[1]) == pytest.approx(true, rel=0.15)


@pytest.mark.parametrize("noise_db", [5, 10, 20])
def test_harmonics_to_noise_is_the_ratio_that_was_mixed(noise_db):
    pitch_hz = 125.0  # 128 samples: a period between two samples would count as noise
    audio, _, _ = voice(noise=10 ** (-noise_db / 20), pitch_hz=pitch_hz)
    n_frames = 1 + len(audio) // 160
    found = features.harmonics_to_noise_db(audio, np.full(n_frames, pitch_hz), **FRAMES)
    assert np.median(found) == pytest.approx(noise_db, abs=1.5)


def test_frames_without_pitch_have_no_ratio_and_mistakes_are_named():
    audio, _, _ = voice(seconds=0.2)
    pitch_hz = np.full(21, np.nan)
    assert np.isnan(features.harmonics_to_noise_db(audio, pitch_hz, **FRAMES)).all()
    assert features.pulses(audio, pitch_hz, sample_rate=RATE, hop_length=160) == []
    with pytest.raises(AudioError, match="for 21 frames: one each"):
        features.harmonics_to_noise_db(audio, pitch_hz[:-1], **FRAMES)
    with pytest.raises(AudioError, match="less than two periods of 40 Hz"):
        features.harmonics_to_noise_db(audio, np.full(21, 40.0), **FRAMES)
    with pytest.raises(AudioError, match="two periods need three pulses"):
        features.jitter([0.0, 1.0])
    with pytest.raises(AudioError, match="do not rise"):
        features.jitter([0.0, 1.0, 1.0])
    with pytest.raises(AudioError, match="at least two"):
        features.shimmer([1.0])
    with pytest.raises(AudioError, match="pulses point up"):
        features.shimmer([-1.0, -2.0])
    with pytest.raises(AudioError, match="one sound, one contour"):
        features.pulses(audio[None], pitch_hz, sample_rate=RATE, hop_length=160)
