"""Error rates of recognisers against jiwer, and the edits against what they must do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError

WORDS = ["one", "two", "three", "four"]
sentences = st.lists(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), min_size=1)


@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=3))
def test_rates_over_the_corpus_agree_with_jiwer(pairs):
    jiwer = pytest.importorskip("jiwer")
    references = [text for pair in pairs for text in pair[0] if text]
    hypotheses = [text for pair in pairs for text in pair[1]][: len(references)]
    hypotheses += [""] * (len(references) - len(hypotheses))
    if references:
        ours = metrics.word_error_rate(references, hypotheses)
        assert ours == pytest.approx(jiwer.wer(references, hypotheses))
        ours = metrics.character_error_rate(references, hypotheses)
        assert ours == pytest.approx(jiwer.cer(references, hypotheses))


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_edits_turn_one_into_the_other_and_are_as_few_as_the_distance(reference, hypothesis):
    edits = metrics.edit_operations(reference, hypothesis)
    assert "".join(e.reference for e in edits if e.reference is not None) == reference
    assert "".join(e.hypothesis for e in edits if e.hypothesis is not None) == hypothesis
    assert all((e.kind == "same") == (e.reference == e.hypothesis) for e in edits)
    n_changed = sum(e.kind != "same" for e in edits)
    distance = metrics.edit_distance(reference, hypothesis)
    assert n_changed == distance == metrics.edit_distance(hypothesis, reference)
    assert abs(len(reference) - len(hypothesis)) <= distance <= max(len(reference), len(hypothesis))


def test_a_rate_over_the_corpus_is_no_mean_of_sentences_and_may_exceed_one():
    assert metrics.word_error_rate(["a b c d e f g h i", "a"], ["a b c d e f g h i", "b"]) == 0.1
    assert metrics.word_error_rate(["a"], ["a b c d"]) == 3
    assert metrics.word_error_rate(["a", ""], ["a", "b"]) == 1


def test_the_interval_draws_speakers():
    """One of two speakers is always wrong: the rate of other speakers may be 0 and may be 1."""
    said = ["a b"] * 20
    heard = ["a b"] * 10 + ["c c"] * 10
    speakers = np.repeat(["ann", "ben"], 10)
    assert metrics.error_rate_interval(said, heard, groups=speakers) == (0, 1)
    low, high = metrics.bootstrap_interval(
        metrics.error_counts(said, heard)[:, 0], statistic=lambda errors: errors.sum() / 40
    )
    assert 0.1 < low < high < 0.9
    paired = metrics.error_rate_interval(said, heard, other=heard, groups=speakers)
    assert paired == (0, 0)


def test_bad_input_says_what_to_give():
    with pytest.raises(AudioError, match="references is one string"):
        metrics.word_error_rate("one two", ["one two"])
    with pytest.raises(AudioError, match="2 references and 1 hypotheses"):
        metrics.word_error_rate(["one", "two"], ["one"])
    with pytest.raises(AudioError, match="references are empty"):
        metrics.word_error_rate(["", " "], ["one", ""])
    with pytest.raises(AudioError, match="split both"):
        metrics.edit_distance("one two", ["one", "two"])
