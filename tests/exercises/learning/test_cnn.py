"""Wrong answers to the exercises of the chapter learning/cnn, and the message meant for each."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def _layer(x, weight):
    return functional.conv1d(torch.from_numpy(x)[None], torch.from_numpy(weight))[0].numpy()


def _flipped(x, weight):
    return _layer(x, weight[..., ::-1].copy())


def _not_summed(x, weight):
    return np.array(
        [[np.correlate(a, k, mode="valid") for a, k in zip(x, w, strict=True)] for w in weight]
    )


def _padded(x, weight):
    half = weight.shape[2] // 2
    return _layer(np.pad(x, ((0, 0), (half, half))), weight)


def _length(*, begin=1, pads=2, dilated=True, gaps=1, strided=True, rounding=np.floor):
    def output_length(n, kernel_size, stride, padding, dilation):
        reach = (dilation if dilated else 1) * (kernel_size - gaps) + gaps
        room = n + pads * padding - reach
        return rounding(room / (stride if strided else 1) + begin)

    return output_length


def _pool(what=np.max, whole=False):
    def max_pool(x, size):
        n = len(x) // size * size if whole else len(x)
        return np.array([what(x[start : start + size]) for start in range(0, n, size)])

    return max_pool


def _zeros_behind(x, size):
    return np.pad(x, (0, -len(x) % size)).reshape(-1, size).max(axis=1)


def _sliding(x, size):
    return np.lib.stride_tricks.sliding_window_view(x, size).max(axis=1)


def _blocks(*, pooling=True, factor=2, triple=False, more=0, strict=False, least=1):
    def blocks_needed(n_frames):
        size, distance, n_blocks = 1, 1, 0
        while size < n_frames or (strict and size == n_frames) or n_blocks < least:
            size = size * 3 if triple else size + (3 if pooling else 2) * distance
            distance *= factor
            n_blocks += 1
        return n_blocks + more

    return blocks_needed


def _norm(*, axes=(0, 2), ddof=0, root=np.sqrt, epsilon=1e-5, affine="both", outside=0.0):
    def batch_norm(x, weight, bias):
        mean = x.mean(axis=axes, keepdims=True)
        variance = x.var(axis=axes, keepdims=True, ddof=ddof)
        with np.errstate(invalid="ignore", divide="ignore"):
            normal = (x - mean) / (root(variance + epsilon) + outside)
        weight, bias = weight[:, np.newaxis], bias[:, np.newaxis]
        return {
            "both": normal * weight + bias,
            "none": normal,
            "weight": normal * weight,
            "swapped": (normal + bias) * weight,
        }[affine]

    return batch_norm


def _only_centred(x, weight, bias):
    return x - x.mean(axis=(0, 2), keepdims=True)


def _full(x, weight):
    return np.stack([sum(map(np.correlate, x, kernels, ["full"] * len(x))) for kernels in weight])


class _Blocks(nn.Module):
    """The convolutions of the chapter, and an end that each wrong answer makes for itself."""

    def __init__(self, n_mels, n_classes):
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.end = self.make_end(n_mels // 4, n_classes)

    def forward(self, x):
        return self.end(self.features(x))


class StillBroken(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(32 * 7 * 7, n_classes))


class WrongSize(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(32 * 40 * 101, n_classes))


class OneLength(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(32 * n_bands * 25, n_classes))


class Lazy(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(n_classes))


class BandsWrittenIn(_Blocks):
    def make_end(self, n_bands, n_classes):
        average = nn.AdaptiveAvgPool2d((n_bands, 1))
        return nn.Sequential(average, nn.Flatten(), nn.Linear(32 * 10, n_classes))


class ForgetsFrequency(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, n_classes))


class SevenBySeven(_Blocks):
    def make_end(self, n_bands, n_classes):
        average = nn.AdaptiveAvgPool2d(7)
        return nn.Sequential(average, nn.Flatten(), nn.Linear(32 * 7 * 7, n_classes))


class LastFrame(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Linear(32 * n_bands, n_classes)

    def forward(self, x):
        return self.end(self.features(x)[..., -1].flatten(1))


class Probabilities(_Blocks):
    def make_end(self, n_bands, n_classes):
        average = nn.AdaptiveAvgPool2d((n_bands, 1))
        classify = nn.Linear(32 * n_bands, n_classes)
        return nn.Sequential(average, nn.Flatten(), classify, nn.Softmax(dim=1))


class NoClasses(_Blocks):
    def make_end(self, n_bands, n_classes):
        return nn.Sequential(nn.AdaptiveAvgPool2d((n_bands, 1)), nn.Flatten())


def _learn(*, flips=True, left=None, n_steps=60, rate=0.25, steps=True, give=lambda taps: taps):
    def learn_filter(x, y, n_taps, device):
        before = n_taps - 1 if left is None else left(n_taps)
        past = functional.pad(x, (before, n_taps - 1 - before))[None, None].to(device)
        taps = torch.zeros(n_taps, device=device, requires_grad=True)
        optimiser = torch.optim.SGD([taps], lr=rate)
        for _ in range(n_steps):
            guess = functional.conv1d(past, (taps.flip(0) if flips else taps)[None, None])[0, 0]
            loss = (guess - y.to(device)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            if steps:
                optimiser.step()
        return give(taps.detach())

    return learn_filter


def _hide(*, sign=1, copy=True, keep=False, rest=False, whole=False, by_sample=False, size=False):
    def hide_and_ask(answer, x, width):
        falls, everything, given = [], answer(x), np.copy(x)
        stop = len(x) // width * width if whole else len(x)
        hidden = np.copy(x)
        for start in range(0, stop, width):
            here = slice(start, start + width)
            if not keep:
                hidden = np.copy(given)
            if rest:
                hidden[:] = 0
                hidden[here] = given[here]
            else:
                hidden[here] = 0
            falls.append(sign * (everything - answer(hidden)))
        if not copy:
            x[:width] = 0
        falls = np.abs(falls) if size else np.array(falls)
        return np.repeat(falls, width)[: len(x)] if by_sample else falls

    return hide_and_ask


def _answers_themselves(answer, x, width):
    falls = _hide()(answer, x, width)
    return answer(x) - falls


def _cut_out(answer, x, width):
    starts = range(0, len(x), width)
    return np.array(
        [answer(x) - answer(np.delete(x, range(s, min(s + width, len(x))))) for s in starts]
    )


def _blocks_become_means(answer, x, width):
    falls = []
    for start in range(0, len(x), width):
        hidden = np.copy(x)
        hidden[start : start + width] = x[start : start + width].mean()
        falls.append(answer(x) - answer(hidden))
    return np.array(falls)


def _slide_the_block(answer, x, width):
    falls = []
    for start in range(len(x) - width + 1):
        hidden = np.copy(x)
        hidden[start : start + width] = 0
        falls.append(answer(x) - answer(hidden))
    return np.array(falls)


WRONG = {
    "cnn.conv": [
        (_flipped, "the kernel is flipped"),
        (_not_summed, "sum over the input channels"),
        (lambda x, weight: _layer(x, weight) / len(x), "divided by the number of input channels"),
        (lambda x, weight: _layer(x[:1], weight[:, :1]), "only the first input channel"),
        (lambda x, weight: _layer(x, weight)[:, :-1], "the last position is missing"),
        (_padded, "no padding is asked for"),
        (_full, "too many positions"),
        (lambda x, weight: _not_summed(x, weight).max(axis=1), "the largest of the input"),
        (lambda x, weight: _layer(x, weight).sum(0) + 0 * _layer(x, weight), "all kernels are"),
        (lambda x, weight: _layer(x, weight).T, "channels come first"),
    ],
    "cnn.length": [
        (_length(begin=0), "one too few"),
        (_length(pads=1), "padding stands at both ends"),
        (_length(pads=0), "the padding is missing"),
        (_length(dilated=False), "the dilation is missing"),
        (_length(gaps=0), "k taps have k - 1 gaps"),
        (lambda n, k, s, p, d: (n + 2 * p - d * k - 1) // s + 1, "k taps have k - 1 gaps"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s, "only then add the first place"),
        (_length(strided=False), "the stride is missing"),
        (_length(rounding=np.ceil), "rounded up"),
        (_length(rounding=float), "this is no whole number"),
    ],
    "cnn.pool": [
        (_pool(np.mean), "this is the average"),
        (_pool(np.min), "this is the smallest"),
        (_pool(lambda group: group[0]), "takes every size-th value"),
        (_pool(lambda group: np.max(np.abs(group))), "the sign is lost"),
        (_pool(whole=True), "the rest at the end is dropped"),
        (_sliding, "the groups overlap"),
        (_zeros_behind, "where all values are negative, they win"),
    ],
    "cnn.look": [
        (["rising", "falling", "tone", "onset"], "one pair of quotation marks"),
        ("rising, falling, tone, onset", "no commas"),
        ("rising rising tone onset", "each of the four kernels made one map"),
        ("up down tone onset", "the names are"),
        ("onset tone falling rising", "begin at the top"),
        ("falling rising tone onset", "compare the first glide"),
        ("rising falling onset tone", "a vertical line is an onset"),
    ],
    "cnn.field": [
        (_blocks(factor=1), "the distance never grows"),
        (_blocks(pooling=False), "the pooling itself looks at two values"),
        (_blocks(triple=True, factor=1), "three times as far"),
        (_blocks(strict=True), "exactly as many frames is enough"),
        (_blocks(more=-1, least=2), "one block too few"),
        (_blocks(least=0), "at least one block"),
        (lambda n: max(1, np.log2((n - 1) / 3 + 1)), "blocks are counted"),
        (lambda n: int(np.ceil(np.log2(n / 3))), "at least one block"),
        (lambda n: 1 + int(np.ceil(np.log2(n))), "count by hand"),
    ],
    "cnn.norm": [
        (_norm(axes=0), "over the batch alone"),
        (_norm(axes=2), "that is instance normalisation"),
        (_norm(axes=(1, 2)), "that is layer normalisation"),
        (_norm(axes=(0, 1, 2)), "one mean for everything"),
        (_norm(ddof=1), "divided by n - 1"),
        (_norm(root=lambda v: v), "the root is missing"),
        (_only_centred, "only the mean is taken off"),
        (_norm(affine="none"), "weight and bias are not used"),
        (_norm(affine="weight"), "the bias is missing"),
        (_norm(affine="swapped"), "the other way round"),
        (_norm(epsilon=0), "divided by a deviation of 0"),
        (_norm(epsilon=0, outside=1e-5), "sqrt(variance + 1e-5)"),
    ],
    "cnn.repair": [
        (StillBroken, "belongs to pictures of 28 x 28"),
        (WrongSize, "differ in size"),
        (OneLength, "fits one number of frames only"),
        (Lazy, "let time go before it"),
        (BandsWrittenIn, "use n_mels and n_classes"),
        (ForgetsFrequency, "cannot know which frequency"),
        (SevenBySeven, "the answer depends on when"),
        (LastFrame, "do not pick a frame"),
        (Probabilities, "the loss takes logits"),
        (NoClasses, "does the linear layer come last"),
    ],
    "cnn.device": [
        (_learn(flips=False), "they come out backwards"),
        (_learn(left=lambda n: n // 2), "looks into the future"),
        (_learn(n_steps=4), "take more steps"),
        (_learn(steps=False), "the taps are still zero"),
        (_learn(rate=30.0), "they have exploded"),
        (_learn(give=lambda taps: taps.numpy()), "return a torch tensor"),
        (_learn(give=lambda taps: taps[None, None]), "the shape is not (n_taps,)"),
        (_learn(give=lambda taps: taps.square().mean()), "this is one number"),
    ],
    "cnn.hide": [
        (_hide(sign=-1), "the sign is turned"),
        (_answers_themselves, "subtract them from the whole one"),
        (_hide(rest=True), "everything but the block is hidden"),
        (_hide(keep=True), "begin each time with a fresh copy"),
        (_hide(whole=True), "the last, shorter block is missing"),
        (_hide(by_sample=True), "one number a sample"),
        (_hide(size=True), "the sign is lost"),
        (_cut_out, "keep the length"),
        (_blocks_become_means, "the block becomes its mean"),
        (_slide_the_block, "the blocks overlap"),
        (_hide(copy=False), "written into the caller's x"),
    ],
}
