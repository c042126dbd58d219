"""What is frozen stays, statistics included; adapters change nothing at first; rates by layer."""

import copy

import pytest
import torch
from torch import nn

from audiolessons import models, training
from audiolessons.errors import AudioError


def train_on_noise(network):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(16, 20, 30, generator=generator) + 3.0
    dataset = torch.utils.data.TensorDataset(x, torch.full((16,), 30), torch.arange(16) % 2)
    training.fit_one_cycle(
        network, dataset, epochs=1, learning_rate=0.05, batch_size=8, show_progress=False
    )


def cnn():
    torch.manual_seed(0)
    return models.SpectrogramCNN(n_mels=20, n_classes=2, channels=(4, 4), dropout=0.5)


def test_requires_grad_alone_lets_the_statistics_move():
    network = cnn()
    before = copy.deepcopy(network.state_dict())
    for name, one in network.named_parameters():
        one.requires_grad_(name.startswith("classify"))
    train_on_noise(network)
    moved = {name for name, one in network.state_dict().items() if not one.equal(before[name])}
    assert any("running_mean" in name for name in moved)


def test_frozen_nothing_moves_and_nothing_is_dropped():
    network = cnn()
    before = copy.deepcopy(network.state_dict())
    for name, one in network.named_children():
        if name != "classify":
            models.freeze(one)
    train_on_noise(network)
    moved = {name for name, one in network.state_dict().items() if not one.equal(before[name])}
    assert moved == {"classify.weight", "classify.bias"}
    still = [one for name, one in network.named_modules() if name and name != "classify"]
    assert network.train().training
    assert not any(one.training for one in still)


def test_a_frozen_module_is_what_it_was():
    frozen = models.freeze(nn.BatchNorm1d(3))
    assert isinstance(frozen, nn.BatchNorm1d)
    assert models.freeze(frozen) is frozen
    twin = copy.deepcopy(frozen)
    assert not twin.train().training
    nn.BatchNorm1d(3).load_state_dict(frozen.state_dict())


def test_adapters_change_nothing_at_first():
    torch.manual_seed(0)
    encoder = models.SpeechEncoder(n_mels=12, width=16, n_heads=2, n_layers=3)
    plain = models.SpeechClassifier(encoder, n_classes=3).eval()
    changed = copy.deepcopy(plain)
    models.add_adapters(changed.encoder, middle=2)
    x, lengths = torch.randn(2, 12, 9), torch.tensor([9, 4])
    torch.testing.assert_close(changed(x, lengths), plain(x, lengths), rtol=0, atol=0)
    learned = {name for name, one in changed.encoder.named_parameters() if one.requires_grad}
    assert len(learned) == 3 * 4
    assert all(".feedforward.4." in name for name in learned)
    with pytest.raises(AudioError, match="adapters already"):
        models.add_adapters(changed, middle=2)
    with pytest.raises(AudioError, match="no TransformerEncoder"):
        models.add_adapters(nn.Linear(2, 2), middle=2)


def test_rates_fall_towards_the_sound_and_skip_what_is_frozen():
    parts = [nn.Linear(2, 2) for _ in range(4)]
    models.freeze(parts[1])
    groups = models.layer_rates(parts, learning_rate=0.1, factor=0.5, weight_decay=0.01)
    assert [group["lr"] for group in groups] == pytest.approx([0.0125, 0.05, 0.1])
    optimiser = torch.optim.AdamW(groups)
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.01] * 3
    with pytest.raises(AudioError, match=r"factor is 1\.5"):
        models.layer_rates(parts, learning_rate=0.1, factor=1.5)
    with pytest.raises(AudioError, match="nothing is left to learn"):
        models.layer_rates([parts[1]], learning_rate=0.1, factor=0.5)
    with pytest.raises(AudioError, match=r"groups must be a list of nn\.Module"):
        models.layer_rates(parts[0], learning_rate=0.1, factor=0.5)
    with pytest.raises(AudioError, match="weight_decay is -1"):
        models.layer_rates(parts, learning_rate=0.1, factor=0.5, weight_decay=-1)
    with pytest.raises(AudioError, match="module is a list"):
        models.freeze(parts)
