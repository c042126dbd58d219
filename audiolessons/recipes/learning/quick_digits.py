"""Spoken digits in a second of training: small enough to ask every question many times.

Each sound becomes a picture of 40 mel bands by ten stretches of equal length, whatever it lasted;
a network with one hidden layer reads it. It is no record. It is quick, so that a chapter can hold
out every voice, leave out every part, and attack it from the waveform on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset

from audiolessons import datasets, training, transforms
from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.recipes._spoken_digits import FRAMES, LONGEST_S


@dataclass(frozen=True)
class Sounds:
    """All sounds as tensors: audio (B, T), lengths (B,), labels (B,); speaker and split, arrays.

    `source` is "recordings" or "embedded".

    Chapter: learning/evaluation
    """

    audio: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    speaker: np.ndarray
    split: np.ndarray
    sample_rate: int
    source: str

    @property
    def speakers(self) -> list:
        """The names of the voices."""
        return sorted(set(self.speaker.tolist()))


@dataclass(frozen=True)
class Split:
    """Row numbers of three parts that share no sound.

    Chapter: learning/evaluation
    """

    train: torch.Tensor
    valid: torch.Tensor
    test: torch.Tensor


def load() -> Sounds:
    """Return the spoken digits, each cut or zero-padded to one second.

    Examples
    --------
    >>> digits = load()
    >>> digits.audio.shape[1], len(digits.speakers)
    (8000, 6)

    Chapter: learning/evaluation
    """
    sounds = datasets.load("spoken_digits")
    rate = sounds[0].sample_rate
    cached = transforms.cache_dataset(sounds, n_samples=round(LONGEST_S * rate))
    columns = sounds.table["speaker"], sounds.table["split"]
    return Sounds(*cached.tensors, *columns, sample_rate=rate, source=sounds.source)


class Pictures(nn.Module):
    """Log-mel spectrograms, averaged over stretches of equal length: (B, T), (B,) -> (B, F, P).

    Chapter: learning/evaluation
    """

    def __init__(self, *, sample_rate: int, n_stretches: int = 10):
        super().__init__()
        self.n_stretches = check_count(n_stretches, name="n_stretches")
        self.to_mel = transforms.LogMel(sample_rate=sample_rate, **FRAMES)

    def forward(self, audio, lengths):
        level_db, n_frames = self.to_mel(audio, lengths)  # (B, F, N), (B,)
        frame = torch.arange(level_db.shape[-1], device=audio.device)
        border = torch.linspace(0, 1, self.n_stretches + 1, device=audio.device)
        border = border * n_frames.to(audio.device)[:, None]  # (B, P + 1), in frames
        begin, end = border[:, :-1, None], border[:, 1:, None]
        # how much of each frame, [n, n + 1), lies in each stretch: (B, P, N)
        share = (torch.minimum(end, frame + 1) - torch.maximum(begin, frame)).clamp(min=0)
        return level_db @ (share / share.sum(dim=-1, keepdim=True)).mT  # (B, F, P)


def pictures(digits: Sounds, *, speed: float = 1.0) -> torch.Tensor:
    """Return the picture of every sound, (B, 40, 10), played at a speed.

    Examples
    --------
    >>> pictures(load()).shape[1:]
    torch.Size([40, 10])

    Chapter: learning/evaluation
    """
    look = Pictures(sample_rate=digits.sample_rate)
    parts = []
    with torch.no_grad():
        for rows in torch.arange(len(digits.audio)).split(256):
            audio, lengths = digits.audio[rows], digits.lengths[rows]
            if speed != 1:
                audio, lengths = transforms.augmenting.change_speed(audio, lengths, speed)
            parts.append(look(audio, lengths))
    return torch.cat(parts)


def split(digits: Sounds, *, held_out: str | None = None, valid_voice: str | None = None) -> Split:
    """Deal the sounds into training, validation and test.

    Parameters
    ----------
    held_out : str, optional
        The voice that is the test; unless given, the test is takes 0 to 4 of every voice.
    valid_voice : str, optional
        The voice that is the validation; unless given, it is every tenth sound of the rest.

    Raises
    ------
    AudioError
        If there is no such voice, or both are the same.

    Examples
    --------
    >>> digits = load()
    >>> parts = split(digits, held_out=digits.speakers[0])
    >>> digits.speakers[0] in digits.speaker[parts.train]
    False

    Chapter: learning/evaluation
    """
    for name, voice in (("held_out", held_out), ("valid_voice", valid_voice)):
        if voice is not None:
            check_choice(voice, name=name, choices=tuple(digits.speakers))
    if held_out is not None and held_out == valid_voice:
        raise AudioError(f"valid_voice is {valid_voice!r}, which is the test: choose another")
    is_test = digits.split == "test" if held_out is None else digits.speaker == held_out
    is_valid = ~is_test & (digits.speaker == valid_voice)
    if valid_voice is None:
        is_valid[np.flatnonzero(~is_test)[::10]] = True
    parts = ~is_test & ~is_valid, is_valid, is_test
    return Split(*(torch.from_numpy(np.flatnonzero(part)) for part in parts))


def network(
    training_pictures, *, hidden: int = 64, dropout: float = 0.0, hide: bool = False, seed: int = 0
) -> nn.Module:
    """Return a network that has learned nothing yet, but knows the scale of its training part.

    Parameters
    ----------
    training_pictures : Tensor
        Shape (B, F, P): what is measured to standardise, band by band.
    hidden : int
        Units of the hidden layer; 0 is a linear classifier.
    dropout : float
        Share of the hidden units that is switched off in training.
    hide : bool
        Whether stripes of the picture are hidden in training (SpecAugment).

    Examples
    --------
    >>> network(torch.randn(5, 40, 10))(torch.randn(3, 40, 10)).shape
    torch.Size([3, 10])

    Chapter: learning/evaluation
    """
    training.seed_everything(seed)
    steps = [transforms.Standardise.measure(training_pictures, by_band=True)]
    if hide:
        generator = torch.Generator().manual_seed(seed)
        steps += [transforms.SpecAugment(max_bands=8, max_frames=2, generator=generator)]
    n_in = training_pictures[0].numel()
    steps += [nn.Flatten()]
    if hidden:
        steps += [nn.Linear(n_in, hidden), nn.ReLU(), nn.Dropout(dropout)]
    return transforms.Chain(*steps, nn.Linear(hidden or n_in, 10))


def train(
    given: torch.Tensor,
    labels: torch.Tensor,
    parts: Split,
    *,
    more=(),
    epochs: int = 12,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    keep_best: bool = True,
    seed: int = 0,
    **options,
):
    """Train a network on the training part; keep the weights of the best validation loss.

    Parameters
    ----------
    given : Tensor
        The pictures of all sounds, (B, F, P).
    labels : Tensor
        Shape (B,).
    parts : Split
        From `split`.
    more : sequence of Tensor
        Other versions of all pictures, such as other speeds: their training rows are added.
    epochs, learning_rate, weight_decay, seed
        Of `training.Config`.
    keep_best : bool
        False keeps the last weights, whatever the validation says.
    **options
        Of `network`.

    Returns
    -------
    (torch.nn.Module, training.History)

    Examples
    --------
    >>> digits = load()
    >>> model, history = train(pictures(digits), digits.labels, split(digits), epochs=1)
    >>> history.n_epochs
    1

    Chapter: learning/evaluation
    """
    model = network(given[parts.train], seed=seed, **options)
    versions = [given, *more]
    rows = torch.cat([version[parts.train] for version in versions])
    train_set = TensorDataset(rows, labels[parts.train].repeat(len(versions)))
    valid_set = TensorDataset(given[parts.valid], labels[parts.valid])
    config = training.Config(
        epochs=epochs,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        scheduler="one-cycle",
        seed=seed,
        device="cpu",  # nothing is gained elsewhere with so little to do
        show_progress=False,
    )
    history = training.fit(
        model,
        training.loader(train_set, batch_size=64, shuffle=True, seed=seed),
        training.loader(valid_set, batch_size=512) if keep_best else None,
        config=config,
        metric=training.accuracy,
    )
    return model, history


@torch.no_grad()
def logits(model: nn.Module, *given: torch.Tensor) -> np.ndarray:
    """Return what a trained model answers, (B, K), as an array.

    Examples
    --------
    >>> logits(network(torch.randn(5, 40, 10)), torch.randn(3, 40, 10)).shape
    (3, 10)

    Chapter: learning/evaluation
    """
    return model.eval()(*given).numpy()
