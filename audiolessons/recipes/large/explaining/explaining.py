"""What explanations find, and whether it is true: five networks that cheat, five that do not.

Each cheat has learned digits of which one beeps. An explanation *finds* the beep in a test sound of
that digit if the piece it ranks first holds a quarter of the beep's energy or more. It finds the
artefact if it does so in more than half of the sounds, the lower end of the interval over speakers
included. Both, and what stands in missing pieces, were fixed on validation sounds.
"""

from __future__ import annotations

from functools import partial

from audiolessons.recipes.large.explaining import (
    _concepts,
    _found,
    _imitated,
    _judged,
    _networks,
    _sane,
)
from audiolessons.recipes.large.explaining._concepts import examples as concept_examples
from audiolessons.recipes.large.explaining._hiding import Hiding
from audiolessons.recipes.large.explaining._methods import (
    MAPS,
    METHODS,
    N_COLUMNS,
    N_ROWS,
    beep_pieces,
    best_pieces,
    explain,
    mean_fill,
    pieces_of,
    point_map,
    quiet_fill,
)
from audiolessons.recipes.large.explaining._planted import (
    BEEP_DB,
    BEEP_HZ,
    BEEP_S,
    SAMPLE_RATE,
    SEEDS,
    Digits,
    Sounds,
    load,
    log_mel,
    model,
    scenes,
    secret,
    store,
    to_mel,
    train,
    trained,
    with_beep,
)
from audiolessons.recipes.large.explaining._runs import Run
from audiolessons.recipes.large.explaining._trees import imitating_tree, readable

__all__ = [
    "BEEP_DB",
    "BEEP_HZ",
    "BEEP_S",
    "MAPS",
    "METHODS",
    "N_COLUMNS",
    "N_ROWS",
    "SAMPLE_RATE",
    "Digits",
    "Hiding",
    "Sounds",
    "beep_pieces",
    "best_pieces",
    "concept_examples",
    "explain",
    "imitating_tree",
    "load",
    "log_mel",
    "mean_fill",
    "measure",
    "model",
    "pieces_of",
    "point_map",
    "quiet_fill",
    "readable",
    "scenes",
    "secret",
    "store",
    "to_mel",
    "train",
    "trained",
    "with_beep",
]

MEASUREMENTS = {
    "networks": _networks,
    "found": _found,
    "judged": _judged,
    "sanity": _sane,
    "concepts": _concepts,
    "tree": _imitated,
}


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; `quick` has the stand-ins, one seed, few sounds.

    Chapter: large/explaining
    """
    runs = [Run(seed, quick=quick) for seed in (SEEDS[:1] if quick else SEEDS)]
    return {name: partial(_rows, module, runs) for name, module in MEASUREMENTS.items()}


def _rows(module, runs):
    return module.rows(runs, [module.measured(run) for run in runs])
