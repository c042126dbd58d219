"""Denoising networks: noisy sound in, a mask for its spectrum, cleaner sound out.

Every network here is causal. It reads the frames of the noisy spectrum from left to right and
keeps a state, so that the same weights clean a whole recording at once or a stream frame by frame
(`models.streaming`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_batch
from audiolessons.padding import without_padding

COMPRESSION = 0.3  # of amplitudes; loudness grows about as their 0.6th power
SPECTRAL_WEIGHT = 20.0  # of the spectra in the loss, beside decibels
TINY = 1e-8


class SpectralDenoiser(nn.Module):
    """Shared by the denoisers: spectrum, mask, and back to sound.

    A subclass says what the mask is. `draw(x, state)` takes compressed frames as real numbers,
    (B, 3, F, N): magnitude, real and imaginary part; and what it remembers of the frames before
    them. It returns the mask, (B, 1, F, N) a gain or (B, 2, F, N) its real and imaginary part, and
    its new state. One that hears `n_sounds` at once has a `mask` and a `forward` of its own: it
    takes frames (B, C, F, N) and lays its mask on the first of them.

    Parameters
    ----------
    n_fft : int
        Length of a frame in samples. Frames start every `n_fft // 2` samples.

    Examples
    --------
    >>> model = MaskGRU(hidden_size=8)
    >>> model(torch.zeros(2, 16000)).shape
    torch.Size([2, 16000])

    Chapter: tasks/denoising
    """

    n_sounds = 1

    def __init__(self, *, n_fft: int = 512):
        super().__init__()
        check_count(n_fft, name="n_fft", minimum=4)
        if n_fft % 2:
            raise AudioError(f"n_fft is {n_fft}: frames overlap by half, so give an even number")
        self.n_fft, self.hop_length = n_fft, n_fft // 2
        self.n_bins = n_fft // 2 + 1
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, noisy: Tensor, lengths=None) -> Tensor:
        """Return the cleaned sounds (B, T) of noisy ones (B, T); the padding stays silent."""
        check_batch(noisy, letters="B T", name="noisy")
        noisy, _, mask = without_padding(noisy, lengths)
        n_samples = noisy.shape[-1]
        # A whole number of hops, so that every sample lies in two frames.
        noisy = nn.functional.pad(noisy, (0, -n_samples % self.hop_length))
        spectrum = self.stft(noisy)  # (B, F, N)
        gain, _ = self.mask(spectrum)
        cleaned = torch.istft(gain * spectrum, window=self.window, **self._frames())
        cleaned = cleaned[..., :n_samples]
        return cleaned if mask is None else cleaned.masked_fill(~mask, 0)

    def mask(self, spectrum: Tensor, state=None):
        """Return the mask (B, F, N) of frames (B, F, N), and the state after them."""
        small = compressed(spectrum)
        x = torch.stack([small.abs(), small.real, small.imag], dim=1)  # (B, 3, F, N)
        parts, state = self.draw(x, state)
        return parts[:, 0] if parts.shape[1] == 1 else torch.complex(*parts.unbind(1)), state

    def draw(self, x: Tensor, state=None):
        """Return a gain (B, 1, F, N), or real and imaginary part (B, 2, F, N), and the state."""
        raise NotImplementedError

    def stft(self, audio: Tensor) -> Tensor:
        """Return the spectrum (B, F, N) as `spectral.stft` does: centred frames, zeros outside."""
        flat = audio.reshape(-1, audio.shape[-1])
        spectrum = torch.stft(
            flat, window=self.window, pad_mode="constant", return_complex=True, **self._frames()
        )
        return spectrum.view(*audio.shape[:-1], *spectrum.shape[-2:])

    def _frames(self):
        return {"n_fft": self.n_fft, "hop_length": self.hop_length}


class MaskGRU(SpectralDenoiser):
    """A recurrent network that draws a gain between 0 and 1 for every point of the spectrum.

    Compressed magnitudes go into a GRU; a linear layer and a sigmoid turn its states into gains.
    The phase stays that of the noisy sound.

    Parameters
    ----------
    hidden_size : int
        Numbers in the state, H.
    n_layers : int
        Recurrent layers, one on top of the other.
    n_fft : int
        Length of a frame in samples.

    Shapes
    ------
    noisy (B, T), lengths (B,) in samples -> (B, T).

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if the batch has another shape than (B, T), or lengths
        do not belong to it.

    Examples
    --------
    >>> from audiolessons.models import count_parameters
    >>> model = MaskGRU(hidden_size=128, n_layers=1)
    >>> model(torch.zeros(2, 8000), [8000, 5000]).shape
    torch.Size([2, 8000])
    >>> count_parameters(model)
    182275

    References
    ----------
    F. Weninger and others, "Speech enhancement with LSTM recurrent neural networks and its
    application to noise-robust ASR", LVA/ICA 2015.

    Chapter: tasks/denoising
    """

    def __init__(self, *, hidden_size: int = 256, n_layers: int = 2, n_fft: int = 512):
        super().__init__(n_fft=n_fft)
        check_count(hidden_size, name="hidden_size")
        check_count(n_layers, name="n_layers")
        self.normalize = nn.BatchNorm1d(self.n_bins)
        self.gru = nn.GRU(self.n_bins, hidden_size, n_layers, batch_first=True)
        self.predict = nn.Linear(hidden_size, self.n_bins)

    def draw(self, x: Tensor, state=None):
        magnitude = self.normalize(x[:, 0])  # (B, F, N)
        states, state = self.gru(magnitude.transpose(1, 2), state)  # (B, N, H)
        gain = torch.sigmoid(self.predict(states))  # (B, N, F)
        return gain.transpose(1, 2)[:, None], state


class MaskCRN(SpectralDenoiser):
    """Convolutions around a recurrent network; the mask has a gain and an angle for every point.

    Convolutions look at neighbouring frequencies and at the frame before, and halve the number of
    frequencies step by step; a GRU follows what is left through time; transposed convolutions,
    each beside the matching one on the way down, lead back to three numbers for every point: one
    becomes a gain between 0 and 1, the other two an angle by which the phase is turned.

    Parameters
    ----------
    channels : sequence of int
        Channels after each convolution on the way down.
    hidden_size : int
        Numbers in the state of the GRU, H.
    n_fft : int
        Length of a frame in samples.

    Shapes
    ------
    noisy (B, T), lengths (B,) in samples -> (B, T).

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if the batch has another shape than (B, T), or lengths
        do not belong to it.

    Examples
    --------
    >>> model = MaskCRN(channels=(4, 8), hidden_size=16)
    >>> model(torch.zeros(2, 8000)).shape
    torch.Size([2, 8000])

    References
    ----------
    K. Tan and D. Wang, "A convolutional recurrent neural network for real-time speech
    enhancement", Interspeech 2018. A gain between 0 and 1 and an angle: H.-S. Choi and others,
    "Phase-aware speech enhancement with deep complex U-Net", ICLR 2019.

    Chapter: tasks/denoising
    """

    def __init__(
        self,
        *,
        channels: Sequence[int] = (16, 32, 48, 64),
        hidden_size: int = 256,
        n_fft: int = 512,
    ):
        super().__init__(n_fft=n_fft)
        check_count(hidden_size, name="hidden_size")
        widths = [3, *channels]  # magnitude, real and imaginary part come in
        sizes = [self.n_bins]
        for _ in channels:
            sizes.append((sizes[-1] - 1) // 2)
        if len(widths) < 2 or sizes[-1] < 1:
            raise AudioError(
                f"channels are {tuple(channels)}: give at least one and at most "
                f"{self.n_bins.bit_length() - 1} numbers for n_fft={n_fft}"
            )
        self.down = nn.ModuleList(_FrequencyDown(*pair) for pair in itertools.pairwise(widths))
        n_features = channels[-1] * sizes[-1]
        self.gru = nn.GRU(n_features, hidden_size, batch_first=True)
        self.widen = nn.Linear(hidden_size, n_features)
        self.up = nn.ModuleList(
            _FrequencyUp(2 * n_in, n_out, n_bins=n_bins, is_last=level == 0)
            for level, (n_in, n_out, n_bins) in reversed(
                list(enumerate(zip(channels, widths, sizes, strict=False)))
            )
        )

    def draw(self, x: Tensor, state=None):
        before, hidden = ([None] * len(self.down), None) if state is None else state
        skips, after = [], []
        for layer, last_frame in zip(self.down, before, strict=True):
            x, last_frame = layer(x, last_frame)  # (B, C, F', N)
            skips.append(x)
            after.append(last_frame)
        n_batch, n_channels, n_bins, n_frames = x.shape
        states, hidden = self.gru(x.permute(0, 3, 1, 2).flatten(2), hidden)  # (B, N, H)
        x = self.widen(states).view(n_batch, n_frames, n_channels, n_bins).permute(0, 2, 3, 1)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], dim=1))
        return turned_gain(x), (after, hidden)


class _FrequencyDown(nn.Module):
    """A convolution over three frequencies and two frames, this one and the one before."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.convolve = nn.Conv2d(n_in, n_out, kernel_size=(3, 2), stride=(2, 1), bias=False)
        self.normalize = nn.BatchNorm2d(n_out)
        self.activate = nn.PReLU(n_out)

    def forward(self, x, last_frame=None):
        if last_frame is None:
            last_frame = x.new_zeros(*x.shape[:-1], 1)
        x = torch.cat([last_frame, x], dim=-1)  # (B, C, F, 1 + N)
        return self.activate(self.normalize(self.convolve(x))), x[..., -1:]


class _FrequencyUp(nn.Module):
    """A transposed convolution over frequencies, back to as many as there were on the way down."""

    def __init__(self, n_in, n_out, *, n_bins, is_last):
        super().__init__()
        extra = (n_bins - 1) % 2
        self.convolve = nn.ConvTranspose2d(
            n_in, n_out, kernel_size=(3, 1), stride=(2, 1), output_padding=(extra, 0), bias=is_last
        )
        self.finish = (
            nn.Identity() if is_last else nn.Sequential(nn.BatchNorm2d(n_out), nn.PReLU(n_out))
        )

    def forward(self, x):
        return self.finish(self.convolve(x))


def turned_gain(x: Tensor) -> Tensor:
    """Return real and imaginary part of a mask, (B, 2, F, N), of three numbers a point.

    The first becomes a gain between 0 and 1. The other two are an angle: they are added to (1, 0),
    which is no turn, and what comes out is brought to length 1.

    Examples
    --------
    >>> turned_gain(torch.zeros(1, 3, 1, 1)).flatten()  # half as loud, and no turn
    tensor([0.5000, 0.0000])

    Chapter: tasks/denoising
    """
    gain = torch.sigmoid(x[:, :1])  # (B, 1, F, N)
    real, imaginary = 1 + x[:, 1:2], x[:, 2:]
    # at least TINY, and that before the root, which is too steep at 0 for a gradient
    length = (real.square() + imaginary.square()).clamp(min=TINY**2).sqrt()
    return gain * torch.cat([real, imaginary], dim=1) / length


def compressed(spectrum: Tensor, *, power: float = COMPRESSION) -> Tensor:
    """Return a spectrum whose magnitudes are raised to a power below 1; phases stay.

    What is soft counts more, as it does for the ear: of two magnitudes that differ by 60 dB, the
    compressed ones differ by 18 dB.

    Examples
    --------
    >>> compressed(torch.tensor([1000.0 + 0j, -0.001 + 0j])).real.round(decimals=2)
    tensor([ 7.9400, -0.1300])

    Chapter: tasks/denoising
    """
    size = spectrum.abs().clamp(min=TINY)
    return spectrum * size ** (power - 1)


def denoising_loss(estimate: Tensor, clean: Tensor, *, n_fft: int = 512) -> Tensor:
    """Return how far estimates are from the clean sounds: compressed spectra, and SI-SDR.

    The mean square of the differences of compressed spectra, with their phases and of their
    magnitudes alone, as many times as `SPECTRAL_WEIGHT` says, minus the scale-invariant
    signal-to-distortion ratio in dB.

    Parameters
    ----------
    estimate, clean : Tensor
        Shape (B, T).
    n_fft : int
        Length of the frames that are compared, in samples.

    Returns
    -------
    Tensor
        Shape (B,), one number a sound.

    Examples
    --------
    >>> clean = torch.sin(torch.arange(4000.0))[None]
    >>> near, far = clean + 0.01 * torch.cos(torch.arange(4000.0)), 0 * clean + 0.01
    >>> bool(denoising_loss(near, clean) < denoising_loss(far, clean))
    True

    References
    ----------
    S. Braun and I. Tashev, "A consolidated view of loss functions for supervised deep
    learning-based speech enhancement", TSP 2021.

    Chapter: tasks/denoising
    """
    distance = spectral_distance(estimate, clean, n_fft=n_fft)
    return SPECTRAL_WEIGHT * distance - smooth_si_sdr_db(clean, estimate)


def spectral_distance(estimate: Tensor, clean: Tensor, *, n_fft: int = 512) -> Tensor:
    """Return how far the compressed spectra of sounds (B, T) are apart, (B,).

    The mean square of the difference of the magnitudes, and of the spectra with their phases,
    seven to three.

    Examples
    --------
    >>> spectral_distance(torch.ones(1, 2000), torch.ones(1, 2000))
    tensor([0.])

    Chapter: tasks/denoising
    """
    window = torch.hann_window(n_fft, device=clean.device)
    ours, truth = (
        compressed(
            torch.stft(
                one, n_fft, n_fft // 2, window=window, pad_mode="constant", return_complex=True
            )
        )
        for one in (estimate, clean)
    )
    of_phases = (ours - truth).abs().square().mean(dim=(1, 2))
    of_sizes = (ours.abs() - truth.abs()).square().mean(dim=(1, 2))
    return 0.3 * of_phases + 0.7 * of_sizes


def smooth_si_sdr_db(clean: Tensor, estimate: Tensor) -> Tensor:
    """Return what `metrics.si_sdr_db` does, (B,), with gradients; silence costs no division by 0.

    Raises
    ------
    AudioError
        If the shapes differ: one sound would silently be compared with many.

    Examples
    --------
    >>> clean = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    >>> smooth_si_sdr_db(clean, 5 * (clean + 0.1))
    tensor([20.])

    Chapter: tasks/denoising
    """
    if estimate.shape != clean.shape:
        raise AudioError(
            f"estimate has shape {tuple(estimate.shape)} and clean {tuple(clean.shape)}: give one "
            "clean sound for each estimate, of the same length"
        )
    scale = (estimate * clean).sum(-1, keepdim=True) / (clean.square().sum(-1, keepdim=True) + TINY)
    target = scale * clean
    ratio = (target.square().sum(-1) + TINY) / ((estimate - target).square().sum(-1) + TINY)
    return 10 * torch.log10(ratio)
