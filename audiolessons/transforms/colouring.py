"""Augmentation of spectrograms: other voices, other tempi, other microphones."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from audiolessons import features
from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.padding import is_sound
from audiolessons.transforms.augmenting import Augmentation

N_FACTORS = 33  # steps between the lowest and the highest factor: 1 % apart at most


class Warp(Augmentation):
    """Move each mel spectrogram up or down and play it faster or slower, the two independently.

    Frequencies are multiplied by one factor, as if the throat, or the machine, were smaller or
    larger; time is divided by another. Both are drawn evenly between 1 / `most` and `most` on a
    logarithmic scale. What lies above the highest band repeats it; what becomes longer than the
    longest sound of the batch is cut, or makes the batch longer.

    Parameters
    ----------
    most_pitch, most_tempo : float
        The largest factors, at least 1.
    sample_rate : float
        Hz; with the number of bands it says where each band lies.
    grows : bool
        Whether the batch becomes as long as its longest sound: for targets that say what is at
        the end, such as texts.
    generator : torch.Generator
        Where the random numbers come from.

    Shapes
    ------
    x (B, F, N), lengths (B,) in frames; the lengths follow the tempo, and N too if it `grows`.

    Examples
    --------
    >>> warp = Warp(
    ...     most_pitch=1.2, most_tempo=1.2, sample_rate=8000, generator=torch.Generator()
    ... )
    >>> x, lengths = warp(torch.ones(2, 40, 50), torch.tensor([50, 20]))
    >>> x.shape
    torch.Size([2, 40, 50])

    References
    ----------
    N. Jaitly and G. E. Hinton, "Vocal tract length perturbation (VTLP) improves speech
    recognition", ICML workshop 2013.

    Chapter: learning/evaluation
    """

    def __init__(
        self,
        *,
        most_pitch: float,
        most_tempo: float,
        sample_rate: float,
        generator: torch.Generator,
        grows: bool = False,
    ):
        super().__init__(generator)
        self.grows = grows
        for name, most in (("most_pitch", most_pitch), ("most_tempo", most_tempo)):
            if check_positive(most, name=name) < 1:
                raise AudioError(f"{name} is {most}: give a factor of at least 1, such as 1.2")
        self.most_pitch, self.most_tempo = most_pitch, most_tempo
        self.sample_rate = check_positive(sample_rate, name="sample_rate", unit="Hz")

    def augment(self, x, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        if x.ndim != 3:
            raise AudioError(f"x has shape {tuple(x.shape)}: give spectrograms (B, F, N)")
        n_bands, n_frames = x.shape[1:]
        table = torch.from_numpy(self._bands(n_bands)).to(x)  # (factors, F)
        which = self.draw_whole((len(x),), torch.tensor(N_FACTORS - 1)).to(x.device)
        x = _interpolate(x.mT, table[which]).mT
        exponent = self.draw((len(x),), low=-1.0, high=1.0, device=x.device)
        tempo = self.most_tempo**exponent  # (B,)
        lengths = (lengths / tempo.to(lengths.device)).round().long().clamp(min=1)
        n_frames = int(lengths.max()) if self.grows else n_frames
        lengths = lengths.clamp(max=n_frames)
        x = _interpolate(x, torch.arange(n_frames, device=x.device) * tempo[:, None])
        return x * is_sound(lengths, x), lengths

    def _bands(self, n_bands):
        """Return, for each factor, the band that each band is filled from: (factors, F)."""
        highest = float(features.hz_to_mel(self.sample_rate / 2))
        step = highest / (n_bands + 1)
        hz = features.mel_to_hz(step * np.arange(1, n_bands + 1))
        factors = self.most_pitch ** np.linspace(-1, 1, N_FACTORS)
        return features.hz_to_mel(hz / factors[:, None]) / step - 1


class Colour(Augmentation):
    """Raise some bands and lower others, smoothly: another microphone, another room.

    A gain is drawn for each of a few bands that lie evenly apart; between them it is interpolated.

    Parameters
    ----------
    most : float
        Gains lie between minus this and this, in the unit of the spectrogram: decibels, as a rule.
    n_points : int
        How many gains are drawn.
    generator : torch.Generator
        Where the random numbers come from.

    Shapes
    ------
    x (B, F, N), lengths (B,) in frames; padding stays as it is.

    Examples
    --------
    >>> colour = Colour(most=6.0, generator=torch.Generator().manual_seed(0))
    >>> x = colour(torch.zeros(2, 40, 50))
    >>> bool((x.abs() <= 6).all()), bool((x[..., :1] == x).all())  # the same at all times
    (True, True)

    References
    ----------
    H. Nam, S.-H. Kim and Y.-H. Park, "FilterAugment: an acoustic environmental data augmentation
    method", ICASSP 2022.

    Chapter: learning/evaluation
    """

    def __init__(self, *, most: float, generator: torch.Generator, n_points: int = 5):
        super().__init__(generator)
        self.most = check_positive(most, name="most")
        self.n_points = check_count(n_points, name="n_points", minimum=2)

    def augment(self, x, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        if x.ndim != 3:
            raise AudioError(f"x has shape {tuple(x.shape)}: give spectrograms (B, F, N)")
        shape = (len(x), 1, self.n_points)
        points = self.draw(shape, low=-self.most, high=self.most, device=x.device)
        gains = functional.interpolate(points, x.shape[1], mode="linear", align_corners=True)
        return x + gains.mT * is_sound(lengths, x), lengths  # (B, 1, F) -> (B, F, 1)


def _interpolate(x, place):
    """Return x (B, F, N) at fractional places (B, M) of its last axis; beyond it, its ends."""
    n_bands, n = x.shape[1:]
    place = place.clamp(0, n - 1)
    below = place.floor().long()
    above = (below + 1).clamp(max=n - 1)
    part = (place - below)[:, None]  # (B, 1, M)
    low, high = (x.gather(2, at[:, None].expand(-1, n_bands, -1)) for at in (below, above))
    return low + part * (high - low)
