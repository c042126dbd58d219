"""Ways to make a voice nobody's: resonances moved, or the outline and the pitch of a drawn voice.

Each sound is disguised by itself, with draws of its own: what two sounds of a speaker still share
is what an attacker has to go by.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from audiolessons import datasets, signals, voice
from audiolessons.errors import check_choice
from audiolessons.recipes.speech.conversion._converters import Converter
from audiolessons.recipes.speech.conversion._pairs import describe, scale
from audiolessons.recipes.tasks.speaker._voice_trials import held_out

N_TARGETS = 40


class Way(NamedTuple):
    """How a voice is disguised: poles bent by a coefficient drawn from `bent`, or converted.

    `share` is how far a conversion goes: 1 gives the mean of the drawn voice, 0.5 half of the way.
    Its own mean and deviation are taken from all sounds of the speaker (`of_speaker`), or from the
    one sound alone.
    """

    bent: tuple | None = None
    share: float = 0.0
    of_speaker: bool = False


WAYS = {
    "none": Way(),
    "mcadams_fixed": Way(bent=(0.8, 0.8)),  # the baseline of the VoicePrivacy challenges
    "mcadams": Way(bent=(0.5, 0.9)),
    "mcadams_little": Way(bent=(0.75, 0.95)),
    "conversion": Way(share=1.0),
    "conversion_half": Way(share=0.5),
    "steady": Way(share=1.0, of_speaker=True),
    "steady_half": Way(share=0.5, of_speaker=True),
}
DISGUISES = tuple(WAYS)


def disguise(name: str, audio, *, sample_rate: int, seed, own=None) -> np.ndarray:
    """Return a sound (T,) in another voice, float32.

    Parameters
    ----------
    name : str
        "none", "mcadams_fixed" (coefficient 0.8), "mcadams" (drawn anew for each sound),
        "conversion" (each coefficient of the mel-cepstrum gets mean and deviation of another
        voice, drawn anew for each sound, and so does the middle of the pitch), "steady" (the same,
        where what is replaced are mean and deviation of all sounds of the speaker), or another of
        `WAYS`.
    audio : array
        Shape (T,).
    sample_rate : int
        8000 or 16000 Hz.
    seed : int or list of int
        Of what is drawn.
    own : tuple, optional
        From `manner`, of all sounds of the speaker: for "steady" and its like. Those of this sound
        unless given.

    Raises
    ------
    AudioError
        If there is no such disguise.

    Examples
    --------
    >>> vowel = voice.vowel(voice.VOWELS["hud"], sample_rate=8000)
    >>> disguise("mcadams", vowel, sample_rate=8000, seed=0).shape == vowel.shape
    True

    Chapter: large/safety
    """
    way = WAYS[check_choice(name, name="disguise", choices=DISGUISES)]
    audio = np.asarray(audio, dtype=np.float32)
    random = np.random.default_rng(seed)
    if way.bent:
        return voice.mcadams(audio, sample_rate=sample_rate, coefficient=random.uniform(*way.bent))
    if not way.share:
        return audio
    return _as_another(audio, sample_rate, random, own=own, share=way.share)


def disguise_all(name: str, sounds, *, sample_rate: int, seeds) -> list:
    """Return the sounds of several speakers, each in another voice, with a draw of its own.

    Parameters
    ----------
    name : str
        As for `disguise`.
    sounds : list
        With `audio` (T,) at `sample_rate` and `speaker`.
    sample_rate : int
    seeds : list
        One for each sound.

    Chapter: large/safety
    """
    manners = dict.fromkeys(one.speaker for one in sounds)
    if WAYS[name].of_speaker:
        for speaker in manners:
            own = [one.audio for one in sounds if one.speaker == speaker]
            manners[speaker] = manner(own, sample_rate=sample_rate)
    return [
        disguise(name, one.audio, sample_rate=sample_rate, seed=seed, own=manners[one.speaker])
        for one, seed in zip(sounds, seeds, strict=True)
    ]


def manner(sounds, *, sample_rate: int) -> tuple | None:
    """Return what conversion replaces: (mean, deviation) of the cepstra, and the middle of ln Hz.

    None if nothing in the sounds (T,) is voiced.

    Chapter: large/safety
    """
    takes = [describe(audio, sample_rate=sample_rate) for audio in sounds]
    hz = np.concatenate([take.pitch_hz[take.is_voiced] for take in takes])
    return (scale(takes), float(np.median(np.log(hz)))) if len(hz) else None


def _as_another(audio, sample_rate, random, *, own, share):
    """Give a sound the outline and the pitch of a drawn voice, or a share of them."""
    take = describe(audio, sample_rate=sample_rate)
    if not take.is_voiced.any():
        return audio  # a breath, a click: there is no voice to change
    voices = targets(sample_rate)
    (new_mean, new_deviation), new_middle = voices[random.integers(len(voices))]
    (mean, deviation), middle = own or manner([audio], sample_rate=sample_rate)

    def change(cepstra):
        new = (cepstra - mean) / np.maximum(deviation, 1e-9) * new_deviation + new_mean
        return (1 - share) * cepstra + share * new

    converter = Converter(
        "drawn",
        change,
        ((middle, 1.0), ((1 - share) * middle + share * new_middle, 1.0)),
        np.ones_like(mean),
    )
    made = converter.convert(take, lively=0.0)
    level = signals.rms(made)
    return (made * (signals.rms(audio) / level if level > 0 else 1)).astype(np.float32)


@functools.cache
def targets(sample_rate: int) -> list:
    """Return the voices that are drawn from: (mean, deviation) of the cepstra, middle of ln Hz.

    One sentence each of forty speakers of the training part.
    """
    sounds = datasets.load("many_voices", split="train")
    first = {one.speaker: one.id for one in reversed(list(sounds)) if one.speaker not in held_out()}
    found = []
    for name in sorted(first.values())[:N_TARGETS]:
        one = sounds[name]
        audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=sample_rate)
        found.append(manner([audio], sample_rate=sample_rate))
    return [one for one in found if one]
