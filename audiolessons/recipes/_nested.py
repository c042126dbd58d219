"""Choosing a setting for each test part by all that is not in it: leave two out, then one.

A network that has heard neither of two parts says how its setting does on one when the other is
the test, and the other way round. So each test part has its own judges, and no say in its setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from audiolessons import results
from audiolessons.results import Row, slug


@dataclass(frozen=True)
class Setting:
    """What may be chosen: the network's filters, how it trains, and what is varied meanwhile."""

    channels: Sequence[int] = (16, 32, 64, 64)
    epochs: int = 40
    batch_size: int = 32
    is_mixed: bool = False
    is_warped: bool = False
    is_coloured: bool = False
    is_centred: bool = False


def measurements(settings, judge: Callable, test: Callable, *, quick: bool) -> dict:
    """Return the measurements of a bench: what each setting is worth, what the chosen ones score.

    `judge(setting, quick)` yields `inner_rows`, `test(quick)` the `outer_rows`. With `quick` the
    first setting alone is judged.
    """
    names = list(settings)[: 1 if quick else None]
    return {
        **{_inner(name): partial(judge, name, quick) for name in names},
        "cnn": partial(test, quick),
    }


def inner_rows(answers: Callable, *, right: Callable, pairs: Iterable[tuple], of: str, source: str):
    """Yield what a setting is worth to each part, as judged by others, and on average.

    `answers(one, other)` trains on neither of two parts, and returns what it makes of each;
    `right(part, answer)` is the share that is right. `of` says what a part is, such as "fold".
    """
    judged: dict = {}
    for one, other in pairs:
        on_one, on_other = answers(one, other)
        judged.setdefault(one, []).append(right(other, on_other))
        judged.setdefault(other, []).append(right(one, on_one))
    means = {part: 100 * float(np.mean(judged[part])) for part in sorted(judged)}
    counts = " or ".join(sorted({str(len(shares)) for shares in judged.values()}))
    how = f"{source}, validation within the training {of}s, seed 0"
    yield Row.several("accuracy", list(means.values()), "%", how=how)
    for part, mean in means.items():
        how = f"{source}, {of} {part} unheard, mean of {counts} other {of}s, each unheard, seed 0"
        yield Row(row_name(part), mean, "%", how=how)


def outer_rows(
    answers: Callable, *, right: Callable, parts, seeds, of: str, source: str, goal: str
):
    """Yield what the chosen settings score on each part, which had no say in its own.

    `answers(part, seed)` trains on all parts but one and returns chances (B, K) for it.
    """
    seeds_said = "seed" + "s" * (len(seeds) > 1) + " " + ", ".join(map(str, seeds))
    given = {part: [answers(part, seed) for seed in seeds] for part in parts}
    shares = 100 * np.array([[right(part, one) for one in given[part]] for part in parts])
    voted = [100 * right(part, sum(given[part])) for part in parts]
    how = f"{source}, each of {len(parts)} {of}s held out, {seeds_said}"
    yield Row.several("accuracy", shares.mean(axis=1).tolist(), "%", goal=goal, how=how)
    yield Row.several("seeds", shares.mean(axis=0).tolist(), "%", how=f"{how}, by seed")
    yield Row.several("voted", voted, "%", how=f"{how}, the answers averaged")
    for part, of_part in zip(parts, shares, strict=True):
        how = f"{source}, held out, {seeds_said}"
        yield Row.several(row_name(part), of_part.tolist(), "%", how=how)


def choose(bench: str, settings: Sequence[str], part, *, folder=None) -> str:
    """Return the setting that did best for a part in the store; the first, if none was judged."""
    stored = results.rows(bench, folder=folder)
    names = {setting: f"{_inner(setting)}.{row_name(part)}" for setting in settings}
    worth = {one: stored[name]["value"] for one, name in names.items() if name in stored}
    return max(worth, key=worth.get) if worth else settings[0]


def _inner(setting):
    return f"inner_{setting}"


def row_name(part) -> str:
    """Return the name of a part's row: a fold by its number, a voice by its name."""
    return f"fold_{part}" if isinstance(part, int) else slug(part)
