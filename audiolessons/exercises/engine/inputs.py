"""Inputs that the modules of the chapters share."""

from __future__ import annotations

import re

import numpy as np


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Return normal random numbers: nothing in them is special, so that every mistake shows.

    Examples
    --------
    >>> noise(2, 3, seed=1).shape
    (2, 3)
    """
    return np.random.default_rng(seed).standard_normal(shape)


def names_in(answer) -> list[str]:
    """Return the words of an answer that lists names: as a text or a list, in capitals or not.

    Examples
    --------
    >>> names_in("Rising, tone") == names_in(["rising", "tone"]) == ["rising", "tone"]
    True
    """
    return re.findall(r"\w+", str(answer).lower())
