"""Names, note values, ties and accidentals, as a musician would write them."""

from fractions import Fraction

import numpy as np
import pytest

from audiolessons.errors import AudioError
from audiolessons.music import key_of, spell, split_value, write_bars
from audiolessons.music.keys import NATURAL

KEYS = [key_of(tonic) for tonic in ("C", "G", "D", "A", "E", "B", "F", "Bb", "Eb", "Ab", "Db")]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_name_means_its_pitch_and_notes_of_the_key_need_no_sign(key):
    in_key = dict(key.changes)
    for pitch in range(36, 90):
        letter, shift, octave = spell(pitch, key)
        assert NATURAL[letter] + shift + 12 * (octave + 1) == pitch
        if (pitch - key.tonic) % 12 in (0, 2, 4, 5, 7, 9, 11):
            assert shift == in_key.get(letter, 0)


def test_leading_notes_of_minor_keys_are_raised():
    for tonic, pitch, name in (("A", 68, ("G", 1)), ("G", 66, ("F", 1)), ("C", 59, ("B", 0))):
        assert spell(pitch, key_of(tonic, "minor"))[:2] == name


def test_values_add_up_and_show_the_bar():
    for metre, bar in (("4/4", 16), ("3/4", 12), ("6/8", 12), ("2/4", 8), ("2/2", 16)):
        for onset in range(bar):
            for length in range(1, 40):
                values = split_value(onset, length, metre=metre)
                assert sum(values) == length
                edges = onset + np.cumsum([0, *values])
                inside = set(range(bar, onset + length, bar))
                assert inside <= set(edges.tolist()), (metre, onset, length)


@pytest.mark.parametrize(
    ("onset", "length", "metre", "values"),
    [
        (0, 16, "4/4", [16]),
        (4, 12, "4/4", [12]),
        (0, 5, "4/4", [4, 1]),
        (3, 2, "4/4", [1, 1]),
        (1, 3, "4/4", [3]),
        (0, 9, "6/8", [6, 3]),
        (0, 6, "6/8", [6]),
        (4, 4, "6/8", [2, 2]),
        (0, 12, "3/4", [12]),
    ],
)
def test_values_as_they_are_written(onset, length, metre, values):
    assert split_value(onset, length, metre=metre) == values


def test_an_accidental_holds_until_the_bar_line():
    voice = np.repeat([66, 67, 66, 67, 66, 65, 67, 67], 4)[:, None]  # F sharp, three times
    found = [(s.pitch, s.accidental) for s in write_bars(voice, key=key_of("C"))]
    assert (
        found
        == [(66, "♯"), (67, ""), (66, ""), (67, ""), (66, "♯"), (65, "♮"), (67, "")][: len(found)]
    )


def test_a_natural_takes_a_sharp_of_the_key_away_and_the_other_voice_hears_of_it():
    voices = np.repeat([[77, 65, 50, 38], [79, 66, 50, 38], [81, 65, 50, 38]], 4, axis=0)
    signs = {(s.voice, s.onset): s.accidental for s in write_bars(voices, key=key_of("D"))}
    assert signs[0, 0] == signs[1, 0] == "♮"  # another octave needs its own
    assert signs[1, 4] == "♯"
    assert signs[1, 8] == "♮"


def test_ties_cross_the_bar_line_without_a_new_accidental():
    signs = write_bars(np.full((32, 1), 61), key=key_of("F"))
    assert [(s.accidental != "", s.tied) for s in signs] == [(True, True), (False, False)]


def test_an_upbeat_shares_its_bar_with_the_end():
    voice = np.repeat([67, 72, 72, 74, 76], 4)[:16, None]
    signs = write_bars(voice, key=key_of("C"), upbeat_quarters=1)
    assert (signs[0].bar, signs[0].onset) == (0, 12)
    assert signs[1].bar == 1
    assert all(sign.pitch is not None for sign in signs)  # no rests at either end


def test_rests_fill_what_does_not_sound():
    voice = np.array([60] * 4 + [-1] * 6 + [62] * 2)[:, None]
    signs = write_bars(voice, key=key_of("C"))
    assert [(s.pitch, s.length) for s in signs] == [(60, 4), (None, 6), (62, 2), (None, 4)]


def test_what_cannot_be_written_is_refused():
    with pytest.raises(AudioError, match="triplets"):
        write_bars([(0, Fraction(1, 12), 60)], key=key_of("C"))
    with pytest.raises(AudioError, match="metre is 'C'"):
        write_bars([(0, Fraction(1, 4), 60)], key=key_of("C"), metre="C")
    with pytest.raises(AudioError, match="upbeat_quarters is 4"):
        write_bars([(0, Fraction(1, 4), 60)], key=key_of("C"), upbeat_quarters=4)
