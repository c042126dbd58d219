"""Parallel voices: the same nine English sentences, read by two women and two men (VCTK).

Who converts a voice learns from pairs of sentences that say the same. Each speaker has a tenth
sentence that one of the others lacks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item

SPLITS = ()
SPEAKERS = {"p225": "woman", "p226": "man", "p227": "man", "p228": "woman"}
TEXTS = {  # of the passage on the rainbow, which every speaker of VCTK read
    "003": "Six spoons of fresh snow peas, five thick slabs of blue cheese, and maybe a snack for "
    "her brother Bob.",
    "005": "She can scoop these things into three red bags, and we will go meet her Wednesday at "
    "the train station.",
    "008": "These take the shape of a long round arch, with its path high above, and its two ends "
    "apparently beyond the horizon.",
    "011": "When a man looks for something beyond his reach, his friends say he is looking for "
    "the pot of gold at the end of the rainbow.",
    "016": "The Norsemen considered the rainbow as a bridge over which the gods passed from earth "
    "to their home in the sky.",
    "019": "Since then physicists have found that it is not reflection, but refraction by the "
    "raindrops which causes the rainbows.",
    "020": "Many complicated ideas about the rainbow have been formed.",
    "021": "The difference in the rainbow depends considerably upon the size of the drops, and "
    "the width of the colored band increases as the size of the drops increases.",
    "022": "The actual primary rainbow observed is said to be the effect of super-imposition of a "
    "number of bows.",
    "023": "If the red of the second bow falls upon the green of the first, the result is to give "
    "a bow with an abnormally wide yellow band, since red and green light when mixed form yellow.",
    "024": "This is a very common type of bow, one showing mainly red and yellow, with little or "
    "no green or blue.",
}
PATH = re.compile(r"wavs/p\d+/((p\d+)_(\d+))\.(?:wav|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ParallelSentence(Item):
    speaker: str
    sex: str  # "woman" or "man"
    sentence: str  # "003" ... "024": the same words by all who said it
    text: str


class ParallelVoices(DataSet):
    item_type = ParallelSentence

    @property
    def speakers(self) -> list[str]:
        """The names of the speakers in this part of the set."""
        return sorted({row["speaker"] for row in self._rows})


def load(files) -> ParallelVoices:
    """Read the set, sorted by speaker and sentence."""
    rows = []
    for path in sorted(files.paths()):
        match = PATH.fullmatch(path)
        if not match:
            continue
        identity, speaker, sentence = match.groups()
        rows.append(
            {
                "id": identity,
                "path": path,
                "speaker": speaker,
                "sex": SPEAKERS[speaker],
                "sentence": sentence,
                "text": TEXTS[sentence],
            }
        )
    return ParallelVoices(files, rows)
