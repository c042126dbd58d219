"""Normalisations swallowed by convolutions: the same answers, padded or not."""

import pytest
import torch
from torch import nn
from torch.nn.utils import fusion

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    """A network whose normalisations have learned something."""
    torch.manual_seed(0)
    network = models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(4, 6, 5))
    for norm in (network.normalize, *network.norms):
        for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            values.data.uniform_(0.5, 2.0)
    return network.eval()


def test_folded_answers_are_the_same(network):
    x, lengths = torch.randn(3, 12, 21), [21, 9, 4]
    folded = models.FoldedCNN(network)
    torch.testing.assert_close(folded(x, lengths), network(x, lengths), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(folded(x[:, None]), network(x), atol=1e-4, rtol=1e-4)


def test_folding_is_torchs(network):
    convolution, norm = network.convolutions[1], network.norms[1]
    theirs = nn.BatchNorm2d(6, eps=1e-5).eval()
    theirs.load_state_dict(norm.state_dict())
    theirs = fusion.fuse_conv_bn_eval(convolution, theirs)
    ours = models.folded(convolution, norm)
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_steps_and_margins_stay_as_they_were(network):
    norm = network.norms[0]  # of 4 channels
    options = {"padding": 2, "dilation": 2, "padding_mode": "circular", "bias": False}
    layer, x = nn.Conv2d(2, 4, 3, **options), torch.randn(1, 2, 8, 9)
    torch.testing.assert_close(models.folded(layer, norm)(x), norm(layer(x)))
    assert models.folded(layer.double(), norm).weight.dtype == torch.float64


def test_what_cannot_be_folded(network):
    with pytest.raises(
        AudioError, match="normalisation has 6 channels, the convolution before it 4"
    ):
        models.folded(nn.Conv2d(1, 4, 3, bias=False), network.norms[1])
    with pytest.raises(AudioError, match="has a bias"):
        models.folded(nn.Conv2d(1, 4, 3), network.norms[0])
    with pytest.raises(AudioError, match="network is Linear"):
        models.FoldedCNN(nn.Linear(2, 2))
