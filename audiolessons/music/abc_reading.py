"""Reading ABC, the way in which folk tunes are written down as text, into bars of notes.

Read are keys with modes, accidentals that last through the bar, lengths, metres and fields within
a line, tuplets, broken rhythm, ties, repeats with endings, chords, chord symbols and rests. Grace
notes take no time and are left out, and so are ornaments, slurs and words.

References
----------
The ABC standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from audiolessons.errors import AudioError
from audiolessons.music.keys import ACCIDENTALS, NATURAL, Key, read_key
from audiolessons.music.tunes import Bar, Note, Tune

MIDDLE_OCTAVE = 60  # of C, D, ...; small letters lie an octave higher
LENGTH = r"(\d*)(?:(/+)(\d*))?"
PITCH = r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)"
LENGTHS = re.compile(LENGTH)
PITCHES = re.compile(PITCH + LENGTH)
TOKEN = re.compile(
    rf"""(?P<space>[\s`\\y*]+)
    |(?P<chord>"[^"]*")
    |(?P<decoration>![^!\s]*!|\+[^+\s]*\+|[~.HLMOPSTuv!+](?![:]))
    |(?P<grace>\{{[^}}]*\}})
    |(?P<field>\[[A-Za-z]:[^\]]*\])
    |(?P<ending>\[(?=\d)[\d,-]+)
    |(?P<bar>:*\|[\]|:]*(?:\[\|)?(?:\d[\d,-]*)?|:{{2,}}|\[\|:*|:)
    |(?P<stack>\[(?:[+~.]?{PITCH}\d*/*\d*-?\s*)+(?:\]|(?=\(\d)))
    |(?P<note>{PITCH})
    |(?P<rest>[zxZ])
    |(?P<tuplet>\(\d(?::\d*){{0,2}})
    |(?P<broken>>+|<+)
    |(?P<tie>-)
    |(?P<slur>[()])""",
    re.VERBOSE,
)
# How many notes sound in the time of how many; None: three in compound time, else two.
IN_THE_TIME_OF = {2: 3, 3: 2, 4: 3, 5: None, 6: 2, 7: None, 8: 3, 9: None}
COMMON = {"C": Fraction(1), "C|": Fraction(1), "none": Fraction(1), "": Fraction(1)}


def read_abc(text: str) -> list[Tune]:
    """Return the tunes of a text in ABC: each begins with a field `X:`, or at the beginning.

    Parameters
    ----------
    text
        Lines as in an `.abc` file.

    Raises
    ------
    AudioError
        If something cannot be read; it names the line and the place in it.

    Examples
    --------
    >>> tune = read_abc("X:1\\nT:A jig of ours\\nM:6/8\\nL:1/8\\nK:D\\nA|dcd fed|A2F D3:|")[0]
    >>> tune.title, tune.metre, tune.key.name, len(tune.notes), len(tune.played)
    ('A jig of ours', '6/8', 'D major', 10, 20)
    >>> read_abc("K:C\\nCDE ?")
    Traceback (most recent call last):
    ...
    audiolessons.errors.AudioError: line 2, place 5: '?' is no ABC that this reader knows

    Chapter: music/style
    """
    tunes, reading = [], None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        content = re.sub(r"(?<!\\)%.*", "", line).rstrip()
        if re.match(r"X:", content) and reading:
            tunes.append(reading)
            reading = None
        if not content.strip():
            continue
        reading = reading or _Reader()
        reading.line = number
        found = re.match(r"([A-Za-z]):(?!\|)(.*)", content)
        if found:
            reading.take_field(found[1], found[2].strip())
        else:
            reading.take_music(content)
    return [one.tune() for one in [*tunes, reading] if one and one.is_tune]


def read_metre(text: str) -> Fraction:
    """Return the length of a bar in whole notes: "6/8" is 3/4, "C" and "C|" are 1.

    Raises
    ------
    AudioError
        If it is no metre.

    Examples
    --------
    >>> read_metre("9/8"), read_metre("C|")
    (Fraction(9, 8), Fraction(1, 1))

    Chapter: music/style
    """
    if text in COMMON:
        return COMMON[text]
    found = re.fullmatch(r"\(?(\d+(?:\s*\+\s*\d+)*)\)?\s*/\s*([1-9]\d*)", text)
    if not found or not sum(map(int, found[1].split("+"))):
        raise AudioError(f"M is {text!r}: a metre is such as 6/8, 2+3/8, C or C|")
    return Fraction(sum(map(int, found[1].split("+"))), int(found[2]))


@dataclass
class _Reader:
    """What is known while a tune is read."""

    line: int = 0
    place: int = 0
    fields: dict = field(default_factory=dict)
    metre_text: str = "4/4"
    metre: Fraction = Fraction(1)
    is_compound: bool = False  # 6/8 is, and 3/4, which lasts as long, is not
    unit: Fraction | None = None
    first_key: Key | None = None
    key: Key = Key(0, "major")  # noqa: RUF009
    bars: list = field(default_factory=list)
    is_tune: bool = False
    # of the bar that is being read
    notes: list = field(default_factory=list)
    chords: list = field(default_factory=list)
    ties: set = field(default_factory=set)
    altered: dict = field(default_factory=dict)
    length: Fraction = Fraction(0)
    bar_line: int = 0
    opens: bool = False
    endings: tuple = ()
    # of the notes to come
    tuplet: list = field(default_factory=list)  # (factor, notes left)
    broken: Fraction = Fraction(1)
    last: list = field(default_factory=list)  # places in `notes` of what sounded last
    tied: dict = field(default_factory=dict)  # (letter, octave) -> pitch

    def problem(self, text: str) -> AudioError:
        return AudioError(f"line {self.line}, place {self.place + 1}: {text}")

    def take_field(self, letter: str, content: str) -> None:
        """Take a line of the header, or a field within the music."""
        try:
            if letter == "M":
                self.metre = read_metre(content)
                self.is_compound = bool(re.match(r"(6|9|12)\s*/", content))
                if not self.is_tune:
                    self.metre_text = content
            elif letter == "L":
                self.unit = Fraction(content.replace(" ", ""))
                if self.unit <= 0:
                    raise AudioError(f"L is {content!r}: a length is such as 1/8")
            elif letter == "P" and self.bars and not self.length:  # another part begins
                self._close_bar("||")
            elif letter == "K":
                self.key = read_key(content)
                self.first_key = self.first_key or self.key
        except (AudioError, ValueError, ZeroDivisionError) as problem:
            said = f"L is {content!r}: a length is such as 1/8" if letter == "L" else problem
            raise self.problem(str(said)) from None
        self.fields[letter] = (*self.fields.get(letter, ()), content)

    @property
    def note_length(self) -> Fraction:
        """The field L:, or what the standard takes where there is none."""
        return self.unit or Fraction(1, 16 if self.metre < Fraction(3, 4) else 8)

    def take_music(self, text: str) -> None:
        """Take a line of notes."""
        if self.first_key is None and not self.is_tune:
            self.first_key = self.key
        self.place = 0
        while self.place < len(text):
            found = TOKEN.match(text, self.place)
            if not found:
                raise self.problem(f"{text[self.place]!r} is no ABC that this reader knows")
            self.place = getattr(self, f"_{found.lastgroup}")(found, text)

    def _space(self, found, text):
        return found.end()

    _grace = _slur = _decoration = _space

    def _chord(self, found, text):
        said = found.group()[1:-1]
        if said and said[0] not in "^_<>@":  # those are words beside the staff
            self.chords.append((self.length, said))
        return found.end()

    def _field(self, found, text):
        self.take_field(found.group()[1], found.group()[3:-1].strip())
        return found.end()

    def _ending(self, found, text):
        if self.notes or self.length:
            self._close_bar("")
        self.endings = self._numbers(found.group()[1:])
        return found.end()

    def _bar(self, found, text):
        sign = found.group()
        numbers = re.search(r"\d[\d,-]*$", sign)
        if numbers:
            sign = sign[: numbers.start()]
        self._close_bar(sign)
        if numbers:
            self.endings = self._numbers(numbers.group())
        return found.end()

    def _numbers(self, text: str) -> tuple[int, ...]:
        """Return 1, 2, 3 for "1-3" and 1, 3 for "1,3"."""
        numbers: list[int] = []
        for part in filter(None, text.split(",")):
            found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            if not found:
                raise self.problem(f"{text!r} numbers no endings")
            numbers += range(int(found[1]), int(found[2] or found[1]) + 1)
        return tuple(numbers)

    def _close_bar(self, sign: str) -> None:
        """End a bar at a sign; one that is empty only hands its signs on."""
        closes = sign.startswith(":")
        ends = closes or "||" in sign or "]" in sign or sign.endswith(":")
        if self.length or self.notes:
            self.bars.append(
                Bar(
                    tuple(self.notes),
                    self.length,
                    self.metre,
                    self.key,
                    tuple(self.chords),
                    frozenset(self.ties),
                    self.opens,
                    closes,
                    ends,
                    self.endings,
                    self.bar_line,
                )
            )
            self.notes, self.chords, self.ties, self.altered = [], [], set(), {}
            self.length, self.opens = Fraction(0), False
        elif self.bars and (closes or ends):
            before = self.bars[-1]
            self.bars[-1] = Bar(**{**vars(before), "closes": before.closes or closes, "ends": True})
        self.last = []
        if ends:
            self.endings = ()
        if sign.endswith(":") and (len(sign) > 1 or not closes):
            self.opens = True

    def _length_at(self, text: str, at: int) -> tuple[Fraction, int]:
        """Return the length written at a place, in units of L, and where it ends."""
        found = LENGTHS.match(text, at)
        assert found  # it may be empty
        above, slashes, below = found.groups()
        if 0 in (int(below or 1), int(above or 1)):
            raise self.problem(f"{found.group()!r} is a length of nothing, or divides by 0")
        under = int(below) if below else 2 ** len(slashes or "")
        return Fraction(int(above or 1), under), found.end()

    def _sound(self, pitches: list[int], length: Fraction) -> None:
        """Put notes, or silence, at the end of the bar."""
        length *= self.note_length * self.broken
        self.broken = Fraction(1)
        if self.tuplet:
            factor, left = self.tuplet
            length *= factor
            self.tuplet = [factor, left - 1] if left > 1 else []
        self.is_tune = True
        if not self.length and not self.notes:
            self.bar_line = self.line
        self.last = list(range(len(self.notes), len(self.notes) + len(pitches)))
        self.notes += [Note(self.length, length, pitch) for pitch in pitches]
        self.last_length = length
        self.length += length

    def _pitch(self, sign, letter: str, octaves: str) -> int:
        """Return the MIDI pitch: its own sign, else one before it in the bar, else the key's."""
        octave = letter.islower() + octaves.count("'") - octaves.count(",")
        name = letter.upper()
        natural = MIDDLE_OCTAVE + NATURAL[name] + 12 * octave
        if sign:
            self.altered[name] = ACCIDENTALS[sign]
        elif (name, octave) in self.tied and name not in self.altered:
            return self.tied[name, octave]  # a tie carries the sign into the next bar
        pitch = natural + self.altered.get(name, dict(self.key.changes).get(name, 0))
        if not 0 <= pitch <= 127:
            raise self.problem(f"{name} lies {octave} octaves away, beyond MIDI pitches 0 to 127")
        return pitch

    def _note(self, found, text):
        part = next(PITCHES.finditer(found.group()))
        sign, letter, octaves = part.groups()[:3]
        pitch = self._pitch(sign, letter, octaves)
        length, end = self._length_at(text, found.end())
        self._sound([pitch], length)
        octave = letter.islower() + octaves.count("'") - octaves.count(",")
        self.names = [(letter.upper(), octave)]
        self.tied = {}
        return end

    def _stack(self, found, text):
        inside = found.group()[1:].rstrip("]")  # one tune forgets it, before a tuplet
        parts = list(PITCHES.finditer(inside))
        pitches = [self._pitch(*part.groups()[:3]) for part in parts]
        self.names = [
            (p[2].upper(), p[2].islower() + p[3].count("'") - p[3].count(",")) for p in parts
        ]
        own, _ = self._length_at(inside, parts[0].end(3))
        length, end = self._length_at(text, found.end())
        self._sound(pitches, own * length)
        self.tied = {}
        if "-" in inside:
            self._tie(None, text)
        return end

    def _rest(self, found, text):
        length, end = self._length_at(text, found.end())
        if found.group() == "Z":  # of whole bars
            length *= self.metre / self.note_length
        self._sound([], length)
        self.tied = {}
        return end

    def _tuplet(self, found, text):
        numbers = found.group()[1:].split(":")
        n_notes = int(numbers[0])
        if n_notes not in IN_THE_TIME_OF:
            raise self.problem(f"({n_notes} is no tuplet: give 2 to 9")
        time_of = IN_THE_TIME_OF[n_notes] or (3 if self.is_compound else 2)
        if len(numbers) > 1 and numbers[1]:
            time_of = int(numbers[1])
        left = int(numbers[2]) if len(numbers) > 2 and numbers[2] else n_notes
        self.tuplet = [Fraction(time_of, n_notes), left]
        return found.end()

    def _broken(self, found, text):
        if not self.last:
            raise self.problem(f"{found.group()!r} stands between two notes of a bar")
        short = Fraction(1, 2 ** len(found.group()))
        first, self.broken = (2 - short, short) if ">" in found.group() else (short, 2 - short)
        added = self.last_length * (first - 1)
        for place in self.last:
            note = self.notes[place]
            self.notes[place] = note._replace(duration=note.duration + added)
        self.length += added
        return found.end()

    def _tie(self, found, text):
        if not self.last:
            if not self.tied:
                raise self.problem("'-' ties a note to the next: none is before it")
        else:
            self.ties.update(self.last)
            pitches = [self.notes[place].pitch for place in self.last]
            self.tied = dict(zip(self.names, pitches, strict=True))
        return found.end() if found else None

    def tune(self) -> Tune:
        """Return what was read; the last bar needs no line."""
        self._close_bar("")
        fields = {letter: tuple(said) for letter, said in self.fields.items()}
        return Tune(tuple(self.bars), self.first_key or self.key, self.metre_text, fields)
