"""Right answers to the exercises of learning/evaluation: other algorithms, other writings."""

import random as pythons
from collections import defaultdict
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import scipy.stats
import torch
from torch.nn import functional

from audiolessons import exercises
from audiolessons.exercises.learning.evaluation import snrs_played


def _f1_of_counts(hits, false_alarms, missed):
    said, were = hits + false_alarms, hits + missed
    precision, recall = hits / max(said, 1), hits / max(were, 1)
    return [precision, recall, 2 * hits / max(said + were, 1)]


def _in_fractions(hits, false_alarms, missed):
    shares = [Fraction(hits, n) if n else 0 for n in (hits + false_alarms, hits + missed)]
    return (*map(float, shares), float(2 / sum(1 / s for s in shares)) if all(shares) else 0)


def _counts_by_nan(hits, false_alarms, missed):
    of = np.array([hits + false_alarms, hits + missed, hits + (false_alarms + missed) / 2])
    return np.nan_to_num(hits / of)


def _counts_with_errors(hits, false_alarms, missed):
    try:
        precision, recall = hits / (hits + false_alarms), hits / (hits + missed)
        return torch.tensor([precision, recall, 2 / (1 / precision + 1 / recall)])
    except ZeroDivisionError:
        return torch.zeros(3)


def _needed_by_search(share, half_width):
    n = 1
    while 1.96 * np.sqrt(share * (1 - share) / n) > half_width:
        n += 1
    return n


def _auc_by_ranks(truth, scores):
    ranks, n = scipy.stats.rankdata(scores)[truth == 1], (truth == 1).sum()
    return (ranks.sum() - n * (n + 1) / 2) / (n * (len(truth) - n))


def _auc_by_loops(truth, scores):
    both = list(zip(scores, truth, strict=True))
    pairs = [(p, n) for p, is_p in both for n, is_n in both if is_p > is_n]
    return sum(1 if p > n else 0.5 if p == n else 0 for p, n in pairs) / len(pairs)


def _auc_by_sorting(truth, scores):
    negatives = np.sort(scores[truth < 1])
    sides = [np.searchsorted(negatives, scores[truth > 0], side) for side in ("left", "right")]
    return np.mean(sides) / len(negatives)


def _gain_by_counting(first, second, n_draws, random):
    """How often each sound is drawn stands for which ones are drawn."""
    n = len(first)
    times = random.multinomial(n, [1 / n] * n, size=n_draws)
    gains = np.sort(times @ (np.asarray(second) - first)) / n
    return np.percentile(gains, [2.5, 97.5], method="nearest")


def _gain_in_a_loop(first, second, n_draws, random):
    gains = []
    for _ in range(n_draws):
        rows = random.choice(len(first), size=len(first))
        gains.append(sum(second[rows]) / len(rows) - sum(first[rows]) / len(rows))
    return tuple(np.percentile(gains, q) for q in (2.5, 97.5))


def _gain_of_pythons_numbers(first, second, n_draws, random):
    draw, differs = pythons.Random(int(random.integers(10**9))), (second - first).tolist()
    gains = sorted(sum(draw.choices(differs, k=len(differs))) for _ in range(n_draws))
    cut = int(0.025 * n_draws)
    return [gains[cut] / len(first), gains[n_draws - 1 - cut] / len(first)]


def _gain_by_random_numbers(first, second, n_draws, random):
    rows = np.floor(random.random((n_draws, len(first))) * len(first)).astype(int)
    gains = torch.as_tensor(second - first)[torch.as_tensor(rows)].double().mean(dim=1)
    return torch.quantile(gains, torch.tensor([0.025, 0.975], dtype=torch.float64))


def _folds_by_size(speaker, n_folds):
    """The largest voice goes into the emptiest fold."""
    filled, fold = [0] * n_folds, {}
    voices, counts = np.unique(speaker, return_counts=True)
    for i in np.argsort(-counts):
        emptiest = int(np.argmin(filled))
        fold[voices[i]] = emptiest
        filled[emptiest] += counts[i]
    return np.array([fold[voice] for voice in speaker])


def _folds_as_they_come(speaker, n_folds):
    number = defaultdict(lambda: len(number) % n_folds)
    return [number[voice] for voice in speaker.tolist()]


def _folds_drawn(speaker, n_folds):
    voices = np.random.permutation(sorted(set(speaker)))  # noqa: NPY002
    return sum((i % n_folds) * (speaker == voice) for i, voice in enumerate(voices)) * 1.0


def _gap_by_digitize(confidence, right, n_bins):
    which = np.digitize(confidence, np.arange(1, n_bins) / n_bins, right=True)
    sums = np.bincount(which, right - confidence, n_bins)
    return np.abs(sums).sum() / len(right)


def _gap_by_borders(confidence, right, n_bins):
    total = 0
    for b in range(n_bins):
        rows = [i for i, c in enumerate(confidence) if b / n_bins < c <= (b + 1) / n_bins]
        total += abs(sum(right[i] - confidence[i] for i in rows)) / len(confidence)
    return total


def _gap_by_dictionary(confidence, right, n_bins):
    gaps = defaultdict(float)
    for c, r in zip(confidence, right, strict=True):
        gaps[int(np.ceil(c * n_bins))] += r - c
    return torch.tensor([abs(gap) for gap in gaps.values()]).sum() / len(right)


def _gap_with_empty_bins(confidence, right, n_bins):
    inside = np.ceil(confidence * n_bins) - 1 == np.arange(n_bins)[:, None]
    n = np.maximum(inside.sum(axis=1), 1)
    gap = np.abs((inside * right).sum(axis=1) / n - (inside * confidence).sum(axis=1) / n)
    return np.average(gap, weights=inside.sum(axis=1))


def _step_by_backward(model, audio, wanted, epsilon):
    x = audio.clone().requires_grad_(True)
    functional.cross_entropy(model(x), wanted, reduction="sum").backward()
    model.zero_grad()
    with torch.no_grad():
        return torch.where(x.grad > 0, x - epsilon, x + epsilon)


def _step_on_the_change(model, audio, wanted, epsilon):
    change = torch.zeros_like(audio, requires_grad=True)
    probability = model(audio + change).softmax(dim=1).gather(1, wanted[:, None])
    (gradient,) = torch.autograd.grad(probability.log().mean(), change)
    return audio + epsilon * gradient.sign()


def _step_by_torch_func(model, audio, wanted, epsilon):
    def loss(x):
        return functional.nll_loss(functional.log_softmax(model(x), dim=1), wanted)

    return (audio - epsilon * torch.func.grad(loss)(audio).sign()).detach().cpu().numpy()


def _step_sound_by_sound(model, audio, wanted, epsilon):
    moved = []
    for one, label in zip(audio, wanted, strict=True):
        x = one[None].detach().requires_grad_()
        loss = torch.logsumexp(model(x), dim=1) - model(x)[0, label]
        moved.append((x - epsilon * torch.autograd.grad(loss.sum(), x)[0].sign()).detach())
    return torch.cat(moved)


def _study_that_learns_once_more(sounds, labels, parts, settings, augment, score):
    """Once the setting is chosen, validation has nothing left to judge: learn from it as well."""
    train, valid, test = parts
    more = augment(sounds[train], labels[train])
    best = max(settings, key=lambda one: score(*more, sounds[valid], labels[valid], one))
    both = np.append(train, valid)
    return best, score(*augment(sounds[both], labels[both]), sounds[test], labels[test], best)


def _study_with_plain_validation_sounds(sounds, labels, parts, settings, augment, score):
    (train, valid, test), best, highest = parts, None, -1
    x, y = augment(sounds[train], labels[train])
    for one in reversed(settings):
        share = score(x, y, sounds[valid], labels[valid], one)
        if share > highest:
            best, highest = one, share
    x, y = np.concatenate([x, sounds[valid]]), np.concatenate([y, labels[valid]])
    return [best, score(x, y, sounds[test], labels[test], best)]


def _study_with_a_dictionary(sounds, labels, parts, settings, augment, score):
    (x, y), (x_valid, y_valid), (x_test, y_test) = ((sounds[p], labels[p]) for p in parts)
    x, y = augment(x, y)
    shares = {score(x, y, x_valid, y_valid, setting): setting for setting in settings}
    return shares[max(shares)], score(x, y, x_test, y_test, shares[max(shares)])


def _study_that_shuffles(sounds, labels, parts, settings, augment, score):
    train, valid, test = (sorted(part.tolist()) for part in parts)
    x, y = augment(sounds[train], labels[train])
    order = np.random.default_rng(0).permutation(len(x))
    asked = [score(x[order], y[order], sounds[valid], labels[valid], one) for one in settings]
    best = settings[asked.index(max(asked))]
    return np.array([best, score(x[order], y[order], sounds[test], labels[test], best)])


ORDER = "".join(sorted(snrs_played(), key=lambda letter: -snrs_played()[letter]))

RIGHT_ANSWERS = {
    "evaluation.counts": [_f1_of_counts, _in_fractions, _counts_by_nan, _counts_with_errors],
    "evaluation.order": [ORDER, ORDER.lower(), list(ORDER), ", ".join(ORDER)],
    "evaluation.needed": [
        _needed_by_search,
        lambda p, h: -int(-(1.96**2) * p * (1 - p) / h**2 // 1),
        lambda p, h: np.ceil((1.96 / h) ** 2 * (p - p * p)),
        lambda p, h: int((NormalDist().inv_cdf(0.975) * np.sqrt(p * (1 - p)) / h) ** 2) + 1,
    ],
    "evaluation.auc": [
        _auc_by_ranks,
        _auc_by_loops,
        _auc_by_sorting,
        lambda t, s: 0.5 + 0.5 * np.sign(s[t == 1][:, None] - s[t == 0]).mean(),
        lambda t, s: torch.tensor(np.heaviside(np.subtract.outer(s[t > 0], s[t < 1]), 0.5)).mean(),
    ],
    "evaluation.bootstrap": [
        _gain_by_counting,
        _gain_in_a_loop,
        _gain_of_pythons_numbers,
        _gain_by_random_numbers,
    ],
    "evaluation.groups": [
        _folds_by_size,
        _folds_as_they_come,
        _folds_drawn,
        lambda speaker, n_folds: np.minimum(
            np.unique(speaker, return_inverse=True)[1], n_folds - 1
        ),
    ],
    "evaluation.calibration": [
        _gap_by_digitize,
        _gap_by_borders,
        _gap_by_dictionary,
        _gap_with_empty_bins,
    ],
    "evaluation.attack": [
        _step_by_backward,
        _step_on_the_change,
        _step_by_torch_func,
        _step_sound_by_sound,
    ],
    "evaluation.repair": [
        _study_that_learns_once_more,
        _study_with_plain_validation_sounds,
        _study_with_a_dictionary,
        _study_that_shuffles,
    ],
}


def test_the_attack_says_where_it_ran():
    report = exercises.check("evaluation.attack", _step_by_backward)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda
