"""The recipe of Mandarin sounds: spellings, who is left out, and that what was learned is told."""

import numpy as np
import pytest

from audiolessons.recipes.speech.recognition import mandarin_sounds as recipe


@pytest.fixture(scope="module")
def syllables():
    return recipe.load()


def test_every_syllable_is_spelled_by_its_sounds(syllables):
    for name in syllables.names:
        assert "".join(recipe.sounds_of(name)) == name
        assert recipe.sounds_of(name)[1]


def test_what_is_left_out_is_left_out_in_every_tone_and_its_sounds_are_known(syllables):
    for part in recipe.folds(syllables):
        out, left = set(syllables.syllable[part]), set(syllables.syllable[~part])
        assert not out & left
        for position in (0, 1):
            known = {recipe.sounds_of(one)[position] for one in left}
            assert known.issuperset(recipe.sounds_of(one)[position] for one in out)


def test_templates_find_their_own_take(syllables):
    everything = np.ones(len(syllables.tone), dtype=bool)
    found = recipe.nearest(syllables, everything, everything)
    np.testing.assert_array_equal(found, syllables.syllable)


def test_another_tone_of_what_was_learned_is_told_far_above_chance(syllables):
    test = syllables.tone == 4
    taken, initials, finals = recipe.train(syllables, ~test)(test)
    assert set(taken) <= set(syllables.names)
    assert len(initials) == len(finals) == test.sum()
    assert np.mean(taken == syllables.syllable[test]) > 10 / len(syllables.names)
