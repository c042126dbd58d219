"""Exercises of the chapter music/style: dances by ear, keys, repeats, twins, and what leaks."""

from __future__ import annotations

from collections import Counter

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.music import PROFILES

# Stand-ins that are played, and what they are.
HEARD = {
    "waltzes_2": "waltz",
    "jigs_5": "jig",
    "hpps_8": "hornpipe",
    "reelsa-c_7": "reel",
    "jigs_11": "jig",
    "hpps_4": "hornpipe",
}
DANCES = ("jig", "reel", "hornpipe", "waltz")


# --- dances by ear --------------------------------------------------------------------------------


def _names(answer) -> list[str]:
    return [str(one).strip().lower() for one in np.ravel(answer)]


def _six_dances(answer):
    names = _names(answer)
    return {"dances": len(names), "each is one of the four": all(one in DANCES for one in names)}


def _heard(answer):
    names, truth = _names(answer), list(HEARD.values())
    facts = {
        f"tune {letter}": place < len(names) and names[place] == truth[place]
        for place, letter in enumerate("ABCDEF")
    }
    return facts | {"from F to A": names == truth[::-1], "one dance": len(set(names)) == 1}


def _exchanged(one, another):
    other = {one: another, another: one}
    return [other.get(name, name) for name in HEARD.values()]


@exercise(
    "style.ear",
    level="easy",
    hints=(
        "Tap your foot. Does each beat have two parts, or three?",
        "ONE-two-three, slow: a waltz. Threes that run, two of them to a bar: a jig.",
        "Even notes that run: a reel. Long and short by turns: a hornpipe.",
    ),
    probes=[
        probe("the answer holds six dances", observe=_six_dances),
        probe("each tune has its dance", observe=_heard),
    ],
    wrong=lambda: [
        (["jig"] * 6, "not all of them are one dance"),
        (list(HEARD.values())[::-1], "these are the tunes from F to A: write them from A to F"),
        (
            _exchanged("reel", "hornpipe"),
            "reel and hornpipe are exchanged: which has long and short by turns?",
        ),
        (
            _exchanged("jig", "waltz"),
            "jigs and waltzes are exchanged: both count in threes, the jig's are quick",
        ),
        (_exchanged("jig", "reel"), "jigs and the reel are exchanged: which goes in threes?"),
        (
            _exchanged("jig", "hornpipe"),
            "jigs and hornpipes are exchanged: which has three notes to a beat?",
        ),
    ],
)
def ear():
    return list(HEARD.values())


# --- how long each pitch class sounds -------------------------------------------------------------


def _weights(*, by="duration", share=True, first=0, fold=True):
    def weights(pitches, durations):
        found = np.zeros(12)
        for pitch, held in zip(pitches, durations, strict=True):
            place = (pitch - first) % 12 if fold else min(11, max(0, pitch - 60))
            found[place] += held if by == "duration" else 1
        return found / found.sum() if share else found

    return weights


def _overwritten(pitches, durations):
    found = np.zeros(12)
    found[pitches % 12] += durations
    return found / found.sum()


def _played(random):
    n = int(random.integers(2, 20))
    return random.integers(48, 90, n), random.integers(1, 9, n) / 8


@exercise(
    "style.weights",
    level="easy",
    hints=(
        "A pitch class is what is left of a MIDI pitch when octaves are taken off: `pitch % 12`.",
        "Add up durations for each of the twelve: `np.bincount(classes, weights=...)`.",
        "`np.bincount(pitches % 12, weights=durations, minlength=12)`, over its sum.",
    ),
    probes=[
        probe("a C and a G that lasts three times as long", np.array([60, 67]), np.array([1, 3])),
        probe("octaves are one", np.array([48, 60, 72, 62]), np.array([0.5, 0.25, 1.0, 0.25])),
        probe("a scale", np.array([62, 64, 66, 67, 69, 71, 73, 74]), np.arange(1, 9) / 8),
        probe("a pitch that comes again", np.array([71, 60, 71]), np.array([0.125, 0.5, 0.75])),
    ],
    wrong=[
        (_weights(by="count"), "each note counts alike: a long one should weigh more"),
        (
            _weights(share=False),
            "these are durations: divide by their sum, so that shares come out",
        ),
        (
            _weights(first=9),
            "the first of the twelve is A: it should be C",
        ),
        (_weights(fold=False), "octaves are not folded: 48, 60 and 72 are all C"),
        (
            lambda pitches, durations: (
                _weights()(pitches, durations) / _weights()(pitches, durations).max()
            ),
            "the longest is 1 here: divide by the sum, so that all twelve make 1",
        ),
        (
            _overwritten,
            "a pitch class that comes again counts once: `+=` does not add up twice at one place, "
            "`np.bincount` does",
        ),
    ],
    valid=_played,
)
def weights(pitches, durations):
    return _weights()(pitches, durations)


# --- the tonic ------------------------------------------------------------------------------------


def _tonic(*, way=1, start=0, best=np.argmax):
    def tonic(weights, profile):
        fits = [np.dot(np.roll(profile, way * k), weights) for k in range(12)]
        return (int(best(fits)) + start) % 12

    return tonic


MAJOR, MINOR = (np.array(one) for one in PROFILES["temperley"])
TUNE = np.array([0.02, 0.0, 0.28, 0.0, 0.14, 0.01, 0.17, 0.08, 0.0, 0.2, 0.0, 0.1])  # in D


def _rolled(random):
    noisy = np.roll(TUNE, int(random.integers(12))) + random.uniform(0, 0.08, 12)
    return noisy / noisy.sum(), (MAJOR, MINOR)[int(random.integers(2))]


@exercise(
    "style.tonic",
    level="core",
    hints=(
        "`np.roll(profile, k)` is the profile of the key whose tonic is `k`.",
        "How well it fits is the sum of products with `weights`: of twelve, take the largest.",
        "`np.argmax([np.roll(profile, k) @ weights for k in range(12)])`.",
    ),
    probes=[
        probe("a tune in D", TUNE, MAJOR),
        probe("the same in A flat", np.roll(TUNE, 6), MAJOR),
        probe("read as minor, another tonic fits", TUNE + 0.1 * np.eye(12)[11], MINOR),
        probe("three notes: C, E, G", np.eye(12)[[0, 4, 7]].sum(axis=0) / 3, MAJOR),
        probe("the dominant sounds longest", np.roll(TUNE, 3) + 0.3 * np.eye(12)[0], MAJOR),
    ],
    wrong=[
        (
            lambda weights, profile: int(np.argmax(weights)),
            "this is the pitch class that sounds longest: the tonic need not be it",
        ),
        (_tonic(way=-1), "the profile is turned the wrong way: `np.roll(profile, k)` begins at k"),
        (_tonic(start=1), "tonics count from 0, which is C"),
        (_tonic(best=np.argmin), "this key fits worst: take the largest"),
        (
            lambda weights, profile: max(np.dot(np.roll(profile, k), weights) for k in range(12)),
            "this is how well the best key fits: return which one it is",
        ),
    ],
    valid=_rolled,
)
def tonic(weights, profile):
    return _tonic()(weights, profile)


# --- likeness at a lag ----------------------------------------------------------------------------


def _likeness(*, mean=True, over="overlap", circular=False, more=0, variance=True):
    def likeness(struck, lag):
        struck = np.asarray(struck, dtype=float)
        own = struck - struck.mean() if mean else struck
        lag = lag + more
        if circular:
            products = own * np.roll(own, lag)
        else:
            products = own[lag:] * own[:-lag]
        total = products.sum() / {"overlap": len(products), "all": len(own), "none": 1}[over]
        return float(total / (np.mean(own**2) if variance else 1))

    return likeness


def _struck(random):
    n = int(random.integers(8, 40))
    return random.integers(0, 3, n) + np.eye(n)[0], int(random.integers(1, n // 2))


@exercise(
    "style.likeness",
    level="core",
    hints=(
        "Take the mean off first: `own = struck - struck.mean()`.",
        "Pairs that lie `lag` apart: `own[lag:]` and `own[:-lag]`. Take their products' mean.",
        "Divide by `np.mean(own**2)`.",
    ),
    probes=[
        probe("every second step, at lag 2", np.tile([1.0, 0.0], 8), 2),
        probe("every second step, at lag 1", np.tile([1.0, 0.0], 8), 1),
        probe("a jig's threes, at lag 3", np.tile([2.0, 0.0, 1.0], 6), 3),
        probe("what does not repeat", np.array([3.0, 0, 0, 1, 0, 2, 0, 0, 1, 1]), 4),
        probe("a long lag: few pairs are left", np.array([1.0, 0, 2, 0, 0, 1, 3, 0]), 6),
    ],
    wrong=[
        (_likeness(mean=False), "take the mean off first: else two constants look alike"),
        (_likeness(over="all"), "fewer pairs are left at long lags: divide by their number"),
        (
            _likeness(circular=True),
            "the end is compared with the beginning: leave out what has no partner",
        ),
        (_likeness(more=1), "this is the likeness one step later: compare `[lag:]` with `[:-lag]`"),
        (_likeness(variance=False), "divide by the variance, so that the same again gives 1"),
        (_likeness(over="none"), "the products are summed: take their mean"),
        (
            lambda struck, lag: float(np.corrcoef(struck[lag:], struck[:-lag])[0, 1]),
            "each end has a mean and a variance of its own here: take those of the whole",
        ),
    ],
    valid=_struck,
)
def likeness(struck, lag):
    return _likeness()(struck, lag)


# --- the same tune twice --------------------------------------------------------------------------


FORMS = {"ways": np.sign, "sizes": np.abs, "folded": lambda steps: steps % 12}


def _runs(*, of="steps", over="fewer", length=0, last=0, share=True):
    def runs(first, second, n_steps):
        prints = []
        for pitches in (first, second):
            row = np.asarray(pitches) if of == "pitches" else np.diff(pitches)
            row = FORMS.get(of, np.array)(row).tolist()
            n = n_steps + length
            n_runs = len(row) - n + 1 - last
            prints.append({tuple(row[at : at + n]) for at in range(n_runs)})
        one, another = prints
        sizes = {
            "fewer": min(len(one), len(another)),
            "more": max(len(one), len(another)),
            "all": len(one | another),
            "first": len(one),
        }
        return len(one & another) / (sizes[over] if share else 1)

    return runs


REEL = np.array([67, 69, 71, 72, 74, 71, 69, 67, 66, 64, 62, 67])


def _listed(first, second, n_steps):
    rows = [np.diff(pitches).tolist() for pitches in (first, second)]
    one, another = (
        [row[at : at + n_steps] for at in range(len(row) - n_steps + 1)] for row in rows
    )
    return sum(run in another for run in one) / min(len(one), len(another))


def _two_tunes(random):
    first = 60 + np.cumsum(random.integers(-2, 3, int(random.integers(8, 20))))
    second = 60 + np.cumsum(random.integers(-2, 3, int(random.integers(8, 20))))
    second[:6] = first[:6] + 5
    return first, second, int(random.integers(2, 5))


@exercise(
    "style.runs",
    level="core",
    hints=(
        "Steps do not change when a tune is moved: `np.diff(pitches)`.",
        "All runs of `n_steps` steps as a set: `{tuple(steps[i:i + n_steps]) for i in ...}`.",
        "Those in both, over the size of the smaller set.",
    ),
    probes=[
        probe("a tune and itself, moved by a fifth", REEL, REEL + 7, 4),
        probe("a part of a longer tune", REEL, np.concatenate([REEL[2:9] - 2, [80, 60, 75]]), 3),
        probe("the shorter one first", REEL[3:10], np.concatenate([[90, 50], REEL, [40, 88]]), 3),
        probe("every second note an octave higher", REEL, REEL + 12 * (np.arange(12) % 2), 2),
        probe("runs of two steps", REEL, REEL[::-1].copy(), 2),
    ],
    wrong=[
        (_runs(of="pitches"), "these are runs of pitches: moved, a tune would not be found again"),
        (_runs(of="ways"), "up and down alone are too little: take the sizes of the steps as well"),
        (_runs(over="all"), "divide by the runs of the tune that has fewer, not by those of both"),
        (_runs(over="more"), "divide by the runs of the tune that has fewer, not more"),
        (
            _runs(over="first"),
            "divide by the runs of the tune that has fewer, whichever comes first",
        ),
        (_runs(length=-1), "a run holds one step too few: `n_steps` steps are one note more"),
        (_runs(length=1), "a run holds one step too many"),
        (_runs(last=1), "the last run is missing: N steps have N - n_steps + 1 runs"),
        (_runs(of="sizes"), "a step up and one down are not the same: keep the sign"),
        (_runs(of="folded"), "steps are folded into an octave: keep them as they are"),
        (
            _runs(share=False),
            "this is a number of runs: divide by those of the tune that has fewer",
        ),
        (_listed, "a run that comes again counts again here: count different runs, as in a set"),
    ],
    valid=_two_tunes,
)
def runs(first, second, n_steps):
    return _runs()(first, second, n_steps)


# --- who leaks ------------------------------------------------------------------------------------


def _leaks(*, count="test", share=False, other=True):
    def leaks(groups, is_test):
        groups, is_test = np.asarray(groups), np.asarray(is_test).astype(bool)
        both = set(groups[is_test].tolist()) & set(groups[~is_test].tolist())
        found = {
            "test": sum(one in both for one in groups[is_test].tolist()),
            "train": sum(one in both for one in groups[~is_test].tolist()),
            "groups": len(both),
            "all": sum(one in both for one in groups.tolist()),
        }[count]
        if not other:
            sizes = Counter(groups.tolist())
            found = sum(sizes[one] > 1 for one in groups[is_test].tolist())
        return found / max(1, is_test.sum()) if share else found

    return leaks


def _grouped(random):
    n = int(random.integers(4, 30))
    is_test = random.random(n) < 0.4
    is_test[:2] = [True, False]
    return random.integers(0, n // 2 + 1, n), is_test


@exercise(
    "style.leaks",
    level="core",
    hints=(
        "Which groups have a tune in training? `groups[~is_test]`.",
        "Count the test tunes whose group is among them: `np.isin`.",
        "`int(np.isin(groups[is_test], groups[~is_test]).sum())`.",
    ),
    probes=[
        probe("nobody has a twin", np.arange(5), np.array([1, 0, 0, 1, 0]) > 0),
        probe("one twin in training", np.array([0, 1, 1, 2]), np.array([0, 1, 0, 1]) > 0),
        probe("two of a group are tested", np.array([7, 7, 7, 3]), np.array([1, 1, 0, 0]) > 0),
        probe("one tested, two learned", np.array([7, 7, 7, 3]), np.array([1, 0, 0, 1]) > 0),
        probe("twins that are both tested", np.array([5, 5, 4, 4]), np.array([1, 1, 0, 1]) > 0),
    ],
    wrong=[
        (_leaks(count="groups"), "these are groups: count the test tunes"),
        (_leaks(count="train"), "these are training tunes: count those that are tested"),
        (_leaks(count="all"), "this counts both sides: count those that are tested"),
        (
            lambda groups, is_test: int(np.sum(is_test)),
            "these are all that are tested: count those with a twin in training",
        ),
        (_leaks(share=True), "this is a share: return a number of tunes"),
        (
            lambda groups, is_test: int(np.isin(groups, groups[~is_test]).sum()),
            "tunes of the training count here as well: count those that are tested",
        ),
        (
            lambda groups, is_test: int((~np.isin(groups[is_test], groups[~is_test])).sum()),
            "these have no twin in training: count those that have one",
        ),
        (
            lambda groups, is_test: int((groups[is_test][:, None] == groups[~is_test]).sum()),
            "these are pairs: a test tune with two twins in training counts once",
        ),
        (
            _leaks(other=False),
            "twins that are both in the test give nothing away: ask for training",
        ),
    ],
    valid=_grouped,
)
def leaks(groups, is_test):
    return _leaks()(groups, is_test)


# --- steps of many tunes, on the device -----------------------------------------------------------

N_SIZES = 13


def _sizes(*, padded=False, signed=False, beyond="last", over="steps", share=True, early=0):
    def sizes(pitches, lengths):
        import torch

        steps = pitches[:, 1:] - pitches[:, :-1]
        steps = steps if signed else steps.abs()
        places = torch.arange(1, pitches.shape[1], device=pitches.device)
        counts = (places < lengths[:, None] + early) | padded
        if beyond == "drop":
            counts = counts & (steps < N_SIZES)
        steps = steps.clamp(0, N_SIZES - 1)
        hot = torch.nn.functional.one_hot(steps, N_SIZES) * counts[..., None]
        found = hot.sum(dim=1).float()
        many = {
            "steps": (lengths - 1).clamp(min=1),
            "notes": lengths,
            "width": torch.full_like(lengths, pitches.shape[1] - 1),
        }[over]
        return found / many[:, None] if share else found

    return sizes


def _shares(answer, pitches, lengths):
    import torch

    found = answer(pitches.clone(), lengths.clone())
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    return {
        "the device": found.device.type,
        "the shape": tuple(found.shape),
        "the values, in three decimals": found[:10].double().cpu().numpy().round(3) + 0.0,
    }


def _tunes(n_tunes, n_notes, device, *, seed):
    import torch

    random = np.random.default_rng(seed)
    lengths = random.integers(2, n_notes + 1, n_tunes)
    lengths[0] = n_notes
    steps = np.round(random.normal(0, 4, (n_tunes, n_notes))).astype(np.int64)
    pitches = 66 + np.cumsum(steps, axis=1)
    pitches[np.arange(n_notes) >= lengths[:, None]] = 0
    return torch.as_tensor(pitches, device=device), torch.as_tensor(lengths, device=device)


def _batches():
    import torch

    from audiolessons import training

    device = training.pick_device()
    n_tunes = 4096 if device.type != "cpu" else 60
    by_hand = torch.tensor([[60, 62, 60, 67]]), torch.tensor([4])
    leap = torch.tensor([[60, 80, 60, 0, 0], [60, 61, 61, 61, 59]]), torch.tensor([3, 5])
    return [
        probe("steps of 2, 2 and 7, by hand", *by_hand),
        probe("a leap of 20 counts as 12, and zeros after the end do not count", *leap),
        probe("three tunes of different lengths", *_tunes(3, 9, "cpu", seed=1)),
        probe(f"{n_tunes} tunes on the device {device.type}", *_tunes(n_tunes, 80, device, seed=2)),
    ]


def _any_tunes(random):
    n_tunes, n_notes = (int(n) for n in random.integers(3, 9, 2))
    return _tunes(n_tunes, n_notes, "cpu", seed=int(random.integers(1000)))


@exercise(
    "style.sizes",
    level="core",
    hints=(
        "A step lies between two notes: `(pitches[:, 1:] - pitches[:, :-1]).abs()`, at most 12.",
        "It counts if the later note exists: `torch.arange(1, N, device=...) < lengths[:, None]`.",
        "`torch.nn.functional.one_hot(steps, 13)`, zero where a step does not count; sum over the "
        "steps, and divide by `lengths - 1`.",
    ),
    observe=_shares,
    probes=_batches,
    wrong=[
        (_sizes(padded=True), "what comes after a tune's end counts as well: look at `lengths`"),
        (_sizes(signed=True), "steps down count as 0: take their sizes"),
        (_sizes(beyond="drop"), "leaps of more than an octave are dropped: count them as 12"),
        (_sizes(over="notes"), "divide by the number of steps, which is one less than the notes"),
        (_sizes(over="width"), "each tune has its own number of steps: divide by `lengths - 1`"),
        (_sizes(share=False), "these are counts: divide by the number of steps"),
        (
            _sizes(early=1),
            "a step to the first zero after the end counts: its later note must exist",
        ),
        (_sizes(early=-1), "the last step of each tune is missing"),
        (
            lambda pitches, lengths: _sizes()(pitches, lengths).cpu().numpy(),
            "return a torch tensor, on the device of `pitches`",
        ),
    ],
    valid=_any_tunes,
)
def sizes(pitches, lengths):
    return _sizes()(pitches, lengths)


# --- the bug hunt: whose unit ---------------------------------------------------------------------


def _commonest(durations, *, ties=min):
    counts = Counter(np.asarray(durations, dtype=float).tolist())
    most = max(counts.values())
    return ties(one for one, count in counts.items() if count == most)


def _units(unit):
    return lambda durations: np.asarray(durations, dtype=float) / unit(durations)


def _lengths_of_notes(random):
    n = int(random.integers(3, 20))
    return (random.choice([0.0625, 0.125, 0.1875, 0.25, 0.375, 0.5], n),)


@exercise(
    "style.units",
    level="stretch",
    hints=(
        "Written in sixteenths or in eighths, a tune should give the same numbers.",
        "Divide by something that the notes themselves tell: the duration that occurs most often.",
        "`values, counts = np.unique(durations, return_counts=True)`; of equals, `argmax` takes "
        "the first, which is the shortest.",
    ),
    probes=[
        probe("a jig in eighths", np.array([2, 1, 1, 1, 1, 3]) / 8),
        probe("the same in quarters", np.array([2, 1, 1, 1, 1, 3]) / 4),
        probe("of two that are as common, the shorter", np.array([0.25, 0.25, 0.125, 0.5, 0.125])),
        probe("the shortest is not the commonest", np.array([0.25, 0.25, 0.25, 0.0625, 0.5])),
        probe("a triplet, after a long note", np.array([6, 1, 1, 1, 3, 3, 9]) / 12),
    ],
    wrong=[
        (_units(lambda durations: 0.125), "these are eighths: a tune that is written twice as long "
                                          "gives other numbers"),
        (_units(np.min), "the unit is the shortest duration, which may be one ornament"),
        (_units(np.max), "the unit is the longest duration: take the commonest"),
        (_units(np.median), "the unit is the median: take the duration that occurs most often"),
        (_units(np.mean), "the unit is the mean: take the duration that occurs most often"),
        (_units(lambda durations: durations[0]), "the unit is the first note: an upbeat, maybe"),
        (_units(np.sum), "these are shares of the whole: a longer tune would give other numbers"),
        (
            _units(lambda durations: _commonest(durations, ties=max)),
            "of two that are as common, the shorter is the unit",
        ),
        (
            lambda durations: _commonest(durations) / np.asarray(durations, dtype=float),
            "these are upside down: a longer note should give a larger number",
        ),
    ],
    valid=_lengths_of_notes,
)  # fmt: skip
def units(durations):
    return _units(_commonest)(durations)
