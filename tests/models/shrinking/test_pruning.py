"""Weights set to zero, beside torch's pruning; channels that are really gone."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(4, 6, 5)).eval()


def test_the_weights_that_go_are_those_of_torch():
    layer, theirs = nn.Linear(13, 7), nn.Linear(13, 7)
    theirs.load_state_dict(layer.state_dict())
    prune.l1_unstructured(theirs, "weight", amount=0.6)
    stays = models.smallest_weights(layer.weight.detach(), 0.6)
    assert torch.equal(stays, theirs.weight_mask.bool())


def test_masked_weights_stay_zero_while_the_others_learn(network):
    models.mask_weights(network, 0.75)
    assert models.held_bytes(network) > models.held_bytes(models.unmask(network))
    models.mask_weights(network, 0.75)
    before = network.convolutions[1].weight.detach().clone()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    network(torch.randn(2, 12, 9)).square().sum().backward()
    optimiser.step()
    after = models.unmask(network).convolutions[1].weight.detach()
    assert torch.equal(before == 0, after == 0)
    assert not torch.equal(before, after)
    assert set(network.state_dict()) == set(
        models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(4, 6, 5)).state_dict()
    )


def test_masked_twice(network):
    models.mask_weights(network, 0.5)
    with pytest.raises(AudioError, match="masked already"):
        models.mask_weights(network, 0.5)
    with pytest.raises(AudioError, match="share is 1"):
        models.smallest_weights(torch.ones(3), 1)


def test_a_channel_that_says_nothing_can_go_without_a_trace(network):
    with torch.no_grad():
        for number, silent in ((0, 2), (1, 0), (2, 4)):
            network.norms[number].weight[silent] = 0
            network.norms[number].bias[silent] = -1  # the ReLU makes 0 of it
    strengths = models.channel_strengths(network)
    assert [int(one.argmin()) for one in strengths] == [2, 0, 4]
    smaller = models.keep_channels(network, [[0, 1, 3], [1, 2, 3, 4, 5], [0, 1, 2, 3]])
    x, lengths = torch.randn(2, 12, 20), [20, 11]
    torch.testing.assert_close(smaller(x, lengths), network(x, lengths))
    assert models.count_parameters(smaller) < models.count_parameters(network)


def test_pruning_by_multiplications_takes_at_least_the_share(network):
    x = torch.zeros(1, 12, 20)
    for share in (0.3, 0.6, 0.8):
        smaller = models.prune_channels(network, share, x)
        left = models.multiplications(smaller, x) / models.multiplications(network, x)
        assert left <= 1 - share
    with pytest.raises(AudioError, match="one channel a block"):
        models.prune_channels(network, 0.999, x)


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ([[0], [0]], "2 lists for 3 blocks"),
        ([[0], [], [0]], r"keep\[1\]"),
        ([[0], [0], [5]], r"keep\[2\] is \[5\]: give at least one number from 0 to 4, each once"),
        ([[0, 0], [0], [0]], "each once"),
        ([[0], [0.5], [0]], r"keep\[1\]"),
        ([[True, False, True], [0], [0]], r"keep\[0\]"),
        (["a", [0], [0]], r"keep\[0\]"),
        ([torch.tensor([0]), [0], [-1]], r"keep\[2\]"),
    ],
)
def test_channels_that_are_not_there(network, keep, message):
    with pytest.raises(AudioError, match=message):
        models.keep_channels(network, keep)


def test_another_network_and_another_order():
    with pytest.raises(AudioError, match="network is Linear: give a SpectrogramCNN"):
        models.prune_channels(nn.Linear(4, 4), 0.5, torch.zeros(1, 4))
    split = models.lower_rank(models.SpectrogramCNN(n_mels=12, n_classes=3), 0.5)
    with pytest.raises(AudioError, match="split in two"):
        models.prune_channels(split, 0.5, torch.zeros(1, 12, 20))
    for pruned in (lambda one: models.mask_weights(one, 0.5), models.unmask):
        layer = models.quantize_aware(nn.Linear(4, 4))
        with pytest.raises(AudioError, match="on grids: call settle first"):
            pruned(layer)


def test_sparse_bytes_pay_when_most_are_zero():
    weight = torch.ones(80)
    assert models.sparse_bytes(weight) == 10 + 320
    weight[8:] = 0
    assert models.sparse_bytes(weight) == 10 + 32
