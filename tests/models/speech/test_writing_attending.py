"""Attention that writes: padding, writing by itself, and a loss that keeps to the diagonal."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.AttentionWriter(10, width=16, hidden_size=16, n_encoder=1, n_together=2).eval()


@torch.no_grad()
def test_padding_changes_no_frame_and_takes_no_look(network):
    tokens = torch.tensor([[1, 2, 3, 4], [5, 6, 9, 9]])
    log_mel = torch.randn(2, 80, 6) - 8
    both, looks = network(tokens, torch.tensor([4, 2]), log_mel)
    alone, own = network(tokens[1:, :2], None, log_mel[1:])
    torch.testing.assert_close(both[1:], alone)
    torch.testing.assert_close(looks[1:, :, :2], own)
    assert (looks[1, :, 2:] == 0).all()
    torch.testing.assert_close(looks.sum(dim=2), torch.ones(2, 3))


@torch.no_grad()
def test_a_frame_knows_those_before_and_none_after(network):
    tokens, log_mel = torch.tensor([[1, 2, 3]]), torch.randn(1, 80, 8) - 8
    later = log_mel.clone()
    later[:, :, 4:] += 3
    once, again = (network(tokens, None, one)[0] for one in (log_mel, later))
    torch.testing.assert_close(once[..., :6], again[..., :6])  # looks at 0, 1 and 3
    assert not torch.allclose(once[..., 6:], again[..., 6:])


@torch.no_grad()
def test_what_it_writes_by_itself_is_what_it_writes_when_given_that(network):
    tokens = torch.tensor([1, 2, 3])
    written, looks = network.write(tokens, n_frames=7)
    assert written.shape == (80, 7)
    assert looks.shape == (4, 3)
    again, same = network(tokens[None], None, written[None])
    torch.testing.assert_close(again[0], written, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(same[0], looks, atol=1e-4, rtol=1e-4)


def test_looks_beside_the_diagonal_cost(network):
    mel, lengths = torch.zeros(1, 80, 8), torch.tensor([8])
    straight, turned = torch.eye(4)[None], torch.eye(4).flip(0)[None]
    losses = [
        models.attending_loss((mel, one), (mel, lengths, torch.tensor([4])))
        for one in (straight, turned)
    ]
    assert losses[0] == 0
    assert losses[1] > 2


def test_padding_is_not_counted():
    mel, looks = torch.zeros(2, 80, 8), torch.eye(4).expand(2, 4, 4).clone()
    true = mel.clone()
    true[1, :, 4:] = 9
    looks[1, 2:] = looks[1, 2:].flip(0)
    lengths = torch.tensor([8, 4]), torch.tensor([4, 2])
    assert models.attending_loss((mel, looks), (true, *lengths)).tolist() == [0, 0]


def test_other_shapes_are_refused(network):
    with pytest.raises(AudioError, match=r"log_mel has shape \(2, 80, 4\) for 1 texts"):
        network(torch.tensor([[1]]), None, torch.zeros(2, 80, 4))
    with pytest.raises(AudioError, match="n_frames is 0"):
        network.write(torch.tensor([1]), n_frames=0)
