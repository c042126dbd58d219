"""Nats a frame by hand, and continuations."""

import math

import pytest
import torch
from torch import nn

from audiolessons.errors import AudioError
from audiolessons.models import (
    RecurrentSequenceModel,
    TemporalConvolution,
    continue_roll,
    next_frame_nats,
)


def test_nats_by_hand():
    """As published: minus the sum over keys of y log p + (1 - y) log(1 - p), over frames 2 to N."""
    torch.manual_seed(0)
    logits, rolls = torch.randn(2, 6, 4), (torch.rand(2, 6, 4) > 0.5).float()
    expected = []
    for b, length in enumerate([6, 3]):
        for n in range(1, length):
            p = torch.sigmoid(logits[b, n - 1])
            y = rolls[b, n]
            expected.append(-(y * p.log() + (1 - y) * (1 - p).log()).sum())
    nats = next_frame_nats(logits, rolls, [6, 3])
    torch.testing.assert_close(nats, torch.stack(expected))
    assert nats.shape == (5 + 2,)


def test_what_the_padding_holds_does_not_count():
    logits, rolls = torch.randn(2, 6, 4), torch.zeros(2, 6, 4)
    nats = next_frame_nats(logits, rolls, [6, 3])
    logits[1, 3:], rolls[1, 3:] = float("nan"), float("nan")
    torch.testing.assert_close(next_frame_nats(logits, rolls, [6, 3]), nats)


def test_a_certain_model_is_not_surprised():
    rolls = (torch.rand(1, 9, 4) > 0.5).float()
    knowing = (rolls.roll(-1, dims=1) * 2 - 1) * 50
    assert next_frame_nats(knowing, rolls).max() < 1e-6
    assert math.isclose(next_frame_nats(-knowing, rolls).mean(), 4 * 50, rel_tol=1e-6)


def test_a_roll_of_one_frame_adds_nothing_and_one_alone_is_named():
    logits, rolls = torch.randn(2, 6, 4), torch.zeros(2, 6, 4)
    assert len(next_frame_nats(logits, rolls, [6, 1])) == 5
    with pytest.raises(AudioError, match="at most one frame each"):
        next_frame_nats(logits, rolls, [1, 1])
    with pytest.raises(AudioError, match="at most one frame each"):
        next_frame_nats(logits[:, :1], rolls[:, :1])


def test_wrong_shapes_are_named():
    with pytest.raises(AudioError, match=r"logits have shape \(1, 5, 4\).*the shift by one frame"):
        next_frame_nats(torch.zeros(1, 5, 4), torch.zeros(1, 6, 4))
    with pytest.raises(AudioError, match=r"rolls has shape \(1, 5, 3\)"):
        next_frame_nats(torch.zeros(1, 5, 4), torch.zeros(1, 5, 3))
    with pytest.raises(AudioError, match=r"rolls holds torch\.bool"):
        next_frame_nats(torch.zeros(1, 5, 4), torch.zeros(1, 5, 4, dtype=torch.bool))
    with pytest.raises(AudioError, match=r"lengths have shape \(1,\): give \(2,\)"):
        next_frame_nats(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), [5])


class Echo(nn.Module):
    """Is certain that the next frame is this one."""

    def forward(self, x, lengths=None):
        return (x * 2 - 1) * 50


def test_a_continuation_follows_the_model():
    roll = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    whole = continue_roll(Echo(), roll, n_frames=5)
    assert torch.equal(whole[:2], roll)
    assert torch.equal(whole[2:], roll[1:].expand(5, 3))


@pytest.mark.parametrize("make", [RecurrentSequenceModel, TemporalConvolution])
def test_a_seed_gives_one_continuation(make):
    torch.manual_seed(0)
    model = make(dropout=0.5).train()
    roll = torch.zeros(4, 88)
    first = continue_roll(model, roll, n_frames=6, seed=1)
    assert first.shape == (10, 88)
    assert set(first.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(first, continue_roll(model, roll, n_frames=6, seed=1))
    assert not torch.equal(first, continue_roll(model, roll, n_frames=6, seed=2))
    assert model.training
    assert not roll.any()


def test_temperature_sharpens_and_flattens():
    class Weak(nn.Module):
        def forward(self, x, lengths=None):
            return torch.full_like(x, -2.0)  # 12 % a key

    roll = torch.zeros(1, 88)
    share = {
        t: float(continue_roll(Weak(), roll, n_frames=40, temperature=t)[1:].mean())
        for t in (0.2, 1.0, 100.0)
    }
    assert share[0.2] < 0.005
    assert abs(share[1.0] - 0.119) < 0.02
    assert abs(share[100.0] - 0.5) < 0.02


def test_wrong_options_are_named():
    model = Echo()
    with pytest.raises(AudioError, match="n_frames is 0"):
        continue_roll(model, torch.zeros(4, 88), n_frames=0)
    with pytest.raises(AudioError, match="temperature is 0"):
        continue_roll(model, torch.zeros(4, 88), n_frames=2, temperature=0)
    with pytest.raises(AudioError, match=r"roll has shape .* which is empty"):
        continue_roll(model, torch.zeros(0, 88), n_frames=2)
    with pytest.raises(AudioError, match="roll is a list"):
        continue_roll(model, [[0.0]], n_frames=2)
    with pytest.raises(AudioError, match="holds 2 rolls: give one"):
        continue_roll(model, torch.zeros(2, 4, 88), n_frames=2)
