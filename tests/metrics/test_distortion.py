"""Ratios of sounds: known values, other ways to compute the same, and their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError

SHAPES = [(500,), (2, 500), (3, 2, 500)]


def noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_snr_is_the_ratio_of_powers_over_time(shape, dtype):
    reference, error = noise(shape, seed=1).astype(dtype), 0.1 * noise(shape, seed=2).astype(dtype)
    ratio = metrics.snr_db(reference, reference + error)
    power, error_power = (reference**2).sum(axis=-1), (error**2).sum(axis=-1)
    np.testing.assert_allclose(ratio, 10 * np.log10(power / error_power), atol=1e-3)
    assert ratio.shape == shape[:-1]


def test_known_ratios():
    reference = noise(1000)
    assert metrics.snr_db(reference, 0.9 * reference) == pytest.approx(20)
    assert metrics.snr_db(reference, np.zeros(1000)) == pytest.approx(0)
    assert metrics.snr_db(reference, -reference) == pytest.approx(-6.0206, abs=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_si_sdr_by_least_squares(shape):
    """The scaled reference is the least-squares fit of the estimate: numpy finds it by itself."""
    reference = noise(shape, seed=1)
    estimate = 0.7 * reference + 0.3 * noise(shape, seed=2)
    expected = []
    rows = zip(reference.reshape(-1, shape[-1]), estimate.reshape(-1, shape[-1]), strict=True)
    for one, other in rows:
        (scale,), (rest,), *_ = np.linalg.lstsq(one[:, np.newaxis], other, rcond=None)
        expected.append(10 * np.log10(scale**2 * (one @ one) / rest))
    np.testing.assert_allclose(metrics.si_sdr_db(reference, estimate).ravel(), expected, atol=1e-9)


def test_segmental_snr_is_the_mean_over_frames():
    reference = noise((2, 1000), seed=1)
    estimate = reference + np.repeat([0.1, 1.0, 10.0, 0.0], 250) * noise((2, 1000), seed=2)
    expected = []
    for one, other in zip(reference, estimate, strict=True):
        frames = [(one[n : n + 250], other[n : n + 250]) for n in (0, 250, 500)]
        ratios = [float(metrics.snr_db(*frame)) for frame in frames]
        expected.append((ratios[0] + ratios[1] - 10 + 35) / 4)  # about 20, 0, -20 and no error
    ratio = metrics.segmental_snr_db(reference, estimate, sample_rate=1000, frame_s=0.25)
    np.testing.assert_allclose(ratio, expected)
    assert ratio.shape == (2,)


def test_segmental_snr_at_its_edges():
    reference = np.concatenate([np.ones(300), np.zeros(300), np.ones(299)])
    rate = {"sample_rate": 10_000}
    assert metrics.segmental_snr_db(reference, reference, **rate) == 35
    assert metrics.segmental_snr_db(reference, 1e9 * noise(899), **rate) == -10
    hum = reference + 0.1  # 20 dB, then noise in a pause, then no whole frame
    assert metrics.segmental_snr_db(reference, hum, **rate) == pytest.approx((20 - 10) / 2)
    wide = metrics.segmental_snr_db(reference, hum, lowest_db=-40, highest_db=10, **rate)
    assert wide == pytest.approx((10 - 40) / 2)


@given(st.floats(1e-3, 1e3), st.booleans())
def test_si_sdr_ignores_level_and_sign(factor, negative):
    reference = noise(200, seed=1)
    estimate = reference + noise(200, seed=2)
    scaled = (-factor if negative else factor) * estimate
    assert metrics.si_sdr_db(reference, scaled) == pytest.approx(
        metrics.si_sdr_db(reference, estimate), abs=1e-9
    )


def test_perfect_and_useless_estimates():
    reference = np.array([1.0, -1.0, 1.0, -1.0])
    assert metrics.snr_db(reference, reference) == np.inf
    assert metrics.si_sdr_db(reference, 4 * reference) == np.inf
    assert metrics.si_sdr_db(reference, np.ones(4)) == -np.inf
    ratios = metrics.snr_db(np.stack([reference, reference]), np.stack([reference, 0 * reference]))
    np.testing.assert_allclose(ratios, [np.inf, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.snr_db(np.zeros(4), np.ones(4)), "reference is silent"),
        (lambda: metrics.snr_db(np.array([[1.0], [0.0]]), np.ones((2, 1))), "reference is silent"),
        (lambda: metrics.snr_db(np.ones(4), np.ones(5)), r"\(4,\) and estimate \(5,\)"),
        (lambda: metrics.snr_db(np.ones((2, 4)), np.ones(4)), "cut both to the same length"),
        (lambda: metrics.snr_db(np.ones(4), np.full(4, np.nan)), "estimate holds 4 values"),
        (lambda: metrics.snr_db(np.ones(0), np.ones(0)), "reference has shape"),
        (lambda: metrics.snr_db([1, 2], [1, 2]), "int64"),
        (lambda: metrics.si_sdr_db(np.zeros(4), np.ones(4)), "reference is silent"),
        (
            lambda: metrics.segmental_snr_db(np.ones(4), np.ones(4), sample_rate=1000),
            "frame_s is 0.03 s, 30 samples at 1000 Hz, and the sounds have 4",
        ),
        (
            lambda: metrics.segmental_snr_db(np.ones(4), np.ones(4), sample_rate=9, lowest_db=40),
            "highest_db is 35.0 dB: it must lie above lowest_db, 40",
        ),
        (
            lambda: metrics.segmental_snr_db(np.zeros(4), np.ones(4), sample_rate=9),
            "reference is silent",
        ),
        (lambda: metrics.si_sdr_db(np.ones(4), np.zeros(4)), "estimate is silent"),
    ],
)
def test_measures_that_do_not_exist(call, message):
    with pytest.raises(AudioError, match=message):
        call()
