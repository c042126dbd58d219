"""How music is written down: names of notes in a key, note values in a bar, ties, accidentals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.music.keys import LETTERS, NATURAL, SHARPS, Key
from audiolessons.music.performance import PER_WHOLE, parts_of

VALUES = (16, 12, 8, 6, 4, 3, 2, 1)  # sixteenths that one sign can hold: 12, 6 and 3 have a dot
# Names are twelve neighbours by fifths: they begin so far below the signature's C. A minor key has
# more sharps beyond its signature: its leading note, and that of its fifth.
FLATTEST = {"minor": -2}
FLATTEST_OTHERWISE = -3


@dataclass(frozen=True)
class Written:
    """One sign of a score: a note, or a rest if `pitch` is None.

    `onset` counts sixteenths from the beginning of its bar, `length` is one of `VALUES`. `shift` is
    1 for a sharp and -1 for a flat, whether written or in the signature; `accidental` is what is
    written before the note: "♯", "♭", "♮", "x" for a double sharp, "♭♭", or "". `tied` says that
    the next sign of the voice goes on with it.

    Chapter: music/generation
    """

    voice: int
    bar: int
    onset: int
    length: int
    pitch: int | None = None
    letter: str = ""
    shift: int = 0
    octave: int = 0
    accidental: str = ""
    tied: bool = False

    @property
    def step(self) -> int:
        """Steps of a staff above the C of octave 0: a line and the space above it differ by 1."""
        return 7 * self.octave + LETTERS.index(self.letter)


def spell(pitch: int, key: Key) -> tuple[str, int, int]:
    """Return how a pitch is written in a key: letter, shift (1 is sharp, -1 flat), octave.

    Of the names that a pitch has, the one is taken that lies near the key on the line of fifths
    (... B♭ F C G D A E B F♯ ...). What a chord is about to do is not looked at, so that one or the
    other accidental of a modulation is not what a composer would write.

    Parameters
    ----------
    pitch
        MIDI pitch; 60 is the C of octave 4.
    key
        Its signature decides.

    Examples
    --------
    >>> from audiolessons.music import key_of
    >>> spell(66, key_of("D")), spell(66, key_of("Db"))
    (('F', 1, 4), ('G', -1, 4))
    >>> spell(59, key_of("C#", "minor"))  # B sharp: the leading note, written below the C of 60
    ('B', 0, 3)
    >>> spell(60, key_of("C#", "minor"))
    ('B', 1, 3)

    Chapter: music/generation
    """
    pitch = check_count(pitch, name="pitch", minimum=0)
    first = sum(shift for _, shift in key.changes)
    first += FLATTEST.get(key.mode, FLATTEST_OTHERWISE)
    for fifths in range(first, first + 12):
        letter, shift = SHARPS[(fifths + 1) % 7], (fifths + 1) // 7
        if (NATURAL[letter] + shift - pitch) % 12 == 0:
            break
    return letter, shift, (pitch - shift) // 12 - 1


def bar_of(metre: str) -> tuple[int, int]:
    """Return the length of a bar and of a beat, in sixteenths: "6/8" has two beats of six.

    Raises
    ------
    AudioError
        If it is no metre such as "4/4", or has no whole number of sixteenths.

    Examples
    --------
    >>> bar_of("4/4"), bar_of("6/8"), bar_of("3/4"), bar_of("2/2")
    ((16, 4), (12, 6), (12, 4), (16, 8))

    Chapter: music/generation
    """
    found = re.fullmatch(r"(\d+)/(\d+)", metre)
    if not found or int(found[2]) not in (1, 2, 4, 8, 16) or not int(found[1]):
        raise AudioError(f'metre is {metre!r}: give one such as "4/4" or "6/8"')
    beats, unit = int(found[1]), PER_WHOLE // int(found[2])
    is_compound = unit == 2 and beats % 3 == 0
    return beats * unit, 3 * unit if is_compound else unit


def split_value(onset: int, length: int, *, metre: str = "4/4") -> list[int]:
    """Return the note values that write a note down, tied to one another.

    A bar line ends a value, and so does the beginning of a beat, unless the value itself begins on
    a beat: one sees where the beats are. A quarter between two eighths is the usual exception.

    Parameters
    ----------
    onset, length
        In sixteenths; the onset counts from the beginning of a bar.
    metre
        Such as "4/4".

    Examples
    --------
    >>> split_value(12, 8)  # a half note on the fourth beat: two quarters, tied over the bar line
    [4, 4]
    >>> split_value(0, 6), split_value(2, 4), split_value(6, 4)
    ([6], [4], [2, 2])

    Chapter: music/generation
    """
    bar, beat = bar_of(metre)
    check_positive(length, name="length", unit="sixteenths")
    values = []
    while length:
        place = onset % bar
        room = min(length, bar - place)
        value = next(v for v in VALUES if v <= room and _is_readable(place, v, beat))
        values.append(value)
        onset, length = onset + value, length - value
    return values


def _is_readable(place, value, beat):
    into = place % beat
    if into == 0:
        return value <= beat or value % beat == 0 or (beat == 4 and value == 6)
    if into + value <= beat:
        # A value of two or four begins at a multiple of half of itself: 1 2 1, but not 1 3 ...
        return value in (1, 2, 4) or into + value == beat
    return beat == 4 and into == 2 and value == 4 and place % 8 == 2


def write_bars(
    music, *, key: Key, metre: str = "4/4", upbeat_quarters: float = 0.0
) -> list[Written]:
    """Return music as the signs of a score, bar by bar.

    An accidental holds until the bar line, for its octave and for both voices of a staff. A note
    that is tied over a bar line needs none again.

    Parameters
    ----------
    music
        Voices (N, V) of sixteenths, or the notes of a tune; see `parts_of`. The upper half of the
        voices stands on the upper staff.
    key
        Decides on the signature and on names.
    metre
        Such as "4/4".
    upbeat_quarters
        How much stands before the first bar line, in quarters; 0 if the first bar is whole.

    Raises
    ------
    AudioError
        If a note does not begin and end on sixteenths, or the metre or upbeat cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from audiolessons.music import key_of
    >>> signs = write_bars(np.full((32, 1), 66), key=key_of("C"))
    >>> [(sign.bar, sign.length, sign.accidental, sign.tied) for sign in signs]
    [(0, 16, '♯', True), (1, 16, '', False)]

    Chapter: music/generation
    """
    bar, _ = bar_of(metre)
    upbeat = _whole(4 * upbeat_quarters, "upbeat_quarters")
    if not 0 <= upbeat < bar:
        raise AudioError(f"upbeat_quarters is {upbeat_quarters}: give 0, or less than a bar")
    first = bar - upbeat if upbeat else 0
    signs: list[Written] = []
    parts = parts_of(music)
    for voice, notes in enumerate(parts):
        at = first
        for onset, held, pitch in notes:
            start = first + _whole(4 * onset, "an onset")
            signs += _signs(voice, at, start - at, None, key, metre)
            at = start + _whole(4 * held, "a duration")
            signs += _signs(voice, start, at - start, pitch, key, metre)
        if notes and -at % bar != upbeat:  # the last bar lacks what the upbeat has
            signs += _signs(voice, at, -at % bar, None, key, metre)
    signs.sort(key=lambda sign: (sign.bar, sign.onset, sign.voice))
    return list(_with_accidentals(signs, key, len(parts)))


def _whole(sixteenths: float, name: str) -> int:
    if abs(sixteenths - round(sixteenths)) > 1e-6:
        raise AudioError(
            f"{name} is {sixteenths / 4:.4g} quarters, which is no whole number of sixteenths: "
            "triplets and shorter notes are not drawn"
        )
    return round(sixteenths)


def _signs(voice, start, length, pitch, key, metre) -> list[Written]:
    """Return the signs of one note or rest, tied as it needs, without accidentals."""
    if length <= 0:
        return []
    bar, _ = bar_of(metre)
    signs = []
    for value in split_value(start, length, metre=metre):
        where = {"voice": voice, "bar": start // bar, "onset": start % bar, "length": value}
        start, length = start + value, length - value
        if pitch is None:
            signs.append(Written(**where))
        else:
            letter, shift, octave = spell(pitch, key)
            signs.append(Written(**where, pitch=pitch, letter=letter, shift=shift, octave=octave,
                                 tied=length > 0))  # fmt: skip
    return signs


def _with_accidentals(signs, key, n_voices) -> Iterator[Written]:
    names = {0: "♮", 1: "♯", -1: "♭", 2: "x", -2: "♭♭"}
    in_key = dict(key.changes)
    valid: dict[tuple, int] = {}
    bar, going_on = 0, set()
    for sign in signs:
        if sign.bar != bar:
            bar, valid = sign.bar, {}
        if sign.pitch is None:
            yield sign
            continue
        staff = int(2 * sign.voice >= n_voices > 1)
        place = (staff, sign.step)
        goes_on = (sign.voice, sign.pitch) in going_on
        going_on.discard((sign.voice, sign.pitch))
        if sign.tied:
            going_on.add((sign.voice, sign.pitch))
        now = valid.get(place, in_key.get(sign.letter, 0))
        if sign.shift != now and not (goes_on and sign.onset == 0):
            valid[place] = sign.shift
            values = {**vars(sign), "accidental": names[sign.shift]}
            yield Written(**values)
        else:
            yield sign
