"""Our recurrent cells against torch's, with the same weights."""

import pytest
import torch
from torch import nn

from audiolessons.errors import AudioError
from audiolessons.models import GRUCell, LSTMCell, RNNCell, count_parameters, unroll

PAIRS = {
    "rnn": (RNNCell, nn.RNNCell, nn.RNN, 1),
    "gru": (GRUCell, nn.GRUCell, nn.GRU, 3),
    "lstm": (LSTMCell, nn.LSTMCell, nn.LSTM, 4),
}
every_cell = pytest.mark.parametrize(
    ("ours", "theirs", "layer", "n_gates"), PAIRS.values(), ids=PAIRS
)
D, H = 5, 7


def state_for(cell, batch_size):
    h = torch.randn(batch_size, H)
    return (h, torch.randn(batch_size, H)) if isinstance(cell, LSTMCell) else h


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@every_cell
def test_one_step_is_torchs(ours, theirs, layer, n_gates):
    torch.manual_seed(0)
    cell, reference = ours(D, H), theirs(D, H)
    cell.load_state_dict(reference.state_dict(), strict=True)
    x, state = 3 * torch.randn(6, D), state_for(cell, 6)
    for a, b in zip(parts(cell(x, state)), parts(reference(x, state)), strict=True):
        assert (a - b).abs().max() < 1e-5


@every_cell
def test_a_whole_sequence_is_torchs_also_packed(ours, theirs, layer, n_gates):
    torch.manual_seed(0)
    reference = layer(D, H, batch_first=True)
    cell = ours(D, H)
    weights = {key.removesuffix("_l0"): value for key, value in reference.state_dict().items()}
    cell.load_state_dict(weights, strict=True)
    x, lengths = 3 * torch.randn(3, 30, D), [30, 4, 19]

    states, last = unroll(cell, x)
    expected, expected_last = reference(x)
    assert (states - expected).abs().max() < 1e-5
    for a, b in zip(parts(last), parts(expected_last), strict=True):
        assert (a - b[0]).abs().max() < 1e-5

    x[1, 4:] = float("nan")
    states, last = unroll(cell, x, lengths)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, expected_last = reference(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(expected, batch_first=True)
    assert (states - expected).abs().max() < 1e-5
    for a, b in zip(parts(last), parts(expected_last), strict=True):
        assert (a - b[0]).abs().max() < 1e-5


@every_cell
def test_gradients_are_torchs(ours, theirs, layer, n_gates):
    torch.manual_seed(0)
    cell, reference = ours(D, H).double(), theirs(D, H).double()
    cell.load_state_dict(reference.state_dict())
    x = torch.randn(6, D, dtype=torch.float64)
    state = cell.start(x)
    for one in (cell, reference):
        sum(part.square().sum() for part in parts(one(x, state))).backward()
    for key, parameter in cell.named_parameters():
        torch.testing.assert_close(parameter.grad, reference.get_parameter(key).grad)


@every_cell
def test_parameters_are_counted_by_hand(ours, theirs, layer, n_gates):
    assert count_parameters(ours(D, H)) == n_gates * H * (D + H + 2)


def test_an_open_forget_gate_keeps_the_memory():
    """Forget gate 1, input gate 0: what was remembered comes back after a hundred steps."""
    cell = LSTMCell(D, H)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih[:H] = -100.0  # input gate shut
        cell.bias_ih[H : 2 * H] = 100.0  # forget gate open
    memory = torch.randn(2, H)
    state = (torch.zeros(2, H), memory)
    for _ in range(100):
        state = cell(torch.randn(2, D), state)
    torch.testing.assert_close(state[1], memory)


def test_an_open_update_gate_keeps_the_state():
    cell = GRUCell(D, H)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih[H : 2 * H] = 100.0
    h = torch.randn(2, H)
    torch.testing.assert_close(cell(torch.randn(2, D), h), h)


def test_wrong_options_and_input_are_named():
    with pytest.raises(AudioError, match="hidden_size is 0"):
        LSTMCell(4, 0)
    with pytest.raises(AudioError, match=r"n_features is 4\.5"):
        LSTMCell(4.5, 3)
    with pytest.raises(AudioError, match=r"x has shape \(3, 4\): give \(B, N, D\)"):
        unroll(GRUCell(4, 3), torch.zeros(3, 4))
    with pytest.raises(AudioError, match="D is 6: this network was made for 4"):
        unroll(GRUCell(4, 3), torch.zeros(2, 3, 6))
    with pytest.raises(AudioError, match=r"lengths\[1\] is 9"):
        unroll(GRUCell(4, 3), torch.zeros(2, 3, 4), [3, 9])
