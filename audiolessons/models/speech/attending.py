"""A recogniser that writes token after token, and looks for each where the sound says it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.attention import attention_weights
from audiolessons.models.speech.recogniser import Recogniser
from audiolessons.padding import mask_or_none

MARK = 0  # stands before the first token and is written after the last


class AttentionRecogniser(nn.Module):
    """Encoder and decoder: a `Recogniser` hears, and a recurrent cell writes what it attends to.

    No path and no order is built in: each token is written from the tokens before it and from a
    weighted mean of all frames, so nothing keeps it from skipping or repeating.

    Parameters
    ----------
    encoder : Recogniser
        Its last layer of states is attended to; trained before or not.
    hidden_size : int
        Numbers in the state of the writer.

    Shapes
    ------
    log-mel spectrograms (B, D, N), lengths (B,), tokens (B, L), the right ones, padded with 0 ->
    logits (B, L + 1, K) of each token and of the end, 0, and the weights (B, L + 1, N') with which
    each looked at the frames.

    Raises
    ------
    AudioError
        As `Recogniser`, or if tokens are not (B, L).

    Examples
    --------
    >>> encoder = Recogniser(n_tokens=11, n_mels=40, hidden_size=16)
    >>> model = AttentionRecogniser(encoder, hidden_size=32).eval()
    >>> tokens = torch.tensor([[3, 4, 4], [5, 0, 0]])
    >>> logits, weights = model(torch.zeros(2, 40, 101), torch.tensor([101, 60]), tokens)
    >>> logits.shape, weights.shape
    (torch.Size([2, 4, 11]), torch.Size([2, 4, 26]))

    References
    ----------
    J. Chorowski, D. Bahdanau, D. Serdyuk, K. Cho and Y. Bengio, "Attention-based models for speech
    recognition", NeurIPS 2015; W. Chan, N. Jaitly, Q. Le and O. Vinyals, "Listen, attend and
    spell", ICASSP 2016.

    Chapter: speech/recognition
    """

    def __init__(self, encoder: Recogniser, *, hidden_size: int = 96):
        super().__init__()
        check_count(hidden_size, name="hidden_size")
        self.encoder = encoder
        n_heard, n_tokens = encoder.predict.in_features, encoder.predict.out_features
        self.embed = nn.Embedding(n_tokens, hidden_size)
        self.cell = nn.GRUCell(hidden_size + n_heard, hidden_size)
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(n_heard, hidden_size)
        self.predict = nn.Linear(hidden_size + n_heard, n_tokens)

    def forward(self, log_mel: Tensor, lengths: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        if tokens.ndim != 2 or len(tokens) != len(log_mel):
            raise AudioError(
                f"tokens has shape {tuple(tokens.shape)} for {len(log_mel)} sounds: give (B, L)"
            )
        heard, key, mask = self._hear(log_mel, lengths)
        state, context = self._begin(heard)
        written = []
        for token in functional.pad(tokens, (1, 0), value=MARK).T:  # the right one before, (B,)
            logits, state, context, weights = self._write(token, state, context, heard, key, mask)
            written.append((logits, weights))
        logits, weights = zip(*written, strict=True)
        return torch.stack(logits, dim=1), torch.stack(weights, dim=1)

    @torch.no_grad()
    def recognise(self, log_mel: Tensor, *, most: int = 50) -> tuple[list[int], Tensor]:
        """Return the tokens of one sound (D, N), the likeliest each time, and (L + 1, N') weights.

        It stops at the end mark, or after `most` tokens.
        """
        heard, key, mask = self._hear(log_mel[None], None)
        state, context = self._begin(heard)
        token = torch.full((1,), MARK, device=heard.device)
        tokens, looked = [], []
        for _ in range(most + 1):
            logits, state, context, weights = self._write(token, state, context, heard, key, mask)
            looked.append(weights[0])
            token = logits.argmax(dim=-1)
            if int(token) == MARK:
                break
            tokens.append(int(token))
        return tokens[:most], torch.stack(looked)

    def _hear(self, log_mel, lengths):
        states, lengths = self.encoder.encode(log_mel, lengths)
        heard = states[-1]  # (B, N', E)
        mask = mask_or_none(lengths, heard.transpose(1, 2))
        return heard, self.key(heard), None if mask is None else mask[:, None]

    def _begin(self, heard):
        return heard.new_zeros(len(heard), self.cell.hidden_size), torch.zeros_like(heard[:, 0])

    def _write(self, token, state, context, heard, key, mask):
        state = self.cell(torch.cat([self.embed(token), context], dim=-1), state)
        weights = attention_weights(self.query(state)[:, None], key, mask)  # (B, 1, N')
        context = (weights @ heard)[:, 0]
        return self.predict(torch.cat([state, context], dim=-1)), state, context, weights[:, 0]


def attention_loss(output: tuple, target: tuple) -> Tensor:
    """Return the cross-entropy of each token and of the end mark behind the last, one a sound.

    Parameters
    ----------
    output : (Tensor, Tensor)
        What an `AttentionRecogniser` gives: logits (B, L + 1, K), and weights, which are not used.
    target : (Tensor, Tensor)
        Tokens (B, L), padded with anything, and how many there are, (B,).

    Returns
    -------
    Tensor
        Shape (B,), nats a token, the end mark counted as one.

    Examples
    --------
    >>> logits = torch.zeros(1, 3, 11)
    >>> attention_loss((logits, None), (torch.tensor([[5, 7]]), torch.tensor([2]))).exp()
    tensor([11.])

    Chapter: speech/recognition
    """
    logits, _ = output
    tokens, n_tokens = target
    wanted = functional.pad(tokens, (0, 1), value=MARK)
    place = torch.arange(wanted.shape[1], device=wanted.device)
    n_tokens = n_tokens.to(wanted.device)[:, None]
    wanted = wanted.masked_fill(place == n_tokens, MARK)
    losses = functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
    return losses.masked_fill(place > n_tokens, 0).sum(dim=1) / (n_tokens[:, 0] + 1)
