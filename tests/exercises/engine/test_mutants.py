"""Mutants of a solution, and what the check makes of them."""

import numpy as np
import pytest

from audiolessons import AudioError
from audiolessons.exercises import engine
from audiolessons.exercises.engine import mutants, probe

SOLUTION = """
def rms(audio):
    return np.sqrt(np.mean(audio ** 2))
"""


def rms(audio):
    return np.sqrt(np.mean(audio**2))


@pytest.fixture
def judged(state):
    def judge(probes, solution=SOLUTION):
        state(
            rms,
            probes,
            [(lambda audio: np.sqrt(np.sum(audio**2)), "divide by T")],
            valid=lambda random: (random.standard_normal(random.integers(2, 20)),),
        )
        return mutants.judge(engine.EXERCISES["test.e0"], solution, "rms", {"np": np})

    return judge


def test_a_sharp_check_stops_every_mutant_and_its_messages_are_true(judged):
    verdicts = judged([probe("noise", np.random.default_rng(0).standard_normal(9))])
    assert len(verdicts) >= 4
    assert all(v.failed for v in verdicts if v.changed)
    [told] = [v for v in verdicts if v.message]
    assert told.line == "return np.sqrt(np.sum(audio ** 2))"
    assert told.message_true


def test_a_blunt_check_lets_mutants_through(judged):
    verdicts = judged([probe("all ones", np.ones(5))])
    assert any(v.changed and not v.failed for v in verdicts)


def test_a_message_that_is_not_true_of_other_inputs_is_noticed(judged):
    """Of four equal samples the root of the sum is twice the RMS; so it is without the `/ 4`."""
    solution = SOLUTION.replace("audio ** 2)", "4 * audio ** 2) / 4")
    verdicts = judged([probe("four times 3", np.full(4, 3.0))], solution)
    told = {v.line: v.message_true for v in verdicts if v.message}
    assert told["return np.sqrt(np.mean(4 * audio ** 2))"] is False
    assert told["return np.sqrt(np.sum(4 * audio ** 2) / 4)"] is True


def test_arguments_that_are_no_tuple_are_refused(state):
    state(rms, [probe("ones", np.ones(3))], valid=lambda random: random.uniform(0, 1))
    with pytest.raises(AudioError, match="give a tuple of arguments"):
        mutants.judge(engine.EXERCISES["test.e0"], SOLUTION, "rms", {"np": np})


def test_kinds_of_slips():
    source = """
def f(x, n):
    y = np.fft.fft(x, axis=-1)[1:n, ::2]
    y += x.sum(axis=0) * 2 - 1
    return -y if n > 3 and x.any() else np.where(x < 0, x, n)
"""
    lines = {line for line, _ in mutants.mutants(source, "f")}
    for expected in (
        "y = np.fft.fft(x)[1:n, ::2]",
        "y = np.fft.fft(x, axis=-1)[2:n, ::2]",
        "y = np.fft.fft(x, axis=-1)[:n, ::2]",
        "y = np.fft.fft(x, axis=-1)[1:n, :]",
        "y = x.sum(axis=0) * 2 - 1",
        "y += x.mean(axis=0) * 2 - 1",
        "y += x.sum(axis=0) * 2",
        "return y if n > 3 and x.any() else np.where(x < 0, x, n)",
        "return -y if n > 3 or x.any() else np.where(x < 0, x, n)",
        "return -y if n > 3 and x.any() else np.where(x, x < 0, n)",
    ):
        assert expected in lines, expected
