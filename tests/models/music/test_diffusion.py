"""Diffusion: one step is as good as many, and noise becomes what was learned."""

import math

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import Denoiser, noised, signal_shares


def test_many_small_steps_are_one_large_step():
    shares = signal_shares(20)
    torch.manual_seed(0)
    x = torch.full((200_000,), 1.5)
    for step in range(1, 13):
        kept = shares[step] / shares[step - 1]
        x = kept.sqrt() * x + (1 - kept).sqrt() * torch.randn_like(x)
    at_once = noised(torch.full((200_000,), 1.5), shares[12], torch.randn(200_000))
    assert float(x.mean()) == pytest.approx(float(at_once.mean()), abs=0.01)
    assert float(x.std()) == pytest.approx(float(at_once.std()), abs=0.01)


def test_the_shares_fall_from_all_to_nearly_nothing():
    shares = signal_shares(50)
    assert shares[0] == 1
    assert shares[-1] == pytest.approx(0.01)
    assert (shares[1:] < shares[:-1]).all()


def test_with_the_true_noise_each_step_leads_home():
    network = Denoiser(n_features=2, n_steps=40)
    target = torch.tensor([[1.0, -2.0]])
    network.forward = lambda x, step: (
        (x - network.shares[step][:, None].sqrt() * target)
        / (1 - network.shares[step][:, None]).sqrt()
    )
    *_, last = network.denoise(torch.randn(5, 2))
    assert torch.allclose(last, target.expand(5, 2), atol=1e-3)


def test_noise_becomes_a_ring_if_a_ring_was_learned():
    torch.manual_seed(0)
    network = Denoiser(n_features=2, n_steps=30, width=64)
    descent = torch.optim.Adam(network.parameters(), 0.003)
    for _ in range(900):
        angle = 2 * math.pi * torch.rand(256)
        descent.zero_grad()
        network.loss(torch.stack([angle.cos(), angle.sin()], dim=1)).backward()
        descent.step()
    *_, drawn = network.denoise(torch.randn(300, 2))
    radius = drawn.norm(dim=1)
    assert (radius - 1).abs().mean() < 0.12
    assert torch.atan2(drawn[:, 1], drawn[:, 0]).std() > 1.5  # and not always the same place


def test_other_vectors_are_refused():
    with pytest.raises(AudioError, match=r"give \(B, 2\)"):
        Denoiser(n_features=2)(torch.zeros(3, 4), torch.ones(3))
