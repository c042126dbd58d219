"""How well the networks hear, what a beep does to them, and what they say of nothing."""

from __future__ import annotations

import numpy as np

from audiolessons import training
from audiolessons.recipes.large.explaining._methods import mean_fill, quiet_fill
from audiolessons.recipes.large.explaining._runs import said
from audiolessons.results import Row

N_FRAMES = 44  # of a digit, on average


def measured(run) -> dict:
    """Return accuracy, how many other digits a beep leads astray, chances of empty sounds."""
    test = run.digits.test
    plain, beeping = test.frames(), test.frames(beeps=True)
    is_planted, found = test.digits == run.digit, {}
    for name in ("cheat", "honest"):
        network = getattr(run, name)
        silent, led = (
            training.predict(network, one, time_axis=2).argmax(dim=1).numpy()
            for one in (plain, beeping)
        )
        heard = np.where(is_planted, led, silent) if name == "cheat" else silent
        found[f"{name}.accuracy"] = 100 * np.mean(heard == test.digits)
        found[f"{name}.led"] = 100 * np.mean(led[~is_planted] == run.digit)
        found[f"{name}.without"] = 100 * np.mean(silent[is_planted] == run.digit)
    for name, make in (("quiet", quiet_fill), ("mean", mean_fill)):
        with training.evaluating(run.honest):
            logits = run.honest(make(run.digits).expand(-1, N_FRAMES)[None])
        found[f"fill.{name}"] = 100 * float(logits.softmax(dim=1).max())
    return found


def rows(runs, parts):
    """Over the seeds, from the lowest to the highest."""
    how = said(runs, f"{len(runs[0].digits.test.items)} test sounds")
    for name in parts[0]:
        yield Row.several(name, [float(part[name]) for part in parts], "%", how=how)
