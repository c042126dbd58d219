"""Does an explanation notice that the network has learned nothing?"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from audiolessons import models
from audiolessons.recipes.large.explaining._methods import MAPS, METHODS, explain, point_map
from audiolessons.recipes.large.explaining._runs import joined, over_speakers, said

LIMIT = 0.2
SLOW = ("lime", "kernel_shap")  # these see no more than all layers anew, and the last


def measured(run) -> dict:
    """Return rank correlations of explanations before and after weights were drawn anew."""
    layers = models.layers_of(run.honest)
    sounds = run.judged(steps=(0,))
    anew = {"all": layers, "last": layers[-1:]}
    for place, layer in enumerate(layers):
        anew[f"down_to_{layer.replace('.', '_')}"] = layers[place:]
    networks = {
        which: models.redrawn(run.honest, some, seed=run.seed) for which, some in anew.items()
    }
    found = {"speaker": sounds.speakers}
    for x, length, label in sounds.frames():
        x, label = x[:, :length], int(label)
        for name in dict.fromkeys((*MAPS, *METHODS)):
            before = _ranked(name, run.honest, x, label, run.fill)
            for which, network in networks.items():
                if name in SLOW and which not in ("all", "last"):
                    continue
                after = _ranked(name, network, x, label, run.fill)
                sizes = spearmanr(np.abs(before), np.abs(after))[0]
                found.setdefault(f"{name}.{which}", []).append(sizes)
                if which == "all":
                    signed = spearmanr(before, after)[0]
                    found.setdefault(f"{name}.signed", []).append(signed)
    return found


def _ranked(name, network, x, label, fill):
    """Return what is ranked: every point of a map, or every piece."""
    if name in MAPS:
        return point_map(name, network, x, label, fill=fill).numpy().ravel()
    return explain(name, network, x, label, fill=fill)


def rows(runs, parts):
    """The mean rank correlations; the goal is for all weights drawn anew, sizes alone."""
    found = joined(parts)
    speakers = found.pop("speaker")
    how = said(runs, f"{len(speakers)} test sounds")
    for name, values in found.items():
        goal = f"<= {LIMIT}" if name.endswith(".all") else ""
        # a map of nothing but equal values has no ranks, and no likeness
        yield over_speakers(name, np.nan_to_num(values), speakers, how=how, goal=goal)
