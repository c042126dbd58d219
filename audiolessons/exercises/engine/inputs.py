"""Inputs that the modules of the chapters share."""

from __future__ import annotations

import numpy as np


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Return normal random numbers: nothing in them is special, so that every mistake shows.

    Examples
    --------
    >>> noise(2, 3, seed=1).shape
    (2, 3)
    """
    return np.random.default_rng(seed).standard_normal(shape)
