"""Sounds and descriptions: what is left out is left out, and its words are known."""

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.multimodal import described_sounds as recipe


@pytest.fixture(scope="module")
def sounds():
    return recipe.load()


def test_every_class_is_described_and_left_out_once(sounds):
    assert set(recipe.DESCRIPTIONS) == set(sounds.names)
    assert sorted(name for pair in recipe.LEFT_OUT for name in pair) == sorted(sounds.names)
    assert {len(texts) for texts in recipe.DESCRIPTIONS.values()} == {recipe.N_COPIES}


@pytest.mark.parametrize("left_out", recipe.LEFT_OUT)
def test_most_words_of_a_class_left_out_are_used_by_others(left_out):
    words = {
        name: {w for t in texts for w in t.split()} for name, texts in recipe.DESCRIPTIONS.items()
    }
    heard = set().union(*(one for name, one in words.items() if name not in left_out))
    for name in left_out:
        assert len(words[name] & heard) >= 2 / 3 * len(words[name])


def test_what_is_left_out_changes_nothing_that_is_learned(sounds):
    left_out = recipe.LEFT_OUT[0]
    spoilt = sounds.x.clone()
    spoilt[sounds.rows(classes=left_out, folds=sounds.fold)] += 50
    spoilt[sounds.rows(classes=sounds.names, folds=[5])] += 50
    fields = (sounds.lengths, sounds.labels, sounds.fold, sounds.names, sounds.source)
    networks = [
        recipe.train(one, left_out=left_out, epochs=1, show_progress=False)[0]
        for one in (sounds, recipe.DescribedSounds(spoilt, *fields))
    ]
    for first, second in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(first, second)


def test_answers_are_among_the_classes_that_were_offered(sounds):
    left_out = recipe.LEFT_OUT[1]
    network, _ = recipe.train(sounds, left_out=left_out, epochs=1, show_progress=False)
    rows = sounds.rows(classes=left_out, folds=sounds.fold)
    assert set(recipe.named(network, sounds, rows, list(left_out))) <= set(left_out)
    shares = recipe.left_out_accuracy(network, sounds, left_out=left_out)
    assert list(shares) == ["among two", "among all", "heard"]
    assert shares["among all"] <= shares["among two"]  # more to choose from, more to confuse


def test_a_word_that_was_never_learned_is_named():
    with pytest.raises(AudioError, match=r"'a tuba' is not .* known words, as tuba is unknown"):
        recipe.encode_description(["a tuba"])
    with pytest.raises(AudioError, match="known words"):
        recipe.encode_description([""])
