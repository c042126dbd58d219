"""Spoken digits: 0-9 by six men, 50 takes each (Free Spoken Digit Dataset).

The official split holds out takes 0-4. Every speaker stands on both sides of it, so it measures
new takes, not new voices; for new voices leave one speaker out with `where_not(speaker=...)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ("train", "test")
LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
N_TEST_TAKES = 5
PATH = re.compile(r"recordings/((\d)_([a-z]+)_(\d+))\.(?:wav|flac|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpokenDigit(Item):
    digit: int
    speaker: str
    take: int


class SpokenDigits(DataSet):
    item_type = SpokenDigit

    @property
    def speakers(self) -> list[str]:
        """The names of the speakers in this part of the set."""
        return sorted({row["speaker"] for row in self._rows})


def load(files) -> SpokenDigits:
    """Read the set: takes 0-4 are the split "test", the others "train"."""
    rows = []
    for path in files.paths():
        match = PATH.fullmatch(path)
        if not match:
            continue
        identity, digit, speaker, take = match.groups()
        rows.append(
            {
                "id": identity,
                "path": path,
                "label": int(digit),
                "label_name": LABELS[int(digit)],
                "digit": int(digit),
                "speaker": speaker,
                "take": int(take),
                "split": "test" if int(take) < N_TEST_TAKES else "train",
            }
        )
    rows.sort(key=lambda row: (row["digit"], row["speaker"], row["take"]))
    return SpokenDigits(files, rows, labels=LABELS)
