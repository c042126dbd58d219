"""Exercises of the chapter learning/evaluation."""

from __future__ import annotations

import numpy as np

from audiolessons import metrics

from .._engine import exercise


def _array(value) -> np.ndarray:
    """What an answer returned, before a check computes with it."""
    if value is ...:
        raise NotImplementedError  # the stub's dots: not attempted yet
    if value is None:
        raise TypeError("None is no array")  # the engine asks for the `return`
    return np.asarray(value)


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
)
def from_counts(answer, trial):
    def slips(hits, false_alarms, missed):
        precision, recall = hits / (hits + false_alarms), hits / (hits + missed)
        f1 = 2 * precision * recall / (precision + recall)
        return [
            ([recall, precision, f1], "precision and recall are swapped"),
            (
                [precision, recall, (precision + recall) / 2],
                "F1 is the arithmetic mean here: take the harmonic one",
            ),
            (
                [precision, recall, precision * recall / (precision + recall)],
                "F1 lacks its factor 2: with equal precision and recall it must equal them",
            ),
            (
                [precision, recall, np.sqrt(precision * recall)],
                "F1 is the geometric mean here: take the harmonic one",
            ),
            ([100 * precision, 100 * recall, 100 * f1], "these are percent: give shares, up to 1"),
            (
                lambda got: (
                    got.shape == (3,)
                    and np.isclose(got[:2], hits / (hits + false_alarms + missed)).any()
                ),
                "missed sounds do not enter the precision, nor false alarms the recall",
            ),
            (lambda got: got.shape != (3,), "three numbers: precision, recall, F1"),
        ]

    for hits, false_alarms, missed in ((30, 10, 20), (8, 2, 0)):
        precision, recall = hits / (hits + false_alarms), hits / (hits + missed)
        trial.close(
            f"{hits} hits, {false_alarms} false alarms, {missed} missed",
            lambda counts=(hits, false_alarms, missed): _array(answer(*counts)),
            [precision, recall, 2 * precision * recall / (precision + recall)],
            mistakes=slips(hits, false_alarms, missed),
        )
    for counts, what in (((0, 0, 5), "never woken"), ((0, 3, 0), "never called")):
        trial.close(
            f"{what}: nothing was hit, so all three are 0",
            lambda counts=counts: _array(answer(*counts)),
            [0, 0, 0],
            mistakes=[
                (lambda got: not np.isfinite(got).all(), "0/0 is taken as 0: treat no hits apart")
            ],
            means="with no hits, all three are 0",
        )


def snrs_played() -> dict[str, float]:
    """The letters that the chapter plays, each with its signal-to-noise ratio in dB."""
    random = np.random.default_rng(1979)
    return dict(zip("ABCDE", random.permutation([30, 20, 10, 0, -10]).tolist(), strict=True))


@exercise(
    "evaluation.order",
    level="easy",
    hints=(
        "All five have the same level. Find the one in which you hear no hiss, then the one in "
        "which you hardly hear the vowel.",
        "Ten decibels are a clear step: compare two at a time.",
        "The answer is a text of five letters, each once, such as 'ABCDE'.",
    ),
)
def order(answer, trial):
    snr = snrs_played()
    truth = "".join(sorted(snr, key=snr.get, reverse=True))

    def misplaced(got):
        return ", ".join(str(i + 1) for i in range(5) if got[i] != truth[i])

    is_text = trial.that(
        "the answer is a text with each of the five letters once",
        lambda: answer,
        lambda got: isinstance(got, str) and sorted(got) == list("ABCDE"),
        expected="five letters",
        mistakes=[
            (
                lambda got: isinstance(got, list | tuple),
                "this is a list: write the letters as one text",
            ),
            (
                lambda got: isinstance(got, str) and sorted(got.upper()) == list("ABCDE"),
                "capital letters, please",
            ),
            (
                lambda got: isinstance(got, str) and len(got) != 5,
                "five letters, without spaces or commas",
            ),
            (lambda got: not isinstance(got, str), "a text is asked for, in quotation marks"),
        ],
        means="each letter stands in it exactly once",
    )
    if is_text:
        trial.that(
            "they run from the cleanest to the noisiest",
            lambda: answer,
            lambda got: got == truth,
            expected="each sound noisier than the one before",
            mistakes=[
                (truth[::-1], "this runs from the noisiest to the cleanest"),
                (lambda got: got == truth[::-1], "this runs from the noisiest to the cleanest"),
                (
                    lambda got: got[0] == truth[0] and got[-1] == truth[-1],
                    "first and last are right; listen again to those between them",
                ),
            ],
            means=f"listen again at place {misplaced(answer)}",
        )


@exercise(
    "evaluation.needed",
    level="easy",
    hints=(
        "Solve for n: the half width is 1.96 standard deviations, and one is sqrt(p (1 - p) / n).",
        "n = 1.96^2 p (1 - p) / half_width^2, rounded up to a whole number.",
        "`int(np.ceil(1.96**2 * share * (1 - share) / half_width**2))`",
    ),
)
def sounds_needed(answer, trial):
    for share, half_width in ((0.9, 0.02), (0.99, 0.005), (0.5, 0.1)):
        exact = 1.96**2 * share * (1 - share) / half_width**2
        trial.close(
            f"{share:.0%} give or take {100 * half_width:g} points",
            lambda given=(share, half_width): answer(*given),
            int(np.ceil(exact)),
            rtol=0,
            atol=1e-9,
            mistakes=[
                (int(exact), "rounded down: that many are a little too few"),
                (lambda got, exact=exact: got == exact, "a whole number is asked for: round it up"),
                (
                    lambda got, given=(share, half_width): np.isclose(
                        got, 1.96**2 * given[0] / given[1] ** 2, atol=1.01
                    ),
                    "the factor 1 - p is missing: p (1 - p) is largest in the middle",
                ),
                (
                    lambda got, given=(share, half_width): np.isclose(
                        got, 1.96**2 * given[0] * (1 - given[0]) / given[1], rtol=0, atol=1.01
                    ),
                    "the half width is squared in the formula: half of it takes four times the "
                    "sounds",
                ),
                (
                    lambda got, exact=exact: np.isclose(got, exact * 4 / 1.96**2, atol=1.01),
                    "this takes 2 standard deviations: 95 % take 1.96 of them",
                ),
                (
                    lambda got, exact=exact: np.isclose(got, exact / 4, rtol=0, atol=1.01),
                    "half_width reaches to one side already: do not double it",
                ),
                (
                    lambda got, exact=exact: np.isclose(got, exact / 1.96**2, atol=1.01),
                    "this is one standard deviation: 95 % take 1.96 of them",
                ),
                (
                    lambda got, exact=exact: np.isclose(got, exact / 1.96, atol=1.01),
                    "1.96 stands in the square: it is part of the half width",
                ),
                (
                    lambda got, given=(share, half_width): np.isclose(
                        got, 1.96 * np.sqrt(given[0] * (1 - given[0])) / given[1], atol=1.01
                    ),
                    "the square is missing: half the width takes four times the sounds",
                ),
            ],
        )


@exercise(
    "evaluation.auc",
    level="core",
    hints=(
        "Take the scores of the positives and those of the negatives apart.",
        "All differences at once: `positives[:, None] - negatives[None, :]`.",
        "The mean of (difference > 0) + 0.5 * (difference == 0).",
    ),
)
def auc_by_pairs(answer, trial):
    random = np.random.default_rng(0)
    truth = np.array([1, 0, 1, 0, 0, 1, 0, 1, 0, 0])
    smooth = random.standard_normal(10)
    coarse = np.round(random.standard_normal(10) + truth)

    def slips(truth, scores):
        difference = scores[truth == 1][:, None] - scores[truth == 0][None]
        above, ties = (difference > 0).mean(), (difference == 0).mean()
        right = above + 0.5 * ties
        found = [
            (1 - right, "a positive below a negative was counted: turn the comparison round"),
            (
                right * difference.size / len(scores) ** 2,
                "divided by all pairs of sounds: only pairs of a positive with a negative count",
            ),
            (right * difference.size, "this is the number of pairs: divide by all of them"),
        ]
        if ties:
            found += [
                (above, "a tie counts half, not nothing"),
                (above + ties, "a tie counts half, not whole"),
            ]
        n_pairs = min(len(scores[truth == 1]), len(scores[truth == 0]))
        return [
            *found,
            (
                (np.diag(difference[:n_pairs, :n_pairs]) > 0).mean(),
                "each positive was compared with one negative: compare it with all of them",
            ),
            (
                difference.mean(),
                "this is the difference of two means: count the pairs in which it is above 0",
            ),
            (
                metrics.accuracy(truth, (scores > 0).astype(int)),
                "this is the accuracy at one threshold: AUC needs none",
            ),
        ]

    trial.close(
        "perfect scores have an area of 1",
        lambda: answer(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4])),
        1,
        mistakes=slips(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4])),
    )
    for what, scores in (("ten scores without ties", smooth), ("scores with ties", coarse)):
        trial.close(
            f"{what} agree with metrics.roc_auc",
            lambda scores=scores: answer(truth, scores),
            metrics.roc_auc(truth, scores),
            mistakes=slips(truth, scores),
        )
    trial.close(
        "scores that are all equal are worth a coin toss",
        lambda: answer(truth, np.zeros(10)),
        0.5,
        mistakes=[
            (0, "a tie counts half, not nothing"),
            (1, "a tie counts half, not whole"),
        ],
    )


@exercise(
    "evaluation.bootstrap",
    level="core",
    hints=(
        "Row numbers first: `random.integers(0, n, (n_draws, n))` draws with replacement.",
        "`right[rows]` has a test set in every row; take the mean of each row.",
        "`np.quantile(means, [0.025, 0.975])` are the two ends.",
    ),
)
def interval_by_drawing(answer, trial):
    right = np.repeat([1, 0], [160, 40])
    spread = np.sqrt(0.8 * 0.2 / 200)

    def draw(given=right, n_draws=2000, seed=0):
        return _array(answer(given, n_draws, np.random.default_rng(seed)))

    def wide(factor):
        return lambda got: abs((got[1] - got[0]) / (2 * spread) - factor) < 0.16

    trial.that(
        "it returns a low and a high end",
        draw,
        lambda got: got.shape == (2,) and got[0] <= got[1],
        expected="(low, high)",
        mistakes=[
            (lambda got: got.shape == (2,) and got[0] > got[1], "low comes first"),
            (
                lambda got: got.shape == (2000,),
                "these are the means of all draws: return two quantiles of them",
            ),
        ],
        means="two numbers are asked for",
    )
    trial.that(
        "160 of 200 right: 95 % of the draws lie between 74.5 and 85.5 %",
        draw,
        lambda got: abs(got[0] - 0.745) < 0.006 and abs(got[1] - 0.855) < 0.006,
        expected="about 0.745 and 0.855",
        mistakes=[
            (
                lambda got: got[0] == got[1],
                "all draws gave the same mean: draw with replacement",
            ),
            (
                lambda got: got[1] < 0.75,
                "both ends are low: np.percentile takes 2.5 and 97.5, np.quantile 0.025 and 0.975",
            ),
            (wide(1.645), "these ends hold 90 %: cut off 2.5 % on either side"),
            (wide(1.0), "this is one standard deviation, or 68 %: 95 % are asked for"),
            (
                lambda got: got[1] - got[0] < 1.6 * spread,
                "far too narrow: is each drawn set as large as the test set, no larger, and is the "
                "mean taken within each of them?",
            ),
            (
                lambda got: got[1] - got[0] > 6 * spread,
                "far too wide: is each drawn set as large as the test set?",
            ),
        ],
    )
    trial.that(
        "20 sounds give a wider interval than 200",
        lambda: draw(np.repeat([1, 0], [16, 4])),
        lambda got: 0.25 < got[1] - got[0] < 0.45,
        expected="about 0.35 wide",
        means="the size of a drawn set must be that of `right`, whatever that is",
    )
    trial.that(
        "19 of 20 right: the ends are shares that a drawn set can have",
        lambda: draw(np.repeat([1, 0], [19, 1])),
        lambda got: got[1] <= 1 and abs(got[0] - 0.85) < 0.04,
        expected="about 0.85 and 1",
        mistakes=[
            (
                lambda got: got[1] > 1,
                "more than all cannot be right: take the quantiles of the drawn means, not a mean "
                "and 1.96 deviations",
            )
        ],
    )
    trial.that(
        "the generator that is given is the one that draws",
        lambda: (draw(n_draws=7, seed=1), draw(n_draws=7, seed=1)),
        lambda got: np.array_equal(got[0], got[1]),
        expected="the same seed gives the same interval",
        means="draw from `random`, not from np.random",
    )


@exercise(
    "evaluation.groups",
    level="core",
    hints=(
        "Give each voice a number: `np.unique(speaker, return_inverse=True)` does.",
        "A fold is a number from 0 to n_folds - 1: what does `%` do with the voice's number?",
        "`number % n_folds`, with the number of the voice, not of the row.",
    ),
)
def voices_apart(answer, trial):
    names = np.array(["cleo", "ada", "ben", "finn", "eva", "dan"])
    in_order = np.repeat(names, 20)
    shuffled = np.random.default_rng(0).permutation(in_order)

    def voices_of(fold, speaker):
        return [set(speaker[fold == number]) for number in range(int(fold.max()) + 1)]

    def is_split(speaker):
        def torn(fold):
            parts = voices_of(fold, speaker)
            return sum(map(len, parts)) > len(set(speaker))

        return torn

    for what, speaker, n_folds in (
        ("six voices one after another, three folds", in_order, 3),
        ("six voices shuffled, six folds", shuffled, 6),
        ("seven voices of unequal size, three folds", np.append(shuffled, ["guy"] * 3), 3),
    ):

        def folds(speaker=speaker, n_folds=n_folds):
            return _array(answer(speaker, n_folds))

        got_shape = trial.that(
            f"{what}: one fold a sound",
            folds,
            lambda got, s=speaker: got.shape == s.shape and got.dtype.kind in "iu",
            expected=f"whole numbers of shape ({len(speaker)},)",
            mistakes=[
                (
                    lambda got, s=speaker: got.shape != s.shape,
                    "one number is asked for each sound, not for each voice or fold",
                )
            ],
            means="whole numbers, please",
        )
        if not got_shape:
            return
        trial.that(
            f"{what}: no voice stands in two folds",
            folds,
            lambda got, speaker=speaker: not is_split(speaker)(got),
            expected="each voice in one fold",
            mistakes=[
                (
                    lambda got, k=n_folds: np.array_equal(got, np.arange(len(got)) % k),
                    "the rows were dealt in turn: deal the voices",
                ),
                (
                    lambda got: np.all(np.diff(got) >= 0),
                    "the rows were cut into blocks: that parts voices only while they stand one "
                    "after another",
                ),
            ],
            means="a voice is torn apart: a test that knows the voice is a test of takes",
        )
        trial.that(
            f"{what}: folds 0 to {n_folds - 1}, none empty",
            folds,
            lambda got, k=n_folds: set(got.tolist()) == set(range(k)),
            expected=f"the numbers 0 to {n_folds - 1}",
            mistakes=[
                (lambda got: got.min() == 1, "folds are counted from 0"),
                (
                    lambda got, k=n_folds: got.max() >= k,
                    "there are more folds than asked for: several voices share one",
                ),
            ],
            means="some fold is empty: deal the voices in turn",
        )


@exercise(
    "evaluation.calibration",
    level="core",
    hints=(
        "The bin of a confidence c is `ceil(c * n_bins) - 1`.",
        "In each bin that is not empty: |share right - mean confidence|.",
        "Weight each gap by the number of sounds in the bin and divide by all sounds at the end.",
    ),
)
def gap_of_claims(answer, trial):
    random = np.random.default_rng(2)
    confidence = random.uniform(0.3, 1.0, 400) ** 0.5
    right = (random.random(400) < confidence**3).astype(int)

    def gaps(confidence, right, n_bins):
        which = np.ceil(confidence * n_bins).astype(int) - 1
        found = []
        for number in range(n_bins):
            inside = which == number
            if inside.any():
                difference = right[inside].mean() - confidence[inside].mean()
                found.append((inside.mean(), difference))
        return np.array(found).T

    def slips(confidence, right, n_bins):
        share, difference = gaps(confidence, right, n_bins)
        wholes = abs(right.mean() - confidence.mean())
        return [
            (np.abs(difference).mean(), "every bin counts alike: weight it by its sounds"),
            (
                np.abs(difference).sum() / n_bins,
                "every bin counts alike: weight it by its sounds",
            ),
            (
                lambda got: (
                    not np.isclose(wholes, np.sum(share * np.abs(difference)))
                    and np.isclose(np.abs(got), wholes)
                ),
                "too little in one bin and too much in another cancel: take the absolute gap of "
                "each bin",
            ),
            (
                np.abs(right - confidence).mean(),
                "each sound was compared with its own claim: compare the means of each bin",
            ),
            (np.abs(difference).max(), "this is the largest gap: the mean is asked for"),
            (np.sqrt(np.sum(share * difference**2)), "the gaps were squared: take |gap|"),
            (
                np.sum(share * np.abs(difference)) * len(right),
                "divide by the number of sounds",
            ),
            (lambda got: np.isnan(got), "an empty bin has no mean: leave it out"),
        ]

    trial.close(
        "all sure, half right: a gap of 0.5",
        lambda: answer(np.ones(4), np.array([1, 0, 1, 0]), 10),
        0.5,
        mistakes=[
            (lambda got: np.isnan(got), "an empty bin has no mean: leave it out"),
            (
                0,
                "a confidence of exactly 1 fell out: it belongs to the last bin",
            ),
            (0.05, "every bin counts alike: weight it by its sounds"),
            (2, "divide by the number of sounds"),
            (-0.5, "the gap has no sign: take its absolute value"),
        ],
    )
    low, high = np.array([0.6] * 10 + [0.9] * 10), np.array([1] * 8 + [0] * 2 + [1] * 7 + [0] * 3)
    trial.close(
        "0.2 too modest in one bin, 0.2 too bold in another: 0.2",
        lambda: answer(low, high, 5),
        0.2,
        mistakes=slips(low, high, 5),
        means="bins of equal width are asked for: here 0.6 and 0.9 each fill one",
    )
    for n_bins in (5, 10):
        expected = float(np.sum(np.prod(np.abs(gaps(confidence, right, n_bins)), axis=0)))
        trial.close(
            f"400 answers in {n_bins} bins agree with the definition",
            lambda n_bins=n_bins: answer(confidence, right, n_bins),
            expected,
            mistakes=slips(confidence, right, n_bins),
        )


@exercise(
    "evaluation.attack",
    level="core",
    hints=(
        "The gradient is taken with respect to the sound: make a copy that asks for one, "
        "`audio.detach().clone().requires_grad_()`.",
        "`torch.autograd.grad(loss, x)` returns the gradient of x alone, and leaves the weights "
        "alone; `loss.backward()` does not.",
        "`(x + epsilon * gradient.sign()).detach()`: towards a larger loss.",
    ),
)
def one_step(answer, trial):
    import torch
    from torch import nn

    from audiolessons import training

    device = training.pick_device()
    generator = torch.Generator().manual_seed(0)
    size, n_filters, n_samples = (32, 32, 8000) if device.type == "cuda" else (4, 4, 400)
    model = nn.Sequential(
        nn.Conv1d(1, n_filters, 9, padding=4), nn.Tanh(), nn.Flatten(), nn.LazyLinear(3)
    )
    model = nn.Sequential(nn.Unflatten(1, (1, n_samples)), *model)
    audio = 0.1 * torch.randn(size, n_samples, generator=generator)
    model(audio)  # gives the last layer its size
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.1 * torch.randn(weight.shape, generator=generator))
    model, audio = model.to(device), audio.to(device)
    target = torch.arange(size, device=device) % 3
    before = audio.clone()

    def loss_at(x):
        with torch.no_grad():
            return float(nn.functional.cross_entropy(model(x), target))

    x = audio.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(model(x), target), x)
    wanted = (audio + 0.01 * gradient.sign()).cpu().numpy()

    def attacked():
        got = answer(model, audio, target, 0.01)
        if got is ...:
            raise NotImplementedError
        return got

    def moved(got):
        return got.detach().cpu().numpy() - before.cpu().numpy()

    sign = gradient.sign().cpu().numpy()
    softened = nn.functional.cross_entropy(model(x).softmax(dim=1), target)
    twice = before + 0.01 * torch.autograd.grad(softened, x)[0].sign()
    twice = twice.cpu().numpy()
    trial.that(
        f"on the {device.type}: a tensor comes back, {size} sounds of {n_samples} samples",
        attacked,
        lambda got: isinstance(got, torch.Tensor) and got.shape == audio.shape,
        expected=f"shape ({size}, {n_samples})",
        means="the attacked sounds are asked for, as a tensor of the shape of `audio`",
    )
    trial.close(
        "every sample moves by epsilon, to where the loss grows",
        attacked,
        wanted,
        atol=1e-5,
        mistakes=[
            (lambda got: np.allclose(moved(got), 0), "nothing moved: add epsilon times the sign"),
            (
                lambda got: np.allclose(moved(got), -0.01 * sign, atol=1e-5),
                "this makes the sound easier: the loss is to grow, so the sign of the change is +",
            ),
            (
                lambda got: np.allclose(moved(got), 0.01 * gradient.cpu().numpy(), atol=1e-7),
                "the gradient itself was added: take its sign, or hardly anything moves",
            ),
            (
                lambda got: (
                    np.allclose(got.detach().cpu().numpy(), sign, atol=1e-5)
                    or np.allclose(got.detach().cpu().numpy(), 0.01 * sign, atol=1e-5)
                ),
                "this is the change alone: add it to the sound",
            ),
            (
                lambda got: np.allclose(got.detach().cpu().numpy(), twice, atol=1e-5),
                "softmax was taken twice: cross-entropy wants the logits as they are",
            ),
            (
                lambda got: (
                    np.allclose(np.abs(moved(got)), 0.01, atol=1e-5)
                    and np.mean(np.sign(moved(got)) == sign) < 0.999
                ),
                "the size is right, the direction is not: is the gradient that of the "
                "cross-entropy with respect to the sound?",
            ),
        ],
        means="each sample moves by epsilon, whatever the size of its gradient: take the sign",
    )
    trial.that(
        "the loss is larger than before",
        attacked,
        lambda got: loss_at(got) > loss_at(before),
        expected=f"more than {loss_at(before):.3f}",
    )
    trial.that(
        "the answer carries no gradient",
        attacked,
        lambda got: not got.requires_grad,
        expected="requires_grad is False",
        means="end with `.detach()`",
    )
    trial.that(
        "the model's weights and `audio` are as they were",
        attacked,
        lambda got: (
            all(weight.grad is None for weight in model.parameters())
            and audio.grad is None
            and not audio.requires_grad
            and torch.equal(audio, before)
        ),
        expected="no gradient left behind",
        means="`loss.backward()` leaves gradients in the weights, where the next training step "
        "would find them: use torch.autograd.grad, on a copy of `audio`",
    )


class _Study:
    """A stage for `honest_study` that notes who saw what.

    Every sound is a row that holds its own number, and 1000 more for each augmentation.
    """

    def __init__(self):
        self.settings = (2, 5, 9)
        # what each part says of each setting; every part prefers another one
        self.shares = {
            "train": (0.99, 0.9, 0.8),
            "valid": (0.6, 0.7, 0.5),
            "test": (0.5, 0.55, 0.75),
        }
        self.sounds = np.arange(30.0)[:, None]
        self.labels = np.arange(30) % 2
        order = np.random.default_rng(0).permutation(30)
        self.parts = order[:18], order[18:24], order[24:]
        self.augmented, self.trained, self.asked = [], [], []

    def augment(self, sounds, labels):
        self.augmented.append(sounds[:, 0] % 1000)
        return np.concatenate([sounds, sounds + 1000]), np.concatenate([labels, labels])

    def score(self, train_sounds, train_labels, other_sounds, other_labels, setting):
        if len(train_sounds) != len(train_labels) or len(other_sounds) != len(other_labels):
            raise ValueError("there are not as many labels as sounds")
        self.trained.append(train_sounds[:, 0])
        part = self.part_of(other_sounds)
        self.asked.append((part, setting, bool((other_sounds >= 1000).any())))
        share = self.shares.get(part, (0.9, 0.91, 0.92))
        return share[self.settings.index(setting)]

    def part_of(self, sounds):
        numbers = set((sounds[:, 0] % 1000).astype(int).tolist())
        for name, rows in zip(("train", "valid", "test"), self.parts, strict=True):
            if numbers and numbers <= set(rows.tolist()):
                return name
        return "a mixture"

    def run(self, answer):
        got = answer(
            self.sounds, self.labels, self.parts, list(self.settings), self.augment, self.score
        )
        if got is None:
            raise TypeError("None is no pair")
        return got


@exercise(
    "evaluation.repair",
    level="stretch",
    hints=(
        "Split first, and augment the training part alone: `augment(sounds[train], "
        "labels[train])`. Validation and test stay as they were recorded.",
        "Score every setting on the validation part and take the best.",
        "Only then score the chosen one on the test part: one call.",
    ),
)
def honest_study(answer, trial):
    study = _Study()
    train, _, test = (set(rows.tolist()) for rows in study.parts)
    got = trial.value("the study runs", lambda: study.run(answer))
    seen = {int(n) for numbers in study.augmented for n in numbers}
    learned = {int(n) % 1000 for numbers in study.trained for n in numbers}
    trial.that(
        "only training sounds are augmented",
        lambda: seen,
        lambda seen: seen == train,
        expected="the training part",
        mistakes=[
            (
                lambda seen: len(seen) == 0,
                "nothing was augmented: the training part may well be",
            ),
            (
                lambda seen: bool(seen & test) and bool(seen & train),
                "all sounds were augmented before the split: versions of test sounds are about",
            ),
            (lambda seen: bool(seen & test), "test sounds were augmented"),
            (lambda seen: bool(seen - train), "validation sounds were augmented"),
        ],
        means="augment sounds[train], all of it",
    )
    trial.that(
        "only training sounds are learned from",
        lambda: learned,
        lambda learned: bool(learned) and learned <= train,
        expected="no row of validation or test",
        mistakes=[
            (lambda learned: bool(learned & test), "test sounds were trained on"),
        ],
        means="validation sounds were trained on: here the parts stay apart to the end",
    )
    trial.that(
        "what is augmented is used",
        lambda: [int(numbers.max()) >= 1000 and len(numbers) >= 36 for numbers in study.trained],
        lambda used: bool(used) and all(used),
        expected="36 training sounds",
        means="the versions were made, but the scores were trained without them",
    )
    trial.that(
        "the setting is chosen on validation",
        lambda: got[0],
        lambda setting: setting == 5,
        expected="5, which is best on validation",
        mistakes=[
            (9, "this is the setting that is best on the test part: the test has chosen"),
            (2, "this is the setting that is best on the training part, or simply the first"),
            (
                lambda setting: isinstance(setting, int | np.integer) and setting not in (2, 5, 9),
                "this is the place of the setting: return settings[place]",
            ),
            (lambda setting: isinstance(setting, float), "return (setting, accuracy)"),
        ],
    )
    trial.close(
        "the accuracy is that of the test part",
        lambda: got[1],
        0.55,
        mistakes=[
            (0.7, "this is the accuracy on validation, which has chosen: ask the test part"),
            (0.75, "this is the best that the test part ever said: the test has chosen"),
            (0.9, "this is the accuracy on the training part"),
            (5, "return (setting, accuracy), in this order"),
        ],
    )
    trial.that(
        "the test part is asked once, as it was recorded",
        lambda: [(setting, changed) for part, setting, changed in study.asked if part == "test"],
        lambda asked: len(asked) == 1 and not asked[0][1],
        expected="one call",
        mistakes=[
            (lambda asked: len(asked) > 1, "every further look at the test part is a choice"),
            (lambda asked: len(asked) == 0, "the test part was never asked"),
        ],
        means="the test sounds were changed before they were tested",
    )
