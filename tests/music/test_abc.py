"""Tunes in ABC: what the standard says of each sign, read and written back."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from audiolessons import music
from audiolessons.errors import AudioError


def read(body, *, metre="4/4", unit="1/8", key="C"):
    return music.read_abc(f"X:1\nM:{metre}\nL:{unit}\nK:{key}\n{body}")[0]


def pitches(body, **options):
    return [note.pitch for note in read(body, **options).notes]


def durations(body, **options):
    return [str(note.duration) for note in read(body, **options).notes]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C,, C, C c c' c''", [36, 48, 60, 72, 84, 96]),
        ("^F _B =F ^^C __E", [66, 70, 65, 62, 62]),
        ("^F F | F", [66, 66, 65]),  # through the bar
        ("^F f", [66, 78]),  # in every octave: the standard's default
        ("^F =F F", [66, 65, 65]),
        ("^F4-|F4 | F", [66, 65]),  # a tie carries the sign over the bar line, and no further
        ("^F4-|F2 F2", [66, 65]),
        ("[CEG]2 [Ac]", [60, 64, 67, 69, 72]),
        ('"Am"A "^slowly"B !trill!c ~d {ga}e (fg)', [69, 71, 72, 74, 76, 77, 79]),
        ("C % a comment D", [60]),
        ("C\\\nD", [60, 62]),
        ("[K:D]F", [66]),
        ("F z F", [65, 65]),
    ],
)
def test_pitches(body, expected):
    assert pitches(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C C2 C3/2 C/2 C/ C// C3/", ["1/8", "1/4", "3/16", "1/16", "1/16", "1/32", "3/16"]),
        ("(3CDE F", ["1/12"] * 3 + ["1/8"]),
        ("(3:2:4CDEF G", ["1/12"] * 4 + ["1/8"]),
        ("(2CD", ["3/16"] * 2),
        ("(5CDEFG", ["1/20"] * 5),  # five in the time of two, in simple time
        ("C>D E<F", ["3/16", "1/16", "1/16", "3/16"]),
        ("C>>D", ["7/32", "1/32"]),
        ("C4-C2", ["3/4"]),
        ("C-|C-|C", ["3/8"]),
        ("[L:1/4]C", ["1/4"]),
        ("[C2E2]2", ["1/2", "1/2"]),
    ],
)
def test_durations(body, expected):
    assert durations(body) == expected


def test_five_in_compound_time():
    assert durations("(5CDEFG", metre="6/8") == ["3/40"] * 5
    assert durations("(5CDEFG", metre="3/4") == ["1/20"] * 5  # as long, and no compound time


def test_rests_and_grace_notes_take_the_time_that_they_take():
    onsets = [str(note.onset) for note in read("C z2 {d}D Z E", metre="2/4").notes]
    assert onsets == ["0", "3/8", "1"]


def test_the_unit_follows_the_metre_where_no_field_says_it():
    assert music.read_abc("M:2/4\nK:C\nC")[0].notes[0].duration == Fraction(1, 16)
    assert music.read_abc("M:3/4\nK:C\nC")[0].notes[0].duration == Fraction(1, 8)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("|:C:|", "CC"),
        ("C:|D", "CCD"),
        ("C|:D:|E", "CDDE"),
        ("|:C::D:|", "CCDD"),
        ("|:C:||:D:|", "CCDD"),
        ("|:C|[1D:|[2E|]F", "CDCEF"),
        ("|:C|1D:|2E||F", "CDCEF"),
        ("|:C|[1D|E:|[2F|G||A|:B:|", "CDECFGABB"),
        ("|:C|[1,2D:|[3E||", "CDCDCE"),
    ],
)
def test_repeats_and_endings(body, expected):
    names = dict(zip((60, 62, 64, 65, 67, 69, 71), "CDEFGAB", strict=True))
    assert "".join(names[note.pitch] for note in read(body).played) == expected


def test_a_tie_goes_into_the_second_time():
    tune = read("|:C4-|[1C4:|[2C2D2|")
    assert [(str(n.onset), str(n.duration)) for n in tune.played] == [
        ("0", "1"), ("1", "3/4"), ("7/4", "1/4"),
    ]  # fmt: skip


def test_several_tunes_headers_and_chords():
    first, second = music.read_abc('X:1\nT:One\nT:Also\nK:G\n"G"G>A|\n\nX:2\nT:Two\nM:C|\nK:Dm\nd|')
    assert (first.title, second.title, second.metre) == ("One", "Two", "C|")
    assert first.fields["T"] == ("One", "Also")
    assert first.bars[0].chords == ((Fraction(0), "G"),)
    assert second.key.name == "D minor"


def test_bars_that_do_not_add_up_are_told():
    tune = read("A|BCDE FGAB|CDE|FGAB CDEF|GABC DEFG A:|", metre="4/4")
    assert tune.misfits == [(3, Fraction(3, 8)), (5, Fraction(9, 8))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("K:C\nCD?E", "line 2, place 3: '\\?' is no ABC"),
        ("K:C\n\nCDE\nC2 &", r"line 4, place 4: '&' is no ABC"),
        ("K:H\nC", "line 1, place 1: K is 'H'"),
        ("L:0\nK:C\nC", "line 1, place 1: L is '0'"),
        ("M:6/0\nK:C\nC", "line 1, place 1: M is '6/0'"),
        ("K:C\nC/0", "line 2, place 1: '/0' is a length"),
        ("K:C\n>C", "line 2, place 1: '>' stands between two notes"),
        ("K:C\n-C", "line 2, place 1: '-' ties a note"),
        ("K:C\n(1C", r"line 2, place 1: \(1 is no tuplet"),
        ("K:C\nC,,,,,,", "line 2, place 1: C lies -6 octaves away"),
        ("K:C\n[1--2 C", "line 2, place 1: '[^']*' numbers no endings"),
    ],
)
def test_errors_name_line_and_place(text, message):
    with pytest.raises(AudioError, match=message):
        music.read_abc(text)


def test_an_empty_text_holds_no_tune():
    assert music.read_abc("% nothing\n\nT:words alone\n") == []


def drawn_tune(seed):
    """A tune of random signs, with what is rare in print."""
    random = np.random.default_rng(seed)
    body = ""
    for number in range(8):
        body += random.choice(["|:", "|", "||", ":|"]) if number else ""
        for _ in range(random.integers(1, 6)):
            sign = random.choice(["", "", "^", "_", "="])
            note = sign + random.choice(list("CDEFGABcdefgab"))
            kind = random.integers(0, 7)
            body += {0: f"(3{note}{note}{note}", 1: f"[{note}e]2", 2: "z", 3: f"{note}-"}.get(
                int(kind), f"{note}{random.integers(1, 5)}"
            )
    return read(body, key=str(random.choice(["C", "Bbm", "Ador", "F#", "D =c"])))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_reads_as_it_was(seed):
    tune = drawn_tune(seed)
    again = music.read_abc(music.write_abc(tune))[0]
    assert [replace(bar, line=0) for bar in again.bars] == [
        replace(bar, line=0) for bar in tune.bars
    ]
    assert again.key == tune.key
    assert again.played == tune.played


def test_two_voices_are_not_written():
    tune = read("C4 E4|")
    notes = (tune.bars[0].notes[0], tune.bars[0].notes[1]._replace(onset=Fraction(1, 8)))
    with pytest.raises(AudioError, match="two voices"):
        music.write_abc(replace(tune, bars=(replace(tune.bars[0], notes=notes),)))


@pytest.mark.parametrize("semitones", range(-6, 7))
def test_transposed_tunes_keep_their_steps_and_their_writing(semitones):
    tune = read("^c2 d2 e2 f2|g2 _b2 a4|", key="Dm")
    moved = music.transposed(tune, semitones)
    assert [n.pitch - semitones for n in moved.notes] == [n.pitch for n in tune.notes]
    assert music.read_abc(music.write_abc(moved))[0].notes == moved.notes
    assert (moved.key.mode, moved.key.tonic) == ("minor", (2 + semitones) % 12)


def test_no_tune_leaves_the_keys_of_midi():
    with pytest.raises(AudioError, match="semitones is 90"):
        music.transposed(read("C"), 90)
