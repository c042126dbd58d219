"""Pairs of digits: parts share nothing, noise is what it says; fusions learn from them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import TensorDataset

from audiolessons import datasets, training
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.multimodal import multimodal as recipe
from audiolessons.recipes.tasks.multimodal.digit_pairs import IMAGE_ROWS


@pytest.fixture(scope="module")
def digits():
    return recipe.load()


@pytest.fixture(scope="module")
def small(digits):
    """The same recipe with few pairs to learn from."""
    few = recipe.load()
    rows = torch.randperm(len(digits.train), generator=torch.Generator().manual_seed(0))[:600]
    few.__dict__["train"] = TensorDataset(*(one[rows] for one in digits.train.tensors))
    few.__dict__["valid"] = TensorDataset(*(one[:100] for one in digits.valid.tensors))
    return few


# --- parts and pairs -----------------------------------------------------------------------------


def test_the_test_sounds_are_the_official_ones(digits):
    sounds = datasets.load("spoken_digits")
    n_test = int((sounds.table["take"] < 5).sum())
    sizes = {name: len(part.audio) for name, part in digits.parts.items()}
    assert sizes["test"] == n_test
    assert sum(sizes.values()) == len(sounds)
    assert digits.source == sounds.source


def test_no_sound_and_no_image_stands_in_two_parts(digits):
    for one in ("audio", "image"):
        rows = [bytes(x.numpy()) for part in digits.parts.values() for x in getattr(part, one)]
        assert len(set(rows)) == len(rows)


def test_parts_of_images_are_whole_blocks_of_writers():
    """Where one writer ends and the next begins, 0 to 9 are written in order."""
    from sklearn.datasets import load_digits

    target = load_digits().target
    for start, end in IMAGE_ROWS.values():
        assert target[start : start + 10].tolist() == list(range(10))
        shares = np.bincount(target[start:end], minlength=10) / (end - start)
        assert shares.min() > 0.08
        assert shares.max() < 0.12
    assert sorted(IMAGE_ROWS.values()) == [(0, 1157), (1157, 1415), (1415, 1797)]


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_sound_image_and_word_of_a_pair_are_of_one_class(digits, part):
    _, _, image, text, lengths, present, digit = digits.pairs(part).tensors
    its = digits.parts[part]
    label_of = {bytes(x.numpy()): d for x, d in zip(its.image, its.image_digits, strict=True)}
    assert [label_of[bytes(x.numpy())] for x in image] == digit.tolist()
    words = [recipe.decode_text(*one) for one in zip(text, lengths, strict=True)]
    assert words == [recipe.WORDS[d] for d in digit]
    assert digit.tolist() == its.audio_digits.tolist()
    assert present.all()


def test_pairs_repeat_with_their_seed_and_copies_differ(digits):
    noise = {"audio_snr_db": 0.0, "image_noise": 0.5, "text_errors": 0.5}
    first, again, other = (
        digits.pairs("valid", n_copies=2, seed=s, **noise).tensors for s in (1, 1, 2)
    )
    for i in (0, 2, 3):
        assert torch.equal(first[i], again[i])
        assert not torch.equal(first[i], other[i])
        copies = first[i].chunk(2)
        assert not torch.equal(*copies)


def test_levels_of_one_modality_change_nothing_of_the_others(digits):
    clean = digits.pairs("valid").tensors
    noisy = digits.pairs("valid", audio_snr_db=0.0, text_errors=0.9).tensors
    assert torch.equal(noisy[2], clean[2])
    assert not torch.equal(noisy[0], clean[0])
    noisy = digits.pairs("valid", image_noise=0.5).tensors
    assert torch.equal(noisy[0], clean[0])
    assert torch.equal(noisy[3], clean[3])


# --- noise ---------------------------------------------------------------------------------------


def test_the_noise_of_images_has_the_deviation_that_was_asked_for():
    image = torch.zeros(2000, 8, 8)
    noisy = recipe.noisy_image(image, noise=0.5, generator=np.random.default_rng(0))
    assert float(noisy.std()) == pytest.approx(0.5, rel=0.01)
    levels = recipe.noisy_image(image, noise=(0.0, 1.0), generator=np.random.default_rng(0))
    spread = levels.std(dim=(1, 2))
    assert float(spread.mean()) == pytest.approx(0.5, abs=0.03)
    assert float(spread.min()) < 0.05


def test_the_noise_of_sounds_has_the_ratio_that_was_asked_for(digits):
    """White noise is flat: its power in a band far above the voice tells its level."""
    loud, soft = (digits.pairs("valid", audio_snr_db=snr).tensors[0] for snr in (-20.0, -10.0))
    inside = digits.pairs("valid").tensors[1].min()
    step = (loud - soft)[:, :, : int(inside)].mean()
    assert float(step) == pytest.approx(10, abs=0.5)  # dB


@given(word=st.sampled_from(recipe.WORDS), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_a_mistyped_word_is_still_text(word, share, seed):
    typed = recipe.mistyped(word, share=share, generator=np.random.default_rng(seed))
    assert 1 <= len(typed) <= 8
    assert recipe.decode_text(*(one[0] for one in recipe.encode_text([typed]))) == typed
    if share == 0:
        assert typed == word


def test_the_share_of_mistyped_letters_is_the_one_that_was_asked_for():
    generator = np.random.default_rng(0)
    typed = [recipe.mistyped("b", share=0.3, generator=generator) for _ in range(5000)]
    # of a word of one letter, a mistake leaves nothing as it was but by chance, 2 in 3 x 1 in 26
    assert np.mean([one != "b" for one in typed]) == pytest.approx(0.3, abs=0.02)


# --- networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", recipe.MODELS)
def test_a_model_repeats_with_its_seed(name, digits):
    part = TensorDataset(*(one[:6] for one in digits.pairs("valid").tensors))
    first, again, other = (training.predict(recipe.model(name, seed=s), part) for s in (0, 0, 1))
    torch.testing.assert_close(first, again)
    assert not torch.allclose(first, other)


@pytest.mark.parametrize("name", ["image", "text", "late"])
def test_training_teaches_more_than_chance(name, small):
    network, history = recipe.train(name, small, epochs=4, show_progress=False)
    assert history.n_epochs == 4
    clean = small.pairs("valid")
    uses = [name] if name in recipe.MODALITIES else recipe.MODALITIES
    assert training.share_right(network, recipe.only(clean, *uses)) > 0.3  # chance is 0.1


def test_one_modality_alone_learns_nothing_of_the_others(small):
    before, (after, _) = (
        recipe.model("image"),
        recipe.train("image", small, epochs=1, show_progress=False),
    )
    for name in recipe.MODALITIES:
        encoders = (one.encoders.encoders[name] for one in (before, after))
        # weight decay acts where there is a gradient, and there is none
        pairs = zip(*(one.parameters() for one in encoders), strict=True)
        changed = any(not torch.equal(first, second) for first, second in pairs)
        assert changed == (name == "image")


def test_the_grid_is_the_accuracy_of_every_cell(digits):
    networks = {name: recipe.model(name).eval() for name in ("image", "gated", "attention")}
    levels = {"audio_snr_db": [None, -5.0], "image_noise": [0.5], "text_errors": [0.0, 0.9]}
    grid = recipe.grid(networks, digits, part="valid", **levels)
    cell = digits.pairs("valid", audio_snr_db=-5.0, image_noise=0.5, text_errors=0.9)
    for name, network in networks.items():
        assert grid[name].shape == (2, 1, 2)
        uses = ["image"] if name == "image" else recipe.MODALITIES
        expected = training.share_right(network, recipe.only(cell, *uses))
        assert grid[name][1, 0, 1] == pytest.approx(expected)


def test_the_table_of_what_is_missing_has_every_choice(digits):
    networks = {name: recipe.model(name) for name in (*recipe.MODALITIES, "late")}
    rows = recipe.missing(networks, digits.pairs("valid"))
    assert [len(row["there"]) for row in rows] == [3, 2, 2, 2, 1, 1, 1]
    alone = {row["there"][0]: row["best_single"] for row in rows[4:]}
    for row in rows:
        assert row["best_single"] == max(alone[name] for name in row["there"])
        assert 0 <= row["late"] <= 1


def test_what_is_not_there_is_named(digits):
    with pytest.raises(AudioError, match="model is 'smell'"):
        recipe.model("smell")
    with pytest.raises(AudioError, match="part is 'exam': choose one of 'train', 'valid', 'test'"):
        digits.pairs("exam")
    with pytest.raises(AudioError, match="modality is 'smell'"):
        recipe.only(digits.pairs("valid"), "smell")
    with pytest.raises(AudioError, match="'Zero' is not 1 to 8 letters from a to z"):
        recipe.encode_text(["Zero"])
    with pytest.raises(AudioError, match=r"words is 'seven': give a list, such as \['seven'\]"):
        recipe.encode_text("seven")
    with pytest.raises(AudioError, match="7 is not 1 to 8 letters"):
        recipe.encode_text([7])
    with pytest.raises(AudioError, match="word is '': give at least one letter"):
        recipe.mistyped("", share=0.5, generator=np.random.default_rng(0))
    with pytest.raises(AudioError, match="n_copies is 0"):
        digits.pairs("valid", n_copies=0)


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ({"image_noise": -1.0}, "image_noise is -1.0: give a number or a pair .* from 0"),
        ({"image_noise": (1.0, 0.0)}, "pair"),
        ({"image_noise": (0, 1, 2)}, r"image_noise is \(0, 1, 2\): give one number, or a pair"),
        ({"image_noise": "0.3"}, "image_noise is '0.3'"),
        ({"text_errors": 2.0}, "text_errors is 2.0: give a number or a pair .* from 0 to 1"),
        ({"text_errors": float("nan")}, "text_errors is nan"),
        ({"audio_snr_db": "3"}, "audio_snr_db is '3'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_levels_that_cannot_be_are_named(digits, level, message):
    with pytest.raises(AudioError, match=message):
        digits.pairs("valid", **level)


def test_a_list_of_two_levels_is_a_pair(digits):
    one, other = (digits.pairs("valid", image_noise=kind((0.0, 0.5))) for kind in (tuple, list))
    assert torch.equal(one.tensors[2], other.tensors[2])
