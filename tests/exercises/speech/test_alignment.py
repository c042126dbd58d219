"""Right answers to the exercises of the chapter speech/alignment: other algorithms and writings."""

import itertools
from functools import cache

import numpy as np
import torch
from scipy.special import logsumexp, softmax


def _pace_by_weights(features, path):
    path = np.asarray(path)
    weights = np.zeros((path[-1, 0] + 1, path[-1, 1] + 1))
    weights[path[:, 0], path[:, 1]] = 1
    return np.asarray(features) @ (weights / weights.sum(axis=0))


def _pace_by_lists(features, path):
    features = np.asarray(features)
    beside = {}
    for i, j in path:
        beside.setdefault(int(j), []).append(int(i))
    return np.column_stack([np.mean(features[:, beside[j]], axis=1) for j in sorted(beside)])


def _steep_by_asking(costs):
    """From the end, each cell asks those before it."""
    costs = np.asarray(costs, dtype=float)

    @cache
    def ask(i, j):
        if i == j == 0:
            return costs[0, 0]
        if i < 1 or j < 1:
            return np.inf
        return costs[i, j] + min(ask(i - 1, j - 1), ask(i - 1, j - 2), ask(i - 2, j - 1))

    return ask(costs.shape[0] - 1, costs.shape[1] - 1)


def _steep_by_border(costs):
    costs = np.asarray(costs, dtype=float)
    n, m = costs.shape
    total = np.full((n + 2, m + 2), np.inf)
    total[2, 2] = costs[0, 0]
    for i, j in itertools.product(range(n), range(m)):
        if i or j:
            before = min(total[i + 1, j + 1], total[i + 1, j], total[i, j + 1])
            total[i + 2, j + 2] = before + costs[i, j]
    return total[-1, -1]


def _chain_by_matrix(log_emissions, stay):
    emissions, stay = np.asarray(log_emissions, float), np.asarray(stay, float)
    n_states, n_frames = emissions.shape
    table = np.diag(stay) + np.diag(1 - stay[:-1], k=1)
    chances, scale = np.eye(n_states)[0], 0.0
    for n in range(n_frames):
        if n:
            chances = chances @ table
        shift = emissions[:, n].max()
        chances = chances * np.exp(emissions[:, n] - shift)
        scale += shift + np.log(chances.sum())
        chances = chances / chances.sum()
    return np.log(chances[-1] * (1 - stay[-1])) + scale


def _chain_by_ways(log_emissions, stay):
    """Every way, one by one: where each state but the first begins."""
    emissions, stay = np.asarray(log_emissions, float), np.asarray(stay, float)
    n_states, n_frames = emissions.shape
    ways = []
    for begins in itertools.combinations(range(1, n_frames), n_states - 1):
        lengths = np.diff([0, *begins, n_frames])
        states = np.repeat(np.arange(n_states), lengths)
        chance = emissions[states, np.arange(n_frames)].sum()
        ways.append(chance + ((lengths - 1) * np.log(stay) + np.log(1 - stay)).sum())
    return logsumexp(ways)


def _means_joined(sequences, posteriors):
    frames, weights = np.concatenate(sequences, axis=1), np.concatenate(posteriors, axis=1)
    return (weights @ frames.T) / weights.sum(axis=1, keepdims=True)


def _means_by_frame(sequences, posteriors):
    sums = counts = 0
    for features, weights in zip(sequences, posteriors, strict=True):
        for frame, weight in zip(features.T, weights.T, strict=True):
            sums = sums + np.outer(weight, frame)
            counts = counts + weight
    return sums / counts[:, None]


def _best_by_loop(log_emissions, log_start, log_transitions):
    best = []
    for said in log_emissions:
        score = log_start + said[:, 0]
        for n in range(1, said.shape[1]):
            score = torch.max(score[:, None] + log_transitions, dim=0).values + said[:, n]
        best.append(score.max())
    return torch.stack(best)


def _best_from_the_end(log_emissions, log_start, log_transitions):
    left = torch.zeros_like(log_emissions[:, :, 0])
    for n in range(log_emissions.shape[2] - 1, 0, -1):
        after = left + log_emissions[:, :, n]
        left = (log_transitions[None] + after[:, None, :]).amax(dim=2)
    return (log_start + log_emissions[:, :, 0] + left).amax(dim=1)


RIGHT_ANSWERS = {
    "alignment.pace": [
        _pace_by_weights,
        _pace_by_lists,
        lambda features, path: _pace_by_lists(np.array(features), list(path)),
        lambda features, path: _pace_by_weights(features, path).tolist(),
    ],
    "alignment.duration": [
        lambda stay, n: stay ** (n - 1) - stay**n,
        lambda stay, n: np.prod([stay] * (n - 1)) * (1 - stay),
        lambda stay, n: (1 - stay) * pow(stay, n - 1),
        lambda stay, n: (1 - stay**n) - (1 - stay ** (n - 1)),
    ],
    "alignment.steep": [
        _steep_by_asking,
        _steep_by_border,
        lambda costs: float(_steep_by_border(np.array(costs))),
        lambda costs: _steep_by_border(np.transpose(costs)),
    ],
    "alignment.log_mean": [
        lambda values: logsumexp(values) - np.log(len(values)),
        lambda values: np.logaddexp.reduce(values) - np.log(len(values)),
        lambda values: logsumexp(values, b=1 / len(values)),
        lambda values: np.max(values) + np.log(np.mean(np.exp(values - np.max(values)))),
    ],
    "alignment.chain": [
        _chain_by_matrix,
        _chain_by_ways,
        lambda said, stay: _chain_by_matrix(np.array(said), list(stay)),
        lambda said, stay: float(_chain_by_ways(said, stay)),
    ],
    "alignment.frames": [
        lambda alpha, beta: softmax(alpha + beta, axis=0).sum(axis=1),
        lambda alpha, beta: np.exp(alpha + beta - logsumexp(alpha[:, -1] + beta[:, -1])).sum(1),
        lambda alpha, beta: np.sum(softmax(np.add(alpha, beta), axis=0), axis=-1),
        lambda alpha, beta: softmax((alpha + beta).T, axis=1).sum(axis=0),
    ],
    "alignment.means": [
        _means_joined,
        _means_by_frame,
        lambda sequences, posteriors: _means_joined(sequences[::-1], posteriors[::-1]),
        lambda sequences, posteriors: _means_joined(list(sequences), list(posteriors)).copy(),
    ],
    "alignment.batch": [
        _best_by_loop,
        _best_from_the_end,
        lambda said, start, change: _best_by_loop(said, start, change).clone(),
        lambda said, start, change: _best_from_the_end(said, start[None], change),
    ],
}
