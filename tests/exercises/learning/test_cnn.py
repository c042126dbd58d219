"""Right answers to the exercises of the chapter learning/cnn: other algorithms, other writings."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audiolessons.exercises.learning.cnn import shown_order


def _layer_by_windows(x, weight):
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2], axis=1)
    return np.einsum("cnk,ock->on", windows, weight)


def _layer_by_matrix(x, weight):
    n_out, _, n_taps = weight.shape
    columns = [x[:, n : n + n_taps].ravel() for n in range(x.shape[1] - n_taps + 1)]
    return (np.array(columns) @ weight.reshape(n_out, -1).T).T


def _layer_by_loops(x, weight):
    n_out, n_in, n_taps = weight.shape
    out = [[0.0] * (x.shape[1] - n_taps + 1) for _ in range(n_out)]
    for o in range(n_out):
        for n in range(len(out[o])):
            for c in range(n_in):
                for i in range(n_taps):
                    out[o][n] += weight[o, c, i] * x[c, n + i]
    return out


def _layer_by_taps(x, weight):
    n_moments = x.shape[1] - weight.shape[2] + 1
    return sum(weight[:, :, i] @ x[:, i : i + n_moments] for i in range(weight.shape[2]))


def _layer_by_convolve(x, weight):
    return np.stack(
        [sum(np.convolve(a, b[::-1], "valid") for a, b in zip(x, k, strict=True)) for k in weight]
    ).astype(np.float32)


def _length_by_trying(n, kernel_size, stride, padding, dilation):
    start, found = -padding, 0
    while start + dilation * (kernel_size - 1) <= n - 1 + padding:
        start, found = start + stride, found + 1
    return found


def _length_in_torch(n, kernel_size, stride, padding, dilation):
    return nn.Conv1d(1, 1, kernel_size, stride, padding, dilation)(torch.zeros(1, 1, n)).shape[-1]


def _pool_by_torch(x, size):
    x = torch.as_tensor(x)[None]
    return functional.max_pool1d(x, size, ceil_mode=True)[0][: -(-x.shape[1] // size)]


def _pool_padded(x, size):
    return np.pad(x, (0, -len(x) % size), constant_values=-np.inf).reshape(-1, size).max(axis=1)


def _pool_in_place(x, size):
    for i in range(1, size):
        part = x[i::size]
        x[::size][: len(part)] = np.maximum(x[::size][: len(part)], part)
    return x[::size]


def _blocks_by_formula(n_frames):
    return max(1, int(np.ceil(np.log2((n_frames - 1) / 3 + 1) - 1e-9)))


def _blocks_downwards(n_frames):
    """What the top value sees, counted from the top: a pooling doubles, a kernel adds two."""
    n_blocks = 0
    while True:
        n_blocks += 1
        size = 1
        for _ in range(n_blocks):
            size = 2 * size + 2
        if size >= n_frames:
            return np.float64(n_blocks)


def _norm_by_torch(x, weight, bias):
    given = (torch.as_tensor(part) for part in (x, weight, bias))
    x, weight, bias = given
    return functional.batch_norm(x, None, None, weight, bias, training=True)


def _norm_by_channels(x, weight, bias):
    for c in range(x.shape[1]):
        part = x[:, c]
        x[:, c] = (part - part.mean()) / (part.var() + 1e-5) ** 0.5 * weight[c] + bias[c]
    return x


def _norm_by_moments(x, weight, bias):
    mean = np.einsum("bct->c", x) / (x.shape[0] * x.shape[2])
    centred = x - mean[:, None]
    scale = weight / np.sqrt(np.einsum("bct,bct->c", centred, centred) / centred[:, 0].size + 1e-5)
    return (centred * scale[:, None] + bias[:, None]).tolist()


def _norm_flat(x, weight, bias):
    flat = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
    flat = (flat - flat.mean(1)[:, None]) / np.sqrt(flat.var(1)[:, None] + 1e-5)
    flat = flat * weight[:, None] + bias[:, None]
    return flat.reshape(x.shape[1], x.shape[0], -1).swapaxes(0, 1).astype(np.float32)


def _features(*, norm=False):
    layers = []
    for n_in, n_out in ((1, 16), (16, 32)):
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1), *([nn.BatchNorm2d(n_out)] if norm else [])]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers)


class AveragesByAdaptivePooling(nn.Module):
    def __init__(self, n_mels, n_classes):
        super().__init__()
        self.all = nn.Sequential(
            _features(norm=True),
            nn.AdaptiveAvgPool2d((n_mels // 4, 1)),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * (n_mels // 4), n_classes),
        )

    def forward(self, x):
        return self.all(x)


class LargestOverTime(nn.Module):
    def __init__(self, n_mels, n_classes):
        super().__init__()
        self.features = _features()
        with torch.no_grad():
            size = self.features(torch.zeros(1, 1, n_mels, 8)).shape[1:3].numel()
        self.classify = nn.Linear(size, n_classes)

    def forward(self, x):
        return self.classify(self.features(x).amax(dim=3).flatten(1))


class ClassifiesEachFrame(nn.Module):
    """A convolution over all bands stands for the linear layer, and the logits are averaged."""

    def __init__(self, n_mels, n_classes):
        super().__init__()
        self.features = _features()
        self.classify = nn.Conv2d(32, n_classes, (n_mels // 4, 1))

    def forward(self, x):
        return self.classify(self.features(x)).mean(dim=(2, 3))


class Lazy(nn.Module):
    def __init__(self, n_mels, n_classes):
        super().__init__()
        self.features = _features()
        self.classify = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(64), nn.ReLU(), nn.LazyLinear(n_classes)
        )

    def forward(self, x):
        return self.classify(self.features(x).mean(-1))


def _learn_by_adam(x, y, n_taps, device):
    layer = nn.Conv1d(1, 1, n_taps, bias=False).to(device)
    adam = torch.optim.Adam(layer.parameters(), lr=0.02)
    past, y = functional.pad(x, (n_taps - 1, 0))[None, None].to(device), y.to(device)
    for _ in range(500):
        adam.zero_grad()
        functional.mse_loss(layer(past)[0, 0], y).backward()
        adam.step()
    return layer.weight[0, 0].flip(0)


def _learn_by_hand(x, y, n_taps, device):
    rows = functional.pad(x, (n_taps - 1, 0)).unfold(0, n_taps, 1).flip(1).to(device)
    taps, y = torch.zeros(n_taps, device=device), y.to(device)
    for _ in range(100):
        taps -= 0.2 * 2 * rows.T @ (rows @ taps - y) / len(y)
    return taps


def _learn_by_cutting(x, y, n_taps, device):
    """Zeros at both ends, and the samples that look into the future cut off."""
    x, y = x.to(device), y.to(device)
    w = nn.Parameter(0.01 * torch.randn(n_taps, device=device))
    sgd = torch.optim.SGD([w], lr=0.1, momentum=0.5)
    for _ in range(150):
        guess = functional.conv1d(x[None], w.flip(0)[None, None], padding=n_taps - 1)[0, : len(y)]
        sgd.zero_grad()
        (guess - y).pow(2).mean().backward()
        sgd.step()
    return w


def _learn_in_batches(x, y, n_taps, device):
    rows = functional.pad(x, (n_taps - 1, 0)).unfold(0, n_taps, 1).to(device).double()
    w = torch.zeros(n_taps, device=device, dtype=torch.float64, requires_grad=True)
    for _ in range(60):
        for some, wanted in zip(rows.split(200), y.to(device).split(200), strict=True):
            (slope,) = torch.autograd.grad((some @ w - wanted).square().mean(), w)
            with torch.no_grad():
                w -= 0.1 * slope
    return w.detach().flip(0)


def _hide_and_put_back(answer, x, width):
    whole, falls = answer(x), []
    for start in range(0, len(x), width):
        kept = x[start : start + width].copy()
        x[start : start + width] = 0
        falls.append(whole - answer(x))
        x[start : start + width] = kept
    return falls


def _hide_by_masks(answer, x, width):
    block = np.arange(len(x)) // width
    return np.array([answer(x) - answer(np.where(block == b, 0.0, x)) for b in np.unique(block)])


def _hide_by_pieces(answer, x, width):
    pieces = np.split(x, range(width, len(x), width))
    hidden = [
        np.concatenate([0 * piece if i == j else piece for j, piece in enumerate(pieces)])
        for i in range(len(pieces))
    ]
    return torch.tensor([answer(x) - answer(one) for one in hidden])


def _hide_in_a_generator(answer, x, width):
    for start in range(0, len(x), width):
        keep = np.ones(len(x))
        keep[start : start + width] = 0
        yield answer(x) - answer(keep * x)


ORDER = " ".join(shown_order())

RIGHT_ANSWERS = {
    "cnn.conv": [
        _layer_by_windows,
        _layer_by_matrix,
        _layer_by_loops,
        _layer_by_taps,
        _layer_by_convolve,
    ],
    "cnn.length": [
        _length_by_trying,
        _length_in_torch,
        lambda n, k, s, p, d: len(range(-p, n + p - d * (k - 1), s)),
        lambda n, k, s, p, d: np.floor((n + 2 * p - d * (k - 1) - 1) / s + 1),
        lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1 + s) // s,
    ],
    "cnn.pool": [
        _pool_by_torch,
        _pool_padded,
        _pool_in_place,
        lambda x, size: np.maximum.reduceat(x, np.arange(0, len(x), size)),
        lambda x, size: [max(x[i : i + size]) for i in range(0, len(x), size)],
    ],
    "cnn.look": [
        ORDER,
        ORDER.upper(),
        shown_order(),
        ORDER.replace(" ", ", "),
        tuple(shown_order()),
    ],
    "cnn.field": [
        _blocks_by_formula,
        _blocks_downwards,
        lambda n_frames: next(n for n in range(1, 99) if 3 * 2**n - 2 >= n_frames),
        lambda n_frames: max(1, int(-(-(n_frames - 1) // 3)).bit_length()),
    ],
    "cnn.norm": [_norm_by_torch, _norm_by_channels, _norm_by_moments, _norm_flat],
    "cnn.repair": [AveragesByAdaptivePooling, LargestOverTime, ClassifiesEachFrame, Lazy],
    "cnn.device": [_learn_by_adam, _learn_by_hand, _learn_by_cutting, _learn_in_batches],
    "cnn.hide": [_hide_and_put_back, _hide_by_masks, _hide_by_pieces, _hide_in_a_generator],
}
