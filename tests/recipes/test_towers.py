"""Towers of digits: who meets whom, and that what never met is found all the same."""

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.multimodal import digit_pairs
from audiolessons.recipes.tasks.multimodal import towers as recipe


@pytest.fixture(scope="module")
def digits():
    return digit_pairs.load()


def met(dataset):
    """Return which modalities meet in some row."""
    present = dataset.tensors[5].int()
    return (present.T @ present > 0).tolist()


def test_pairings_say_who_meets_whom(digits):
    dataset = digits.pairs("valid")
    assert met(recipe.paired(dataset, "all")) == [[True] * 3] * 3
    assert met(recipe.paired(dataset, "direct")) == [[True, True, False]] * 2 + [[False] * 3]
    through = recipe.paired(dataset, "through text")
    assert met(through) == [[True, False, True], [False, True, True], [True] * 3]
    assert len(through) == 2 * len(dataset)
    with pytest.raises(AudioError, match="pairing is 'none': choose one of 'all', 'direct'"):
        recipe.paired(dataset, "none")


def test_rows_keep_their_class_when_they_are_shuffled(digits):
    dataset = digits.pairs("valid")
    part = digits.parts["valid"]
    of_image = {bytes(x.numpy()): d for x, d in zip(part.image, part.image_digits, strict=True)}
    _, _, image, text, lengths, present, digit = recipe.paired(dataset, "through text").tensors
    for row in range(len(digit)):
        word = digit_pairs.WORDS[int(digit[row])]
        assert digit_pairs.decode_text(text[row], lengths[row]) == word
        if present[row, 1]:
            assert of_image[bytes(image[row].numpy())] == int(digit[row])


def test_no_batch_holds_a_single_class(digits):
    """Ordered by class, batches would have nothing to tell apart."""
    labels = recipe.paired(digits.pairs("valid", n_copies=3), "all").tensors[-1]
    for batch in labels.split(64)[:-1]:
        assert len(batch.unique()) > 5


def test_training_brings_partners_together(digits):
    rows = torch.randperm(len(digits.train), generator=torch.Generator().manual_seed(0))[:900]
    few = TensorDataset(*(one[rows] for one in digits.train.tensors))

    class Few:
        parts = digits.parts

        def pairs(self, part, *, n_copies, **noise):
            return few if part == "train" else digits.pairs("valid", **noise)

    towers, history = recipe.train(
        Few(), pairing="through text", epochs=3, show_progress=False, batch_size=64
    )
    assert history.valid_loss[-1] < history.valid_loss[0]
    dataset = digits.pairs("valid")
    found = {(row["query"], row["gallery"]): row for row in recipe.retrieval(towers, dataset)}
    assert len(found) == 6
    row = found["image", "text"]
    assert row["recall@1"] > 2 * row["chance@1"]
    assert "recall@5" not in row, "the first five of ten words, many times each, are one word"
    row = found["text", "image"]
    assert row["recall@5"] >= row["recall@1"]


def test_a_fixed_temperature_stays(digits):
    class Few:
        parts = digits.parts

        def pairs(self, part, *, n_copies, **noise):
            return digits.pairs("valid", n_copies=4, **noise)

    options = {"epochs": 1, "temperature": 0.5, "show_progress": False, "pairing": "direct"}
    fixed, _ = recipe.train(Few(), learn_temperature=False, **options)
    learned, _ = recipe.train(Few(), **options)
    assert float(fixed.temperature) == pytest.approx(0.5)
    assert float(learned.temperature.detach()) != pytest.approx(0.5, abs=1e-6)


def test_embeddings_are_directions(digits):
    torch.manual_seed(0)
    towers = models.Towers(recipe.encoders(), n_dimensions=16)
    embeddings = recipe.embed(towers, digits.pairs("valid"))
    assert list(embeddings) == ["audio", "image", "text"]
    for one in embeddings.values():
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, rtol=1e-5)
