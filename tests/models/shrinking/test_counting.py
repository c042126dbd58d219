"""What a network costs, beside torch's own counter."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.mark.parametrize(
    ("network", "x"),
    [
        (models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(4, 6)), torch.zeros(2, 12, 9)),
        (nn.Conv1d(6, 9, 5, stride=2, groups=3), torch.zeros(1, 6, 40)),
        (nn.Linear(7, 2), torch.zeros(3, 5, 7)),
    ],
)
def test_as_many_products_as_torch_counts(network, x):
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network.eval()(x)
    assert 2 * models.multiplications(network, x) == counter.get_total_flops()


def test_a_layer_says_its_name_numbers_and_bytes():
    network = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.Flatten(), nn.Linear(16, 2))
    first, last = models.layer_costs(network, torch.zeros(1, 1, 4, 4))
    assert (first.name, first.parameters, first.weight_bytes, first.output_bytes) == (
        "0",
        36,
        144,
        64,
    )
    assert (last.name, last.parameters) == ("2", 34)
    assert models.held_bytes(network) == 4 * 70


def test_a_layer_called_twice_costs_twice_and_no_hook_is_left():
    layer = nn.Linear(3, 3)
    network = nn.Sequential(layer, layer).train()
    assert models.multiplications(network, torch.zeros(1, 3)) == 18
    assert network.training
    assert not layer._forward_hooks


def test_each_part_keeps_its_mode():
    network = nn.Sequential(nn.Linear(3, 3), nn.Dropout()).train()
    network[1].eval()
    models.layer_costs(network, torch.zeros(1, 3))
    assert [one.training for one in network.modules()] == [True, True, False]


def test_nothing_to_count():
    with pytest.raises(AudioError, match="network is of type NoneType"):
        models.layer_costs(None, torch.zeros(1))
    with pytest.raises(AudioError, match="ReLU has no convolution and no linear layer"):
        models.layer_costs(nn.ReLU(), torch.zeros(1))
