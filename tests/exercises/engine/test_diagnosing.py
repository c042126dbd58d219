"""No message is false: one is given only if its mistake is what the answer does, everywhere."""

import numpy as np

from audiolessons.exercises.engine import probe


def rms(x):
    return np.sqrt(np.mean(np.square(x)))


PROBES = [
    probe("a constant of 0.5 has an RMS of 0.5", np.full(4, 0.5)),
    probe("3 and 4 have 3.54", np.array([3.0, 4.0])),
]
WRONG = [
    (lambda x: np.mean(np.square(x)), "the root is missing"),
    (lambda x: np.sqrt(np.sum(np.square(x))), "divide by T"),
    (lambda x: np.abs(np.mean(x)), "square first"),
    (lambda x: np.sqrt(np.abs(np.mean(x))), "square first"),
]


def test_a_known_mistake_is_named(state):
    check = state(rms, PROBES, WRONG)
    for wrong, message in WRONG:
        assert check(wrong).means == message


def test_a_coincidence_in_one_value_is_no_diagnosis(state):
    """0.25 comes back for the constant as if the root were missing; 3 and 4 tell otherwise."""
    check = state(rms, PROBES, WRONG)
    report = check(lambda x: rms(x) / 2)
    assert report.means == "every value is 0.5 times what it should be"


def test_a_passed_probe_speaks_against_a_mistake(state):
    def mostly(x):  # right for two samples; as if the root were missing for four
        return rms(x) if len(x) == 2 else rms(x) ** 2

    check = state(rms, PROBES, WRONG)
    assert check(mostly).means == ""


def test_the_probes_behind_a_crash_count_as_well(state):
    def crashes(x):
        return np.mean(np.square(x)) if len(x) == 2 else x[9]

    check = state(rms, PROBES, [*WRONG, (lambda x: x[9], "there is no tenth sample")])
    report = check(crashes)
    assert len(report.rows) == 1
    assert report.means == ""
    assert check(lambda x: x[9]).means == "there is no tenth sample"


def test_two_mistakes_that_cannot_be_told_apart_give_no_message(state):
    check = state(rms, PROBES[:1], WRONG)  # for a constant the mean does as well
    assert check(lambda x: 0.25).means == "the root is missing"
    both = [(lambda x: 0.1, "a"), (lambda x: 0.1, "b")]
    assert state(rms, PROBES[:1], both)(lambda x: 0.1).means == ""
    one = [(lambda x: 0.1, "a"), (lambda x: 0.1, "a")]
    assert state(rms, PROBES[:1], one)(lambda x: 0.1).means == "a"


def test_crashes_are_alike_only_with_the_same_words(state):
    def one(x):
        raise ValueError("one")

    def two(x):
        raise ValueError("two")

    check = state(rms, PROBES, [(one, "the first")])
    assert check(one).means == "the first"
    assert check(two).means != "the first"


def test_a_report_holds_one_diagnosis(state):
    report = state(rms, PROBES, WRONG)(lambda x: -rms(x))
    assert str(report).count("what that means") == 1
    assert report.means == "the sign is wrong"


def test_stated_facts_are_compared(state):
    def train(loss):
        return {"weights": loss}

    def facts(answer, n):
        losses = answer(n)
        return {"the loss falls": losses[-1] < losses[0], "steps": len(losses)}

    check = state(
        lambda n: list(range(n, 0, -1)),
        [probe("ten steps", 10)],
        [(lambda n: list(range(n)), "the step goes uphill")],
        observe=facts,
    )
    assert check(lambda n: [5.0] + [1.0] * (n - 1)).passed
    report = check(lambda n: list(range(n)))
    assert report.means == "the step goes uphill"
    assert "expected  the loss falls: True" in str(report)
    assert "got       the loss falls: False" in str(report)
    few = check(lambda n: [2, 1])
    assert "steps: 2" in str(few)
    assert "falls" not in str(few)
