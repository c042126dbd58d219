"""Speech without labels, networks that are trained together, and what the arms give."""

from functools import partial

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.recipes.large.finetuning import _arms
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


def some_rows(digits, n_networks, n_rows):
    random = np.random.default_rng(0)
    return np.stack([random.permutation(len(digits.labels))[:n_rows] for _ in range(n_networks)])


def test_digits_are_left_out_of_what_is_heard_without_labels():
    assert not recipe.says_no_digit("Twenty-One stones")
    assert not recipe.says_no_digit("OH NO")
    assert recipe.says_no_digit("somebody weighs tonnes")
    cut = recipe.pieces([np.zeros((40, 481)), np.zeros((40, 20))])
    assert [one.shape[1] for one in cut] == [121, 120, 120, 120]


def test_answers_together_are_those_of_each_alone(digits):
    networks, rows = [small(seed) for seed in range(3)], some_rows(digits, 3, 60)
    together = recipe.answers_together(networks, digits, rows, device=torch.device("cpu"))
    for network, row, found in zip(networks, rows, together, strict=True):
        with torch.no_grad():
            alone = network.eval()(digits.x[row], digits.lengths[row])
        torch.testing.assert_close(found, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("way", ["full", "lora", "probe", "adapters"])
def test_each_network_learns_its_own_and_only_what_may(digits, way):
    networks = [recipe.adapted(small(seed), way) for seed in range(2)]
    before = [{k: v.clone() for k, v in one.state_dict().items()} for one in networks]
    rows = some_rows(digits, 2, 8)
    labels = np.stack([np.full(8, 3), np.full(8, 7)])
    recipe.train_together(
        networks,
        digits,
        rows,
        labels=labels,
        n_steps=25,
        batch_size=4,
        learning_rate=0.01,
        head_rate=0.02,
        device=torch.device("cpu"),
    )
    for network, old, wanted in zip(networks, before, labels, strict=True):
        with torch.no_grad():
            said = network.eval()(digits.x[rows[0]], digits.lengths[rows[0]]).argmax(dim=1)
        assert (said.numpy() == wanted[0]).mean() > 0.7
        for name, one in network.named_parameters():
            assert one.requires_grad or torch.equal(one, old[name]), name


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

    def listens(networks, _, rows, **options):
        if options["n_steps"] == 3 and len(networks) == 2 and not heard:  # the sources come first
            heard.extend(set(digits.speaker[some].tolist()) for some in rows)

    monkeypatch.setattr(_arms, "train_together", listens)
    trials = Trials(quick=True, encoder=partial(recipe.encoder, **_arms.QUICK))
    before = trials.forgetting("full", 0)
    first, second = trials.halves
    assert sorted(first + second) == trials.voices
    for voices, new, old in zip(heard, (first, second), (second, first), strict=True):
        assert not voices & set(new)
        assert set(old) <= voices
    n_test = len(digits.rows(trials.voices[:1], takes=TEST_TAKES))
    assert before["right"].shape == before["old"].shape == (1, 2, n_test)


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
