"""Spoken digits by voices that were never heard.

What a voice and its microphone add, and the digit does not need, is taken away or varied: quiet
ends are cut off, as each speaker left another pause; levels count from the loudest point, down to
40 dB below it, where the noise of the room begins; each sound is learned at three speeds, as if by
smaller and larger people; stripes are hidden. A new sound is heard at the same speeds, and the
three answers are averaged.

No validation set tells when to stop, as known voices say little about a new one: the epochs are
those of the setting and the last weights count. Which setting trains is chosen for each voice by
the others: networks that have heard neither of two voices judge the settings for both. Trimming
and the range of 40 dB were tried before, on four of these voices themselves: George, Lucas, Nicolas
and Theo.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations

import torch

from audiolessons import models, training, transforms
from audiolessons.errors import AudioError, check_choice
from audiolessons.recipes._held_out_voices import Voices, load, other_sounds
from audiolessons.recipes._nested import Setting, choose, inner_rows, measurements, outer_rows
from audiolessons.recipes._spoken_digits import COARSE_FRAMES

LONG = Setting(
    channels=(32, 64, 128, 128), epochs=24, batch_size=128, is_warped=True, is_coloured=True
)
SETTINGS = {
    "plain": Setting(epochs=8, batch_size=64),
    "long": LONG,
    "unwarped": replace(LONG, is_warped=False),
    "centred": replace(LONG, is_centred=True),
}
SEEDS = (0, 1, 2)
GOAL = 91


def train(
    voices: Voices,
    *,
    held_out: str,
    setting: str | None = None,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
):
    """Train on all voices but one.

    Parameters
    ----------
    voices : Voices
        From `load`.
    held_out : str
        The speaker of whom nothing is learned.
    setting : str, optional
        Of `SETTINGS`; the one that the other voices have chosen unless given.
    seed : int
        Of the first weights, the order of the batches, augmentation and dropout.
    epochs : int, optional
        The setting's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Returns
    -------
    (torch.nn.Module, training.History)

    Raises
    ------
    AudioError
        If there is no such speaker or setting, or no other speaker.

    Examples
    --------
    >>> voices = load()
    >>> network, history = train(
    ...     voices, held_out=voices.speakers[0], setting="plain", epochs=1, show_progress=False
    ... )
    >>> history.n_epochs
    1

    Chapter: learning/evaluation
    """
    check_choice(held_out, name="held_out", choices=tuple(voices.speakers))
    train_set = voices.learned(held_out=held_out)
    if len(train_set) == 0:
        raise AudioError(f"{held_out} is the only voice: nothing is left to learn from")
    name = choose("voices", tuple(SETTINGS), held_out) if setting is None else setting
    chosen = SETTINGS[check_choice(name, name="setting", choices=tuple(SETTINGS))]
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    network = transforms.Chain(
        *other_sounds(chosen, generator),
        transforms.SpecAugment(max_bands=8, max_frames=10, max_share=0.3, generator=generator),
        models.SpectrogramCNN(
            n_mels=COARSE_FRAMES["n_mels"],
            n_classes=len(voices.names),
            channels=chosen.channels,
            dropout=0.3,
        ),
    )
    history = training.fit_one_cycle(
        network,
        train_set,
        epochs=epochs or chosen.epochs,
        learning_rate=0.005,
        batch_size=chosen.batch_size,
        seed=seed,
        show_progress=show_progress,
        metric=training.accuracy,
    )
    return network, history


def answers(voices: Voices, *, held_out: str, also_unheard: str | None = None, **options) -> list:
    """Train without a voice, and another; return the chances of the digits, (B, K), for each.

    All speeds are taken together.

    Parameters
    ----------
    voices : Voices
        From `load`.
    held_out, also_unheard : str
        Speakers of whom nothing is learned.
    **options
        Of `train`.

    Chapter: learning/evaluation
    """
    left = voices.without(also_unheard)
    network, _ = train(left, held_out=held_out, show_progress=False, **options)
    unheard = [held_out] if also_unheard is None else [held_out, also_unheard]
    return [chances(network, voices.tested(held_out=one)) for one in unheard]


def chances(network: torch.nn.Module, parts: list) -> torch.Tensor:
    """Return the chances of the digits, (B, K): the mean of those at each speed."""
    at_each_speed = [training.predict(network, part, time_axis=2) for part in parts]
    return sum(one.softmax(dim=1) for one in at_each_speed) / len(parts)


def share_right(voices: Voices, speaker: str, found: torch.Tensor) -> float:
    """Return the share of a voice's sounds whose likeliest digit is theirs."""
    labels = voices.tested(held_out=speaker)[0].tensors[2]
    return float((found.argmax(dim=1) == labels).float().mean())


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what each setting is worth on voices among those that
    train, and what those that are chosen by it score on the voice that is left.

    All of it takes half an hour on a GPU, and many hours on a processor.
    `quick` trains the plain setting for one epoch, with one voice held out: it shows that all runs.

    Chapter: learning/evaluation
    """
    return measurements(SETTINGS, _inner_rows, _rows, quick=quick)


def _inner_rows(setting, quick):
    voices, epochs = load(), 1 if quick else None
    return inner_rows(
        lambda one, other: answers(
            voices, held_out=one, also_unheard=other, setting=setting, epochs=epochs
        ),
        right=partial(share_right, voices),
        pairs=_pairs(voices.speakers)[: 1 if quick else None],
        of="voice",
        source=voices.source,
    )


def _pairs(speakers):
    """Return half of all pairs: every second voice meets every other, so that each has three."""
    numbered = combinations(enumerate(speakers), 2)
    return [(one, other) for (i, one), (j, other) in numbered if (i + j) % 2]


def _rows(quick):
    voices, n = load(), 1 if quick else None
    options = {"setting": "plain", "epochs": 1} if quick else {}
    return outer_rows(
        lambda voice, seed: answers(voices, held_out=voice, seed=seed, **options)[0],
        right=partial(share_right, voices),
        parts=voices.speakers[:n],
        seeds=SEEDS[:n],
        of="voice",
        source=voices.source,
        goal=f">= {GOAL}",
    )
