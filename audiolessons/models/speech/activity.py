"""Is anybody speaking? A small network that answers frame by frame, a third of a second late."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.features import mel_filterbank
from audiolessons.models.layers.blocks import check_batch

SAMPLE_RATE = 16000
HOP_LENGTH = 160  # 10 ms
N_FFT = 512  # each frame is the last 32 ms, the newest hop at its end
TINY = 1e-8  # power that counts as silence


class ActivityGRU(nn.Module):
    """Log-mel bands into a GRU, one number out of it for each hop: a voice, or none.

    The network is causal and answers late: what it says at frame n is about frame n minus `delay`.
    So it has heard what follows when it decides whether a pause is one, and still runs on a stream.

    Parameters
    ----------
    n_mels : int
        Bands of the spectrum.
    hidden_size : int
        Numbers in the state of each recurrent layer.
    n_layers : int
        Recurrent layers.
    delay : int
        Hops that it waits for, of 10 ms.

    Shapes
    ------
    audio (B, T) at 16 kHz -> logits (B, N), N = ceil(T / 160): above 0 where a voice is likelier.

    Raises
    ------
    AudioError
        If an option cannot be, or the batch has another shape than (B, T).

    Examples
    --------
    >>> from audiolessons.models import count_parameters
    >>> model = ActivityGRU(hidden_size=16)
    >>> model(torch.zeros(2, 16000)).shape, count_parameters(model)
    (torch.Size([2, 100]), 4017)

    References
    ----------
    T. Hughes and K. Mierle, "Recurrent neural networks for voice activity detection", ICASSP 2013.

    Chapter: tasks/editing
    """

    def __init__(
        self, *, n_mels: int = 40, hidden_size: int = 64, n_layers: int = 2, delay: int = 30
    ):
        super().__init__()
        for name, value in (("n_mels", n_mels), ("hidden_size", hidden_size)):
            check_count(value, name=name)
        check_count(n_layers, name="n_layers")
        self.delay = check_count(delay, name="delay", minimum=0)
        mel = mel_filterbank(sample_rate=SAMPLE_RATE, n_fft=N_FFT, n_mels=n_mels)
        self.register_buffer("mel", torch.from_numpy(mel).float(), persistent=False)  # (D, F)
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)
        self.normalize = nn.BatchNorm1d(n_mels)
        self.enter = nn.Linear(n_mels, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, n_layers, batch_first=True)
        self.predict = nn.Linear(hidden_size, 1)

    def forward(self, audio: Tensor) -> Tensor:
        check_batch(audio, letters="B T", name="audio")
        # Whole hops, silence before the first frame, and the hops that the last answer waits for.
        n_behind = -audio.shape[-1] % HOP_LENGTH + self.delay * HOP_LENGTH
        audio = nn.functional.pad(audio, (N_FFT - HOP_LENGTH, n_behind))
        logits, _ = self.answer(audio)
        return logits[:, self.delay :]

    def answer(self, audio: Tensor, state=None):
        """Return the logits (B, N) of what the hops add to a sound, and the state after them.

        `audio` (B, 352 + 160 N) begins with the last 352 samples before them.
        """
        frames = audio.unfold(-1, N_FFT, HOP_LENGTH)  # (B, N, 512)
        return self.hear(torch.fft.rfft(self.window * frames).abs().square(), state)

    def hear(self, power: Tensor, state=None):
        """Return the logits (B, N) of power spectra (B, N, F), and the state after them."""
        bands = torch.log(power @ self.mel.T + TINY)  # (B, N, D)
        x = self.normalize(bands.transpose(1, 2)).transpose(1, 2)
        states, state = self.gru(torch.relu(self.enter(x)), state)
        return self.predict(states).squeeze(-1), state


class ActivityStream:
    """The same answers while the sound arrives, with memory that does not grow.

    Parameters
    ----------
    model : ActivityGRU
        Is used in evaluation mode.

    Raises
    ------
    AudioError
        If the model is no `ActivityGRU`, or a part is no whole number of hops; the stream is then
        as it was.

    Examples
    --------
    >>> model, sound = ActivityGRU(hidden_size=8).eval(), torch.randn(8000)
    >>> stream = ActivityStream(model)
    >>> parts = [stream.push(part) for part in sound.split(1600)] + [stream.flush()]
    >>> whole = model(sound[None])[0].detach().sigmoid()
    >>> torch.allclose(torch.cat(parts), whole, atol=1e-5)
    True

    Chapter: tasks/editing
    """

    def __init__(self, model: ActivityGRU):
        if not isinstance(model, ActivityGRU):
            raise AudioError(f"model is a {type(model).__name__}: give an ActivityGRU")
        self.model = model.eval()
        self._before = model.window.new_zeros(N_FFT - HOP_LENGTH)
        self._state, self._n_early = None, model.delay

    @torch.no_grad()
    def push(self, part: Tensor) -> Tensor:
        """Take samples (k * 160,), return the probabilities that are ready, (k,) or less."""
        if part.ndim != 1 or len(part) % HOP_LENGTH or not torch.isfinite(part).all():
            raise AudioError(
                f"part has shape {tuple(part.shape)}: give a whole number of hops of {HOP_LENGTH} "
                "samples, without NaN"
            )
        if len(part) == 0:
            return part.to(self.model.window)
        audio = torch.cat([self._before, part.to(self.model.window)])
        logits, self._state = self.model.answer(audio[None], self._state)
        self._before = audio[len(part) :]
        # The first answers are about frames before the sound began.
        n_early = min(self._n_early, logits.shape[-1])
        self._n_early -= n_early
        return logits[0, n_early:].sigmoid()

    def flush(self) -> Tensor:
        """Return the probabilities of the last frames, which still waited for what follows."""
        return self.push(self.model.window.new_zeros(self.model.delay * HOP_LENGTH))
