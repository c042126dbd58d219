"""mandarin_syllables: two dozen syllables in four tones, by one invented voice."""

from __future__ import annotations

import numpy as np
from scipy import signal

from . import espeak, invented_voices, pack, sound

ABOUT = f"""Two dozen Mandarin syllables, each in the four tones, by one invented voice.

64k/syllabs/cmn-SYLLABLETONE.ogg, 16 kHz mono Ogg Vorbis: laid out as audio-cmn. Pitch and rate
differ from one to the next. Spoken by eSpeak NG {espeak.VERSION}: no person speaks here.
"""

QUALITY = 0.1  # of Ogg Vorbis, from 0 to 1
SYLLABLES = (
    "ba", "bao", "chang", "da", "fang", "gou", "hai", "he", "jia", "jing", "kan", "li",
    "ma", "mei", "ni", "pan", "qin", "shi", "shu", "tan", "wang", "xia", "you", "zhong",
)  # fmt: skip


def say(syllable: str, tone: int) -> np.ndarray:
    """Say one syllable, float at the sample rate of invented voices."""
    rng = sound.random_for("mandarin_syllables", syllable, tone)
    speech, sample_rate = espeak.say(
        f"{syllable}{tone}",
        voice="cmn-latn-pinyin+f2",
        pitch=np.clip(60 + rng.normal(0, 6), 5, 99),
        words_per_minute=130 + rng.normal(0, 12),
        emphasis=rng.choice(["high", "x-high"]),
    )
    speech = signal.resample_poly(speech, invented_voices.SAMPLE_RATE, sample_rate)
    loud = np.flatnonzero(np.abs(speech) > 0.003)
    margin = int(0.05 * invented_voices.SAMPLE_RATE)
    speech = np.pad(speech[loud[0] : loud[-1] + 1], (margin, margin))
    speech = sound.to_level(sound.fade(speech, invented_voices.SAMPLE_RATE), -20.0, peak=0.8)
    noise = sound.coloured_noise(rng, len(speech), 3.0, invented_voices.SAMPLE_RATE)
    return speech + sound.decibels(-58.0) * noise


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    espeak.require()
    return {
        f"64k/syllabs/cmn-{syllable}{tone}.ogg": pack.ogg(
            say(syllable, tone), sample_rate=invented_voices.SAMPLE_RATE, quality=QUALITY
        )
        for syllable in SYLLABLES
        for tone in (1, 2, 3, 4)
    }
