"""Decisions frame by frame, and segments in seconds: two forms of the same thing."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive


def to_segments(active: np.ndarray, *, hop_s: float = 0.01) -> np.ndarray:
    """Return the stretches of active frames, from their first frame's start to their last's end.

    Parameters
    ----------
    active
        Shape (N,), bool.
    hop_s
        Seconds between frames.

    Returns
    -------
    Shape (S, 2), float64: start and end of each segment in seconds, in order of time.

    Raises
    ------
    AudioError
        If `active` is no row of truth values.

    Examples
    --------
    >>> to_segments(np.array([False, True, True, False, True]))
    array([[0.01, 0.03],
           [0.04, 0.05]])

    Chapter: tasks/editing
    """
    active = check_activity(active)
    check_positive(hop_s, name="hop_s", unit="s")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
    return edges.reshape(-1, 2) * float(hop_s)


def to_activity(segments: np.ndarray, *, n_frames: int, hop_s: float = 0.01) -> np.ndarray:
    """Return the frames whose middle lies in a segment.

    Parameters
    ----------
    segments
        Shape (S, 2): start and end of each in seconds.
    n_frames
        How many frames there are.
    hop_s
        Seconds between frames.

    Returns
    -------
    Shape (N,), bool.

    Raises
    ------
    AudioError
        If a segment ends before it starts, or there are not two numbers for each.

    Examples
    --------
    >>> to_activity([[0.01, 0.03]], n_frames=5).astype(int)
    array([0, 1, 1, 0, 0])

    Chapter: tasks/editing
    """
    segments = check_segments(segments)
    active = np.zeros(check_count(n_frames, name="n_frames", minimum=0), dtype=bool)
    # The middle of frame n is (n + 0.5) * hop_s: the first one at or behind a time t is number
    # ceil(t / hop_s - 0.5). Rounding to 1e-6 of a frame takes away what sums of hops leave.
    check_positive(hop_s, name="hop_s", unit="s")
    for first, last in np.ceil(np.round(segments / hop_s - 0.5, 6)).astype(int):
        active[max(first, 0) : max(last, 0)] = True
    return active


def check_activity(active) -> np.ndarray:
    """Return decisions as an array (N,) of truth values, or say what is wrong with them."""
    active = as_array(active, name="active")
    if active.ndim != 1 or active.dtype != bool:
        raise AudioError(
            f"active has shape {active.shape}, {active.dtype}: give one row of True and False, "
            "such as scores > 0.5"
        )
    return active


def check_segments(segments, *, name: str = "segments") -> np.ndarray:
    """Return segments as a float array (S, 2), or say what is wrong with them."""
    array = as_array(segments, name=name, dtype=np.float64)
    if array.size == 0:
        return np.zeros((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise AudioError(f"{name} has shape {array.shape}: give (S, 2), start and end of each")
    if not np.isfinite(array).all():
        raise AudioError(f"{name} holds NaN or infinity: give times in seconds")
    wrong = np.flatnonzero(array[:, 1] < array[:, 0])
    if wrong.size:
        start, end = array[wrong[0]]
        raise AudioError(f"{name}[{wrong[0]}] goes from {start:g} to {end:g} s: it ends too soon")
    return array
