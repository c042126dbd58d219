"""Masks of padded batches: sound first, then padding, for networks and transforms alike."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from audiolessons.errors import AudioError
from audiolessons.padding import is_sound, sequence_mask, without_padding


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_a_mask_counts_the_frames(lengths):
    mask = sequence_mask(lengths, n_frames=12)
    assert mask.dtype == torch.bool
    assert mask.sum(dim=1).tolist() == lengths
    assert (mask[:, 1:] <= mask[:, :-1]).all()  # sound first, then padding


@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 5), (2, 3, 4, 5)])
def test_a_mask_meets_a_batch_of_any_number_of_axes(shape):
    inside = is_sound(torch.tensor([5, 2]), torch.zeros(shape))
    assert inside.shape == (2, *[1] * (len(shape) - 2), 5)
    torch.testing.assert_close(inside.reshape(2, 5), sequence_mask([5, 2], n_frames=5))


def test_padding_becomes_zero_whatever_it_held():
    x = torch.tensor([[1.0, 2.0, float("nan")]])
    clean, lengths, mask = without_padding(x, [2])
    assert clean.tolist() == [[1, 2, 0]]
    assert (lengths.tolist(), mask.tolist()) == ([2], [[True, True, False]])
    assert without_padding(x, None) == (x, None, None)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1.5], "whole numbers"),
        ([0], r"lengths\[0\] is 0"),
        ([4], r"lengths\[0\] is 4, but the batch has 3"),
        ([[1]], r"give \(B,\)"),
        (torch.zeros(0, dtype=torch.long), "lengths are empty"),
    ],
)
def test_lengths_that_cannot_be_are_named(lengths, message):
    with pytest.raises(AudioError, match=message):
        sequence_mask(lengths, n_frames=3)
