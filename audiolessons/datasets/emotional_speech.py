"""Emotional speech: ten German sentences, acted in seven emotions by ten actors (EmoDB).

Five women and five men said sentences that fit any mood as if they were angry, bored, ... Twenty
listeners then heard each and said which emotion it was: `recognized_percent` of them said the
one that the actor was asked for, and `natural_percent` found it natural. What fewer than 80 %
recognised, its makers left out. In this copy each clip was cut or filled up to two seconds, and
loudness says little: each was brought to about the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiolessons.datasets._store.sets import DataSet, Item
from audiolessons.errors import AudioError

SPLITS = ()
EMOTIONS = {  # letters of the German words
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "N": "neutral",
    "T": "sadness",
}
WOMEN = ("08", "09", "13", "14", "16")  # the other five are men
TEXTS = {  # the sentence, and what it says
    "a01": ("Der Lappen liegt auf dem Eisschrank.", "The cloth is lying on the fridge."),
    "a02": ("Das will sie am Mittwoch abgeben.", "She will hand it in on Wednesday."),
    "a04": ("Heute abend könnte ich es ihm sagen.", "Tonight I could tell him."),
    "a05": (
        "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
        "The black sheet of paper is up there beside the piece of wood.",
    ),
    "a07": ("In sieben Stunden wird es soweit sein.", "In seven hours it will be time."),
    "b01": (
        "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
        "What are those bags standing there under the table?",
    ),
    "b02": (
        "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
        "They have just carried it upstairs and now they are going down again.",
    ),
    "b03": (
        "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
        "At weekends I have always gone home now, and visited Agnes.",
    ),
    "b09": (
        "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
        "I just want to take this away and then go for a drink with Karl.",
    ),
    "b10": (
        "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
        "It will be in the place where we always put it.",
    ),
}
RATINGS = "erkennung.txt"  # one line a clip: number, file, recognised and natural in percent
PATH = re.compile(r"wav/((\d\d)([ab]\d\d)([A-Z])[a-z])\.(?:wav|ogg)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ActedSentence(Item):
    speaker: str
    sex: str  # "woman" or "man"
    sentence: str  # "a01" ... "b10"
    text: str  # German
    meaning: str  # the same in English
    recognized_percent: float  # of the listeners
    natural_percent: float


class EmotionalSpeech(DataSet):
    item_type = ActedSentence

    @property
    def speakers(self) -> list[str]:
        """The numbers of the actors in this part of the set."""
        return sorted({row["speaker"] for row in self._rows})


def load(files) -> EmotionalSpeech:
    """Read the set; the labels are the seven emotions, in alphabetical order."""
    labels = sorted(EMOTIONS.values())
    ratings = _ratings(files)
    rows = []
    for path in sorted(files.paths()):
        match = PATH.fullmatch(path)
        if not match:
            continue
        identity, speaker, sentence, letter = match.groups()
        if identity not in ratings:
            raise AudioError(f"{RATINGS} has no line for {path}: run data verify emotional_speech")
        recognized, natural = ratings[identity]
        text, meaning = TEXTS[sentence]
        rows.append(
            {
                "id": identity,
                "path": path,
                "label": labels.index(EMOTIONS[letter]),
                "label_name": EMOTIONS[letter],
                "speaker": speaker,
                "sex": "woman" if speaker in WOMEN else "man",
                "sentence": sentence,
                "text": text,
                "meaning": meaning,
                "recognized_percent": recognized,
                "natural_percent": natural,
            }
        )
    return EmotionalSpeech(files, rows, labels=labels)


def _ratings(files) -> dict:
    """Return {clip: (recognised, natural)} in percent; the table holds more clips than the set."""
    found = {}
    for line in files.read(RATINGS).decode("latin-1").splitlines()[1:]:
        fields = line.replace("\xa0", " ").split()
        if len(fields) == 4:
            name, *percents = fields[1:]
            found[name.removesuffix(".wav")] = tuple(float(p.replace(",", ".")) for p in percents)
    return found
