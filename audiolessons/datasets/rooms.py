"""Rooms: measured impulse responses of a house and of a warehouse.

An impulse response is what a microphone hears of one click; a sound convolved with it is heard in
that room. `audio` is the first channel of a response, with the delay that it was measured with.
File names are all the documentation there is: where the microphone or the loudspeaker stood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ()
PATH = re.compile(
    r"archive/demos/impulse-responses/(house-impulses|tim-warehouse)/(?:[^/]+/)?([\w-]+)\.(?:wav|flac)"
)
PLACES = {"house-impulses": "house", "tim-warehouse": "warehouse"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RoomResponse(Item):
    place: str  # "house" or "warehouse"


class Rooms(DataSet):
    item_type = RoomResponse

    def _to_mono(self, audio):
        return audio[:, 0].copy()  # a mean of microphones would be a comb filter


def load(files) -> Rooms:
    """Read the set; an item's id is the name of its file, such as "kitchen"."""
    matches = [(path, PATH.fullmatch(path)) for path in files.paths()]
    rows = [
        {"id": match.group(2), "path": path, "place": PLACES[match.group(1)]}
        for path, match in matches
        if match
    ]
    rows.sort(key=lambda row: (row["place"], row["id"]))
    return Rooms(files, rows)
