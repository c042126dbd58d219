"""What the exercises on attention share: inputs, and what the prompts forbid."""

from __future__ import annotations

from audiolessons.exercises.engine.inputs import noise

ATTENDS = (
    "scaled_dot_product_attention",
    "attention_weights",
    "MultiHeadAttention",
    "MultiheadAttention",
    "multi_head_attention_forward",
    "flex_attention",
)
LOUD = 1e4  # a score in the padding that no other reaches
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32: sums in another order


def tensor(*shape, seed=0):
    import torch

    return torch.from_numpy(noise(*shape, seed=seed)).float()


def drawn(random, *shape):
    """Tensors for `valid`: double, so that rounding changes nothing there."""
    import torch

    return torch.from_numpy(random.standard_normal(shape))


def attention_input(n_queries, n_keys, n_features, n_values, *, before=(), seed=0):
    return (
        tensor(*before, n_queries, n_features, seed=seed),
        tensor(*before, n_keys, n_features, seed=seed + 1),
        tensor(*before, n_keys, n_values, seed=seed + 2),
    )


def any_attention(random):
    n_queries, n_keys, n_features, n_values = random.integers(1, 7, 4)
    before = tuple(random.integers(1, 4, random.integers(0, 3)))
    return (
        2 * drawn(random, *before, n_queries, n_features),
        drawn(random, *before, n_keys, n_features),
        drawn(random, *before, n_keys, n_values),
    )


def filled(lengths, n_keys):
    """Which of `n_keys` places hold sound, (B, M)."""
    import torch

    return torch.arange(n_keys) < lengths[:, None]
