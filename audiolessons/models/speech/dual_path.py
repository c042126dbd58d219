"""A denoiser that reads every frame in two directions: across the bands, then on through time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count
from audiolessons.models.speech.denoise import SpectralDenoiser, turned_gain

N_SINGLE = 65  # bins that stay by themselves: up to 2 kHz at 16 kHz
N_BANDS = 129  # with the wider bands above


class MaskDualPath(SpectralDenoiser):
    """Bands as wide as the ear's, convolutions, and between them two recurrent networks in turn.

    Below 2 kHz every bin of the spectrum is a band; above, bands grow with frequency. Two
    convolutions halve their number twice. Then, `n_blocks` times, one recurrent network reads the
    bands of a frame up and down, and another, the same one for every band, reads on through time.
    Transposed convolutions lead back; each band gets a gain between 0 and 1 and an angle, as in
    `MaskCRN`.

    Parameters
    ----------
    channels : int
        Channels of the convolutions, C.
    hidden_size : int
        Numbers in the state of the networks that read through time, H; those that read across the
        bands have half as many in each direction.
    n_blocks : int
        How often both paths are gone.
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
    >>> model = MaskDualPath(channels=8, hidden_size=16, n_blocks=1)
    >>> model(torch.zeros(2, 8000)).shape
    torch.Size([2, 8000])

    References
    ----------
    X. Le and others, "DPCRN: dual-path convolution recurrent network for single channel speech
    enhancement", Interspeech 2021. Bands: X. Rong and others, "GTCRN: a speech enhancement model
    requiring ultralow computational resources", ICASSP 2024.

    Chapter: tasks/denoising
    """

    def __init__(
        self, *, channels: int = 32, hidden_size: int = 64, n_blocks: int = 2, n_fft: int = 512
    ):
        super().__init__(n_fft=n_fft)
        check_count(channels, name="channels")
        check_count(hidden_size, name="hidden_size", minimum=2)
        check_count(n_blocks, name="n_blocks")
        if self.n_bins < N_BANDS or hidden_size % 2:
            raise AudioError(
                f"n_fft is {n_fft} and hidden_size {hidden_size}: give at least "
                f"{2 * (N_BANDS - 1)}, and an even number"
            )
        self.register_buffer("bands", ear_bands(self.n_bins), persistent=False)  # (129, F)
        self.down = nn.ModuleList([_Down(3, channels), _Down(channels, channels)])
        self.blocks = nn.ModuleList(_DualPath(channels, hidden_size) for _ in range(n_blocks))
        self.up = nn.ModuleList([_Up(2 * channels, channels), _Up(2 * channels, 3, is_last=True)])

    def draw(self, x: Tensor, state=None):
        x = torch.einsum("bcfn,kf->bckn", x, self.bands)
        n_states = len(self.down) + len(self.blocks)
        before = iter([None] * n_states if state is None else state)
        skips, after = [], []
        for layer in self.down:
            x, last_frame = layer(x, next(before))  # (B, C, 65, N), (B, C, 33, N)
            skips.append(x)
            after.append(last_frame)
        for block in self.blocks:
            x, hidden = block(x, next(before))
            after.append(hidden)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], dim=1))
        spread = self.bands / self.bands.sum(dim=0)
        x = torch.einsum("bckn,kf->bcfn", x, spread)  # each bin has what its bands have
        return turned_gain(x), after


def ear_bands(n_bins: int, *, n_single: int = N_SINGLE, n_bands: int = N_BANDS) -> Tensor:
    """Return how much each bin counts in each band, (K, F): single bins, then growing triangles.

    Above `n_single` bins the centres of the triangles lie evenly on the scale of equivalent
    rectangular bandwidths, if the bins reach 8 kHz. Every row sums to 1.

    Examples
    --------
    >>> bands = ear_bands(257)
    >>> bands.shape, bool(torch.allclose(bands.sum(dim=1), torch.ones(129)))
    (torch.Size([129, 257]), True)

    References
    ----------
    B. R. Glasberg and B. C. J. Moore, "Derivation of auditory filter shapes from notched-noise
    data", Hearing Research 47, 1990.

    Chapter: tasks/denoising
    """
    bins = torch.arange(n_bins, dtype=torch.float32)
    hz_per_bin = 8000 / (n_bins - 1)
    lowest, highest = (torch.log1p(0.00437 * hz_per_bin * bins[place]) for place in (n_single, -1))
    centres = torch.linspace(lowest, highest, n_bands - n_single)
    centres = torch.expm1(centres) / (0.00437 * hz_per_bin)  # in bins
    edges = torch.cat([centres[:1] - 1, centres, centres[-1:] + 1])
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = torch.minimum(rising, falling).clamp(min=0)
    bands = torch.cat([torch.eye(n_single, n_bins), triangles])
    return bands / bands.sum(dim=1, keepdim=True)


class _Down(nn.Module):
    """A convolution over five bands and two frames, this one and the one before; every 2nd band."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.convolve = nn.Conv2d(n_in, n_out, (5, 2), stride=(2, 1), padding=(2, 0), bias=False)
        self.normalize = nn.BatchNorm2d(n_out)
        self.activate = nn.PReLU(n_out)

    def forward(self, x, last_frame=None):
        if last_frame is None:
            last_frame = x.new_zeros(*x.shape[:-1], 1)
        x = torch.cat([last_frame, x], dim=-1)
        return self.activate(self.normalize(self.convolve(x))), x[..., -1:]


class _Up(nn.Module):
    """The way back: twice as many bands, less one."""

    def __init__(self, n_in, n_out, *, is_last=False):
        super().__init__()
        self.convolve = nn.ConvTranspose2d(
            n_in, n_out, (5, 1), stride=(2, 1), padding=(2, 0), bias=is_last
        )
        self.finish = (
            nn.Identity() if is_last else nn.Sequential(nn.BatchNorm2d(n_out), nn.PReLU(n_out))
        )

    def forward(self, x):
        return self.finish(self.convolve(x))


class _DualPath(nn.Module):
    """Across the bands of each frame, in both directions; then through time, band by band."""

    def __init__(self, channels, hidden_size):
        super().__init__()
        self.across = nn.GRU(channels, hidden_size // 2, batch_first=True, bidirectional=True)
        self.across_out = nn.Linear(hidden_size, channels)
        self.across_norm = nn.LayerNorm(channels)
        self.along = nn.GRU(channels, hidden_size, batch_first=True)
        self.along_out = nn.Linear(hidden_size, channels)
        self.along_norm = nn.LayerNorm(channels)

    def forward(self, x, hidden=None):
        _, n_channels, n_bands, n_frames = x.shape
        x = x.permute(0, 3, 2, 1)  # (B, N, K, C)
        states, _ = self.across(x.reshape(-1, n_bands, n_channels))
        x = x + self.across_norm(self.across_out(states)).view(x.shape)
        by_band = x.transpose(1, 2)  # (B, K, N, C)
        states, hidden = self.along(by_band.reshape(-1, n_frames, n_channels), hidden)
        by_band = by_band + self.along_norm(self.along_out(states)).view(by_band.shape)
        return by_band.permute(0, 3, 1, 2), hidden  # (B, C, K, N)
