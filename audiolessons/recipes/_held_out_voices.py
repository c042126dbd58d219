"""Spoken digits by voices that were never heard: what recipes that hold a voice out share.

What a voice and its microphone add, and the digit does not need, is taken away or varied: quiet
ends are cut off, levels count from the loudest point, each sound comes at three speeds.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, signals, transforms
from audiolessons.recipes._spoken_digits import COARSE_FRAMES, LONGEST_S
from audiolessons.transforms.augmenting import change_speed

THRESHOLD_DB = -25.0  # what is quieter than this, at the ends, is cut off
TOP_DB = 40.0
SPEEDS = (0.85, 1.0, 1.15)
SAMPLE_RATE = 8000


@dataclass(frozen=True)
class Voices:
    """All digits: log-mel (V, B, 40, N), lengths (V, B), labels (B,) and who speaks, an array.

    V counts the speeds. `names` are those of the digits, `source` is "recordings" or "embedded".
    """

    x: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    speaker: np.ndarray
    names: list
    source: str

    @property
    def speakers(self) -> list:
        """The voices there are."""
        return sorted(set(self.speaker.tolist()))

    def without(self, speaker: str | None) -> Voices:
        """Return all voices but one."""
        rows = torch.from_numpy(self.speaker != speaker)  # all, unless there is one
        return replace(
            self,
            x=self.x[:, rows],
            lengths=self.lengths[:, rows],
            labels=self.labels[rows],
            speaker=self.speaker[rows.numpy()],
        )

    def learned(self, *, held_out: str) -> TensorDataset:
        """Return the sounds of all voices but one, at every speed."""
        rows = torch.from_numpy(self.speaker != held_out)
        labels = self.labels[rows].repeat(len(SPEEDS))
        return TensorDataset(self.x[:, rows].flatten(0, 1), self.lengths[:, rows].flatten(), labels)

    def tested(self, *, held_out: str) -> list:
        """Return the sounds of one voice: a part for each speed."""
        rows = torch.from_numpy(self.speaker == held_out)
        return [
            TensorDataset(x[rows], lengths[rows], self.labels[rows])
            for x, lengths in zip(self.x, self.lengths, strict=True)
        ]


def load() -> Voices:
    """Return the spoken digits as log-mel frames between -1 (40 dB down) and 1 (loudest point).

    Examples
    --------
    >>> voices = load()
    >>> voices.x.shape[0], voices.x.shape[2], len(voices.names)
    (3, 40, 10)

    Chapter: learning/evaluation
    """
    sounds = datasets.load("spoken_digits")
    rate = sounds[0].sample_rate
    n_samples = round(LONGEST_S * rate)
    trimmed = SimpleNamespace(as_arrays=lambda: _trimmed(sounds, n_samples))
    cached = [
        transforms.cache_dataset(trimmed, _Prepare(_to_mel(rate), speed)).tensors
        for speed in SPEEDS
    ]
    x, lengths, labels = zip(*cached, strict=True)
    speaker = sounds.table["speaker"]
    return Voices(
        torch.stack(x), torch.stack(lengths), labels[0], speaker, sounds.labels, sounds.source
    )


def bands_of(audio: np.ndarray, *, sample_rate: int) -> torch.Tensor:
    """Return what a network is given for one sound (T,): its bands (1, 40, N), as in `load`.

    Examples
    --------
    >>> bands_of(np.ones(4000, np.float32), sample_rate=8000).shape
    torch.Size([1, 40, 26])

    Chapter: large/serving
    """
    word = signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)
    word = signals.trim_silence(word, sample_rate=SAMPLE_RATE, threshold_db=THRESHOLD_DB)
    word = torch.from_numpy(word[: round(LONGEST_S * SAMPLE_RATE)])
    levels, lengths = _to_mel(SAMPLE_RATE)(word[None], torch.tensor([len(word)]))
    return transforms.from_loudest(levels, lengths, top_db=TOP_DB)


@functools.cache
def _to_mel(sample_rate):
    return transforms.LogMel(sample_rate=sample_rate, top_db=TOP_DB, **COARSE_FRAMES)


def _trimmed(sounds, n_samples):
    """Return the sounds without their quiet ends, as arrays for `transforms.cache_dataset`."""
    audio = np.zeros((len(sounds), n_samples), dtype=np.float32)
    lengths = np.zeros(len(sounds), dtype=np.int64)
    for row, sound in enumerate(sounds):
        loud = signals.trim_silence(
            sound.audio, sample_rate=sound.sample_rate, threshold_db=THRESHOLD_DB
        )[:n_samples]
        audio[row, : loud.size], lengths[row] = loud, loud.size
    return audio, lengths, sounds.label_ids


class _Prepare(torch.nn.Module):
    """Change the speed; make frames; count levels from the loudest point of each sound."""

    def __init__(self, to_mel, speed):
        super().__init__()
        self.to_mel, self.speed = to_mel, speed

    def forward(self, audio, lengths):
        x, lengths = self.to_mel(*change_speed(audio, lengths, self.speed))
        return transforms.from_loudest(x, lengths, top_db=TOP_DB), lengths


def other_sounds(setting, generator):
    """Yield what makes other sounds of a sound, whose levels are between -1 and 1."""
    if setting.is_coloured:
        yield transforms.Colour(most=6.0 / (TOP_DB / 2), generator=generator)  # 6 dB
    if setting.is_warped:  # beside the three speeds, which move both together
        yield transforms.Warp(
            most_pitch=1.12, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        )
    if setting.is_centred:
        yield _Centre()


class _Centre(torch.nn.Module):
    """Subtract what each band is on average: what the microphone adds, and some of the word."""

    def forward(self, x, lengths):
        inside = models.sequence_mask(lengths, n_frames=x.shape[2])
        mean = models.masked_mean(x, inside)[..., None]
        return (x - mean) * inside[:, None], lengths
