"""Exercises of the chapter learning/attention: whole sounds, their cost, and their positions."""

from __future__ import annotations

import functools
import math
import weakref

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.observing import numbers
from audiolessons.exercises.learning._attention_inputs import (
    ATTENDS,
    CLOSE,
    LOUD,
    any_attention,
    attention_input,
    drawn,
    filled,
    tensor,
)

# --- the repair ---------------------------------------------------------------------------------


def _pool(*, axis=1, fill=-math.inf, turned=False, cut=False, late=0, over=1, divide=None):
    """Attention pooling with its parts exchangeable; `fill=None` masks nothing."""

    def pool(frames, scores, lengths):
        is_sound = filled(lengths + late, scores.shape[1])
        if fill is not None:
            scores = scores.masked_fill(is_sound if turned else ~is_sound, fill)
        weights = scores.softmax(dim=axis)
        weights = weights * is_sound if cut else weights
        pooled = (weights[:, :, None] * frames).sum(dim=over)
        return pooled / divide(frames, scores, lengths) if divide else pooled

    return pool


def _inside(frames, scores, lengths):
    """How much of the weight falls on the sound where nothing is masked."""
    return (scores.softmax(dim=1) * filled(lengths, scores.shape[1])).sum(dim=1, keepdim=True)


def _mean(frames, scores, lengths):
    is_sound = filled(lengths, frames.shape[1])[:, :, None]
    return frames.masked_fill(~is_sound, 0).sum(dim=1) / lengths[:, None]


def _crossed(frames, scores, lengths):
    return scores.masked_fill(~filled(lengths, scores.shape[1]), -math.inf).softmax(dim=1) @ frames


def _weights_alone(frames, scores, lengths):
    return scores.masked_fill(~filled(lengths, scores.shape[1]), -math.inf).softmax(dim=1)


def _weighed(frames, scores, lengths):
    return _weights_alone(frames, scores, lengths)[:, :, None] * frames


def _sounds(lengths, n_features, *, loud=False, seed=0):
    """Frames, scores and lengths; with loud noise in the padding, scored high."""
    import torch

    lengths = torch.tensor(lengths)
    n_frames = int(lengths.max())
    frames = tensor(len(lengths), n_frames, n_features, seed=seed)
    scores = tensor(len(lengths), n_frames, seed=seed + 1)
    if loud:
        is_sound = filled(lengths, n_frames)
        frames = frames.masked_fill(~is_sound[:, :, None], 1e3)
        scores = scores.masked_fill(~is_sound, LOUD)
    return frames, scores, lengths


def _any_sounds(random):
    import torch

    n_sounds, n_frames, n_features = random.integers(1, 6, 3)
    lengths = torch.from_numpy(random.integers(1, n_frames + 1, n_sounds))
    return (
        drawn(random, n_sounds, n_frames, n_features),
        drawn(random, n_sounds, n_frames),
        lengths,
    )


@exercise(
    "attention.repair",
    level="core",
    hints=(
        "Each sound shares itself out over *its own frames*. Which axis of (B, N) are they?",
        "Make the softmax run over axis 1. Then mask what lies behind the length of each sound, "
        "with minus infinity, before the softmax.",
        "`is_sound = torch.arange(scores.shape[1]) < lengths[:, None]`, then "
        "`scores.masked_fill(~is_sound, -torch.inf).softmax(dim=1)`.",
    ),
    probes=lambda: [
        probe("3 sounds of 6, 4 and 2 frames of 5 features", *_sounds([6, 4, 2], 5), **CLOSE),
        probe(
            "the first of them alone gets what it gets in the batch",
            *(part[:1] for part in _sounds([6, 4, 2], 5)),
            **CLOSE,
        ),
        probe("2 sounds of 1 and 7 frames", *_sounds([1, 7], 3, seed=2), **CLOSE),
        probe(
            "loud noise in the padding changes nothing",
            *_sounds([6, 4, 2], 5, loud=True),
            **CLOSE,
        ),
    ],
    wrong=[
        (
            _pool(axis=0, fill=None),
            "the softmax still runs over the batch, axis 0, and the padding takes part",
        ),
        *(
            (
                _pool(axis=0, fill=fill, cut=cut),
                "the padding is masked, but the softmax still runs over the batch, axis 0",
            )
            for fill, cut in ((-math.inf, False), (None, True), (-1e9, True), (-1e9, False))
        ),
        (
            _pool(fill=None),
            "the softmax is repaired, but the padding still takes part: use the lengths",
        ),
        (
            _pool(fill=None, cut=True),
            "the padding is cut off after the softmax, so the weights sum to less than 1",
        ),
        (
            _pool(fill=None, cut=True, divide=_inside),
            "where the padding is loud this is 0 divided by 0: it took all of the weight before it "
            "was cut off, so mask the scores before the softmax",
        ),
        (_pool(fill=0.0), "a score of 0 is a score like others: put minus infinity"),
        (
            _pool(turned=True),
            "the mask is turned round: what is filled is the sound, and what is left the padding",
        ),
        (_pool(late=1), "one frame too many: frame number `length` is padding already"),
        (_pool(late=-1), "one frame too few: frame number `length - 1` is still sound"),
        (
            _pool(divide=lambda frames, scores, lengths: lengths[:, None]),
            "the weights sum to 1 already: do not divide by the length",
        ),
        (
            _pool(divide=lambda frames, scores, lengths: frames.shape[1]),
            "the weights sum to 1 already: sum over the frames, do not average",
        ),
        (_mean, "this is the plain mean: the scores went unused"),
        (_pool(over=0), "this sums over the sounds: sum over the frames, axis 1"),
        (_pool(over=2), "this sums over the features: sum over the frames, axis 1"),
        (_weights_alone, "these are the weights: the frames are to be summed with them"),
        (_weighed, "these are the weighted frames: sum over them, axis 1"),
        (_crossed, "weights @ frames pools every sound with the weights of every other: (B, B, D)"),
    ],
    valid=_any_sounds,
)
def repaired_pool(frames, scores, lengths):
    return _pool()(frames, scores, lengths)


# --- how long a sound fits ----------------------------------------------------------------------


def _longest(n_seconds):
    """`n_seconds(memory, n_heads, frames a second, bytes of a number)`."""

    def longest_s(memory_bytes, *, n_heads, frames_per_s, bytes_each=4):
        return n_seconds(memory_bytes, n_heads, frames_per_s, bytes_each)

    return longest_s


def _memory(n_frames, *, bytes_each=4, **given):
    """The arguments of a call; as the number of frames is whole, rounding it is right as well."""
    memory = n_frames**2 * given["n_heads"] * bytes_each
    return {"memory_bytes": memory, **given, "bytes_each": bytes_each}


@exercise(
    "attention.longest",
    level="easy",
    hints=(
        "How many bytes do the weights of N frames take? Each head has N times N numbers.",
        "heads * N * N * bytes_each = memory_bytes. Solve for N, then make seconds of frames.",
        "`(memory_bytes / (n_heads * bytes_each)) ** 0.5 / frames_per_s`",
    ),
    probes=[
        probe(
            "10.24 MB, 4 heads, 100 frames a second, 4 bytes a number",
            **_memory(800, n_heads=4, frames_per_s=100),
        ),
        probe(
            "16.2 GB, 8 heads, 62.5 frames a second, 2 bytes",
            **_memory(31_830, n_heads=8, frames_per_s=62.5, bytes_each=2),
        ),
        probe(
            "40.96 MB, four times as much memory: twice the sound",
            **_memory(1600, n_heads=4, frames_per_s=100),
        ),
        probe(
            "without a word about them, numbers take 4 bytes",
            n_heads=3,
            frames_per_s=50,
            memory_bytes=12 * 777**2,
        ),
    ],
    wrong=[
        (
            _longest(lambda m, h, r, b: m / (h * b) / r),
            "this takes N numbers a head: there are N times N, so take the root",
        ),
        (
            _longest(lambda m, h, r, b: m / (h * b) ** 0.5 / r),
            "the root is that of heads and bytes alone: the whole fraction belongs into brackets",
        ),
        (
            _longest(lambda m, h, r, b: m / (h * b) / 2 / r),
            "`x ** 1 / 2` is half of x: write x ** 0.5",
        ),
        (
            _longest(lambda m, h, r, b: (m / b) ** 0.5 / r),
            "the heads are missing: each keeps weights of its own",
        ),
        (
            _longest(lambda m, h, r, b: (m / b) ** 0.5 / h / r),
            "the heads are divided out after the root: they belong below it",
        ),
        (
            _longest(lambda m, h, r, b: (m / h) ** 0.5 / b / r),
            "the bytes are divided out after the root: they belong below it",
        ),
        (
            _longest(lambda m, h, r, b: (m / h) ** 0.5 / r),
            "a number takes more than one byte: bytes_each",
        ),
        (
            _longest(lambda m, h, r, b: (m / (h * b * r)) ** 0.5),
            "the frame rate is inside the root: first N, then seconds",
        ),
        (
            _longest(lambda m, h, r, b: (m / (h * b)) ** 0.5),
            "this is the number of frames: make seconds of it",
        ),
        (
            _longest(lambda m, h, r, b: (m / (h * b)) ** 0.5 * r),
            "frames are made seconds by dividing by the frames a second",
        ),
        (
            _longest(lambda m, h, r, b: m**0.5 / (h * b) / r),
            "the root is taken too early: first divide by the bytes of one pair of frames",
        ),
        (
            _longest(lambda m, h, r, b: (m * h / b) ** 0.5 / r),
            "more heads need more memory: divide by their number",
        ),
        (
            _longest(lambda m, h, r, b: (m / h * b) ** 0.5 / r),
            "more bytes a number need more memory: divide by them (is a bracket missing?)",
        ),
        (
            _longest(lambda m, h, r, b: (m / h / 4) ** 0.5 / r),
            "bytes_each went unused: half precision takes 2 bytes, not 4",
        ),
        (
            _longest(lambda m, h, r, b: (8 * m / (h * b)) ** 0.5 / r),
            "the memory is counted in bits: it is given in bytes, as `bytes_each` is",
        ),
        (
            _longest(lambda m, h, r, b: (m / (2 * h * b)) ** 0.5 / r),
            "half of the memory stays empty: the weights alone are asked for",
        ),
        (
            _longest(lambda m, h, r, b: int((m / (h * b)) ** 0.5 / r)),
            "only whole seconds are left: frames are whole, seconds are not",
        ),
    ],
    valid=lambda random: _memory(
        int(random.integers(2, 50_000)),
        n_heads=int(random.integers(1, 17)),
        frames_per_s=float(random.uniform(5, 200)),
        bytes_each=int(random.choice([1, 2, 4, 8])),
    ),
)
def longest_s(memory_bytes, *, n_heads, frames_per_s, bytes_each=4):
    return (memory_bytes / (n_heads * bytes_each)) ** 0.5 / frames_per_s


# --- in slices ----------------------------------------------------------------------------------


def _slices(*, join=lambda parts: _along_frames(parts), scale=True, own_keys=False, share=-1):
    def attend_in_slices(query, key, value, n_queries):
        parts = []
        for start in range(0, query.shape[-2], n_queries):
            some = query[..., start : start + n_queries, :]
            own = slice(start, start + n_queries) if own_keys else slice(None)
            scores = some @ key[..., own, :].transpose(-2, -1)
            scores = scores / (some.shape[-1] ** 0.5 if scale else 1)
            parts.append(scores.softmax(dim=share) @ value[..., own, :])
        return join(parts)

    return attend_in_slices


def _along_frames(parts):
    import torch

    return torch.cat(list(parts), dim=-2)


def _cut_in_front(query, key, value, n_queries):
    import torch

    return torch.cat([_at_once(some, key, value, n_queries) for some in query.split(n_queries)])


def _whole_slices(query, key, value, n_queries):
    whole = query.shape[-2] // n_queries * n_queries
    return _slices()(query[..., :whole, :], key, value, n_queries)


def _over_keys(query, key, value, n_queries):
    """The sum of what each slice of the keys gives by itself."""
    slices = zip(key.split(n_queries, dim=-2), value.split(n_queries, dim=-2), strict=True)
    return sum(_slices()(query, k, v, query.shape[-2]) for k, v in slices)


def _at_once(query, key, value, n_queries):
    return _slices()(query, key, value, query.shape[-2])


def _sliced_late(query, key, value, n_queries):
    """All scores first; only what comes after them in slices."""
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return _along_frames(s.softmax(dim=-1) @ value for s in scores.split(n_queries, dim=-2))


def _weights_kept(query, key, value, n_queries):
    root = query.shape[-1] ** 0.5
    kept = [
        (some @ key.transpose(-2, -1) / root).softmax(dim=-1)
        for some in query.split(n_queries, dim=-2)
    ]
    return _along_frames(weights @ value for weights in kept)


def _as_slices(query, key, value, n_queries):
    """`n_queries` slices, as if that were their number."""
    return _slices()(query, key, value, -(-query.shape[-2] // n_queries))


def _there(query, key, value):
    """The inputs on the fastest device here."""
    from audiolessons import training

    return [part.to(training.pick_device()) for part in (query, key, value)]


def _on_device(answer, query, key, value, n_queries):
    return answer(*_there(query, key, value), n_queries)


def _held(answer, query, key, value, n_queries):
    """Where the output lies, and what lay in memory on the way."""
    parts, got = _there(query, key, value), []
    one = query[..., 0].numel() // query.shape[-2] * key.shape[-2] * query.element_size()
    most = max(n_queries * one, *(part.untyped_storage().nbytes() for part in parts))
    largest, at_once = _bytes_made(lambda: got.append(answer(*parts, n_queries)))
    device = parts[0].device
    return {
        f"the output lies on {device.type}": getattr(got[0], "device", None) == device,
        f"the largest tensor, in slices of {n_queries} rows of weights": max(1.0, largest / most),
        "slices that are done are thrown away": at_once <= 10 * most,  # inputs, scores, copies
    }


def _bytes_made(compute) -> tuple[int, int]:
    """The largest tensor that `compute` makes, and the most that lie in memory at one moment."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    lying = {}

    class Watch(TorchDispatchMode):
        largest = at_once = 0

        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            result = operation(*args, **(kwargs or {}))
            for part in tree_leaves(result):
                if hasattr(part, "untyped_storage"):
                    storage = part.untyped_storage()
                    place = storage.data_ptr()
                    if place not in lying:
                        weakref.finalize(storage, lying.pop, place, None)
                    lying[place] = storage.nbytes()
                    self.largest = max(self.largest, storage.nbytes())
            self.at_once = max(self.at_once, sum(lying.values()))
            return result

    with Watch() as seen:
        compute()
    return seen.largest, seen.at_once


@functools.cache
def _slice_probes():
    from audiolessons import training

    device = training.pick_device()
    n_frames, n_queries = (500, 20) if device.type == "cpu" else (16_000, 500)
    many = attention_input(n_frames, n_frames + 30, 16, 12, before=(1, 4), seed=1)
    return [
        probe(
            f"4 heads of {n_frames} frames on {device.type}: as attention at once",
            *many,
            n_queries,
            observe=_on_device,
            **CLOSE,
        ),
        probe(
            f"it stays on {device.type}, and holds the weights of no more than {n_queries} queries",
            *many,
            n_queries,
            observe=_held,
        ),
        probe(
            "7 queries, 5 keys, in slices of 3: the last is shorter",
            *attention_input(7, 5, 8, 2, seed=4),
            3,
            **CLOSE,
        ),
        probe("one query at a time", *attention_input(4, 9, 5, 3, before=(2,), seed=5), 1, **CLOSE),
        probe("a slice larger than the sound", *attention_input(4, 6, 5, 3, seed=6), 50, **CLOSE),
    ]


@exercise(
    "attention.slices",
    level="core",
    hints=(
        "`query.split(n_queries, dim=-2)` gives the queries in slices; the last may be shorter.",
        "Attend for each slice to *all* keys and values, collect the outputs in a list, and put "
        "them together along the frames.",
        "In the loop: `scores = some @ key.transpose(-2, -1) / query.shape[-1] ** 0.5`, then "
        "`outputs.append(scores.softmax(dim=-1) @ value)`; at the end "
        "`torch.cat(outputs, dim=-2)`.",
    ),
    probes=_slice_probes,
    wrong=[
        (
            _slices(own_keys=True),
            "each slice looked at its own keys only: a query may look at all of them",
        ),
        (
            _over_keys,
            "this slices the keys, and each slice gets its own softmax: slice the queries",
        ),
        (_whole_slices, "the last frames are missing: the last slice is shorter than the others"),
        (
            _slices(join=lambda parts: parts[-1]),
            "this is the last slice alone: collect all outputs",
        ),
        (
            _slices(join=lambda parts: parts[0]),
            "this is the first slice alone: does `return` stand inside the loop?",
        ),
        (
            _slices(join=lambda parts: _along_frames(parts[::-1])),
            "the slices are put together from the last to the first",
        ),
        (_slices(join=list), "these are the slices: put them together with torch.cat, dim=-2"),
        (
            _cut_in_front,
            "the first axis is cut and joined: the frames are the last but one, dim=-2",
        ),
        (_slices(scale=False), "the division by the square root of D is missing"),
        (
            _slices(share=-2),
            "the softmax runs over the queries: each query shares itself out over the keys, the "
            "last axis",
        ),
        *(
            (
                wrong,
                "all N x M weights lie in memory at once: take the values of each slice of queries "
                "before the next slice meets the keys",
            )
            for wrong in (_at_once, _sliced_late)
        ),
        (
            _weights_kept,
            "the weights of all slices are kept until the end: take the values inside the loop",
        ),
        (_as_slices, "this makes `n_queries` slices: slices OF `n_queries` queries are asked for"),
    ],
    valid=lambda random: (*any_attention(random), int(random.integers(1, 8))),
    forbidden={"no function that attends": ATTENDS},
    time_limit_s=15,
)
def attend_in_slices(query, key, value, n_queries):
    return _slices()(query, key, value, n_queries)


# --- the matrix that turns the clocks -----------------------------------------------------------


def _turn(
    *,
    rate=lambda even, n_features: 10000 ** (-even / n_features),
    signs=(1, -1),
    shifted=lambda shift: shift,
    order=lambda even, n_features: (even, even + 1),
):
    """Blocks with their parts exchangeable: `order` says where sine and cosine of a pair stand."""

    def turn_matrix(n_features, shift):
        matrix = np.zeros((n_features, n_features))
        for even in range(0, n_features, 2):
            angle = shifted(shift) * rate(even, n_features)
            sine, cosine = order(even, n_features)
            matrix[sine, sine] = matrix[cosine, cosine] = np.cos(angle)
            matrix[cosine, sine] = signs[0] * np.sin(angle)
            matrix[sine, cosine] = signs[1] * np.sin(angle)
        return matrix

    return turn_matrix


def _exchanged(n_features, shift):
    neighbours = np.arange(n_features) ^ 1  # 1, 0, 3, 2, ...
    return _turn()(n_features, shift)[:, neighbours]


def _stretched(n_features, shift):
    return np.diag(_clocks([shift], n_features)[0])


def _clocks(frames, n_features):
    """The codes of `al.models.sinusoidal_positions`, in double precision."""
    angle = np.outer(frames, 10000 ** (-np.arange(0, n_features, 2) / n_features))
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(len(angle), -1)


def _turned(answer, n_features, shift):
    """The codes of 40 frames near the start and far out, times the matrix."""
    matrix = numbers(answer(n_features, shift))
    if np.shape(matrix) != (n_features, n_features):
        return matrix
    return _clocks(np.r_[5:25, 300:320], n_features) @ matrix


def _size(answer, n_features, shift):
    return {"its shape": np.shape(answer(n_features, shift))}


@exercise(
    "attention.turn",
    level="stretch",
    hints=(
        "Look at one pair of features, (sin a, cos a) with a = omega m. Which 2 x 2 matrix makes "
        "(sin(a + b), cos(a + b)) of it, with b = omega * shift?",
        "sin(a + b) = sin a cos b + cos a sin b, and cos(a + b) = cos a cos b - sin a sin b. The "
        "code is a row that stands on the left: column 0 of the block makes the sine.",
        "For even d: R[d, d] = R[d+1, d+1] = cos b, R[d+1, d] = sin b, R[d, d+1] = -sin b, with "
        "b = shift * 10000 ** (-d / D); all else is 0.",
    ),
    observe=_turned,
    probes=[
        probe("the matrix has a row and a column for each feature", 8, 3, observe=_size),
        probe("codes[m] @ R is codes[m + 3], 8 features", 8, 3, atol=5e-5),
        probe("a shift of -5 looks back, 6 features", 6, -5, atol=5e-5),
        probe("12 features, 40 frames on", 12, 40, atol=5e-5),
        probe("a shift of 0 changes nothing", 4, 0, atol=5e-5),
    ],
    wrong=[
        (
            lambda n_features, shift: _turn()(2, shift),
            "this is the block of one pair: there are D / 2",
        ),
        *(
            (
                wrong,
                "this turns backwards: exchange the signs of the two sines (the code is a row on "
                "the left)",
            )
            for wrong in (_turn(signs=(-1, 1)), lambda n, shift: _turn()(n, shift).T)
        ),
        (lambda n_features, shift: np.eye(n_features), "nothing has turned"),
        (
            _turn(rate=lambda even, n_features: 1.0),
            "all pairs turn equally fast: pair i turns by 10000 ** (-2i / D) a frame",
        ),
        (
            _turn(rate=lambda even, n_features: 10000 ** (-even / 2 / n_features)),
            "the exponent counts features, 2i / D, not pairs, i / D",
        ),
        (
            _turn(rate=lambda even, n_features: 10000 ** (-2 * even / n_features)),
            "the exponent is doubled: the sine of pair i is feature 2i, and 2i / D is the exponent",
        ),
        (
            _turn(rate=lambda even, n_features: 10000 ** (even / n_features)),
            "the exponent has a minus sign: later pairs turn more slowly",
        ),
        (
            _turn(rate=lambda even, n_features: 10000.0**-even / n_features),
            "a bracket is missing: 10000 ** (-2i / D)",
        ),
        (
            _turn(rate=lambda even, n_features: 2 * np.pi * 10000 ** (-even / n_features)),
            "a factor of 2 pi too much: the angles are in radians already",
        ),
        (_turn(shifted=lambda shift: 1), "this turns by one frame, whatever the shift"),
        (_turn(shifted=abs), "the sign of the shift got lost"),
        (
            _turn(order=lambda even, n_features: (even // 2, (n_features + even) // 2)),
            "sines and cosines take turns in the codes: sine of pair i is feature 2i, its cosine "
            "2i + 1",
        ),
        *(
            (_turn(signs=signs), "one of the two sines needs a minus sign, and the other none")
            for signs in ((1, 1), (-1, -1))
        ),
        (
            _exchanged,
            "sine and cosine are exchanged: at a shift of 0 the matrix must be the identity",
        ),
        (
            _stretched,
            "a number for each feature only stretches it: sine and cosine of a pair must mix",
        ),
    ],
    valid=lambda random: (2 * int(random.integers(1, 9)), int(random.integers(-30, 31))),
)
def turn_matrix(n_features, shift):
    return _turn()(n_features, shift)
