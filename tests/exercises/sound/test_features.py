"""Right answers to the exercises of the chapter sound/features: other algorithms and writings."""

import math

import numpy as np
import torch

from audiolessons import features
from audiolessons.exercises.sound.features import melody

NOTES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
FLATS = [NOTES[pitch_class] for pitch_class in melody()]


def _mel_by_halving(mel):
    """Look for the frequency whose mel it is."""
    low, high = np.zeros(np.shape(mel)), np.full(np.shape(mel), 1e5)
    for _ in range(60):
        middle = (low + high) / 2
        above = 2595 * np.log10(1 + middle / 700) > mel
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return low


def _triangle_by_cases(bins_hz, left_hz, top_hz, right_hz):
    heights = np.zeros(len(bins_hz))
    for i, hz in enumerate(bins_hz):
        if left_hz < hz <= top_hz:
            heights[i] = (hz - left_hz) / (top_hz - left_hz)
        elif top_hz < hz < right_hz:
            heights[i] = 1 - (hz - top_hz) / (right_hz - top_hz)
    return heights


def _triangle_in_place(bins_hz, left_hz, top_hz, right_hz):
    bins_hz -= top_hz
    bins_hz /= np.where(bins_hz < 0, left_hz - top_hz, right_hz - top_hz)
    return np.clip(1 - bins_hz, 0, None).astype(np.float32)


def _cepstrum_by_sums(mel_energy, n_mfcc):
    level_db = [[10 * math.log10(max(e, 1e-10)) for e in row] for row in mel_energy]
    n = len(level_db)
    return [
        [
            sum(math.cos(math.pi * q * (j + 0.5) / n) * level_db[j][m] for j in range(n))
            * math.sqrt((1 if q == 0 else 2) / n)
            for m in range(len(level_db[0]))
        ]
        for q in range(n_mfcc)
    ]


def _cepstrum_in_place(mel_energy, n_mfcc):
    mel_energy[mel_energy < 1e-10] = 1e-10
    np.log10(mel_energy, out=mel_energy)
    return features.dct_matrix(n_mfcc, len(mel_energy)) @ mel_energy * 10


def _cepstrum_in_single(mel_energy, n_mfcc):
    level_db = 10 * np.log10(np.maximum(mel_energy.astype(np.float32), np.float32(1e-10)))
    return features.dct_matrix(n_mfcc, len(mel_energy)).astype(np.float32) @ level_db


def _cepstrum_by_torch(mel_energy, n_mfcc):
    level_db = 10 * torch.log10(torch.clamp(torch.from_numpy(mel_energy), min=1e-10))
    matrix = torch.from_numpy(features.dct_matrix(n_mfcc, len(mel_energy)))
    return torch.einsum("qj,jn->qn", matrix, level_db)


def _period_by_views(x, max_lag):
    width = len(x) - max_lag
    d = np.square(np.lib.stride_tricks.sliding_window_view(x, width) - x[:width]).mean(axis=1)
    return np.r_[1, [d[lag] / d[1 : lag + 1].mean() for lag in range(1, max_lag + 1)]]


def _period_by_energies(x, max_lag):
    width = len(x) - max_lag
    products = np.correlate(x, x[:width], mode="valid")
    energies = np.convolve(x**2, np.ones(width), mode="valid")
    d = energies[0] + energies - 2 * products
    d[0] = 1
    d[1:] *= np.arange(1, max_lag + 1) / np.cumsum(d[1:])
    return d


def _period_by_loops(x, max_lag):
    found, total = [1], 0
    for lag in range(1, max_lag + 1):
        d = 0
        for n in range(len(x) - max_lag):
            d += (x[n + lag] - x[n]) ** 2
        total += d
        found.append(d * lag / total)
    return found


def _period_in_single(x, max_lag):
    x = x.astype(np.float32)
    return np.float32(_period_by_loops(x, max_lag))


def _interval_by_roots(n_correct, n_test):
    """The shares p whose distance to what was seen is z of their own deviations."""
    p, z = n_correct / n_test, 1.96
    square = z**2 / n_test
    return np.sort(np.roots([1 + square, -(2 * p + square), p**2]).real)


def _interval_of_counts(n_correct, n_test):
    n_wrong, z = n_test - n_correct, 1.96
    root = z * math.sqrt(n_correct * n_wrong / n_test + z**2 / 4)
    return [(n_correct + z**2 / 2 + sign * root) / (n_test + z**2) for sign in (-1, 1)]


def _split_in_place(rows, recording, test_recordings):
    is_test = np.isin(recording, test_recordings)
    rows -= rows[~is_test].mean(axis=0)
    rows /= rows[~is_test].std(axis=0)
    return [rows[~is_test], rows[is_test]]


def _split_by_lists(rows, recording, test_recordings):
    held_out = set(test_recordings.tolist())
    train = [
        row for row, name in zip(rows.tolist(), recording, strict=True) if name not in held_out
    ]
    test = [row for row, name in zip(rows.tolist(), recording, strict=True) if name in held_out]
    columns = list(zip(*train, strict=True))
    means = [sum(column) / len(column) for column in columns]
    deviations = [
        math.sqrt(sum((v - mean) ** 2 for v in column) / len(column))
        for column, mean in zip(columns, means, strict=True)
    ]
    return tuple(
        [[(v - m) / s for v, m, s in zip(row, means, deviations, strict=True)] for row in side]
        for side in (train, test)
    )


def _split_by_scikit_learn(rows, recording, test_recordings):
    from sklearn.preprocessing import StandardScaler

    is_test = np.isin(recording, test_recordings)
    scaler = StandardScaler().fit(rows[~is_test])
    return scaler.transform(rows[~is_test]), scaler.transform(rows[is_test])


def _split_by_torch(rows, recording, test_recordings):
    rows, is_test = torch.from_numpy(rows).float(), np.isin(recording, test_recordings)
    deviation, mean = torch.std_mean(rows[~is_test], dim=0, correction=0)
    return (rows[~is_test] - mean) / deviation, (rows[is_test] - mean) / deviation


RIGHT_ANSWERS = {
    "features.mel": [
        _mel_by_halving,
        lambda mel: 700 * np.expm1(np.asarray(mel) / 1127),
        lambda mel: 700 * 10 ** (mel / 2595) - 700,
        lambda mel: np.float32(700) * (np.power(np.float32(10), np.float32(mel) / 2595) - 1),
        lambda mel: torch.as_tensor(700 * (10 ** (np.asarray(mel) / 2595) - 1)),
    ],
    "features.notes": [
        FLATS,
        " ".join(FLATS),
        "a#, e, c#, d#, a",
        "A♯4 E5 C♯4 D♯5 A4",
        ("A#", "E", "C#", "E♭", "A"),
    ],
    "features.triangle": [
        lambda bins_hz, *corners_hz: np.interp(bins_hz, corners_hz, [0, 1, 0]).tolist(),
        _triangle_by_cases,
        _triangle_in_place,
        lambda bins_hz, left_hz, top_hz, right_hz: np.maximum(
            0,
            np.minimum(
                (bins_hz - left_hz) / (top_hz - left_hz), (right_hz - bins_hz) / (right_hz - top_hz)
            ),
        ),
    ],
    "features.cepstrum": [
        _cepstrum_by_sums,
        _cepstrum_in_place,
        _cepstrum_in_single,
        _cepstrum_by_torch,
    ],
    "features.period": [
        _period_by_views,
        _period_by_energies,
        _period_by_loops,
        _period_in_single,
    ],
    "features.interval": [
        _interval_by_roots,
        _interval_of_counts,
        lambda n_correct, n_test: [round(end, 3) for end in _interval_of_counts(n_correct, n_test)],
        lambda n_correct, n_test: np.float32(np.clip(_interval_by_roots(n_correct, n_test), 0, 1)),
    ],
    "features.repair": [_split_in_place, _split_by_lists, _split_by_scikit_learn, _split_by_torch],
    "features.channel": [
        lambda cepstra: cepstra - np.median(cepstra, axis=-1, keepdims=True),
        lambda cepstra: cepstra - cepstra[..., :1],
        lambda cepstra: cepstra - cepstra.max(-1, keepdims=True),
        lambda cepstra: (cepstra - np.float32(cepstra.mean(axis=-1, keepdims=True))).tolist(),
        lambda cepstra: (
            torch.from_numpy(cepstra) - torch.from_numpy(cepstra).mean(-1, keepdim=True)
        ),
    ],
}
