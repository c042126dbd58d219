"""Hidden Markov models in log space: the sum over all ways, and the best of them.

A model is in one of S states at each of N frames. `log_start` (S,) is how likely each is at first,
`log_transitions` (S, S) how likely state i (row) is followed by state j (column), `log_end` (S,)
how likely the model stops after it; None: it may stop anywhere. `log_emissions` (..., S, N) says
how well each state explains each frame. All are natural logarithms; -inf is never.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array


def arcs_into(log_transitions) -> tuple[np.ndarray, np.ndarray]:
    """Which states lead to each, and how likely: most entries of a chain's matrix are never used.

    Parameters
    ----------
    log_transitions : array
        Shape (S, S).

    Returns
    -------
    sources : numpy.ndarray
        Shape (S, P), int, where no state can be reached from more than P.
    log_weights : numpy.ndarray
        Shape (S, P); -inf where a state is reached from fewer.

    Raises
    ------
    AudioError
        If `log_transitions` is not square.

    Examples
    --------
    >>> never = -np.inf
    >>> chain = [[-0.1, -2.3, never], [never, -0.1, -2.3], [never, never, 0.0]]
    >>> sources, log_weights = arcs_into(chain)
    >>> sources.tolist(), log_weights.tolist()
    ([[0, 1], [0, 1], [1, 2]], [[-0.1, -inf], [-2.3, -0.1], [-2.3, 0.0]])

    Chapter: speech/alignment
    """
    log_transitions = as_array(log_transitions, name="log_transitions", dtype=float)
    if log_transitions.ndim != 2 or log_transitions.shape[0] != log_transitions.shape[1]:
        raise AudioError(f"log_transitions has shape {log_transitions.shape}: give (S, S)")
    most = max(1, int(np.isfinite(log_transitions).sum(axis=0).max()))
    sources = np.argsort(np.isneginf(log_transitions), axis=0, kind="stable")[:most].T
    return sources, log_transitions[sources, np.arange(len(sources))[:, None]]


def forward(log_emissions, *, log_start: ArrayLike, log_transitions: ArrayLike) -> np.ndarray:
    """Log-probability of all frames up to each, and of being in each state there.

    Parameters
    ----------
    log_emissions : array
        Shape (..., S, N).
    log_start, log_transitions : array
        Shape (S,) and (S, S), rows the state before.

    Returns
    -------
    numpy.ndarray
        Shape (..., S, N): the letter alpha of the literature, in log space.

    Raises
    ------
    AudioError
        If shapes do not fit, or something is NaN.

    Examples
    --------
    >>> even = np.log([[0.5, 0.5], [0.5, 0.5]])
    >>> alpha = forward(np.zeros((2, 3)), log_start=even[0], log_transitions=even)
    >>> alpha.round(3)
    array([[-0.693, -0.693, -0.693],
           [-0.693, -0.693, -0.693]])

    References
    ----------
    L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech
    recognition", Proceedings of the IEEE 77(2), 1989, section III.

    Chapter: speech/alignment
    """
    log_emissions, log_start = _check(log_emissions, log_start, log_transitions)
    sources, log_weights = arcs_into(log_transitions)
    said = np.moveaxis(log_emissions, -1, 0)  # (N, ..., S)
    alpha = np.empty(said.shape)
    alpha[0] = log_start + said[0]
    for n in range(1, len(said)):
        arriving = alpha[n - 1][..., sources] + log_weights  # (..., S, P)
        alpha[n] = np.logaddexp.reduce(arriving, axis=-1) + said[n]
    return np.moveaxis(alpha, 0, -1)


def backward(
    log_emissions,
    *,
    log_transitions: ArrayLike,
    log_end: ArrayLike | None = None,
    lengths: ArrayLike | None = None,
) -> np.ndarray:
    """Log-probability of all frames after each, given the state there.

    Parameters
    ----------
    log_emissions : array
        Shape (..., S, N).
    log_transitions : array
        Shape (S, S), rows the state before.
    log_end : array, optional
        Shape (S,).
    lengths : array, optional
        Frames of each sequence, shape (...), where shorter ones are padded. Values beyond are -inf.

    Returns
    -------
    numpy.ndarray
        Shape (..., S, N): the letter beta of the literature, in log space.

    Raises
    ------
    AudioError
        If shapes do not fit, or something is NaN.

    Examples
    --------
    >>> even = np.log([[0.5, 0.5], [0.5, 0.5]])
    >>> bool(np.allclose(backward(np.zeros((2, 3)), log_transitions=even), 0))
    True

    References
    ----------
    L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech
    recognition", Proceedings of the IEEE 77(2), 1989, section III.

    Chapter: speech/alignment
    """
    n_states, n_frames = np.shape(log_emissions)[-2:]
    end = np.zeros(n_states) if log_end is None else log_end
    log_emissions, end = _check(log_emissions, end, log_transitions)
    last = _lengths(lengths, log_emissions) - 1
    targets, log_weights = arcs_into(np.transpose(log_transitions))
    said = np.moveaxis(log_emissions, -1, 0)  # (N, ..., S)
    beta = np.full(said.shape, -np.inf)
    for n in range(n_frames - 1, -1, -1):
        if n + 1 < n_frames:
            leaving = (beta[n + 1] + said[n + 1])[..., targets] + log_weights  # (..., S, P)
            beta[n] = np.logaddexp.reduce(leaving, axis=-1)
        beta[n] = np.where((last == n)[..., None], end, beta[n])
    return np.moveaxis(beta, 0, -1)


def log_likelihood(
    alpha, *, log_end: ArrayLike | None = None, lengths: ArrayLike | None = None
) -> np.ndarray:
    """Log-probability of whole sequences, summed over all ways through the states.

    Parameters
    ----------
    alpha : array
        Shape (..., S, N), from `forward`.
    log_end : array, optional
        Shape (S,).
    lengths : array, optional
        Frames of each sequence, shape (...).

    Returns
    -------
    numpy.ndarray
        Shape (...).

    Raises
    ------
    AudioError
        If a length is below 1 or above N.

    Examples
    --------
    >>> even = np.log([[0.5, 0.5], [0.5, 0.5]])
    >>> alpha = forward(np.log(np.full((2, 3), 0.1)), log_start=even[0], log_transitions=even)
    >>> float(np.exp(log_likelihood(alpha)).round(6))  # each frame is as likely in both states
    0.001

    Chapter: speech/alignment
    """
    alpha = as_array(alpha, name="alpha", dtype=float)
    last = _lengths(lengths, alpha) - 1
    end = 0.0 if log_end is None else as_array(log_end, name="log_end", dtype=float)
    at_end = np.take_along_axis(alpha, last[..., None, None], axis=-1)[..., 0]
    return np.logaddexp.reduce(at_end + end, axis=-1)


def viterbi(
    log_emissions,
    *,
    log_start: ArrayLike,
    log_transitions: ArrayLike,
    log_end: ArrayLike | None = None,
) -> tuple[float, np.ndarray]:
    """The likeliest way through the states, and its log-probability: `forward` with max for sum.

    Parameters
    ----------
    log_emissions : array
        Shape (S, N).
    log_start, log_transitions : array
        Shape (S,) and (S, S), rows the state before.
    log_end : array, optional
        Shape (S,).

    Returns
    -------
    log_probability : float
        Of the frames and that way together.
    states : numpy.ndarray
        Shape (N,), int.

    Raises
    ------
    AudioError
        If shapes do not fit, something is NaN, or no way leads to an end.

    Examples
    --------
    >>> emissions = np.log([[0.9, 0.9, 0.1], [0.1, 0.1, 0.9]])
    >>> change = np.log([[0.8, 0.2], [0.2, 0.8]])
    >>> best, states = viterbi(emissions, log_start=np.log([0.5, 0.5]), log_transitions=change)
    >>> states
    array([0, 0, 1])

    References
    ----------
    A. J. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
    algorithm", IEEE Transactions on Information Theory 13(2), 1967.

    Chapter: speech/alignment
    """
    log_emissions, log_start = _check(log_emissions, log_start, log_transitions)
    if log_emissions.ndim != 2:
        raise AudioError(f"log_emissions has shape {log_emissions.shape}: give one (S, N)")
    sources, log_weights = arcs_into(log_transitions)
    n_states, n_frames = log_emissions.shape
    came_from = np.empty((n_frames, n_states), dtype=int)
    each = np.arange(n_states)
    best = log_start + log_emissions[:, 0]
    for n in range(1, n_frames):
        arriving = best[sources] + log_weights  # (S, P)
        choice = arriving.argmax(axis=1)
        came_from[n] = sources[each, choice]
        best = arriving[each, choice] + log_emissions[:, n]
    if log_end is not None:
        best = best + as_array(log_end, name="log_end", dtype=float)
    state = int(best.argmax())
    if np.isneginf(best[state]):
        raise AudioError(f"no way leads through {n_frames} frames to an end: give more frames")
    states = np.empty(n_frames, dtype=int)
    states[-1] = state
    for n in range(n_frames - 1, 0, -1):
        states[n - 1] = came_from[n, states[n]]
    return float(best[state]), states


def _check(log_emissions, log_states, log_transitions):
    log_emissions = as_array(log_emissions, name="log_emissions", dtype=float)
    log_states = as_array(log_states, name="log_start", dtype=float)
    n_states = np.shape(log_transitions)[-1]
    if log_emissions.ndim < 2 or not log_emissions.size or log_emissions.shape[-2] != n_states:
        raise AudioError(
            f"log_emissions has shape {log_emissions.shape} and log_transitions {n_states} states: "
            "give (..., S, N), time last"
        )
    if log_states.shape != (n_states,):
        raise AudioError(f"there are {n_states} states, and chances for {log_states.shape} of them")
    if np.isnan(log_emissions).any():
        raise AudioError("log_emissions holds NaN: find where it arises; -inf says never")
    return log_emissions, log_states


def _lengths(lengths, values):
    """Return the frames of each sequence of (..., S, N), all N unless given."""
    *batch, _, n_frames = values.shape
    if lengths is None:
        return np.full(batch, n_frames)
    lengths = as_array(lengths, name="lengths", dtype=int)
    if lengths.shape != tuple(batch) or lengths.min() < 1 or lengths.max() > n_frames:
        raise AudioError(f"lengths is {lengths}: give one of 1 to {n_frames} for each sequence")
    return lengths
