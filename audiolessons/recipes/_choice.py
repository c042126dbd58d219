"""Choosing a system for each test part by all that is not in it: leave two out, then one.

A system that has learned neither of two parts says how it does on one when the other is the test,
and the other way round. So each test part has its own judges, and no say in its system.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from audiolessons import metrics


def judged(
    truth,
    parts,
    systems: Sequence[str],
    answer: Callable,
    *,
    score: Callable = metrics.unweighted_average_recall,
) -> dict:
    """Return {system: {test part: its score on the other parts, each unheard}}.

    Parameters
    ----------
    truth, parts : array
        (B,): the label of each row, and the part it belongs to, such as its speaker.
    systems : sequence of str
    answer : callable
        `answer(system, train, test)` learns the rows `train` (B,) and returns labels for `test`.
    score : callable
        `score(truth, answers)`; the UAR unless given.

    Chapter: tasks/emotion
    """
    worth: dict = {}
    for system in systems:
        found: dict = {part: [] for part in np.unique(parts)}
        for pair in itertools.combinations(found, 2):
            unheard = np.isin(parts, pair)
            answers = np.empty_like(truth)
            answers[unheard] = answer(system, ~unheard, unheard)
            for tested, judge in (pair, pair[::-1]):
                found[tested].append((truth[parts == judge], answers[parts == judge]))
        worth[system] = {
            part: score(*map(np.concatenate, zip(*both, strict=True)))
            for part, both in found.items()
        }
    return worth


def chosen(worth: dict) -> dict:
    """Return {test part: the system that did best on the others}; of equals, the first.

    Chapter: tasks/emotion
    """
    parts = next(iter(worth.values()))
    return {part: max(worth, key=lambda system: worth[system][part]) for part in parts}


def answers_of(choice: dict, truth, parts, answer: Callable) -> np.ndarray:
    """Return what the system chosen for each part makes of it, (B,), after learning the others.

    Chapter: tasks/emotion
    """
    found = np.empty_like(truth)
    for part, system in choice.items():
        found[parts == part] = answer(system, parts != part, parts == part)
    return found
