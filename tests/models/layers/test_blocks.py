"""Averages and normalisation that skip the padding."""

import pytest
import torch
from torch import nn

from audiolessons.errors import AudioError
from audiolessons.models import BatchNorm, count_parameters, masked_mean, sequence_mask

SHAPES = {"(B, C, N)": (4, 3, 10), "(B, C, F, N)": (4, 3, 5, 10)}


def test_a_masked_mean_is_the_mean_of_the_sound():
    x = torch.randn(2, 3, 5, 9, dtype=torch.float64)
    x[0, ..., 4:] = float("nan")
    mean = masked_mean(x, sequence_mask([4, 9], n_frames=9))
    torch.testing.assert_close(mean[0], x[0, ..., :4].mean(dim=-1))
    torch.testing.assert_close(mean[1], x[1].mean(dim=-1))
    torch.testing.assert_close(masked_mean(x[1:]), mean[1:])


def test_a_mask_of_another_shape_is_named():
    with pytest.raises(AudioError, match=r"mask has shape \(3, 2\).*here \(2, 3\)"):
        masked_mean(torch.zeros(2, 5, 3), torch.ones(3, 2, dtype=torch.bool))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_without_a_mask_it_is_torchs_batch_norm(shape):
    torch.manual_seed(0)
    theirs = (nn.BatchNorm1d if len(shape) == 3 else nn.BatchNorm2d)(3)
    nn.init.normal_(theirs.weight)
    nn.init.normal_(theirs.bias)
    ours = BatchNorm(3)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(shape) * 3 + 2
    for _ in range(3):
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], value)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_with_a_mask_it_is_torchs_over_the_frames_that_are_sound(shape):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64) * 3 + 2
    mask = sequence_mask([10, 4, 7, 1], n_frames=10)
    ours, theirs = BatchNorm(3).double(), nn.BatchNorm1d(3).double()
    y = ours(x, mask)
    frames = x.movedim(-1, 1)[mask]  # (B, N, C, ...) -> (frames, C, ...)
    expected = theirs(frames.reshape(len(frames), 3, -1))
    torch.testing.assert_close(y.movedim(-1, 1)[mask].reshape(expected.shape), expected)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    assert (y.movedim(-1, 1)[~mask] == 0).all()


def test_gradients_of_the_masked_normalisation_are_right():
    x = torch.randn(2, 2, 4, dtype=torch.float64, requires_grad=True)
    mask = sequence_mask([4, 2], n_frames=4)
    norm = BatchNorm(2).double()
    assert torch.autograd.gradcheck(lambda x: norm(x, mask), (x,))


def test_one_value_has_no_deviation():
    with pytest.raises(AudioError, match=r"got 1 value a channel.*or call model.eval\(\)"):
        BatchNorm(3)(torch.randn(1, 3, 1))
    with pytest.raises(AudioError, match="got 1 value a channel"):
        BatchNorm(3)(torch.randn(1, 3, 5), sequence_mask([1], n_frames=5))
    assert BatchNorm(3).eval()(torch.randn(1, 3, 1)).shape == (1, 3, 1)


def test_frozen_parameters_are_not_counted():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    assert count_parameters(model) == 15 + 8
    model[0].requires_grad_(False)
    assert count_parameters(model) == 8
