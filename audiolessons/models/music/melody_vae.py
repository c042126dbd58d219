"""A variational auto-encoder of melodies: some numbers for each, and a melody for any numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from audiolessons.errors import AudioError, check_count, check_finite
from audiolessons.music import N_TOKENS

HOLD = N_TOKENS  # in place of a token that goes on
N_MARKS = N_TOKENS + 1


def to_marks(tokens: Tensor) -> Tensor:
    """Return tokens (..., N) with `HOLD` wherever one goes on from the step before.

    Examples
    --------
    >>> to_marks(torch.tensor([5, 5, 6, 6, 0]))
    tensor([ 5, 47,  6, 47,  0])

    Chapter: music/generation
    """
    goes_on = tokens[..., 1:] == tokens[..., :-1]
    return torch.cat([tokens[..., :1], tokens[..., 1:].masked_fill(goes_on, HOLD)], dim=-1)


def from_marks(marks: Tensor) -> Tensor:
    """Return tokens (..., N) of marks: what is held is written out; before any note, a rest.

    Examples
    --------
    >>> from_marks(torch.tensor([5, 47, 6, 47, 0]))
    tensor([5, 5, 6, 6, 0])

    Chapter: music/generation
    """
    n = marks.shape[-1]
    place = torch.arange(n, device=marks.device).expand(marks.shape)
    last = place.masked_fill(marks == HOLD, -1).cummax(dim=-1).values
    return marks.gather(-1, last.clamp(min=0)).masked_fill(last < 0, 0)


def gaussian_nats(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence of normal distributions from the standard one, each number by itself.

    It is what a listener who expects N(0, 1) must be told, in nats, to expect N(mean, variance).

    Examples
    --------
    >>> gaussian_nats(torch.tensor([0.0, 2.0]), torch.zeros(2))
    tensor([0., 2.])

    Chapter: music/generation
    """
    return (mean**2 + log_variance.exp() - 1 - log_variance) / 2


class MelodyVAE(nn.Module):
    """Read a melody into the mean and variance of a few numbers; write a melody from them.

    The encoder, a GRU in each direction, reads the melody. The decoder, another GRU, sees the
    numbers at every step and, where it `hears`, the mark that stood before. The better it hears,
    the less it needs the numbers: one that hears everything learns to do without them.

    Parameters
    ----------
    n_steps : int
        N, steps of a melody.
    latent_size : int
        L, numbers of a melody.
    hidden_size : int
        Numbers in the states.
    hears : float
        Share of the marks that the decoder is told while training, from 0 to 1.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if melodies have another shape than (B, N).

    Examples
    --------
    >>> network = MelodyVAE(n_steps=8, latent_size=4, hidden_size=16)
    >>> logits, mean, log_variance = network(torch.zeros(2, 8, dtype=torch.long))
    >>> logits.shape, mean.shape
    (torch.Size([2, 48, 8]), torch.Size([2, 4]))

    References
    ----------
    D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014; S. R. Bowman et al.,
    "Generating sentences from a continuous space", CoNLL 2016 (collapse, and words kept from the
    decoder); D. P. Kingma et al., "Improved variational inference with inverse autoregressive
    flow", NeurIPS 2016 (free nats); A. Roberts et al., "A hierarchical latent vector model for
    learning long-term structure in music", ICML 2018.

    Chapter: music/generation
    """

    def __init__(
        self,
        *,
        n_steps: int = 32,
        latent_size: int = 24,
        hidden_size: int = 128,
        hears: float = 0.0,
    ):
        super().__init__()
        self.n_steps = check_count(n_steps, name="n_steps")
        self.latent_size = check_count(latent_size, name="latent_size")
        check_count(hidden_size, name="hidden_size")
        if not 0 <= check_finite(hears, name="hears") <= 1:
            raise AudioError(f"hears is {hears!r}: give a share from 0 to 1")
        self.hears = float(hears)
        self.embed = nn.Embedding(N_MARKS, hidden_size)
        self.beat = nn.Parameter(torch.randn(n_steps, hidden_size) * 0.1)
        self.read = nn.GRU(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.summarise = nn.Linear(2 * hidden_size, 2 * latent_size)
        self.begin = nn.Linear(latent_size, hidden_size)
        self.write = nn.GRU(hidden_size + latent_size, hidden_size, batch_first=True)
        self.predict = nn.Linear(hidden_size, N_MARKS)

    def encode(self, marks: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the variance, each (B, L), of melodies (B, N)."""
        if marks.ndim != 2 or marks.shape[1] != self.n_steps:
            raise AudioError(f"marks have shape {tuple(marks.shape)}: give (B, {self.n_steps})")
        _, states = self.read(self.embed(marks) + self.beat)
        mean, log_variance = self.summarise(torch.cat(list(states), dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)

    def decode(self, z: Tensor, heard: Tensor) -> Tensor:
        """Return logits (B, K, N) of numbers (B, L) and what is heard at each step (B, N, H)."""
        given = z[:, None].expand(-1, self.n_steps, -1)
        start = torch.tanh(self.begin(z))[None].contiguous()
        states, _ = self.write(torch.cat([heard + self.beat, given], dim=2), start)
        return self.predict(states).transpose(1, 2)

    def forward(self, marks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, K, N), and mean and log-variance (B, L), of melodies (B, N)."""
        mean, log_variance = self.encode(marks)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        before = pad(self.embed(marks[:, :-1]), (0, 0, 1, 0))
        heard = torch.rand(*marks.shape, 1, device=marks.device) < self.hears
        return self.decode(z, before * heard), mean, log_variance

    def loss(self, marks: Tensor, *, free_nats: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is to be lowered, and its two parts: reconstruction and divergence.

        All are nats a melody. The first `free_nats` of each number's divergence, averaged over the
        batch, cost nothing: what would be saved below that is not worth a collapse.
        """
        logits, mean, log_variance = self(marks)
        reconstruction = cross_entropy(logits, marks, reduction="none").sum(1).mean()
        divergence = gaussian_nats(mean, log_variance).mean(dim=0)
        paid = divergence.clamp(min=free_nats).sum()
        return reconstruction + paid, reconstruction, divergence.sum()

    @torch.no_grad()
    def compose(self, z: Tensor) -> Tensor:
        """Return the likeliest melodies, tokens (B, N), of numbers (B, L).

        Each step hears what was written before, if the network was trained to hear anything.
        """
        state = torch.tanh(self.begin(z))[None].contiguous()
        heard, marks = torch.zeros(len(z), self.embed.embedding_dim, device=z.device), []
        for n in range(self.n_steps):
            step = torch.cat([heard + self.beat[n], z], dim=1)[:, None]
            output, state = self.write(step, state)
            marks.append(self.predict(output[:, 0]).argmax(dim=1))
            if self.hears:
                heard = self.embed(marks[-1])
        return from_marks(torch.stack(marks, dim=1))


def between(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Return a point on the arc from a to b, (..., L), `share` of the way.

    Vectors of many normal numbers all have about the same length, the root of their count. A
    straight line between two runs through shorter ones, where no melody lies; an arc does not.

    Examples
    --------
    >>> between(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    tensor([0.7071, 0.7071])

    Chapter: music/generation
    """
    lengths = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    cosine = (a / lengths[0] * b / lengths[1]).sum(dim=-1, keepdim=True)
    angle = torch.acos(cosine.clamp(-1, 1))
    if (angle < 1e-4).any() or (angle > math.pi - 1e-4).any():
        return (1 - share) * a + share * b
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)
