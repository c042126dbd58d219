"""parallel_voices: two invented women and two invented men say the same six sentences."""

from __future__ import annotations

from audiolessons.datasets.parallel_voices import SPEAKERS, TEXTS

from . import espeak, invented_voices, pack

ABOUT = f"""The same six sentences by each of four invented voices.

wavs/SPEAKER/SPEAKER_SENTENCE.ogg, 16 kHz mono Ogg Vorbis: laid out as the copy of four speakers of
VCTK. Spoken by eSpeak NG {espeak.VERSION} with changed voices, in computed rooms: no person speaks
here.
"""

QUALITY = 0.1  # of Ogg Vorbis, from 0 to 1
SENTENCES = ("003", "005", "011", "020", "022", "024")


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    espeak.require()
    files = {}
    for speaker, sex in SPEAKERS.items():
        letter = "f" if sex == "woman" else "m"
        voice = invented_voices.invent("parallel_voices", int(speaker[1:]), sex=letter)
        for sentence in SENTENCES:
            files[f"wavs/{speaker}/{speaker}_{sentence}.ogg"] = pack.ogg(
                invented_voices.say(voice, TEXTS[sentence]),
                sample_rate=invented_voices.SAMPLE_RATE,
                quality=QUALITY,
            )
    return files
