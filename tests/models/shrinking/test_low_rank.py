"""A convolution as two: exact at full rank, the best that there is below."""

import pytest
import torch
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError


def test_at_full_rank_nothing_changes():
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, 3, padding=1, stride=2)
    x = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(models.factorised(layer, 5)(x), layer(x), atol=1e-5, rtol=1e-4)


def test_steps_and_margins_stay_as_they_were():
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, 3, padding=2, dilation=2, padding_mode="circular")
    x = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(models.factorised(layer, 5)(x), layer(x), atol=1e-5, rtol=1e-4)


def test_what_is_lost_are_the_smallest_singular_values():
    torch.manual_seed(0)
    layer = nn.Conv2d(4, 6, 3, bias=False)
    values = torch.linalg.svdvals(layer.weight.detach().flatten(1))
    few, mixed = models.factorised(layer, 2)
    product = mixed.weight.flatten(1) @ few.weight.flatten(1)
    lost = (product - layer.weight.flatten(1)).square().sum()
    torch.testing.assert_close(lost, values[2:].square().sum())


def test_a_network_of_lower_rank_multiplies_less_and_folds():
    torch.manual_seed(0)
    network = models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(8, 12, 16)).eval()
    x = torch.randn(2, 12, 20)
    smaller = models.lower_rank(network, 0.5)
    for before, after in zip(network.convolutions[1:], smaller.convolutions[1:], strict=True):
        n = before.weight.numel()
        assert sum(one.weight.numel() for one in after) <= 0.5 * n
    folded = models.FoldedCNN(smaller)
    torch.testing.assert_close(folded(x, [20, 9]), smaller(x, [20, 9]), atol=1e-5, rtol=1e-4)


def test_what_cannot_be():
    with pytest.raises(AudioError, match="rank is 9"):
        models.factorised(nn.Conv2d(16, 8, 3), 9)
    with pytest.raises(AudioError, match="2 groups"):
        models.factorised(nn.Conv2d(4, 4, 3, groups=2), 1)
    with pytest.raises(AudioError, match="convolution is Linear: give a Conv2d"):
        models.factorised(nn.Linear(4, 4), 1)
    failed = nn.Conv2d(4, 4, 3)
    failed.weight.data.fill_(torch.nan)
    with pytest.raises(AudioError, match="hold NaN"):
        models.factorised(failed, 1)


def test_networks_that_cannot_lose_so_much():
    network = models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(8, 12, 16))
    with pytest.raises(AudioError, match=r"share is 0\.999: rank 1 alone"):
        models.lower_rank(network, 0.999)
    for other in (nn.Linear(4, 4), models.lower_rank(network, 0.5)):
        with pytest.raises(AudioError, match="none of them split already"):
            models.lower_rank(other, 0.5)
