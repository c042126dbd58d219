"""Exercises stated for one test."""

import pytest

from audiolessons.exercises import engine


@pytest.fixture
def state():
    """State an exercise under a name of its own, for one test; gives its `check`."""
    stated = []

    def make(reference, probes, wrong=(), **options):
        name = f"test.e{len(stated)}"
        stated.append(name)
        options = {"level": "easy", "hints": ("gentle", "nearly there"), **options}
        engine.exercise(name, probes=probes, wrong=list(wrong), **options)(reference)
        return lambda answer: engine.check_answer(engine.EXERCISES[name], answer)

    yield make
    for name in stated:
        del engine.EXERCISES[name]
