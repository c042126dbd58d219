"""Four voices of sixteenths: their notes, how they move, and the rules that they break.

Rows are sixteenths, columns soprano, alto, tenor and bass; numbers are MIDI pitches, -1 a rest. A
pitch that comes again in the next sixteenth is held: whether it is sung anew cannot be told.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count
from audiolessons.music.tokens import REST

VOICES = ("soprano", "alto", "tenor", "bass")
# What choirs sing, from the lowest to the highest pitch of each voice: C4-A5, F3-D5, C3-A4, D2-E4.
SUNG_RANGES = np.array([[60, 81], [53, 74], [48, 69], [38, 64]])
FIFTH, OCTAVE = 7, 12
BAR_FRAMES = 16  # sixteenths in a bar of four quarters
FAULTS = ("fifths", "octaves", "crossing", "overlap", "leap", "spacing", "range")


def voice_notes(voices: np.ndarray) -> list[list[tuple[int, int, int]]]:
    """Return the notes of each voice: pitch, first sixteenth, and the one after the last.

    Rests are no notes.

    Parameters
    ----------
    voices
        Shape (N, V), MIDI pitches, -1 for a rest.

    Examples
    --------
    >>> voice_notes(np.array([[72, 60], [72, -1], [71, -1]]))
    [[(72, 0, 2), (71, 2, 3)], [(60, 0, 1)]]

    Chapter: music/generation
    """
    found = []
    for voice in check_voices(voices).T:
        first = np.flatnonzero(np.diff(voice, prepend=voice[0] - 1))
        after = [*first[1:].tolist(), len(voice)]
        notes = zip(voice[first].tolist(), first.tolist(), after, strict=True)
        found.append([note for note in notes if note[0] != REST])
    return found


def held_share(voices: np.ndarray) -> float:
    """Return how many notes of all sixteenths, from the second on, repeat the one before.

    A model that copies what sounded is right so often.

    Examples
    --------
    >>> held_share(np.array([[72, 60], [72, 62], [71, 62]]))
    0.5

    Chapter: music/generation
    """
    voices = check_voices(voices)
    if len(voices) < 2:
        raise AudioError(f"voices have {len(voices)} sixteenth: give two or more")
    return float((voices[1:] == voices[:-1]).mean())


def voice_leading_faults(voices: np.ndarray, *, ranges: np.ndarray = SUNG_RANGES) -> dict[str, int]:
    """Count where four voices break the rules of the textbook.

    - "fifths", "octaves": two voices a fifth (an octave) apart, twelfths and the like included,
      both move, and are so again.
    - "crossing": a voice comes to lie above one that is higher by name.
    - "overlap": a voice moves past where its neighbour has just been.
    - "leap": a voice moves by more than an octave.
    - "spacing": soprano and alto, or alto and tenor, come to be more than an octave apart.
    - "range": a note that is too high or too low for its voice.

    Bach breaks them too: compare with his own number.

    Parameters
    ----------
    voices
        Shape (N, 4), MIDI pitches, -1 for a rest.
    ranges
        Shape (4, 2): the lowest and the highest pitch of each voice.

    Returns
    -------
    dict of whole numbers, one for each of `FAULTS`.

    Examples
    --------
    >>> chords = np.array([[72, 67, 64, 48], [74, 69, 65, 50]])  # C major to D minor, all upwards
    >>> {name: n for name, n in voice_leading_faults(chords).items() if n}
    {'fifths': 1, 'octaves': 1}

    References
    ----------
    E. Aldwell and C. Schachter, "Harmony and voice leading", chapters 5 and 6.

    Chapter: music/generation
    """
    voices = check_voices(voices)
    if voices.shape[1] != len(VOICES):
        raise AudioError(f"voices have shape {voices.shape}: give (N, 4), soprano first")
    sounds, before, now = voices != REST, voices[:-1], voices[1:]
    both = sounds[:-1] & sounds[1:]
    moves = both & (before != now)  # (N - 1, 4)
    n_faults = dict.fromkeys(FAULTS, 0)
    for high, low in combinations(range(len(VOICES)), 2):
        apart = voices[:, high] - voices[:, low]
        are_both = sounds[:, high] & sounds[:, low]
        move_both = moves[:, high] & moves[:, low]
        for name, interval in (("fifths", FIFTH), ("octaves", 0)):
            is_so = (apart % OCTAVE == interval) & (apart >= 0)
            n_faults[name] += int((move_both & is_so[1:] & is_so[:-1]).sum())
        n_faults["crossing"] += _begins(are_both & (apart < 0))
        if low == high + 1:  # neighbours
            falls = moves[:, high] & both[:, low] & (now[:, high] < before[:, low])
            rises = moves[:, low] & both[:, high] & (now[:, low] > before[:, high])
            n_faults["overlap"] += int(falls.sum() + rises.sum())
            if low < len(VOICES) - 1:  # the bass may be as far below as it likes
                n_faults["spacing"] += _begins(are_both & (apart > OCTAVE))
    n_faults["leap"] = int((moves & (abs(now - before) > OCTAVE)).sum())
    for notes, (lowest, highest) in zip(voice_notes(voices), ranges, strict=True):
        n_faults["range"] += sum(not lowest <= pitch <= highest for pitch, _, _ in notes)
    return n_faults


def faults_a_bar(voices: np.ndarray, *, bar_frames: int = BAR_FRAMES) -> float:
    """Return how many rules four voices break in a bar, all kinds of `FAULTS` added up.

    Examples
    --------
    >>> faults_a_bar(np.repeat([[72, 67, 64, 48], [74, 69, 65, 50]], 16, axis=0))
    1.0

    Chapter: music/generation
    """
    check_count(bar_frames, name="bar_frames")
    return sum(voice_leading_faults(voices).values()) / (len(voices) / bar_frames)


def voice_histograms(pieces: list) -> dict[str, np.ndarray]:
    """Return how often pitches, steps and lengths come in pieces, each as shares that add up to 1.

    Parameters
    ----------
    pieces
        Each of shape (N, V), MIDI pitches, -1 for a rest.

    Returns
    -------
    dict
        "pitch" (128,), by note; "interval" (25,), from one note to the next of its voice, -12 to 12
        semitones, wider ones left out; "duration" (16,), 1 to 16 sixteenths, longer ones at 16.

    Examples
    --------
    >>> found = voice_histograms([np.array([[72], [72], [74], [72]])])
    >>> found["duration"][:2].round(2), found["interval"][[10, 14]]
    (array([0.67, 0.33]), array([0.5, 0.5]))

    Chapter: music/generation
    """
    counts = {"pitch": np.zeros(128), "interval": np.zeros(25), "duration": np.zeros(16)}
    for piece in pieces:
        for notes in voice_notes(piece):
            if not notes:
                continue
            pitches, first, after = np.array(notes).T
            steps = np.diff(pitches)[first[1:] == after[:-1]]
            np.add.at(counts["pitch"], pitches, 1)
            np.add.at(counts["interval"], steps[abs(steps) <= OCTAVE] + OCTAVE, 1)
            np.add.at(counts["duration"], np.minimum(after - first, 16) - 1, 1)
    return {name: count / max(count.sum(), 1) for name, count in counts.items()}


def check_voices(voices) -> np.ndarray:
    """Return voices (N, V) as whole numbers, or say what is wrong with them."""
    voices = as_array(voices, name="voices")
    if voices.ndim != 2 or voices.size == 0 or voices.dtype.kind not in "iu":
        raise AudioError(
            f"voices have shape {voices.shape} and hold {voices.dtype}: give (N, V), a row a "
            "sixteenth and a column a voice, in MIDI pitches"
        )
    return voices.astype(np.int64)


def _begins(is_so) -> int:
    """Count how often a state begins."""
    return int(is_so[0]) + int((is_so[1:] & ~is_so[:-1]).sum())
