"""Mel spectrograms on the device, with the conventions of `features`."""

from __future__ import annotations

import torch
from torch import nn

from audiolessons import features
from audiolessons.constants import TINY_POWER
from audiolessons.errors import AudioError, check_choice, check_count, check_positive
from audiolessons.padding import is_sound
from audiolessons.transforms.lengths import check_floats, check_lengths


class Mel(nn.Module):
    """Mel spectrogram of a batch: `features.mel_spectrogram` on the device, with gradients.

    torchaudio's MelSpectrogram computes the same once four of its defaults are changed: it mirrors
    the sound at its ends (here: zeros), uses the HTK scale and triangles of height 1, and computes
    them in float32, which is 1e-5 off.

    Parameters
    ----------
    sample_rate : int
        Hz.
    n_fft, hop_length, n_mels, power
        As for `features.mel_spectrogram`. Frames are centred.
    **bands
        min_hz, max_hz, scale, norm, as for `features.mel_filterbank`.

    Shapes
    ------
    audio (..., T) -> (..., n_mels, N), N = 1 + T // hop_length for an even n_fft.

    Raises
    ------
    AudioError
        As `features.mel_filterbank` does.

    Examples
    --------
    >>> to_mel = Mel(sample_rate=8000, n_fft=512, hop_length=128, n_mels=40)
    >>> to_mel(torch.zeros(2, 8000)).shape
    torch.Size([2, 40, 63])

    Chapter: learning/cnn
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        power: float = 2.0,
        **bands,
    ):
        super().__init__()
        self.n_fft = check_count(n_fft, name="n_fft", minimum=2)
        self.hop_length = check_count(hop_length, name="hop_length")
        self.power = check_positive(power, name="power")
        filters = features.mel_filterbank(
            sample_rate=sample_rate, n_fft=n_fft, n_mels=n_mels, **bands
        )  # (n_mels, F)
        # Both follow from the settings, so stored weights need not hold them.
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)

    def forward(self, audio):
        check_floats(audio)
        spectrum = torch.stft(
            audio.reshape(-1, audio.shape[-1]),
            self.n_fft,
            self.hop_length,
            window=self.window,
            pad_mode="constant",
            return_complex=True,
        )  # (B, F, N)
        mel = self.filters @ spectrum.abs() ** self.power  # (B, n_mels, N)
        return mel.reshape(*audio.shape[:-1], *mel.shape[-2:])


class LogMel(nn.Module):
    """Log-mel spectrogram of a batch: what most networks of the book are given.

    For one sound, in decibels, it is `features.log_mel`. In a batch, `top_db` is kept below the
    loudest point of each sound by itself, so that what a sound gives depends neither on the
    others nor on its padding.

    Parameters
    ----------
    sample_rate : int
        Hz.
    top_db : float or None
        Range kept, in dB; None keeps everything above -100 dB (re 1).
    unit : str
        "db": 10 log10 of the power. "log": its natural logarithm, with the same floors.
    **options
        As for `Mel`.

    Shapes
    ------
    audio (..., T), zero-padded -> (..., n_mels, N); lengths (B,) in samples -> (B,) in frames.

    Examples
    --------
    >>> to_mel = LogMel(sample_rate=8000, n_fft=512, hop_length=128, n_mels=40)
    >>> level_db, n_frames = to_mel(torch.zeros(2, 8000), torch.tensor([8000, 4000]))
    >>> level_db.shape, n_frames
    (torch.Size([2, 40, 63]), tensor([63, 32]))

    Chapter: learning/cnn
    """

    def __init__(
        self, *, sample_rate: int, top_db: float | None = 80.0, unit: str = "db", **options
    ):
        super().__init__()
        if top_db is not None:
            check_positive(top_db, name="top_db", unit="dB")
        check_choice(unit, name="unit", choices=("db", "log"))
        self.top_db, self.unit = top_db, unit
        self.mel = Mel(sample_rate=sample_rate, **options)

    def n_frames(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return how many frames sounds of these numbers of samples have."""
        n_fft, hop_length = self.mel.n_fft, self.mel.hop_length
        return 1 + (lengths + 2 * (n_fft // 2) - n_fft) // hop_length

    def forward(self, audio, lengths=None):
        check_floats(audio)
        if lengths is not None:
            check_lengths(lengths, audio)
        with torch.autocast(audio.device.type, enabled=False):  # a logarithm needs its digits
            power = self.mel(audio.float())  # (..., n_mels, N)
            level = 10 * torch.log10(power.clamp(min=TINY_POWER))
        n_frames = None if lengths is None else self.n_frames(lengths)
        if self.top_db is not None:
            inside = level.detach()
            if n_frames is not None:  # a frame within the padding may hold the loudest tail
                inside = inside.masked_fill(~is_sound(n_frames, level), -torch.inf)
            level = torch.maximum(level, inside.amax(dim=(-2, -1), keepdim=True) - self.top_db)
        if self.unit == "log":
            level = level * (torch.log(torch.tensor(10.0)).item() / 10)
        return level if lengths is None else (level, n_frames)


def from_loudest(level_db: torch.Tensor, lengths: torch.Tensor, *, top_db: float) -> torch.Tensor:
    """Return levels as numbers from -1, `top_db` below the loudest point of a sound, to 1, there.

    Parameters
    ----------
    level_db : Tensor
        (B, F, N), in dB.
    lengths : Tensor
        (B,), in frames. The padding becomes 0.
    top_db : float

    Examples
    --------
    >>> from_loudest(torch.tensor([[[-20.0, -40.0, -90.0]]]), torch.tensor([3]), top_db=40.0)
    tensor([[[ 1.,  0., -1.]]])

    Chapter: learning/evaluation
    """
    check_positive(top_db, name="top_db", unit="dB")
    check_lengths(lengths, level_db)
    inside = is_sound(lengths, level_db)
    loudest = level_db.masked_fill(~inside, -torch.inf).amax(dim=(1, 2), keepdim=True)
    return ((level_db - loudest) / (top_db / 2) + 1).clamp(min=-1) * inside


class Standardise(nn.Module):
    """Subtract a mean and divide by a standard deviation, both measured on the training set.

    With lengths, the padding becomes 0, which is the mean. The two are buffers: they travel with
    the model's weights, so that a stored model needs nothing beside it.

    Parameters
    ----------
    mean, std : float or Tensor
        One number, or one for each of F bands.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 3.0, 99.0]]])  # (B, F, N), two frames of sound
    >>> standardise = Standardise.measure(x, torch.tensor([2]))
    >>> standardise(x, torch.tensor([2]))[0]
    tensor([[[-1.,  1.,  0.]]])

    Chapter: learning/cnn
    """

    def __init__(self, mean=0.0, std=1.0):
        super().__init__()
        mean, std = (torch.as_tensor(value, dtype=torch.float32) for value in (mean, std))
        if not (std > 0).all() or not std.isfinite().all() or not mean.isfinite().all():
            raise AudioError("mean and std must be finite, and std above 0 in every band")
        self.register_buffer("mean", mean.reshape(-1, 1))  # (F, 1)
        self.register_buffer("std", std.reshape(-1, 1))

    @classmethod
    def measure(cls, x, lengths=None, *, by_band: bool = False):
        """Return the module for these spectrograms (B, F, N): training data, and nothing else.

        `by_band` gives each band a mean and a deviation of its own. A band that never changes is
        only centred.
        """
        inside = x.new_ones(x.shape, dtype=torch.bool)
        if lengths is not None:
            check_lengths(lengths, x)
            inside = is_sound(lengths, x).expand(x.shape)
        axes = (0, -1) if by_band else (0, -2, -1)
        count = inside.sum(dim=axes, keepdim=True)
        zeroed = x.double().masked_fill(~inside, 0.0)
        mean = zeroed.sum(dim=axes, keepdim=True) / count
        square = ((zeroed - mean) ** 2).masked_fill(~inside, 0.0).sum(dim=axes, keepdim=True)
        std = (square / count).sqrt()
        return cls(mean.flatten(), torch.where(std > 0, std, 1.0).flatten())

    def forward(self, x, lengths=None):
        x = (x - self.mean) / self.std
        if lengths is None:
            return x
        return x.masked_fill(~is_sound(lengths, x), 0.0), lengths
