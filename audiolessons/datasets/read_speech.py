"""Read speech: sentences read by one woman, with their text (first chapter of LJ Speech).

A clip is called a sentence here; most are parts of longer ones. There is no official split. The
book's goes by the number n of the sentence (LJ001-n, and AL001-n for the stand-ins): n divisible
by ten is test, n that ends in 5 is valid, the rest is train (of 186: 149, 19 and 18).

`load("read_speech", size="full")` holds the second chapter as well (LJ002-n, split alike; of 385:
309, 38 and 38), for training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item
from audiolessons.errors import AudioError

SPLITS = ("train", "valid", "test")
METADATA = "LJSpeech-1.1/metadata.csv"
PATH = re.compile(r"LJSpeech-1\.1/wavs/([A-Z]{2}\d+-(\d+))\.(?:wav|flac|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReadSentence(Item):
    sentence: int  # its number in its chapter
    text: str  # as printed
    spoken_text: str  # numbers and abbreviations written out, as they are read


class ReadSpeech(DataSet):
    item_type = ReadSentence

    @property
    def texts(self) -> list[str]:
        """What is spoken in each item, numbers written out."""
        return [row["spoken_text"] for row in self._rows]


def split_of(sentence: int) -> str:
    """Return the part that a sentence belongs to.

    Examples
    --------
    >>> split_of(20), split_of(25), split_of(26)
    ('test', 'valid', 'train')
    """
    return {0: "test", 5: "valid"}.get(sentence % 10, "train")


def load(files) -> ReadSpeech:
    """Read the set, with what each sentence says."""
    texts = {}
    for line in files.read(METADATA).decode("utf-8").splitlines():
        identity, *both = line.split("|")
        texts[identity] = both
    rows = []
    for path in sorted(files.paths()):
        match = PATH.fullmatch(path)
        if not match:
            continue
        identity, sentence = match.group(1), int(match.group(2))
        if len(texts.get(identity, ())) != 2:
            raise AudioError(f"{METADATA} has no text for {identity}: run data verify read_speech")
        text, spoken_text = texts[identity]
        rows.append(
            {
                "id": identity,
                "path": path,
                "sentence": sentence,
                "text": text,
                "spoken_text": spoken_text,
                "split": split_of(sentence),
            }
        )
    return ReadSpeech(files, rows)
