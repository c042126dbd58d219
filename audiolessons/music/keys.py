"""Keys: what a signature changes, and which key the notes themselves speak for.

A key is found by comparing how long each of the twelve pitch classes sounds with a profile of how
well it fits into a key, moved to all twelve tonics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array, check_choice

LETTERS = "CDEFGAB"
NATURAL = dict(zip(LETTERS, (0, 2, 4, 5, 7, 9, 11), strict=True))
SHARPS = "FCGDAEB"  # the order in which signatures sharpen; read backwards, flatten
# Modes by their first three letters, and how many fifths their signature lies above the major one.
MODES = {
    "maj": ("major", 0),
    "ion": ("major", 0),
    "min": ("minor", -3),
    "aeo": ("minor", -3),
    "mix": ("mixolydian", -1),
    "dor": ("dorian", -2),
    "phr": ("phrygian", -4),
    "lyd": ("lydian", 1),
    "loc": ("locrian", -5),
}
FIFTHS = dict(MODES.values())
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
SHIFTS = {"": 0, "#": 1, "b": -1}
MOST_FIFTHS = 7  # a signature changes each letter once
KEY_FIELD = re.compile(
    r"([A-G])([#b]?)\s*(?:([Mm]aj|[Mm]in|[Ii]on|[Aa]eo|[Mm]ix|[Dd]or|[Pp]hr|[Ll]yd|[Ll]oc)"
    r"[a-z]*|(m)(?![a-z]))?"
)
EXPLICIT = re.compile(r"(?<![a-z]{2})(\^\^|\^|__|_|=)([A-Ga-g])")  # the = of "clef=bass" is none

# How well each step above the tonic fits: ratings of listeners, and a correction of them so that
# the keys of notated music are found more often. Rows: major, minor.
PROFILES = {
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "temperley": (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
}


class Key(NamedTuple):
    """A key: pitch class of the tonic (0 is C), mode, and letters that the signature changes.

    Chapter: music/style
    """

    tonic: int
    mode: str
    changes: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """Such as "D major" or "A dorian"."""
        return f"{spelled(self.tonic, self.mode)} {self.mode}"

    def moved(self, semitones: int) -> Key:
        """Return the key that lies this many semitones higher, without accidentals of its own."""
        return key_of(spelled((self.tonic + semitones) % 12, self.mode), self.mode)


def key_of(tonic: str, mode: str = "major") -> Key:
    """Return a key with the signature that its tonic and mode have.

    Parameters
    ----------
    tonic
        A letter, and "#" or "b".
    mode
        "major", "minor", "dorian", "mixolydian", "phrygian", "lydian" or "locrian".

    Raises
    ------
    AudioError
        If there is no such tonic or mode, or the signature would need a double accidental.

    Examples
    --------
    >>> key_of("D", "dorian")  # the white keys, from D to D
    Key(tonic=2, mode='dorian', changes=())
    >>> key_of("A").changes
    (('C', 1), ('F', 1), ('G', 1))

    Chapter: music/style
    """
    check_choice(mode, name="mode", choices=tuple(FIFTHS))
    if not re.fullmatch("[A-G][#b]?", tonic):
        raise AudioError(f"tonic is {tonic!r}: give a letter from A to G, and # or b after it")
    fifths = _fifths(tonic, mode)
    if abs(fifths) > MOST_FIFTHS:
        raise AudioError(
            f"tonic is {tonic!r}, mode {mode!r}: its signature would change a letter twice"
        )
    changed = SHARPS[:fifths] if fifths > 0 else SHARPS[::-1][:-fifths]
    changes = tuple(sorted((letter, 1 if fifths > 0 else -1) for letter in changed))
    return Key((NATURAL[tonic[0]] + SHIFTS[tonic[1:]]) % 12, mode, changes)


def spelled(tonic: int, mode: str) -> str:
    """Return the name of a tonic that needs the fewest signs in this mode; of two, the flat one.

    Examples
    --------
    >>> spelled(1, "major"), spelled(1, "minor")
    ('Db', 'C#')

    Chapter: music/style
    """
    names = [
        letter + sign
        for letter in LETTERS
        for sign in ("b", "", "#")
        if (NATURAL[letter] + SHIFTS[sign]) % 12 == tonic % 12
    ]
    return min(names, key=lambda name: (abs(_fifths(name, mode)), "b" not in name))


def _fifths(tonic: str, mode: str) -> int:
    """Return the sharps of a signature, flats being negative."""
    return SHARPS.index(tonic[0]) - 1 + 7 * SHIFTS[tonic[1:]] + FIFTHS[mode]


def read_key(text: str) -> Key:
    """Return the key that a field `K:` states, with modes and accidentals of its own.

    Raises
    ------
    AudioError
        If no key begins there.

    Examples
    --------
    >>> read_key("Ador").name, read_key("F#m").name, read_key("Bb").name
    ('A dorian', 'F# minor', 'Bb major')
    >>> read_key("D =c").changes  # a signature of F sharp alone
    (('F', 1),)

    References
    ----------
    The ABC standard 2.1, section 3.1.14, https://abcnotation.com/wiki/abc:standard:v2.1.

    Chapter: music/style
    """
    text = text.strip()
    if text.lower() in ("none", ""):
        return Key(0, "major")
    if text in ("HP", "Hp"):  # the highland pipes: A mixolydian, written with or without signs
        return key_of("A", "mixolydian")
    found = KEY_FIELD.match(text)
    if not found:
        raise AudioError(f"K is {text!r}: a key is a letter from A to G, # or b, and a mode")
    word = (found[3] or ("min" if found[4] else "maj")).lower()
    key = key_of(found[1] + found[2], MODES[word][0])
    changes = dict(key.changes)
    for sign, letter in EXPLICIT.findall(text[found.end() :]):
        changes[letter.upper()] = ACCIDENTALS[sign]
    kept = tuple(sorted((letter, shift) for letter, shift in changes.items() if shift))
    return key._replace(changes=kept)


def pitch_class_weights(notes: Iterable) -> np.ndarray:
    """Return how long each pitch class sounds, float64 (12,), summing to 1; C comes first.

    Parameters
    ----------
    notes
        `Note`s, or anything with `duration` and `pitch`.

    Raises
    ------
    AudioError
        If there are none.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> pitch_class_weights(read_abc("L:1/4\\nK:C\\nc3 G|")[0].notes)[[0, 7]]
    array([0.75, 0.25])

    Chapter: music/style
    """
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += float(note.duration)
    if not weights.sum():
        raise AudioError("notes holds no note that sounds: a key needs some")
    return weights / weights.sum()


def key_scores(weights: ArrayLike, *, profile: str = "temperley") -> np.ndarray:
    """Return how well each key fits: correlations (2, 12), major and minor by tonic from C.

    Parameters
    ----------
    weights
        (12,), how long each pitch class sounds, from C.
    profile
        "krumhansl" or "temperley".

    Raises
    ------
    AudioError
        If there are not twelve weights, or all are the same.

    Examples
    --------
    >>> scores = key_scores([2, 0, 1, 0, 2, 1, 0, 2, 0, 1, 0, 1])
    >>> np.unravel_index(scores.argmax(), scores.shape)[1].item()  # C major
    0

    References
    ----------
    C. L. Krumhansl, Cognitive Foundations of Musical Pitch, 1990, chapters 2 and 4 (ratings with
    E. J. Kessler, 1982); D. Temperley, "What's key for key? The Krumhansl-Schmuckler key-finding
    algorithm reconsidered", Music Perception 17(1), 1999.

    Chapter: music/style
    """
    check_choice(profile, name="profile", choices=tuple(PROFILES))
    heard = as_array(weights, name="weights").astype(np.float64)
    if heard.shape != (12,) or not np.isfinite(heard).all():
        raise AudioError(f"weights has shape {heard.shape}: give twelve numbers, C first")
    heard = heard - heard.mean()
    size = np.linalg.norm(heard)
    if size < 1e-12:
        raise AudioError("weights are all the same: no key fits better than another")
    scores = np.empty((2, 12))
    for mode, steps in enumerate(PROFILES[profile]):
        fits = np.array(steps) - np.mean(steps)
        for tonic in range(12):
            scores[mode, tonic] = heard @ np.roll(fits, tonic)
        scores[mode] /= size * np.linalg.norm(fits)
    return scores


def find_key(notes: Iterable, *, profile: str = "temperley") -> Key:
    """Return the major or minor key whose profile fits the notes best; of equals, the first.

    Major comes before minor, and C first. The profiles are round numbers, so that some tunes fit
    two keys equally well: scores count as equal if nine decimals are.

    Raises
    ------
    AudioError
        As for `pitch_class_weights` and `key_scores`.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> tune = read_abc("M:6/8\\nL:1/8\\nK:D\\nA|dcd ABc|d3 f2e|dcB AFA|d3-d2|")[0]
    >>> find_key(tune.notes).name
    'D major'

    Chapter: music/style
    """
    scores = key_scores(pitch_class_weights(notes), profile=profile).round(9)
    mode, tonic = np.unravel_index(scores.argmax(), scores.shape)
    name = ("major", "minor")[mode]
    return key_of(spelled(int(tonic), name), name)
