"""From a text to what is spoken: words, their sounds with stress, and where a speaker pauses."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from audiolessons import datasets, language, voice
from audiolessons.errors import AudioError
from audiolessons.recipes.speech._letter_reader import read_alone, trained

PAUSES = "".join(voice.prosody.PAUSES_S)
VOWELS = voice.prosody.VOWEL_SOUNDS
DETERMINERS = {
    "a", "an", "the", "my", "your", "his", "her", "its", "our", "their", "this", "that",
    "these", "those", "no",
}  # fmt: skip
BEFORE_VERBS = {
    "to", "i", "you", "we", "they", "who", "will", "would", "can", "could", "shall", "should",
    "must", "may", "might", "do", "don't", "did", "didn't", "not", "never", "cannot", "can't",
    "won't", "please",
}  # fmt: skip
# Spelled alike and spoken differently: as a verb, and otherwise. "Read" is the verb before its end
# in the past, too, and no rule about the words beside it can tell.
HETERONYMS = {
    "close": ("K L OW1 Z", "K L OW1 S"),
    "conflict": ("K AH0 N F L IH1 K T", "K AA1 N F L IH0 K T"),
    "contract": ("K AH0 N T R AE1 K T", "K AA1 N T R AE2 K T"),
    "house": ("HH AW1 Z", "HH AW1 S"),
    "lead": ("L IY1 D", "L EH1 D"),
    "live": ("L IH1 V", "L AY1 V"),
    "object": ("AH0 B JH EH1 K T", "AA1 B JH EH0 K T"),
    "permit": ("P ER0 M IH1 T", "P ER1 M IH2 T"),
    "present": ("P R IY0 Z EH1 N T", "P R EH1 Z AH0 N T"),
    "produce": ("P R AH0 D UW1 S", "P R OW1 D UW0 S"),
    "project": ("P R AH0 JH EH1 K T", "P R AA1 JH EH0 K T"),
    "read": ("R IY1 D", "R EH1 D"),
    "record": ("R AH0 K AO1 R D", "R EH1 K ER0 D"),
    "refuse": ("R AH0 F Y UW1 Z", "R EH1 F Y UW2 S"),
    "tear": ("T EH1 R", "T IH1 R"),
    "use": ("Y UW1 Z", "Y UW1 S"),
    "wind": ("W AY1 N D", "W IH1 N D"),
}
# Small words are hardly ever stressed within a sentence, and then have vowels of their own.
WEAK = {
    word: tuple(phones.split())
    for word, phones in {
        "a": "AH0", "am": "AE0 M", "an": "AH0 N", "and": "AH0 N D", "are": "AA0 R", "as": "AE0 Z",
        "at": "AE0 T", "be": "B IY0", "been": "B IH0 N", "but": "B AH0 T", "by": "B AY0",
        "can": "K AH0 N", "for": "F ER0", "from": "F R AH0 M", "had": "HH AE0 D", "has": "HH AE0 Z",
        "have": "HH AE0 V", "he": "HH IY0", "her": "HH ER0", "him": "HH IH0 M", "his": "HH IH0 Z",
        "i": "AY0", "in": "IH0 N", "is": "IH0 Z", "it": "IH0 T", "its": "IH0 T S", "my": "M AY0",
        "of": "AH0 V", "on": "AA0 N", "or": "AO0 R", "our": "AW0 ER0", "she": "SH IY0",
        "that": "DH AE0 T", "the": "DH AH0", "their": "DH EH0 R", "them": "DH EH0 M",
        "they": "DH EY0", "to": "T AH0", "us": "AH0 S", "was": "W AA0 Z", "we": "W IY0",
        "were": "W ER0", "with": "W IH0 DH", "you": "Y UW0", "your": "Y AO0 R",
    }.items()
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """A word as it is spoken.

    `phones` are sounds of CMUdict, vowels with their stress (0, 1 or 2); `pause` is the sign that
    follows the word, such as ",", or ""; `is_known` says whether a dictionary holds the word.
    """

    word: str
    phones: tuple[str, ...]
    pause: str
    is_known: bool


def front_end(text: str) -> list[Word]:
    """Return the words of a text as they are spoken.

    Numbers and abbreviations are written out. The dictionary gives a word's sounds, and of words
    that are spelled alike and spoken differently, those that suit the words beside it. Small words
    have their weak form. A word that is not there is read by the network of the recipe `letters`,
    and stressed on its first vowel.

    Parameters
    ----------
    text : str
        English.

    Raises
    ------
    AudioError
        If the text holds no word.

    Examples
    --------
    >>> for one in front_end("You can record it."):
    ...     print(one.word, *one.phones, repr(one.pause), one.is_known)
    you Y UW0 '' True
    can K AH0 N '' True
    record R AH0 K AO1 R D '' True
    it IH0 T '.' True

    Chapter: speech/synthesis
    """
    tokens = re.findall(rf"[a-z']+|[{PAUSES}]", _normalized(text).lower())
    tokens = [one for one in (token.strip("'") for token in tokens) if one]
    words = [(at, one) for at, one in enumerate(tokens) if one not in PAUSES]
    if not words:
        raise AudioError(f"{text[:60]!r} holds no English word: give a text to speak")
    found = []
    for at, word in words:
        before = tokens[at - 1] if at else ""
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        phones, is_known = _spoken(word, before, after)
        found.append(Word(word, phones, after if after in PAUSES else "", is_known))
    return found


def plain(phones) -> tuple[str, ...]:
    """Return sounds without their stress.

    Examples
    --------
    >>> plain(("S", "EY1"))
    ('S', 'EY')

    Chapter: speech/synthesis
    """
    return tuple(phone.rstrip("012") for phone in phones)


def _normalized(text):
    """Write out, without accents; an A beside a single capital is the letter's name, "ay"."""
    text = language.read_out(text).replace("\u2019", "'").replace("\u2014", ", ")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(one for one in text if not unicodedata.combining(one))
    return re.sub(r"\bA(?= [A-Z]\b)|(?<=\b[A-Z] )A\b", "ay", text)


def _spoken(word, before, after):
    if word in HETERONYMS:
        is_verb = before in BEFORE_VERBS or (after in DETERMINERS and before not in DETERMINERS)
        return tuple(HETERONYMS[word][0 if is_verb else 1].split()), True
    if word == "the" and after.startswith(tuple("aeio")):
        return ("DH", "IY0"), True
    if word in WEAK:
        return WEAK[word], True
    known = _dictionary().get(word)
    if known:
        return known[0], True
    return _stressed(_read()(word)), False


def _stressed(phones):
    """The first vowel is stressed, the others are not."""
    first = next((at for at, phone in enumerate(phones) if phone in VOWELS), None)
    return tuple(
        f"{phone}{int(at == first)}" if phone in VOWELS else phone
        for at, phone in enumerate(phones)
    )


@functools.cache
def _dictionary():
    return datasets.load("pronunciations", stress=True).entries


@functools.cache
def _read():
    return read_alone(*trained())
