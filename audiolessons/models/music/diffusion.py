"""Diffusion: noise is added in many small steps, and a network learns to take it away again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_count

FAINTEST = 0.01  # share of the signal's power that is left at the end
N_WAVES = 4  # sines of each number, and of the step: with them a network sees what is small


def signal_shares(n_steps: int) -> Tensor:
    """Return how much of the signal's power is left after each of n steps: from 1 down to 0.01.

    Entry 0 is the clean signal. In between it falls as a squared cosine, slowly at both ends.

    Examples
    --------
    >>> signal_shares(4)
    tensor([1.0000, 0.8551, 0.5050, 0.1550, 0.0100])

    References
    ----------
    A. Nichol and P. Dhariwal, "Improved denoising diffusion probabilistic models", ICML 2021.

    Chapter: music/generation
    """
    step = torch.arange(check_count(n_steps, name="n_steps") + 1)
    return FAINTEST + (1 - FAINTEST) * torch.cos(step / n_steps * math.pi / 2) ** 2


def noised(x: Tensor, share: Tensor, noise: Tensor) -> Tensor:
    """Return x with noise, so that `share` of the power is signal: many small steps in one.

    Examples
    --------
    >>> noised(torch.tensor([2.0]), torch.tensor(0.25), torch.tensor([0.0]))
    tensor([1.])

    Chapter: music/generation
    """
    return share.sqrt() * x + (1 - share).sqrt() * noise


class Denoiser(nn.Module):
    """Say which noise is in noisy vectors, told how much of it there is.

    Parameters
    ----------
    n_features : int
        D, numbers of a vector.
    n_steps : int
        T, steps from the signal to noise.
    width : int
        Numbers in the hidden layers.

    Examples
    --------
    >>> network = Denoiser(n_features=2, n_steps=50, width=32)
    >>> network(torch.zeros(3, 2), torch.tensor([1, 20, 50])).shape
    torch.Size([3, 2])
    >>> len(list(network.denoise(torch.randn(3, 2))))  # the noise, and what each step makes of it
    51

    References
    ----------
    J. Ho, A. Jain and P. Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020.

    Chapter: music/generation
    """

    def __init__(self, *, n_features: int, n_steps: int = 50, width: int = 128):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        self.register_buffer("shares", signal_shares(n_steps), persistent=False)
        self.layers = nn.Sequential(
            nn.Linear(
                n_features + 2 * N_WAVES * (n_features + 1), check_count(width, name="width")
            ),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, n_features),
        )

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        """Return the noise (B, D) in vectors (B, D) after steps (B,) of 1 to T."""
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise AudioError(f"x has shape {tuple(x.shape)}: give (B, {self.n_features})")
        told = torch.cat([x / 2, step[:, None] / len(self.shares)], dim=1)  # (B, D + 1)
        turns = math.pi * told[..., None] * 2 ** torch.arange(N_WAVES, device=x.device)
        waves = torch.cat([torch.sin(turns), torch.cos(turns)], dim=2).flatten(1)
        return self.layers(torch.cat([x, waves], dim=1))

    def loss(self, x: Tensor) -> Tensor:
        """Return the mean squared error of the noise that is found in vectors (B, D)."""
        step = torch.randint(1, len(self.shares), (len(x),), device=x.device)
        noise = torch.randn_like(x)
        found = self(noised(x, self.shares[step][:, None], noise), step)
        return (found - noise).square().mean()

    @torch.no_grad()
    def denoise(self, noise: Tensor, *, seed: int = 0) -> Iterator[Tensor]:
        """Yield noise (B, D), and what becomes of it step by step: at last, new vectors.

        A step takes the found noise away, which gives a guess of the clean vector, and adds fresh
        noise, a little less than there was.
        """
        generator = torch.Generator().manual_seed(check_count(seed, name="seed", minimum=0))
        x = noise
        yield x
        for step in range(len(self.shares) - 1, 0, -1):
            share, next_share = self.shares[step], self.shares[step - 1]
            found = self(x, torch.full((len(x),), step, device=x.device))
            clean = (x - (1 - share).sqrt() * found) / share.sqrt()
            # The distribution of the vector one step earlier, given this one and the clean one.
            kept = share / next_share
            mean = (next_share.sqrt() * (1 - kept) * clean + kept.sqrt() * (1 - next_share) * x) / (
                1 - share
            )
            spread = ((1 - kept) * (1 - next_share) / (1 - share)).sqrt()
            fresh = torch.randn(x.shape, generator=generator).to(x)
            x = mean + spread * fresh
            yield x
