"""From text to sounds: what words beside a word say about it, and words that no one listed."""

import pytest

from audiolessons.errors import AudioError
from audiolessons.recipes.speech.synthesis.front_end import HETERONYMS, VOWELS, front_end, plain

pytestmark = pytest.mark.data


def spoken(text):
    return [" ".join(one.phones) for one in front_end(text)]


@pytest.mark.parametrize(
    ("text", "word", "is_verb"),
    [
        ("They will record it.", "record", True),
        ("The record is old.", "record", False),
        ("Close the door.", "close", True),
        ("A close shave.", "close", False),
        ("I refuse to go.", "refuse", True),
    ],
)
def test_words_beside_it_say_how_a_word_is_spoken(text, word, is_verb):
    found = {one.word: one for one in front_end(text)}
    assert " ".join(found[word].phones) == HETERONYMS[word][0 if is_verb else 1]


def test_numbers_pauses_and_letters():
    words = front_end("At 9 a.m., 2 caf\u00e9s; done?")
    assert [(one.word, one.pause) for one in words] == [
        ("at", ""), ("nine", ""), ("ay", ""), ("m", ","), ("two", ""), ("cafes", ";"), ("done", "?")
    ]  # fmt: skip


def test_small_words_are_weak_and_the_before_a_vowel_is_another():
    assert spoken("the cat and the ear")[::3] == ["DH AH0", "DH IY0"]


def test_an_unknown_word_is_read_and_has_one_stress():
    (word,) = front_end("blitherflonk")
    assert not word.is_known
    assert sum(phone.endswith("1") for phone in word.phones) == 1
    assert VOWELS.intersection(plain(word.phones))


@pytest.mark.parametrize("text", ["", "...", "\u4f60\u597d"])
def test_a_text_without_words_is_refused(text):
    with pytest.raises(AudioError, match="holds no English word"):
        front_end(text)
