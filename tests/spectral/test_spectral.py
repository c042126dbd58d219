"""Spectra: laws (Parseval, perfect reconstruction), librosa, scipy and torch as references."""

import librosa
import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from audiolessons import AudioError, spectral
from audiolessons.signals import frame

RNG = np.random.default_rng(0)
SHAPES = [(1500,), (2, 1500), (3, 2, 777)]
# float32 carries 7 digits: 1e-5 of the peak is far above its rounding and far below any mistake.
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}


def noise(shape, dtype=np.float64):
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(dtype)


def assert_near(got, expected, relative):
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= relative * np.abs(expected).max()


# Windows


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "boxcar"])
@pytest.mark.parametrize("length", [2, 3, 16, 255, 512])
def test_windows_are_scipys_periodic_ones(name, length):
    reference = scipy.signal.get_window(name, length)
    np.testing.assert_allclose(spectral.window(name, length), reference, atol=1e-14)


@pytest.mark.parametrize(("name", "hops"), [("hann", 2), ("hamming", 2), ("blackman", 3)])
def test_shifted_windows_add_up_to_a_constant(name, hops):
    total = spectral.window(name, 12 * hops).reshape(hops, 12).sum(axis=0)
    np.testing.assert_allclose(total, total[0], rtol=1e-12)


# DFT and FFT


@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (64,), (2, 33), (3, 2, 16)])
@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dft_is_scipys_fft(shape, kind, dtype):
    x = noise(shape, dtype)
    if kind == "complex":
        x = (x + 1j * noise(shape)[..., ::-1]).astype(np.result_type(dtype, np.complex64))
    reference = scipy.fft.fft(x)
    assert spectral.dft(x).dtype == reference.dtype
    assert_near(spectral.dft(x), reference, 1e-6 if dtype is np.float32 else 1e-12)
    assert_near(spectral.idft(spectral.dft(x)), x.astype(reference.dtype), TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(1,), (2,), (256,), (2, 64), (3, 2, 8)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fft_recursive_is_the_dft(shape, dtype):
    x = noise(shape, dtype)
    assert spectral.fft_recursive(x).dtype == spectral.dft(x).dtype
    assert_near(spectral.fft_recursive(x), spectral.dft(x), 1e-6 if dtype is np.float32 else 1e-12)


signals = st.integers(1, 40).flatmap(
    lambda n: st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=n, max_size=n)
)


@given(signals)
def test_parseval(samples):
    x = np.array(samples)
    energy_of_bins = np.sum(np.abs(spectral.dft(x)) ** 2) / len(x)
    np.testing.assert_allclose(energy_of_bins, np.sum(x**2), rtol=1e-9, atol=1e-12)


@given(signals, st.integers(-50, 50))
def test_a_shift_in_time_turns_phases_only(samples, shift):
    x = np.array(samples)
    turned = spectral.dft(x) * np.exp(-2j * np.pi * np.arange(len(x)) * shift / len(x))
    np.testing.assert_allclose(spectral.dft(np.roll(x, shift)), turned, atol=1e-9)


@given(signals)
def test_the_spectrum_of_a_real_signal_mirrors(samples):
    spectrum = spectral.dft(np.array(samples))
    np.testing.assert_allclose(spectrum[1:], np.conj(spectrum[1:][::-1]), atol=1e-10)


# STFT


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 64), (255, 64), (256, 100), (301, 77)])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "boxcar"])
def test_stft_and_istft_are_librosas(shape, dtype, n_fft, hop_length, center, window):
    audio = noise(shape, dtype)
    settings_ = {"hop_length": hop_length, "window": window, "center": center}
    got = spectral.stft(audio, n_fft=n_fft, **settings_)
    expected = librosa.stft(audio, n_fft=n_fft, **settings_)
    assert got.dtype == expected.dtype
    assert_near(got, expected, TOLERANCE[dtype])

    # Without centring the ends are seen by almost nothing: both divide rounding by nearly 0 there.
    inside = slice(None) if center else slice(n_fft // 2, -n_fft // 2)
    for length in (None, shape[-1]):
        back = spectral.istft(got, length=length, n_fft=n_fft, **settings_)
        reference = librosa.istft(expected, length=length, n_fft=n_fft, **settings_)
        assert back.dtype == audio.dtype
        assert back.shape == reference.shape
        assert_near(back[..., inside], reference[..., inside], 10 * TOLERANCE[dtype])


@pytest.mark.parametrize("n_fft", [256, 255])
@pytest.mark.parametrize("center", [True, False])
def test_stft_is_torchs(n_fft, center):
    audio = noise((2, 1500), np.float32)
    expected = torch.stft(
        torch.from_numpy(audio),
        n_fft,
        hop_length=100,
        window=torch.hann_window(n_fft),
        center=center,
        pad_mode="constant",
        return_complex=True,
    )
    got = spectral.stft(audio, n_fft=n_fft, hop_length=100, center=center)
    assert_near(got, expected.numpy(), 1e-5)


def test_stft_is_scipys():
    audio = noise((1500,))
    transform = scipy.signal.ShortTimeFFT(spectral.window("hann", 256), hop=64, fs=1)
    expected = transform.stft(audio, p0=0, p1=24, padding="zeros")
    phases = np.exp(1j * np.pi * np.arange(129))[:, np.newaxis]  # it counts time from the middle
    got = spectral.stft(audio, n_fft=256, hop_length=64)
    assert_near(np.abs(got), np.abs(expected * phases), 1e-10)


def test_stft_of_short_sounds_of_many_blocks_and_of_no_channels():
    short = noise((5,))
    assert_near(
        spectral.stft(short, n_fft=64, hop_length=16),
        librosa.stft(np.pad(short, 32), n_fft=64, hop_length=16, center=False),
        1e-12,
    )
    long = noise((2, 300_000), np.float32)  # several blocks of frames
    got = spectral.stft(long, n_fft=512, hop_length=128)
    assert_near(got, librosa.stft(long, n_fft=512, hop_length=128), 1e-5)
    assert_near(spectral.istft(got, hop_length=128, length=300_000), long, 1e-5)
    assert spectral.stft(np.zeros((0, 100)), n_fft=64, hop_length=16).shape == (0, 33, 7)


def test_a_tone_peaks_at_its_frequency_and_frame_times_count_hops():
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    spectrum = spectral.stft(tone, n_fft=512, hop_length=80)
    hz = spectral.fft_frequencies_hz(sample_rate=8000, n_fft=512)
    np.testing.assert_allclose(hz, librosa.fft_frequencies(sr=8000, n_fft=512))
    np.testing.assert_allclose(
        spectral.fft_frequencies_hz(sample_rate=8000, n_fft=301),
        librosa.fft_frequencies(sr=8000, n_fft=301),
    )
    assert hz[np.abs(spectrum[:, 50]).argmax()] == 1000
    # A full-scale sine has half its amplitude at +f, and the Hann window sums to n_fft / 2.
    assert np.abs(spectrum[:, 50]).max() == pytest.approx(512 / 4)
    times = spectral.frame_times_s(spectrum.shape[-1], sample_rate=8000, hop_length=80)
    np.testing.assert_allclose(times, np.arange(101) / 100)


def test_a_click_shows_in_the_frames_that_hold_it():
    click = np.zeros(1000)
    click[500] = 1
    power = np.abs(spectral.stft(click, n_fft=100, hop_length=50, window="boxcar")) ** 2
    assert np.flatnonzero(power.sum(axis=0) > 1e-12).tolist() == [10, 11]


# Inverse


@settings(deadline=None, max_examples=60)
@given(
    length=st.integers(1, 700),
    n_fft=st.integers(4, 200),
    data=st.data(),
    window=st.sampled_from(["hann", "hamming", "blackman", "boxcar"]),
    channels=st.sampled_from([(), (1,), (2,), (2, 3)]),
)
def test_perfect_reconstruction(length, n_fft, data, window, channels):
    hop_length = data.draw(st.integers(1, max(1, n_fft // 3)), label="hop_length")
    audio = noise((*channels, length))
    spectrum = spectral.stft(audio, n_fft=n_fft, hop_length=hop_length, window=window)
    back = spectral.istft(
        spectrum, hop_length=hop_length, window=window, length=length, n_fft=n_fft
    )
    np.testing.assert_allclose(back, audio, atol=1e-8)


def test_float32_survives_the_round_trip():
    audio = noise((2, 20_001), np.float32)
    spectrum = spectral.stft(audio, n_fft=1024, hop_length=256)
    back = spectral.istft(spectrum, hop_length=256, length=20_001)
    assert back.dtype == np.float32
    assert_near(back, audio, 1e-6)


def test_own_windows_work_both_ways():
    window = scipy.signal.get_window(("kaiser", 8.0), 256)
    audio = noise((2, 3000))
    spectrum = spectral.stft(audio, n_fft=256, hop_length=64, window=window)
    assert_near(spectrum, librosa.stft(audio, n_fft=256, hop_length=64, window=window), 1e-10)
    back = spectral.istft(spectrum, hop_length=64, window=window, length=3000)
    np.testing.assert_allclose(back, audio, atol=1e-10)


def test_istft_reads_any_memory_layout_and_pads_to_length():
    audio = noise((1000,))
    spectrum = spectral.stft(audio, n_fft=128, hop_length=32)
    copy = np.ascontiguousarray(spectrum)
    assert spectrum.strides != copy.strides
    back = spectral.istft(spectrum, hop_length=32, length=1200)
    np.testing.assert_array_equal(back, spectral.istft(copy, hop_length=32, length=1200))
    assert back.shape == (1200,)
    np.testing.assert_array_equal(back[1100:], 0)
    np.testing.assert_array_equal(spectral.istft(spectrum, hop_length=32, length=500), back[:500])


def test_istft_gives_the_nearest_sound():
    """Griffin & Lim's theorem: no other sound has an STFT nearer to an altered spectrogram."""
    spectrum = noise((33, 20)) + 1j * noise((33, 20))[::-1]
    options = {"hop_length": 16, "window": "hamming", "center": False}
    best = spectral.istft(spectrum, **options)

    # The bins between 0 and Nyquist stand for two of the full spectrum, so they count twice.
    twice = np.full((33, 1), 2.0)
    twice[[0, -1]] = 1

    def distance(audio):
        difference = spectral.stft(audio, n_fft=64, **options) - spectrum
        # imaginary parts at 0 and Nyquist belong to no real sound and change nothing
        return np.sum(twice * np.abs(difference) ** 2)

    for step in (1e-3, 1e-2):
        for seed in range(5):
            other = best + step * np.random.default_rng(seed).standard_normal(best.shape)
            assert distance(other) > distance(best)


@pytest.mark.parametrize("shape", [(10, 4), (2, 16, 7), (2, 3, 5, 1)])
@pytest.mark.parametrize("hop_length", [1, 3, 5, 16, 20])
def test_overlap_add_is_a_loop_over_frames(shape, hop_length):
    frames = noise(shape)
    length, n_frames = shape[-2:]
    expected = np.zeros((*shape[:-2], length + hop_length * (n_frames - 1)))
    for n in range(n_frames):
        expected[..., n * hop_length : n * hop_length + length] += frames[..., n]
    np.testing.assert_allclose(spectral.overlap_add(frames, hop_length=hop_length), expected)


def test_overlap_add_undoes_frame_when_frames_do_not_overlap():
    audio = noise((2, 120))
    frames = frame(audio, frame_length=10, hop_length=10)
    np.testing.assert_array_equal(spectral.overlap_add(frames, hop_length=10), audio)


# Decibels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("top_db", [80.0, 20.0, None])
@pytest.mark.parametrize("ref", [1.0, 0.02, 5.0])
def test_decibels_are_librosas(dtype, top_db, ref):
    values = (10 ** RNG.uniform(-8, 3, (2, 30, 40))).astype(dtype)
    values[0, 0, 0] = 0
    for ours, theirs in (
        (spectral.power_to_db, librosa.power_to_db),
        (spectral.magnitude_to_db, librosa.amplitude_to_db),
    ):
        got = ours(values, ref=ref, top_db=top_db)
        assert got.dtype == dtype
        # One by one: until 1.0, librosa takes the top of the whole batch.
        expected = [theirs(one, ref=ref, top_db=top_db) for one in values]
        np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(5, 7), (2, 5, 7), (3, 2, 5, 7)])
def test_levels_do_not_depend_on_what_else_is_in_the_batch(shape):
    values = 10 ** RNG.uniform(-8, 3, shape)
    alone = spectral.power_to_db(values, top_db=20.0)
    beside = spectral.power_to_db(np.stack([values, 1e6 * values]), top_db=20.0)[0]
    np.testing.assert_array_equal(beside, alone)


@pytest.mark.parametrize("values", [np.array(0.5), np.array([1.0, 1e-9])])
def test_single_values_and_vectors_have_levels(values):
    np.testing.assert_allclose(
        spectral.power_to_db(values, top_db=20.0), librosa.power_to_db(values, top_db=20.0)
    )


def test_huge_amplitudes_have_a_level_though_their_squares_have_none():
    assert spectral.magnitude_to_db(np.array([1e25], dtype=np.float32)) == pytest.approx(500)


# Griffin-Lim


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("n_fft", [256, 255])
def test_griffin_lim_is_librosas_from_the_same_start(momentum, n_fft):
    audio = noise((2, 2000))
    magnitude = np.abs(spectral.stft(audio, n_fft=n_fft, hop_length=64))
    got = spectral.griffin_lim(
        magnitude,
        hop_length=64,
        n_iter=4,
        momentum=momentum,
        length=2000,
        n_fft=n_fft,
        phase=np.zeros(magnitude.shape),
    )
    expected = librosa.griffinlim(
        magnitude, hop_length=64, n_iter=4, momentum=momentum, length=2000, init=None, n_fft=n_fft
    )
    assert_near(got, expected, 1e-6)  # librosa adds a tiny number before it divides by |X|


def test_plain_griffin_lim_never_gets_worse_and_momentum_ends_nearer():
    tone = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 2000, 6000)) / 8000)
    magnitude = np.abs(spectral.stft(tone, n_fft=256, hop_length=64))

    def score_db(**options):
        guess = spectral.griffin_lim(magnitude, hop_length=64, length=6000, **options)
        estimate = np.abs(spectral.stft(guess, n_fft=256, hop_length=64))
        return spectral.spectral_convergence_db(magnitude, estimate)

    plain = [score_db(n_iter=n, momentum=0) for n in (0, 1, 2, 4, 8, 16, 32)]
    assert np.all(np.diff(plain) <= 1e-9)
    assert score_db(n_iter=32) < plain[-1]
    assert score_db(n_iter=3, seed=1) == score_db(n_iter=3, seed=1)
    assert score_db(n_iter=3, seed=1) != score_db(n_iter=3, seed=2)


def test_equal_spectrograms_miss_by_nothing_in_either_precision():
    for dtype in (np.float32, np.float64):
        magnitude = np.abs(noise((5, 7), dtype))
        assert spectral.spectral_convergence_db(magnitude, magnitude) < -1000


def test_griffin_lim_keeps_float32_and_true_phases():
    audio = noise((3000,), np.float32)
    spectrum = spectral.stft(audio, n_fft=256, hop_length=64)
    guess = spectral.griffin_lim(
        np.abs(spectrum), hop_length=64, length=3000, n_iter=2, phase=np.angle(spectrum)
    )
    assert guess.dtype == np.float32
    assert_near(guess, audio, 1e-4)
    silence = spectral.griffin_lim(np.zeros((129, 5)), hop_length=64, n_iter=2)
    np.testing.assert_array_equal(silence, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spectral_convergence_counts_the_share_that_is_wrong(dtype):
    magnitude = np.abs(noise((2, 9, 5), dtype))
    for share in (1, 0.1, 1e-3):
        got = spectral.spectral_convergence_db(magnitude, magnitude * dtype(1 - share))
        assert got == pytest.approx(20 * np.log10(share), abs=1e-2)
    assert spectral.spectral_convergence_db(magnitude, magnitude) < -1000  # finite, no warning


# Bad input: one AudioError that names the value and the fix

GOOD = np.zeros(1000)
WITH_NAN = np.array([0.0, np.nan] * 500)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectral.window("kaiser", 8), "window is 'kaiser': choose one of 'hann'"),
        (lambda: spectral.window("hann", 0), "length is 0"),
        (lambda: spectral.dft(np.array([])), "0 samples"),
        (lambda: spectral.dft(np.array([1, 2])), "int64 values: divide"),
        (lambda: spectral.dft(np.array([1j, np.nan])), "NaN"),
        (lambda: spectral.idft(np.array([])), "spectrum has shape"),
        (lambda: spectral.fft_recursive(np.zeros(12)), "12 samples: .* pad with zeros to 16"),
        (lambda: spectral.stft(np.zeros(0), n_fft=64, hop_length=16), "0 samples"),
        (lambda: spectral.stft(WITH_NAN, n_fft=64, hop_length=16), "500 values that are NaN"),
        (lambda: spectral.stft(GOOD.astype(np.int16), n_fft=64, hop_length=16), "/ 32768"),
        (lambda: spectral.stft(GOOD, n_fft=64, hop_length=0), "hop_length is 0"),
        (lambda: spectral.stft(GOOD, n_fft=64, hop_length=16.0), "hop_length is 16.0"),
        (lambda: spectral.stft(GOOD, n_fft=-64, hop_length=16), "n_fft is -64"),
        (lambda: spectral.stft(GOOD.reshape(500, 2), n_fft=64, hop_length=16), "try audio.T"),
        (
            lambda: spectral.stft(GOOD, n_fft=1024, hop_length=16, center=False),
            "n_fft is 1024, but audio has only 1000 samples: use n_fft <= 1000",
        ),
        (lambda: spectral.stft(GOOD, n_fft=64, hop_length=16, window="hanning"), "'hanning'"),
        (lambda: spectral.stft(GOOD, n_fft=64, hop_length=16, window=np.ones(63)), "n_fft = 64"),
        (lambda: spectral.istft(np.ones((33, 4)), hop_length=16), "griffin_lim"),
        (lambda: spectral.istft(np.ones(33, complex), hop_length=16), r"give \(..., F, N\)"),
        (lambda: spectral.istft(np.full((33, 4), np.nan * 1j), hop_length=16), "NaN"),
        (lambda: spectral.istft(np.ones((33, 4), complex), hop_length=0), "hop_length is 0"),
        (lambda: spectral.istft(np.ones((33, 4), complex), hop_length=64), "up to 32 works"),
        (
            lambda: spectral.istft(np.ones((33, 4), complex), hop_length=65, window="boxcar"),
            "no win",
        ),
        (lambda: spectral.istft(np.ones((33, 4), complex), hop_length=8, n_fft=70), "64 or 65"),
        (lambda: spectral.istft(np.ones((33, 4), complex), hop_length=8, length=0), "length is 0"),
        (lambda: spectral.overlap_add(np.ones(5), hop_length=2), "frame_length, N"),
        (lambda: spectral.overlap_add(np.ones((5, 2)), hop_length=0), "hop_length is 0"),
        (lambda: spectral.power_to_db(np.array([1.0, -1.0])), "between -1.0 and 1.0"),
        (lambda: spectral.power_to_db(np.array([1.0, np.nan])), "nan"),
        (lambda: spectral.power_to_db(np.array([1.0]), ref=0), "ref is 0"),
        (lambda: spectral.power_to_db(np.array([1.0]), top_db=-3), "top_db is -3 dB"),
        (lambda: spectral.magnitude_to_db(np.array([1j])), r"take np.abs\(magnitude\)"),
        (lambda: spectral.magnitude_to_db(np.array([])), "empty"),
        (lambda: spectral.fft_frequencies_hz(sample_rate=-8000, n_fft=64), "-8000 Hz"),
        (lambda: spectral.frame_times_s(0, sample_rate=8000, hop_length=64), "n_frames is 0"),
        (lambda: spectral.griffin_lim(np.ones((33, 4), complex), hop_length=16), "np.abs"),
        (lambda: spectral.griffin_lim(-np.ones((33, 4)), hop_length=16), "at least 0"),
        (lambda: spectral.griffin_lim(np.ones(33), hop_length=16), r"\(..., F, N\)"),
        (lambda: spectral.griffin_lim(np.ones((33, 4)), hop_length=16, momentum=1), "momentum is"),
        (lambda: spectral.griffin_lim(np.ones((33, 4)), hop_length=16, n_iter=-1), "n_iter is -1"),
        (lambda: spectral.griffin_lim(np.ones((33, 4)), hop_length=16, length=999), "63 frames"),
        (
            lambda: spectral.griffin_lim(np.ones((33, 4)), hop_length=16, phase=np.ones((3, 4))),
            "phase has shape",
        ),
        (lambda: spectral.spectral_convergence_db(np.ones(3), np.ones(4)), "compare two"),
        (lambda: spectral.spectral_convergence_db(np.zeros(3), np.ones(3)), "0 everywhere"),
    ],
)
def test_bad_input_names_value_and_fix(call, message):
    with pytest.raises(AudioError, match=message):
        call()
