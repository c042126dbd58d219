"""CTC against all paths written out, and against torch's loss and its gradient."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import matching
from audiolessons.errors import AudioError
from audiolessons.language import KneserNey


def random_log_probs(n_frames, n_tokens, seed=0, sharpness=2.0):
    logits = sharpness * np.random.default_rng(seed).normal(size=(n_frames, n_tokens))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def texts_by_brute_force(log_probs):
    """Return the chance of every text, summed over all its paths."""
    n_frames, n_tokens = log_probs.shape
    chances = {}
    for path in product(range(n_tokens), repeat=n_frames):
        text = tuple(matching.collapse(path))
        chance = np.exp(log_probs[np.arange(n_frames), path].sum())
        chances[text] = chances.get(text, 0) + chance
    return chances


def test_the_loss_of_every_text_is_the_sum_of_its_paths():
    log_probs = random_log_probs(5, 3)
    chances = texts_by_brute_force(log_probs)
    assert sum(chances.values()) == pytest.approx(1)
    assert (1, 1, 2) in chances
    assert (1, 1, 1, 2) not in chances
    for text, chance in chances.items():
        assert matching.ctc_loss(log_probs, text) == pytest.approx(-np.log(chance))
    assert matching.ctc_loss(log_probs, [1, 1, 1, 2]) == np.inf  # needs two blanks: six frames


@given(st.lists(st.integers(1, 4), max_size=6), st.integers(1, 12), st.integers(0, 1000))
def test_loss_and_gradient_agree_with_torch(tokens, n_frames, seed):
    log_probs = random_log_probs(n_frames, 5, seed)
    logits = torch.from_numpy(log_probs).requires_grad_()
    theirs = torch.nn.functional.ctc_loss(
        logits.log_softmax(-1)[:, None],
        torch.tensor([tokens], dtype=torch.long),
        torch.tensor([n_frames]),
        torch.tensor([len(tokens)]),
        reduction="sum",
    )
    assert matching.ctc_loss(log_probs, tokens) == pytest.approx(theirs.item(), abs=1e-9)
    if torch.isfinite(theirs):
        theirs.backward()
        gradient = matching.ctc_gradient(log_probs, tokens)
        np.testing.assert_allclose(gradient, logits.grad, atol=1e-9)
        np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-9)
    else:
        with pytest.raises(AudioError, match="cannot be said"):
            matching.ctc_gradient(log_probs, tokens)
        with pytest.raises(AudioError, match="cannot be said"):
            matching.ctc_align(log_probs, tokens)


def test_the_alignment_is_the_likeliest_path_of_the_text():
    log_probs = random_log_probs(6, 3, seed=3)
    for text in [(1, 1), (2, 1, 2), (1,), ()]:
        spans = matching.ctc_align(log_probs, text)
        path = np.zeros(6, int)
        for token, (first, after) in zip(text, spans, strict=True):
            assert first < after
            path[first:after] = token
        assert tuple(matching.collapse(path)) == text
        best = max(
            log_probs[np.arange(6), other].sum()
            for other in product(range(3), repeat=6)
            if tuple(matching.collapse(other)) == text
        )
        assert log_probs[np.arange(6), path].sum() == pytest.approx(best)


# --- search ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_finds_every_text_with_its_whole_chance(seed):
    log_probs = random_log_probs(5, 3, seed)
    expected = texts_by_brute_force(log_probs)
    found = matching.beam_search(log_probs, width=10_000, least=0)
    assert {tuple(text.tokens) for text in found} == set(expected)
    for text in found:
        assert np.exp(text.log_probability) == pytest.approx(expected[tuple(text.tokens)])
    chances = [text.log_probability for text in found]
    assert chances == sorted(chances, reverse=True)


def test_the_likeliest_text_is_not_always_that_of_the_likeliest_path():
    even = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert matching.best_path(even) == []
    assert matching.beam_search(even)[0].tokens == [1]


@pytest.mark.parametrize(
    ("path", "text"), [([1, 1, 0, 1, 2], [1, 1, 2]), ([1, 1, 1, 1, 2], [1, 2])]
)
def test_a_doubled_letter_needs_a_blank_between(path, text):
    certain = np.log(np.full((5, 3), 1e-6))
    certain[np.arange(5), path] = np.log1p(-2e-6)
    assert matching.best_path(certain) == text
    assert matching.beam_search(certain, width=2)[0].tokens == text


def test_frames_in_pieces_give_what_they_give_together():
    log_probs = random_log_probs(20, 4, seed=1)
    together = matching.beam_search(log_probs, width=8)
    search = matching.BeamSearch(width=8)
    for frame in log_probs:
        search.push(frame[None])
    assert search.texts() == together


def test_the_language_model_the_bonus_and_the_weight():
    """Every score is what it is by definition: sums over paths, model, bonus."""
    model = KneserNey([[0, 1, 0], [0, 1, 1, 0]], order=2, n_tokens=2)
    log_probs = random_log_probs(4, 3, seed=2)
    expected = texts_by_brute_force(log_probs)
    found = matching.beam_search(
        log_probs, width=10_000, least=0, language_model=model, weight=0.7, bonus=[0.3, -0.2]
    )
    assert len(found) == len(expected)
    for text in found:
        tokens = np.array(text.tokens, int) - 1
        score = np.log(expected[tuple(text.tokens)])
        score += 0.7 * np.log(2) * -model.bits(tokens).sum()
        score += np.array([0.3, -0.2])[tokens].sum()
        assert text.score == pytest.approx(score)
    plain = matching.beam_search(log_probs, width=10_000, least=0)
    without = matching.beam_search(log_probs, width=10_000, least=0, language_model=model, weight=0)
    assert without == plain


def test_bad_input_says_what_to_give():
    with pytest.raises(AudioError, match="neither logits nor chances"):
        matching.ctc_loss(np.full((4, 3), 1 / 3), [1])
    with pytest.raises(AudioError, match="0 is the blank"):
        matching.ctc_loss(random_log_probs(4, 3), [1, 0])
    with pytest.raises(AudioError, match="the network knows 0 to 2"):
        matching.ctc_loss(random_log_probs(4, 3), [3])
    with pytest.raises(AudioError, match="one row a frame"):
        matching.best_path(np.zeros((2, 3, 4)))
    with pytest.raises(AudioError, match="it is a chance"):
        matching.beam_search(random_log_probs(4, 3), least=2)
