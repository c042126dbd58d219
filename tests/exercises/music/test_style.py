"""Right answers to the exercises of the chapter music/style: other algorithms and writings."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import torch

from audiolessons.exercises.music.style import HEARD

DANCES = list(HEARD.values())


def _weights_by_loops(pitches, durations):
    total = defaultdict(float)
    for pitch, held in zip(pitches, durations, strict=True):
        total[int(pitch) % 12] += float(held)
    return [total[k] / sum(durations) for k in range(12)]


def _weights_by_a_table(pitches, durations):
    hot = np.eye(12)[np.asarray(pitches) % 12]
    return (hot * durations[:, None]).sum(axis=0) / durations.sum()


def _weights_by_adding_at(pitches, durations):
    found = np.zeros(12)
    np.add.at(found, pitches % 12, durations)
    return found / np.sum(durations)


def _tonic_by_correlation(weights, profile):
    fits = [np.corrcoef(np.roll(profile, k), weights)[0, 1] for k in range(12)]
    return np.argmax(fits)


def _tonic_by_turning_the_weights(weights, profile):
    fits = {k: sum(np.roll(weights, -k) * profile) for k in range(12)}
    return max(fits, key=fits.get)


def _tonic_by_fourier(weights, profile):
    return np.argmax(np.fft.irfft(np.fft.rfft(weights) * np.fft.rfft(profile).conj(), 12))


def _likeness_by_loops(struck, lag):
    middle = sum(struck) / len(struck)
    own = [one - middle for one in struck]
    pairs = [own[i] * own[i - lag] for i in range(lag, len(own))]
    return sum(pairs) / len(pairs) / (sum(one * one for one in own) / len(own))


def _likeness_by_numpy(struck, lag):
    own = struck - np.mean(struck)
    whole = np.correlate(own, own, mode="full")
    return whole[len(own) - 1 + lag] / (len(own) - lag) / np.var(struck)


def _runs_by_counters(first, second, n_steps):
    found = []
    for tune in (first, second):
        steps = [int(b) - int(a) for a, b in pairwise(tune)]
        found.append(Counter(zip(*(steps[k:] for k in range(n_steps)), strict=False)))
    shared = sum(1 for run in found[0] if run in found[1])
    return shared / min(map(len, found))


def _runs_from_first_notes(first, second, n_steps):
    sets = []
    for tune in map(list, (first, second)):
        ends = range(len(tune) - n_steps)
        sets.append({tuple(p - tune[i] for p in tune[i : i + n_steps + 1]) for i in ends})
    return len(sets[0] & sets[1]) / min(len(sets[0]), len(sets[1]))


def _runs_as_text(first, second, n_steps):
    sets = []
    for tune in (first, second):
        steps = np.diff(tune)
        places = range(len(steps) - n_steps + 1)
        sets.append({" ".join(map(str, steps[i : i + n_steps])) for i in places})
    return len(sets[0].intersection(sets[1])) / min(map(len, sets))


def _leaks_by_loops(groups, is_test):
    known = {g for g, tested in zip(groups, is_test, strict=True) if not tested}
    return sum(1 for g, tested in zip(groups, is_test, strict=True) if tested and g in known)


def _sizes_by_loops(pitches, lengths):
    found = torch.zeros(len(pitches), 13, device=pitches.device)
    for row, (tune, n) in enumerate(zip(pitches, lengths, strict=True)):
        steps = tune[:n].diff().abs().clamp(max=12)
        found[row] = torch.bincount(steps, minlength=13) / max(1, len(steps))
    return found


def _sizes_by_adding(pitches, lengths):
    steps = pitches.diff(dim=1).abs().clamp(max=12)
    real = torch.arange(steps.shape[1], device=pitches.device) < lengths[:, None] - 1
    found = torch.zeros(len(pitches), 13, device=pitches.device)
    found.scatter_add_(1, steps, real.float())
    return found / found.sum(dim=1, keepdim=True)


def _sizes_by_comparing(pitches, lengths):
    steps = (pitches[:, 1:] - pitches[:, :-1]).abs().clamp(max=12)
    real = torch.arange(1, pitches.shape[1], device=pitches.device)[None] < lengths[:, None]
    columns = [((steps == size) & real).sum(dim=1) for size in range(13)]
    return torch.stack(columns, dim=1) / (lengths - 1)[:, None]


def _units_by_numpy(durations):
    values, counts = np.unique(durations, return_counts=True)
    return durations / values[counts.argmax()]


def _units_by_sorting(durations):
    durations = list(durations)
    unit = sorted(set(durations), key=lambda one: (-durations.count(one), one))[0]
    return [one / unit for one in durations]


RIGHT_ANSWERS = {
    "style.ear": [DANCES, tuple(DANCES), np.array(DANCES), [one.capitalize() for one in DANCES]],
    "style.weights": [
        _weights_by_loops,
        _weights_by_a_table,
        _weights_by_adding_at,
        lambda p, d: np.bincount(p % 12, weights=d, minlength=12) / np.sum(d),
    ],
    "style.tonic": [
        _tonic_by_correlation,
        _tonic_by_turning_the_weights,
        _tonic_by_fourier,
        lambda weights, profile: np.argmax([np.roll(profile, k) @ weights for k in range(12)]),
    ],
    "style.likeness": [
        _likeness_by_loops,
        _likeness_by_numpy,
        lambda s, lag: np.mean((s - s.mean())[lag:] * (s - s.mean())[:-lag]) / s.var(),
        lambda s, lag: np.dot(s[lag:] - s.mean(), s[:-lag] - s.mean()) / (len(s) - lag) / s.var(),
    ],
    "style.runs": [
        _runs_by_counters,
        _runs_from_first_notes,
        _runs_as_text,
        lambda a, b, n: _runs_by_counters(b, a, n),
    ],
    "style.leaks": [
        _leaks_by_loops,
        lambda groups, is_test: np.isin(groups[is_test], groups[~is_test]).sum(),
        lambda groups, is_test: int(
            (groups[is_test][:, None] == groups[~is_test][None]).any(axis=1).sum()
        ),
        lambda groups, is_test: len([g for g in groups[is_test] if g in groups[~is_test]]),
    ],
    "style.sizes": [
        _sizes_by_loops,
        _sizes_by_adding,
        _sizes_by_comparing,
        lambda pitches, lengths: _sizes_by_comparing(pitches.float(), lengths),
    ],
    "style.units": [
        _units_by_numpy,
        _units_by_sorting,
        lambda durations: np.array(_units_by_sorting(durations)),
        lambda durations: durations / min(
            Counter(durations.tolist()).items(), key=lambda one: (-one[1], one[0])
        )[0],
    ],
}  # fmt: skip
