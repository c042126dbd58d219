"""Every exercise: its solution passes, its stub does not, wrong answers get their own message."""

import importlib.util
from pathlib import Path

import pytest

from audiolessons import exercises
from audiolessons.exercises import engine

HERE = Path(__file__).parent


def modules_of_chapters():
    for path in sorted(HERE.glob("[!e]*/test_*.py")):  # engine/ tests no chapter
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


WRONG, RIGHT = {}, {}
for module in modules_of_chapters():
    WRONG.update(getattr(module, "WRONG", {}))
    RIGHT.update(getattr(module, "RIGHT_ANSWERS", {}))
NAMES = exercises.names()
PROBED = [name for name in NAMES if isinstance(exercises.find(name), engine.Exercise)]


@pytest.mark.parametrize("name", PROBED)
def test_each_stated_mistake_gets_its_own_message(name):
    exercise = exercises.find(name)
    assert len({message for _, message in exercise.wrong}) >= 3 or exercise.asks_for_value
    for wrong, message in exercise.wrong:
        report = exercises.check(name, wrong)
        assert not report.passed, f"{name} accepted a wrong answer: {message}"
        assert report.means == message, str(report)


@pytest.mark.parametrize("name", PROBED)
def test_other_right_answers_pass(name):
    """Another algorithm, and writings that change nothing: no prompt forbids them."""
    assert len(RIGHT.get(name, [])) >= 4, f"{name}: state four right answers in RIGHT_ANSWERS"
    for i, answer in enumerate(RIGHT[name]):
        report = exercises.check(name, answer)
        assert report.passed, f"right answer {i}: {report}"


@pytest.mark.parametrize("name", PROBED)
def test_valid_inputs_are_stated_for_the_mutants(name):
    exercise = exercises.find(name)
    assert exercise.asks_for_value or exercise.valid is not None


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_in_the_chapter_passes(name, answers):
    report = exercises.check(name, answers(name, "solution"))
    assert report.passed, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_in_the_chapter_reads_not_attempted(name, answers):
    report = exercises.check(name, answers(name, "exercise"))
    assert not report.attempted, str(report)
    assert not report.passed
    assert "not attempted yet" in str(report)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PROBED])
def test_at_least_three_wrong_answers_are_known(name):
    assert len(WRONG.get(name, [])) >= 3


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [(name, *case) for name, cases in WRONG.items() for case in cases],
    ids=[f"{name}-{i}" for name, cases in WRONG.items() for i in range(len(cases))],
)
def test_a_wrong_answer_gets_the_message_meant_for_it(name, answer, message):
    report = exercises.check(name, answer)
    assert not report.passed, f"{name} accepted a wrong answer"
    told = " | ".join(f"{row.means} {row.got}" for row in report.rows if not row.passed)
    assert message in f"{told} {report.note}", str(report)


def test_messages_are_the_right_ones_for_their_answers():
    """No two wrong answers of one exercise share the fragment that tells them apart."""
    for name, cases in WRONG.items():
        fragments = [message for _, message in cases]
        assert len(set(fragments)) >= 3, f"{name}: three different messages are needed"
