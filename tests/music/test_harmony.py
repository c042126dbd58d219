"""Chords and cadences have the names that textbooks give them, in every key."""

import numpy as np
import pytest

from audiolessons.errors import AudioError
from audiolessons.music import cadences, chord_of, key_heard, key_of

C, F, G, AM = [67, 64, 60, 48], [69, 65, 60, 53], [67, 62, 59, 43], [69, 64, 60, 45]
G7 = [65, 62, 59, 43]


def phrase(*chords):
    return np.repeat(np.array(chords), 4, axis=0)


@pytest.mark.parametrize("up", range(12))
def test_chords_have_their_names_in_every_key(up):
    for chord, root, kind in (
        (C, 0, "major"), (AM, 9, "minor"), (G7, 7, "seventh"), ([71, 65, 62, 50], 11, "diminished"),
        ([60, 64], 0, "major"), ([72, 65, 62, 57], 2, "minor seventh"),
    ):  # fmt: skip
        assert chord_of(np.array(chord) + up) == ((root + up) % 12, kind)


@pytest.mark.parametrize("up", range(-5, 7))
@pytest.mark.parametrize(
    ("chords", "name"),
    [
        ((C, G7, C), "authentic"),
        ((C, F, C), "plagal"),
        ((C, F, G), "half"),
        ((C, G, AM), "deceptive"),
    ],
)
def test_cadences_have_their_names(chords, name, up):
    voices = phrase(*chords) + up
    key = key_of(("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")[up % 12])
    assert cadences(voices, key=key)[-1] == (8, name)


def test_an_inversion_or_a_passing_chord_is_no_cadence():
    first_inversion = [67, 60, 55, 52]
    assert not cadences(phrase(G7, first_inversion), key=key_of("C"))
    assert not cadences(np.array([G7] * 4 + [C] * 2 + [F] * 2), key=key_of("C"))


def test_a_minor_key_ends_with_a_minor_or_a_raised_third():
    minor, raised = [69, 64, 60, 45], [69, 64, 61, 45]
    dominant = [68, 64, 59, 52]
    for last in (minor, raised):
        assert cadences(phrase(minor, dominant, last), key=key_of("A", "minor"))[-1] == (
            8,
            "authentic",
        )


def test_the_key_is_heard_from_all_voices():
    assert key_heard(phrase(C, F, G7, C)).name == "C major"
    assert key_heard(phrase(C, F, G7, C) + 2).name == "D major"


def test_other_than_four_voices_are_refused():
    with pytest.raises(AudioError, match="soprano first"):
        cadences(np.full((8, 2), 60))
