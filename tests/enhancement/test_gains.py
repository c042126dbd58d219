"""Gains and masks: their formulas, their limits, and what they do to noise and to speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import enhancement, metrics, signals, spectral
from audiolessons.errors import AudioError

POWERS = arrays(np.float64, (3, 5), elements=st.floats(0, 1e6))
GAINS = {
    "subtraction": enhancement.spectral_subtraction_gain,
    "wiener": enhancement.wiener_gain,
    "decision": enhancement.decision_directed_gain,
    "ratio mask": enhancement.ideal_ratio_mask,
    "binary mask": enhancement.ideal_binary_mask,
}


def noise_powers(shape, seed=0):
    return np.random.default_rng(seed).exponential(size=shape)


@pytest.mark.parametrize("name", GAINS)
@given(first=POWERS, second=POWERS)
def test_a_gain_lies_between_0_and_1(name, first, second):
    gain = GAINS[name](first, second)
    assert gain.shape == first.shape
    assert (gain >= 0).all()
    assert (gain <= 1).all()


@pytest.mark.parametrize("name", GAINS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_precision_and_silence(name, dtype):
    first = noise_powers((2, 3, 4, 5)).astype(dtype)
    second = noise_powers((2, 3, 4, 5), seed=1).astype(dtype)
    gain = GAINS[name](first, second)
    assert gain.dtype == dtype
    np.testing.assert_array_equal(gain[1, 2], GAINS[name](first[1, 2], second[1, 2]))
    silence = np.zeros((4, 5), dtype)
    assert np.isfinite(GAINS[name](silence, silence)).all()
    np.testing.assert_allclose(GAINS[name](first[0, 0], silence), 1, rtol=1e-6)  # nothing to remove


@pytest.mark.parametrize("name", ["subtraction", "wiener", "decision"])
def test_one_floor_for_all_frames(name):
    first, floor = noise_powers((4, 9)), noise_powers((4, 1), seed=1)
    whole = np.broadcast_to(floor, first.shape)
    np.testing.assert_array_equal(GAINS[name](first, floor), GAINS[name](first, whole))


def test_subtraction_takes_the_noise_off_the_power():
    noisy, noise = 10 * noise_powers((20, 30)), noise_powers((20, 30), seed=1)
    gain = enhancement.spectral_subtraction_gain(noisy, noise, over_subtraction=1, floor=0)
    np.testing.assert_allclose(gain**2 * noisy, np.maximum(noisy - noise, 0), atol=1e-12)
    floored = enhancement.spectral_subtraction_gain(noisy, noise, over_subtraction=3, floor=0.1)
    left = floored**2 * noisy
    assert (left >= np.minimum(0.1 * noise, noisy) - 1e-12).all()
    assert (floored <= np.maximum(gain, np.sqrt(np.minimum(0.1 * noise / noisy, 1))) + 1e-12).all()


def test_wiener_is_the_best_gain_for_known_powers():
    """Over many draws no other constant gain leaves a smaller error (Wiener's own claim)."""
    rng = np.random.default_rng(0)
    speech, noise = 2.0 * rng.standard_normal(200_000), 1.0 * rng.standard_normal(200_000)
    noisy = speech + noise
    best = (speech @ noisy) / (noisy @ noisy)  # least squares
    gain = enhancement.wiener_gain(np.array([[4.0]]), np.array([[1.0]]))
    assert gain[0, 0] == pytest.approx(0.8)
    assert gain[0, 0] == pytest.approx(best, abs=0.005)


def test_decision_directed_by_the_letter():
    noisy, noise = 5 * noise_powers((4, 30)), 1 + noise_powers((4, 30), seed=1)
    gain = enhancement.decision_directed_gain(noisy, noise, smoothing=0.9, lowest_snr_db=-20)
    for f in range(4):
        decided = max(noisy[f, 0] / noise[f, 0] - 1, 0)
        for n in range(30):
            posterior = noisy[f, n] / noise[f, n]
            prior = max(0.9 * decided + 0.1 * max(posterior - 1, 0), 0.01)
            assert gain[f, n] == pytest.approx(prior / (1 + prior))
            decided = gain[f, n] ** 2 * posterior


def test_decision_directed_looks_back_only():
    noisy, noise = 5 * noise_powers((4, 30)), np.ones((4, 1))
    whole = enhancement.decision_directed_gain(noisy, noise)
    begun = enhancement.decision_directed_gain(noisy[:, :17], noise)
    np.testing.assert_array_equal(whole[:, :17], begun)


def test_musical_noise_of_the_methods():
    """Plain subtraction leaves single peaks in noise; a floor drowns them, smoothing calms them."""
    noise = signals.white_noise(duration_s=5.0, sample_rate=16000, seed=0)
    power = np.abs(spectral.stft(noise, n_fft=512, hop_length=256)) ** 2
    floor = power.mean(axis=-1, keepdims=True)

    def music(gain):
        return float(metrics.log_kurtosis_ratio(power, gain**2 * power))

    def subtraction(part):
        return enhancement.spectral_subtraction_gain(power, floor, floor=part)

    plain, some, more = (music(subtraction(part)) for part in (0, 0.05, 0.3))
    calm = music(enhancement.decision_directed_gain(power, floor))
    assert plain > some > more
    assert plain > 2
    assert calm < 0.3 * plain


def test_masks_by_the_letter():
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, 5, 6)) + 1j * rng.standard_normal((2, 5, 6))
    ratio = np.abs(clean) ** 2 / (np.abs(clean) ** 2 + np.abs(noise) ** 2)
    np.testing.assert_allclose(enhancement.ideal_ratio_mask(clean, noise), np.sqrt(ratio))
    louder = np.abs(clean) > np.abs(noise)
    np.testing.assert_array_equal(enhancement.ideal_binary_mask(clean, noise), louder)
    above_6_db = np.abs(clean) ** 2 > 10**0.6 * np.abs(noise) ** 2
    mask = enhancement.ideal_binary_mask(clean, noise, threshold_db=6)
    np.testing.assert_array_equal(mask, above_6_db)
    single = enhancement.ideal_ratio_mask(clean.astype(np.complex64), noise.astype(np.complex64))
    assert single.dtype == np.float32


ONES = np.ones((3, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: enhancement.wiener_gain(ONES, -ONES), "noise_power lies between -1.0"),
        (
            lambda: enhancement.wiener_gain(ONES, np.ones((3, 5))),
            r"\(3, 4\) and noise_power \(3, 5",
        ),
        (lambda: enhancement.wiener_gain(ONES, np.ones((2, 3, 4))), r"noise_power as \(..., F, 1"),
        (lambda: enhancement.wiener_gain(ONES[:, :1], ONES), "speech_power has shape"),
        (lambda: enhancement.spectral_subtraction_gain(ONES * 1j, ONES), "noisy_power is complex"),
        (lambda: enhancement.spectral_subtraction_gain(ONES, ONES, floor=2), "floor is 2"),
        (
            lambda: enhancement.spectral_subtraction_gain(ONES, ONES, over_subtraction=-1),
            "over_subtraction is -1: it must be at least 0",
        ),
        (lambda: enhancement.decision_directed_gain(ONES, ONES, smoothing=1.5), "smoothing is 1.5"),
        (
            lambda: enhancement.decision_directed_gain(ONES, ONES, lowest_snr_db=np.nan),
            "lowest_snr_db is nan dB",
        ),
        (lambda: enhancement.ideal_ratio_mask(ONES, np.ones((3, 5))), "sounds of the same length"),
        (lambda: enhancement.ideal_ratio_mask(np.nan * ONES, ONES), "clean_spectrum holds float64"),
        (lambda: enhancement.ideal_binary_mask(ONES, ONES.astype(int)), "noise_spectrum holds int"),
        (lambda: enhancement.ideal_binary_mask(ONES, ONES, threshold_db=np.inf), "is inf dB"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(AudioError, match=message):
        call()
