"""Exercises of the chapter learning/cnn: whole networks, their repair, training and questions."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

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
            3 * noise(4, 3, 10) + np.array([[5.0], [-2.0], [0.5]]),
            np.ones(3),
            np.zeros(3),
            rtol=1e-4,
            atol=1e-5,
        ),
        probe(
            "each channel has its own weight and bias",
            2 * noise(2, 5, 7, seed=1) - 1,
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
            2e-3 * noise(4, 3, 10, seed=2),
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

ROW = noise(20, seed=3)


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
            noise(20, seed=4),
            5,
        ),
        probe(
            "20 samples in blocks of 8: the last block has 4",
            _linear_answer,
            noise(20, seed=5),
            8,
        ),
        probe(
            "an answer that hears only the loudest sample: only its block matters",
            _loudest,
            3.0 * (np.arange(12) == 7),
            4,
        ),
        probe("an answer to products of neighbours", _products, noise(13, seed=6), 3),
        probe("one block that holds everything", _products, noise(4, seed=7), 6),
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
