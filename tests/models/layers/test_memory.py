"""The widest step of a computation."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from audiolessons import models


def test_the_largest_tensor_between_start_and_end_counts():
    column = torch.ones(50, 1)
    assert models.largest_tensor_bytes(lambda: (column @ column.T).sum()) == 50 * 50 * 4
    assert models.largest_tensor_bytes(lambda: (column.double() * 2).sum()) == 50 * 8


def test_nothing_takes_nothing():
    assert models.largest_tensor_bytes(lambda: 1 + 1) == 0


def test_plain_attention_holds_all_weights_and_fused_attention_does_not():
    x = torch.randn(1, 4, 300, 16)
    plain = models.largest_tensor_bytes(lambda: models.scaled_dot_product_attention(x, x, x))
    fused = models.largest_tensor_bytes(lambda: scaled_dot_product_attention(x, x, x))
    assert plain == 4 * 300 * 300 * 4
    assert fused == x.numel() * 4


def test_its_result_is_not_changed_and_errors_come_through():
    seen = []
    models.largest_tensor_bytes(lambda: seen.append(torch.arange(3).sum().item()))
    assert seen == [3]
