"""The network of two paths: bands, shapes, causality, what it refuses."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.MaskDualPath(channels=4, hidden_size=8, n_blocks=2).eval()


def test_low_bins_are_bands_of_their_own_and_all_bins_are_heard():
    bands = models.ear_bands(257)
    assert torch.equal(bands[:65, :65], torch.eye(65))
    assert (bands.sum(dim=0) > 0).all()
    widths = (bands[65:] > 0).sum(dim=1)
    assert widths[-2] > widths[0]


def test_the_mask_weakens_and_keeps_the_length(network):
    noisy = torch.randn(2, 5001, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        spectrum = network.stft(noisy)
        gain, _ = network.mask(spectrum)
        assert network(noisy).shape == noisy.shape
    assert gain.shape == spectrum.shape
    assert gain.abs().max() <= 1.0001


def test_what_comes_later_changes_nothing_before(network):
    noisy = torch.randn(1, 4096, generator=torch.Generator().manual_seed(1))
    other = noisy.clone()
    other[:, 3000:] += 1
    with torch.no_grad():
        first, second = network(noisy), network(other)
    assert torch.allclose(first[:, :2400], second[:, :2400], atol=1e-5)
    assert not torch.allclose(first[:, 3000:], second[:, 3000:], atol=1e-2)


@pytest.mark.parametrize("options", [{"n_fft": 128}, {"hidden_size": 7}])
def test_options_that_cannot_be_are_named(options):
    with pytest.raises(AudioError, match="n_fft is"):
        models.MaskDualPath(**options)
