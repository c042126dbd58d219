"""Attention against torch's, and the laws it obeys."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as torchs_attention

from audiolessons.errors import AudioError
from audiolessons.models import (
    AttentionPooling,
    MultiHeadAttention,
    TransformerClassifier,
    TransformerEncoder,
    count_parameters,
    scaled_dot_product_attention,
    sequence_mask,
    sinusoidal_positions,
)
from audiolessons.models.layers import attention
from audiolessons.models.sound import transformer

# --- one attention -------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
def test_it_is_torchs(masked):
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 7, 8), torch.randn(2, 3, 11, 8), torch.randn(2, 3, 11, 5)
    mask = None
    if masked:
        mask = torch.rand(2, 3, 7, 11) > 0.5
        mask[..., 0] = True
    output, weights = scaled_dot_product_attention(q, k, v, mask)
    assert (output - torchs_attention(q, k, v, attn_mask=mask)).abs().max() < 1e-5
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3, 7))
    assert mask is None or (weights[~mask] == 0).all()


@given(n=st.integers(1, 6), m=st.integers(1, 6), scale=st.floats(0.0, 30.0))
@settings(max_examples=30, deadline=None)
def test_an_output_is_a_mixture_of_values(n, m, scale):
    """So it never leaves the range of the values, however strongly a query matches."""
    torch.manual_seed(n * 7 + m)
    q, k, v = scale * torch.randn(n, 4), torch.randn(m, 4), torch.randn(m, 3)
    output, weights = scaled_dot_product_attention(q, k, v)
    assert (weights >= 0).all()
    assert (output <= v.max(dim=0).values + 1e-5).all()
    assert (output >= v.min(dim=0).values - 1e-5).all()


def test_the_softmax_runs_over_the_keys():
    """Equal keys are weighted alike: rows sum to 1, columns need not."""
    q, k = torch.randn(3, 4), torch.zeros(5, 4)
    _, weights = scaled_dot_product_attention(q, k, torch.randn(5, 2))
    torch.testing.assert_close(weights, torch.full((3, 5), 1 / 5))


def test_the_order_of_the_keys_does_not_matter():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 4), torch.randn(5, 4), torch.randn(5, 2)
    order = torch.randperm(5)
    torch.testing.assert_close(
        scaled_dot_product_attention(q, k, v)[0],
        scaled_dot_product_attention(q, k[order], v[order])[0],
    )


def test_a_query_that_may_look_nowhere_gets_zero_and_no_nan():
    q = torch.randn(2, 4, requires_grad=True)
    mask = torch.tensor([[True, False, True], [False, False, False]])
    output, weights = scaled_dot_product_attention(q, torch.randn(3, 4), torch.randn(3, 2), mask)
    assert (output[1] == 0).all()
    assert (weights[1] == 0).all()
    output.sum().backward()
    assert torch.isfinite(q.grad).all()
    assert (q.grad[1] == 0).all()


@pytest.mark.parametrize(
    ("shapes", "mask", "message"),
    [
        (((3, 4), (5, 6), (5, 2)), None, "query and key must have equally many features"),
        (((3, 4), (5, 4), (6, 2)), None, "key and value must have equally many frames"),
        (((4,), (5, 4), (5, 2)), None, "give at least two axes"),
        (((3, 4), (5, 4), (5, 2)), torch.ones(3, 5), "mask holds torch.float32: give bool"),
        (
            ((3, 4), (5, 4), (5, 2)),
            torch.ones(5, 3, dtype=torch.bool),
            r"mask has shape \(5, 3\): give one that broadcasts to \(3, 5\)",
        ),
    ],
)
def test_wrong_shapes_are_named(shapes, mask, message):
    with pytest.raises(AudioError, match=message):
        scaled_dot_product_attention(*map(torch.zeros, shapes), mask)


# --- positions -----------------------------------------------------------------------------------


def test_positions_by_the_formula():
    positions = sinusoidal_positions(50, 16)
    for n in (0, 1, 17, 49):
        for pair in range(8):
            angle = n / 10000 ** (2 * pair / 16)
            assert positions[n, 2 * pair] == pytest.approx(math.sin(angle), abs=1e-5)
            assert positions[n, 2 * pair + 1] == pytest.approx(math.cos(angle), abs=1e-5)


def test_how_alike_two_positions_are_depends_on_their_distance_only():
    positions = sinusoidal_positions(60, 32).double()
    for distance in (1, 5, 20):
        alike = (positions[distance:] * positions[:-distance]).sum(dim=1)
        torch.testing.assert_close(alike, alike[:1].expand_as(alike), rtol=0, atol=1e-4)


def test_no_two_positions_are_the_same():
    distances = torch.cdist(sinusoidal_positions(500, 64), sinusoidal_positions(500, 64))
    assert distances.fill_diagonal_(9).min() > 0.1


def test_an_odd_width_is_named():
    with pytest.raises(AudioError, match="n_features is 7: give an even number"):
        sinusoidal_positions(5, 7)
    with pytest.raises(AudioError, match="is 7: give an even number"):
        TransformerEncoder(width=7, n_heads=1, n_layers=1)


# --- several heads -------------------------------------------------------------------------------


def twins(width=16, n_heads=4):
    """Return ours and torch's with the same weights."""
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(width, n_heads, batch_first=True)
    nn.init.normal_(theirs.in_proj_bias)
    nn.init.normal_(theirs.out_proj.bias)
    ours = MultiHeadAttention(width=width, n_heads=n_heads)
    with torch.no_grad():
        projections = (ours.to_query, ours.to_key, ours.to_value)
        for i, projection in enumerate(projections):
            projection.weight.copy_(theirs.in_proj_weight.chunk(3)[i])
            projection.bias.copy_(theirs.in_proj_bias.chunk(3)[i])
        ours.to_output.load_state_dict(theirs.out_proj.state_dict())
    return ours.eval(), theirs.eval()


@pytest.mark.parametrize("return_weights", [False, True])
@pytest.mark.parametrize("n_heads", [1, 4, 16])
def test_multi_head_attention_is_torchs(n_heads, return_weights):
    ours, theirs = twins(n_heads=n_heads)
    x, memory = torch.randn(2, 7, 16), torch.randn(2, 11, 16)
    mask = sequence_mask([11, 5], n_frames=11)  # torch's says where *not* to look
    expected, expected_weights = theirs(
        x, memory, memory, key_padding_mask=~mask, average_attn_weights=False
    )
    y = ours(x, memory, mask=mask[:, None, None], return_weights=return_weights)
    if return_weights:
        y, weights = y
        assert (weights - expected_weights).abs().max() < 1e-5
    assert (y - expected).abs().max() < 1e-5


def test_the_causal_mask_is_torchs():
    ours, theirs = twins()
    x = torch.randn(2, 9, 16)
    later = torch.ones(9, 9, dtype=torch.bool).triu(1)
    expected, _ = theirs(x, x, x, attn_mask=later, need_weights=False)
    assert (ours(x, mask=~later) - expected).abs().max() < 1e-5


def test_where_products_have_16_bits_a_processor_attends_in_32():
    query, key, value = (torch.randn(2, 3, 7, 4) for _ in range(3))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        halved = [one.bfloat16() for one in (query, key, value)]
        found = attention.fused_attention(*halved)
        assert (query @ key.transpose(2, 3)).dtype == torch.bfloat16  # others still have 16
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, torchs_attention(*(one.float() for one in halved)))


def test_the_fused_kernel_and_the_plain_statement_agree_also_in_their_gradients():
    ours, _ = twins()
    mask = sequence_mask([9, 4], n_frames=9)[:, None, None]
    gradients = []
    for return_weights in (False, True):
        torch.manual_seed(1)
        x = torch.randn(2, 9, 16, requires_grad=True)
        y = ours(x, mask=mask, return_weights=return_weights)
        (y[0] if return_weights else y).square().sum().backward()
        gradients.append(x.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_attention_alone_does_not_notice_order_and_positions_do():
    torch.manual_seed(0)
    x, order = torch.randn(1, 9, 16), torch.randperm(9)
    attention = MultiHeadAttention(width=16, n_heads=4)
    torch.testing.assert_close(attention(x[:, order]), attention(x)[:, order])
    encoder = TransformerEncoder(width=16, n_heads=4, n_layers=1)
    assert not torch.allclose(encoder(x[:, order]), encoder(x)[:, order], atol=1e-3)


def test_heads_that_do_not_divide_are_named():
    with pytest.raises(AudioError, match="n_heads is 3, which does not divide the width of 16"):
        MultiHeadAttention(width=16, n_heads=3)


# --- pooling, encoder, classifier ----------------------------------------------------------------


def test_pooling_by_equal_scores_is_the_mean():
    pooling = AttentionPooling(width=6)
    nn.init.zeros_(pooling.score.weight)
    x = torch.randn(2, 9, 6)
    pooled, weights = pooling(x, sequence_mask([9, 4], n_frames=9))
    torch.testing.assert_close(pooled[0], x[0].mean(dim=0))
    torch.testing.assert_close(pooled[1], x[1, :4].mean(dim=0))
    torch.testing.assert_close(weights[1, :4], torch.full((4,), 1 / 4))
    assert (weights[1, 4:] == 0).all()


def test_an_encoder_layer_is_torchs():
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(
        16, 4, dim_feedforward=64, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    layer = TransformerEncoder(width=16, n_heads=4, n_layers=1).eval().layers[0]
    with torch.no_grad():
        attention = layer.attention
        projections = (attention.to_query, attention.to_key, attention.to_value)
        for i, projection in enumerate(projections):
            projection.weight.copy_(theirs.self_attn.in_proj_weight.chunk(3)[i])
            projection.bias.copy_(theirs.self_attn.in_proj_bias.chunk(3)[i])
    attention.to_output.load_state_dict(theirs.self_attn.out_proj.state_dict())
    layer.attention_norm.load_state_dict(theirs.norm1.state_dict())
    layer.feedforward_norm.load_state_dict(theirs.norm2.state_dict())
    layer.feedforward[0].load_state_dict(theirs.linear1.state_dict())
    layer.feedforward[3].load_state_dict(theirs.linear2.state_dict())
    x = torch.randn(2, 9, 16)
    y, _ = layer(x)
    assert (y - theirs(x)).abs().max() < 1e-5


@pytest.mark.parametrize("n_layers", [0, 2])
def test_weights_on_demand_change_no_answer(n_layers):
    torch.manual_seed(0)
    model = TransformerClassifier(
        n_features=12, n_classes=3, width=16, n_heads=4, n_layers=n_layers, stride=2
    ).eval()
    x, lengths = torch.randn(2, 12, 21), [21, 8]
    logits, maps = model(x, lengths, return_weights=True)
    torch.testing.assert_close(logits, model(x, lengths), rtol=1e-5, atol=1e-5)
    assert maps.layers.shape == (n_layers, 2, 4, 11, 11)
    assert maps.pooling.shape == (2, 11)
    torch.testing.assert_close(maps.layers.sum(dim=-1), torch.ones(n_layers, 2, 4, 11))
    torch.testing.assert_close(maps.pooling.sum(dim=-1), torch.ones(2))
    assert (maps.layers[:, 1, :, :, 4:] == 0).all()
    assert (maps.pooling[1, 4:] == 0).all()


def test_weights_of_a_mean_are_all_alike():
    model = TransformerClassifier(n_features=12, n_classes=3, pooling="mean", n_layers=1).eval()
    _, maps = model(torch.randn(2, 12, 20), [20, 8], return_weights=True)
    torch.testing.assert_close(maps.pooling[0], torch.full((10,), 0.1))
    torch.testing.assert_close(maps.pooling[1, :4], torch.full((4,), 0.25))


def test_parameters_are_counted_by_hand():
    W, D, K, layers = 64, 40, 10, 2
    assert count_parameters(MultiHeadAttention(width=W, n_heads=4)) == 4 * W * (W + 1)
    assert count_parameters(AttentionPooling(width=W)) == W + 1
    encoder = TransformerEncoder(width=W, n_heads=4, n_layers=layers)
    in_encoder = layers * (12 * W**2 + 13 * W) + 2 * W
    assert count_parameters(encoder) == in_encoder
    model = TransformerClassifier(n_features=D, n_classes=K, width=W, n_layers=layers)
    expected = 2 * D + (3 * D + 1) * W + in_encoder + (W + 1) + (W + 1) * K
    assert count_parameters(model) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "max"}, "pooling is 'max': choose one of 'attention', 'mean'"),
        ({"stride": 0}, "stride is 0"),
        ({"n_layers": -1}, "n_layers is -1"),
        ({"n_heads": 5}, "n_heads is 5, which does not divide the width of 128"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(AudioError, match=message):
        TransformerClassifier(**{"n_features": 40, "n_classes": 10, **options})


def test_a_deep_transformer_checks_no_more_than_a_shallow_one(monkeypatch):
    looks = []

    def look(x, **rules):
        looks.append(rules)
        return x

    for module in (attention, transformer):
        monkeypatch.setattr(module, "check_batch", look)
    x, counts = torch.randn(2, 40, 12), []
    for n_layers in (1, 6):
        looks.clear()
        TransformerClassifier(n_features=40, n_classes=3, width=8, n_layers=n_layers)(x, [12, 7])
        counts.append(len(looks))
    assert counts == [2, 2]  # the batch, and once more before its frames are pooled
