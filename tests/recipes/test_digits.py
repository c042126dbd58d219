"""The digits recipe: nothing of the test part is trained on, and an epoch teaches something."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, training
from audiolessons.errors import AudioError
from audiolessons.recipes.learning import digits as recipe


@pytest.fixture(scope="module")
def digits():
    return recipe.load()


def test_the_official_split_keeps_five_takes_of_every_voice_for_the_test(digits):
    sounds = datasets.load("spoken_digits")
    n_test = int((sounds.table["take"] < 5).sum())
    assert len(digits.test) == n_test
    assert len(digits.train) + len(digits.valid) + n_test == len(sounds)
    assert digits.source == sounds.source


def test_every_digit_has_its_share_of_the_validation_part(digits):
    counts = np.bincount(digits.valid.tensors[2], minlength=10)
    assert counts.min() >= 1
    assert counts.max() - counts.min() <= 1


def test_no_sound_stands_in_two_parts(digits):
    rows = [
        bytes(x.numpy()) for part in (digits.train, digits.valid, digits.test) for x, *_ in part
    ]
    assert len(set(rows)) == len(rows)


def test_the_training_part_alone_is_standardised(digits):
    x, lengths, _ = digits.train.tensors
    inside = models.sequence_mask(lengths, n_frames=x.shape[2])
    values = x.transpose(1, 2)[inside]
    assert abs(float(values.mean())) < 1e-4
    assert float(values.std()) == pytest.approx(1, abs=1e-3)
    assert float(x.transpose(1, 2)[~inside].abs().max()) == 0


def test_a_held_out_voice_is_the_whole_test_part():
    sounds = datasets.load("spoken_digits")
    speaker = sounds.speakers[0]
    held_out = recipe.load(held_out=speaker)
    assert len(held_out.test) == len(sounds.where(speaker=speaker))
    assert len(held_out.train) + len(held_out.valid) == len(sounds.where_not(speaker=speaker))


@pytest.mark.parametrize("name", recipe.SETTINGS)
def test_a_model_repeats_with_its_seed(name, digits):
    part = torch.utils.data.TensorDataset(*(one[:8] for one in digits.test.tensors))
    first, again, other = (training.predict(recipe.model(name, seed=s), part) for s in (0, 0, 1))
    torch.testing.assert_close(first, again)
    assert not torch.allclose(first, other)


def test_training_teaches_more_than_chance(digits):
    every = max(1, len(digits.train) // 900)
    few = TensorDataset(*(one[::every] for one in digits.train.tensors))
    small = replace(digits, train=few)
    network, history = recipe.train("gru", small, epochs=3, show_progress=False)
    assert history.n_epochs == 3
    share = training.share_right(network, digits.test, time_axis=2)
    assert share > 0.3  # ten digits: chance is 0.1


def test_predictions_do_not_depend_on_the_batch(digits):
    network = recipe.model("cnn")
    alone = torch.utils.data.TensorDataset(*(one[3:4] for one in digits.test.tensors))
    together = training.predict(network, digits.test, time_axis=2)[3]
    torch.testing.assert_close(training.predict(network, alone)[0], together, atol=1e-5, rtol=1e-4)


def test_what_is_not_there_is_named(digits):
    with pytest.raises(AudioError, match="'mlp'"):
        recipe.model("mlp")
    with pytest.raises(AudioError, match="'nobody'"):
        recipe.load(held_out="nobody")
