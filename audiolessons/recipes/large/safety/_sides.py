"""Sounds of speakers whom no attacker has learned from, disguised, and their vectors."""

from __future__ import annotations

import functools

import numpy as np

from audiolessons import datasets
from audiolessons.recipes.large.safety._disguises import disguise_all
from audiolessons.recipes.tasks.speaker import _voice_networks as verifier
from audiolessons.recipes.tasks.speaker._altered_voices import voices
from audiolessons.recipes.tasks.speaker._voice_trials import Trials, held_out, load

ENROLLED, ATTACKED = 1, 2  # what is drawn for the two sides
EVERY = 2  # of the sentences to choose with
N_QUICK = 6


class Sides:
    """The sounds of a part, disguised for the attacker and from him, and their vectors.

    `part` is "test" (strangers of the set that was learned from), "native" (readers of another set,
    with whom nothing was ever chosen) or "valid" (speakers held out of the training, to choose).
    """

    def __init__(self, part: str, *, quick: bool = False):
        self.part, self.quick = part, quick
        self.sounds = functools.cache(lambda name, side: sides(name, self.trials, side=side))
        self.vectors = functools.cache(self._vectors)

    @functools.cached_property
    def trials(self) -> Trials:
        if self.part != "valid":
            return load().trials(self.part, altered=False, n_ends=N_QUICK if self.quick else None)
        size = None if self.quick else "full"
        sounds = voices("many_voices", size=size, split="train")
        sounds = [one for one in sounds if one.speaker in held_out()][::EVERY]
        return Trials(sounds[:N_QUICK] + sounds[-N_QUICK:] if self.quick else sounds)

    @functools.cached_property
    def encoder(self):
        return verifier.trained()

    def _vectors(self, name, side):
        return self.embedded(self.encoder, name, side)

    def embedded(self, encoder, name, side) -> np.ndarray:
        """Return the vectors (S, E) that an encoder makes of the sounds of a side."""
        return np.stack([verifier.embed(encoder, one) for one in self.sounds(name, side)])

    def how(self) -> str:
        """Return what is compared, for the record of a figure."""
        source = datasets.load("many_voices").source
        return f"{source}, all ordered pairs of {len(self.trials.sides)} sounds"


def sides(name: str, trials: Trials, *, side: int) -> list:
    """Return the sounds (T,) of some trials, each disguised with a draw of its own.

    Parameters
    ----------
    name : str
        As for `disguise`.
    trials : Trials
    side : int
        `ENROLLED` or `ATTACKED`.

    Chapter: large/safety
    """
    seeds = [[side, *one.id.encode()] for one in trials.sides]
    return disguise_all(name, trials.sides, sample_rate=verifier.SAMPLE_RATE, seeds=seeds)
