"""Integrated gradients: they add up, and captum's are the same."""

import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4, 6)).eval()


@pytest.fixture(scope="module")
def sounds():
    return torch.randn(2, 8, 11, generator=torch.Generator().manual_seed(2)), torch.tensor([2, 0])


def test_captum_gets_the_same(network, sounds):
    x, target = sounds
    baseline = torch.linspace(-1, 1, 8)[:, None]
    ours = models.integrated_gradients(network, x, target, baseline=baseline, n_steps=20)
    theirs = IntegratedGradients(network).attribute(
        x,
        baseline.expand_as(x[:1]),
        target=target,
        n_steps=20,
        method="riemann_middle",
    )
    torch.testing.assert_close(ours, theirs.float(), atol=1e-5, rtol=1e-4)


def test_they_add_up_to_the_difference_from_the_baseline(network, sounds):
    x, target = sounds
    found = models.integrated_gradients(network, x, target, baseline=-0.5, n_steps=400)
    with torch.no_grad():
        logits = network(x) - network(torch.full_like(x[:1], -0.5))
    rise = logits.gather(1, target[:, None])[:, 0]
    torch.testing.assert_close(found.sum(dim=(1, 2)), rise, atol=0.02, rtol=0.02)


def test_a_line_needs_one_step_and_is_gradient_times_input(sounds):
    x, target = sounds
    line = nn.Sequential(nn.Flatten(), nn.Linear(88, 3))
    once = models.integrated_gradients(line, x, target, n_steps=1)
    torch.testing.assert_close(once, models.gradient_times_input(line, x, target))


def test_where_the_network_is_sure_the_gradient_is_blind_and_this_is_not():
    sure = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Hardtanh())  # flat beyond 1
    _ = sure[0].weight.data.fill_(1.0)
    x, target = torch.tensor([[4.0]]), torch.tensor([0])
    assert models.gradient_times_input(sure, x, target).item() == 0
    found = models.integrated_gradients(sure, x, target, n_steps=1000)
    assert found.item() == pytest.approx(1.0, abs=0.01)


def test_padding_gets_nothing_and_the_network_stays_as_it_was(network, sounds):
    x, target = sounds
    network.train()
    found = models.integrated_gradients(network, x, target, lengths=torch.tensor([11, 6]))
    assert network.training
    network.eval()
    assert (found[1, :, 6:] == 0).all()
    alone = models.integrated_gradients(network, x[1:, :, :6], target[1:])
    torch.testing.assert_close(found[1:, :, :6], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_steps": 0}, "n_steps is 0"),
        ({"baseline": torch.zeros(7)}, r"baseline has shape \(7,\)"),
        ({"baseline": torch.zeros(5, 2, 1, 1)}, r"baseline has shape \(5, 2, 1, 1\)"),
    ],
)
def test_bad_input_is_named(network, sounds, options, message):
    with pytest.raises(AudioError, match=message):
        models.integrated_gradients(network, *sounds, **options)
    with pytest.raises(AudioError, match="give a float tensor"):
        models.integrated_gradients(network, [1.0], sounds[1])
    with pytest.raises(AudioError, match=r"x is torch\.int64"):
        models.integrated_gradients(network, sounds[0].long(), sounds[1])
