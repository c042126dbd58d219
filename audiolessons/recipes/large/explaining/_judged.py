"""Is what an explanation names what the answer rests on? Deletion, insertion, agreement."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from audiolessons import models
from audiolessons.recipes.large.explaining._methods import (
    METHODS,
    N_COLUMNS,
    N_ROWS,
    explain,
    mean_fill,
    pieces_of,
    quiet_fill,
)
from audiolessons.recipes.large.explaining._runs import joined, over_speakers, said

FILLS = {"quiet": quiet_fill, "mean": mean_fill}
N_RANDOM = 2


def measured(run) -> dict:
    """Return the areas of each method and of random orders, a sound each; how methods agree."""
    fills = {name: make(run.digits) for name, make in FILLS.items()}
    sounds = run.judged()
    found = {"speaker": sounds.speakers}
    for place, (x, length, label) in enumerate(sounds.frames()):
        x, label = x[:, :length], int(label)
        scores = {name: explain(name, run.honest, x, label, fill=run.fill) for name in METHODS}
        orders = {name: [np.argsort(-one)] for name, one in scores.items()}
        random = np.random.default_rng([run.seed, place])
        orders["random"] = [random.permutation(N_ROWS * N_COLUMNS) for _ in range(N_RANDOM)]
        for fill, levels in fills.items():
            answers = models.PieceAnswers(
                run.honest, x, pieces_of(x), label, fill=levels, kind="chance"
            )
            for kind in ("deletion", "insertion"):
                for name, some in orders.items():
                    curves = [models.removal_curve(answers, one, kind=kind) for one in some]
                    found.setdefault(f"{fill}.{kind}.{name}", []).append(np.mean(curves))
        for first, second in combinations(METHODS, 2):
            value = spearmanr(scores[first], scores[second])[0]
            found.setdefault(f"agree.{first}.{second}", []).append(value)
    return found


def rows(runs, parts):
    """The mean chance along the curves, and what each method gains over random orders."""
    found = joined(parts)
    speakers = found.pop("speaker")
    how = said(runs, f"{len(speakers)} test sounds")
    for name, values in found.items():
        yield over_speakers(name, values, speakers, how=how)
        fill, kind, method = name.split(".")
        if kind in ("deletion", "insertion") and method != "random":
            sign = 1 if kind == "deletion" else -1
            gain = sign * (found[f"{fill}.{kind}.random"] - values)
            what = f"{how}, better than random orders of the same sounds by"
            yield over_speakers(f"{fill}.{kind}_gain.{method}", gain, speakers, how=what)
