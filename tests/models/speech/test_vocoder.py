"""The vocoder: what it looks at, and what its loss and its critic look at."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError

SMALL = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1}


@pytest.fixture
def vocoder():
    torch.manual_seed(0)
    return models.MelToMagnitudes(**SMALL).eval()


@torch.no_grad()
def test_only_frames_nearby_are_looked_at(vocoder):
    log_mel = torch.randn(1, 80, 60)
    other = log_mel.clone()
    other[..., 40:] += 1
    same = (vocoder(log_mel) == vocoder(other)).all(dim=1)[0]
    assert same[: 40 - 6].all()  # two convolutions of seven frames
    assert not same[40 - 6 :].any()


def test_other_bands_are_refused(vocoder):
    with pytest.raises(AudioError, match="log_mel has 40 bands, the network was made for 80"):
        vocoder(torch.zeros(1, 40, 5))


def test_magnitudes_are_compared_where_they_are_soft_and_where_they_are_loud():
    true = torch.full((1, 401, 4), -9.0)
    true[:, 3] = 2.0
    assert models.magnitude_loss(true, true) == 0
    soft, loud = true.clone(), true.clone()
    soft[:, 100] += 1
    loud[:, 3] += 1
    only_logs = torch.tensor(1 / 401)
    torch.testing.assert_close(models.magnitude_loss(soft, true)[0], only_logs, rtol=0.02, atol=0)
    assert models.magnitude_loss(loud, true)[0] > 1.7


def test_the_critic_sees_pieces_and_learns():
    torch.manual_seed(0)
    critic = models.PictureCritic(n_channels=4)
    noise, even = torch.randn(2, 80, 40), torch.zeros(2, 80, 40)
    verdicts, features = critic(noise)
    assert [len(features), verdicts.shape[:2]] == [4, (2, 1)]
    assert verdicts[0].numel() > 10
    optimiser = torch.optim.Adam(critic.parameters(), 0.01)

    def seen_through():
        return (1 - critic(even)[0]).relu().mean() + (1 + critic(noise)[0]).relu().mean()

    before = float(seen_through().detach())
    for _ in range(8):
        optimiser.zero_grad()
        seen_through().backward()
        optimiser.step()
    assert float(seen_through().detach()) < 0.7 * before
