"""Spectrograms of other voices, tempi and microphones: against sounds that are really so."""

import numpy as np
import pytest
import torch

from audiolessons import AudioError, transforms

RATE = 8000
SIZES = {"sample_rate": RATE, "n_fft": 512, "hop_length": 80, "n_mels": 40}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def warp(most_pitch=1.0, most_tempo=1.0, seed=0):
    options = {"most_pitch": most_pitch, "most_tempo": most_tempo, "sample_rate": RATE}
    return transforms.Warp(**options, generator=seeded(seed))


def tones(frequency_hz):
    time = torch.arange(RATE) / RATE
    return torch.sin(2 * torch.pi * torch.as_tensor(frequency_hz)[:, None] * time)


def test_factors_of_one_change_nothing():
    x, lengths = torch.randn(3, 40, 50, generator=seeded()), torch.tensor([50, 30, 1])
    warped, after = warp()(x, lengths)
    assert after.tolist() == lengths.tolist()
    inside = torch.arange(50) < lengths[:, None, None]
    torch.testing.assert_close(warped, x * inside, atol=1e-4, rtol=0)


def test_a_tone_moves_by_a_factor_that_lies_in_the_range_and_both_ways():
    """The band of the loudest tone goes where that of a tone moved by the factor lies."""
    to_mel = transforms.LogMel(**SIZES, top_db=40.0)
    x = to_mel(tones([700.0])).repeat(200, 1, 1)
    band = warp(most_pitch=1.3)(x).mean(dim=2).argmax(dim=1)
    ends = to_mel(tones([700 / 1.3, 700 * 1.3])).mean(dim=2).argmax(dim=1)
    assert abs(int(band.min()) - int(ends[0])) <= 1
    assert abs(int(band.max()) - int(ends[1])) <= 1
    assert band.min() < x[0].mean(dim=1).argmax() < band.max()


def test_a_faster_sound_is_shorter_and_its_padding_is_zero():
    x, lengths = torch.ones(200, 4, 60), torch.full((200,), 40)
    warped, after = warp(most_tempo=1.25)(x, lengths)
    assert 40 / 1.25 - 1 <= after.min() < 36
    assert 44 < after.max() <= 40 * 1.25 + 1
    inside = (torch.arange(60) < after[:, None, None]).expand(warped.shape)
    assert (warped[inside] == 1).all()
    assert (warped[~inside] == 0).all()


def test_a_batch_that_grows_keeps_the_ends_of_what_became_longer():
    ramp, lengths = torch.arange(40.0).expand(50, 2, 40), torch.full((50,), 40)
    options = {"most_pitch": 1.0, "most_tempo": 1.25, "sample_rate": RATE}
    for grows, longest in ((False, 40), (True, 50)):
        warped, after = transforms.Warp(**options, grows=grows, generator=seeded())(ramp, lengths)
        assert abs(warped.shape[2] - longest) <= 1
        assert int(after.max()) == warped.shape[2]
        ends = warped[torch.arange(50), 0, after - 1]
        assert bool((ends > 37.5).all()) == grows


def test_time_runs_at_the_tempo_that_the_length_tells():
    ramp = torch.arange(60.0).expand(50, 2, 60)
    warped, after = warp(most_tempo=1.25)(ramp, torch.full((50,), 40))
    last = warped[torch.arange(50), 0, after - 1]
    np.testing.assert_allclose(last, (after - 1) * 40 / after, atol=1)


def test_a_colour_is_the_same_at_all_times_and_within_its_range():
    x, lengths = torch.zeros(100, 40, 30), torch.arange(1, 101).clamp(max=30)
    colour = transforms.Colour(most=6.0, generator=seeded())
    gains, after = colour(x, lengths)
    assert after.tolist() == lengths.tolist()
    assert 5 < gains.abs().max() <= 6
    inside = (torch.arange(30) < lengths[:, None, None]).expand(gains.shape)
    assert (gains[~inside] == 0).all()
    assert torch.where(inside, gains - gains[..., :1], torch.zeros(())).abs().max() == 0
    assert gains[..., 0].diff(dim=1).abs().max() < 2  # no step between neighbours
    assert gains[:, :, 0].std(dim=0).min() > 1  # every item draws for itself


@pytest.mark.parametrize("module", [warp(1.2, 1.2), transforms.Colour(most=6, generator=seeded())])
def test_nothing_changes_outside_training_and_other_shapes_are_refused(module):
    x = torch.randn(2, 40, 9)
    assert module.eval()(x) is x
    with pytest.raises(AudioError, match=r"spectrograms \(B, F, N\)"):
        module.train()(torch.zeros(2, 9))
    with pytest.raises(AudioError, match="most"):
        type(module)(
            **{"most_pitch": 0.5, "most_tempo": 1, "sample_rate": RATE}
            if isinstance(module, transforms.Warp)
            else {"most": 0},
            generator=seeded(),
        )
