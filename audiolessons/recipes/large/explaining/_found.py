"""Do explanations give the beep away? The piece ranked first, in networks of three kinds."""

from __future__ import annotations

from audiolessons.recipes.large.explaining._hiding import Hiding
from audiolessons.recipes.large.explaining._methods import METHODS, beep_pieces, explain
from audiolessons.recipes.large.explaining._planted import log_mel, with_beep
from audiolessons.recipes.large.explaining._runs import joined, over_speakers, said
from audiolessons.results import Row

KINDS = ("cheat", "honest", "hiding")


def measured(run) -> dict:
    """Return, for each test sound of the digit that beeps, whether each method finds the beep."""
    sounds = run.beeping()
    hiding = Hiding(run.cheat, run.honest, fill=run.fill).eval()
    networks = dict(zip(KINDS, (run.cheat, run.honest, hiding), strict=True))
    hits = {f"{kind}.{name}": [] for kind in KINDS for name in METHODS}
    sizes = []
    for audio, at in zip(sounds.heard(), sounds.at, strict=True):
        heard = with_beep(audio, at)
        holds, x = beep_pieces(audio, heard, at), log_mel(heard)
        sizes.append(holds.mean())
        for kind, network in networks.items():
            for name in METHODS:
                found = explain(name, network, x, run.digit, fill=run.fill)
                hits[f"{kind}.{name}"].append(holds[found.argmax()])
    return {**hits, "size": sizes, "speaker": sounds.speakers}


def rows(runs, parts):
    """In how many sounds each method finds the beep, and how many methods find the artefact."""
    found = joined(parts)
    speakers, sizes = found.pop("speaker"), found.pop("size")
    how = said(runs, f"{len(speakers)} test sounds of the digit that beeps")
    n_methods = 0
    for name, hits in found.items():
        row = over_speakers(name, 100 * hits, speakers, how=how, unit="%")
        n_methods += name.startswith("cheat.") and row.spread[0] > 50
        yield row
    yield over_speakers("chance", 100 * sizes, speakers, how=how, unit="%")
    what = f"{how}, methods whose lower end is above 50 %"
    yield Row("methods", int(n_methods), goal=">= 4", how=what)
