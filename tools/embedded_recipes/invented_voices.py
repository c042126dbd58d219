"""Voices of invented people: one eSpeak NG voice, tract, room and microphone each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from . import espeak, sound

SAMPLE_RATE = 16000
# Each sounds different already; tract and pitch are drawn besides.
WOMEN = ("en-us+f2", "en-gb+f5", "en-029+f2", "en-gb-scotland+f3", "en-us+f4", "en-gb-x-rp+f1")
MEN = (
    "en-us+m3",
    "en-gb+m7",
    "en-gb-scotland+m1",
    "en-us-nyc+m2",
    "en-gb-x-gbclan+m4",
    "en-029+m5",
)


@dataclass(frozen=True)
class Voice:
    """How somebody speaks, and where."""

    name: str
    espeak_voice: str
    pitch: float
    words_per_minute: float
    stretch: float  # above 1: a longer vocal tract, all formants lower
    decay_s: float  # of the room
    high_cut_hz: float  # of the microphone
    level_db: float
    noise_db: float


def invent(set_name: str, number: int, *, sex: str, is_child: bool = False) -> Voice:
    """Draw a person from the name of the set and a number."""
    rng = sound.random_for(set_name, "voice", number)
    choices = WOMEN if sex == "f" or is_child else MEN
    lowest, highest = (85, 99) if is_child else (58, 82) if sex == "f" else (25, 55)
    return Voice(
        name=f"{set_name}/{number}",
        espeak_voice=choices[number % len(choices)],
        pitch=sound.between(rng, lowest, highest),
        words_per_minute=sound.between(rng, 120, 170),
        stretch=sound.between(rng, 0.78, 0.85) if is_child else sound.between(rng, 0.94, 1.08),
        decay_s=sound.between(rng, 0.1, 0.35),
        high_cut_hz=sound.between(rng, 3800.0, 7600.0),
        level_db=sound.between(rng, -30.0, -20.0),
        noise_db=sound.between(rng, -72.0, -56.0),
    )


def say(voice: Voice, text: str) -> np.ndarray:
    """Say one sentence at SAMPLE_RATE, float."""
    rng = sound.random_for(voice.name, text)
    speech, rate = espeak.say(
        text,
        voice=voice.espeak_voice,
        pitch=np.clip(voice.pitch + rng.normal(0, 4), 5, 99),
        words_per_minute=voice.words_per_minute * sound.between(rng, 0.92, 1.08),
        emphasis=rng.choice(["low", "medium", "high"]),
    )
    n_samples = int(len(speech) * voice.stretch)  # played slower, formants and pitch fall together
    speech = np.interp(np.arange(n_samples) / voice.stretch, np.arange(len(speech)), speech)
    loud = np.flatnonzero(np.abs(speech) > 0.003)
    speech = np.pad(speech[loud[0] : loud[-1] + 1], (int(0.1 * rate), int(0.15 * rate)))
    speech = signal.resample_poly(speech, SAMPLE_RATE, rate)
    place = sound.random_for(voice.name, "room")
    response = sound.room_response(place, SAMPLE_RATE, decay_s=voice.decay_s, direct_db=5.0)
    speech = sound.place(speech, response)
    speech = sound.band(speech, SAMPLE_RATE, 80.0, voice.high_cut_hz)
    speech = sound.to_level(sound.fade(speech, SAMPLE_RATE), voice.level_db + rng.normal(0, 1.0))
    noise = sound.coloured_noise(rng, len(speech), 3.0, SAMPLE_RATE)
    return speech + sound.decibels(voice.noise_db) * noise
