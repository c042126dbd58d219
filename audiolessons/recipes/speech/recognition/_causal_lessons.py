"""What a causal recogniser of digits is given: levels, strings by their length, when words end."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons import signals, transforms
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE
from audiolessons.recipes.speech.recognition._joining import Joiner

FRAMES = {"n_fft": 256, "hop_length": 128, "n_mels": 40}  # 32 ms every 16 ms
DIGITS_IN_BATCH = 256
GAINS_DB = (-20, 5)  # of a whole string
FLOOR_DB, MIDDLE_DB = -90.0, -60.0  # of a band: less is nothing, and what becomes 0


class Levels(nn.Module):
    """Log-mel of sounds (..., T), 1 for each 20 dB: each frame from its own samples alone.

    Examples
    --------
    >>> Levels()(torch.zeros(8000)).shape
    torch.Size([40, 63])

    Chapter: speech/recognition
    """

    def __init__(self):
        super().__init__()
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=None, **FRAMES)

    def forward(self, audio: Tensor) -> Tensor:
        return (self.to_mel(audio).clamp(min=FLOOR_DB) - MIDDLE_DB) / 20


class Lessons:
    """Batches of strings, joined anew each time: (log-mel, lengths, (tokens, how many)).

    All strings of a batch have as many digits, so that little is padded: single digits alone if
    `longest` is 1, else strings of up to three, and in each later epoch of up to two more.
    """

    def __init__(
        self,
        takes: _joined.Takes,
        rows: np.ndarray,
        *,
        n_batches: int,
        seed: int,
        longest: int = 7,
        device="cpu",
    ):
        self.joiner = Joiner(takes, rows, seed=seed, device=device)
        self.n_batches, self.longest = n_batches, longest
        self.rng = np.random.default_rng(seed)
        self.to_log_mel = Levels().to(device)
        self.n_epochs = 0

    def __len__(self):
        return self.n_batches

    def __iter__(self) -> Iterator[tuple]:
        self.n_epochs += 1
        most = min(1 + 2 * self.n_epochs, self.longest)
        for _ in range(self.n_batches):
            n_digits = int(self.rng.integers(1, most + 1))
            n_strings = DIGITS_IN_BATCH // n_digits
            audio, lengths, digits = self.joiner.batch(n_strings, n_digits)
            gains = signals.db_to_amplitude(self.rng.uniform(*GAINS_DB, size=(n_strings, 1)))
            audio = audio * torch.from_numpy(gains).to(audio)
            n_frames = 1 + lengths // FRAMES["hop_length"]
            target = digits + 1, torch.full((n_strings,), n_digits)
            yield self.to_log_mel(audio), n_frames, target


def batch_of(sounds: Sequence[np.ndarray], tokens: Sequence[list]) -> tuple:
    to_log_mel = levels()
    frames = [to_log_mel(torch.from_numpy(sound)).T for sound in sounds]
    x = nn.utils.rnn.pad_sequence(frames, batch_first=True).transpose(1, 2)
    texts = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in tokens], batch_first=True)
    lengths = torch.tensor([len(one) for one in frames])
    return x, lengths, (texts, torch.tensor([len(one) for one in tokens]))


levels = functools.cache(Levels)


def said_at_the_end(output: tuple, target: tuple) -> Tensor:
    """Return how badly single digits are told from each other, (B,), in nats a frame.

    The second half of a sound should say its word and the first half nothing. With CTC from the
    beginning, a network that knows nothing of what comes says every word alike, and stays at that.

    Examples
    --------
    >>> output = torch.zeros(1, 4, 11), torch.tensor([4])
    >>> said_at_the_end(output, (torch.tensor([[3]]), torch.tensor([1]))).exp()
    tensor([11.])

    Chapter: speech/recognition
    """
    logits, n_frames = output
    moment = torch.arange(logits.shape[1], device=logits.device)
    wanted = torch.where(2 * moment < n_frames[:, None], 0, target[0][:, :1])
    losses = nn.functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
    inside = moment < n_frames[:, None]
    return (losses * inside).sum(dim=1) / n_frames
