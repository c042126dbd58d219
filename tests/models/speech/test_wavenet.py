"""WaveNet: levels there and back, nothing seen too early, one by one as all at once."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.WaveNet(n_layers=4, n_rounds=2, n_channels=8, n_levels=16).eval()


def test_levels_there_and_back():
    levels = torch.arange(256)
    assert torch.equal(models.to_levels(models.from_levels(levels)), levels)
    audio = torch.linspace(-1, 1, 999)
    apart = (models.from_levels(models.to_levels(audio)) - audio).abs()
    assert (apart <= 0.0003 + 0.024 * audio.abs()).all()  # finer where it is soft
    assert models.to_levels(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


@torch.no_grad()
def test_a_guess_rests_on_so_many_samples_and_on_none_that_follow(network):
    levels = torch.randint(16, (1, 100))
    other = levels.clone()
    other[0, 50] = (other[0, 50] + 1) % 16
    changed = (network(levels) != network(other)).any(dim=1)[0].nonzero().flatten()
    assert network.n_back == 31
    assert changed.min() == 50
    assert changed.max() == 50 + network.n_back - 1


@torch.no_grad()
def test_one_by_one_it_guesses_as_all_at_once(network):
    drawn = network.generate(40, seed=3)
    levels = torch.cat([torch.tensor([8]), drawn])[None]
    logits = network(levels)
    generator = torch.Generator().manual_seed(3)
    again = [
        int(torch.multinomial(logits[0, :, t].softmax(dim=0), 1, generator=generator))
        for t in range(40)
    ]
    assert again == drawn.tolist()


def test_what_repeats_is_learned(network):
    levels = torch.tensor([2, 9, 14, 5]).repeat(20)[None]
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(30):
        optimiser.zero_grad()
        models.next_level_loss(network(levels), levels).mean().backward()
        optimiser.step()
    assert float(models.next_level_loss(network(levels), levels).detach()) < 0.1


def test_other_shapes_are_refused(network):
    with pytest.raises(AudioError, match=r"levels have shape \(5,\): give \(B, T\)"):
        network(torch.zeros(5, dtype=torch.long))
