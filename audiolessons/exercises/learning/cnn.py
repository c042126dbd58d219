"""Exercises of the chapter learning/cnn."""

from __future__ import annotations

import re

import numpy as np

from audiolessons.exercises.engine import exercise, probe

MAP_NAMES = ("onset", "tone", "rising", "falling")  # in the order of the chapter's kernels


def _noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


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
            _noise(3, 20),
            _noise(2, 3, 5, seed=1),
        ),
        probe("an even kernel, four maps", _noise(2, 9, seed=2), _noise(4, 2, 4, seed=3)),
        probe("a kernel as long as the sound", _noise(2, 4, seed=4), _noise(3, 2, 4, seed=5)),
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


SINKING = _noise(23) - 2


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


def _named(answer) -> list[str]:
    return re.findall(r"\w+", str(answer).lower())


def _four_names(answer):
    names = _named(answer)
    return {
        "names": len(names),
        "they are onset, tone, rising and falling": set(names) <= set(MAP_NAMES),
        "each stands there once": len(set(names)) == len(names),
    }


def _places(answer):
    names, truth = _named(answer), shown_order()
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


# --- batch normalisation ------------------------------------------------------------------------


def _norm(*, axes=(0, 2), ddof=0, below=lambda variance: np.sqrt(variance + 1e-5), affine=None):
    """The formula with its parts exchangeable."""

    def batch_norm(x, weight, bias):
        mean = x.mean(axis=axes, keepdims=True)
        normal = (x - mean) / below(x.var(axis=axes, keepdims=True, ddof=ddof))
        weight, bias = weight[:, np.newaxis], bias[:, np.newaxis]
        return affine(normal, weight, bias) if affine else normal * weight + bias

    return batch_norm


@exercise(
    "cnn.norm",
    level="core",
    hints=(
        "Each channel has one mean and one variance. Over which axes of (B, C, T) do they run?",
        "Over 0 and 2. `keepdims=True` keeps the shape (1, C, 1), so that they meet x.",
        "`(x - mean) / np.sqrt(variance + 1e-5) * weight[:, np.newaxis] + bias[:, np.newaxis]`",
    ),
    probes=[
        probe(
            "weights 1 and biases 0: every channel gets mean 0 and deviation 1",
            3 * _noise(4, 3, 10) + np.array([[5.0], [-2.0], [0.5]]),
            np.ones(3),
            np.zeros(3),
            rtol=1e-4,
            atol=1e-5,
        ),
        probe(
            "each channel has its own weight and bias",
            2 * _noise(2, 5, 7, seed=1) - 1,
            np.array([1.0, 2.0, -3.0, 0.5, 0.1]),
            np.array([0.0, 10.0, 20.0, -1.0, 2.0]),
            rtol=1e-4,
            atol=1e-5,
        ),
        probe(
            "a channel that never changes becomes 0, and not NaN",
            np.full((2, 3, 4), 7.0),
            np.ones(3),
            np.zeros(3),
            atol=1e-4,
        ),
        probe(
            "epsilon stands under the root, and is 1e-5: it shows where the variance is small",
            2e-3 * _noise(4, 3, 10, seed=2),
            np.ones(3),
            np.zeros(3),
            rtol=1e-4,
            atol=1e-5,
        ),
    ],
    wrong=[
        (_norm(axes=0), "mean and variance run over the batch alone: time counts as well"),
        (
            _norm(axes=2),
            "each sound has a mean of its own (that is instance normalisation): run over the "
            "batch, too",
        ),
        (
            _norm(axes=(1, 2)),
            "the mean runs over the channels (that is layer normalisation): each channel has one",
        ),
        (
            _norm(axes=1),
            "the mean runs over the channels: each channel has one of its own, over axes 0 and 2",
        ),
        (_norm(axes=(0, 1, 2)), "one mean for everything: each channel has one"),
        (
            _norm(ddof=1),
            "the variance is divided by n - 1: here the batch counts as all, n",
        ),
        (_norm(below=lambda v: v + 1e-5), "divided by the variance: the root is missing"),
        (_norm(below=lambda v: 1), "only the mean is taken off: divide, too"),
        (
            lambda x, weight, bias: (
                (
                    _norm(affine=lambda normal, w, b: normal)(x, weight, bias)
                    + x.mean(axis=(0, 2), keepdims=True)
                    / np.sqrt(x.var(axis=(0, 2), keepdims=True) + 1e-5)
                )
                * weight[:, np.newaxis]
                + bias[:, np.newaxis]
            ),
            "the mean is not taken off",
        ),
        (_norm(affine=lambda normal, w, b: normal), "weight and bias are not used"),
        (_norm(affine=lambda normal, w, b: normal * w), "the bias is missing"),
        (_norm(affine=lambda normal, w, b: normal + b), "the weight is missing"),
        (
            _norm(affine=lambda normal, w, b: (normal + b) * w),
            "the bias is added before the weight multiplies: the other way round",
        ),
        (
            _norm(below=np.sqrt),
            "divided by a deviation of 0: add epsilon to the variance, under the root",
        ),
        (
            _norm(below=lambda v: np.sqrt(v) + 1e-5),
            "epsilon stands behind the root: sqrt(variance + 1e-5)",
        ),
    ],
    valid=lambda random: (
        random.choice([1e-3, 3]) * random.standard_normal(s := tuple(random.integers(2, 7, 3))) + 1,
        random.standard_normal(s[1]),
        random.standard_normal(s[1]),
    ),
)
def batch_norm(x, weight, bias):
    return _norm()(x, weight, bias)


# --- the repair ---------------------------------------------------------------------------------


def _network(end, *, reduce=None, last=None):
    """The convolutions of the chapter, then what `reduce` makes of the maps, then `end`."""

    def repaired(n_mels, n_classes):
        import torch
        from torch import nn

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(
                    *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                    *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                )
                self.classify = end(n_mels // 4, n_classes)

            def forward(self, x):
                maps = self.features(x)
                maps = reduce(maps) if reduce else maps.mean(dim=-1)
                logits = self.classify(torch.flatten(maps, 1))
                return last(logits) if last else logits

        return Network()

    return repaired


def _linear(size):
    def end(n_bands, n_classes):
        from torch import nn

        return nn.Linear(size(n_bands), n_classes)

    return end


def _lazy(n_bands, n_classes):
    from torch import nn

    return nn.LazyLinear(n_classes)


def _ten_classes(n_bands, n_classes):
    return _linear(lambda n_bands: 32 * n_bands)(n_bands, 10)


def _nothing(n_bands, n_classes):
    from torch import nn

    return nn.Identity()


def _pooled(size):
    def reduce(maps):
        import torch

        return torch.nn.functional.adaptive_avg_pool2d(maps, size)

    return reduce


def _itself(maps):
    return maps


BANDS = _linear(lambda n_bands: 32 * n_bands)


def _answered(answer, n_mels, n_classes):
    """The network, ready for use, as a function to logits without gradients."""
    import torch

    network = answer(n_mels, n_classes).eval()

    def logits(x):
        with torch.no_grad():
            got = network(x)
        if got is ...:
            raise NotImplementedError
        return got

    return logits


def _shapes(answer, n_mels, n_classes, lengths):
    import torch

    logits = _answered(answer, n_mels, n_classes)
    return {
        f"the logits for {n} frames": tuple(logits(torch.randn(2, 1, n_mels, n)).shape)
        for n in lengths
    }


def _sums(answer, n_mels, n_classes, lengths):
    import torch

    sums = _answered(answer, n_mels, n_classes)(torch.randn(4, 1, n_mels, lengths[0])).exp()
    plain = sums.log().sum(dim=1)
    ones = torch.ones(len(plain))
    return {
        "probabilities": torch.allclose(plain, ones, atol=1e-4),
        "their logarithms": torch.allclose(sums.sum(dim=1), ones, atol=1e-4),
    }


def _moved(answer, n_mels, n_classes, lengths):
    """Whether a pattern is noticed, and what it does to the answer if it comes elsewhere."""
    import torch

    logits = _answered(answer, n_mels, n_classes)
    sound = torch.zeros(1, 1, n_mels, 96)
    sound[:, :, 8:14, 24:40] = torch.rand(6, 16)  # far from the edges, where zeros are put around
    here = logits(sound)
    effect = (here - logits(torch.zeros_like(sound))).abs().max()

    def differs(shift, axis):
        return bool((logits(sound.roll(shift, dims=axis)) - here).abs().max() > 0.03 * effect)

    return {
        "a pattern is noticed": bool(effect > 1e-5),
        "32 frames later it gets another answer": differs(32, 3),
        "higher up it gets another answer": differs((n_mels - 24) // 4 * 4, 2),
    }


@exercise(
    "cnn.repair",
    level="core",
    hints=(
        "How many values are left of 40 bands and of N frames after two poolings by 2? Which of "
        "the two numbers is known when the network is built?",
        "The bands are known: `n_mels // 2 // 2` are left. The frames are not, so they have to go "
        "before the linear layer.",
        "`maps.mean(dim=-1)` turns (B, 32, F / 4, N / 4) into (B, 32, F / 4); flatten that, and "
        "build `nn.Linear(32 * (n_mels // 2 // 2), n_classes)`.",
    ),
    observe=lambda answer, *sizes: {
        **_shapes(answer, *sizes),
        **_sums(answer, *sizes),
        **_moved(answer, *sizes),
    },
    probes=[
        probe(
            "two sounds of 40 bands and 101 frames give 10 logits each",
            40,
            10,
            (101,),
            observe=_shapes,
        ),
        probe("the same network takes 64 and 30 frames", 40, 10, (64, 30), observe=_shapes),
        probe("built for 64 bands and 5 classes, it takes them", 64, 5, (30,), observe=_shapes),
        probe("built for 30 bands and 3 classes, it takes them", 30, 3, (50,), observe=_shapes),
        probe("they are logits, not probabilities", 40, 10, (101,), observe=_sums),
        probe(
            "a pattern gets the same answer when it comes later, another when it lies higher",
            40,
            10,
            (96,),
            observe=_moved,
        ),
    ],
    wrong=lambda: [
        (
            _network(_linear(lambda n_bands: 32 * 7 * 7), reduce=_itself),
            "the size 32 * 7 * 7 is still there: it belongs to pictures of 28 x 28",
        ),
        *(
            (
                _network(end, reduce=_itself),
                "the linear layer fits one number of frames only: let time go before it, for "
                "example by an average",
            )
            for end in (_linear(lambda n_bands: 32 * n_bands * 25), _lazy)
        ),
        (
            _network(_linear(lambda n_bands: 32 * 10)),
            "the size 32 * 10 belongs to 40 bands: use n_mels",
        ),
        (_network(_ten_classes), "10 classes are written in: use n_classes"),
        (
            _network(_linear(lambda n_bands: 32), reduce=_pooled(1)),
            "frequency is averaged away as well, so the network cannot know which frequency fired: "
            "average over the last axis only",
        ),
        (
            _network(_linear(lambda n_bands: 32 * 7 * 7), reduce=_pooled(7)),
            "every size becomes 7 x 7, so the answer depends on when the pattern comes: average "
            "over all of time",
        ),
        (
            _network(_linear(lambda n_bands: 32 * 24), reduce=lambda maps: maps.mean(dim=2)),
            "the average runs over the bands: time is the last axis",
        ),
        (
            _network(BANDS, reduce=lambda maps: maps[..., -1]),
            "one frame is picked, and most of the sound is not looked at: average over all of time",
        ),
        (
            _network(BANDS, last=lambda logits: logits.softmax(dim=1)),
            "a softmax is in it: the loss takes logits and does that itself",
        ),
        (
            _network(BANDS, last=lambda logits: logits.log_softmax(dim=1)),
            "a logarithm of a softmax is in it: the loss takes logits and does that itself",
        ),
        (
            _network(_nothing),
            "the last axis holds no classes: a linear layer comes last",
        ),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.96
        else (
            4 * int(random.integers(8, 16)),
            int(random.integers(3, 12)),
            tuple(int(n) for n in random.integers(20, 120, 2)),
        )
    ),
    time_limit_s=20,
)
def repaired(n_mels, n_classes):
    return _network(BANDS)(n_mels, n_classes)


# --- a filter, learned --------------------------------------------------------------------------


def _learn(*, flip=True, before=None, n_steps=80, rate=0.25, clear=True, step=True, give=None):
    """Learn taps with the parts of the loop exchangeable."""

    def learn_filter(x, y, n_taps, device):
        import torch
        from torch.nn import functional

        x, y = x.to(device), y.to(device)
        zeros = n_taps - 1 if before is None else before(n_taps)
        past = functional.pad(x, (zeros, n_taps - 1 - zeros))[None, None]
        taps = torch.zeros(n_taps, device=device, requires_grad=True)
        optimiser = torch.optim.SGD([taps], lr=rate)
        for _ in range(n_steps):
            guess = functional.conv1d(past, (taps.flip(0) if flip else taps)[None, None])[0, 0]
            loss = (guess - y).square().mean()
            if clear:
                optimiser.zero_grad()
            loss.backward()
            if step:
                optimiser.step()
        return give(taps) if give else taps.detach()

    return learn_filter


def _unknown_filter(n_samples, n_taps, device, seed=0):
    """A call of the answer: noise, the same through a decaying filter, its length, the device."""
    import torch

    random = np.random.default_rng(seed)
    taps = random.standard_normal(n_taps) * np.exp(-5 * np.arange(n_taps) / n_taps)
    taps = taps / np.sqrt(np.sum(taps**2))
    x = random.standard_normal(n_samples)
    x = x / x.std()
    y = np.convolve(x, taps)[:n_samples]
    return *(torch.from_numpy(part).float() for part in (x, y)), n_taps, device, taps


def _taps(answer, x, y, n_taps, device, taps):
    """What came back, and how far it is from the right taps and from usual wrong ones."""
    import torch

    got = answer(x, y, n_taps, device)
    if not isinstance(got, torch.Tensor) or got.shape != taps.shape:
        return {"what came back": f"{type(got).__name__}, shape {tuple(np.shape(got))}"}
    values = got.detach().cpu().double().numpy()
    early = n_taps // 2  # where the middle of the kernel was laid on the present sample

    def distance(found, wanted):
        off = np.sqrt(np.sum((found - wanted) ** 2))
        return min(float(np.nan_to_num(off, nan=9.0)), 9.0)  # all that exploded are one

    return {
        "the device": got.device.type,
        "distance from the right taps, which have length 1": distance(values, taps),
        "distance from them, backwards": distance(values[::-1], taps),
        "distance from them, moved": distance(values[early:], taps[: n_taps - early]),
        "distance from 0": distance(values, 0),
    }


def _filters():
    import torch

    from audiolessons import training

    where = training.pick_device()
    sizes = (2000, 25) if where.type == "cpu" else (480_000, 255)
    for (n_samples, n_taps), device in ((sizes, where), ((400, 7), torch.device("cpu"))):
        yield probe(
            f"the taps come out within 2 % on {device.type}: {n_samples} samples, {n_taps} taps",
            *_unknown_filter(n_samples, n_taps, device),
            rtol=0,
            atol=0.02,
        )


def _any_filter(random):
    import torch

    if random.random() > 0.8:  # a few trainings are enough
        return None
    n_taps = int(random.integers(2, 12))
    return _unknown_filter(60 * n_taps, n_taps, torch.device("cpu"), int(random.integers(1000)))


@exercise(
    "cnn.device",
    level="stretch",
    time_limit_s=30,
    hints=(
        "Put zeros before the start of x, n_taps - 1 of them, so that the output has T values and "
        "looks only into the past.",
        "`conv1d` does not flip: give it `taps.flip(0)`. Make `taps` on the device with "
        "`requires_grad=True`, and let SGD with a rate of about 0.25 take 60 steps.",
        "In each step: guess, mean of (guess - y) squared, zero_grad, backward, step. Return "
        "`taps.detach()`.",
    ),
    observe=_taps,
    probes=_filters,
    wrong=[
        (
            _learn(flip=False),
            "they come out backwards: conv1d does not flip its kernel, so learn flip(0) or return "
            "it",
        ),
        (_learn(step=False), "the taps are still zero: was backward() called, and step()?"),
        (
            _learn(before=lambda n_taps: n_taps // 2),
            "the kernel looks into the future: put all n_taps - 1 zeros before the start",
        ),
        (
            _learn(before=lambda n_taps: n_taps // 2, flip=False),
            "the kernel looks into the future and comes out backwards: put all n_taps - 1 zeros "
            "before the start, and flip it",
        ),
        (
            _learn(rate=30.0),
            "they have exploded: is the rate too large, or are the gradients never cleared?",
        ),
        (_learn(clear=False), "the gradients are never cleared: zero_grad() in each step"),
        (_learn(n_steps=1), "this is one step: does `return` stand inside the loop?"),
        (
            _learn(give=lambda taps: taps.detach().cpu().numpy()),
            "return a torch tensor, on the device",
        ),
        (
            _learn(give=lambda taps: taps.detach()[None, None]),
            "the shape is that of a conv1d's weight: the taps alone have shape (n_taps,)",
        ),
        (
            _learn(give=lambda taps: taps.detach().square().mean()),
            "this is one number (the loss?): return the taps",
        ),
    ],
    valid=_any_filter,
    forbidden={
        "no solver of equations, which would need no descent": (
            "solve",
            "lstsq",
            "pinv",
            "inv",
            "deconvolve",
            "fft",
            "rfft",
        )
    },
)
def learn_filter(x, y, n_taps, device):
    return _learn()(x, y, n_taps, device)


# --- occlusion ----------------------------------------------------------------------------------

ROW = _noise(20, seed=3)


def _linear_answer(x):
    if len(x) != len(ROW):
        return np.nan  # a block was cut out
    return float(ROW @ x) + 1  # and something that no block adds


def _loudest(x):
    return float(np.max(np.abs(x)))


def _products(x):
    return float(np.sum(x[1:] * x[:-1]) + len(x))


def _falls(answer, x, width, hidden=lambda block: 0 * block, stop=lambda n, width: n):
    """One number a block; `hidden` says what becomes of what is hidden."""
    falls = []
    for start in range(0, stop(len(x), width), width):
        changed = np.copy(x)
        changed[start : start + width] = hidden(x[start : start + width])
        falls.append(answer(x) - answer(changed))
    return np.array(falls)


def _after_falls(change):
    """The right falls, changed; `change` sees the whole answer as well."""
    return lambda answer, x, width: change(_falls(answer, x, width), answer(x), len(x), width)


def _in_one_copy(answer, x, width):
    changed, whole, falls = np.copy(x), answer(x), []
    for start in range(0, len(x), width):
        changed[start : start + width] = 0
        falls.append(whole - answer(changed))
    return np.array(falls)


def _in_x_itself(answer, x, width):
    whole, falls = answer(x), []
    for start in range(0, len(x), width):
        x[start : start + width] = 0
        falls.append(whole - answer(x))
    return np.array(falls)


def _only_the_block(answer, x, width):
    found = []
    for start in range(0, len(x), width):
        alone = np.zeros(len(x))
        alone[start : start + width] = x[start : start + width]
        found.append(answer(x) - answer(alone))
    return np.array(found)


def _cut_out(answer, x, width):
    starts = range(0, len(x), width)
    cut = [np.delete(x, slice(start, start + width)) for start in starts]
    return np.array([answer(x) - answer(rest) for rest in cut])


def _sliding(answer, x, width):
    at = np.arange(len(x))
    starts = range(max(len(x) - width, 0) + 1)
    hidden = [np.where((at >= start) & (at < start + width), 0, x) for start in starts]
    return np.array([answer(x) - answer(changed) for changed in hidden])


@exercise(
    "cnn.hide",
    level="stretch",
    hints=(
        "Ask once with nothing hidden. Then for each block: hide it, ask again, subtract.",
        "Copy before you hide: `hidden = np.copy(x)`, then `hidden[start : start + width] = 0`.",
        "`answer(x) - answer(hidden)` for start in `range(0, len(x), width)`: a fall is positive.",
    ),
    probes=[
        probe(
            "a linear answer, blocks of 5: the fall is what the block had added",
            _linear_answer,
            _noise(20, seed=4),
            5,
        ),
        probe(
            "20 samples in blocks of 8: the last block has 4",
            _linear_answer,
            _noise(20, seed=5),
            8,
        ),
        probe(
            "an answer that hears only the loudest sample: only its block matters",
            _loudest,
            3.0 * (np.arange(12) == 7),
            4,
        ),
        probe("an answer to products of neighbours", _products, _noise(13, seed=6), 3),
        probe("one block that holds everything", _products, _noise(4, seed=7), 6),
    ],
    wrong=[
        (
            _after_falls(lambda falls, whole, n, width: -falls),
            "the sign is turned: a fall is the answer with all, minus the answer without",
        ),
        (
            _after_falls(lambda falls, whole, n, width: whole - falls),
            "these are the answers with the block hidden: subtract them from the whole one",
        ),
        (_only_the_block, "everything but the block is hidden: hide the block and keep the rest"),
        (
            _in_one_copy,
            "what was hidden stays hidden: begin each time with a fresh copy",
        ),
        (
            _in_x_itself,
            "zeros were written into the caller's x, and what was hidden stays hidden: begin each "
            "time with a fresh copy",
        ),
        (
            lambda answer, x, width: _falls(
                answer, x, width, stop=lambda n, width: n // width * width
            ),
            "the last, shorter block is missing",
        ),
        (
            _after_falls(lambda falls, whole, n, width: np.repeat(falls, width)[:n]),
            "one number a sample: one number a block is asked for",
        ),
        (
            _after_falls(lambda falls, whole, n, width: np.abs(falls)),
            "the sign is lost: hiding can also raise the answer",
        ),
        (_cut_out, "the block is cut out, and the rest is too short: set it to 0"),
        (
            lambda answer, x, width: _falls(
                answer, x, width, lambda block: np.full(len(block), block.mean())
            ),
            "the block becomes its mean: set it to 0",
        ),
        (
            lambda answer, x, width: _falls(
                answer, x, width, lambda block: np.full(len(block), x.mean())
            ),
            "the block becomes the mean of the whole: set it to 0",
        ),
        (_sliding, "the blocks overlap: the next one begins where the last one ends"),
        (
            _after_falls(lambda falls, whole, n, width: falls / whole),
            "these are shares of the whole answer: the fall itself is asked for",
        ),
    ],
    valid=lambda random: (
        lambda x: np.sum(np.sin(x * np.arange(1, len(x) + 1))) + np.sum(x[1:] * x[:-1]),
        random.standard_normal(random.integers(1, 20)),
        int(random.integers(1, 8)),
    ),
    keeps_arguments=True,
)
def hide_and_ask(answer, x, width):
    return _falls(answer, x, width)
