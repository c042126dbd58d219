"""Speech without labels, networks that learn a new voice, and what the arms give."""

from functools import partial

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.recipes.large.finetuning import _adapting, _arms
from audiolessons.recipes.large.finetuning import finetuning as recipe
from audiolessons.recipes.large.finetuning._arms import TEST_TAKES, Trials
from audiolessons.results import read_scenes

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def digits():
    return recipe.load()


def small(seed):
    encoder = recipe.encoder(seed=seed, width=16, n_layers=2, n_heads=2, dropout=0.0)
    return models.SpeechClassifier(encoder, n_classes=10)


def some_rows(digits, n_rows):
    return np.random.default_rng(0).permutation(len(digits.labels))[:n_rows]


def test_digits_are_left_out_of_what_is_heard_without_labels():
    assert not recipe.says_no_digit("Twenty-One stones")
    assert not recipe.says_no_digit("OH NO")
    assert recipe.says_no_digit("somebody weighs tonnes")
    cut = recipe.pieces([np.zeros((40, 481)), np.zeros((40, 20))])
    assert [one.shape[1] for one in cut] == [97, 96, 96, 96, 96]


def test_answers_are_those_of_the_network(digits, monkeypatch):
    network, rows = small(0), some_rows(digits, 7)
    monkeypatch.setattr(_adapting, "PIECE", 3)
    found = recipe.answers(network, digits, rows)
    with torch.no_grad():
        wanted = network.eval()(digits.x[rows], digits.lengths[rows])
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("way", ["full", "lora", "adapters"])
def test_a_network_learns_what_it_is_told_and_only_what_may_moves(digits, way):
    network = recipe.adapted(small(0), way)
    rows = np.flatnonzero(digits.labels == 3)[:8]
    before = {name: one.clone() for name, one in network.state_dict().items()}
    recipe.train(
        network,
        digits,
        rows,
        n_steps=25,
        batch_size=4,
        learning_rate=0.01,
        head_rate=0.02,
        device=torch.device("cpu"),
    )
    said = recipe.answers(network, digits, rows).argmax(dim=1)
    assert (said.numpy() == 3).mean() > 0.7
    for name, one in network.named_parameters():
        # what is hidden by a learned frame is hidden in pre-training alone
        is_still = not one.requires_grad or name.endswith("stands_in")
        assert torch.equal(one, before[name]) == is_still or name.endswith(".to_key.bias"), name


def test_every_row_is_heard_once_before_any_twice():
    generator = torch.Generator().manual_seed(0)
    heard = torch.cat(list(_adapting._batches(6, 4, 3, generator)))
    assert heard.bincount().tolist() == [2] * 6
    assert sorted(heard[:6].tolist()) == list(range(6))
    assert [len(one) for one in _adapting._batches(2, 3, 16, generator)] == [2, 2, 2]


def test_what_is_tested_was_never_learned(digits):
    if digits.source == "recordings":
        for one in read_scenes("finetuning")["takes"]:
            assert not set(one["takes"]) & set(TEST_TAKES)
            assert len(set(one["takes"])) == 20
    trials = Trials(quick=True)
    for voice in trials.voices:
        rows = trials.learned_rows(voice, 0, 2)
        assert set(digits.speaker[rows]) == {voice}


def test_voices_that_may_be_forgotten_were_heard_and_the_new_ones_were_not(digits, monkeypatch):
    heard = []
    monkeypatch.setattr(
        _arms,
        "train",
        lambda network, digits, rows, **_: heard.append(set(digits.speaker[rows].tolist())),
    )
    trials = Trials(quick=True, encoder=partial(recipe.encoder, **_arms.QUICK))
    before = trials.forgetting("full", 0)
    for voice, voices in zip(trials.voices, heard, strict=True):
        assert voices == set(digits.speakers) - {voice}
    n_test = len(digits.rows(trials.voices[:1], takes=TEST_TAKES))
    assert before["right"].shape == (1, 2, n_test)
    assert before["old"].shape == (1, 2, (len(digits.speakers) - 1) * n_test)


def test_rates_are_chosen_by_a_voice_that_nothing_was_heard_of(digits, monkeypatch):
    heard = []
    monkeypatch.setattr(
        _arms, "train", lambda network, digits, rows, **_: heard.append(digits.speaker[rows])
    )
    trials = Trials(quick=True)
    trials.judged("others")
    first, second = trials.voices
    assert not set(heard[0]) & {first, second}  # what both judges start from
    assert [set(one) for one in heard[1:]] == [{second}, {first}] * 3


def test_what_was_interrupted_goes_on(digits, monkeypatch, tmp_path):
    quick = {"quick": True, "folder": tmp_path}
    found = Trials(**quick).right("others", 0)
    monkeypatch.setattr(_arms, "train", lambda *_, **__: pytest.fail("trained again"))
    again = Trials(**quick).right("others", 0)
    np.testing.assert_array_equal(found["right"], again["right"])
    Trials(**quick).source("others", 0, Trials(**quick).voices[0])


def test_answers_of_other_weights_are_not_taken_for_those_of_these(monkeypatch):
    now = recipe.kept_folder()
    monkeypatch.setattr(recipe, "read_record", lambda name: {"sha256": "0" * 64})
    assert recipe.kept_folder() != now
    assert recipe.kept_folder().parent == now.parent


def test_the_bench_gives_rows_of_an_arm():
    rows = {row.name: row for row in recipe.measure(quick=True)["speech_lora"]()}
    assert list(rows) == ["learned", "n1", "n2"]
    assert rows["learned"].ok
    assert 0 <= rows["n1"].value <= 100


def test_two_rounds_of_pre_training_learn_units():
    sentences, source = recipe.unlabelled()
    assert source in ("recordings", "embedded")
    assert len(sentences) > 10
    some = [one[:, :120] for one in sentences[:24]]
    predictor, (first, second) = recipe.pretrain(some, epochs=(1, 1), show_progress=False)
    assert isinstance(predictor.encoder, models.SpeechEncoder)
    assert np.isfinite(first.valid_loss[-1])
    assert np.isfinite(second.valid_loss[-1])
