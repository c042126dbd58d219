"""Trials of speaker verification: which sounds are compared, and how each is altered.

Nobody in a test was trained on. All pairs of the sounds of a part are its trials; each sound is
altered in a way of its own, as `_altered_voices` says, or left as it was recorded.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from audiolessons import datasets, results
from audiolessons.errors import check_choice, check_count
from audiolessons.recipes.tasks.speaker._altered_voices import (
    Voice,
    alter,
    draw_alteration,
    house_rooms,
    joined,
    noises,
    voices,
)
from audiolessons.recipes.tasks.speaker._voice_networks import NAME

N_DIGITS = (1, 3, 5)  # a side
PARTS = ("valid", "test", "native", *(f"digits_{n}" for n in N_DIGITS))


@dataclass(frozen=True, eq=False)
class Trials:
    """Sounds, and all pairs of them as trials: shape (P,) each, for P pairs.

    `first` and `second` are the places of the two sides in `sides`.
    """

    sides: list[Voice]

    @cached_property
    def speakers(self) -> np.ndarray:
        """Return who speaks on each side, (P, 2)."""
        names = np.array([one.speaker for one in self.sides])
        return np.stack([names[self.first], names[self.second]], axis=1)

    @cached_property
    def first(self) -> np.ndarray:
        return np.triu_indices(len(self.sides), 1)[0]

    @cached_property
    def second(self) -> np.ndarray:
        return np.triu_indices(len(self.sides), 1)[1]

    @property
    def truth(self) -> np.ndarray:
        """Return where both sides are the same speaker."""
        return self.speakers[:, 0] == self.speakers[:, 1]

    @property
    def same_sex(self) -> np.ndarray:
        """Return where both sides are women, or both are men."""
        sex = np.array([one.sex for one in self.sides])
        return sex[self.first] == sex[self.second]

    def scores(self, vectors) -> np.ndarray:
        """Return the cosine between the vectors (B, E) of the two sides of each trial."""
        vectors = np.asarray(vectors)
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors @ vectors.T)[self.first, self.second]


@dataclass(frozen=True)
class Voices:
    """The speakers to train on, to choose with and to test on; made when they are asked for."""

    seed: int

    @cached_property
    def train(self) -> list[Voice]:
        sounds = voices("many_voices", split="train")
        return [one for one in sounds if one.speaker not in held_out()]

    @cached_property
    def scenes(self) -> dict:
        """Return how each sound is altered: as stored, or drawn from the seed."""
        if self.seed == 0 and self.source == "recordings":
            return results.read_scenes(NAME)
        return draw_scenes(seed=self.seed)

    @property
    def source(self) -> str:
        """Return "recordings", or "embedded" if one of the sets has none here."""
        names = ("many_voices", "native_voices", "spoken_digits", "environmental_sounds", "rooms")
        sources = {datasets.load(name).source for name in names}
        return "embedded" if "embedded" in sources else "recordings"

    def trials(self, part: str, *, altered: bool = True, n_ends: int | None = None) -> Trials:
        """Return the trials of a part: "valid", "test", "native", "digits_1", "digits_3", ...

        Parameters
        ----------
        part : str
        altered : bool
            Whether each sound is heard as its scene says, or as it was recorded.
        n_ends : int, optional
            So many of the first sounds and of the last alone.
        """
        check_choice(part, name="part", choices=PARTS)
        scenes = self.scenes[part]
        if n_ends is not None:
            scenes = scenes[:n_ends] + scenes[-n_ends:]
        known = _clean(part, only={one for scene in scenes for one in scene["speech"].split("+")})
        sides = []
        rooms, sounds = house_rooms(), noises("valid" if part == "valid" else "test")
        for scene in scenes:
            voice = joined(known, scene["speech"])
            if altered:
                heard = alter(voice.audio, scene, rooms=rooms, noises=sounds)
                voice = replace(voice, audio=heard)
            sides.append(voice)
        return Trials(sides)


def load(*, seed: int = 0) -> Voices:
    """Return the voices to train on, and the trials to choose with and to test on.

    Parameters
    ----------
    seed : int
        Of what is drawn; seed 0 has the stored scenes.

    Examples
    --------
    >>> trials = load().trials("test")
    >>> len(trials.truth) == len(trials.sides) * (len(trials.sides) - 1) // 2
    True

    Chapter: tasks/speaker
    """
    return Voices(check_count(seed, name="seed", minimum=0))


@functools.cache
def held_out() -> tuple:
    """Return the training speakers who are never trained on: to choose with, and to calibrate."""
    speakers = datasets.load("many_voices", split="train").speakers
    n_held = max(2, len(speakers) // 6)
    return tuple(speakers[i * len(speakers) // n_held] for i in range(n_held))


def _clean(part, *, only=None) -> dict:
    """Return the sounds that scenes of a part may name, {id: Voice}; `only` those, by id."""
    if part.startswith("digits"):
        found = voices("spoken_digits", split="test", only=only)
    elif part == "native":
        found = voices("native_voices", split="test_other", only=only)
    else:
        found = voices("many_voices", split="train" if part == "valid" else "test", only=only)
    return {one.id: one for one in found}


def draw_scenes(*, seed: int = 0) -> dict:
    """Draw how each sound of each part is altered: {part: list of scenes}.

    A side of digits is a list of takes of one voice, joined by "+"; no take stands on two sides.

    Chapter: tasks/speaker
    """
    random = np.random.default_rng(seed)
    drawn = {}
    for part in PARTS:
        known = _clean(part)
        names = [one.id for one in known.values() if part != "valid" or one.speaker in held_out()]
        if part.startswith("digits"):
            names = _strings(random, known, int(part.split("_")[1]))
        rooms = None if part == "valid" else house_rooms()
        sounds = noises("valid" if part == "valid" else "test")
        drawn[part] = [
            {"speech": name, **draw_alteration(random, noises=sounds, rooms=rooms)}
            for name in names
        ]
    return drawn


def _strings(random, digits, n_digits):
    """Draw strings of so many different takes of one voice, ten sides a voice at most."""
    found = []
    for speaker in sorted({one.speaker for one in digits.values()}):
        takes = [one.id for one in digits.values() if one.speaker == speaker]
        order = [takes[i] for i in random.permutation(len(takes))]
        starts = range(0, len(order) - n_digits + 1, n_digits)
        found += ["+".join(order[i : i + n_digits]) for i in starts][:10]
    return found
