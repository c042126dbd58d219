"""Wrong answers to the exercises of the chapter sound/features, and the message for each."""

import numpy as np
import pytest

from audiolessons import exercises, features


def _triangle(left, top, right, bins_hz):
    rising = (bins_hz - left) / (top - left)
    falling = (right - bins_hz) / (right - top)
    return rising, falling


def _triangles(combine):
    def one_triangle(bins_hz, left_hz, top_hz, right_hz):
        return combine(*_triangle(left_hz, top_hz, right_hz, bins_hz))

    return one_triangle


def _right_triangle(bins_hz, left_hz, top_hz, right_hz):
    rising, falling = _triangle(left_hz, top_hz, right_hz, bins_hz)
    return np.maximum(0, np.minimum(rising, falling))


def _area_one(bins_hz, left_hz, top_hz, right_hz):
    return _right_triangle(bins_hz, left_hz, top_hz, right_hz) * 2 / (right_hz - left_hz)


def _same_slope(bins_hz, left_hz, top_hz, right_hz):
    return np.maximum(0, 1 - np.abs(bins_hz - top_hz) / (top_hz - left_hz))


def _top_in_the_middle(bins_hz, left_hz, top_hz, right_hz):
    middle, half = (left_hz + right_hz) / 2, (right_hz - left_hz) / 2
    return np.maximum(0, 1 - np.abs(bins_hz - middle) / half)


def _open_at_the_top(bins_hz, left_hz, top_hz, right_hz):
    return np.where(bins_hz == top_hz, 0, _right_triangle(bins_hz, left_hz, top_hz, right_hz))


def _level_db(energy):
    return 10 * np.log10(np.maximum(energy, 1e-10))


def _cepstrum(level):
    def cepstrum_of(mel_energy, n_mfcc):
        return features.dct_matrix(n_mfcc, len(mel_energy)) @ level(mel_energy)

    return cepstrum_of


def _scipy_dct(mel_energy, n_mfcc):
    from scipy.fft import dct

    return dct(_level_db(mel_energy), axis=0)[:n_mfcc]


def _all_coefficients(mel_energy, n_mfcc):
    return features.dct(_level_db(mel_energy))


def _over_time(mel_energy, n_mfcc):
    from scipy.fft import dct

    return dct(_level_db(mel_energy), norm="ortho")[:, :n_mfcc]


def _without_the_first(mel_energy, n_mfcc):
    return features.dct(_level_db(mel_energy))[1 : n_mfcc + 1]


def _no_floor(mel_energy, n_mfcc):
    with np.errstate(divide="ignore", invalid="ignore"):
        return features.dct_matrix(n_mfcc, len(mel_energy)) @ (10 * np.log10(mel_energy))


def _normalized(mean, *, first=1.0, shrinking=False):
    """d' with another mean, another start, or fewer samples at longer lags."""

    def unlikeness(x, max_lag):
        width = len(x) - max_lag
        lags = np.arange(max_lag + 1)
        if shrinking:
            d = np.array([np.sum((x[: len(x) - lag] - x[lag:]) ** 2) for lag in lags])
        else:
            d = np.array([np.sum((x[:width] - x[lag : lag + width]) ** 2) for lag in lags])
        return np.concatenate([[first], d[1:] / mean(d, lags)[-max_lag:]])

    return unlikeness


def _mean_so_far(d, lags):
    return np.cumsum(d[1:]) / lags[1:]


def _measured(distance):
    """d' with d measured in another way."""

    def unlikeness(x, max_lag):
        d = np.array([distance(x, lag, len(x) - max_lag) for lag in range(1, max_lag + 1)])
        return np.concatenate([[1], d / (np.cumsum(d) / np.arange(1, max_lag + 1))])

    return unlikeness


def _short(x, max_lag):
    return _normalized(_mean_so_far)(x, max_lag)[1:]


def _nothing_at_lag_zero(x, max_lag):
    return np.concatenate([[np.nan], _short(x, max_lag)])


def _wilson(n_correct, n_test, *, z=1.96, root=np.sqrt, around_share=False):
    p = n_correct / n_test
    below = 1 + z**2 / n_test
    centre = (p + z**2 / (2 * n_test)) / below
    half = z / below * root(p * (1 - p) / n_test + z**2 / (4 * n_test**2))
    centre = p if around_share else centre
    return centre - half, centre + half


def _wald(n_correct, n_test):
    p = n_correct / n_test
    half = 1.96 * np.sqrt(p * (1 - p) / n_test)
    return p - half, p + half


def _centre_and_half(low, high):
    return (low + high) / 2, (high - low) / 2


def _half_undivided(n_correct, n_test):
    centre, half = _centre_and_half(*_wilson(n_correct, n_test))
    half *= 1 + 1.96**2 / n_test
    return centre - half, centre + half


def _scaled(rows, by):
    return (rows - by.mean(axis=0)) / by.std(axis=0)


def _split(train_scale, test_scale):
    def split_and_scale(rows, recording, test_recordings):
        is_test = np.isin(recording, test_recordings)
        train, test = rows[~is_test], rows[is_test]
        return train_scale(train, test, rows), test_scale(train, test, rows)

    return split_and_scale


def _by_train(which):
    return lambda train, test, rows: _scaled((train, test)[which], train)


def _random_slices(rows, recording, test_recordings):
    is_test = np.arange(len(rows)) % 4 == 0
    return _scaled(rows[~is_test], rows[~is_test]), _scaled(rows[is_test], rows[~is_test])


def _sides_exchanged(rows, recording, test_recordings):
    return _split(_by_train(0), _by_train(1))(rows, recording, test_recordings)[::-1]


def _names_as_row_numbers(rows, recording, test_recordings):
    return np.delete(rows, test_recordings, axis=0), rows[test_recordings]


def _no_mean(cepstra):
    return cepstra


def _silent_first(cepstra):
    moved = cepstra - cepstra.mean(axis=-1, keepdims=True)
    moved[..., 0, :] = 0
    return moved


def _in_place_split(rows, recording, test_recordings):
    is_test = np.isin(recording, test_recordings)
    rows -= rows[~is_test].mean(axis=0)
    rows /= rows[~is_test].std(axis=0)
    return [rows[~is_test], rows[is_test]]


def _single(function):
    """The same in single precision."""
    return lambda *given: np.asarray(
        function(*(x.astype(np.float32) if isinstance(x, np.ndarray) else x for x in given)),
        dtype=np.float32,
    )


RIGHT = [
    ("features.mel", lambda mel: 700 * np.expm1(np.asarray(mel) / 1127)),
    ("features.mel", _single(lambda mel: 700 * (10 ** (np.float32(mel) / 2595) - 1))),
    ("features.notes", "a#, e, c#, d#, a"),
    ("features.notes", "A♯ E C♯ D♯ A"),
    ("features.triangle", lambda bins, *corners: np.interp(bins, corners, [0, 1, 0]).tolist()),
    ("features.triangle", _single(_right_triangle)),
    ("features.cepstrum", _single(_cepstrum(_level_db))),
    ("features.cepstrum", lambda energy, n: features.dct(_level_db(energy))[:n].tolist()),
    ("features.period", _single(_normalized(_mean_so_far))),
    ("features.period", lambda x, max_lag: _normalized(_mean_so_far)(x, max_lag).tolist()),
    ("features.interval", lambda n, total: [round(end, 3) for end in _wilson(n, total)]),
    ("features.interval", lambda n, total: np.float32(_wilson(n, total))),
    ("features.repair", _in_place_split),
    ("features.channel", _single(lambda c: c - c.mean(axis=-1, keepdims=True))),
    ("features.channel", lambda c: (c - c.mean(axis=-1, keepdims=True)).tolist()),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_written_otherwise_passes(name, answer):
    report = exercises.check(name, answer)
    assert report.passed, str(report)


WRONG = {
    "features.mel": [
        (lambda mel: 700 * 10 ** (mel / 2595), "10 ** 0 is 1"),
        (lambda mel: 700 * (np.exp(mel / 2595) - 1), "not exp(x)"),
        (lambda mel: 10 ** (mel / 2595) - 1, "the 700 is missing"),
        (lambda mel: 2595 * np.log10(1 + np.asarray(mel) / 700), "the same way again"),
        (features.mel_to_hz, "Slaney's scale"),
        (
            lambda mel: 0 if np.ndim(mel) == 0 and mel == 0 else 700 * 10 ** (mel / 2595) - 1,
            "subtract 1 before",
        ),
        (lambda mel: 700 * (10 ** (np.asarray(mel) // 2595.0) - 1), "// drops the fraction"),
        (lambda mel: 700 * (10 ** (mel / 2595) + 1), "not by adding it again"),
        (lambda mel: 700 * (10.0**mel / 2595 - 1), "takes the power first"),
        (lambda mel: 2595 * (10 ** (mel / 700) - 1), "have changed places"),
        (lambda mel: 700 * (2 ** (mel / 2595) - 1), "undo the formula step by step"),
    ],
    "features.notes": [
        (["A#", "E", "C#", "D#", "A"], "give one text"),
        ("Bb E C# D# A", "write flats as sharps"),
        ("A#EC#D#A", "put a space"),
        ("A# E C# D#", "count the notes"),
        ("A#, E, C#, D#", "count the notes"),
        ("A#4 E4 C#4 D#4 A4", "leave out the octave"),
        ("A# E C# D# H", "does not stand on the axis"),
        ("A D# C# E A#", "backwards"),
        ("F B G# A# E", "third harmonic"),
        ("B F D E A#", "shifted alike"),
        ("A# E C D# A", "most are right"),
        ("C C C C C", "between each pair of pauses"),
    ],
    "features.triangle": [
        (_triangles(np.minimum), "below 0"),
        (_triangles(np.maximum), "the lower of the two lines"),
        (_triangles(lambda rising, falling: np.clip(rising, 0, 1)), "falling side is missing"),
        (_triangles(lambda rising, falling: np.clip(falling, 0, 1)), "rising side is missing"),
        (_area_one, "has area 1"),
        (_same_slope, "both sides are equally steep"),
        (_top_in_the_middle, "half-way between the feet"),
        (_open_at_the_top, "in neither of your cases"),
        (_triangles(lambda r, f: np.maximum(0, np.minimum(r, -f))), "has its sign turned"),
        (lambda *a: _right_triangle(*a).astype(int), "whole numbers"),
        (
            lambda bins, left, top, right: np.maximum(0, np.minimum(bins - left, right - bins)),
            "the heights are in hertz",
        ),
    ],
    "features.cepstrum": [
        (_cepstrum(lambda energy: energy), "the logarithm is missing"),
        (_cepstrum(lambda energy: np.log(np.maximum(energy, 1e-10))), "natural logarithm"),
        (_cepstrum(lambda energy: np.log10(np.maximum(energy, 1e-10))), "these are bels"),
        (_cepstrum(lambda energy: 2 * _level_db(energy)), "energies already"),
        (_scipy_dct, "norm='ortho'"),
        (_all_coefficients, "keep the first n_mfcc rows"),
        (_over_time, "ran along the frames"),
        (lambda energy, n: _cepstrum(_level_db)(energy, n).T, "rows and columns are exchanged"),
        (_without_the_first, "coefficient 0 is left out"),
        (_no_floor, "the logarithm of 0"),
        (_cepstrum(lambda energy: 10 * np.log10(np.maximum(energy, 1e-8))), "another floor"),
        (_cepstrum(lambda energy: np.maximum(10 * np.log10(energy), 1e-10)), "before the log"),
        (_cepstrum(lambda energy: _level_db(energy / energy.max())), "only coefficient 0 differs"),
        (lambda energy, n: _cepstrum(_level_db)(energy, n - 1), "counts coefficient 0, too"),
    ],
    "features.period": [
        (_short, "lags run from 0 to max_lag"),
        (_normalized(_mean_so_far, first=0.0), "that is why it is set to 1"),
        (_nothing_at_lag_zero, "0 / 0 at lag 0"),
        (_normalized(lambda d, lags: np.ones(lags.size)), "this is d itself"),
        (_normalized(lambda d, lags: np.cumsum(d)), "this is the sum so far"),
        (_normalized(lambda d, lags: np.full(d.size, d[1:].mean())), "the mean over all lags"),
        (_normalized(lambda d, lags: np.cumsum(d) / (lags + 1)), "the mean starts at lag 1"),
        (_normalized(_mean_so_far, shrinking=True), "longer lags compare fewer samples"),
        (_measured(lambda x, k, w: np.abs(x[:w] - x[k : k + w]).sum()), "square them"),
        (_measured(lambda x, k, w: np.sum((x - np.roll(x, -k)) ** 2)), "np.roll brings"),
        (_measured(lambda x, k, w: np.sum((x[: w - 1] - x[k : k + w - 1]) ** 2)), "too few"),
        (lambda x, max_lag: _short(x, max_lag)[-1], "collect a value for each lag"),
    ],
    "features.interval": [
        (_wald, "fails near 1"),
        (lambda n, total: tuple(100 * end for end in _wilson(n, total)), "not percent"),
        (lambda n, total: _wilson(n, total)[::-1], "the lower end first"),
        (lambda n, total: _wilson(n, total, root=lambda x: x), "the square root is missing"),
        (lambda n, total: _wilson(n, total, around_share=True), "the centre is not p"),
        (lambda n, total: _wilson(n, total)[0], "return both ends"),
        (lambda n, total: _centre_and_half(*_wilson(n, total)), "these are centre and half width"),
        (_half_undivided, "below it, too"),
        (lambda n, total: _wilson(n // total * total, total), "drops the fraction"),
        (lambda n, total: print(n, total), "does it end with `return`"),
    ],
    "features.repair": [
        (_random_slices, "recordings are torn apart"),
        (_sides_exchanged, "the sides are exchanged"),
        (
            _split(
                lambda train, test, rows: _scaled(train, rows),
                lambda train, test, rows: _scaled(test, rows),
            ),
            "training and test rows together",
        ),
        (_split(_by_train(0), lambda train, test, rows: _scaled(test, test)), "by their own mean"),
        (_split(_by_train(0), lambda train, test, rows: test), "the test rows are not scaled"),
        (_split(lambda train, test, rows: train, _by_train(1)), "these rows are not scaled"),
        (
            _split(lambda train, test, rows: train - train.mean(axis=0), _by_train(1)),
            "the division by the standard deviation",
        ),
        (_names_as_row_numbers, "not row numbers"),
        (
            _split(lambda train, test, rows: (train - train.mean()) / train.std(), _by_train(1)),
            "axis=0",
        ),
        (
            _split(
                lambda train, test, rows: (train - train.mean(axis=0)) / train.var(axis=0),
                _by_train(1),
            ),
            "divides by the variance",
        ),
        (
            _split(
                lambda train, test, rows: (train - train.mean(axis=0)) / train.std(axis=0, ddof=1),
                _by_train(1),
            ),
            "ddof=0",
        ),
        (
            _split(lambda train, test, rows: _scaled(train, train)[::-1], _by_train(1)),
            "in another order",
        ),
    ],
    "features.channel": [
        (lambda cepstra: cepstra.mean(axis=-1), "these are the means themselves"),
        (lambda cepstra: (cepstra - cepstra.mean(axis=-1, keepdims=True))[1:], "0 is left out"),
        (_no_mean, "nothing is subtracted"),
        (lambda cepstra: cepstra - cepstra.mean(axis=-2, keepdims=True), "average over frames"),
        (lambda cepstra: cepstra - cepstra.mean(), "average over frames"),
        (
            lambda cepstra: (
                (cepstra - cepstra.mean(axis=-1, keepdims=True))
                / cepstra.std(axis=-1, keepdims=True)
            ),
            "the deviation is to stay",
        ),
        (lambda cepstra: cepstra.mean(axis=-1, keepdims=True) - cepstra, "the sign is turned"),
        (lambda cepstra: cepstra - cepstra[..., :1], "the first frame is subtracted"),
        (
            lambda cepstra: cepstra - np.median(cepstra, axis=-1, keepdims=True),
            "this subtracts the median",
        ),
        (lambda cepstra: cepstra - cepstra.mean(axis=1, keepdims=True), "use axis=-1"),
        (lambda cepstra: cepstra / cepstra.mean(axis=-1, keepdims=True), "do not divide by it"),
        (lambda cepstra: np.diff(cepstra, axis=-1), "neighbours are subtracted"),
        (_silent_first, "coefficient 0 is set"),
    ],
}
