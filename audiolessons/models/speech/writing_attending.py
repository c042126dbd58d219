"""Text to mel bands without durations: a network that looks for its place in the text."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.attention import masked_softmax
from audiolessons.models.layers.blocks import masked_mean
from audiolessons.models.speech.vocoder import CENTRE, SPREAD, FrameBlock
from audiolessons.padding import mask_or_none, shortened

BESIDE = 9  # tokens about each of which the last weights are seen together
NARROW = 0.2  # how far beside the diagonal attention may look, as a share of text and sound


class AttentionWriter(nn.Module):
    """Write frames a few at a time: each time it looks at the text, and knows where it looked.

    Nothing says how long a token lasts; the network learns to move on. It may also stop, skip or
    begin again, which is why `TextToMel` is told durations.

    Parameters
    ----------
    n_tokens : int
        Sounds and signs that there are.
    n_mels : int
        D, bands.
    width, hidden_size : int
        Of the tokens' states, and of both recurrent cells.
    n_encoder : int
        Blocks that read the text.
    n_together : int
        Frames that are written at each look: fewer looks are learned sooner.

    Shapes
    ------
    tokens (B, L), padded with anything, lengths (B,), true log-mel bands (B, D, N) -> written bands
    (B, D, N), and the weights (B, N', L) of each look, N' = N / `n_together` rounded up.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if shapes do not fit.

    Examples
    --------
    >>> network = AttentionWriter(10, width=16, hidden_size=32)
    >>> tokens, lengths = torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([3, 2])
    >>> log_mel, weights = network(tokens, lengths, torch.zeros(2, 80, 6))
    >>> log_mel.shape, weights.shape
    (torch.Size([2, 80, 6]), torch.Size([2, 2, 3]))

    References
    ----------
    Y. Wang and others, "Tacotron: towards end-to-end speech synthesis", Interspeech 2017; J. Shen
    and others, "Natural TTS synthesis by conditioning WaveNet on mel spectrogram predictions",
    ICASSP 2018 (attention that sees where it looked).

    Chapter: speech/synthesis
    """

    def __init__(
        self,
        n_tokens: int,
        *,
        n_mels: int = 80,
        width: int = 128,
        hidden_size: int = 192,
        n_encoder: int = 3,
        n_together: int = 4,
    ):
        super().__init__()
        check_count(n_tokens, name="n_tokens")
        check_count(width, name="width")
        check_count(hidden_size, name="hidden_size")
        check_count(n_encoder, name="n_encoder")
        self.n_mels = check_count(n_mels, name="n_mels")
        self.n_together = check_count(n_together, name="n_together")
        self.embed = nn.Embedding(n_tokens, width)
        self.encoder = nn.Sequential(
            *(FrameBlock(width, 2 * width, kernel_size=5) for _ in range(n_encoder))
        )
        # What was written passes a narrow door: copying the last frame must not be the easy way.
        self.before = nn.Sequential(nn.Linear(n_mels, 64), nn.ReLU(), nn.Dropout(0.5))
        self.look = nn.LSTMCell(64 + width, hidden_size)
        self.query = nn.Linear(hidden_size, width)
        self.key = nn.Linear(width, width)
        self.looked = nn.Conv1d(2, width, BESIDE, padding=BESIDE // 2)
        self.score = nn.Linear(width, 1)
        self.cell = nn.LSTMCell(hidden_size + width, hidden_size)
        self.bands = nn.Linear(hidden_size + width, n_mels * n_together)

    def forward(self, tokens: Tensor, lengths: Tensor, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        if log_mel.ndim != 3 or len(log_mel) != len(tokens):
            raise AudioError(
                f"log_mel has shape {tuple(log_mel.shape)} for {len(tokens)} texts: give (B, D, N)"
            )
        n_frames = log_mel.shape[-1]
        # Before each look but the first, the last frame of those that belong to the look before.
        ends = torch.arange(-1, n_frames - 1, self.n_together, device=log_mel.device)
        true = functional.pad((log_mel - CENTRE) / SPREAD, (1, 0))[..., ends + 1]
        written, weights = self._all(tokens, lengths, self.before(true.transpose(1, 2)).unbind(1))
        return written[..., :n_frames], weights

    @torch.no_grad()
    def write(self, tokens: Tensor, *, n_frames: int) -> tuple[Tensor, Tensor]:
        """Return bands (D, N) of one text (L,), each from those it wrote, and weights (N', L).

        How many frames are enough it does not know.
        """
        check_count(n_frames, name="n_frames")
        looks = -(-n_frames // self.n_together)
        log_mel, weights = self._all(tokens[None], None, [None] * looks)
        return log_mel[0, :, :n_frames], weights[0]

    def _all(self, tokens, lengths, given):
        """Look once for each frame given, and from it where there is one, else from the last."""
        mask = mask_or_none(lengths, tokens)
        text = self.embed(tokens).transpose(1, 2)  # (B, W, L)
        for block in self.encoder:
            text = block(text if mask is None else text * mask[:, None])
        text = text.transpose(1, 2)
        key = self.key(text)
        looking = writing = None
        weights, seen = text.new_zeros(2, *tokens.shape)
        weights[:, 0] = 1  # before the first frame it looks at the first token
        context, frame = text[:, 0], text.new_zeros(len(text), self.n_mels)
        states, looks = [], []
        for before in given:
            before = self.before(frame) if before is None else before
            looking = self.look(torch.cat([before, context], dim=-1), looking)
            looked = self.looked(torch.stack([weights, seen], dim=1)).transpose(1, 2)
            scores = self.score(torch.tanh(self.query(looking[0])[:, None] + key + looked))[..., 0]
            weights = masked_softmax(scores, mask)  # (B, L)
            seen = seen + weights
            context = (weights[:, None] @ text)[:, 0]
            writing = self.cell(torch.cat([looking[0], context], dim=-1), writing)
            states.append(torch.cat([writing[0], context], dim=-1))
            looks.append(weights)
            if len(given) > len(states) and given[len(states)] is None:
                frame = self.bands(states[-1])[:, -self.n_mels :]
        frames = self.bands(torch.stack(states, dim=1))  # (B, N', n_together * D)
        frames = frames.unflatten(-1, (self.n_together, self.n_mels)).flatten(1, 2)
        return SPREAD * frames.transpose(1, 2) + CENTRE, torch.stack(looks, dim=1)


def attending_loss(output: tuple, target: tuple) -> Tensor:
    """Return how wrong frames are, and how far attention strays from the diagonal, (B,).

    A loss for `training.fit`. Text and sound run from beginning to end together: a weight far from
    the diagonal costs, so that attention begins where it would arrive after days by itself. Both
    are counted from 0, so a token costs least where it begins: few tokens are passed early.

    Parameters
    ----------
    output : (Tensor, Tensor)
        What an `AttentionWriter` gives: (B, D, N), (B, N', L). N is as many frames as there are
        looks, times those written at each.
    target : (Tensor, Tensor, Tensor)
        True log-mel bands, and how many frames and tokens of each count, (B,) each.

    Examples
    --------
    >>> mel, lengths = torch.zeros(1, 80, 2), torch.tensor([2])
    >>> attending_loss((mel, torch.eye(2)[None]), (mel, lengths, lengths))
    tensor([0.])

    References
    ----------
    H. Tachibana, K. Uenoyama and S. Aihara, "Efficiently trainable text-to-speech system based on
    deep convolutional networks with guided attention", ICASSP 2018, section 4.

    Chapter: speech/synthesis
    """
    log_mel, weights = output
    true, n_frames, n_tokens = target
    apart = (log_mel.float() - true).abs().mean(dim=1)  # (B, N)
    n_looks = shortened(n_frames, stride=apart.shape[1] // weights.shape[1])
    passed = torch.arange(weights.shape[1], device=apart.device) / n_looks[:, None]
    read = torch.arange(weights.shape[2], device=apart.device) / n_tokens[:, None]
    off = passed[:, :, None] - read[:, None]  # (B, N', L)
    strays = (weights.float() * (1 - torch.exp(-(off**2) / (2 * NARROW**2)))).sum(dim=2)
    return masked_mean(apart, mask_or_none(n_frames, apart)) + 5 * masked_mean(
        strays, mask_or_none(n_looks, strays)
    )
