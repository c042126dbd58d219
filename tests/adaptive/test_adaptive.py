"""Filters that learn a path: they find it, hold still when they must, and stream as they file."""

import numpy as np
import pytest
import scipy.linalg

from audiolessons import adaptive
from audiolessons.errors import AudioError

RNG = np.random.default_rng(0)
PATH = np.exp(-np.arange(48) / 12) * RNG.standard_normal(48)
SMALL = {"n_partitions": 4, "partition_length": 16, "hop_length": 8}
LEARNERS = {
    "lms": lambda: adaptive.LMS(n_taps=48, step=0.005),
    "nlms": lambda: adaptive.NLMS(n_taps=48),
    "block nlms": lambda: adaptive.BlockNLMS(**SMALL),
    "kalman": lambda: adaptive.BlockKalman(**SMALL),
}
learners = pytest.mark.parametrize("make", LEARNERS.values(), ids=LEARNERS)


def call(n_samples=12000, noise_db=-40, seed=1, path=PATH):
    """Return loudspeaker, echo, and microphone with noise so far under the echo."""
    random = np.random.default_rng(seed)
    far = random.standard_normal(n_samples)
    echo = np.convolve(far, path)[:n_samples]
    noise = random.standard_normal(n_samples) * np.std(echo) * 10 ** (noise_db / 20)
    return far, echo, echo + noise


def level_db(x):
    return 10 * np.log10(np.mean(np.square(x)))


@learners
def test_a_known_path_is_found_down_to_the_noise(make):
    far, _, microphone = call(noise_db=-30)
    learner = make()
    left = adaptive.cancel(learner, far, microphone)
    assert level_db(microphone[-3000:]) - level_db(left[-3000:]) > 26
    found = learner.taps[:48]
    assert np.linalg.norm(found - PATH) < 0.1 * np.linalg.norm(PATH)


@learners
def test_any_division_into_frames_gives_what_the_whole_file_gives(make):
    far, _, microphone = call(2000)
    whole = adaptive.cancel(make(), far, microphone)
    assert whole.shape == (2000,)
    cuts = np.sort(RNG.integers(0, 2000, 60))
    stream = make()
    parts = [stream.push(frame) for frame in np.split(np.stack([far, microphone]), cuts, axis=1)]
    assert np.array_equal(np.concatenate([*parts, stream.flush()]), whole)


@learners
def test_nothing_grows_and_no_answer_waits_longer_than_a_block(make):
    learner = make()

    def size():
        return sum(np.size(value) for value in vars(learner).values())

    learner.push(np.stack(call(64)[::2]))
    before, n_out = size(), 0
    for n in range(1, 101):
        n_out += len(learner.push(RNG.standard_normal((2, 5))))
        assert 5 * n - n_out < learner.block_length
    learner.push(np.zeros((2, -500 % learner.block_length)))
    assert size() == before


@learners
def test_what_comes_later_changes_nothing(make):
    far, _, microphone = call(400)
    changed = np.where(np.arange(400) < 200, microphone, 5.0)
    first, second = (adaptive.cancel(make(), far, one) for one in (microphone, changed))
    n_same = 200 - 200 % make().block_length
    assert np.array_equal(first[:n_same], second[:n_same])


@learners
def test_single_precision_stays_and_silence_is_silent(make):
    silence = np.zeros(100, dtype=np.float32)
    left = adaptive.cancel(make(), silence, silence)
    assert left.dtype == np.float32
    assert not left.any()


@pytest.mark.parametrize("name", ["nlms", "block nlms", "kalman"])
def test_the_level_changes_nothing_and_a_quiet_passage_destroys_nothing(name):
    """In the pause the loudspeaker hums 80 dB down while the near end speaks loudly."""
    for gain in (1.0, 0.01):
        far, _, microphone = call(12000)
        is_pause = np.arange(12000) // 3000 == 2
        far, microphone = (
            gain * np.where(is_pause, low, x)
            for low, x in ((1e-4 * far, far), (far[::-1], microphone))
        )
        left = adaptive.cancel(LEARNERS[name](), far, microphone)
        assert level_db(left[6000:9000]) < level_db(microphone[6000:9000]) + 0.5
        after = slice(9100, 12000)
        assert level_db(microphone[after]) - level_db(left[after]) > 25


@pytest.mark.parametrize("name", ["block nlms", "kalman"])
def test_each_partition_learns_its_own_taps_alone(name):
    """The second half of a spectrum's taps would wrap around into the echo."""
    learner = LEARNERS[name]()
    adaptive.cancel(learner, *call(2000)[::2])
    taps = np.fft.irfft(learner.weights, axis=1)
    assert np.abs(taps[:, 16:]).max() < 1e-12 < np.abs(taps[:, :16]).max()


def test_the_fault_of_a_constant_that_helps_at_one_level_only():
    """With a fixed epsilon of 1e-8 the same pause makes the filter explode."""
    far, _, microphone = call(9000)
    is_pause = np.arange(9000) >= 6000
    far, microphone = np.where(is_pause, 1e-4 * far, far), np.where(is_pause, far[::-1], microphone)
    taps, past, explodes = np.zeros(48), np.zeros(48), False
    for x, d in zip(far, microphone, strict=True):
        past = np.concatenate([[x], past[:-1]])
        error = d - taps @ past
        taps += 0.5 * error * past / (past @ past + 1e-8)
        explodes |= bool(np.linalg.norm(taps) > 100 * np.linalg.norm(PATH))
    assert explodes


def test_nlms_makes_the_error_just_heard_zero_with_a_step_of_one():
    learner = adaptive.NLMS(n_taps=4, step=1.0, regularisation=1e-12)
    learner.push(np.array([[0.3, -0.2, 0.5, 0.1], [0.2, 0.1, -0.4, 0.3]]))
    heard = np.array([0.1, 0.5, -0.2, 0.3])
    assert abs(0.3 - learner.taps @ heard) < 1e-9


@pytest.mark.parametrize(("step", "is_stable"), [(1.9, True), (2.1, False)])
def test_nlms_is_stable_below_a_step_of_two(step, is_stable):
    far, _, microphone = call(4000)
    learner = adaptive.NLMS(n_taps=48, step=1.0, regularisation=1e-9)
    learner.step = step
    left = adaptive.cancel(learner, far, microphone)
    assert (level_db(left[-500:]) < level_db(microphone)) == is_stable


@pytest.mark.parametrize(("share", "is_stable"), [(0.3, True), (1.5, False)])
def test_lms_is_stable_below_its_bound(share, is_stable):
    far, _, microphone = call(4000)
    step = share * adaptive.largest_lms_step(far, n_taps=48)
    with np.errstate(over="ignore", invalid="ignore"):
        taps_of = adaptive.LMS(n_taps=48, step=step)
        for begin in range(0, 4000, 100):
            taps_of.push(np.stack([far, microphone])[:, begin : begin + 100])
            if np.abs(taps_of.taps).max() > 1e6:
                break
    assert (np.abs(taps_of.taps).max() < 100) == is_stable


def test_the_scalar_filter_settles_where_the_riccati_equation_says():
    process, noise = 0.3, 2.0
    _, variances = adaptive.scalar_kalman(
        np.zeros(200), process_variance=process, noise_variance=noise
    )
    one = np.ones((1, 1))
    predicted = scipy.linalg.solve_discrete_are(one, one, process * one, noise * one)[0, 0]
    assert abs(variances[-1] - predicted * noise / (predicted + noise)) < 1e-9


def test_without_wandering_the_scalar_filter_is_the_mean():
    observed = RNG.standard_normal(50)
    estimates, variances = adaptive.scalar_kalman(
        observed, process_variance=1e-15, noise_variance=1.0, start_variance=1e6
    )
    np.testing.assert_allclose(estimates, np.cumsum(observed) / np.arange(1, 51), atol=1e-5)
    np.testing.assert_allclose(variances, 1 / np.arange(1, 51), rtol=1e-5)


def test_the_kalman_filter_holds_still_while_both_speak():
    far, echo, microphone = call(12000)
    near = np.where(np.arange(12000) // 2000 == 4, RNG.standard_normal(12000) * np.std(echo), 0)
    lost_db = {}
    for name in ("block nlms", "kalman"):
        left = adaptive.cancel(LEARNERS[name](), far, microphone + near)
        lost_db[name] = level_db((left - near)[8000:10000]) - level_db(echo)
    assert lost_db["kalman"] < -14
    assert lost_db["kalman"] < lost_db["block nlms"] - 6


def test_the_kalman_filter_follows_a_path_that_moves():
    far, before, _ = call(24000, path=PATH)
    after = np.convolve(far, PATH[::-1])[:24000]
    microphone = np.where(np.arange(24000) < 8000, before, after)
    left = adaptive.cancel(adaptive.BlockKalman(**SMALL, memory=0.999), far, microphone)
    erle_db = [
        level_db(microphone[i : i + 2000]) - level_db(left[i : i + 2000]) for i in (6000, 22000)
    ]
    assert min(erle_db) > 20


@pytest.mark.parametrize("delay", [0, 37, 200])
def test_a_delay_is_found_behind_a_voice_and_in_noise(delay):
    far = np.cumsum(RNG.standard_normal(8000))
    far -= np.convolve(far, np.ones(50) / 50, mode="same")  # most of it is low
    microphone = 0.3 * np.concatenate([np.zeros(delay), far])[:8000]
    microphone += 0.1 * np.std(microphone) * RNG.standard_normal(8000)
    assert adaptive.estimate_delay(far, microphone, max_delay=400) == delay


def test_double_talk_is_what_the_echo_cannot_be():
    far, echo, _ = call(3000, path=0.1 * PATH / np.sum(np.abs(PATH)))
    near = np.zeros(3000)
    near[1000:1010] = 4.0
    is_both = adaptive.is_double_talk(far, echo + near, n_past=48, n_hold=20)
    assert not is_both[:1000].any()
    assert is_both[1000:1030].all()
    assert not is_both[1030:].any()
    past = np.array([np.max(np.abs(far[max(0, n - 4) : n + 1])) for n in range(3000)])
    expected = np.abs(echo + near) > 0.5 * past
    assert np.array_equal(adaptive.is_double_talk(far, echo + near, n_past=5), expected)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: adaptive.LMS(n_taps=0, step=0.1), "n_taps is 0"),
        (lambda: adaptive.NLMS(n_taps=4, step=2.0), "diverges from 2 on"),
        (lambda: adaptive.BlockNLMS(step=1.5), "step is 1.5"),
        (lambda: adaptive.BlockKalman(hop_length=100), "multiple of the hop"),
        (lambda: adaptive.BlockKalman(memory=1.0), "memory is 1.0"),
        (lambda: adaptive.NLMS(n_taps=4).push(np.zeros(5)), r"np.stack\(\[loudspeaker"),
        (lambda: adaptive.NLMS(n_taps=4).push(np.full((2, 5), np.nan)), "NaN"),
        (lambda: adaptive.cancel(adaptive.NLMS(n_taps=4), np.zeros(5), np.zeros(6)), r"\(6,\)"),
        (lambda: adaptive.estimate_delay(np.zeros(5), np.zeros(5), max_delay=2), "silent"),
        (lambda: adaptive.estimate_delay(np.ones(5), np.ones(5), max_delay=5), "max_delay is 5"),
        (lambda: adaptive.is_double_talk(np.zeros(5), np.zeros(4), n_past=2), r"\(4,\)"),
        (lambda: adaptive.largest_lms_step(np.zeros(5), n_taps=2), "not silent"),
        (
            lambda: adaptive.scalar_kalman(np.ones(3), process_variance=0, noise_variance=1),
            "process_variance is 0",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(AudioError, match=said):
        make()
