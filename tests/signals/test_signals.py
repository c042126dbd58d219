"""Signals against physical laws and against numpy, scipy, librosa, soxr and torchaudio."""

import librosa
import numpy as np
import pytest
import scipy.signal
import soxr
import torch
import torchaudio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import audiolessons as al
from audiolessons import signals
from audiolessons.errors import AudioError

SHAPES = [(1000,), (2, 1000), (3, 2, 1000)]
DTYPES = [np.float32, np.float64]
sounds = arrays(
    np.float64, st.integers(1, 200), elements=st.floats(-1, 1, allow_subnormal=False, width=32)
)


def noise(shape, dtype=np.float64, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def each_row(function, audio):
    """Apply a function of one mono sound to every row of a stereo sound or a batch."""
    return np.apply_along_axis(function, -1, audio)


# --- making sounds ---------------------------------------------------------------------------


@pytest.mark.parametrize("frequency_hz", [0, 1, 440.5, 3999, 5000])
@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_sine_is_the_sine(frequency_hz, phase):
    time_s = np.arange(4000) / 8000
    expected = 0.5 * np.sin(2 * np.pi * frequency_hz * time_s + phase)
    tone = signals.sine(frequency_hz, duration_s=0.5, sample_rate=8000, amplitude=0.5, phase=phase)
    assert tone.dtype == np.float32
    np.testing.assert_allclose(tone, expected, atol=1e-7)


def test_sine_keeps_its_phase_after_a_long_time():
    tone = signals.sine(1000, duration_s=600, sample_rate=8000)
    np.testing.assert_allclose(tone[-8:], tone[:8], atol=1e-6)  # 8 samples are one period


@pytest.mark.parametrize("frequency_hz", [5000, 7300, 11000, 13000])
def test_sampling_folds_a_tone_above_nyquist(frequency_hz):
    """|f - round(f / rate) * rate| is where the tone is heard."""
    tone = signals.sine(frequency_hz, duration_s=1.0, sample_rate=8000)
    heard_hz = np.argmax(np.abs(np.fft.rfft(tone)))  # one bin a Hz
    assert heard_hz == abs(frequency_hz - round(frequency_hz / 8000) * 8000)


@pytest.mark.parametrize(("start_hz", "end_hz"), [(100, 3000), (3000, 100), (0, 500)])
def test_chirp_matches_scipy(start_hz, end_hz):
    ours = signals.chirp(start_hz, end_hz, duration_s=2.0, sample_rate=8000)
    time_s = np.arange(16000) / 8000
    theirs = scipy.signal.chirp(time_s, start_hz, 2.0, end_hz, phi=-90)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_naive_waves_match_scipy():
    time_s = np.arange(8000) / 8000
    angle = 2 * np.pi * 123.4 * time_s
    options = {"duration_s": 1.0, "sample_rate": 8000}
    np.testing.assert_array_equal(signals.square(123.4, **options), scipy.signal.square(angle))
    np.testing.assert_allclose(
        signals.sawtooth(123.4, **options), scipy.signal.sawtooth(angle), atol=1e-5
    )


@pytest.mark.parametrize("wave", [signals.square, signals.sawtooth])
def test_band_limited_waves_hold_only_harmonics_and_the_naive_ones_alias(wave):
    options = {"duration_s": 1.0, "sample_rate": 8000}
    harmonics = np.arange(0, 4001, 700)  # Hz; with one second a bin is one Hz

    def share_elsewhere(samples):
        power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
        return 1 - power[harmonics].sum() / power.sum()

    assert share_elsewhere(wave(700, n_harmonics=1000, **options)) < 1e-9
    assert share_elsewhere(wave(700, **options)) > 0.01


@pytest.mark.parametrize("wave", [signals.square, signals.sawtooth])
def test_fourier_sum_approaches_the_naive_wave(wave):
    options = {"duration_s": 0.1, "sample_rate": 48000}
    error = wave(20, n_harmonics=1000, **options) - wave(20, **options)
    assert np.median(np.abs(error)) < 0.01  # everywhere but at the jumps


def test_noise_is_white_gaussian_and_repeatable():
    options = {"duration_s": 20.0, "sample_rate": 8000}
    first = signals.white_noise(seed=1, **options)
    np.testing.assert_array_equal(first, signals.white_noise(seed=1, **options))
    assert not np.array_equal(first, signals.white_noise(seed=2, **options))
    assert first.mean() == pytest.approx(0, abs=1e-3)
    assert first.std() == pytest.approx(0.1, rel=0.01)
    _, power = scipy.signal.welch(first, nperseg=64, detrend=False)
    assert power[1:-1].max() / power[1:-1].min() < 1.2
    assert scipy.stats.kurtosis(first) == pytest.approx(0, abs=0.05)


def test_impulse_has_a_flat_spectrum():
    np.testing.assert_allclose(np.abs(np.fft.rfft(signals.impulse(64, position_samples=5))), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: signals.sine(-1, duration_s=1, sample_rate=8000), "frequency_hz is -1 Hz"),
        (lambda: signals.sine(np.nan, duration_s=1, sample_rate=8000), "frequency_hz is nan"),
        (lambda: signals.sine(440, duration_s=0, sample_rate=8000), "duration_s is 0 s"),
        (lambda: signals.sine(440, duration_s=1, sample_rate=-8000), "sample_rate is -8000 Hz"),
        (lambda: signals.sine(440, duration_s=1e-6, sample_rate=8000), "less than one sample"),
        (
            lambda: signals.sine(440, duration_s=1, sample_rate=8000, amplitude=np.nan),
            "amplitude is nan",
        ),
        (lambda: signals.chirp(1, -1, duration_s=1, sample_rate=8000), "end_hz is -1 Hz"),
        (
            lambda: signals.square(1, duration_s=1, sample_rate=8000, n_harmonics=0),
            "n_harmonics is 0",
        ),
        (lambda: signals.white_noise(duration_s=1, sample_rate=8000, seed=-1), "seed is -1"),
        (lambda: signals.impulse(4, position_samples=4), "position_samples is 4.*n_samples, 4"),
        (lambda: signals.impulse(0), "n_samples is 0"),
    ],
)
def test_sounds_that_cannot_be_made(call, message):
    with pytest.raises(AudioError, match=message):
        call()


# --- levels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_rms_and_peak_along_the_last_axis(shape, dtype):
    audio = noise(shape, dtype)
    expected = np.linalg.norm(audio.astype(np.float64), axis=-1) / np.sqrt(shape[-1])
    np.testing.assert_allclose(signals.rms(audio), expected, rtol=1e-12)
    np.testing.assert_array_equal(signals.peak(audio), np.abs(audio).max(axis=-1))


def test_rms_matches_librosa():
    audio = noise(4096, np.float32)
    theirs = librosa.feature.rms(y=audio, frame_length=4096, hop_length=4096, center=False)
    assert signals.rms(audio) == pytest.approx(float(theirs[0, 0]), abs=1e-6)


def test_level_of_known_sounds():
    options = {"duration_s": 1.0, "sample_rate": 8000}
    assert signals.level_db(np.ones(10)) == pytest.approx(0)
    assert signals.level_db(signals.sine(440, **options)) == pytest.approx(-3.0103, abs=1e-4)
    assert signals.level_db(signals.square(440, **options)) == pytest.approx(0, abs=1e-6)
    assert signals.level_db(np.zeros(10)) == -np.inf


def test_decibels_match_librosa():
    amplitude = np.abs(noise(1000)) + 1e-3
    theirs = librosa.amplitude_to_db(amplitude, ref=1.0, top_db=None)
    np.testing.assert_allclose(signals.amplitude_to_db(amplitude), theirs, atol=1e-10)
    np.testing.assert_allclose(signals.db_to_amplitude(theirs), amplitude, rtol=1e-10)


@given(st.floats(-300, 300))
def test_decibels_there_and_back(level):
    assert signals.amplitude_to_db(signals.db_to_amplitude(level)) == pytest.approx(level, abs=1e-9)


def test_silence_in_decibels():
    assert signals.amplitude_to_db(0.0) == -np.inf
    assert signals.amplitude_to_db(0.0, floor_db=-80.0) == -80
    assert signals.db_to_amplitude(-np.inf) == 0


@given(sounds.filter(lambda audio: np.abs(audio).max() > 1e-6), st.floats(0.01, 10))
def test_normalize_reaches_its_target(audio, target):
    assert signals.peak(signals.normalize(audio, to_peak=target)) == pytest.approx(target)
    assert signals.rms(signals.normalize(audio, to_rms=target)) == pytest.approx(target)


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_scales_rows_alone_or_linked(dtype):
    audio = noise((4, 2, 100), dtype) * np.array([[1.0], [3.0]], dtype=dtype)
    alone = signals.normalize(audio)
    assert alone.dtype == dtype
    np.testing.assert_allclose(signals.peak(alone), 1, rtol=1e-6)
    linked = signals.normalize(audio, link_channels=True)
    np.testing.assert_allclose(signals.peak(linked).max(axis=-1), 1, rtol=1e-6)
    balance = signals.rms(audio)[:, 0] / signals.rms(audio)[:, 1]
    np.testing.assert_allclose(
        signals.rms(linked)[:, 0] / signals.rms(linked)[:, 1], balance, rtol=1e-5
    )
    by_rms = signals.normalize(audio, to_rms=0.2, link_channels=True)
    np.testing.assert_allclose(np.sqrt((by_rms**2).mean(axis=(-2, -1))), 0.2, rtol=1e-6)


@given(sounds, st.floats(0.01, 2))
def test_clip_changes_only_what_is_too_loud(audio, limit):
    clipped = signals.clip(audio, limit=limit)
    assert np.abs(clipped).max() <= limit
    quiet = np.abs(audio) <= limit
    np.testing.assert_array_equal(clipped[quiet], audio[quiet])
    np.testing.assert_array_equal(clipped[~quiet], np.sign(audio[~quiet]) * limit)


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_to_mono_matches_librosa(shape):
    audio = noise(shape)
    batch = audio.reshape(-1, *shape[-2:])
    expected = np.array([librosa.to_mono(item) for item in batch]).reshape(*shape[:-2], -1)
    np.testing.assert_allclose(signals.to_mono(audio).reshape(expected.shape), expected)


def test_to_mono_leaves_mono_alone_and_cancels_opposites():
    mono = noise(10)
    np.testing.assert_array_equal(signals.to_mono(mono), mono)
    assert not signals.to_mono(np.stack([mono, -mono])).any()


@pytest.mark.parametrize("snr_db", [-20.0, 0, 6.5, 40.0])
@pytest.mark.parametrize("noise_length", [1, 300, 1000, 5000])
@pytest.mark.parametrize("shape", SHAPES)
def test_mix_has_the_ratio_asked_for(shape, noise_length, snr_db):
    signal = noise(shape, seed=1)
    disturbance = noise(noise_length, seed=2)
    before = signal.copy(), disturbance.copy()
    mixture = signals.mix_at_snr(signal, disturbance, snr_db=snr_db)
    added = mixture - signal
    ratio = signals.level_db(signal) - signals.level_db(added)
    np.testing.assert_allclose(ratio, snr_db, atol=1e-6)
    np.testing.assert_allclose(al.metrics.snr_db(signal, mixture), snr_db, atol=1e-6)
    np.testing.assert_array_equal(signal, before[0])
    np.testing.assert_array_equal(disturbance, before[1])


def test_mix_repeats_short_noise_and_cuts_long_noise():
    signal = np.ones(7)
    added = signals.mix_at_snr(signal, np.array([1.0, 2.0, 3.0]), snr_db=0) - signal
    np.testing.assert_allclose(added / added[0], [1, 2, 3, 1, 2, 3, 1])
    added = signals.mix_at_snr(signal, np.arange(1.0, 20.0), snr_db=0) - signal
    np.testing.assert_allclose(added / added[0], np.arange(1, 8))


def test_mix_takes_noise_for_each_channel_and_keeps_single_precision():
    mixture = signals.mix_at_snr(noise((2, 50), np.float32), noise((2, 20)), snr_db=3)
    assert mixture.shape == (2, 50)
    assert mixture.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: signals.rms(np.zeros(0)), "shape"),
        (lambda: signals.peak(np.zeros(3, dtype=np.int16)), "int16"),
        (lambda: signals.level_db(np.array([np.nan])), "NaN"),
        (lambda: signals.amplitude_to_db(-1.0), "-1.0.*np.abs"),
        (lambda: signals.amplitude_to_db(np.array([1.0, np.nan])), "NaN"),
        (lambda: signals.db_to_amplitude(np.nan), "NaN"),
        (lambda: signals.normalize(np.zeros(4)), "audio is silent"),
        (lambda: signals.normalize(np.array([[1.0], [0.0]])), "audio is silent"),
        (lambda: signals.normalize(np.ones(4), to_peak=1, to_rms=1), "only one"),
        (lambda: signals.normalize(np.ones(4), to_peak=0), "to_peak is 0"),
        (lambda: signals.clip(np.ones(4), limit=-1), "limit is -1"),
        (lambda: signals.to_mono(np.ones((100, 2))), r"\(100, 2\).*audio\.T"),
        (lambda: signals.mix_at_snr(np.zeros(9), np.ones(9), snr_db=0), "signal is silent"),
        (lambda: signals.mix_at_snr(np.ones(9), np.zeros(9), snr_db=0), "noise is silent"),
        (
            lambda: signals.mix_at_snr(np.ones(2), np.array([0.0, 0.0, 1.0]), snr_db=0),
            "noise is silent",
        ),
        (lambda: signals.mix_at_snr(np.ones(9), np.ones(9), snr_db=np.inf), "snr_db is inf"),
        (lambda: signals.mix_at_snr(np.ones(9), np.ones(9), snr_db="6"), "snr_db is '6'"),
        (lambda: signals.mix_at_snr(np.ones(9), np.ones((2, 9)), snr_db=0), "does not fit"),
        (lambda: signals.mix_at_snr(np.ones(9), np.ones(0), snr_db=0), r"noise has shape \(0,\)"),
    ],
)
def test_levels_that_do_not_exist(call, message):
    with pytest.raises(AudioError, match=message):
        call()


# --- sampling and quantising -------------------------------------------------------------------

RATES = [(8000, 16000), (16000, 8000), (44100, 16000), (16000, 22050), (22050, 44100), (8000, 7999)]


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_resampling_reads_the_same_curve(from_rate, to_rate):
    """A tone below 90 % of both Nyquist frequencies is the same tone, sampled at other times."""
    for share in (0.01, 0.5, 0.88):
        tone_hz = share * min(from_rate, to_rate) / 2
        given_tone = signals.sine(tone_hz, duration_s=1.0, sample_rate=from_rate, phase=0.5)
        wanted = signals.sine(tone_hz, duration_s=1.0, sample_rate=to_rate, phase=0.5)
        resampled = signals.resample(given_tone, from_rate=from_rate, to_rate=to_rate)
        assert resampled.shape == wanted.shape
        assert resampled.dtype == np.float32
        edge = to_rate // 20  # beyond it the silence around the sound is not felt
        np.testing.assert_allclose(resampled[edge:-edge], wanted[edge:-edge], atol=5e-5)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_resampling_matches_the_libraries_on_band_limited_sound(from_rate, to_rate):
    """Each library has its own slope at the edge of the band: below it they must agree.

    Tolerance 1e-3 of full scale for librosa (soxr "HQ") and soxr "VHQ" and torchaudio with its
    longer "best" kernel: the ripple that these leave in the pass band themselves.
    """
    taps = scipy.signal.firwin(501, 0.7 * min(from_rate, to_rate) / 2, fs=from_rate)
    audio = scipy.signal.lfilter(taps, 1, noise(from_rate)).astype(np.float32)
    ours = signals.resample(audio, from_rate=from_rate, to_rate=to_rate)
    theirs = {
        "librosa": librosa.resample(audio, orig_sr=from_rate, target_sr=to_rate),
        "soxr": soxr.resample(audio, from_rate, to_rate, quality="VHQ"),
    }
    if to_rate != 7999:  # torchaudio's table of kernels would fill the memory
        theirs["torchaudio"] = torchaudio.functional.resample(
            torch.from_numpy(audio), from_rate, to_rate, lowpass_filter_width=64, rolloff=0.945
        ).numpy()
    edge = to_rate // 10
    for name, other in theirs.items():
        assert len(other) == len(ours), name
        difference = np.abs(ours - other)[edge:-edge].max()
        assert difference < 1e-3 * np.abs(ours).max(), (name, difference)


@pytest.mark.parametrize("share", [1.02, 1.1, 1.5, 1.9])
def test_resampling_removes_what_would_alias_by_100_db(share):
    tone = signals.sine(4000 * share, duration_s=1.0, sample_rate=16000).astype(np.float64)
    left = signals.resample(tone, from_rate=16000, to_rate=8000)[400:-400]
    assert signals.level_db(left) - signals.level_db(tone) < -100
    aliased = signals.take_every(tone, step=2)
    assert signals.level_db(aliased) == pytest.approx(signals.level_db(tone), abs=0.1)


def test_taking_every_second_sample_folds_and_keeps():
    audio = noise((2, 11))
    np.testing.assert_array_equal(signals.take_every(audio, step=3), audio[:, ::3])
    tone = signals.sine(5000, duration_s=1.0, sample_rate=16000)
    heard_hz = np.argmax(np.abs(np.fft.rfft(signals.take_every(tone, step=2))))
    assert heard_hz == 3000


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (2,), (999,), (2, 500), (3, 2, 100)])
@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_resampled_length_and_rows(from_rate, to_rate, shape, dtype):
    audio = noise(shape, dtype)
    resampled = signals.resample(audio, from_rate=from_rate, to_rate=to_rate)
    n_samples = int(np.ceil(shape[-1] * to_rate / from_rate))
    assert resampled.shape == (*shape[:-1], n_samples)
    assert resampled.dtype == dtype
    one_by_one = each_row(
        lambda row: signals.resample(row, from_rate=from_rate, to_rate=to_rate), audio
    )
    np.testing.assert_array_equal(resampled, one_by_one)


def test_resampling_keeps_a_constant_and_copies_at_the_same_rate():
    constant = np.ones(4000)
    middle = signals.resample(constant, from_rate=44100, to_rate=16000)[200:-200]
    np.testing.assert_allclose(middle, 1, atol=1e-5)
    same = signals.resample(constant, from_rate=8000, to_rate=8000)
    np.testing.assert_array_equal(same, constant)
    assert not np.shares_memory(same, constant)


def test_resampling_is_linear_and_does_not_delay():
    first, second = noise(500, seed=1), noise(500, seed=2)

    def to_16k(audio):
        return signals.resample(audio, from_rate=22050, to_rate=16000)

    np.testing.assert_allclose(
        to_16k(2 * first - second), 2 * to_16k(first) - to_16k(second), atol=1e-12
    )
    pulse = signals.resample(
        signals.impulse(2001, position_samples=1000), from_rate=8000, to_rate=16000
    )
    assert np.argmax(pulse) == 2000
    np.testing.assert_allclose(pulse[2000 - 300 : 2000], pulse[2300:2000:-1], atol=1e-7)


def test_quantizing_gives_6_02_db_a_bit():
    """A sine of amplitude A has 6.02 n + 1.76 + 20 log10(A) dB over the rounding error.

    0.95 and not 1, because the uppermost value of 6 bits is 0.97: what lies above is clipped.
    """
    tone = 0.95 * signals.sine(997, duration_s=2.0, sample_rate=44100).astype(np.float64)
    n_bits = np.arange(6, 17)
    ratios = [al.metrics.snr_db(tone, signals.quantize(tone, n_bits=int(n))) for n in n_bits]
    slope, offset = np.polyfit(n_bits, ratios, 1)
    assert slope == pytest.approx(6.02, abs=0.02)
    assert offset == pytest.approx(1.76 + 20 * np.log10(0.95), abs=0.2)


@pytest.mark.parametrize("n_bits", [1, 2, 8, 16, 24])
def test_quantized_values(n_bits):
    step = 2.0 ** (1 - n_bits)
    audio = np.linspace(-1.2, 1.2, 10001)
    quantized = signals.quantize(audio, n_bits=n_bits)
    in_steps = quantized / step
    np.testing.assert_array_equal(in_steps, np.round(in_steps))
    assert quantized.min() == -1
    assert quantized.max() == 1 - step
    inside = (audio >= -1) & (audio <= 1 - step)
    assert np.abs(quantized - audio)[inside].max() <= step / 2 + 1e-15
    np.testing.assert_array_equal(signals.quantize(quantized, n_bits=n_bits), quantized)


def test_16_bits_are_what_an_integer_file_holds():
    values = np.arange(-32768, 32768, 7)
    np.testing.assert_array_equal(
        signals.quantize((values / 32768).astype(np.float32), n_bits=16) * 32768, values
    )


def test_dither_frees_the_error_from_the_sound():
    """Without dither a tone of one step repeats its error: harmonics. With it, only noise."""
    step = 2.0**-7
    tone = signals.sine(1000, duration_s=4.0, sample_rate=8192, amplitude=0.8 * step)
    tone = tone.astype(np.float64)

    def third_harmonic(quantized):
        return np.abs(np.fft.rfft(quantized - tone))[4 * 3000] * 2 / tone.size / step

    plain = signals.quantize(tone, n_bits=8)
    dithered = signals.quantize(tone, n_bits=8, dither="tpdf", seed=3)
    assert third_harmonic(plain) > 0.1
    assert third_harmonic(dithered) < 0.02
    error = dithered - tone
    assert error.mean() == pytest.approx(0, abs=0.02 * step)
    assert np.mean(error**2) == pytest.approx(step**2 / 4, rel=0.03)  # 1/12 + 2/12
    assert abs(np.corrcoef(error, tone)[0, 1]) < 0.02
    np.testing.assert_array_equal(dithered, signals.quantize(tone, n_bits=8, dither="tpdf", seed=3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: signals.resample(np.ones(9), from_rate=-1, to_rate=8000), "from_rate is -1 Hz"),
        (lambda: signals.resample(np.ones(9), from_rate=8000, to_rate=0), "to_rate is 0 Hz"),
        (lambda: signals.resample(np.ones(9), from_rate=8000.5, to_rate=8), "8000.5 Hz.*whole"),
        (lambda: signals.resample(np.ones(0), from_rate=8, to_rate=4), "shape"),
        (lambda: signals.resample([1, 2], from_rate=8, to_rate=4), "int64"),
        (lambda: signals.take_every(np.ones(9), step=0), "step is 0"),
        (lambda: signals.quantize(np.ones(9), n_bits=0), "n_bits is 0"),
        (lambda: signals.quantize(np.ones(9), n_bits=25), "n_bits is 25"),
        (lambda: signals.quantize(np.ones(9), n_bits=8, dither="rpdf"), "dither is 'rpdf'"),
    ],
)
def test_sampling_that_cannot_be(call, message):
    with pytest.raises(AudioError, match=message):
        call()


# --- cutting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("frame_length", "hop_length"), [(10, 5), (7, 3), (1000, 1), (3, 11)])
def test_frames_match_librosa(shape, frame_length, hop_length):
    audio = noise(shape)
    ours = signals.frame(audio, frame_length=frame_length, hop_length=hop_length)
    theirs = librosa.util.frame(audio, frame_length=frame_length, hop_length=hop_length)
    np.testing.assert_array_equal(ours, theirs)
    assert np.shares_memory(ours, audio)
    assert not ours.flags.writeable


@given(sounds, st.data())
def test_frame_n_starts_at_n_hops(audio, data):
    frame_length = data.draw(st.integers(1, audio.size))
    hop_length = data.draw(st.integers(1, 50))
    frames = signals.frame(audio, frame_length=frame_length, hop_length=hop_length)
    assert frames.shape == (frame_length, 1 + (audio.size - frame_length) // hop_length)
    n = data.draw(st.integers(0, frames.shape[1] - 1))
    start = n * hop_length
    np.testing.assert_array_equal(frames[:, n], audio[start : start + frame_length])


@pytest.mark.parametrize("dtype", DTYPES)
def test_fade_starts_and_ends_at_zero_and_leaves_the_middle(dtype):
    audio = np.ones((2, 1000), dtype=dtype)
    faded = signals.fade(audio, sample_rate=1000, in_s=0.1, out_s=0.2)
    assert faded.dtype == dtype
    assert not faded[:, 0].any()
    assert not faded[:, -1].any()
    np.testing.assert_array_equal(faded[:, 100:800], 1)
    assert (np.diff(faded[0, :101]) > 0).all()
    assert (np.diff(faded[0, 799:]) < 0).all()
    np.testing.assert_array_equal(signals.fade(audio, sample_rate=10, in_s=0, out_s=0), audio)


def test_trim_keeps_what_is_loud_in_any_channel():
    audio = np.zeros((2, 100))
    audio[0, 40], audio[1, 60], audio[0, 5] = 1.0, -0.5, 0.001
    trimmed = signals.trim_silence(audio, sample_rate=1000, margin_s=0.002)
    np.testing.assert_array_equal(trimmed, audio[:, 38:63])
    everything = signals.trim_silence(audio, sample_rate=1000, threshold_db=-70, margin_s=1.0)
    np.testing.assert_array_equal(everything, audio)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: signals.frame(np.ones(9), frame_length=0, hop_length=1), "frame_length is 0"),
        (lambda: signals.frame(np.ones(9), frame_length=4, hop_length=0), "hop_length is 0"),
        (lambda: signals.frame(np.ones(9), frame_length=10, hop_length=1), "9 samples.*of 10"),
        (lambda: signals.fade(np.ones(9), sample_rate=1, in_s=-1), "in_s is -1 s"),
        (lambda: signals.fade(np.ones(9), sample_rate=1, in_s=5, out_s=5), "longer than the sound"),
        (lambda: signals.fade(np.ones(9), sample_rate=0), "sample_rate is 0 Hz"),
        (lambda: signals.trim_silence(np.zeros(9), sample_rate=8), "audio is silent"),
        (lambda: signals.trim_silence(np.ones(9), sample_rate=8, threshold_db=0), "below 0"),
    ],
)
def test_cuts_that_cannot_be(call, message):
    with pytest.raises(AudioError, match=message):
        call()
