"""Right answers to the exercises of the chapter music/generation: other algorithms and writings."""

import itertools
import math

import numpy as np
import torch
from torch.nn import functional


def _copying_by_share(tokens, stay):
    held = np.mean(np.diff(tokens, axis=0) == 0)
    return -held * math.log(stay) - (1 - held) * math.log((1 - stay) / 46)


def _copying_by_loop(tokens, stay):
    nats = [
        -math.log(stay if now == before else (1 - stay) / 46)
        for rows in itertools.pairwise(tokens)
        for before, now in zip(*rows, strict=True)
    ]
    return sum(nats) / len(nats)


def _table_by_adding(melodies, n_tokens):
    table = np.ones((n_tokens, n_tokens))
    for melody in melodies:
        np.add.at(table, (melody[:-1], melody[1:]), 1)
    return table / table.sum(axis=1)[:, None]


def _table_by_lists(melodies, n_tokens):
    pairs = [pair for one in melodies for pair in itertools.pairwise(one)]
    rows = [[1 + pairs.count((a, b)) for b in range(n_tokens)] for a in range(n_tokens)]
    return [[count / sum(row) for count in row] for row in rows]


def _chances_by_power(logits, temperature, allowed):
    logits = np.asarray(logits, float)[np.asarray(allowed)]
    chances = np.zeros(len(allowed))
    e = np.exp((logits - logits.max()) / temperature)
    chances[np.asarray(allowed)] = e / e.sum()
    return chances


def _chances_by_torch(logits, temperature, allowed):
    x = torch.tensor(np.asarray(logits, float)) / temperature
    return torch.softmax(x.masked_fill(~torch.tensor(allowed), -torch.inf), 0)


def _frames_by_index(scores):
    scores = np.asarray(scores, float)
    n, n_distances = scores.shape
    back = np.arange(n)[:, None] - np.arange(n)
    moved = np.take_along_axis(scores, back.clip(0, n_distances - 1), axis=1)
    return np.where(back >= 0, moved, -np.inf)


def _frames_by_rows(scores):
    rows = []
    for n, row in enumerate(np.asarray(scores, float).tolist()):
        padded = row + [row[-1]] * len(scores)
        rows.append(padded[: n + 1][::-1] + [-math.inf] * (len(scores) - n - 1))
    return rows


def _divergence_by_torch(mean, log_variance, free_nats):
    mean, log_variance = torch.tensor(np.asarray(mean)), torch.tensor(np.asarray(log_variance))
    one = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    nats = torch.distributions.kl_divergence(one, standard)
    return float(nats.mean(0).clamp(min=free_nats).sum())


def _divergence_by_loop(mean, log_variance, free_nats):
    total = 0.0
    for means, logs in zip(np.transpose(mean), np.transpose(log_variance), strict=True):
        nats = [(m * m + math.exp(v) - 1 - v) / 2 for m, v in zip(means, logs, strict=True)]
        total += max(sum(nats) / len(nats), free_nats)
    return total


def _encode_by_norm(frame, books):
    left, codes = np.asarray(frame, float), []
    for book in books:
        codes.append(int(np.linalg.norm(np.asarray(book) - left, axis=1).argmin()))
        left = left - book[codes[-1]]
    return np.array(codes)


def _encode_by_recursion(frame, books):
    if not books:
        return []
    code = min(range(len(books[0])), key=lambda k: math.dist(frame, books[0][k]))
    return [code, *_encode_by_recursion(np.subtract(frame, books[0][code]), books[1:])]


def _surprise_by_torch(encode, step, melody, harmony):
    seen, state = encode(melody)
    logits = []
    for context, token in zip(seen, [0, *harmony[:-1]], strict=True):
        out, state = step(token, state, context)
        logits.append(torch.as_tensor(out))
    return functional.cross_entropy(torch.stack(logits), torch.as_tensor(harmony))


def _surprise_by_product(encode, step, melody, harmony):
    seen, state = encode(melody)
    chance, before = 1.0, 0
    for n, target in enumerate(harmony):
        logits, state = step(before, state, seen[n])
        chance *= np.exp(logits[target]) / np.exp(logits).sum()
        before = target
    return -np.log(chance) / len(harmony)


def _denoise_by_formula(network, noise, shares):
    x = noise
    for step in reversed(range(1, len(shares))):
        found = network(x, torch.tensor([step] * len(x), device=x.device))
        ratio = (shares[step - 1] / shares[step]).sqrt()
        x = ratio * x + ((1 - shares[step - 1]).sqrt() - ratio * (1 - shares[step]).sqrt()) * found
    return x


def _denoise_by_pairs(network, noise, shares):
    x, signal, spread = noise, shares**0.5, (1 - shares) ** 0.5
    for step in range(shares.numel() - 1, 0, -1):
        found = network(x, step * torch.ones(x.shape[0], dtype=torch.long, device=x.device))
        guess = (x - spread[step] * found) / signal[step]
        x = signal[step - 1] * guess + spread[step - 1] * found
    return x


def _denoise_by_noised(network, noise, shares):
    from audiolessons.models import noised

    x = noise
    for step in range(len(shares) - 1, 0, -1):
        found = network(x, torch.full((len(x),), step, device=x.device))
        guess = (x - (1 - shares[step]).sqrt() * found) / shares[step].sqrt()
        x = noised(guess, shares[step - 1], found)
    return x.detach()


RIGHT_ANSWERS = {
    "generation.copying": [
        _copying_by_share,
        _copying_by_loop,
        lambda tokens, stay: (
            -np.log(np.where(tokens[1:] == tokens[:-1], stay, (1 - stay) / 46)).mean()
        ),
        lambda tokens, stay: float(np.float32(_copying_by_share(tokens, stay))),
    ],
    "generation.table": [
        _table_by_adding,
        _table_by_lists,
        lambda melodies, n: np.array(_table_by_lists(melodies, n), dtype=np.float32),
        lambda melodies, n: torch.tensor(_table_by_adding(melodies, n)),
    ],
    "generation.chances": [
        _chances_by_power,
        _chances_by_torch,
        lambda logits, t, allowed: _chances_by_power(logits, t, allowed).tolist(),
        lambda logits, t, allowed: _chances_by_torch(list(logits), t, list(allowed)).numpy(),
    ],
    "generation.distances": [
        _frames_by_index,
        _frames_by_rows,
        lambda scores: np.array(_frames_by_rows(scores)),
        lambda scores: torch.tensor(_frames_by_index(scores)),
    ],
    "generation.divergence": [
        _divergence_by_torch,
        _divergence_by_loop,
        lambda mean, log_variance, free: np.float64(_divergence_by_loop(mean, log_variance, free)),
        lambda mean, log_variance, free: sum(
            np.maximum(
                (np.square(mean) - log_variance + np.expm1(log_variance)).mean(axis=0) / 2, free
            )
        ),
    ],
    "generation.books": [
        _encode_by_norm,
        _encode_by_recursion,
        lambda frame, books: tuple(_encode_by_recursion(frame, list(books))),
        lambda frame, books: _encode_by_norm(frame, books).tolist(),
    ],
    "generation.harmoniser": [
        _surprise_by_torch,
        _surprise_by_product,
        lambda *arguments: float(_surprise_by_torch(*arguments)),
        lambda *arguments: np.float64(_surprise_by_product(*arguments)),
    ],
    "generation.denoise": [
        _denoise_by_formula,
        _denoise_by_pairs,
        _denoise_by_noised,
        lambda network, noise, shares: _denoise_by_pairs(network, noise, shares).clone(),
    ],
}
