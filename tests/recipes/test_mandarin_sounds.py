"""The recipe of Mandarin sounds: spellings, who is left out, that all of it runs."""

import numpy as np
import pytest

from audiolessons.recipes.speech.recognition import mandarin_sounds as recipe


@pytest.fixture(scope="module")
def syllables():
    return recipe.load()


def test_every_syllable_is_spelled_by_its_sounds(syllables):
    for name, tokens in syllables.spelled.items():
        assert "".join(syllables.sounds[token - 1] for token in tokens) == name
        assert 1 <= len(tokens) <= 2


def test_what_is_left_out_is_left_out_in_every_tone_and_its_sounds_are_known(syllables):
    for part in recipe.folds(syllables):
        out, left = set(syllables.syllable[part]), set(syllables.syllable[~part])
        assert not out & left
        known = {sound for one in left for sound in recipe.sounds_of(one)}
        assert known.issuperset(sound for one in out for sound in recipe.sounds_of(one))


def test_templates_find_their_own_take(syllables):
    everything = np.ones(len(syllables.tone), dtype=bool)
    assert recipe.nearest(syllables, everything, everything) == syllables.syllable.tolist()


def test_a_network_learns_and_answers_with_sounds_and_a_syllable(syllables):
    network, history = recipe.train(
        syllables, syllables.tone < 4, epochs=2, hidden_size=16, show_progress=False
    )
    assert history.train_loss[1] < history.train_loss[0]
    free, taken = recipe.recognise(network, syllables, syllables.tone == 4)
    assert len(free) == len(taken) == len(syllables.spelled)
    assert set(taken) <= set(syllables.spelled)
