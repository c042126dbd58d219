"""Pieces of a sound, switched off; and what is left when they are taken away in order."""

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4, 6), dropout=0.5)


@pytest.fixture(scope="module")
def sound():
    x = torch.randn(8, 13, generator=torch.Generator().manual_seed(1))
    return x, models.grid_pieces(8, 13, n_rows=3, n_columns=4)


def test_a_grid_covers_everything_with_pieces_of_nearly_one_size():
    pieces = models.grid_pieces(40, 43, n_rows=8, n_columns=6)
    sizes = np.bincount(pieces.flatten())
    assert len(sizes) == 48
    assert set(sizes) <= {5 * 7, 5 * 8}
    assert (pieces.diff(dim=1) >= 0).all()
    assert (pieces.diff(dim=0) >= 0).all()
    assert models.grid_pieces(2, 2, n_rows=2, n_columns=2).tolist() == [[0, 1], [2, 3]]


def test_what_is_kept_is_the_sound_and_the_rest_is_the_fill(sound):
    x, pieces = sound
    kept = np.random.default_rng(0).random((5, 12)) < 0.5
    fill = torch.arange(8.0)[:, None]
    versions = models.keep_pieces(x, pieces, kept, fill=fill)
    for version, row in zip(versions, kept, strict=True):
        inside = torch.from_numpy(row)[pieces]
        assert torch.equal(version[inside], x[inside])
        assert torch.equal(version[~inside], fill.expand_as(x)[~inside])


def test_sums_over_pieces_lose_nothing(sound):
    x, pieces = sound
    sums = models.piece_sums(x, pieces)
    assert sums.sum() == pytest.approx(float(x.sum()), abs=1e-4)
    assert sums[5] == pytest.approx(float(x[pieces == 5].sum()), abs=1e-5)


def test_answers_are_those_of_the_network_and_leave_it_as_it_was(network, sound):
    x, pieces = sound
    network.train()
    answers = models.PieceAnswers(network, x, pieces, 2, fill=-1.0)
    chances = models.PieceAnswers(network, x, pieces, 2, fill=-1.0, kind="chance")
    kept = np.random.default_rng(0).random((300, 12)) < 0.5
    kept[0] = True
    found = answers(kept)
    assert network.training
    assert network.dropout.training
    network.eval()
    with torch.no_grad():
        logits = network(x[None])
    network.train()
    assert found[0] == pytest.approx(float(logits[0, 2]), abs=1e-5)
    assert chances(kept[:1])[0] == pytest.approx(float(logits.softmax(dim=1)[0, 2]), abs=1e-6)
    assert (found.shape, answers.n_asked, chances.n_asked) == ((300,), 300, 1)


def test_leaving_one_out_is_what_captum_calls_ablation(network, sound):
    x, pieces = sound
    network.eval()
    answers = models.PieceAnswers(network, x, pieces, 1, fill=-2.0)
    ours = models.leave_one_out(answers, 12)
    theirs = FeatureAblation(network).attribute(
        x[None], target=1, baselines=-2.0, feature_mask=pieces[None]
    )[0]
    for piece in range(12):
        np.testing.assert_allclose(theirs[pieces == piece], ours[piece], atol=1e-5)


def test_a_curve_begins_and_ends_where_it_must():
    weights = np.array([0.1, 0.6, 0.3])
    order = [1, 2, 0]
    away = models.removal_curve(lambda kept: kept @ weights, order)
    into = models.removal_curve(lambda kept: kept @ weights, order, kind="insertion")
    np.testing.assert_allclose(away, [1, 0.4, 0.1, 0], atol=1e-12)
    np.testing.assert_allclose(into, [0, 0.6, 0.9, 1], atol=1e-12)
    worst = models.removal_curve(lambda kept: kept @ weights, order[::-1])
    assert away.mean() < worst.mean()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, p: models.grid_pieces(3, 9, n_rows=4, n_columns=2), "n_rows is 4 for 3"),
        (lambda x, p: models.grid_pieces(3, 0, n_rows=1, n_columns=1), "n_frames is 0"),
        (lambda x, p: models.keep_pieces(x, p[:4], [[True] * 12], fill=0.0), r"pieces has shape"),
        (lambda x, p: models.keep_pieces(x, p, [[True] * 11], fill=0.0), r"kept has shape \(1, 11"),
        (lambda x, p: models.keep_pieces(x[None], p, [[True] * 12], fill=0.0), "one spectrogram"),
        (lambda x, p: models.keep_pieces(x, p.float(), [[True] * 12], fill=0.0), "whole numbers"),
        (lambda x, p: models.keep_pieces(x, p > 5, [[True] * 2], fill=0.0), "is torch.bool"),
        (lambda x, p: models.keep_pieces(x, p - 1, [[True] * 12], fill=0.0), "int64, from -1"),
        (
            lambda x, p: models.keep_pieces(x, p, [[True] * 12], fill=torch.zeros(99, 1)),
            r"fill has shape \(99, 1\)",
        ),
        (
            lambda x, p: models.keep_pieces(x[:0], p[:0], [[True] * 12], fill=0.0),
            "it holds nothing",
        ),
        (
            lambda x, p: models.leave_one_out(lambda kept: np.full(13, np.nan), 12),
            "answers gives nan",
        ),
        (lambda x, p: models.leave_one_out(lambda kept: np.ones(5), 12), r"shape \(5,\) for 13"),
        (lambda x, p: models.PieceAnswers(nn.Identity(), x, p, 0, kind="odds"), "kind is 'odds'"),
        (lambda x, p: models.PieceAnswers(nn.Identity(), x, p, -1), "target is -1"),
        (lambda x, p: models.removal_curve(len, [0, 0, 1]), "every piece, 0 to 2, once"),
        (lambda x, p: models.removal_curve(len, [0, 1], kind="both"), "kind is 'both'"),
    ],
)
def test_bad_input_is_named(call, message, sound):
    with pytest.raises(AudioError, match=message):
        call(*sound)


def test_no_versions_have_no_answers(network, sound):
    assert models.PieceAnswers(network, *sound, 0)(np.zeros((0, 12), bool)).shape == (0,)


# --- weights drawn anew --------------------------------------------------------------------------


def test_a_layer_that_is_drawn_anew_keeps_its_numbers_and_loses_their_order(network):
    names = models.layers_of(network)
    assert names == [
        "normalize",
        "convolutions.0",
        "convolutions.1",
        "norms.0",
        "norms.1",
        "classify",
    ]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    mixed = models.redrawn(network, ["convolutions.1"], seed=3)
    for key, value in mixed.state_dict().items():
        assert torch.equal(network.state_dict()[key], before[key])
        if key == "convolutions.1.weight":
            assert not torch.equal(value, before[key])
            assert torch.equal(value.flatten().sort()[0], before[key].flatten().sort()[0])
        else:
            assert torch.equal(value, before[key])


def test_a_layer_is_drawn_alike_alone_and_among_others(network):
    alone = models.redrawn(network, ["classify"], seed=1)
    among = models.redrawn(network, models.layers_of(network), seed=1)
    other = models.redrawn(network, ["classify"], seed=2)
    assert torch.equal(alone.classify.weight, among.classify.weight)
    assert not torch.equal(alone.classify.weight, other.classify.weight)
    with pytest.raises(AudioError, match="layer is 'last'"):
        models.redrawn(network, ["last"])


def test_layers_come_in_the_order_in_which_a_sound_meets_them(network):
    x = torch.zeros(1, 8, 20)
    network.train()
    used = models.layers_of(network, x)
    assert used == [
        "normalize",
        "convolutions.0",
        "norms.0",
        "convolutions.1",
        "norms.1",
        "classify",
    ]
    assert network.training
    assert not any(part._forward_pre_hooks for part in network.modules())
    assert models.layers_of(network, x, torch.tensor([15])) == used


def test_a_layer_that_no_sound_meets_has_no_place():
    idle = nn.Sequential(nn.Linear(2, 2))
    idle.other = nn.Linear(2, 2)
    idle.forward = lambda x: idle[0](x)
    assert models.layers_of(idle) == ["0", "other"]
    with pytest.raises(AudioError, match="never calls its part other"):
        models.layers_of(idle, torch.zeros(1, 2))
