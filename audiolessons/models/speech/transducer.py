"""A recogniser for streams that knows what it has written: the transducer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.speech.recogniser import Recogniser

BLANK = 0  # go on to the next frame
MOST = 4  # tokens in one frame, when it recognises


class Transducer(nn.Module):
    """Joins what a `Recogniser` hears with what a recurrent layer expects after the tokens so far.

    At frame n, with u tokens written, it writes one more or goes on to the next frame: a way
    through a grid of frames and tokens. Unlike CTC, an answer depends on the text before it.

    Parameters
    ----------
    encoder : Recogniser
        Its last layer of states is read; a causal one makes a transducer for streams.
    hidden_size : int
        Numbers in the states of the layer that reads the tokens, and in the joint network.

    Shapes
    ------
    log-mel spectrograms (B, D, N), lengths (B,), tokens (B, L), padded with any token -> logits
    (B, N', L + 1, K), and how many frames of each are sound, (B,).

    Raises
    ------
    AudioError
        As `Recogniser`, or if tokens are not (B, L).

    Examples
    --------
    >>> model = Transducer(Recogniser(n_tokens=11, n_mels=40, hidden_size=16)).eval()
    >>> tokens = torch.tensor([[3, 4, 4], [5, 0, 0]])
    >>> logits, n_frames = model(torch.zeros(2, 40, 101), torch.tensor([101, 60]), tokens)
    >>> logits.shape, n_frames
    (torch.Size([2, 26, 4, 11]), tensor([26, 15]))

    References
    ----------
    A. Graves, "Sequence transduction with recurrent neural networks", ICML 2012 workshop on
    representation learning, arXiv:1211.3711.

    Chapter: speech/recognition
    """

    def __init__(self, encoder: Recogniser, *, hidden_size: int = 64):
        super().__init__()
        check_count(hidden_size, name="hidden_size")
        self.encoder = encoder
        n_heard, n_tokens = encoder.predict.in_features, encoder.predict.out_features
        self.embed = nn.Embedding(n_tokens, hidden_size)
        self.expect = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.from_sound = nn.Linear(n_heard, hidden_size)
        self.from_text = nn.Linear(hidden_size, hidden_size)
        self.predict = nn.Linear(hidden_size, n_tokens)

    def forward(self, log_mel: Tensor, lengths: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        if tokens.ndim != 2 or len(tokens) != len(log_mel):
            raise AudioError(
                f"tokens has shape {tuple(tokens.shape)} for {len(log_mel)} sounds: give (B, L)"
            )
        states, n_frames = self.encoder.encode(log_mel, lengths)
        expected, _ = self.expect(self.embed(functional.pad(tokens, (1, 0), value=BLANK)))
        return self._join(states[-1][:, :, None], expected[:, None]), n_frames

    @torch.no_grad()
    def recognise(self, log_mel: Tensor) -> list[int]:
        """Return the tokens of one sound (D, N), the likeliest answer each time."""
        states, _ = self.encoder.encode(log_mel[None], None)
        tokens: list[int] = []
        expected, memory = self._after(BLANK, None)
        for heard in states[-1][0]:
            for _ in range(MOST):
                token = int(self._join(heard, expected).argmax())
                if token == BLANK:
                    break
                tokens.append(token)
                expected, memory = self._after(token, memory)
        return tokens

    def _after(self, token, memory):
        embedded = self.embed(torch.tensor([[token]], device=self.embed.weight.device))
        expected, memory = self.expect(embedded, memory)
        return expected[0, 0], memory

    def _join(self, heard, expected):
        return self.predict(torch.tanh(self.from_sound(heard) + self.from_text(expected)))


def transducer_loss(output: tuple, target: tuple) -> Tensor:
    """Return for each sound how unlikely the right text is over all ways through the grid.

    To a point (n, u) lead two steps: a blank from the frame before, and token u from the point
    below. Row by row, the sum over all tokens written in one frame is a cumulative one.

    Parameters
    ----------
    output : (Tensor, Tensor)
        Logits (B, N, L + 1, K), blank at 0, and how many frames of each are sound, (B,): what a
        `Transducer` gives.
    target : (Tensor, Tensor)
        Tokens (B, L), from 1 to K - 1, padded with any token, and how many there are, (B,).

    Returns
    -------
    Tensor
        Shape (B,), nats a token.

    Examples
    --------
    >>> logits = torch.zeros(1, 2, 2, 3)  # two frames, one token: three equal chances a step
    >>> target = torch.tensor([[1]]), torch.tensor([1])
    >>> transducer_loss((logits, torch.tensor([2])), target).exp()  # 2 ways of 3 steps
    tensor([13.5000])

    References
    ----------
    A. Graves, "Sequence transduction with recurrent neural networks", arXiv:1211.3711, 2012,
    section 2.4.

    Chapter: speech/recognition
    """
    logits, n_frames = output
    tokens, n_tokens = target
    log_probs = logits.float().log_softmax(dim=-1)
    blank = log_probs[..., BLANK]  # (B, N, L + 1)
    choose = tokens[:, None, :, None].expand(-1, log_probs.shape[1], -1, 1)
    token = log_probs[:, :, :-1].gather(-1, choose)[..., 0]  # (B, N, L)
    written = functional.pad(token.cumsum(dim=-1), (1, 0))  # all tokens up to u in one frame
    alpha = [written[:, 0]]  # in the first frame nothing else leads there
    for n in range(1, log_probs.shape[1]):
        from_before = alpha[-1] + blank[:, n - 1]
        # from v tokens before the frame to u in it: written[u] - written[v]
        alpha.append(written[:, n] + torch.logcumsumexp(from_before - written[:, n], dim=-1))
    each = torch.arange(len(tokens), device=logits.device)
    last, n_tokens = n_frames.to(logits.device) - 1, n_tokens.to(logits.device)
    total = torch.stack(alpha, dim=1)[each, last, n_tokens] + blank[each, last, n_tokens]
    return -total / n_tokens.clamp(min=1)
