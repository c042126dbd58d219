"""How long an answer takes: after a warm-up, call by call, and what the slow ones take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from audiolessons.errors import check_count


def call_times_ms(
    call: Callable,
    *,
    n_calls: int = 500,
    n_warm_up: int = 50,
    clock: Callable[[], float] = time.perf_counter,
) -> np.ndarray:
    """Return how long each of many calls took, in milliseconds.

    The first calls load code, fill caches and let the processor speed up: they are made and not
    counted. Each of the others is a row of its own, as the mean says nothing of the slow ones: take
    percentiles.

    Parameters
    ----------
    call : callable
        Without arguments. On a GPU let it wait for the result, or it times the asking alone.
    n_calls, n_warm_up : int
        How many are timed, and how many are made before.
    clock : callable
        Gives seconds: the time on the clock, which a user waits. On a machine that others use,
        `time.thread_time` leaves out while they had the core; it sees this thread alone.

    Returns
    -------
    array
        (n_calls,), float64.

    Raises
    ------
    AudioError
        If a number of calls cannot be.

    Examples
    --------
    >>> taken = call_times_ms(lambda: sum(range(1000)), n_calls=20)
    >>> taken.shape, bool((taken > 0).all())
    ((20,), True)

    Chapter: large/efficiency
    """
    check_count(n_calls, name="n_calls")
    for _ in range(check_count(n_warm_up, name="n_warm_up", minimum=0)):
        call()
    taken = np.empty(n_calls)
    for number in range(n_calls):
        started = clock()
        call()
        taken[number] = clock() - started
    return 1000 * taken
