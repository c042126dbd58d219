"""Words asked letter by letter: the chances of letters multiply to those of words."""

import pytest

from audiolessons.errors import AudioError
from audiolessons.language import KneserNey, SpelledWords

LETTERS = " 'ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TEXTS = ["THE LADDER", "THE LAKE IS A LAD", "A LAD IS IT", "IT'S A LAKE"]


def spelled_chance(model, text):
    state, chance = model.start(), 1.0
    for letter in text:
        chances = model.probabilities(state)
        assert chances.min() >= 0
        assert chances.sum() == pytest.approx(1)
        chance *= chances[LETTERS.index(letter)]
        state = model.next(state, LETTERS.index(letter))
    return chance * model.probabilities(state)[model.end]


@pytest.mark.parametrize("order", [2, 3])
def test_letters_multiply_to_words(order):
    model = SpelledWords(TEXTS, letters=LETTERS, order=order, unknown=0)
    number = {word: index for index, word in enumerate(model.words)}
    words = KneserNey(
        [[number[word] for word in text.split()] for text in TEXTS],
        order=order,
        n_tokens=len(number) + 1,
    )
    for text in ("A LAKE IS THE LADDER", "LAD", ""):
        state, chance = words.start(), 1.0
        for word in text.split():
            chances = words.probabilities(state)
            # No end, and given that, one of the known words.
            chance *= (1 - chances[-1]) * chances[number[word]] / chances[:-2].sum()
            state = words.next(state, number[word])
        chance *= words.probabilities(state)[-1]
        assert spelled_chance(model, text) == pytest.approx(chance, rel=1e-9)


def test_an_unknown_word_can_be_written_where_it_is_allowed():
    closed = SpelledWords(TEXTS, letters=LETTERS, unknown=0)
    state = closed.start()
    for letter in "LAZ":
        chances = closed.probabilities(state)
        state = closed.next(state, LETTERS.index(letter))
    assert chances[LETTERS.index("Z")] == 0
    assert not closed.probabilities(state).any()  # there is no way on
    model = SpelledWords(TEXTS, letters=LETTERS, unknown=0.1)
    assert 0 < spelled_chance(model, "THE LAZE") < spelled_chance(model, "THE LAKE") / 10
    # After a space comes a word: no second space, and no end.
    state = model.next(model.next(model.start(), LETTERS.index("A")), LETTERS.index(" "))
    assert model.probabilities(state)[[LETTERS.index(" "), model.end]].tolist() == [0, 0]


def test_what_cannot_be_counted_is_said():
    with pytest.raises(AudioError, match=r"holds 'the', which .* cannot write"):
        SpelledWords(["the"], letters=LETTERS)
    with pytest.raises(AudioError, match="need a space"):
        SpelledWords(["A"], letters="A")
    with pytest.raises(AudioError, match="texts hold no word"):
        SpelledWords(["  "], letters=LETTERS)
    with pytest.raises(AudioError, match="unknown is 1"):
        SpelledWords(["A"], letters=LETTERS, unknown=1)
