"""Right answers to the exercises of the chapter tasks/emotion: other algorithms and writings."""

import itertools

import numpy as np
import torch
from scipy.interpolate import interp1d
from sklearn.preprocessing import StandardScaler

from audiolessons.exercises.tasks.emotion import HEARD

TONES = [int(one[-1]) for one in HEARD]


def _melody_by_loops(pitch_hz):
    known = sorted(x for x in pitch_hz if x == x)
    middle = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2
    return [12 * (np.log(x) - np.log(middle)) / np.log(2) for x in pitch_hz]


def _points_by_scipy(contour, n_points):
    known = [i for i, value in enumerate(contour) if np.isfinite(value)]
    line = interp1d(known, [contour[i] for i in known])
    return line(np.linspace(known[0], known[-1], n_points))


def _points_trimmed(contour, n_points):
    known = np.isfinite(contour)
    contour = contour[known.argmax() : len(known) - known[::-1].argmax()]
    time, known = np.arange(len(contour)), np.isfinite(contour)
    filled = np.interp(time, time[known], contour[known])
    return np.interp(np.linspace(0, len(contour) - 1, n_points), time, filled)


def _points_by_loops(contour, n_points):
    known = np.flatnonzero(~np.isnan(contour))
    found = []
    for place in known[0] + (known[-1] - known[0]) * np.arange(n_points) / (n_points - 1):
        left = known[known <= place + 1e-12][-1]
        right = known[known >= place - 1e-12][0]
        share = 0 if left == right else (place - left) / (right - left)
        found.append((1 - share) * contour[left] + share * contour[right])
    return found


def _jitter_by_loops(moments):
    periods = [b - a for a, b in itertools.pairwise(moments)]
    away = [abs(periods[i] - sum(periods[i - 1 : i + 2]) / 3) for i in range(1, len(periods) - 1)]
    return 100 * sum(away) / len(away) / (sum(periods) / len(periods))


def _jitter_by_second_differences(moments):
    periods = np.diff(moments)
    return 100 * np.abs(np.diff(periods, 2) / 3).mean() / periods.mean()


def _recall_by_loops(counts):
    shares = [row[i] / sum(row) for i, row in enumerate(counts.tolist()) if sum(row)]
    return sum(shares) / len(shares)


def _split_by_loops(speakers, sentences, speaker, sentence):
    train, test = [], []
    for row, (one, said) in enumerate(zip(speakers, sentences, strict=True)):
        if one == speaker and said == sentence:
            test.append(row)
        elif one != speaker and said != sentence:
            train.append(row)
    return train, test


def _split_by_sets(speakers, sentences, speaker, sentence):
    mine = set(np.flatnonzero(speakers == speaker))
    said = set(np.flatnonzero(sentences == sentence))
    return sorted(set(range(len(speakers))) - mine - said), sorted(mine & said)


def _steps_by_loops(contours, is_voiced):
    found = []
    for row, voiced in zip(contours.tolist(), is_voiced.tolist(), strict=True):
        moves = [
            abs(row[i + 1] - row[i]) for i in range(len(row) - 1) if voiced[i] and voiced[i + 1]
        ]
        found.append(sum(moves) / max(1, len(moves)))
    return torch.tensor(found, device=contours.device)


def _steps_by_nan(contours, is_voiced):
    moved = contours.masked_fill(~is_voiced, torch.nan).diff(dim=1).abs()
    return moved.nanmean(dim=1).nan_to_num(0.0)


def _steps_by_products(contours, is_voiced):
    both = (is_voiced[:, 1:] * is_voiced[:, :-1]).float()
    moved = (both * (contours[:, 1:] - contours[:, :-1]).abs()).sum(1)
    return moved / torch.maximum(both.sum(1), torch.ones_like(moved))


def _scaled_by_loops(table, is_test):
    found = table.copy()
    for column in range(table.shape[1]):
        known = table[~is_test, column]
        deviation = np.sqrt(np.mean((known - known.mean()) ** 2)) or 1.0
        found[:, column] = (table[:, column] - known.mean()) / deviation
    return found


def _scaled_in_place(table, is_test):
    table -= table[~is_test].mean(axis=0)
    deviation = table[~is_test].std(axis=0)
    deviation[deviation == 0] = 1
    table /= deviation
    return table


def _scaled_lists(table, is_test):
    return StandardScaler().fit(table[~is_test]).transform(table).tolist()


RIGHT_ANSWERS = {
    "emotion.ear": [TONES, tuple(TONES), np.array(TONES), [float(one) for one in TONES]],
    "emotion.melody": [
        _melody_by_loops,
        lambda pitch_hz: 12 * (np.log2(pitch_hz) - np.log2(np.nanmedian(pitch_hz))),
        lambda pitch_hz: list(12 * np.log2(pitch_hz / np.nanpercentile(pitch_hz, 50))),
        lambda pitch_hz: 12 / np.log10(2) * np.log10(pitch_hz / np.nanmedian(pitch_hz)),
    ],
    "emotion.points": [
        _points_by_scipy,
        _points_trimmed,
        _points_by_loops,
        lambda contour, n_points: list(_points_trimmed(contour, n_points)),
    ],
    "emotion.jitter": [
        _jitter_by_loops,
        _jitter_by_second_differences,
        lambda moments: np.array(_jitter_by_loops(moments)),
        lambda moments: 100 * _jitter_by_second_differences(moments) / 100,
    ],
    "emotion.recall": [
        _recall_by_loops,
        lambda counts: np.mean([row[i] / row.sum() for i, row in enumerate(counts) if row.any()]),
        lambda counts: np.nanmean(
            [row[i] / row.sum() if row.sum() else np.nan for i, row in enumerate(counts)]
        ),
        lambda counts: np.float32(_recall_by_loops(counts)),
    ],
    "emotion.split": [
        _split_by_loops,
        _split_by_sets,
        lambda *arguments: tuple(map(np.array, _split_by_loops(*arguments))),
        lambda *arguments: [rows[::-1] for rows in _split_by_sets(*arguments)],
    ],
    "emotion.steps": [
        _steps_by_loops,
        _steps_by_nan,
        _steps_by_products,
        lambda contours, is_voiced: _steps_by_nan(contours, is_voiced).double(),
    ],
    "emotion.leak": [
        lambda table, is_test: StandardScaler().fit(table[~is_test]).transform(table),
        _scaled_by_loops,
        _scaled_in_place,
        _scaled_lists,
    ],
}
