"""Convolutional networks: small learned filters slid over a waveform or over a spectrogram.

Each layer answers to a little pattern wherever it occurs; pooling makes the next layer see more.
After every layer the padding is set back to zero, which is what a convolution sees beyond the end
of a sound anyway: so a padded sound gives the answer that it gives alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import BatchNorm, check_batch, check_share, masked_mean
from audiolessons.padding import mask_or_none, shortened, without_padding


class ReceptiveField(NamedTuple):
    """How much of the input one output value sees, and how far apart neighbours look.

    Chapter: learning/cnn
    """

    size: int
    stride: int


def receptive_field(layers) -> ReceptiveField:
    """Return how much of its input one value at the end of a stack of layers depends on.

    A layer of kernel k sees k values of the layer below, d apart; each of those sees a stretch of
    its own. With j the distance in the input between neighbours of the layer below, a layer adds
    (k - 1) d j to what is seen, and its stride multiplies j.

    Parameters
    ----------
    layers : sequence
        From the input on, one (kernel_size, stride) or (kernel_size, stride, dilation) a layer,
        convolution or pooling.

    Returns
    -------
    ReceptiveField
        `size` and `stride`, both in values of the input: samples, frames or bins.

    Raises
    ------
    AudioError
        If a layer is something else than two or three whole numbers of at least 1.

    Examples
    --------
    >>> receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)])  # two convolutions, each pooled by 2
    ReceptiveField(size=10, stride=4)
    >>> receptive_field([(3, 1, 1), (3, 1, 2), (3, 1, 4)]).size  # dilated: grows as a power of 2
    15

    References
    ----------
    A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks",
    Distill, 2019, equation 2.

    Chapter: learning/cnn
    """
    size, stride = 1, 1
    for layer in layers:
        if not isinstance(layer, (tuple, list)) or len(layer) not in (2, 3):
            raise AudioError(f"a layer is {layer!r}: give (kernel_size, stride) or a dilation, too")
        kernel_size, step, dilation = (*layer, 1) if len(layer) == 2 else layer
        check_count(kernel_size, name="kernel_size")
        check_count(step, name="stride")
        check_count(dilation, name="dilation")
        size += (kernel_size - 1) * dilation * stride
        stride *= step
    return ReceptiveField(size, stride)


class WaveformCNN(nn.Module):
    """Classify sounds from their samples: 1-D convolutions, the first of them learned filters.

    Each block is convolution, batch normalisation, max pooling by 4 and ReLU (which gives the same
    before the pooling, at four times the work). The first convolution takes the place of the
    spectrogram: long kernels, one output every `first_stride` samples. An average over time, then
    one linear layer, gives the logits.

    Parameters
    ----------
    n_classes : int
        K.
    channels : sequence of int
        Filters of each block.
    first_kernel_size, first_stride : int
        Of the first convolution, in samples; the size is odd so that the kernel has a middle.
    dropout : float
        Share of the averages that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, T) or (B, 1, T),
        or lengths, (B,), in samples, do not belong to it.

    Examples
    --------
    >>> import torch
    >>> model = WaveformCNN(n_classes=10)
    >>> model(torch.randn(2, 8000), [8000, 5000]).shape
    torch.Size([2, 10])
    >>> model.receptive_field()  # samples
    ReceptiveField(size=1771, stride=1024)
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)
    38122

    References
    ----------
    W. Dai et al., "Very deep convolutional neural networks for raw waveforms", ICASSP 2017
    (network M5, here with fewer channels).

    Chapter: learning/cnn
    """

    pooling = 4

    def __init__(
        self,
        *,
        n_classes: int,
        channels: Sequence[int] = (32, 32, 64, 128),
        first_kernel_size: int = 79,
        first_stride: int = 4,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_count(n_classes, name="n_classes")
        check_odd(first_kernel_size, name="first_kernel_size")
        check_count(first_stride, name="first_stride")
        check_share(dropout, name="dropout")
        self.strides = [first_stride] + [1] * (len(check_channels(channels)) - 1)
        self.kernel_sizes = [first_kernel_size] + [3] * (len(channels) - 1)
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        n_in = 1
        for n_out, size, stride in zip(channels, self.kernel_sizes, self.strides, strict=True):
            # half a kernel of zeros at both ends: T samples give ceil(T / stride) values.
            # No bias: the batch normalisation that follows would subtract it.
            self.convolutions.append(
                nn.Conv1d(n_in, n_out, size, stride=stride, padding=size // 2, bias=False)
            )
            self.norms.append(BatchNorm(n_out))
            n_in = n_out
        self.pool = nn.MaxPool1d(self.pooling, ceil_mode=True)  # keeps the rest at the end
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(n_in, n_classes)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, K) of waveforms (B, T) or (B, 1, T) of `lengths` (B,) samples."""
        maps, lengths = self._features(x, lengths)
        summary = masked_mean(maps[-1], mask_or_none(lengths, maps[-1]))  # (B, C, N) -> (B, C)
        return self.classify(self.dropout(summary))

    def feature_maps(self, x: Tensor, lengths=None) -> list[Tensor]:
        """Return what each block makes of the sounds: a list of (B, C, N), coarser and coarser."""
        return self._features(x, lengths)[0]

    def receptive_field(self) -> ReceptiveField:
        """Return how many samples a value of the last map sees."""
        layers = []
        for size, stride in zip(self.kernel_sizes, self.strides, strict=True):
            layers += [(size, stride), (self.pooling, self.pooling)]
        return receptive_field(layers)

    def _features(self, x, lengths):
        x, lengths = clean_batch(x, lengths, letters="B T", channel_letters="B 1 T")
        maps = []
        for convolution, norm, stride in zip(
            self.convolutions, self.norms, self.strides, strict=True
        ):
            x = convolution(x)  # (B, C, T) -> (B, C', ceil(T / stride))
            lengths = shortened(lengths, stride=stride)
            x = norm(x, mask_or_none(lengths, x))
            x = self.pool(x).relu()  # (B, C', N) -> (B, C', ceil(N / 4))
            lengths = shortened(lengths, stride=self.pooling)
            maps.append(x)
        return maps, lengths


class SpectrogramCNN(nn.Module):
    """Classify sounds from log-mel spectrograms: 2-D convolutions over frequency and time.

    Batch normalisation of every mel band brings decibels to mean 0 and deviation 1 first. Each
    block is a 3 x 3 convolution, batch normalisation, 2 x 2 max pooling and ReLU. At the end only
    time is averaged: which frequencies fired is what tells sounds apart.

    Parameters
    ----------
    n_mels : int
        Mel bands, F.
    n_classes : int
        K.
    channels : sequence of int
        Filters of each block.
    keep_frequency : bool
        True: the linear layer sees a value for each channel and frequency. False: the average is
        over frequency, too, which forgets where in the spectrum a pattern was.
    dropout : float
        Share of the averages that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, F, N) or
        (B, 1, F, N), or lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> import torch
    >>> model = SpectrogramCNN(n_mels=40, n_classes=10)
    >>> model(torch.randn(2, 40, 50), [50, 31]).shape
    torch.Size([2, 10])
    >>> model.receptive_field()  # frames, and mel bands just as many
    ReceptiveField(size=22, stride=8)
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)
    26698

    Chapter: learning/cnn
    """

    kernel_size = 3
    pooling = 2

    def __init__(
        self,
        *,
        n_mels: int,
        n_classes: int,
        channels: Sequence[int] = (16, 32, 64),
        keep_frequency: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_mels = check_count(n_mels, name="n_mels")
        check_count(n_classes, name="n_classes")
        check_share(dropout, name="dropout")
        self.keep_frequency = keep_frequency
        self.normalize = BatchNorm(n_mels)
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        n_in, n_bins = 1, n_mels
        for n_out in check_channels(channels):
            self.convolutions.append(
                nn.Conv2d(n_in, n_out, self.kernel_size, padding=1, bias=False)
            )
            self.norms.append(BatchNorm(n_out))
            n_in, n_bins = n_out, -(-n_bins // self.pooling)  # rounded up, as the pooling does
        self.pool = nn.MaxPool2d(self.pooling, ceil_mode=True)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(n_in * n_bins if keep_frequency else n_in, n_classes)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, K) of spectrograms (B, F, N) or (B, 1, F, N), `lengths` (B,) frames."""
        maps, lengths = self._features(x, lengths)
        summary = masked_mean(
            maps[-1], mask_or_none(lengths, maps[-1])
        )  # (B, C, F, N) -> (B, C, F)
        # (B, C, F) -> (B, C F), or (B, C) where frequency is forgotten
        summary = summary.flatten(1) if self.keep_frequency else summary.mean(dim=-1)
        return self.classify(self.dropout(summary))

    def feature_maps(self, x: Tensor, lengths=None) -> list[Tensor]:
        """Return what each block makes of the sounds: a list of (B, C, F, N)."""
        return self._features(x, lengths)[0]

    def receptive_field(self) -> ReceptiveField:
        """Return how many frames, and as many mel bands, a value of the last map sees."""
        block = [(self.kernel_size, 1), (self.pooling, self.pooling)]
        return receptive_field(block * len(self.convolutions))

    def _features(self, x, lengths):
        x, lengths = clean_batch(
            x, lengths, letters="B F N", channel_letters="B 1 F N", n_features=self.n_mels
        )
        mask = mask_or_none(lengths, x)
        # the bands take the place of the channels: (B, 1, F, N) -> (B, F, N) -> (B, 1, F, N)
        x = self.normalize(x.squeeze(1), mask).unsqueeze(1)
        maps = []
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x), mask_or_none(lengths, x))  # (B, C', F, N)
            x = self.pool(x).relu()  # (B, C', F, N) -> (B, C', ceil(F / 2), ceil(N / 2))
            lengths = shortened(lengths, stride=self.pooling)
            maps.append(x)
        return maps, lengths


# --- what goes in ------------------------------------------------------------------------------


def clean_batch(x, lengths, *, letters, channel_letters, n_features=None):
    """Return the batch with one channel, its padding set to zero, and lengths as a tensor."""
    n_axes = len(channel_letters.split())
    if isinstance(x, Tensor) and x.ndim == n_axes and x.shape[1] != 1:
        raise AudioError(
            f"x has shape {tuple(x.shape)}, so {x.shape[1]} channels: give one, for example "
            "x.mean(dim=1), or leave the axis out"
        )
    has_channel = isinstance(x, Tensor) and x.ndim == n_axes
    x = check_batch(x[:, 0] if has_channel else x, letters=letters, n_features=n_features)
    x, lengths, _ = without_padding(x, lengths)
    return x.unsqueeze(1), lengths


def check_channels(channels):
    """Return the number of filters of each block, at least one block."""
    if not isinstance(channels, (tuple, list)) or not channels:
        raise AudioError(f"channels is {channels!r}: give one number of filters a block")
    for n_channels in channels:
        check_count(n_channels, name="channels")
    return channels


def check_odd(size, *, name):
    """Return an odd kernel size: one with a middle, so that a layer delays nothing."""
    if check_count(size, name=name) % 2 == 0:
        raise AudioError(f"{name} is {size}: give an odd number, {size - 1} or {size + 1}")
    return size
