"""Batch normalisation swallowed by the convolution before it: as a trained network is shipped.

Once trained, a normalisation is a factor and an offset for each channel. The convolution before it
can take both: its kernels are multiplied, its bias is added, and one pass over the values is saved.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError
from audiolessons.models.layers.blocks import EPSILON, BatchNorm, masked_mean
from audiolessons.models.sound.cnn import SpectrogramCNN, clean_batch
from audiolessons.padding import mask_or_none, over_frames, shortened


class FoldedCNN(nn.Module):
    """A `models.SpectrogramCNN` for use: no normalisation, the same answers.

    The normalisation of the input stays, as a factor and an offset for each mel band: the first
    convolution pads with zeros, which mean another level before it than after it.

    Parameters
    ----------
    network : SpectrogramCNN
        Trained, with any layers as its `convolutions`. It is copied.

    Raises
    ------
    AudioError
        If it is another network, or it forgets frequencies.

    Examples
    --------
    >>> network = SpectrogramCNN(n_mels=40, n_classes=10).eval()
    >>> folded, x = FoldedCNN(network), torch.randn(2, 40, 50)
    >>> bool((folded(x, [50, 31]) - network(x, [50, 31])).abs().max() < 1e-5)
    True

    References
    ----------
    B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-
    only inference", CVPR 2018, section 3.2.

    Chapter: large/efficiency
    """

    def __init__(self, network: SpectrogramCNN):
        super().__init__()
        if not isinstance(network, SpectrogramCNN) or not network.keep_frequency:
            raise AudioError(
                f"network is {type(network).__name__}: give a SpectrogramCNN that keeps frequencies"
            )
        self.n_mels, self.pooling = network.n_mels, network.pooling
        scale, offset = _affine(network.normalize)
        self.scale, self.offset = nn.Parameter(scale[:, None]), nn.Parameter(offset[:, None])
        pairs = zip(network.convolutions, network.norms, strict=True)
        self.convolutions = nn.ModuleList(folded(*pair) for pair in pairs)
        self.pool = nn.MaxPool2d(self.pooling, ceil_mode=True)
        self.classify = nn.Linear(network.classify.in_features, network.classify.out_features)
        self.classify.load_state_dict(network.classify.state_dict())

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, K) of spectrograms (B, F, N) of `lengths` (B,) frames."""
        x, lengths = clean_batch(
            x, lengths, letters="B F N", channel_letters="B 1 F N", n_features=self.n_mels
        )
        x = _silent(x * self.scale + self.offset, lengths)  # (B, 1, F, N)
        for convolution in self.convolutions:
            x = self.pool(_silent(convolution(x), lengths)).relu()
            lengths = shortened(lengths, stride=self.pooling)
        return self.classify(masked_mean(x, mask_or_none(lengths, x)).flatten(1))


def folded(convolution: nn.Module, norm: BatchNorm) -> nn.Module:
    """Return a convolution, or a chain that ends with one, that does what both do.

    With m, v, g and b the mean, variance, factor and offset of a channel, the normalisation is
    g (y - m) / sqrt(v + e) + b: kernels times g / sqrt(v + e), and a bias of b - m times it.

    Parameters
    ----------
    convolution : Conv2d, or Sequential of them
        Without bias at its end.
    norm : BatchNorm
        Of its output; as it stands, so after training.

    Raises
    ------
    AudioError
        If the last convolution has a bias, or another number of channels than the normalisation.

    Examples
    --------
    >>> folded(nn.Conv2d(1, 4, 3, bias=False), BatchNorm(4))
    Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1))

    Chapter: large/efficiency
    """
    if isinstance(convolution, nn.Sequential):
        return nn.Sequential(*convolution[:-1], folded(convolution[-1], norm))
    if convolution.bias is not None:
        raise AudioError("the convolution has a bias: the normalisation would subtract it again")
    scale, offset = _affine(norm)
    if len(scale) != convolution.out_channels:
        raise AudioError(
            f"the normalisation has {len(scale)} channels, the convolution before it "
            f"{convolution.out_channels}: give two that belong together"
        )
    both = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,
        stride=convolution.stride,
        padding=convolution.padding,
        dilation=convolution.dilation,
        groups=convolution.groups,
        padding_mode=convolution.padding_mode,
    ).to(convolution.weight)
    with torch.no_grad():
        both.weight.copy_(convolution.weight * scale[:, None, None, None])
        both.bias.copy_(offset)
    return both


def _affine(norm):
    """Return factor and offset, (C,), of a normalisation that has learned."""
    scale = norm.weight / torch.sqrt(norm.running_var + EPSILON)
    return scale.detach(), (norm.bias - norm.running_mean * scale).detach()


def _silent(x, lengths):
    """Return x, (B, ..., N), with 0 where nothing sounds."""
    mask = mask_or_none(lengths, x)
    return x if mask is None else x.masked_fill(~over_frames(mask, x), 0)
