"""A denoiser for a stream: half a frame in, half a frame out, and the answer of a whole file."""

from __future__ import annotations

import torch
from torch import Tensor

from audiolessons.errors import AudioError
from audiolessons.models.speech.denoise import SpectralDenoiser


class DenoisingStream:
    """Clean a sound while it arrives, with memory that does not grow.

    Each call takes one hop of samples and returns one hop of cleaned samples, which are those of
    the hop before: a sample is finished when the second frame that holds it is complete. So a
    sample leaves one frame, `n_fft` samples, after the first of its hop came in at most; computing
    time comes on top.

    Parameters
    ----------
    model : SpectralDenoiser
        Such as a trained `MaskGRU` or `MaskCRN`. It is used in evaluation mode.

    Attributes
    ----------
    hop_length : int
        Samples that each call takes and gives.
    latency_samples : int
        The longest time from a sample's coming to its leaving, without computing time.

    Raises
    ------
    AudioError
        If the model is no such denoiser, or a call does not bring exactly one hop of finite
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
        self._before = model.window.new_zeros(model.hop_length)  # the last hop that came
        self._tail = torch.zeros_like(self._before)  # the second half of the last frame
        self._state = None
        # What overlapping windows, once before and once after the mask, add up to.
        square = model.window**2
        self._sum = square[: model.hop_length] + square[model.hop_length :]

    @torch.no_grad()
    def push(self, part: Tensor) -> Tensor:
        """Take the next hop of samples (hop_length,), return the cleaned hop before it."""
        part, window = self._checked(part), self.model.window
        frame = torch.fft.rfft(window * torch.cat([self._before, part]))  # (F,)
        frame = frame[None, :, None]  # (B, F, N)
        gain, self._state = self.model.mask(frame, self._state)
        cleaned = window * torch.fft.irfft((gain * frame)[0, :, 0], n=len(window))
        finished = (self._tail + cleaned[: self.hop_length]) / self._sum
        self._before, self._tail = part, cleaned[self.hop_length :]
        return finished

    def _checked(self, part):
        """Return a hop as the model computes it, or say why it is none; the stream goes on."""
        if not isinstance(part, Tensor) or part.is_complex():
            what = part.dtype if isinstance(part, Tensor) else type(part).__name__
            raise AudioError(f"part is {what}: give a real tensor, such as torch.from_numpy(part)")
        if part.shape != self._before.shape:
            raise AudioError(
                f"part has shape {tuple(part.shape)}: a stream takes ({self.hop_length},), "
                f"{self.hop_length} samples at a time"
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
