"""read_speech: thirty-two short sentences of our own, read by one synthetic voice."""

from __future__ import annotations

import numpy as np
from scipy import signal

from . import espeak, pack, sound

ABOUT = f"""Thirty-two short sentences of our own, read by a synthetic voice.

LJSpeech-1.1/metadata.csv (id|text|normalised text) and LJSpeech-1.1/wavs/ID.ogg, 22.05 kHz mono
Ogg Vorbis. Spoken by eSpeak NG {espeak.VERSION}: no person speaks here.
"""

SAMPLE_RATE = 22050
VOICE = "en-us+f2"
QUALITY = 0.6  # of Ogg Vorbis, from 0 to 1

# As written; a second text stands where figures or short forms are read out in full.
SENTENCES = (
    ("Sound is a small change of pressure that travels through the air.",),
    ("A microphone turns that change into a row of numbers.",),
    (
        "The rain stopped at 6 o'clock this morning.",
        "The rain stopped at six o'clock this morning.",
    ),
    ("She tuned the first string of her violin.",),
    ("Close the window, please, the street is noisy today.",),
    ("Thunder comes late, because light is faster than sound.",),
    ("Our choir sings every Tuesday in the old library.",),
    ("A bat hears echoes that no human ear can notice.",),
    ("The kettle whistles when the water boils.",),
    ("Low notes need long pipes, and high notes need short ones.",),
    ("Dr. Lee plays the drum softly.", "Doctor Lee plays the drum softly."),
    ("Snow makes the whole town quiet.",),
    ("Can you hear the sea inside this shell?",),
    ("Two clocks in one room never tick together for long.",),
    ("The train was 20 minutes late.", "The train was twenty minutes late."),
    ("A whisper is speech without a voice.",),
    ("Put your hand on the speaker and feel it move.",),
    ("My neighbour's dog barks at every passing bicycle.",),
    ("The wind sounds different in winter, when the trees are bare.",),
    ("Turn the volume down before you put the headphones on.",),
    ("An orchestra tunes to the oboe.",),
    ("The radio was on, but nobody listened.",),
    ("Bees hum near two hundred and thirty hertz.",),
    ("The hall was empty, and each step came back as an echo.",),
    ("He learned to whistle before he learned to read.",),
    ("Fog muffles nothing, it only looks as if it did.",),
    ("A good melody is easy to remember.",),
    ("Tomorrow will be sunny, with a light breeze from the west.",),
    ("The old piano has one key that sticks.",),
    ("Frogs call all night beside the pond.",),
    ("How long does a bell ring after it is struck?",),
    ("Silence is also a part of music.",),
)


def names() -> list[str]:
    """AL001-0001 and so on, in the manner of LJ Speech."""
    return [f"AL001-{number:04d}" for number in range(1, len(SENTENCES) + 1)]


def metadata() -> str:
    """One line a sentence: id, text, normalised text, divided by a vertical bar."""
    lines = [
        f"{name}|{texts[0]}|{texts[-1]}" for name, texts in zip(names(), SENTENCES, strict=True)
    ]
    return "\n".join(lines) + "\n"


def read(name: str, text: str) -> np.ndarray:
    """Say one sentence in a quiet, furnished room."""
    rng = sound.random_for("read_speech", name)
    speech, rate = espeak.say(
        text,
        voice=VOICE,
        pitch=46 + rng.normal(0, 2.5),
        words_per_minute=158 * np.exp(rng.normal(0, 0.05)),
        emphasis=rng.choice(["medium", "high"]),
    )
    if rate != SAMPLE_RATE:
        speech = signal.resample_poly(speech, SAMPLE_RATE, rate)
    loud = np.flatnonzero(np.abs(speech) > 0.003)
    speech = np.pad(speech[loud[0] : loud[-1] + 1], (int(0.08 * rate), int(0.2 * rate)))
    # The room is drawn once for all sentences: one voice, one room, one microphone.
    room = sound.random_for("read_speech", "room")
    response = sound.room_response(room, SAMPLE_RATE, decay_s=0.18, direct_db=9.0, dark_hz=4500.0)
    speech = sound.place(speech, response)
    speech = sound.band(speech, SAMPLE_RATE, 70.0)
    speech = sound.peak_filter(speech, SAMPLE_RATE, 220.0, 2.5, quality=0.8)  # some warmth
    speech = sound.peak_filter(speech, SAMPLE_RATE, 3300.0, -3.0, quality=0.8)  # less edge
    speech = sound.to_level(sound.fade(speech, SAMPLE_RATE), -22.0)
    noise = sound.coloured_noise(rng, len(speech), 3.0, SAMPLE_RATE)
    return speech + sound.decibels(-72.0) * noise


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream, sound as Ogg Vorbis to save room."""
    espeak.require()
    files = {
        f"LJSpeech-1.1/wavs/{name}.ogg": pack.ogg(
            read(name, texts[-1]), sample_rate=SAMPLE_RATE, quality=QUALITY
        )
        for name, texts in zip(names(), SENTENCES, strict=True)
    }
    files["LJSpeech-1.1/metadata.csv"] = metadata().encode()
    return files
