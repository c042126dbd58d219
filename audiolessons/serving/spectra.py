"""Spectra as plain convolutions: what an exported graph computes them with.

ONNX knows no complex numbers and no inverse of a short-time Fourier transform. Both are linear, so
a convolution with windowed cosines and sines gives real and imaginary parts, and a transposed one
leads back. They cost more operations than a fast transform, and run wherever convolutions run.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.transforms import Mel


def _waves(window: Tensor) -> tuple[Tensor, Tensor]:
    """Return windowed cosines and negative sines, (F, n_fft) each, one of each a bin."""
    n_fft = len(window)
    # Turns are counted before they become angles, so that the angles stay small and exact.
    turns = torch.outer(torch.arange(n_fft // 2 + 1), torch.arange(n_fft)) % n_fft
    angle = turns.double() * (2 * torch.pi / n_fft)
    return window.double() * angle.cos(), -window.double() * angle.sin()


class Spectrum(nn.Module):
    """Short-time Fourier transform of sounds: `spectral.stft`, in real numbers.

    Parameters
    ----------
    window : Tensor
        Shape (n_fft,).
    hop_length : int
        In samples.
    center : bool
        Whether the first frame is centred on the first sample, with silence before it; if not, it
        begins there.

    Shapes
    ------
    audio (B, T) -> real and imaginary part, (B, F, N) each.

    Examples
    --------
    >>> audio, window = torch.randn(1, 1000), torch.hann_window(64)
    >>> real, imaginary = Spectrum(window, hop_length=32)(audio)
    >>> theirs = torch.stft(audio, 64, 32, window=window, pad_mode="constant", return_complex=True)
    >>> torch.allclose(torch.complex(real, imaginary), theirs, atol=1e-4)
    True

    Chapter: reference/how-to-use
    """

    def __init__(self, window: Tensor, *, hop_length: int, center: bool = True):
        super().__init__()
        self.hop_length, self.n_bins = hop_length, len(window) // 2 + 1
        self.n_before = len(window) // 2 if center else 0
        waves = torch.cat(_waves(window)).float()
        self.register_buffer("waves", waves[:, None], persistent=False)  # (2 F, 1, n_fft)

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        audio = functional.pad(audio, (self.n_before, self.n_before))
        both = functional.conv1d(audio[:, None], self.waves, stride=self.hop_length)
        return both[:, : self.n_bins], both[:, self.n_bins :]


class Sound(nn.Module):
    """The way back: `spectral.istft` of centred frames, in real numbers.

    Parameters
    ----------
    window : Tensor
        Shape (n_fft,), of an even length.
    hop_length : int
        In samples.

    Shapes
    ------
    real and imaginary part, (B, F, N) each -> audio (B, (N - 1) * hop_length).

    Examples
    --------
    >>> audio, window = torch.randn(1, 320), torch.hann_window(64)
    >>> again = Sound(window, hop_length=32)(*Spectrum(window, hop_length=32)(audio))
    >>> torch.allclose(again, audio, atol=1e-5)
    True

    Chapter: reference/how-to-use
    """

    def __init__(self, window: Tensor, *, hop_length: int):
        super().__init__()
        self.hop_length, self.n_before = hop_length, len(window) // 2
        cosines, sines = _waves(window)
        # Each bin but the first and the last stands for two, one of them at a negative frequency.
        weight = torch.full((len(cosines), 1), 2.0, dtype=torch.double)
        weight[0] = weight[-1] = 1.0
        waves = torch.cat([weight * cosines, weight * sines]).float() / len(window)
        self.register_buffer("waves", waves[:, None], persistent=False)  # (2 F, 1, n_fft)
        self.register_buffer("square", window.square()[None, None], persistent=False)

    def forward(self, real: Tensor, imaginary: Tensor) -> Tensor:
        both = torch.cat([real, imaginary], dim=1)
        audio = functional.conv_transpose1d(both, self.waves, stride=self.hop_length)
        # What overlapping windows, once before and once behind the frames, add up to.
        ones = torch.ones_like(both[:1, :1])
        total = functional.conv_transpose1d(ones, self.square, stride=self.hop_length)
        inside = slice(self.n_before, audio.shape[-1] - self.n_before)
        return (audio[..., inside] / total[..., inside]).squeeze(1)


class PlainMel(nn.Module):
    """Do what a `transforms.Mel` does, by convolution.

    Examples
    --------
    >>> from audiolessons import transforms
    >>> mel = transforms.Mel(sample_rate=8000, n_fft=256, hop_length=64, n_mels=20)
    >>> audio = torch.randn(2, 2000)
    >>> torch.allclose(PlainMel(mel)(audio), mel(audio), rtol=1e-3, atol=1e-5)
    True

    Chapter: reference/how-to-use
    """

    def __init__(self, mel: Mel):
        super().__init__()
        self.n_fft, self.hop_length, self.power = mel.n_fft, mel.hop_length, mel.power
        self.spectrum = Spectrum(mel.window, hop_length=mel.hop_length)
        self.register_buffer("filters", mel.filters, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        real, imaginary = self.spectrum(audio)
        power = real.square() + imaginary.square()
        return self.filters @ (power if self.power == 2 else power ** (self.power / 2))


def plainly(module: nn.Module) -> nn.Module:
    """Return a module whose mel spectrograms, wherever in it, are convolutions; changed in place.

    Examples
    --------
    >>> from audiolessons import transforms
    >>> to_log_mel = transforms.LogMel(sample_rate=8000, n_fft=256, hop_length=64, n_mels=20)
    >>> plainly(to_log_mel).mel.spectrum.hop_length
    64

    Chapter: reference/how-to-use
    """
    for name, part in module.named_children():
        if isinstance(part, Mel):
            setattr(module, name, PlainMel(part))
        else:
            plainly(part)
    return module
