"""Critics: networks that learn to tell what was made from what was recorded."""

from __future__ import annotations

import itertools

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from audiolessons.errors import check_count
from audiolessons.models.speech.vocoder import RESOLUTIONS, magnitudes_of

PERIODS = (2, 3, 5, 7, 11)  # samples: primes, so that no two see the same
GROWTH = (1, 2, 4, 8)  # channels of a judge of periods, layer by layer


class PictureCritic(nn.Module):
    """A judge of pictures of sound, such as spectrograms: is what it sees recorded, or made?

    It reads a piece of the picture at a time, so its verdicts are many.

    Parameters
    ----------
    n_channels : int
        Of each convolution: few, as they cost most of the time in training.

    Shapes
    ------
    pictures (B, F, N) -> (verdicts, features): lists of one (B, 1, N', F') and four (B, C, N', F').

    Examples
    --------
    >>> verdicts, features = PictureCritic(n_channels=4)(torch.zeros(1, 80, 40))
    >>> verdicts[0].shape, len(features)
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
        _normalise(self)

    def forward(self, picture: Tensor) -> tuple[list, list]:
        return _judged(picture.transpose(1, 2)[:, None], self.layers, self.decide)  # (B, 1, N, F)


class SpectrogramCritic(nn.Module):
    """Judges of a sound, a `PictureCritic` for each resolution of its spectrogram.

    Parameters
    ----------
    n_channels : int
        As in `PictureCritic`.

    Shapes
    ------
    sounds (B, T) -> (verdicts, features): a list of (B, 1, N', F') and a list of (B, C, N', F').

    Examples
    --------
    >>> verdicts, features = SpectrogramCritic(n_channels=4)(torch.zeros(1, 4000))
    >>> len(verdicts), len(features)
    (3, 12)

    References
    ----------
    W. Jang, D. Lim, J. Yoon, B. Kim and J. Kim, "UnivNet: a neural vocoder with multi-resolution
    spectrogram discriminators", Interspeech 2021.

    Chapter: speech/synthesis
    """

    def __init__(self, *, n_channels: int = 16):
        super().__init__()
        self.judges = nn.ModuleList(PictureCritic(n_channels=n_channels) for _ in RESOLUTIONS)

    def forward(self, audio: Tensor) -> tuple[list, list]:
        # A root brings what is soft closer to what is loud, as ears do.
        return _all(
            judge(magnitudes_of(audio, n_fft) ** 0.3)
            for judge, n_fft in zip(self.judges, RESOLUTIONS, strict=True)
        )


class PeriodCritic(nn.Module):
    """Judges of a sound that each see every so-manieth sample: what repeats, and its phase.

    Parameters
    ----------
    n_channels : int
        Of the first convolution; the last has eight times as many.

    Shapes
    ------
    sounds (B, T) -> (verdicts, features): a list of (B, 1, T', P) and a list of (B, C, T', P).

    Examples
    --------
    >>> verdicts, features = PeriodCritic(n_channels=4)(torch.zeros(1, 4000))
    >>> [verdict.shape[-1] for verdict in verdicts]
    [2, 3, 5, 7, 11]

    References
    ----------
    J. Kong, J. Kim and J. Bae, "HiFi-GAN: generative adversarial networks for efficient and high
    fidelity speech synthesis", NeurIPS 2020, section 2.3.

    Chapter: speech/synthesis
    """

    def __init__(self, *, n_channels: int = 16):
        super().__init__()
        check_count(n_channels, name="n_channels")
        sizes = [1, *(n_channels * growth for growth in GROWTH)]
        self.judges = nn.ModuleList(
            nn.ModuleList(
                nn.Conv2d(n_in, n_out, (5, 1), stride=(3, 1), padding=(2, 0))
                for n_in, n_out in itertools.pairwise(sizes)
            )
            for _ in PERIODS
        )
        self.decides = nn.ModuleList(
            nn.Conv2d(sizes[-1], 1, (3, 1), padding=(1, 0)) for _ in PERIODS
        )
        _normalise(self)

    def forward(self, audio: Tensor) -> tuple[list, list]:
        audio = audio[:, None]
        rows = [
            functional.pad(audio, (0, -audio.shape[-1] % period)).unflatten(-1, (-1, period))
            for period in PERIODS
        ]
        return _all(map(_judged, rows, self.judges, self.decides))


class Critics(nn.Module):
    """Several critics of the same sounds as one: all their verdicts and features.

    Examples
    --------
    >>> critics = Critics(SpectrogramCritic(n_channels=4), PeriodCritic(n_channels=4))
    >>> len(critics(torch.zeros(1, 4000))[0])
    8

    Chapter: speech/synthesis
    """

    def __init__(self, *critics: nn.Module):
        super().__init__()
        self.critics = nn.ModuleList(critics)

    def forward(self, audio: Tensor) -> tuple[list, list]:
        return _all(critic(audio) for critic in self.critics)


def _normalise(critic):
    for module in list(critic.modules()):
        if isinstance(module, nn.Conv2d):
            weight_norm(module)


def _judged(x, layers, decide):
    """Return a verdict and the features on the way to it, as lists."""
    features = []
    for layer in layers:
        x = functional.leaky_relu(layer(x), 0.1)
        features.append(x)
    return [decide(x)], features


def _all(found):
    """Return the verdicts of all judges, and their features."""
    verdicts, features = zip(*found, strict=True)
    return [*itertools.chain(*verdicts)], [*itertools.chain(*features)]
