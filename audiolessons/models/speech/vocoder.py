"""Mel bands to magnitudes: a network that guesses what the bands have run together."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_batch

CENTRE, SPREAD = -8.0, 4.0  # of log-mel values of speech, roughly
HIGHEST = 4.6  # of a log magnitude: an exponential that runs away would never come back
FLOOR = 1e-5  # of a magnitude, below which no logarithm looks


class FrameBlock(nn.Module):
    """A convolution of each channel along time, then a small network in each frame (ConvNeXt).

    Parameters
    ----------
    n_channels, hidden_size : int
        Of the frames, and inside the small network.
    kernel_size : int
        Frames that a filter looks at, odd.

    Shapes
    ------
    (B, C, N) -> (B, C, N)

    Examples
    --------
    >>> FrameBlock(8, 16)(torch.zeros(1, 8, 20)).shape
    torch.Size([1, 8, 20])

    References
    ----------
    Z. Liu and others, "A ConvNet for the 2020s", CVPR 2022.

    Chapter: speech/synthesis
    """

    def __init__(self, n_channels: int, hidden_size: int, *, kernel_size: int = 7):
        super().__init__()
        self.along_time = nn.Conv1d(
            n_channels, n_channels, kernel_size, padding=kernel_size // 2, groups=n_channels
        )
        self.normalize = nn.LayerNorm(n_channels)
        self.widen = nn.Linear(n_channels, hidden_size)
        self.narrow = nn.Linear(hidden_size, n_channels)
        # Small at first: a deep stack begins close to doing nothing, and so learns.
        self.scale = nn.Parameter(torch.full((n_channels,), 0.2))

    def forward(self, x: Tensor) -> Tensor:
        frames = self.normalize(self.along_time(x).transpose(1, 2))  # (B, N, C)
        change = self.scale * self.narrow(functional.gelu(self.widen(frames)))
        return x + change.transpose(1, 2)


class FrameNetwork(nn.Module):
    """Blocks at the rate of the frames, from log-mel bands to predictions: what vocoders share.

    Parameters
    ----------
    n_mels, n_outputs : int
        Bands that come in, D, and predictions that go out, K.
    n_channels, hidden_size, n_blocks : int
        Of the blocks between them.

    Shapes
    ------
    log-mel spectrograms (B, D, N) -> (B, K, N)

    Examples
    --------
    >>> network = FrameNetwork(80, 5, n_channels=8, hidden_size=8, n_blocks=1)
    >>> network(torch.zeros(1, 80, 11)).shape
    torch.Size([1, 5, 11])

    Chapter: speech/synthesis
    """

    def __init__(
        self, n_mels: int, n_outputs: int, *, n_channels: int, hidden_size: int, n_blocks: int
    ):
        super().__init__()
        self.n_mels = check_count(n_mels, name="n_mels")
        check_count(n_channels, name="n_channels")
        check_count(hidden_size, name="hidden_size")
        check_count(n_blocks, name="n_blocks")
        self.enter = nn.Conv1d(n_mels, n_channels, 7, padding=3)
        self.normalize = nn.LayerNorm(n_channels)
        self.blocks = nn.Sequential(*(FrameBlock(n_channels, hidden_size) for _ in range(n_blocks)))
        self.leave = nn.LayerNorm(n_channels)
        self.predict = nn.Linear(n_channels, n_outputs)

    def forward(self, log_mel: Tensor) -> Tensor:
        check_batch(log_mel, letters="B D N", name="log_mel")
        if log_mel.shape[1] != self.n_mels:
            raise AudioError(
                f"log_mel has {log_mel.shape[1]} bands, the network was made for {self.n_mels}"
            )
        x = self.enter((log_mel - CENTRE) / SPREAD)
        x = self.normalize(x.transpose(1, 2)).transpose(1, 2)
        x = self.leave(self.blocks(x).transpose(1, 2))  # (B, N, C)
        return self.predict(x).transpose(1, 2)  # (B, outputs, N)


class MelToMagnitudes(FrameNetwork):
    """Guess the magnitude of each frequency from mel bands; phases are left to others.

    Harmonics that a wide band blurs can be told from the bands below it and the frames beside it.
    So this can be learned in minutes, where phases, which must fit one another, take longer.

    Parameters
    ----------
    n_mels : int
        D, bands of the log-mel spectrogram.
    n_fft : int
        Of the spectrum that is guessed, in frames of the same hop.
    n_channels, hidden_size, n_blocks : int
        Size of the network.

    Shapes
    ------
    log-mel spectrograms (B, D, N) -> natural logarithms of magnitudes (B, F, N)

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape.

    Examples
    --------
    >>> network = MelToMagnitudes(n_channels=16, hidden_size=16, n_blocks=1)
    >>> network(torch.zeros(1, 80, 11)).shape
    torch.Size([1, 401, 11])

    References
    ----------
    Y. Wang and others, "Tacotron: towards end-to-end speech synthesis", Interspeech 2017, section
    3.4: a network from mel bands to magnitudes, and Griffin and Lim after it.

    Chapter: speech/synthesis
    """

    def __init__(
        self,
        *,
        n_mels: int = 80,
        n_fft: int = 800,
        n_channels: int = 224,
        hidden_size: int = 448,
        n_blocks: int = 6,
    ):
        check_count(n_fft, name="n_fft", minimum=2)
        size = {"n_channels": n_channels, "hidden_size": hidden_size, "n_blocks": n_blocks}
        super().__init__(n_mels, 1 + n_fft // 2, **size)


def magnitude_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return how far log magnitudes are apart, a loss for `training.fit`: (B,).

    The mean difference of logarithms, where all that is soft counts, and that of the magnitudes
    beside the mean magnitude, where what is loud counts.

    Examples
    --------
    >>> true = torch.zeros(1, 401, 5)
    >>> magnitude_loss(true + 1, true)
    tensor([2.7183])

    Chapter: speech/synthesis
    """
    output = output.float()
    apart = (output - target).abs().mean(dim=(1, 2))
    made, true = output.clamp(max=HIGHEST).exp(), target.exp()
    return apart + (made - true).abs().mean(dim=(1, 2)) / true.mean(dim=(1, 2))


def magnitudes_of(audio: Tensor, *, n_fft: int, hop_length: int) -> Tensor:
    """Return magnitudes (B, F, N) of sounds (B, T), none below `FLOOR`."""
    window = torch.hann_window(n_fft, device=audio.device)
    spectrum = torch.stft(
        audio, n_fft, hop_length, window=window, pad_mode="constant", return_complex=True
    )
    return spectrum.abs().clamp(min=FLOOR)
