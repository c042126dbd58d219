"""The language recipe: one vocabulary, every character judged once, and models that learn."""

import numpy as np
import pytest

from audiolessons.errors import AudioError
from audiolessons.recipes.speech import language as recipe


@pytest.fixture(scope="module")
def texts():
    whole = recipe.load()
    return recipe.Texts(whole.train[:60], whole.valid[:20], whole.test[:10], whole.source)


def test_text_goes_there_and_back_and_what_is_no_ascii_is_named():
    text = "Is it 5 o'clock? ~No~"
    assert recipe.to_text(recipe.to_tokens(text)) == text
    with pytest.raises(AudioError, match="'é'"):
        recipe.to_tokens("café")


@pytest.mark.parametrize("name", ["gru", "transformer"])
def test_every_character_is_judged_once_and_a_network_learns(name, texts):
    network = recipe.model(name, width=16)
    before = recipe.bits(network, texts.valid)
    assert [len(one) for one in before] == [len(one) + 1 for one in texts.valid]
    assert np.concatenate(before).mean() == pytest.approx(np.log2(96), abs=0.5)
    trained, _ = recipe.train(name, texts, epochs=2, width=16, show_progress=False)
    after = recipe.bits(trained, texts.valid)
    assert np.concatenate(after).mean() < np.concatenate(before).mean()


def test_windows_that_overlap_judge_as_one_long_reading(texts, monkeypatch):
    network = recipe.model("gru", width=8)
    halves = np.concatenate(recipe.bits(network, texts.valid[:2]))
    monkeypatch.setattr(recipe, "LONGEST", 10**6)
    whole = np.concatenate(recipe.bits(network, texts.valid[:2]))
    first = 96  # the first half of a window: it begins at the start in both
    np.testing.assert_allclose(halves[:first], whole[:first], rtol=1e-4)


def test_two_systems_together_are_never_a_bit_worse_than_the_better(texts):
    one = recipe.bits(recipe.ngram(texts.train, order=2), texts.valid)
    other = recipe.bits(recipe.ngram(texts.train, order=5), texts.valid)
    both = np.concatenate(recipe.mixed(one, other))
    better = np.minimum(np.concatenate(one), np.concatenate(other))
    assert (both <= better + 1 + 1e-9).all()
