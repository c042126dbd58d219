"""Many strings of digits joined at once, on the device: what training draws anew in every batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from audiolessons import signals, transforms
from audiolessons.padding import is_sound
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE

DECAY_S = (0.1, 0.4)  # in which an echo falls by 60 dB
ECHO_DB = (-20, -6)  # against the direct sound


class Joiner:
    """Joins takes of one voice to strings as `_joined.draw` and `join` do, a whole batch at once.

    Parameters
    ----------
    takes : Takes
    rows : array
        Numbers of the takes to join.
    speeds : tuple of float
        Of whole strings, as if by smaller and larger people.
    share_in_rooms : float
        Of the strings that get an echo.
    seed : int
    device : torch.device
        Where the strings are made.

    Chapter: speech/recognition
    """

    def __init__(
        self,
        takes: _joined.Takes,
        rows: np.ndarray,
        *,
        speeds: tuple = (1.0,),
        share_in_rooms: float = 0.0,
        seed: int,
        device,
    ):
        rows = rows[np.lexsort((takes.digit[rows], takes.speaker[rows]))]
        pairs = np.char.add(takes.speaker[rows].astype(str), takes.digit[rows].astype(str))
        # A shelf holds the takes of one digit by one voice; a voice has some shelves.
        _, self.first_take, self.n_takes = np.unique(pairs, return_index=True, return_counts=True)
        _, self.first_shelf, self.n_shelves = np.unique(
            takes.speaker[rows][self.first_take], return_index=True, return_counts=True
        )
        self.digit = takes.digit[rows]
        sounds = [_faster(takes.audio[row], speed) for speed in speeds for row in rows]
        self.lengths = np.array([one.size for one in sounds])
        self.offsets = np.cumsum(self.lengths) - self.lengths
        self.samples = torch.from_numpy(np.concatenate(sounds)).to(device)
        self.n_speeds, self.share_in_rooms = len(speeds), share_in_rooms
        self.rng, self.device = np.random.default_rng(seed), device
        self.generator = torch.Generator(device).manual_seed(seed)
        low_db, high_db = _joined.SNRS_DB
        self.add_noise = transforms.AddNoise(
            low_snr_db=low_db,
            high_snr_db=high_db,
            noise=torch.from_numpy(_joined.noises()),
            generator=self.generator,
        ).to(device)

    def batch(self, n_strings: int, n_digits: int) -> tuple:
        """Return strings (B, T), their lengths (B,), and the digits in each, (B, L)."""
        rng, shape = self.rng, (n_strings, n_digits)
        voice = rng.integers(len(self.first_shelf), size=(n_strings, 1))
        shelf = self.first_shelf[voice] + rng.integers(self.n_shelves[voice], size=shape)
        take = self.first_take[shelf] + rng.integers(self.n_takes[shelf])
        sound = take + len(self.digit) * rng.integers(self.n_speeds, size=(n_strings, 1))
        gaps = rng.integers(*_joined.GAPS_MS, size=(n_strings, n_digits + 1))
        gaps[:, [0, -1]] = np.abs(gaps[:, [0, -1]])
        starts, lengths = _placed(self.lengths[sound], gaps * SAMPLE_RATE // 1000)
        gains = signals.db_to_amplitude(rng.uniform(*_joined.LEVELS_DB, size=shape))
        lengths = torch.from_numpy(lengths).to(self.device)
        audio, lengths = self.add_noise(self._laid(sound, starts, gains, lengths), lengths)
        if self.share_in_rooms:
            audio = self._in_rooms(audio) * is_sound(lengths, audio)
        return audio, lengths, torch.from_numpy(self.digit[take]).to(self.device)

    def _laid(self, sound, starts, gains, lengths) -> Tensor:
        """Return the takes where they start, (B, T)."""
        its_length, offset, start, gain = (
            torch.from_numpy(one)[..., None].to(self.device)
            for one in (self.lengths[sound], self.offsets[sound], starts, np.float32(gains))
        )
        moment = torch.arange(int(its_length.max()), device=self.device)
        inside = moment < its_length  # (B, L, T)
        sounds = self.samples[(offset + moment) * inside] * gain * inside
        audio = sounds.new_zeros(len(lengths), int(lengths.max()))
        places = ((start + moment) * inside).flatten(1)  # what is not inside adds 0 at 0
        return audio.scatter_add_(1, places, sounds.flatten(1))

    def _in_rooms(self, audio: Tensor) -> Tensor:
        """Return sounds, of which some have an echo that fades away: noise behind an impulse."""
        shape = (len(audio), 1)
        decay_s = self.rng.uniform(*DECAY_S, size=shape)
        level = signals.db_to_amplitude(self.rng.uniform(*ECHO_DB, size=shape))
        level *= self.rng.random(shape) < self.share_in_rooms
        decay_s, level = (torch.from_numpy(one).float().to(self.device) for one in (decay_s, level))
        seconds = torch.arange(round(DECAY_S[1] * SAMPLE_RATE), device=self.device) / SAMPLE_RATE
        tail = torch.randn(
            len(audio), len(seconds), generator=self.generator, device=self.device
        ) * 10 ** (-3 * seconds / decay_s)
        tail *= (seconds < decay_s) * level / tail.norm(dim=1, keepdim=True)
        tail[:, 0] = 1.0  # the direct sound
        n = -(-(audio.shape[1] + tail.shape[1]) // 4096) * 4096  # few lengths, and none a prime
        echoed = torch.fft.irfft(torch.fft.rfft(audio, n) * torch.fft.rfft(tail, n), n)
        return echoed[:, : audio.shape[1]]


def _placed(lengths, gaps):
    """Return where each take starts, (B, L), and where each string ends, (B,), in samples."""
    starts, end = np.zeros_like(lengths), np.zeros(len(lengths), dtype=int)
    for number in range(lengths.shape[1]):
        starts[:, number] = np.maximum(0, end + gaps[:, number])
        end = starts[:, number] + lengths[:, number]
    return starts, end + gaps[:, -1]


def _faster(sound, speed):
    rate = round(SAMPLE_RATE * speed)
    return _joined.even(signals.resample(sound, from_rate=rate, to_rate=SAMPLE_RATE))
