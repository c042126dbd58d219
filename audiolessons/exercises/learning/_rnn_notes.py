"""Exercises of the chapter learning/rnn: a frame is written note after note."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _frame(
    *,
    possible=lambda row, last: row[:last],
    marks=lambda keys: [*(key + 1 for key in keys), 0],
    cost=lambda row, mark, others: np.log(np.exp(others).sum()) - row[mark],
    give=lambda costs: costs.sum(),
):
    """The nats of a frame, with its parts exchangeable."""

    def frame_nats(logits, keys):
        costs, last = [], logits.shape[1]
        for row, mark in zip(logits, marks(keys), strict=False):
            costs.append(cost(row, mark, possible(row, last)))
            last = mark
        return give(np.array(costs))

    return frame_nats


def _notes(random, n_keys, n_notes):
    """Draw a frame, its highest key first, and the logits of what comes before and after each."""
    keys = sorted(random.choice(n_keys, n_notes, replace=False).tolist(), reverse=True)
    return random.standard_normal((n_notes + 1, n_keys + 1)), keys


def _any_notes(random):
    n_keys = int(random.integers(1, 9))
    return _notes(random, n_keys, int(random.integers(0, n_keys + 1)))


@exercise(
    "rnn.notes",
    level="stretch",
    hints=(
        "The chances of what comes next are multiplied, so their surprises add up: one for each "
        "key, and one for the end mark.",
        "Before the first key everything is possible. After key k there are left the end mark and "
        "the keys 0 to k - 1, positions 0 to k of the row.",
        "A softmax over what is possible, `row[:n]`, costs "
        "`np.log(np.exp(row[:n]).sum()) - row[mark]`; `mark` is `key + 1`, or 0 at the end. Next, "
        "`n` is this mark.",
    ),
    probes=[
        probe(
            "88 keys and even chances: the last two keys, 1 and 0, cost log 89 + log 2",
            np.zeros((3, 89)),
            [1, 0],
        ),
        probe("four notes of 88 keys", *_notes(np.random.default_rng(0), 88, 4)),
        probe("silence: the end mark comes at once", *_notes(np.random.default_rng(1), 5, 0)),
        probe("all three keys of three", *_notes(np.random.default_rng(2), 3, 3)),
        probe("two notes of seven keys", *_notes(np.random.default_rng(3), 7, 2)),
    ],
    wrong=[
        (
            _frame(possible=lambda row, last: row),
            "keys above the last one share the chance: once a key is written, none but lower ones "
            "can follow",
        ),
        (
            _frame(possible=lambda row, last: row[: last + 1]),
            "the last key may come again here: after key k the keys 0 to k - 1 are possible",
        ),
        (
            _frame(marks=lambda keys: [key + 1 for key in keys]),
            "the end mark is not paid for: that no note follows must be predicted, too",
        ),
        (
            _frame(marks=lambda keys: [*keys, 0]),
            "key k stands at position k + 1 of a row: position 0 is the end mark",
        ),
        (
            _frame(give=lambda costs: -costs.sum()),
            "the sign: chances below 1 have negative logarithms, surprise is positive",
        ),
        (
            _frame(give=lambda costs: costs.sum() / np.log(2)),
            "these are bits: nats take the natural logarithm",
        ),
        (
            _frame(give=np.mean),
            "the mean over the marks: the surprises of one frame add up",
        ),
        (
            _frame(give=lambda costs: np.exp(-costs.sum())),
            "this is the chance of the frame: its surprise is minus the logarithm",
        ),
        (
            _frame(give=lambda costs: costs),
            "one number for each mark: add them up",
        ),
        (
            _frame(cost=lambda row, mark, others: -row[mark]),
            "logits were added up as if they were logarithms of chances: take a softmax first",
        ),
        (
            lambda logits, keys: _frame()(logits, keys[::-1]),
            "the keys were taken from the lowest up: they stand highest first",
        ),
        (
            lambda logits, keys: (
                np.log1p(np.exp(-logits[0, 1:])).sum()
                + sum(logits[0, key + 1] for key in set(range(logits.shape[1] - 1)) - set(keys))
            ),
            "these are coins, one a key: here each note is drawn from a softmax over all that "
            "can come next",
        ),
    ],
    valid=_any_notes,
)
def frame_nats(logits, keys):
    return _frame()(logits, keys)
