"""Batches to learn a wake word from: words put into speech, rooms, noises and levels by chance.

Half of the clips hold the word, once. Before and behind it somebody may speak, as a command follows
at once. The network is to say yes in the fifth of a second after the word's end; just before and
just after that, it may say what it likes.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import signal
from torch import nn

from audiolessons import filters, transforms
from audiolessons.assistant import car_noise
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE

HOP = 160
CLIP_S = 3.0
BATCH_SIZE = 32
EVERY = 2  # of so many clips one holds the word
YES_S, FREE_S = (0.0, 0.22), (-0.2, 0.5)  # after the word's end: yes, and neither
SPEEDS = (0.8, 1.25)
SNRS_DB = (0.0, 35.0)
GAINS_DB = (-20.0, 8.0)
N_CARS, N_ROOMS = 12, 40
N_VOICES = 3  # at once, where voices are the noise
MOST_PITCH, MOST_COLOUR = 1.15, 1.5  # a factor; nats, 6.5 dB
SHARE_REAL = 0.6  # of the clips with the word: a recorded take


class Lessons:
    """Batches (sounds (B, T), targets (B, N)); a target is 1, 0, or NaN where neither counts."""

    def __init__(self, *, n_batches: int, seed: int = 0, first: int | None = None):
        self.n_batches = n_batches
        self.rng = np.random.default_rng(seed)
        self.real = [one.audio for one in material.takes("train")]
        self.made = [one.audio for one in material.made_takes()]
        size = "full" if first is None else None
        spoken = material.speech_without("train", first=first, size=size)
        self.speech = np.concatenate([_even(one.audio) for one in spoken])
        self.alike = [_even(one) for one in material.alike(first)]
        self.noise = [_even(one.audio) for one in material.noises("train")[:first]]
        self.cars = [
            _even(car_noise(CLIP_S + 2, sample_rate=SAMPLE_RATE, speed_kmh=10 * n, seed=n))
            for n in range(N_CARS)
        ]
        self.rooms = [
            filters.synthetic_room(
                sample_rate=SAMPLE_RATE,
                rt60_s=self.rng.uniform(0.1, 0.6),
                seed=number,
                reverberation_db=self.rng.uniform(-12.0, 0.0),
            )
            for number in range(N_ROOMS)
        ]

    def __len__(self):
        return self.n_batches

    def __iter__(self):
        for _ in range(self.n_batches):
            clips, targets = zip(
                *(self._clip(with_word=n % EVERY == 0) for n in range(BATCH_SIZE)), strict=True
            )
            yield torch.from_numpy(np.stack(clips)), torch.from_numpy(np.stack(targets))

    def _clip(self, *, with_word):
        rng, n_samples = self.rng, round(CLIP_S * SAMPLE_RATE)
        clip = np.zeros(n_samples, dtype=np.float32)
        target = np.zeros(n_samples // HOP, dtype=np.float32)
        if not with_word:
            clip += self._speech(n_samples)
            if rng.uniform() < 0.25:
                self._put_alike(clip)
        else:
            word = self._word()
            end = int(rng.uniform(max(0.9 * SAMPLE_RATE, len(word)), n_samples - 0.4 * SAMPLE_RATE))
            if rng.uniform() < 0.5:
                until = max(0, end - len(word) - int(rng.uniform(0, 0.6) * SAMPLE_RATE))
                clip[:until] = self._speech(until)
            if rng.uniform() < 0.6:
                since = min(n_samples, end + int(rng.uniform(0.03, 0.7) * SAMPLE_RATE))
                clip[since:] = self._speech(n_samples - since)
            clip[end - len(word) : end] += word
            frame = end // HOP
            for value, (begin_s, end_s) in ((np.nan, FREE_S), (1.0, YES_S)):
                target[frame + round(100 * begin_s) : frame + round(100 * end_s)] = value
        if rng.uniform() < 0.6:
            room = _one(self.rooms, rng)
            clip = signal.fftconvolve(clip, room)[:n_samples].astype(np.float32)
        snr = 10 ** (-rng.uniform(*SNRS_DB) / 20)
        clip = clip + np.float32(snr) * self._noise(n_samples)
        gain = np.float32(0.1 * 10 ** (rng.uniform(*GAINS_DB) / 20))
        return clip * gain, target

    def _word(self):
        """Return a take at another speed, at the level of speech."""
        some = self.real if self.rng.uniform() < SHARE_REAL else self.made
        word, speed = _one(some, self.rng), self.rng.uniform(*SPEEDS)
        n_samples = round(len(word) / speed)
        word = np.interp(np.linspace(0, len(word) - 1, n_samples), np.arange(len(word)), word)
        return _even(word)[: round(1.6 * SAMPLE_RATE)] * np.float32(self.rng.uniform(0.5, 1.5))

    def _speech(self, n_samples):
        begin = self.rng.integers(len(self.speech) - n_samples)
        return self.speech[begin : begin + n_samples]

    def _put_alike(self, clip):
        word = _one(self.alike, self.rng)[: len(clip) // 2]
        begin = self.rng.integers(len(clip) - len(word))
        clip[begin : begin + len(word)] = word

    def _noise(self, n_samples):
        """Return a car, everyday sounds, some voices at once, or car and sounds, each as often."""
        kind = self.rng.integers(4)
        if kind == 2:
            return _even(sum(self._speech(n_samples) for _ in range(N_VOICES)))
        some = {0: [self.cars], 1: [self.noise], 3: [self.cars, self.noise]}[kind]
        return _even(sum(self._cut(_one(noises, self.rng), n_samples) for noises in some))

    def _cut(self, noise, n_samples):
        return np.resize(np.roll(noise, self.rng.integers(len(noise))), n_samples)


def _one(values, rng):
    return values[rng.integers(len(values))]


def _even(audio):
    """Return a sound of RMS 1 where it is loud, float32."""
    return (audio / (np.sqrt(np.mean(np.square(audio))) + 1e-9)).astype(np.float32)


class Altered(nn.Module):
    """A network that hears other people while it learns: throats and microphones by chance.

    All of a clip is altered, so that the word cannot be told by it: the log-mel bands on their way
    to the layer that evens them out.
    """

    def __init__(self, network, *, seed: int):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.network = network
        self.alter = transforms.Chain(
            transforms.Warp(
                most_pitch=MOST_PITCH, most_tempo=1.0, sample_rate=SAMPLE_RATE, generator=generator
            ),
            transforms.Colour(most=MOST_COLOUR, generator=generator),
        )

    def forward(self, audio):
        hook = self.network.normalize.register_forward_pre_hook(self._altered)
        try:
            return self.network(audio)
        finally:
            hook.remove()

    def _altered(self, _, given):
        [bands] = given  # (B, D, N)
        return self.alter(bands, torch.full((len(bands),), bands.shape[-1]))[0]


def where_told(output, target):
    """Return the cross-entropy (B,) of logits (B, N), over the hops whose target is known."""
    known = ~torch.isnan(target)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        output, torch.where(known, target, 0.0), reduction="none"
    )
    return (losses * known).sum(dim=-1) / known.sum(dim=-1)
