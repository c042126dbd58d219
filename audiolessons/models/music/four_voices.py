"""What networks of four voices share: a sixteenth is read, and the next one written or drawn."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.models.layers.blocks import check_share
from audiolessons.models.music.voice_writer import (
    N_BEATS,
    N_VOICES,
    OLDEST,
    FrameReader,
    VoiceWriter,
    ages,
)
from audiolessons.music import N_TOKENS
from audiolessons.music.tokens import UNKNOWN

PADDING = -100  # after the end of a piece: cross-entropy leaves it out


class VoiceNetwork(nn.Module):
    """Give four voices of sixteenths their chances, each knowing what was written before it.

    Sixteenths follow each other, and in each of them soprano, alto, tenor and bass. What a network
    makes of the past is its own affair: `remember` gives a vector for each sixteenth that was read,
    `remember_one` the same for one more, with a state that is handed on. One that knows a part
    beforehand adds what it makes of that by `look_ahead`.

    Chapter: music/generation
    """

    def __init__(
        self, *, read_width: int, past_size: int, width: int, dropout: float, ahead_size: int = 0
    ):
        super().__init__()
        check_share(dropout, name="dropout")
        self.read = FrameReader(width=check_count(read_width, name="read_width"))
        self.dropout = nn.Dropout(dropout)
        self.start = nn.Parameter(torch.zeros(past_size))
        self.write = VoiceWriter(context_size=past_size + ahead_size, width=width, dropout=dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits (B, K, N, 4) of tokens (B, N, 4), which may end in padding, -100."""
        ahead = self.look_ahead(check_tokens(tokens))
        tokens = tokens.clamp(min=0)
        before = pad(tokens[:, :-1], (0, 0, 1, 0))
        age = pad(ages(tokens[:, :-1]), (0, 0, 1, 0))
        beat = torch.arange(tokens.shape[1], device=tokens.device) % N_BEATS
        past = self.start.expand(tokens.shape[0], 1, -1)
        if tokens.shape[1] > 1:
            read = self.dropout(self.read(tokens[:, :-1]))
            past = torch.cat([past, self.remember(read)], dim=1)
        context = torch.cat([past, ahead], dim=2)
        return self.write(context, before, age, tokens, beat).permute(0, 3, 1, 2)

    def look_ahead(self, tokens: Tensor) -> Tensor:
        """Return what is known beforehand of each sixteenth, (B, N, 0): nothing."""
        return self.start.new_zeros(*tokens.shape[:2], 0)

    @torch.no_grad()
    def draw(self, given: Tensor, *, temperature: float = 1.0, seed: int = 0) -> Tensor:
        """Write pieces: what is given stays, what is -1 is drawn, each note by its chances.

        Parameters
        ----------
        given : Tensor
            Shape (B, N, 4), tokens, -1 where the network is to write: all of them, or what follows
            a beginning, or what goes with a soprano. Only a `Harmoniser` looks ahead at it. Shorter
            pieces end in padding, -100, which becomes rests.
        temperature : float
            What logits are divided by: below 1 likely notes become likelier.
        seed : int
            Another seed, other pieces.

        Returns
        -------
        Tensor
            Shape (B, N, 4), tokens.
        """
        check_positive(temperature, name="temperature")
        check_tokens(given)
        tokens = given.clamp(min=UNKNOWN).masked_fill(given == PADDING, 0)
        device = tokens.device
        # on the CPU, so that a seed gives the same notes whatever the device
        generator = torch.Generator().manual_seed(check_count(seed, name="seed", minimum=0))
        was_training = self.training
        self.eval()  # also before it looks ahead: nothing is dropped
        ahead = self.look_ahead(given)
        past, state = self.start.expand(len(tokens), 1, -1), None
        before = age = torch.zeros_like(tokens[:, :1])
        for frame in range(tokens.shape[1]):
            beat = torch.tensor([frame % N_BEATS], device=device)
            context = torch.cat([past, ahead[:, frame : frame + 1]], dim=2)
            now = tokens[:, frame : frame + 1]  # a view: what is drawn stands in the piece
            for voice in range(N_VOICES):
                if (now[:, 0, voice] == UNKNOWN).any():
                    logits = self.write(context, before, age, now, beat)[:, 0, voice]
                    chances = torch.softmax(logits.float() / temperature, dim=1).cpu()
                    drawn = torch.multinomial(chances, 1, generator=generator)[:, 0].to(device)
                    now[:, 0, voice] = torch.where(
                        now[:, 0, voice] == UNKNOWN, drawn, now[:, 0, voice]
                    )
            first = max(frame + 1 - OLDEST, 0)  # as far back as ages are told apart
            late = tokens[:, first : frame + 1]
            before, age = now, ages(late)[:, -1:]
            read = self.read(late, first=first)[:, -1:]
            past, state = self.remember_one(read, state)
        self.train(was_training)
        return tokens


def check_tokens(tokens: Tensor) -> Tensor:
    """Return tokens (B, N, 4), or say what is wrong with them."""
    if tokens.ndim != 3 or tokens.shape[2] != N_VOICES or tokens.is_floating_point():
        raise AudioError(
            f"tokens have shape {tuple(tokens.shape)} and hold {tokens.dtype}: give whole numbers "
            "(B, N, 4), from music.to_tokens"
        )
    if tokens.numel() == 0 or tokens.max() >= N_TOKENS:
        most = int(tokens.max()) if tokens.numel() else "nothing"
        raise AudioError(f"tokens hold {most}: give 0 to {N_TOKENS - 1}")
    return tokens


def note_nats(logits: Tensor, target: Tensor) -> Tensor:
    """Return how surprised a network is by each note: a loss for `training.fit`.

    Parameters
    ----------
    logits : Tensor
        Shape (B, K, N, 4), of a network of four voices.
    target : Tensor
        Shape (B, N, 4), the tokens; -100 is padding, or a note that is not to be counted.

    Returns
    -------
    Tensor
        Shape (notes that count,), in nats, in the order of the target.

    Examples
    --------
    >>> target = torch.tensor([[[5, 4, 3, -100]]])
    >>> note_nats(torch.zeros(1, 47, 1, 4), target)  # 47 tokens at even chances: log 47
    tensor([3.8501, 3.8501, 3.8501])

    Chapter: music/generation
    """
    nats = cross_entropy(logits.float(), target, ignore_index=PADDING, reduction="none")
    return nats[target != PADDING]
