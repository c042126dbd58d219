"""Mixtures of voices and noises, made anew on the device for every step of a training.

Voices and noises lie on the device as whole numbers of 16 bits. Each mixture draws its place in
them, a room, the colour of voice and noise, a ratio and a level. Nothing loops over items.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

SAMPLE_RATE = 16000
SCALE = 32768.0
SNR_RANGE_DB = (-5.0, 25.0)
LEVELS_DB = (-45.0, -12.0)  # of the voice
SECOND_DB = (-12.0, 6.0)  # of a second noise beside the first
RT60_RANGE_S = (0.15, 1.2)
N_ROOMS = 512
ROOM_SAMPLES = SAMPLE_RATE
# Shares of the mixtures.
IN_ROOM, NOISE_IN_ROOM, WITH_SECOND, OF_BABBLE = 0.5, 0.3, 0.4, 0.15
MODULATED, NARROW, CLEAN, SPEECHLESS = 0.3, 0.15, 0.03, 0.05


@dataclass(frozen=True, eq=False)
class Material:
    """What is mixed: voices (T,), one after another, and noises (K, T2), both int16 tensors."""

    speech: torch.Tensor
    noise: torch.Tensor


class Mixer:
    """Draws batches (noisy, clean), each (B, T), from voices and noises on one device.

    Parameters
    ----------
    material : Material
    segment_s : float
        Length of the mixtures, in seconds.
    seed : int
        Of all that is drawn.
    device : torch.device
    in_rooms : bool
        Whether some voices and noises are heard in rooms.
    """

    def __init__(self, material: Material, *, segment_s: float, seed: int, device, in_rooms=True):
        self.speech, self.noise = material.speech.to(device), material.noise.to(device)
        self.device, self.length = device, round(segment_s * SAMPLE_RATE)
        self.generator = torch.Generator(device).manual_seed(seed)
        self.n_fft = 1 << (self.length + ROOM_SAMPLES - 1).bit_length()
        self.rooms = torch.fft.rfft(self._rooms(), n=self.n_fft)  # (R, n_fft // 2 + 1)
        self.in_room, self.noise_in_room = (IN_ROOM, NOISE_IN_ROOM) if in_rooms else (0, 0)

    @torch.no_grad()
    def batch(self, size: int):
        """Return `size` mixtures and the voices in them, (B, T) each."""
        voice = self._filter(self._segments(size), self.in_room, colour_db=6.0)
        noise = self._noises(size)
        second = self._noises(size) * self._level(size, SECOND_DB) * self._some(size, WITH_SECOND)
        noise = _at_level(noise) + second
        narrow = self._low_pass(size)
        voice, noise = _at_level(self._apply(voice, narrow)), _at_level(self._apply(noise, narrow))
        voice, noise = voice * ~self._some(size, SPEECHLESS), noise * ~self._some(size, CLEAN)
        level = self._level(size, LEVELS_DB)
        noise = noise * self._level(size, tuple(-one for one in SNR_RANGE_DB[::-1]))
        return level * (voice + noise), level * voice

    def _segments(self, n):
        start = self._whole(n, len(self.speech) - self.length)
        return self._read(self.speech, start[:, None])

    def _read(self, flat, start):
        return flat[start + torch.arange(self.length, device=self.device)].float() / SCALE

    def _noises(self, n):
        """Return noises (B, T): recorded and made ones, faster or slower, or babble."""
        which, start = self._whole(n, len(self.noise))[:, None], self._whole(n, 10**6)[:, None]
        speed = self._uniform(n, 0.6, 1.6)
        place = speed * torch.arange(self.length, device=self.device)
        between, low = place % 1, start + place.long()
        n_samples = self.noise.shape[1]
        before, after = (self.noise[which, (low + k) % n_samples].float() for k in (0, 1))
        noise = ((1 - between) * before + between * after) / SCALE
        n_babble = max(1, round(OF_BABBLE * n))
        talkers = self._segments(5 * n_babble).view(n_babble, 5, -1)
        talkers = talkers * self._uniform(n_babble, 0, 1)[..., None]
        noise[:n_babble] = talkers[:, : 2 + int(self._whole(1, 4))].sum(dim=1)
        noise = noise[torch.randperm(n, generator=self.generator, device=self.device)]
        swell_db = self._curve(n, n_knots=12, size=self.length, spread=8.0)
        noise = noise * _amplitude(swell_db * self._some(n, MODULATED))
        return self._filter(noise, self.noise_in_room, colour_db=12.0)

    def _filter(self, sounds, share_in_room, *, colour_db):
        """Let a share of sounds be heard in rooms, and give each a colour of its own."""
        n = len(sounds)
        room = self.rooms[self._whole(n, len(self.rooms))]
        room = torch.where(self._some(n, share_in_room), room, 1)
        knots = self._curve(n, n_knots=9, size=256, spread=colour_db / 2)  # over octaves
        places = torch.linspace(1, self.n_fft // 2 + 1, self.n_fft // 2 + 1, device=self.device)
        octave = (places.log2() / places[-1].log2() * 255).long()
        return self._apply(_at_level(sounds), room * _amplitude(knots[:, octave]))

    def _low_pass(self, n):
        """Return gains (B, F): for some all is kept, for others what lies below an edge."""
        frequency_hz = torch.linspace(0, SAMPLE_RATE / 2, self.n_fft // 2 + 1, device=self.device)
        gain = torch.sigmoid((self._uniform(n, 2500, 7500) - frequency_hz) / 60)
        return torch.where(self._some(n, NARROW), gain, 1.0)

    def _apply(self, sounds, response):
        spectrum = torch.fft.rfft(sounds, n=self.n_fft)
        return torch.fft.irfft(spectrum * response, n=self.n_fft)[:, : self.length]

    def _rooms(self):
        """Return responses (R, K): a direct sound, single reflections, noise that dies away."""
        n, place = N_ROOMS, torch.arange(ROOM_SAMPLES, device=self.device)
        rt60_s = self._uniform(n, *RT60_RANGE_S)
        decay = 10 ** (-3 * place / (rt60_s * SAMPLE_RATE))
        tail = decay * torch.randn(n, ROOM_SAMPLES, generator=self.generator, device=self.device)
        tail = tail + self._uniform(n, 0.0, 0.8) * tail.roll(1, dims=1)  # walls swallow treble
        single = torch.rand(tail.shape, generator=self.generator, device=self.device) < 0.01
        tail = torch.where(place < 0.03 * SAMPLE_RATE, 3 * tail * single, tail)
        tail = tail / tail.norm(dim=1, keepdim=True) * self._level(n, (-18.0, 4.0))
        tail[:, 0] = 1
        return tail

    def _curve(self, n, *, n_knots, size, spread):
        """Return curves (B, size) through random knots, in dB."""
        knots = spread * torch.randn(n, 1, n_knots, generator=self.generator, device=self.device)
        return torch.nn.functional.interpolate(knots, size=size, mode="linear")[:, 0]

    def _uniform(self, n, low, high):
        numbers = torch.rand(n, 1, generator=self.generator, device=self.device)
        return low + (high - low) * numbers

    def _level(self, n, range_db):
        return _amplitude(self._uniform(n, *range_db))

    def _some(self, n, share):
        return self._uniform(n, 0, 1) < share

    def _whole(self, n, end):
        return torch.randint(end, (n,), generator=self.generator, device=self.device)


def _amplitude(level_db):
    return 10 ** (level_db / 20)


def _at_level(sounds):
    """Return sounds of RMS 1; a silent one stays silent."""
    return sounds / sounds.square().mean(dim=-1, keepdim=True).sqrt().clamp(min=1e-6)
