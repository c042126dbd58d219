"""wake_words: the word "computer" by forty invented voices."""

from __future__ import annotations

import numpy as np

from . import espeak, invented_voices, pack, sound

ABOUT = f"""The word "computer", said once by each of forty invented voices.

audio/computer/NUMBER.ogg, 16 kHz mono Ogg Vorbis: laid out as the wake word benchmark. Voice,
vocal tract, room, microphone, level and noise differ from one to the next. Spoken by eSpeak NG
{espeak.VERSION}: no person speaks here.
"""

QUALITY = 0.1  # of Ogg Vorbis, from 0 to 1
N_VOICES = 40
WORD = "computer"


def say(number: int) -> np.ndarray:
    """Let one voice say the word between two silences of its room, float."""
    voice = invented_voices.invent("wake_words", number, sex="f" if number % 2 else "m")
    rng = sound.random_for("wake_words", number)
    rate = invented_voices.SAMPLE_RATE
    before, after = (int(rate * sound.between(rng, 0.15, 0.5)) for _ in range(2))
    speech = np.pad(invented_voices.say(voice, WORD), (before, after))
    noise = sound.coloured_noise(rng, len(speech), 3.0, rate)
    return speech + sound.decibels(voice.noise_db) * noise


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    espeak.require()
    return {
        f"audio/{WORD}/{number:02d}.ogg": pack.ogg(
            say(number), sample_rate=invented_voices.SAMPLE_RATE, quality=QUALITY
        )
        for number in range(N_VOICES)
    }
