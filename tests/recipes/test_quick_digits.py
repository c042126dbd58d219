"""The quick digits recipe: parts share nothing, length does not matter, and it learns."""

import numpy as np
import pytest
import torch

from audiolessons import datasets
from audiolessons.errors import AudioError
from audiolessons.recipes.learning import quick_digits as recipe


@pytest.fixture(scope="module")
def digits():
    return recipe.load()


@pytest.fixture(scope="module")
def pictures(digits):
    return recipe.pictures(digits)


def rows_of(parts):
    return [set(rows.tolist()) for rows in (parts.train, parts.valid, parts.test)]


@pytest.mark.parametrize("options", [{}, {"held_out": 0}, {"held_out": 1, "valid_voice": 2}])
def test_no_sound_stands_in_two_parts_and_none_is_lost(digits, options):
    options = {name: digits.speakers[number] for name, number in options.items()}
    train, valid, test = rows_of(recipe.split(digits, **options))
    assert not train & valid
    assert not train & test
    assert not valid & test
    if "valid_voice" not in options:
        assert len(train) + len(valid) + len(test) == len(digits.labels)


def test_the_official_test_is_the_first_five_takes(digits):
    parts = recipe.split(digits)
    take = datasets.load("spoken_digits").table["take"]
    assert set(take[parts.test].tolist()) == set(range(5))
    assert take[parts.train].min() >= 5


def test_a_voice_that_is_held_out_is_heard_nowhere_else(digits):
    test_voice, valid_voice = digits.speakers[:2]
    parts = recipe.split(digits, held_out=test_voice, valid_voice=valid_voice)
    assert set(digits.speaker[parts.test]) == {test_voice}
    assert set(digits.speaker[parts.valid]) == {valid_voice}
    assert set(digits.speaker[parts.train]) == set(digits.speakers[2:])


def test_every_digit_is_validated(digits):
    parts = recipe.split(digits, held_out=digits.speakers[0])
    assert set(digits.labels[parts.valid].tolist()) == set(range(10))


def test_a_voice_is_not_test_and_validation_at_once(digits):
    one = digits.speakers[0]
    with pytest.raises(AudioError, match="which is the test"):
        recipe.split(digits, held_out=one, valid_voice=one)
    with pytest.raises(AudioError, match="nobody"):
        recipe.split(digits, held_out="nobody")


def test_padding_does_not_change_a_picture(digits):
    look = recipe.Pictures(sample_rate=digits.sample_rate)
    shortest = int(digits.lengths.argmin())
    audio, length = digits.audio[shortest : shortest + 1], digits.lengths[shortest : shortest + 1]
    padded = look(audio, length)
    cut = look(audio[:, : int(length)], length)
    torch.testing.assert_close(padded, cut, rtol=0, atol=1e-3)


def test_stretches_of_equal_length_average_the_frames(digits):
    look = recipe.Pictures(sample_rate=digits.sample_rate, n_stretches=1)
    audio, length = digits.audio[:1], digits.lengths[:1]
    level_db, n_frames = look.to_mel(audio, length)
    mean = level_db[0, :, : int(n_frames)].mean(dim=1)
    torch.testing.assert_close(look(audio, length)[0, :, 0], mean, rtol=0, atol=1e-3)


def test_a_picture_lets_the_gradient_through_to_the_sound(digits):
    look = recipe.Pictures(sample_rate=digits.sample_rate)
    audio = digits.audio[:2].clone().requires_grad_()
    look(audio, digits.lengths[:2]).sum().backward()
    assert float(audio.grad.abs().max()) > 0


def test_speed_changes_the_picture_and_not_its_shape(digits, pictures):
    faster = recipe.pictures(digits, speed=1.15)
    assert faster.shape == pictures.shape
    assert float((faster - pictures).abs().mean()) > 0.1


def test_it_learns_and_repeats_with_its_seed(digits, pictures):
    parts = recipe.split(digits)
    model, history = recipe.train(pictures, digits.labels, parts, epochs=6)
    again, _ = recipe.train(pictures, digits.labels, parts, epochs=6)
    logits = recipe.logits(model, pictures[parts.test])
    np.testing.assert_allclose(logits, recipe.logits(again, pictures[parts.test]), atol=1e-4)
    assert np.mean(logits.argmax(axis=1) == digits.labels[parts.test].numpy()) > 0.8
    assert history.best_epoch is not None


def test_without_validation_the_last_weights_are_kept(digits, pictures):
    _, history = recipe.train(
        pictures, digits.labels, recipe.split(digits), epochs=1, keep_best=False
    )
    assert not history.valid_loss


def test_more_versions_are_more_steps(digits, pictures, monkeypatch):
    seen = {}

    def fit(model, train, valid, **options):
        seen["n"] = len(train.dataset)
        seen["labels"] = train.dataset.tensors[1]

    monkeypatch.setattr(recipe.training, "fit", fit)
    parts = recipe.split(digits)
    recipe.train(pictures, digits.labels, parts, more=[pictures])
    assert seen["n"] == 2 * len(parts.train)
    half = len(parts.train)
    torch.testing.assert_close(seen["labels"][:half], seen["labels"][half:])


def test_the_scale_is_that_of_the_training_part(digits, pictures):
    model = recipe.network(pictures[:50])
    standardised = model[0](pictures[:50])
    standardised = standardised[0] if isinstance(standardised, tuple) else standardised
    assert float(standardised.mean(dim=(0, 2)).abs().max()) < 1e-3
