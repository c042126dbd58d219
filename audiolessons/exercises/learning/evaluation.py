"""Exercises of the chapter learning/evaluation: figures, intervals and folds."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise
from audiolessons.exercises.engine.observing import numbers

# --- three counts -------------------------------------------------------------------------------


def _harmonic(p, r):
    return 2 * p * r / (p + r)


def _counts(
    *, mean=_harmonic, precision=lambda h, f, m: h / (h + f), recall=lambda h, f, m: h / (h + m)
):
    """The three figures with their formulae exchangeable."""

    def from_counts(hits, false_alarms, missed):
        if hits == 0:
            return 0.0, 0.0, 0.0
        p, r = precision(hits, false_alarms, missed), recall(hits, false_alarms, missed)
        return p, r, mean(p, r)

    return from_counts


def _unguarded(hits, false_alarms, missed):
    precision, recall = hits / (hits + false_alarms), hits / (hits + missed)
    return precision, recall, _harmonic(precision, recall)


def _unguarded_mean(hits, false_alarms, missed):
    precision = hits / (hits + false_alarms) if hits + false_alarms else 0.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    return precision, recall, _harmonic(precision, recall)


def _when_empty(value):
    return lambda *counts: _counts()(*counts) if counts[0] else (value,) * 3


@exercise(
    "evaluation.counts",
    level="easy",
    hints=(
        "Of those that it called so: hits and false alarms. Of those that were so: hits and "
        "missed.",
        "F1 is the harmonic mean, 2 P R / (P + R).",
        "With no hits at all, precision and recall are 0 (or 0/0, taken as 0), and so is F1: "
        "return three zeros before you divide.",
    ),
    probes=[
        probe("30 hits, 10 false alarms, 20 missed", 30, 10, 20),
        probe("8 hits, 2 false alarms, 0 missed", 8, 2, 0),
        probe("5 hits, 0 false alarms, 3 missed", 5, 0, 3),
        probe("one hit, 4 false alarms, 6 missed", 1, 4, 6),
        probe("never woken: nothing was hit, so all three are 0", 0, 0, 5),
        probe("never called: nothing was hit, so all three are 0", 0, 3, 0),
        probe("always wrong: all three are 0", 0, 3, 5),
        probe("nothing happened: all three are 0", 0, 0, 0),
    ],
    wrong=[
        (
            lambda *counts: [_counts()(*counts)[i] for i in (1, 0, 2)],
            "precision and recall are swapped",
        ),
        (
            lambda *counts: [_counts()(*counts)[i] for i in (2, 0, 1)],
            "the order is precision, recall, F1: yours begins with F1",
        ),
        (
            _counts(mean=lambda p, r: (p + r) / 2),
            "F1 is the arithmetic mean here: take the harmonic one",
        ),
        (
            _counts(mean=lambda p, r: p * r / (p + r)),
            "F1 lacks its factor 2: with equal precision and recall it must equal them",
        ),
        (
            _counts(mean=lambda p, r: np.sqrt(p * r)),
            "F1 is the geometric mean here: take the harmonic one",
        ),
        (
            _counts(mean=lambda p, r: 1 / (1 / p + 1 / r - 1)),
            "the last figure is hits / (hits + false alarms + missed): in F1 the hits count twice, "
            "above and below",
        ),
        (
            _counts(mean=lambda p, r: 2 * p * r / p + r),
            "brackets are missing in F1: all of (P + R) is divided by",
        ),
        (
            _counts(
                precision=lambda h, f, m: h / h + f,
                recall=lambda h, f, m: h / h + m,
            ),
            "brackets are missing: hits / (hits + ...)",
        ),
        (
            _counts(precision=lambda h, f, m: h // (h + f), recall=lambda h, f, m: h // (h + m)),
            "what follows the point is cut off, as by // or int(): divide with /",
        ),
        (
            lambda *counts: 100 * np.array(_counts()(*counts)),
            "these are percent: give shares, up to 1",
        ),
        (
            _counts(
                precision=lambda h, f, m: h / (h + f + m), recall=lambda h, f, m: h / (h + f + m)
            ),
            "missed sounds do not enter the precision, nor false alarms the recall",
        ),
        *(
            (wrong, "0/0 is taken as 0: treat the case of no hits apart")
            for wrong in (
                _unguarded,
                _unguarded_mean,
                lambda *counts: _unguarded(*map(np.float64, counts)),
                lambda *counts: _unguarded_mean(*map(np.float64, counts)),
                _when_empty(np.nan),
            )
        ),
        (_when_empty(1.0), "with no hits all three are 0, not 1"),
        (lambda *counts: _counts()(*counts)[:2], "F1 is missing: three numbers are asked for"),
        (lambda *counts: _counts()(*counts)[2], "this is F1 alone: return all three"),
    ],
    valid=lambda random: tuple(
        int(value) for value in random.integers(0, random.choice([2, 6, 40]), 3)
    ),
)
def from_counts(hits, false_alarms, missed):
    return _counts()(hits, false_alarms, missed)


# --- order by ear -------------------------------------------------------------------------------


def snrs_played() -> dict[str, float]:
    """The letters that the chapter plays, each with its signal-to-noise ratio in dB."""
    random = np.random.default_rng(1979)
    return dict(zip("ABCDE", random.permutation([30, 20, 10, 0, -10]).tolist(), strict=True))


def _order() -> str:
    snr = snrs_played()
    return "".join(sorted(snr, key=snr.get, reverse=True))


def _letters(answer) -> str:
    return "".join(letter for letter in str(answer).upper() if letter.isalpha())


def _five_letters(answer):
    return {
        "letters": len(_letters(answer)),
        "A to E, each once": sorted(_letters(answer)) == list("ABCDE"),
    }


def _places(answer):
    letters, truth = _letters(answer), _order()
    facts = {f"place {i + 1} is right": letters[i : i + 1] == truth[i] for i in range(5)}
    return facts | {"from the noisiest to the cleanest": letters == truth[::-1]}


def _exchanged(i):
    order = list(_order())
    order[i], order[i + 1] = order[i + 1], order[i]
    return "".join(order)


@exercise(
    "evaluation.order",
    level="easy",
    hints=(
        "All five have the same level. Find the one in which you hear no hiss, then the one in "
        "which you hardly hear the vowel.",
        "Ten decibels are a clear step: compare two at a time.",
        "The answer is a text of five letters, each once, such as 'ABCDE'.",
    ),
    probes=[
        probe("the answer has each of the five letters once", observe=_five_letters),
        probe("they run from the cleanest to the noisiest", observe=_places),
    ],
    wrong=lambda: [
        (_order()[::-1], "this runs from the noisiest to the cleanest"),
        *(
            (_exchanged(i), f"compare your {first} and {second} once more: which one hisses more?")
            for i, (first, second) in enumerate(
                (("first", "second"), ("second", "third"), ("third", "fourth"), ("fourth", "fifth"))
            )
        ),
    ],
)
def order():
    return _order()


# --- how many sounds ----------------------------------------------------------------------------


def _needed(formula, rounding=np.ceil):
    return lambda share, half_width: rounding(formula(share, half_width))


def _size(p, h):
    return 1.96**2 * p * (1 - p) / h**2


@exercise(
    "evaluation.needed",
    level="easy",
    hints=(
        "Solve for n: the half width is 1.96 standard deviations, and one is sqrt(p (1 - p) / n).",
        "n = 1.96^2 p (1 - p) / half_width^2, rounded up to a whole number.",
        "`int(np.ceil(1.96**2 * share * (1 - share) / half_width**2))`",
    ),
    probes=[
        probe(f"{share:.0%} give or take {100 * half_width:g} points", share, half_width, rtol=0)
        for share, half_width in ((0.9, 0.02), (0.99, 0.005), (0.8, 0.05), (0.5, 0.1), (0.3, 0.04))
    ],
    wrong=[
        (_needed(_size, int), "rounded down: that many are a little too few"),
        (_needed(_size, round), "rounded to the nearest: round up, or it may be one too few"),
        (_needed(_size, float), "a whole number is asked for: round it up"),
        (
            _needed(lambda p, h: 1.96**2 * p / h**2),
            "the factor 1 - p is missing: p (1 - p) is largest in the middle",
        ),
        (_needed(lambda p, h: 1.96**2 * (1 - p) / h**2), "the factor p is missing"),
        (
            _needed(lambda p, h: 1.96**2 * p * 1 - p / h**2),
            "brackets are missing around 1 - share",
        ),
        (
            _needed(lambda p, h: 1.96**2 * p * (1 - p) / h),
            "the half width is squared in the formula: half of it takes four times the sounds",
        ),
        (
            _needed(lambda p, h: 1.96**2 * np.sqrt(p * (1 - p)) / h**2),
            "no root is left: the half width and what it stands for are both squared",
        ),
        (
            _needed(lambda p, h: 4 * p * (1 - p) / h**2),
            "this takes 2 standard deviations: 95 % take 1.96 of them",
        ),
        (
            _needed(lambda p, h: 1.645**2 * p * (1 - p) / h**2),
            "1.645 deviations hold 90 %: 95 % take 1.96 of them",
        ),
        (
            _needed(lambda p, h: _size(p, h) / 4),
            "half_width reaches to one side already: do not double it",
        ),
        (
            _needed(lambda p, h: 4 * _size(p, h)),
            "half_width is the width to one side already: do not halve it",
        ),
        (
            _needed(lambda p, h: p * (1 - p) / h**2),
            "this is one standard deviation: 95 % take 1.96 of them",
        ),
        (_needed(lambda p, h: _size(h, p)), "share and half_width are exchanged"),
        (
            _needed(lambda p, h: 1.96 * 2 * p * (1 - p) / h**2),
            "1.96 is doubled: square it, with ** 2",
        ),
        (
            _needed(lambda p, h: 1.96 * p * (1 - p) / h**2),
            "1.96 is squared, too: it is a factor of the half width",
        ),
        (
            _needed(lambda p, h: 1.96 * np.sqrt(p * (1 - p)) / h),
            "the square is missing: half the width takes four times the sounds",
        ),
    ],
    valid=lambda random: (
        round(random.uniform(0.05, 0.99), 2),
        round(random.uniform(0.01, 0.1), 3),
    ),
)
def sounds_needed(share, half_width):
    return int(np.ceil(_size(share, half_width)))


# --- the area by pairs --------------------------------------------------------------------------


def _auc(*, tie=0.5, reduce=np.mean, difference=lambda positive, negative: positive - negative):
    def auc_by_pairs(truth, scores):
        positive, negative = scores[truth == 1][:, None], scores[truth == 0][None]
        differs = difference(positive, negative)
        return reduce((differs > 0) + tie * (differs == 0))

    return auc_by_pairs


def _one_by_one(truth, scores):
    pairs = list(zip(scores[truth == 1], scores[truth == 0], strict=False))
    return np.mean([(p > n) + 0.5 * (p == n) for p, n in pairs])


def _over_all_pairs(divisor):
    return lambda truth, scores: _auc(reduce=np.sum)(truth, scores) / divisor(len(scores))


def _any_scores(random):
    truth = random.permutation(np.arange(n := random.integers(2, 20)) < random.integers(1, n))
    scores = random.standard_normal(n)
    return truth.astype(int), scores if random.random() < 0.5 else np.round(scores)


FEW = np.array([0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])  # 3 positives, 10 negatives
MANY = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1])


@exercise(
    "evaluation.auc",
    level="core",
    hints=(
        "Take the scores of the positives and those of the negatives apart.",
        "All differences at once: `positives[:, None] - negatives[None, :]`.",
        "The mean of (difference > 0) + 0.5 * (difference == 0).",
    ),
    probes=[
        probe("perfect scores: 1", np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4])),
        probe("13 scores without ties, 3 of them positive", FEW, noise(13)),
        probe("10 scores without ties, 7 of them positive", MANY, noise(10, seed=1) + 2),
        probe("13 scores with ties", FEW, np.round(noise(13, seed=2) + FEW)),
        probe("scores that are all equal are worth a coin toss", MANY, np.zeros(10)),
        probe("negatives above all positives: 0", FEW, 1.0 - FEW),
    ],
    wrong=[
        (_auc(tie=0), "a tie counts half, not nothing"),
        (_auc(tie=1), "a tie counts half, not whole"),
        (
            _auc(difference=lambda positive, negative: negative - positive),
            "a positive below a negative was counted: turn the comparison round",
        ),
        *(
            (
                _over_all_pairs(divisor),
                "divided by all pairs of sounds: only pairs of a positive with a negative count",
            )
            for divisor in (lambda n: n**2, lambda n: n * (n - 1), lambda n: n * (n - 1) / 2)
        ),
        (_over_all_pairs(lambda n: n), "divided by the number of sounds: divide by that of pairs"),
        (
            _over_all_pairs(lambda n: 1),
            "this is the number of pairs: divide by how many there are",
        ),
        (
            _one_by_one,
            "each positive was compared with one negative: compare it with all of them",
        ),
        (
            _auc(reduce=lambda counted: counted.mean(axis=0)),
            "this is one share for each negative: take the mean over all pairs",
        ),
        (
            _auc(reduce=lambda counted: counted.mean(axis=1)),
            "this is one share for each positive: take the mean over all pairs",
        ),
        (
            lambda truth, scores: scores[truth == 1].mean() - scores[truth == 0].mean(),
            "this is the difference of two means: count the pairs in which it is above 0",
        ),
        (
            lambda truth, scores: np.mean((scores > 0) == truth),
            "this is the accuracy at the threshold 0: the area needs no threshold",
        ),
        (
            lambda truth, scores: np.mean((scores > 0.5) == truth),
            "this is the accuracy at the threshold 0.5: the area needs no threshold",
        ),
    ],
    valid=_any_scores,
    forbidden={
        "no curve and no ready-made area": ("roc_auc", "roc_curve", "roc_auc_score", "trapezoid")
    },
)
def auc_by_pairs(truth, scores):
    return _auc()(truth, scores)


# --- the bootstrap of a difference --------------------------------------------------------------


def _models(both, only_second, only_first, neither):
    """Right or wrong, for two models: on how many sounds both, or one of them, are right."""
    first = np.repeat([1, 0, 1, 0], [both, only_second, only_first, neither])
    second = np.repeat([1, 1, 0, 0], [both, only_second, only_first, neither])
    order = np.random.default_rng(both).permutation(len(first))
    return first[order], second[order]


def _draws(models, n_draws=6000, seed=0):
    """Arguments of a call. The ends are sure: of all draws, a tenth and more fall on each."""
    return *models, n_draws, np.random.default_rng(seed)


def _rows(n, n_draws, random):
    return random.integers(0, n, (n_draws, n))


def _drawn(
    *,
    rows=_rows,
    figure=lambda first, second: second - first,
    ends=(0.025, 0.975),
    mean=lambda drawn: drawn.mean(axis=1),
    find=np.quantile,
):
    """The bootstrap with its parts exchangeable."""

    def gain_by_drawing(first, second, n_draws, random):
        means = mean(figure(first, second)[rows(len(first), n_draws, random)])
        return find(means, ends) if find else means

    return gain_by_drawing


def _drawn_apart(first, second, n_draws, random):
    of_second = second[_rows(len(first), n_draws, random)].mean(axis=1)
    of_first = first[_rows(len(first), n_draws, random)].mean(axis=1)
    return np.quantile(of_second - of_first, [0.025, 0.975])


def _two_intervals(first, second, n_draws, random):
    rows = _rows(len(first), n_draws, random)
    a, b = (np.quantile(right[rows].mean(axis=1), [0.025, 0.975]) for right in (first, second))
    return b - a


def _farthest_ends(first, second, n_draws, random):
    rows = _rows(len(first), n_draws, random)
    a, b = (np.quantile(right[rows].mean(axis=1), [0.025, 0.975]) for right in (first, second))
    return b[0] - a[1], b[1] - a[0]


def _own_generator(first, second, n_draws, random):
    return _drawn()(first, second, n_draws, np.random.default_rng(0))


def _of_global(first, second, n_draws, random):
    return _drawn(rows=lambda n, k, _: np.random.randint(0, n, (k, n)))(  # noqa: NPY002
        first, second, n_draws, None
    )


def _by_formula(first, second, n_draws, random):
    _rows(len(first), n_draws, random)
    middle, half = np.mean(second - first), 1.96 * np.std(second - first) / np.sqrt(len(first))
    return middle - half, middle + half


def _around_the_mean(first, second, n_draws, random):
    means = _drawn(find=None)(first, second, n_draws, random)
    return means.mean() - 1.96 * means.std(), means.mean() + 1.96 * means.std()


def _without_replacement(n, n_draws, random):
    return np.array([random.permutation(n) for _ in range(n_draws)])


def _of_size(size):
    return _drawn(rows=lambda n, n_draws, random: random.integers(0, n, (n_draws, size)))


def _width(answer, *given):
    ends = numbers(answer(*given))
    return None if ends is None else np.ptp(ends)


def _draws_from_it(answer, first, second, n_draws, random):
    before = str(random.bit_generator.state)
    answer(first, second, n_draws, random)
    return {"numbers were drawn from `random`": str(random.bit_generator.state) != before}


SAME = _models(30, 0, 0, 20)


@exercise(
    "evaluation.bootstrap",
    level="core",
    hints=(
        "Row numbers first: `random.integers(0, n, (n_draws, n))` draws with replacement. Both "
        "models are tested on the same drawn rows.",
        "`first[rows]` has a test set in every row; take the mean of each row, of the second "
        "model's likewise, and subtract.",
        "`np.quantile(gains, [0.025, 0.975])` are the two ends.",
    ),
    probes=[
        probe(
            "16 sounds, B alone right on 8: from 4 to 12 of 16, so 0.25 to 0.75",
            *_draws(_models(5, 8, 0, 3)),
        ),
        probe(
            "18 sounds, B alone right on 5, A alone on 2: from -2/18 to 8/18",
            *_draws(_models(9, 5, 2, 2), seed=1),
        ),
        probe(
            "22 sounds, A alone right on 7, B alone on 1: from -11/22 to -1/22",
            *_draws(_models(4, 1, 7, 10), seed=2),
        ),
        probe(
            "two models that are right on the same sounds: no gain, whatever is drawn",
            *_draws(SAME, 500),
        ),
        *(
            probe(
                f"two sounds, B alone is right on the {place}: from 0 to 1",
                *_draws((np.array([0, 0]), np.array(second)), 400, 3),
            )
            for place, second in (("first", [1, 0]), ("second", [0, 1]))
        ),
        probe(
            "a single draw: both ends are its gain, so they do not differ",
            *_draws(_models(20, 15, 10, 5), 1),
            observe=_width,
        ),
        probe("the generator that is given draws", *_draws(SAME, 7), observe=_draws_from_it),
    ],
    wrong=[
        (
            _drawn_apart,
            "the two models were tested on different draws: use the same drawn rows for both",
        ),
        (
            _drawn(figure=lambda first, second: first - second),
            "this is how much better A is: subtract the other way round",
        ),
        (
            _drawn(figure=lambda first, second: second),
            "this is the interval of B alone: the gain over A is asked for",
        ),
        (
            _drawn(figure=lambda first, second: first),
            "this is the interval of A alone: the gain of B is asked for",
        ),
        (
            _drawn(figure=lambda first, second: abs(second - first)),
            "a loss is a negative gain: no abs()",
        ),
        (
            _two_intervals,
            "these are differences of the ends of two intervals: take the difference within each "
            "draw, then the ends",
        ),
        (
            _farthest_ends,
            "the worst of one model meets the best of the other: take the difference within each "
            "draw, then the ends",
        ),
        (
            _drawn(rows=_without_replacement),
            "every draw is the whole test set, in another order: draw with replacement",
        ),
        (_drawn(ends=(0.05, 0.95)), "these ends hold 90 %: cut off 2.5 % on either side"),
        (_drawn(ends=(0.16, 0.84)), "these ends hold 68 %: cut off 2.5 % on either side"),
        (_drawn(ends=(0.0, 0.95)), "nothing is cut off below: 2.5 % on either side"),
        (_drawn(ends=(0.05, 1.0)), "nothing is cut off above: 2.5 % on either side"),
        (_drawn(ends=(0.0, 1.0)), "these are the smallest and the largest: cut off 2.5 % each"),
        (_drawn(ends=(0.975, 0.025)), "the low end comes first"),
        (
            _drawn(ends=(0.00025, 0.00975)),
            "np.percentile takes 2.5 and 97.5, np.quantile 0.025 and 0.975: these are mixed",
        ),
        (_drawn(find=None), "these are the gains of all draws: return two quantiles of them"),
        (
            _drawn(find=lambda means, _: means.mean()),
            "this is the mean of the draws: two ends are asked for",
        ),
        (
            _drawn(mean=lambda drawn: drawn.mean(axis=0)),
            "the mean runs over the draws: take it within each of them",
        ),
        (
            _drawn(mean=lambda drawn: drawn.sum(axis=1)),
            "these are counts: a gain is a share, so divide by the number of sounds",
        ),
        (
            _drawn(mean=np.ravel),
            "single sounds were cut at their quantiles: take the mean of each drawn set first",
        ),
        (_of_size(1), "a draw is a single sound: it must have as many as the test set"),
        *(
            (
                _of_size(size),
                f"every drawn set has {size} sounds: it must have as many as the test set",
            )
            for size in (100, 200)
        ),
        (
            _drawn(rows=lambda n, n_draws, random: random.integers(0, n - 1, (n_draws, n))),
            "the last sound is never drawn: row numbers run from 0 to N - 1, this one included",
        ),
        *(
            (wrong, "not `random`, which is given, but another generator drew")
            for wrong in (_own_generator, _of_global)
        ),
        (
            _by_formula,
            "this is the mean and 1.96 deviations: take the quantiles of what was drawn",
        ),
        (
            _around_the_mean,
            "this is the mean of the draws and 1.96 deviations: take their quantiles",
        ),
        (
            lambda first, second, n_draws, random: _drawn()(first, second, 2000, random),
            "2000 draws are written in: use n_draws",
        ),
    ],
    valid=lambda random: _draws(
        _models(*random.integers(1, 9, 4)),
        int(random.choice([1, 50, 300])),
        int(random.integers(1000)),
    ),
    forbidden={"no bootstrap_interval": ("bootstrap_interval", "bootstrap")},
)
def gain_by_drawing(first, second, n_draws, random):
    return _drawn()(first, second, n_draws, random)


# --- voices apart -------------------------------------------------------------------------------


def _voice_numbers(speaker):
    return np.unique(speaker, return_inverse=True)[1]


def _folds_seen(answer, speaker, n_folds):
    """What must hold of any folds; who shares a fold with whom is free."""
    got = answer(speaker, n_folds)
    fold = numbers(got)
    if got is None:
        return None
    if fold is None or fold.shape != speaker.shape:
        return {"one number for each sound": False, "shape": np.shape(got)}
    rows = np.arange(len(fold))
    torn = any(np.ptp(fold[speaker == voice]) > 0 for voice in set(speaker.tolist()))
    return {
        "one number for each sound": True,
        "a voice stands in two folds": torn,
        "the folds": np.unique(fold).tolist(),
        "the rows were dealt in turn": torn and np.array_equal(fold, rows % n_folds),
        "the rows were cut into blocks": torn and bool(np.all(np.diff(fold) >= 0)),
    }


def _shuffled(names, counts, seed):
    return np.random.default_rng(seed).permutation(np.repeat(names, counts))


NAMES = ["cleo", "ada", "ben", "finn", "eva", "dan", "guy"]


@exercise(
    "evaluation.groups",
    level="core",
    hints=(
        "Give each voice a number: `np.unique(speaker, return_inverse=True)` does.",
        "A fold is a number from 0 to n_folds - 1: what does `%` do with the voice's number?",
        "`number % n_folds`, with the number of the voice, not of the row.",
    ),
    observe=_folds_seen,
    probes=[
        probe("six voices one after another, three folds", np.repeat(NAMES[:6], 20), 3),
        probe("six voices shuffled, six folds", _shuffled(NAMES[:6], [20] * 6, 0), 6),
        probe(
            "seven voices of unequal size, three folds",
            _shuffled(NAMES, [20, 3, 7, 12, 1, 9, 4], 1),
            3,
        ),
        probe(
            "five voices of unequal size, four folds", _shuffled(NAMES[:5], [2, 8, 5, 11, 6], 2), 4
        ),
    ],
    wrong=[
        (
            lambda speaker, n_folds: np.arange(len(speaker)) % n_folds,
            "the rows were dealt in turn: deal the voices",
        ),
        (
            lambda speaker, n_folds: np.arange(len(speaker)) * n_folds // len(speaker),
            "the rows were cut into blocks: that parts voices only while they stand one after "
            "another",
        ),
        (
            lambda speaker, n_folds: np.random.default_rng(0).integers(0, n_folds, len(speaker)),
            "a voice stands in two folds: all rows of a voice must get one number",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker),
            "each voice has a fold of its own: there are n_folds, and voices share them",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker) % n_folds + 1,
            "folds are counted from 0",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker) * 0,
            "all voices stand in one fold: deal them in turn",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker) // n_folds,
            "this makes folds of n_folds voices each: n_folds folds are asked for",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker) % (n_folds - 1),
            "there is a fold too few: the last one, n_folds - 1, is empty",
        ),
        (
            lambda speaker, n_folds: _voice_numbers(speaker) % (n_folds + 1),
            "there is a fold too many: the last one is n_folds - 1",
        ),
        (
            lambda speaker, n_folds: np.arange(len(np.unique(speaker))) % n_folds,
            "this is a fold for each voice: one number is asked for each sound",
        ),
        (
            lambda speaker, n_folds: speaker,
            "these are the names: the number of the fold is asked for",
        ),
    ],
    valid=lambda random: (
        _shuffled(NAMES[: (n := random.integers(2, 8))], random.integers(1, 9, n), 0),
        int(random.integers(2, n + 1)),
    ),
)
def voices_apart(speaker, n_folds):
    return _voice_numbers(speaker) % n_folds


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.learning import _evaluation_models  # noqa: E402, F401
