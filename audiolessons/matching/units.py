"""Words or phones as chains of states, and networks in which they may follow one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError
from audiolessons.matching.mixtures import Mixtures


@dataclass(frozen=True, eq=False)
class Units:
    """Words or phones, each a chain of states that are passed from left to right.

    A state is kept for another frame or left for the next one; none is skipped.

    Attributes
    ----------
    sizes : dict
        States of each unit, by its name, in their order.
    mixtures : Mixtures
        Of all S states.
    stay : numpy.ndarray
        Shape (S,): how likely each is kept, 0 to 1.

    Chapter: speech/alignment
    """

    sizes: Mapping[str, int]
    mixtures: Mixtures
    stay: np.ndarray

    def states(self, name: str) -> np.ndarray:
        """Return the numbers of a unit's states."""
        return states_of(self.sizes, name)


def states_of(sizes: Mapping[str, int], name: str) -> np.ndarray:
    if name not in sizes:
        raise AudioError(f"there is no unit {name!r}: there are {', '.join(map(str, sizes))}")
    names = list(sizes)
    first = sum(sizes[one] for one in names[: names.index(name)])
    return np.arange(first, first + sizes[name])


@dataclass(frozen=True, eq=False)
class Network:
    """Places for units, and which may follow which: what can be said.

    Attributes
    ----------
    names : tuple of str
        The unit at each of U places; one may stand at many.
    words : numpy.ndarray
        Shape (U,): which word a place is part of, by its number; -1 for silence between words.
    states, places : numpy.ndarray
        Shape (J,): a place is as many nodes as its unit has states. Which state, and which place.
    log_follow : numpy.ndarray
        Shape (U + 2, U + 2): the grammar. How likely a place (row) is followed by another; row 0 is
        the beginning, row i + 1 place i, and the last column the end.

    Chapter: speech/alignment
    """

    names: tuple
    words: np.ndarray
    states: np.ndarray
    places: np.ndarray
    log_follow: np.ndarray

    def chances(self, stay) -> dict:
        """Return log_start, log_transitions and log_end of the J nodes, as the recursions ask."""
        is_first = np.diff(self.places, prepend=-1) > 0
        is_last = np.diff(self.places, append=len(self.names)) > 0
        with np.errstate(divide="ignore"):
            log_stay, log_leave = np.log(stay[self.states]), np.log1p(-stay[self.states])
        n_nodes = len(self.places)
        log_transitions = np.full((n_nodes, n_nodes), -np.inf)
        within = np.flatnonzero(~is_last)
        log_transitions[within, within + 1] = log_leave[within]
        log_transitions[np.ix_(is_last, is_first)] = (
            log_leave[is_last, None] + self.log_follow[1:-1, 1:-1]
        )
        each = np.arange(n_nodes)
        log_transitions[each, each] = np.logaddexp(log_transitions[each, each], log_stay)
        log_start, log_end = np.full((2, n_nodes), -np.inf)
        log_start[is_first] = self.log_follow[0, 1:-1]
        log_end[is_last] = log_leave[is_last] + self.log_follow[1:-1, -1]
        return {"log_start": log_start, "log_transitions": log_transitions, "log_end": log_end}


def chain(
    sizes: Mapping[str, int],
    text: Sequence[str],
    *,
    lexicon: Mapping[str, Sequence[str]],
    between: str | None = None,
) -> Network:
    """One word after another: a text that is known.

    Parameters
    ----------
    sizes : dict
        States of each unit, as `Units.sizes`.
    text : list of str
        Words.
    lexicon : dict
        The units of each word.
    between : str, optional
        A unit that may or may not stand before, between and after the words: silence.

    Returns
    -------
    Network

    Raises
    ------
    AudioError
        If the text is empty, or lexicon or units do not know a word.

    Examples
    --------
    >>> sizes, lexicon = {"N": 3, "OW": 3, "silence": 1}, {"no": ["N", "OW"]}
    >>> said = chain(sizes, ["no"], lexicon=lexicon, between="silence")
    >>> said.names, said.words.tolist()
    (('silence', 'N', 'OW', 'silence'), [-1, 0, 0, -1])

    Chapter: speech/alignment
    """
    if not len(text):
        raise AudioError("text holds no word: give one at least")
    names: list = []
    words: list = []
    for number, word in enumerate(text):
        units = _spelled(lexicon, word)
        if between is not None:
            names, words = [*names, between], [*words, -1]
        names, words = [*names, *units], [*words, *[number] * len(units)]
    if between is not None:
        names, words = [*names, between], [*words, -1]
    follow = np.eye(len(names) + 2, k=1)
    for place in np.flatnonzero(np.array(words) == -1) + 1:
        follow[place - 1, place : place + 2] = 0.5  # silence, or what comes after it
    return _network(sizes, names, words, follow)


def loop(
    sizes: Mapping[str, int],
    lexicon: Mapping[str, Sequence[str]],
    *,
    follow: ArrayLike | None = None,
    between: str | None = None,
) -> Network:
    """Any word after any other, as many as there are: connected words by a grammar.

    Parameters
    ----------
    sizes : dict
        States of each unit, as `Units.sizes`.
    lexicon : dict
        The units of each of W words.
    follow : array, optional
        Shape (W + 1, W + 1): how likely a word is followed by another. Row 0 is the beginning, row
        i + 1 word i, and the last column the end. All are equally likely unless given.
    between : str, optional
        A unit that may or may not stand before, between and after the words: silence.

    Returns
    -------
    Network

    Raises
    ------
    AudioError
        If the units do not know a word's, or `follow` has another shape.

    Examples
    --------
    >>> answers = loop({"yes": 2, "no": 1}, {"yes": ["yes"], "no": ["no"]})
    >>> np.exp(answers.log_follow).round(2)
    array([[0.  , 0.5 , 0.5 , 0.  ],
           [0.  , 0.33, 0.33, 0.33],
           [0.  , 0.33, 0.33, 0.33],
           [0.  , 0.  , 0.  , 0.  ]])

    Chapter: speech/alignment
    """
    n = len(lexicon)
    chances = _any_word(n) if follow is None else np.asarray(follow)
    if not n or chances.shape != (n + 1, n + 1):
        raise AudioError(
            f"follow has shape {chances.shape}, and there are {n} words: give (W + 1, W + 1)"
        )
    spelled = [_spelled(lexicon, word) for word in lexicon]
    names = [unit for units in spelled for unit in units]
    words = [number for number, units in enumerate(spelled) for _ in units]
    ends = np.cumsum([len(units) for units in spelled])
    begins = np.append(ends - [len(units) for units in spelled] + 1, -1)  # rows; -1 is the end
    silences = [between] * (n + 1) if between is not None else []
    table = np.eye(len(names) + len(silences) + 2, k=1)
    for number, end in enumerate([0, *ends]):  # a silence of its own after each remembers the word
        table[end] = 0
        table[end, begins] = chances[number]
        if silences:
            silence = len(names) + 1 + number
            table[silence] = table[end]
            table[end] /= 2
            table[end, silence] = 0.5
    table[-1] = 0
    return _network(sizes, names + silences, words + [-1] * len(silences), table)


def spans(network: Network, nodes) -> list:
    """Return which place was passed when: where a way through the nodes begins and ends each.

    Parameters
    ----------
    network : Network
        As the way was found in.
    nodes : array
        Shape (N,): a node for each frame, from `viterbi`.

    Returns
    -------
    list of (place, first, end)
        Frames `first` to `end - 1`.

    Examples
    --------
    >>> answers = loop({"yes": 2, "no": 1}, {"yes": ["yes"], "no": ["no"]})
    >>> spans(answers, [0, 0, 1, 0, 1, 2, 2])
    [(0, 0, 3), (0, 3, 5), (1, 5, 7)]

    Chapter: speech/alignment
    """
    nodes = np.asarray(nodes)
    places = network.places[nodes]
    is_new = (np.diff(places, prepend=-1) != 0) | (np.diff(nodes, prepend=0) < 0)
    begins = np.flatnonzero(is_new)
    return [
        (int(places[first]), int(first), int(end))
        for first, end in zip(begins, [*begins[1:], len(nodes)], strict=True)
    ]


def word_spans(network: Network, nodes) -> list:
    """Return which word was said when.

    Parameters
    ----------
    network, nodes
        As for `spans`.

    Returns
    -------
    list of (word, first, end)
        Numbers of words, and frames `first` to `end - 1`; silence is left out.

    Examples
    --------
    >>> sizes, lexicon = {"N": 1, "OW": 1, "silence": 1}, {"no": ["N", "OW"]}
    >>> said = chain(sizes, ["no", "no"], lexicon=lexicon, between="silence")
    >>> word_spans(said, [0, 1, 1, 2, 4, 5])
    [(0, 1, 4), (1, 4, 6)]

    Chapter: speech/alignment
    """
    found: list = []
    before = None
    for place, first, end in spans(network, nodes):
        word = int(network.words[place])
        goes_on = found and before == place - 1 and word == found[-1][0]
        if goes_on:
            found[-1] = (word, found[-1][1], end)
        elif word >= 0:
            found.append((word, first, end))
        before = place
    return found


def _any_word(n_words):
    """Return a grammar without preferences; one word at least is said."""
    follow = np.full((n_words + 1, n_words + 1), 1 / (n_words + 1))
    follow[0] = 1 / max(n_words, 1)
    follow[0, -1] = 0
    return follow


def _spelled(lexicon, word):
    if word not in lexicon or not len(lexicon[word]):
        raise AudioError(f"the lexicon does not know how {word!r} is spoken: add it")
    return list(lexicon[word])


def _network(sizes, names, words, follow):
    each = [states_of(sizes, name) for name in names]
    places = np.repeat(np.arange(len(names)), [len(one) for one in each])
    with np.errstate(divide="ignore"):
        return Network(tuple(names), np.array(words), np.concatenate(each), places, np.log(follow))
