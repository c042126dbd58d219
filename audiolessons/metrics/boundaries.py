"""How many boundaries in time were found, and how many of those found are there."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_positive


def boundary_f1(reference_s, estimate_s, *, tolerance_s: float = 0.05) -> float:
    """Return F1 of boundaries: each is matched once at most, with one that is near enough.

    Where two lie near one of the other list, only one of them counts. No boundaries in both lists
    are a perfect answer.

    Parameters
    ----------
    reference_s, estimate_s
        Times in seconds, (N,) and (M,), in any order.
    tolerance_s
        The largest distance that counts as found.

    Returns
    -------
    From 0 to 1: the harmonic mean of the shares found of the reference and right of the estimate.

    Raises
    ------
    AudioError
        If a list does not hold one row of finite times.

    References
    ----------
    Matching as `mir_eval.segment.detection` counts: C. Raffel et al., "mir_eval: a transparent
    implementation of common MIR metrics", ISMIR 2014.

    Examples
    --------
    >>> boundary_f1([1.0, 2.0], [1.04, 1.02, 3.0])  # one found: half of these, a third of those
    0.4

    Chapter: tasks/editing
    """
    reference, estimate = _times(reference_s, "reference_s"), _times(estimate_s, "estimate_s")
    check_positive(tolerance_s, name="tolerance_s", unit="s")
    if reference.size + estimate.size == 0:
        return 1.0
    # In order of time, the earliest that is near enough is always a right choice.
    n_matched = n = 0
    for time in reference:
        while n < estimate.size and estimate[n] < time - tolerance_s - 1e-9:
            n += 1
        if n < estimate.size and estimate[n] <= time + tolerance_s + 1e-9:
            n_matched, n = n_matched + 1, n + 1
    return 2 * n_matched / (reference.size + estimate.size)


def _times(values, name):
    times = np.sort(as_array(values, name=name, dtype=np.float64))
    if times.ndim != 1 or not np.isfinite(times).all():
        raise AudioError(f"{name} has shape {times.shape}: give one row of finite times in seconds")
    return times
