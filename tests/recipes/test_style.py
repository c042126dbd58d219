"""The recipe of dances: what counts as a feature, who stands on which side, and that it runs."""

from fractions import Fraction

import numpy as np
import pytest

from audiolessons import music
from audiolessons.errors import AudioError
from audiolessons.recipes.music.style import _dances, _folds, _sounds, style
from audiolessons.results import read_scenes

JIG = "M:{metre}\nL:{unit}\nK:{key}\nAFD DFA|{bar}ded cBA|A3 D3|"


@pytest.fixture(scope="module")
def tunes():
    return style.load(stand_ins=True)


def notes(**changes):
    options = {"metre": "6/8", "unit": "1/8", "key": "D", "bar": ""}
    return music.melody(music.read_abc(JIG.format(**(options | changes)))[0].notes)


def test_neither_the_metre_nor_bar_lines_nor_the_unit_are_seen():
    plain = notes()
    for other in (notes(metre="3/4"), notes(bar="|")):
        assert style.words(plain) == style.words(other)
        assert style.trigrams(plain) == style.trigrams(other)
        np.testing.assert_array_equal(style.beats(plain), style.beats(other))
    doubled = notes(unit="1/4")
    assert style.words(plain) != style.words(doubled)
    assert style.without_scale(plain) == style.without_scale(doubled)
    moved = [note._replace(pitch=note.pitch + 3) for note in plain]
    assert style.words(moved) == style.words(plain)


def test_words_are_what_they_say():
    found = style.words(notes(), kinds="ice")
    assert {"i-3", "i-3 -4", "c1d 1d", "end 3", "start 1 1"} <= set(found)
    assert not any(word.startswith("d") for word in found)


@pytest.mark.data
def test_groups_stand_on_one_side_and_dances_are_spread(tunes):
    fold = style.folds_of(tunes)
    for group in np.unique(tunes.group):
        assert len(set(fold[tunes.group == group])) == 1
    counts = np.array([np.bincount(tunes.dance[fold == n], minlength=4) for n in range(5)])
    assert (np.ptp(counts, axis=0) <= 2).all()
    leaking = style.folds_of(tunes, "leaking")
    names, sizes = np.unique(tunes.group, return_counts=True)
    assert any(len(set(leaking[tunes.group == one])) > 1 for one in names[sizes > 1])


def test_drawn_folds_hold_each_tune_once():
    scenes = read_scenes("style")
    for kind in ("folds", "leaking"):
        ids = [one for fold in scenes[kind] for one in fold]
        assert (len(scenes[kind]), len(ids), len(set(ids))) == (_folds.N_FOLDS, 918, 918)
    assert {len(fold) for fold in scenes["folds"]} <= set(range(90, 94))


@pytest.mark.data
def test_systems_learn_from_the_training_tunes_alone(tunes):
    systems = style.Systems(tunes)
    fold = style.folds_of(tunes)
    before = systems.answer("words_30", fold != 0, fold == 0)
    assert style.macro_f1(tunes.dance[fold == 0], before) > 0.6
    systems = style.Systems(tunes)
    systems.truth = np.where(fold == 0, 0, systems.truth)  # what the test would like to hear
    np.testing.assert_array_equal(systems.answer("words_30", fold != 0, fold == 0), before)
    with pytest.raises(AudioError, match="system is 'ears'"):
        systems.answer("ears", fold != 0, fold == 0)


@pytest.mark.data
def test_the_metre_gives_jigs_and_waltzes_away(tunes):
    fold = style.folds_of(tunes)
    values = style.f1(tunes.dance, style.tested(style.Systems(tunes), "metre", fold))
    assert values[0] > 0.95
    assert values[3] > 0.95
    assert values[2] < 0.4


def test_bands_swap_what_gives_the_dance_away():
    concert = object.__new__(_sounds.Concert)
    concert.dance = np.array([0, 1, 0, 1])
    concert._drawn = np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
    assert concert.players("instrument") == [(0, 1), (1, 0), (0, 1), (1, 0)]
    assert concert.players("instrument swapped") == [(1, 1), (0, 0), (1, 1), (0, 0)]
    assert concert.players("tempo") == [(0, 0), (1, 1), (1, 0), (0, 1)]
    assert concert.players("mixed") == [(0, 1), (1, 0), (1, 1), (0, 0)]
    with pytest.raises(AudioError, match="band is 'brass'"):
        concert.players("brass")


def test_what_is_played_repeats_at_its_tempo():
    eighth = Fraction(1, 8)
    tune = [music.Note(n * eighth, eighth, 60 + n % 2) for n in range(80)]
    audio = style.play(tune, instrument="guitar", eighths_a_second=5.0)
    repeats = style.describe(audio)[2 * _sounds.N_MELS :]
    assert _sounds.LAGS[int(np.argmax(repeats[:20]))] + 1 == pytest.approx(20, abs=1)  # 0.2 s


@pytest.mark.data
def test_all_measurements_give_rows(tunes):
    measurements = style.measure(quick=True)
    assert list(measurements) == [
        "dances", "free", "simple", "leaking", "chorales", "keys", "metre", "sound",
    ]  # fmt: skip
    rows = {row.name: row.value for row in measurements["keys"]()}
    assert 60 < rows["temperley"] < 95
    rows = {row.name: row.value for row in measurements["metre"]()}
    assert rows["right"] > 70
    rows = {row.name: row.value for row in measurements["chorales"]()}
    assert rows["words"] > rows["one_number"] > 60
    assert _dances.DANCES == style.DANCES
