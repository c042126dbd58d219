"""Ways to make a voice nobody's: resonances moved, or the outline and the pitch of a drawn voice.

Each sound is disguised by itself, with draws of its own: what two sounds of a speaker still share
is what an attacker has to go by.
"""

from __future__ import annotations

import functools

import numpy as np

from audiolessons import datasets, signals, voice
from audiolessons.errors import check_choice
from audiolessons.recipes.speech.conversion._converters import Converter
from audiolessons.recipes.speech.conversion._pairs import describe, scale
from audiolessons.recipes.tasks.speaker._voice_trials import held_out

FIXED = 0.8  # the McAdams coefficient of the baseline of the VoicePrivacy challenges
BENT = (0.5, 0.9)  # between which it is drawn
N_TARGETS = 40
DISGUISES = ("none", "mcadams_fixed", "mcadams", "conversion")


def disguise(name: str, audio, *, sample_rate: int, seed) -> np.ndarray:
    """Return a sound (T,) in another voice, float32.

    Parameters
    ----------
    name : str
        "none", "mcadams_fixed" (coefficient 0.8), "mcadams" (drawn anew for each sound) or
        "conversion" (each coefficient of the mel-cepstrum gets mean and deviation of another
        voice, drawn anew for each sound, and so does the middle of the pitch).
    audio : array
        Shape (T,).
    sample_rate : int
        8000 or 16000 Hz.
    seed : int or list of int
        Of what is drawn.

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
    check_choice(name, name="disguise", choices=DISGUISES)
    audio = np.asarray(audio, dtype=np.float32)
    random = np.random.default_rng(seed)
    if name == "none":
        return audio
    if name == "conversion":
        return _as_another(audio, sample_rate, random)
    coefficient = FIXED if name == "mcadams_fixed" else random.uniform(*BENT)
    return voice.mcadams(audio, sample_rate=sample_rate, coefficient=coefficient)


def _as_another(audio, sample_rate, random):
    """Give a sound the outline and the pitch of a drawn voice."""
    take = describe(audio, sample_rate=sample_rate)
    if not take.is_voiced.any():
        return audio  # a breath, a click: there is no voice to change
    voices = targets(sample_rate)
    (new_mean, new_deviation), middle = voices[random.integers(len(voices))]
    mean, deviation = scale([take])
    own = np.log(take.pitch_hz[take.is_voiced])
    converter = Converter(
        "drawn",
        lambda c: (c - mean) / np.maximum(deviation, 1e-9) * new_deviation + new_mean,
        ((np.median(own), 1.0), (middle, 1.0)),
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
        take = describe(audio, sample_rate=sample_rate)
        if take.is_voiced.any():
            pitch = np.log(take.pitch_hz[take.is_voiced])
            found.append((scale([take]), float(np.median(pitch))))
    return found
