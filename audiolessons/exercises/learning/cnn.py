"""Checks of the chapter learning/cnn."""

from __future__ import annotations

import numpy as np

from .._engine import exercise

MAP_NAMES = ("onset", "tone", "rising", "falling")  # in the order of the chapter's kernels


def _noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def _slide(x, weight):
    """Cross-correlate x, (C, T), with weight, (C', C, k): the reference, by np.correlate."""
    return np.stack([sum(map(_correlate, x, kernels)) for kernels in weight])


def _correlate(x, kernel):
    return np.correlate(x, kernel, mode="valid")


@exercise(
    "cnn.conv",
    level="core",
    hints=(
        "Begin with one output channel and one moment n: which part of `x` does the kernel see?",
        "It sees `x[:, n : n + k]`, of shape (C, k), the same shape as one kernel. Multiply and "
        "sum over both axes.",
        "`out[:, n] = np.sum(weight * x[:, n : n + k], axis=(1, 2))` for n from 0 to T - k.",
    ),
)
def convolve_layer(answer, trial):
    def slips(x, weight):
        right, n_kernel = _slide(x, weight), weight.shape[2]
        single = np.array([[_correlate(a, k) for a, k in zip(x, w, strict=True)] for w in weight])
        padded = np.pad(x, ((0, 0), (n_kernel // 2, n_kernel // 2)))
        return [
            (
                _slide(x, weight[..., ::-1]),
                "the kernel is flipped: np.convolve does that, a layer does not",
            ),
            (
                lambda got: np.shape(got) == single.shape,
                "one map too many for each input channel: sum over the input channels",
            ),
            (
                lambda got: len(x) > 1 and np.allclose(got, right / len(x)),
                "divided by the number of input channels: a layer sums over them",
            ),
            (
                lambda got: len(x) > 1 and np.allclose(got, single[:, 0]),
                "only the first input channel counts: sum over all of them",
            ),
            (
                lambda got: len(x) > 1 and np.allclose(got, single.max(axis=1)),
                "the largest of the input channels is taken: sum over them",
            ),
            (
                lambda got: len(right) > 1 and np.allclose(got, right.sum(axis=0)),
                "all kernels are added up: each of them makes an output channel of its own",
            ),
            (right[:, :-1], "the last position is missing: there are T - k + 1"),
            (_slide(padded, weight), "zeros were put around it: no padding is asked for"),
            (
                lambda got: np.shape(got)[-1] > right.shape[1],
                "too many positions: the kernel must lie inside x as a whole, at T - k + 1 places",
            ),
            (right.T, "channels come first: the shape is (C', T - k + 1)"),
        ]

    x, weight = np.array([[0.0, 0, 1, 0, 0, 0]]), np.array([[[1.0, 2, 3]]])
    trial.close(
        "a click meets the kernel 1, 2, 3: it comes out reversed, 3, 2, 1",
        lambda: answer(x, weight),
        [[3, 2, 1, 0]],
        mistakes=slips(x, weight),
    )
    x, weight = _noise(3, 20), _noise(2, 3, 5, seed=1)
    trial.close(
        "three channels of noise, two kernels of five taps: as np.correlate, summed",
        lambda: answer(x, weight),
        _slide(x, weight),
        mistakes=slips(x, weight),
    )
    x, weight = _noise(2, 9, seed=2), _noise(4, 2, 4, seed=3)
    trial.close(
        "an even kernel: as torch.nn.functional.conv1d",
        lambda: answer(x, weight),
        _in_torch(x, weight),
        mistakes=slips(x, weight),
    )


def _in_torch(x, weight):
    import torch

    given = torch.from_numpy(x)[None], torch.from_numpy(weight)
    return torch.nn.functional.conv1d(*given)[0].numpy()


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
)
def output_length(answer, trial):
    def length(n, k, s, p, d):
        return (n + 2 * p - d * (k - 1) - 1) // s + 1

    def slips(n, k, s, p, d):
        exact = (n + 2 * p - d * (k - 1) - 1) / s + 1
        return [
            (length(n, k, s, p / 2, d), "padding stands at both ends: count it twice"),
            (length(n, k, s, 0, d), "the padding is missing: it makes the input longer"),
            (length(n, k, s, p, 1), "the dilation is missing: the taps lie d apart"),
            *(
                (value, "k taps have k - 1 gaps between them: d (k - 1) + 1 from end to end")
                for value in ((n + 2 * p - d * k) // s + 1, (n + 2 * p - d * k - 1) // s + 1)
                if d > 1
            ),
            (
                (n + 2 * p - d * (k - 1)) // s,
                "take off the whole reach, d (k - 1) + 1, divide, and only then add the first "
                "place: with a stride it matters",
            ),
            (length(n, k, 1, p, d), "the stride is missing: it jumps s at a time"),
            (
                lambda got: exact % 1 and np.isclose(got, np.ceil(exact)),
                "rounded up: the last jump would reach beyond the end",
            ),
            (
                lambda got: exact % 1 and np.isclose(got, exact),
                "this is no whole number: round down, with //",
            ),
            (length(n, k, s, p, d) - 1, "one too few: the place where it begins counts as well"),
        ]

    for what, case in (
        ("100 values, kernel 3, nothing else: 98", (100, 3, 1, 0, 1)),
        ("one second at 8 kHz, kernel 80, stride 4", (8000, 80, 4, 0, 1)),
        ("kernel 5 with a padding of 2 keeps the length", (101, 5, 1, 2, 1)),
        ("kernel 3 with dilation 8 reaches over 17 values", (50, 3, 1, 0, 8)),
        ("all at once: 64 values, kernel 5, stride 3, padding 2, dilation 2", (64, 5, 3, 2, 2)),
    ):
        mistakes = slips(*case)
        trial.close(what, lambda case=case: answer(*case), length(*case), mistakes=mistakes)


@exercise(
    "cnn.pool",
    level="easy",
    hints=(
        "Group number i begins at sample i * size. Where does the last one begin?",
        "`range(0, len(x), size)` gives all beginnings, and a slice that reaches beyond the end is "
        "simply shorter.",
        "`np.array([np.max(x[start : start + size]) for start in range(0, len(x), size)])`",
    ),
)
def max_pool(answer, trial):
    def pooled(x, size, what=np.max):
        return np.array([what(x[start : start + size]) for start in range(0, len(x), size)])

    def slips(x, size):
        sliding = np.lib.stride_tricks.sliding_window_view(x, size).max(axis=1)
        whole = len(x) // size * size
        return [
            (pooled(x, size, np.mean), "this is the average of each group: take the largest"),
            (
                pooled(x, size, lambda group: group[0]),
                "this takes every size-th value and looks at no other",
            ),
            (pooled(x, size, lambda group: np.max(np.abs(group))), "the sign is lost: no abs()"),
            (sliding, "the groups overlap: the next one begins where the last one ends"),
            (
                lambda got: whole < len(x) and np.allclose(got, pooled(x[:whole], size)),
                "the rest at the end is dropped: a smaller group counts too",
            ),
            (pooled(x, size, np.min), "this is the smallest of each group"),
            (
                lambda got: (
                    whole < len(x)
                    and np.allclose(got, pooled(np.pad(x, (0, -len(x) % size)), size))
                ),
                "zeros were put behind: where all values are negative, they win",
            ),
        ]

    x = np.array([1.0, 5, 2, 0, 3, 4])
    trial.close(
        "1 5 2 0 3 4 in pairs: 5 2 4", lambda: answer(x, 2), [5, 2, 4], mistakes=slips(x, 2)
    )
    x = _noise(23) - 2
    trial.close(
        "23 values, nearly all negative, in groups of 5: five groups",
        lambda: answer(x, 5),
        pooled(x, 5),
        mistakes=slips(x, 5),
    )
    early, late = np.zeros(16), np.zeros(16)
    early[4], late[7] = 1, 1
    trial.that(
        "a click at 4 and a click at 7 are the same for groups of 4",
        lambda: (np.asarray(answer(early, 4)), np.asarray(answer(late, 4))),
        lambda got: np.array_equal(*got),
        expected="twice the same array",
        means="4 to 7 are one group: where in it the click lies must not matter",
    )
    trial.close(
        "moved by a whole group, the output moves by one",
        lambda: answer(np.roll(x[:20], 4), 4),
        np.roll(pooled(x[:20], 4), 1),
        mistakes=slips(np.roll(x[:20], 4), 4),
    )


def shown_order() -> list[str]:
    """The order in which the chapter draws its maps, from top to bottom."""
    return [MAP_NAMES[i] for i in np.random.default_rng(1989).permutation(4)]


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
)
def look(answer, trial):
    truth = shown_order()
    answer = answer.lower() if isinstance(answer, str) else answer
    is_text = trial.that(
        "the answer is a text of the four names",
        lambda: answer,
        lambda got: isinstance(got, str) and sorted(got.split()) == sorted(MAP_NAMES),
        expected="onset, tone, rising and falling, each once, with spaces between",
        mistakes=[
            (
                lambda got: isinstance(got, list | tuple),
                "write the names as one text, in one pair of quotation marks",
            ),
            (lambda got: "," in got, "put spaces between the names, no commas"),
            (lambda got: len(set(got.split())) < 4, "each of the four kernels made one map"),
            (
                lambda got: not set(got.split()) <= set(MAP_NAMES),
                "the names are onset, tone, rising and falling",
            ),
        ],
    )
    if not is_text:
        return

    def places(names, got):
        return all(truth.index(name) == got.split().index(name) for name in names)

    swapped = [
        (
            lambda got: got.split() == truth[::-1],
            "this is the right order backwards: begin at the top",
        )
    ]
    trial.that(
        "the maps of onset and tone are named",
        lambda: answer,
        lambda got: places(("onset", "tone"), got),
        expected="a vertical and a horizontal structure",
        mistakes=swapped,
        means="a vertical line is an onset (all bands at one moment), a horizontal one a tone (one "
        "band for a while)",
    )
    trial.that(
        "the maps of rising and falling are named",
        lambda: answer,
        lambda got: places(("rising", "falling"), got),
        expected="the direction of the glides",
        mistakes=swapped,
        means="compare the first glide, which rises, with the second, which falls: each kernel is "
        "bright at its own and dark at the other",
    )


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
)
def blocks_needed(answer, trial):
    def count(n_frames, grow=lambda size, distance: size + 3 * distance, factor=2):
        size, distance, n_blocks = 1, 1, 0
        while size < n_frames or n_blocks == 0:
            size, distance, n_blocks = grow(size, distance), distance * factor, n_blocks + 1
        return n_blocks

    def slips(n_frames, sees_pooling):
        no_pool = count(n_frames, lambda size, distance: size + 2 * distance)
        return [
            (
                count(n_frames, factor=1),
                "the distance never grows: pooling doubles it, so that the "
                "next block sees twice as far",
            ),
            (
                lambda got: sees_pooling and n_frames in (4, 22) and got == count(n_frames) + 1,
                "one block too many: exactly as many frames is enough",
            ),
            (no_pool, "the pooling itself looks at two values: it adds to the field as well"),
            (
                lambda got: n_frames >= 50 and got == count(n_frames, lambda size, _: size * 3),
                "three times as far each block is too much: neighbouring kernels overlap",
            ),
            (
                lambda got: n_frames > 1 and got == count(n_frames) - 1,
                "one block too few: does your count begin at 0?",
            ),
            (lambda got: got < 1, "at least one block is asked for"),
            (lambda got: isinstance(got, float) and got % 1, "blocks are counted: round up"),
        ]

    sees_pooling = trial.close(
        "0.4 s, 40 frames",
        lambda: answer(40),
        count(40),
        rtol=0,
        mistakes=slips(40, sees_pooling=False),
    )
    for n_frames, what in (
        (1, "even a single frame takes one block"),
        (4, "four frames: one block sees exactly that"),
        (22, "22 frames: three blocks, as in SpectrogramCNN"),
        (23, "one frame more takes another block"),
        (50, "half a second, 50 frames"),
        (1000, "ten seconds, 1000 frames"),
    ):
        mistakes = slips(n_frames, sees_pooling)
        right = count(n_frames)
        trial.close(
            what,
            lambda n=n_frames: answer(n),
            right,
            rtol=0,
            mistakes=mistakes,
            means="count by hand how many frames one block sees, then two, then three",
        )


@exercise(
    "cnn.norm",
    level="core",
    hints=(
        "Each channel has one mean and one variance. Over which axes of (B, C, T) do they run?",
        "Over 0 and 2. `keepdims=True` keeps the shape (1, C, 1), so that they meet x.",
        "`(x - mean) / np.sqrt(variance + 1e-5) * weight[:, np.newaxis] + bias[:, np.newaxis]`",
    ),
)
def batch_norm(answer, trial):
    x = 3 * _noise(4, 3, 10) + np.array([[5.0], [-2.0], [0.5]])
    one, zero = np.ones(3), np.zeros(3)

    def normal(x, axes=(0, 2), ddof=0, root=np.sqrt):
        mean = x.mean(axis=axes, keepdims=True)
        return (x - mean) / root(x.var(axis=axes, keepdims=True, ddof=ddof) + 1e-5)

    mistakes = [
        (normal(x, axes=0), "mean and variance run over the batch alone: time counts as well"),
        (
            normal(x, axes=2),
            "each sound has a mean of its own (that is instance normalisation): run over "
            "the batch, too",
        ),
        (
            normal(x, axes=(1, 2)),
            "the mean runs over the channels (that is layer normalisation): each channel has one",
        ),
        (normal(x, axes=(0, 1, 2)), "one mean for everything: each channel has one"),
        (normal(x, ddof=1), "the variance is divided by n - 1: here the batch counts as all, n"),
        (normal(x, root=lambda v: v), "divided by the variance: the root is missing"),
        (x - x.mean(axis=(0, 2), keepdims=True), "only the mean is taken off: divide, too"),
    ]
    trial.close(
        "weights 1 and biases 0: every channel gets mean 0 and deviation 1",
        lambda: answer(x, one, zero),
        normal(x),
        mistakes=mistakes,
    )
    weight, bias = np.array([1.0, 2.0, -3.0]), np.array([0.0, 10.0, 20.0])
    column = np.newaxis
    trial.close(
        "each channel has its own weight and bias",
        lambda: answer(x, weight, bias),
        normal(x) * weight[:, column] + bias[:, column],
        mistakes=[
            (normal(x), "weight and bias are not used"),
            (normal(x) * weight[:, column], "the bias is missing"),
            (
                (normal(x) + bias[:, column]) * weight[:, column],
                "the bias is added before the weight multiplies: the other way round",
            ),
        ],
    )
    still = np.full((2, 3, 4), 7.0)
    trial.close(
        "a channel that never changes becomes 0, and not NaN",
        lambda: answer(still, one, zero),
        np.zeros_like(still),
        mistakes=[
            (
                lambda got: not np.isfinite(got).all(),
                "divided by a deviation of 0: add epsilon to the variance, under the root",
            )
        ],
    )
    small = 1e-3 * _noise(4, 3, 10, seed=1)
    trial.close(
        "epsilon stands under the root, and is 1e-5",
        lambda: answer(small, one, zero),
        normal(small),
        means="this shows only where the variance is small: sqrt(variance + 1e-5)",
    )


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
)
def repair(answer, trial):
    import torch

    def logits(network, x):
        """What it answers, or the error that a wrong size ends in, as a text."""
        try:
            with torch.no_grad():
                got = network(x)
        except RuntimeError as error:
            return str(error)
        if got is ...:
            raise NotImplementedError
        return got

    def shape(got):
        return got if isinstance(got, str) else tuple(got.shape)

    def build(n_mels, n_classes):
        torch.manual_seed(0)
        return answer(n_mels, n_classes).eval()

    generator = torch.Generator().manual_seed(0)
    first = torch.randn(2, 1, 40, 101, generator=generator)
    network = trial.value("the network can be built", lambda: build(40, 10))
    fits = trial.that(
        "two sounds of 40 bands and 101 frames give 10 logits each",
        lambda: shape(logits(network, first)),
        lambda got: got == (2, 10),
        expected="(2, 10)",
        mistakes=[
            (
                lambda got: isinstance(got, str) and "1568" in got,
                "the size 32 * 7 * 7 is still there: it belongs to pictures of 28 x 28",
            ),
            (
                lambda got: isinstance(got, str),
                "the linear layer and what comes out of the convolutions differ in size: print "
                "the shape before it",
            ),
            (
                lambda got: got[-1] != 10,
                "the last axis holds the classes: does the linear layer come last?",
            ),
        ],
    )
    if not fits:
        return
    any_length = trial.that(
        "the same network takes 64 frames",
        lambda: shape(logits(network, first[..., :64])),
        lambda got: got == (2, 10),
        expected="(2, 10)",
        means="its linear layer fits one number of frames only: let time go before it, for "
        "example by an average",
    )
    trial.that(
        "they are logits, not probabilities",
        lambda: logits(network, first).sum(dim=1),
        lambda got: not np.allclose(got, 1),
        expected="numbers of any size",
        means="a softmax is in it: the loss takes logits and does that itself",
    )
    trial.that(
        "built for 64 bands and 5 classes, it takes 64 bands",
        lambda: shape(logits(build(64, 5), torch.zeros(3, 1, 64, 30))),
        lambda got: got == (3, 5),
        expected="(3, 5)",
        means="40 bands or 10 classes are written in somewhere: use n_mels and n_classes",
    )
    if not any_length:
        return
    patch = torch.zeros(1, 1, 40, 96)
    patch[..., 12:18, 24:40] = torch.rand(6, 16, generator=generator)
    here = logits(network, patch)

    def differs(shift, axis):
        return float((logits(network, patch.roll(shift, dims=axis)) - here).abs().max())

    heard = trial.that(
        "a pattern in the middle of the sound is noticed",
        lambda: float((here - logits(network, torch.zeros_like(patch))).abs().max()),
        lambda got: got > 1e-4,
        expected="another answer than that to silence",
        means="most of the sound is not looked at: average over all of time, do not pick a frame",
    )
    if not heard:
        return
    trial.that(
        "a pattern 32 frames later gets the same answer",
        lambda: differs(32, 3),
        lambda got: got < 1e-4,
        expected="a difference of 0",
        means="the answer depends on when the pattern comes: average over all of time, and leave "
        "no part of it apart",
    )
    trial.that(
        "a pattern 12 bands higher gets another answer",
        lambda: differs(12, 2),
        lambda got: got > 1e-4,
        expected="a difference",
        means="frequency is averaged away as well, so the network cannot know which frequency "
        "fired: average over the last axis only",
    )


@exercise(
    "cnn.device",
    level="stretch",
    time_limit_s=60.0,
    hints=(
        "Put zeros before the start of x, n_taps - 1 of them, so that the output has T values and "
        "looks only into the past.",
        "`conv1d` does not flip: give it `taps.flip(0)`. Make `taps` on the device with "
        "`requires_grad=True`, and let SGD with a rate of about 0.25 take 60 steps.",
        "In each step: guess, mean of (guess - y) squared, zero_grad, backward, step. Return "
        "`taps.detach()`.",
    ),
)
def learn_filter(answer, trial):
    import torch

    from audiolessons.training import pick_device

    device = pick_device()
    is_large = device.type != "cpu"
    n_samples, n_taps = (480_000, 256) if is_large else (2000, 24)
    random = np.random.default_rng(0)
    taps = random.standard_normal(n_taps) * np.exp(-np.arange(n_taps) / (n_taps / 5))
    taps = taps / np.sqrt(np.sum(taps**2))
    x = random.standard_normal(n_samples)
    y = np.convolve(x, taps)[:n_samples]
    given = [torch.from_numpy(part).float() for part in (x, y)]
    where = f"on {device.type}, {n_samples} samples, {n_taps} taps"
    learned = trial.value(f"it runs {where}", lambda: answer(*given, n_taps, device))

    def off(got):
        """How far the taps are from the right ones, relative to their size."""
        return np.sqrt(np.sum((np.asarray(got.detach().cpu()) - taps) ** 2))

    is_tensor = trial.that(
        "a tensor of n_taps taps comes back",
        lambda: learned,
        lambda got: isinstance(got, torch.Tensor) and got.shape == (n_taps,),
        expected=f"a tensor of shape ({n_taps},)",
        mistakes=[
            (lambda got: not isinstance(got, torch.Tensor), "return a torch tensor"),
            (
                lambda got: got.numel() == n_taps,
                "the numbers are there, the shape is not (n_taps,)",
            ),
            (lambda got: got.ndim == 0, "this is one number (the loss?): return the taps"),
        ],
    )
    if not is_tensor:
        return
    trial.that(
        f"they lie on the device ({device.type})",
        lambda: learned.device.type,
        lambda got: got == device.type,
        expected=device.type,
        means="make the taps on the device, with `device=device`, and move x and y there",
    )

    def is_early(got):
        """The middle of the kernel was laid on the present sample: the taps are cut and moved."""
        got = np.asarray(got.detach().cpu())
        moves = n_taps // 2, (n_taps - 1) // 2
        return any(np.sum((got[by:] - taps[: n_taps - by]) ** 2) < 0.1 for by in moves)

    trial.that(
        f"they are the taps of the secret filter, within 2 % ({where})",
        lambda: learned,
        lambda got: off(got) < 0.02,
        expected="taps as those that made y",
        mistakes=[
            (
                lambda got: off(got.flip(0)) < 0.1,
                "they come out backwards: conv1d does not flip "
                "its kernel, so learn flip(0) or return it",
            ),
            (
                lambda got: float(got.detach().abs().sum()) == 0,
                "the taps are still zero: was backward() called, and step()?",
            ),
            (
                lambda got: is_early(got) or is_early(got.flip(0)),
                "the kernel looks into the future: put all n_taps - 1 zeros before the start",
            ),
            (lambda got: not torch.isfinite(got).all(), "they have exploded: take a smaller rate"),
            (lambda got: off(got) < 0.9, "on the right way: take more steps, or a larger rate"),
        ],
        means="compare with np.convolve(x, taps)[:T]: w[0] belongs to the present sample",
    )


@exercise(
    "cnn.hide",
    level="stretch",
    hints=(
        "Ask once with nothing hidden. Then for each block: hide it, ask again, subtract.",
        "Copy before you hide: `hidden = np.copy(x)`, then `hidden[start : start + width] = 0`.",
        "`answer(x) - answer(hidden)` for start in `range(0, len(x), width)`: a fall is positive.",
    ),
)
def hide_and_ask(answer, trial):
    weights = _noise(20, seed=3)

    def linear(x):
        if len(x) != len(weights):
            return np.nan  # a block was cut out
        return float(weights @ x) + 1  # and something that no block adds

    def falls(x, width):
        starts = range(0, len(x), width)
        return np.array([weights[s : s + width] @ x[s : s + width] for s in starts])

    x = _noise(20, seed=4)

    def slips(width):
        right = falls(x, width)
        rest = linear(x) - right
        means = np.concatenate(
            [np.full(len(b), b.mean()) for b in np.split(x, range(width, 20, width))]
        )
        return [
            (
                lambda got: np.isnan(got).any(),
                "the block is cut out, and the rest is too short: set it to 0 and keep the length",
            ),
            (right - falls(means, width), "the block becomes its mean: set it to 0"),
            (
                lambda got: np.size(got) == 20 - width + 1,
                "the blocks overlap: the next one begins where the last one ends",
            ),
            (-right, "the sign is turned: a fall is the answer with all, minus the answer without"),
            (rest, "these are the answers with the block hidden: subtract them from the whole one"),
            (rest - 1, "everything but the block is hidden: hide the block and keep the rest"),
            (right[: 20 // width], "the last, shorter block is missing"),
            (np.cumsum(right), "what was hidden stays hidden: begin each time with a fresh copy"),
            (
                np.repeat(right, width)[:20],
                "one number a sample: one number a block is asked for",
            ),
            (np.abs(right), "the sign is lost: hiding can also raise the answer"),
        ]

    trial.close(
        "a linear answer, blocks of 5: the fall is what the block had added",
        lambda: answer(linear, x.copy(), 5),
        falls(x, 5),
        mistakes=slips(5),
    )
    trial.close(
        "20 samples in blocks of 8: the last block has 4",
        lambda: answer(linear, x.copy(), 8),
        falls(x, 8),
        mistakes=slips(8),
    )
    given = x.copy()

    def loudest(values):
        return float(np.max(np.abs(values)))

    click = np.zeros(12)
    click[7] = 3.0
    trial.close(
        "an answer that hears only the loudest sample: only its block matters",
        lambda: answer(loudest, click.copy(), 4),
        [0, 3, 0],
        mistakes=[
            (
                lambda got: np.allclose(got, [0, 3, 3]),
                "what was hidden stays hidden: begin each time with a fresh copy",
            )
        ],
    )
    trial.that(
        "x itself is left as it was",
        lambda: (answer(linear, given, 5), given)[1],
        lambda got: np.array_equal(got, x),
        expected="x unchanged",
        means="zeros were written into the caller's x: copy it first, with np.copy",
    )
