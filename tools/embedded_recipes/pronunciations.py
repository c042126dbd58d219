"""pronunciations: invented words, spelled by rules that have exceptions."""

from __future__ import annotations

from . import sound

ABOUT = """Invented words and how they are spoken, in the layout and the sounds of CMUdict.

cmudict.dict: a word and its sounds a line; a second way to say it as "word(2)". Spelling follows
rules much like those of English: several letters for a sound, several sounds for a letter.
"""

N_WORDS = 2400
# Each part of a syllable: letters, sounds.
ONSETS = (
    ("b", "B"), ("d", "D"), ("f", "F"), ("ph", "F"), ("g", "G"), ("h", "HH"), ("l", "L"),
    ("m", "M"), ("n", "N"), ("kn", "N"), ("p", "P"), ("r", "R"), ("wr", "R"), ("s", "S"),
    ("sh", "SH"), ("ch", "CH"), ("t", "T"), ("th", "TH"), ("v", "V"), ("w", "W"), ("qu", "K W"),
    ("st", "S T"), ("tr", "T R"), ("pl", "P L"), ("gr", "G R"), ("j", "JH"), ("", ""),
)  # fmt: skip
HARD = ("k", "K")  # before e and i; else it is written "c"
NUCLEI = (
    ("a", "AE1"), ("e", "EH1"), ("i", "IH1"), ("o", "AA1"), ("u", "AH1"), ("ai", "EY1"),
    ("ee", "IY1"), ("ea", "IY1"), ("ea", "EH1"), ("igh", "AY1"), ("oa", "OW1"), ("oo", "UW1"),
    ("oo", "UH1"), ("aw", "AO1"), ("ou", "AW1"), ("er", "ER0"), ("ar", "AA1 R"),
)  # fmt: skip
CODAS = (
    ("", ""), ("", ""), ("n", "N"), ("m", "M"), ("l", "L"), ("t", "T"), ("tt", "T"), ("d", "D"),
    ("ck", "K"), ("ss", "S"), ("s", "Z"), ("x", "K S"), ("ng", "NG"), ("nk", "NG K"), ("p", "P"),
)  # fmt: skip
SILENT_E = {"a": "EY1", "i": "AY1", "o": "OW1", "u": "UW1"}  # "a" as in "name"


def choice(rng, options):
    """Return one of the options."""
    return options[int(rng.integers(len(options)))]


def syllable(rng) -> tuple[str, str]:
    """Return the letters and sounds of one syllable."""
    nucleus, coda = choice(rng, NUCLEI), choice(rng, CODAS)
    onset = choice(rng, ONSETS)
    if rng.random() < 0.12:
        onset = HARD if nucleus[0][0] in "ei" else ("c", "K")
    if nucleus[0] in SILENT_E and coda[0] in ("n", "m", "l", "t", "d", "p") and rng.random() < 0.4:
        nucleus, coda = (nucleus[0], SILENT_E[nucleus[0]]), (f"{coda[0]}e", coda[1])
    parts = (onset, nucleus, coda)
    return "".join(part[0] for part in parts), " ".join(part[1] for part in parts if part[1])


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    rng = sound.random_for("pronunciations")
    words: dict[str, str] = {}
    while len(words) < N_WORDS:
        syllables = [syllable(rng) for _ in range(int(rng.integers(1, 4)))]
        letters = "".join(one[0] for one in syllables)
        words.setdefault(letters, " ".join(one[1] for one in syllables))
    lines = []
    for word in sorted(words):
        lines.append(f"{word} {words[word]}")
        if rng.random() < 0.06 and "AE1" in words[word]:
            lines.append(f"{word}(2) {words[word].replace('AE1', 'AH0', 1)}")
    return {"cmudict.dict": ("\n".join(lines) + "\n").encode("ascii")}
