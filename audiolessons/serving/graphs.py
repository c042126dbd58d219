"""Trained networks with their features, as graphs from arrays to arrays: what `export` writes.

One small module for each kind of network. It computes what the book computes with transforms and
complex numbers, in the operations that ONNX has.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.models.speech.denoise import COMPRESSION, TINY
from audiolessons.models.speech.echo import FLOOR
from audiolessons.padding import is_sound
from audiolessons.serving.spectra import Sound, Spectrum
from audiolessons.transforms import from_loudest


class _Masks(nn.Module):
    """A `models.SpectralDenoiser` between a spectrum and its inverse."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network, self.hop_length = network, network.hop_length
        self.spectrum = Spectrum(network.window, hop_length=network.hop_length)
        self.sound = Sound(network.window, hop_length=network.hop_length)

    def whole_hops(self, audio: Tensor) -> Tensor:
        """Return sounds (..., T) with silence behind them up to a whole number of hops."""
        return functional.pad(audio, (0, -audio.shape[-1] % self.hop_length))


class Denoise(_Masks):
    """noisy (B, T) -> cleaned (B, T), by a `models.SpectralDenoiser`.

    Chapter: reference/how-to-use
    """

    def forward(self, noisy: Tensor) -> Tensor:
        n_samples, noisy = noisy.shape[-1], self.whole_hops(noisy)
        real, imaginary, _ = self.masked(*self.spectrum(noisy))
        return self.sound(real, imaginary)[:, :n_samples]

    def masked(self, real: Tensor, imaginary: Tensor, state=None) -> tuple:
        """Return real and imaginary part of cleaned frames, (B, F, N) each, and the state."""
        magnitude = (real.square() + imaginary.square()).sqrt()
        smaller = magnitude.clamp(min=TINY) ** (COMPRESSION - 1)
        x = smaller[:, None] * torch.stack([magnitude, real, imaginary], dim=1)
        parts, state = self.network.draw(x, state)
        if parts.shape[1] == 1:
            return parts[:, 0] * real, parts[:, 0] * imaginary, state
        a, b = parts[:, 0], parts[:, 1]
        return a * real - b * imaginary, a * imaginary + b * real, state


class DenoiseHops(Denoise):
    """The next k hops of one noisy sound, and what it left behind -> k cleaned hops, and the same.

    What `models.DenoisingStream.push` does. noisy is (1, (1 + k) * hop), the hop before among it;
    tail (1, hop) is the second half of the last frame; the states are those of a network whose
    `draw` keeps a list of them, such as `models.MaskDualPath`. All are 0 at first.

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module):
        super().__init__(network)
        self.frames = Spectrum(network.window, hop_length=self.hop_length, center=False)
        square = network.window.square()
        total = square[: self.hop_length] + square[self.hop_length :]
        self.register_buffer("total", total, persistent=False)

    def at_first(self) -> tuple[Tensor, ...]:
        """Return tail and states as they are before any sound."""
        silence = torch.zeros(1, 2 * self.hop_length)
        *_, states = self.masked(*self.frames(silence))
        return silence[:, : self.hop_length], *(torch.zeros_like(state) for state in states)

    def forward(self, noisy: Tensor, tail: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        real, imaginary, states = self.masked(*self.frames(noisy), states)
        waves = functional.conv_transpose1d(
            torch.cat([real, imaginary], dim=1), self.sound.waves, stride=self.hop_length
        )
        hops = waves.view(1, -1, self.hop_length)
        hops = torch.cat([hops[:, :1] + tail[:, None], hops[:, 1:]], dim=1)
        return (hops[:, :-1] / self.total).flatten(1), hops[:, -1], *states


class SuppressEcho(_Masks):
    """sounds (B, 3, T): left by the filter, its echo, loudspeaker -> (B, T).

    Chapter: reference/how-to-use
    """

    def forward(self, sounds: Tensor) -> Tensor:
        n_samples = sounds.shape[-1]
        left, echo, far = self.whole_hops(sounds).unbind(1)
        spectra = [self.spectrum(one) for one in (left, echo, left + echo, far)]
        power = torch.stack([real.square() + imaginary.square() for real, imaginary in spectra], 1)
        gain, _ = self.network.gains(power.transpose(2, 3) @ self.network.bands.T)  # (B, N, K)
        gain = (gain.clamp(min=FLOOR) @ self.network.spread).transpose(1, 2)  # (B, F, N)
        real, imaginary = spectra[0]
        return self.sound(gain * real, gain * imaginary)[:, :n_samples]


class HearActivity(nn.Module):
    """audio (B, T) -> the probability of a voice in each hop, (B, N), by a `models.ActivityGRU`.

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module, *, hop_length: int):
        super().__init__()
        self.network, self.hop_length = network, hop_length
        self.n_before = len(network.window) - hop_length
        self.spectrum = Spectrum(network.window, hop_length=hop_length, center=False)

    def forward(self, audio: Tensor) -> Tensor:
        n_behind = -audio.shape[-1] % self.hop_length + self.network.delay * self.hop_length
        real, imaginary = self.spectrum(functional.pad(audio, (self.n_before, n_behind)))
        power = real.square() + imaginary.square()
        return self.network.hear(power.transpose(1, 2))[0][:, self.network.delay :].sigmoid()


class EmbedVoice(nn.Module):
    """audio (B, T), zero-padded, and lengths (B,) in samples -> what is said of each, (B, E).

    A vector of length 1 by an encoder of voices, logits by a classifier.

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module, to_log_mel: nn.Module):
        super().__init__()
        self.network, self.to_log_mel = network, to_log_mel

    def forward(self, audio: Tensor, lengths: Tensor) -> Tensor:
        return self.network(*self.to_log_mel(audio, lengths))


class DescribeSpeech(nn.Module):
    """audio (B, T), zero-padded, and lengths (B,) -> mean states of a layer over time, (B, W).

    Chapter: large/finetuning
    """

    def __init__(self, network: nn.Module, to_log_mel: nn.Module, *, top_db: float, layer: int):
        super().__init__()
        self.network, self.to_log_mel = network, to_log_mel
        self.top_db, self.layer = top_db, layer

    def forward(self, audio: Tensor, lengths: Tensor) -> Tensor:
        level_db, n_frames = self.to_log_mel(audio, lengths)
        log_mel = from_loudest(level_db, n_frames, top_db=self.top_db)
        states = self.network.states(log_mel, n_frames)[self.layer]  # (B, N, W), 0 at the padding
        return states.sum(dim=1) / n_frames[:, None]


class Recognise(nn.Module):
    """audio (B, T), zero-padded, lengths (B,) -> log chances (B, N, K), frames that count (B,).

    `features` is a module from (audio, lengths) to (frames, lengths).

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module, features: nn.Module):
        super().__init__()
        self.network, self.features = network, features

    def forward(self, audio: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        logits, n_frames = self.network(*self.features(audio, lengths))
        return logits.log_softmax(dim=-1), n_frames


class EachFrame(nn.Module):
    """Features that take sounds alone, with the frames that count beside them.

    Chapter: reference/how-to-use
    """

    def __init__(self, features: nn.Module):
        super().__init__()
        self.features = features

    def forward(self, audio: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return self.features(audio), self.features.to_mel.n_frames(lengths)


class BandsFromMean(nn.Module):
    """Log-mel bands, each from its mean over the sound: what the recogniser of sentences is given.

    Chapter: reference/how-to-use
    """

    def __init__(self, to_log_mel: nn.Module):
        super().__init__()
        self.to_log_mel = to_log_mel

    def forward(self, audio: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        level_db, n_frames = self.to_log_mel(audio, lengths)
        inside = is_sound(n_frames, level_db)
        mean = (level_db * inside).sum(dim=2, keepdim=True) / n_frames[:, None, None]
        return (level_db - mean) / 10 * inside, n_frames


class WriteNotes(nn.Module):
    """rolls (B, N, 88), and marks written so far (B, P) -> log chances of the next mark, (B, 89).

    Mark 89 begins a frame, mark k + 1 is key k, and 0 ends it.

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, rolls: Tensor, marks: Tensor) -> Tensor:
        past, near = self.network.read(rolls)
        return self.network.next_mark(past[:, -1], near[:, -1], marks)[:, -1].log_softmax(dim=-1)


class PlaceMelody(nn.Module):
    """marks (B, 32), and numbers (B, L) -> mean and log-variance (B, L), log chances (B, K, 32).

    The first two are where a `models.MelodyVAE` places a melody. The chances are those of each
    mark of a melody that has these numbers, given the marks before.

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, marks: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.network.encode(marks)
        before = functional.pad(self.network.embed(marks[:, :-1]), (0, 0, 1, 0))
        heard = before if self.network.hears else torch.zeros_like(before)
        logits = self.network.decode(numbers, heard)
        return mean, log_variance, logits.log_softmax(dim=1)


class SayText(nn.Module):
    """tokens (B, L), padded, and lengths (B,) -> log-mel bands (B, D, N), and frames (B,).

    Chapter: reference/how-to-use
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        log_mel, n_frames = self.network.say(tokens, lengths)
        return log_mel * is_sound(n_frames, log_mel), n_frames
