"""Chords by name, and how phrases end: what a listener of chorales waits for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.music.keys import Key, find_key
from audiolessons.music.performance import parts_of
from audiolessons.music.tunes import Note
from audiolessons.music.voices import check_voices

BEAT = 4  # sixteenths
# Steps above the root; earlier ones are preferred where two fit.
CHORDS = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "seventh": (0, 4, 7, 10),
    "diminished": (0, 3, 6),
    "minor seventh": (0, 3, 7, 10),
    "major seventh": (0, 4, 7, 11),
    "half-diminished": (0, 3, 6, 10),
    "augmented": (0, 4, 8),
}
FIFTH = 7  # may be left out of a chord; root and third may not


def key_heard(music) -> Key:
    """Return the key that the notes of voices or of a tune speak for; see `find_key`.

    Examples
    --------
    >>> key_heard(np.array([[67, 64, 60, 48], [71, 67, 62, 43], [72, 67, 64, 48]])).name
    'C major'

    Chapter: music/generation
    """
    return find_key(
        [
            Note(Fraction(onset), Fraction(held), pitch)
            for notes in parts_of(music)
            for onset, held, pitch in notes
        ]
    )


def chord_of(pitches) -> tuple[int, str] | None:
    """Return root (0 is C) and kind of a chord, or None if its notes are none of `CHORDS`.

    The fifth may be missing. Rests (-1) do not count.

    Examples
    --------
    >>> chord_of([67, 64, 60, 48]), chord_of([65, 62, 59, 43]), chord_of([60, 61])
    ((0, 'major'), (7, 'seventh'), None)

    Chapter: music/generation
    """
    classes = {int(pitch) % 12 for pitch in pitches if pitch >= 0}
    for kind, steps in CHORDS.items():
        for root in sorted(classes):
            full = {(root + step) % 12 for step in steps}
            needed = full - {(root + FIFTH) % 12}
            if needed <= classes <= full:
                return root, kind
    return None


def cadences(voices: np.ndarray, *, key: Key | None = None) -> list[tuple[int, str]]:
    """Return where phrases may end, as (first sixteenth of the last chord, name of the cadence).

    A last chord is a triad over its root that is held for a quarter or longer from a beat on.

    - "authentic": the dominant, a major chord a fifth above the tonic, and then the tonic.
    - "deceptive": the dominant, and then the chord a step above it.
    - "plagal": the chord a fifth below the tonic, and then the tonic.
    - "half": anything else, and then the dominant.

    What makes them ends in a chorale, the fermata, is not in the data: more places have a name than
    phrases end.

    Parameters
    ----------
    voices
        Shape (N, 4), sixteenths, -1 for a rest.
    key
        `key_heard` if left out.

    Examples
    --------
    >>> chords = np.array([[67, 64, 60, 48], [67, 62, 59, 43], [67, 64, 60, 48]])
    >>> cadences(np.repeat(chords, 4, axis=0))
    [(4, 'half'), (8, 'authentic')]

    Chapter: music/generation
    """
    voices = check_voices(voices)
    if voices.shape[1] != 4:
        raise AudioError(f"voices have shape {voices.shape}: give (N, 4), soprano first")
    key = key_heard(voices) if key is None else key
    dominant = (key.tonic + FIFTH) % 12
    found = []
    for at in range(BEAT, len(voices) - BEAT + 1, BEAT):
        last, before = chord_of(voices[at]), chord_of(voices[at - 1])
        is_held = (voices[at : at + BEAT] == voices[at]).all()
        if not is_held or last is None or last[1] not in ("major", "minor"):
            continue
        root, kind = last
        if before is None or voices[at, 3] % 12 != root or (voices[at] == voices[at - 1]).all():
            continue
        from_dominant = before in ((dominant, "major"), (dominant, "seventh"))
        is_tonic = root == key.tonic
        if is_tonic and from_dominant:
            found.append((at, "authentic"))
        elif from_dominant and (root - dominant) % 12 in (1, 2):
            found.append((at, "deceptive"))
        elif is_tonic and before[0] == (key.tonic + 5) % 12:
            found.append((at, "plagal"))
        elif root == dominant and kind == "major" and before[0] != dominant:
            found.append((at, "half"))
    return found
