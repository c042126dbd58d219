"""Linear prediction against SciPy's Toeplitz solver, and what it must find in known filters."""

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from audiolessons import voice
from audiolessons.errors import AudioError


def noise(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


@pytest.mark.parametrize(("length", "order"), [(240, 10), (331, 3), (50, 49)])
def test_levinson_solves_the_normal_equations(length, order):
    frame = noise(length, seed=order) * np.hanning(length)
    r = np.correlate(frame, frame, mode="full")[length - 1 : length + order]
    a, reflections, error = voice.levinson_durbin(r)
    expected = solve_toeplitz(r[:-1], -r[1:])
    np.testing.assert_allclose(a[1:], expected, atol=1e-8)
    np.testing.assert_allclose(voice.lpc(frame, order=order), a, atol=1e-10)
    assert error == pytest.approx(r @ a)
    assert (np.abs(reflections) < 1).all()
    assert (np.abs(np.roots(a)) < 1).all(), "the way back must be stable"


def test_the_filter_of_a_long_noise_is_found_as_librosa_finds_it():
    import librosa

    true = np.poly([0.95 * np.exp(0.6j), 0.95 * np.exp(-0.6j), 0.7])
    sound = lfilter([1.0], true, noise(50000))
    found = voice.lpc(sound, order=3)
    np.testing.assert_allclose(found, true, atol=0.02)
    # Burg's method, which librosa has, asks for another error: on long sounds they agree.
    np.testing.assert_allclose(found, librosa.lpc(sound, order=3), atol=2e-3)


@pytest.mark.parametrize(("hop", "n", "order"), [(80, 1000, 10), (77, 901, 4), (300, 200, 16)])
def test_analysis_and_synthesis_are_each_others_inverse(hop, n, order):
    sound = noise(n, seed=hop)
    residual, filters = voice.lpc_analyse(sound, order=order, frame_length=240, hop_length=hop)
    assert filters.shape == (order + 1, 1 + n // hop)
    back = voice.lpc_synthesize(residual, filters, hop_length=hop)
    np.testing.assert_allclose(back, sound, atol=1e-9)


def test_the_residual_of_a_vowel_has_less_energy_and_its_pulses():
    sound = voice.vowel(voice.VOWELS["head"], pitch_hz=100, sample_rate=8000).astype(float)
    residual, _ = voice.lpc_analyse(sound, order=10, frame_length=240, hop_length=80)
    middle = slice(800, 3200)
    assert np.sum(residual[middle] ** 2) < 0.05 * np.sum(sound[middle] ** 2)
    strongest = np.abs(residual[middle]).reshape(-1, 80).argmax(axis=1)
    assert np.ptp(strongest) <= 2, "one pulse each 80 samples"


@pytest.mark.parametrize("word", voice.VOWELS)
def test_formants_that_were_put_in_are_found(word):
    sound = voice.vowel(voice.VOWELS[word], pitch_hz=100, sample_rate=8000).astype(float)
    frame = np.diff(sound)[1500:2300] * np.hanning(800)
    found, _ = voice.formant_frequencies_hz(voice.lpc(frame, order=8), sample_rate=8000)
    for hz in voice.VOWELS[word]:
        assert np.abs(found - hz).min() < max(50, 0.05 * hz), (hz, found)


def test_silence_has_no_filter():
    assert voice.lpc(np.zeros(100), order=4).tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.levinson_durbin([1.0]), r"shape \(1,\)"),
        (lambda: voice.levinson_durbin([1.0, 2.0]), "largest at lag 0"),
        (lambda: voice.lpc(np.ones(8), order=8), "order is 8 and a frame has 8"),
        (lambda: voice.lpc_synthesize(np.ones(4), [[2.0], [0.5]], hop_length=2), "first row 1"),
        (
            lambda: voice.lpc_analyse(np.ones((2, 400)), order=4, frame_length=40, hop_length=20),
            "one channel",
        ),
        (lambda: voice.formant_frequencies_hz([[1.0, 0.5]], sample_rate=8000), "one predictor"),
    ],
)
def test_what_cannot_be_predicted_is_said(call, message):
    with pytest.raises(AudioError, match=message):
        call()
