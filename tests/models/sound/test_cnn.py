"""Convolutional networks: what they see, what they count, what they forget."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.models import ReceptiveField, SpectrogramCNN, WaveformCNN, receptive_field


def seen(layers, n_inputs):
    """Return by gradients which inputs one value in the middle depends on: first and last index."""
    x = torch.zeros(1, 1, n_inputs, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel_size, stride, dilation in layers:
        weight = torch.ones(1, 1, kernel_size, dtype=torch.float64)
        y = nn.functional.conv1d(y, weight, stride=stride, dilation=dilation)
    middle = y.shape[-1] // 2
    spans = []
    for index in (middle, middle + 1):
        (gradient,) = torch.autograd.grad(y[0, 0, index], x, retain_graph=True)
        spans.append(gradient[0, 0].nonzero()[:, 0])
    return spans


LAYER = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))


@given(layers=st.lists(LAYER, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_receptive_field_is_what_gradients_reach(layers):
    field = receptive_field(layers)
    first, second = seen(layers, field.size + 2 * field.stride)
    assert first[-1] - first[0] + 1 == field.size
    assert second[0] - first[0] == field.stride


def reached(model, x, lengths=None):
    """Return where the input matters to one value of the last map of a network."""
    x.requires_grad_()
    torch.nn.init.constant_(model.norms[-1].bias, 100.0)  # no ReLU of the last block is closed
    feature_map = model.feature_maps(x, lengths)[-1]
    middle = [size // 2 for size in feature_map.shape[2:]]
    total = feature_map[(0, slice(None), *middle)].sum()
    (gradient,) = torch.autograd.grad(total, x)
    return gradient[0].nonzero()


def test_no_value_sees_more_than_the_receptive_field_says():
    torch.manual_seed(0)
    model = WaveformCNN(n_classes=3).eval()
    indices = reached(model, torch.randn(1, 6000))[:, 0]
    size, stride = model.receptive_field()
    # max pooling lets one of four through, so some of the field may not show
    assert stride == 1024
    assert size / 2 < indices.max() - indices.min() + 1 <= size


def test_the_field_of_the_spectrogram_network_is_square():
    torch.manual_seed(0)
    model = SpectrogramCNN(n_mels=64, n_classes=3).eval()
    bins, frames = reached(model, torch.randn(1, 64, 64)).T
    size, stride = model.receptive_field()
    assert stride == 8
    for indices in (bins, frames):
        assert size / 2 < indices.max() - indices.min() + 1 <= size


@pytest.mark.parametrize("n_frames", [1, 2, 7, 8, 9, 63])
@pytest.mark.parametrize("n_mels", [1, 13, 40])
def test_every_size_of_spectrogram_works(n_mels, n_frames):
    """No flatten size is written down: it follows from the number of bands."""
    model = SpectrogramCNN(n_mels=n_mels, n_classes=4).eval()
    x = torch.randn(2, n_mels, n_frames)
    maps = model.feature_maps(x)
    halves = [(-(-n_mels // 2**k), -(-n_frames // 2**k)) for k in (1, 2, 3)]
    assert [tuple(m.shape[2:]) for m in maps] == halves
    assert model(x).shape == (2, 4)


@pytest.mark.parametrize("n_samples", [1, 3, 100, 1023, 1024, 1025])
def test_every_length_of_waveform_works(n_samples):
    model = WaveformCNN(n_classes=4).eval()
    x = torch.randn(2, n_samples)
    assert model.feature_maps(x)[-1].shape[-1] == -(-n_samples // 1024)
    assert model(x).shape == (2, 4)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (WaveformCNN(n_classes=3), torch.randn(2, 3000)),
        (SpectrogramCNN(n_mels=20, n_classes=3), torch.randn(2, 20, 30)),
    ],
)
def test_an_axis_for_one_channel_may_be_there_or_not(model, x):
    torch.testing.assert_close(model.eval()(x), model(x[:, None]))


def test_averaging_over_frequency_forgets_where_a_pattern_was():
    """A tone low or high: the same pattern, moved by a multiple of the pooling."""
    torch.manual_seed(0)
    x = torch.zeros(2, 64, 32)
    x[0, 24], x[1, 32] = 1.0, 1.0  # far from both edges
    differences = {}
    for keep_frequency in (True, False):
        model = SpectrogramCNN(n_mels=64, n_classes=5, keep_frequency=keep_frequency).eval()
        low, high = model(x).detach()
        differences[keep_frequency] = float((low - high).abs().max())
    assert differences[True] > 1e-3
    assert differences[False] < 1e-6


@pytest.mark.parametrize("keep_frequency", [True, False])
def test_what_is_averaged_is_time_and_frequency_only_if_asked(keep_frequency):
    model = SpectrogramCNN(n_mels=20, n_classes=3, keep_frequency=keep_frequency).eval()
    x, summaries = torch.randn(2, 20, 32), []
    model.classify.register_forward_pre_hook(lambda _, inputs: summaries.append(inputs[0]))
    model(x)
    last = model.feature_maps(x)[-1]  # (B, C, F, N)
    expected = last.mean(dim=3).flatten(1) if keep_frequency else last.mean(dim=(2, 3))
    torch.testing.assert_close(summaries[0], expected)


def test_the_level_of_the_bands_does_not_matter_to_training():
    """Decibels may be given as they are: the bands are normalised first."""
    torch.manual_seed(0)
    model = SpectrogramCNN(n_mels=20, n_classes=3).train()
    x = torch.randn(4, 20, 30)
    loud = x * 20 - 60
    torch.testing.assert_close(model(x), model(loud), rtol=1e-3, atol=1e-3)


def test_parameters_are_counted_by_hand():
    """As the docstrings say: filters, two numbers a channel to normalise, the linear layer."""
    spectrogram = SpectrogramCNN(n_mels=40, n_classes=10)
    filters = 9 * (1 * 16 + 16 * 32 + 32 * 64)
    norms = 2 * (40 + 16 + 32 + 64)
    assert models.count_parameters(spectrogram) == filters + norms + (64 * 5 + 1) * 10
    waveform = WaveformCNN(n_classes=10)
    filters = 79 * 32 + 3 * (32 * 32 + 32 * 64 + 64 * 128)
    norms = 2 * (32 + 32 + 64 + 128)
    assert models.count_parameters(waveform) == filters + norms + (128 + 1) * 10


def test_receptive_field_by_hand():
    assert receptive_field([]) == ReceptiveField(1, 1)
    assert receptive_field([(80, 4), (4, 4)]) == ReceptiveField(80 + 3 * 4, 16)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([3], "a layer is 3: give"),
        ([(3,)], r"a layer is \(3,\): give"),
        ([(0, 1)], "kernel_size is 0"),
        ([(3, 1.5)], "stride is 1.5"),
        ([(3, 1, 0)], "dilation is 0"),
    ],
)
def test_a_wrong_layer_is_named(layers, message):
    with pytest.raises(AudioError, match=message):
        receptive_field(layers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_classes": 0}, "n_classes is 0"),
        ({"channels": ()}, r"channels is \(\): give one number of filters a block"),
        ({"channels": 32}, "channels is 32: give one number"),
        ({"channels": (32, -1)}, "channels is -1"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    for make in (WaveformCNN, lambda **kw: SpectrogramCNN(n_mels=40, **kw)):
        with pytest.raises(AudioError, match=message):
            make(**{"n_classes": 10, **options})


def test_an_even_first_kernel_is_named():
    with pytest.raises(AudioError, match="first_kernel_size is 80: give an odd number, 79 or 81"):
        WaveformCNN(n_classes=10, first_kernel_size=80)


def test_several_channels_are_named():
    with pytest.raises(AudioError, match=r"so 2 channels: give one, for example x.mean\(dim=1\)"):
        WaveformCNN(n_classes=3)(torch.zeros(4, 2, 100))
    with pytest.raises(AudioError, match="so 3 channels"):
        SpectrogramCNN(n_mels=20, n_classes=3)(torch.zeros(4, 3, 20, 30))
