"""Concepts, prototypes, and what a map holds as a sound."""

from itertools import combinations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from audiolessons import models, signals, spectral
from audiolessons.errors import AudioError


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4, 6), dropout=0.5)


def test_a_layer_is_heard_as_the_network_computes_it(network):
    network.train()
    x = torch.randn(3, 8, 12)
    lengths = torch.tensor([12, 7, 4])
    found = models.layer_output(network, network.norms[1], x, lengths)
    assert network.training
    network.eval()
    assert found.shape == (3, 6 * 4)
    alone = models.layer_output(network, network.norms[1], x[2:, :, :4])
    torch.testing.assert_close(found[2:], alone, atol=1e-5, rtol=1e-4)


def test_a_layer_without_time_and_a_frozen_network_are_welcome():
    line = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1, bias=False)).requires_grad_(False)
    _ = line[1].weight.copy_(torch.tensor([[3.0, -1.0]]))
    x = torch.randn(4, 2)
    torch.testing.assert_close(models.layer_output(line, line[0], x), line[0](x))
    rises = models.concept_sensitivity(line, line[0], x, 0, [1.0, 0.5])
    np.testing.assert_allclose(rises, 2.5)


def test_the_direction_is_that_of_a_logistic_regression():
    random = np.random.default_rng(0)
    inside, outside = random.normal(size=(40, 5)) + 0.4, random.normal(size=(30, 5))
    ours = models.concept_vector(inside, outside, penalty=0.5)
    theirs = LogisticRegression(C=2.0, tol=1e-10, max_iter=1000).fit(
        np.vstack([inside, outside]), np.repeat([1, 0], [40, 30])
    )
    np.testing.assert_allclose(ours, theirs.coef_[0] / np.linalg.norm(theirs.coef_), atol=1e-5)
    assert np.linalg.norm(ours) == pytest.approx(1)


def test_sensitivity_is_what_a_small_step_does(network):
    network.eval()
    x = torch.randn(2, 8, 12)
    vector = np.random.default_rng(0).normal(size=6 * 4)
    found = models.concept_sensitivity(network, network.norms[1], x, 2, vector)
    step = torch.from_numpy(vector).float().reshape(6, 4, 1)

    def moved(size):
        hook = network.norms[1].register_forward_hook(lambda m, a, out: out + size * step)
        with torch.no_grad():
            logits = network(x)
        hook.remove()
        return logits[:, 2]

    slope = (moved(1e-3) - moved(-1e-3)) / 2e-3
    np.testing.assert_allclose(found, slope, atol=1e-2, rtol=0.05)


def test_prototypes_lie_as_all_do():
    random = np.random.default_rng(1)
    sounds = np.vstack([random.normal(size=(10, 2)), random.normal(size=(10, 2)) + 8])
    alike = models.likeness(sounds)

    def discrepancy(chosen):
        chosen = list(chosen)
        return alike[np.ix_(chosen, chosen)].mean() - 2 * alike[:, chosen].mean()

    chosen = models.choose_prototypes(alike, 2)
    assert {one // 10 for one in chosen} == {0, 1}
    three = models.choose_prototypes(alike, 3)
    assert chosen == three[:2]
    for n in range(3):  # each is the best one to add to those before it
        others = [one for one in range(20) if one not in three[:n]]
        assert three[n] == min(others, key=lambda one: discrepancy([*three[:n], one]))
    # and greed comes near the best there is
    best = min(combinations(range(20), 3), key=discrepancy)
    assert discrepancy(three) < 0.9 * discrepancy(best)


def test_a_criticism_is_what_no_prototype_stands_for():
    sounds = np.vstack([np.random.default_rng(1).normal(size=(10, 2)), [[30.0, 0], [30.1, 0]]])
    alike = models.likeness(sounds, width=1.0)
    prototypes = models.choose_prototypes(alike[:10, :10], 4)
    criticisms = models.choose_criticisms(alike, prototypes, 3)
    assert len(set(criticisms) & {10, 11}) == 1  # two that are alike are named once
    assert not set(criticisms) & set(prototypes)


def test_parts_of_a_sound_add_up_and_lie_where_the_mask_says():
    low = signals.sine(300, duration_s=0.5, sample_rate=8000)
    high = signals.sine(2500, duration_s=0.5, sample_rate=8000)
    sound = low + high
    mask = np.zeros((40, 51))
    mask[25:] = 1
    alone, removed = models.alone_and_removed(
        sound, mask, sample_rate=8000, n_fft=256, hop_length=80
    )
    np.testing.assert_allclose(alone + removed, sound, atol=1e-6)
    inner = slice(500, -500)
    assert np.abs(alone[inner] - high[inner]).max() < 0.05
    assert np.abs(removed[inner] - low[inner]).max() < 0.05


def test_a_mask_of_ones_is_one_in_every_bin():
    bins = models.bands_to_bins(np.ones((2, 40, 3)), sample_rate=8000, n_fft=256)
    np.testing.assert_allclose(bins, 1, atol=1e-6)
    assert bins.shape == (2, 129, 3)
    top = np.zeros((40, 1))
    top[-1] = 1
    bins = models.bands_to_bins(top, sample_rate=8000, n_fft=256)[:, 0]
    assert bins[-1] == pytest.approx(1)
    assert bins[:100].max() == 0
    assert spectral.stft(np.zeros(800), n_fft=256, hop_length=80).shape[0] == 129


AUDIO, MASK = np.ones(800), np.ones((40, 11))
OPTIONS = {"sample_rate": 8000, "n_fft": 256, "hop_length": 80}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: models.concept_vector(np.ones((2, 3)), np.ones((2, 4))), "inside has shape"),
        (lambda net: models.concept_vector(np.ones((0, 3)), np.ones((2, 3))), "one side is empty"),
        (lambda net: models.concept_vector(np.ones((1, 3)), np.ones((2, 3)), penalty=0), "penalty"),
        (lambda net: models.concept_vector(np.ones((4, 3)), np.ones((2, 3))), "are alike"),
        (lambda net: models.concept_vector([[np.nan]], [[1.0]]), "an example holds nan"),
        (lambda net: models.likeness([[np.nan], [1.0]]), "vectors holds nan"),
        (lambda net: models.choose_criticisms(np.eye(3), [], 1), r"prototypes is \[\]"),
        (lambda net: models.choose_criticisms(np.eye(3), [3], 1), r"prototypes is \[3\]"),
        (lambda net: models.layer_output(net, nn.Identity(), torch.ones(1, 8, 9)), "used 0 times"),
        (lambda net: models.likeness(np.ones((3, 2))), "half of the sounds are equal"),
        (lambda net: models.likeness(np.ones(3)), r"vectors has shape \(3,\)"),
        (lambda net: models.choose_prototypes(np.ones((3, 2)), 1), "alike has shape"),
        (lambda net: models.choose_prototypes(np.eye(3), 4), "n is 4, of 3 sounds"),
        (
            lambda net: models.bands_to_bins(np.ones(4), sample_rate=8000, n_fft=16),
            "one row a band",
        ),
        (lambda net: models.alone_and_removed(AUDIO[None], MASK, **OPTIONS), "give one sound"),
        (lambda net: models.alone_and_removed(AUDIO, MASK[:, :9], **OPTIONS), "11 frames"),
        (lambda net: models.alone_and_removed(AUDIO, 2 * MASK, **OPTIONS), "0 to 1"),
    ],
)
def test_bad_input_is_named(network, call, message):
    with pytest.raises(AudioError, match=message):
        call(network)
