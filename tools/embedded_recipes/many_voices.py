"""many_voices: ten invented adults read three sentences each, two invented children say digits."""

from __future__ import annotations

from . import espeak, invented_voices, pack

ABOUT = f"""Short English sentences by ten invented adults, digit strings by two invented children.

WAVE/SPEAKERNNNN/ID.ogg, 16 kHz mono Ogg Vorbis, and for the parts train and test the tables text,
utt2spk, spk2age and spk2gender: laid out as speechocean762. Spoken by eSpeak NG {espeak.VERSION}
with changed voices, in computed rooms: no person speaks here.
"""

QUALITY = 0.2  # of Ogg Vorbis, from 0 to 1
# Six adults and a child in train, four adults and a child in test; women and men by turns.
ADULTS = {"train": (9001, 9002, 9003, 9004, 9005, 9006), "test": (9007, 9008, 9009, 9010)}
CHILDREN = {"train": 9011, "test": 9012}
SENTENCES = (
    "THE SHOP ON THE CORNER SELLS BREAD",
    "MY SISTER LEARNS TO PLAY THE DRUM",
    "IT RAINS MORE OFTEN IN THE SOUTH",
    "WE MEET AT THE OLD STATION",
    "HE READS THE PAPER EVERY DAY",
    "THE BUS TO THE SEA IS LATE",
    "PLEASE OPEN THE SECOND DOOR",
    "SHE KEEPS HER BOOKS IN A BOX",
    "NOBODY HEARD THE TELEPHONE",
    "THIS ROOM IS TOO WARM FOR ME",
    "TWO BIRDS SIT ON THE WIRE",
    "I WOULD LIKE SOME MORE TEA",
)
N_SENTENCES = 3  # of each adult
DIGIT_STRINGS = (
    "FIVE ZERO TWO NINE", "ONE ONE EIGHT SIX", "SEVEN FOUR THREE ZERO", "NINE SIX FIVE TWO"
)  # fmt: skip


def sentences_of(number: int) -> list[str]:
    """Which sentences an adult reads: neighbours share some, as upstream."""
    first = 2 * (number - 9001)
    return [SENTENCES[(first + step) % len(SENTENCES)] for step in range(N_SENTENCES)]


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    espeak.require()
    files = {}
    for part, numbers in ADULTS.items():
        tables = {"text": [], "utt2spk": [], "spk2age": [], "spk2gender": []}
        for number in (*numbers, CHILDREN[part]):
            is_child = number == CHILDREN[part]
            sex = "f" if number % 2 else "m"
            voice = invented_voices.invent("many_voices", number, sex=sex, is_child=is_child)
            texts = sentences_of(number)
            if is_child:
                texts = DIGIT_STRINGS[:2] if part == "train" else DIGIT_STRINGS[2:]
            tables["spk2age"].append(f"{number}\t{9 if is_child else 20 + number % 10}")
            tables["spk2gender"].append(f"{number}\t{sex}")
            for index, text in enumerate(texts):
                identity = f"{number:05d}{index:04d}"
                tables["text"].append(f"{identity}\t{text}")
                tables["utt2spk"].append(f"{identity}\t{number}")
                files[f"WAVE/SPEAKER{number}/{identity}.ogg"] = pack.ogg(
                    invented_voices.say(voice, text.lower()),
                    sample_rate=invented_voices.SAMPLE_RATE,
                    quality=QUALITY,
                )
        for name, lines in tables.items():
            files[f"{part}/{name}"] = ("\n".join(lines) + "\n").encode()
    return files
