"""Exercises of the chapter sound/features: how sure we are, a repaired test, a microphone."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

_quietly = np.errstate(all="ignore")  # a mistake may divide by zero

# --- an interval --------------------------------------------------------------------------------


def _wilson(
    *,
    z=1.96,
    root=np.sqrt,
    shift=lambda square, n: square / (2 * n),
    last=lambda square, n: square / (4 * n**2),
    centre_below=True,
    half_below=True,
):
    """Wilson's interval with its parts exchangeable; `shift` and `last` get z**2."""

    def how_sure(n_correct, n_test):
        p = n_correct / n_test
        below = 1 + z**2 / n_test
        centre = p + shift(z**2, n_test)
        half = z * root(p * (1 - p) / n_test + last(z**2, n_test))
        centre = centre / below if centre_below else centre
        half = half / below if half_below else half
        return centre - half, centre + half

    return how_sure


_right_interval = _wilson()


def _wald(n_correct, n_test):
    p = n_correct / n_test
    half = 1.96 * np.sqrt(p * (1 - p) / n_test)
    return p - half, p + half


@exercise(
    "features.interval",
    level="core",
    hints=(
        "Compute the centre and the half width first; both have 1 + z**2 / n_test below.",
        "centre = (p + z**2 / (2 n)) / (1 + z**2 / n); the half width has a square root over "
        "p (1 - p) / n + z**2 / (4 n**2).",
        "`half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))`",
    ),
    probes=[
        probe(what, n_correct, n_test, rtol=0, atol=6e-4)  # three decimals are enough
        for what, n_correct, n_test in (
            ("297 right out of 300", 297, 300),
            ("72 right out of 100", 72, 100),
            ("10 right out of 10 does not prove 100 %", 10, 10),
            ("nor does none out of 4 prove 0 %", 0, 4),
            ("1 right out of 3", 1, 3),
        )
    ],
    wrong=[
        (_wald, "this is p plus or minus z deviations, which fails near 0 and 1"),
        (lambda k, n: tuple(100 * e for e in _right_interval(k, n)), "give shares, not percent"),
        (lambda k, n: _right_interval(k, n)[::-1], "give the lower end first"),
        (_wilson(root=lambda x: x), "the square root is missing"),
        (
            _wilson(shift=lambda square, n: 0, centre_below=False),
            "the centre is not p: it moves towards one half",
        ),
        (_wilson(centre_below=False), "the centre has 1 + z**2 / n below it, too"),
        (
            _wilson(shift=lambda square, n: square / 2 * n),
            "z**2 / 2 * n multiplies by n: write z**2 / (2 * n)",
        ),
        (
            _wilson(last=lambda square, n: square / 4 * n**2),
            "z**2 / 4 * n**2 multiplies by n**2: write z**2 / (4 * n**2)",
        ),
        (_wilson(last=lambda square, n: 0), "the last term under the root is missing"),
        (_wilson(half_below=False), "the half width has 1 + z**2 / n below it, too"),
        (
            _wilson(last=lambda square, n: square / (4 * n)),
            "the last term has n squared below: z**2 / (4 * n**2)",
        ),
        (_wilson(z=1.0), "the factor z is 1 here: 1.96 is asked for"),
        (_wilson(z=2.576), "2.576 is the z of 99 %: that of 95 % is 1.96"),
        (_wilson(z=1.645), "1.645 is the z of 90 %: that of 95 % is 1.96"),
        (
            lambda k, n: (lambda low, high: ((low + high) / 2, (high - low) / 2))(
                *_right_interval(k, n)
            ),
            "these are centre and half width: return centre - half, centre + half",
        ),
        (
            lambda k, n: (lambda low, high: ((low + high) / 2, high - low))(*_right_interval(k, n)),
            "these are centre and width: return centre - half, centre + half",
        ),
        (
            lambda k, n: _right_interval(k // n * n, n),
            "n_correct // n_test drops the fraction: divide with /",
        ),
        (lambda k, n: _right_interval(k, n)[0], "return both ends: `return low, high`"),
        (
            _quietly(lambda k, n: _right_interval(n, k)),
            "p is upside down: the right answers over all of them",
        ),
        (lambda k, n: _right_interval(n - k, n), "this is the interval of the wrong answers"),
        (
            lambda k, n: tuple(round(e, 2) for e in _right_interval(k, n)),
            "the ends are rounded to two decimals: give three at least",
        ),
    ],
    valid=lambda random: (
        int(random.integers(0, (n_test := int(random.integers(1, 400))) + 1)),
        n_test,
    ),
    forbidden={
        "no ready-made interval": ("wilson_interval", "proportion_confint", "proportion_ci")
    },
)
def how_sure(n_correct, n_test):
    return _right_interval(n_correct, n_test)


# --- a test that is one -------------------------------------------------------------------------


def _slices(counts, n_features, test_recordings, *, seed):
    """Rows of recordings that each have a place of their own; those of the test lie apart."""
    random = np.random.default_rng(seed)
    recording = random.permutation(np.repeat(np.arange(len(counts)) + 100, counts))
    places = random.normal(3, 2, (len(counts), n_features))
    rows = places[recording - 100] + random.normal(0, 1, (len(recording), n_features))
    rows = rows * random.uniform(0.5, 3, n_features)
    rows[np.isin(recording, test_recordings)] += 5  # another room, another microphone
    return rows, recording, np.array(test_recordings)


def _std(rows):
    return rows.std(axis=0)


def _scaled(rows, by, deviation=_std):
    return (rows - by.mean(axis=0)) / deviation(by)


def _split(scale):
    """`scale(train, test, rows)` gives both sides of a right split."""

    def split_and_scale(rows, recording, test_recordings):
        is_test = np.isin(recording, test_recordings)
        return scale(rows[~is_test], rows[is_test], rows)

    return split_and_scale


def _both(deviation):
    return _split(lambda a, b, rows: (_scaled(a, a, deviation), _scaled(b, a, deviation)))


_rightly_split = _both(_std)


def _cut(rows, is_test):
    train = rows[~is_test]
    return _scaled(train, train), _scaled(rows[is_test], train)


@exercise(
    "features.repair",
    level="core",
    hints=(
        "Two faults: who may stand on which side, and who may know what. Deal recordings, not "
        "slices; and let the scale see the training rows only.",
        "`is_test = np.isin(recording, test_recordings)` puts all slices of a recording on one "
        "side.",
        "mean and std of `rows[~is_test]` over axis 0; then (rows - mean) / std for both sides.",
    ),
    probes=[
        probe(what, *given, rtol=1e-4, atol=1e-4)  # leaves room for float32
        for what, given in (
            (
                "20 recordings of 6 slices, 4 of them for the test",
                _slices([6] * 20, 4, [103, 111, 117, 119], seed=0),
            ),
            (
                "recordings of different length, one for the test",
                _slices([3, 9, 1, 5, 4, 7], 3, [104], seed=1),
            ),
            (
                "one number a slice, more recordings for the test than for training",
                _slices([2, 2, 3, 3, 5], 1, [104, 100, 103], seed=2),
            ),
        )
    ],
    wrong=[
        (
            lambda rows, recording, test: _cut(rows, np.arange(len(rows)) % 4 == 0),
            "recordings are torn apart: all slices of a recording belong on one side",
        ),
        (
            lambda rows, recording, test: _cut(
                rows, np.arange(len(rows)) >= len(rows) - np.isin(recording, test).sum()
            ),
            "the last rows are the test here: `recording` says whose each row is",
        ),
        (
            lambda rows, recording, test: _rightly_split(rows, recording, test)[::-1],
            "the sides are exchanged: return the training rows first",
        ),
        (
            _split(lambda a, b, rows: (_scaled(b, b), _scaled(a, b))),
            "the recordings to test with are those that it learns from here",
        ),
        (
            _split(lambda a, b, rows: (_scaled(a, rows), _scaled(b, rows))),
            "the scale was fitted on training and test rows together",
        ),
        (
            _split(lambda a, b, rows: (_scaled(a, a), _scaled(b, b))),
            "the test rows were scaled by their own mean: use that of the training rows",
        ),
        (
            _split(lambda a, b, rows: (_scaled(a, b), _scaled(b, b))),
            "the scale was fitted on the test rows: it is to see the training rows alone",
        ),
        (
            _split(lambda a, b, rows: (_scaled(a, a), b)),
            "the test rows are not scaled: the classifier expects the same scale",
        ),
        (
            _split(lambda a, b, rows: (a, _scaled(b, a))),
            "the training rows are not scaled: the classifier expects the same scale",
        ),
        (_split(lambda a, b, rows: (a, b)), "the split is right; the scaling is missing"),
        (_both(lambda by: 1), "the division by the standard deviation is missing"),
        (
            _split(lambda a, b, rows: (a - a.mean(axis=0) / _std(a), b - a.mean(axis=0) / _std(a))),
            "the division comes before the subtraction: put the difference in brackets",
        ),
        (
            _split(
                lambda a, b, rows: tuple((side - a.mean(axis=0)) / _std(rows) for side in (a, b))
            ),
            "the deviation was taken from training and test rows together",
        ),
        (
            _split(lambda a, b, rows: (a / _std(a), b / _std(a))),
            "the mean is not subtracted",
        ),
        (_both(lambda by: by.var(axis=0)), "this divides by the variance: take its root, std"),
        (
            _both(lambda by: by.std(axis=0, ddof=1) if len(by) > 1 else np.nan),
            "nearly: this deviation divides by B - 1, StandardScaler's by B (ddof=0)",
        ),
        (
            _split(lambda a, b, rows: tuple((side - a.mean()) / a.std() for side in (a, b))),
            "one mean for the whole table: each column has its own, axis=0",
        ),
        (
            _quietly(_split(lambda a, b, rows: (_scaled(a.T, a.T).T, _scaled(b.T, b.T).T))),
            "each row is scaled by itself: each column has its own mean, axis=0",
        ),
        (
            _split(
                lambda a, b, rows: tuple(
                    (side - a.min(0)) / (a.max(0) - a.min(0)) for side in (a, b)
                )
            ),
            "this brings the columns between 0 and 1: mean 0 and deviation 1 are asked for",
        ),
        (
            lambda rows, recording, test: (
                np.delete(rows, test - 100, axis=0),
                rows[test - 100],
            ),
            "the rows of these numbers are taken: look the names up in `recording`",
        ),
        (
            lambda rows, recording, test: (np.delete(rows, test, axis=0), rows[test]),
            "test_recordings holds names, not row numbers: look them up in `recording`",
        ),
        (
            lambda rows, recording, test: _cut(rows, recording == test[0]),
            "only the first of the test recordings is held out",
        ),
        (
            lambda rows, recording, test: tuple(
                side[::-1] for side in _rightly_split(rows, recording, test)
            ),
            "the right rows in another order: they would no longer fit their labels",
        ),
        (
            lambda rows, recording, test: _rightly_split(
                rows[np.argsort(recording, kind="stable")], np.sort(recording), test
            ),
            "the rows are sorted by recording: they would no longer fit their labels",
        ),
    ],
    valid=lambda random: _slices(
        random.integers(2, 7, n := int(random.integers(3, 9))),
        int(random.integers(1, 5)),
        100 + random.permutation(n)[: random.integers(1, n)],
        seed=int(random.integers(1000)),
    ),
)
def split_and_scale(rows, recording, test_recordings):
    return _rightly_split(rows, recording, test_recordings)


# --- a microphone -------------------------------------------------------------------------------


def _cepstra(*shape, seed):
    return 3 + 10 * noise(*shape, seed=seed)


def _without(offset):
    return lambda cepstra: cepstra - offset(cepstra)


def _mean(cepstra):
    return cepstra.mean(axis=-1, keepdims=True)


def _with_first(cepstra, first):
    """Coefficient 0 by itself, the mean taken away from the others."""
    return np.concatenate([first, (cepstra - _mean(cepstra))[..., 1:, :]], axis=-2)


def _frames_compared(answer, cepstra, microphone=0):
    """Which constant is taken away is free: the frames are compared with the first one."""
    got = np.asarray(answer(cepstra))
    return got - got[..., :1]


def _microphones_compared(answer, cepstra, microphone):
    other = np.asarray(answer(cepstra + microphone))
    return other - np.asarray(answer(cepstra.copy()))


@exercise(
    "features.channel",
    level="stretch",
    hints=(
        "A microphone multiplies each band by a factor of its own. What does the logarithm make of "
        "a factor, and what does the DCT make of a constant sum?",
        "It adds one constant to each coefficient, in every frame: subtract the mean over frames.",
        "`cepstra - cepstra.mean(axis=-1, keepdims=True)`",
    ),
    observe=lambda answer, *given: {
        "frames": _frames_compared(answer, *given),
        "microphones": _microphones_compared(answer, *given),
    },
    probes=[
        probe(
            f"{what} ({shown})",
            _cepstra(*shape, seed=seed),
            20 * noise(*shape[:-1], 1, seed=seed + 10),
            observe=observe,
            atol=2e-3,  # leaves room for float32
        )
        for what, observe in (
            ("another microphone changes nothing", _microphones_compared),
            ("the frames differ from the first as they did", _frames_compared),
        )
        for seed, (shown, shape) in enumerate(
            (
                ("13 coefficients, 40 frames", (13, 40)),
                ("20 coefficients, 7 frames", (20, 7)),
                ("a batch of 3 sounds", (3, 13, 20)),
                ("6 coefficients, 6 frames", (6, 6)),
            )
        )
    ],
    wrong=[
        (lambda cepstra: cepstra.mean(axis=-1), "these are the means themselves: subtract them"),
        (lambda cepstra: _mean(cepstra), "these are the means themselves: subtract them"),
        (lambda cepstra: cepstra, "nothing is subtracted"),
        (
            _without(lambda cepstra: cepstra.mean(axis=-2, keepdims=True)),
            "the mean was taken over the coefficients: average over frames, the last axis",
        ),
        (
            _without(lambda cepstra: cepstra.mean(axis=0, keepdims=True)),
            "the mean was taken along axis 0: average over frames, the last axis",
        ),
        (
            _without(np.mean),
            "the mean was taken over everything: each coefficient has its own, over frames",
        ),
        (
            _without(lambda cepstra: cepstra.mean(axis=1, keepdims=True)),
            "use axis=-1, counted from the end: in a batch axis 1 is the coefficients",
        ),
        (
            lambda cepstra: (cepstra - _mean(cepstra)) / cepstra.std(axis=-1, keepdims=True),
            "the deviation is to stay: no division",
        ),
        (
            lambda cepstra: cepstra / _mean(cepstra),
            "a constant was added to each coefficient: subtract the mean, do not divide by it",
        ),
        (lambda cepstra: cepstra + _mean(cepstra), "the mean is added: take it away"),
        (lambda cepstra: _mean(cepstra) - cepstra, "the sign is turned: cepstra minus mean"),
        (lambda cepstra: cepstra - 2 * _mean(cepstra), "this takes twice the mean away"),
        (
            lambda cepstra: _with_first(cepstra, cepstra[..., :0, :]),
            "coefficient 0 is left out; it stays, without its constant",
        ),
        (
            lambda cepstra: _with_first(cepstra, 0 * cepstra[..., :1, :]),
            "coefficient 0 is set to 0; it stays, without its constant",
        ),
        (
            lambda cepstra: _with_first(cepstra, cepstra[..., :1, :]),
            "coefficient 0 keeps its constant: the microphone changes that, too",
        ),
        (
            lambda cepstra: np.diff(cepstra, axis=-1),
            "neighbours are subtracted, and a frame is lost: subtract one constant instead",
        ),
        (
            lambda cepstra: np.diff(cepstra, axis=-1, prepend=cepstra[..., :1]),
            "neighbours are subtracted: take the same constant from every frame",
        ),
        (
            _without(lambda cepstra: np.cumsum(cepstra, -1) / np.arange(1, cepstra.shape[-1] + 1)),
            "the mean moves along: take the same constant from every frame",
        ),
    ],
    valid=lambda random: (
        random.normal(3, 10, shape := tuple(random.integers(2, 9, random.integers(2, 4)))),
        random.normal(0, 20, (*shape[:-1], 1)),
    ),
)
def remove_channel(cepstra):
    return cepstra - _mean(cepstra)
