"""Exercises of the chapter sound/features."""

from __future__ import annotations

import re

import numpy as np

from audiolessons import features

from .._engine import exercise

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def _array(value) -> np.ndarray:
    """What an answer returned, before a check computes with it."""
    if value is ...:
        raise NotImplementedError  # the stub's dots: not attempted yet
    if value is None:
        raise TypeError("your function returned None: does it end with `return`?")
    return np.asarray(value)


@exercise(
    "features.mel",
    level="easy",
    hints=(
        "Start from mel = 2595 log10(1 + f / 700) and undo it step by step, the last step first.",
        "mel / 2595 = log10(1 + f / 700), so 10 ** (mel / 2595) = 1 + f / 700.",
        "`return 700 * (10 ** (mel / 2595) - 1)`",
    ),
)
def mel(answer, trial):
    trial.close(
        "0 mel is 0 Hz",
        lambda: answer(0),
        0,
        atol=1e-9,
        mistakes=[
            (700, "10 ** 0 is 1: subtract it before you multiply by 700"),
            (1400, "1 + f / 700 is undone by subtracting 1, not by adding it again"),
            (
                700 * (1 / 2595 - 1),
                "10 ** mel / 2595 takes the power first: write 10 ** (mel / 2595)",
            ),
        ],
    )
    trial.close(
        "2595 mel are 6300 Hz: 700 times (10 - 1)",
        lambda: answer(2595),
        6300,
        rtol=1e-4,  # 1127 log(1 + f / 700), as others write it, differs by 1e-5
        mistakes=[
            (700 * (np.e - 1), "the formula has log10, whose inverse is 10 ** x, not exp(x)"),
            (9, "the 700 is missing"),
            (6999, "subtract 1 before you multiply by 700, not after"),
            (features.hz_to_mel(2595, scale="htk"), "this goes the same way again: Hz to mel"),
            (features.mel_to_hz(2595), "this is Slaney's scale; invert the formula above"),
            (2595 * (10 ** (2595 / 700) - 1), "700 and 2595 have changed places"),
        ],
    )
    hz = np.array([100.0, 440, 1000, 8000])
    trial.close(
        "an array goes there and back",
        lambda: answer(2595 * np.log10(1 + hz / 700)),
        hz,
        rtol=1e-4,
        mistakes=[
            (
                700 * (10 ** (2595 * np.log10(1 + hz / 700) // 2595) - 1),
                "// drops the fraction: divide with /",
            ),
        ],
        means="undo the formula step by step: / 2595, 10 to that power, - 1, times 700",
    )


def melody() -> np.ndarray:
    """The pitch classes of the five notes that the chapter plays, 0 is C: shape (5,)."""
    return np.random.default_rng(1701).integers(0, 12, 5)


@exercise(
    "features.notes",
    level="easy",
    hints=(
        "Each column of the chromagram shows one note at a time: its brightest row names it.",
        "Two neighbouring rows glow faintly, because low notes lie close together in the spectrum: "
        "take the brightest one of each stretch, and ignore the thin streaks in the pauses.",
        "The first note is A#. The answer is a text such as `'C D# F A B'`, sharps with #.",
    ),
)
def notes(answer, trial):
    truth = melody()

    def names(got):
        return re.split(r"[\s,;]+", got.strip().upper().replace("♯", "#"))

    def classes(got):
        return [PITCH_CLASSES.index(name) for name in names(got)]

    readable = trial.that(
        "the answer is a text of five notes, divided by spaces",
        lambda: answer,
        lambda got: isinstance(got, str) and len(classes(got)) == 5,
        expected="five names out of C C# D D# E F F# G G# A A# B",
        mistakes=[
            (lambda got: not isinstance(got, str), "give one text, such as 'C D# F A B'"),
            (lambda got: re.search("[A-Ga-g]b|♭", got), "write flats as sharps: Bb is A#"),
            (lambda got: re.search("[0-9]", got), "leave out the octave: A#4 is A#"),
            (lambda got: len(names(got)) == 1, "put a space between the names"),
            (
                lambda got: set(names(got)) - set(PITCH_CLASSES),
                "one of the names does not stand on the axis of the picture",
            ),
        ],
        means="count the notes: there are five",
    )
    if not readable:
        return
    trial.that(
        "the notes are the ones that were played",
        lambda: answer,
        lambda got: classes(got) == truth.tolist(),
        expected="the brightest row of each of the five stretches",
        mistakes=[
            (
                lambda got: classes(got) == truth[::-1].tolist(),
                "these are the right notes backwards: time runs from left to right",
            ),
            (
                lambda got: classes(got) == ((truth + 7) % 12).tolist(),
                "you read the third harmonic, a fifth above: take the brighter row",
            ),
            (
                lambda got: (
                    len({(c - t) % 12 for c, t in zip(classes(got), truth, strict=True)}) == 1
                ),
                "all notes are shifted alike: look again at which row the axis calls C",
            ),
            (
                lambda got: sum(c == t for c, t in zip(classes(got), truth, strict=True)) >= 3,
                "most are right: compare the rows of the others with their neighbours",
            ),
        ],
        means="read the brightest row between each pair of pauses",
    )


@exercise(
    "features.triangle",
    level="core",
    hints=(
        "There are two straight lines: one rises from 0 at `left_hz` to 1 at `top_hz`, the other "
        "falls from 1 at `top_hz` to 0 at `right_hz`.",
        "rising = (bins_hz - left_hz) / (top_hz - left_hz); falling is the mirror image.",
        "At every bin the triangle is the lower of both lines, but never below 0: "
        "`np.maximum(0, np.minimum(rising, falling))`.",
    ),
)
def triangle(answer, trial):
    bins_hz = np.arange(0, 1001, 50.0)

    def lines(left, top, right):
        return (bins_hz - left) / (top - left), (right - bins_hz) / (right - top)

    rising, falling = lines(200, 400, 800)
    right = np.maximum(0, np.minimum(rising, falling))
    at_top = bins_hz == 400
    passed = trial.close(
        "a triangle from 200 over 400 to 800 Hz, at bins every 50 Hz",
        lambda: answer(bins_hz, 200, 400, 800),
        right,
        mistakes=[
            (np.minimum(rising, falling), "outside the triangle your lines run below 0: cut there"),
            (np.maximum(rising, falling), "take the lower of the two lines, not the higher"),
            (np.clip(rising, 0, 1), "the falling side is missing: it stays at 1 after the top"),
            (np.clip(falling, 0, 1), "the rising side is missing: it is 1 before the top"),
            (
                np.where(at_top, 0, right),
                "the bin at the top itself is in neither of your cases: use <= in one of them",
            ),
            (
                np.maximum(0, np.minimum(rising, -falling)),
                "the falling line has its sign turned: (right_hz - bins_hz) / (right_hz - top_hz)",
            ),
            (
                np.floor(right),
                "these are whole numbers: np.zeros(..., dtype=float) keeps fractions",
            ),
            (
                np.maximum(0, np.minimum(bins_hz - 200, 800 - bins_hz)),
                "the heights are in hertz: divide each line by the width of its side",
            ),
            (right * 2 / 600, "this triangle has area 1 (norm='slaney'); here the top should be 1"),
            (
                np.maximum(0, 1 - np.abs(bins_hz - 400) / 200),
                "both sides are equally steep: the right side is wider than the left one",
            ),
            (
                np.maximum(0, 1 - np.abs(bins_hz - 500) / 300),
                "the top lies half-way between the feet: it should lie at top_hz",
            ),
        ],
    )
    if not passed:
        return
    trial.close(
        "two neighbouring triangles share every bin between their tops: they add up to 1",
        lambda: (_array(answer(bins_hz, 200, 400, 600)) + _array(answer(bins_hz, 400, 600, 800)))[
            8:13
        ],
        np.ones(5),
        means="between 400 and 600 Hz one falls as the other rises",
    )


@exercise(
    "features.cepstrum",
    level="core",
    hints=(
        "Two steps: decibels, then a DCT over the bands. `10 * np.log10(...)` of energies.",
        "Silence has no logarithm: `np.maximum(mel_energy, 1e-10)` first. "
        "`al.features.dct_matrix(n_out, n_in)` has one cosine a row.",
        "`al.features.dct_matrix(n_mfcc, len(mel_energy)) @ level_db`",
    ),
)
def cepstrum(answer, trial):
    random = np.random.default_rng(0)
    energy = random.uniform(0.01, 10, (40, 30))  # (n_mels, N)
    level_db = 10 * np.log10(energy)
    matrix = features.dct_matrix(13, 40)
    right = matrix @ level_db
    plain = matrix / np.sqrt(2 / 40)
    plain[0] *= np.sqrt(2)

    def get(mel_energy):
        return _array(answer(mel_energy.copy(), 13))  # a copy: the answer may work in place

    if not trial.that(
        "40 bands and 30 frames become 13 coefficients and 30 frames",
        lambda: get(energy).shape,
        lambda got: got == (13, 30),
        expected="(13, 30)",
        mistakes=[
            (lambda got: got == (40, 30), "all 40 are there: keep the first n_mfcc rows"),
            (lambda got: got == (40, 13), "the DCT ran along the frames; it runs over the bands"),
            (lambda got: got == (30, 13), "rows and columns are exchanged: features are (D, N)"),
            (lambda got: got == (12, 30), "one is missing: n_mfcc counts coefficient 0, too"),
        ],
    ):
        return
    passed = trial.close(
        "they are those of the package",
        lambda: get(energy),
        right,
        atol=1e-3,  # leaves room for float32
        mistakes=[
            (matrix @ energy, "the logarithm is missing"),
            (matrix @ np.log(energy), "this is the natural logarithm; decibels are 10 * log10"),
            (matrix @ np.log10(energy), "these are bels: decibels are ten times as many"),
            (
                matrix @ np.maximum(level_db, 1e-10),
                "the floor belongs to the energies, before the log",
            ),
            (2 * right, "these are energies already: 10 * log10, not 20"),
            (plain @ level_db, "the DCT is not orthonormal: its rows have not length 1"),
            (2 * plain @ level_db, "the DCT is not orthonormal: in SciPy say norm='ortho'"),
            (
                lambda got: np.allclose(got[:12], (features.dct_matrix(40, 40) @ level_db)[1:13]),
                "coefficient 0 is left out; keep it here",
            ),
            (
                lambda got: np.allclose(got[1:], right[1:], atol=1e-3),
                "only coefficient 0 differs: 0 dB is an energy of 1, not that of the loudest band",
            ),
        ],
    )
    if not passed:
        return
    trial.close(
        "ten times the amplitude changes coefficient 0 only",
        lambda: (get(100 * energy) - get(energy))[1:],
        np.zeros((12, 30)),
        atol=1e-3,
        means="more level adds the same dB to each band: a constant, seen by row 0 alone",
    )
    trial.close(
        "silence is -100 dB in each band",
        lambda: get(np.zeros((40, 3))),
        matrix @ np.full((40, 3), -100.0),
        atol=1e-3,
        mistakes=[
            (
                lambda got: not np.isfinite(got).all(),
                "the logarithm of 0: raise the energy to at least 1e-10 first",
            ),
        ],
        means="energies below 1e-10 count as 1e-10, which is -100 dB: yours is another floor",
    )


@exercise(
    "features.period",
    level="core",
    hints=(
        "For each lag from 1 to `max_lag`: shift, subtract, square, add up. Compare the same "
        "number of samples at every lag: len(x) - max_lag.",
        "d(lag) = np.sum((x[:W] - x[lag : lag + W]) ** 2) with W = len(x) - max_lag.",
        "The mean of d(1) ... d(lag) is `np.cumsum(d[1:]) / np.arange(1, max_lag + 1)`; put a 1 in "
        "front for lag 0.",
    ),
)
def period(answer, trial):
    n = np.arange(200)
    x = np.sin(2 * np.pi * n / 25) + 0.4 * np.sin(4 * np.pi * n / 25 + 1)
    max_lag = 60
    width = len(x) - max_lag
    lags = np.arange(1, max_lag + 1)

    def from_one(distance):
        """d(1), d(2), ..., with another way to measure how much differs."""
        return np.array([distance(k) for k in lags])

    def so_far(d):
        return d / (np.cumsum(d) / lags)

    def square(width):
        return lambda k: np.sum((x[:width] - x[k : k + width]) ** 2)

    d = from_one(square(width))
    right = so_far(d)
    shrinking = from_one(lambda k: np.sum((x[: len(x) - k] - x[k:]) ** 2))
    rolled = from_one(lambda k: np.sum((x - np.roll(x, -k)) ** 2))
    rolled_back = from_one(lambda k: np.sum((x - np.roll(x, k))[:width] ** 2))
    sizes = from_one(lambda k: np.sum(np.abs(x[:width] - x[k : k + width])))
    one_less = from_one(square(width - 1))

    def get(sound):
        return _array(answer(sound.copy(), max_lag))

    if not trial.that(
        "200 samples and max_lag = 60 give 61 values",
        lambda: get(x).shape,
        lambda got: got == (61,),
        expected="(61,)",
        mistakes=[
            (lambda got: got == (60,), "one value is missing: lags run from 0 to max_lag, both in"),
            (lambda got: got == (), "one number came back: collect a value for each lag"),
        ],
    ):
        return
    trial.close(
        "at lag 0 the value is 1 by definition",
        lambda: get(x)[0],
        1,
        mistakes=[
            (0, "lag 0 always matches; that is why it is set to 1"),
            (lambda got: np.isnan(got), "0 / 0 at lag 0: it is set to 1"),
        ],
    )
    passed = trial.close(
        "a period of 25 samples: from lag 1 on the values agree with the definition",
        lambda: get(x)[1:],
        right,
        atol=1e-5,  # at whole periods the value is 0, but for rounding
        mistakes=[
            (d, "this is d itself: divide by its mean so far"),
            (d / np.cumsum(d), "divide by the mean so far; this is the sum so far"),
            (
                d / d.mean(),
                "this divides by the mean over all lags; it should be the mean up to this one",
            ),
            (
                d / (np.cumsum(d) / (lags + 1)),
                "the mean starts at lag 1: lag 0 does not count",
            ),
            (
                so_far(shrinking),
                "longer lags compare fewer samples here: use len(x) - max_lag of them at each",
            ),
            (so_far(sizes), "these are absolute differences: square them"),
            (so_far(rolled), "np.roll brings the end round to the start: cut two slices instead"),
            (so_far(rolled_back), "np.roll brings the end round to the start: cut two slices"),
            (so_far(one_less), "one sample too few is compared: len(x) - max_lag of them"),
        ],
    )
    if not passed:
        return
    trial.close(
        "twice the level changes nothing",
        lambda: get(2 * x)[1:],
        right,
        atol=1e-5,
        means="numerator and denominator grow alike",
    )


@exercise(
    "features.interval",
    level="core",
    hints=(
        "Compute the centre and the half width first; both have 1 + z**2 / n_test below.",
        "centre = (p + z**2 / (2 n)) / (1 + z**2 / n); the half width has a square root over "
        "p (1 - p) / n + z**2 / (4 n**2).",
        "`half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))`",
    ),
)
def interval(answer, trial):
    z = 1.96

    def wilson(correct, n):
        p = correct / n
        below = 1 + z**2 / n
        half = z / below * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return np.array([(p + z**2 / (2 * n)) / below - half, (p + z**2 / (2 * n)) / below + half])

    def wald(correct, n):
        p = correct / n
        return p + np.array([-z, z]) * np.sqrt(p * (1 - p) / n)

    for correct, n in ((297, 300), (72, 100)):
        p, right = correct / n, wilson(correct, n)
        no_root = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2))
        centre = right.mean()
        half = right - centre
        flat = centre + np.array([-z, z]) / (1 + z**2 / n) * np.sqrt(
            p * (1 - p) / n + z**2 / (4 * n)
        )
        passed = trial.close(
            f"{correct} right out of {n}: from {right[0]:.3f} to {right[1]:.3f}",
            lambda: answer(correct, n),  # noqa: B023 - called at once
            right,
            rtol=0,
            atol=6e-4,  # three decimals are enough
            mistakes=[
                (wald(correct, n), "this is p plus or minus z deviations, which fails near 1"),
                (100 * right, "give shares from 0 to 1, not percent"),
                (right[::-1], "give the lower end first"),
                ((centre - no_root, centre + no_root), "the square root is missing"),
                (
                    (p - (right[1] - centre), p + (right[1] - centre)),
                    "the centre is not p: it moves towards one half",
                ),
                (
                    (centre, right[1] - centre),
                    "these are centre and half width: return centre - half, centre + half",
                ),
                (centre + half * (1 + z**2 / n), "the half width has 1 + z**2 / n below it, too"),
                (flat, "the last term has n squared below: z**2 / (4 * n**2)"),
                (wilson(0, n), "n_correct // n_test drops the fraction: divide with /"),
                (lambda got: isinstance(got, float), "return both ends: `return low, high`"),
            ],
        )
        if not passed:
            return
    trial.that(
        "10 right out of 10 does not prove 100 %",
        lambda: answer(10, 10),
        lambda got: abs(got[0] - 0.7225) < 0.002 and got[1] > 0.999,
        expected="from 0.722 to 1",
        mistakes=[((1.0, 1.0), "an interval of no width after ten tests: use Wilson's formula")],
    )


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
)
def repair(answer, trial):
    random = np.random.default_rng(0)
    recording = np.repeat(np.arange(100, 120), 6)
    table = random.normal(3, 2, (20, 4))[recording - 100] + random.normal(0, 1, (120, 4))
    held_out = np.array([103, 111, 117, 119])
    table[np.isin(recording, held_out)] += 5  # another place, another microphone
    is_test = np.isin(recording, held_out)
    mean, std = table[~is_test].mean(axis=0), table[~is_test].std(axis=0)

    def parts(name, which):
        def attempt():
            # copies: the answer may work in place
            got = answer(table.copy(), recording.copy(), held_out.copy())
            if got is None:
                raise TypeError("your function returned None: does it end with `return`?")
            if not isinstance(got, (tuple, list)) or len(got) != 2:
                raise TypeError("return two arrays: `return train_rows, test_rows`")
            return np.asarray(got[which])

        return name, attempt

    together = (table - table.mean(axis=0)) / table.std(axis=0)
    own = (table[is_test] - table[is_test].mean(axis=0)) / table[is_test].std(axis=0)
    what, attempt = parts("the 16 other recordings, 6 slices each, are for training", 0)
    if not trial.that(
        what,
        lambda: attempt().shape,
        lambda got: got == (96, 4),
        expected="(96, 4)",
        mistakes=[
            (lambda got: got == (24, 4), "the sides are exchanged: return the training rows first"),
            (
                lambda got: got == (116, 4),
                "test_recordings holds names, not row numbers: look them up in `recording`",
            ),
            (
                lambda got: got[0] not in (24, 96),
                "recordings are torn apart: all slices of a recording belong on one side",
            ),
        ],
    ):
        return
    what, attempt = parts("training rows have mean 0 and deviation 1, by their own scale", 0)
    trial.close(
        what,
        attempt,
        (table[~is_test] - mean) / std,
        mistakes=[
            (together[~is_test], "the scale was fitted on training and test rows together"),
            (table[~is_test] - mean, "the division by the standard deviation is missing"),
            (table[~is_test], "these rows are not scaled"),
            ((table[~is_test] - mean) / std**2, "this divides by the variance: take its root, std"),
            (
                (table[~is_test] - table[~is_test].mean()) / table[~is_test].std(),
                "one mean for the whole table: each column has its own, axis=0",
            ),
            (
                (table[~is_test] - mean) / table[~is_test].std(axis=0, ddof=1),
                "nearly: this deviation divides by B - 1, scikit-learn's by B (ddof=0)",
            ),
            (
                lambda got: np.allclose(
                    np.sort(got, axis=0), np.sort((table[~is_test] - mean) / std, axis=0)
                ),
                "the right rows in another order: they would no longer fit their labels",
            ),
            (
                lambda got: np.allclose(np.sort(got, axis=0), np.sort(together[~is_test], axis=0)),
                "the scale was fitted on training and test rows together",
            ),
        ],
    )
    what, attempt = parts("test rows are scaled by the mean and deviation of the training rows", 1)
    trial.close(
        what,
        attempt,
        (table[is_test] - mean) / std,
        mistakes=[
            (together[is_test], "the scale was fitted on training and test rows together"),
            (own, "the test rows were scaled by their own mean: use that of the training rows"),
            (table[is_test], "the test rows are not scaled: the classifier expects the same scale"),
        ],
    )


@exercise(
    "features.channel",
    level="stretch",
    hints=(
        "A microphone multiplies each band by a factor of its own. What does the logarithm make of "
        "a factor, and what does the DCT make of a constant sum?",
        "It adds one constant to each coefficient, in every frame: subtract the mean over frames.",
        "`cepstra - cepstra.mean(axis=-1, keepdims=True)`",
    ),
)
def channel(answer, trial):
    random = np.random.default_rng(0)
    cepstra = random.normal(0, 10, (13, 40))
    microphone = random.normal(0, 20, (13, 1))
    mean = cepstra.mean(axis=-1, keepdims=True)
    right = cepstra - mean

    def get(sound):
        return _array(answer(sound.copy()))

    if not trial.that(
        "the shape (13, 40) stays",
        lambda: get(cepstra).shape,
        lambda got: got == (13, 40),
        expected="(13, 40)",
        mistakes=[
            (lambda got: got == (13,), "these are the means themselves: subtract them"),
            (lambda got: got == (12, 40), "coefficient 0 is left out; it stays, without its mean"),
            (lambda got: got == (13, 39), "neighbours are subtracted: subtract one mean instead"),
        ],
    ):
        return
    passed = trial.close(
        "another microphone makes no difference",
        lambda: get(cepstra + microphone) - get(cepstra),
        np.zeros((13, 40)),
        atol=1e-3,  # leaves room for float32
        mistakes=[
            (np.repeat(microphone, 40, axis=1), "nothing is subtracted"),
            (
                np.repeat(microphone - microphone.mean(), 40, axis=1),
                "the mean was taken over the coefficients or over everything: average over frames, "
                "the last axis",
            ),
        ],
        means="a constant was added to each coefficient: subtract the mean, do not divide by it",
    )
    if not passed:
        return
    passed = trial.close(
        "what moves within the sound is kept",
        lambda: get(cepstra),
        right,
        atol=1e-3,
        mistakes=[
            (right / cepstra.std(axis=-1, keepdims=True), "the deviation is to stay: no division"),
            (-right, "the sign is turned: cepstra minus mean"),
            (
                lambda got: np.allclose(got[1:], right[1:], atol=1e-3),
                "coefficient 0 is set to something else; it stays, without its mean",
            ),
            (
                cepstra - cepstra[:, :1],
                "the first frame is subtracted, which may hold anything: use the mean",
            ),
            (
                cepstra - np.median(cepstra, axis=-1, keepdims=True),
                "this subtracts the median: take the mean",
            ),
        ],
    )
    if not passed:
        return
    batch = random.normal(0, 10, (3, 13, 20))
    trial.close(
        "a batch of shape (3, 13, 20) is treated sound by sound",
        lambda: get(batch),
        batch - batch.mean(axis=-1, keepdims=True),
        atol=1e-3,
        means="use axis=-1, counted from the end: in a batch axis 1 is the coefficients",
    )
