"""Right answers to the exercises of the chapter large/explaining: other algorithms and writings."""

from itertools import permutations

import numpy as np
import torch
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import LinearRegression
from torch import nn
from torch.nn import functional

from audiolessons import models


def _share_by_loops(values, pieces):
    found = [0.0] * (int(pieces.max()) + 1)
    for value, piece in zip(values.ravel(), pieces.ravel(), strict=True):
        found[piece] += abs(value)
    return [one / sum(found) for one in found]


def _mask_by_loops(scores, pieces, n_kept):
    kept = set(sorted(range(len(scores)), key=lambda p: (-scores[p], p))[:n_kept])
    return [[int(piece) in kept for piece in row] for row in pieces]


def _mask_by_table(scores, pieces, n_kept):
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[np.lexsort((np.arange(len(scores)), -scores))[:n_kept]] = True
    return chosen[pieces]


def _path_by_adding(slope, x, baseline, n_steps):
    total = np.zeros_like(x)
    for step in range(n_steps):
        total = total + slope(baseline + (2 * step + 1) / (2 * n_steps) * (x - baseline))
    return (x - baseline) * total / n_steps


def _path_backwards(slope, x, baseline, n_steps):
    places = np.linspace(0.5 / n_steps, 1 - 0.5 / n_steps, n_steps)
    met = np.stack([slope(x + a * (baseline - x)) for a in places])
    return (x - baseline) * met.mean(axis=0)


def _shapley_by_orders(answer, n_pieces):
    values, orders = np.zeros(n_pieces), list(permutations(range(n_pieces)))
    for order in orders:
        kept = np.zeros(n_pieces, dtype=bool)
        for piece in order:
            before = answer(kept.copy())
            kept[piece] = True
            values[piece] += answer(kept.copy()) - before
    return values / len(orders)


def _shapley_by_package(answer, n_pieces):
    return models.shapley_values(lambda many: np.array([answer(row) for row in many]), n_pieces)


def _shapley_by_a_line(answer, n_pieces):
    if n_pieces == 1:
        return [answer(np.array([True])) - answer(np.array([False]))]
    return models.kernel_shap(lambda many: np.array([answer(row) for row in many]), n_pieces)


def _area_by_loops(answer, scores):
    kept = [True] * len(scores)
    found = [answer(kept)]
    for piece in sorted(range(len(scores)), key=lambda p: -scores[p]):
        kept[piece] = False
        found.append(answer(kept))
    return sum(found) / len(found)


def _area_by_package(answer, scores):
    return models.removal_curve(
        lambda many: np.array([answer(row) for row in many]), np.argsort(scores)[::-1]
    ).mean()


def _likeness_by_differences(before, after):
    ranks = [np.argsort(np.argsort(np.abs(one), axis=None)) for one in (before, after)]
    n = before.size
    return 1 - 6 * np.sum((ranks[0] - ranks[1]) ** 2) / (n * (n**2 - 1))


def _concept_by_hand(inside, outside, n_steps):
    rows = torch.vstack([inside, outside])
    wanted = torch.zeros(len(rows), device=rows.device)
    wanted[: len(inside)] = 1
    vector, shift = torch.zeros(rows.shape[1], device=rows.device), 0.0
    for _ in range(n_steps):
        gap = torch.sigmoid(rows @ vector + shift) - wanted
        vector, shift = vector - gap @ rows / len(rows), shift - gap.mean()
    return vector / torch.linalg.vector_norm(vector)


def _concept_by_module(inside, outside, n_steps):
    rows = torch.cat([inside, outside])
    wanted = (torch.arange(len(rows), device=rows.device) < len(inside)).float()
    line = nn.Linear(rows.shape[1], 1).to(rows.device)
    nn.init.zeros_(line.weight)
    nn.init.zeros_(line.bias)
    optimizer = torch.optim.SGD(line.parameters(), lr=1.0)
    for _ in range(n_steps):
        optimizer.zero_grad()
        functional.binary_cross_entropy_with_logits(line(rows)[:, 0], wanted).backward()
        optimizer.step()
    return functional.normalize(line.weight[0].detach(), dim=0)


def _concept_by_softmax(inside, outside, n_steps):
    """Two classes: each of two directions moves by half of what the one would."""
    rows = torch.cat([inside, outside]).double()
    signs = torch.cat([torch.ones(len(inside)), -torch.ones(len(outside))]).to(rows)
    weights = torch.zeros(rows.shape[1] + 1, device=rows.device, dtype=rows.dtype)
    rows = torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
    for _ in range(n_steps):
        pull = torch.sigmoid(-signs * (rows @ weights)) * signs
        weights = weights + (pull[:, None] * rows).mean(dim=0)
    return (weights[:-1] / weights[:-1].norm()).float()


def _weights(kept, width):
    kept = np.asarray(kept, dtype=float)
    return np.exp(-np.square((1 - np.sqrt(kept.mean(axis=1))) / width))


def _line_by_equations(kept, levels, answers, width):
    rows = np.column_stack([np.ones(len(kept)), kept])
    weighed = rows * _weights(kept, width)[:, None]
    return np.linalg.solve(weighed.T @ rows, weighed.T @ answers)[1:]


def _line_by_library(kept, levels, answers, width):
    line = LinearRegression().fit(kept, answers, sample_weight=_weights(kept, width))
    return line.coef_


RIGHT_ANSWERS = {
    "explaining.share": [
        _share_by_loops,
        lambda values, pieces: (
            np.bincount(pieces.ravel(), np.abs(values).ravel()) / np.abs(values).sum()
        ),
        lambda values, pieces: np.array(_share_by_loops(values, pieces)),
        lambda values, pieces: (
            [np.abs(values)[pieces == p].sum() / np.abs(values).sum() for p in np.unique(pieces)]
        ),
    ],
    "explaining.mask": [
        _mask_by_loops,
        _mask_by_table,
        lambda *given: np.array(_mask_by_loops(*given)),
        lambda *given: _mask_by_table(*given).copy(),
    ],
    "explaining.path": [
        _path_by_adding,
        _path_backwards,
        lambda *given: _path_by_adding(*given).tolist(),
        lambda slope, x, baseline, n: sum(
            slope(baseline + (i + 0.5) / n * (x - baseline)) * (x - baseline) / n for i in range(n)
        ),
    ],
    "explaining.shapley": [
        _shapley_by_orders,
        _shapley_by_package,
        _shapley_by_a_line,
        lambda *given: _shapley_by_orders(*given).tolist(),
    ],
    "explaining.deletion": [
        _area_by_loops,
        _area_by_package,
        lambda *given: np.float64(_area_by_loops(*given)),
        lambda *given: float(_area_by_package(*given)),
    ],
    "explaining.sanity": [
        _likeness_by_differences,
        lambda before, after: spearmanr(np.abs(before).ravel(), np.abs(after).ravel())[0],
        lambda before, after: np.corrcoef(rankdata(np.abs(before)), rankdata(np.abs(after)))[0, 1],
        lambda before, after: float(_likeness_by_differences(before, after)),
    ],
    "explaining.concept": [
        _concept_by_hand,
        _concept_by_module,
        _concept_by_softmax,
        lambda *given: _concept_by_hand(*given).clone(),
    ],
    "explaining.line": [
        _line_by_equations,
        _line_by_library,
        lambda *given: _line_by_equations(*given).tolist(),
        lambda kept, levels, answers, width: (
            models.weighted_ridge(kept, answers, _weights(kept, width), penalty=0.0).weights
        ),
    ],
}
