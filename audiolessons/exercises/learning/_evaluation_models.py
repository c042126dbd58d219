"""Exercises of the chapter learning/evaluation: claims, an attack, and an honest study."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- claims and facts ---------------------------------------------------------------------------


def _upper(confidence, n_bins):
    """The bins of the prompt: each holds its upper end."""
    return np.ceil(confidence * n_bins).astype(int) - 1


def _lower(confidence, n_bins):
    return np.floor(confidence * n_bins).astype(int)


def _equal_counts(confidence, n_bins):
    which = np.empty(len(confidence), dtype=int)
    for number, rows in enumerate(np.array_split(np.argsort(confidence, kind="stable"), n_bins)):
        which[rows] = number
    return which


def _claim(inside, number, n_bins, confidence):
    return confidence[inside].mean()


def _mean_gap(shares, gaps, n_bins):
    return np.sum(shares * np.abs(gaps))


def _gap(*, bins=_upper, claim=_claim, total=_mean_gap, empty=None):
    """The definition with its parts exchangeable."""

    def gap_of_claims(confidence, right, n_bins):
        which = bins(confidence, n_bins)
        shares, gaps = [], []
        for number in range(n_bins):
            inside = which == number
            if inside.any():
                shares.append(inside.mean())
                gaps.append(right[inside].mean() - claim(inside, number, n_bins, confidence))
            elif empty is not None:
                return empty
        return total(np.array(shares), np.array(gaps), n_bins)

    return gap_of_claims


def _claims(n, seed, power=0.5):
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.05, 1.0, n) ** power
    # too bold here and too modest there, several times: how the bins lie makes a difference
    return confidence, (random.random(n) < 0.5 + 0.5 * np.sin(20 * confidence)).astype(int)


def _any_claims(random):
    confidence, right = _claims(int(random.integers(3, 60)), int(random.integers(1000)), 1.0)
    if random.random() < 0.5:  # on the borders of bins, which are exact for powers of 2
        return np.ceil(confidence * 16) / 16, right, int(2 ** random.integers(0, 4))
    return confidence, right, int(random.integers(1, 12))


ON_BORDERS = np.repeat([0.25, 0.5, 0.75, 1.0], 6) - np.tile([0.0, 0.0, 0.1], 8)
MIXED = np.array([1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0])


@exercise(
    "evaluation.calibration",
    level="core",
    hints=(
        "The bin of a confidence c is `ceil(c * n_bins) - 1`.",
        "In each bin that is not empty: |share right - mean confidence|.",
        "Weight each gap by the number of sounds in the bin and divide by all sounds at the end.",
    ),
    probes=[
        probe("all sure, half right: a gap of 0.5", np.ones(4), np.array([1, 0, 1, 0]), 10),
        probe(
            "0.25 too modest in one bin, 0.2 too bold in another: 0.225",
            np.array([0.55] * 10 + [0.9] * 10),
            np.array([1] * 8 + [0] * 2 + [1] * 7 + [0] * 3),
            5,
        ),
        probe("400 answers in 5 bins", *_claims(400, 2), 5),
        probe("the same 400 answers in 10 bins", *_claims(400, 2), 10),
        probe("37 answers in 7 bins, some of them empty", *_claims(37, 3, 0.2), 7),
        probe("answers in one single bin", *_claims(50, 4), 1),
        probe("a confidence on a border belongs to the bin below it", ON_BORDERS, MIXED, 4),
    ],
    wrong=[
        *(
            (
                _gap(total=total),
                "every bin counts alike: weight each gap by the share of sounds in its bin",
            )
            for total in (
                lambda shares, gaps, n_bins: np.abs(gaps).mean(),
                lambda shares, gaps, n_bins: np.abs(gaps).sum() / n_bins,
            )
        ),
        *(
            (
                wrong,
                "too much in one bin and too little in another cancel: take the absolute gap of "
                "each bin",
            )
            for wrong in (
                _gap(total=lambda shares, gaps, n_bins: np.sum(shares * gaps)),
                _gap(total=lambda shares, gaps, n_bins: -np.sum(shares * gaps)),
                _gap(total=lambda shares, gaps, n_bins: np.abs(np.sum(shares * gaps))),
            )
        ),
        (
            lambda confidence, right, n_bins: np.abs(right - confidence).mean(),
            "each sound was compared with its own claim: compare the means of each bin",
        ),
        (
            _gap(total=lambda shares, gaps, n_bins: np.abs(gaps).max()),
            "this is the largest gap: the mean is asked for",
        ),
        *(
            (_gap(total=total), "the gaps were squared: take |gap|")
            for total in (
                lambda shares, gaps, n_bins: np.sum(shares * gaps**2),
                lambda shares, gaps, n_bins: np.sqrt(np.sum(shares * gaps**2)),
            )
        ),
        (
            lambda confidence, right, n_bins: _gap()(confidence, right, n_bins) * len(right),
            "divide by the number of sounds",
        ),
        (
            lambda confidence, right, n_bins: (
                _gap()(confidence, right, n_bins) * len(right) / n_bins
            ),
            "divided by the number of bins: divide by that of sounds",
        ),
        (_gap(empty=np.nan), "an empty bin has no mean: leave it out"),
        (
            _gap(bins=_lower),
            "each bin holds its lower end here, and a confidence of 1 falls out: the upper end "
            "belongs to the bin",
        ),
        (
            _gap(
                bins=lambda confidence, n_bins: np.minimum(_lower(confidence, n_bins), n_bins - 1)
            ),
            "each bin holds its lower end here: a confidence on a border belongs to the bin below",
        ),
        (
            lambda confidence, right, n_bins: _gap()(confidence, right, 10),
            "10 bins are written in: use n_bins",
        ),
        (
            _gap(bins=lambda confidence, n_bins: _upper(confidence, n_bins) + 1),
            "the last bin falls out: bins are counted from 0, and these from 1",
        ),
        (
            lambda confidence, right, n_bins: _gap()(confidence, right, max(n_bins - 1, 1)),
            "there is a bin too few: n_bins of them need n_bins + 1 borders",
        ),
        (
            _gap(claim=lambda inside, number, n_bins, confidence: (number + 0.5) / n_bins),
            "the middle of the bin stands for its claim: take the mean confidence of its sounds",
        ),
        (
            _gap(claim=lambda inside, number, n_bins, confidence: (number + 1) / n_bins),
            "the upper end of the bin stands for its claim: take the mean confidence of its sounds",
        ),
        (
            _gap(bins=_equal_counts),
            "the bins hold equally many sounds: bins of equal width are asked for",
        ),
    ],
    valid=_any_claims,
)
def gap_of_claims(confidence, right, n_bins):
    return _gap()(confidence, right, n_bins)


# --- one step towards another answer ------------------------------------------------------------


def _step(
    *,
    loss=lambda functional, logits, wanted: functional.cross_entropy(logits, wanted),
    direction=lambda gradient: gradient.sign(),
    move=lambda x, step: x - step,
    detach=True,
    backward=False,
    in_place=False,
):
    """The step with its parts exchangeable."""

    def one_step(model, audio, wanted, epsilon):
        import torch

        x = audio.detach().clone().requires_grad_()
        found = loss(torch.nn.functional, model(x), wanted)
        if backward:
            found.backward()
        gradient = x.grad if backward else torch.autograd.grad(found, x)[0]
        if in_place:
            audio -= epsilon * direction(gradient)
            return audio
        moved = move(x, epsilon * direction(gradient))
        return moved.detach() if detach else moved

    return one_step


def _asks_audio_itself(model, audio, wanted, epsilon):
    import torch

    loss = torch.nn.functional.cross_entropy(model(audio.requires_grad_()), wanted)
    return (audio - epsilon * torch.autograd.grad(loss, audio)[0].sign()).detach()


def _stage(size, n_samples, n_classes, *, seed, device):
    """A network without a flat place, sounds, and the classes that they are to be taken for."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    n_filters = 32 if device.type == "cuda" else 4
    model = nn.Sequential(
        nn.Unflatten(1, (1, n_samples)),
        *(nn.Conv1d(1, n_filters, 9, padding=4), nn.Tanh(), nn.Flatten()),
        nn.Linear(n_filters * n_samples, n_classes),
    ).to(device)
    audio = 0.1 * torch.randn(size, n_samples, device=device)
    wanted = (model(audio).argmax(dim=1) + 1 + torch.arange(size, device=device) % 2) % n_classes
    return model, audio, wanted


def _moved(answer, model, audio, wanted, epsilon):
    return answer(model, audio, wanted, epsilon)


def _left(answer, model, audio, wanted, epsilon):
    """What the answer leaves behind, on what it returns and on what it was given."""
    weights, before = [weight.clone() for weight in model.parameters()], audio.clone()
    training = model.training
    got = answer(model, audio, wanted, epsilon)
    return {
        "the answer carries a gradient": bool(getattr(got, "requires_grad", False)),
        "a gradient lies in the weights": any(
            weight.grad is not None and bool(weight.grad.any()) for weight in model.parameters()
        ),
        "the weights have changed": any(
            bool((a != b).any()) for a, b in zip(weights, model.parameters(), strict=True)
        ),
        "the weights take gradients": all(weight.requires_grad for weight in model.parameters()),
        "the network changed between train and eval": model.training != training,
        "`audio` has changed": bool((audio != before).any()),
        "`audio` takes gradients": audio.requires_grad,
    }


def _all_of_it(answer, *given):
    return {"sounds": _moved(answer, *given), **_left(answer, *given)}


def _stages():
    import torch

    from audiolessons import training

    where = training.pick_device()
    size, n_samples = (4, 400) if where.type == "cpu" else (32, 8000)
    yield probe(
        f"on the {where.type}, {size} sounds of {n_samples} samples: each sample moves by epsilon, "
        "to where the loss falls",
        *_stage(size, n_samples, 3, seed=0, device=where),
        0.01,
        observe=_moved,
    )
    cpu = torch.device("cpu")
    for what, given, epsilon in (
        ("three sounds of 50 samples, five classes", (3, 50, 5), 0.002),
        ("a single sound, a larger step", (1, 30, 4), 0.05),
    ):
        yield probe(what, *_stage(*given, seed=1, device=cpu), epsilon, observe=_moved)
    yield probe(
        "network and `audio` are as they were, and no gradient is left",
        *_stage(2, 40, 3, seed=2, device=cpu),
        0.01,
        observe=_left,
    )


def _any_stage(random):
    import torch

    if random.random() > 0.95:  # twenty or so are enough
        return None
    sizes = [int(n) for n in random.integers([1, 10, 3], [5, 60, 7])]
    stage = _stage(*sizes, seed=int(random.integers(1000)), device=torch.device("cpu"))
    return *stage, float(random.uniform(0.001, 0.1))


@exercise(
    "evaluation.attack",
    level="core",
    time_limit_s=20,
    hints=(
        "The gradient is taken with respect to the sound: make a copy that asks for one, "
        "`audio.detach().clone().requires_grad_()`.",
        "`torch.autograd.grad(loss, x)` returns the gradient of x alone, and leaves the weights "
        "alone; `loss.backward()` does not.",
        "The loss of `wanted` is to fall: go against the sign of its gradient, and end with "
        "`.detach()`.",
    ),
    observe=_all_of_it,
    probes=_stages,
    wrong=[
        (
            _step(move=lambda x, step: x + step),
            "this makes the loss of `wanted` grow: it is to fall, so step against the gradient",
        ),
        (
            _step(direction=lambda gradient: gradient),
            "the gradient itself was taken off: take its sign, or hardly anything moves",
        ),
        (
            _step(direction=lambda gradient: gradient / gradient.norm()),
            "the gradient was divided by its length: every sample is to move by epsilon, take the "
            "sign",
        ),
        (
            _step(direction=lambda gradient: gradient / gradient.abs().max()),
            "only the sample with the largest slope moves by epsilon: take the sign",
        ),
        (_step(direction=abs), "the direction is lost: take the sign of the gradient"),
        (
            _step(move=lambda x, step: -step),
            "this is the change alone: add it to the sound",
        ),
        (_step(move=lambda x, step: x), "nothing moved: take off epsilon times the sign"),
        (
            _step(move=lambda x, step: (x - step).sign()),
            "this is the sign of the sound as well: take that of the gradient alone",
        ),
        (
            _step(
                loss=lambda functional, logits, wanted: functional.cross_entropy(
                    logits.softmax(dim=1), wanted
                )
            ),
            "softmax was taken twice: cross-entropy wants the logits as they are",
        ),
        (
            _step(
                loss=lambda functional, logits, wanted: functional.nll_loss(logits, wanted),
            ),
            "this is the logit of `wanted` alone: cross-entropy looks at the other classes as well",
        ),
        *(
            (
                _step(
                    loss=lambda functional, logits, wanted: functional.cross_entropy(
                        logits, logits.argmax(dim=1)
                    ),
                    move=move,
                ),
                "the loss is that of what the network says now: use `wanted`",
            )
            for move in (lambda x, step: x - step, lambda x, step: x + step)
        ),
        (
            _step(detach=False),
            "what comes back still carries a gradient: end with `.detach()`",
        ),
        (
            _step(backward=True),
            "`loss.backward()` leaves gradients in the weights, where the next training step would "
            "find them: use torch.autograd.grad",
        ),
        (
            _step(backward=True, detach=False),
            "gradients are left in the weights, and what comes back carries one: use "
            "torch.autograd.grad, and end with `.detach()`",
        ),
        (_step(in_place=True), "`audio` itself was changed: work on a copy"),
        (
            _asks_audio_itself,
            "`audio` itself asks for gradients now: call requires_grad_() on a copy",
        ),
    ],
    valid=_any_stage,
    forbidden={"no ready-made attack": ("fgsm", "pgd", "input_gradient")},
)
def one_step(model, audio, wanted, epsilon):
    return _step()(model, audio, wanted, epsilon)


# --- the repair ---------------------------------------------------------------------------------

VERSION = 1000.0  # what `augment` adds to a sound's number


class _Study:
    """A stage for an honest study that notes who saw what.

    Every sound is a row that holds its own number, and 1000 more for its augmented version.

    Parameters
    ----------
    n_sounds : tuple of three int
        For training, validation and test.
    shares : dict
        Setting to its accuracy on training, validation and test.
    """

    def __init__(self, n_sounds, shares, seed=0):
        self.settings, self.shares = list(shares), shares
        order = np.random.default_rng(seed).permutation(sum(n_sounds))
        self.sounds = np.arange(float(len(order)))[:, None]
        self.labels = np.arange(len(order)) * 7 % 5 % 2
        self.parts = tuple(np.split(order, np.cumsum(n_sounds)[:2]))
        self.train, self.valid, self.test = (set(rows.tolist()) for rows in self.parts)
        self.augmented, self.calls, self.labels_fit = set(), [], True

    def augment(self, sounds, labels):
        self._look_at(sounds, labels)
        self.augmented |= self._rows(sounds)
        return np.concatenate([sounds, sounds + VERSION]), np.concatenate([labels, labels])

    def score(self, train_sounds, train_labels, other_sounds, other_labels, setting):
        self._look_at(train_sounds, train_labels)
        self._look_at(other_sounds, other_labels)
        self.calls.append((np.array(train_sounds), np.array(other_sounds)))
        asked = self._rows(other_sounds)
        for part, rows in enumerate((self.train, self.valid, self.test)):
            if asked and asked <= rows:
                return self.shares[setting][part]
        return 0.01 * len(asked) + 0.001 * self.settings.index(setting)  # of a mixture

    def facts(self, answer):
        """What must hold of every honest study, whether or not it learns once more at the end."""
        given = self.sounds, self.labels, self.parts, self.settings, self.augment, self.score
        setting, share = answer(*given)
        of_test = [other for _, other in self.calls if self._rows(other) & self.test]
        learned = [self._rows(train) for train, _ in self.calls]
        while_choosing = [
            rows & self.valid
            for rows, (_, other) in zip(learned, self.calls, strict=True)
            if self._rows(other) & self.valid
        ]
        return {
            "setting": setting,
            "accuracy": share,
            "calls with test sounds": len(of_test),
            "the test sounds are all there, as they were recorded": all(
                np.array_equal(np.sort(other[:, 0]), np.sort(self.parts[2])) for other in of_test
            ),
            "test sounds were augmented": bool(self.augmented & self.test),
            "test sounds were learned from": any(rows & self.test for rows in learned),
            "validation sounds were learned from while they chose": any(while_choosing),
            "all training sounds were learned from": all(rows >= self.train for rows in learned),
            "augmented versions were learned from": all(
                (train >= VERSION).sum() >= len(self.train) for train, _ in self.calls
            ),
            "each sound kept its label": self.labels_fit,
        }

    def _rows(self, sounds) -> set[int]:
        return set((np.asarray(sounds)[:, 0] % VERSION).astype(int).tolist())

    def _look_at(self, sounds, labels):
        if len(sounds) != len(labels):
            raise ValueError(f"{len(sounds)} sounds with {len(labels)} labels")
        rows = (np.asarray(sounds)[:, 0] % VERSION).astype(int)
        self.labels_fit &= np.array_equal(self.labels[rows], labels)


def _facts(answer, *stage):
    return _Study(*stage).facts(answer)


def _only(*names):
    def observe(answer, *stage):
        facts = _facts(answer, *stage)
        return {name: facts[name] for name in names}

    return observe


def _any_study(random):
    settings = random.permutation(20)[: int(random.integers(2, 6))].tolist()
    shares = random.permuted(np.linspace(0.4, 0.95, 3 * len(settings))).reshape(-1, 3)
    n_sounds = tuple(int(n) for n in random.integers([8, 3, 3], [30, 9, 9]))
    return n_sounds, dict(zip(settings, shares.tolist(), strict=True)), int(random.integers(1000))


def _study(
    *,
    augmented=lambda train, valid, test: train,
    learned=lambda made, plain: made,
    chosen_by=1,
    told_by=2,
    best=np.argmax,
    once_more=False,
):
    """The study with its parts exchangeable; the parts are 0 training, 1 validation, 2 test."""

    def honest_study(sounds, labels, parts, settings, augment, score):
        rows, plain = augmented(*parts), (sounds[parts[0]], labels[parts[0]])
        train = learned(augment(sounds[rows], labels[rows]) if len(rows) else plain, plain)

        def ask(part, setting):
            return score(*train, sounds[parts[part]], labels[parts[part]], setting)

        chosen = settings[int(best([ask(chosen_by, setting) for setting in settings]))]
        if once_more:
            ask(2, chosen)
        return chosen, ask(told_by, chosen)

    return honest_study


def _changed(change):
    """The right study with another return value."""
    return lambda sounds, labels, parts, settings, augment, score: change(
        *_study()(sounds, labels, parts, settings, augment, score), settings
    )


def _test_chooses(sounds, labels, parts, settings, augment, score):
    train, _, test = parts
    more = augment(sounds[train], labels[train])
    shares = [score(*more, sounds[test], labels[test], setting) for setting in settings]
    return settings[int(np.argmax(shares))], max(shares)


def _largest_setting(sounds, labels, parts, settings, augment, score):
    order = np.argsort(settings)
    best = _study(best=lambda shares: order[-1])
    return best(sounds, labels, parts, settings, augment, score)


def _all_are_tested(sounds, labels, parts, settings, augment, score):
    train, valid, test = parts
    more = augment(sounds[train], labels[train])
    on_valid = [score(*more, sounds[valid], labels[valid], setting) for setting in settings]
    on_test = [score(*more, sounds[test], labels[test], setting) for setting in settings]
    best = int(np.argmax(on_valid))
    return settings[best], on_test[best]


def _versions_are_tested(sounds, labels, parts, settings, augment, score):
    train, valid, test = parts
    more = augment(sounds[train], labels[train])
    on_valid = [score(*more, sounds[valid], labels[valid], setting) for setting in settings]
    best = settings[int(np.argmax(on_valid))]
    return best, score(*more, *augment(sounds[test], labels[test]), best)


def _untested(sounds, labels, parts, settings, augment, score):
    train, valid, _ = parts
    more = augment(sounds[train], labels[train])
    on_valid = [score(*more, sounds[valid], labels[valid], setting) for setting in settings]
    return settings[int(np.argmax(on_valid))], max(on_valid)


def _learns_from_all(sounds, labels, parts, settings, augment, score):
    train, valid, test = parts
    more = augment(sounds[train], labels[train])
    on_valid = [score(*more, sounds[valid], labels[valid], setting) for setting in settings]
    best = settings[int(np.argmax(on_valid))]
    return best, score(*augment(sounds, labels), sounds[test], labels[test], best)


@exercise(
    "evaluation.repair",
    level="stretch",
    hints=(
        "Split first, and augment the training part alone: `augment(sounds[train], "
        "labels[train])`. Validation and test stay as they were recorded.",
        "Score every setting on the validation part and take the best.",
        "Only then score the chosen one on the test part: one call.",
    ),
    observe=_facts,
    probes=[
        probe(
            what,
            (18, 6, 5),
            {2: (0.99, 0.6, 0.5), 5: (0.9, 0.7, 0.55), 9: (0.8, 0.5, 0.75)},
            observe=_only(*names),
        )
        for what, names in (
            (
                "validation sounds are not learned from while they choose, test sounds never",
                (
                    "test sounds were augmented",
                    "test sounds were learned from",
                    "validation sounds were learned from while they chose",
                ),
            ),
            (
                "all training sounds and their augmented versions are learned from",
                (
                    "all training sounds were learned from",
                    "augmented versions were learned from",
                    "each sound kept its label",
                ),
            ),
            ("validation chooses the setting", ("setting",)),
            (
                "the test part is asked once, as it was recorded",
                (
                    "calls with test sounds",
                    "the test sounds are all there, as they were recorded",
                ),
            ),
            ("the accuracy is that of the test part", ("accuracy",)),
        )
    ]
    + [
        probe(
            "four settings, of which the last is best on validation",
            (11, 4, 7),
            {
                7: (0.7, 0.52, 0.81),
                1: (0.8, 0.5, 0.6),
                3: (0.95, 0.61, 0.58),
                0: (0.6, 0.66, 0.47),
            },
            3,
        ),
    ],
    wrong=[
        (
            _study(augmented=lambda *parts: np.concatenate(parts)),
            "all sounds were augmented before the split: versions of test sounds are learned from",
        ),
        (
            _study(augmented=lambda train, valid, test: np.append(train, valid)),
            "validation sounds are learned from while they choose the setting",
        ),
        (
            _study(augmented=lambda train, valid, test: test),
            "test sounds were augmented and learned from: take the training part",
        ),
        *(
            (
                wrong,
                "the scores learned without augmented versions: hand what `augment` makes of the "
                "training part to `score`",
            )
            for wrong in (
                _study(augmented=lambda train, valid, test: train[:0]),
                _study(learned=lambda made, plain: plain),
            )
        ),
        *(
            (wrong, "the test part chose the setting: let validation choose")
            for wrong in (_study(chosen_by=2), _test_chooses)
        ),
        (
            _study(chosen_by=2, told_by=1),
            "validation and test are exchanged: parts holds training, validation, test",
        ),
        (
            _study(chosen_by=0),
            "the training part chose the setting, and it knows its own sounds: let validation "
            "choose",
        ),
        (
            _study(best=lambda shares: 0),
            "this is the first setting, whatever the scores: take the best on validation",
        ),
        (
            _largest_setting,
            "this is the largest setting: the one with the best score on validation is asked for",
        ),
        (_study(best=np.argmin), "this is the worst setting on validation: take the best"),
        *(
            (wrong, "this is the accuracy on validation, which has chosen: ask the test part")
            for wrong in (_study(told_by=1), _untested)
        ),
        (
            _study(told_by=0),
            "this is the accuracy on the training part: ask the test part",
        ),
        (
            _all_are_tested,
            "every setting was tried on the test part: ask it once, for the chosen one",
        ),
        (_study(once_more=True), "the test part was asked twice: once is enough"),
        (
            _versions_are_tested,
            "the test sounds were augmented before they were tested: ask them as recorded",
        ),
        (
            _learns_from_all,
            "once the setting was chosen, the test sounds were learned from as well",
        ),
        (
            _changed(lambda setting, share, settings: (settings.index(setting), share)),
            "this is the place of the setting: return settings[place]",
        ),
        (
            _changed(lambda setting, share, settings: (share, setting)),
            "return (setting, accuracy), in this order",
        ),
    ],
    valid=_any_study,
)
def honest_study(sounds, labels, parts, settings, augment, score):
    return _study()(sounds, labels, parts, settings, augment, score)
