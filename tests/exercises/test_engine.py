"""The engine that checks answers: it never raises, never hangs, and says what it saw."""

import time

import numpy as np
import pytest
import torch

from audiolessons import AudioError, exercises
from audiolessons.exercises import _engine, _show


@pytest.fixture
def doubled(monkeypatch):
    """An exercise that asks for a function which doubles its input."""
    monkeypatch.setattr(_engine, "EXERCISES", {})
    monkeypatch.setattr(_engine, "_failures", {})

    @_engine.exercise("test.double", level="easy", hints=("gentle", "nearly there"))
    def properties(answer, trial):
        trial.close(
            "3 becomes 6",
            lambda: answer(3),
            6,
            mistakes=[(9, "this is the square"), (lambda got: got < 0, "the sign is wrong")],
            means="neither",
        )
        trial.that("the result is even", lambda: answer(5), lambda got: got % 2 == 0)
        trial.raises("text is refused", lambda: answer("a"), TypeError, means="check the type")

    return lambda answer: _engine.check_stated(_engine.EXERCISES["test.double"], answer)


def solved(x):
    if isinstance(x, str):
        raise TypeError(x)
    return 2 * x


def test_a_right_answer_passes(doubled):
    report = doubled(solved)
    assert report.passed
    assert [row.passed for row in report.rows] == [True, True, True]
    assert "solved, all 3 properties hold" in str(report)


def unwritten(x):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [..., lambda x: ..., unwritten], ids=["dots", "returns", "raises"])
def test_an_untouched_stub_is_not_attempted(doubled, stub):
    report = doubled(stub)
    assert not report.attempted
    assert not report.passed
    assert str(report).startswith("test.double: not attempted yet")


def test_dots_are_noticed_before_a_check_computes_with_them(doubled, monkeypatch):
    def computes(answer, trial):
        trial.close("the size", lambda: np.abs(answer(3)), 6)

    stated = _engine.Exercise("test.size", "easy", ("a", "b"), computes)
    monkeypatch.setitem(_engine.EXERCISES, "test.size", stated)
    assert not _engine.check_stated(_engine.EXERCISES["test.size"], lambda x: ...).attempted
    assert not _engine.check_stated(_engine.EXERCISES["test.size"], lambda x: (..., ...)).attempted
    assert _engine.check_stated(_engine.EXERCISES["test.size"], lambda x: -6).passed


def test_a_known_mistake_is_named_and_others_get_the_general_word(doubled):
    assert "this is the square" in str(doubled(lambda x: x * x))
    assert "the sign is wrong" in str(doubled(lambda x: -x))
    assert "neither" in str(doubled(lambda x: x + 1))


def test_each_failure_brings_the_next_hint_and_the_last_one_stays(doubled):
    shown = [doubled(lambda x: x).hint for _ in range(3)]
    assert shown == ["Hint 1 of 2: gentle"] + ["Hint 2 of 2: nearly there"] * 2
    doubled(solved)
    assert doubled(lambda x: x).hint == "Hint 1 of 2: gentle"


def test_a_crash_shows_the_learner_s_line(doubled):
    def crashes(x):
        half = x / 0
        return half

    text = str(doubled(crashes))
    assert "ZeroDivisionError" in text
    assert "`half = x / 0`" in text
    assert len(doubled(crashes).rows) == 1


def test_a_call_that_does_not_fit_is_no_crash_of_the_check():
    text = str(exercises.check("signals.rms", lambda: 6))
    assert "does your function take these arguments?" in text
    assert "without brackets" in str(exercises.check("signals.rms", 3))


def test_an_answer_that_does_not_end_is_stopped(doubled, monkeypatch):
    ticks = []

    def endless(x):
        while True:
            ticks.append(x)

    started = time.perf_counter()
    report = doubled(endless)
    assert time.perf_counter() - started < 7
    assert "did not end" in report.note
    assert not report.passed
    time.sleep(0.1)
    before = len(ticks)
    time.sleep(0.1)
    assert len(ticks) == before, "the answer still runs"


def test_wrong_kinds_of_answer_are_explained(doubled):
    assert "returned None" in str(doubled(lambda x: None))
    assert "shape is (2,) and should be ()" in str(doubled(lambda x: np.ones(2)))
    assert "not numbers" in str(doubled(lambda x: "six"))
    assert "NaN or infinity" in str(doubled(lambda x: float("nan")))
    assert "differ in length" in str(doubled(lambda x: [[1], [1, 2]]))


def test_an_error_that_should_be_raised_and_is_not(doubled):
    text = str(doubled(lambda x: 2 * x))
    assert "check the type" in text
    assert "expected  TypeError" in text


def test_a_check_with_a_fault_says_so_and_does_not_raise(doubled, monkeypatch):
    def broken(answer, trial):
        raise RuntimeError("oops")

    monkeypatch.setitem(
        _engine.EXERCISES,
        "test.broken",
        _engine.Exercise("test.broken", "easy", ("a", "b"), broken),
    )
    report = _engine.check_stated(_engine.EXERCISES["test.broken"], 1)
    assert "The check itself failed (RuntimeError: oops)" in report.note
    assert not report.passed


def test_html_is_escaped_and_says_the_same(doubled):
    page = doubled(lambda x: "<b>")._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;" in page or "<b>" not in page
    assert "what that usually means" in page
    assert "Hint 1 of 2" in page


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(
        AudioError, match=r"no exercise 'signals.rsm': choose one of .*signals\.rms"
    ):
        exercises.check("signals.rsm", 1)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.12345678, "0.1235"),
        (1 - 2j, "1-2j"),
        (np.float32(0.5), "0.5"),
        (-2e-17, "about 0"),
        (np.arange(3), "[0, 1, 2]"),
        (np.zeros((2, 9)), "[0, 0, 0, 0, 0, 0, ...] (shape (2, 9))"),
        ((1, "a"), "(1, 'a')"),
        (None, "None"),
        (np.array(["x"]), "array of <U1, shape (1,)"),
    ],
)
def test_values_are_described_in_a_few_words(value, shown):
    assert _show.describe(value) == shown


def test_a_tensor_is_described_like_an_array():
    import torch

    assert _show.describe(torch.tensor([1.0, 2.0])) == "[1, 2]"


def test_an_exercise_needs_a_level_and_two_hints():
    with pytest.raises(AudioError, match="two hints"):
        _engine.exercise("test.poor", level="easy", hints=("one",))


def test_a_list_of_tensors_with_a_graph_is_named(doubled):
    weight = torch.ones(2, requires_grad=True)
    report = doubled(lambda x: [weight * 2, weight])
    assert "a list of tensors: return one tensor" in str(report)
