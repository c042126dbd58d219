"""Exercises of the chapter learning/cnn: layers, one at a time."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import names_in, noise

MAP_NAMES = ("onset", "tone", "rising", "falling")  # in the order of the chapter's kernels


# --- a layer by hand ----------------------------------------------------------------------------


def _layer(x, weight, mode="valid"):
    """Cross-correlate x, (C, T), with weight, (C', C, k)."""
    return _single(x, weight, mode).sum(axis=1)


def _single(x, weight, mode="valid"):
    """The same before the input channels are summed: (C', C, T - k + 1)."""
    return np.array(
        [
            [np.correlate(row, taps, mode=mode) for row, taps in zip(x, kernel, strict=True)]
            for kernel in weight
        ]
    )


def _any_layer(random):
    n_in, n_out, n_taps, n_moments = random.integers(1, 6, 4)
    sound = random.standard_normal((n_in, n_taps + n_moments - 1))
    return sound, random.standard_normal((n_out, n_in, n_taps))


@exercise(
    "cnn.conv",
    level="core",
    hints=(
        "Begin with one output channel and one moment n: which part of `x` does the kernel see?",
        "It sees `x[:, n : n + k]`, of shape (C, k), the same shape as one kernel. Multiply and "
        "sum over both axes.",
        "`out[:, n] = np.sum(weight * x[:, n : n + k], axis=(1, 2))` for n from 0 to T - k.",
    ),
    probes=[
        probe(
            "a click meets the kernel 1, 2, 3: it comes out reversed, 3, 2, 1",
            np.array([[0.0, 0, 1, 0, 0, 0]]),
            np.array([[[1.0, 2, 3]]]),
        ),
        probe(
            "three channels of noise, two kernels of five taps: as np.correlate, summed",
            noise(3, 20),
            noise(2, 3, 5, seed=1),
        ),
        probe("an even kernel, four maps", noise(2, 9, seed=2), noise(4, 2, 4, seed=3)),
        probe("a kernel as long as the sound", noise(2, 4, seed=4), noise(3, 2, 4, seed=5)),
    ],
    wrong=[
        (
            lambda x, weight: _layer(x, weight[..., ::-1]),
            "the kernel is flipped: np.convolve does that, a layer does not",
        ),
        (_single, "one map too many for each input channel: sum over the input channels"),
        (
            lambda x, weight: _single(x, weight).mean(axis=1),
            "divided by the number of input channels: a layer sums over them",
        ),
        (
            lambda x, weight: _single(x, weight)[:, 0],
            "only the first input channel counts: sum over all of them",
        ),
        (
            lambda x, weight: _single(x, weight).max(axis=1),
            "the largest of the input channels is taken: sum over them",
        ),
        (
            lambda x, weight: _layer(x, weight).sum(axis=0),
            "all kernels are added up: each of them makes an output channel of its own",
        ),
        (
            lambda x, weight: _layer(x, weight)[:, :-1],
            "the last position is missing: there are T - k + 1",
        ),
        (
            lambda x, weight: _layer(x, weight, "same"),
            "zeros were put around it: no padding is asked for",
        ),
        (
            lambda x, weight: _layer(x, weight, "full"),
            "too many positions: the kernel must lie inside x as a whole, at T - k + 1 places",
        ),
        (
            lambda x, weight: _layer(x, weight).T,
            "channels come first: the shape is (C', T - k + 1)",
        ),
        (
            lambda x, weight: _layer(x, weight) / weight.shape[2],
            "divided by the length of the kernel: a layer sums, it takes no mean",
        ),
    ],
    valid=_any_layer,
    forbidden={"no torch": ("torch", "functional", "nn", "conv1d")},
)
def convolve_layer(x, weight):
    return _layer(x, weight)


# --- the length of the output -------------------------------------------------------------------


def _length(*, begin=1, pads=2, dilated=True, gaps=1, strided=True, rounded=np.floor):
    """The formula with its parts exchangeable."""

    def output_length(n, kernel_size, stride, padding, dilation):
        reach = (dilation if dilated else 1) * (kernel_size - gaps) + gaps
        return rounded((n + pads * padding - reach) / (stride if strided else 1)) + begin

    return output_length


@exercise(
    "cnn.length",
    level="easy",
    hints=(
        "How far is it from the first tap to the last? With dilation d there are d - 1 gaps "
        "between neighbours.",
        "From end to end the kernel covers d (k - 1) + 1 values, and it moves within n + 2 p.",
        "The first place counts, and each further one needs a whole stride: "
        "`(n + 2 * padding - reach) // stride + 1`.",
    ),
    probes=[
        probe("100 values, kernel 3, nothing else: 98", 100, 3, 1, 0, 1),
        probe("one second at 8 kHz, kernel 80, stride 4", 8000, 80, 4, 0, 1),
        probe("kernel 5 with a padding of 2 keeps the length", 101, 5, 1, 2, 1),
        probe("kernel 3 with dilation 8 reaches over 17 values", 50, 3, 1, 0, 8),
        probe("64 values, kernel 5, stride 3, padding 2, dilation 2", 64, 5, 3, 2, 2),
        probe("24 values, kernel 4, stride 5, padding 1, dilation 3", 24, 4, 5, 1, 3),
    ],
    wrong=[
        (_length(begin=0), "one too few: the place where it begins counts as well"),
        (_length(pads=1), "padding stands at both ends: count it twice"),
        (_length(pads=0), "the padding is missing: it makes the input longer"),
        (_length(dilated=False), "the dilation is missing: the taps lie d apart"),
        *(
            (wrong, "k taps have k - 1 gaps between them: d (k - 1) + 1 from end to end")
            for wrong in (
                _length(gaps=0),
                lambda n, k, s, p, d: (n + 2 * p - d * k - 1) // s + 1,
            )
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s,
            "take off the whole reach, d (k - 1) + 1, divide, and only then add the first place: "
            "with a stride it matters",
        ),
        (_length(strided=False), "the stride is missing: it jumps s at a time"),
        (_length(rounded=np.ceil), "rounded up: the last jump would reach beyond the end"),
        (
            _length(rounded=np.round),
            "rounded to the nearest: round down, or the last jump may reach beyond the end",
        ),
        (_length(rounded=float), "this is no whole number: round down, with //"),
        (
            lambda n, k, s, p, d: n + 2 * p - (d * (k - 1) + 1) // s + 1,
            "brackets are missing: all of `n + 2 * padding - reach` is divided by the stride",
        ),
        (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s + 1,
            "the reach is one value longer: from the first tap to the last, both ends included",
        ),
    ],
    valid=lambda random: (
        int(random.integers(40, 200)),
        *(int(value) for value in random.integers([1, 1, 0, 1], [8, 6, 5, 5])),
    ),
)
def output_length(n, kernel_size, stride, padding, dilation):
    return _length()(n, kernel_size, stride, padding, dilation)


# --- pooling ------------------------------------------------------------------------------------


def _pool(what=np.max, *, drop=False, pad=None):
    def max_pool(x, size):
        n = len(x) // size * size if drop else len(x)
        if pad is not None:
            x = np.concatenate([x, np.full(-len(x) % size, pad)])
        return np.array([what(x[start : start + size]) for start in range(0, n, size)])

    return max_pool


SINKING = noise(23) - 2


@exercise(
    "cnn.pool",
    level="easy",
    hints=(
        "Group number i begins at sample i * size. Where does the last one begin?",
        "`range(0, len(x), size)` gives all beginnings, and a slice that reaches beyond the end is "
        "simply shorter.",
        "`np.array([np.max(x[start : start + size]) for start in range(0, len(x), size)])`",
    ),
    probes=[
        probe("1 5 2 0 3 4 in pairs: 5 2 4", np.array([1.0, 5, 2, 0, 3, 4]), 2),
        probe("23 values, nearly all negative, in groups of 5: five groups", SINKING, 5),
        probe("20 values in groups of 4", SINKING[:20], 4),
        probe("moved by a whole group, the output moves by one", np.roll(SINKING[:20], 4), 4),
        probe("22 values in groups of 7", SINKING[:22], 7),
    ],
    wrong=[
        (_pool(np.mean), "this is the average of each group: take the largest"),
        (_pool(np.min), "this is the smallest of each group"),
        (
            _pool(lambda group: group[0]),
            "this takes every size-th value and looks at no other",
        ),
        (_pool(lambda group: np.max(np.abs(group))), "the sign is lost: no abs()"),
        (
            _pool(lambda group: group[np.argmax(np.abs(group))]),
            "this is the value farthest from 0: the largest is asked for",
        ),
        (
            lambda x, size: np.lib.stride_tricks.sliding_window_view(x, size).max(axis=1),
            "the groups overlap: the next one begins where the last one ends",
        ),
        (_pool(drop=True), "the rest at the end is dropped: a smaller group counts too"),
        (_pool(pad=0.0), "zeros were put behind: where all values are negative, they win"),
        (
            lambda x, size: np.array([np.max(part) for part in np.array_split(x, size)]),
            "this makes `size` groups: groups OF `size` values are asked for",
        ),
        (_pool(np.argmax), "these are the places of the largest: return the values"),
    ],
    valid=lambda random: (
        random.standard_normal(random.integers(1, 40)) - 1,
        int(random.integers(1, 9)),
    ),
)
def max_pool(x, size):
    return _pool()(x, size)


# --- which kernel made which map ----------------------------------------------------------------


def shown_order() -> list[str]:
    """The order in which the chapter draws its maps, from top to bottom."""
    return [MAP_NAMES[i] for i in np.random.default_rng(1989).permutation(4)]


def _four_names(answer):
    names = names_in(answer)
    return {
        "names": len(names),
        "they are onset, tone, rising and falling": set(names) <= set(MAP_NAMES),
        "each stands there once": len(set(names)) == len(names),
    }


def _places(answer):
    names, truth = names_in(answer), shown_order()
    facts = {
        f"map {i + 1} is named": i < len(names) and names[i] == name for i, name in enumerate(truth)
    }
    return facts | {"from bottom to top": names == truth[::-1]}


@exercise(
    "cnn.look",
    level="easy",
    hints=(
        "The sound has a rising glide, a click, a falling glide and a steady tone, in this order. "
        "For each map: which of the four is brightest?",
        "An onset kernel sees vertical edges: the click, and where the tone begins. It is the "
        "only one for which the click is bright from bottom to top.",
        "A tone kernel lights up along the whole horizontal line at the end. Of the other two, the "
        "rising one is bright at the first glide and the falling one at the third event.",
    ),
    probes=[
        probe("the answer holds the four names", observe=_four_names),
        probe("each map is named", observe=_places),
    ],
    wrong=lambda: [
        (
            " ".join(shown_order()[::-1]),
            "this is the right order backwards: begin at the top",
        ),
        *(
            (" ".join({a: b, b: a}.get(name, name) for name in shown_order()), told)
            for a, b, told in (
                (
                    "rising",
                    "falling",
                    "the glides are exchanged: the first event rises, and the kernel that looks "
                    "for rising glides is bright there",
                ),
                (
                    "onset",
                    "tone",
                    "a vertical line is an onset (all bands at one moment), a horizontal one a "
                    "tone (one band for a while): these two are exchanged",
                ),
            )
        ),
    ],
)
def seen_maps():
    return " ".join(shown_order())


# --- how deep -----------------------------------------------------------------------------------


def _blocks(*, grow=lambda size, distance: size + 3 * distance, factor=2, least=1, over=0):
    """Count blocks; `grow` is what one block adds to the field, `factor` what pooling does."""

    def blocks_needed(n_frames):
        size, distance, n_blocks = 1, 1, 0
        while size < n_frames + over or n_blocks < least:
            size, distance, n_blocks = grow(size, distance), distance * factor, n_blocks + 1
        return n_blocks

    return blocks_needed


def _for_each(answer, frames):
    return [answer(n_frames) for n_frames in frames]


@exercise(
    "cnn.field",
    level="core",
    hints=(
        "Keep two numbers: how many frames a value sees, and how far apart neighbours lie. Both "
        "begin at 1.",
        "A layer with kernel k adds (k - 1) times the distance. A pooling by 2 is a kernel of 2, "
        "and then it doubles the distance.",
        "After one block 4 frames, after two 10, after three 22: each block adds 3 times the "
        "distance. Count blocks until it is enough.",
    ),
    probes=[
        probe("0.4 s, 40 frames", 40, rtol=0, atol=0),
        probe("even a single frame takes one block", 1, rtol=0, atol=0),
        probe("22 frames: three blocks, as in SpectrogramCNN", 22, rtol=0, atol=0),
        probe("one frame more takes another block", 23, rtol=0, atol=0),
        probe(
            "2, 3, 4, ... 60 frames, in this order", range(2, 61), rtol=0, atol=0, observe=_for_each
        ),
        probe("ten seconds, 1000 frames", 1000, rtol=0, atol=0),
    ],
    wrong=[
        (
            _blocks(factor=1),
            "the distance never grows: pooling doubles it, so the next block sees twice as far",
        ),
        (
            _blocks(grow=lambda size, distance: size + 2 * distance),
            "the pooling itself looks at two values: it adds to the field as well",
        ),
        (
            _blocks(grow=lambda size, distance: size + 4 * distance),
            "a pooling by 2 adds one distance, (2 - 1), not two",
        ),
        (
            _blocks(grow=lambda size, distance: size + 5 * distance),
            "this is the pooling first, then the convolution: in a block the convolution comes "
            "first, before the distance doubles",
        ),
        (
            _blocks(grow=lambda size, _: size * 3),
            "three times as far each block is too much: neighbouring kernels overlap",
        ),
        (
            _blocks(grow=lambda size, _: size * 2),
            "pooling doubles the distance, not the field: count what each layer adds",
        ),
        (_blocks(over=1), "one block too many: exactly as many frames is enough"),
        (
            lambda n_frames: _blocks(least=1)(n_frames) - 1,
            "one block too few: the block that reaches counts as well",
        ),
        (
            lambda n_frames: _blocks()(n_frames) + 1,
            "one block too many: does your count begin at 1?",
        ),
        (_blocks(least=0), "at least one block is asked for"),
        (lambda n_frames: max(1, np.log2((n_frames - 1) / 3 + 1)), "blocks are counted: round up"),
        (
            lambda n_frames: max(1, int(np.log2((n_frames - 1) / 3 + 1))),
            "rounded down: the last block is needed to see all of them",
        ),
    ],
    valid=lambda random: (int(2 ** random.uniform(0, 12)),),
)
def blocks_needed(n_frames):
    return _blocks()(n_frames)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.learning import _cnn_networks  # noqa: E402, F401
