"""Every exercise: its solution passes, its stub does not, wrong answers get their own message."""

import importlib.util
from pathlib import Path

import pytest

from audiolessons import exercises

HERE = Path(__file__).parent


def modules_of_chapters():
    for path in sorted(HERE.glob("[!e]*/test_*.py")):  # engine/ tests no chapter
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


RIGHT = {}
for module in modules_of_chapters():
    RIGHT.update(module.RIGHT_ANSWERS)
NAMES = exercises.names()


@pytest.mark.parametrize("name", NAMES)
def test_each_stated_mistake_gets_its_own_message(name):
    exercise = exercises.find(name)
    assert len({message for _, message in exercise.wrong}) >= 3 or exercise.asks_for_value
    for wrong, message in exercise.wrong:
        report = exercises.check(name, wrong)
        assert not report.passed, f"{name} accepted a wrong answer: {message}"
        assert report.means == message, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_other_right_answers_pass(name):
    """Another algorithm, and writings that change nothing: no prompt forbids them."""
    assert len(RIGHT.get(name, [])) >= 4, f"{name}: state four right answers in RIGHT_ANSWERS"
    for i, answer in enumerate(RIGHT[name]):
        report = exercises.check(name, answer)
        assert report.passed, f"right answer {i}: {report}"


@pytest.mark.parametrize("name", NAMES)
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
