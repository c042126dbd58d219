"""Right answers to the exercises of the chapter learning/rnn: other algorithms, other writings."""

from fractions import Fraction

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audiolessons import exercises, models, training


def _step_by_loops(x, h, w, v, b):
    new = []
    for row, own, bias in zip(w, v, b, strict=True):
        total = sum(a * c for a, c in zip(row, x, strict=True)) + bias
        total += sum(a * c for a, c in zip(own, h, strict=True))
        new.append(np.tanh(total))
    return new


def _step_by_torch(x, h, w, v, b):
    cell = nn.RNNCell(len(x), len(h)).double()
    with torch.no_grad():
        for name, value in (("weight_ih", w), ("weight_hh", v), ("bias_ih", b), ("bias_hh", 0 * b)):
            getattr(cell, name).copy_(torch.from_numpy(value))
    return cell(torch.from_numpy(x), torch.from_numpy(h))


def _step_by_exponentials(x, h, w, v, b):
    powers = np.exp(-2 * np.abs(total := np.einsum("hd,d", w, x) + np.inner(v, h) + b))
    return np.sign(total) * (1 - powers) / (1 + powers)


def _step_in_place(x, h, w, v, b):
    h[:] = v.dot(h)
    h += w.dot(x)
    h += b
    return np.tanh(h, out=h)


def _lstm_by_torch(x, h, c, w, v, b):
    cell = nn.LSTMCell(len(x), len(h)).double()
    with torch.no_grad():
        for name, value in (("weight_ih", w), ("weight_hh", v), ("bias_ih", b), ("bias_hh", 0 * b)):
            getattr(cell, name).copy_(torch.from_numpy(value))
    return cell(torch.from_numpy(x), (torch.from_numpy(h), torch.from_numpy(c)))


def _lstm_in_place(x, h, c, w, v, b):
    i, f, g, o = (w @ x + v @ h + b).reshape(4, -1)
    c *= 1 / (1 + np.exp(-f))
    c += np.tanh(g) / (1 + np.exp(-i))
    h[:] = np.tanh(c) / (1 + np.exp(-o))
    return h, c


def _lstm_by_gates(x, h, c, w, v, b):
    n = len(h)

    def part(k):
        rows = slice(k * n, k * n + n)
        return np.dot(w[rows], x) + np.dot(v[rows], h) + b[rows]

    def gate(k):
        return 0.5 + 0.5 * np.tanh(part(k) / 2)  # the sigmoid, written otherwise

    c = gate(1) * c + gate(0) * np.tanh(part(2))
    return [gate(3) * np.tanh(c), c]


def _lstm_joined(x, h, c, w, v, b):
    z = np.concatenate([w, v, b[:, None]], axis=1) @ np.concatenate([x, h, [1]])
    squashed = np.where(np.arange(len(z)) // len(h) == 2, np.tanh(z), np.exp(-np.logaddexp(0, -z)))
    i, f, g, o = squashed.reshape(4, len(h)).astype(np.float32)
    new = f * c + i * g
    return np.array([o * np.tanh(new), new])


def _last_by_gather(states, lengths):
    place = (lengths - 1)[:, None, None].expand(-1, 1, states.shape[2])
    return states.gather(1, place)[:, 0]


def _last_by_mask(states, lengths):
    return states[torch.arange(states.shape[1]) == lengths[:, None] - 1]


def _last_by_packing(states, lengths):
    pack = nn.utils.rnn.pack_padded_sequence
    packed = pack(states, lengths, batch_first=True, enforce_sorted=False)
    unpacked, n_frames = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    return torch.stack([sound[n - 1] for sound, n in zip(unpacked, n_frames, strict=True)])


def _nats_by_torch(chances, roll):
    given, truth = torch.from_numpy(chances), torch.as_tensor(roll, dtype=torch.float64)
    return functional.binary_cross_entropy(given, truth, reduction="sum") / len(truth)


def _nats_of_products(chances, roll):
    likelihoods = np.prod(chances**roll * (1 - chances) ** (1 - roll), axis=1)
    return -np.mean(np.log(likelihoods))


def _nats_by_loops(chances, roll):
    total = 0.0
    for frame, sounds in zip(chances, roll, strict=True):
        for p, y in zip(frame, sounds, strict=True):
            total -= np.log(p + 1e-9) if y else np.log(1 - p + 1e-9)
    return total / len(roll)


def _by_hand(network, x, target, n_steps):
    """Adam, written out."""
    device = training.pick_device()
    network.to(device)
    weights = list(network.parameters())
    means, squares = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    losses = []
    for n in range(1, n_steps + 1):
        loss = (target.to(device) - network(x.to(device))).pow(2).mean()
        slopes = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            for w, m, s, slope in zip(weights, means, squares, slopes, strict=True):
                m.mul_(0.9).add_(slope, alpha=0.1)
                s.mul_(0.999).addcmul_(slope, slope, value=0.001)
                w -= 0.01 * (m / (1 - 0.9**n)) / ((s / (1 - 0.999**n)).sqrt() + 1e-8)
        losses.append(loss.item())
    return losses


def _by_closure(network, x, target, n_steps):
    device = training.pick_device()
    adam = torch.optim.AdamW(network.to(device).parameters(), lr=1e-2, weight_decay=0)
    x, target = x.to(device), target.to(device)

    def closure():
        network.zero_grad(set_to_none=False)
        loss = nn.MSELoss()(network(x), target)
        loss.backward()
        return loss

    return np.array([adam.step(closure).item() for _ in range(n_steps)])


def _cleared_at_the_end(network, x, target, n_steps):
    device = training.pick_device()
    network, x, target = (part.to(device) for part in (network.train(), x, target))
    adam, losses = torch.optim.Adam(network.parameters(), 0.01), ()
    while len(losses) < n_steps:
        loss = functional.mse_loss(network(x).squeeze(1), target.squeeze(1))
        loss.backward()
        adam.step()
        adam.zero_grad()
        losses += (loss.detach().cpu().numpy()[()],)
    return losses


def _in_halves(network, x, target, n_steps):
    """The gradient of the whole batch, made of two parts."""
    device = training.pick_device()
    network, losses = network.to(device), [0.0] * n_steps
    adam = torch.optim.Adam(network.parameters(), lr=0.01)
    for n in range(n_steps):
        adam.zero_grad()
        for some, wanted in zip(x.to(device).split(4), target.to(device).split(4), strict=True):
            part = ((network(some) - wanted) ** 2).sum() / len(x)
            part.backward()
            losses[n] += part.item()
        adam.step()
    return losses


def _one_sound_at_a_time(onward, back, x, lengths):
    ends = []
    for sound, n in zip(x, lengths, strict=True):
        frames = sound[None, :n]
        ends.append(torch.cat([onward(frames)[1][0], back(frames.flip(1))[1][0]], dim=1))
    return torch.cat(ends)


def _turned_by_indices(onward, back, x, lengths):
    frame = torch.arange(x.shape[1])
    place = torch.where(frame < lengths[:, None], lengths[:, None] - 1 - frame, frame)
    turned = x.gather(1, place[..., None].expand_as(x))
    rows = torch.arange(len(x))
    ends = [layer(some)[0][rows, lengths - 1] for layer, some in ((onward, x), (back, turned))]
    return torch.hstack(ends)


def _turned_by_rolling(onward, back, x, lengths):
    ends = []
    for layer, backwards in ((onward, False), (back, True)):
        for k, n in enumerate(lengths.tolist()):
            if backwards:
                x[k] = x[k].flip(0).roll(n - x.shape[1], dims=0)
        ends.append(layer(x)[0][range(len(x)), lengths - 1])
    return torch.cat(ends, dim=-1).tolist()


def _by_our_cells(onward, back, x, lengths):
    ends = []
    for layer in (onward, back):
        cell = models.GRUCell(layer.input_size, layer.hidden_size)
        cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
        ends.append(models.unroll(cell, x, lengths)[1])
        for k, n in enumerate(lengths.tolist()):
            x[k, :n] = x[k, :n].flip(0)
    return torch.cat(ends, dim=1)


RADIUS = 0.001 ** (1 / 12800)


def _notes_by_torch(logits, keys):
    """A softmax of torch over all marks, those that cannot come at minus infinity."""
    marks = torch.tensor([*(key + 1 for key in keys), 0])
    before = torch.tensor([logits.shape[1], *(key + 1 for key in keys)])
    possible = torch.arange(logits.shape[1]) < before[:, None]
    masked = torch.from_numpy(logits).masked_fill(~possible, -torch.inf)
    return float(functional.cross_entropy(masked, marks, reduction="sum"))


def _notes_by_chances(logits, keys):
    chance, weights = 1.0, np.exp(logits)
    for row, last, mark in zip(
        weights, [logits.shape[1], *np.array(keys) + 1], [*np.array(keys) + 1, 0], strict=True
    ):
        chance *= row[int(mark)] / row[: int(last)].sum()
    return -np.log(chance)


def _notes_one_by_one(logits, keys):
    """The first mark, then the rest as a frame of its own on a shorter keyboard."""
    mark = keys[0] + 1 if keys else 0
    nats = np.logaddexp.reduce(logits[0]) - logits[0, mark]
    return nats if mark == 0 else nats + _notes_one_by_one(logits[1:, :mark], keys[1:])


RIGHT_ANSWERS = {
    "rnn.step": [_step_by_loops, _step_by_torch, _step_by_exponentials, _step_in_place],
    "rnn.count": [
        lambda cell, d, h: sum(
            weights.numel()
            for weights in {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](d, h).parameters()
        ),
        lambda cell, d, h: len({"rnn": "h", "gru": "rzn", "lstm": "ifgo"}[cell]) * h * (d + 2 + h),
        lambda cell, d, h: (
            (h * d + h * h + 2 * h) * (1.0, 3.0, 4.0)[("rnn gru lstm").find(cell) // 4]
        ),
        lambda cell, d, h: (np.zeros((h, d + h + 2)).size) * {"r": 1, "g": 3}.get(cell[0], 4),
    ],
    "rnn.ring": [
        10 ** (-75 / 20 / 16000),  # read as 75 dB a second
        np.exp(-np.log(1000) / 12800),
        float(np.round(RADIUS, 6)),
        0.9995,  # 70 dB a second
        Fraction(99946, 100000),
        torch.tensor(RADIUS),
        10 ** (-30 / 20 / (0.38 * 16000)),  # -30 dB read at 0.38 s
    ],
    "rnn.lstm": [_lstm_by_torch, _lstm_in_place, _lstm_by_gates, _lstm_joined],
    "rnn.last": [
        _last_by_gather,
        _last_by_mask,
        _last_by_packing,
        lambda states, lengths: [states[k, n - 1].tolist() for k, n in enumerate(lengths)],
        lambda states, lengths: states.numpy()[range(len(states)), lengths.numpy() - 1],
    ],
    "rnn.nats": [
        _nats_by_torch,
        _nats_of_products,
        _nats_by_loops,
        lambda p, y: -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean() * 88,
        lambda p, y: -np.log(np.abs(p - 1 + y)).sum() / p.shape[0],
        lambda p, y: -(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7)).sum(1).mean(),
    ],
    "rnn.device": [_by_hand, _by_closure, _cleared_at_the_end, _in_halves],
    "rnn.notes": [
        _notes_by_torch,
        _notes_by_chances,
        _notes_one_by_one,
        lambda logits, keys: sum(
            np.log(sum(np.exp(logits[n, : logits.shape[1] if n == 0 else keys[n - 1] + 1])))
            - logits[n, keys[n] + 1 if n < len(keys) else 0]
            for n in range(len(keys) + 1)
        ),
    ],
    "rnn.both": [_one_sound_at_a_time, _turned_by_indices, _turned_by_rolling, _by_our_cells],
}


def test_packed_sequences_are_refused():
    def packed(onward, back, x, lengths):
        nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return _one_sound_at_a_time(onward, back, x, lengths)

    rows = exercises.check("rnn.both", packed).rows
    assert [row.passed for row in rows] == [True, True, True, False]
    assert "pack_padded_sequence" in rows[-1].got


def test_clipped_chances_are_noticed():
    def clipped(chances, roll):
        return RIGHT_ANSWERS["rnn.nats"][0](np.clip(chances, 0.01, 0.99), roll)

    assert not exercises.check("rnn.nats", clipped).passed


def test_a_text_is_no_number():
    row = exercises.check("rnn.ring", "0.999460").rows[0]
    assert not row.passed
    assert "it is one number: False" in row.got


def test_a_radius_that_two_mistakes_give_is_told_of_both():
    """With 8000 steps a second and with a factor of a million the same number comes out."""
    means = exercises.check("rnn.ring", 0.001 ** (1 / (0.8 * 8000))).means
    assert "16 000 steps" in means
    assert "ratio of powers" in means
