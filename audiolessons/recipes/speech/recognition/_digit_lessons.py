"""How strings of digits are joined for training, and what is varied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from audiolessons import transforms
from audiolessons.datasets.spoken_digits import LABELS as WORDS
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE, TOP_DB, Takes
from audiolessons.recipes.speech.recognition._joining import Joiner

FRAMES = {"n_fft": 256, "hop_length": 100, "n_mels": 40}  # 32 ms every 12.5 ms
DIGITS_IN_BATCH = 512
STEPS_IN_EPOCH = 100
PLAIN_EPOCHS = 5  # nothing is varied in them, so that a beginning is found


@dataclass(frozen=True)
class Setting:
    """How often batches are drawn, what is varied in them, and the size of the network.

    `speeds` are those of whole strings, as if by smaller and larger people; pitch and tempo are
    the largest factors of `transforms.Warp`, `masks` the bands and frames that are hidden at most.
    """

    epochs: int = 39
    speeds: tuple = (1.0,)
    share_in_rooms: float = 0.0
    most_colour_db: float = 0.0
    most_pitch: float = 1.0
    most_tempo: float = 1.0
    masks: tuple = (0, 0)
    n_channels: int = 16
    hidden_size: int = 128
    n_layers: int = 1
    dropout: float = 0.1

    @property
    def network(self) -> dict:
        """Options of `models.Recogniser`."""
        names = ("n_channels", "hidden_size", "n_layers", "dropout")
        return {name: getattr(self, name) for name in names}


_VARIED = Setting(
    speeds=(0.87, 1.0, 1.15),
    share_in_rooms=0.3,
    most_colour_db=5.0,
    most_pitch=1.1,
    most_tempo=1.15,
    masks=(5, 8),
)
_WIDE = replace(
    _VARIED,
    speeds=(0.75, 0.82, 0.9, 1.0, 1.1, 1.2, 1.32),
    most_colour_db=8.0,
    most_pitch=1.15,
    most_tempo=1.25,
    masks=(6, 10),
)
_WIDER = replace(
    _WIDE,
    speeds=(0.65, 0.75, 0.87, 1.0, 1.15, 1.32, 1.5),
    share_in_rooms=0.5,
    most_colour_db=10.0,
    most_pitch=1.2,
    most_tempo=1.35,
    masks=(8, 12),
    dropout=0.3,
)
SETTINGS = {
    "joined": Setting(),
    "varied": _VARIED,
    "wide": _WIDE,
    "wide-drop": replace(_WIDE, dropout=0.3),
    "wide-small": replace(_WIDE, hidden_size=64, dropout=0.2),
    "wide-deep": replace(_WIDE, n_layers=2, dropout=0.3),
    "wider": _WIDER,
    "wider-large": replace(_WIDER, n_channels=24, hidden_size=192, dropout=0.4),
}
CHOSEN = "varied"


class Frames(nn.Module):
    """Log-mel of sounds (B, T): from -1, 40 dB below the loudest point, to 1, the loudest point.

    Chapter: speech/recognition
    """

    def __init__(self):
        super().__init__()
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)

    def forward(self, audio, lengths):
        x, lengths = self.to_mel(audio, lengths)
        return transforms.from_loudest(x, lengths, top_db=TOP_DB), lengths


def batch(sounds, texts, *, to_frames: nn.Module) -> tuple:
    """Return strings as training wants them: log-mel (B, D, N), lengths (B,), (tokens, how many).

    Parameters
    ----------
    sounds : list of array
        (T,) each, at `SAMPLE_RATE`.
    texts : list of str
        Such as "four two".
    to_frames : Frames

    Examples
    --------
    >>> x, lengths, (tokens, n_tokens) = batch(
    ...     [np.zeros(800), np.zeros(400)], ["four two", "one"], to_frames=Frames()
    ... )
    >>> x.shape, tokens.tolist()
    (torch.Size([2, 40, 9]), [[5, 3], [2, 0]])

    Chapter: speech/recognition
    """
    tokens = [[WORDS.index(word) + 1 for word in text.split()] for text in texts]
    return *to_frames(*_joined.padded(sounds)), _joined.padded(tokens, dtype=torch.long)


class Lessons:
    """Batches of strings that are joined anew each time: (log-mel, lengths, (tokens, how many)).

    All strings of a batch have as many digits, so that little is padded. The first epoch has one
    or two digits, each later one up to two more: with long strings alone a network says nothing at
    all for hundreds of batches. In the first epochs nothing is varied, for the same reason.

    Parameters
    ----------
    takes : Takes
    rows : array
        Numbers of the takes to join.
    setting : Setting
    n_batches : int
    n_digits : int
        In a batch.
    seed : int
    device : torch.device
        Where the strings are joined.

    Chapter: speech/recognition
    """

    def __init__(
        self,
        takes: Takes,
        rows: np.ndarray,
        *,
        setting: Setting,
        n_batches: int = STEPS_IN_EPOCH,
        n_digits: int = DIGITS_IN_BATCH,
        seed: int = 0,
        device="cpu",
    ):
        self.setting, self.n_batches, self.n_digits = setting, n_batches, n_digits
        self.epoch = 0
        self.rng = np.random.default_rng(seed)
        self.to_frames = Frames().to(device)
        self.joiners = {
            one: Joiner(
                takes,
                rows,
                speeds=one.speeds,
                share_in_rooms=one.share_in_rooms,
                seed=seed,
                device=device,
            )
            for one in {SETTINGS["joined"], setting}
        }
        self.alter = {one: _other_sounds(one, self.joiners[one].generator) for one in self.joiners}

    def __len__(self):
        return self.n_batches

    def __iter__(self) -> Iterator[tuple]:
        self.epoch += 1
        setting = SETTINGS["joined"] if self.epoch <= PLAIN_EPOCHS else self.setting
        longest = min(2 * self.epoch, _joined.N_DIGITS[1])
        for _ in range(self.n_batches):
            n_digits = int(self.rng.integers(1, longest + 1))
            n_strings = self.n_digits // n_digits
            *sounds, digits = self.joiners[setting].batch(n_strings, n_digits)
            frames = self.alter[setting](*self.to_frames(*sounds))
            yield *frames, (digits + 1, torch.full((n_strings,), n_digits))


def _other_sounds(setting, generator):
    """Return what makes other spectrograms of a spectrogram."""
    parts = []
    if setting.most_colour_db:
        parts.append(
            transforms.Colour(most=setting.most_colour_db / (TOP_DB / 2), generator=generator)
        )
    if setting.most_pitch > 1 or setting.most_tempo > 1:
        parts.append(
            transforms.Warp(
                most_pitch=setting.most_pitch,
                most_tempo=setting.most_tempo,
                sample_rate=SAMPLE_RATE,
                grows=True,  # the last digits stay in
                generator=generator,
            )
        )
    max_bands, max_frames = setting.masks
    parts.append(
        transforms.SpecAugment(max_bands=max_bands, max_frames=max_frames, generator=generator)
    )
    return transforms.Chain(*parts)
