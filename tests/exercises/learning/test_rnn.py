"""Wrong answers to the exercises of the chapter learning/rnn, and the message meant for each."""

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from audiolessons import training


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _count(n_gates=None, biases=2, state=True):
    def count(cell, d, h):
        gates = n_gates or {"rnn": 1, "gru": 3, "lstm": 4}[cell]
        return gates * h * (d + (h if state else 0) + biases)

    return count


def _lstm(order="ifgo", show=np.tanh, squash_g=np.tanh, old=False, swap=False, forget=True):
    def lstm_step(x, h, c, w, v, b):
        z = dict(zip(order, np.split(w @ x + v @ h + b, 4), strict=True))
        i, f, o = (_sigmoid(z[gate]) for gate in "ifo")
        new = (f * c if forget else 0) + i * squash_g(z["g"])
        shown = o * show(c if old else new)
        return (new, shown) if swap else (shown, new)

    return lstm_step


def _one_array(x, h, c, w, v, b):
    return _lstm()(x, h, c, w, v, b)[0]


def _keeps_h(x, h, c, w, v, b):
    return _lstm()(x, h, h, w, v, b)


def _tanh_gates(x, h, c, w, v, b):
    i, f, g, o = np.tanh(np.split(w @ x + v @ h + b, 4))
    return o * np.tanh(f * c + i * g), f * c + i * g


def _interleaved(x, h, c, w, v, b):
    w, v, b = (np.concatenate([z[k::4] for k in range(4)]) for z in (w, v, b))
    return _lstm()(x, h, c, w, v, b)


def _in_place(x, h, c, w, v, b):
    c[:] = _lstm()(x, h, c, w, v, b)[1]
    o = _sigmoid(np.split(w @ x + v @ h + b, 4)[3])
    return o * np.tanh(c), c


def _masked_by_product(states, lengths):
    here = torch.arange(states.shape[1])[None] == (lengths - 1)[:, None]
    return (states * here[..., None]).sum(dim=1)


def _given(chances, roll):
    return np.where(roll == 1, chances, 1 - chances)


def _train(*, zero=True, step=True, item=True, extra=0, rate=0.01, call=True, flat=False):
    def learn(network, x, target, n_steps):
        device = training.pick_device()
        network, x, target = network.to(device), x.to(device), target.to(device)
        optimiser = torch.optim.Adam(network.parameters(), lr=rate)
        losses = []
        for _ in range((n_steps + extra) if call else 0):
            if zero:
                optimiser.zero_grad()
            predicted = network(x)[:, 0] if flat else network(x)
            loss = ((predicted - target) ** 2).mean()
            loss.backward()
            if step:
                optimiser.step()
            losses.append(loss.item() if item else loss)
        return losses

    return learn


def _both(pick):
    def both_ends(layer, x, lengths):
        states, last = layer(x)
        return pick(states, last, torch.arange(len(x)), lengths)

    return both_ends


def _packed(join):
    def both_ends(layer, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return join(layer(packed)[1])

    return both_ends


def _padded(pick):
    def both_ends(layer, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(layer(packed)[0], batch_first=True)
        return pick(states, torch.arange(len(x)), lengths)

    return both_ends


WRONG = {
    "rnn.step": [
        (lambda x, h, w, v, b: w @ x + v @ h + b, "not squashed by tanh"),
        (lambda x, h, w, v, b: _sigmoid(w @ x + v @ h + b), "this is a sigmoid"),
        (lambda x, h, w, v, b: np.tanh(w @ x + b), "nothing is remembered"),
        (lambda x, h, w, v, b: np.tanh(v @ h + b), "nothing new is heard"),
        (lambda x, h, w, v, b: np.tanh(w @ x + v @ h), "the bias is missing"),
        (lambda x, h, w, v, b: np.tanh(w @ x + b) + v @ h, "outside of tanh"),
        (lambda x, h, w, v, b: np.tanh(w @ x) + np.tanh(v @ h) + b, "squashed alone"),
        (lambda x, h, w, v, b: h + np.tanh(w @ x + v @ h + b), "added once more"),
        (lambda x, h, w, v, b: np.tanh(w @ x + v.T @ h + b), "v is transposed"),
        (lambda x, h, w, v, b: np.tanh(w @ x + v * h + b), "`*` multiplies number by number"),
    ],
    "rnn.count": [
        (_count(biases=1), "two biases a gate"),
        (_count(biases=0), "the biases are missing"),
        (_count(state=False), "the state goes through is missing"),
        (_count(n_gates=1), "you count 1 set of weights: LSTM has 4"),
        (_count(n_gates=4), "you count 4 sets of weights: RNN has 1"),
        (_count(n_gates=2), "GRU has 3, one of them for the candidate"),
        (
            lambda cell, d, h: {"rnn": 1, "gru": 3, "lstm": 4}[cell] * (h * d + h * h + 2),
            "a bias is a vector",
        ),
        (
            lambda cell, d, h: {"rnn": 1, "gru": 3, "lstm": 4}[cell] * d * (d + h + 2),
            "each gate has H rows",
        ),
    ],
    "rnn.ring": [
        (0.001 ** (1 / 0.8), "this is the factor a second"),
        (1e-6 ** (1 / 12800), "the ratio of powers"),
        (np.exp(-1 / 12800), "by a factor of e in 0.8 s"),
        (0.001 ** (1 / 16000), "you counted 16000 samples"),
        (0.999, "keep at least six"),
        (1000 ** (1 / 12800), "it dies away"),
        (1.0, "did you round"),
        (75, "that is no factor"),
    ],
    "rnn.lstm": [
        (_lstm(swap=True), "return h first"),
        (_lstm(show=lambda c: c), "without its tanh"),
        (_lstm(old=True), "shows the old memory"),
        (_lstm(order="figo"), "input and forget gate are exchanged"),
        (_lstm(order="ifog"), "split as i, f, o, g"),
        (_lstm(squash_g=_sigmoid), "the candidate g goes through tanh"),
        (_lstm(forget=False), "the old memory is gone"),
        (_lstm(squash_g=lambda z: z), "stays between -1 and 1"),
        (_keeps_h, "the old memory c that it keeps"),
        (_tanh_gates, "these went through tanh"),
        (_interleaved, "every fourth row"),
        (_in_place, "writes into the caller's array"),
        (_one_array, "return two arrays"),
    ],
    "rnn.last": [
        (lambda states, lengths: states[:, -1], "the last frame of the batch"),
        (lambda states, lengths: states[:, lengths - 1], "every sound got the frames of all"),
        (
            lambda states, lengths: states[
                torch.arange(len(states)), lengths.clamp(max=states.shape[1] - 1)
            ],
            "one frame late",
        ),
        (
            lambda states, lengths: states[torch.arange(len(states)), (lengths - 2).clamp(min=0)],
            "one frame early",
        ),
        (
            lambda states, lengths: torch.stack(
                [s[:n].mean(dim=0) for s, n in zip(states, lengths, strict=True)]
            ),
            "a fine summary",
        ),
        (lambda states, lengths: states[:, lengths.min() - 1], "one frame for all"),
        (lambda states, lengths: states[torch.arange(len(states)), lengths], "one frame late"),
        (lambda states, lengths: states[:, lengths[0] - 1], "that of the first sound"),
        (
            lambda states, lengths: torch.stack(
                [s[:n].sum(dim=0) for s, n in zip(states, lengths, strict=True)]
            ),
            "this is the sum over the valid frames",
        ),
        (_masked_by_product, "not a number, times 0"),
    ],
    "rnn.nats": [
        (lambda p, roll: np.log(_given(p, roll)).sum(axis=1).mean(), "the sign"),
        (lambda p, roll: -np.log2(_given(p, roll)).sum(axis=1).mean(), "these are bits"),
        (lambda p, roll: -np.log(_given(p, roll)).mean(), "averaged over the keys"),
        (lambda p, roll: -np.log(_given(p, roll)).sum(), "a sum over all frames"),
        (lambda p, roll: -(np.log(p) * roll).sum(axis=1).mean(), "only keys that sound"),
        (
            lambda p, roll: -np.log(_given(p[:-1], roll[1:])).sum(axis=1).mean(),
            "shifted by a frame",
        ),
        (lambda p, roll: -np.log(_given(p, 1 - roll)).sum(axis=1).mean(), "the wrong way round"),
        (lambda p, roll: -np.log(_given(p, roll)).sum(axis=0).mean(), "axis=1 runs over the keys"),
        (lambda p, roll: -np.log(_given(p, roll)).sum(axis=1), "one number for each frame"),
        (
            lambda p, roll: -(roll * np.log(p) - (1 - roll) * np.log(1 - p)).sum(axis=1).mean(),
            "with the wrong sign",
        ),
        (lambda p, roll: (1 - _given(p, roll)).sum(axis=1).mean(), "adds up missing chances"),
    ],
    "rnn.device": [
        (_train(step=False), "followed by optimiser.step()"),
        (_train(zero=False, rate=0.2), "zero_grad() stand in the loop"),
        (_train(item=False), "keep loss.item()"),
        (_train(extra=1), "one loss for each step"),
        (_train(flat=True), "loses its last axis"),
        (lambda *args: sum(_train()(*args)) / 60, "one number came back"),
        (_train(call=False), "the network was never called"),
    ],
    "rnn.both": [
        (_both(lambda s, last, k, n: torch.cat(list(last), dim=1)), "pack first"),
        (_both(lambda s, last, k, n: s[:, -1]), "the end of the padded batch"),
        (_both(lambda s, last, k, n: s[k, n - 1]), "has read only one frame there"),
        (
            _both(lambda s, last, k, n: torch.cat([s[k, n - 1, :4], s[:, 0, 4:]], dim=1)),
            "began in the padding",
        ),
        (_packed(lambda last: torch.cat([last[1], last[0]], dim=1)), "forward first"),
        (_packed(lambda last: last), "(directions, B, H)"),
        (_packed(lambda last: last[-1]), "only one of the two readings"),
        (_padded(lambda states, k, n: states[:, -1]), "nothing but padding"),
        (_padded(lambda states, k, n: states[k, n - 1]), "has read only one frame there"),
        (
            lambda layer, x, lengths: layer(
                pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            ),
            "return one tensor",
        ),
        (_packed(lambda last: last[0] + last[1]), "do not add them"),
        (_packed(lambda last: last.reshape(last.shape[1], -1)), "reshape mixes the sounds up"),
    ],
}
