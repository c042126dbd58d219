"""Exercises of the chapter learning/attention."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from audiolessons import models, training

from .._engine import exercise

SCALE = "cdefgab"


def _random(*shape, seed=0, device="cpu"):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).to(device)


def drawn_notes() -> str:
    """The six notes that the chapter draws."""
    return "".join(SCALE[number] for number in np.random.default_rng(1750).integers(0, 7, 6))


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
)
def melody(answer, trial):
    truth = drawn_notes()
    is_six = trial.that(
        "the answer is a text of six notes",
        lambda: answer,
        lambda got: isinstance(got, str) and len(got) == 6 and set(got) <= set(SCALE),
        expected="six letters out of c d e f g a b",
        mistakes=[
            (
                lambda got: isinstance(got, list | tuple),
                "write the notes as one text, in one pair of quotation marks: 'cdefga'",
            ),
            (
                lambda got: set(got.lower()) <= set(SCALE) and got != got.lower(),
                "write small letters",
            ),
            (
                lambda got: not set(got) <= set(SCALE),
                "only the letters c d e f g a b are notes here: leave out spaces and commas",
            ),
            (lambda got: len(got) != 6, "count the blocks: there are six"),
        ],
    )
    if not is_six:
        return
    by_height = "".join(sorted(truth, key=SCALE.index))

    def differ(got):
        return [str(i + 1) for i in range(6) if got[i] != truth[i]]

    trial.that(
        "the notes are those that the whistle plays",
        lambda: answer,
        lambda got: not differ(got),
        expected="the letter above which each block stands",
        mistakes=[
            (truth[::-1].__eq__, "these are the notes from the last to the first: time runs up"),
            (
                by_height.__eq__,
                "these are the blocks from left to right, along the scale: read them in the order "
                "of the queries, from the bottom to the top",
            ),
        ],
        means=f"look again at note {', '.join(differ(answer))}",
    )


@exercise(
    "attention.attend",
    level="core",
    hints=(
        "Three steps: compare every query with every key, make shares of each row, take that much "
        "of the values.",
        "`query @ key.transpose(-2, -1)` is (..., N, M). Divide it by the square root of D, the "
        "last axis of the query, and take the softmax over M, the last axis.",
        "`scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5`, then "
        "`scores.softmax(dim=-1) @ value`.",
    ),
)
def attend(answer, trial):
    def slips(query, key, value):
        products = query @ key.transpose(-2, -1)
        n_features = query.shape[-1]
        scores = products / n_features**0.5
        weights = scores.softmax(dim=-1)
        n_keys = scores.shape[-1]
        return [
            (products.softmax(dim=-1) @ value, "the division by the square root of D is missing"),
            (
                (products / n_features).softmax(dim=-1) @ value,
                "this divides by D: it is the square root of D",
            ),
            (
                (products * n_features**0.5).softmax(dim=-1) @ value,
                "this multiplies by the square root of D: divide",
            ),
            (
                (products / n_keys**0.5).softmax(dim=-1) @ value,
                "this divides by the root of the number of keys: D is the last axis",
            ),
            (
                scores.softmax(dim=-2) @ value,
                "the softmax runs over the queries: each query shares itself out over the keys, "
                "the last axis",
            ),
            (
                scores.softmax(dim=0) @ value,
                "the softmax runs over the first axis: it must be the last, the keys",
            ),
            (
                scores.flatten(-2).softmax(dim=-1).reshape(scores.shape) @ value,
                "all weights together sum to 1: each row should, so give softmax dim=-1",
            ),
            (scores @ value, "the softmax is missing"),
            (
                weights @ key,
                "the weights are right, but they take the keys: multiply them with the values",
            ),
            (
                lambda got: got.shape == weights.shape and torch.allclose(got, weights),
                "these are the weights: multiply them with the values",
            ),
            (
                lambda got: isinstance(got, tuple),
                "return the output alone, not the weights beside it",
            ),
        ]

    query, key, value = _random(3, 8, seed=1), _random(5, 8, seed=2), _random(5, 2, seed=3)
    held = trial.close(
        "3 queries, 5 keys of 8 features, values of 2: agrees with torch",
        lambda: answer(query, key, value),
        scaled_dot_product_attention(query, key, value),
        atol=1e-5,
        mistakes=slips(query, key, value),
    )
    batch = [_random(2, 4, n, 8, seed=n) for n in (3, 6)]
    query, key, value = batch[0], batch[1], _random(2, 4, 6, 5, seed=9)
    trial.close(
        "2 sounds, 4 heads at once",
        lambda: answer(query, key, value),
        scaled_dot_product_attention(query, key, value),
        atol=1e-5,
        mistakes=slips(query, key, value),
        means="it held for one sound: count the axes from the end, -1 and -2" if held else "",
    )
    trial.close(
        "one key alone: every query gets its value",
        lambda: answer(_random(3, 4), _random(1, 4, seed=1), torch.tensor([[7.0]])),
        torch.full((3, 1), 7.0),
        means="with one key all of the weight is on it",
    )


@exercise(
    "attention.causal",
    level="easy",
    hints=(
        "How far back is key j, seen from query i? It is i - j frames.",
        "Make a column of query numbers and a row of key numbers; their difference is (N, N).",
        "`number = torch.arange(n_frames)`, `back = number[:, None] - number[None]`; it may look "
        "where back is at least 0 and at most n_back.",
    ),
)
def causal(answer, trial):
    def back(n_frames):
        number = torch.arange(n_frames)
        return number[:, None] - number[None]

    def right(n_frames, n_back):
        return (back(n_frames) >= 0) & (back(n_frames) <= n_back)

    def slips(n_frames, n_back):
        table = back(n_frames)
        patterns = [
            (right(n_frames, n_back).T, "this looks ahead: rows are queries, so transpose it"),
            (table >= 0, "the past has no end here: n_back limits it"),
            (
                table >= -n_back,
                "this looks n_back frames ahead and back without end: back = query - key, from 0 "
                "to n_back",
            ),
            (table <= n_back, "this lets a frame look at all that comes after it"),
            (table.abs() <= n_back, "this looks as far ahead as back: later frames are not known"),
            (
                (table > 0) & (table <= n_back),
                "a frame may look at itself too: the diagonal is True",
            ),
            (
                (table >= 0) & (table < n_back),
                "one frame too few: itself and n_back before it are n_back + 1 in all",
            ),
            ((table >= 0) & (table <= n_back + 1), "one frame too many"),
            (
                ~right(n_frames, n_back),
                "True and False are exchanged: True is where it may look",
            ),
        ]
        return [
            (lambda got, p=pattern: got.shape == p.shape and bool((got == p).all()), message)
            for pattern, message in patterns
        ]

    trial.that(
        "6 frames, 2 back",
        lambda: answer(6, 2),
        lambda got: got.shape == (6, 6) and bool((got == right(6, 2)).all()),
        expected="a band of three diagonals: the main one and two below it",
        mistakes=[
            *slips(6, 2),
            (
                lambda got: bool(torch.isinf(torch.as_tensor(got)).any()),
                "minus infinity belongs into the scores; here True says where a query may look",
            ),
            (lambda got: got.shape != (6, 6), "the shape should be (n_frames, n_frames)"),
        ],
    )
    trial.that(
        "the mask is bool",
        lambda: answer(4, 1),
        lambda got: got.dtype == torch.bool,
        expected="torch.bool",
        mistakes=[
            (
                lambda got: not isinstance(got, torch.Tensor),
                "this is no tensor: use torch.arange and comparisons, or torch.as_tensor",
            ),
            (
                lambda got: got.is_floating_point() or not got.is_complex(),
                "these are numbers: a comparison, or .bool(), makes True and False",
            ),
        ],
    )
    trial.that(
        "5 frames, 0 back: each sees itself only",
        lambda: answer(5, 0),
        lambda got: bool((got == torch.eye(5, dtype=torch.bool)).all()),
        expected="the diagonal",
        mistakes=slips(5, 0),
    )
    trial.that(
        "4 frames, 9 back: all of the past",
        lambda: answer(4, 9),
        lambda got: bool((got == torch.ones(4, 4).tril().bool()).all()),
        expected="the triangle on and below the diagonal",
        mistakes=slips(4, 9),
        means="more frames back than there are is no error: it is the plain causal mask",
    )


def _filled(lengths, n_keys):
    return torch.arange(n_keys) < lengths[:, None]  # (B, M)


@exercise(
    "attention.padding",
    level="core",
    hints=(
        "Which keys are sound? `torch.arange(M) < lengths[:, None]` says so, shape (B, M).",
        "Put minus infinity where they are not, *before* the softmax. The mask needs an axis for "
        "the queries: `[:, None]`.",
        "`scores.masked_fill(~is_sound[:, None], -torch.inf).softmax(dim=-1)`",
    ),
)
def padding(answer, trial):
    scores, lengths = _random(2, 4, 5, seed=4), torch.tensor([5, 3])
    is_sound = _filled(lengths, 5)[:, None]  # (B, 1, M)

    def weigh(masked):
        return masked.softmax(dim=-1)

    def filled(mask, with_what=-torch.inf):
        return weigh(scores.masked_fill(~mask, with_what))

    slips = [
        (weigh(scores), "the padding still gets weight: nothing is masked"),
        (
            weigh(scores) * is_sound,
            "the weights are cut after the softmax, so the rest no longer sums to 1: mask the "
            "scores before it",
        ),
        (
            filled(is_sound, 0.0),
            "a score of 0 is a score like others, e to the 0 is 1: put minus infinity",
        ),
        (
            lambda got: bool(torch.isnan(got).any()),
            "there is NaN: some row has no key left. Are the lengths taken for the queries, or "
            "the mask turned round?",
        ),
        (
            filled(_filled(lengths + 1, 5)[:, None]),
            "one key too many: numbers start at 0, so key `length` is padding already",
        ),
        (
            filled(_filled(lengths - 1, 5)[:, None]),
            "one key too few: key `length - 1` is still sound",
        ),
        (
            scores.masked_fill(~is_sound, -torch.inf).softmax(dim=1),
            "the softmax runs over the queries: it must be over the keys, the last axis",
        ),
        (
            scores.masked_fill(~is_sound, -torch.inf),
            "these are the masked scores: the softmax is missing",
        ),
        (
            lambda got: got.ndim == 3 and got.shape[2] < 5,
            "keys were cut off for all sounds: keep all M, the longer sound needs them",
        ),
    ]
    trial.that(
        "padding gets exactly 0, and every row sums to 1",
        lambda: answer(scores, lengths),
        lambda got: (
            got.shape == scores.shape
            and bool((got.masked_select(~is_sound.expand_as(got)) == 0).all())
            and torch.allclose(got.sum(dim=-1), torch.ones(2, 4))
        ),
        expected="0 at keys 3 and 4 of the second sound, rows that sum to 1",
        mistakes=slips,
    )
    trial.close(
        "the shorter sound gets what it gets alone",
        lambda: answer(scores, lengths)[1, :, :3],
        scores[1, :, :3].softmax(dim=-1),
        atol=1e-6,
        mistakes=[(wrong[1, :, :3], told) for wrong, told in slips if not callable(wrong)],
    )
    loud = scores.masked_fill(~is_sound, 1e4)
    trial.close(
        "scores of 10 000 in the padding change nothing",
        lambda: answer(loud, lengths),
        filled(is_sound),
        atol=1e-6,
        mistakes=[
            (
                lambda got: got.shape == loud.shape and bool(torch.isnan(got).any()),
                "0 divided by 0: the loud padding took all of the weight before it was cut off, so "
                "mask the scores before the softmax",
            ),
            (
                lambda got: float(got.masked_select(~is_sound.expand_as(got)).max()) > 0.3,
                "the padding wins now: subtracting a number is not enough, put minus infinity in "
                "its place",
            ),
        ],
    )


@exercise(
    "attention.heads",
    level="core",
    hints=(
        "The features of one frame lie side by side: cutting the last axis into (heads, W / heads) "
        "keeps every frame whole.",
        "Cut first, (B, N, h, W/h), then exchange the axes of frames and heads.",
        "`x.reshape(B, N, n_heads, W // n_heads).transpose(1, 2)`",
    ),
)
def heads(answer, trial):
    n_sounds, n_frames, width, n_heads = 2, 3, 8, 4
    x = torch.arange(n_sounds * n_frames * width, dtype=torch.float32)
    x = x.reshape(n_sounds, n_frames, width)
    each = width // n_heads
    right = x.reshape(n_sounds, n_frames, n_heads, each).transpose(1, 2)
    trial.close(
        "2 sounds of 3 frames of 8 features become 4 heads of 2",
        lambda: answer(x, n_heads),
        right,
        mistakes=[
            (
                x.reshape(n_sounds, n_heads, n_frames, each),
                "the shape is right, but reshape alone mixes the frames: cut the last axis first, "
                "then transpose",
            ),
            (
                x.reshape(n_sounds, n_frames, each, n_heads).permute(0, 3, 1, 2),
                "head 0 got every 4th feature: it should get the first W/h, side by side",
            ),
            (
                lambda got: got.shape == (n_sounds, n_frames, n_heads, each),
                "the heads stand behind the frames: transpose axes 1 and 2",
            ),
            (
                lambda got: got.shape == (n_sounds, n_heads, each, n_frames),
                "frames and features are exchanged: the features of a head come last",
            ),
            (
                lambda got: got.shape == (n_heads, n_sounds, n_frames, each),
                "the heads stand before the sounds: the first axis is the batch",
            ),
            (
                lambda got: got.shape == (n_sounds, n_heads, n_frames, width),
                "every head got the whole frame: each gets W/h of its features",
            ),
            (
                lambda got: got.shape == (n_sounds, each, n_frames, n_heads),
                "this makes W/h heads of h features: it is the other way round",
            ),
            (
                lambda got: isinstance(got, tuple | list),
                "these are several tensors: the heads are one axis of one tensor",
            ),
        ],
    )
    trial.close(
        "put together again, it is the input",
        lambda: answer(_random(1, 7, 12), 3).transpose(1, 2).flatten(2),
        _random(1, 7, 12),
        means="a split loses nothing and invents nothing",
    )
    trial.close(
        "one head is the whole frame",
        lambda: answer(x, 1),
        x[:, None],
        means="with one head only an axis is added",
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
)
def repair(answer, trial):
    frames, scores = _random(3, 6, 4, seed=5), _random(3, 6, seed=6)
    lengths = torch.tensor([6, 4, 2])
    is_sound = _filled(lengths, 6)

    def pooled(weights):
        return (weights[:, :, None] * frames).sum(dim=1)

    masked = scores.masked_fill(~is_sound, -torch.inf)
    right = pooled(masked.softmax(dim=1))
    over_batch = masked.softmax(dim=0).nan_to_num()
    slips = [
        (pooled(scores.softmax(dim=0)), "the softmax still runs over the batch, axis 0"),
        (pooled(over_batch), "masked, but the softmax still runs over the batch, axis 0"),
        (
            pooled(scores.softmax(dim=1)),
            "the softmax is repaired, but the padding still takes part: use the lengths",
        ),
        (
            pooled(scores.softmax(dim=1) * is_sound),
            "the padding is cut off after the softmax, so the weights sum to less than 1",
        ),
        (
            pooled(scores.masked_fill(~is_sound, 0.0).softmax(dim=1)),
            "a score of 0 is a score like others: put minus infinity",
        ),
        (
            pooled(masked.softmax(dim=1)) / lengths[:, None],
            "the weights sum to 1 already: do not divide by the length",
        ),
        (
            right / 6,
            "the weights sum to 1 already: sum over the frames, do not average",
        ),
        (
            lambda got: got.shape == scores.shape,
            "one number for each frame: sum over the frames and keep the features",
        ),
        (
            lambda got: got.shape == frames.shape[1:],
            "this sums over the sounds: sum over the frames, axis 1",
        ),
        (
            frames.masked_fill(~is_sound[:, :, None], 0).sum(dim=1) / lengths[:, None],
            "this is the plain mean: the scores went unused",
        ),
        (
            lambda got: got.shape == (3, 3, 4),
            "weights @ frames pools every sound with the weights of every other: (B, B, D)",
        ),
        (
            lambda got: bool(torch.isnan(got).any()),
            "there is NaN: some softmax ran over minus infinities only. Is its axis time? Is the "
            "mask turned round?",
        ),
    ]
    held = trial.close(
        "3 sounds of 6, 4 and 2 frames",
        lambda: answer(frames, scores, lengths),
        right,
        atol=1e-5,
        mistakes=slips,
    )
    trial.close(
        "a sound alone gets what it gets in the batch",
        lambda: answer(frames[:1], scores[:1], lengths[:1]),
        right[:1],
        atol=1e-5,
        mistakes=[(frames[:1].sum(dim=1), "alone, all its weights are 1: this is the plain sum")],
        means="something of the batch is still in it" if held else "",
    )
    noisy = frames.masked_fill(~is_sound[:, :, None], 1e3)
    trial.close(
        "loud noise in the padding changes nothing",
        lambda: answer(noisy, scores.masked_fill(~is_sound, 50.0), lengths),
        right,
        atol=1e-4,
        means="the padding is heard: its weight must be exactly 0",
    )


@exercise(
    "attention.longest",
    level="easy",
    hints=(
        "How many bytes do the weights of N frames take? Each head has N times N numbers.",
        "heads * N * N * bytes_each = memory_bytes. Solve for N, then make seconds of frames.",
        "`(memory_bytes / (n_heads * bytes_each)) ** 0.5 / frames_per_s`",
    ),
)
def longest(answer, trial):
    def slips(memory, n_heads, rate, each):
        pairs = memory / (n_heads * each)
        return [
            (pairs / rate, "this takes N numbers a head: there are N times N, so take the root"),
            (
                (memory / each) ** 0.5 / rate,
                "the heads are missing: each keeps weights of its own",
            ),
            (
                (memory / each) ** 0.5 / n_heads / rate,
                "the heads are divided out after the root: they belong below it",
            ),
            ((memory / n_heads) ** 0.5 / rate, "a number takes more than one byte: bytes_each"),
            ((pairs / rate) ** 0.5, "the frame rate is inside the root: first N, then seconds"),
            (pairs**0.5, "this is the number of frames: make seconds of it"),
            (
                memory**0.5 / (n_heads * each) / rate,
                "the root is taken too early: first divide by the bytes of one pair of frames",
            ),
            (
                (memory * n_heads / each) ** 0.5 / rate,
                "more heads need more memory: divide by their number",
            ),
            (
                (memory / (n_heads * 4)) ** 0.5 / rate if each != 4 else ...,
                "bytes_each went unused: half precision takes 2 bytes, not 4",
            ),
            (pairs**0.5 * rate, "frames are made seconds by dividing by the frames a second"),
        ]

    for memory, n_heads, rate, each in ((6_400_000, 4, 100, 4), (1.6e10, 8, 50, 2)):
        trial.close(
            f"{memory / 1e6:g} MB, {n_heads} heads, {rate} frames a second, {each} bytes",
            lambda: answer(memory, n_heads=n_heads, frames_per_s=rate, bytes_each=each),  # noqa: B023
            (memory / (n_heads * each)) ** 0.5 / rate,
            mistakes=slips(memory, n_heads, rate, each),
            means="write down how many bytes N frames take, and solve for N",
        )
    trial.close(
        "four times the memory holds twice the sound",
        lambda: answer(4e9, n_heads=4, frames_per_s=100) / answer(1e9, n_heads=4, frames_per_s=100),
        2.0,
        mistakes=[(4.0, "with you it holds four times the sound: the square is missing")],
    )


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
    time_limit_s=10.0,
)
def slices(answer, trial):
    device = training.pick_device()
    on_gpu = device.type != "cpu"
    n_frames, n_queries = (16_000, 500) if on_gpu else (500, 60)
    shape = (1, 4, n_frames, 16)
    query, key, value = (_random(*shape, seed=seed, device=device) for seed in (1, 2, 3))
    right = scaled_dot_product_attention(query, key, value)
    local = [
        scaled_dot_product_attention(q, k, v)
        for q, k, v in zip(
            query.split(n_queries, -2), key.split(n_queries, -2), value.split(n_queries, -2),
            strict=True,
        )
    ]  # fmt: skip
    key_slices = zip(key.split(n_queries, -2), value.split(n_queries, -2), strict=True)
    over_key_slices = sum(scaled_dot_product_attention(query, k, v) for k, v in key_slices)
    tolerance = {"rtol": 1e-3, "atol": 1e-3 if on_gpu else 1e-5}
    result = []

    def run():
        result.append(answer(query, key, value, n_queries))
        return result[-1]

    held = trial.close(
        f"4 heads of {n_frames} frames on {device.type}: agrees with torch's fused kernel",
        run,
        right,
        **tolerance,
        mistakes=[
            (
                torch.cat(local, dim=-2),
                "each slice looked at its own keys only: a query may look at all of them",
            ),
            (
                over_key_slices,
                "this slices the keys, and each slice gets its own softmax: slice the queries",
            ),
            (
                lambda got: got.shape[-2] == n_frames // n_queries * n_queries,
                "the last frames are missing: the last slice is shorter than the others",
            ),
            (
                lambda got: got.shape[-2] == n_frames - (n_frames // n_queries) * n_queries,
                "this is the last slice alone: collect all outputs",
            ),
            (
                lambda got: got.shape[-2] == n_queries,
                "this is the first slice alone: does `return` stand inside the loop?",
            ),
            (
                lambda got: isinstance(got, list | tuple),
                "these are the slices: put them together with torch.cat along the frames",
            ),
            (
                (query @ key.transpose(-2, -1)).softmax(dim=-1) @ value if not on_gpu else ...,
                "the division by the square root of D is missing",
            ),
        ],
    )  # fmt: skip
    if not held:
        return
    trial.that(
        "the result lies where the queries lie",
        lambda: result[0].device.type,
        lambda got: got == device.type,
        expected=device.type,
        means="create what you need on query.device",
    )
    limit = 4 * n_queries * n_frames * query.element_size()
    trial.that(
        f"no step made more than {n_queries} rows of weights",
        lambda: models.largest_tensor_bytes(lambda: answer(query, key, value, n_queries)),
        lambda got: got <= limit,
        expected=f"at most {limit} bytes",
        mistakes=[
            (
                lambda got: got >= 4 * n_frames * n_frames * query.element_size(),
                "all N x N weights were made at once: slice the queries before they meet the keys",
            )
        ],
        means="more than one slice of weights is in memory at once",
    )
    trial.that(
        "with one query at a time it still works",
        lambda: answer(query[..., :5, :], key[..., :9, :], value[..., :9, :], 1).shape,
        lambda got: got == (1, 4, 5, 16),
        expected="(1, 4, 5, 16)",
        means="queries and keys may be of different number",
    )


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
)
def turn(answer, trial):
    n_features = 8
    codes = models.sinusoidal_positions(40, n_features).double()

    def block(shift, rate):
        matrix = torch.zeros(n_features, n_features).double()
        for even in range(0, n_features, 2):
            b = torch.tensor(shift * rate(even)).double()
            c, s = b.cos(), b.sin()
            matrix[even : even + 2, even : even + 2] = torch.tensor([[c, -s], [s, c]])
        return matrix

    def omega(even):
        return 10000 ** (-even / n_features)

    right = block(3, omega)
    pair = [0, 2, 4, 6, 1, 3, 5, 7]

    def as_double(matrix):
        return torch.as_tensor(np.asarray(matrix)).double()

    def moved(shift, start):
        return as_double(answer(n_features, shift))

    fits = trial.that(
        "the matrix has shape (8, 8)",
        lambda: tuple(answer(n_features, 3).shape),
        lambda got: got == (n_features, n_features),
        expected="(8, 8)",
        mistakes=[(lambda got: got == (2, 2), "this is the block of one pair: there are D / 2")],
        means="one row and one column for each feature",
    )
    if not fits:
        return
    held = trial.close(
        "codes[m] @ R is codes[m + 3], for 37 places m",
        lambda: codes[:37] @ moved(3, 0),
        codes[3:],
        atol=1e-4,
        mistakes=[
            (
                codes[:37] @ right.T,
                "this turns backwards: exchange the signs of the two sines (the code is a row on "
                "the left)",
            ),
            (codes[:37], "nothing has turned"),
            (
                codes[:37] @ block(3, lambda even: 1.0),
                "all pairs turn equally fast: pair i turns by 10000 ** (-2i / D) a frame",
            ),
            (
                codes[:37] @ block(3, lambda even: 10000 ** (-even / 2 / n_features)),
                "the exponent counts features, 2i / D, not pairs, i / D",
            ),
            (
                codes[:37] @ block(3, lambda even: 10000 ** (even / n_features)),
                "the exponent has a minus sign: later pairs turn more slowly",
            ),
            (codes[:37] @ block(1, omega), "this turns by one frame, whatever the shift"),
            (
                codes[:37] @ right[pair][:, pair],
                "sines and cosines take turns in the codes: sine of pair i is feature 2i, its "
                "cosine 2i + 1",
            ),
            (
                codes[:37] @ (right.tril() + right.tril(-1).T),
                "one of the two sines needs a minus sign",
            ),
            (
                codes[3:, [1, 0, 3, 2, 5, 4, 7, 6]],
                "sine and cosine are exchanged: at a shift of 0 the matrix must be the identity",
            ),
            (
                codes[:37] * codes[3],
                "a number for each feature only stretches it: sine and cosine of a pair must mix",
            ),
        ],
    )
    trial.close(
        "a shift of -5 looks back",
        lambda: codes[5:] @ moved(-5, 5),
        codes[:-5],
        atol=1e-4,
        means="did the sign of the shift get lost?" if held else "",
    )
    trial.close(
        "it turns and does not stretch: R R^T is the identity",
        lambda: moved(7, 0) @ moved(7, 0).T,
        torch.eye(n_features).double(),
        atol=1e-5,
        means="a turned clock hand keeps its length",
    )
