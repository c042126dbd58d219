"""Connectionist temporal classification: texts from frames that nobody aligned.

A network says at each of N frames how likely each of K tokens is. Token 0 is the blank, which says
nothing. A path names one token a frame; the text of a path is what is left when repeats are merged
and then blanks are dropped (`collapse`). `log_probs` (N, K) holds natural logarithms, each frame's
chances adding up to 1.

All paths of one text are the ways through a chain of states: a blank, the first token, a blank, the
second, ... a blank. Sum, posterior and best way are those of a hidden Markov model whose steps cost
nothing (`matching.markov`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError, as_array
from audiolessons.matching.markov import backward, forward, log_likelihood, viterbi

BLANK = 0


def collapse(path: Sequence[int]) -> list[int]:
    """Return the text of a path: repeats merged, then blanks dropped.

    Parameters
    ----------
    path : sequence of int
        A token for each frame.

    Examples
    --------
    >>> collapse([0, 3, 3, 0, 0, 5, 5]), collapse([3, 0, 3])
    ([3, 5], [3, 3])

    Chapter: speech/recognition
    """
    before = [BLANK, *path[:-1]]
    return [int(here) for here, last in zip(path, before, strict=True) if here not in (last, BLANK)]


def ctc_chain(tokens: Sequence[int]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the states through which every path of a text goes, and where they lead.

    Parameters
    ----------
    tokens : sequence of int
        The text, L tokens from 1 on.

    Returns
    -------
    states : numpy.ndarray
        Shape (2 L + 1,), int: the token of each state, with blanks around and between.
    steps : dict
        `log_start`, `log_transitions` and `log_end` as `forward` and `viterbi` take them: 0 where a
        step may be taken, -inf where not. A path stays, goes on by one, or leaves out a blank
        between two tokens that differ.

    Raises
    ------
    AudioError
        If a token is the blank or below it.

    Examples
    --------
    >>> states, steps = ctc_chain([7, 7])
    >>> states.tolist()
    [0, 7, 0, 7, 0]
    >>> np.isfinite(steps["log_transitions"]).astype(int)
    array([[1, 1, 0, 0, 0],
           [0, 1, 1, 0, 0],
           [0, 0, 1, 1, 0],
           [0, 0, 0, 1, 1],
           [0, 0, 0, 0, 1]])

    References
    ----------
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    Chapter: speech/recognition
    """
    text = as_array(tokens, name="tokens", dtype=int).reshape(-1)
    if (text <= BLANK).any():
        raise AudioError(f"tokens holds {text.min()}: a text has tokens from 1 on, 0 is the blank")
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = text
    here = np.arange(len(states))
    ahead = here - here[:, None]  # of the state after (column) before the state (row)
    leaves_out_blank = (ahead == 2) & (states != BLANK) & (states != states[:, None])
    may_go = (ahead == 0) | (ahead == 1) | leaves_out_blank
    may_start, may_end = here < 2, here >= len(states) - 2
    with np.errstate(divide="ignore"):
        steps = {
            "log_start": np.log(may_start),
            "log_transitions": np.log(may_go),
            "log_end": np.log(may_end),
        }
    return states, steps


def ctc_loss(log_probs, tokens: Sequence[int]) -> float:
    """Return how unlikely a text is under all its paths, in nats.

    Parameters
    ----------
    log_probs : array
        Shape (N, K), a network's log-probabilities.
    tokens : sequence of int
        The text, from 1 to K - 1.

    Returns
    -------
    float
        -log p(text); inf if it does not fit into N frames.

    Raises
    ------
    AudioError
        If the rows of `log_probs` do not add up to 1 (logits do not), or a token is none of K.

    Examples
    --------
    >>> even = np.log(np.full((2, 3), 1 / 3))
    >>> loss = ctc_loss(even, [1])  # 3 of the 9 paths say token 1: "1-", "-1" and "11"
    >>> round(float(np.exp(-loss)), 3)
    0.333

    References
    ----------
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    Chapter: speech/recognition
    """
    _, steps, log_emissions = _emissions(log_probs, tokens)
    log_end = steps.pop("log_end")
    alpha = forward(log_emissions, **steps)
    return -float(log_likelihood(alpha, log_end=log_end))


def ctc_gradient(log_probs, tokens: Sequence[int]) -> np.ndarray:
    """Return how the loss changes with the logits: what the network says less what it should.

    Parameters
    ----------
    log_probs, tokens
        As for `ctc_loss`.

    Returns
    -------
    numpy.ndarray
        Shape (N, K): chances, less the share of each token in each frame among all paths of the
        text, weighted by their chances.

    Raises
    ------
    AudioError
        As `ctc_loss`, or if the text does not fit into the frames.

    Examples
    --------
    >>> even = np.log(np.full((2, 3), 1 / 3))
    >>> ctc_gradient(even, [1]).round(3)  # two of three paths say it in the first frame
    array([[ 0.   , -0.333,  0.333],
           [ 0.   , -0.333,  0.333]])

    References
    ----------
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006, equation 16.

    Chapter: speech/recognition
    """
    states, steps, log_emissions = _emissions(log_probs, tokens)
    log_end, log_start = steps.pop("log_end"), steps.pop("log_start")
    alpha = forward(log_emissions, log_start=log_start, **steps)
    beta = backward(log_emissions, log_end=log_end, **steps)
    log_text = log_likelihood(alpha, log_end=log_end)
    if np.isneginf(log_text):
        raise AudioError(_too_short(log_emissions, states))
    share = np.exp(alpha + beta - log_text)  # (2 L + 1, N): of paths that are in a state
    gradient = np.exp(as_array(log_probs, name="log_probs", dtype=float))
    np.subtract.at(gradient.T, states, share)  # a token may stand in several states
    return gradient


def ctc_align(log_probs, tokens: Sequence[int]) -> np.ndarray:
    """Return in which frames each token of a text is said, on its likeliest path.

    Parameters
    ----------
    log_probs, tokens
        As for `ctc_loss`.

    Returns
    -------
    numpy.ndarray
        Shape (L, 2), int: first frame of each token, and the one after its last. A network that was
        trained with CTC says a token briefly, somewhere within it: starts are surer than ends.

    Raises
    ------
    AudioError
        As `ctc_gradient`.

    Examples
    --------
    >>> chances = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
    >>> ctc_align(np.log(chances), [1, 2]).tolist()
    [[1, 3], [3, 4]]

    Chapter: speech/recognition
    """
    states, steps, log_emissions = _emissions(log_probs, tokens)
    if _frames_needed(states) > log_emissions.shape[1]:
        raise AudioError(_too_short(log_emissions, states))
    _, path = viterbi(log_emissions, **steps)
    token_states = np.arange(1, len(states), 2)
    first = np.searchsorted(path, token_states, side="left")  # a path never goes back
    return np.stack([first, np.searchsorted(path, token_states, side="right")], axis=1)


def best_path(log_probs) -> list[int]:
    """Return the text of the likeliest path: the likeliest token of each frame, collapsed.

    It need not be the likeliest text, whose chance is shared by many paths (`beam_search`).

    Parameters
    ----------
    log_probs : array
        Shape (N, K). Logits give the same.

    Raises
    ------
    AudioError
        If the shape is another, or something is NaN.

    Examples
    --------
    >>> best_path(np.log([[0.6, 0.4], [0.6, 0.4]]))  # though [1] has a chance of 0.64
    []

    Chapter: speech/recognition
    """
    return collapse(_table(log_probs).argmax(axis=1).tolist())


def check_log_probs(log_probs) -> np.ndarray:
    """Return log-probabilities (N, K) as double, or say what is wrong with them.

    Raises
    ------
    AudioError
        If the shape is another, something is NaN, or a row does not add up to 1.

    Examples
    --------
    >>> check_log_probs([[0.0, 1.0]])
    Traceback (most recent call last):
    ...
    audiolessons.errors.AudioError: the chances of frame 0 add up to 3.718 and not to 1: ...

    Chapter: speech/recognition
    """
    log_probs = _table(log_probs)
    sums = np.exp(np.logaddexp.reduce(log_probs, axis=1))
    if len(sums) and np.abs(sums - 1).max() > 1e-3:
        frame = int(np.abs(sums - 1).argmax())
        raise AudioError(
            f"the chances of frame {frame} add up to {sums[frame]:.3f} and not to 1: give "
            "log-probabilities, logits.log_softmax(-1), and neither logits nor chances"
        )
    return log_probs


def _table(log_probs) -> np.ndarray:
    log_probs = as_array(log_probs, name="log_probs", dtype=float)
    if log_probs.ndim != 2 or log_probs.shape[1] < 2:
        raise AudioError(f"log_probs has shape {log_probs.shape}: give (N, K), one row a frame")
    if np.isnan(log_probs).any():
        raise AudioError("log_probs holds NaN: find where it arises")
    return log_probs


def _emissions(log_probs, tokens):
    """Return states and steps of the text, and how well each state explains each frame."""
    log_probs = check_log_probs(log_probs)
    states, steps = ctc_chain(tokens)
    if states.max() >= log_probs.shape[1]:
        raise AudioError(
            f"tokens holds {states.max()}, the network knows 0 to {log_probs.shape[1] - 1}"
        )
    return states, steps, log_probs[:, states].T


def _frames_needed(states) -> int:
    tokens = states[1::2]
    return len(tokens) + int(np.sum(tokens[1:] == tokens[:-1]))


def _too_short(log_emissions, states) -> str:
    return (
        f"the text cannot be said: its {len(states) // 2} tokens need {_frames_needed(states)} "
        f"frames (alike neighbours need a blank between) and there are {log_emissions.shape[1]}, "
        "or each path has a frame of chance 0"
    )
