"""A critic: a network that learns to tell what was made from what was recorded."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from audiolessons.errors import check_count


class PictureCritic(nn.Module):
    """A judge of pictures of sound, such as spectrograms: is what it sees recorded, or made?

    It reads a piece of the picture at a time, so its verdicts are many.

    Parameters
    ----------
    n_channels : int
        Of each convolution: few, as they cost most of the time in training.

    Shapes
    ------
    pictures (B, F, N) -> verdicts (B, 1, N', F'), and features on the way to them: a list of four
    (B, C, N', F').

    Examples
    --------
    >>> import torch
    >>> verdicts, features = PictureCritic(n_channels=4)(torch.zeros(1, 80, 40))
    >>> verdicts.shape, len(features)
    (torch.Size([1, 1, 20, 10]), 4)

    References
    ----------
    P. Isola, J.-Y. Zhu, T. Zhou and A. A. Efros, "Image-to-image translation with conditional
    adversarial networks", CVPR 2017, section 3.2.2: a critic of pieces.

    Chapter: speech/synthesis
    """

    def __init__(self, *, n_channels: int = 16):
        super().__init__()
        check_count(n_channels, name="n_channels")
        # (channels that come in, filter and stride along time and frequency)
        layers = [
            (1, (3, 9), (1, 2)),
            (n_channels, (3, 7), (2, 2)),
            (n_channels, (3, 7), (1, 2)),
            (n_channels, (3, 3), (1, 1)),
        ]
        self.layers = nn.ModuleList(
            nn.Conv2d(n_in, n_channels, size, stride=stride, padding=(1, size[1] // 2))
            for n_in, size, stride in layers
        )
        self.decide = nn.Conv2d(n_channels, 1, 3, padding=1)
        for convolution in [*self.layers, self.decide]:
            weight_norm(convolution)

    def forward(self, picture: Tensor) -> tuple[Tensor, list]:
        x = picture.transpose(1, 2)[:, None]  # (B, 1, N, F)
        features = []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.decide(x), features
