"""Error rates of recognisers: what must be changed to turn what was heard into what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from audiolessons.errors import AudioError, as_array, check_choice
from audiolessons.metrics.confidence import bootstrap_interval


class EditOperation(NamedTuple):
    """One step from a reference to a hypothesis; what is not there is None.

    `kind` is "same", "substitution", "deletion" or "insertion".

    Chapter: speech/recognition
    """

    kind: str
    reference: object
    hypothesis: object


def edit_operations(reference: Sequence, hypothesis: Sequence) -> list[EditOperation]:
    """Return the fewest edits that turn a reference into a hypothesis, in order.

    Parameters
    ----------
    reference : sequence
        What was said: a list of words, or a string for its characters.
    hypothesis : sequence
        What was recognised.

    Returns
    -------
    list of EditOperation
        The kind of each step and the two items. Where several ways are equally short, that one
        which pairs items from the end backwards.

    Raises
    ------
    AudioError
        If one is a string and the other is not.

    Examples
    --------
    >>> edits = edit_operations("one two three".split(), "one tree four".split())
    >>> [(edit.kind, edit.reference, edit.hypothesis) for edit in edits[:2]]
    [('same', 'one', 'one'), ('substitution', 'two', 'tree')]
    >>> [edit.kind for edit in edit_operations("cat", "at")]
    ['deletion', 'same', 'same']

    References
    ----------
    R. A. Wagner and M. J. Fischer, "The string-to-string correction problem", Journal of the ACM
    21(1), 1974.

    Chapter: speech/recognition
    """
    table = _distances(reference, hypothesis)
    edits = []
    row, column = len(reference), len(hypothesis)
    while row or column:
        said = reference[row - 1] if row else None
        heard = hypothesis[column - 1] if column else None
        here = table[row, column]
        if row and column and here == table[row - 1, column - 1] + (said != heard):
            edits.append(EditOperation("same" if said == heard else "substitution", said, heard))
            row, column = row - 1, column - 1
        elif row and here == table[row - 1, column] + 1:
            edits.append(EditOperation("deletion", said, None))
            row -= 1
        else:
            edits.append(EditOperation("insertion", None, heard))
            column -= 1
    return edits[::-1]


def edit_distance(reference: Sequence, hypothesis: Sequence) -> int:
    """Return how many substitutions, deletions and insertions a reference needs at least.

    Parameters
    ----------
    reference, hypothesis : sequence
        Lists of words, or two strings for their characters.

    Raises
    ------
    AudioError
        If one is a string and the other is not.

    Examples
    --------
    >>> edit_distance("kitten", "sitting")
    3
    >>> edit_distance("one two".split(), "one two two".split())
    1

    References
    ----------
    V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals",
    Soviet Physics Doklady 10(8), 1966.

    Chapter: speech/recognition
    """
    return int(_distances(reference, hypothesis)[-1, -1])


def error_counts(
    references: Sequence[str], hypotheses: Sequence[str], *, unit: str = "words"
) -> np.ndarray:
    """Return the errors and the length of each reference.

    Parameters
    ----------
    references, hypotheses : list of str
        What was said and what was recognised, sentence by sentence, with the same spelling: case
        and punctuation count.
    unit : {"words", "characters"}
        What is counted. Words are parted by white space; of characters, one space between words
        is one.

    Returns
    -------
    array
        Whole numbers, shape (N, 2): edits, and words or characters of the reference.

    Raises
    ------
    AudioError
        If the two are single strings, of different numbers, or hold no sentence.

    Examples
    --------
    >>> error_counts(["one two", "six"], ["one", "six six six"]).tolist()
    [[1, 2], [2, 1]]

    Chapter: speech/recognition
    """
    check_choice(unit, name="unit", choices=("words", "characters"))
    for name, texts in (("references", references), ("hypotheses", hypotheses)):
        if isinstance(texts, str):
            raise AudioError(f"{name} is one string: give a list of sentences")
    if len(references) != len(hypotheses) or len(references) == 0:
        raise AudioError(
            f"there are {len(references)} references and {len(hypotheses)} hypotheses: give one "
            "hypothesis for each reference, an empty string where nothing was recognised"
        )
    counts = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        said, heard = reference.split(), hypothesis.split()
        if unit == "words":
            counts.append((edit_distance(said, heard), len(said)))
        else:
            counts.append((edit_distance(" ".join(said), " ".join(heard)), len(" ".join(said))))
    return np.array(counts)


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the errors of all sentences over the words of all sentences.

    It is no mean of the sentences' rates, in which a word of a short sentence would weigh more;
    and no share: with many insertions it exceeds 1.

    Parameters
    ----------
    references, hypotheses : list of str
        As for `error_counts`.

    Raises
    ------
    AudioError
        As `error_counts`, or if the references hold no word.

    Examples
    --------
    >>> word_error_rate(["one two three four", "six"], ["one two three four", "five"])
    0.2

    References
    ----------
    D. Jurafsky and J. H. Martin, Speech and Language Processing, 3rd edition draft, section
    "ASR evaluation: word error rate".

    Chapter: speech/recognition
    """
    return _rate(error_counts(references, hypotheses))


def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the wrong characters of all sentences over the characters of all references.

    Parameters
    ----------
    references, hypotheses : list of str
        As for `error_counts`; the space between two words is a character.

    Raises
    ------
    AudioError
        As `word_error_rate`.

    Examples
    --------
    >>> character_error_rate(["seven"], ["eleven"])
    0.4

    Chapter: speech/recognition
    """
    return _rate(error_counts(references, hypotheses, unit="characters"))


def error_rate_interval(
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    groups: ArrayLike,
    other: Sequence[str] | None = None,
    unit: str = "words",
    n_draws: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return between which values an error rate lies when other speakers are drawn.

    Parameters
    ----------
    references, hypotheses : list of str
        As for `error_counts`.
    groups : array
        Shape (N,), who speaks each sentence: whole speakers are drawn.
    other : list of str, optional
        What another recogniser made of the same sentences. Then the interval is that of the
        difference, the rate of `hypotheses` less that of `other`, over the same draws.
    unit : {"words", "characters"}
        What is counted.
    n_draws, confidence, seed
        As for `bootstrap_interval`.

    Raises
    ------
    AudioError
        As `word_error_rate` and `bootstrap_interval`.

    Examples
    --------
    >>> said = ["one two", "two three", "three four", "four five"]
    >>> low, high = error_rate_interval(
    ...     said, ["one two", "two", "three four", "five"], groups=["ann", "ann", "ben", "ben"]
    ... )
    >>> low, high
    (0.25, 0.25)

    References
    ----------
    M. Bisani and H. Ney, "Bootstrap estimates for confidence intervals in ASR performance
    evaluation", ICASSP 2004.

    Chapter: speech/recognition
    """
    counts = error_counts(references, hypotheses, unit=unit)
    if other is not None:
        theirs = error_counts(references, other, unit=unit)
        counts = np.column_stack([counts[:, 0] - theirs[:, 0], counts[:, 1]])
    _rate(counts)  # without words there is no rate, whoever is drawn
    groups = as_array(groups, name="groups")
    return bootstrap_interval(
        counts,
        statistic=_rate,
        groups=groups,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
    )


def _distances(reference, hypothesis) -> np.ndarray:
    """Return the distance of each beginning of one from each beginning of the other."""
    if isinstance(reference, str) != isinstance(hypothesis, str):
        raise AudioError(
            "one of reference and hypothesis is a string and one is not: split both into words, "
            "or give both as strings to compare their characters"
        )
    number = {item: i for i, item in enumerate(dict.fromkeys([*reference, *hypothesis]))}
    heard = np.array([number[item] for item in hypothesis], int)
    steps = np.arange(len(heard) + 1)
    table = np.empty((len(reference) + 1, len(heard) + 1), int)
    table[0] = steps
    for row, item in enumerate(reference):
        above = table[row]
        pair_or_delete = np.minimum(above[1:] + 1, above[:-1] + (heard != number[item]))
        best = np.append(above[0] + 1, pair_or_delete)
        # an insertion costs one from the left: the least of all columns so far, plus the way
        table[row + 1] = np.minimum.accumulate(best - steps) + steps
    return table


def _rate(counts) -> float:
    """Return errors over items, of rows (errors, items)."""
    errors, items = counts.sum(axis=0)
    if items == 0:
        raise AudioError("the references are empty: an error rate needs a word that was said")
    return float(errors / items)
