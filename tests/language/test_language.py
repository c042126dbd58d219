"""Language: counts against plain dictionaries, sums of chances, alignments, text as it is read."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from audiolessons import language
from audiolessons.errors import AudioError

TABLE = Path(__file__).parent / "read_out.txt"
LINES = [
    line.split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines() if " | " in line
]
SEQUENCES = [np.random.default_rng(n).integers(0, 5, size=40 + n) // (1 + n % 2) for n in range(6)]


# --- n-grams --------------------------------------------------------------------------------------


def by_dictionaries(sequences, order, n_tokens, history, token, discounts):
    """Interpolated Kneser-Ney, by its definition: slow, and without arrays."""
    grams = Counter()
    for sequence in sequences:
        marked = [-1] * (order - 1) + list(sequence) + [n_tokens]
        for at in range(order - 1, len(marked)):
            grams[tuple(marked[at - order + 1 : at + 1])] += 1
    levels = [grams]
    while len(next(iter(levels[0]))) > 1:
        levels.insert(0, Counter(gram[1:] for gram in levels[0]))
    chance = 1 / (n_tokens + 1)
    for length, counts in enumerate(levels):
        context = tuple(history[len(history) - length :])
        following = {gram[-1]: n for gram, n in counts.items() if gram[:-1] == context}
        if not following:
            break
        taken = {w: discounts(counts)[min(n, 3)] for w, n in following.items()}
        total = sum(following.values())
        freed = sum(taken.values()) / total
        chance = (following.get(token, 0) - taken.get(token, 0)) / total + freed * chance
    return chance


def discounts_of(counts):
    n = [0] + [sum(1 for c in counts.values() if c == k) for k in (1, 2, 3, 4)]
    if not all(n[1:5]):
        return [0, 0.5, 0.5, 0.5]
    share = n[1] / (n[1] + 2 * n[2])
    raw = [k - (k + 1) * share * n[k + 1] / n[k] for k in (1, 2, 3)]
    return [0, *(min(max(d, 0.1), k) for k, d in enumerate(raw, start=1))]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_kneser_ney_is_its_definition(order):
    model = language.KneserNey(SEQUENCES, order=order, n_tokens=5)
    random = np.random.default_rng(order)
    for _ in range(8):
        history = [-1] * max(order - 2, 0) + list(random.integers(0, 5, size=2))
        history = [int(one) for one in history][-(order - 1) :] if order > 1 else []
        state = model.start()
        for token in (one for one in history if one >= 0):
            state = model.next(state, token)
        chances = model.probabilities(state)
        for token in range(6):
            expected = by_dictionaries(SEQUENCES, order, 5, history, token, discounts_of)
            assert chances[token] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("order", [1, 2, 5])
def test_chances_add_up_to_one_after_every_history(order):
    model = language.KneserNey(SEQUENCES, order=order, n_tokens=5)
    state = model.start()
    for token in [0, 4, 4, 4, 4, 1, 0, 3]:
        assert model.probabilities(state).sum() == pytest.approx(1)
        assert model.probabilities(state).min() > 0
        state = model.next(state, token)


def test_bits_are_those_of_the_steps_and_the_end_mark_counts():
    model = language.KneserNey(SEQUENCES, order=4, n_tokens=5)
    sequence, state, steps = [0, 4, 4, 1, 2], model.start(), []
    for token in [*sequence, model.end]:
        steps.append(-np.log2(model.probabilities(state)[token]))
        state = model.next(state, token)
    np.testing.assert_allclose(model.bits(sequence), steps)
    assert len(model.bits([])) == 1
    assert language.perplexity(np.full(7, 2.0)) == 4


def test_what_follows_one_token_alone_is_unlikely_elsewhere():
    """ "Francisco" (3) is more frequent than 2, and comes after "San" (4) alone."""
    model = language.KneserNey([[4, 3] * 8 + [0, 2, 1, 2, 4, 2, 0, 1]], order=2, n_tokens=6)
    unseen = model.probabilities(model.next(model.start(), 5))
    assert unseen[2] > unseen[3]


def test_bad_sequences_are_named():
    with pytest.raises(AudioError, match="sequences is empty"):
        language.KneserNey([], order=2, n_tokens=3)
    with pytest.raises(AudioError, match="holds the token 3: tokens are 0 to 2"):
        language.KneserNey([[0, 3]], order=2, n_tokens=3)
    with pytest.raises(AudioError, match="order"):
        language.KneserNey([[0]], order=0, n_tokens=3)


# --- drawing --------------------------------------------------------------------------------------


def test_chances_are_sharpened_and_cut():
    chances = np.array([0.1, 0.4, 0.2, 0.3])
    np.testing.assert_allclose(language.sharpened(chances, temperature=1), chances)
    assert language.sharpened(chances, temperature=0.01)[1] == pytest.approx(1)
    np.testing.assert_allclose(language.sharpened(chances, temperature=1e6), 0.25, atol=1e-5)
    np.testing.assert_allclose(language.top_k(chances, k=9), chances)
    np.testing.assert_array_equal(language.top_k(chances, k=1), [0, 1, 0, 0])
    np.testing.assert_array_equal(language.top_p(chances, p=0.001), [0, 1, 0, 0])
    np.testing.assert_allclose(language.top_p(chances, p=0.7), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(language.top_p(chances, p=1), chances)
    with pytest.raises(AudioError, match="p is 5"):
        language.top_p(chances, p=5)
    with pytest.raises(AudioError, match="temperature"):
        language.sharpened(chances, temperature=0)


def test_drawing_ends_at_the_end_mark_and_repeats_with_the_seed():
    model = language.KneserNey([[0, 1, 2]] * 20, order=3, n_tokens=3)
    assert language.draw(model, most=50, k=1) == [0, 1, 2]
    one, other = (language.draw(model, most=30, temperature=2.0, seed=4) for _ in range(2))
    assert one == other


# --- letters to sounds ----------------------------------------------------------------------------


def test_alignments_spell_the_word_and_say_its_sounds():
    words = ["box", "fox", "ox", "bee", "see", "fee", "sob", "bbq"]
    said = ["B AA K S", "F AA K S", "AA K S", "B IY", "S IY", "F IY", "S AA B", "B IY B IY K Y UW"]
    spoken = [tuple(one.split()) for one in said]
    for word, sounds, pairs in zip(words, spoken, language.align(words, spoken), strict=True):
        if word == "bbq":
            assert pairs is None  # seven sounds, three letters
            continue
        assert "".join(letter for letter, _ in pairs) == word
        assert tuple(sound for _, some in pairs for sound in some) == sounds
    found = language.align(words, spoken)
    assert found[0][2] == ("x", ("K", "S"))


def test_a_pronouncer_finds_the_best_way_of_all():
    random = np.random.default_rng(3)
    pairs = [("a", ("AE",)), ("a", ("EY",)), ("b", ("B",)), ("b", ()), ("a", ())]
    sequences = [random.integers(0, 5, size=6) for _ in range(40)]
    model = language.KneserNey(sequences, order=3, n_tokens=5)
    pronounce = language.Pronouncer(model, pairs)
    ways = []
    for first in (0, 1, 4):
        for second in (2, 3):
            for third in (0, 1, 4):
                path = [first, second, third]
                ways.append((-model.bits(path).sum() * np.log(2), path))
    best, path = max(ways)
    score, sounds = pronounce("aba", beam=20)[0]
    assert score == pytest.approx(best)
    assert sounds == tuple(sound for token in path for sound in pairs[token][1])
    with pytest.raises(AudioError, match="'abc' holds 'c'"):
        pronounce("abc")


def test_another_model_can_outvote_the_counts():
    pairs = [("a", ("AE",)), ("a", ("EY",))]
    model = language.KneserNey([[0]] * 5 + [[1]], order=2, n_tokens=2)
    pronounce = language.Pronouncer(model, pairs)
    assert pronounce("a")[0][1] == ("AE",)
    scores = np.log([[0.01, 0.99]])
    assert pronounce("a", log_scores=scores)[0][1] == ("EY",)
    assert pronounce("a", log_scores=scores, weight=0.0)[0][1] == ("AE",)


# --- text -----------------------------------------------------------------------------------------


def test_the_table_is_long():
    assert len(LINES) >= 200
    assert len({written for written, _ in LINES}) == len(LINES)


def test_every_line_of_the_table_is_read_out_so():
    wrong = {w: language.read_out(w) for w, spoken in LINES if language.read_out(w) != spoken}
    assert wrong == {}


@pytest.mark.parametrize("text", ["", "No digits here.", 'She said: "Come in!"', "it's 'well'"])
def test_words_stay_as_they_are(text):
    assert language.read_out(text) == text


def test_no_digit_is_left_in_what_numbers_say():
    for number in [*range(0, 1200, 7), 10**6, 10**9 + 1, 123_456_789_012]:
        for said in (language.cardinal(number), language.ordinal(number)):
            assert not any(letter.isdigit() or letter == "_" for letter in said)
    with pytest.raises(AudioError, match="at most 15 digits"):
        language.cardinal(10**15)
    with pytest.raises(AudioError, match=r"number is 1\.5"):
        language.cardinal(1.5)


def test_a_grammar_writes_by_its_rules_and_its_faults_are_named():
    rules = {
        "report": ["It is <sky>.", "We have <sky>, <degrees> degrees."],
        "sky": ["rain", "sun"],
    }
    texts = {language.expand(rules, start="report", seed=n, degrees=3) for n in range(40)}
    assert texts == {
        "It is rain.", "It is sun.", "We have rain, 3 degrees.", "We have sun, 3 degrees.",
    }  # fmt: skip
    with pytest.raises(AudioError, match="rule is 'degrees'"):
        language.expand({"report": ["<degrees>"]}, start="report")
    with pytest.raises(AudioError, match="<more> does not end"):
        language.expand({"more": ["and <more>"]}, start="more")
