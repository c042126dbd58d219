"""How often a tree of few questions answers as the network does."""

from __future__ import annotations

import numpy as np

from audiolessons import training
from audiolessons.recipes.large.explaining._runs import said
from audiolessons.recipes.large.explaining._trees import imitating_tree, readable
from audiolessons.results import Row

DEPTHS = (2, 4, 6, 8, 12)


def measured(run) -> dict:
    """Return fidelity and accuracy in percent, and that of a tree that learned the truth."""
    digits = run.digits
    learned, tested = digits.train.frames(), digits.test.frames()
    table, unseen = readable(learned)[0], readable(tested)[0]
    said_there, said_here = (
        training.predict(run.honest, one, time_axis=2).argmax(dim=1).numpy()
        for one in (learned, tested)
    )
    found = {}
    for depth in DEPTHS:
        imitated = imitating_tree(table, said_there, depth=depth).predict(unseen)
        taught = imitating_tree(table, digits.train.digits, depth=depth).predict(unseen)
        found[f"depth_{depth}.fidelity"] = 100 * np.mean(imitated == said_here)
        found[f"depth_{depth}.accuracy"] = 100 * np.mean(imitated == digits.test.digits)
        found[f"depth_{depth}.taught"] = 100 * np.mean(taught == digits.test.digits)
    return found


def rows(runs, parts):
    """Over the seeds, from the lowest to the highest."""
    how = said(runs, f"{len(runs[0].digits.test.items)} test sounds")
    for name in parts[0]:
        yield Row.several(name, [float(part[name]) for part in parts], "%", how=how)
