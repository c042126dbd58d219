"""Exercises of the chapter tasks/speaker: scores, errors, decisions."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import names_in, noise
from audiolessons.metrics import equal_error_rate

WOMEN, MEN = (9001, 9003, 9005, 9007, 9009), (9002, 9004, 9006, 9008, 9010)
N_CASES = 5


# --- one voice or two ---------------------------------------------------------------------------


def cases_shown() -> list[tuple[str, str]]:
    """Five pairs of stand-in sentences, by id; both sides are women, or both are men."""
    random = np.random.default_rng(1914)
    found = []
    for is_same in random.permutation([True, True, False, False, bool(random.integers(2))]):
        first, second = random.permutation((WOMEN, MEN)[int(random.integers(2))])[:2]
        takes = random.permutation(3)[:2]
        sides = zip((first, first if is_same else second), takes, strict=True)
        found.append(tuple(f"{speaker:05d}{take:04d}" for speaker, take in sides))
    return found


def _truth() -> list[str]:
    return ["one" if first[:5] == second[:5] else "two" for first, second in cases_shown()]


def _five_words(answer):
    names = names_in(answer)
    return {"words": len(names), "each is one or two": set(names) <= {"one", "two"}}


def _cases(answer):
    names, truth = names_in(answer), _truth()
    facts = {
        f"pair {letter}": i < len(names) and names[i] == truth[i]
        for i, letter in enumerate("ABCDE")
    }
    return facts | {"always the same": len(set(names)) == 1, "from E to A": names == truth[::-1]}


@exercise(
    "speaker.ear",
    level="easy",
    hints=(
        "What is said, how loud it is and where it was said are no help: listen for how high the "
        "voice is, and for its colour.",
        "Play one side, then the other, several times. The first impression is often the best.",
        f"{_truth().count('one')} of the five pairs are one speaker. The answer is a list of five "
        'texts, each "one" or "two".',
    ),
    probes=[
        probe('the answer holds five words, each "one" or "two"', observe=_five_words),
        probe("each pair is one speaker, or two", observe=_cases),
    ],
    wrong=lambda: [
        (["one"] * N_CASES, "not every pair is one speaker: another room is no other voice"),
        (["two"] * N_CASES, "some pairs are one speaker, in two rooms"),
        (_truth()[::-1], "these are the pairs from E to A: write them from A to E"),
        (
            [{"one": "two", "two": "one"}[word] for word in _truth()],
            "one and two are exchanged: how many people speak in each pair?",
        ),
    ],
)
def ear():
    return _truth()


# --- a voice print ------------------------------------------------------------------------------


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def _by_square(rows):
    return rows / np.square(rows).sum(axis=-1, keepdims=True)


def _voices(random):
    n_enrolled, n_tested, size = random.integers(1, 7, 3)
    scale = np.exp(random.normal(size=(n_enrolled, 1)))
    return scale * random.normal(size=(n_enrolled, size + 1)), random.normal(
        size=(n_tested, size + 1)
    )


@exercise(
    "speaker.enrol",
    level="easy",
    hints=(
        "Bring each enrolled vector to length 1 first: a loud one must not count more.",
        "The print is the mean of these, over axis 0, brought to length 1 again.",
        "A cosine is the scalar product of two vectors of length 1: `tested @ voice_print`.",
    ),
    probes=[
        probe("one sentence is enrolled", np.array([[3.0, 4.0]]), np.array([[1.0, 0.0]])),
        probe(
            "the same vector scores 1, the opposite one -1",
            noise(1, 4),
            noise(1, 4) * [[2.0], [-3.0]],
        ),
        probe("four sentences, three trials", noise(4, 6, seed=1), noise(3, 6, seed=2)),
        probe(
            "a vector that is ten times as long counts no more",
            noise(3, 5, seed=3) * [[10.0], [1.0], [1.0]],
            noise(2, 5, seed=4),
        ),
    ],
    wrong=[
        (
            lambda enrolled, tested: _unit(tested) @ _unit(enrolled.mean(axis=0)),
            "the longest of the enrolled vectors counts most: bring each to length 1 before the "
            "mean",
        ),
        (
            lambda enrolled, tested: _unit(tested) @ _unit(enrolled).mean(axis=0),
            "this is the mean of the cosines: the mean vector is shorter than 1, so bring it to "
            "length 1 again",
        ),
        (
            lambda enrolled, tested: tested @ _unit(_unit(enrolled).mean(axis=0)),
            "the tested vectors have lengths of their own: bring them to length 1",
        ),
        (
            lambda enrolled, tested: (_unit(tested) @ _unit(enrolled).T).max(axis=1),
            "this is the nearest of the enrolled sentences: compare with their mean",
        ),
        (
            lambda enrolled, tested: _unit(tested) @ _unit(enrolled).T,
            "this is a score for each enrolled sentence: make one print of them first",
        ),
        (
            lambda enrolled, tested: _unit(tested) @ _unit(_unit(enrolled)[0]),
            "only the first sentence is enrolled: take the mean of all",
        ),
        (
            lambda enrolled, tested: np.linalg.norm(
                _unit(tested) - _unit(_unit(enrolled).mean(axis=0)), axis=1
            ),
            "this is a distance, small for the same speaker: return the cosine",
        ),
        (
            lambda enrolled, tested: np.arccos(
                np.clip(_unit(tested) @ _unit(_unit(enrolled).mean(axis=0)), -1, 1)
            ),
            "this is an angle: return its cosine",
        ),
        (
            lambda enrolled, tested: (
                _by_square(tested) @ _by_square(_by_square(enrolled).mean(axis=0))
            ),
            "divided by the square of the length: the length is the root of the sum of squares",
        ),
    ],
    valid=_voices,
)
def enrol(enrolled, tested):
    return _unit(tested) @ _unit(_unit(enrolled).mean(axis=0))


# --- two kinds of errors ------------------------------------------------------------------------


def _some_trials(random):
    n = int(random.integers(4, 30))
    same = random.random(n) < 0.5
    same[:2] = True, False
    return np.round(random.normal(size=n) + same, 1), same


def _errors(accept):
    """Return the pair (misses, false alarms) of a rule that accepts."""

    def error_rates(scores, same, threshold):
        accepted = accept(scores, threshold)
        return np.mean(~accepted[same]), np.mean(accepted[~same])

    return error_rates


def _at_least(scores, threshold):
    return scores >= threshold


def _share(values):
    return values.mean() if len(values) else np.nan


SCORES = np.array([0.9, 0.7, 0.4, 0.6, 0.3, 0.1, 0.2])
SAME = np.array([True, True, True, False, False, False, False])


@exercise(
    "speaker.rates",
    level="core",
    hints=(
        "Which trials are accepted? `scores >= threshold` says it for all at once.",
        "Misses: of the trials of one speaker (`same`), the share that is not accepted.",
        "False alarms: of the trials of two speakers (`~same`), the share that is. Divide by the "
        "number of trials of that kind, not of all.",
    ),
    probes=[
        probe("one miss of three, one false alarm of four", SCORES, SAME, 0.5),
        probe("a score at the threshold is accepted", np.maximum(SCORES, 0.6 * SAME), SAME, 0.6),
        probe("a threshold that nobody reaches: everything is missed", SCORES, SAME, 2.0),
        probe("a threshold below all: everything is accepted", SCORES, SAME, -1.0),
        probe("scores may be of any size", *_some_trials(np.random.default_rng(5)), 0.3),
    ],
    wrong=[
        (
            lambda scores, same, threshold: _errors(_at_least)(scores, same, threshold)[::-1],
            "misses and false alarms are exchanged: return the misses first",
        ),
        (
            _errors(lambda scores, threshold: scores > threshold),
            "a trial whose score equals the threshold is accepted: `>=`",
        ),
        (
            lambda scores, same, threshold: (
                np.mean(scores[same] <= threshold),
                np.mean(scores[~same] >= threshold),
            ),
            "a target whose score equals the threshold is accepted, and so no miss: `<`",
        ),
        (
            lambda scores, same, threshold: (
                np.mean(scores[same] < threshold),
                np.mean(scores[~same] > threshold),
            ),
            "an impostor whose score equals the threshold is accepted, too: `>=`",
        ),
        (
            _errors(lambda scores, threshold: scores < threshold),
            "accept and refuse are turned round: a high score means one speaker",
        ),
        (
            _errors(lambda scores, threshold: scores <= threshold),
            "accept and refuse are turned round: high scores are accepted, from the threshold on",
        ),
        (
            lambda scores, same, threshold: (
                _share(same[scores < threshold]),
                _share(~same[scores >= threshold]),
            ),
            "these are shares of what is refused, and of what is accepted: divide by the trials of "
            "one speaker, and by those of two",
        ),
        (
            lambda scores, same, threshold: (
                np.mean(same & (scores < threshold)),
                np.mean(~same & (scores >= threshold)),
            ),
            "divided by all trials: each rate is a share of the trials of its own kind",
        ),
        (
            lambda scores, same, threshold: (
                np.sum(same & (scores < threshold)),
                np.sum(~same & (scores >= threshold)),
            ),
            "these are counts: divide each by the number of trials of its kind",
        ),
        (
            lambda scores, same, threshold: (
                np.mean(scores[same] >= threshold),
                np.mean(scores[~same] >= threshold),
            ),
            "the first is the share of hits: misses are 1 minus that",
        ),
    ],
    valid=lambda random: (*_some_trials(random), round(float(random.normal()), 1)),
)
def error_rates(scores, same, threshold):
    return _errors(_at_least)(scores, same, threshold)


# --- where to draw the line ---------------------------------------------------------------------


def _cheapest(weigh=None, last=False, candidates=None, rates=None, give=None):
    """The search with its parts exchangeable: `weigh` gives what a miss and an alarm weigh."""

    def best_threshold(scores, same, prior, cost_miss, cost_false_alarm):
        tried = np.append(np.unique(scores), np.inf)
        tried = candidates(scores) if candidates else tried
        miss, alarm = (
            weigh(prior, cost_miss, cost_false_alarm)
            if weigh
            else (prior * cost_miss, (1 - prior) * cost_false_alarm)
        )
        costs = []
        for threshold in tried:
            misses, alarms = (rates or _errors(_at_least))(scores, same, threshold)
            costs.append(miss * misses + alarm * alarms)
        costs = np.array(costs)
        if give:
            return float(give(costs))
        nearly = np.flatnonzero(costs <= costs.min() + 1e-12)
        return float(tried[nearly[0 if last else -1]])

    return best_threshold


def _priced_trials(random):
    cost = np.exp(random.normal(size=2))
    return (*_some_trials(random), float(random.uniform(0.02, 0.9)), *map(float, cost))


NOISY = (
    np.round(noise(60, seed=11) + 1.5 * (np.arange(60) < 25), 2),
    np.arange(60) < 25,
)


@exercise(
    "speaker.threshold",
    level="core",
    hints=(
        "Only the scores themselves, and one threshold above all of them (`np.inf`), can make a "
        "difference: try each.",
        "The cost of a threshold: prior x cost of a miss x rate of misses + (1 - prior) x cost of "
        "a false alarm x rate of false alarms.",
        "Of thresholds that cost equally little, the highest is wanted.",
    ),
    probes=[
        probe(
            "both errors cost alike, half of the trials are of one speaker", *NOISY, 0.5, 1.0, 1.0
        ),
        probe("one trial in twenty is of one speaker", *NOISY, 0.05, 1.0, 1.0),
        probe("four trials in five are of one speaker", *NOISY, 0.8, 1.0, 1.0),
        probe("a false alarm costs a hundred times as much", *NOISY, 0.5, 1.0, 100.0),
        probe("a miss costs fifty times as much", *NOISY, 0.5, 50.0, 1.0),
        probe("where refusing everything is cheapest, infinity", -SCORES, SAME, 0.05, 1.0, 1.0),
        probe("a miss that costs little: refuse everything", -SCORES, SAME, 0.5, 0.2, 1.0),
        probe(
            "of several that cost the same, the highest",
            np.array([0.9, 0.7, 0.5, 0.3, 0.1]),  # of 0.9 and 0.3, and not to the last digit
            np.array([True, False, False, True, False]),
            0.4,
            2.0,
            1.0,
        ),
        probe("scores far from 0 to 1", 100 * NOISY[0] - 300, NOISY[1], 0.2, 2.0, 1.0),
    ],
    wrong=[
        (
            _cheapest(weigh=lambda prior, miss, alarm: (miss, alarm)),
            "the prior is not used: a rare kind of trial weighs less",
        ),
        (
            _cheapest(weigh=lambda prior, miss, alarm: ((1 - prior) * miss, prior * alarm)),
            "the prior belongs to the trials of one speaker, so to the misses",
        ),
        (
            _cheapest(weigh=lambda prior, miss, alarm: (prior * alarm, (1 - prior) * miss)),
            "the two costs are exchanged",
        ),
        (
            _cheapest(weigh=lambda prior, miss, alarm: (prior, 1 - prior)),
            "the costs are not used",
        ),
        (
            _cheapest(last=True),
            "of thresholds that cost the same, up to rounding, the highest is wanted",
        ),
        (
            _cheapest(candidates=np.unique),
            "refusing everything is a choice as well: try np.inf",
        ),
        (
            _cheapest(candidates=lambda scores: np.linspace(0.5, 0.99, 50)),
            "thresholds between 0.5 and 0.99 only were tried: scores have any scale, so try each "
            "score",
        ),
        (
            _cheapest(rates=_errors(lambda scores, threshold: scores > threshold)),
            "a trial whose score equals the threshold is accepted: `>=`",
        ),
        (
            _cheapest(rates=lambda scores, same, t: _errors(_at_least)(scores, ~same, t)),
            "`same` and `~same` are exchanged: a miss is a trial of one speaker",
        ),
        (
            _cheapest(
                rates=lambda scores, same, t: (
                    np.mean(same & (scores < t)),
                    np.mean(~same & (scores >= t)),
                )
            ),
            "divided by all trials: each rate is a share of the trials of its own kind",
        ),
        (_cheapest(give=np.min), "this is the least cost: return the threshold that has it"),
        (
            lambda scores, same, prior, miss, alarm: np.log((1 - prior) * alarm / (prior * miss)),
            "this is the threshold for likelihood ratios: these scores are none, so try each",
        ),
        (
            lambda scores, same, prior, miss, alarm: min(
                np.unique(scores), key=lambda t: abs(np.diff(_errors(_at_least)(scores, same, t)))
            ),
            "this is the point of equal errors: prior and costs are not used",
        ),
    ],
    valid=_priced_trials,
)
def best_threshold(scores, same, prior, cost_miss, cost_false_alarm):
    return _cheapest()(scores, same, prior, cost_miss, cost_false_alarm)


# --- zero percent -------------------------------------------------------------------------------


def _worst(rule, tried=None, join=np.maximum):
    """The least over thresholds of the larger error, with its parts exchangeable."""

    def equal_errors(distances, same):
        thresholds = np.append(-np.inf, np.unique(distances)) if tried is None else tried
        found = []
        for threshold in thresholds:
            accepted = rule(distances, threshold)
            found.append(join(np.mean(~accepted[same]), np.mean(accepted[~same])))
        return float(min(found))

    return equal_errors


def _near(distances, threshold):
    return distances <= threshold


def _where_alike(distances, same):
    tried = np.append(-np.inf, np.unique(distances))
    errors = [_errors(_near)(distances, same, threshold) for threshold in tried]
    return float(np.mean(min(errors, key=lambda pair: abs(pair[0] - pair[1]))))


def _distances(random):
    scores, same = _some_trials(random)
    return np.exp(-scores) * random.choice([1.0, 50.0]), same


@exercise(
    "speaker.turned",
    level="stretch",
    hints=(
        "Print what the broken function accepts at one threshold, and whether these are the near "
        "pairs or the far ones.",
        "Which thresholds does it try? Distances may lie anywhere: try each of them, and one below "
        "all.",
        "At each threshold two rates can be computed. Keep the larger of the two; return the least "
        "of these.",
    ),
    probes=[
        probe(
            "near pairs of one speaker, far pairs of two: no errors",
            np.array([0.1, 0.2, 0.7, 0.9]),
            np.array([True, True, False, False]),
        ),
        probe(
            "the other way round nothing is right",
            np.array([0.1, 0.2, 0.7, 0.9]),
            np.array([False, False, True, True]),
        ),
        probe(
            "distances that overlap",
            np.array([0.3, 0.6, 0.6, 0.9, 0.6, 1.2, 1.4]),  # equal ones stand or fall together
            SAME,
        ),
        probe("distances of a hundred and more", 100 * np.exp(-NOISY[0]), NOISY[1]),
        probe("distances below 0.5, all of them", 0.1 * np.exp(-NOISY[0]) / 20, NOISY[1]),
    ],
    wrong=[
        (
            _worst(lambda distances, threshold: distances > threshold),
            "accept and refuse are turned round: a small distance means one speaker",
        ),
        (
            _worst(_near, tried=np.linspace(0.5, 0.99, 50)),
            "thresholds between 0.5 and 0.99 only: distances have any scale, so try each of them",
        ),
        (
            _worst(_near, join=np.minimum),
            "the smaller of the two errors is 0 at one end: keep the larger of the two",
        ),
        (
            _worst(_near, join=lambda misses, alarms: (misses + alarms) / 2),
            "this is the mean of the two errors: keep the larger of the two",
        ),
        (
            lambda distances, same: float(np.mean((distances <= np.median(distances)) != same)),
            "this is the share of all errors at one threshold: try every threshold",
        ),
        (
            _where_alike,
            "this is the mean of the two errors where they differ least: keep the larger of the "
            "two, and of these the least",
        ),
        (
            lambda distances, same: equal_error_rate(same, -distances),
            "this is read off a line between two thresholds: keep the larger error at each",
        ),
    ],
    valid=_distances,
)
def equal_errors(distances, same):
    return _worst(_near)(distances, same)


# Exercises that need torch stand in a module of their own.
from audiolessons.exercises.tasks import _speaker_networks  # noqa: E402, F401
