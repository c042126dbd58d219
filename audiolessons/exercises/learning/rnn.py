"""Checks of the chapter learning/rnn."""

from __future__ import annotations

import numpy as np

from .._engine import exercise

N_GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _numpy(value):
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def _shape(value):
    return tuple(np.shape(_numpy(value)))


# --- a step of a plain recurrence ------------------------------------------------------------


@exercise(
    "rnn.step",
    level="easy",
    hints=(
        "Three things are added: what the frame gives, what the old state gives, and the bias.",
        "Matrix times vector is `@`: `w @ x` has H numbers, and so has `v @ h`.",
        "Squash the sum at the end: `np.tanh(w @ x + v @ h + b)`.",
    ),
)
def step(answer, trial):
    x, h, w, v, b = (np.array(z) for z in ([1.0], [0.5], [[0.2]], [[0.8]], [0.1]))

    def slips(x, h, w, v, b):
        total = w @ x + v @ h + b
        return [
            (total, "this is the sum itself: it is not squashed by tanh yet"),
            (_sigmoid(total), "this is a sigmoid: a plain recurrence takes tanh"),
            (np.tanh(w @ x + b), "the old state is left out, so nothing is remembered"),
            (np.tanh(v @ h + b), "the frame is left out, so nothing new is heard"),
            (np.tanh(w @ x + v @ h), "the bias is missing"),
            (
                np.tanh(w @ x + b) + v @ h,
                "the old state is added outside of tanh: squash the whole sum",
            ),
            (
                np.tanh(w @ x) + np.tanh(v @ h) + b,
                "each part is squashed alone: add all three first, then take one tanh",
            ),
            (h + total, "neither squashed, nor is the old state to be added: it comes in by v"),
            (
                h + np.tanh(total),
                "the old state was added once more: it has come in already, through v",
            ),
            (np.tanh(w @ x + v.T @ h + b), "v is transposed: row i holds what unit i listens to"),
        ]

    trial.close(
        "one unit: 0.2 x 1 + 0.8 x 0.5 + 0.1 is 0.7, and tanh makes 0.604 of it",
        lambda: answer(x, h, w, v, b),
        np.tanh([0.7]),
        mistakes=slips(x, h, w, v, b),
    )
    random = np.random.default_rng(0)
    x, h = random.standard_normal(3), random.uniform(-1, 1, 2)
    w, v, b = (random.standard_normal(shape) for shape in ((2, 3), (2, 2), 2))
    trial.close(
        "3 features and a state of 2 agree with the cell of the chapter",
        lambda: answer(x, h, w, v, b),
        np.tanh(w @ x + v @ h + b),
        mistakes=[
            (
                lambda got: _shape(got) in ((2, 2), (2, 3)),
                "a matrix came back: `*` multiplies number by number, `@` is matrix times vector",
            ),
            *slips(x, h, w, v, b),
        ],
    )
    trial.that(
        "however loud the frame, the state stays between -1 and 1",
        lambda: answer(1000 * x, h, w, v, b),
        lambda got: np.all(np.abs(_numpy(got)) <= 1),
        expected="at most 1 in size",
        means="tanh is there to keep the state bounded: does it hold the whole sum?",
    )


# --- how many numbers a cell learns ----------------------------------------------------------


@exercise(
    "rnn.count",
    level="easy",
    hints=(
        "Each gate is a layer of its own: a matrix for the frame, one for the state, two biases.",
        "One gate learns H D + H H + 2 H numbers.",
        "An RNN has one such set, a GRU three, an LSTM four: "
        '`{"rnn": 1, "gru": 3, "lstm": 4}[cell] * hidden_size * (...)`.',
    ),
)
def count(answer, trial):
    for cell, d, h in (("rnn", 3, 5), ("lstm", 40, 64), ("gru", 88, 128)):
        gates = N_GATES[cell]
        others = [n for n in (1, 2, 3, 4) if n != gates]
        trial.close(
            f"{cell.upper()} with {d} features and a state of {h}, counted by torch",
            lambda: answer(cell, d, h),  # noqa: B023 - called at once
            gates * h * (d + h + 2),
            mistakes=[
                (gates * h * (d + h + 1), "torch keeps two biases a gate, one for each matrix"),
                (
                    gates * (h * d + h * h + 2),
                    "a bias is a vector: each of the two in a gate has H numbers",
                ),
                (gates * h * (d + h), "the biases are missing: two a gate"),
                (gates * h * (d + 2), "the matrix that the state goes through is missing: H x H"),
                (gates * h * (h + 2), "the matrix that the frame goes through is missing: H x D"),
                *[
                    (
                        n * h * (d + h + 2),
                        f"you count {n} set{'s' if n > 1 else ''} of weights: {cell.upper()} has "
                        f"{gates}" + (", one of them for the candidate" if gates > 1 else ""),
                    )
                    for n in others
                ],
                (gates * d * (d + h + 2), "the roles are exchanged: each gate has H rows, not D"),
            ],
            means="write down the shapes of all the weights of one gate, then multiply",
        )


# --- the ring of a recurrence ----------------------------------------------------------------


RING_FALLS_S = 0.8  # in which the ring of the exercise falls by 60 dB


def ring_to_measure(sample_rate: int) -> np.ndarray:
    """Return the ring whose spectral radius the exercise asks for, one second long."""
    n = np.arange(sample_rate)
    radius = 0.001 ** (1 / (RING_FALLS_S * sample_rate))
    return (0.4 * radius**n * np.sin(2 * np.pi * 520 * n / sample_rate)).astype(np.float32)


@exercise(
    "rnn.ring",
    level="core",
    hints=(
        "Read off two points of the level: from 0 to 0.8 s, by how many dB does it fall?",
        "60 dB is a factor of 1000 in amplitude, and every sample multiplies by rho.",
        "rho ** (0.8 * 16000) = 0.001, so `rho = 0.001 ** (1 / (0.8 * 16000))`.",
    ),
)
def ring(answer, trial):
    rate = 16000
    n_samples = RING_FALLS_S * rate
    right = 0.001 ** (1 / n_samples)

    def loss(got):
        """What is lost a sample, 1 - rho: the part of the answer that carries information."""
        return -np.log(float(got)) * n_samples / np.log(1000)  # 1 for the right answer

    in_range = trial.that(
        "the answer is a spectral radius of a ring that dies away",
        lambda: answer,
        lambda got: 0 < float(got) < 1,
        expected="a number between 0 and 1",
        mistakes=[
            (lambda got: float(got) == 1, "a radius of 1 rings for ever; did you round?"),
            (
                lambda got: float(got) > 2,
                "that is no factor: rho is what one step multiplies the state by",
            ),
            (lambda got: float(got) > 1, "above 1 the ring would grow: it dies away"),
        ],
    )
    if not in_range:
        return
    trial.that(
        "it falls as fast as the ring that you measured (within 15 %)",
        lambda: answer,
        lambda got: abs(loss(got) - 1) < 0.15,
        expected="1 minus rho right to 15 %",
        mistakes=[
            (
                lambda got: got == round(float(got), 3) and abs(got - right) < 0.006,
                "close to 1 the digits that matter come late: keep at least six of them",
            ),
            (
                lambda got: abs(got - 0.001 ** (1 / RING_FALLS_S)) < 0.01,
                "this is the factor a second: the recurrence takes 16000 steps in a second",
            ),
            (
                lambda got: abs(loss(got) - 2) < 0.3,
                "this one falls twice as fast: 60 dB is a factor of 1000 in amplitude (a million "
                "is the ratio of powers), and it is reached after 0.8 s",
            ),
            (
                lambda got: abs(loss(got) - 0.1448) < 0.02,
                "this ring falls by a factor of e in 0.8 s, not by 1000",
            ),
            (
                lambda got: abs(loss(got) - RING_FALLS_S) < 0.04,
                "you counted 16000 samples, one second: 60 dB are reached after 0.8 s",
            ),
        ],
        means="rho to the power of the number of samples is the factor by which it fell",
    )


# --- a step of an LSTM -----------------------------------------------------------------------


@exercise(
    "rnn.lstm",
    level="core",
    hints=(
        "One product makes all four gates: `z = w @ x + v @ h + b`, then "
        "`i, f, g, o = np.split(z, 4)`.",
        "i, f and o go through a sigmoid, g through tanh. New memory: f * c + i * g.",
        "The state shows the new memory through the output gate: h = o * tanh(c). Return h, c.",
    ),
)
def lstm(answer, trial):
    def parts(x, h, c, w, v, b, order="ifgo"):
        z = dict(zip(order, np.split(w @ x + v @ h + b, 4), strict=True))
        i, f, o = (_sigmoid(z[gate]) for gate in "ifo")
        return i, f, np.tanh(z["g"]), o

    def right(*args, order="ifgo"):
        c = args[2]
        i, f, g, o = parts(*args, order=order)
        c = f * c + i * g
        return o * np.tanh(c), c

    def all_tanh(x, h, c, w, v, b):
        i, f, g, o = np.tanh(np.split(w @ x + v @ h + b, 4))
        return o * np.tanh(f * c + i * g), f * c + i * g

    def stacked(*args):
        got = answer(*(each.copy() for each in args))
        if not (isinstance(got, tuple | list) and len(got) == 2):
            raise TypeError(
                f"a {type(got).__name__} came back: return two arrays, the state and the memory"
            )
        return np.stack([_numpy(part) for part in got])

    random = np.random.default_rng(1)
    x, h, c = random.standard_normal(3), random.uniform(-1, 1, 2), random.standard_normal(2)
    w, v, b = (random.standard_normal(shape) for shape in ((8, 3), (8, 2), 8))
    args = (x, h, c, w, v, b)
    i, f, g, o = parts(*args)
    h_new, c_new = right(*args)
    raw_g = np.split(w @ x + v @ h + b, 4)[2]
    slips = [
        (np.stack([c_new, h_new]), "the two are exchanged: return h first, then c"),
        (np.stack([o * c_new, c_new]), "the memory is shown without its tanh: h = o * tanh(c)"),
        (
            np.stack([o * np.tanh(c), c_new]),
            "the state shows the old memory: use the one that you have just computed",
        ),
        (
            np.stack([o * np.tanh(i * c + f * g), i * c + f * g]),
            "input and forget gate are exchanged: f multiplies the old memory",
        ),
        (
            np.stack([o * np.tanh(f * c + i * _sigmoid(raw_g)), f * c + i * _sigmoid(raw_g)]),
            "the candidate g goes through tanh, so that it can be negative",
        ),
        (
            np.stack([o * np.tanh(i * g), i * g]),
            "the old memory is gone: it comes along with f * c",
        ),
        (
            np.stack([o * np.tanh((1 - i) * c + i * g), (1 - i) * c + i * g]),
            "that is how a GRU mixes: an LSTM has a forget gate of its own",
        ),
        (
            np.stack([o * np.tanh(f * c + i * raw_g), f * c + i * raw_g]),
            "the candidate g goes through tanh, so that it stays between -1 and 1",
        ),
        (
            np.stack([o * np.tanh(f * h + i * g), f * h + i * g]),
            "the forget gate keeps the old state here: it is the old memory c that it keeps",
        ),
        (
            np.stack(all_tanh(*args)),
            "the gates i, f and o go through a sigmoid, to lie between 0 and 1: these went "
            "through tanh",
        ),
        (
            np.stack(
                right(x, h, c, *(np.concatenate([z[k::4] for k in range(4)]) for z in (w, v, b)))
            ),
            "every fourth row was taken: the rows of i stand together, then those of f, g and o",
        ),
        *[
            (
                np.stack(right(*args, order=order)),
                f"the gates are split as {', '.join(order)}: torch stacks them as i, f, g, o",
            )
            for order in ("ifog", "figo", "iofg", "fiog", "igfo")
        ],
    ]
    trial.close(
        "3 features and a memory of 2 agree with torch.nn.LSTMCell",
        lambda: stacked(*args),
        np.stack([h_new, c_new]),
        mistakes=slips,
    )
    handed_in = c.copy()
    answer(x, h, handed_in, w, v, b)
    trial.that(
        "the memory that was handed in is not changed",
        lambda: handed_in,
        lambda got: np.array_equal(got, c),
        expected="the old memory, as it was",
        means="`c *= ...` writes into the caller's array: make a new one, c = f * c + i * g",
    )
    # a gate wide open and one shut: what was in the memory stays there
    keep = np.repeat([-50.0, 50.0, 0.0, 50.0], 2)  # i, f, g, o
    zeros = np.zeros_like
    trial.close(
        "forget gate open, input gate shut: the memory is kept to the last digit",
        lambda: stacked(x, h, c, zeros(w), zeros(v), keep),
        np.stack([np.tanh(c), c]),
        mistakes=[
            (
                lambda got: np.abs(got[1]).max() < 1e-6,
                "the memory was wiped: a forget gate of 1 keeps, one of 0 forgets",
            )
        ],
        means="with f = 1 and i = 0, f * c + i * g is c",
    )


# --- the bug hunt: the last frame of a padded batch ------------------------------------------


@exercise(
    "rnn.last",
    level="core",
    hints=(
        "The sound number k has its last frame at `lengths[k] - 1`, not at the end of the batch.",
        "Pick one frame of each sound with two lists of indices of the same length.",
        "`states[torch.arange(len(states)), lengths - 1]`",
    ),
)
def last(answer, trial):
    import torch

    random = np.random.default_rng(2)
    states = torch.from_numpy(random.standard_normal((4, 7, 3)))
    lengths = torch.tensor([6, 2, 4, 1])
    rows = torch.arange(4)
    right = states[rows, lengths - 1]

    def slips(states, lengths):
        rows = torch.arange(len(states))
        here = torch.arange(states.shape[1])[None] < lengths[:, None]
        mean = (states * here[..., None]).sum(dim=1) / lengths[:, None]
        one_late = states[rows, lengths.clamp(max=states.shape[1] - 1)]
        return [
            (states[:, -1], "this is the last frame of the batch: for short sounds, padding"),
            (
                states[:, int(lengths.min()) - 1],
                "one frame for all, that of the shortest: each sound has its own last frame",
            ),
            (
                states[:, int(lengths[0]) - 1],
                "one frame for all, that of the first sound: each has its own last frame",
            ),
            (one_late, "one frame late: of `length` frames, the last is number length - 1"),
            (
                states[rows, (lengths - 2).clamp(min=0)],
                "one frame early: of `length` frames, the last is number length - 1",
            ),
            (mean * lengths[:, None], "this is the sum over the valid frames: asked is the last"),
            (mean, "this is the mean over the valid frames: a fine summary, but asked is the last"),
            (
                lambda got: _shape(got) == (len(states), len(states), states.shape[2]),
                "every sound got the frames of all: pair them, "
                "states[torch.arange(len(states)), lengths - 1]",
            ),
        ]

    trial.close(
        "sounds of 6, 2, 4 and 1 frames, padded to 7: each gives the state after its own last",
        lambda: answer(states, lengths),
        right,
        mistakes=slips(states, lengths),
    )
    spoiled = states.clone()
    spoiled[torch.arange(7)[None] >= lengths[:, None]] = float("nan")
    trial.close(
        "what stands in the padding does not matter, even if it is NaN",
        lambda: answer(spoiled, lengths),
        right,
        mistakes=[
            (
                lambda got: np.isnan(_numpy(got)).any(),
                "the padding was read: not a number, times 0, is still not a number",
            ),
            *slips(spoiled, lengths),
        ],
    )
    longer = torch.cat([states, torch.zeros(4, 5, 3, dtype=states.dtype)], dim=1)
    trial.close(
        "five frames of silence more at the end of the batch change nothing",
        lambda: answer(longer, lengths),
        right,
        mistakes=[
            (lambda got: not _numpy(got).any(), "only padding came back, it is all 0"),
            *slips(longer, lengths),
        ],
    )


# --- nats a frame ----------------------------------------------------------------------------


@exercise(
    "rnn.nats",
    level="core",
    hints=(
        "For a key that sounds, the model gave the chance p; for a silent one, 1 - p.",
        "Surprise is minus the natural logarithm of that chance. Add up the keys of a frame, then "
        "take the mean over the frames.",
        "`given = np.where(roll == 1, chances, 1 - chances)`, then "
        "`-np.log(given).sum(axis=1).mean()`.",
    ),
)
def nats(answer, trial):
    def right(chances, roll):
        return -np.log(np.where(roll == 1, chances, 1 - chances)).sum(axis=1).mean()

    def slips(chances, roll):
        given = np.where(roll == 1, chances, 1 - chances)
        value = right(chances, roll)
        return [
            (-value, "the sign: chances below 1 have negative logarithms, surprise is positive"),
            (value / np.log(2), "these are bits: nats take the natural logarithm, np.log"),
            (value / np.log(10), "that was the decimal logarithm: take np.log"),
            (
                value / roll.shape[1],
                "averaged over the keys, too: add up the keys, average over the frames alone",
            ),
            (value * len(roll), "a sum over all frames: take the mean over the frames"),
            (
                -(np.log(chances) * roll).sum(axis=1).mean(),
                "only keys that sound were counted: the silent ones must be predicted, too",
            ),
            (
                right(chances[:-1], roll[1:]),
                "shifted by a frame: chances and roll stand side by side already",
            ),
            (right(chances, 1 - roll), "the wrong way round: a key that sounds has the chance p"),
            (
                -np.log(given).sum(axis=0).mean(),
                "summed over the frames, averaged over the keys: axis=1 runs over the keys",
            ),
            (
                -(roll * np.log(chances) - (1 - roll) * np.log(1 - chances)).sum(axis=1).mean(),
                "the silent keys count with the wrong sign: both logarithms are added",
            ),
            (
                lambda got: _shape(got) == (len(roll),),
                "one number for each frame: take their mean",
            ),
            ((1 - given).sum(axis=1).mean(), "this adds up missing chances: take their logarithm"),
            (
                -np.log(given.mean(axis=0)).sum(),
                "averaged before the logarithm: each frame has its own surprise",
            ),
        ]

    even, roll = np.full((3, 88), 0.5), np.eye(88)[[10, 20, 30]]
    trial.close(
        "88 keys at even chances cost 88 log 2 = 61.0 nats a frame, whatever sounds",
        lambda: answer(even, roll),
        88 * np.log(2),
        mistakes=slips(even, roll),
    )
    chances, roll = np.array([[0.9, 0.2], [0.5, 0.1]]), np.array([[1, 0], [0, 1]])
    trial.close(
        "two keys, two frames, one surprise: key 1 sounds at a chance of 0.1",
        lambda: answer(chances, roll),
        right(chances, roll),
        mistakes=slips(chances, roll),
        means="for each key: how likely did the model think what did happen?",
    )
    random = np.random.default_rng(3)
    chances, roll = random.uniform(0.05, 0.95, (20, 88)), random.integers(0, 2, (20, 88))
    trial.close(
        "20 frames of chance music",
        lambda: answer(chances, roll),
        right(chances, roll),
        mistakes=slips(chances, roll),
    )


# --- training on the device ------------------------------------------------------------------


@exercise(
    "rnn.device",
    level="core",
    hints=(
        "`device = al.training.pick_device()`; then `network.to(device)`, and x and target too. "
        "Make the optimiser after the network has moved.",
        "A step: optimiser.zero_grad(), predict, loss, loss.backward(), optimiser.step().",
        "Keep `loss.item()` of each step in a list: a float, free of the graph.",
    ),
    time_limit_s=60.0,
)
def device(answer, trial):
    import torch

    from audiolessons import training

    where = training.pick_device()
    is_gpu = where.type != "cpu"
    batch, n_frames, hidden, n_steps = (256, 60, 128, 200) if is_gpu else (32, 8, 16, 60)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(batch, n_frames, 1, generator=generator) * 2 - 1
    target = x[:, 0]  # the first frame, to be said after the last one

    class Remember(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.GRU(1, hidden, batch_first=True)
            self.say = torch.nn.Linear(hidden, 1)
            self.seen = []

        def forward(self, x):
            self.seen.append(x.device.type)
            return self.say(self.layer(x)[0][:, -1])

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Remember()
    with torch.no_grad():
        untrained = float(((network(x) - target) ** 2).mean())
    network.seen.clear()
    before = [p.detach().clone() for p in network.parameters()]
    losses = trial.value(
        f"ran on {where.type}: {n_steps} steps, {batch} sequences of {n_frames} frames",
        lambda: answer(network, x, target, n_steps),
    )
    trial.that(
        f"ran on {where.type} ({'full' if is_gpu else 'tiny'} size): network and frames were there",
        lambda: network.seen[:1],
        lambda got: got == [where.type],
        expected=f"the network called with frames on {where.type}",
        mistakes=[(lambda got: got == [], "the network was never called")],
        means="move the network and the batch to al.training.pick_device()",
    )
    in_order = trial.that(
        f"{n_steps} losses come back, plain numbers",
        lambda: losses,
        lambda got: (
            isinstance(got, list | np.ndarray)
            and len(got) == n_steps
            and all(isinstance(one, float | np.floating) for one in got)
        ),
        expected=f"a list of {n_steps} floats",
        mistakes=[
            (lambda got: got is None, "your function returned None: does it end with `return`?"),
            (
                lambda got: hasattr(got[0], "detach"),
                "these are tensors, each holding on to its graph: keep loss.item()",
            ),
            (
                lambda got: isinstance(got, float),
                "one number came back: the loss of every step is asked for, in a list",
            ),
            (lambda got: len(got) != n_steps, "one loss for each step, no more and no fewer"),
        ],
    )
    if not in_order:
        return
    trial.close(
        "the first loss is that of the network as it was handed in",
        lambda: losses[0],
        untrained,
        rtol=2e-3,
        means="the mean squared error is another: prediction and target both have shape (B, 1); "
        "if one loses its last axis, each is compared with all of the batch",
    )
    after = [p.detach().cpu() for p in network.parameters()]
    moved = any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    trial.that(
        "the weights have moved",
        lambda: moved,
        bool,
        expected="other weights than before",
        means="nothing was learned: is loss.backward() followed by optimiser.step()?",
    )
    trial.that(
        "the network learned to remember: the last loss is below a fifth of the first",
        lambda: (float(losses[0]), float(losses[-1])),
        lambda got: got[1] < 0.2 * got[0],
        expected="a loss that falls",
        mistakes=[
            (lambda got: not moved, "the weights stand still, so the loss does, too"),
        ],
        means="does optimiser.zero_grad() stand in the loop, so that gradients do not pile up? "
        "Adam with a learning rate of 0.01 is asked for",
    )


# --- both ends of a sound --------------------------------------------------------------------


@exercise(
    "rnn.both",
    level="stretch",
    hints=(
        "Pack the batch: `pack_padded_sequence(x, lengths, batch_first=True, "
        "enforce_sorted=False)` from torch.nn.utils.rnn.",
        "The layer takes the packed batch and returns the packed states and the last states, "
        "`last`, of shape (2, B, H): forward reading, backward reading.",
        "`torch.cat([last[0], last[1]], dim=1)` is (B, 2 H).",
    ),
)
def both(answer, trial):
    import torch
    from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = torch.nn.GRU(3, 4, batch_first=True, bidirectional=True)
        x = torch.randn(4, 7, 3)
    lengths = torch.tensor([5, 7, 2, 3])

    def alone(k, n_after=0):
        """What the layer says of one sound, with so many frames of zeros after it."""
        frames = torch.nn.functional.pad(x[k : k + 1, : lengths[k]], (0, 0, 0, n_after))
        return torch.cat(list(layer(frames)[1]), dim=1)[0]

    def both_of(*args):
        got = answer(*args)
        if isinstance(got, tuple | PackedSequence):
            raise TypeError(f"a {type(got).__name__} came back: return one tensor, (B, 2 H)")
        return got

    with torch.no_grad():
        x = x.masked_fill(torch.arange(7)[None, :, None] >= lengths[:, None, None], 0)
        right = torch.stack([alone(k) for k in range(4)])
        states, last = layer(x)
        rows = torch.arange(4)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        ends = rows, lengths - 1
        one_frame = pad_packed_sequence(layer(packed)[0], batch_first=True)[0][ends][:, 4:]
        sorted_last = torch.cat(list(layer(packed)[1]), dim=1)[lengths.argsort(descending=True)]
        slips = [
            (torch.cat(list(last), dim=1), "both readings went through the padding: pack first"),
            (states[:, -1], "this is the end of the padded batch, for both directions"),
            (
                states[rows, lengths - 1],
                "the backward reading has read only one frame there: its last state is at frame 0",
            ),
            (
                torch.cat([states[rows, lengths - 1, :4], states[:, 0, 4:]], dim=1),
                "the forward half is right, but the backward reading began in the padding",
            ),
            (torch.cat([right[:, 4:], right[:, :4]], dim=1), "forward first, then backward"),
            (right[:, :4] + right[:, 4:], "lay the two readings side by side, do not add them"),
            (sorted_last, "the sounds changed their order: enforce_sorted=False keeps it"),
            (
                lambda got: _shape(got) == (2, 4, 4),
                "this is (directions, B, H): join the two along the last axis",
            ),
            (
                torch.stack([right[:, :4], right[:, 4:]]).reshape(4, 8),
                "reshape mixes the sounds up: torch.cat([last[0], last[1]], dim=1)",
            ),
            (
                torch.cat([right[:, :4], one_frame], dim=1),
                "the backward reading has read only one frame there: its last state is at frame 0",
            ),
            (
                lambda got: _shape(got) == (4, 8) and np.any(np.all(_numpy(got) == 0, axis=1)),
                "this is the end of the padded batch: for short sounds nothing but padding",
            ),
            (
                lambda got: _shape(got) == (4, 4),
                "only one of the two readings came back: lay forward and backward side by side",
            ),
        ]
    trial.close(
        "sounds of 5, 7, 2 and 3 frames: each as if it were read alone",
        lambda: both_of(layer, x, lengths),
        right,
        atol=1e-5,
        mistakes=slips,
    )
    longer = torch.nn.functional.pad(x, (0, 0, 0, 6))
    trial.close(
        "six frames of padding more change nothing",
        lambda: both_of(layer, longer, lengths),
        right,
        atol=1e-5,
        mistakes=slips,
        means="the padding was read",
    )
