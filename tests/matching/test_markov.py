"""Recursions of hidden Markov models against all ways through the states, and against hmmlearn."""

import itertools

import numpy as np
import pytest

from audiolessons import matching
from audiolessons.errors import AudioError

RANDOM = np.random.default_rng(0)


def model(n_states, n_frames, *, chain=False):
    def chances(*shape):
        return RANDOM.dirichlet(np.ones(shape[-1]), size=shape[:-1])

    transitions = chances(n_states, n_states)
    if chain:
        transitions = np.triu(np.tril(transitions, k=1))
        transitions /= transitions.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return {
            "log_emissions": np.log(RANDOM.random((n_states, n_frames))),
            "log_start": np.log(chances(n_states)),
            "log_transitions": np.log(transitions),
            "log_end": np.log(RANDOM.random(n_states)),
        }


def each_way(m):
    """Yield (states, log-probability) of every way."""
    n_states, n_frames = m["log_emissions"].shape
    for states in itertools.product(range(n_states), repeat=n_frames):
        steps = [m["log_transitions"][pair] for pair in itertools.pairwise(states)]
        said = m["log_emissions"][list(states), range(n_frames)]
        yield states, m["log_start"][states[0]] + sum(steps) + said.sum() + m["log_end"][states[-1]]


def without(m, *names):
    return {name: value for name, value in m.items() if name not in names}


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize(("n_states", "n_frames"), [(1, 3), (3, 1), (2, 6), (3, 5)])
def test_sum_and_best_of_all_ways(n_states, n_frames, chain):
    m = model(n_states, n_frames, chain=chain)
    every = list(each_way(m))
    alpha = matching.forward(**without(m, "log_end"))
    beta = matching.backward(**without(m, "log_start"))
    total = np.logaddexp.reduce([chance for _, chance in every])
    assert matching.log_likelihood(alpha, log_end=m["log_end"]) == pytest.approx(total)
    assert np.allclose(np.logaddexp.reduce(alpha + beta, axis=0), total)  # at every frame
    best, states = matching.viterbi(**m)
    likeliest, chance = max(every, key=lambda way: way[1])
    assert best == pytest.approx(chance)
    assert tuple(states) == likeliest


def test_they_agree_with_hmmlearn():
    hmm = pytest.importorskip("hmmlearn.hmm", reason="hmmlearn has no wheel for this Python")
    m = model(4, 30)
    theirs = hmm.CategoricalHMM(n_components=4)
    theirs.startprob_, theirs.transmat_ = np.exp(m["log_start"]), np.exp(m["log_transitions"])
    theirs.emissionprob_ = RANDOM.dirichlet(np.ones(6), size=4)
    said = RANDOM.integers(0, 6, size=30)
    m["log_emissions"] = np.log(theirs.emissionprob_[:, said])
    alpha = matching.forward(**without(m, "log_end"))
    assert matching.log_likelihood(alpha) == pytest.approx(theirs.score(said[:, None]))
    best, states = matching.viterbi(**without(m, "log_end"))
    log_probability, path = theirs.decode(said[:, None])
    assert best == pytest.approx(log_probability)
    assert np.array_equal(states, path)


def test_padded_sequences_go_together():
    m = model(3, 9, chain=True)
    lengths = np.array([9, 4, 1])
    padded = np.stack([m["log_emissions"]] * 3)
    rest = without(m, "log_emissions", "log_end")
    alpha = matching.forward(padded, **rest)
    found = matching.log_likelihood(alpha, log_end=m["log_end"], lengths=lengths)
    beta = matching.backward(padded, **without(m, "log_emissions", "log_start"), lengths=lengths)
    for i, n in enumerate(lengths):
        alone = matching.forward(m["log_emissions"][:, :n], **rest)
        assert found[i] == pytest.approx(matching.log_likelihood(alone, log_end=m["log_end"]))
        both = np.logaddexp.reduce(alpha[i] + beta[i], axis=0)
        assert np.allclose(both[:n], found[i])
        assert np.isneginf(both[n:]).all()


def test_thousands_of_frames_do_not_vanish():
    m = model(3, 5000)
    m["log_emissions"] -= 50  # a likelihood of e^-250000 has no place among floats
    alpha = matching.forward(**without(m, "log_end"))
    best, _ = matching.viterbi(**without(m, "log_end"))
    assert np.isfinite(best)
    assert best < matching.log_likelihood(alpha) < -250000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_emissions": np.zeros((2, 4))}, "give .*, S, N.*time last"),
        ({"log_emissions": np.full((3, 4), np.nan)}, "log_emissions holds NaN"),
        ({"log_start": np.zeros(2)}, "3 states, and chances for"),
        ({"log_transitions": np.zeros((2, 3))}, "give .S, S."),
        ({"log_end": np.full(3, -np.inf)}, "no way leads through 4 frames"),
    ],
)
def test_what_cannot_work_is_said(change, message):
    with pytest.raises(AudioError, match=message):
        matching.viterbi(**{**model(3, 4), **change})
