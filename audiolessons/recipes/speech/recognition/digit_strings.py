"""Strings of digits, spoken without a pause: a network that needs to be told no borders (CTC).

It learns strings joined from single takes (`_joined`), new ones in every batch, and has the ten
words as tokens. It is tested with new takes of the voices it knows, with voices that it has not
heard, and with strings that children really spoke in one breath. Settings were chosen on strings of
takes that nothing is trained with; for unheard voices by networks that had heard neither of two
voices (`SETTINGS`). Children are a test alone: nothing was chosen by them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from scipy.signal import fftconvolve
from torch import nn

from audiolessons import matching, metrics, models, signals, training, transforms
from audiolessons.datasets.spoken_digits import LABELS as WORDS
from audiolessons.errors import check_choice
from audiolessons.padding import is_sound
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import (
    FRAMES,
    SAMPLE_RATE,
    TOP_DB,
    Strings,
    Takes,
    load,
)
from audiolessons.results import Row, read_scenes, slug, weights

BATCH_SIZE = 32
STEPS_IN_EPOCH = 100
LEARNING_RATE = 0.004
STORED = "digit-strings"
COMMAND = "python -m audiolessons train digit_strings"
SEEDS = (0, 1, 2)
GOALS = {"new_takes": 1.5, "new_voices": 10}
NETWORK = {"n_channels": 32, "hidden_size": 96, "n_layers": 2, "dropout": 0.2}


@dataclass(frozen=True)
class Setting:
    """How often batches are drawn, and what is varied in them beside takes, gaps and levels.

    `speeds` are those of whole strings, as if by smaller and larger people.
    """

    epochs: int = 10
    speeds: tuple = (1.0,)
    is_warped: bool = False
    is_coloured: bool = False
    has_rooms: bool = False
    is_centred: bool = False


VARIED = Setting(
    speeds=(0.85, 0.92, 1.0, 1.09, 1.18), is_warped=True, is_coloured=True, has_rooms=True
)
SETTINGS = {
    "joined": Setting(),
    "varied": VARIED,
    "higher": replace(VARIED, speeds=(0.85, 0.92, 1.0, 1.09, 1.18, 1.28, 1.4)),
    "centred": replace(VARIED, is_centred=True),
}


class Frames(nn.Module):
    """Log-mel of sounds (B, T): from -1, 40 dB below the loudest point, to 1, the loudest point.

    With `is_centred` the mean of each band over time is subtracted: what a microphone adds.

    Chapter: speech/recognition
    """

    def __init__(self, *, is_centred: bool = False):
        super().__init__()
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)
        self.is_centred = is_centred

    def forward(self, audio, lengths):
        x, lengths = self.to_mel(audio, lengths)
        inside = is_sound(lengths, x)
        loudest = x.masked_fill(~inside, -torch.inf).amax(dim=(1, 2), keepdim=True)
        x = ((x - loudest) / (TOP_DB / 2) + 1).clamp(min=-1)
        if self.is_centred:
            x = x - (x * inside).sum(dim=2, keepdim=True) / lengths[:, None, None]
        return x * inside, lengths


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
    (torch.Size([2, 40, 11]), [[5, 3], [2, 0]])

    Chapter: speech/recognition
    """
    tokens = [[WORDS.index(word) + 1 for word in text.split()] for text in texts]
    return *to_frames(*_joined.padded(sounds)), _joined.padded(tokens, dtype=torch.long)


class Lessons:
    """Batches of strings that are joined anew each time: (log-mel, lengths, (tokens, how many)).

    All strings of a batch have as many digits, so that little is padded.

    Parameters
    ----------
    takes : Takes
    rows : array
        Numbers of the takes to join.
    setting : Setting
    n_batches, batch_size : int
    seed : int

    Chapter: speech/recognition
    """

    def __init__(
        self,
        takes: Takes,
        rows: np.ndarray,
        *,
        setting: Setting,
        n_batches: int = STEPS_IN_EPOCH,
        batch_size: int = BATCH_SIZE,
        seed: int = 0,
    ):
        self.takes, self.rows, self.setting = takes, rows, setting
        self.n_batches, self.batch_size = n_batches, batch_size
        self.rng = np.random.default_rng(seed)
        self.to_frames = Frames(is_centred=setting.is_centred)
        self.row_of = {name: row for row, name in enumerate(takes.id.tolist())}
        self.faster = functools.cache(self._faster)

    def __len__(self):
        return self.n_batches

    def __iter__(self) -> Iterator[tuple]:
        low, high = _joined.N_DIGITS
        for _ in range(self.n_batches):
            n_digits = int(self.rng.integers(low, high + 1))
            joined = [self._string(n_digits) for _ in range(self.batch_size)]
            yield batch(*zip(*joined, strict=True), to_frames=self.to_frames)

    def _string(self, n_digits):
        drawn = _joined.draw(self.takes, self.rows, rng=self.rng, n_digits=n_digits)
        rows = [self.row_of[name] for name in drawn.pop("takes")]
        speed = float(self.rng.choice(self.setting.speeds))
        audio = _joined.join([self.faster(row, speed) for row in rows], rng=self.rng, **drawn)
        if self.setting.has_rooms and self.rng.random() < 0.5:
            audio = _in_a_room(audio, self.rng)
        return audio, " ".join(WORDS[self.takes.digit[row]] for row in rows)

    def _faster(self, row, speed):
        rate = round(SAMPLE_RATE * speed)
        return signals.resample(self.takes.audio[row], from_rate=rate, to_rate=SAMPLE_RATE)


def _in_a_room(audio, rng):
    """Return a sound with an echo that fades away: noise that falls by 60 dB in 0.1 to 0.6 s."""
    decay_s = rng.uniform(0.1, 0.6)
    seconds = np.arange(round(decay_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(seconds.size) * 10 ** (-3 * seconds / decay_s)
    tail *= signals.db_to_amplitude(rng.uniform(-15, 0)) / np.linalg.norm(tail)
    tail[0] = 1.0  # the direct sound
    return fftconvolve(audio, tail)[: audio.size].astype(np.float32)


def model(*, seed: int = 0, **options) -> models.Recogniser:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model()(torch.zeros(1, 40, 100)).shape
    torch.Size([1, 25, 11])

    Chapter: speech/recognition
    """
    training.seed_everything(seed)
    return models.Recogniser(11, n_mels=FRAMES["n_mels"], **{**NETWORK, **options})


@functools.cache
def strings(takes: Takes, part: str) -> Strings:
    """Return the joined strings of a part: "valid", "test" (new takes) or "unheard" (all takes).

    Those of the recordings were drawn before anything was trained, and are stored.

    Examples
    --------
    >>> len(strings(load(), "test").texts)
    300

    Chapter: speech/recognition
    """
    is_stored = takes.source == "recordings"
    drawn = read_scenes("digit_strings") if is_stored else _joined.scenes(takes)
    return _joined.make(takes, drawn[part])


def _batches(some: Strings, *, to_frames):
    for start in range(0, len(some.texts), BATCH_SIZE):
        here = slice(start, start + BATCH_SIZE)
        yield batch(some.audio[here], some.texts[here], to_frames=to_frames)


def recognise(network: models.Recogniser, sounds, *, is_centred: bool = False) -> list[str]:
    """Return the digits heard in sounds (T,) at `SAMPLE_RATE`, such as "four two".

    Examples
    --------
    >>> recognise(model(), [np.zeros(8000)])[0].split()[:1] in ([], *([word] for word in WORDS))
    True

    Chapter: speech/recognition
    """
    heard = []
    with training.evaluating(network) as device:
        to_frames = Frames(is_centred=is_centred).to(device)
        for start in range(0, len(sounds), BATCH_SIZE):
            audio, lengths = _joined.padded(sounds[start : start + BATCH_SIZE])
            output = network(*to_frames(audio.to(device), lengths.to(device)))
            heard += [" ".join(WORDS[token - 1] for token in one) for one in _tokens(*output)]
    return heard


def all_right(output: tuple, target: tuple) -> torch.Tensor:
    """Return which strings of a batch are recognised without an error, (B,): a metric for `fit`.

    Chapter: speech/recognition
    """
    heard = _tokens(*output)
    said = [one[:n].tolist() for one, n in zip(*target, strict=True)]
    return torch.tensor([one == other for one, other in zip(heard, said, strict=True)])


def _tokens(logits, n_frames):
    """Return the tokens of each sound: those of the likeliest path."""
    rows = zip(logits.detach().cpu().numpy(), n_frames.tolist(), strict=True)
    return [matching.best_path(one[:n]) for one, n in rows]


def train(
    takes: Takes,
    *,
    held_out: tuple = (),
    setting: str = "varied",
    seed: int = 0,
    epochs: int | None = None,
    n_batches: int = STEPS_IN_EPOCH,
    show_progress: bool = True,
    **options,
):
    """Train on strings joined from the training takes of all voices but some.

    Parameters
    ----------
    takes : Takes
        From `load`.
    held_out : tuple of str
        Voices of which nothing is learned.
    setting : str
        Of `SETTINGS`.
    seed : int
        Of the first weights, what is joined, augmentation and dropout.
    epochs : int, optional
        The setting's own number unless given.
    n_batches : int
        In an epoch.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.Recogniser`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.Recogniser, training.History)

    Raises
    ------
    AudioError
        If there is no such setting or voice.

    Examples
    --------
    >>> network, history = train(
    ...     load(), epochs=1, n_batches=1, hidden_size=8, n_channels=2, show_progress=False
    ... )
    >>> history.n_epochs
    1

    Chapter: speech/recognition
    """
    chosen = SETTINGS[check_choice(setting, name="setting", choices=tuple(SETTINGS))]
    for one in held_out:
        check_choice(one, name="held_out", choices=tuple(takes.speakers))
    known = [one for one in takes.speakers if one not in held_out]
    rows = np.flatnonzero(takes.part("train") & np.isin(takes.speaker, known))
    network = model(seed=seed, **options)
    valid = strings(takes, "valid").of(known)
    history = training.fit(
        transforms.Chain(*_other_sounds(chosen, torch.Generator().manual_seed(seed)), network),
        Lessons(takes, rows, setting=chosen, n_batches=n_batches, seed=seed),
        list(_batches(valid, to_frames=Frames(is_centred=chosen.is_centred))),
        config=training.Config(
            epochs=epochs or chosen.epochs,
            learning_rate=LEARNING_RATE,
            weight_decay=0.01,
            scheduler="one-cycle",
            clip_norm=5.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=models.ctc_loss,
        metric=all_right,
    )
    return network, history


def _other_sounds(setting, generator):
    """Return what makes other spectrograms of a spectrogram."""
    if setting.is_coloured:
        yield transforms.Colour(most=6.0 / (TOP_DB / 2), generator=generator)  # 6 dB
    if setting.is_warped:
        yield transforms.Warp(
            most_pitch=1.12, most_tempo=1.25, sample_rate=SAMPLE_RATE, generator=generator
        )
        yield transforms.SpecAugment(max_bands=8, max_frames=12, generator=generator)


def scenes() -> dict:
    """Draw the strings: what `python -m audiolessons scenes digit_strings` writes.

    Chapter: speech/recognition
    """
    return _joined.scenes(load())
