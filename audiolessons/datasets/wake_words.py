"""Wake words: "computer", said sixty times by many voices, for learning to hear one word.

Nobody is named, and nothing says which takes are of one voice. The parts are ours: of each ten
takes, in the order of their names (which are random), four are for training, one for validation
and five for testing. So a voice may stand on both sides, and what is measured on these parts is
new takes, not new voices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ("train", "valid", "test")
PATH = re.compile(r"audio/(\w+)/([\w-]+)\.(?:wav|ogg)")
PART_OF_TEN = ("train",) * 4 + ("valid",) + ("test",) * 5


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WakeWord(Item):
    text: str  # the word, in capital letters


class WakeWords(DataSet):
    item_type = WakeWord


def load(files) -> WakeWords:
    """Read the set; an item's text is the folder that it lies in."""
    matches = filter(None, map(PATH.fullmatch, sorted(files.paths())))
    rows = [
        {
            "id": match[2],
            "path": match[0],
            "text": match[1].upper(),
            "split": PART_OF_TEN[number % len(PART_OF_TEN)],
        }
        for number, match in enumerate(matches)
    ]
    return WakeWords(files, rows)
