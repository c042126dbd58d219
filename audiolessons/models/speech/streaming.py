"""A denoiser for a stream: half a frame in, half a frame out, and the answer of a whole file."""

from __future__ import annotations

import torch
from torch import Tensor

from audiolessons.errors import AudioError
from audiolessons.models.speech.denoise import SpectralDenoiser


class DenoisingStream:
    """Clean a sound while it arrives, with memory that does not grow.

    Each call takes a hop of samples and returns a hop of cleaned samples, which are those of the
    hop before; several hops at once give as many. A sample is finished when the second frame that
    holds it is complete: it leaves one frame, `n_fft` samples, after the first of its hop came in
    at most; computing time comes on top.

    Parameters
    ----------
    model : SpectralDenoiser
        Such as a trained `MaskGRU` or `MaskCRN`. It is used in evaluation mode.

    Attributes
    ----------
    hop_length : int
        Samples of a hop.
    latency_samples : int
        The longest time from a sample's coming to its leaving, without computing time.

    Raises
    ------
    AudioError
        If the model is no such denoiser, or a call does not bring whole hops of finite
        samples; the stream is then as it was.

    Examples
    --------
    >>> from audiolessons.models import MaskGRU
    >>> model = MaskGRU(hidden_size=8).eval()
    >>> stream, sound = DenoisingStream(model), torch.randn(4 * 256)
    >>> parts = [*map(stream.push, sound.split(256)), stream.flush()]
    >>> whole = model(sound[None])[0].detach()
    >>> torch.allclose(torch.cat(parts[1:]), whole, atol=1e-5)  # the first part came too early
    True

    Chapter: tasks/denoising
    """

    def __init__(self, model: SpectralDenoiser):
        if not isinstance(model, SpectralDenoiser):
            raise AudioError(
                f"model is a {type(model).__name__}: give a denoiser that keeps a state, MaskGRU "
                "or MaskCRN"
            )
        self.model = model.eval()
        self.hop_length, self.latency_samples = model.hop_length, model.n_fft
        self._tail = model.window.new_zeros(model.hop_length)  # the second half of the last frame
        n_sounds = () if model.n_sounds == 1 else (model.n_sounds,)
        self._before = self._tail.expand(*n_sounds, -1)  # the last hop that came
        self._state = None
        # What overlapping windows, once before and once after the mask, add up to.
        square = model.window**2
        self._sum = square[: model.hop_length] + square[model.hop_length :]

    @torch.no_grad()
    def push(self, part: Tensor) -> Tensor:
        """Take the next k hops (k * hop_length,), return the k cleaned hops before the last.

        A model that hears several sounds takes as many rows, (C, k * hop_length).
        """
        part, window = self._checked(part), self.model.window
        audio = torch.cat([self._before, part], dim=-1)
        frames = audio.unfold(-1, len(window), self.hop_length)  # (k, n_fft), or (C, k, n_fft)
        spectrum = torch.fft.rfft(window * frames).transpose(-1, -2)  # (F, k)
        gain, self._state = self.model.mask(spectrum[None], self._state)
        masked = gain[0] * (spectrum if spectrum.ndim == 2 else spectrum[0])
        cleaned = window * torch.fft.irfft(masked.T, n=len(window))
        early, late = cleaned.split(self.hop_length, dim=-1)  # the halves of each frame
        finished = (torch.cat([self._tail[None], late[:-1]]) + early) / self._sum
        self._before, self._tail = part[..., -self.hop_length :], late[-1]
        return finished.flatten()

    def _checked(self, part):
        """Return hops as the model computes them, or say why they are none; the stream goes on."""
        if not isinstance(part, Tensor) or part.is_complex():
            what = part.dtype if isinstance(part, Tensor) else type(part).__name__
            raise AudioError(f"part is {what}: give a real tensor, such as torch.from_numpy(part)")
        rows = self._before.shape[:-1]
        if not part.numel() or part.shape[:-1] != rows or part.shape[-1] % self.hop_length:
            raise AudioError(
                f"part has shape {tuple(part.shape)}: a stream takes {tuple(self._before.shape)}, "
                f"{self.hop_length} samples at a time, or several hops at once"
            )
        if not torch.isfinite(part).all():
            raise AudioError(
                "part holds NaN or infinity, which the state would never forget: find where they "
                "arise, or replace them with torch.nan_to_num(part)"
            )
        return part.to(self.model.window)

    def flush(self) -> Tensor:
        """Return the last hop, which still waits for a frame that nothing more comes into."""
        return self.push(torch.zeros_like(self._before))
