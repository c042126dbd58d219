"""The noise floor: right for noise whose power is known, blind to what comes and goes."""

import numpy as np
import pytest

from audiolessons import enhancement, signals, spectral
from audiolessons.errors import AudioError


def noise_powers(n_frames, shape=(257,), seed=0):
    """Powers of Gaussian noise of power 1 in every bin: exponentially distributed."""
    return np.random.default_rng(seed).exponential(size=(*shape, n_frames))


@pytest.mark.parametrize("smoothing", [0, 0.5, 0.85])
@pytest.mark.parametrize("window_frames", [30, 94, None])
@pytest.mark.parametrize("n_frames", [94, 400])
def test_the_floor_of_steady_noise_is_its_power(smoothing, window_frames, n_frames):
    power = noise_powers(n_frames, shape=(4, 500))
    floor = enhancement.noise_power(power, window_frames=window_frames, smoothing=smoothing)
    assert floor.shape == (4, 500, 1 if window_frames is None else n_frames)
    assert floor.mean() == pytest.approx(1, rel=0.1)


def test_real_frames_that_overlap_by_half():
    noise = signals.white_noise(duration_s=10.0, sample_rate=16000, seed=0)
    power = np.abs(spectral.stft(noise, n_fft=512, hop_length=256)) ** 2
    error_db = 10 * np.log10(enhancement.noise_power(power).mean() / power.mean())
    assert abs(error_db) < 0.5


def test_what_pauses_within_the_window_leaves_little_trace():
    power = noise_powers(400)
    louder = power.copy()
    louder[:, np.arange(400) % 80 < 50] += 1e4  # 50 frames of a vowel, 30 of pause
    before, after = enhancement.noise_power(power), enhancement.noise_power(louder)
    rise_db = 10 * np.log10(after.mean() / before.mean())
    assert 0 <= rise_db < 3  # of a vowel 40 dB above the noise


def test_noise_that_becomes_louder_is_followed_within_a_window():
    power = noise_powers(600)
    power[:, 300:] *= 100
    floor = enhancement.noise_power(power).mean(axis=0)
    assert floor[:250].mean() == pytest.approx(1, rel=0.1)
    assert floor[350:].mean() == pytest.approx(100, rel=0.1)
    assert enhancement.noise_power(power, window_frames=None).mean() == pytest.approx(1, rel=0.5)


def test_by_the_letter():
    """Smooth, take the smallest of each window, one frame and one bin at a time."""
    power, smoothing, width = noise_powers(50, shape=(3,)), 0.6, 9
    smooth = np.empty_like(power)
    for f in range(3):
        last = 0.0
        for n in [*range(19, -1, -1), *range(50)]:  # 20 frames mirrored, to settle
            last = smoothing * last + (1 - smoothing) * power[f, n]
            smooth[f, n] = last
    expected = np.empty_like(power)
    for n in range(50):
        start = min(max(n - width // 2, 0), 50 - width)
        expected[:, n] = smooth[:, start : start + width].min(axis=-1)
    floor = enhancement.noise_power(power, window_frames=width, smoothing=smoothing)
    ratio = floor / expected  # one factor, for the smallest lies below the mean
    np.testing.assert_allclose(ratio, ratio[0, 0])
    assert ratio[0, 0] > 1


def test_scale_batch_and_precision():
    power = noise_powers(120, shape=(2, 33)).astype(np.float32)
    floor = enhancement.noise_power(power)
    assert floor.dtype == np.float32
    np.testing.assert_array_equal(floor[1], enhancement.noise_power(power[1]))
    np.testing.assert_allclose(enhancement.noise_power(4 * power), 4 * floor)
    assert not enhancement.noise_power(np.zeros((5, 10))).any()
    assert enhancement.noise_power(power[..., :1]).shape == (2, 33, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: enhancement.noise_power(-np.ones((3, 4))), "power lies between -1.0"),
        (lambda: enhancement.noise_power(np.ones((3, 4), complex)), r"take np.abs\(power\)"),
        (lambda: enhancement.noise_power(np.ones(4)), r"give a spectrogram \(..., F, N\)"),
        (lambda: enhancement.noise_power(np.ones((3, 4)), window_frames=0), "window_frames is 0"),
        (lambda: enhancement.noise_power(np.ones((3, 4)), smoothing=1), "smoothing is 1"),
        (lambda: enhancement.noise_power(np.ones((3, 4)), smoothing="x"), "smoothing is 'x'"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(AudioError, match=message):
        call()


def test_smoothing_that_never_settles_is_refused():
    with pytest.raises(AudioError, match=r"0\.99 at most"):
        enhancement.noise_power(np.ones((3, 5)), smoothing=0.999999)
    assert enhancement.noise_power(np.ones((3, 5)), smoothing=0.99).shape == (3, 5)
