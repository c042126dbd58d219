"""Grids beside torch's own fake quantisation, and networks that live on them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError


@given(st.floats(-50, 0), st.floats(0.01, 50), st.integers(2, 8))
def test_values_within_the_grid_are_at_most_half_a_step_away(low, high, n_bits):
    grid = models.Grid.between(low, high, n_bits=n_bits)
    x = torch.linspace(low, high, 101)
    apart = (grid.nearest(x) - x).abs().max()
    assert apart <= grid.scale * 1.01  # half a step, and half of one for the zero point
    assert grid.nearest(torch.zeros(1)) == 0


def test_nearest_and_its_gradient_are_torchs():
    torch.manual_seed(0)
    x = torch.randn(2000, requires_grad=True)
    theirs_x = x.detach().clone().requires_grad_()
    grid = models.Grid.between(-1.0, 2.0)
    ours = grid.nearest(x)
    theirs = torch.fake_quantize_per_tensor_affine(
        theirs_x, float(grid.scale), int(grid.zero_point), 0, 255
    )
    torch.testing.assert_close(ours, theirs)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    # beyond an end by less than half a step, torch still passes the gradient on; ours does not
    beyond = torch.maximum(-1.0 - x.detach(), x.detach() - 2.0)
    is_between = (beyond > 0) & (beyond < 0.51 * grid.scale)
    assert 0 < is_between.sum() < 20
    torch.testing.assert_close(x.grad[~is_between], theirs_x.grad[~is_between])
    assert x.grad[is_between].eq(0).all()


def test_a_weights_grid_by_channel_is_torchs():
    weight = torch.randn(5, 3, 3, 3) * torch.logspace(-2, 2, 5)[:, None, None, None]
    grid = models.Grid.of_weight(weight)
    theirs = torch.fake_quantize_per_channel_affine(
        weight, grid.scale.flatten(), torch.zeros(5, dtype=torch.int32), 0, -127, 127
    )
    torch.testing.assert_close(grid.nearest(weight), theirs)
    integers = grid.to_integers(weight)
    assert integers.abs().amax(dim=(1, 2, 3)).eq(127).all()
    torch.testing.assert_close(grid.from_integers(integers), theirs)
    of_all = models.Grid.of_weight(weight, by_channel=False)
    assert of_all.nearest(weight)[0].count_nonzero() == 0  # the smallest channel is lost


def test_a_network_on_grids_watches_learns_and_settles():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    x = torch.randn(64, 4)
    exact = network(x)
    fine = models.quantize_aware(network, n_bits=8)
    assert 0 < (fine(x) - exact).abs().max() < 0.05
    models.watch(fine, False)
    high = float(fine[0].input_grid.high)
    fine(100 * x)
    assert float(fine[0].input_grid.high) == high == float(x.max())
    fine(x).sum().backward()
    assert fine[0].parametrizations.weight.original.grad.abs().sum() > 0
    settled = models.settle(fine)
    assert len(torch.unique(settled[0].weight[0])) <= 255
    assert not settled[0]._forward_pre_hooks
    assert not list(settled.buffers())


def test_fewer_bits_err_more():
    torch.manual_seed(0)
    x, errors = torch.randn(64, 4), []
    for n_bits in (8, 4, 2):
        layer = nn.Linear(4, 8, bias=False)
        torch.nn.init.uniform_(layer.weight, generator=torch.Generator().manual_seed(0))
        exact = layer(x)
        coarse = models.quantize_aware(layer, n_bits=n_bits)(x)
        errors.append((coarse - exact).abs().mean().item())
    assert errors == sorted(errors)


def test_bits_that_cannot_be():
    with pytest.raises(AudioError, match="n_bits is 32: give 2 to 16"):
        models.quantize_aware(nn.Linear(1, 1), n_bits=32)
    with pytest.raises(AudioError, match="no convolution and no linear"):
        models.quantize_aware(nn.ReLU())
    with pytest.raises(AudioError, match=r"give a torch\.nn\.Module"):
        models.quantize_aware(None)


def test_ends_and_weights_that_cannot_be():
    for low, high in ((float("nan"), 1.0), (0.0, float("inf")), (3.0, -1.0)):
        with pytest.raises(AudioError, match="give finite ends, low the lower one"):
            models.Grid.between(low, high)
    for weight in (torch.ones(2, 2, dtype=torch.int32), torch.ones(2, 0), [1.0, 2.0]):
        with pytest.raises(AudioError, match="give a layer's weight"):
            models.Grid.of_weight(weight)


def test_a_grid_that_has_seen_nothing_does_not_answer():
    layer = models.watch(models.quantize_aware(nn.Linear(4, 2)), False)
    with pytest.raises(AudioError, match="has no ends yet: call the network on sounds"):
        layer(torch.randn(3, 4))
    models.watch(layer, True)
    for x in (torch.full((3, 4), float("nan")), torch.zeros(0, 4)):
        with pytest.raises(AudioError, match="is empty, or holds NaN"):
            layer(x)
    layer(torch.randn(3, 4))  # what was refused left no trace
    assert models.watch(layer, False)(torch.randn(3, 4)).isfinite().all()


def test_grids_are_laid_once():
    layer = models.quantize_aware(nn.Linear(4, 2))
    with pytest.raises(AudioError, match="on grids already: call settle first"):
        models.quantize_aware(layer)
    models.quantize_aware(models.settle(layer))
