"""emotional_speech: six invented voices say two sentences each in seven manners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import signal

from . import espeak, invented_voices, pack, sound

ABOUT = f"""Two German sentences by each of six invented voices, in seven manners.

wav/SSTTTEV.ogg, 16 kHz mono Ogg Vorbis, two seconds: speaker, sentence, letter of the emotion,
version; and erkennung.txt: laid out as the copy of EmoDB. Pitch, melody, rate, brightness and
breath were changed by rule, and the ratings are drawn: nobody acts here, and nobody listened.
Spoken by eSpeak NG {espeak.VERSION}: no person speaks here.
"""

QUALITY = 0.1  # of Ogg Vorbis, from 0 to 1
LENGTH_S = 2.0
SPEAKERS = {"03": "m", "08": "f", "09": "f", "10": "m", "11": "m", "13": "f"}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a07": "In sieben Stunden wird es soweit sein.",
}
ESPEAK_VOICES = {"f": ("de+f2", "de+f3", "de+f5"), "m": ("de+m1", "de+m3", "de+m7")}
# letter: (pitch, of 100; words a minute; melody; dB an octave; breath in dB)
MANNERS = {
    "W": (12, 25, "x-high", 3.0, -50.0),
    "L": (-6, -35, "x-low", -1.5, -45.0),
    "E": (-8, -20, "medium", 0.5, -40.0),
    "A": (14, 35, "medium", 0.5, -32.0),
    "F": (16, 15, "x-high", 1.5, -50.0),
    "N": (0, 0, "medium", 0.0, -50.0),
    "T": (-4, -40, "low", -3.0, -34.0),
}


def say(speaker: str, sentence: str, letter: str) -> np.ndarray:
    """Say one sentence in one manner, two seconds at the sample rate of invented voices."""
    rng = sound.random_for("emotional_speech", speaker, sentence, letter)
    sex = SPEAKERS[speaker]
    voice = invented_voices.invent("emotional_speech", int(speaker), sex=sex)
    voice = replace(voice, espeak_voice=ESPEAK_VOICES[sex][int(speaker) % 3])
    pitch, rate, melody, tilt_db, breath_db = MANNERS[letter]
    # How far somebody goes, and how evenly, differs: no rule tells all apart.
    far = sound.between(rng, 0.5, 1.3)
    speech, sample_rate = espeak.say(
        SENTENCES[sentence],
        voice=voice.espeak_voice,
        pitch=np.clip(voice.pitch + far * pitch + rng.normal(0, 5), 5, 99),
        words_per_minute=voice.words_per_minute + far * rate + rng.normal(0, 8) + 20,
        emphasis=melody,
    )
    speech = signal.resample_poly(speech, invented_voices.SAMPLE_RATE, sample_rate)
    loud = np.flatnonzero(np.abs(speech) > 0.003)
    speech = speech[loud[0] : loud[-1] + 1]
    n_samples = int(LENGTH_S * invented_voices.SAMPLE_RATE)
    speech = speech[:n_samples]
    spectrum = np.fft.rfft(speech)
    hz = np.fft.rfftfreq(len(speech), 1 / invented_voices.SAMPLE_RATE)
    spectrum *= (np.maximum(hz, 100) / 1000) ** ((far * tilt_db + rng.normal(0, 0.7)) / 6.0206)
    speech = sound.to_level(np.fft.irfft(spectrum, len(speech)), -20.0, peak=0.8)
    envelope = np.sqrt(signal.fftconvolve(speech**2, np.ones(400) / 400, "same").clip(1e-12))
    breath = sound.coloured_noise(rng, len(speech), 0.0, invented_voices.SAMPLE_RATE)
    speech = speech + sound.decibels(breath_db + 20) * envelope * breath
    speech = sound.fade(speech, invented_voices.SAMPLE_RATE)
    speech = np.pad(speech, (0, n_samples - len(speech)))
    return speech + sound.decibels(-60.0) * rng.standard_normal(n_samples)


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    espeak.require()
    rng = sound.random_for("emotional_speech", "ratings")
    files, lines = {}, ["Nr.\tSatz\terkannt\tnatuerlich"]
    names = list(SENTENCES)
    for n_speaker, speaker in enumerate(SPEAKERS):
        for sentence in (names[n_speaker % 4], names[(n_speaker + 1) % 4]):
            for letter in MANNERS:
                name = f"{speaker}{sentence}{letter}a"
                files[f"wav/{name}.ogg"] = pack.ogg(
                    say(speaker, sentence, letter),
                    sample_rate=invented_voices.SAMPLE_RATE,
                    quality=QUALITY,
                )
                recognized, natural = 5 * rng.integers(16, 21), 5 * rng.integers(12, 21)
                lines.append(f"{len(lines)}\t{name}.wav\t{recognized},00\t{natural},00")
    files["erkennung.txt"] = ("\n".join(lines) + "\n").encode("latin-1")
    return files
