"""Right answers to the exercises of the chapter large/efficiency: other algorithms and writings."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def _count_with_torch(n_in, n_out, kernel_size, n_bins, n_frames, groups):
    layer = nn.Conv2d(n_in, n_out, kernel_size, groups=groups)
    return layer.weight.numel() * n_bins * n_frames


def _count_by_loop(n_in, n_out, kernel_size, n_bins, n_frames, groups):
    total = 0
    for _ in range(n_out):
        total += n_bins * n_frames * kernel_size * kernel_size * (n_in / groups)
    return total


def _delays_by_sorting(times_ms, n_warm_up):
    times = sorted(times_ms[n_warm_up:])
    found = []
    for share in (0.5, 0.99):
        place = share * (len(times) - 1)
        low = int(place)
        high = min(low + 1, len(times) - 1)
        found.append(times[low] + (place - low) * (times[high] - times[low]))
    return found


def _grid_by_channel(weight, n_bits):
    rows = []
    for row in weight:
        largest = np.max(np.abs(row))
        if largest == 0:
            rows.append(row)
            continue
        step = largest / (2 ** (n_bits - 1) - 1)
        rows.append(step * np.rint(row / step))
    return rows


def _grid_in_torch(weight, n_bits):
    weight = torch.as_tensor(weight)
    largest = weight.flatten(1).abs().amax(1).view(-1, *[1] * (weight.ndim - 1))
    scale = (largest / (2 ** (n_bits - 1) - 1)).clamp(min=1e-300)
    return (weight / scale).round() * scale


def _grid_in_place(weight, n_bits):
    axes = tuple(range(1, weight.ndim))
    scale = np.abs(weight).max(axis=axes, keepdims=True) / (2 ** (n_bits - 1) - 1)
    scale[scale == 0] = 1
    weight /= scale
    np.round(weight, out=weight)
    weight *= scale
    return weight


def _channels_by_deleting(first, second, n_stay):
    strength = np.linalg.norm(first.reshape(len(first), -1), axis=1)
    gone = np.argsort(strength)[: len(first) - n_stay]
    return np.delete(first, gone, axis=0), np.delete(second, gone, axis=1)


def _channels_by_mask(first, second, n_stay):
    strength = (first**2).sum(axis=(1, 2, 3))
    stays = strength >= np.sort(strength)[-n_stay]
    return [first[stays], second[:, stays]]


def _channels_by_list(first, second, n_stay):
    order = sorted(range(len(first)), key=lambda c: -np.sum(first[c] ** 2))[:n_stay]
    keep = sorted(order)
    return np.stack([first[c] for c in keep]), np.stack([second[:, c] for c in keep], axis=1)


def _soft_with_torch(student, teacher, labels, temperature, share):
    soft = functional.kl_div(
        functional.log_softmax(student / temperature, 1),
        functional.softmax(teacher / temperature, 1),
        reduction="batchmean",
    )
    return share * temperature**2 * soft + (1 - share) * functional.cross_entropy(student, labels)


def _soft_in_numpy(student, teacher, labels, temperature, share):
    def log_shares(logits):
        logits = logits - logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    student, teacher, labels = (one.numpy() for one in (student, teacher, labels))
    p, q = log_shares(teacher / temperature), log_shares(student / temperature)
    divergence = np.mean(np.sum(np.exp(p) * (p - q), axis=1))
    truth = -np.mean(log_shares(student)[np.arange(len(labels)), labels])
    return share * temperature**2 * divergence + (1 - share) * truth


def _soft_by_entropies(student, teacher, labels, temperature, share):
    p = (teacher / temperature).softmax(1)
    cross = functional.cross_entropy(student / temperature, p)
    own = -(p * p.log()).sum(1).mean()
    loss = temperature * temperature * (cross - own) * share
    return loss + (1 - share) * nn.CrossEntropyLoss()(student, labels)


def _learn_with_a_layer(x, teacher, temperature, n_steps):
    layer = nn.Linear(x.shape[1], teacher.shape[1], bias=False, device=x.device)
    nn.init.zeros_(layer.weight)
    p = (teacher / temperature).log_softmax(1)
    for _ in range(n_steps):
        layer.zero_grad()
        q = (layer(x) / temperature).log_softmax(1)
        loss = functional.kl_div(q, p, reduction="batchmean", log_target=True)
        (temperature**2 * loss).backward()
        layer.weight.data -= layer.weight.grad
    return layer.weight.detach().T.contiguous()


def _learn_by_hand(x, teacher, temperature, n_steps):
    weights = torch.zeros(x.shape[1], teacher.shape[1], device=x.device)
    p = (teacher / temperature).softmax(1)
    for _ in range(n_steps):
        q = (x @ weights / temperature).softmax(1)
        weights = weights - temperature * x.T @ (q - p) / len(x)
    return weights


def _learn_with_autograd(x, teacher, temperature, n_steps):
    weights = x.new_zeros(x.shape[1], teacher.shape[1])
    p = (teacher / temperature).softmax(1)
    for _ in range(n_steps):
        weights.requires_grad_()
        q = (x @ weights / temperature).log_softmax(1)
        loss = -(temperature**2) * (p * q).sum(1).mean()
        (gradient,) = torch.autograd.grad(loss, weights)
        weights = (weights - gradient).detach()
    return weights


def _frontier_by_sorting(size, accuracy):
    found, best = [], -np.inf
    for level in sorted(set(size)):
        here = [i for i in range(len(size)) if size[i] == level]
        top = max(accuracy[i] for i in here)
        if top > best:
            found += [i for i in here if accuracy[i] == top]
            best = top
    return sorted(found)


def _frontier_at_once(size, accuracy):
    size, accuracy = np.asarray(size)[:, None], np.asarray(accuracy)[:, None]
    no_worse = (size >= size.T) & (accuracy <= accuracy.T)
    better = (size > size.T) | (accuracy < accuracy.T)
    return np.flatnonzero(~(no_worse & better).any(axis=1))


def _frontier_by_loops(size, accuracy):
    found = []
    for i, (s, a) in enumerate(zip(size, accuracy, strict=True)):
        beaten = False
        for t, b in zip(size, accuracy, strict=True):
            if (t < s and b >= a) or (t <= s and b > a):
                beaten = True
        if not beaten:
            found.append(i)
    return tuple(found)


def _pack_by_sorting(weight, share):
    flat = weight.ravel()
    gone = np.argsort(np.abs(flat))[: round(share * flat.size)]
    stays = np.ones(flat.size, dtype=np.uint8)
    stays[gone] = 0
    return [flat[stays == 1], np.packbits(stays)]


def _pack_by_deleting(weight, share):
    flat = weight.reshape(-1)
    gone = sorted(range(len(flat)), key=lambda i: abs(flat[i]))[: round(share * len(flat))]
    bits = "".join("0" if i in set(gone) else "1" for i in range(len(flat)))
    bits += "0" * (-len(bits) % 8)
    places = np.array([int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)], dtype=np.uint8)
    return np.delete(flat, gone), places


def _pack_in_torch(weight, share):
    flat = torch.as_tensor(weight).flatten()
    n_gone = round(share * flat.numel())
    stays = torch.ones(flat.numel(), dtype=torch.bool)
    stays[flat.abs().sort().indices[:n_gone]] = False
    return flat[stays].numpy(), np.packbits(stays.numpy())


RIGHT_ANSWERS = {
    "efficiency.count": [
        _count_with_torch,
        _count_by_loop,
        lambda i, o, k, f, n, g: [(i // g) * o * k**2 * f * n][0],
        lambda n_in, n_out, kernel_size, n_bins, n_frames, groups: (
            groups * (n_in // groups) * (n_out // groups) * kernel_size**2 * n_bins * n_frames
        ),
    ],
    "efficiency.delays": [
        _delays_by_sorting,
        lambda times_ms, n_warm_up: np.percentile(times_ms[n_warm_up:], [50, 99]),
        lambda times, n: (np.median(times[n:]), np.quantile(times[n:], 0.99)),
        lambda times, n: [
            float(torch.quantile(torch.tensor(list(times[n:])).double(), q)) for q in (0.5, 0.99)
        ],
    ],
    "efficiency.grid": [
        _grid_by_channel,
        _grid_in_torch,
        _grid_in_place,
        lambda w, n: np.stack([_grid_by_channel(row[None], n)[0] for row in w]),
    ],
    "efficiency.channels": [
        _channels_by_deleting,
        _channels_by_mask,
        _channels_by_list,
        lambda first, second, n: tuple(
            one.numpy() for one in map(torch.as_tensor, _channels_by_deleting(first, second, n))
        ),
    ],
    "efficiency.soft": [
        _soft_with_torch,
        _soft_in_numpy,
        _soft_by_entropies,
        lambda s, t, y, temperature, share: float(_soft_with_torch(s, t, y, temperature, share)),
    ],
    "efficiency.learn": [
        _learn_with_a_layer,
        _learn_by_hand,
        _learn_with_autograd,
        lambda x, teacher, t, n: _learn_by_hand(x.clone(), teacher.clone(), t, n),
    ],
    "efficiency.frontier": [
        _frontier_by_sorting,
        _frontier_at_once,
        _frontier_by_loops,
        lambda size, accuracy: list(_frontier_at_once(size, accuracy)),
    ],
    "efficiency.repair": [
        _pack_by_sorting,
        _pack_by_deleting,
        _pack_in_torch,
        lambda weight, share: tuple(_pack_by_sorting(np.array(weight), share)),
    ],
}
