"""Hidden Markov models that learn: against all ways, hmmlearn and scipy, and what must hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audiolessons import matching
from audiolessons.errors import AudioError

LEXICON = {"up": ["a", "b"], "down": ["b", "c"]}
SIZES = {"a": 2, "b": 2, "c": 1, "silence": 1}
LEVELS = {"a": (0, 0), "b": (4, 0), "c": (0, 4), "silence": (-4, -4)}


def said(words, seed, *, between=None):
    """Return features (2, N) of words, and when each begins; silence before and after."""
    random = np.random.default_rng(seed)
    units, begins = ["silence"], []
    for word in words:
        begins.append(len(units))
        units += [*LEXICON[word], *([between] if between else [])]
    counts = random.integers(4, 9, size=len(units) + 1)
    means = np.repeat([LEVELS[unit] for unit in [*units, "silence"]], counts, axis=0)
    edges = np.cumsum([0, *counts])
    return (means + random.normal(0, 0.6, size=means.shape)).T, [edges[i] for i in begins]


def examples(n, seed=0):
    random = np.random.default_rng(seed)
    found = []
    for i in range(n):
        words = list(random.choice(list(LEXICON), size=random.integers(1, 4)))
        network = matching.chain(SIZES, words, lexicon=LEXICON, between="silence")
        found.append((network, said(words, seed=(seed, i))[0]))
    return found


@pytest.fixture(scope="module")
def learned():
    sequences = examples(20)
    units, _ = matching.baum_welch(matching.even_start(SIZES, sequences), sequences, n_iter=12)
    return units


# --- mixtures -------------------------------------------------------------------------------------


def test_densities_are_those_of_scipy():
    random = np.random.default_rng(1)
    mixtures = matching.Mixtures(
        np.log(random.dirichlet(np.ones(3), size=2)),
        random.normal(size=(2, 3, 4)),
        random.uniform(0.5, 2, size=(2, 3, 4)),
    )
    features = random.normal(size=(5, 4, 7))
    found = mixtures.log_densities(features)
    for s in range(2):
        each = [
            stats.multivariate_normal(mean, np.diag(variance)).pdf(np.moveaxis(features, 1, -1))
            for mean, variance in zip(mixtures.means[s], mixtures.variances[s], strict=True)
        ]
        total = np.tensordot(np.exp(mixtures.log_weights[s]), each, axes=1)
        assert np.allclose(found[:, s], np.log(total))
    assert np.allclose(np.exp(mixtures.split().log_weights).sum(axis=1), 1)
    assert np.allclose(mixtures.of_states([1]).log_densities(features)[:, 0], found[:, 1])


def test_sums_of_logarithms_keep_what_is_never():
    never = np.full((2, 3), -np.inf)
    assert np.isneginf(matching.log_sum(never, axis=0)).all()
    values = np.random.default_rng(2).normal(0, 500, size=(4, 5))
    assert np.allclose(matching.log_sum(values, axis=1), np.logaddexp.reduce(values, axis=1))


# --- learning -------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.sampled_from([1, 2]))
@settings(max_examples=15, deadline=None)
def test_the_likelihood_never_falls(seed, n_components):
    sequences = examples(4, seed)
    units = matching.even_start(SIZES, sequences)
    if n_components == 2:
        units = matching.Units(units.sizes, units.mixtures.split(), units.stay)
    _, log_likelihoods = matching.baum_welch(units, sequences, n_iter=6)
    assert (np.diff(log_likelihoods) >= -1e-9).all()


def test_all_sequences_are_learned_from():
    sequences = examples(6)
    units = matching.even_start(SIZES, sequences)
    together, _ = matching.baum_welch(units, sequences, n_iter=1)
    turned, _ = matching.baum_welch(units, sequences[::-1], n_iter=1)
    last, _ = matching.baum_welch(units, sequences[-1:], n_iter=1)
    assert np.allclose(together.mixtures.means, turned.mixtures.means)
    assert not np.allclose(together.mixtures.means, last.mixtures.means)


def test_padded_batches_change_nothing():
    words = ["up", "down"]
    network = matching.chain(SIZES, words, lexicon=LEXICON, between="silence")
    each = [said(words, seed)[0] for seed in range(5)]
    one = [(network, features) for features in each]  # weighed together, shorter ones padded
    alone = [
        (matching.chain(SIZES, words, lexicon=LEXICON, between="silence"), features)
        for features in each
    ]
    start = matching.even_start(SIZES, one)
    padded, likely = matching.baum_welch(start, one, n_iter=3)
    single, same = matching.baum_welch(start, alone, n_iter=3)
    assert np.allclose(likely, same)
    assert np.allclose(padded.mixtures.variances, single.mixtures.variances)
    assert np.allclose(padded.stay, single.stay)


def test_one_round_is_that_of_hmmlearn():
    """They know no end: a fourth state, which alone can say 1000, stands for it."""
    hmm = pytest.importorskip("hmmlearn.hmm", reason="hmmlearn has no wheel for this Python")
    random = np.random.default_rng(3)
    network = matching.chain({"w": 3}, ["w"], lexicon={"w": ["w"]})
    sequences = [
        (network, random.normal(np.repeat([0, 2, 5], n), 1.0, size=(2, 3 * n))) for n in (5, 8, 6)
    ]
    units = matching.even_start({"w": 3}, sequences)
    units = matching.Units(units.sizes, units.mixtures.split(), units.stay)
    theirs = hmm.GMMHMM(4, 2, n_iter=1, init_params="", covars_prior=-1.5, covars_weight=0)
    theirs.startprob_ = np.array([1.0, 0, 0, 0])
    leave = 1 - units.stay
    theirs.transmat_ = np.diag([*units.stay, 1]) + np.diag(leave, k=1)
    end = np.full((1, 2, 2), 1000.0)
    theirs.weights_ = np.concatenate([np.exp(units.mixtures.log_weights), [[0.5, 0.5]]])
    theirs.means_ = np.concatenate([units.mixtures.means, end])
    theirs.covars_ = np.concatenate([units.mixtures.variances, np.ones((1, 2, 2))])
    frames = [
        np.append(features.T, [[1000, 1000 + i]], axis=0)
        for i, (_, features) in enumerate(sequences)
    ]
    n_frames = [len(one) for one in frames]
    # what the end's own frames add
    at_end = sum(stats.norm.logpdf([0, i]).sum() for i in range(len(sequences)))
    likely = theirs.score(np.concatenate(frames), n_frames) - at_end
    theirs.fit(np.concatenate(frames), n_frames)
    before = units.mixtures.means
    units, ours = matching.baum_welch(units, sequences, n_iter=1, floor=1e-9)
    moved = units.mixtures.means - before  # they take variances about the means of before
    assert ours[0] * (sum(n_frames) - 3) == pytest.approx(likely)
    assert np.allclose(units.mixtures.means, theirs.means_[:3])
    assert np.allclose(units.mixtures.variances + moved**2, theirs.covars_[:3])
    assert np.allclose(np.exp(units.mixtures.log_weights), theirs.weights_[:3])
    assert np.allclose(units.stay, np.diag(theirs.transmat_)[:3])


def test_units_find_themselves_without_borders(learned):
    for name, level in LEVELS.items():
        for mean in learned.mixtures.means[learned.states(name), 0]:
            assert np.allclose(mean, level, atol=0.5), name


def test_text_is_aligned_where_it_was_said(learned):
    words = ["up", "down", "down"]
    features, begins = said(words, seed=77, between="silence")
    network = matching.chain(SIZES, words, lexicon=LEXICON, between="silence")
    emissions = learned.mixtures.log_densities(features)[network.states]
    _, nodes = matching.viterbi(emissions, **network.chances(learned.stay))
    found = matching.word_spans(network, nodes)
    assert [word for word, _, _ in found] == [0, 1, 2]
    assert [first for _, first, _ in found] == begins


@pytest.mark.parametrize("between", [None, "silence"])
def test_connected_words_are_heard(learned, between):
    words = ["down", "up", "up", "down"]
    features, _ = said(words, seed=5, between=between)
    network = matching.loop(SIZES, LEXICON, between="silence")
    emissions = learned.mixtures.log_densities(features)[network.states]
    _, nodes = matching.viterbi(emissions, **network.chances(learned.stay))
    assert [list(LEXICON)[w] for w, _, _ in matching.word_spans(network, nodes)] == words


# --- networks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [None, "silence"])
def test_chances_sum_to_one(between):
    stay = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.3])
    follow = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    for network in (
        matching.chain(SIZES, ["up", "down"], lexicon=LEXICON, between=between),
        matching.loop(SIZES, LEXICON, between=between),
        matching.loop(SIZES, LEXICON, follow=follow, between=between),
    ):
        chances = network.chances(stay)
        leaving = np.exp(chances["log_transitions"]).sum(axis=1) + np.exp(chances["log_end"])
        assert np.allclose(leaving, 1)
        assert np.exp(chances["log_start"]).sum() == pytest.approx(1)


def test_a_grammar_forbids():
    follow = [[1, 0, 0], [0, 0, 1], [0, 0, 1]]  # "up", and then nothing else
    network = matching.loop(SIZES, LEXICON, follow=follow)
    chances = network.chances(np.full(6, 0.5))
    _, nodes = matching.viterbi(np.random.default_rng(0).normal(size=(7, 9)), **chances)
    assert matching.word_spans(network, nodes) == [(0, 0, 9)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.chain(SIZES, [], lexicon=LEXICON), "text holds no word"),
        (lambda: matching.chain(SIZES, ["left"], lexicon=LEXICON), "how 'left' is spoken"),
        (lambda: matching.loop({"a": 1}, LEXICON), "there is no unit 'b': there are a"),
        (lambda: matching.loop(SIZES, LEXICON, follow=np.eye(2)), "follow has shape .2, 2."),
        (lambda: matching.even_start(SIZES, []), "there are no sequences"),
        (lambda: matching.even_start(SIZES, [(examples(1)[0][0], np.zeros((2, 3)))]), "too few"),
        (
            lambda: matching.baum_welch(
                None, [(None, np.zeros((2, 3))), (None, np.zeros((3, 3)))], n_iter=1
            ),
            "one D",
        ),
    ],
)
def test_what_cannot_work_is_said(call, message):
    with pytest.raises(AudioError, match=message):
        call()
