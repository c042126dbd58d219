"""The engine that checks answers: it never raises, never hangs, and says what it saw."""

import math
import random
import re
import subprocess
import sys
import time
from math import hypot

import numpy as np
import pytest
import torch

from audiolessons import AudioError
from audiolessons.exercises import engine
from audiolessons.exercises.engine import probe


def double(x):
    return 2 * x


SEEDS = (np.random.seed, random.seed, torch.manual_seed)
PROBES = [probe("3 becomes 6", 3), probe("-1 becomes -2", -1.0)]


@pytest.fixture
def check(state):
    return state(double, PROBES, [(lambda x: x * x, "this is the square")])


def test_a_right_answer_passes(check):
    report = check(lambda x: x + x)
    assert report.passed
    assert "solved, all 2 properties hold" in str(report)
    assert "test.e0: 1 of 2 properties hold" in str(check(lambda x: 6 if x == 3 else x))


def test_one_property_is_not_counted(state):
    check = state(double, PROBES[:1])
    assert str(check(double)).startswith("test.e0: solved, its one property holds\n")
    assert str(check(abs)).startswith("test.e0: the property tried does not hold\n")


def unwritten(x):
    raise NotImplementedError


class Unwritten:
    def __init__(self, x):
        self.x = ...

    def __call__(self):
        return 2 * self.x


@pytest.mark.parametrize(
    "stub",
    [..., lambda x: ..., lambda x: (..., 1), unwritten, lambda x: {"a": ...}, lambda x: 2 * ...],
    ids=["dots", "returned", "in a tuple", "raises", "in a dict", "computed with"],
)
def test_an_untouched_stub_is_not_attempted(check, stub):
    report = check(stub)
    assert not report.attempted
    assert not report.passed
    assert str(report).startswith("test.e0: not attempted yet")


def test_the_dots_of_a_class_are_noticed(state):
    class Doubled:
        def __init__(self, x):
            self.x = x

        def __call__(self):
            return 2 * self.x

    check = state(Doubled, [probe("3 becomes 6", 3)], observe=lambda made, x: made(x)())
    assert not check(Unwritten).attempted
    assert check(Doubled).passed


def test_a_crash_shows_the_learner_s_line_and_ends_the_check(check):
    def crashes(x):
        half = x / 0
        return half

    report = check(crashes)
    assert "ZeroDivisionError" in str(report)
    assert "`half = x / 0`" in str(report)
    assert len(report.rows) == 1


def leave(x):
    sys.exit(3)


def test_exit_is_the_answer_s_own_doing(check):
    text = str(check(leave))
    assert "ends the program" in text
    assert "`sys.exit(3)`" in text


def test_a_call_that_does_not_fit_is_no_crash_of_the_check(check):
    assert "does your function take these arguments?" in str(check(lambda: 6))
    assert "without brackets" in str(check(3))


def endless(ticks):
    def answer(x):
        while True:
            ticks.append(x)

    return answer


def endless_and_deaf(ticks):
    def answer(x):
        while True:
            try:  # noqa: SIM105
                ticks.append(x)
            except:  # noqa: E722 - what learners write
                pass

    return answer


@pytest.mark.parametrize("make", [endless, endless_and_deaf])
def test_an_answer_that_does_not_end_is_stopped(state, make):
    ticks = []
    check = state(double, PROBES, time_limit_s=0.3)
    started = time.perf_counter()
    report = check(make(ticks))
    assert time.perf_counter() - started < 5
    assert "did not end; it was at line" in report.note
    assert "still runs" not in report.note
    before = len(ticks)
    time.sleep(0.1)
    assert len(ticks) == before, "the answer still runs"


def test_what_cannot_be_stopped_is_said_to_run_on(state):
    check = state(double, PROBES, time_limit_s=0.2)
    report = check(lambda x: time.sleep(3))
    assert "It still runs" in report.note
    assert "restart the kernel" in report.note


FROZEN = """
import numpy as np
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.checking import check_answer
from audiolessons.exercises.engine.declare import EXERCISES

def line(x):
    return np.linalg.lstsq(x, np.ones(3), rcond=None)[0]

exercise("test.line", level="easy", hints=("a", "b"), probes=[probe("ones", np.ones((3, 3)))],
         wrong=[])(line)
report = check_answer(EXERCISES["test.line"], lambda x: line(x / [0.0, 1.0, 1.0]))
assert "did not converge" in str(report), report
assert check_answer(EXERCISES["test.line"], lambda x: line(list(x))).passed
assert np.linalg.lstsq.__module__ == "numpy.linalg"
"""


def test_a_division_by_zero_before_a_line_does_not_freeze_the_check():
    # in a process of its own: where numpy does not return, no thread can be stopped
    subprocess.run([sys.executable, "-c", FROZEN], check=True, timeout=20, capture_output=True)


def test_every_call_gets_arguments_of_its_own(state):
    def reference(x):
        return x + 1

    def in_place(x):
        x += 1
        return x

    shared = np.zeros(3)
    check = state(reference, [probe("once", shared), probe("twice", shared)])
    assert check(in_place).passed
    assert not shared.any()


def test_a_forbidden_change_of_an_argument_is_named(state):
    def reference(x, scale):
        return scale * x

    def in_place(x, scale):
        x *= scale
        return x

    check = state(reference, [probe("it scales", np.ones(3), 2.0)], keeps_arguments=True)
    report = check(in_place)
    assert "x changed" in str(report)
    assert "your function writes into x: work on a copy" in report.means
    assert check(reference).passed


def test_an_argument_that_is_put_back_is_as_it_was(state):
    """Adding and taking away leaves rounding errors, which are no change."""

    def reference(x):
        return x + 0.1

    def there_and_back(x):
        x += 0.1
        y = x.copy()
        x -= 0.2
        x += 0.1
        return y

    x = np.array([0.7, -1.2])
    assert 0.7 + 0.1 - 0.2 + 0.1 != 0.7
    check = state(reference, [probe("it adds", x)], keeps_arguments=True)
    assert check(there_and_back).passed


def test_numpy_s_warnings_do_not_stand_above_the_report(state):
    check = state(np.tanh, [probe("1000", np.array([1000.0]))])
    assert check(lambda x: np.sign(x) * (1 - 2 / (1 + np.exp(2 * x)))).passed


def test_no_warning_of_a_known_mistake_stands_above_the_report(state):
    """The mean of nothing warns where `np.errstate` does not reach; here warnings are errors."""
    check = state(np.mean, [probe("one", [1.0])], [(lambda x: np.mean(x[1:]), "one is left out")])
    report = check(lambda x: np.mean(x[1:]))
    assert "nan" in report.rows[0].got
    assert report.means == "one is left out"


def test_what_is_read_off_one_failure_is_not_said_of_all(state):
    """A column and a row: of one number the values are right, of more a table comes back."""
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    check = state(np.add, [probe("one", x[:1], y[:1]), probe("two", x, y)])
    told = "the values are right, but the shape is (1, 1) and should be (1,)"
    assert check(lambda x, y: x[:, None] + y).means == f"in the first that failed, {told}"
    assert check(lambda x, y: (x + y)[:, None]).means == told


def test_facts_are_shown_in_words_beside_a_crash_and_a_part_of_them(state):
    def facts(answer):
        n = answer(3)
        return {"numbers": n, "enough": True} if n > 2 else {"numbers": n}

    check = state(lambda n: n, [probe("three", observe=facts)])
    assert check(lambda n: n // 0).rows[0].expected == "numbers: 3; enough: True"
    row = check(lambda n: 1).rows[0]
    assert (row.expected, row.got) == ("numbers: 3", "numbers: 1")


def test_a_reused_buffer_and_a_generator_are_copied_at_once(state):
    def reference(n):
        for i in range(n):
            yield np.full(2, i)

    def reusing(n):
        buffer = np.zeros(2)
        for i in range(n):
            buffer[:] = i
            yield buffer

    def never_ending(n):
        while True:
            yield np.zeros(2)

    check = state(reference, [probe("counts", 3)])
    assert check(reusing).passed
    assert not check(never_ending).passed


@pytest.mark.parametrize(
    "answer",
    [lambda x: [2 * float(v) for v in x], lambda x: torch.tensor(x) * 2, lambda x: x * 2.0],
    ids=["list", "tensor", "array"],
)
def test_whatever_holds_the_numbers_passes(state, answer):
    check = state(double, [probe("doubled", np.arange(3))])
    assert check(answer).passed


def test_random_numbers_are_as_they_were(check):
    def draws(x):
        np.random.random(), random.random(), torch.rand(1)  # noqa: NPY002
        np.random.seed(7), random.seed(7), torch.manual_seed(7)  # noqa: NPY002
        return 2 * x

    def three():
        return np.random.random(), random.random(), torch.rand(1).item()  # noqa: NPY002

    for seed in SEEDS:
        seed(1)
    expected = three()
    for seed in SEEDS:
        seed(1)
    assert check(draws).passed
    assert three() == expected


def test_an_error_that_is_asked_for(state):
    def reference(x):
        if x < 0:
            raise AudioError(f"{x} is negative")
        return x

    check = state(reference, [probe("1 stays", 1), probe("-1 is refused", -1)])
    assert check(reference).passed
    assert "an error is asked for here (`raise AudioError(...)`)" in check(abs).means
    assert not check(lambda x: [x][1 if x < 0 else 0]).passed  # another kind of error


def test_what_the_prompt_forbids_is_looked_for(state):
    def size(z):
        return np.sqrt(z.real**2 + z.imag**2)

    def by_helper(z):
        return helper(z)

    check = state(
        size, [probe("3 + 4j has size 5", 3 + 4j)], forbidden={"neither abs nor np.abs": ("abs",)}
    )
    assert check(size).passed
    for answer in (abs, lambda z: abs(z), lambda z: np.abs(z), by_helper):
        report = check(answer)
        assert not report.passed
        assert "FAILED  it uses neither abs nor np.abs" in str(report)
        assert report.means == ""


def test_the_library_that_is_meant_is_told_from_others(state):
    def size(z):
        return math.hypot(z.real, z.imag)

    no_math = {"not math.hypot": ("math.hypot",)}
    check = state(size, [probe("3 + 4j has size 5", 3 + 4j)], forbidden=no_math)
    assert not check(size).passed
    assert not check(lambda z: hypot(z.real, z.imag)).passed
    assert check(lambda z: np.hypot(z.real, z.imag)).passed


def test_the_operator_of_matrix_products_can_be_forbidden(state):
    def dot(x, y):
        return sum(x * y)

    def in_place(x, y):
        x @= y
        return x

    probes = [probe("1 and 2 with 3 and 4", np.array([1, 2]), np.array([3, 4]))]
    check = state(dot, probes, forbidden={"no @": ("@",)})
    assert check(dot).passed
    assert "FAILED  it uses no @" in str(check(lambda x, y: x @ y))
    assert "FAILED  it uses no @" in str(check(in_place))


def helper(z):
    return np.abs(z)


def test_a_value_is_asked_for(state):
    def seen():
        return "12*"

    check = state(seen, [probe("the keys are right")], [("*21", "time runs to the right")])
    assert check("12*").passed
    assert check("*21").means == "time runs to the right"
    assert "has 2 characters" in check("12").means
    assert "is int, not a text" in check(12).means
    assert not check(...).attempted


def test_a_value_that_is_none_is_not_called_a_function(state):
    check = state(lambda: 443, [probe("the frequency of the guess in Hz")])
    assert check(None).means.startswith("this is None")


def test_a_fault_of_the_check_is_said_and_does_not_raise(state):
    def broken(answer, x):
        return {"a": answer(x)}

    check = state(double, [probe("x", 3)], [(lambda x: x, "same")], observe=broken)
    check(double)
    bad = state(lambda x: 1 / 0, lambda: [probe("x", 1 / 0)])
    report = bad(double)
    assert "The check itself failed (ZeroDivisionError" in report.note
    assert not report.passed


def test_html_says_the_same_and_is_escaped(check):
    page = check(lambda x: "<b>")._repr_mimebundle_()["text/html"]
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "what that means" in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "hard"}, "choose one of easy, core, stretch"),
        ({"hints": ("one",)}, "give two at least"),
        ({"hints": "one and two"}, "write (hint, hint)"),
        ({"forbidden": {"no FFT": "fft"}}, "write ('fft',)"),
        ({"time_limit_s": 100}, "at most 30 s"),
    ],
)
def test_a_statement_that_lacks_something_is_refused(options, message):
    stated = {"level": "easy", "hints": ("a", "b"), "probes": [], "wrong": [], **options}
    with pytest.raises(AudioError, match=re.escape(message)):
        engine.exercise("test.poor", **stated)


@pytest.mark.parametrize(
    ("probes", "wrong", "message"),
    [
        ([3], [], "test.e0: 3 is no probe: write probe(what, *arguments)"),
        (PROBES, [abs], "in wrong: write (wrong answer, message)"),
        ([probe("no argument")], [], "the reference itself fails on the probe 'no argument'"),
    ],
)
def test_a_fault_of_the_statement_is_named(state, probes, wrong, message):
    """A reference that fails would fail as a right answer does, which looks like agreement."""
    assert message in str(state(double, probes, wrong)(abs))
