"""Writing tunes as ABC, so that other programs read them: the way back from `read_abc`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audiolessons.errors import AudioError
from audiolessons.music.abc_reading import MIDDLE_OCTAVE, read_metre
from audiolessons.music.keys import ACCIDENTALS, LETTERS, NATURAL, Key, key_of, spelled
from audiolessons.music.tunes import Bar, Note, Tune

UNIT = Fraction(1, 8)
SIGNS = {shift: sign for sign, shift in ACCIDENTALS.items()}
MODE_MARKS = {"major": "", "minor": "m"}
BARS_A_LINE = 4
TRIPLET = 3


def write_abc(tune: Tune) -> str:
    """Return a tune as ABC; what `read_abc` reads from it has the same bars.

    Fields of the header other than number, title, metre, length and key are left out.

    Raises
    ------
    AudioError
        If notes of a bar overlap without beginning together: ABC writes one voice.

    Examples
    --------
    >>> from audiolessons.music.abc_reading import read_abc
    >>> print(write_abc(read_abc("T:Two bars\\nM:2/4\\nL:1/4\\nK:G\\n|:GB|d^c:|")[0]))
    X:1
    T:Two bars
    M:2/4
    L:1/8
    K:G
    |:G2B2|d2^c2:|
    <BLANKLINE>

    Chapter: music/style
    """
    number = tune.fields.get("X", ("1",))[0]
    header = [f"X:{number}", f"T:{tune.title}", f"M:{tune.metre}", f"L:{UNIT}"]
    lines = [*header, f"K:{_named(tune.key)}"]
    text, key, metre = "", tune.key, read_metre(tune.metre)
    endings: tuple[int, ...] = ()
    is_tied = False
    for place, bar in enumerate(tune.bars):
        if bar.opens:
            text += ":" if text.endswith("|") else "|:"
        if bar.endings and bar.endings != endings:
            text += f"[{','.join(map(str, bar.endings))} "
        if bar.key != key:
            text += f"[K:{_named(bar.key)}]"
        if bar.metre != metre:
            text += f"[M:{bar.metre.numerator}/{bar.metre.denominator}]"
        sign = ":|" if bar.closes else "||" if bar.ends else "|"
        text += "".join(_written(bar, is_tied)) + sign
        key, metre, is_tied = bar.key, bar.metre, bool(bar.ties)
        endings = () if bar.ends or bar.closes else bar.endings
        if not (place + 1) % BARS_A_LINE:
            lines.append(text)
            text = ""
    return "\n".join([*lines, *filter(None, [text]), ""])


def _named(key: Key) -> str:
    """Return a key as a field K: writes it, with the letters in which its signature differs."""
    plain = key_of(spelled(key.tonic, key.mode), key.mode)
    name = spelled(key.tonic, key.mode) + MODE_MARKS.get(key.mode, key.mode)
    own, usual = dict(key.changes), dict(plain.changes)
    signs = [
        SIGNS[own.get(letter, 0)] + letter.lower()
        for letter in LETTERS
        if own.get(letter, 0) != usual.get(letter, 0)
    ]
    return " ".join([name, *signs])


def _written(bar: Bar, is_tied: bool) -> Iterator[str]:
    """Yield what stands between two bar lines."""
    groups: dict[Fraction, list[tuple[int, Note]]] = {}
    for place, note in enumerate(bar.notes):
        groups.setdefault(note.onset, []).append((place, note))
    onsets = sorted({*groups, *(onset for onset, _ in bar.chords), bar.length})
    altered: dict[str, int] = {}
    now, in_triplet = Fraction(0), 0
    for onset in onsets:
        if onset < now:
            raise AudioError(f"bar of line {bar.line}: two voices, and ABC is written in one here")
        if onset > now:
            yield "z" + _length(onset - now)
        yield from (f'"{said}"' for at, said in bar.chords if at == onset)
        now = onset
        group = groups.get(onset, [])
        if not group:
            continue
        duration = group[0][1].duration
        followers = [groups.get(onset + n * duration) for n in range(TRIPLET)]
        are_three = all(one and one[0][1].duration == duration for one in followers)
        if not in_triplet and duration.denominator % TRIPLET == 0 and are_three:
            in_triplet = TRIPLET
            yield f"({TRIPLET}"
        pitches = [_spelt(note.pitch, bar.key, altered, is_tied) for _, note in group]
        is_tied = any(place in bar.ties for place, _ in group)
        written = pitches[0] if len(pitches) == 1 else f"[{''.join(pitches)}]"
        yield written + _length(duration * Fraction(3, 2) if in_triplet else duration)
        yield "-" * is_tied
        in_triplet = max(0, in_triplet - 1)
        now += duration


def _length(duration: Fraction) -> str:
    """Return a length in units of L:, nothing for one."""
    units = duration / UNIT
    above = "" if units.numerator == 1 else str(units.numerator)
    return above if units.denominator == 1 else f"{above}/{units.denominator}"


def _spelt(pitch: int, key: Key, altered: dict[str, int], is_tied: bool) -> str:
    """Return a pitch as a letter with its octave, and a sign if bar and key do not say it."""
    is_flat = any(shift < 0 for _, shift in key.changes)
    signature = dict(key.changes)

    def current(letter: str) -> int:
        return altered.get(letter, signature.get(letter, 0))

    choices = [
        (letter, shift)
        for letter in LETTERS
        for shift in (-1, 0, 1)
        if (NATURAL[letter] + shift - pitch) % 12 == 0
    ]
    letter, shift = min(
        choices,
        key=lambda one: (
            one[1] != current(one[0]),
            one[1] != signature.get(one[0], 0),
            abs(one[1]),
            (one[1] > 0) == is_flat,
        ),
    )
    sign = SIGNS[shift] if shift != current(letter) or is_tied else ""
    if sign:
        altered[letter] = shift
    octave = (pitch - shift - NATURAL[letter] - MIDDLE_OCTAVE) // 12
    name = letter.lower() if octave > 0 else letter
    return sign + name + ("'" * (octave - 1) if octave > 0 else "," * -octave)
