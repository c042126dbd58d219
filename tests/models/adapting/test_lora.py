"""LoRA by hand: the same numbers as peft's, nothing changed at first, one layer afterwards."""

import copy

import pytest
import torch
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError


def network(seed=0):
    torch.manual_seed(seed)
    encoder = models.SpeechEncoder(n_mels=12, width=16, n_heads=2, n_layers=2, dropout=0.0)
    return models.SpeechClassifier(encoder, n_classes=3)


def sounds():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(4, 12, 20, generator=generator), torch.tensor([20, 13, 7, 1])


def moved(layer, seed=2):
    """Give a low rank numbers, as training would."""
    generator = torch.Generator().manual_seed(seed)
    for one in (layer.a, layer.b):
        one.data = torch.randn(one.shape, generator=generator) / 5
    return layer


def test_nothing_changes_at_first_and_everything_learns_afterwards():
    before, x = network(), sounds()
    after = models.add_low_rank(copy.deepcopy(before), ("to_query", "feedforward.0"), rank=2)
    torch.testing.assert_close(after(*x), before(*x), rtol=0, atol=0)
    learned = [name for name, one in after.named_parameters() if one.requires_grad]
    assert len(learned) == 2 * 2 * 2
    assert all(name.endswith((".a", ".b")) for name in learned)
    after(*x).square().sum().backward()
    first = after.encoder.transformer.layers[0].attention.to_query
    assert first.b.grad.abs().sum() > 0
    assert first.a.grad.abs().sum() == 0  # as long as B is 0
    assert first.base.weight.grad is None


def test_both_zero_never_learn():
    layer = models.LowRank(nn.Linear(6, 4), rank=2)
    nn.init.zeros_(layer.a)
    layer(torch.randn(5, 6)).square().sum().backward()
    assert not layer.a.grad.any()
    assert not layer.b.grad.any()


def test_merged_it_computes_the_same_under_the_old_names():
    plain, x = network(), sounds()
    changed = models.add_low_rank(copy.deepcopy(plain), ("to_value", "feedforward.3"), rank=3)
    for one in changed.modules():
        if isinstance(one, models.LowRank):
            moved(one)
    wanted = changed(*x)
    assert (wanted - plain(*x)).abs().max() > 1e-3
    merged = models.merge_low_rank(changed)
    torch.testing.assert_close(merged(*x), wanted, rtol=1e-4, atol=1e-5)
    assert merged.state_dict().keys() == plain.state_dict().keys()


def test_a_layer_without_bias_in_double_precision():
    linear = nn.Linear(5, 3, bias=False, dtype=torch.float64)
    layer = moved(models.LowRank(linear, rank=3, scale=2.0)).double()
    x = torch.randn(2, 7, 5, dtype=torch.float64)
    torch.testing.assert_close(layer.merged()(x), layer(x))
    assert layer.merged().bias is None


def test_a_full_rank_can_become_any_layer():
    wanted, layer = nn.Linear(4, 3), models.LowRank(nn.Linear(4, 3), rank=3, scale=3.0)
    layer.base.bias.data = wanted.bias.data
    layer.b.data = torch.eye(3)
    layer.a.data = (wanted.weight - layer.base.weight).detach()
    torch.testing.assert_close(layer.merged().weight, wanted.weight)


def test_the_numbers_are_those_of_peft():
    peft = pytest.importorskip("peft")
    ours, theirs = network(), network()
    ours = models.add_low_rank(ours, ("to_query", "to_value"), rank=2, scale=8.0)
    config = peft.LoraConfig(
        r=2, lora_alpha=8, target_modules=["to_query", "to_value"], lora_dropout=0.0
    )
    theirs = peft.get_peft_model(theirs, config)
    pairs = {}
    for name, one in ours.named_modules():
        if isinstance(one, models.LowRank):
            other = theirs.base_model.model.get_submodule(name)
            moved(one)
            other.lora_A["default"].weight.data = one.a.data.clone()
            other.lora_B["default"].weight.data = one.b.data.clone()
            pairs[name] = (one, other)
    assert len(pairs) == 4
    x, lengths = sounds()
    x = x * models.sequence_mask(lengths, n_frames=20)[:, None]
    mask = models.sequence_mask(lengths, n_frames=20)

    optimisers = [
        torch.optim.SGD([one for one in some.parameters() if one.requires_grad], lr=0.1)
        for some in (ours, theirs)
    ]
    for _ in range(3):
        found = [ours.answer(x, mask), theirs.base_model.model.answer(x, mask)]
        torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)
        for optimiser, logits in zip(optimisers, found, strict=True):
            optimiser.zero_grad()
            nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0])).backward()
            optimiser.step()
    for one, other in pairs.values():
        torch.testing.assert_close(one.a, other.lora_A["default"].weight)
        torch.testing.assert_close(one.b, other.lora_B["default"].weight)
    merged = models.merge_low_rank(ours).answer(x, mask)
    unloaded = theirs.merge_and_unload().answer(x, mask)
    torch.testing.assert_close(merged, unloaded, rtol=1e-4, atol=1e-5)


def test_bad_input_is_refused():
    with pytest.raises(AudioError, match="linear is Conv1d"):
        models.LowRank(nn.Conv1d(2, 2, 1), rank=1)
    with pytest.raises(AudioError, match="rank is 4: the layer's smaller side is 3"):
        models.LowRank(nn.Linear(3, 5), rank=4)
    with pytest.raises(AudioError, match="scale"):
        models.LowRank(nn.Linear(3, 5), rank=2, scale=0.0)
    with pytest.raises(AudioError, match="ends in to_queri"):
        models.add_low_rank(network(), ("to_queri",), rank=1)
    with pytest.raises(AudioError, match="endings is 'to_key': give a tuple"):
        models.add_low_rank(network(), "to_key", rank=1)  # each letter would be an ending
    with pytest.raises(AudioError, match="nothing at all"):
        models.add_low_rank(network(), (), rank=1)
    with pytest.raises(AudioError, match="is a LowRank itself"):
        models.merge_low_rank(models.LowRank(nn.Linear(3, 5), rank=2))
    with pytest.raises(AudioError, match="low ranks already"):
        models.add_low_rank(
            models.add_low_rank(network(), ("to_key",), rank=1), ("to_key",), rank=1
        )


def test_a_network_that_cannot_be_adapted_stays_as_it_was():
    parts = nn.ModuleDict({"wide": nn.Linear(8, 8), "narrow": nn.Linear(8, 3)})
    with pytest.raises(AudioError, match="rank is 4: the smaller side of narrow is 3"):
        models.add_low_rank(parts, ("wide", "narrow"), rank=4)
    assert all(type(one) is nn.Linear for one in parts.values())
    assert all(one.requires_grad for one in parts.parameters())
