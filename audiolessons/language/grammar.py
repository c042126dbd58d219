"""Sentences from a grammar: rules that are written by hand, and never fail or surprise."""

from __future__ import annotations

import re

import numpy as np

from audiolessons.errors import AudioError, check_choice

SLOT = re.compile(r"<(\w+)>")
DEEPEST = 50  # rules inside each other: a rule that calls itself forever is stopped


def expand(rules: dict, *, start: str, seed: int = 0, **values) -> str:
    """Write a text by a grammar: what stands in <brackets> is replaced until nothing is left.

    Parameters
    ----------
    rules : dict
        Each name's choices, a list of texts in which <other> stands for a choice of `other`.
    start : str
        The rule to begin with.
    seed : int
        Of the choices.
    **values
        What is filled in as it is, such as a measured temperature: it stands for the rule of that
        name.

    Raises
    ------
    AudioError
        If a rule is missing, or the rules never end.

    Examples
    --------
    >>> rules = {"report": ["It is <sky>, <degrees> degrees."], "sky": ["dry"]}
    >>> expand(rules, start="report", degrees=12)
    'It is dry, 12 degrees.'

    References
    ----------
    N. Chomsky, "Three models for the description of language", IRE Transactions on Information
    Theory 2(3), 1956.

    Chapter: speech/language
    """
    random = np.random.default_rng(seed)

    def write(name: str, depth: int) -> str:
        if name in values:
            return str(values[name])
        check_choice(name, name="rule", choices=[*rules, *values])
        if depth > DEEPEST:
            raise AudioError(f"<{name}> does not end: rules call each other {DEEPEST} deep")
        choice = rules[name][random.integers(len(rules[name]))]
        return SLOT.sub(lambda slot: write(slot[1], depth + 1), choice)

    return write(start, 0)
