"""Filters against physical laws and against numpy, scipy and torchaudio."""

import numpy as np
import pytest
import scipy.signal
import torch
import torchaudio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import filters, signals
from audiolessons.errors import AudioError

SHAPES = [(400,), (2, 400), (3, 2, 400)]
DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float32: 2e-6, np.float64: 1e-12}
RATE = 8000
elements = st.floats(-1, 1, allow_subnormal=False, width=32)
sounds = arrays(np.float64, st.integers(1, 100), elements=elements)
kernels = arrays(np.float64, st.integers(1, 30), elements=elements)


def noise(shape, dtype=np.float64, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def gain_db_at(b, a, frequency_hz):
    _, response = scipy.signal.freqz(b, a, worN=[frequency_hz], fs=RATE)
    return 20 * np.log10(np.abs(response[0]))


# --- convolution -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_taps", [1, 2, 9, 64, 65, 400, 1000])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("function", [filters.convolve, filters.fft_convolve])
def test_both_convolutions_match_numpy(function, shape, n_taps, dtype):
    audio, kernel = noise(shape, dtype), noise(n_taps, seed=1)
    ours = function(audio, kernel)
    theirs = np.apply_along_axis(lambda row: np.convolve(row, kernel), -1, audio)
    assert ours.dtype == dtype
    assert ours.shape == (*shape[:-1], shape[-1] + n_taps - 1)
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE[dtype])


@given(sounds, kernels)
def test_convolution_commutes_and_the_two_ways_agree(audio, kernel):
    by_hand = filters.convolve(audio, kernel)
    np.testing.assert_allclose(by_hand, filters.convolve(kernel, audio), atol=1e-12)
    np.testing.assert_allclose(by_hand, filters.fft_convolve(audio, kernel), atol=1e-12)


@given(sounds, kernels, kernels)
def test_convolution_is_associative(audio, first, second):
    one_after_the_other = filters.convolve(filters.convolve(audio, first), second)
    together = filters.convolve(audio, filters.convolve(first, second))
    np.testing.assert_allclose(one_after_the_other, together, atol=1e-10)


@given(sounds, st.integers(0, 50))
def test_a_delayed_impulse_delays(audio, delay):
    delayed = filters.convolve(audio, np.append(np.zeros(delay), 1.0))
    np.testing.assert_array_equal(delayed, np.append(np.zeros(delay), audio))


def test_whole_numbers_are_weights():
    np.testing.assert_array_equal(filters.convolve(np.ones(2), [1, -1]), [1, 0, -1])
    np.testing.assert_array_equal(filters.apply_iir(np.ones(2), [1, 1], [2]), [0.5, 1.0])


def test_fft_convolve_takes_a_kernel_for_each_channel():
    audio, kernels_of_two = noise((3, 2, 50)), noise((2, 7), seed=1)
    ours = filters.fft_convolve(audio, kernels_of_two)
    for b in range(3):
        for c in range(2):
            np.testing.assert_allclose(
                ours[b, c], np.convolve(audio[b, c], kernels_of_two[c]), atol=1e-12
            )
    stereo = filters.fft_convolve(audio[0, 0], kernels_of_two)
    assert stereo.shape == (2, 56)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_taps", [1, 2, 63, 64, 65, 101, 500])
@pytest.mark.parametrize("shape", SHAPES)
def test_apply_fir_matches_lfilter(shape, n_taps, dtype):
    audio, taps = noise(shape, dtype), noise(n_taps, seed=1)
    ours = filters.apply_fir(audio, taps)
    assert ours.dtype == dtype
    theirs = scipy.signal.lfilter(taps, 1, audio, axis=-1)
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("n_taps", [3, 31, 101, 501])
def test_a_symmetric_filter_is_late_by_half_its_length(n_taps):
    taps = filters.design_lowpass(2000, sample_rate=RATE, n_taps=n_taps)
    tone = signals.sine(300, duration_s=0.5, sample_rate=RATE).astype(np.float64)
    late = filters.apply_fir(tone, taps)
    aligned = filters.apply_fir(tone, taps, compensate_delay=True)
    delay = (n_taps - 1) // 2
    np.testing.assert_allclose(late[delay:], aligned[: tone.size - delay], atol=1e-12)
    _, response = scipy.signal.freqz(taps, worN=[300], fs=RATE)
    middle = slice(n_taps, -n_taps)
    np.testing.assert_allclose(aligned[middle], abs(response[0]) * tone[middle], atol=1e-6)


# --- FIR design --------------------------------------------------------------------------------

WINDOWS = ("hamming", "hann", "blackman", "boxcar")


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("n_taps", [5, 30, 101])
@pytest.mark.parametrize("cutoff_hz", [50, 1000, 3999])
def test_lowpass_matches_firwin(cutoff_hz, n_taps, window):
    ours = filters.design_lowpass(cutoff_hz, sample_rate=RATE, n_taps=n_taps, window=window)
    theirs = scipy.signal.firwin(n_taps, cutoff_hz, fs=RATE, window=window)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("n_taps", [5, 101, 501])
@pytest.mark.parametrize("cutoff_hz", [400, 1000, 3500])
def test_highpass_and_lowpass_sum_to_everything(cutoff_hz, n_taps):
    options = {"sample_rate": RATE, "n_taps": n_taps}
    lowpass = filters.design_lowpass(cutoff_hz, **options)
    highpass = filters.design_highpass(cutoff_hz, **options)
    delta = signals.impulse(n_taps, position_samples=n_taps // 2)
    np.testing.assert_allclose(lowpass + highpass, delta, atol=1e-12)
    assert highpass.sum() == pytest.approx(0, abs=1e-12)


def test_highpass_and_bands_match_firwin_up_to_its_scaling():
    """firwin scales the gain in the middle of the band to 1, which shifts it by its ripple."""
    options = {"sample_rate": RATE, "n_taps": 201}
    ours_and_theirs = [
        (filters.design_highpass(1000, **options), {"cutoff": 1000, "pass_zero": "highpass"}),
        (
            filters.design_bandpass(500, 2000, **options),
            {"cutoff": [500, 2000], "pass_zero": "bandpass"},
        ),
        (
            filters.design_bandstop(500, 2000, **options),
            {"cutoff": [500, 2000], "pass_zero": "bandstop"},
        ),
    ]
    for ours, options in ours_and_theirs:
        theirs = scipy.signal.firwin(201, fs=RATE, **options)
        np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(theirs).max())


@pytest.mark.parametrize(
    ("window", "stop_db", "width"),  # width of the slope in units of sample_rate / n_taps
    [
        ("boxcar", 21, 0.9),
        ("hann", 44, 3.1),
        ("hamming", 53, 3.3),
        ("blackman", 74, 5.5),
    ],
)
def test_each_window_stops_by_what_its_docstring_says(window, stop_db, width):
    taps = filters.design_lowpass(1000, sample_rate=RATE, n_taps=201, window=window)
    frequency_hz, response = filters.frequency_response(taps, sample_rate=RATE, n_points=4001)
    half_slope_hz = width / 2 * RATE / 201
    stopped = np.abs(response[frequency_hz > 1000 + half_slope_hz]).max()
    assert 20 * np.log10(stopped) == pytest.approx(-stop_db, abs=1.5)
    passed = np.abs(response[frequency_hz < 1000 - half_slope_hz])
    assert np.abs(passed - 1).max() < 2 * 10 ** (-stop_db / 20)
    assert np.abs(response[frequency_hz == 1000]) == pytest.approx(0.5, abs=0.01)


def test_filtering_tones_passes_and_stops_them():
    low, high = (
        signals.sine(hz, duration_s=1.0, sample_rate=RATE).astype(np.float64) for hz in (300, 3000)
    )
    options = {"sample_rate": RATE, "n_taps": 201}
    middle = slice(500, -500)
    for taps, passed, stopped in [
        (filters.design_lowpass(1000, **options), low, high),
        (filters.design_highpass(1000, **options), high, low),
        (filters.design_bandpass(100, 1000, **options), low, high),
        (filters.design_bandstop(100, 1000, **options), high, low),
    ]:
        filtered = filters.apply_fir(low + high, taps, compensate_delay=True)
        np.testing.assert_allclose(filtered[middle], passed[middle], atol=0.01)
        rest = filters.apply_fir(stopped, taps)[middle]
        assert signals.level_db(rest) - signals.level_db(stopped) < -50


@pytest.mark.parametrize("n_points", [2, 512, 1000])
@pytest.mark.parametrize("n_taps", [1, 2, 101, 1000])
def test_response_matches_freqz(n_taps, n_points):
    taps = noise(n_taps)
    frequency_hz, response = filters.frequency_response(taps, sample_rate=RATE, n_points=n_points)
    their_hz, theirs = scipy.signal.freqz(taps, worN=n_points, fs=RATE, include_nyquist=True)
    np.testing.assert_allclose(frequency_hz, their_hz, atol=1e-9)
    np.testing.assert_allclose(response, theirs, atol=1e-9)
    assert frequency_hz[-1] == RATE / 2


def test_response_is_the_fourier_transform_of_the_taps():
    taps = noise(64)
    _, response = filters.frequency_response(taps, sample_rate=RATE, n_points=33)
    np.testing.assert_allclose(response, np.fft.rfft(taps), atol=1e-12)


def test_response_of_a_recursive_filter_matches_freqz():
    b, a = filters.design_biquad("peak", frequency_hz=700, sample_rate=RATE, q=3, gain_db=9)
    _, response = filters.frequency_response(b, a, sample_rate=RATE)
    _, theirs = scipy.signal.freqz(b, a, worN=512, include_nyquist=True)
    np.testing.assert_allclose(response, theirs, atol=1e-9)


# --- IIR ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("frequency_hz", [50, 1000, 3900])
@pytest.mark.parametrize("q", [0.5, 2**-0.5, 10])
@pytest.mark.parametrize("kind", ["lowpass", "highpass", "bandpass", "notch", "peak"])
def test_biquads_match_torchaudio(kind, q, frequency_hz):
    b, a = filters.design_biquad(
        kind, frequency_hz=frequency_hz, sample_rate=RATE, q=q, gain_db=6.0
    )
    audio = noise((2, 1000))
    functional = torchaudio.functional
    theirs = {
        "lowpass": lambda x: functional.lowpass_biquad(x, RATE, frequency_hz, q),
        "highpass": lambda x: functional.highpass_biquad(x, RATE, frequency_hz, q),
        "bandpass": lambda x: functional.bandpass_biquad(x, RATE, frequency_hz, q),
        "notch": lambda x: functional.bandreject_biquad(x, RATE, frequency_hz, q),
        "peak": lambda x: functional.equalizer_biquad(x, RATE, frequency_hz, 6.0, q),
    }[kind](torch.from_numpy(audio))
    np.testing.assert_allclose(filters.apply_iir(audio, b, a), theirs.numpy(), atol=1e-5)


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
@pytest.mark.parametrize("frequency_hz", [100, 1000, 3900])
def test_default_q_is_butterworth(kind, frequency_hz):
    b, a = filters.design_biquad(kind, frequency_hz=frequency_hz, sample_rate=RATE)
    their_b, their_a = scipy.signal.butter(2, frequency_hz, kind, fs=RATE)
    np.testing.assert_allclose(b, their_b, atol=1e-10)
    np.testing.assert_allclose(a, their_a, atol=1e-10)


@given(st.floats(20, 3900), st.floats(0.3, 50), st.floats(-24, 24))
def test_biquads_have_the_gains_they_promise_and_are_stable(frequency_hz, q, gain_db):
    expected = {  # at 0 Hz, at the frequency, at half the sample rate
        "lowpass": (1, q, 0),
        "highpass": (0, q, 1),
        "bandpass": (0, 1, 0),
        "notch": (1, 0, 1),
        "peak": (1, 10 ** (gain_db / 20), 1),
    }
    for kind, gains in expected.items():
        b, a = filters.design_biquad(
            kind, frequency_hz=frequency_hz, sample_rate=RATE, q=q, gain_db=gain_db
        )
        assert a[0] == 1
        assert np.abs(filters.poles(a)).max() < 1
        _, response = scipy.signal.freqz(b, a, worN=[0, frequency_hz, RATE / 2], fs=RATE)
        np.testing.assert_allclose(np.abs(response), gains, atol=1e-5, err_msg=kind)


def test_notch_removes_hum_and_leaves_the_rest():
    hum = signals.sine(50, duration_s=2.0, sample_rate=RATE)
    tone = signals.sine(440, duration_s=2.0, sample_rate=RATE)
    b, a = filters.design_biquad("notch", frequency_hz=50, sample_rate=RATE, q=10)
    left = filters.apply_iir(hum, b, a)[RATE:]
    assert signals.level_db(left) < -60
    kept = filters.apply_iir(tone, b, a)[RATE:]
    assert signals.level_db(kept) == pytest.approx(signals.level_db(tone), abs=0.05)
    assert gain_db_at(b, a, 45) > -3.5  # the band is frequency / q = 5 Hz wide


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("b", "a"),
    [
        ([1.0], [1.0]),
        ([0.5, 0.5], [1.0]),
        ([1.0], [1.0, -0.9]),
        ([2.0, 1.0, 0.5, 0.1], [2.0, -0.8]),
        ([0.1, 0.2, 0.1], [1.0, -1.2, 0.6]),
        ([1.0], [1.0, 0.0, 0.0, 0.5]),
    ],
)
def test_the_difference_equation_is_what_apply_iir_runs(b, a, shape, dtype):
    audio = noise(shape, dtype)[..., :60]
    b, a = np.array(b), np.array(a)
    by_hand = filters.difference_equation(audio, b, a)
    quick = filters.apply_iir(audio, b, a)
    assert by_hand.dtype == quick.dtype == dtype
    np.testing.assert_allclose(by_hand, quick, atol=TOLERANCE[dtype])
    np.testing.assert_allclose(by_hand, scipy.signal.lfilter(b, a, audio), atol=TOLERANCE[dtype])


def test_poles_match_scipy():
    b, a = filters.design_biquad("lowpass", frequency_hz=500, sample_rate=RATE, q=5)
    _, theirs, _ = scipy.signal.tf2zpk(b, a)
    np.testing.assert_allclose(np.sort(filters.poles(a)), np.sort(theirs), atol=1e-12)
    assert filters.poles(np.array([2.0])).size == 0


# --- rooms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_echoes", [1, 3])
def test_echo_is_a_sparse_fir_filter(shape, dtype, n_echoes):
    audio = noise(shape, dtype)
    ours = filters.echo(audio, delay_s=0.01, gain=-0.6, sample_rate=RATE, n_echoes=n_echoes)
    taps = np.zeros(n_echoes * 80 + 1)
    taps[::80] = (-0.6) ** np.arange(n_echoes + 1)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, filters.convolve(audio, taps), atol=TOLERANCE[dtype])


def test_many_echoes_are_a_recursive_filter():
    """y[n] = x[n] + g y[n - d] echoes for ever: the loop that the sum of echoes cuts off."""
    audio = noise(200)
    a = np.zeros(21)
    a[0], a[20] = 1.0, -0.5
    endless = filters.apply_iir(np.append(audio, np.zeros(800)), np.array([1.0]), a)
    summed = filters.echo(audio, delay_s=20 / RATE, gain=0.5, sample_rate=RATE, n_echoes=40)
    np.testing.assert_allclose(summed, endless, atol=1e-11)


@pytest.mark.parametrize("rt60_s", [0.3, 1.0, 3.0])
def test_a_room_decays_by_60_db_in_its_reverberation_time(rt60_s):
    """Schroeder: the energy still to come falls on a line; between -5 and -25 dB it is fitted."""
    room = filters.synthetic_room(sample_rate=RATE, rt60_s=rt60_s, seed=0)[1:].astype(np.float64)
    to_come_db = 10 * np.log10(np.cumsum(room[::-1] ** 2)[::-1] / np.sum(room**2))
    time_s = np.arange(room.size) / RATE
    fitted = (to_come_db < -5) & (to_come_db > -25)
    slope, _ = np.polyfit(time_s[fitted], to_come_db[fitted], 1)
    assert -60 / slope == pytest.approx(rt60_s, rel=0.05)


@pytest.mark.parametrize("reverberation_db", [-12.0, 0.0, 6.0])
def test_a_room_has_the_energy_asked_for(reverberation_db):
    room = filters.synthetic_room(
        sample_rate=RATE, rt60_s=0.5, seed=4, reverberation_db=reverberation_db
    )
    assert room.dtype == np.float32
    assert room[0] == 1
    assert 10 * np.log10(np.sum(room[1:] ** 2)) == pytest.approx(reverberation_db, abs=1e-4)


def test_reverberating_an_impulse_gives_the_room():
    room = filters.synthetic_room(sample_rate=RATE, rt60_s=0.5, seed=0)
    heard = filters.reverberate(signals.impulse(1), room)
    np.testing.assert_allclose(heard, room, atol=1e-6)
    rooms = np.stack([room, filters.synthetic_room(sample_rate=RATE, rt60_s=0.5, seed=1)])
    assert filters.reverberate(noise(100, np.float32), rooms).shape == (2, 4099)


# --- bad input ---------------------------------------------------------------------------------

AUDIO = np.ones(100)
STABLE = np.array([1.0, -0.5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: filters.convolve(np.zeros(0), AUDIO), r"audio has shape \(0,\)"),
        (lambda: filters.convolve(AUDIO, np.zeros(0)), r"kernel has shape \(0,\)"),
        (lambda: filters.convolve(AUDIO, np.ones((2, 3))), "give one filter"),
        (lambda: filters.convolve([1, 2], AUDIO), "audio holds int64"),
        (lambda: filters.convolve(AUDIO, "abc"), "kernel is"),
        (lambda: filters.convolve(np.full(9, np.nan), AUDIO), "9 values that are NaN"),
        (lambda: filters.fft_convolve(np.ones((3, 9)), np.ones((2, 9))), "does not fit"),
        (lambda: filters.apply_fir(AUDIO, np.ones((2, 3))), "taps has shape"),
        (
            lambda: filters.apply_fir(AUDIO, np.ones(4), compensate_delay=True),
            r"4 values.*1\.5 samples.*odd",
        ),
        (
            lambda: filters.apply_fir(AUDIO, np.array([1.0, 2.0, 3.0]), compensate_delay=True),
            "not symmetric",
        ),
        (
            lambda: filters.design_lowpass(4000, sample_rate=RATE),
            "cutoff_hz is 4000 Hz: it must lie below half the sample rate, 4000 Hz",
        ),
        (lambda: filters.design_lowpass(0, sample_rate=RATE), "cutoff_hz is 0 Hz"),
        (lambda: filters.design_lowpass(100, sample_rate=-RATE), "sample_rate is -8000 Hz"),
        (
            lambda: filters.design_lowpass(100, sample_rate=RATE, n_taps=2),
            "n_taps is 2: .*at least 3",
        ),
        (
            lambda: filters.design_lowpass(100, sample_rate=RATE, window="kaiser"),
            "window is 'kaiser'",
        ),
        (lambda: filters.design_highpass(100, sample_rate=RATE, n_taps=100), "n_taps is 100.*odd"),
        (lambda: filters.design_bandpass(200, 100, sample_rate=RATE), "low_hz is 200.*below"),
        (lambda: filters.design_bandpass(200, 5000, sample_rate=RATE), "high_hz is 5000 Hz"),
        (
            lambda: filters.design_bandstop(100, 200, sample_rate=RATE, n_taps=100),
            "n_taps is 100.*odd",
        ),
        (lambda: filters.frequency_response(AUDIO, sample_rate=0), "sample_rate is 0 Hz"),
        (
            lambda: filters.frequency_response(AUDIO, sample_rate=RATE, n_points=1),
            "n_points is 1",
        ),
        (
            lambda: filters.design_biquad("shelf", frequency_hz=100, sample_rate=RATE),
            "kind is 'shelf'",
        ),
        (
            lambda: filters.design_biquad("notch", frequency_hz=5000, sample_rate=RATE),
            "frequency_hz is 5000 Hz.*half the sample rate",
        ),
        (
            lambda: filters.design_biquad("notch", frequency_hz=50, sample_rate=RATE, q=0),
            "q is 0",
        ),
        (
            lambda: filters.design_biquad(
                "peak", frequency_hz=50, sample_rate=RATE, gain_db=np.nan
            ),
            "gain_db is nan",
        ),
        (lambda: filters.poles(np.array([0.0, 1.0])), r"a\[0\] is 0"),
        (lambda: filters.apply_iir(AUDIO, AUDIO, np.array([1.0, -1.01])), "pole at distance 1.01"),
        (lambda: filters.apply_iir(AUDIO, AUDIO, np.array([1.0, -1.0])), "pole at distance 1 "),
        (
            lambda: filters.difference_equation(AUDIO, AUDIO, np.array([1.0, 2.0])),
            "pole at distance 2",
        ),
        (lambda: filters.apply_iir(np.zeros(0), STABLE, STABLE), r"audio has shape \(0,\)"),
        (lambda: filters.apply_iir(np.array([1, 0]), STABLE, STABLE), "audio holds int64"),
        (
            lambda: filters.synthetic_room(
                sample_rate=RATE, rt60_s=0.5, seed=0, reverberation_db=np.nan
            ),
            "reverberation_db is nan",
        ),
        (
            lambda: filters.echo(AUDIO, delay_s=0, gain=0.5, sample_rate=RATE),
            "delay_s is 0 s",
        ),
        (
            lambda: filters.echo(AUDIO, delay_s=1e-6, gain=0.5, sample_rate=RATE),
            "less than one sample",
        ),
        (
            lambda: filters.echo(AUDIO, delay_s=0.1, gain=1.5, sample_rate=RATE),
            r"gain is 1\.5",
        ),
        (
            lambda: filters.reverberate(AUDIO, np.zeros(0)),
            r"impulse_response has shape \(0,\)",
        ),
        (
            lambda: filters.synthetic_room(sample_rate=RATE, rt60_s=-1, seed=0),
            "rt60_s is -1 s",
        ),
        (
            lambda: filters.synthetic_room(sample_rate=RATE, rt60_s=1e-5, seed=0),
            "0 samples at 8000 Hz",
        ),
    ],
)
def test_filters_that_cannot_be(call, message):
    with pytest.raises(AudioError, match=message):
        call()
