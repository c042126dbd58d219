"""Exercises of the chapter learning/attention."""

from __future__ import annotations

import math
import re

import numpy as np

from audiolessons.exercises.engine import exercise, probe
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

# --- the tune on the map ------------------------------------------------------------------------


def drawn_notes() -> str:
    """The six notes that the chapter draws."""
    return "".join("cdefgab"[number] for number in np.random.default_rng(1750).integers(0, 7, 6))


def _letters(answer):
    if not np.iterable(answer):
        return answer
    return "".join(re.findall(r"\w", "".join(map(str, answer)).lower()))


@exercise(
    "attention.melody",
    level="easy",
    hints=(
        "Each bright block is one note of the whistle. How many blocks are there, from the bottom "
        "to the top?",
        "Time of the query runs upwards: the lowest block is the first note. The letter below a "
        "block, on the horizontal axis, is the note that it fetches.",
        "The lowest block stands above e. The answer is a text of six letters such as `'cdefga'`.",
    ),
    observe=_letters,
    probes=[probe("the notes are those that the whistle plays")],
    wrong=lambda: [
        (drawn_notes()[::-1], "these are the notes from the last to the first: time runs up"),
        (
            "".join(sorted(drawn_notes(), key="cdefgab".index)),
            "these are the blocks from left to right, along the scale: read them in the order of "
            "the queries, from the bottom to the top",
        ),
        *(
            (
                ["cdefgab".index(note) + first for note in drawn_notes()],
                "these are numbers of keys: write the letters that stand below the blocks",
            )
            for first in (0, 1)
        ),
    ],
)
def melody():
    return drawn_notes()


# --- attention in which distance costs ----------------------------------------------------------


def _apart(n_queries, n_keys):
    import torch

    return torch.arange(n_queries)[:, None] - torch.arange(n_keys)


def _attend(
    *,
    root=lambda query, key: query.shape[-1] ** 0.5,
    cost=lambda apart, fade: fade * apart.abs(),
    share=lambda scores: scores.softmax(dim=-1),
    fade_weights=lambda weights, cost: weights,
    give=lambda weights, key, value: weights @ value,
):
    """Attention with its parts exchangeable."""

    def attend(query, key, value, fade):
        products = query @ key.transpose(-2, -1)
        apart = _apart(*products.shape[-2:])
        weights = share(products / root(query, key) - cost(apart, fade))
        return give(fade_weights(weights, fade * apart.abs()), key, value)

    return attend


def _no_cost(apart, fade):
    return 0 * apart


def _together(scores):
    return scores.flatten(-2).softmax(dim=-1).reshape(scores.shape)


def _cost_divided(query, key, value, fade):
    return _attend()(query, key, value, fade / query.shape[-1] ** 0.5)


@exercise(
    "attention.attend",
    level="core",
    hints=(
        "Four steps: compare every query with every key, take off what distance costs, make "
        "shares of each row, take that much of the values.",
        "`query @ key.transpose(-2, -1)` is (..., N, M). Divide it by the square root of D, the "
        "last axis of the query. A column of N numbers minus a row of M numbers is (N, M), too.",
        "`apart = (torch.arange(N)[:, None] - torch.arange(M)).abs()`; take `fade * apart` off "
        "the scores, then `.softmax(dim=-1) @ value`.",
    ),
    probes=lambda: [
        probe(
            "3 queries, 5 keys of 8 features, values of 2, fade 0: as torch attends",
            *attention_input(3, 5, 8, 2, seed=1),
            0.0,
            **CLOSE,
        ),
        probe("the same with a fade of 0.5", *attention_input(3, 5, 8, 2, seed=1), 0.5, **CLOSE),
        probe(
            "2 sounds, 4 heads at once: 6 queries, 3 keys of 5 features",
            *attention_input(6, 3, 5, 7, before=(2, 4), seed=4),
            0.2,
            **CLOSE,
        ),
        probe(
            "a fade of 100: every query fetches the value at its own place",
            *attention_input(4, 4, 3, 2, seed=7),
            100.0,
            **CLOSE,
        ),
    ],
    wrong=[
        (
            _attend(root=lambda query, key: 1.0),
            "the division by the square root of D is missing",
        ),
        (
            _attend(root=lambda query, key: query.shape[-1]),
            "this divides by D: it is the square root of D",
        ),
        (
            _attend(root=lambda query, key: query.shape[-1] ** -0.5),
            "this multiplies by the square root of D: divide",
        ),
        (
            _attend(root=lambda query, key: key.shape[-2] ** 0.5),
            "this divides by the root of the number of keys: D is the last axis",
        ),
        (
            _attend(root=lambda query, key: query.shape[-1] / 2),
            "this divides by half of D: the root of D is D ** 0.5, or D ** (1 / 2) with brackets",
        ),
        (
            _attend(root=lambda query, key: 2 * query.shape[-1]),
            "this divides by D and by 2: the root of D is D ** 0.5, or D ** (1 / 2) with brackets",
        ),
        (_attend(cost=_no_cost), "distance costs nothing here: `fade` went unused"),
        (
            _attend(cost=lambda apart, fade: -fade * apart.abs()),
            "distance is rewarded: take `fade` times the distance off",
        ),
        *(
            (
                _attend(cost=lambda apart, fade, sign=sign: sign * fade * apart),
                f"a key costs the more, the {told} it stands, wherever the query is: the distance "
                "is |i - j|, without a sign",
            )
            for sign, told in ((1, "earlier"), (-1, "later"))
        ),
        (
            _attend(cost=lambda apart, fade: fade * apart**2),
            "the distance is squared: take `fade` times |i - j| off",
        ),
        (
            _attend(cost=lambda apart, fade: fade * (apart != 0)),
            "every other place costs the same: multiply `fade` by the distance",
        ),
        (
            _cost_divided,
            "what distance costs is divided by the square root of D as well: only the product is",
        ),
        (
            lambda query, key, value, fade: _attend(root=lambda query, key: 1.0)(
                query, key, value, fade / query.shape[-1] ** 0.5
            ),
            "what distance costs is divided by the square root of D, and the product is not: it is "
            "the other way round (is a bracket missing?)",
        ),
        (
            _attend(cost=_no_cost, fade_weights=lambda weights, cost: weights - cost),
            "the cost is taken off the weights: it belongs into the scores, before the softmax",
        ),
        (
            _attend(cost=_no_cost, fade_weights=lambda weights, cost: weights * (-cost).exp()),
            "the weights fade after the softmax, so they no longer sum to 1: take the cost off "
            "the scores",
        ),
        (
            _attend(share=lambda scores: scores.softmax(dim=-2)),
            "the softmax runs over the queries: each query shares itself out over the keys, the "
            "last axis",
        ),
        *(
            (
                _attend(share=lambda scores, axis=axis: scores.softmax(dim=axis)),
                f"the softmax runs over axis {axis}, counted from the front: the keys are the last "
                "axis, -1, however many stand before it",
            )
            for axis in (0, 1)
        ),
        (
            _attend(share=_together),
            "all weights together sum to 1: each row should, so give softmax dim=-1",
        ),
        (_attend(share=lambda scores: scores), "the softmax is missing"),
        (
            _attend(share=lambda scores: scores.exp()),
            "the exponentials are not divided by their sum: that is half of a softmax",
        ),
        (
            _attend(give=lambda weights, key, value: weights @ key),
            "the weights are right, but they take the keys: multiply them with the values",
        ),
        (
            _attend(give=lambda weights, key, value: weights),
            "these are the weights: multiply them with the values",
        ),
        (
            _attend(give=lambda weights, key, value: (weights @ value, weights)),
            "return the output alone, not the weights beside it",
        ),
    ],
    valid=lambda random: (*any_attention(random), int(random.integers(1, 9)) / 8),  # exact
    forbidden={"no function that attends": ATTENDS},
)
def attend(query, key, value, fade):
    return _attend()(query, key, value, fade)


# --- a memory of chunks -------------------------------------------------------------------------


def _chunks(*, allow=None, number=lambda frame, size: frame // size, join=None):
    """The mask with its parts exchangeable: `allow(back, n_back)` of the numbers of chunks."""

    def may_look(n_frames, size, n_back):
        import torch

        frame = torch.arange(n_frames)
        back = frame[:, None] - frame
        chunk = number(frame, size)
        chunks_back = chunk[:, None] - chunk
        if join:
            return join(chunks_back, back, size, n_back)
        return allow(chunks_back, n_back) if allow else _band(chunks_back, n_back)

    return may_look


def _band(back, n_back):
    return (back >= 0) & (back <= n_back)


def _equal_chunks(n_frames, size, n_back):
    """`size` chunks, as if that were their number."""
    import torch

    number = torch.arange(n_frames) * size // n_frames
    return _band(number[:, None] - number, n_back)


def _added(chunks_back, n_back):
    return (~_band(chunks_back, n_back)).float().masked_fill(~_band(chunks_back, n_back), -math.inf)


def _kind(answer, n_frames, size, n_back):
    import torch

    got = answer(n_frames, size, n_back)
    return {
        "it is a tensor": isinstance(got, torch.Tensor),
        "of True and False": "bool" in str(getattr(got, "dtype", "")),
    }


@exercise(
    "attention.causal",
    level="easy",
    hints=(
        "In which chunk does frame i lie? Number the chunks from 0.",
        "`chunk = torch.arange(n_frames) // size`. A column of these minus a row of them says how "
        "many chunks back each key lies, seen from each query.",
        "`back = chunk[:, None] - chunk[None]`; it may look where back is at least 0 and at most "
        "n_back.",
    ),
    probes=[
        probe("7 frames in chunks of 2, one chunk back", 7, 2, 1),
        probe("10 frames in chunks of 3, two chunks back", 10, 3, 2),
        probe("the mask is a bool tensor", 4, 3, 1, observe=_kind),
        probe("6 frames in chunks of 4, none back: each sees its own chunk", 6, 4, 0),
        probe("chunks of one frame, two back: a band of three diagonals", 6, 1, 2),
        probe("5 frames in chunks of 2, nine chunks back: all of the past", 5, 2, 9),
    ],
    wrong=[
        (
            lambda *given: _chunks()(*given).T,
            "this looks ahead: rows are queries, so transpose it",
        ),
        (
            _chunks(allow=lambda back, n_back: back >= 0),
            "the past has no end here: n_back limits it",
        ),
        (
            _chunks(allow=lambda back, n_back: back <= n_back),
            "this lets a frame look at all that comes after it",
        ),
        (
            _chunks(allow=lambda back, n_back: (back >= 0) | (back <= n_back)),
            "it may look everywhere: both conditions must hold, so join them with &",
        ),
        (
            _chunks(allow=lambda back, n_back: back.abs() <= n_back),
            "this looks as far ahead as back: later chunks are not known",
        ),
        (
            _chunks(allow=lambda back, n_back: (back > 0) & (back <= n_back)),
            "a frame may look at its own chunk, too",
        ),
        (
            _chunks(allow=lambda back, n_back: (back >= 0) & (back < n_back)),
            "one chunk too few: its own and n_back before it are n_back + 1 in all",
        ),
        (
            _chunks(allow=lambda back, n_back: _band(back, n_back + 1)),
            "one chunk too many",
        ),
        (
            _chunks(allow=lambda back, n_back: ~_band(back, n_back)),
            "True and False are exchanged: True is where it may look",
        ),
        (
            _chunks(number=lambda frame, size: frame),
            "this counts frames: `n_back` counts chunks, and `size` went unused",
        ),
        *(
            (
                wrong,
                "this counts back from the frame itself: give each frame the whole number of its "
                "chunk, and compare these",
            )
            for wrong in (
                _chunks(join=lambda chunks_back, back, size, n_back: _band(back, n_back * size)),
                _chunks(number=lambda frame, size: frame / size),
            )
        ),
        (
            _chunks(
                join=lambda chunks_back, back, size, n_back: (back >= 0) & (chunks_back <= n_back)
            ),
            "inside its own chunk a frame may look ahead as well: the chunk is complete",
        ),
        (_equal_chunks, "this makes `size` chunks: chunks OF `size` frames are asked for"),
        (
            _chunks(number=lambda frame, size: (frame + 1) // size),
            "the first chunk is one frame short: count the frames from 0",
        ),
        (
            _chunks(allow=lambda back, n_back: _band(back, n_back).float()),
            "these are numbers: a comparison, or .bool(), makes True and False",
        ),
        *(
            (
                _chunks(allow=lambda back, n_back, to=to: getattr(_band(back, n_back), to)()),
                "this is no tensor: use torch.arange and comparisons, or torch.as_tensor",
            )
            for to in ("numpy", "tolist")
        ),
        (
            _chunks(allow=_added),
            "minus infinity belongs into the scores: here True says where a query may look",
        ),
    ],
    valid=lambda random: tuple(int(n) for n in random.integers([1, 1, 0], [16, 6, 5])),
)
def may_look(n_frames, size, n_back):
    return _chunks()(n_frames, size, n_back)


# --- padding ------------------------------------------------------------------------------------


def _masked(*, late=0, fill=-math.inf, axis=-1, turned=False):
    def masked_weights(scores, lengths):
        is_sound = filled(lengths + late, scores.shape[-1])[:, None]
        masked = scores.masked_fill(is_sound if turned else ~is_sound, fill)
        return masked if axis is None else masked.softmax(dim=axis)

    return masked_weights


def _cut_after(scores, lengths):
    return scores.softmax(dim=-1) * filled(lengths, scores.shape[-1])[:, None]


def _cut_and_divided(scores, lengths):
    weights = _cut_after(scores, lengths)
    return weights / weights.sum(dim=-1, keepdim=True)


def _queries_masked(scores, lengths):
    is_sound = filled(lengths, scores.shape[1])[:, :, None]
    return scores.masked_fill(~is_sound, -math.inf).softmax(dim=-1)


def _queries_too(scores, lengths):
    return _masked()(scores, lengths) * filled(lengths, scores.shape[1])[:, :, None]


def _padded(n_sounds, n_queries, lengths, *, padding=None, further=0, seed=0):
    """Scores and lengths; the scores of the padding are one number if it is given."""
    import torch

    lengths = torch.tensor(lengths)
    scores = tensor(n_sounds, n_queries, int(lengths.max()) + further, seed=seed)
    if padding is not None:
        scores.masked_fill_(~filled(lengths, scores.shape[2])[:, None], padding)
    return scores, lengths


def _any_padding(random):
    import torch

    n_sounds, n_queries, n_keys = random.integers(1, 6, 3)
    lengths = torch.from_numpy(random.integers(1, n_keys + 1, n_sounds))
    return drawn(random, n_sounds, n_queries, n_keys), lengths


@exercise(
    "attention.padding",
    level="core",
    hints=(
        "Which keys are sound? `torch.arange(M) < lengths[:, None]` says so, shape (B, M).",
        "Put minus infinity where they are not, *before* the softmax. The mask needs an axis for "
        "the queries: `[:, None]`.",
        "`scores.masked_fill(~is_sound[:, None], -torch.inf).softmax(dim=-1)`",
    ),
    probes=lambda: [
        probe(
            "2 sounds of 5 and 3 keys, 4 queries: rows sum to 1, and padding gets 0",
            *_padded(2, 4, [5, 3], seed=4),
            **CLOSE,
        ),
        probe(
            "3 sounds of 1, 6 and 4 keys, 7 queries",
            *_padded(3, 7, [1, 6, 4], seed=5),
            **CLOSE,
        ),
        probe(
            "7 keys, of which even the longer sound fills but 5",
            *_padded(2, 3, [2, 5], further=2, seed=6),
            **CLOSE,
        ),
        probe(
            "scores of 10 000 in the padding change nothing",
            *_padded(2, 4, [5, 3], padding=LOUD, seed=4),
            **CLOSE,
        ),
    ],
    wrong=[
        (
            lambda scores, lengths: scores.softmax(dim=-1),
            "the padding still gets weight: nothing is masked",
        ),
        (
            _cut_after,
            "the weights are cut after the softmax, so the rest no longer sums to 1: mask the "
            "scores before it",
        ),
        (
            _cut_and_divided,
            "where the padding is loud this is 0 divided by 0: it took all of the weight before it "
            "was cut off, so mask the scores before the softmax",
        ),
        (_masked(fill=0.0), "a score of 0 is a score like others, e to the 0 is 1"),
        (
            _masked(turned=True),
            "the mask is turned round: what is filled is the sound, and what is left the padding",
        ),
        (
            lambda scores, lengths: _masked()(scores, lengths.max().expand(len(lengths))),
            "one mask, that of the longest sound: each sound has its own length",
        ),
        (
            _queries_masked,
            "the queries are masked: the lengths are those of the keys, the last axis",
        ),
        (
            _queries_too,
            "queries are set to 0 as well: only the keys are padded, and every query attends",
        ),
        (
            _masked(late=1),
            "one key too many: numbers start at 0, so key `length` is padding already",
        ),
        (_masked(late=-1), "one key too few: key `length - 1` is still sound"),
        (
            _masked(axis=1),
            "the softmax runs over the queries: it must be over the keys, the last axis",
        ),
        (
            _masked(axis=0),
            "the softmax runs over the sounds: it must be over the keys, the last axis",
        ),
        (_masked(axis=None), "these are the masked scores: the softmax is missing"),
        (
            lambda scores, lengths: scores[:, :, : int(lengths.min())].softmax(dim=-1),
            "keys were cut off for all sounds: keep all M, the longer sounds need them",
        ),
        *(
            (
                lambda scores, lengths, off=off: (
                    scores - off * ~filled(lengths, scores.shape[-1])[:, None]
                ).softmax(dim=-1),
                "loud padding wins: subtracting a number is not enough, put minus infinity in its "
                "place",
            )
            for off in (100.0, 1000.0)
        ),
    ],
    valid=_any_padding,
    forbidden={
        "no function of `al.models`": ("models", "masked_softmax", "sequence_mask", *ATTENDS)
    },
)
def masked_weights(scores, lengths):
    return _masked()(scores, lengths)


# --- heads --------------------------------------------------------------------------------------


def _cut(cut, order="3bhnd"):
    """Reshape to the axes of `cut`, then put them into `order`.

    The axes are sounds b, frames n, the three parts 3, heads h, features of a head d.
    """

    def split_heads(x, n_heads):
        n_sounds, n_frames, width = x.shape
        sizes = {"b": n_sounds, "n": n_frames, "3": 3, "h": n_heads, "d": width // (3 * n_heads)}
        return x.reshape([sizes[axis] for axis in cut]).permute([cut.index(axis) for axis in order])

    return split_heads


def _any_heads(random):
    n_sounds, n_frames, n_heads, n_each = (int(n) for n in random.integers(1, 5, 4))
    return drawn(random, n_sounds, n_frames, 3 * n_heads * n_each), n_heads


@exercise(
    "attention.heads",
    level="core",
    hints=(
        "The features of one frame lie side by side: cutting the last axis into (3, heads, W / "
        "heads) keeps every frame whole.",
        "Cut first, (B, N, 3, h, W/h), then bring the axes into the order that is asked for.",
        "`x.reshape(B, N, 3, n_heads, W // n_heads).permute(2, 0, 3, 1, 4)`, where W is a third of "
        "the last axis.",
    ),
    probes=lambda: [
        probe("2 sounds of 3 frames, W = 8: four heads of 2", tensor(2, 3, 24), 4),
        probe("1 sound of 7 frames, W = 10: two heads of 5", tensor(1, 7, 30, seed=1), 2),
        probe("one head holds the whole frame", tensor(4, 5, 18, seed=2), 1),
        probe("as many heads as features", tensor(3, 2, 15, seed=3), 5),
    ],
    wrong=[
        (
            _cut("3bhnd"),
            "the shape is right, but reshape alone mixes the frames: cut the last axis first, then "
            "exchange axes",
        ),
        (
            _cut("bn3dh"),
            "head 0 got every h-th feature: it should get the first W/h, side by side",
        ),
        (
            _cut("bnh3d"),
            "each head was cut into query, key and value: it is the frame that holds three parts, "
            "and each part its heads",
        ),
        (
            _cut("bnhd3"),
            "every third feature is taken as a query: queries are the first W, side by side",
        ),
        *(
            (_cut("bn3hd", order), told)
            for order, told in (
                ("3nbhd", "sounds and frames are exchanged, and the heads stand behind them"),
                ("3bnhd", "the heads stand behind the frames: exchange these two axes"),
                ("3bhdn", "frames and features are exchanged: a head's features come last"),
                ("3hbnd", "the heads stand before the sounds: the batch is the second axis"),
                ("b3hnd", "the three parts stand behind the sounds: they are the first axis"),
                ("bhn3d", "the three parts stand behind the frames: they are the first axis"),
            )
        ),
        (
            _cut("bn3dh", "3bdnh"),
            "this makes W/h heads of h features: it is the other way round",
        ),
        (
            lambda x, n_heads: x.unflatten(-1, (n_heads, -1)).transpose(1, 2),
            "these are heads of all 3 W features: first part queries, keys and values",
        ),
    ],
    valid=_any_heads,
)
def split_heads(x, n_heads):
    return _cut("bn3hd")(x, n_heads)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.learning import _attention_sounds  # noqa: E402, F401
