"""The checks at the public edge: they pass what is right on, and name what is wrong."""

import re

import numpy as np
import pytest
import torch

import audiolessons as al
from audiolessons.errors import (
    AudioError,
    check_audio,
    check_choice,
    check_count,
    check_finite,
    check_positive,
    check_rate,
)


def test_audio_error_is_a_value_error_and_stands_at_the_top():
    assert issubclass(AudioError, ValueError)
    assert al.AudioError is AudioError


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (5,), (2, 5), (3, 2, 5)])
def test_sound_passes_unchanged(dtype, shape):
    audio = np.linspace(-1, 1, int(np.prod(shape)), dtype=dtype).reshape(shape)
    checked = check_audio(audio)
    assert checked.dtype == dtype
    np.testing.assert_array_equal(checked, audio)


def test_half_precision_becomes_single_and_lists_become_arrays():
    assert check_audio(np.zeros(3, dtype=np.float16)).dtype == np.float32
    assert check_audio([0.0, 0.5]).dtype == np.float64


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (np.zeros(3, dtype=np.int16), r"int16.*/ 32768"),
        (np.zeros(3, dtype=np.int32), r"int32.*/ 2147483648"),
        (np.zeros(3, dtype=np.uint8), r"uint8.* \(audio.astype\(np.float32\) - 128\) / 128, so"),
        (np.zeros(3, dtype=np.uint16), r"uint16.* - 32768\) / 32768, so"),
        (np.zeros(3, dtype=np.int64), r"int64.* full scale of the file .* / 32768 for 16 bits"),
        (np.zeros(3, dtype=np.uint32), r"uint32.* / 32768 for 16 bits"),
        (np.ma.masked_greater([0.1, 0.2, 9.0], 1), r"audio has 1 masked values, .*filled\(0\)"),
        (
            torch.ones(3, requires_grad=True),
            r"a tensor with a gradient.*audio\.detach\(\)",
        ),
        ([[0.1, 0.2], [0.1, 0.2], [0.1]], r"row 0 of 2 and row 2 of 1: pad them with zeros"),
        ([[[0.1]], [0.1]], "parts of unequal shape"),
        ([0.1, [0.1]], "parts of unequal shape"),
        (np.zeros(3, dtype=bool), "bool"),
        (np.zeros(3, dtype=np.complex64), "complex64"),
        ("sound.wav", "str"),
        (None, "NoneType"),
        (np.float32(0.5), "single number 0.5"),
        (np.zeros(0), r"shape \(0,\).*at least 1"),
        (np.zeros((2, 0)), r"shape \(2, 0\)"),
        (np.array([0.0, np.nan, np.inf]), "2 values that are NaN or infinite.*nan_to_num"),
    ],
)
def test_what_is_no_sound_is_named(audio, message):
    with pytest.raises(AudioError, match=message):
        check_audio(audio)


def test_advice_for_samples_without_a_sign_makes_silence_zero():
    audio = np.array([0, 128, 255], dtype=np.uint8)
    with pytest.raises(AudioError) as told:
        check_audio(audio)
    advised = re.search(r"(\(audio.* / 128),", str(told.value))[1]
    np.testing.assert_allclose(eval(advised), [-1, 0, 1], atol=0.01)


def test_what_holds_no_numbers_is_named():
    for value in (["loud"], [{}], "loud"):
        with pytest.raises(AudioError, match="hz holds something else than numbers"):
            al.features.hz_to_mel(value)


def test_an_array_is_none_of_the_choices_and_no_frequency():
    with pytest.raises(AudioError, match=r"scale is array\(.*: choose one of 'slaney', 'htk'"):
        check_choice(np.ones(2), name="scale", choices=("slaney", "htk"))
    for value in (np.ones(2), torch.ones(2), [[1.0], 2.0]):
        with pytest.raises(AudioError, match=r"frequency_hz is .* must be a finite number"):
            al.signals.sine(value, duration_s=0.1, sample_rate=8000)
    assert not al.signals.sine(np.float32(0), duration_s=0.1, sample_rate=8000).any()


def test_an_array_of_which_nothing_is_masked_passes():
    assert len(check_audio(np.ma.array([0.1, 0.2]))) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda x: al.metrics.accuracy(x, [0, 1, 2]),
        lambda x: al.metrics.roc_auc([0, 1, 1], x),
        lambda x: al.metrics.class_probabilities(x),
        lambda x: al.signals.amplitude_to_db(x),
        lambda x: al.signals.db_to_amplitude(x),
        lambda x: al.signals.rms(x),
        lambda x: al.spectral.stft(x, n_fft=2, hop_length=1),
        lambda x: al.spectral.dft(x),
        lambda x: al.filters.apply_fir(np.ones(9), x),
        lambda x: al.features.mfcc(x, sample_rate=8000),
        lambda x: al.features.hz_to_mel(x),
        lambda x: al.metrics.chance_recall_at_k(x, [0, 1]),
        lambda x: al.linear_algebra.determinant(x),
        lambda x: al.listen.encode(x, sample_rate=8000, codec="flac"),
        lambda x: al.plots.roc_curve(x, x, label="x"),
        lambda x: al.metrics.bootstrap_interval(x),
        lambda x: al.metrics.best_temperature([0, 1, 1], x),
        lambda x: al.metrics.recall_at_k(x, [0], [0], k=1),
        lambda x: al.linear_algebra.principal_components(x),
        lambda x: al.plots.reliability([x, x, x]),
    ],
)
def test_tensors_with_gradients_ragged_lists_and_masks_are_named_everywhere(call):
    gradient = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
    masked = np.ma.masked_greater([0.1, 0.2, 0.3], 0.25)
    for value, message in (
        (gradient, "detach"),
        (masked, "1 masked values"),
        ([[0.1, 0.2], [0.3]], "row 0 of 2 and row 1 of 1"),
    ):
        with pytest.raises(AudioError, match=message):
            call(value)


def test_wrong_axis_suggests_transposing():
    with pytest.raises(AudioError, match=r"last axis, so try stereo\.T"):
        check_audio(np.zeros((100, 2)), name="stereo", min_samples=10)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, "8000", None, True])
def test_not_positive(value):
    with pytest.raises(AudioError, match=r"sample_rate is .* Hz: it must be a finite number"):
        check_positive(value, name="sample_rate", unit="Hz")


@pytest.mark.parametrize("value", [np.nan, np.inf, "6", None, True, 1 + 0j, np.zeros(2)])
def test_not_finite(value):
    with pytest.raises(AudioError, match=r"snr_db is .* dB: it must be a finite number"):
        check_finite(value, name="snr_db", unit="dB")


@pytest.mark.parametrize("value", [0, -3, 2.5, np.float32(-0.5), np.int64(4)])
def test_finite_numbers_of_any_sign_pass(value):
    assert check_finite(value, name="snr_db") == value


@pytest.mark.parametrize("value", [0, -8000, 0.5, np.nan, "8000"])
def test_not_a_rate(value):
    with pytest.raises(AudioError, match=r"from_rate is .* Hz: it must be a"):
        check_rate(value, name="from_rate")


@pytest.mark.parametrize("value", [0, -3, 2.5, 2.0, "2", None, True])
def test_not_a_count(value):
    with pytest.raises(
        AudioError, match=r"hop_length is .*: it must be a whole number, at least 1"
    ):
        check_count(value, name="hop_length")


def test_numbers_pass():
    assert check_positive(np.float32(0.5), name="x") == 0.5
    assert check_rate(np.float64(44100)) == 44100
    assert isinstance(check_rate(np.int32(8000)), int)
    assert check_count(np.int64(4), name="x") == 4
    assert check_count(0, name="x", minimum=0) == 0
    assert check_choice("b", name="x", choices=("a", "b")) == "b"


def test_choice_names_the_choices():
    with pytest.raises(AudioError, match="kind is 'c': choose one of 'a', 'b'"):
        check_choice("c", name="kind", choices=("a", "b"))
