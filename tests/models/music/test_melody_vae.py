"""The auto-encoder: marks come back, the two parts are what they are said to be, it learns."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from audiolessons.errors import AudioError
from audiolessons.models import MelodyVAE, between, from_marks, gaussian_nats, to_marks


def test_marks_and_tokens_are_the_same_melody():
    tokens = torch.randint(0, 4, (20, 32), generator=torch.Generator().manual_seed(0))
    assert torch.equal(from_marks(to_marks(tokens)), tokens)


def test_the_divergence_is_torchs():
    mean, log_variance = torch.randn(3, 5), torch.randn(3, 5)
    theirs = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(gaussian_nats(mean, log_variance), theirs, atol=1e-5)


def test_the_loss_is_the_sum_of_its_parts_and_free_nats_cost_nothing():
    torch.manual_seed(0)
    network = MelodyVAE(n_steps=8, latent_size=4, hidden_size=16)
    marks = torch.randint(0, 48, (6, 8))
    total, reconstruction, divergence = network.loss(marks)
    assert total.item() == pytest.approx((reconstruction + divergence).item(), abs=1e-3)
    free, reconstruction, divergence = network.loss(marks, free_nats=2.0)
    assert (free - reconstruction).item() == pytest.approx(8.0, abs=1e-3)  # four numbers, two each


def test_a_decoder_that_hears_nothing_tells_melodies_apart_by_their_numbers():
    torch.manual_seed(0)
    network = MelodyVAE(n_steps=8, latent_size=4, hidden_size=48)
    tokens = torch.tensor([[30, 30, 32, 32, 34, 34, 35, 35], [40, 39, 37, 35, 34, 32, 30, 30]])
    marks = to_marks(tokens)
    descent = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(250):
        descent.zero_grad()
        network.loss(marks, free_nats=0.5)[0].backward()
        descent.step()
    mean, _ = network.encode(marks)
    assert torch.equal(network.compose(mean), tokens)


def test_what_was_heard_reaches_the_decoder_only_if_it_hears():
    torch.manual_seed(0)
    for hears in (0.0, 1.0):
        network = MelodyVAE(n_steps=6, latent_size=2, hidden_size=8, hears=hears).eval()
        marks = torch.randint(0, 48, (2, 6))
        changed = marks.clone()
        changed[:, 0] = (changed[:, 0] + 1) % 48
        z = torch.zeros(2, 2)
        network.encode = lambda _, z=z: (z, torch.full_like(z, -8))
        torch.manual_seed(1)
        one = network(marks)[0]
        torch.manual_seed(1)
        assert torch.equal(one, network(changed)[0]) == (hears == 0)


def test_an_arc_keeps_its_length():
    a, b = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))
    a, b = (4 * v / v.norm(dim=1, keepdim=True) for v in (a, b))
    for share in (0.0, 0.3, 1.0):
        assert between(a, b, share).norm(dim=1) == pytest.approx([4] * 5, abs=1e-4)
    assert torch.allclose(between(a, b, 0.0), a, atol=1e-5)
    assert torch.allclose(between(a, a, 0.5), a)


def test_what_cannot_be_is_refused():
    with pytest.raises(AudioError, match="hears is"):
        MelodyVAE(hears=1.5)
    with pytest.raises(AudioError, match=r"give \(B, 8\)"):
        MelodyVAE(n_steps=8)(torch.zeros(2, 9, dtype=torch.long))
