"""Environmental sounds: ten classes, 40 clips each, in five folds (ESC-10).

No source recording crosses folds: test on one fold, train on the other four, and report the mean
over the five. Clips differ in length, so pad or crop them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ("fold1", "fold2", "fold3", "fold4", "fold5")
PATH = re.compile(r"(\d{3}) - ([^/]+)/((\d)-(\d+)-[A-Z])\.(?:ogg|flac|wav)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EnvironmentalSound(Item):
    fold: int
    clip: str  # the number of the clip's source on Freesound


class EnvironmentalSounds(DataSet):
    item_type = EnvironmentalSound

    @property
    def folds(self) -> list[int]:
        """The folds in this part of the set."""
        return sorted({row["fold"] for row in self._rows})


def load(files) -> EnvironmentalSounds:
    """Read the set; its splits are the folds.

    `sounds.where(fold=1)` and `sounds.where_not(fold=1)` give one turn of the cross-validation.
    """
    matches = [(path, PATH.fullmatch(path)) for path in files.paths()]
    matches = sorted((match.groups(), path) for path, match in matches if match)
    labels = [name for _, name in sorted({groups[:2] for groups, _ in matches})]
    rows = [
        {
            "id": identity,
            "path": path,
            "label": labels.index(name),
            "label_name": name,
            "fold": int(fold),
            "clip": clip,
            "split": f"fold{fold}",
        }
        for (_, name, identity, fold, clip), path in matches
    ]
    return EnvironmentalSounds(files, rows, labels=labels)
