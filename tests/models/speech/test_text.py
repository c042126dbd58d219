"""Networks that predict the next character: nothing from later, chances, the state."""

import numpy as np
import pytest
import torch

from audiolessons import language, models
from audiolessons.errors import AudioError


@pytest.fixture(params=["gru", "transformer"])
def network(request):
    torch.manual_seed(0)
    return models.TextModel(n_tokens=6, kind=request.param, width=8, longest=5).eval()


def test_what_comes_later_changes_nothing(network):
    tokens = torch.tensor([[6, 0, 3, 2, 5]])
    whole = network(tokens)
    assert whole.shape == (1, 7, 5)
    torch.testing.assert_close(network(tokens[:, :3]), whole[..., :3])


def test_it_is_a_language_model(network):
    state = network.start()
    for token in (0, 3, 2, 5, 1, 1, 1):
        state = network.next(state, token)
    assert len(state) == 5
    chances = network.probabilities(state)
    assert chances.sum() == pytest.approx(1)
    expected = torch.softmax(network(torch.tensor([state]))[0, :, -1], dim=0)
    np.testing.assert_allclose(chances, expected.detach().numpy(), rtol=1e-5)
    drawn = language.draw(network, most=8, seed=3)
    assert len(drawn) <= 8
    assert set(drawn) <= set(range(6))


def test_bad_input_is_named(network):
    with pytest.raises(AudioError, match=r"tokens has shape \(2,\)"):
        network(torch.tensor([0, 1]))
    with pytest.raises(AudioError, match="kind is 'lstm'"):
        models.TextModel(n_tokens=6, kind="lstm")
