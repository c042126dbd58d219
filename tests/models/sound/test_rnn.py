"""Recurrent networks: what the summary is, and what is counted."""

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import RecurrentClassifier, RecurrentSequenceModel, count_parameters


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_summary_is_the_state_after_each_sounds_own_last_frame(cell):
    torch.manual_seed(0)
    model = RecurrentClassifier(n_features=6, n_classes=3, cell=cell, hidden_size=8).eval()
    x, lengths = torch.randn(2, 6, 20), [20, 9]
    summaries = []
    model.classify.register_forward_pre_hook(lambda _, inputs: summaries.append(inputs[0]))
    model(x, lengths)
    for i, length in enumerate(lengths):
        frames = model.normalize(x)[i : i + 1, :, :length].transpose(1, 2)
        states, _ = model.layers(frames)  # (1, N, 2 H)
        expected = torch.cat([states[0, -1, :8], states[0, 0, 8:]])  # end, and beginning
        torch.testing.assert_close(summaries[0][i], expected)


def test_the_mean_is_over_the_sound():
    torch.manual_seed(0)
    model = RecurrentClassifier(n_features=6, n_classes=3, hidden_size=8, summary="mean").eval()
    x = torch.randn(1, 6, 20)
    summaries = []
    model.classify.register_forward_pre_hook(lambda _, inputs: summaries.append(inputs[0]))
    model(x, [7])
    states, _ = model.layers(model.normalize(x)[:, :, :7].transpose(1, 2))
    torch.testing.assert_close(summaries[0], states.mean(dim=1))


def test_the_order_of_the_frames_matters():
    torch.manual_seed(0)
    model = RecurrentClassifier(n_features=6, n_classes=3, hidden_size=8).eval()
    x = torch.randn(1, 6, 20)
    assert not torch.allclose(model(x), model(x.flip(2)), atol=1e-4)


@pytest.mark.parametrize(("cell", "n_gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_parameters_are_counted_by_hand(cell, n_gates):
    D, H, K = 40, 64, 10
    model = RecurrentClassifier(n_features=D, n_classes=K, cell=cell, hidden_size=H)
    expected = 2 * n_gates * H * (D + H + 2) + 2 * D + (2 * H + 1) * K
    assert count_parameters(model) == expected
    model = RecurrentSequenceModel(n_features=D, cell=cell, hidden_size=H)
    assert count_parameters(model) == n_gates * H * (D + H + 2) + (H + 1) * D


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "LSTM"}, "cell is 'LSTM': choose one of 'rnn', 'lstm', 'gru'"),
        ({"summary": "max"}, "summary is 'max': choose one of 'last', 'mean'"),
        ({"n_layers": 0}, "n_layers is 0"),
        ({"hidden_size": 2.5}, "hidden_size is 2.5"),
        ({"n_classes": None}, "n_classes is None"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(AudioError, match=message):
        RecurrentClassifier(**{"n_features": 40, "n_classes": 10, **options})
