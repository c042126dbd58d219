"""A check of one word: one answer for a stretch, by what comes in which order."""

import pytest
import torch

from audiolessons import AudioError
from audiolessons.models import WordCheck


def test_it_is_the_last_state_of_the_library():
    torch.manual_seed(0)
    check = WordCheck(n_states=6, hidden_size=4).eval()
    states = torch.randn(3, 10, 6)
    _, last = check.gru(check.enter(states).relu())
    torch.testing.assert_close(check(states), check.predict(last[0]).squeeze(-1))
    assert not torch.allclose(check(states), check(states.flip(1)))


def test_it_learns_which_of_two_sounds_comes_last():
    torch.manual_seed(0)
    check = WordCheck(n_states=2, hidden_size=8, dropout=0.0)
    states = torch.zeros(64, 12, 2)
    first = torch.arange(64) % 2
    states[torch.arange(64), 3, first] = 1.0
    states[torch.arange(64), 9, 1 - first] = 1.0
    optimiser = torch.optim.Adam(check.parameters(), 0.02)
    for _ in range(80):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(check(states), first.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ((check(states) > 0) == first.bool()).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(AudioError, match="made for 384"):
        WordCheck()(torch.zeros(1, 28, 192))
    with pytest.raises(AudioError, match="states"):
        WordCheck()(torch.zeros(28, 384))
    with pytest.raises(AudioError, match="dropout is 1"):
        WordCheck(dropout=1.0)
