"""Mandarin syllables: 138 of them, each in all four tones, said once by one speaker.

The tone is part of the word: "ma" is mother, hemp, horse or to scold, by the melody alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ()
TONES = ("first, high", "second, rising", "third, low", "fourth, falling")
PATH = re.compile(r"64k/syllabs/cmn-(([a-z]+)([1-4]))\.(?:mp3|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Syllable(Item):
    syllable: str  # Pinyin without the tone, such as "ma"; "v" stands for u with two dots
    tone: int  # 1 to 4; the label is one less


class MandarinSyllables(DataSet):
    item_type = Syllable

    @property
    def syllables(self) -> list[str]:
        """The syllables in this part of the set, without tones."""
        return sorted({row["syllable"] for row in self._rows})


def load(files) -> MandarinSyllables:
    """Read the set; an item's id is its Pinyin with the number of the tone, such as "ma3"."""
    matches = [(path, PATH.fullmatch(path)) for path in sorted(files.paths())]
    rows = [
        {
            "id": match.group(1),
            "path": path,
            "label": int(match.group(3)) - 1,
            "label_name": TONES[int(match.group(3)) - 1],
            "syllable": match.group(2),
            "tone": int(match.group(3)),
        }
        for path, match in matches
        if match
    ]
    return MandarinSyllables(files, rows, labels=TONES)
