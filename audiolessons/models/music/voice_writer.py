"""What networks of four voices share: reading a sixteenth, and writing the next, voice by voice.

Tokens are those of `music.to_tokens`: 0 a rest, else a pitch, so that the difference of two tokens
is an interval in semitones.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from audiolessons.music import N_TOKENS, VOICES
from audiolessons.music.tokens import N_INTERVALS, NO_INTERVAL, UNKNOWN

N_VOICES = len(VOICES)
N_BEATS = 16  # sixteenths of a bar of four quarters: all that a network is told of the metre
OLDEST = 16  # sixteenths that a note has lasted; longer ones count as this
PAIRS = tuple((high, low) for high in range(N_VOICES) for low in range(high + 1, N_VOICES))


def intervals(tokens: Tensor, reference: Tensor) -> Tensor:
    """Return how far tokens lie above a reference, as indices from 0; `NO_INTERVAL` at a rest.

    Examples
    --------
    >>> intervals(torch.tensor([5, 3, 0]), torch.tensor([3, 3, 3])) - N_TOKENS + 1
    tensor([ 2,  0, 47])

    Chapter: music/generation
    """
    apart = tokens - reference + N_TOKENS - 1
    return apart.masked_fill((tokens <= 0) | (reference <= 0), NO_INTERVAL)


def ages(tokens: Tensor) -> Tensor:
    """Return how long each voice has held its token: (B, N, V), 0 where it is new, 15 at most.

    Examples
    --------
    >>> ages(torch.tensor([[[5], [5], [5], [6], [6]]])).flatten()
    tensor([0, 1, 2, 0, 1])

    Chapter: music/generation
    """
    is_held = pad((tokens[:, 1:] == tokens[:, :-1]).long(), (0, 0, 1, 0))
    age = still = is_held
    for lag in range(1, OLDEST - 1):  # held now, and the sixteenth before, and the one before ...
        still = still * pad(is_held, (0, 0, lag, 0))[:, : tokens.shape[1]]
        age = age + still
    return age


class SummedEmbeddings(nn.Module):
    """Several whole numbers as one vector: a table of vectors for each of them, added up.

    Parameters
    ----------
    sizes : sequence of int
        How many values each of the P numbers can have.
    width : int
        W, numbers of the vector.

    Chapter: music/generation
    """

    def __init__(self, sizes, *, width: int):
        super().__init__()
        first = torch.tensor([0, *sizes[:-1]]).cumsum(0)
        self.register_buffer("first", first, persistent=False)
        self.tables = nn.EmbeddingBag(sum(sizes), width, mode="sum")
        nn.init.normal_(self.tables.weight, std=len(sizes) ** -0.5)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return (..., W) of whole numbers (..., P)."""
        rows = (numbers + self.first).flatten(0, -2)
        return self.tables(rows).view(*numbers.shape[:-1], -1)


class FrameReader(SummedEmbeddings):
    """Read each sixteenth: its tokens, how long each is held, intervals of all pairs, its beat.

    Parameters
    ----------
    width : int
        W, numbers of the vector that a sixteenth becomes.

    Chapter: music/generation
    """

    def __init__(self, *, width: int):
        sizes = [N_TOKENS, OLDEST] * N_VOICES + [N_INTERVALS + 1] * len(PAIRS) + [N_BEATS]
        super().__init__(sizes, width=width)

    def forward(self, tokens: Tensor, *, first: int = 0) -> Tensor:
        """Return (B, N, W) of tokens (B, N, 4), which are the sixteenths from `first` on."""
        high, low = zip(*PAIRS, strict=True)
        beat = (first + torch.arange(tokens.shape[1], device=tokens.device)) % N_BEATS
        numbers = [
            torch.stack([tokens, ages(tokens)], dim=-1).flatten(2),
            intervals(tokens[..., high], tokens[..., low]),
            beat[:, None].expand(tokens.shape[0], -1, -1),
        ]
        return super().forward(torch.cat(numbers, dim=-1))


class VoiceWriter(nn.Module):
    """Give each voice of a sixteenth its chances, knowing what came before and the voices above.

    It hears the voices above, and where all voices were, as pitches and as intervals from where
    this voice was. A pitch has scores of two kinds: one of its own, and one for its distance from
    this voice's last pitch and from each voice above. So a step is a step in every key.

    Parameters
    ----------
    context_size : int
        C, numbers that say what came before.
    width : int
        W, numbers of the hidden layers.
    dropout : float
        Share of them that is set to 0 while training.

    Chapter: music/generation
    """

    def __init__(self, *, context_size: int, width: int, dropout: float):
        super().__init__()
        heard = [N_TOKENS + 1, N_INTERVALS + 2] * 2 * N_VOICES  # one more each: not written yet
        sizes = [*heard, *[OLDEST] * N_VOICES, N_BEATS, N_VOICES]
        self.hear = SummedEmbeddings(sizes, width=width)
        self.remember = nn.Linear(context_size, width)
        self.hidden = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.finish = nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout))
        self.score = nn.Linear(width, N_TOKENS)
        self.score_interval = nn.Linear(width, N_VOICES * N_INTERVALS)

    def forward(self, context: Tensor, before: Tensor, age: Tensor, now: Tensor, beat: Tensor):
        """Return logits (B, N, 4, K) of the voices of each sixteenth.

        `context` (B, N, C) is what came before it, `before` (B, N, 4) the tokens of the sixteenth
        before, `age` (B, N, 4) how long they have been held, `beat` (N,) its place in the bar. Of
        `now` (B, N, 4), its own tokens, each voice sees those above it.
        """
        shape = (*now.shape, N_VOICES)  # (B, N, 4 that write, 4 that are heard)
        is_above = torch.ones(shape[2:], device=now.device).tril(-1).bool()
        above = torch.where(is_above, now[..., None, :], UNKNOWN)
        last, own = before[..., None, :].expand(shape), before[..., None]
        apart = intervals(above, own).masked_fill(~is_above, NO_INTERVAL + 1)
        numbers = [
            torch.stack([above % (N_TOKENS + 1), apart, last, intervals(last, own)], -1).flatten(3),
            age[..., None, :].expand(shape),
            beat[:, None, None].expand(*now.shape, 1),
            torch.arange(N_VOICES, device=now.device)[:, None].expand(*now.shape, 1),
        ]
        x = self.hear(torch.cat(numbers, dim=-1)) + self.remember(context)[..., None, :]
        x = self.finish(x + self.hidden(x))
        return self.score(x) + self._by_interval(x, torch.where(is_above, above, own.expand(shape)))

    def _by_interval(self, x, reference):
        """Return what the distance from each reference (B, N, 4, 4) adds to a pitch's score.

        Of voice v they are the voices above it, and from v on its own last pitch.
        """
        scores = self.score_interval(x).unflatten(-1, (N_VOICES, N_INTERVALS))
        pitch = torch.arange(1, N_TOKENS, device=x.device)
        apart = intervals(pitch, reference[..., None])  # (B, N, 4, 4, K - 1)
        found = pad(scores, (0, 1)).gather(-1, apart)  # a rest has no distance: it adds 0
        return pad(found.sum(dim=-2), (1, 0))
