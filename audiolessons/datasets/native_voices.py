"""Native voices: 70 readers of English books (clips of LibriSpeech).

"test_other" holds ten clips of each of ten readers, "train_clean_100" one clip of each of sixty:
the names are those of the parts of LibriSpeech that they come from. Nothing in the book is trained
on either. They make trials of speaker verification, and are voices that no network has heard.
There are no texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item
from audiolessons.errors import AudioError

SPLITS = ("test_other", "train_clean_100")
READERS = "audio_data/librispeech_test-other/SPEAKERS.TXT"
SEXES = {"F": "woman", "M": "man"}
PATH = re.compile(
    r"audio_data/librispeech_(test-other|train-clean-100)/(?:\d+/)?((\d+)-\d+-\d+)\.(?:flac|ogg)"
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReaderClip(Item):
    speaker: str
    sex: str  # "woman" or "man"


class NativeVoices(DataSet):
    item_type = ReaderClip

    @property
    def speakers(self) -> list[str]:
        """The numbers of the readers in this part of the set."""
        return sorted({row["speaker"] for row in self._rows})


def load(files) -> NativeVoices:
    """Read the set; its splits are the parts of LibriSpeech that the clips come from."""
    sex_of = {}
    for line in files.read(READERS).decode("utf-8").splitlines():
        if not line.startswith(";"):
            reader, sex, *_ = (field.strip() for field in line.split("|"))
            sex_of[reader] = SEXES[sex]
    rows = []
    for path in sorted(files.paths()):
        match = PATH.fullmatch(path)
        if not match:
            continue
        part, identity, reader = match.groups()
        if reader not in sex_of:
            raise AudioError(f"{READERS} has no line for {path}: run data verify native_voices")
        rows.append(
            {
                "id": identity,
                "path": path,
                "speaker": reader,
                "sex": sex_of[reader],
                "split": part.replace("-", "_"),
            }
        )
    rows.sort(key=lambda row: (row["split"], int(row["speaker"]), row["id"]))
    return NativeVoices(files, rows)
