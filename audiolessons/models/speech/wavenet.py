"""Sample after sample: a network that guesses the next sample of a sound from those before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count

LEVELS = 256


def to_levels(audio: Tensor, *, n_levels: int = LEVELS) -> Tensor:
    """Return the level of each sample, 0 to `n_levels` - 1, finer near 0 (mu-law).

    Examples
    --------
    >>> to_levels(torch.tensor([-1.0, 0.0, 0.01, 1.0]))
    tensor([  0, 128, 157, 255])

    References
    ----------
    ITU-T G.711, 1988: pulse code modulation of voice frequencies, here without its segments.

    Chapter: speech/synthesis
    """
    most = n_levels - 1
    audio = audio.clamp(-1, 1)
    bent = audio.sign() * torch.log1p(most * audio.abs()) / torch.log1p(audio.new_tensor(most))
    return ((bent + 1) / 2 * most + 0.5).long()


def from_levels(levels: Tensor, *, n_levels: int = LEVELS) -> Tensor:
    """Return the samples of levels, from -1 to 1: the way back from `to_levels`.

    Examples
    --------
    >>> from_levels(torch.tensor([0, 255]))
    tensor([-1.,  1.])

    Chapter: speech/synthesis
    """
    most = n_levels - 1
    bent = 2 * levels.float() / most - 1
    return bent.sign() * torch.expm1(bent.abs() * torch.log1p(bent.new_tensor(most))) / most


class WaveNet(nn.Module):
    """Guess each sample's level from those before it, by dilated causal convolutions.

    Each layer looks at two places, the second twice as far back as in the layer below; so a few
    layers look back over thousands of samples. What a layer finds passes a gate, is added to what
    came in, and goes to the answer by a short cut.

    Parameters
    ----------
    n_layers : int
        Of one round; the dilations are 1, 2, 4, ...
    n_rounds : int
        How often the dilations begin again.
    n_channels : int
        Of each layer.
    n_levels : int
        K, levels of a sample.

    Shapes
    ------
    levels (B, T) -> logits (B, K, T); those at t guess the level at t + 1

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if the levels have another shape.

    Examples
    --------
    >>> network = WaveNet(n_layers=4, n_rounds=1, n_channels=8)
    >>> network(torch.zeros(1, 100, dtype=torch.long)).shape, network.n_back
    (torch.Size([1, 256, 100]), 16)

    References
    ----------
    A. van den Oord and others, "WaveNet: a generative model for raw audio", 2016, sections 2.1 to
    2.4.

    Chapter: speech/synthesis
    """

    def __init__(
        self,
        *,
        n_layers: int = 9,
        n_rounds: int = 2,
        n_channels: int = 32,
        n_levels: int = LEVELS,
    ):
        super().__init__()
        check_count(n_layers, name="n_layers")
        check_count(n_rounds, name="n_rounds")
        check_count(n_channels, name="n_channels")
        self.n_levels = check_count(n_levels, name="n_levels", minimum=2)
        self.dilations = [2**number for number in range(n_layers)] * n_rounds
        self.embed = nn.Embedding(n_levels, n_channels)
        self.looks = nn.ModuleList(
            nn.Conv1d(n_channels, 2 * n_channels, 2, dilation=one) for one in self.dilations
        )
        self.goes_on = nn.ModuleList(nn.Conv1d(n_channels, n_channels, 1) for _ in self.dilations)
        self.answers = nn.ModuleList(nn.Conv1d(n_channels, n_channels, 1) for _ in self.dilations)
        self.predict = nn.Sequential(
            nn.ReLU(), nn.Conv1d(n_channels, 64, 1), nn.ReLU(), nn.Conv1d(64, n_levels, 1)
        )

    @property
    def n_back(self) -> int:
        """How many samples a guess rests on."""
        return 1 + sum(self.dilations)

    def forward(self, levels: Tensor) -> Tensor:
        if levels.ndim != 2:
            raise AudioError(f"levels have shape {tuple(levels.shape)}: give (B, T)")
        return self._guess(levels, [None] * len(self.dilations))[0]

    @torch.no_grad()
    def generate(self, n_samples: int, *, seed: int = 0, temperature: float = 1.0) -> Tensor:
        """Draw a sound from silence on, level by level: (n_samples,).

        Each layer keeps what it will look at again, so a sample costs one pass and not `n_back`.

        Parameters
        ----------
        n_samples : int
        seed : int
            Of the draws.
        temperature : float
            Below 1, unlikely levels become rarer.
        """
        check_count(n_samples, name="n_samples")
        generator = torch.Generator().manual_seed(seed)
        kept: list = [None] * len(self.dilations)
        levels = torch.full((1, 1), self.n_levels // 2)
        found = []
        for _ in range(n_samples):
            logits, kept = self._guess(levels, kept)
            chances = (logits[0, :, -1] / temperature).softmax(dim=0)
            levels = torch.multinomial(chances, 1, generator=generator)[None]
            found.append(levels)
        return torch.cat(found, dim=1)[0]

    def _guess(self, levels, kept):
        """Return logits, and for each layer the inputs that it looks back at, (B, C, dilation)."""
        x = self.embed(levels).transpose(1, 2)  # (B, C, T)
        answer, keeps = torch.zeros_like(x), []
        layers = zip(self.dilations, self.looks, self.goes_on, self.answers, kept, strict=True)
        for dilation, look, go_on, to_answer, before in layers:
            # what lies before the first sample is taken for zeros
            back = x.new_zeros(len(x), x.shape[1], dilation) if before is None else before
            seen = torch.cat([back, x], dim=-1)
            keeps.append(seen[..., -dilation:])
            content, gate = look(seen).chunk(2, dim=1)
            found = content.tanh() * gate.sigmoid()
            answer = answer + to_answer(found)
            x = x + go_on(found)
        return self.predict(answer), keeps


def next_level_loss(logits: Tensor, levels: Tensor) -> Tensor:
    """Return how unlikely each next level was, in nats a sample, (B,): a loss for `training.fit`.

    Examples
    --------
    >>> next_level_loss(torch.zeros(1, 256, 10), torch.zeros(1, 10, dtype=torch.long))
    tensor([5.5452])

    Chapter: speech/synthesis
    """
    return functional.cross_entropy(logits[..., :-1], levels[:, 1:], reduction="none").mean(dim=1)
