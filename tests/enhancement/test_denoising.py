"""From noisy sound to less noisy sound: shapes, limits, and that real speech gains from it."""

from functools import partial

import numpy as np
import pytest

from audiolessons import datasets, enhancement, metrics, signals, spectral
from audiolessons.errors import AudioError

STFT = {"n_fft": 512, "hop_length": 256}
GAINS = [enhancement.decision_directed_gain, enhancement.spectral_subtraction_gain]


def pulsing_tones(duration_s=4.0):
    """A stand-in for speech: harmonics that come and go three times a second."""
    n = np.arange(int(duration_s * 16000)) / 16000
    tones = sum(np.sin(2 * np.pi * 150 * k * n) / k for k in range(1, 12))
    return (0.1 * tones * (np.sin(2 * np.pi * 3 * n) > 0)).astype(np.float32)


@pytest.fixture(scope="module")
def mixture():
    clean = pulsing_tones()
    noise = signals.white_noise(duration_s=4.0, sample_rate=16000, seed=1).astype(np.float32)
    return clean, signals.mix_at_snr(clean, noise, snr_db=5)


@pytest.mark.parametrize("n_samples", [1000, 16000, 16001, 16255])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gain_of_one_changes_nothing(n_samples, dtype):
    audio = np.random.default_rng(0).standard_normal((2, n_samples)).astype(dtype)
    same = enhancement.apply_gain(audio, np.ones((257, 1)), **STFT)
    assert same.dtype == dtype
    np.testing.assert_allclose(same, audio, atol=1e-5)


def test_the_gain_acts_on_its_own_frames_and_bins():
    audio = np.random.default_rng(0).standard_normal(16000)
    gain = np.ones((257, 63))
    gain[100:] = 0  # nothing above 3125 Hz
    gain[:, 40:] = 0  # nothing after 0.64 s
    power = np.abs(spectral.stft(enhancement.apply_gain(audio, gain, **STFT), **STFT)) ** 2
    kept = power[:98, 2:38].mean()
    assert power[102:].mean() < 1e-3 * kept
    assert power[:, 43:].mean() < 1e-3 * kept


@pytest.mark.parametrize("gain_of", GAINS)
def test_steady_noise_is_taken_out(mixture, gain_of):
    clean, noisy = mixture
    better = enhancement.denoise(noisy, sample_rate=16000, gain_of=gain_of)
    assert better.shape == noisy.shape
    assert better.dtype == np.float32
    assert metrics.si_sdr_db(clean, better) > metrics.si_sdr_db(clean, noisy) + 4


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100])
def test_every_rate_and_channel(sample_rate):
    noise = np.random.default_rng(0).standard_normal((2, 2 * sample_rate)).astype(np.float32)
    better = enhancement.denoise(noise, sample_rate=sample_rate)
    assert better.shape == noise.shape
    assert (signals.level_db(better) < signals.level_db(noise) - 12).all()
    alone = enhancement.denoise(noise[1], sample_rate=sample_rate)
    np.testing.assert_allclose(better[1], alone, atol=1e-6)


def test_denoise_is_its_parts(mixture):
    _, noisy = mixture
    power = np.abs(spectral.stft(noisy, **STFT)) ** 2
    gain = enhancement.decision_directed_gain(power, enhancement.noise_power(power))
    expected = enhancement.apply_gain(noisy, gain, **STFT)
    np.testing.assert_allclose(enhancement.denoise(noisy, sample_rate=16000), expected, atol=1e-6)


def test_the_gain_may_have_settings_of_its_own(mixture):
    _, noisy = mixture
    deep, shallow = (
        enhancement.denoise(
            noisy,
            sample_rate=16000,
            gain_of=partial(enhancement.decision_directed_gain, lowest_snr_db=lowest_snr_db),
        )
        for lowest_snr_db in (-40.0, 0.0)
    )
    assert signals.rms(deep) < signals.rms(shallow)


def test_silence_and_loudness(mixture):
    _, noisy = mixture
    assert not enhancement.denoise(np.zeros(8000), sample_rate=16000).any()
    better = enhancement.denoise(noisy, sample_rate=16000)
    soft = enhancement.denoise(0.01 * noisy, sample_rate=16000)
    np.testing.assert_allclose(soft, 0.01 * better, atol=1e-6)


@pytest.fixture(scope="module")
def real_mixtures():
    """Read sentences in rain, a helicopter and a fire, 5 dB above them, at 16000 Hz."""
    speech = datasets.load("read_speech", split="valid")
    sounds = datasets.load("environmental_sounds", split="fold4")

    def at_16_khz(item):
        return signals.resample(item.audio, from_rate=item.sample_rate, to_rate=16000)

    names = ("Rain", "Helicopter", "Fire crackling")
    noises = [next(item for item in sounds if item.label_name == name) for name in names]
    cleans = [at_16_khz(speech[i])[:64000] for i in range(len(names))]
    pairs = zip(cleans, map(at_16_khz, noises), strict=True)
    return [(clean, signals.mix_at_snr(clean, noise, snr_db=5)) for clean, noise in pairs]


@pytest.mark.recordings("read_speech", "environmental_sounds")
@pytest.mark.parametrize(("gain_of", "gain_db"), [*zip(GAINS, (3, 2), strict=True)])
def test_real_speech_gains_in_every_noise(real_mixtures, gain_of, gain_db):
    for clean, noisy in real_mixtures:
        better = enhancement.denoise(noisy, sample_rate=16000, gain_of=gain_of)
        assert metrics.si_sdr_db(clean, better) > metrics.si_sdr_db(clean, noisy) + gain_db


@pytest.mark.recordings("read_speech", "environmental_sounds")
@pytest.mark.scores
def test_the_order_of_the_methods_on_real_speech(real_mixtures):
    """Those that know the answer lead; Wiener leads subtraction; all lead doing nothing."""
    scores = {}
    for clean, noisy in real_mixtures:
        speech, noise = (spectral.stft(x, **STFT) for x in (clean, noisy - clean))
        oracle = enhancement.wiener_gain(np.abs(speech) ** 2, np.abs(noise) ** 2)
        sounds = {
            "oracle": enhancement.apply_gain(noisy, oracle, **STFT),
            "wiener": enhancement.denoise(noisy, sample_rate=16000),
            "subtraction": enhancement.denoise(
                noisy, sample_rate=16000, gain_of=enhancement.spectral_subtraction_gain
            ),
            "noisy": noisy,
        }
        for name, sound in sounds.items():
            both = metrics.si_sdr_db(clean, sound), metrics.pesq(clean, sound, sample_rate=16000)
            scores.setdefault(name, []).append(both)
    means = {name: np.mean(values, axis=0) for name, values in scores.items()}
    for better, worse in (
        ("oracle", "wiener"),
        ("wiener", "subtraction"),
        ("subtraction", "noisy"),
    ):
        assert (means[better] > means[worse]).all(), means


NOISE = np.random.default_rng(0).standard_normal(4000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: enhancement.apply_gain(NOISE, np.ones((257, 3)), **STFT),
            r"gain has shape \(257, 3",
        ),
        (lambda: enhancement.apply_gain(NOISE, np.ones(16), **STFT), "make the gain from stft"),
        (lambda: enhancement.apply_gain(NOISE, np.ones((257, 1)) * 1j, **STFT), "complex128"),
        (lambda: enhancement.apply_gain(NOISE, np.full((257, 1), np.nan), **STFT), "not finite"),
        (lambda: enhancement.denoise(NOISE, sample_rate=0), "sample_rate is 0 Hz"),
        (
            lambda: enhancement.denoise(NOISE, sample_rate=8000, gain_of="wiener"),
            "gain_of is 'wiener': give a function",
        ),
        (
            lambda: enhancement.denoise(NOISE, sample_rate=8000, gain_of=lambda *powers: NOISE),
            r"gain has shape \(4000,\)",
        ),
        (lambda: enhancement.denoise(np.zeros(0), sample_rate=8000), "audio has shape"),
        (lambda: enhancement.denoise(np.array([1, 2]), sample_rate=8000), "int64"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(AudioError, match=message):
        call()
