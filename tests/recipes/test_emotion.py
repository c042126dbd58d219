"""The recipe of acted emotions: who is on which side, who chooses, and that all of it runs."""

import numpy as np
import pytest

from audiolessons import metrics
from audiolessons.errors import AudioError
from audiolessons.recipes import _choice
from audiolessons.recipes.tasks.emotion import _protocols
from audiolessons.recipes.tasks.emotion import emotion as recipe
from audiolessons.results import read_scenes


@pytest.fixture(scope="module")
def acted():
    return recipe.load(stand_ins=True)


@pytest.mark.data
def test_a_protocol_tests_each_sentence_once_and_keeps_apart_what_it_says(acted):
    for protocol in recipe.PROTOCOLS:
        times = np.zeros(len(acted.emotion), dtype=int)
        for train, test in recipe.splits(acted, protocol):
            times += test
            assert not (train & test).any()
            if protocol != "random":
                assert not set(acted.speaker[train]) & set(acted.speaker[test])
            if protocol == "speaker_and_sentence":
                assert not set(acted.sentence[train]) & set(acted.sentence[test])
        assert (times == 1).all(), protocol
    with pytest.raises(AudioError, match="protocol is 'loud'"):
        next(recipe.splits(acted, "loud"))


def test_a_part_has_no_say_in_its_own_system():
    parts = np.repeat([0, 1, 2, 3], 6)
    truth = np.tile([0, 1, 2], 8)
    seen = []

    def answer(system, train, test):
        seen.append((system, set(parts[train]), set(parts[test])))
        assert not set(parts[train]) & set(parts[test])
        # "liar" is right on part 3 alone, "honest" on the others alone
        right = (parts[test] == 3) == (system == "liar")
        return np.where(right, truth[test], (truth[test] + 1) % 3)

    worth = _choice.judged(truth, parts, ("liar", "honest"), answer)
    assert len(seen) == 2 * 6
    assert worth["honest"][3] == 1.0  # the others judge; what it does on part 3 is not asked
    assert worth["honest"][0] == pytest.approx(2 / 3)
    choice = _choice.chosen(worth)
    assert choice == dict.fromkeys(range(4), "honest")
    found = _choice.answers_of(choice, truth, parts, answer)
    assert (found == truth).tolist() == (parts != 3).tolist()


def test_the_own_mean_is_taken_away_from_each_speaker():
    table = np.array([[1.0, 5.0], [3.0, 5.0], [10.0, 0.0]])
    centred = recipe.centred(table, np.array(["a", "a", "b"]))
    np.testing.assert_allclose(centred, [[-1, 0], [1, 0], [0, 0]])
    assert table[0, 0] == 1.0


def test_drawn_folds_hold_everything_once():
    scenes = read_scenes("emotion")
    for part, n_folds, n_members in (("folds", 10, 535), ("syllables", 6, 138)):
        members = [one for fold in scenes[part] for one in fold]
        assert (len(scenes[part]), len(members), len(set(members))) == (
            n_folds,
            n_members,
            n_members,
        )
    letters = [sorted({one[5] for one in fold}) for fold in scenes["folds"]]
    assert all("".join(some) == "AEFLNTW" for some in letters)


def test_an_interval_over_speakers_is_wider_where_they_differ():
    truth = np.tile([0, 1], 40)
    speakers = np.repeat(np.arange(8), 10)
    alike = np.where(np.arange(80) % 10 < 8, truth, 1 - truth)
    differing = np.where(speakers < 6, truth, 1 - truth)
    (value, low, high), (_, lower, higher) = (
        recipe.recall(truth, found, speakers) for found in (alike, differing)
    )
    assert value == pytest.approx(80)
    assert high - low < 1e-6 < higher - lower


def test_there_is_a_classifier_for_each_system():
    for system in recipe.SYSTEMS:
        what, how = system.split(".", 1)
        assert what in _protocols.DESCRIPTIONS
        recipe.classifier(how)
    with pytest.raises(AudioError, match="classifier"):
        recipe.classifier("oracle")


@pytest.mark.data
def test_what_is_described_depends_on_the_manner(acted):
    assert np.isfinite(acted.table(("prosody", "timbre", "embedding"))).all()
    found = recipe.tested(acted, "both.lda_0.3", "speaker")
    assert metrics.unweighted_average_recall(acted.emotion, found) > 0.5  # by chance 0.14


@pytest.mark.data
def test_the_bench_runs_and_its_rows_have_names_and_goals(acted):
    measures = recipe.measure(quick=True)
    rows = {name: {row.name: row for row in measures[name]()} for name in ("chosen", "tones")}
    assert rows["chosen"]["uar"].goal == ">= 72.0"
    low, high = rows["tones"]["chosen"].spread
    assert low <= rows["tones"]["chosen"].value <= high
    assert rows["tones"]["eight_points"].value > 80  # by chance 25
    assert {"speaker_03", "recall.anger", "hard", "inner.both_svm"} <= set(rows["chosen"])


@pytest.mark.data
def test_a_network_learns_what_it_is_given(acted):
    rows = recipe.prepare(stand_ins=True)
    assert rows.tensors[0].shape[1] == 40
    train = np.arange(0, 84, 2)
    network, history = recipe.train(rows, train, epochs=8, n_channels=8)
    assert history.train_loss[-1] < 0.7 * history.train_loss[0]
    assert recipe.network_answers(network, rows, [1, 2, 3]).shape == (3,)
