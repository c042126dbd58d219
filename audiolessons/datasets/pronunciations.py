"""Pronunciations: English words and how they are spoken, in the 39 sounds of CMUdict.

The split is the book's: by word, drawn by a hash of it, so that no variant of a test word is in
training. Words with other characters than letters and the apostrophe are left out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet
from audiolessons.errors import AudioError

SPLITS = ("train", "valid", "test")
PATH = "cmudict.dict"
LINE = re.compile(r"([a-z']+)(?:\(\d+\))? ([A-Z0-9 ]+?)(?: #.*)?")
PARTS = 20  # of equal size: two are the test, one the validation


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word: `spoken` holds each of its pronunciations, a tuple of sounds such as ("K", "AE")."""

    id: str
    spoken: tuple[tuple[str, ...], ...]
    split: str
    recording: str | None = None


class Pronunciations(DataSet):
    """Words; `entries` is the dictionary itself."""

    item_type = Word

    @property
    def entries(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Each word and its pronunciations."""
        return {row["id"]: row["path"] for row in self._rows}

    def as_arrays(self):
        """Refuse: words are no arrays.

        Raises
        ------
        AudioError
            Always.
        """
        raise AudioError("pronunciations holds words and no arrays: read .entries")

    def _item(self, row: dict) -> Word:
        return Word(
            id=row["id"],
            spoken=row["path"],
            split=row["split"],
            recording=self._recording(row),
        )


def load(files, *, stress: bool = False) -> Pronunciations:
    """Read the set; with `stress` vowels carry their digit, as in "AE1"."""
    spoken: dict[str, list] = {}
    for line in files.read(PATH).decode("utf-8").splitlines():
        found = LINE.fullmatch(line)
        if found:
            sounds = found[2] if stress else re.sub(r"\d", "", found[2])
            variants = spoken.setdefault(found[1], [])
            if (one := tuple(sounds.split())) not in variants:
                variants.append(one)
    rows = [
        {"id": word, "path": tuple(variants), "split": part_of(word)}
        for word, variants in spoken.items()
    ]
    return Pronunciations(files, rows)


def part_of(word: str) -> str:
    """Return to which part a word belongs, whatever else is in the dictionary.

    Examples
    --------
    >>> part_of("sound"), part_of("bread")
    ('train', 'train')
    """
    part = int(hashlib.sha256(word.encode()).hexdigest(), 16) % PARTS
    return "test" if part < 2 else "valid" if part == 2 else "train"
