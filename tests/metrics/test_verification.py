"""Verification: plain loops, scikit-learn, and laws that must hold."""

import numpy as np
import pytest
import scipy.optimize
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import metrics
from audiolessons.errors import AudioError

TRIALS = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=40).filter(
    lambda trials: len({same for same, _ in trials}) == 2
)


def draw(n_trials=3000, *, distance=2.0, seed=0):
    """Return trials whose scores are normal, `distance` apart, each with deviation 1."""
    random = np.random.default_rng(seed)
    truth = random.random(n_trials) < 0.2
    return truth, random.normal(distance * truth)


@given(TRIALS)
def test_the_curve_by_a_plain_loop(trials):
    truth, scores = (np.array(part) for part in zip(*trials, strict=True))
    curve = metrics.det_curve(truth, scores)
    assert curve.thresholds.tolist() == [np.inf, *sorted(set(scores.tolist()), reverse=True)]
    for alarm, miss, threshold in zip(*curve, strict=True):
        accepted = scores >= threshold
        assert alarm == pytest.approx(accepted[~truth].mean())
        assert miss == pytest.approx((~accepted)[truth].mean())


def test_the_curve_of_scikit_learn_is_a_part_of_ours():
    truth, scores = draw(500)
    alarms, misses, thresholds = sklearn.metrics.det_curve(truth, scores)
    ours = {
        threshold: point
        for *point, threshold in zip(*metrics.det_curve(truth, scores), strict=True)
    }
    for alarm, miss, threshold in zip(alarms, misses, thresholds, strict=True):
        if np.isfinite(threshold):
            assert ours[threshold] == pytest.approx([alarm, miss])


@given(TRIALS)
def test_the_equal_error_rate_is_where_the_curve_crosses_the_diagonal(trials):
    truth, scores = zip(*trials, strict=True)
    alarms, hits = metrics.roc_curve(truth, scores)
    # equal abscissae (steps upwards) are told apart by the length along the curve
    along = np.append(0, np.cumsum(np.diff(alarms) + np.diff(hits)))
    gap = lambda s: np.interp(s, along, alarms) - (1 - np.interp(s, along, hits))  # noqa: E731
    where = scipy.optimize.brentq(gap, 0, 2)
    expected = np.interp(where, along, alarms)
    assert metrics.equal_error_rate(truth, scores) == pytest.approx(expected, abs=1e-9)


@given(TRIALS)
def test_turned_round_it_is_one_minus(trials):
    truth, scores = (np.array(part) for part in zip(*trials, strict=True))
    rate = metrics.equal_error_rate(truth, scores)
    assert metrics.equal_error_rate(truth, -scores) == pytest.approx(1 - rate)
    assert metrics.equal_error_rate(~truth, -scores) == pytest.approx(rate)
    assert metrics.equal_error_rate(truth, 3 * scores**3 + scores) == pytest.approx(rate)


def test_the_equal_error_rate_of_normal_scores():
    truth, scores = draw(200_000, distance=2.0)
    assert metrics.equal_error_rate(truth, scores) == pytest.approx(0.1587, abs=0.005)  # Phi(-1)


def test_an_interval_over_speakers_holds_the_rate_and_is_wider_than_over_trials():
    random = np.random.default_rng(1)
    speaker = np.repeat(np.arange(20), 6)
    # how near the sounds of a speaker lie together differs from speaker to speaker
    places = random.normal(size=(20, 4))[speaker]
    places += random.normal(size=(120, 4)) * np.repeat(random.uniform(0.1, 1.5, 20), 6)[:, None]
    first, second = np.triu_indices(120, 1)
    scores = -np.linalg.norm(places[first] - places[second], axis=1)
    pairs = np.stack([speaker[first], speaker[second]], axis=1)
    truth = pairs[:, 0] == pairs[:, 1]
    rate = metrics.equal_error_rate(truth, scores)
    low, high = metrics.equal_error_rate_interval(truth, scores, pairs, n_draws=300)
    assert low < rate < high
    over_trials = metrics.bootstrap_interval(
        np.stack([truth, scores], axis=1)[:: len(truth) // 700],
        statistic=lambda rows: metrics.equal_error_rate(rows[:, 0], rows[:, 1]),
        n_draws=50,
    )
    assert high - low > 0.5 * (over_trials[1] - over_trials[0])
    again = metrics.equal_error_rate_interval(truth, scores, pairs, n_draws=300)
    assert again == (low, high)
    worse = scores + random.normal(size=len(scores))
    behind = metrics.equal_error_rate_interval(truth, worse, pairs, other=scores, n_draws=300)
    assert behind[0] < metrics.equal_error_rate(truth, worse) - rate < behind[1]
    assert behind[1] - behind[0] < high - low
    same = metrics.equal_error_rate_interval(truth, scores, pairs, other=scores, n_draws=9)
    assert same == (0, 0)


@pytest.mark.parametrize("is_paired", [False, True])
def test_the_interval_repeats_each_trial_as_often_as_its_speakers_were_drawn(is_paired):
    random = np.random.default_rng(2)
    sides = np.arange(12) % 4
    first, second = np.triu_indices(12, 1)
    pairs = np.stack([sides[first], sides[second]], axis=1)
    truth = pairs[:, 0] == pairs[:, 1]
    scores, other = truth + random.normal(size=(2, len(truth)))
    draws, found = np.random.default_rng(5), []
    while len(found) < 20:
        times = np.bincount(draws.integers(0, 4, 4), minlength=4)
        copies = [times[a] if a == b else times[a] * times[b] for a, b in pairs]
        kept = np.repeat(np.arange(len(truth)), copies)
        if not truth[kept].all():  # one speaker alone has no impostor
            rate = metrics.equal_error_rate(truth[kept], scores[kept])
            less = metrics.equal_error_rate(truth[kept], other[kept]) if is_paired else 0
            found.append(rate - less)
    interval = metrics.equal_error_rate_interval(
        truth,
        scores,
        pairs,
        other=other if is_paired else None,
        n_draws=20,
        confidence=0.8,
        seed=5,
    )
    assert interval == pytest.approx(tuple(np.quantile(found, [0.1, 0.9])))


@given(TRIALS, st.floats(0.01, 0.99), st.floats(0.1, 10), st.floats(0.1, 10))
def test_no_threshold_costs_less_than_the_least(trials, prior, miss, alarm):
    truth, scores = zip(*trials, strict=True)
    costs = {"prior": prior, "cost_miss": miss, "cost_false_alarm": alarm}
    least, threshold = metrics.least_detection_cost(truth, scores, **costs)
    assert least <= 1 + 1e-12  # accepting nothing, or all, is among the thresholds
    for tried in [*scores, np.inf, -np.inf]:
        assert metrics.detection_cost(truth, scores, threshold=tried, **costs) >= least - 1e-9
    assert metrics.detection_cost(truth, scores, threshold=threshold, **costs) == pytest.approx(
        least
    )


def test_calibrated_scores_need_no_threshold_of_their_own():
    truth, scores = draw(60_000, distance=2.0)
    other_truth, other_scores = draw(60_000, distance=2.0, seed=1)
    scale, offset = metrics.calibrate(truth, scores / 10 + 7)
    # two normal densities a distance d apart: log ratio d s - d^2 / 2
    assert scale / 10 == pytest.approx(2, rel=0.03)
    assert scale * 7 + offset == pytest.approx(-2, abs=0.05)
    ratios = metrics.Calibration(scale, offset)(other_scores / 10 + 7)
    for prior in (0.01, 0.3, 0.9):
        actual = metrics.detection_cost(
            other_truth, ratios, threshold=metrics.bayes_threshold(prior=prior), prior=prior
        )
        least, _ = metrics.least_detection_cost(other_truth, ratios, prior=prior)
        assert least <= actual < least + 0.03


# with few expected targets, far apart, whole steps of Newton's method would overshoot
@pytest.mark.parametrize(("prior", "distance"), [(0.5, 1.0), (0.05, 1.0), (0.001, 8.0)])
def test_calibration_is_the_least_of_its_loss(prior, distance):
    truth, scores = draw(400, distance=distance)
    scores[np.argmax(truth)] = -5.0  # one target that all impostors outdo
    found = metrics.calibrate(truth, scores, prior=prior)
    odds = np.log(prior / (1 - prior))

    def loss(line):
        z = line[0] * scores + line[1] + odds
        miss, alarm = np.logaddexp(0, -z[truth]).mean(), np.logaddexp(0, z[~truth]).mean()
        return prior * miss + (1 - prior) * alarm

    best = scipy.optimize.minimize(loss, [0.0, 0.0])
    assert loss(found) <= best.fun * (1 + 1e-9)  # the loss is convex: there is one least


def test_the_cost_of_ratios():
    truth, scores = draw(60_000, distance=2.0)
    right = metrics.llr_cost(truth, 2 * scores - 2)
    assert right < metrics.llr_cost(truth, 4 * scores - 4)
    assert right < metrics.llr_cost(truth, scores - 1)
    assert metrics.llr_cost(truth, -30 * scores) > 1
    assert metrics.llr_cost([1, 0], [1e6, -1e6]) == 0
    # one target and three impostors: each kind has half of the say
    assert metrics.llr_cost([1, 0, 0, 0], [np.log(3), 0, 0, 0]) == pytest.approx(
        (np.log2(4 / 3) + 1) / 2
    )


def test_bad_trials():
    with pytest.raises(AudioError, match="at least one of each"):
        metrics.equal_error_rate([1, 1], [0.1, 0.2])
    with pytest.raises(AudioError, match=r"prior is 1\.5"):
        metrics.detection_cost([1, 0], [1, 0], threshold=0, prior=1.5)
    with pytest.raises(AudioError, match="threshold is NaN"):
        metrics.detection_cost([1, 0], [1, 0], threshold=np.nan)
    with pytest.raises(AudioError, match="cost_miss"):
        metrics.least_detection_cost([1, 0], [1, 0], cost_miss=0)
    with pytest.raises(AudioError, match="any line can be made steeper"):
        metrics.calibrate([1, 0], [1.0, 0.0])
    with pytest.raises(AudioError, match="infinite"):
        metrics.calibrate([1, 0, 1], [1.0, 0.0, -np.inf])
    with pytest.raises(AudioError, match="confidence is 95"):
        metrics.equal_error_rate_interval([1, 0], [1.0, 0.0], [[1, 1], [1, 2]], confidence=95)
    with pytest.raises(AudioError, match="who speaks on each side"):
        metrics.equal_error_rate_interval([1, 0], [1.0, 0.0], [[1, 1]])
    with pytest.raises(AudioError, match="one of them is in error"):
        metrics.equal_error_rate_interval([1, 0], [1.0, 0.0], [[1, 2], [1, 1]])
    assert metrics.calibrate([1, 0], [2.0, 2.0]) == (0, 0)  # says nothing, so is taken for nothing
