"""How a network learns to hear strings of digits, and how it is asked what it hears."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch.nn import functional

from audiolessons import matching, models, signals, training
from audiolessons.errors import check_choice
from audiolessons.padding import is_sound
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._digit_lessons import (
    CHOSEN,
    FRAMES,
    SETTINGS,
    STEPS_IN_EPOCH,
    WORDS,
    Frames,
    Lessons,
    batch,
)
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE, Strings, Takes
from audiolessons.results import read_scenes

NAME = "digit_strings"
BATCH_SIZE = 32  # strings that are recognised together
LEARNING_RATE = 0.004


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
    >>> logits = torch.eye(11)[torch.tensor([[3, 3, 0, 4]])]  # "two two - three"
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
