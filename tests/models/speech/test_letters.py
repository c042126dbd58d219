"""The network that reads words: sizes, both directions, and errors."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError


def test_each_letter_hears_of_all_others():
    torch.manual_seed(0)
    reader = models.LetterReader(n_letters=5, n_pairs=7, hidden_size=6).eval()
    word = torch.tensor([[0, 1, 2, 3]])
    whole = reader(word)
    assert whole.shape == (1, 7, 4)
    for changed in range(4):
        other = word.clone()
        other[0, changed] = 4
        moved = (reader(other) - whole).abs().amax(dim=1)[0]
        assert (moved > 1e-6).all()


def test_bad_sizes_are_named():
    with pytest.raises(AudioError, match=r"letters has shape \(3,\)"):
        models.LetterReader(n_letters=5, n_pairs=7)(torch.tensor([0, 1, 2]))
    with pytest.raises(AudioError, match="n_pairs"):
        models.LetterReader(n_letters=5, n_pairs=0)
