"""Features: librosa, scipy and torchaudio as references, and laws that sounds must obey."""

import warnings

import librosa
import numpy as np
import pytest
import scipy.fft
import torch
import torchaudio
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import AudioError, features, spectral

RATE = 16000
SHAPES = [(6000,), (2, 6000), (3, 2, 5111)]
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-6}  # librosa's filterbanks are float32


def noise(shape, dtype=np.float64):
    return np.random.default_rng(2).uniform(-0.5, 0.5, shape).astype(dtype)


def sweep(shape, dtype=np.float64, hz_per_s=400):
    """Harmonic, with a moving pitch and some noise: nothing in it is symmetric or constant."""
    t = np.arange(shape[-1]) / RATE
    phase = 2 * np.pi * (150 * t + hz_per_s / 2 * t**2)
    voice = sum(np.sin(k * phase) / k for k in range(1, 8))
    return (0.2 * voice + 0.02 * noise(shape)).astype(dtype)


def tone(frequency_hz, *, n_samples=8000, rate=RATE, phase=0.0):
    return np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / rate + phase)


def assert_near(got, expected, relative):
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= relative * np.abs(expected).max()


# The mel scale


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_mel_scale_is_librosas(scale):
    hz = np.concatenate([[0, 999.999, 1000, 1000.001], np.linspace(0, 22050, 500)])
    mel = features.hz_to_mel(hz, scale=scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(hz, htk=scale == "htk"), rtol=1e-12)
    back = librosa.mel_to_hz(mel.copy(), htk=scale == "htk")
    np.testing.assert_allclose(features.mel_to_hz(mel, scale=scale), back, rtol=1e-12)
    assert isinstance(features.hz_to_mel(440, scale=scale), float)
    assert isinstance(features.mel_to_hz(10, scale=scale), float)
    assert features.hz_to_mel(hz.reshape(2, -1), scale=scale).shape == (2, 252)


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.sampled_from(["slaney", "htk"]))
def test_mel_scale_rises_and_can_be_undone(low, high, scale):
    low, high = sorted((low, high))
    mel_low, mel_high = (features.hz_to_mel(f, scale=scale) for f in (low, high))
    assert mel_low <= mel_high
    assert features.mel_to_hz(mel_high, scale=scale) == pytest.approx(high, rel=1e-9, abs=1e-9)


# The filterbank


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels", "min_hz", "max_hz"),
    [
        (16000, 1024, 40, 0.0, None),
        (22050, 2048, 128, 0.0, None),
        (8000, 513, 20, 100.0, 3500.0),
        (44100, 2047, 64, 50.0, 20000.0),
        (16000, 512, 1, 0.0, 8000.0),
    ],
)
def test_mel_filterbank_is_librosas(rate, n_fft, n_mels, min_hz, max_hz, scale, norm):
    options = {"n_fft": n_fft, "n_mels": n_mels}
    expected = librosa.filters.mel(
        sr=rate, fmin=min_hz, fmax=max_hz, htk=scale == "htk", norm=norm, dtype=float, **options
    )
    got = features.mel_filterbank(
        sample_rate=rate, min_hz=min_hz, max_hz=max_hz, scale=scale, norm=norm, **options
    )
    assert_near(got, expected, 1e-10)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", None])
def test_mel_filterbank_is_torchaudios(scale, norm):
    expected = torchaudio.functional.melscale_fbanks(
        513, 0.0, 8000.0, 40, RATE, norm=norm, mel_scale=scale
    )
    got = features.mel_filterbank(sample_rate=RATE, n_fft=1024, n_mels=40, scale=scale, norm=norm)
    assert_near(got, expected.numpy().T, 2e-5)  # torchaudio computes the corners in float32


def test_triangles_of_height_1_share_each_bin_whole():
    filters = features.mel_filterbank(sample_rate=RATE, n_fft=1024, n_mels=30, norm=None)
    hz = spectral.fft_frequencies_hz(sample_rate=RATE, n_fft=1024)
    corners = features.mel_to_hz(np.linspace(0, features.hz_to_mel(RATE / 2), 32))
    between_tops = (hz >= corners[1]) & (hz <= corners[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[between_tops], 1, rtol=1e-12)


def test_slaney_triangles_have_area_1():
    filters = features.mel_filterbank(sample_rate=RATE, n_fft=2**16, n_mels=30)
    np.testing.assert_allclose(filters.sum(axis=1) * RATE / 2**16, 1, rtol=1e-3)


# Mel spectrogram and cepstrum


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(512, 128), (513, 200)])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("window", ["hann", "blackman"])
def test_mel_spectrogram_and_mfcc_are_librosas(shape, dtype, n_fft, hop_length, center, window):
    audio = sweep(shape, dtype)
    frames = {"n_fft": n_fft, "hop_length": hop_length, "window": window, "center": center}
    ours = {**frames, "sample_rate": RATE, "n_mels": 26, "min_hz": 80.0, "max_hz": 7000.0}
    theirs = {**frames, "sr": RATE, "n_mels": 26, "fmin": 80.0, "fmax": 7000.0}
    for power in (1.0, 2.0):
        got = features.mel_spectrogram(audio, power=power, **ours)
        assert got.dtype == dtype
        expected = librosa.feature.melspectrogram(y=audio, power=power, **theirs)
        assert_near(got, expected, TOLERANCE[dtype])
    expected = librosa.power_to_db(librosa.feature.melspectrogram(y=audio, **theirs))
    assert_near(features.log_mel(audio, **ours), expected, TOLERANCE[dtype])
    got = features.mfcc(audio, n_mfcc=13, **ours)
    assert got.dtype == dtype
    assert_near(got, librosa.feature.mfcc(y=audio, n_mfcc=13, **theirs), TOLERANCE[dtype])


def test_defaults_are_librosas():
    audio = sweep((20_000,), np.float32)
    got = features.mfcc(audio, sample_rate=22050)
    assert_near(got, librosa.feature.mfcc(y=audio, sr=22050), 1e-5)


def test_mel_spectrogram_and_mfcc_are_torchaudios():
    audio = sweep((2, 6000), np.float32)
    frames = {"n_fft": 512, "hop_length": 128, "n_mels": 26}
    mel = {**frames, "mel_scale": "slaney", "norm": "slaney", "pad_mode": "constant"}
    transform = torchaudio.transforms.MelSpectrogram(RATE, **mel)
    expected = transform(torch.from_numpy(audio)).numpy()
    got = features.mel_spectrogram(audio, sample_rate=RATE, **frames)
    assert_near(got, expected, 2e-5)  # its filterbank is computed in float32
    transform = torchaudio.transforms.MFCC(RATE, n_mfcc=13, melkwargs=mel)
    # torchaudio takes the 80 dB below the top of each sound, so compare one.
    expected = transform(torch.from_numpy(audio[0])).numpy()
    got = features.mfcc(audio[0], sample_rate=RATE, n_mfcc=13, **frames)
    assert_near(got, expected, 2e-5)


def test_twice_the_amplitude_moves_the_first_coefficient_only():
    audio = noise((6000,))
    options = {"sample_rate": RATE, "n_fft": 512, "hop_length": 128, "n_mels": 26}
    change = features.mfcc(2 * audio, **options) - features.mfcc(audio, **options)
    np.testing.assert_allclose(change[0], 20 * np.log10(2) * np.sqrt(26), rtol=1e-6)
    np.testing.assert_allclose(change[1:], 0, atol=1e-6)


@pytest.mark.parametrize(("n_out", "n_in"), [(1, 1), (5, 5), (13, 40), (40, 40)])
def test_dct_is_scipys(n_out, n_in):
    values = noise((2, n_in, 7))
    expected = scipy.fft.dct(values, type=2, norm="ortho", axis=-2)[:, :n_out]
    np.testing.assert_allclose(features.dct(values, n_out=n_out), expected, atol=1e-12)
    matrix = features.dct_matrix(n_out, n_in)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n_out), atol=1e-12)


@pytest.mark.parametrize("shape", [(13, 40), (2, 5, 9), (2, 3, 4, 30)])
@pytest.mark.parametrize("width", [3, 5, 9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_deltas_are_librosas(shape, width, dtype):
    values = noise(shape, dtype)
    got = features.deltas(values, width=width)
    assert got.dtype == dtype
    assert_near(got, librosa.feature.delta(values, width=width), TOLERANCE[dtype])


def test_summary_statistics_are_means_and_deviations():
    values = noise((2, 3, 50), np.float32)
    got = features.summary_statistics(values)
    assert got.shape == (2, 6)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[1, 2], values[1, 2].mean(), rtol=1e-6)
    np.testing.assert_allclose(got[1, 5], values[1, 2].std(), rtol=1e-6)
    backwards = features.summary_statistics(values[..., ::-1])
    np.testing.assert_allclose(got, backwards, rtol=1e-4)  # the order in time is forgotten


# The shape of the spectrum


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(512, 128), (513, 200)])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("window", ["hann", "boxcar"])
def test_spectral_shapes_are_librosas(shape, dtype, n_fft, hop_length, center, window):
    audio = sweep(shape, dtype)
    frames = {"n_fft": n_fft, "hop_length": hop_length, "window": window, "center": center}
    for name in ("spectral_centroid", "spectral_bandwidth"):
        got = getattr(features, name)(audio, sample_rate=RATE, **frames)
        assert got.dtype == dtype
        expected = getattr(librosa.feature, name)(y=audio, sr=RATE, **frames)
        assert_near(got, expected[..., 0, :], TOLERANCE[dtype])
    for roll in (0.5, 0.85):
        got = features.spectral_rolloff(audio, sample_rate=RATE, roll=roll, **frames)
        assert got.dtype == dtype
        expected = librosa.feature.spectral_rolloff(y=audio, sr=RATE, roll_percent=roll, **frames)
        # Rounding may tip a sum that meets the share within 1e-7 into the next bin.
        assert np.mean(np.abs(got - expected[..., 0, :]) > 1e-3) <= 0.01
        assert np.abs(got - expected[..., 0, :]).max() < 1.01 * RATE / n_fft


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("frame_length", "hop_length"), [(512, 128), (513, 200)])
@pytest.mark.parametrize("center", [True, False])
def test_zero_crossing_rate_is_librosas(shape, dtype, frame_length, hop_length, center):
    audio = noise(shape, dtype)
    audio[..., 1000:1300] = 0
    options = {"frame_length": frame_length, "hop_length": hop_length, "center": center}
    got = features.zero_crossing_rate(audio, **options)
    expected = librosa.feature.zero_crossing_rate(audio, **options)
    assert got.dtype == dtype
    assert_near(got, expected[..., 0, :], 1e-6)


def test_rounding_around_zero_does_not_cross():
    ripple = 1e-11 * (-1.0) ** np.arange(4000)
    np.testing.assert_array_equal(features.zero_crossing_rate(ripple), 0)
    assert features.zero_crossing_rate(1e9 * ripple).max() > 0.9


@given(st.floats(200, 7000), st.floats(0.001, 1))
def test_a_tone_has_its_frequency_as_centroid_at_any_level(frequency_hz, level):
    frame = level * tone(frequency_hz, n_samples=2048)
    options = {"sample_rate": RATE, "n_fft": 2048, "hop_length": 512, "center": False}
    # A tone leaks a little over the whole band, which pulls the centroid towards the middle.
    assert features.spectral_centroid(frame, **options)[0] == pytest.approx(frequency_hz, abs=25)
    assert features.spectral_rolloff(frame, **options)[0] == pytest.approx(frequency_hz, abs=32)
    crossings = features.zero_crossing_rate(frame, center=False)[0]
    assert crossings == pytest.approx(2 * frequency_hz / RATE, abs=2 / 2048)


def test_silence_has_no_shape_but_no_nan_either():
    silence = np.zeros((2, 4000), np.float32)
    for name in ("spectral_centroid", "spectral_bandwidth", "spectral_rolloff", "chroma"):
        np.testing.assert_array_equal(getattr(features, name)(silence, sample_rate=RATE), 0)
    np.testing.assert_array_equal(features.zero_crossing_rate(silence), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pitch = features.pitch_yin(silence, sample_rate=RATE, min_hz=60, max_hz=500)
    assert np.isnan(pitch).all()


# Pitch


def plain_difference(frame, max_lag):
    """The definition, one lag after another."""
    width = len(frame) - max_lag
    return [np.sum((frame[:width] - frame[lag : lag + width]) ** 2) for lag in range(max_lag + 1)]


@pytest.mark.parametrize(("frame_length", "max_lag"), [(200, 50), (201, 100), (33, 1)])
def test_difference_function_is_its_definition(frame_length, max_lag):
    frames = noise((2, 3, frame_length))
    got = features.pitch.difference_function(frames, max_lag)
    assert got.shape == (2, 3, max_lag + 1)
    np.testing.assert_allclose(got[1, 2], plain_difference(frames[1, 2], max_lag), atol=1e-10)


def test_cumulative_mean_is_its_definition():
    d = np.abs(noise((20,)))
    got = features.pitch.cumulative_mean_normalized(d)
    assert got[0] == 1
    for lag in range(1, 20):
        assert got[lag] == pytest.approx(d[lag] / np.mean(d[1 : lag + 1]))


@given(st.floats(70, 900), st.floats(0, 6.28), st.floats(0.001, 1))
def test_a_tone_has_its_pitch_at_any_level_and_phase(frequency_hz, phase, level):
    audio = level * tone(frequency_hz, n_samples=4096, phase=phase)
    pitch = features.pitch_yin(audio, sample_rate=RATE, min_hz=60, max_hz=1000, center=False)
    np.testing.assert_allclose(pitch, frequency_hz, rtol=5e-4)


@pytest.mark.parametrize("shape", [(12000,), (2, 12000), (2, 3, 9001)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("center", [True, False])
def test_pitch_of_a_glide_is_librosas(shape, dtype, center):
    audio = sweep(shape, dtype, hz_per_s=80)
    options = {"frame_length": 1024, "hop_length": 300, "center": center}
    got = features.pitch_yin(audio, sample_rate=RATE, min_hz=100, max_hz=800, **options)
    expected = librosa.yin(audio, sr=RATE, fmin=100, fmax=800, **options)
    assert got.dtype == dtype
    assert got.shape == expected.shape
    inner = slice(3, -3) if center else slice(None)  # half-empty frames at the ends
    assert np.isfinite(got[..., inner]).all()
    # librosa lets the tail of each frame run into zeros and rounds periods by d' in place of d,
    # so on a moving pitch the two agree within a per cent, and ours must be nearer the truth.
    np.testing.assert_allclose(got[..., inner], expected[..., inner], rtol=0.01)
    starts = np.arange(got.shape[-1]) * 300 - (512 if center else 0)
    # The frame's first W + lag samples, W = 1024 - 162, count; their middle is where f0 is read.
    truth = 150 + 80 * (starts + 470) / RATE
    error, reference = (np.abs(x - truth)[..., inner].mean() for x in (got, expected))
    assert error < reference
    assert error < 0.2


def test_noise_has_no_pitch_and_harmonics_do_not_fool_it():
    rng = np.random.default_rng(0)
    options = {"sample_rate": RATE, "min_hz": 60, "max_hz": 1000}
    assert np.isnan(features.pitch_yin(rng.standard_normal(16000), **options)).mean() > 0.9
    missing_fundamental = tone(400) + tone(600) + tone(800)
    pitch = features.pitch_yin(missing_fundamental, center=False, **options)
    np.testing.assert_allclose(pitch, 200, rtol=1e-3)


# Chroma


@pytest.mark.parametrize(
    ("rate", "n_fft"), [(22050, 2048), (16000, 1023), (44100, 4096), (8000, 4)]
)
def test_chroma_filterbank_is_librosas(rate, n_fft):
    expected = librosa.filters.chroma(sr=rate, n_fft=n_fft, dtype=float)
    got = features.chroma_filterbank(sample_rate=rate, n_fft=n_fft)
    assert_near(got, expected, 1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("center", [True, False])
def test_chroma_is_librosas(shape, dtype, center):
    audio = sweep(shape, dtype)
    frames = {"n_fft": 2048, "hop_length": 500, "center": center}
    got = features.chroma(audio, sample_rate=RATE, **frames)
    assert got.dtype == dtype
    expected = librosa.feature.chroma_stft(y=audio, sr=RATE, tuning=0.0, **frames)
    assert_near(got, expected, TOLERANCE[dtype])


@pytest.mark.parametrize("octave", [1, 2, 4])
@pytest.mark.parametrize("note", range(12))
def test_a_note_lights_its_class_in_every_octave(note, octave):
    audio = tone(440 * 2 ** ((note - 9) / 12 + octave - 2), n_samples=16000)
    classes = features.chroma(audio, sample_rate=RATE, n_fft=8192, center=False)
    assert set(classes.argmax(axis=0)) == {note}


# Bad input: one AudioError that names the value and the fix

GOOD = np.zeros(4000)
RATED = {"sample_rate": RATE}
YIN = {"sample_rate": RATE, "min_hz": 60, "max_hz": 500}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: features.hz_to_mel(-1), "hz is -1.0: frequencies are at least 0"),
        (lambda: features.hz_to_mel(np.nan), "hz is nan"),
        (lambda: features.mel_to_hz(10, scale="bark"), "scale is 'bark': choose one of 'slaney'"),
        (lambda: features.mel_filterbank(sample_rate=0, n_fft=512, n_mels=4), "sample_rate is 0"),
        (lambda: features.mel_filterbank(n_fft=512, n_mels=0, **RATED), "n_mels is 0"),
        (lambda: features.mel_filterbank(n_fft=512, n_mels=4, norm=2, **RATED), "norm is 2"),
        (
            lambda: features.mel_filterbank(n_fft=512, n_mels=4, max_hz=9000, **RATED),
            "max_hz is 9000 Hz, above half the sample rate: use at most 8000 Hz",
        ),
        (lambda: features.mel_filterbank(n_fft=512, n_mels=4, min_hz=-5, **RATED), "min_hz is -5"),
        (lambda: features.mel_filterbank(n_fft=512, n_mels=4, min_hz=8e3, **RATED), "below max_hz"),
        (
            lambda: features.mel_filterbank(n_fft=256, n_mels=128, **RATED),
            "n_mels is 128, too many for n_fft = 256: .* use a larger n_fft",
        ),
        (lambda: features.mel_spectrogram(np.zeros(0), **RATED), "0 samples"),
        (lambda: features.mel_spectrogram(GOOD.astype(int), **RATED), "int64 values: divide"),
        (lambda: features.mel_spectrogram(GOOD * np.nan, **RATED), "NaN"),
        (lambda: features.mel_spectrogram(GOOD.reshape(-1, 2), **RATED), "try audio.T"),
        (lambda: features.mel_spectrogram(GOOD, hop_length=0, **RATED), "hop_length is 0"),
        (lambda: features.mel_spectrogram(GOOD, n_fft=4001, center=False, **RATED), "n_fft is 40"),
        (lambda: features.mel_spectrogram(GOOD, sample_rate=-RATE), "sample_rate is -16000 Hz"),
        (lambda: features.mel_spectrogram(GOOD, power=0, **RATED), "power is 0"),
        (lambda: features.log_mel(GOOD, top_db=0, **RATED), "top_db is 0 dB"),
        (lambda: features.mfcc(GOOD, n_mfcc=41, n_mels=40, **RATED), "only 40 coefficients"),
        (lambda: features.dct(np.ones(4)), r"give \(..., D, N\)"),
        (lambda: features.dct_matrix(0, 4), "n_out is 0"),
        (lambda: features.deltas(np.ones((3, 20)), width=4), "width is 4: use an odd number"),
        (lambda: features.deltas(np.ones((3, 5))), "width is 9, but features has 5 frames"),
        (lambda: features.summary_statistics(np.ones(3)), r"give \(..., D, N\)"),
        (lambda: features.summary_statistics(np.ones((3, 0))), "0 samples"),
        (lambda: features.spectral_centroid(GOOD, sample_rate=0), "sample_rate is 0"),
        (lambda: features.spectral_bandwidth(GOOD, n_fft=1, **RATED), "n_fft is 1"),
        (lambda: features.spectral_rolloff(GOOD, roll=85, **RATED), "roll is 85: it is a share"),
        (lambda: features.zero_crossing_rate(np.zeros(0)), "0 samples"),
        (lambda: features.zero_crossing_rate(GOOD, frame_length=9999, center=False), "9999"),
        (lambda: features.chroma(GOOD, sample_rate=-1), "sample_rate is -1 Hz"),
        (lambda: features.pitch_yin(GOOD, **{**YIN, "max_hz": 9000}), "at most 8000 Hz"),
        (lambda: features.pitch_yin(GOOD, **{**YIN, "min_hz": 500}), "below max_hz = 500"),
        (lambda: features.pitch_yin(GOOD, **{**YIN, "min_hz": 0}), "min_hz is 0 Hz"),
        (lambda: features.pitch_yin(GOOD, frame_length=256, **YIN), "use at least 536"),
        (lambda: features.pitch_yin(GOOD, threshold=0, **YIN), "threshold is 0"),
        (lambda: features.pitch_yin(GOOD, hop_length=0, **YIN), "hop_length is 0"),
        (lambda: features.pitch_yin(GOOD[:100], center=False, **YIN), "only 100 samples"),
    ],
)
def test_bad_input_names_value_and_fix(call, message):
    with pytest.raises(AudioError, match=message):
        call()
