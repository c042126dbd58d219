"""Augmentation of waveforms: another version of each sound every time it is heard.

Modules that change a batch in training and leave it alone otherwise. Each item draws for itself.
All random numbers come from the `torch.Generator` that is handed over; `training.fit` stores where
it stands. A generator of the processor works with every device (few numbers travel); give
`AddNoise` one of the GPU if its white noise is to be made there.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch
import torchaudio
from torch import nn

from audiolessons.errors import AudioError, check_count, check_finite, check_positive
from audiolessons.padding import is_sound
from audiolessons.transforms.lengths import check_batch, check_lengths

# Zero crossings of the low-pass of `Speed` on each side: torchaudio's default of 6 is heard.
FILTER_WIDTH = 16


class Augmentation(nn.Module):
    """What augmentations share: they act in training only, and draw from their own generator.

    Chapter: learning/evaluation
    """

    def __init__(self, generator: torch.Generator):
        super().__init__()
        if not isinstance(generator, torch.Generator):
            raise AudioError(
                f"generator is {type(generator).__name__}: give torch.Generator().manual_seed(0)"
            )
        self.generator = generator

    def forward(self, x, lengths=None):
        check_batch(x)
        if lengths is not None:
            check_lengths(lengths, x)
        if self.training:
            ends = torch.full((len(x),), x.shape[-1]) if lengths is None else lengths
            x, ends = self.augment(x, ends.to(x.device))
            lengths = None if lengths is None else ends
        return x if lengths is None else (x, lengths)

    def augment(self, x, lengths):
        """Return another version of the batch, and its lengths."""
        raise NotImplementedError

    def draw(self, shape, *, low: float, high: float, device) -> torch.Tensor:
        """Return random numbers, uniform from `low` to `high`."""
        numbers = torch.rand(shape, generator=self.generator, device=self.generator.device)
        return (low + (high - low) * numbers).to(device)

    def draw_whole(self, shape, highest) -> torch.Tensor:
        """Return whole numbers from 0 to `highest`, which may differ from item to item."""
        numbers = self.draw(shape, low=0.0, high=1.0, device=highest.device)
        return torch.minimum((numbers * (highest + 1)).long(), highest)  # rand may round to 1


class TimeShift(Augmentation):
    """Move each sound earlier or later; what leaves at one end is lost, zeros come in at the other.

    Parameters
    ----------
    max_shift_samples : int
        The shift is uniform from minus this to this.
    generator : torch.Generator
        Where the random numbers come from.

    Examples
    --------
    >>> shift = TimeShift(max_shift_samples=2, generator=torch.Generator().manual_seed(1))
    >>> shift(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    tensor([[0., 1., 2., 3.]])

    Chapter: learning/evaluation
    """

    def __init__(self, *, max_shift_samples: int, generator: torch.Generator):
        super().__init__(generator)
        self.max_shift = check_count(max_shift_samples, name="max_shift_samples")

    def augment(self, audio, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        most = torch.full((len(audio),), 2 * self.max_shift, device=audio.device)
        shift = _column(self.draw_whole((len(audio),), most) - self.max_shift, audio)
        here = torch.arange(audio.shape[-1], device=audio.device) - shift  # (B, ..., T): from where
        inside = (here >= 0) & (here < _column(lengths, audio)) & is_sound(lengths, audio)
        here = here.clamp(0, audio.shape[-1] - 1).expand(audio.shape)
        return audio.gather(-1, here) * inside, lengths


class Gain(Augmentation):
    """Make each sound louder or softer: recordings differ in level, and the meaning does not.

    Parameters
    ----------
    low_db, high_db : float
        The gain is uniform between them, in dB.
    generator : torch.Generator
        Where the random numbers come from.

    Examples
    --------
    >>> louder = Gain(low_db=20.0, high_db=20.0, generator=torch.Generator())
    >>> louder(torch.tensor([[0.01, -0.02]]))
    tensor([[ 0.1000, -0.2000]])

    Chapter: learning/evaluation
    """

    def __init__(self, *, low_db: float, high_db: float, generator: torch.Generator):
        super().__init__(generator)
        self.low_db, self.high_db = _check_range(low_db, high_db, "low_db", "high_db")

    def augment(self, audio, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        level_db = self.draw((len(audio),), low=self.low_db, high=self.high_db, device=audio.device)
        return audio * _column(10 ** (level_db / 20), audio).to(audio.dtype), lengths


class AddNoise(Augmentation):
    """Add noise at a signal-to-noise ratio, as `signals.mix_at_snr` does; padding stays silent.

    Parameters
    ----------
    low_snr_db, high_snr_db : float
        The ratio of mean squares is uniform between them, in dB; both are measured where the item
        has sound. A silent sound stays silent.
    noise : Tensor, optional
        A collection of noises, (K, T2), of which each item takes one, from a random place on,
        repeated if it is too short. White noise if left out.
    generator : torch.Generator
        Where the random numbers come from.

    Examples
    --------
    >>> noisy = AddNoise(low_snr_db=10, high_snr_db=10, generator=torch.Generator().manual_seed(0))
    >>> tone = torch.sin(torch.arange(8000.0))[None]
    >>> noise = noisy(tone) - tone
    >>> round(float(10 * torch.log10((tone**2).mean() / (noise**2).mean())), 3)
    10.0

    Chapter: learning/evaluation
    """

    def __init__(
        self,
        *,
        low_snr_db: float,
        high_snr_db: float,
        generator: torch.Generator,
        noise: torch.Tensor | None = None,
    ):
        super().__init__(generator)
        low, high = _check_range(low_snr_db, high_snr_db, "low_snr_db", "high_snr_db")
        self.low_snr_db, self.high_snr_db = low, high
        if noise is not None:
            check_batch(noise, name="noise")
            if noise.ndim != 2 or noise.numel() == 0 or not (noise != 0).any(dim=1).all():
                raise AudioError(
                    f"noise has shape {tuple(noise.shape)}: give (K, T2), none of them silent"
                )
        self.register_buffer("noise", noise, persistent=False)

    def augment(self, audio, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        snr_db = self.draw(
            (len(audio),), low=self.low_snr_db, high=self.high_snr_db, device=audio.device
        )
        inside = is_sound(lengths, audio)
        with torch.no_grad():
            noise = self._draw_noise(audio) * inside
            # The ratio of sums is that of the means: both are over the same samples.
            signal_power = (audio * inside).square().sum(dim=-1, keepdim=True)
            noise_power = noise.square().sum(dim=-1, keepdim=True)
            ratio = signal_power / noise_power * _column(10 ** (-snr_db / 10), audio)
            gain = torch.where(noise_power > 0, ratio, 0.0).sqrt().to(audio.dtype)
        return audio + gain * noise, lengths

    def _draw_noise(self, audio):
        if self.noise is None:
            noise = torch.randn(audio.shape, generator=self.generator, device=self.generator.device)
            return noise.to(audio)
        n_noises, n_samples = self.noise.shape
        most = torch.tensor([n_noises - 1, n_samples - 1], device=audio.device)
        which, start = self.draw_whole((len(audio), 2), most).T  # (B,) each
        here = (start[:, None] + torch.arange(audio.shape[-1], device=audio.device)) % n_samples
        noise = self.noise[which[:, None], here]  # (B, T)
        return noise.reshape(len(audio), *[1] * (audio.ndim - 2), -1).to(audio)


class Speed(Augmentation):
    """Play each sound faster or slower, as a tape: pitch, formants and length change together.

    The batch keeps its size: what becomes too long is cut, what becomes short is padded with
    zeros, and the lengths say so.

    Parameters
    ----------
    factors : sequence of float
        Speeds, of which each item draws one; 1.1 is faster, higher and shorter. Two decimals.
    generator : torch.Generator
        Where the random numbers come from.

    Examples
    --------
    >>> faster = Speed(factors=[2.0], generator=torch.Generator())
    >>> x, lengths = faster(torch.ones(1, 1000), torch.tensor([1000]))
    >>> x.shape, lengths
    (torch.Size([1, 1000]), tensor([500]))

    References
    ----------
    T. Ko, V. Peddinti, D. Povey and S. Khudanpur, "Audio augmentation for speech recognition",
    Interspeech 2015.

    Chapter: learning/evaluation
    """

    def __init__(self, *, factors: Sequence[float] = (0.9, 1.0, 1.1), generator: torch.Generator):
        super().__init__(generator)
        self.factors = [check_positive(factor, name="factors") for factor in factors]
        if not self.factors:
            raise AudioError("factors is empty: give speeds such as (0.9, 1.0, 1.1)")
        for factor in self.factors:
            if abs(100 * factor - round(100 * factor)) > 1e-6:
                raise AudioError(f"factors holds {factor}: round it to two decimals")

    def augment(self, audio, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        most = torch.full((len(audio),), len(self.factors) - 1)
        which = self.draw_whole((len(audio),), most)  # on the processor: it decides what to do
        parts, ends, order = [], [], []
        for number, factor in enumerate(self.factors):
            (chosen,) = torch.where(which == number)
            if len(chosen):
                rows = chosen.to(audio.device)
                faster, its_ends = change_speed(audio[rows], lengths[rows], factor)
                parts.append(faster), ends.append(its_ends), order.append(chosen)
        back = torch.cat(order).argsort().to(audio.device)
        return torch.cat(parts)[back], torch.cat(ends)[back]


def change_speed(audio, lengths, factor: float):
    """Return a batch played `factor` times as fast, cut or padded to its size, and its lengths.

    Chapter: learning/evaluation
    """
    speed = Fraction(round(100 * factor), 100)
    n_samples = audio.shape[-1]
    if speed != 1:
        audio = torchaudio.functional.resample(
            audio, speed.numerator, speed.denominator, lowpass_filter_width=FILTER_WIDTH
        )
        lengths = -(-lengths * speed.denominator // speed.numerator)  # rounded up
        lengths = lengths.clamp(max=n_samples)
        audio = audio[..., :n_samples]
        audio = nn.functional.pad(audio, (0, n_samples - audio.shape[-1]))
    return audio * is_sound(lengths, audio), lengths


def _column(values, x):
    """Return one value for each item, (B,), in a shape that multiplies (B, ..., T)."""
    return values.reshape(-1, *[1] * (x.ndim - 1))


def _check_range(low, high, low_name, high_name):
    check_finite(low, name=low_name, unit="dB")
    check_finite(high, name=high_name, unit="dB")
    if low > high:
        raise AudioError(f"{low_name} is {low} dB, above {high_name} = {high} dB: swap them")
    return float(low), float(high)
