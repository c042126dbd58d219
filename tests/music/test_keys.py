"""Signatures by the circle of fifths, and keys found from notes."""

from types import SimpleNamespace

import numpy as np
import pytest

from audiolessons import music
from audiolessons.errors import AudioError
from audiolessons.music.keys import FIFTHS

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}


@pytest.mark.parametrize("mode", sorted(FIFTHS))
@pytest.mark.parametrize("tonic", range(12))
def test_signatures_give_the_scale_of_the_mode(mode, tonic):
    key = music.key_of(music.spelled(tonic, mode), mode)
    changes = dict(key.changes)
    letters = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
    classes = {(pitch + changes.get(letter, 0)) % 12 for letter, pitch in letters.items()}
    assert classes == {(tonic + step) % 12 for step in SCALES[mode]}
    assert key.tonic == tonic


@pytest.mark.parametrize(
    ("text", "name", "signs"),
    [
        ("G", "G major", 1), ("Bb", "Bb major", -2), ("Am", "A minor", 0), ("F#min", "F# minor", 3),
        ("D Mixolydian", "D mixolydian", 1), ("Ador", "A dorian", 1), ("EPhr", "E phrygian", 0),
        ("C ionian", "C major", 0), ("A Aeolian", "A minor", 0), ("F lyd", "F lydian", 0),
        ("none", "C major", 0), ("Hp", "A mixolydian", 2),
    ],
)  # fmt: skip
def test_fields(text, name, signs):
    key = music.read_key(text)
    assert (key.name, sum(shift for _, shift in key.changes)) == (name, signs)


def test_accidentals_of_a_field_change_its_signature():
    assert dict(music.read_key("D ^g =c").changes) == {"F": 1, "G": 1}
    assert dict(music.read_key("Am ^f").changes) == {"F": 1}
    assert dict(music.read_key("Bb clef=bass").changes) == {"B": -1, "E": -1}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: music.key_of("D#"), "tonic is 'D#', mode 'major': its signature would change"),
        (lambda: music.key_of("H"), "tonic is 'H'"),
        (lambda: music.key_of("C", "blue"), "mode is 'blue'"),
        (lambda: music.read_key("x"), "K is 'x'"),
        (lambda: music.key_scores(np.ones(11)), r"weights has shape \(11,\)"),
        (lambda: music.key_scores(np.ones(12)), "all the same"),
        (lambda: music.key_scores(np.arange(12), profile="mine"), "profile is 'mine'"),
        (lambda: music.find_key([]), "notes holds no note"),
    ],
)
def test_errors(call, message):
    with pytest.raises(AudioError, match=message):
        call()


@pytest.mark.parametrize("profile", ["krumhansl", "temperley"])
def test_scores_are_correlations_and_turn_with_the_notes(profile):
    weights = np.random.default_rng(0).random(12)
    scores = music.key_scores(weights, profile=profile)
    turned = music.key_scores(np.roll(weights, 5), profile=profile)
    assert np.allclose(turned, np.roll(scores, 5, axis=1))
    profiles = music.PROFILES[profile]
    expected = [
        np.corrcoef(weights, np.roll(profiles[m], t))[0, 1] for m in (0, 1) for t in range(12)
    ]
    assert np.allclose(scores.ravel(), expected)


@pytest.mark.parametrize("semitones", range(12))
def test_a_scale_with_its_chord_is_in_its_key(semitones):
    tune = music.read_abc("L:1/8\nK:G\nGABcdefg|G2B2d2G2|")[0]
    assert music.find_key(music.transposed(tune, semitones).notes).tonic == (7 + semitones) % 12


def test_of_keys_that_fit_equally_well_the_first_is_found():
    """G major and B minor fit alike here; in the last digit of a double, B minor fits better."""
    lasting = [1, 0, 2, 1, 3, 0, 2, 2, 1, 0, 1, 1]
    notes = [SimpleNamespace(pitch=60 + n, duration=one) for n, one in enumerate(lasting)]
    scores = music.key_scores(music.pitch_class_weights(notes))
    assert scores[1, 11] == pytest.approx(scores[0, 7], abs=1e-12)
    assert music.find_key(notes).name == "G major"
