"""Poles that are bent: against numpy's roots, and what stays of a voice."""

import numpy as np
import pytest
from scipy.signal import lfilter

from audiolessons import signals, voice
from audiolessons.errors import AudioError


def filters(n_frames=5, n_pairs=4, seed=0):
    random = np.random.default_rng(seed)
    found = []
    for _ in range(n_frames):
        poles = random.uniform(0.5, 0.98, n_pairs) * np.exp(1j * random.uniform(0.1, 3, n_pairs))
        found.append(np.poly([*poles, *poles.conj(), 0.6, -0.4]).real)
    return np.array(found).T


@pytest.mark.parametrize("coefficient", [0.6, 0.8, 1.0, 1.1])
def test_poles_are_those_of_numpy_bent(coefficient):
    given = filters()
    bent = voice.bend_poles(given, coefficient=coefficient)
    for before, after in zip(given.T, bent.T, strict=True):
        poles = np.roots(before)
        angle = np.angle(poles)
        new = np.sign(angle) * np.minimum(np.abs(angle) ** coefficient, np.pi)
        new = np.where(np.abs(poles.imag) < 1e-9, angle, new)
        assert np.allclose(after, np.poly(np.abs(poles) * np.exp(1j * new)).real, atol=1e-8)


def test_one_changes_nothing_and_filters_stay_stable():
    given = filters()
    assert np.allclose(voice.bend_poles(given, coefficient=1.0), given)
    for column in voice.bend_poles(given, coefficient=0.5).T:
        assert np.abs(np.roots(column)).max() < 1


def test_a_resonance_moves_to_where_it_should():
    rate, hz = 16000, 700.0
    pole = 0.97 * np.exp(2j * np.pi * hz / rate)
    pulses = np.zeros(rate)
    pulses[::160] = 1
    sound = lfilter([1.0], np.poly([pole, pole.conj()]).real, pulses)
    made = voice.mcadams(sound, sample_rate=rate, coefficient=0.8)
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    expected_hz = (2 * np.pi * hz / rate) ** 0.8 * rate / (2 * np.pi)
    peak_hz = np.argmax(spectrum) * rate / len(made)
    assert abs(peak_hz - expected_hz) < 100  # to the nearest harmonics
    assert signals.level_db(made) == pytest.approx(float(signals.level_db(sound)), abs=0.01)


def test_precision_and_length_stay_and_silence_is_silent():
    noise = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    made = voice.mcadams(noise, sample_rate=16000, coefficient=0.7)
    assert made.dtype == np.float32
    assert made.shape == noise.shape
    assert not voice.mcadams(np.zeros(5000), sample_rate=16000, coefficient=0.7).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.bend_poles(filters(), coefficient=0), "coefficient is 0"),
        (lambda: voice.bend_poles(np.ones(4), coefficient=0.8), r"filters has shape \(4,\)"),
        (lambda: voice.bend_poles(2 * filters(), coefficient=0.8), "first row 1"),
        (
            lambda: voice.bend_poles([[1.0], [np.nan], [0.5]], coefficient=0.8),
            "NaN or infinite",
        ),
        (
            lambda: voice.mcadams(np.ones((2, 4000)), sample_rate=16000, coefficient=0.8),
            "give one channel",
        ),
    ],
)
def test_what_cannot_work_says_so(call, message):
    with pytest.raises(AudioError, match=message):
        call()
