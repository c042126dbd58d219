"""How strings of digits are joined for training, what is varied, and how a network learns them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audiolessons import matching, models, signals, training, transforms
from audiolessons.datasets.spoken_digits import LABELS as WORDS
from audiolessons.errors import check_choice
from audiolessons.padding import is_sound
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import (
    SAMPLE_RATE,
    TOP_DB,
    Strings,
    Takes,
)
from audiolessons.recipes.speech.recognition._joining import Joiner
from audiolessons.results import read_scenes

NAME = "digit_strings"
FRAMES = {"n_fft": 256, "hop_length": 100, "n_mels": 40}  # 32 ms every 12.5 ms
BATCH_SIZE = 32  # strings that are recognised together
DIGITS_IN_BATCH = 512
STEPS_IN_EPOCH = 100
PLAIN_EPOCHS = 5  # nothing is varied in them, so that a beginning is found
LEARNING_RATE = 0.004


@dataclass(frozen=True)
class Setting:
    """How often batches are drawn, what is varied in them, and the size of the network.

    `speeds` are those of whole strings, as if by smaller and larger people; pitch and tempo are
    the largest factors of `transforms.Warp`, `masks` the bands and frames that are hidden at most.
    """

    epochs: int = 24
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
        inside = is_sound(lengths, x)
        loudest = x.masked_fill(~inside, -torch.inf).amax(dim=(1, 2), keepdim=True)
        x = ((x - loudest) / (TOP_DB / 2) + 1).clamp(min=-1)
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


def model(*, setting: str = CHOSEN, seed: int = 0, **options) -> models.Recogniser:
    """Return the network of a setting, with nothing learned yet; `seed` draws its first weights.

    Examples
    --------
    >>> model()(torch.zeros(1, 40, 100)).shape
    torch.Size([1, 25, 11])

    Chapter: speech/recognition
    """
    training.seed_everything(seed)
    return models.Recogniser(
        11, n_mels=FRAMES["n_mels"], **{**SETTINGS[setting].network, **options}
    )


@functools.cache
def strings(takes: Takes, part: str) -> Strings:
    """Return the joined strings of a part: "valid", "test" (new takes) or "unheard" (all takes).

    Those of the recordings were drawn before anything was trained, and are stored.

    Examples
    --------
    >>> len(strings(_joined.load(), "test").texts)
    300

    Chapter: speech/recognition
    """
    is_stored = takes.source == "recordings"
    drawn = read_scenes(NAME) if is_stored else _joined.scenes(takes)
    return _joined.make(takes, drawn[part])


def _batches(some: Strings, *, to_frames):
    for start in range(0, len(some.texts), BATCH_SIZE):
        here = slice(start, start + BATCH_SIZE)
        yield batch(some.audio[here], some.texts[here], to_frames=to_frames)


def recognise(
    network: models.Recogniser,
    sounds,
    *,
    speeds: tuple = (1.0,),
) -> list[str]:
    """Return the digits heard in sounds (T,) at `SAMPLE_RATE`, such as "four two".

    Parameters
    ----------
    network : models.Recogniser
    sounds : list of array
    speeds : tuple of float
        Each sound is heard at all of them, slower and lower below 1; the answer counts of which the
        network is surest, by the mean log chance of the frames of its likeliest path.

    Examples
    --------
    >>> sounds = strings(_joined.load(), "test").audio[:2]
    >>> len(recognise(model(), sounds))  # it has learned nothing yet
    2

    Chapter: speech/recognition
    """
    heard = [_heard(network, sounds, speed) for speed in speeds]
    best = np.argmax([[sureness for _, sureness in one] for one in heard], axis=0)
    return [heard[speed][row][0] for row, speed in enumerate(best)]


def log_probs(network: models.Recogniser, audio: np.ndarray) -> np.ndarray:
    """Return the log chances of blank and words in each frame of a sound (T,), (N, 11).

    Examples
    --------
    >>> log_probs(model(), np.zeros(8000)).shape
    (21, 11)

    Chapter: speech/recognition
    """
    with training.evaluating(network) as device:
        frames = Frames().to(device)(*(one.to(device) for one in _joined.padded([audio])))
        return network(*frames)[0][0].log_softmax(dim=-1).cpu().numpy()


def _heard(network, sounds, speed):
    """Return what is heard in each sound at a speed, and how sure it is."""
    rate, heard = round(SAMPLE_RATE * speed), []
    sounds = [signals.resample(one, from_rate=rate, to_rate=SAMPLE_RATE) for one in sounds]
    with training.evaluating(network) as device:
        to_frames = Frames().to(device)
        for start in range(0, len(sounds), BATCH_SIZE):
            audio, lengths = _joined.padded(sounds[start : start + BATCH_SIZE])
            logits, n_frames = network(*to_frames(audio.to(device), lengths.to(device)))
            best = logits.log_softmax(dim=-1).amax(dim=-1)  # (B, N)
            for tokens, chances, n in zip(_tokens(logits, n_frames), best, n_frames, strict=True):
                text = " ".join(WORDS[token - 1] for token in tokens)
                heard.append((text, float(chances[:n].mean())))
    return heard


def all_right(output: tuple, target: tuple) -> torch.Tensor:
    """Return which strings of a batch are recognised without an error, (B,): a metric for `fit`.

    Examples
    --------
    >>> logits = 9 * torch.eye(11)[[[3, 3, 0, 4]]]  # "two two - three"
    >>> all_right((logits, torch.tensor([4])), (torch.tensor([[3, 4]]), torch.tensor([2])))
    tensor([True])

    Chapter: speech/recognition
    """
    logits, n_frames = output
    tokens, n_tokens = target
    best = logits.argmax(dim=-1) * is_sound(n_frames, logits[..., 0])  # (B, N)
    is_new = (best != functional.pad(best[:, :-1], (1, 0))) & (best != 0)
    place = (is_new.cumsum(dim=1) * is_new).clamp(max=tokens.shape[1] + 1)  # from 1; 0 if left out
    heard = tokens.new_zeros(len(tokens), tokens.shape[1] + 2).scatter_(1, place, best)
    is_said = heard[:, 1:-1] == tokens * is_sound(n_tokens, tokens)
    return is_said.all(dim=1) & (is_new.sum(dim=1) == n_tokens)


def _tokens(logits, n_frames):
    """Return the tokens of each sound: those of the likeliest path."""
    rows = zip(logits.detach().cpu().numpy(), n_frames.tolist(), strict=True)
    return [matching.best_path(one[:n]) for one, n in rows]


def train(
    takes: Takes,
    *,
    held_out: tuple = (),
    setting: str = CHOSEN,
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
    ...     _joined.load(), epochs=1, n_batches=1, hidden_size=8, n_channels=2, show_progress=False
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
    network = model(setting=setting, seed=seed, **options)
    valid = strings(takes, "valid").of(known)
    history = training.fit(
        network,
        Lessons(
            takes,
            rows,
            setting=chosen,
            n_batches=n_batches,
            seed=seed,
            device=training.pick_device(),
        ),
        list(_batches(valid, to_frames=Frames())),
        config=training.Config(
            epochs=epochs or chosen.epochs,
            learning_rate=LEARNING_RATE,
            weight_decay=0.01,
            scheduler="cosine",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=models.ctc_loss,
        metric=all_right,
    )
    return network, history


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
