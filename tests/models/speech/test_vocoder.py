"""The vocoder: what it writes is a spectrum, and what its losses and its critic look at."""

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.spectral import istft

SMALL = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1}


@pytest.fixture
def vocoder():
    torch.manual_seed(0)
    return models.Vocoder(**SMALL).eval()


@torch.no_grad()
def test_the_sound_is_the_inverse_of_the_spectrum(vocoder):
    log_mel = torch.randn(2, 80, 21)
    audio = vocoder(log_mel)
    assert audio.shape == (2, 200 * 20)
    spectrum = vocoder.spectrum(log_mel).numpy()
    np.testing.assert_allclose(audio, istft(spectrum, hop_length=200), atol=1e-5)


@torch.no_grad()
def test_only_frames_nearby_are_looked_at(vocoder):
    log_mel = torch.randn(1, 80, 60)
    other = log_mel.clone()
    other[..., 40:] += 1
    same = (vocoder.spectrum(log_mel) == vocoder.spectrum(other)).all(dim=1)[0]
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


def test_magnitudes_and_not_phases_are_compared():
    torch.manual_seed(0)
    audio = torch.randn(2, 8000)
    losses = [models.spectral_losses(scale * audio, audio) for scale in (1, -1, 0.9, 0.5)]
    assert (torch.stack(losses[:2]) == 0).all()
    assert (losses[2] > 0).all()
    assert (losses[3] > losses[2]).all()
    # half as loud: half of the norm is missing, and log 2 everywhere
    torch.testing.assert_close(losses[3], torch.full((2,), 0.5 + np.log(2)).float())


def test_the_critic_sees_pieces_at_each_resolution_and_learns():
    torch.manual_seed(0)
    critic = models.SpectrogramCritic(n_channels=4)
    noise, tone = torch.randn(2, 2000), torch.sin(torch.arange(2000.0))[None].expand(2, -1)
    verdicts, features = critic(noise)
    assert len(verdicts) == 3
    assert len(features) == 12
    assert all(one.shape[:2] == (2, 1) for one in verdicts)
    assert all(one[0].numel() > 10 for one in verdicts)
    optimiser = torch.optim.Adam(critic.parameters(), 0.01)

    def seen_through():
        pairs = zip(critic(tone)[0], critic(noise)[0], strict=True)
        return sum((1 - real).relu().mean() + (1 + made).relu().mean() for real, made in pairs)

    before = float(seen_through().detach())
    for _ in range(8):
        optimiser.zero_grad()
        seen_through().backward()
        optimiser.step()
    assert float(seen_through().detach()) < 0.7 * before


def test_judges_of_periods_see_what_repeats_with_them():
    audio = torch.randn(1, 4000)
    changed = audio.clone()
    changed[0, 1000] += 1
    critics = models.Critics(models.PeriodCritic(n_channels=2), models.PictureCritic(n_channels=2))
    once, again = (critics.critics[0](one)[1][::4] for one in (audio, changed))
    for period, before, after in zip((2, 3, 5, 7, 11), once, again, strict=True):
        (columns,) = (before != after).any(dim=(0, 1, 2)).nonzero(as_tuple=True)
        assert columns.tolist() == [1000 % period]
    with pytest.raises(AudioError, match="n_channels is 0"):
        models.PeriodCritic(n_channels=0)
