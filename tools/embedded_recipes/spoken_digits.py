"""spoken_digits: six invented speakers say each digit twelve times, in six rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from . import espeak, pack, sound

ABOUT = f"""English digits, six invented speakers, twelve takes of each digit.

recordings/DIGIT_SPEAKER_TAKE.flac, 8 kHz mono; takes 0-4 are the test set. Spoken by eSpeak NG
{espeak.VERSION} with changed voices, in computed rooms: no person speaks here.
"""

SAMPLE_RATE = 8000
N_BITS = 12  # one step is 66 dB below full scale: fewer bits, smaller files
N_TAKES = 12  # takes 0-4 are the test set, as in the Free Spoken Digit Dataset
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Speaker:
    """A voice, the room it is recorded in, and the microphone that is used."""

    voice: str
    pitch: int
    words_per_minute: int
    stretch: float  # above 1: a longer vocal tract, all formants lower
    decay_s: float  # of the room
    direct_db: float  # direct sound against the room: less is further from the microphone
    low_cut_hz: float
    high_cut_hz: float
    colour: tuple[tuple[float, float], ...]  # (centre Hz, gain dB) of the microphone
    level_db: float
    noise_db: float  # full scale, as the level
    noise_slope_db: float
    hum_hz: float | None = None


SPEAKERS = {
    # ada: a calm British woman, close to a good microphone
    "ada": Speaker(
        "en-gb-x-rp+f5", 45, 150, 0.98, 0.12, 8, 90, 3900, ((2800, 3),), -23, -68, 3
    ),
    # ben: an American man at a desk
    "ben": Speaker(
        "en-us+klatt4", 40, 160, 1.04, 0.25, 4, 60, 3700, ((200, 4), (1200, -3)), -27, -62, 6, 60.0
    ),
    # cleo: a Caribbean woman on a telephone-like microphone
    "cleo": Speaker(
        "en-029+f2", 58, 165, 0.95, 0.18, 6, 150, 3400, ((1000, 4), (2500, -3)), -21, -60, 0
    ),
    # dan: a low Scottish man, far from the microphone in a bare room
    "dan": Speaker(
        "en-gb-scotland+m7", 30, 140, 1.07, 0.40, 1, 70, 3800, ((400, -4), (3200, 4)), -30, -64, 3
    ),
    # eva: a quick, high voice from New York, loud and hissy
    "eva": Speaker(
        "en-us-nyc+f2", 68, 165, 0.94, 0.10, 10, 200, 3400, ((1800, 5),), -19, -57, 0
    ),
    # finn: a young man from Lancaster, quiet, with mains hum
    "finn": Speaker(
        "en-gb-x-gbclan+m1", 68, 155, 0.98, 0.30, 2, 100, 3900, ((700, 5), (2000, -4)), -33, -70, 6,
        50.0,
    ),
}  # fmt: skip


def take(speaker_name: str, digit: int, number: int) -> np.ndarray:
    """Make one recording, float, at SAMPLE_RATE; every take is spoken a little differently."""
    rng = sound.random_for("spoken_digits", speaker_name, digit, number)
    speaker = SPEAKERS[speaker_name]
    speech, rate = espeak.say(
        WORDS[digit] + rng.choice([".", ".", "!", "?", ","]),
        voice=speaker.voice,
        pitch=np.clip(speaker.pitch + rng.normal(0, 7), 5, 95),
        words_per_minute=speaker.words_per_minute * sound.between(rng, 0.8, 1.3),
        emphasis=rng.choice(["low", "medium", "high"]),
    )
    speech = _change_tract(speech, speaker.stretch * np.exp(rng.normal(0, 0.03)))
    speech = signal.resample_poly(_trim(speech, rate), 2 * SAMPLE_RATE, rate)
    # Room before and after the word, never the same twice.
    before_s, after_s = sound.between(rng, 0.0, 0.03), sound.between(rng, 0.01, 0.07)
    speech = np.pad(speech, [int(2 * SAMPLE_RATE * s) for s in (before_s, after_s)])
    speech = _say_louder_and_softer(rng, speech)
    speech = _record(rng, speech, speaker)
    speech = signal.resample_poly(speech, 1, 2, window=("kaiser", 8.0))
    speech = sound.fade(speech, SAMPLE_RATE, in_s=0.002, out_s=0.02)
    speech = sound.to_level(speech, speaker.level_db + rng.normal(0, 2.0))
    noise_db = speaker.noise_db + rng.normal(0, 2.0)
    speech = speech + sound.decibels(noise_db) * _noise(rng, len(speech), speaker)
    return 0.97 * speech / max(1.0, np.abs(speech).max() / 0.97)


def _change_tract(speech, factor):
    """Play slower by `factor`: formants and pitch fall together, as in a larger person."""
    n_samples = int(len(speech) * factor)
    return np.interp(np.arange(n_samples) / factor, np.arange(len(speech)), speech)


def _say_louder_and_softer(rng, speech):
    """Let the loudness wander within the word, as breath does."""
    curve_db = 2.0 * sound.smooth_noise(rng, len(speech), 5.0, 2 * SAMPLE_RATE)
    return speech * sound.decibels(curve_db)


def _record(rng, speech, speaker):
    """Room, then microphone: both change a little from take to take."""
    rate = 2 * SAMPLE_RATE
    response = sound.room_response(
        rng,
        rate,
        decay_s=speaker.decay_s * sound.between(rng, 0.8, 1.25),
        direct_db=speaker.direct_db + rng.normal(0, 1.5),
    )
    speech = sound.place(speech, response)
    speech = sound.band(speech, rate, speaker.low_cut_hz, speaker.high_cut_hz)
    for centre_hz, gain_db in speaker.colour:
        moved_hz = centre_hz * np.exp(rng.normal(0, 0.08))
        speech = sound.peak_filter(speech, rate, moved_hz, gain_db + rng.normal(0, 1.5))
    # A head that turns away takes high frequencies with it.
    return sound.peak_filter(speech, rate, 3000.0, rng.normal(0, 2.5), quality=0.7)


def _trim(speech, rate):
    """Cut the silence at both ends; differences count, so that a soft final s or t is kept."""
    window = np.hanning(int(0.02 * rate))
    level = np.sqrt(np.convolve(np.diff(speech, prepend=0.0) ** 2, window, mode="same"))
    loud = np.flatnonzero(level > 0.02 * level.max())
    return speech[loud[0] : loud[-1] + 1]


def _noise(rng, n_samples, speaker):
    noise = sound.coloured_noise(rng, n_samples, speaker.noise_slope_db, SAMPLE_RATE)
    if speaker.hum_hz is not None:
        time = np.arange(n_samples) / SAMPLE_RATE
        for number, weight in ((1, 1.0), (2, 0.6), (3, 0.4)):
            phase = 2 * np.pi * rng.random()
            noise += weight * np.sin(2 * np.pi * number * speaker.hum_hz * time + phase)
    return noise


def members(takes=range(N_TAKES)) -> dict[str, bytes]:
    """All files of the set, laid out as upstream: recordings/{digit}_{speaker}_{take}."""
    espeak.require()
    return {
        f"recordings/{digit}_{name}_{number}.flac": pack.flac(
            take(name, digit, number), sample_rate=SAMPLE_RATE, n_bits=N_BITS
        )
        for name in SPEAKERS
        for digit in range(10)
        for number in takes
    }
