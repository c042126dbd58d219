"""The mel-cepstrum against the definition of its warped axis, and the outlines it describes."""

import numpy as np
import pytest

from audiolessons import voice
from audiolessons.errors import AudioError


@pytest.mark.parametrize("warping", [0.0, 0.31, 0.42, -0.3])
def test_warping_moves_frequencies_as_the_all_pass_does(warping):
    """Enough coefficients describe the same curve, read at the warped frequency."""
    c = np.random.default_rng(1).standard_normal((6, 2))
    plain = voice.log_envelope(c, n_fft=64, warping=0.0)
    warped = voice.warp_cepstrum(c, order=120, warping=warping)
    np.testing.assert_allclose(
        voice.log_envelope(warped, n_fft=64, warping=warping), plain, atol=1e-9
    )
    back = voice.warp_cepstrum(warped, order=5, warping=-warping)
    np.testing.assert_allclose(back, c, atol=1e-9)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_warped_axis_is_near_mel(rate):
    """Of the whole axis it is at most 7 % away; the plain frequency axis is three times as far."""
    from audiolessons.features import hz_to_mel

    a = voice.cepstrum_settings(rate)["warping"]
    hz = np.linspace(100, rate / 2 - 100, 50)
    w = 2 * np.pi * hz / rate
    warped = (w + 2 * np.arctan(a * np.sin(w) / (1 - a * np.cos(w)))) / np.pi
    mel = hz_to_mel(hz, scale="htk") / hz_to_mel(rate / 2, scale="htk")
    assert np.abs(warped - mel).max() < 0.07
    assert np.abs(w / np.pi - mel).max() > 0.2


def test_a_filter_is_described_by_its_own_cepstrum():
    """The log of 1 / (1 - r z^-1) has the cepstrum r^m / m."""
    r, n_fft = 0.8, 512
    click = np.zeros(n_fft)
    click[n_fft // 2 :] = r ** np.arange(n_fft // 2)
    window = np.ones(n_fft)
    window[: n_fft // 2] = 0
    c = voice.mel_cepstrum(click, order=8, warping=0.0, n_fft=n_fft, hop_length=n_fft // 2)
    assert c.shape == (9, 3)
    m = np.arange(1, 9)
    middle = c[1:, 1]  # the Hann window shortens the decay a little
    np.testing.assert_allclose(middle, r**m / m, atol=0.02)


def test_level_is_in_the_first_coefficient_alone():
    sound = np.random.default_rng(0).standard_normal(1000)
    settings = voice.cepstrum_settings(8000)
    one, two = voice.mel_cepstrum(sound, **settings), voice.mel_cepstrum(3 * sound, **settings)
    np.testing.assert_allclose(two[1:], one[1:], atol=1e-6)
    np.testing.assert_allclose(two[0] - one[0], np.log(3), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.cepstrum_settings(44100), "resample to 16000"),
        (lambda: voice.warp_cepstrum([[1.0]], order=2, warping=1.0), "between -1 and 1"),
        (lambda: voice.warp_cepstrum([1.0], order=2, warping=0.3), "time last"),
        (lambda: voice.log_envelope([1.0], n_fft=8, warping=0.3), r"\(\.\.\., order \+ 1, N\)"),
        (
            lambda: voice.mel_cepstrum(np.ones(99), order=9, warping=0.3, n_fft=16, hop_length=8),
            "n_fft = 16 gives 8",
        ),
    ],
)
def test_settings_that_do_not_fit_are_said(call, message):
    with pytest.raises(AudioError, match=message):
        call()
