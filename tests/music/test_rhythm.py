"""Rhythm, contour and likeness of tunes: laws that hold for any of them."""

from fractions import Fraction

import numpy as np
import pytest

from audiolessons import music
from audiolessons.errors import AudioError

EIGHTH = Fraction(1, 8)


def tune_of(durations, pitches=None):
    """Notes one after the other; durations in eighths."""
    onset, notes = Fraction(0), []
    for number, held in enumerate(durations):
        pitch = 60 if pitches is None else int(pitches[number])
        notes.append(music.Note(onset, held * EIGHTH, pitch))
        onset += held * EIGHTH
    return notes


@pytest.mark.parametrize(
    ("durations", "metre"),
    [
        ((2, 1) * 2 + (1, 1, 1, 3), "6/8"),
        ((3, 2, 1, 1, 1, 1), "9/8"),
        ((4, 2), "3/4"),
        ((3, 1, 2, 2), "4/4"),
    ],
)
def test_the_bar_is_found_where_it_repeats(durations, metre):
    assert music.find_bar(tune_of(durations * 16)) == metre


def test_autocorrelation_is_that_of_its_definition():
    values = np.random.default_rng(1).random(60)
    own = values - values.mean()
    expected = [np.mean(own[lag:] * own[:-lag]) / own.var() for lag in range(1, 11)]
    assert np.allclose(music.autocorrelation(values, n_lags=10), expected)
    assert np.array_equal(music.autocorrelation(np.ones(20), n_lags=3), np.zeros(3))


def test_onsets_lie_on_the_grid_with_their_lengths():
    struck = music.onset_steps(tune_of((1, 2, 1)))
    assert np.flatnonzero(struck).tolist() == [0, 6, 18]
    assert struck[[0, 6, 18]].tolist() == [0.125, 0.25, 0.125]
    assert len(struck) == 24


def test_what_is_independent_of_tempo_and_pitch_is():
    random = np.random.default_rng(2)
    durations, pitches = random.integers(1, 5, 40), random.integers(60, 80, 40)
    notes, moved = tune_of(durations, pitches), tune_of(2 * durations, pitches + 5)
    assert music.duration_ratios(notes) == music.duration_ratios(moved)
    assert music.intervals(notes) == music.intervals(moved)
    assert music.contour(notes) == music.contour(moved)
    assert music.fingerprint(notes) == music.fingerprint(moved)
    assert music.unit_duration(moved) == 2 * music.unit_duration(notes)


def test_steps_and_contour():
    notes = tune_of((1, 1, 1, 1), (60, 62, 62, 59))
    assert music.intervals(notes) == [2, 0, -3]
    assert music.contour(notes) == "urd"


def test_near_duplicates_are_one_group():
    random = np.random.default_rng(3)
    tunes = [tune_of(np.ones(60, int), 60 + random.integers(0, 12, 60)) for _ in range(4)]
    changed = [
        note._replace(pitch=note.pitch + 4 + (n in (7, 30))) for n, note in enumerate(tunes[1])
    ]
    half = tune_of(
        np.ones(60, int), [*(n.pitch for n in tunes[2][:30]), *random.integers(60, 72, 30)]
    )
    groups = music.same_tunes([*tunes, changed, half])
    assert groups.tolist() == [0, 1, 2, 3, 1, 2]
    titles = ["The Lark", "Other", "Third", "Lark!", "x", "y"]
    assert music.same_tunes([*tunes, changed, half], titles=titles).tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: music.onset_steps([]), "notes is empty"),
        (lambda: music.unit_duration([]), "notes is empty"),
        (lambda: music.autocorrelation(np.ones(3), n_lags=3), r"values has shape \(3,\)"),
        (lambda: music.find_bar(tune_of((1,) * 4)), "lags need more"),
    ],
)
def test_errors(call, message):
    with pytest.raises(AudioError, match=message):
        call()


def test_of_two_voices_the_upper_is_the_melody():
    lower = tune_of((1, 1), (48, 50))
    upper = tune_of((1, 1), (60, 62))
    assert [note.pitch for note in music.melody(sorted(lower + upper))] == [60, 62]
    onsets, durations, pitches = music.note_arrays(upper)
    assert (onsets.tolist(), durations.tolist()) == ([0, 0.125], [0.125, 0.125])
    assert pitches.dtype == np.int64
