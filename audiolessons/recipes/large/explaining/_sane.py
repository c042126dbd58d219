"""Does an explanation notice that the network has learned nothing? And if not, why not?

A map may stay alike because it holds the sound. So each map is compared with what the sound alone
would give, the distance of every value from the level of a missing piece; and the likeness of two
maps is told once more with that taken out.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from audiolessons import models
from audiolessons.recipes.large.explaining._methods import (
    MAPS,
    METHODS,
    explain,
    pieces_of,
    point_map,
)
from audiolessons.recipes.large.explaining._runs import joined, over_speakers, said

LIMIT = 0.2
SLOW = ("lime", "kernel_shap")  # these see no more than all layers anew, and the last


def measured(run) -> dict:
    """Return rank correlations of explanations before and after weights were drawn anew.

    For all weights anew also: with signs (`signed`), of each map with the sound (`sound_learned`,
    `sound`), and of both maps beyond what the sound explains (`beyond`).
    """
    sounds = run.judged(steps=(0,))
    layers = models.layers_of(run.honest, sounds.frames()[0][0][None])
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
                values = {which: alike(before, after)}
                if which == "all":
                    sound = distance(name, x, run.fill)
                    values |= {
                        "signed": spearmanr(before, after)[0],
                        "sound_learned": alike(before, sound),
                        "sound": alike(after, sound),
                        "beyond": alike_beyond(before, after, sound),
                    }
                for key, value in values.items():
                    found.setdefault(f"{name}.{key}", []).append(value)
    return found


def _ranked(name, network, x, label, fill):
    """Return what is ranked: every point of a map, or every piece."""
    if name in MAPS:
        return point_map(name, network, x, label, fill=fill).numpy().ravel()
    return explain(name, network, x, label, fill=fill)


def distance(name, x, fill) -> np.ndarray:
    """Return how far every point of a sound, or every piece, lies from what is missing, in dB."""
    far = (x - fill).abs()
    return far.numpy().ravel() if name in MAPS else models.piece_sums(far, pieces_of(x))


def alike(one, other) -> float:
    """Return the rank correlation of sizes."""
    return float(spearmanr(np.abs(one), np.abs(other))[0])


def alike_beyond(one, other, known) -> float:
    """Return the rank correlation of sizes with a third thing held fixed: the partial one.

    Two maps that are alike because both are like the sound, and no more than that, have 0.
    """
    both = alike(one, other)
    first, second = alike(one, known), alike(other, known)
    return (both - first * second) / float(np.sqrt((1 - first**2) * (1 - second**2)))


def rows(runs, parts):
    """The mean rank correlations; the goal is for all weights drawn anew, sizes alone."""
    found = joined(parts)
    speakers = found.pop("speaker")
    how = said(runs, f"{len(speakers)} test sounds")
    for name, values in found.items():
        goal = f"<= {LIMIT}" if name.endswith(".all") else ""
        # a map of nothing but equal values has no ranks, and no likeness
        yield over_speakers(name, np.nan_to_num(values), speakers, how=how, goal=goal)
