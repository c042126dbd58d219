"""native_voices: four invented readers with three clips each, and six with one."""

from __future__ import annotations

from . import espeak, invented_voices, pack

ABOUT = f"""Clips of invented readers: four with three clips each, six with one.

audio_data/librispeech_test-other/READER/ID.ogg and audio_data/librispeech_train-clean-100/ID.ogg,
16 kHz mono Ogg Vorbis, and SPEAKERS.TXT: laid out as the clips of Resemblyzer. Spoken by eSpeak NG
{espeak.VERSION} with changed voices, in computed rooms: no person speaks here.
"""

QUALITY = 0.2  # of Ogg Vorbis, from 0 to 1
FOLDER = "audio_data/librispeech_"
SEVERAL = (8001, 8002, 8003, 8004)
ONCE = (8011, 8012, 8013, 8014, 8015, 8016)
TEXTS = (
    "The road went up between two walls, and then it ended.",
    "Nobody had told him that the house was empty.",
    "She laughed, closed the book and looked at the lamp.",
    "In the morning the snow lay deep before the door.",
    "They waited for the boat until the evening came.",
)


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream; odd numbers are women."""
    espeak.require()
    files, lines = {}, [";ID  |SEX| SUBSET           |MINUTES| NAME"]
    for number in SEVERAL + ONCE:
        sex = "f" if number % 2 else "m"
        part = "test-other" if number in SEVERAL else "train-clean-100"
        folder = f"{number}/" if number in SEVERAL else ""
        lines.append(f"{number} | {sex.upper()} | {part} | 0.10 | an invented reader")
        voice = invented_voices.invent("native_voices", number, sex=sex)
        for index in range(3 if number in SEVERAL else 1):
            identity = f"{number}-1-{index:04d}"
            files[f"{FOLDER}{part}/{folder}{identity}.ogg"] = pack.ogg(
                invented_voices.say(voice, TEXTS[(number + index) % len(TEXTS)]),
                sample_rate=invented_voices.SAMPLE_RATE,
                quality=QUALITY,
            )
    files[f"{FOLDER}test-other/SPEAKERS.TXT"] = ("\n".join(lines) + "\n").encode()
    return files
