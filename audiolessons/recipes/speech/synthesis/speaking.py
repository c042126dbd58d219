"""Whole sentences by rule and from pieces: how good they are, and how well understood.

The sentences are thirty of those that the split keeps for tests, fixed before anything was trained.
"""

from __future__ import annotations

import functools
from functools import partial

from audiolessons.recipes.speech.synthesis import rules, units
from audiolessons.recipes.speech.synthesis._frames import test_sentences
from audiolessons.recipes.speech.synthesis._judged import judged


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench. `quick` takes two sentences.

    Chapter: speech/synthesis
    """
    tested = functools.cache(lambda: test_sentences("acoustic")[: 2 if quick else None])
    systems = {
        "rules": (lambda one: rules.speak(one.text), "by rule"),
        "units": (lambda one: units.speak(one.text).audio, "from pieces of 149 sentences"),
    }
    return {name: partial(_rows, tested, *system) for name, system in systems.items()}


def _rows(tested, speak, how):
    yield from judged(speak, tested(), how=how)
