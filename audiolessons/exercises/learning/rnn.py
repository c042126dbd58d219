"""Exercises of the chapter learning/rnn."""

from __future__ import annotations

import itertools

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _sizes(random, *most):
    """Draw sizes from 1 to these."""
    return (int(random.integers(1, size + 1)) for size in most)


# --- a step of a plain recurrence ------------------------------------------------------------


def _step(change=lambda x, h, total: np.tanh(total), *, frame=1, state=1, bias=1):
    """A step with its parts exchangeable; `change` sees the frame's part, the state's, the sum."""

    def rnn_step(x, h, w, v, b):
        return change(
            frame * (w @ x), state * (v @ h), frame * (w @ x) + state * (v @ h) + bias * b
        )

    return rnn_step


def _call(random, n_features, hidden_size, *, n_states=1, n_gates=1):
    """Draw a frame, the states, and the weights of a cell: the arguments of a step."""
    d, h, rows = n_features, hidden_size, n_gates * hidden_size
    shapes = (d, *[h] * n_states, (rows, d), (rows, h), rows)
    return tuple(random.standard_normal(shape) for shape in shapes)


def _loud(x, *others):
    return 1000 * x, *others


def _step_overwriting(x, h, w, v, b):
    for unit in range(len(h)):
        h[unit] = np.tanh(w[unit] @ x + v[unit] @ h + b[unit])
    return h


@exercise(
    "rnn.step",
    level="easy",
    hints=(
        "Three things are added: what the frame gives, what the old state gives, and the bias.",
        "Matrix times vector is `@`: `w @ x` has H numbers, and so has `v @ h`.",
        "Squash the sum at the end: `np.tanh(w @ x + v @ h + b)`.",
    ),
    probes=[
        probe(
            "one unit: 0.2 x 1 + 0.8 x 0.5 + 0.1 is 0.7, and tanh makes 0.604 of it",
            *(np.array(z) for z in ([1.0], [0.5], [[0.2]], [[0.8]], [0.1])),
        ),
        probe("3 features and a state of 2", *_call(np.random.default_rng(0), 3, 2)),
        probe("1 feature and a state of 4", *_call(np.random.default_rng(1), 1, 4)),
        probe(
            "however loud the frame, the state stays between -1 and 1",
            *_loud(*_call(np.random.default_rng(2), 3, 2)),
        ),
    ],
    wrong=[
        (
            _step(lambda x, h, total: total),
            "this is the sum itself: it is not squashed by tanh yet",
        ),
        (
            _step(lambda x, h, total: _sigmoid(total)),
            "this is a sigmoid: the cell of the chapter takes tanh",
        ),
        (_step(state=0), "the old state is left out, so nothing is remembered"),
        (_step(frame=0), "the frame is left out, so nothing new is heard"),
        (_step(bias=0), "the bias is missing"),
        (
            lambda x, h, w, v, b: np.tanh(w @ x + v @ h) + b,
            "the bias is added outside of tanh: squash the whole sum",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x + b) + v @ h,
            "the old state is added outside of tanh: squash the whole sum",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x) + v @ h + b,
            "only the frame's part is squashed: squash the whole sum",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x) + np.tanh(v @ h) + b,
            "each part is squashed alone: add all three first, then take one tanh",
        ),
        (
            lambda x, h, w, v, b: h + w @ x + v @ h + b,
            "neither squashed, nor is the old state to be added: it comes in by v",
        ),
        (
            lambda x, h, w, v, b: h + np.tanh(w @ x + v @ h + b),
            "the old state was added once more: it has come in already, through v",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x + h + b),
            "the old state comes in as it is: v weighs it, v @ h",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x + v.T @ h + b),
            "v is transposed: row i holds what unit i listens to",
        ),
        (
            lambda x, h, w, v, b: np.tanh(w @ x + v * h + b),
            "`*` multiplies number by number: matrix times vector is `@`",
        ),
        (
            lambda x, h, w, v, b: np.tanh(x @ w + h @ v + b),
            "`x @ w` takes the columns of w: its rows belong to the units, so `w @ x`",
        ),
        (_step(bias=2), "the bias is added twice: here it is one vector, once"),
        (
            _step_overwriting,
            "the old state is overwritten while units still read it: keep it to the end",
        ),
        (
            lambda x, h, w, v, b: (_step()(x, h, w, v, b),) * 2,
            "the new state came back twice: a step of this cell gives it once",
        ),
    ],
    valid=lambda random: _call(random, *_sizes(random, 5, 5)),
)
def rnn_step(x, h, w, v, b):
    return _step()(x, h, w, v, b)


# --- how many numbers a cell learns ----------------------------------------------------------

N_GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def _count(size=lambda d, h: h * (d + h + 2), **n_gates):
    """Count with its parts exchangeable: what one gate learns, and how many there are."""
    gates = N_GATES | n_gates

    def count_weights(cell, n_features, hidden_size):
        return gates[cell] * size(n_features, hidden_size)

    return count_weights


@exercise(
    "rnn.count",
    level="easy",
    hints=(
        "Each gate is a layer of its own: a matrix for the frame, one for the state, two biases.",
        "One gate learns H D + H H + 2 H numbers.",
        "An RNN has one such set, a GRU three, an LSTM four: "
        '`{"rnn": 1, "gru": 3, "lstm": 4}[cell] * hidden_size * (...)`.',
    ),
    probes=[
        probe(
            f"{cell.upper()} with {d} features and a state of {h}, as torch counts",
            cell,
            d,
            h,
            rtol=0,
            atol=0,
        )
        for cell, d, h in (("rnn", 3, 5), ("lstm", 40, 64), ("gru", 88, 128), ("lstm", 2, 1))
    ],
    wrong=[
        (
            _count(lambda d, h: h * (d + h + 1)),
            "torch keeps two biases a gate, one for each matrix: you count one",
        ),
        (
            _count(lambda d, h: h * d + h * h + 2),
            "a bias is a vector: each of the two in a gate has H numbers",
        ),
        (
            _count(lambda d, h: h * d + h * h + h + d),
            "each of the two biases has H numbers: neither has D",
        ),
        (_count(lambda d, h: h * (d + h)), "the biases are missing: two a gate"),
        (
            _count(lambda d, h: h * (d + 2)),
            "the matrix that the state goes through is missing: H x H",
        ),
        (
            _count(lambda d, h: h * (h + 2)),
            "the matrix that the frame goes through is missing: H x D",
        ),
        (
            _count(lambda d, h: d * (d + h + 2)),
            "the roles are exchanged: each gate has H rows, not D",
        ),
        (
            _count(gru=1, lstm=1),
            "every cell is counted with one set of weights: a GRU has three, an LSTM four",
        ),
        (
            _count(gru=2, lstm=3),
            "the gates alone are counted: the candidate has weights of its own, too",
        ),
        (_count(gru=2), "a GRU has three sets of weights: two gates and the candidate"),
        (_count(gru=4, lstm=3), "GRU and LSTM are exchanged: the GRU has a gate less"),
        *(
            (
                _count(rnn=n, gru=n, lstm=n),
                f"every cell is counted with {n} sets of weights: `cell` says how many there are",
            )
            for n in (3, 4)
        ),
        (
            lambda cell, d, h: N_GATES[cell] * h * d + h * h + 2 * h,
            "brackets are missing: all of what a gate learns is there once for each gate",
        ),
        (
            lambda cell, d, h: N_GATES[cell] * h * d + h + 2,
            "brackets are missing: H times all of (D + H + 2)",
        ),
        (
            lambda cell, d, h: N_GATES[cell] * h * (d + h) + 2 * h,
            "the matrices are there for each gate, the biases only once: each gate has two",
        ),
        (
            lambda cell, d, h: N_GATES[cell] * h * (d + h + 1) + (h if cell == "gru" else 0),
            "one bias for each line of the formulas, and two for q: torch keeps two everywhere",
        ),
        (
            lambda cell, d, h: N_GATES[cell] * h * (d + h + 2) - (h if cell == "rnn" else 0),
            "the RNN is counted with one bias: torch keeps two there as well",
        ),
        (
            _count(lambda d, h: h * d + d * d + 2 * h),
            "the matrix that the state goes through is H x H, not D x D",
        ),
    ],
    valid=lambda random: (str(random.choice(list(N_GATES))), *_sizes(random, 100, 100)),
)
def count_weights(cell, n_features, hidden_size):
    return _count()(cell, n_features, hidden_size)


# --- the ring of a recurrence ----------------------------------------------------------------

RING_RATE = 16_000
RING_FALLS_S = 0.8  # in which the ring of the exercise falls by 60 dB


def ring_to_measure(sample_rate: int) -> np.ndarray:
    """Return the ring whose spectral radius the exercise asks for, one second long."""
    n = np.arange(sample_rate)
    radius = 0.001 ** (1 / (RING_FALLS_S * sample_rate))
    return (0.4 * radius**n * np.sin(2 * np.pi * 520 * n / sample_rate)).astype(np.float32)


def _number(answer) -> float:
    """The answer as a number, NaN if it is none."""
    if isinstance(answer, str):
        return np.nan
    try:
        return float(np.asarray(answer).squeeze())
    except (TypeError, ValueError):
        return np.nan


def _fades(answer):
    radius = _number(answer)
    return {
        "it is one number": not np.isnan(radius),
        "it is above 0": radius > 0,
        "it is below 1": radius < 1,
    }


def _falls(answer):
    """How fast the ring falls, to be told only where it is not as fast as that of the exercise."""
    radius = _number(answer)
    loss = -20 * np.log10(radius) * RING_RATE if radius > 0 else np.nan
    as_fast = abs(loss * RING_FALLS_S / 60 - 1) < 0.15
    return {
        "as fast": bool(as_fast),
        "what it falls by in a second, in dB": None if as_fast else loss,
    }


@exercise(
    "rnn.ring",
    level="core",
    hints=(
        "Read off two points of the level: from 0 to 0.8 s, by how many dB does it fall?",
        "60 dB is a factor of 1000 in amplitude, and every sample multiplies by rho.",
        "rho ** (0.8 * 16000) = 0.001, so `rho = 0.001 ** (1 / (0.8 * 16000))`.",
    ),
    probes=[
        probe("the answer is a spectral radius of a ring that dies away", observe=_fades),
        probe(
            "it falls as fast as the ring that you measured (within 15 %)",
            observe=_falls,
            rtol=0.01,
        ),
    ],
    wrong=[
        (1.0, "a radius of 1 rings for ever; did you round?"),
        (1000 ** (1 / (RING_FALLS_S * RING_RATE)), "above 1 the ring would grow: it dies away"),
        (
            0.999,
            "close to 1 the digits that matter come late: with this radius the ring falls nearly "
            "twice as fast; keep at least six",
        ),
        (
            0.001,
            "this is the factor from the start to -60 dB: it takes many steps, and the factor of "
            "one of them is asked for",
        ),
        (
            0.001 ** (1 / RING_FALLS_S),
            "this is the factor of a second: the recurrence takes 16 000 steps in a second",
        ),
        (
            1e-6 ** (1 / (RING_FALLS_S * RING_RATE)),
            "this one falls twice as fast: 60 dB is a factor of 1000 in amplitude (a million is "
            "the ratio of powers), and a second has 16 000 steps",
        ),
        (
            np.exp(-1 / (RING_FALLS_S * RING_RATE)),
            "this one needs as long for a factor of e as the ring for 60 dB, a factor of 1000",
        ),
        (
            np.exp(-3 / (RING_FALLS_S * RING_RATE)),
            "too slow by a factor of 2.3, the natural logarithm of 10: 60 dB are 10 ** 3, and not "
            "e ** 3",
        ),
        (
            1 - 60 / RING_FALLS_S / RING_RATE,
            "the dB of a step are taken from 1: turn them into a factor, 10 ** (-dB / 20)",
        ),
        *(
            (
                0.001 ** (1 / (RING_FALLS_S * RING_RATE / n_steps)),
                f"this is the factor of {what}, of {n_steps} steps: that of one is asked for",
            )
            for what, n_steps in (("a point of the picture", 160), ("a millisecond", 16))
        ),
        (
            1 - 0.001 ** (1 / (RING_FALLS_S * RING_RATE)),
            "this is what a step takes away: the radius is what it leaves",
        ),
        (
            -1.0,
            "the spectral radius is the size of an eigenvalue: above 0 wherever something rings",
        ),
        (
            0.001 ** (1 / RING_RATE),
            "this one needs a whole second for 60 dB: look again where the line passes -60 dB",
        ),
        (
            60 / RING_FALLS_S,
            "this is how many dB it falls by in a second: the factor of one step is asked for",
        ),
        (
            1 / (RING_FALLS_S * RING_RATE),
            "this is one over the number of steps: the factor of one step is asked for, whose "
            "power with that number is 0.001",
        ),
    ],
)
def ring_radius():
    return 0.001 ** (1 / (RING_FALLS_S * RING_RATE))


# --- a step of an LSTM -----------------------------------------------------------------------


def _lstm(*, order="ifgo", gate=_sigmoid, squash=np.tanh, mix=None, show=None, give=None):
    """A step with its parts exchangeable: which rows are which, the memory, what is shown of it."""

    def lstm_step(x, h, c, w, v, b):
        z = dict(zip(order, np.split(w @ x + v @ h + b, 4), strict=True))
        i, f, o = (gate(z[name]) for name in "ifo")
        g = squash(z["g"])
        new = mix(i, f, g, c, h) if mix else f * c + i * g
        shown = show(o, new, c) if show else o * np.tanh(new)
        return give(shown, new) if give else (shown, new)

    return lstm_step


def _with_rows(change):
    """A step whose weights are changed before they are used."""
    return lambda x, h, c, w, v, b: _lstm()(x, h, c, *change(w, v, b))


def _every_fourth(w, v, b):
    return (np.concatenate([rows[k::4] for k in range(4)]) for rows in (w, v, b))


def _lstm_call(n_features, hidden_size, seed):
    random = np.random.default_rng(seed)
    return _call(random, n_features, hidden_size, n_states=2, n_gates=4)


@exercise(
    "rnn.lstm",
    level="core",
    hints=(
        "One product makes all four gates: `z = w @ x + v @ h + b`, then "
        "`i, f, g, o = np.split(z, 4)`.",
        "i, f and o go through a sigmoid, g through tanh. New memory: f * c + i * g.",
        "The state shows the new memory through the output gate: h = o * tanh(c). Return h, c.",
    ),
    probes=[
        probe("3 features and a memory of 2: as torch.nn.LSTMCell", *_lstm_call(3, 2, seed=3)),
        probe("1 feature and a memory of 4", *_lstm_call(1, 4, seed=4)),
        probe(
            "forget gate open, input gate shut: the memory is kept",
            noise(3),
            np.tanh(noise(2)),
            np.array([1.5, -0.5]),
            np.zeros((8, 3)),
            np.zeros((8, 2)),
            np.array([-40.0, -40, 40, 40, 3, -3, 1, 0]),
        ),
    ],
    wrong=[
        (
            _lstm(give=lambda h, c: (c, h)),
            "the two are exchanged: return h first, then c",
        ),
        (
            _lstm(give=lambda h, c: h),
            "one array came back: return two, the state and the memory",
        ),
        (
            _lstm(give=lambda h, c: (h, np.tanh(c))),
            "tanh belongs to what is shown: the memory itself is kept without it",
        ),
        (
            _lstm(show=lambda o, new, old: o * new),
            "the memory is shown without its tanh: h = o * tanh(c)",
        ),
        (
            _lstm(show=lambda o, new, old: o * _sigmoid(new)),
            "the memory is shown through a sigmoid: h = o * tanh(c)",
        ),
        (
            _lstm(show=lambda o, new, old: np.tanh(o * new)),
            "the output gate stands inside tanh: h = o * tanh(c)",
        ),
        (
            _lstm(show=lambda o, new, old: np.tanh(new)),
            "the output gate is missing: h = o * tanh(c)",
        ),
        (
            _lstm(show=lambda o, new, old: o * np.tanh(old)),
            "the state shows the old memory: use the one that you have just computed",
        ),
        (
            _lstm(squash=_sigmoid),
            "the candidate g goes through a sigmoid here: it takes tanh, so that it can be "
            "negative",
        ),
        (
            _lstm(squash=lambda z: z),
            "the candidate g goes through tanh, so that it stays between -1 and 1",
        ),
        (
            _lstm(gate=np.tanh),
            "the gates i, f and o go through a sigmoid, to lie between 0 and 1: these went "
            "through tanh",
        ),
        (
            _lstm(gate=lambda z: z),
            "the gates i, f and o are not squashed: they go through a sigmoid",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: i * g),
            "the old memory is gone: it comes along with f * c",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: f * c),
            "nothing new is written: i * g is missing",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: c + i * g),
            "the forget gate is missing: f * c is what stays of the old memory",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: f * c + g),
            "the input gate is missing: i * g is what is written",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: (1 - i) * c + i * g),
            "that is how a GRU mixes: an LSTM has a forget gate of its own",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: f * h + i * g),
            "the forget gate keeps the old state here: it is the old memory c that it keeps",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: (1 - f) * c + i * g),
            "f is what stays of the old memory, not what goes: f * c",
        ),
        (
            _lstm(mix=lambda i, f, g, c, h: f * c + (1 - f) * g),
            "what is written has a gate of its own: i * g, not (1 - f) * g",
        ),
        (
            _lstm(gate=lambda z: _sigmoid(-z)),
            "the sign in the sigmoid: it is 1 / (1 + np.exp(-z))",
        ),
        (
            _lstm(gate=lambda z: 1 / 1 + np.exp(-z)),
            "brackets are missing in the sigmoid: 1 / (1 + np.exp(-z))",
        ),
        (
            _lstm(gate=lambda z: z, squash=lambda z: z),
            "nothing is squashed: i, f and o go through a sigmoid, g through tanh",
        ),
        (
            lambda x, h, c, w, v, b: _lstm()(x, c, c, w, v, b),
            "the gates listen to the memory here: v takes the old state, v @ h",
        ),
        (
            _with_rows(lambda w, v, b: (w, v, 2 * b)),
            "the bias is added twice: here it is one vector, once",
        ),
        (
            _with_rows(lambda w, v, b: (w, v, 0 * b)),
            "the bias is missing",
        ),
        (
            _with_rows(lambda w, v, b: (w, 0 * v, b)),
            "the old state is left out: v @ h belongs to the gates",
        ),
        (
            _with_rows(_every_fourth),
            "every fourth row was taken: the rows of i stand together, then those of f, g and o",
        ),
        *(
            (
                _lstm(order="".join(order)),
                f"the rows are taken as {', '.join(order)}: they belong to i, f, g, o",
            )
            for order in itertools.permutations("ifgo")
            if order != tuple("ifgo")
        ),
    ],
    valid=lambda random: _call(random, *_sizes(random, 4, 4), n_states=2, n_gates=4),
)
def lstm_step(x, h, c, w, v, b):
    return _lstm()(x, h, c, w, v, b)


# --- the last frame of each sound ------------------------------------------------------------


def _at(place):
    """One frame of each sound, at `place(lengths, n_frames)`."""

    def read_last(states, lengths):
        import torch

        return states[torch.arange(len(states)), place(lengths, states.shape[1])]

    return read_last


def _over_frames(reduce):
    """Something of all the valid frames of each sound."""

    def read_last(states, lengths):
        import torch

        pairs = zip(states, lengths.tolist(), strict=True)
        return torch.stack([reduce(sound[:n]) for sound, n in pairs])

    return read_last


def _last_of_product(states, lengths):
    import torch

    is_last = torch.arange(states.shape[1]) == lengths[:, None] - 1
    return (states * is_last[..., None]).sum(dim=1)


def _axes_exchanged(states, lengths):
    import torch

    return states[lengths - 1, torch.arange(len(states))]


def _any_states(random):
    import torch

    n_sounds, n_features = _sizes(random, 5, 4)
    lengths = random.integers(1, 9, n_sounds)
    n_frames = int(lengths.max() + random.integers(3))
    states = random.standard_normal((n_sounds, n_frames, n_features))
    if random.random() < 0.5:
        states[np.arange(n_frames) >= lengths[:, None]] = np.nan
    return torch.from_numpy(states), torch.from_numpy(lengths)


def _batches_of_states():
    import torch

    states = torch.from_numpy(noise(4, 7, 3))
    lengths = torch.tensor([6, 2, 4, 1])
    spoiled = states.clone()
    spoiled[torch.arange(7) >= lengths[:, None]] = float("nan")
    longer = torch.nn.functional.pad(states, (0, 0, 0, 5))
    yield probe(
        "sounds of 6, 2, 4 and 1 frames, padded to 7: each gives the state after its own last",
        states,
        lengths,
    )
    yield probe("what stands in the padding does not matter, even if it is NaN", spoiled, lengths)
    yield probe("five frames of padding more change nothing", longer, lengths)
    yield probe(
        "sounds of 2, 5 and 4 frames: the longest fills its row",
        torch.from_numpy(noise(3, 5, 2, seed=1)),
        torch.tensor([2, 5, 4]),
    )


LATE = "one frame late: of `length` frames, the last is number length - 1"
EARLY = "one frame early: of `length` frames, the last is number length - 1"


@exercise(
    "rnn.last",
    level="core",
    hints=(
        "The sound number k has its last frame at `lengths[k] - 1`, not at the end of the batch.",
        "Pick one frame of each sound with two lists of indices of the same length.",
        "`states[torch.arange(len(states)), lengths - 1]`",
    ),
    probes=_batches_of_states,
    wrong=[
        (
            lambda states, lengths: states[:, -1],
            "this is the last frame of the batch: for short sounds, padding",
        ),
        (
            lambda states, lengths: states[:, 0],
            "this is the first frame of each sound: the last is asked for",
        ),
        (_at(lambda lengths, n_frames: lengths), LATE),
        (_at(lambda lengths, n_frames: lengths.clamp(max=n_frames - 1)), LATE),
        (_at(lambda lengths, n_frames: lengths - 2), EARLY),
        (_at(lambda lengths, n_frames: (lengths - 2).clamp(min=0)), EARLY),
        (
            _at(lambda lengths, n_frames: -lengths),
            "the frames are counted from the end of the batch: count from the beginning",
        ),
        *(
            (
                lambda states, lengths, pick=pick: states[:, int(pick(lengths)) - 1],
                f"one frame for all, that of the {which} sound: each has its own last frame",
            )
            for pick, which in (
                (min, "shortest"),
                (max, "longest"),
                (lambda lengths: lengths[0], "first"),
            )
        ),
        (
            lambda states, lengths: states[:, lengths - 1],
            "every sound got the frames of all: pair them, "
            "`states[torch.arange(len(states)), lengths - 1]`",
        ),
        (
            _axes_exchanged,
            "the axes are exchanged: the sound comes first, then its frame",
        ),
        (
            _over_frames(lambda sound: sound.sum(dim=0)),
            "this is the sum over the valid frames: the last one alone is asked for",
        ),
        (
            _over_frames(lambda sound: sound.mean(dim=0)),
            "this is the mean over the valid frames: a fine summary, but the last is asked for",
        ),
        (
            _over_frames(lambda sound: sound.amax(dim=0)),
            "this is the largest over the valid frames: the last one is asked for",
        ),
        (
            _last_of_product,
            "the padding was read: not a number, times 0, is still not a number",
        ),
    ],
    valid=_any_states,
)
def read_last(states, lengths):
    return _at(lambda lengths, n_frames: lengths - 1)(states, lengths)


# --- nats a frame ----------------------------------------------------------------------------


def _given(chances, roll):
    """Return the chance that the model had given to what happened."""
    return np.where(roll == 1, chances, 1 - chances)


def _nats(change=lambda nats: nats.sum(axis=1).mean(), *, log=np.log):
    """The measure, with what becomes of the table of surprises exchangeable."""
    return lambda chances, roll: change(-log(_given(chances, roll)))


def _music(n_frames, seed):
    random = np.random.default_rng(seed)
    roll = random.integers(0, 2, (n_frames, 88))
    return random.uniform(0.05, 0.95, roll.shape), roll


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
    probes=[
        probe(
            "88 keys at even chances cost 88 log 2 = 61.0 nats a frame, whatever sounds",
            np.full((3, 88), 0.5),
            np.eye(88)[[10, 20, 30]],
        ),
        probe(
            "two frames, one surprise: a key sounds in the second that had a chance of 0.001",
            np.full((2, 88), 0.001),
            np.eye(88)[[40, 40]] * np.array([[0], [1]]),
            rtol=1e-4,  # a tiny number added before the logarithm does no harm
        ),
        probe("20 frames of chance music", *_music(20, seed=3)),
        probe("100 frames, more than there are keys", *_music(100, seed=4)),
        probe("a single frame", *_music(1, seed=5)),
    ],
    wrong=[
        (
            _nats(lambda nats: -nats.sum(axis=1).mean()),
            "the sign: chances below 1 have negative logarithms, surprise is positive",
        ),
        (_nats(log=np.log2), "these are bits: nats take the natural logarithm, np.log"),
        (_nats(log=np.log10), "that was the decimal logarithm: take np.log"),
        (
            _nats(np.mean),
            "averaged over the keys, too: add up the keys, average over the frames alone",
        ),
        (_nats(np.sum), "a sum over all frames: take the mean over the frames"),
        (
            _nats(lambda nats: nats.sum() / (len(nats) - 1)),
            "divided by the number of frames less one: here no frame is without a prediction, so "
            "divide by N",
        ),
        (
            _nats(lambda nats: nats.sum(axis=0).mean()),
            "summed over the frames, averaged over the keys: axis=1 runs over the keys",
        ),
        (_nats(lambda nats: nats.sum(axis=1)), "one number for each frame: take their mean"),
        (
            _nats(lambda nats: nats.mean(axis=1)),
            "one number for each frame, and averaged over its keys: add up the keys, then take "
            "the mean over the frames",
        ),
        (
            lambda chances, roll: -(np.log(chances) * roll).sum(axis=1).mean(),
            "only keys that sound were counted: the silent ones must be predicted, too",
        ),
        (
            lambda chances, roll: -(np.log(1 - chances) * (1 - roll)).sum(axis=1).mean(),
            "only silent keys were counted: those that sound must be predicted, too",
        ),
        (
            lambda chances, roll: _nats()(chances[:-1], roll[1:]),
            "shifted by a frame: chances and roll stand side by side already",
        ),
        (
            lambda chances, roll: _nats()(chances, 1 - roll),
            "the wrong way round: a key that sounds has the chance p",
        ),
        (
            lambda chances, roll: -np.log(chances).sum(axis=1).mean(),
            "what happened is not looked at: a silent key had the chance 1 - p",
        ),
        (
            lambda chances, roll: (
                -(roll * np.log(chances) - (1 - roll) * np.log(1 - chances)).sum(axis=1).mean()
            ),
            "the silent keys count with the wrong sign: both logarithms are added",
        ),
        (
            lambda chances, roll: (1 - _given(chances, roll)).sum(axis=1).mean(),
            "this adds up missing chances: take their logarithm",
        ),
        (
            lambda chances, roll: -np.log(_given(chances, roll).mean(axis=0)).sum(),
            "averaged before the logarithm: each frame has its own surprise",
        ),
        (
            lambda chances, roll: -np.log(_given(chances, roll).sum(axis=1)).mean(),
            "the chances of the keys are added before the logarithm: add up their surprises",
        ),
        (
            lambda chances, roll: -np.log(_given(chances, roll).prod()) / len(roll),
            "the product of so many chances is rounded to 0: add up their logarithms",
        ),
        (
            lambda chances, roll: _nats()(1 / (1 + np.exp(-chances)), roll),
            "the chances went through a sigmoid once more: they are no logits",
        ),
        (
            lambda chances, roll: (
                _nats(lambda nats: (chances * nats).sum(axis=1).mean())(chances, np.ones_like(roll))
                + _nats(lambda nats: ((1 - chances) * nats).sum(axis=1).mean())(
                    chances, np.zeros_like(roll)
                )
            ),
            "this is the surprise that the model expects: `roll` says what did happen",
        ),
    ],
    valid=lambda random: _music(*_sizes(random, 30, 10_000)),
)
def nats_a_frame(chances, roll):
    return _nats()(chances, roll)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.learning import _rnn_networks, _rnn_notes  # noqa: E402, F401
