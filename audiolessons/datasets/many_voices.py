"""Many voices: English sentences read by 128 adults who grew up with Mandarin (speechocean762).

The split is the published one, by speaker: nobody stands on both sides. Each speaker was recorded
in one session, so level, noise floor and band tell speakers apart as well as their voices do.
Digit strings spoken by children are a part of their own, "children": they serve to test, nothing
is trained on them, and the book measures them without playing them.

`load("many_voices", size="full")` holds all sentences of the adults (2,560 in place of about four
of each), for training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item
from audiolessons.errors import AudioError

SPLITS = ("train", "test", "children")
ADULT_AGE = 16  # in years; the youngest adult is 19
TABLES = ("text", "utt2spk", "spk2age", "spk2gender")  # one line an entry: key, space, value
SEXES = {"f": "woman", "m": "man"}
PATH = re.compile(r"WAVE/SPEAKER\d+/(\d+)\.(?:WAV|flac|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class VoiceSentence(Item):
    speaker: str
    sex: str  # "woman" or "man", for children "girl" or "boy"
    age: int  # in years
    text: str  # in capitals, without punctuation


class ManyVoices(DataSet):
    item_type = VoiceSentence

    @property
    def speakers(self) -> list[str]:
        """The numbers of the speakers in this part of the set."""
        return sorted({row["speaker"] for row in self._rows})

    @property
    def texts(self) -> list[str]:
        """What is spoken in each item, in capitals."""
        return [row["text"] for row in self._rows]

    @property
    def texts_by_speaker(self) -> dict[str, list[str]]:
        """All that each adult of these parts read, with what the small form holds no sound of."""
        found: dict = {}
        for part in sorted({row["split"] for row in self._rows} - {"children"}):
            tables = _tables(self._files, part)
            for identity, text in tables["text"].items():
                speaker = tables["utt2spk"][identity]
                if int(tables["spk2age"][speaker]) >= ADULT_AGE:
                    found.setdefault(speaker, []).append(text)
        return found


def load(files) -> ManyVoices:
    """Read the set: adults in the published parts "train" and "test", children in their own."""
    tables = {part: _tables(files, part) for part in ("train", "test")}
    part_of = {identity: part for part in tables for identity in tables[part]["utt2spk"]}
    rows = []
    for path in sorted(files.paths()):
        match = PATH.fullmatch(path)
        if not match:
            continue
        identity = match.group(1)
        if identity not in part_of:
            raise AudioError(f"utt2spk has no speaker of {path}: run data verify many_voices")
        part = part_of[identity]
        about = tables[part]
        speaker = about["utt2spk"][identity]
        age, sex = int(about["spk2age"][speaker]), SEXES[about["spk2gender"][speaker]]
        is_adult = age >= ADULT_AGE
        rows.append(
            {
                "id": identity,
                "path": path,
                "speaker": speaker,
                "sex": sex if is_adult else {"woman": "girl", "man": "boy"}[sex],
                "age": age,
                "text": about["text"][identity],
                "split": part if is_adult else "children",
            }
        )
    return ManyVoices(files, rows)


def _tables(files, part: str) -> dict:
    """Return {table: {key: value}} of the part "train" or "test"."""
    found = {}
    for name in TABLES:
        lines = files.read(f"{part}/{name}").decode("utf-8").splitlines()
        found[name] = dict(line.split(maxsplit=1) for line in lines)
    return found
