"""Tunes as bars of notes: times are fractions of a whole note, pitches those of MIDI.

A tune is kept as it is written, bar by bar, with its repeats. `notes` goes through it once,
`played` as the signs say; ties are joined in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.music.keys import Key

REPEATED = 2  # a part between repeat signs sounds twice, unless its endings count further


class Note(NamedTuple):
    """A note: onset and duration are fractions of a whole note, 60 is the middle C.

    Chapter: music/style
    """

    onset: Fraction
    duration: Fraction
    pitch: int


@dataclass(frozen=True)
class Bar:
    """One bar as written: onsets count from its beginning, `length` is that of its contents.

    `ties` are the places in `notes` of those that go on in the next note of their pitch. `opens`
    and `closes` are repeat signs, `ends` is any double line, `endings` are the passes in which
    the bar sounds, empty for all. `line` is where it begins in the text that was read.

    Chapter: music/style
    """

    notes: tuple[Note, ...]
    length: Fraction
    metre: Fraction
    key: Key
    chords: tuple[tuple[Fraction, str], ...] = ()
    ties: frozenset[int] = frozenset()
    opens: bool = False
    closes: bool = False
    ends: bool = False
    endings: tuple[int, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Tune:
    """A tune: its bars, what its header says, and views of its notes.

    `fields` holds the lines of the header by letter, such as `fields["T"]`, each a tuple of texts.

    Chapter: music/style
    """

    bars: tuple[Bar, ...]
    key: Key
    metre: str
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The first title, or "" where there is none."""
        return self.fields.get("T", ("",))[0]

    @property
    def notes(self) -> list[Note]:
        """The notes, each bar once, in order of onset and pitch; ties are joined."""
        return join(self.bars)

    @property
    def played(self) -> list[Note]:
        """The notes with all repeats and endings played."""
        return join(unfold(self.bars))

    @property
    def misfits(self) -> list[tuple[int, Fraction]]:
        """Bars that do not add up to the metre: (number from 1, length in whole notes).

        A bar may be short where a part begins or ends: an upbeat and the last bar share one.
        """
        found = []
        following = [*self.bars[1:], None]
        for number, (bar, after) in enumerate(zip(self.bars, following, strict=True), start=1):
            is_edge = (
                number == 1
                or after is None
                or bool(after.endings)
                or bar.opens
                or bar.closes
                or bar.ends
                or bool(bar.endings)
                or self.bars[number - 2].closes
                or self.bars[number - 2].ends
            )
            if bar.length > bar.metre or (bar.length < bar.metre and not is_edge):
                found.append((number, bar.length))
        return found


def join(bars: Iterable[Bar]) -> list[Note]:
    """Return the notes of bars one after the other, tied notes as one.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> tune = read_abc("M:2/4\\nL:1/8\\nK:C\\nCD E2-|E4|")[0]
    >>> [(str(note.onset), str(note.duration), note.pitch) for note in join(tune.bars)]
    [('0', '1/8', 60), ('1/8', '1/8', 62), ('1/4', '3/4', 64)]

    Chapter: music/style
    """
    notes: list[Note] = []
    waiting: dict[int, int] = {}  # pitch -> place of a note that goes on
    start = Fraction(0)
    for bar in bars:
        for place, note in enumerate(bar.notes):
            onset = start + note.onset
            at = waiting.pop(note.pitch, None)
            if at is not None and notes[at].onset + notes[at].duration == onset:
                notes[at] = notes[at]._replace(duration=notes[at].duration + note.duration)
            else:
                at = len(notes)
                notes.append(note._replace(onset=onset))
            if place in bar.ties:
                waiting[note.pitch] = at
        start += bar.length
    return sorted(notes)


def unfold(bars: Iterable[Bar]) -> list[Bar]:
    """Return bars in the order in which they are played: repeats and endings resolved.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> tune = read_abc("M:2/4\\nL:1/4\\nK:C\\n|:CD|[1 EF:|[2 GA||cc|")[0]
    >>> [note.pitch for note in join(unfold(tune.bars))]
    [60, 62, 64, 65, 60, 62, 67, 69, 72, 72]

    Chapter: music/style
    """
    bars = list(bars)
    order: list[Bar] = []
    start, at, turn, was_ending = 0, 0, 1, False
    while at < len(bars):
        bar = bars[at]
        if was_ending and not bar.endings and turn > 1:
            start, turn = at, 1  # the last ending is over
        if bar.opens and at != start:
            start, turn = at, 1
        was_ending = bool(bar.endings)
        if not bar.endings or turn in bar.endings:
            order.append(bar)
            if bar.closes:
                n_turns = max(REPEATED, *_endings_from(bars, start, at))
                if turn < n_turns:
                    at, turn, was_ending = start, turn + 1, False
                    continue
                start, turn = at + 1, 1
        at += 1
    return order


def _endings_from(bars: list[Bar], start: int, at: int) -> list[int]:
    """Return the numbers of all endings of the part that begins at `start`."""
    numbers = [1]
    for place, bar in enumerate(bars[start:], start=start):
        if place > at and not bar.endings:
            break
        numbers += bar.endings
    return numbers


def melody(notes: Iterable[Note]) -> list[Note]:
    """Return the highest note at each onset: the tune without what is sung below it.

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> both = [Note(Fraction(0), quarter, 60), Note(Fraction(0), quarter, 64)]
    >>> [note.pitch for note in melody(both)]
    [64]

    Chapter: music/style
    """
    highest: dict[Fraction, Note] = {}
    for note in notes:
        if note.onset not in highest or note.pitch > highest[note.onset].pitch:
            highest[note.onset] = note
    return [highest[onset] for onset in sorted(highest)]


def transposed(tune: Tune, semitones: int) -> Tune:
    """Return a tune moved by semitones: key and notes move, chord symbols are left out.

    Raises
    ------
    AudioError
        If a pitch leaves 0 to 127.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> up = transposed(read_abc("M:3/4\\nL:1/4\\nK:G\\nGBd|")[0], 2)
    >>> [note.pitch for note in up.notes], up.key.name
    ([69, 73, 76], 'A major')

    Chapter: music/style
    """
    reached = [note.pitch + semitones for bar in tune.bars for note in bar.notes]
    if reached and not 0 <= min(reached) <= max(reached) <= 127:
        raise AudioError(
            f"semitones is {semitones}: the tune would go from {min(reached)} to {max(reached)}, "
            "and MIDI pitches are 0 to 127"
        )
    bars = tuple(
        replace(
            bar,
            notes=tuple(note._replace(pitch=note.pitch + semitones) for note in bar.notes),
            key=bar.key.moved(semitones),
            chords=(),
        )
        for bar in tune.bars
    )
    return replace(tune, bars=bars, key=tune.key.moved(semitones))


def note_arrays(notes: Iterable[Note]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return onsets and durations in whole notes, float64 (N,), and pitches, int64 (N,).

    Examples
    --------
    >>> onsets, durations, pitches = note_arrays([Note(Fraction(1, 4), Fraction(1, 8), 62)])
    >>> float(onsets[0]), float(durations[0]), int(pitches[0])
    (0.25, 0.125, 62)

    Chapter: music/style
    """
    notes = list(notes)
    onsets = np.array([float(note.onset) for note in notes])
    durations = np.array([float(note.duration) for note in notes])
    return onsets, durations, np.array([note.pitch for note in notes], dtype=np.int64)
