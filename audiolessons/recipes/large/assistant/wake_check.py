"""The second look at the wake word: what the first lets through, read by a network of letters.

It learns from what the small network lets through at a low threshold, right or wrong, and from
some other moments. What it is given are the states of the recogniser of letters, which stays as it
is. `python -m audiolessons train wake_check` trains it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from audiolessons import models, training, transforms
from audiolessons.assistant import Spotter
from audiolessons.assistant.spotting import CHECKED
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.large.assistant import _parts
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant._wake_lessons import HOP, MOST_PITCH, Lessons
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE
from audiolessons.results import weights

STORED = "wake-check"
COMMAND = "python -m audiolessons train wake_check"
SETTINGS = {
    "check": Settings(lambda **options: models.WordCheck(**options), epochs=15, learning_rate=0.002)
}
N_BATCHES = 400  # of 32 clips of 3 s
LOW = 0.1  # what the small network lets through while the second learns
AFTER = (2, 22)  # hops from the end of the word to the end of a stretch with it
FAR = (40, 80)  # hops before and after the word's end that are not about it
MOST_COLOUR = 0.6  # 6 dB
BATCH_SIZE = 128


class Stretches:
    """States (M, N, D) of stretches of 1.1 s, and whether each is the word, (M,); in batches.

    Their order is new in each epoch.
    """

    def __init__(self, states: torch.Tensor, is_word: torch.Tensor, *, seed: int = 0):
        self.states, self.is_word = states, is_word
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return -(-len(self.states) // BATCH_SIZE)

    def __iter__(self):
        order = self.rng.permutation(len(self.states))
        for begin in range(0, len(order), BATCH_SIZE):
            some = order[begin : begin + BATCH_SIZE]
            yield self.states[some].float(), self.is_word[some]


def load(*, n_batches: int = N_BATCHES, seed: int = 1, first: int | None = None) -> Stretches:
    """Return what there is to learn from; `first` takes so many sentences and noises only.

    Chapter: large/assistant
    """
    generator = torch.Generator().manual_seed(seed)
    alter = transforms.Chain(
        transforms.Warp(
            most_pitch=MOST_PITCH, most_tempo=1.0, sample_rate=SAMPLE_RATE, generator=generator
        ),
        transforms.Colour(most=MOST_COLOUR, generator=generator),
    )
    rng, states, is_word = np.random.default_rng(seed), [], []
    for clips, targets in Lessons(n_batches=n_batches, seed=seed, first=first):
        sounds, words = _stretches(clips, targets, rng)
        states.append(_parts.letter_states(sounds, alter=alter).half())
        is_word += words
    return Stretches(torch.cat(states), torch.tensor(is_word, dtype=torch.float32))


@torch.no_grad()
def _stretches(clips, targets, rng):
    """Return stretches (M, T) of some clips (B, T), and whether each is the word."""
    found, words = [], []
    for clip, target, likely in zip(
        clips.numpy(), targets.numpy(), _parts.spotter()(clips).sigmoid().numpy(), strict=True
    ):
        hops = Spotter(threshold=LOW).push(likely)[0]
        ends = np.flatnonzero(target == 1)
        if len(ends):
            end = ends[0]
            here = [(end + int(rng.integers(*AFTER)), True)]
            here += [(hop, False) for hop in hops if not end - FAR[0] <= hop <= end + FAR[1]]
        else:
            here = [(hop, False) for hop in [*hops, int(rng.integers(40, len(likely)))]]
        padded = np.pad(clip, (CHECKED * HOP, 0))
        found += [padded[(hop + 1) * HOP : (CHECKED + hop + 1) * HOP] for hop, _ in here]
        words += [float(is_word) for _, is_word in here]
    return np.stack(found), words


def model(*, seed: int = 0, **options) -> models.WordCheck:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(hidden_size=8).n_states
    384

    Chapter: large/assistant
    """
    return new_network(SETTINGS, "check", seed=seed, **options)


def train(
    stretches: Stretches,
    *,
    epochs: int | None = None,
    seed: int = 0,
    show_progress: bool = True,
    **options,
):
    """Train a network; return it and its history.

    Chapter: large/assistant
    """
    settings, network = SETTINGS["check"], model(seed=seed, **options)
    history = training.fit(
        network,
        stretches,
        None,
        config=training.Config(
            epochs=epochs or settings.epochs,
            learning_rate=settings.learning_rate,
            weight_decay=0.01,
            scheduler="one-cycle",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=_loss,
    )
    return network, history


def _loss(logits, target):
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="none")


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: large/assistant
    """
    network, history = train(load(), epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="WordCheck()",
        source="recordings" if material.takes("train")[0].recording else "embedded",
        data="what the weights wake-word let through of 24 takes of wake_words (Apache-2.0) and "
        "machines' voices; sentences of many_voices (CC BY 4.0), digits of FSDD (CC BY-SA 4.0), "
        "noises of ESC-10 (CC BY 3.0) and computed; read by the weights sentences",
        not_for="listening to anybody who has not been asked",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["check"].learning_rate,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.WordCheck:
    """Return the network with its stored weights.

    Examples
    --------
    >>> trained().training
    False

    Chapter: large/assistant
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network
