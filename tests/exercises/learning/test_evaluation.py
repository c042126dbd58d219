"""Wrong answers to the exercises of learning/evaluation, and the message meant for each."""

import numpy as np
import torch
from torch.nn import functional

from audiolessons import exercises
from audiolessons.exercises.learning.evaluation import snrs_played


def _counts(*, swapped=False, mean=None, guarded=True, percent=False):
    def from_counts(hits, false_alarms, missed):
        if guarded and hits == 0:
            return 0.0, 0.0, 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.float64(hits) / (hits + false_alarms)
            recall = np.float64(hits) / (hits + missed)
            f1 = (mean or _harmonic)(precision, recall)
        found = (recall, precision, f1) if swapped else (precision, recall, f1)
        return 100 * np.array(found) if percent else found

    return from_counts


def _harmonic(p, r):
    return 2 * p * r / (p + r)


def _needed(*, rounding=np.ceil, formula=lambda p, h: 1.96**2 * p * (1 - p) / h**2):
    return lambda share, half_width: rounding(formula(share, half_width))


def _auc(*, tie=0.5, turned=False, pairs_of=None, mean=np.mean):
    def auc_by_pairs(truth, scores):
        positives, negatives = scores[truth == 1], scores[truth == 0]
        difference = positives[:, None] - negatives[None]
        difference = -difference if turned else difference
        counted = (difference > 0) + tie * (difference == 0)
        return counted.sum() / len(scores) ** 2 if pairs_of == "all" else mean(counted)

    return auc_by_pairs


def _bootstrap(*, size=None, replace=True, ends=(0.025, 0.975), own=False):
    def interval_by_drawing(right, n_draws, random):
        random = np.random.default_rng() if own else random
        n = size or len(right)
        rows = np.stack([random.choice(len(right), n, replace=replace) for _ in range(n_draws)])
        means = right[rows].mean(axis=1)
        return np.quantile(means, ends) if ends else means

    return interval_by_drawing


def _by_formula(right, n_draws, random):
    half = 1.96 * np.std(right) / np.sqrt(len(right))
    return right.mean() - half, right.mean() + half


def _voice_numbers(speaker):
    return np.unique(speaker, return_inverse=True)[1]


def _random_folds(speaker, n_folds):
    return np.random.default_rng(0).integers(0, n_folds, len(speaker))


def _gap(*, weigh=True, signed=False, worst=False, squared=False, keep_one=True, empty=False):
    """The definition with its parts exchangeable."""

    def gap_of_claims(confidence, right, n_bins):
        which = np.ceil(confidence * n_bins).astype(int) - 1
        if not keep_one:
            which = np.floor(confidence * n_bins).astype(int)
        shares, gaps = [], []
        for number in range(n_bins):
            inside = which == number
            if not inside.any():
                if empty:
                    return float("nan")
                continue
            shares.append(inside.mean())
            gaps.append(right[inside].mean() - confidence[inside].mean())
        shares, gaps = np.array(shares), np.array(gaps)
        if worst:
            return np.abs(gaps).max()
        if squared:
            return np.sqrt(np.sum(shares * gaps**2))
        if signed:
            return np.sum(shares * gaps)
        return np.sum(shares * np.abs(gaps)) if weigh else np.abs(gaps).mean()

    return gap_of_claims


def _gap_of_equal_counts(confidence, right, n_bins):
    bins = [rows for rows in np.array_split(np.argsort(confidence), n_bins) if len(rows)]
    gaps = [len(rows) * abs(right[rows].mean() - confidence[rows].mean()) for rows in bins]
    return sum(gaps) / len(right)


def _attack(
    *, sign=1, step=torch.sign, base=1, detach=True, backward=False, kept=False, twice=False
):
    def one_step(model, audio, target, epsilon):
        x = audio.detach().clone().requires_grad_()
        logits = model(x).softmax(dim=1) if twice else model(x)
        loss = functional.cross_entropy(logits, target)
        if backward:
            loss.backward()
            gradient = x.grad
        else:
            (gradient,) = torch.autograd.grad(loss, x)
        moved = base * (x if not detach else x.detach()) + sign * epsilon * step(gradient)
        if kept:
            audio += sign * epsilon * step(gradient)
        return moved

    return one_step


def _study(*, augment_what="train", choose_on="valid", report_on="test", use=True, first=False):
    """The solution with its parts exchangeable."""

    def honest_study(sounds, labels, parts, settings, augment, score):
        train, valid, test = parts
        rows = {"train": train, "valid": valid, "test": test, "none": train[:0]}
        which = {"all": np.arange(len(sounds)), "train and valid": np.append(train, valid)}
        chosen_rows = which.get(augment_what, rows.get(augment_what))
        more, more_labels = sounds[train], labels[train]
        if augment_what != "none":
            made = augment(sounds[chosen_rows], labels[chosen_rows])
            if use:
                more, more_labels = made

        def ask(part, setting):
            return score(more, more_labels, sounds[rows[part]], labels[rows[part]], setting)

        if first:
            best = settings[0]
        else:
            best = settings[int(np.argmax([ask(choose_on, setting) for setting in settings]))]
        return best, ask(report_on, best)

    return honest_study


def _study_of_changed_test_sounds(sounds, labels, parts, settings, augment, score):
    train, valid, test = parts
    more, more_labels = augment(sounds[train], labels[train])
    on_valid = [score(more, more_labels, sounds[valid], labels[valid], s) for s in settings]
    best = settings[int(np.argmax(on_valid))]
    changed = sounds[test] + 1000
    return best, score(more, more_labels, changed, labels[test], best)


def _study_that_returns(what):
    def honest_study(sounds, labels, parts, settings, augment, score):
        setting, share = _study()(sounds, labels, parts, settings, augment, score)
        return (share, setting) if what == "swapped" else (settings.index(setting), share)

    return honest_study


def _right_order():
    snr = snrs_played()
    return "".join(sorted(snr, key=snr.get, reverse=True))


ORDER = _right_order()

WRONG = {
    "evaluation.counts": [
        (_counts(swapped=True), "swapped"),
        (_counts(mean=lambda p, r: (p + r) / 2), "arithmetic mean"),
        (_counts(mean=lambda p, r: p * r / (p + r)), "factor 2"),
        (_counts(mean=lambda p, r: np.sqrt(p * r)), "geometric mean"),
        (_counts(guarded=False), "0/0 is taken as 0"),
        (_counts(percent=True), "these are percent"),
        (lambda h, f, m: (h / (h + f + m),) * 3 if h else (0, 0, 0), "do not enter the precision"),
        (lambda h, f, m: h / (h + f) if h else 0, "three numbers"),
    ],
    "evaluation.order": [
        (ORDER[::-1], "from the noisiest to the cleanest"),
        (ORDER[0] + ORDER[2] + ORDER[1] + ORDER[3:], "first and last are right"),
        (ORDER[1] + ORDER[0] + ORDER[2:], "listen again at place 1, 2"),
        (list(ORDER), "this is a list"),
        (ORDER.lower(), "capital letters"),
        (", ".join(ORDER), "without spaces"),
        (12345, "a text is asked for"),
    ],
    "evaluation.needed": [
        (_needed(rounding=int), "rounded down"),
        (_needed(rounding=float), "a whole number is asked for"),
        (_needed(formula=lambda p, h: 1.96**2 * p / h**2), "1 - p is missing"),
        (_needed(formula=lambda p, h: p * (1 - p) / h**2), "one standard deviation"),
        (_needed(formula=lambda p, h: 1.96 * p * (1 - p) / h**2), "stands in the square"),
        (_needed(formula=lambda p, h: 1.96 * np.sqrt(p * (1 - p)) / h), "the square is missing"),
        (_needed(formula=lambda p, h: 1.96**2 * p * (1 - p) / h), "is squared in the formula"),
        (_needed(formula=lambda p, h: 2**2 * p * (1 - p) / h**2), "2 standard deviations"),
        (_needed(formula=lambda p, h: 1.96**2 * p * (1 - p) / (2 * h) ** 2), "do not double it"),
    ],
    "evaluation.auc": [
        (_auc(tie=0), "half, not nothing"),
        (_auc(tie=1), "half, not whole"),
        (_auc(turned=True), "turn the comparison round"),
        (_auc(pairs_of="all"), "only pairs of a positive with a negative"),
        (_auc(mean=np.sum), "the number of pairs"),
        (lambda truth, scores: np.mean((scores > 0) == truth), "accuracy at one threshold"),
        (
            lambda t, s: np.mean([a > b for a, b in zip(s[t == 1], s[t == 0], strict=False)]),
            "compare it with all of them",
        ),
        (lambda t, s: s[t == 1].mean() - s[t == 0].mean(), "difference of two means"),
    ],
    "evaluation.bootstrap": [
        (_bootstrap(replace=False), "with replacement"),
        (_bootstrap(ends=(0.05, 0.95)), "these ends hold 90 %"),
        (_bootstrap(ends=(0.16, 0.84)), "one standard deviation"),
        (_bootstrap(ends=(0.975, 0.025)), "low comes first"),
        (_bootstrap(ends=None), "the means of all draws"),
        (_bootstrap(size=20), "far too wide"),
        (_bootstrap(size=2000), "far too narrow"),
        (_bootstrap(size=200), "whatever that is"),
        (_bootstrap(own=True), "not from np.random"),
        (_bootstrap(ends=(0.00025, 0.00975)), "both ends are low"),
        (_by_formula, "not a mean and 1.96 deviations"),
    ],
    "evaluation.groups": [
        (lambda speaker, n_folds: np.arange(len(speaker)) % n_folds, "dealt in turn"),
        (
            lambda speaker, n_folds: np.arange(len(speaker)) * n_folds // len(speaker),
            "cut into blocks",
        ),
        (_random_folds, "a voice is torn apart"),
        (lambda speaker, n_folds: _voice_numbers(speaker), "more folds than asked for"),
        (lambda speaker, n_folds: _voice_numbers(speaker) % n_folds + 1, "counted from 0"),
        (lambda speaker, n_folds: _voice_numbers(speaker) * 0, "some fold is empty"),
        (lambda speaker, n_folds: np.arange(6) % n_folds, "one number is asked for each sound"),
    ],
    "evaluation.calibration": [
        (_gap(weigh=False), "every bin counts alike"),
        (_gap(signed=True), "the gap has no sign"),
        (lambda c, right, n_bins: abs(right.mean() - c.mean()), "cancel"),
        (_gap(worst=True), "the largest gap"),
        (_gap(squared=True), "squared"),
        (_gap(keep_one=False), "belongs to the last bin"),
        (_gap(empty=True), "an empty bin has no mean"),
        (lambda c, right, n_bins: _gap()(c, right, n_bins) * len(right), "number of sounds"),
        (lambda c, right, n_bins: np.abs(right - c).mean(), "with its own claim"),
        (_gap_of_equal_counts, "bins of equal width"),
    ],
    "evaluation.attack": [
        (_attack(sign=-1), "makes the sound easier"),
        (_attack(step=lambda gradient: gradient), "the gradient itself was added"),
        (_attack(base=0), "the change alone"),
        (_attack(sign=0), "nothing moved"),
        (_attack(step=lambda g: torch.where(g > 5, g.sign(), -1.0)), "the direction is not"),
        (_attack(twice=True), "softmax was taken twice"),
        (_attack(step=lambda gradient: gradient / gradient.norm()), "take the sign"),
        (_attack(detach=False), "end with `.detach()`"),
        (_attack(backward=True), "leaves gradients in the weights"),
    ],
    "evaluation.repair": [
        (_study(augment_what="all"), "augmented before the split"),
        (_study(augment_what="train and valid"), "validation sounds were augmented"),
        (_study(augment_what="none"), "nothing was augmented"),
        (_study(choose_on="test"), "the test has chosen"),
        (_study(choose_on="train"), "best on the training part, or simply the first"),
        (_study(report_on="valid"), "the accuracy on validation"),
        (_study(use=False), "trained without them"),
        (_study_that_returns("place"), "return settings[place]"),
        (_study_that_returns("swapped"), "in this order"),
        (_study_of_changed_test_sounds, "changed before they were tested"),
    ],
}


def test_the_attack_says_where_it_ran():
    report = exercises.check("evaluation.attack", _attack())
    assert report.passed, str(report)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda


def test_an_attack_that_changes_the_sound_in_place_is_noticed():
    report = exercises.check("evaluation.attack", _attack(kept=True))
    assert not report.passed
