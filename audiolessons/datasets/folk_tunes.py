"""Folk tunes: 1,034 British and American dances and songs in ABC, with chord symbols.

The dance is the file that a tune stands in. Reels are many things there, marches and songs among
them, and the hornpipes' file holds polkas as well: labels are those of musicians, not of nature.
There is no official split, and some tunes stand there twice under two names; see
`music.same_tunes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet
from audiolessons.errors import AudioError
from audiolessons.music import Note, Tune, read_abc

SPLITS = ()
FOLDER = "ABC_cleaned/"
# The dance by the beginning of the file's name.
DANCES = {
    "jigs": "jig",
    "reels": "reel",
    "hpps": "hornpipe",
    "waltzes": "waltz",
    "slip": "slip jig",
    "morris": "morris",
    "playford": "playford",
    "ashover": "ashover",
    "xmas": "christmas",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FolkTune:
    """A tune: `abc` is its text, `tune` what was read from it, `notes` each bar once.

    `key` is the name of the key that its field K: states, `metre` the text of its field M:.
    """

    id: str
    title: str
    dance: str
    key: str
    metre: str
    abc: str
    tune: Tune
    label: int
    label_name: str
    recording: str | None = None

    @property
    def notes(self) -> list[Note]:
        """The notes, each bar once; `tune.played` has the repeats."""
        return self.tune.notes

    def __repr__(self) -> str:
        return f"FolkTune(id={self.id!r}, title={self.title!r}, dance={self.dance!r})"


class FolkTunes(DataSet):
    """Tunes; `labels` are the dances."""

    item_type = FolkTune

    def as_arrays(self):
        """Refuse: tunes are lists of notes, of different lengths.

        Raises
        ------
        AudioError
            Always.
        """
        raise AudioError("folk_tunes holds tunes and no arrays: read .notes of each item")

    def _item(self, row: dict) -> FolkTune:
        abc, tune = row["path"]
        return FolkTune(
            id=row["id"],
            title=row["title"],
            dance=row["dance"],
            key=row["key"],
            metre=row["metre"],
            abc=abc,
            tune=tune,
            label=row["label"],
            label_name=row["label_name"],
            recording=self._recording(row),
        )


def load(files) -> FolkTunes:
    """Read the set; an item's id is its file and its number there, such as "jigs_12"."""
    labels = list(DANCES.values())
    rows = []
    for path in files.paths():
        name = path.removeprefix(FOLDER).removesuffix(".abc")
        if path == name:
            continue
        dance = next(one for start, one in DANCES.items() if name.startswith(start))
        texts = re.split(r"^(?=X:)", files.read(path).decode("ascii"), flags=re.MULTILINE)
        for abc in texts[1:]:
            tune = read_abc(abc)[0]
            number = tune.fields["X"][0]
            rows.append(
                {
                    "id": f"{name}_{number}",
                    "path": (abc, tune),
                    "title": tune.title,
                    "dance": dance,
                    "label": labels.index(dance),
                    "label_name": dance,
                    "key": tune.key.name,
                    "metre": tune.metre,
                }
            )
    return FolkTunes(files, rows, labels=labels)
