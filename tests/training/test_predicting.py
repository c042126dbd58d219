"""Predicting: in the set's order, in evaluation mode, and back again."""

import pytest
import torch
from torch.utils.data import TensorDataset

from audiolessons import training
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    """Doubles; a training network would drop every number."""
    return torch.nn.Sequential(_Double(), torch.nn.Dropout(1.0))


class _Double(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.factor * x


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_answers_come_in_order_whatever_the_batch(network, batch_size):
    x = torch.arange(7.0)[:, None]
    answers = training.predict(network, TensorDataset(x, x), batch_size=batch_size)
    torch.testing.assert_close(answers, 2 * x)
    assert not answers.requires_grad


@pytest.mark.parametrize("was_training", [True, False])
def test_the_mode_is_left_as_it_was(network, was_training):
    network.train(was_training)
    with training.evaluating(network) as device:
        assert device == torch.device("cpu")
        assert not network.training
        assert not torch.is_grad_enabled()
    assert network.training is was_training
    assert torch.is_grad_enabled()


def test_the_mode_is_left_as_it_was_when_predicting_fails(network):
    network.train()
    dataset = TensorDataset(torch.ones(2, 3), torch.ones(2, 3), torch.zeros(2))
    with pytest.raises(TypeError):
        training.predict(network, dataset)
    assert network.training
    assert torch.is_grad_enabled()


def test_batches_are_cut_to_their_longest_item(network):
    x, lengths = torch.ones(2, 1, 9), torch.tensor([4, 6])

    class Length(_Double):
        def forward(self, x, lengths):
            return torch.full((len(x), 2), float(x.shape[2]))

    dataset = TensorDataset(x, lengths, torch.zeros(2, dtype=torch.long))
    assert training.predict(Length(), dataset, time_axis=2).max() == 6
    assert training.predict(Length(), dataset).max() == 9


def test_the_share_of_right_answers(network):
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    dataset = TensorDataset(x, torch.tensor([0, 1, 0, 0]))
    assert training.share_right(network, dataset) == 0.75


def test_nothing_to_predict_is_named(network):
    with pytest.raises(AudioError, match="no items"):
        training.predict(network, TensorDataset(torch.zeros(0, 3), torch.zeros(0)))
