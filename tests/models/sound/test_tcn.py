"""The temporal convolution sees as far back as it says."""

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import CausalConvolution, TemporalConvolution, count_parameters


def test_a_causal_convolution_is_the_sum_over_earlier_frames():
    torch.manual_seed(0)
    layer = CausalConvolution(2, 3, kernel_size=3, dilation=2).double()
    x = torch.randn(1, 2, 12, dtype=torch.float64)
    weight, bias = layer.convolution.weight, layer.convolution.bias
    y = layer(x)
    for n in range(12):
        expected = bias.clone()
        for k in range(3):  # the last tap is this frame, the one before it two frames ago
            past = n - 2 * (2 - k)
            if past >= 0:
                expected = expected + weight[:, :, k] @ x[0, :, past]
        torch.testing.assert_close(y[0, :, n], expected)


@pytest.mark.parametrize(("n_levels", "kernel_size"), [(1, 2), (2, 3), (4, 3), (3, 5)])
def test_it_sees_exactly_its_receptive_field(n_levels, kernel_size):
    torch.manual_seed(0)
    model = TemporalConvolution(
        n_features=3, n_channels=16, n_levels=n_levels, kernel_size=kernel_size
    ).double()
    size, stride = model.receptive_field()
    assert (size, stride) == (1 + 2 * (kernel_size - 1) * (2**n_levels - 1), 1)
    x = torch.randn(1, size + 20, 3, dtype=torch.float64, requires_grad=True)
    n = size + 10
    (gradient,) = torch.autograd.grad(model(x)[0, n].sum(), x)
    touched = gradient[0].abs().sum(dim=1).nonzero()[:, 0]
    assert touched.max() == n
    # the farthest frame hangs on one path, which a ReLU may close
    assert n - size + 1 <= touched.min() <= n - size + 1 + size // 3


def test_parameters_are_counted_by_hand():
    D, C, k, levels = 88, 64, 3, 4
    model = TemporalConvolution(n_features=D, n_channels=C, n_levels=levels, kernel_size=k)
    # a convolution has k weights a pair of channels, and bias and length a filter
    first = (k * D * C + 2 * C) + (k * C * C + 2 * C) + (D + 1) * C  # with its shortcut
    others = (levels - 1) * 2 * (k * C * C + 2 * C)
    assert count_parameters(model) == first + others + (C + 1) * D


@pytest.mark.parametrize("name", ["n_features", "n_channels", "n_levels", "kernel_size"])
def test_a_wrong_option_is_named(name):
    with pytest.raises(AudioError, match=f"{name} is 0"):
        TemporalConvolution(**{name: 0})
