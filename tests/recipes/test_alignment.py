"""The alignment recipe: templates and models answer, text is aligned, and the bench runs."""

import itertools

import numpy as np
import pytest

from audiolessons import metrics, results
from audiolessons.recipes.speech import alignment as recipe


@pytest.fixture(scope="module")
def takes():
    whole = recipe.load()
    return whole.of(np.isin(whole.speaker, np.unique(whole.speaker)[:2]) & (whole.take < 9))


def test_digits_of_known_voices_are_recognised(takes):
    train, test = takes.of(takes.take > 1), takes.of(takes.take < 2)
    answers = recipe.nearest(recipe.chosen_templates(train, 2), test)
    assert metrics.accuracy(test.digit, answers) > 0.85
    scores = recipe.log_likelihoods(recipe.train(train, n_components=1), test)
    assert metrics.accuracy(test.digit, scores.argmax(axis=1)) > 0.85


def test_words_are_found_in_their_order():
    sentences = recipe.load_sentences(longest_s=3.5)
    train = sentences.part("train")
    assert train.items
    aligner = recipe.train_aligner(train, rounds=(3,))
    one = sentences.part("train").items[0]
    found = aligner(one.words, one.frames)
    assert [word for word, _, _ in found] == list(range(len(one.words)))
    assert all(first < end for _, first, end in found)
    assert all(end <= after for (_, _, end), (_, after, _) in itertools.pairwise(found))


def test_borders_marked_by_eye_are_in_order_and_of_the_test_sentences():
    borders = results.read_scenes("alignment")["borders"]
    assert len(borders) == 50
    for name in {one["sentence"] for one in borders}:
        assert int(name[-4:]) % 10 == 0
        of_one = [one for one in borders if one["sentence"] == name]
        assert [one["word"] for one in of_one] == sorted(one["word"] for one in of_one)
        assert (np.diff([one["start_s"] for one in of_one]) > 0.05).all()
