"""A recogniser for a stream: sound in as it arrives, answers as soon as they can be given."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.speech.recogniser import KERNEL, N_CONVOLUTIONS, Recogniser

STEP = 2**N_CONVOLUTIONS  # frames from one answer to the next


class RecognitionStream:
    """Recognise a sound while it arrives, with memory that does not grow.

    Each call takes samples, any number, and returns the answers that they complete: together they
    are those of the whole sound. What is heard so far is always at hand, as `tokens`.

    Parameters
    ----------
    model : Recogniser
        A causal one; it is used in evaluation mode.
    to_log_mel : callable
        Makes centred frames (D, N) of a sound (T,), each of them from its own samples alone: such
        as `transforms.LogMel(..., top_db=None)`.
    n_fft, hop_length : int
        Samples of a frame, and from one frame to the next.

    Attributes
    ----------
    tokens : list of int
        The likeliest token of each answer so far, repetitions and blanks taken out.
    latency_samples : int
        The longest time from a sample's coming to an answer that stands for a later moment,
        without computing time: four hops and half a frame.

    Raises
    ------
    AudioError
        If the model is not causal, or a call does not bring one sound of finite samples; the
        stream is then as it was.

    Examples
    --------
    >>> from audiolessons import models, transforms
    >>> frames = {"n_fft": 512, "hop_length": 160}
    >>> to_log_mel = transforms.LogMel(sample_rate=16000, n_mels=40, top_db=None, **frames)
    >>> model = models.Recogniser(11, n_mels=40, hidden_size=16, causal=True)
    >>> stream = models.RecognitionStream(model, to_log_mel, **frames)
    >>> sound, answers = torch.randn(16000), []
    >>> for part in sound.split(1600):  # a tenth of a second
    ...     answers.append(stream.push(part))  # stream.tokens now has what is heard so far
    >>> answers.append(stream.flush())
    >>> whole = model(to_log_mel(sound)[None])[0].detach()
    >>> torch.allclose(torch.cat(answers), whole, atol=1e-4)
    True
    >>> stream.latency_samples / 16  # ms
    56.0

    Chapter: speech/recognition
    """

    def __init__(
        self,
        model: Recogniser,
        to_log_mel: Callable[[Tensor], Tensor],
        *,
        n_fft: int,
        hop_length: int,
    ):
        if not isinstance(model, Recogniser) or not model.causal:
            what = "it hears the end first" if isinstance(model, Recogniser) else type(model)
            raise AudioError(f"model is not causal ({what}): give a Recogniser(..., causal=True)")
        self.model, self.to_log_mel = model.eval(), to_log_mel
        self.half = check_count(n_fft, name="n_fft", minimum=2) // 2
        self.hop_length = check_count(hop_length, name="hop_length")
        self.latency_samples = STEP * hop_length + self.half
        self.tokens: list[int] = []
        self._last = 0
        # Whole hops before the first frame that is not out yet, as many as its window reaches back.
        self._n_before = -(-self.half // hop_length)
        self._samples = torch.zeros(self._n_before * hop_length)
        self._before: list[Tensor | None] = [None] * N_CONVOLUTIONS  # frames that are heard again
        self._states: list = [None] * len(model.layers)

    @torch.no_grad()
    def push(self, part: Tensor) -> Tensor:
        """Take the next samples (T,), return the logits (n, K) that they complete."""
        if part.ndim != 1 or not part.is_floating_point():
            raise AudioError(f"part is {part.dtype} of shape {tuple(part.shape)}: give floats (T,)")
        if not part.isfinite().all():
            raise AudioError(
                "part holds NaN or infinity, which the state would never forget: find where they "
                "arise, or replace them with torch.nan_to_num(part)"
            )
        samples = torch.cat([self._samples, part.float()])
        n_complete = 1 + (len(samples) - self.half) // self.hop_length
        n_new = max(n_complete - self._n_before, 0)
        self._samples = samples[n_new * self.hop_length :]
        if not n_new:
            return samples.new_zeros(0, self.model.predict.out_features)
        log_mel = self.to_log_mel(samples)[:, self._n_before : n_complete]
        logits = self.model.predict(self._encode(log_mel))
        for token in logits.argmax(dim=-1).tolist():
            if token not in (0, self._last):
                self.tokens.append(token)
            self._last = token
        return logits

    def flush(self) -> Tensor:
        """Return the answers that waited for the other half of their frame: silence follows."""
        return self.push(torch.zeros(self.half))

    def _encode(self, log_mel):
        """Return the last layer's states (n, H) after frames (D, N): what waits is kept."""
        model = self.model
        x = model.normalize(log_mel[None])[:, None]  # (1, 1, D, N)
        layers = zip(model.convolutions, model.norms, strict=True)
        for level, (convolution, norm) in enumerate(layers):
            before = self._before[level]
            # The first frames see zeros before the sound.
            x = functional.pad(x, (KERNEL - 1, 0)) if before is None else torch.cat([before, x], -1)
            n_answers = max(0, (x.shape[-1] - KERNEL) // 2 + 1)
            self._before[level] = x[..., 2 * n_answers :]
            if not n_answers:
                return log_mel.new_zeros(0, model.predict.in_features)
            x = convolution(functional.pad(x, (0, 0, KERNEL // 2, KERNEL // 2)))
            x = functional.relu(norm(x))
        x = functional.relu(model.enter(x.permute(0, 3, 1, 2).flatten(start_dim=2)))
        for level, (layer,) in enumerate(model.layers):
            x, self._states[level] = layer(x, self._states[level])
        return x[0]
