"""The letters recipe: parts share no word, and counts, network and both are better than chance."""

import numpy as np
import pytest

from audiolessons.recipes.speech import letters as recipe


@pytest.fixture(scope="module")
def few():
    words = recipe.load()
    return dict(list(words.train.items())[:1500]), dict(list(words.valid.items())[:40])


def test_no_word_stands_in_two_parts():
    words = recipe.load()
    parts = [set(words.train), set(words.valid), set(words.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_any_variant_is_right_and_none_is_wrong():
    words = {"a": (("EY",), ("AH",)), "b": (("B", "IY"),), "c": (("S", "IY"),)}
    said = {"a": ("AH",), "b": ["B", "IY"], "c": ("S",)}
    np.testing.assert_array_equal(recipe.word_errors(said.get, words), [False, False, True])


def test_lessons_spell_their_words_and_use_no_rare_pair(few):
    train, _ = few
    lessons = recipe.aligned(train)
    spelled = {"".join(lessons.pairs[token][0] for token in one) for one in lessons.tokens}
    assert spelled <= set(train)
    counts = np.bincount(np.concatenate(lessons.tokens), minlength=len(lessons.pairs))
    assert counts.min() >= 1
    fewer = recipe.aligned(train, pairs=lessons.pairs[:-5])
    assert fewer.pairs == lessons.pairs[:-5]
    assert fewer.n_left_out > lessons.n_left_out


def test_counts_network_and_both_say_words(few):
    train, valid = few
    network, pairs = recipe.trained()
    pronounce = recipe.ngram(recipe.aligned(train, pairs=pairs), order=4)
    systems = {
        "counts": lambda word: pronounce(word)[0][1],
        "network": recipe.read_alone(network, pairs),
        "both": recipe.read_both(pronounce, network),
    }
    wrong = {name: recipe.word_errors(say, valid).mean() for name, say in systems.items()}
    assert max(wrong.values()) < 0.85


def test_a_network_learns_pairs(few):
    train, _ = few
    lessons = recipe.aligned(train)
    _, history = recipe.train(lessons, epochs=2, hidden_size=16, letter_size=8, show_progress=False)
    assert history.train_loss[1] < history.train_loss[0]
