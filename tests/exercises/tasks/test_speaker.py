"""Right answers to the exercises of the chapter tasks/speaker: other algorithms and writings."""

import numpy as np
import torch
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize
from torch.nn import functional

from audiolessons.exercises.tasks.speaker import cases_shown

TRUTH = ["one" if first[:5] == second[:5] else "two" for first, second in cases_shown()]


def _enrol_by_loops(enrolled, tested):
    total = sum(row / np.sqrt(row @ row) for row in enrolled)
    return [row @ total / np.sqrt((row @ row) * (total @ total)) for row in tested]


def _enrol_in_place(enrolled, tested):
    enrolled /= np.linalg.norm(enrolled, axis=1)[:, None]
    tested /= np.linalg.norm(tested, axis=1)[:, None]
    print_ = enrolled.sum(axis=0)
    return tested.dot(print_ / np.linalg.norm(print_))


def _rates_by_counting(scores, same, threshold):
    misses = alarms = 0
    for score, is_same in zip(scores, same, strict=True):
        misses += bool(is_same) and score < threshold
        alarms += (not is_same) and score >= threshold
    return [misses / sum(same), alarms / (len(same) - sum(same))]


def _threshold_by_sorting(scores, same, prior, cost_miss, cost_false_alarm):
    """Walk down from the highest score and keep the running cost."""
    miss, alarm = prior * cost_miss / same.sum(), (1 - prior) * cost_false_alarm / (~same).sum()
    best, least, cost = np.inf, miss * same.sum(), miss * same.sum()
    for score in sorted(set(scores.tolist()), reverse=True):
        here = scores == score
        cost += alarm * (here & ~same).sum() - miss * (here & same).sum()
        if cost < least - 1e-12:
            best, least = score, cost
    return best


def _threshold_from_below(scores, same, prior, cost_miss, cost_false_alarm):
    tried = [*sorted(set(scores)), float("inf")]
    costs = [
        prior * cost_miss * np.mean(scores[same] < t)
        + (1 - prior) * cost_false_alarm * np.mean(scores[~same] >= t)
        for t in tried
    ]
    return max(t for t, c in zip(tried, costs, strict=True) if c < min(costs) + 1e-12)


def _threshold_table(scores, same, prior, cost_miss, cost_false_alarm):
    tried = np.append(np.sort(scores), np.inf)[::-1]
    accepted = scores[None] >= tried[:, None]
    cost = prior * cost_miss * (~accepted)[:, same].mean(axis=1)
    cost = cost + (1 - prior) * cost_false_alarm * accepted[:, ~same].mean(axis=1)
    return tried[np.argmax(cost <= cost.min() + 1e-12)]


def _pool_by_loops(x, scores, is_sound):
    rows = []
    for sound, score, mask in zip(x, scores, is_sound, strict=True):
        weights, inside = functional.softmax(score[mask], dim=0), sound[:, mask]
        mean = inside @ weights
        rows.append(torch.cat([mean, ((inside - mean[:, None]) ** 2 @ weights) ** 0.5]))
    return torch.stack(rows)


def _pool_of_exponentials(x, scores, is_sound):
    weights = torch.exp(scores) * is_sound
    weights = weights / weights.sum(dim=1, keepdim=True)
    mean = torch.einsum("bcn,bn->bc", x, weights)
    variance = torch.einsum("bcn,bn->bc", x**2, weights) - mean**2
    return torch.hstack([mean, variance.clamp(min=0).sqrt()])


def _pool_in_numpy(x, scores, is_sound):
    x, scores, is_sound = x.numpy(), scores.numpy(), is_sound.numpy()
    weights = np.where(is_sound, np.exp(scores), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (x * weights[:, None]).sum(axis=2)
    deviation = np.sqrt(((x - mean[..., None]) ** 2 * weights[:, None]).sum(axis=2))
    return np.concatenate([mean, deviation], axis=1)


def _margin_by_addition(cosines, target, margin, scale):
    """cos(a + m) = cos a cos m - sin a sin m, without an angle."""
    logits = scale * cosines
    rows = torch.arange(len(target))
    own = cosines[rows, target]
    harder = own * np.cos(margin) - torch.sqrt(1 - own**2) * np.sin(margin)
    logits[rows, target] = scale * harder
    return logits


def _margin_by_loops(cosines, target, margin, scale):
    rows = []
    for row, number in zip(cosines.tolist(), target.tolist(), strict=True):
        row[number] = np.cos(np.arccos(row[number]) + margin)
        rows.append([scale * one for one in row])
    return rows


def _directions_by_hand(vectors, target, n_speakers, n_steps):
    """The gradient of cross-entropy, written out."""
    directions = vectors.new_zeros(n_speakers, vectors.shape[1])
    wanted = functional.one_hot(target, n_speakers).to(vectors)
    for _ in range(n_steps):
        chances = (vectors @ directions.T).softmax(dim=1)
        directions -= (chances - wanted).T @ vectors / len(vectors)
    return directions


def _directions_by_sgd(vectors, target, n_speakers, n_steps):
    layer = torch.nn.Linear(vectors.shape[1], n_speakers, bias=False).to(vectors.device)
    torch.nn.init.zeros_(layer.weight)
    descent = torch.optim.SGD(layer.parameters(), lr=1.0)
    for _ in range(n_steps):
        descent.zero_grad()
        functional.cross_entropy(layer(vectors), target).backward()
        descent.step()
    return layer.weight.detach()


def _directions_by_grad(vectors, target, n_speakers, n_steps):
    found = torch.zeros(n_speakers, vectors.shape[1], device=vectors.device, requires_grad=True)
    for _ in range(n_steps):
        chances = functional.log_softmax(vectors @ found.T, dim=1)
        loss = -chances[torch.arange(len(target)), target].mean()
        [slope] = torch.autograd.grad(loss, found)
        found = (found - slope).detach().requires_grad_()
    return found.detach()


def _equal_by_sorting(distances, same):
    order = np.argsort(distances)
    least, misses, alarms = 1.0, 1.0, 0.0
    for place, here in enumerate(order):
        misses -= same[here] / same.sum()
        alarms += (not same[here]) / (~same).sum()
        is_last = place + 1 == len(order) or distances[order[place + 1]] > distances[here]
        if is_last:
            least = min(least, max(misses, alarms))
    return least


def _equal_by_similarity(distances, same):
    scores = -distances
    thresholds = [np.inf, *scores]
    return min(max(np.mean(scores[same] < t), np.mean(scores[~same] >= t)) for t in thresholds)


RIGHT_ANSWERS = {
    "speaker.ear": [
        TRUTH,
        tuple(TRUTH),
        ", ".join(TRUTH),
        [word.upper() for word in TRUTH],
    ],
    "speaker.enrol": [
        _enrol_by_loops,
        _enrol_in_place,
        lambda enrolled, tested: cosine_similarity(
            tested, normalize(enrolled).mean(axis=0, keepdims=True)
        )[:, 0],
        lambda enrolled, tested: (
            normalize(tested) @ normalize(normalize(enrolled).sum(axis=0)[None])[0]
        ),
    ],
    "speaker.rates": [
        _rates_by_counting,
        lambda scores, same, threshold: np.array(
            [np.mean(scores[same] < threshold), np.mean(scores[~same] >= threshold)]
        ),
        lambda scores, same, threshold: (
            1 - np.mean(scores[same] >= threshold),
            1 - np.mean(scores[~same] < threshold),
        ),
        lambda scores, same, threshold: (
            float(np.count_nonzero(same & (scores < threshold)) / np.count_nonzero(same)),
            float(np.count_nonzero(~same & (scores >= threshold)) / np.count_nonzero(~same)),
        ),
    ],
    "speaker.threshold": [
        _threshold_by_sorting,
        _threshold_from_below,
        _threshold_table,
        lambda *given: np.float64(_threshold_by_sorting(*given)),
    ],
    "speaker.pooling": [
        _pool_by_loops,
        _pool_of_exponentials,
        _pool_in_numpy,
        lambda *given: _pool_by_loops(*given).float(),
    ],
    "speaker.margin": [
        _margin_by_addition,
        _margin_by_loops,
        lambda cosines, target, margin, scale: (
            scale
            * cosines.scatter(
                1,
                target[:, None],
                (cosines.gather(1, target[:, None]).arccos() + margin).cos(),
            )
        ),
        lambda *given: _margin_by_addition(*given).numpy(),
    ],
    "speaker.directions": [
        _directions_by_hand,
        _directions_by_sgd,
        _directions_by_grad,
        lambda *given: _directions_by_hand(*given).clone(),
    ],
    "speaker.turned": [
        _equal_by_sorting,
        _equal_by_similarity,
        lambda distances, same: float(_equal_by_similarity(distances, same)),
        lambda distances, same: np.float32(_equal_by_sorting(distances, same)),
    ],
}
