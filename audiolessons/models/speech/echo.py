"""What a filter cannot take out of an echo: a gain for every band of what it left."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons.adaptive import BlockKalman, Canceller
from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_batch
from audiolessons.models.speech.denoise import TINY, SpectralDenoiser
from audiolessons.models.speech.dual_path import ear_bands
from audiolessons.models.speech.streaming import DenoisingStream

FLOOR = 0.03  # of a gain, -30 dB: a rest of the noise stays, and the line does not sound dead
N_SINGLE, N_BANDS = 33, 81  # bins that stay by themselves, up to 1 kHz at 16 kHz; with wider bands


class ResidualEchoGRU(SpectralDenoiser):
    """A recurrent network that hears what a filter left of an echo, and what it knew about it.

    Four spectra go in, as logarithms of the energy in bands: what the filter left, the echo that
    it subtracted, their sum, which is the microphone, and the loudspeaker. A gain between 0 and 1
    for each band comes out, and what the filter left is multiplied by it. Where what is left looks
    like the loudspeaker and not like a voice, the gain is small, but never below `FLOOR`. The
    network is causal.

    Parameters
    ----------
    hidden_size : int
        Numbers in the state of each layer, H.
    n_layers : int
        Recurrent layers, one on top of the other.
    n_fft : int
        Length of a frame in samples. Frames start every `n_fft // 2` samples.

    Shapes
    ------
    sounds (B, 3, T): left by the filter, its echo, loudspeaker -> (B, T).

    Raises
    ------
    AudioError
        If an option cannot be, or the batch has another shape than (B, 3, T).

    Examples
    --------
    >>> from audiolessons.models import count_parameters
    >>> model = ResidualEchoGRU(hidden_size=16, n_layers=1)
    >>> model(torch.zeros(2, 3, 4000)).shape, count_parameters(model)
    (torch.Size([2, 4000]), 8857)

    References
    ----------
    J.-M. Valin and others, "Low-complexity, real-time joint neural echo control and speech
    enhancement based on PercepNet", ICASSP 2021.

    Chapter: tasks/echo
    """

    n_sounds = 3

    def __init__(self, *, hidden_size: int = 128, n_layers: int = 1, n_fft: int = 512):
        super().__init__(n_fft=n_fft)
        check_count(hidden_size, name="hidden_size")
        check_count(n_layers, name="n_layers")
        if self.n_bins < N_BANDS:
            raise AudioError(f"n_fft is {n_fft}: give at least {2 * (N_BANDS - 1)}")
        bands = ear_bands(self.n_bins, n_single=N_SINGLE, n_bands=N_BANDS)  # (K, F)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("spread", bands / bands.sum(dim=0), persistent=False)
        self.normalize = nn.BatchNorm1d(4 * N_BANDS)
        self.enter = nn.Linear(4 * N_BANDS, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, n_layers, batch_first=True)
        self.predict = nn.Linear(hidden_size, N_BANDS)

    def forward(self, sounds: Tensor) -> Tensor:
        """Return what the filter left (B, T) without the rest of the echo, of sounds (B, 3, T)."""
        check_batch(sounds, letters="B C T", name="sounds")
        if sounds.shape[1] != self.n_sounds:
            raise AudioError(f"sounds has shape {tuple(sounds.shape)}: give (B, 3, T)")
        n_samples = sounds.shape[-1]
        spectrum = self.stft(nn.functional.pad(sounds, (0, -n_samples % self.hop_length)))
        gain, _ = self.mask(spectrum)
        left = torch.istft(gain * spectrum[:, 0], window=self.window, **self._frames())
        return left[..., :n_samples]

    def mask(self, spectrum: Tensor, state=None):
        left, echo, far = spectrum.unbind(1)
        heard = torch.stack([left, echo, left + echo, far], dim=1)
        gain, state = self.gains(self.band_power(heard), state)
        gain = gain.clamp(min=FLOOR) @ self.spread  # each bin has what its bands have
        return gain.transpose(1, 2), state

    def band_power(self, spectrum: Tensor) -> Tensor:
        """Return the mean power in each band (..., N, K) of spectra (..., F, N)."""
        return spectrum.abs().square().transpose(-1, -2) @ self.bands.T

    def gains(self, power: Tensor, state=None):
        """Return the gain of each band (B, N, K), and the state, from band powers (B, 4, N, K).

        They are those of what the filter left, its echo, the microphone, and the loudspeaker.
        """
        x = torch.log(power + TINY).transpose(2, 3).flatten(1, 2)  # (B, 4 K, N)
        x = torch.relu(self.enter(self.normalize(x).transpose(1, 2)))
        states, state = self.gru(x, state)  # (B, N, H)
        return torch.sigmoid(self.predict(states)), state


class SuppressingCanceller(Canceller):
    """A Kalman filter, and behind it a network for what the filter leaves, on a stream.

    It takes and gives what every `Canceller` does. A sample waits for its block and for one more:
    it is finished when the second frame that holds it is complete.

    Parameters
    ----------
    network : ResidualEchoGRU
        Is used in evaluation mode.

    Raises
    ------
    AudioError
        If the network is no such network.

    Examples
    --------
    >>> from audiolessons.adaptive import cancel
    >>> canceller = SuppressingCanceller(ResidualEchoGRU(hidden_size=8))
    >>> far, microphone = np.zeros((2, 1000), dtype=np.float32)
    >>> cancel(canceller, far, microphone).shape
    (1000,)

    Chapter: tasks/echo
    """

    def __init__(self, network: ResidualEchoGRU):
        if not isinstance(network, ResidualEchoGRU):
            raise AudioError(f"network is a {type(network).__name__}: give a ResidualEchoGRU")
        super().__init__(block_length=network.hop_length, n_behind=network.hop_length)
        self._filter = BlockKalman(partition_length=network.n_fft, hop_length=network.hop_length)
        self._stream = DenoisingStream(network)

    def _answer(self, far, microphone):
        if len(far) == 0:
            return far
        left = self._filter.push(np.stack([far, microphone]))
        heard = np.stack([left, microphone - left, far]).astype(np.float32)
        return self._stream.push(torch.from_numpy(heard)).numpy()
