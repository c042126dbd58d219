"""Single recordings to listen to: a trumpet, strings, the Sugar Plum Fairy and a robin.

The rights differ from piece to piece; every item carries its own `licence` and `credit`.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

# name: (file of librosa/data, licence, credit)
SPLITS = ()
PIECES = {
    "trumpet": (
        "audio/sorohanro_-_solo-trumpet-06.hq.ogg",
        "CC BY 3.0",
        "Mihai Sorohan, from Jazz Trumpet Loops Pack in F 90 bpm, Freesound",
    ),
    "strings": (
        "audio/Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra).hq.ogg",
        "public domain",
        "Johannes Brahms, Hungarian Dance no. 5, US Army Strings, Musopen",
    ),
    "sugar_plum_fairy": (
        "audio/Kevin_MacLeod_-_P_I_Tchaikovsky_Dance_of_the_Sugar_Plum_Fairy.hq.ogg",
        "CC BY 3.0",
        "P. I. Tchaikovsky, Dance of the Sugar Plum Fairy, by Kevin MacLeod, Free Music Archive",
    ),
    "robin": (
        "audio/456440__inspectorj__bird-whistling-robin-single-13.hq.ogg",
        "CC BY 3.0",
        "InspectorJ, Bird Whistling, Robin, Single, 13, Freesound",
    ),
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Example(Item):
    licence: str
    credit: str


class Examples(DataSet):
    item_type = Example


def load(files) -> Examples:
    """Read the set; `examples["trumpet"]` gives a piece by its name."""
    rows = []
    for label, (name, (upstream, licence, credit)) in enumerate(PIECES.items()):
        path = upstream
        if files.source == "embedded":
            path = f"audio/{name}.flac"
            licence, credit = "as the book's text", "synthesised stand-in of Audio Lessons"
        rows.append(
            {
                "id": name,
                "path": path,
                "label": label,
                "label_name": name,
                "licence": licence,
                "credit": credit,
            }
        )
    return Examples(files, rows, labels=PIECES)
