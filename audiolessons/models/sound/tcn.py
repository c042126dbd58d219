"""A temporal convolutional network: causal, dilated convolutions in place of a recurrence.

It reads all frames at once, and sees as far back as its receptive field reaches and no further.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.utils.parametrizations import weight_norm

from audiolessons.errors import check_count
from audiolessons.models.layers.blocks import check_batch, check_share
from audiolessons.models.sound.cnn import ReceptiveField, receptive_field
from audiolessons.padding import without_padding


class CausalConvolution(nn.Module):
    """A dilated convolution along time that sees only this frame and earlier ones.

    It has weight normalisation: direction and length of each filter are learned apart.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    kernel_size : int
        Frames that a filter looks at.
    dilation : int
        How far apart they are.

    Examples
    --------
    >>> import torch
    >>> CausalConvolution(88, 16, kernel_size=3, dilation=2)(torch.zeros(1, 88, 20)).shape
    torch.Size([1, 16, 20])

    References
    ----------
    A. van den Oord et al., "WaveNet: a generative model for raw audio", 2016, section 2.1;
    T. Salimans and D. P. Kingma, "Weight normalization", NeurIPS 2016.

    Chapter: learning/rnn
    """

    def __init__(self, n_in: int, n_out: int, *, kernel_size: int, dilation: int = 1):
        super().__init__()
        check_count(n_in, name="n_in")
        check_count(n_out, name="n_out")
        check_count(kernel_size, name="kernel_size")
        check_count(dilation, name="dilation")
        # as many zeros before the first frame as the filter reaches back, and none after the last
        self.n_before = (kernel_size - 1) * dilation
        self.convolution = weight_norm(nn.Conv1d(n_in, n_out, kernel_size, dilation=dilation))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out, N) of (B, n_in, N)."""
        return self.convolution(pad(x, (self.n_before, 0)))


class ResidualBlock(nn.Module):
    """Two causal convolutions beside a shortcut, to which they add."""

    def __init__(self, n_in, n_out, *, kernel_size, dilation, dropout):
        super().__init__()
        options = {"kernel_size": kernel_size, "dilation": dilation}
        self.body = nn.Sequential(
            CausalConvolution(n_in, n_out, **options),
            nn.ReLU(),
            nn.Dropout(dropout),
            CausalConvolution(n_out, n_out, **options),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.shortcut = nn.Identity() if n_in == n_out else nn.Conv1d(n_in, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return (self.shortcut(x) + self.body(x)).relu()  # (B, C, N) -> (B, C', N)


class TemporalConvolution(nn.Module):
    """Predict each frame of a sequence from those before it, by causal convolutions.

    Each level doubles the dilation, so the receptive field grows as a power of 2 with the levels
    while the parameters grow evenly.

    Parameters
    ----------
    n_features : int
        D, keys of a piano roll.
    n_channels : int
        Filters of each level.
    n_levels : int
        Residual blocks; the dilations are 1, 2, 4, ...
    kernel_size : int
        Frames that a filter looks at.
    dropout : float
        Share of the values that is set to 0 after each convolution while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, N, D), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> import torch
    >>> model = TemporalConvolution(n_features=88, n_channels=64, n_levels=4)
    >>> model(torch.zeros(2, 20, 88), [20, 12]).shape
    torch.Size([2, 20, 88])
    >>> model.receptive_field()  # frames
    ReceptiveField(size=61, stride=1)
    >>> from audiolessons.models import count_parameters
    >>> count_parameters(model)
    115352

    References
    ----------
    S. Bai, J. Z. Kolter and V. Koltun, "An empirical evaluation of generic convolutional and
    recurrent networks for sequence modeling", 2018, section 3.

    Chapter: learning/rnn
    """

    def __init__(
        self,
        *,
        n_features: int = 88,
        n_channels: int = 128,
        n_levels: int = 4,
        kernel_size: int = 3,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        check_count(n_channels, name="n_channels")
        check_count(n_levels, name="n_levels")
        check_share(dropout, name="dropout")
        self.kernel_size = kernel_size
        self.dilations = [2**level for level in range(n_levels)]
        self.blocks = nn.Sequential()
        n_in = n_features
        for dilation in self.dilations:
            self.blocks.append(
                ResidualBlock(
                    n_in, n_channels, kernel_size=kernel_size, dilation=dilation, dropout=dropout
                )
            )
            n_in = n_channels
        self.predict = nn.Linear(n_channels, n_features)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return logits (B, N, D) of sequences (B, N, D); they are 0 where the padding is."""
        check_batch(x, letters="B N D", n_features=self.n_features)
        frames, _, mask = without_padding(x.transpose(1, 2), lengths)  # (B, N, D) -> (B, D, N)
        states = self.blocks(frames).transpose(1, 2)  # (B, C, N) -> (B, N, C)
        logits = self.predict(states)  # (B, N, D)
        return logits if mask is None else logits.masked_fill(~mask[..., None], 0)

    def receptive_field(self) -> ReceptiveField:
        """Return how many frames, this one and earlier ones, a prediction rests on."""
        return receptive_field([(self.kernel_size, 1, d) for d in self.dilations for _ in range(2)])
